
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('letter', '0008_text_history'),
        ('signatories', '0043_bounces'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Allowance',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('network', 'network'), ('domain', 'e-mail domain')], max_length=10)),
                ('value', models.CharField(max_length=253)),
                ('note', models.CharField(max_length=200, verbose_name='note')),
                ('until', models.DateField(blank=True, null=True, verbose_name='last day')),
                ('made_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('removed_at', models.DateTimeField(null=True)),
            ],
            options={
                'verbose_name': 'line of the allow-list',
                'ordering': ['kind', 'value'],
            },
        ),
        migrations.CreateModel(
            name='Hold',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('why', models.CharField(choices=[('mailbox', 'many messages to one mailbox'), ('address', 'many sign-ons from one network address'), ('network', 'many sign-ons from one network'), ('domain', 'many sign-ons with e-mail addresses of one domain'), ('letter', 'many sign-ons to one letter'), ('switch', 'the messages of this letter are held')], max_length=10)),
                ('crossed', models.JSONField()),
                ('held_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name='LimitRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('scope', models.CharField(choices=[('mailbox', 'many messages to one mailbox'), ('address', 'many sign-ons from one network address'), ('network', 'many sign-ons from one network'), ('domain', 'many sign-ons with e-mail addresses of one domain'), ('letter', 'many sign-ons to one letter')], max_length=10, unique=True)),
                ('limit', models.PositiveIntegerField(validators=[django.core.validators.MinValueValidator(1)], verbose_name='limit')),
                ('hours', models.PositiveSmallIntegerField(choices=[(1, 'an hour'), (24, 'a day')], default=1, verbose_name='period')),
            ],
            options={
                'verbose_name': 'limit',
            },
        ),
        migrations.CreateModel(
            name='Switch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.CharField(choices=[('open', 'as usual'), ('held', 'sign-ons are taken, their messages are held'), ('paused', 'signing is paused')], default='open', max_length=10)),
                ('note', models.CharField(blank=True, max_length=200, verbose_name='why')),
                ('since', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'verbose_name': 'switch',
                'verbose_name_plural': 'switches',
            },
        ),
        migrations.AddField(
            model_name='limit',
            name='kind',
            field=models.CharField(db_default='', max_length=40),
        ),
        migrations.AlterField(
            model_name='message',
            name='state',
            field=models.CharField(choices=[('held', 'held'), ('queued', 'queued'), ('sent', 'sent'), ('failed', 'failed'), ('dropped', 'dropped before it was sent')], default='queued', max_length=10),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(condition=models.Q(('state', 'held')), fields=['id'], name='message_held'),
        ),
        migrations.AddField(
            model_name='allowance',
            name='made_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='hold',
            name='message',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='hold', to='signatories.message'),
        ),
        migrations.AddField(
            model_name='switch',
            name='by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='switch',
            name='letter',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='switch', to='letter.letter'),
        ),
        migrations.AddConstraint(
            model_name='allowance',
            constraint=models.UniqueConstraint(condition=models.Q(('removed_at', None)), fields=('value',), name='allowed_once'),
        ),
    ]
