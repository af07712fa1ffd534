from django.db import migrations


class Migration(migrations.Migration):
    """Counters need not survive a crash, and are written at every sign-on."""

    dependencies = [("signatories", "0002_sign_ons")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE signatories_limit SET UNLOGGED", "ALTER TABLE signatories_limit SET LOGGED"
        )
    ]
