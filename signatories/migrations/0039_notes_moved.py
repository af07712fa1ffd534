"""What was said so far moves there; back again, past the trigger that keeps transitions as they are."""

import pgtrigger
from django.db import migrations


def move(apps, schema_editor):
    schema_editor.execute(
        "INSERT INTO signatories_note (transition_id, text)"
        " SELECT id, note FROM signatories_transition WHERE note <> ''"
    )


def move_back(apps, schema_editor):
    with pgtrigger.ignore("signatories.Transition:transition_is_append_only"):
        schema_editor.execute(
            "UPDATE signatories_transition AS one SET note = said.text"
            " FROM signatories_note AS said WHERE said.transition_id = one.id"
        )


class Migration(migrations.Migration):

    dependencies = [
        ('signatories', '0038_notes'),
    ]

    operations = [
        migrations.RunPython(move, move_back),
    ]
