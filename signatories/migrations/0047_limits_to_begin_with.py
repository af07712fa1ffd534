from django.db import migrations

# Scope → limit, hours. The first three were settings of the deployment before.
LIMITS = {
    "address": (60, 1),
    "domain": (300, 1),
    "mailbox": (20, 24),
    # A conference of two hundred behind one network signs within an hour.
    "network": (240, 1),
    # A letter that goes to all members of a large coalition at once gets some hundred in its first hour.
    "letter": (500, 1),
}


def set_limits(apps, schema_editor):
    LimitRule = apps.get_model("signatories", "LimitRule")
    for scope, (limit, hours) in LIMITS.items():
        LimitRule.objects.create(scope=scope, limit=limit, hours=hours)


def remove_limits(apps, schema_editor):
    apps.get_model("signatories", "LimitRule").objects.filter(scope__in=LIMITS).delete()


class Migration(migrations.Migration):
    dependencies = [("signatories", "0046_held_messages")]

    operations = [migrations.RunPython(set_limits, remove_limits)]
