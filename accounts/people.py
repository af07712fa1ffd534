"""What an administrator may do to somebody's account. It is never deleted: decisions bear its name."""

from collections.abc import Iterable

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from audit.models import record

from . import mail
from .factors import FACTORS
from .models import Session
from .roles import give_roles, roles_of


class LastAdministrator(Exception):
    """Nobody would be left who may give access."""


def everybody() -> "QuerySet[User]":
    """Return all accounts, active ones first, with their groups and `has_second_factor`."""
    factors = Authenticator.objects.filter(user=OuterRef("pk"), type__in=FACTORS)
    return (
        User.objects.annotate(has_second_factor=Exists(factors))
        .prefetch_related(Prefetch("groups", Group.objects.order_by("pk")))
        .order_by("-is_active", "first_name", "username")
    )


def administrators() -> "QuerySet[User]":
    """Return the accounts that may give access."""
    return User.objects.filter(Q(groups__name="administrator") | Q(is_superuser=True), is_active=True).distinct()


@transaction.atomic
def change_roles(user: User, by: User, names: Iterable[str]) -> None:
    """Give `user` these roles and no other; raises LastAdministrator."""
    _lock()
    before = roles_of(user)
    give_roles(user, names)
    _somebody_is_left()
    record(by, "change_roles", user, before=before, after=sorted(names))


@transaction.atomic
def deactivate(user: User, by: User) -> None:
    """Shut `user` out, in every browser at once; raises LastAdministrator."""
    _lock()
    user.is_active = False
    user.save(update_fields=["is_active"])
    _somebody_is_left()
    Session.objects.of(user).delete()
    record(by, "deactivate", user)


@transaction.atomic
def reactivate(user: User, by: User) -> None:
    """Let `user` in again, with the password, roles and second factor of before."""
    user.is_active = True
    user.save(update_fields=["is_active"])
    record(by, "reactivate", user)


@transaction.atomic
def reset_second_factor(user: User, by: User) -> None:
    """Take away every second factor of `user`, who lost them, and end their sessions; a message tells them."""
    Authenticator.objects.filter(user=user).delete()
    Session.objects.of(user).delete()
    mail.tell(user, "second_factor_reset")
    record(by, "reset_second_factor", user)


@transaction.atomic
def end_sessions(user: User, by: User, *, except_for: str | None = None, handle: str | None = None) -> int:
    """End the sessions of `user`, or the one with this handle; return how many there were."""
    ended = [
        session.session_key
        for session in Session.objects.of(user).except_for(except_for)
        if handle in (None, session.handle)
    ]
    Session.objects.filter(session_key__in=ended).delete()
    if ended:
        record(by, "end_sessions", user, count=len(ended))
    return len(ended)


def _lock() -> None:
    """Let one change of administrators follow on the other."""
    Group.objects.select_for_update().get(name="administrator")


def _somebody_is_left() -> None:
    if not administrators().exists():
        raise LastAdministrator
