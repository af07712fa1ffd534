"""A page has a language, and a digest of what it prints."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("letter", "0003_page_blob")]

    operations = [
        migrations.RemoveConstraint(
            model_name='page',
            name='page_name_is_unique',
        ),
        migrations.AddField(
            model_name='page',
            name='language',
            field=models.CharField(blank=True, max_length=12),
        ),
        migrations.AddField(
            model_name='page',
            name='source_sha256',
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddConstraint(
            model_name='page',
            constraint=models.UniqueConstraint(fields=('edition', 'language', 'name'), name='page_is_unique'),
        ),
    ]
