from django.db import migrations

GROUPS = ["secretariat", "administrator"]


def give(apps, schema_editor):
    """Django makes permissions only after all migrations, so the one named here is made now."""
    content_type, _is_new = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label="signatories", model="limit"
    )
    permission, _is_new = apps.get_model("auth", "Permission").objects.get_or_create(
        content_type=content_type, codename="change_limit", defaults={"name": "Can change limit"}
    )
    for name in GROUPS:
        group, _is_new = apps.get_model("auth", "Group").objects.get_or_create(name=name)
        group.permissions.add(permission)


def take_back(apps, schema_editor):
    for group in apps.get_model("auth", "Group").objects.filter(name__in=GROUPS):
        group.permissions.remove(
            *group.permissions.filter(content_type__app_label="signatories", codename="change_limit")
        )


class Migration(migrations.Migration):
    dependencies = [
        ("signatories", "0047_limits_to_begin_with"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(give, take_back)]
