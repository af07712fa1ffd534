"""Asking an organisation, at an address that it publishes, whether it knows of its sign-on."""

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.models import record
from letter.content import interface_language
from signatories import mail
from signatories.states import LIVE, State

from .message import Message

if TYPE_CHECKING:
    from .actor import Actor
    from .sign_on import SignOn


class NoticeNotPossible(Exception):
    """No notice can be sent now: one waits for its answer, or nobody has signed."""


class NoticeQuerySet(models.QuerySet["Notice"]):
    """Which notices?"""

    def waiting(self) -> Self:
        """Notices that still wait for an answer, or for the end of their time."""
        return self.filter(objected_at=None, confirmed_at=None, silent_at=None, replaced_at=None)

    def unanswered(self, at: datetime | None = None) -> Self:
        """Waiting notices whose time, from the moment they were sent, is over at `at` (now by default)."""
        began_at = (at or timezone.now()) - settings.OBJECTION_PERIOD
        return self.waiting().filter(message__state=Message.State.SENT, message__sent_at__lte=began_at)

    def objections(self) -> Self:
        """Objections that nobody has settled, to sign-ons that still stand, oldest first."""
        found = self.filter(objected_at__isnull=False, settled_at=None, sign_on__state__in=LIVE)
        return found.order_by("objected_at").select_related("sign_on__letter")

    def with_answer(self) -> Self:
        """Notices with all that the desk shows of them."""
        return self.select_related("message", "sent_by", "settled_by")

    def with_page(self) -> Self:
        """Notices with all that the organisation's page shows."""
        return self.select_related("message", "sign_on__letter", "sign_on__text")


