from django.db import migrations, models
from django.db.models import Q
from django.db.models.functions import Lower


class Migration(migrations.Migration):
    dependencies = [("signatories", "0042_unconfirmed_expire")]

    operations = [
        migrations.AddField(
            model_name="message",
            name="bounce",
            field=models.CharField(
                blank=True,
                choices=[
                    ("soft", "not delivered for now"),
                    ("complaint", "reported as unwanted"),
                    ("hard", "cannot be delivered"),
                ],
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="message",
            name="bounce_status",
            field=models.CharField(blank=True, max_length=15),
        ),
        migrations.AddField(
            model_name="message",
            name="diagnostic",
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name="message",
            name="bounced_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(Lower("recipient"), condition=~Q(bounce=""), name="message_bounces"),
        ),
        migrations.CreateModel(
            name="BounceCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("recorded", "recorded"),
                            ("known", "known before"),
                            ("unknown", "about no message of ours"),
                            ("no_bounce", "no bounce"),
                        ],
                        max_length=10,
                    ),
                ),
                ("count", models.PositiveIntegerField(default=0)),
            ],
            options={
                "ordering": ["-day", "outcome"],
                "constraints": [models.UniqueConstraint(fields=("day", "outcome"), name="bounces_are_counted_by_day")],
            },
        ),
    ]
