from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("signatories", "0041_erasure")]

    operations = [
        migrations.AddField(
            model_name="signon",
            name="reminders",
            field=models.PositiveSmallIntegerField(default=0, editable=False),
        ),
        migrations.AlterField(
            model_name="signon",
            name="state",
            field=models.CharField(
                choices=[
                    ("unconfirmed", "not confirmed yet"),
                    ("pending", "waiting for a decision"),
                    ("queried", "waiting for an answer"),
                    ("accepted", "accepted"),
                    ("declined", "declined"),
                    ("withdrawn", "withdrawn"),
                    ("expired", "expired"),
                ],
                default="unconfirmed",
                editable=False,
                max_length=20,
            ),
        ),
    ]
