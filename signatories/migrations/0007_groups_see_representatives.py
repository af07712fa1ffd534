from django.db import migrations

# Group → (codename, name) of the permissions on sign-ons that it gains.
GROUPS = {
    "moderator": [("view_representative", "Can see representatives, their messages and documents")],
    "secretariat": [
        ("view_representative", "Can see representatives, their messages and documents"),
        ("register_signon", "Can register a sign-on that came by letter or e-mail"),
        ("import_signon", "Can import sign-ons from a file"),
        ("export_signon", "Can export sign-ons and representatives"),
    ],
}


def give(apps, schema_editor):
    """Django makes permissions only after all migrations, so those named here are made now."""
    Permission = apps.get_model("auth", "Permission")
    content_type, _is_new = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label="signatories", model="signon"
    )
    for group_name, permissions in GROUPS.items():
        group, _is_new = apps.get_model("auth", "Group").objects.get_or_create(name=group_name)
        for codename, name in permissions:
            permission, _is_new = Permission.objects.get_or_create(
                content_type=content_type, codename=codename, defaults={"name": name}
            )
            group.permissions.add(permission)


def take_back(apps, schema_editor):
    Permission = apps.get_model("auth", "Permission")
    for group in apps.get_model("auth", "Group").objects.filter(name__in=GROUPS):
        gained = [codename for codename, _name in GROUPS[group.name]]
        group.permissions.remove(
            *Permission.objects.filter(content_type__app_label="signatories", codename__in=gained)
        )


class Migration(migrations.Migration):
    dependencies = [("signatories", "0006_more_permissions"), ("auth", "0012_alter_user_first_name_max_length")]

    operations = [migrations.RunPython(give, take_back)]
