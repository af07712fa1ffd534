"""The policy, as data: which role may do what. A role is a group of Django's; migrations give it its permissions."""

from collections.abc import Iterable
from typing import Final

from django.contrib.auth.models import Group, Permission, User
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

READER: Final = frozenset({"signatories.view_signon", "signatories.view_organisation"})
MODERATOR: Final = READER | {
    "signatories.view_representative",
    "signatories.decide_signon",
    "signatories.register_signon",
    "signatories.send_message",
    "signatories.change_organisation",
}
SECRETARIAT: Final = READER | {
    "signatories.view_representative",
    "signatories.register_signon",
    "signatories.import_signon",
    "signatories.export_signon",
    "signatories.invite_members",
    "signatories.change_organisation",
    "signatories.change_limit",
    "letter.view_letter",
    "letter.add_letter",
    "letter.change_letter",
    "letter.view_lettertext",
    "letter.add_lettertext",
    "letter.change_lettertext",
    "delivery.view_recipient",
    "delivery.change_recipient",
    "delivery.deliver_letter",
}
ADMINISTRATOR: Final = MODERATOR | SECRETARIAT | {"audit.view_entry", "accounts.manage_accounts"}

# In the order in which they are offered.
ROLES: Final = {
    "reader": READER,
    "moderator": MODERATOR,
    "secretariat": SECRETARIAT,
    "administrator": ADMINISTRATOR,
}
LABELS: Final = {
    "reader": _("reader"),
    "moderator": _("moderator"),
    "secretariat": _("secretariat"),
    "administrator": _("administrator"),
}


def needs_second_factor(user: User) -> bool:
    """Say whether `user` may see personal data or decide: whoever may do more than a reader."""
    return not user.get_all_permissions() <= READER


def give_roles(user: User, names: Iterable[str]) -> None:
    """Give `user` these roles and no other; whoever may see letters there may enter the admin."""
    user.groups.set(Group.objects.filter(name__in=names))
    user.is_staff = user.is_superuser or any("letter.view_letter" in ROLES[name] for name in names)
    user.save(update_fields=["is_staff"])


def roles_of(user: User) -> list[str]:
    """Return the roles of `user`, in their order; from `groups`, which may have been fetched before."""
    names = {group.name for group in user.groups.all()}
    return [name for name in ROLES if name in names]


def permissions_of(role: str) -> "QuerySet[Permission]":
    """Return the permissions of `role`, as rows."""
    return with_codes(ROLES[role])


def with_codes(codes: Iterable[str]) -> "QuerySet[Permission]":
    """Return the permissions with these codes, such as ``letter.view_letter``."""
    wanted = Q()
    for code in codes:
        app, _dot, codename = code.partition(".")
        wanted |= Q(content_type__app_label=app, codename=codename)
    return Permission.objects.filter(wanted)
