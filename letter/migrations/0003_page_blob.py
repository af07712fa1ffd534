"""A page names its content instead of holding it, and the language that it is in."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("letter", "0002_blobs")]

    operations = [
        migrations.RemoveField("page", "content"),
        migrations.RenameField("page", "sha256", "blob"),
        migrations.AlterField(
            "page",
            "blob",
            models.ForeignKey(
                db_column="sha256", db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="letter.blob"
            ),
        ),
    ]
