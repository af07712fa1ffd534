"""What was delivered, and what became of it."""

import django.db.models.deletion
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("letter", "0005_edition_changes")]

    operations = [
        migrations.CreateModel(
            name='TimelineEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('on', models.DateField(verbose_name='date')),
                ('event', models.CharField(choices=[('delivered', 'delivered'), ('acknowledged', 'acknowledged'), ('answered', 'answered')], max_length=20, verbose_name='event')),
                ('who', models.CharField(blank=True, max_length=250, verbose_name='who')),
                ('words', models.TextField(blank=True, verbose_name='words')),
                ('language', models.CharField(blank=True, max_length=12, verbose_name='language of the words')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
            ],
            options={
                'verbose_name': 'timeline entry',
                'verbose_name_plural': 'timeline entries',
                'ordering': ['on', 'pk'],
            },
        ),
        migrations.AddField(
            model_name='letter',
            name='edition_of_record',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='letter.edition'),
        ),
        migrations.AddField(
            model_name='letter',
            name='withdrawal_wording',
            field=models.CharField(blank=True, help_text="Printed on the letter's page and in its log of changes; {name} stands for the organisation.", max_length=250, verbose_name='wording of a withdrawal after delivery'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='letter',
            trigger=pgtrigger.compiler.Trigger(name='edition_of_record_stands', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."edition_of_record_id" IS NOT NULL AND (OLD."edition_of_record_id" IS DISTINCT FROM (NEW."edition_of_record_id") OR OLD."delivered_at" IS DISTINCT FROM (NEW."delivered_at")))', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='7d66e71b251dfc8e1237f5e74737f9f7ec7e14e5', operation='UPDATE', pgid='pgtrigger_edition_of_record_stands_71933', table='letter_letter', when='BEFORE')),
        ),
        migrations.AddConstraint(
            model_name='letter',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('delivered_at', None), ('edition_of_record', None)), models.Q(('delivered_at__isnull', False), ('edition_of_record__isnull', False)), _connector='OR'), name='what_was_delivered_is_an_edition'),
        ),
        migrations.AddField(
            model_name='timelineentry',
            name='blob',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='letter.blob'),
        ),
        migrations.AddField(
            model_name='timelineentry',
            name='letter',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='timeline', to='letter.letter'),
        ),
    ]