class Notice(models.Model):
    """One message to an organisation's published address, and what came of it.

    It changes no sign-on: a moderator decides. Each moment stands for itself, so that whoever confirms
    first and objects later has done both. Silence is silence, and never consent.
    """

    class Wish(models.TextChoices):
        """What an organisation that objects wants."""

        NO_LISTING = "no_listing", _("not to be listed")
        ASK_FIRST = "ask_first", _("may want to sign; asks to be written to first")

    sign_on = models.ForeignKey("SignOn", on_delete=models.PROTECT, related_name="notices")
    address = models.EmailField(_("published address"), max_length=254)
    found_at = models.CharField(_("where it is published"), max_length=300)
    language = models.CharField(max_length=12)
    message = models.OneToOneField(Message, on_delete=models.PROTECT, related_name="notice")
    sent_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    objected_at = models.DateTimeField(null=True)
    wish = models.CharField(max_length=20, choices=Wish, blank=True)
    words = models.TextField(blank=True)
    confirmed_at = models.DateTimeField(null=True)
    silent_at = models.DateTimeField(null=True)
    replaced_at = models.DateTimeField(null=True)
    """When another notice took its place, because this one could not be delivered."""

    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    settlement = models.TextField(blank=True)
    """How a moderator settled the objection, for the record; kept where the organisation objects again."""

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["sign_on"],
                condition=Q(objected_at=None, confirmed_at=None, silent_at=None, replaced_at=None),
                name="one_notice_waits_per_sign_on",
            ),
        ]

    def __str__(self) -> str:
        return f"notice {self.pk} about {self.sign_on_id}"

    @classmethod
    @transaction.atomic
    def send(cls, sign_on: "SignOn", actor: "Actor", *, address: str, found_at: str) -> "Notice":
        """Tell an organisation at `address`, in the language of the text, what was signed in its name.

        Args:
            sign_on: the sign-on that it may object to.
            actor: the moderator.
            address: an e-mail address that the organisation publishes; nobody looks it up.
            found_at: where it is published, for the record.

        Raises:
            NoticeNotPossible: if a notice waits already, or the sign-on is not, or no longer, one that stands.
            PermissionDenied: if the moderator may not.
            ValidationError: when a field breaks a rule.
        """
        actor.check("signatories.decide_signon")
        rows = type(sign_on).objects.select_for_update(of=("self",))
        state = rows.values_list("state", flat=True).get(pk=sign_on.pk)
        if state not in LIVE or state == State.UNCONFIRMED:
            raise NoticeNotPossible
        # What could not be delivered waits for nothing.
        lost = cls.objects.waiting().filter(sign_on=sign_on, message__state=Message.State.FAILED)
        lost.update(replaced_at=timezone.now())
        if cls.objects.waiting().filter(sign_on=sign_on).exists():
            raise NoticeNotPossible
        notice = cls(
            sign_on=sign_on,
            address=address,
            found_at=found_at,
            language=interface_language(sign_on.text.language),
            sent_by=actor.user,
        )
        notice.clean_fields(exclude={field.name for field in cls._meta.fields} - {"address", "found_at", "language"})
        notice.message = mail.queue_notice(notice)
        notice.save()
        # The address may be a person's: the record, which is for ever, leaves it out.
        record(actor.user, "notify", sign_on, notice=notice.pk)
        return notice

    # ── what the organisation says ──

    @transaction.atomic
    def object(self, *, wish: str = Wish.NO_LISTING, words: str = "") -> None:
        """Take the organisation's objection, at any time; another one counts once it is settled, and adds to it."""
        notice = self._locked()
        if not notice.is_objection:
            notice.objected_at, notice.wish, notice.words = timezone.now(), wish, _both(notice.words, words)
            notice.settled_at = None
            notice.save(update_fields=["objected_at", "wish", "words", "settled_at"])

    @transaction.atomic
    def confirm(self) -> None:
        """Take the organisation's word that the sign-on is its own."""
        notice = self._locked()
        if notice.confirmed_at is None:
            notice.confirmed_at = timezone.now()
            notice.save(update_fields=["confirmed_at"])

    # ── what becomes of it ──

    def fall_silent(self) -> bool:
        """Record that nobody answered in time; return False if somebody has, meanwhile."""
        waits = Notice.objects.unanswered().filter(pk=self.pk)
        return waits.update(silent_at=timezone.now()) == 1

    @transaction.atomic
    def settle(self, actor: "Actor", *, note: str) -> bool:
        """Take an objection off the desk, with a note on how; return False if it was none, or settled before.

        Raises:
            PermissionDenied: if the moderator may not.
            ValueError: without a note.
        """
        actor.check("signatories.decide_signon")
        if not note:
            raise ValueError("settle requires a note")
        notice = self._locked()
        if notice.objected_at is None or notice.settled_at is not None:
            return False
        notice.settled_at, notice.settled_by = timezone.now(), actor.user
        notice.settlement = _both(notice.settlement, note)
        notice.save(update_fields=["settled_at", "settled_by", "settlement"])
        record(actor.user, "settle", notice.sign_on, notice=notice.pk)
        return True

    def _locked(self) -> "Notice":
        return Notice.objects.select_for_update(of=("self",)).get(pk=self.pk)

    # ── what a reader wants to know ──

    @staticmethod
    def hours_given() -> int:
        """Return how many hours an organisation is given."""
        return int(settings.OBJECTION_PERIOD.total_seconds()) // 3600

    @property
    def ends_at(self) -> datetime | None:
        """When an answer is asked for: counted from the moment that the message left; None before."""
        sent_at = self.message.sent_at
        return sent_at + settings.OBJECTION_PERIOD if sent_at else None

    @property
    def is_objection(self) -> bool:
        """Whether somebody objected, and nobody has settled it."""
        return self.objected_at is not None and self.settled_at is None

    @property
    def outcome(self) -> str:
        """What came of it, as a code; an objection outweighs all else."""
        if self.objected_at:
            return "objected"
        if self.confirmed_at:
            return "confirmed"
        if self.silent_at:
            return "silent"
        if self.replaced_at or self.message.state == Message.State.FAILED:
            return "lost"
        return "waits"


def _both(before: str, now: str) -> str:
    """Return what was said before, and beneath it what is said now."""
    return "\n\n".join(filter(None, [before, now]))
