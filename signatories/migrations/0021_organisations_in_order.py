from django.db import migrations, models

from signatories import names


def fill(apps, schema_editor):
    Organisation = apps.get_model("signatories", "Organisation")
    rows = list(Organisation.objects.only("pk", "name"))
    for one in rows:
        one.sort_key = names.sort_key(one.name)
    Organisation.objects.bulk_update(rows, ["sort_key"], batch_size=1000)


class Migration(migrations.Migration):
    dependencies = [("signatories", "0020_names_in_one_script")]

    operations = [
        migrations.AddField(
            model_name="organisation",
            name="sort_key",
            field=models.TextField(db_collation="C", default="", editable=False),
            preserve_default=False,
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
