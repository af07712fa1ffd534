from django.db import migrations

# Group → (model, codename, name) of its permissions in this app.
GROUPS = {
    "secretariat": [
        ("recipient", "view_recipient", "Can view recipient"),
        ("recipient", "change_recipient", "Can change recipient"),
        ("delivery", "deliver_letter", "Can deliver a letter, and send failed copies again"),
    ],
}


def give(apps, schema_editor):
    """Django makes permissions only after all migrations, so those named here are made now."""
    Group = apps.get_model("auth", "Group")
    Permission = apps.get_model("auth", "Permission")
    ContentType = apps.get_model("contenttypes", "ContentType")
    for group_name, permissions in GROUPS.items():
        group, _is_new = Group.objects.get_or_create(name=group_name)
        for model, codename, name in permissions:
            content_type, _is_new = ContentType.objects.get_or_create(app_label="delivery", model=model)
            permission, _is_new = Permission.objects.get_or_create(
                content_type=content_type, codename=codename, defaults={"name": name}
            )
            group.permissions.add(permission)


def take_back(apps, schema_editor):
    Permission = apps.get_model("auth", "Permission")
    for group in apps.get_model("auth", "Group").objects.filter(name__in=GROUPS):
        group.permissions.remove(*Permission.objects.filter(content_type__app_label="delivery"))


class Migration(migrations.Migration):
    dependencies = [
        ("delivery", "0001_deliveries"),
        ("signatories", "0004_groups"),
    ]

    operations = [migrations.RunPython(give, take_back)]
