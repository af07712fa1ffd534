"""Contents are stored once, however many editions have them."""

from django.db import migrations, models

KEEP = """
    INSERT INTO letter_blob (sha256, content) SELECT DISTINCT ON (sha256) sha256, content FROM letter_page
"""
GIVE_BACK = """
    ALTER TABLE letter_page DISABLE TRIGGER USER;
    UPDATE letter_page SET content = letter_blob.content FROM letter_blob WHERE letter_blob.sha256 = letter_page.sha256;
    ALTER TABLE letter_page ENABLE TRIGGER USER
"""


class Migration(migrations.Migration):

    dependencies = [("letter", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Blob",
            fields=[
                ("sha256", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("content", models.BinaryField()),
            ],
        ),
        migrations.AlterField("page", "content", models.BinaryField(null=True)),
        migrations.RunSQL(KEEP, GIVE_BACK),
    ]
