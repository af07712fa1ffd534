from django.db import migrations

# Group → (app, model, codename, name) of the permissions that it gains here.
VIEW_SIGN_ON = ("signatories", "signon", "view_signon", "Can view sign-on")
VIEW_ORGANISATION = ("signatories", "organisation", "view_organisation", "Can view organisation")
CHANGE_ORGANISATION = ("signatories", "organisation", "change_organisation", "Can change organisation")
REPRESENTATIVE = ("signatories", "signon", "view_representative", "Can see representatives, their messages and documents")
DECIDE = ("signatories", "signon", "decide_signon", "Can accept, decline, reopen and withdraw sign-ons")
REGISTER = ("signatories", "signon", "register_signon", "Can register a sign-on that came by letter or e-mail")
IMPORT = ("signatories", "signon", "import_signon", "Can import sign-ons from a file")
EXPORT = ("signatories", "signon", "export_signon", "Can export sign-ons and representatives")
SEND = ("signatories", "message", "send_message", "Can send a failed message again")
GROUPS = {
    "reader": [VIEW_SIGN_ON, VIEW_ORGANISATION],
    "moderator": [VIEW_ORGANISATION, CHANGE_ORGANISATION],
    "secretariat": [VIEW_ORGANISATION, CHANGE_ORGANISATION],
    "administrator": [
        VIEW_SIGN_ON,
        VIEW_ORGANISATION,
        REPRESENTATIVE,
        DECIDE,
        REGISTER,
        IMPORT,
        EXPORT,
        SEND,
        CHANGE_ORGANISATION,
        ("letter", "letter", "view_letter", "Can view letter"),
        ("letter", "letter", "add_letter", "Can add letter"),
        ("letter", "letter", "change_letter", "Can change letter"),
        ("letter", "lettertext", "view_lettertext", "Can view text"),
        ("letter", "lettertext", "add_lettertext", "Can add text"),
        ("letter", "lettertext", "change_lettertext", "Can change text"),
        ("delivery", "recipient", "view_recipient", "Can view recipient"),
        ("delivery", "recipient", "change_recipient", "Can change recipient"),
        ("delivery", "delivery", "deliver_letter", "Can deliver a letter, and send failed copies again"),
        ("audit", "entry", "view_entry", "Can view entry"),
        ("accounts", "invitation", "manage_accounts", "Can invite people, and change or end their access"),
    ],
}
# Groups that were there before.
OLDER = ("moderator", "secretariat")


def give(apps, schema_editor):
    """Django makes permissions only after all migrations, so those named here are made now."""
    Group = apps.get_model("auth", "Group")
    for group_name, permissions in GROUPS.items():
        group, _is_new = Group.objects.get_or_create(name=group_name)
        group.permissions.add(*[_permission(apps, *one) for one in permissions])


def take_back(apps, schema_editor):
    Group = apps.get_model("auth", "Group")
    Group.objects.filter(name__in=GROUPS).exclude(name__in=OLDER).delete()
    for group in Group.objects.filter(name__in=OLDER):
        group.permissions.remove(*[_permission(apps, *one) for one in GROUPS[group.name]])


def _permission(apps, app, model, codename, name):
    content_type, _is_new = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label=app, model=model
    )
    permission, _is_new = apps.get_model("auth", "Permission").objects.get_or_create(
        content_type=content_type, codename=codename, defaults={"name": name}
    )
    return permission


class Migration(migrations.Migration):
    dependencies = [
        ("signatories", "0007_groups_see_representatives"),
        ("delivery", "0002_groups"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(give, take_back)]
