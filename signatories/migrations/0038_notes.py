"""Words that were said with a transition get a row of their own, which can be erased."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('signatories', '0035_transfers'),
    ]

    operations = [
        migrations.CreateModel(
            name='Note',
            fields=[
                ('transition', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='said', serialize=False, to='signatories.transition')),
                ('text', models.TextField()),
                ('erased_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.AddConstraint(
            model_name='note',
            constraint=models.CheckConstraint(condition=models.Q(('erased_at', None), ('text', ''), _connector='OR'), name='nothing_is_left_of_an_erased_note'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='note',
            trigger=pgtrigger.compiler.Trigger(name='note_stays', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='5a7296cbbb72aaf19862983df2ac7475203305d9', operation='DELETE', pgid='pgtrigger_note_stays_b84a5', table='signatories_note', when='BEFORE')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='note',
            trigger=pgtrigger.compiler.Trigger(name='note_is_only_erased', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (NEW."transition_id" IS DISTINCT FROM (OLD."transition_id") OR OLD."erased_at" IS NOT NULL OR NEW."erased_at" IS NULL)', func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;", hash='822d7f6effce4642f696d50bc94d629d79fd0b16', operation='UPDATE', pgid='pgtrigger_note_is_only_erased_daa0a', table='signatories_note', when='BEFORE')),
        ),
    ]
