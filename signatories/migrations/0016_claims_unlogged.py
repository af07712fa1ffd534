from django.db import migrations


class Migration(migrations.Migration):
    """Claims need not survive a crash, and are written whenever a sign-on is opened."""

    dependencies = [("signatories", "0015_undo_and_claims")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE signatories_claim SET UNLOGGED", "ALTER TABLE signatories_claim SET LOGGED"
        )
    ]
