"""Invitations, and the sessions of whoever accepted one."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.postgres.fields import ArrayField
from django.contrib.sessions.base_session import AbstractBaseSession
from django.core.signing import BadSignature, Signer
from django.db import models, transaction
from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from audit.models import record
from signatories import mail
from signatories.models import Message

from .roles import give_roles

if TYPE_CHECKING:
    from .sessions import SessionStore

# How long an invitation can be accepted.
LIFETIME = timedelta(days=7)
SIGNER = Signer(salt="accounts.invitations")


class NotOpen(Exception):
    """The invitation was accepted, taken back, sent again, or its time is over."""


class InvitationQuerySet(models.QuerySet["Invitation"]):
    """Which invitations?"""

    def unanswered(self) -> Self:
        """Invitations that were neither accepted nor taken back; their time may be over."""
        return self.filter(accepted_at=None, revoked_at=None)

    def to(self, email: str) -> Self:
        """Invitations to this address."""
        return self.filter(email__iexact=email)

    def with_message(self) -> Self:
        """Add `message_state`, of the newest message that carried the link."""
        messages = Message.objects.filter(kind="invitation", about=OuterRef("pk")).order_by("-pk")
        return self.annotate(message_state=Subquery(messages.values("state")[:1]))

    def by_token(self, token: str) -> "Invitation":
        """Return the invitation that the link was made for; raises NotOpen, also for an earlier link than the last."""
        try:
            number, serial = SIGNER.unsign(token).split("-")
        except (BadSignature, ValueError):
            raise NotOpen from None
        invitation = self.filter(pk=number).first()
        if invitation is None or not constant_time_compare(serial, invitation.serial) or not invitation.is_open():
            raise NotOpen
        return invitation


class Invitation(models.Model):
    """Somebody who was asked to come to the desk: by e-mail, in a role, for a week."""

    email = models.EmailField(_("E-mail address"), max_length=254)
    name = models.CharField(_("Name"), max_length=150)
    roles = ArrayField(models.CharField(max_length=20))
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    """Nobody where an operator did it at the command line."""
    invited_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(default=timezone.now)
    """When it was last sent: from then the week counts, and links that were sent before are void."""
    accepted_at = models.DateTimeField(null=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    """The account that came of it."""
    revoked_at = models.DateTimeField(null=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        permissions = [("manage_accounts", "Can invite people, and change or end their access")]
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                condition=Q(accepted_at=None, revoked_at=None),
                name="one_invitation_at_a_time",
                violation_error_message=_("This person is invited already."),
            ),
            models.CheckConstraint(
                condition=Q(accepted_at=None, user=None) | Q(accepted_at__isnull=False, user__isnull=False),
                name="accepted_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"invitation {self.pk}"

    @property
    def serial(self) -> str:
        """What in a link changes with each sending."""
        return str(int(self.sent_at.timestamp() * 1000))

    @property
    def token(self) -> str:
        """What a link carries; signed, and nowhere stored."""
        return SIGNER.sign(f"{self.pk}-{self.serial}")

    @property
    def expires_at(self) -> datetime:
        """When it can no longer be accepted."""
        return self.sent_at + LIFETIME

    def is_open(self, at: datetime | None = None) -> bool:
        """Say whether it can be accepted `at` that time, now by default."""
        return not self.accepted_at and not self.revoked_at and (at or timezone.now()) < self.expires_at

    @classmethod
    @transaction.atomic
    def invite(cls, by: User | None, *, email: str, name: str, roles: list[str], is_mailed: bool = True) -> Self:
        """Invite somebody, by a message with a link. Raises IntegrityError where an invitation waits already."""
        invitation = cls.objects.create(invited_by=by, email=email, name=name, roles=sorted(roles))
        if is_mailed:
            invitation._send()
        record(by, "invite", invitation, roles=invitation.roles)
        return invitation

    @transaction.atomic
    def resend(self, by: User) -> None:
        """Send it again, for another week; raises NotOpen once it was accepted or taken back."""
        invitation = self._locked()
        invitation.sent_at = timezone.now()
        invitation.save(update_fields=["sent_at"])
        invitation._send()
        record(by, "invite_again", invitation, roles=invitation.roles)

    @transaction.atomic
    def revoke(self, by: User) -> None:
        """Take it back: its link leads nowhere from now on. Raises NotOpen once it was accepted or taken back."""
        invitation = self._locked()
        invitation.revoked_at = timezone.now()
        invitation.save(update_fields=["revoked_at"])
        invitation._drop_messages()
        record(by, "revoke_invitation", invitation)

    @transaction.atomic
    def accept(self, *, name: str, password: str) -> User:
        """Make the account; raises NotOpen."""
        invitation = self._locked()
        if not invitation.is_open() or is_known(invitation.email):
            raise NotOpen
        user = User.objects.create_user(_free_username(name), invitation.email, password, first_name=name)
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        give_roles(user, invitation.roles)
        invitation.accepted_at, invitation.user = timezone.now(), user
        invitation.save(update_fields=["accepted_at", "user"])
        record(user, "accept_invitation", invitation, roles=invitation.roles)
        return user

    def _locked(self) -> "Invitation":
        invitation = Invitation.objects.unanswered().select_for_update().filter(pk=self.pk).first()
        if invitation is None:
            raise NotOpen
        return invitation

    def _send(self) -> None:
        self._drop_messages()
        context = {
            "invitation": self,
            "days": LIFETIME.days,
            "invitation_url": mail.PLACEHOLDER.format(purpose="invitation"),
        }
        mail.queue_to(self.email, "invitation", context, about=self.pk)

    def _drop_messages(self) -> None:
        unsent = Message.objects.queued().filter(kind="invitation", about=self.pk)
        unsent.update(state=Message.State.DROPPED)


def is_known(email: str) -> bool:
    """Say whether somebody has an account with this address."""
    return User.objects.filter(email__iexact=email).exists()


def _free_username(name: str) -> str:
    """Return a username made of `name`, such as amina-diallo, that nobody has."""
    wanted = slugify(name, allow_unicode=True)[:100] or "person"
    number, username = 1, wanted
    while User.objects.filter(username__iexact=username).exists():
        number += 1
        username = f"{wanted}-{number}"
    return username


class SessionQuerySet(models.QuerySet["Session"]):
    """Which sessions?"""

    def of(self, user: User) -> Self:
        """The sessions in which `user` is signed in, newest use first."""
        return self.filter(user=user, expire_date__gt=timezone.now()).order_by("-expire_date")

    def except_for(self, session_key: str | None) -> Self:
        """All but one."""
        return self.exclude(session_key=session_key)

    def over(self) -> Self:
        """Sessions whose time is over."""
        return self.filter(expire_date__lt=timezone.now())


class Session(AbstractBaseSession):
    """One browser in which somebody is, or was about to be, signed in; written by `accounts.sessions`."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")
    browser = models.CharField(max_length=50, blank=True)
    began_at = models.DateTimeField()

    # Django's own manager is for backends that do not use a store.
    objects = SessionQuerySet.as_manager()  # type: ignore[misc, assignment]

    def __str__(self) -> str:
        return f"session since {self.began_at:%Y-%m-%d %H:%M}"

    @property
    def handle(self) -> str:
        """What names the session on a page; its key would let whoever reads it in."""
        return salted_hmac("accounts.sessions", self.session_key, algorithm="sha256").hexdigest()[:32]

    @property
    def seen_at(self) -> datetime:
        """When it was last used, to the minute."""
        return self.expire_date - timedelta(seconds=settings.SESSION_COOKIE_AGE)

    @classmethod
    def get_session_store_class(cls) -> "type[SessionStore]":
        """Return the store that writes this table."""
        from .sessions import SessionStore

        return SessionStore
