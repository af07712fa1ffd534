from django.db import migrations

# Group → (app, model, codename, name) of its permissions.
GROUPS = {
    "moderator": [
        ("signatories", "signon", "view_signon", "Can view sign-on"),
        ("signatories", "signon", "decide_signon", "Can accept, decline, reopen and withdraw sign-ons"),
        (
            "signatories",
            "signon",
            "register_signon",
            "Can register a sign-on that came by letter or e-mail",
        ),
        ("signatories", "message", "send_message", "Can send a failed message again"),
    ],
    "secretariat": [
        ("signatories", "signon", "view_signon", "Can view sign-on"),
        ("letter", "letter", "view_letter", "Can view letter"),
        ("letter", "letter", "add_letter", "Can add letter"),
        ("letter", "letter", "change_letter", "Can change letter"),
        ("letter", "lettertext", "view_lettertext", "Can view text"),
        ("letter", "lettertext", "add_lettertext", "Can add text"),
        ("letter", "lettertext", "change_lettertext", "Can change text"),
    ],
}


def make_groups(apps, schema_editor):
    """Django makes permissions only after all migrations, so those named here are made now."""
    Group = apps.get_model("auth", "Group")
    Permission = apps.get_model("auth", "Permission")
    ContentType = apps.get_model("contenttypes", "ContentType")
    for group_name, permissions in GROUPS.items():
        group, _is_new = Group.objects.get_or_create(name=group_name)
        for app, model, codename, name in permissions:
            content_type, _is_new = ContentType.objects.get_or_create(app_label=app, model=model)
            permission, _is_new = Permission.objects.get_or_create(
                content_type=content_type, codename=codename, defaults={"name": name}
            )
            group.permissions.add(permission)


def remove_groups(apps, schema_editor):
    apps.get_model("auth", "Group").objects.filter(name__in=GROUPS).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("signatories", "0003_limits_unlogged"),
        ("letter", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(make_groups, remove_groups)]
