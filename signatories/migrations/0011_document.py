import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('signatories', '0010_query'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Document',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(blank=True, max_length=100)),
                ('kind', models.CharField(choices=[('pdf', 'PDF'), ('jpeg', 'picture (JPEG)'), ('png', 'picture (PNG)'), ('eml', 'e-mail (.eml)')], max_length=10)),
                ('size', models.PositiveIntegerField()),
                ('sha256', models.CharField(max_length=64)),
                ('content', models.BinaryField(null=True)),
                ('who', models.CharField(blank=True, max_length=20)),
                ('uploaded_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('seen_at', models.DateTimeField(null=True)),
                ('shows', models.TextField(blank=True)),
                ('erased_at', models.DateTimeField(null=True)),
                ('erased_because', models.CharField(blank=True, max_length=200)),
                ('erased_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('seen_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('sign_on', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='documents', to='signatories.signon')),
                ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.AddIndex(
            model_name='document',
            index=models.Index(condition=models.Q(('sign_on', None)), fields=['uploaded_at'], name='staged_documents'),
        ),
        migrations.AddConstraint(
            model_name='document',
            constraint=models.UniqueConstraint(condition=models.Q(('erased_at', None)), fields=('sign_on', 'sha256'), name='document_is_kept_once'),
        ),
        migrations.AddConstraint(
            model_name='document',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('content__isnull', False), ('erased_at', None)), models.Q(('content', None), ('erased_at__isnull', False), ('name', ''), ('shows', '')), _connector='OR'), name='nothing_is_left_of_an_erased_document'),
        ),
    ]
