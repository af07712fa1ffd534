from django.db import migrations

BATCH = 1000


def normalise_again(apps, schema_editor):
    """The searched form of a name is in Latin letters now, where it was Cyrillic or Greek.

    By the rule of the day, not by a copy of it: it is an index, and must be what a search asks for.
    """
    from signatories.names import normalise

    for model, name in (("Organisation", "name"), ("VariantName", "name"), ("SignOn", "name_as_signed")):
        rows = apps.get_model("signatories", model).objects.filter(name_normalised__regex="[^ -~]").order_by("pk")
        changed = []
        for row in rows.only(name, "name_normalised").iterator(BATCH):
            row.name_normalised = normalise(getattr(row, name))
            changed.append(row)
        rows.model.objects.bulk_update(changed, ["name_normalised"], batch_size=BATCH)


class Migration(migrations.Migration):

    dependencies = [("signatories", "0019_indexes_of_evidence")]

    # What was searched before is found by its key, and renamed by whoever edits it.
    operations = [migrations.RunPython(normalise_again, migrations.RunPython.noop)]
