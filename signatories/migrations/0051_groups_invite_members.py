from django.db import migrations

# Who runs the letter, and who may do everything.
GROUPS = ("secretariat", "administrator")
CODENAME, NAME = "invite_members", "Can invite a coalition's members to sign, and see to whom nobody writes"


def give(apps, schema_editor):
    """Django makes permissions only after all migrations, so the one named here is made now."""
    content_type, _is_new = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label="signatories", model="memberinvitation"
    )
    permission, _is_new = apps.get_model("auth", "Permission").objects.get_or_create(
        content_type=content_type, codename=CODENAME, defaults={"name": NAME}
    )
    for name in GROUPS:
        group, _is_new = apps.get_model("auth", "Group").objects.get_or_create(name=name)
        group.permissions.add(permission)


def take_back(apps, schema_editor):
    gained = apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label="signatories", codename=CODENAME
    )
    for group in apps.get_model("auth", "Group").objects.filter(name__in=GROUPS):
        group.permissions.remove(*gained)


class Migration(migrations.Migration):
    dependencies = [
        ("signatories", "0050_member_invitations"),
        # The groups are made there.
        ("accounts", "0001_roles"),
    ]

    operations = [migrations.RunPython(give, take_back)]
