"""An edition says what is new in it; its lines are read from its page."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

GIVE_BACK = """
    ALTER TABLE letter_edition DISABLE TRIGGER USER;
    UPDATE letter_edition SET lines = convert_from(letter_blob.content, 'UTF8')::jsonb -> 'signatories'
        FROM letter_page JOIN letter_blob USING (sha256)
        WHERE letter_page.edition_id = letter_edition.id AND letter_page.name = 'signatories.json';
    ALTER TABLE letter_edition ENABLE TRIGGER USER
"""


class Migration(migrations.Migration):

    dependencies = [("letter", "0004_page_language")]

    operations = [
        migrations.AlterField("edition", "lines", models.JSONField(null=True)),
        # The page has the same lines.
        migrations.RunSQL(migrations.RunSQL.noop, GIVE_BACK),
        migrations.RemoveField("edition", "lines"),
        migrations.AddField(
            model_name='edition',
            name='facts',
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name='edition',
            name='changes',
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name='publication',
            name='missing_glyphs',
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name='publication',
            name='release',
            field=models.PositiveBigIntegerField(default=0),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='blob',
            trigger=pgtrigger.compiler.Trigger(name='blob_is_immutable', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='b7d61afcd4e82b3f675765c8112083ca05c856e7', operation='UPDATE OR DELETE', pgid='pgtrigger_blob_is_immutable_eaffe', table='letter_blob', when='BEFORE')),
        ),
    ]
