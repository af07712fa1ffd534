from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("signatories", "0017_what_the_email_says")]

    operations = [
        migrations.AddField(
            model_name="signon",
            name="network_key",
            field=models.CharField(blank=True, editable=False, max_length=64),
        ),
        migrations.AddIndex(
            model_name="signon",
            index=models.Index(
                condition=models.Q(("network_key", ""), _negated=True),
                fields=["network_key", "created_at"],
                name="sign_on_network",
            ),
        ),
    ]
