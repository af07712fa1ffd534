from django.db import migrations, models


def fill(apps, schema_editor):
    """What was received before gets its word, by the rule as it is when this runs."""
    from signatories import evidence

    SignOn = apps.get_model("signatories", "SignOn")
    some = []
    for sign_on in SignOn.objects.only("email", "website").iterator():
        sign_on.email_says = evidence.of_email(sign_on.email, sign_on.website)
        some.append(sign_on)
    SignOn.objects.bulk_update(some, ["email_says"], batch_size=1000)


class Migration(migrations.Migration):
    dependencies = [("signatories", "0016_claims_unlogged")]

    operations = [
        migrations.AddField(
            model_name="signon",
            name="email_says",
            field=models.CharField(blank=True, editable=False, max_length=20),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="transition",
            index=models.Index(
                condition=models.Q(("verb__in", ["accept", "decline"])), fields=["at"], name="decisions_in_time"
            ),
        ),
    ]
