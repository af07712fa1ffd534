import django.db.models.functions.text
from django.db import migrations, models

LIVE = ("unconfirmed", "pending", "queried", "accepted")


class Migration(migrations.Migration):
    dependencies = [("signatories", "0008_message_about_anything")]

    operations = [
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
                ],
                default="unconfirmed",
                editable=False,
                max_length=20,
            ),
        ),
        migrations.RemoveConstraint(model_name="signon", name="person_signs_once_for_a_name"),
        migrations.AddConstraint(
            model_name="signon",
            constraint=models.UniqueConstraint(
                models.F("letter"),
                django.db.models.functions.text.Lower("email"),
                models.F("name_key"),
                condition=models.Q(("state__in", LIVE), models.Q(("email", ""), _negated=True)),
                name="person_signs_once_for_a_name",
            ),
        ),
    ]
