"""A sign-on goes to another mailbox: to a new address of the same person, or to a successor."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.models import record
from signatories import declarations, evidence, links, mail
from signatories.states import State

from .message import Message
from .sign_on import AlreadyListed, SignOn

if TYPE_CHECKING:
    from .actor import Actor


class NotTransferable(Exception):
    """The sign-on does not stand, or what was offered is no longer on offer."""


class TransferQuerySet(models.QuerySet["Transfer"]):
    """Which transfers?"""

    def open(self) -> Self:
        """Those of which nothing has come yet."""
        return self.filter(state__in=Transfer.OPEN)

    def handed_over(self) -> Self:
        """Those by which a successor has come."""
        return self.filter(kind=Transfer.Kind.SUCCESSOR, state=Transfer.State.DONE)

    def same(self, kind: str, *, email: str, name: str = "", role: str = "") -> Self:
        """Open ones by which the same was offered to the same mailbox."""
        return self.open().filter(kind=kind, email__iexact=email, name=name, role=role)

    def newest(self) -> "Transfer | None":
        """The last one, of one sign-on: what its page tells of."""
        return self.select_related("told").last()

    def due(self, at: datetime | None = None) -> Self:
        """Taken ones against which nobody has objected in time, at `at` (now by default).

        The time runs from the moment that the message which tells of it has left; where it cannot be delivered, from
        the acceptance.
        """
        since = (at or timezone.now()) - settings.OBJECTION_PERIOD
        undecided = self.filter(state=Transfer.State.TAKEN, taken_at__lte=since)
        waits = Q(told__state__in=[Message.State.QUEUED, Message.State.HELD]) | Q(told__sent_at__gt=since)
        return undecided.exclude(waits)

    def unanswered(self, at: datetime | None = None) -> Self:
        """Those that nobody has taken within the life of their link."""
        now = at or timezone.now()
        old = [Q(kind=kind, offered_at__lte=now - settings.LINK_LIFETIMES[kind]) for kind in Transfer.Kind.values]
        return self.filter(old[0] | old[1], state=Transfer.State.OFFERED)

    def objections(self) -> Self:
        """Objections that nobody has settled, oldest first.

        Whether the sign-on still stands is no matter: who came by it unduly may have withdrawn it.
        """
        found = self.filter(objected_at__isnull=False, settled_at=None)
        return found.order_by("objected_at").select_related("sign_on__letter")

    def with_page(self) -> Self:
        """Transfers with all that their pages show."""
        return self.select_related("told", "sign_on__letter", "sign_on__text")

    def lapse(self) -> None:
        """End what is open: the sign-on no longer stands. The caller holds it."""
        for transfer in self.open():
            transfer.end(Transfer.State.LAPSED)


class Transfer(models.Model):
    """One offer to another mailbox, and what came of it.

    The offer is made on the status page. The new mailbox takes it by a link of its own; the old one is told, and can
    stop it by another. It takes effect after the time in which the old mailbox may object; a new address of the same
    person at once, if the old mailbox agrees. Name and address stand here only while it is open.
    """

    class Kind(models.TextChoices):
        """To whom it goes; also the purpose of the link with which the new mailbox takes it."""

        CONTACT = "contact", _("another address of the same person")
        SUCCESSOR = "successor", _("a successor")

    class State(models.TextChoices):
        """Where a transfer stands."""

        OFFERED = "offered", _("waits for the new mailbox")
        TAKEN = "taken", _("accepted; the old mailbox may object")
        OBJECTED = "objected", _("the old mailbox objects")
        DONE = "done", _("done")
        STOPPED = "stopped", _("stopped")
        REFUSED = "refused", _("declined by the successor")
        LAPSED = "lapsed", _("lapsed")

    OPEN = (State.OFFERED, State.TAKEN, State.OBJECTED)

    sign_on = models.ForeignKey(SignOn, on_delete=models.PROTECT, related_name="transfers")
    kind = models.CharField(max_length=10, choices=Kind)
    name = models.CharField(_("name"), max_length=200, blank=True)
    role = models.CharField(_("role"), max_length=200, blank=True)
    email = models.EmailField(_("e-mail"), max_length=254, blank=True)
    language = models.CharField(max_length=12)
    """In which the new mailbox is written to."""
    state = models.CharField(max_length=10, choices=State, default=State.OFFERED)
    offered_at = models.DateTimeField(default=timezone.now)
    taken_at = models.DateTimeField(null=True)
    told = models.OneToOneField(Message, null=True, on_delete=models.PROTECT, related_name="+")
    """The message that tells the old mailbox that the new one has taken it: the time to object runs from it."""
    agreed_at = models.DateTimeField(null=True)
    """When the old mailbox agreed to a new address of the same person, before or after that one confirmed."""
    declaration = models.TextField(blank=True)
    """Which words of authority the successor agreed to, with their version; the sign-on keeps those of who signed."""
    declaration_version = models.CharField(max_length=10, blank=True)
    ended_at = models.DateTimeField(null=True)
    objected_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    settlement = models.TextField(blank=True)
    """How a moderator settled the objection, for the record."""

    objects = TransferQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["sign_on"],
                condition=Q(state__in=["offered", "taken", "objected"]),
                name="one_transfer_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["offered", "taken", "objected"]) | Q(name="", role="", email=""),
                name="nothing_is_left_of_an_ended_offer",
            ),
        ]
        indexes = [
            models.Index(fields=["offered_at"], condition=Q(state__in=["offered", "taken"]), name="transfer_waits"),
            models.Index(
                fields=["objected_at"],
                condition=Q(objected_at__isnull=False, settled_at=None),
                name="transfer_objections",
            ),
        ]

    def __str__(self) -> str:
        return f"transfer {self.pk} of {self.sign_on_id} ({self.state})"

    # ── how it begins ──

    @classmethod
    @transaction.atomic
    def offer(cls, sign_on: SignOn, kind: str, *, email: str, name: str = "", role: str = "") -> "Transfer":
        """Offer a sign-on to the mailbox `email`, and tell the old one how to stop it.

        One that nobody has taken yet gives way to it; the same one is returned as it is, and nobody is told twice.
        Whether that mailbox stands for another sign-on of this name is told to itself alone, when it takes it: whoever
        has the link to the status page could else try out addresses.

        Raises:
            NotTransferable: if the sign-on does not stand, or another transfer is under way.
            ValidationError: when a field breaks a rule.
        """
        sign_on = _held(sign_on.pk)
        if same := cls.objects.filter(sign_on=sign_on).same(kind, email=email, name=name, role=role).first():
            return same
        cls.objects.filter(sign_on=sign_on, state=cls.State.OFFERED).lapse()
        if not _stands(sign_on) or cls.objects.open().filter(sign_on=sign_on).exists():
            raise NotTransferable
        transfer = cls(sign_on=sign_on, kind=kind, email=email, name=name, role=role, language=sign_on.language)
        transfer.clean_fields(exclude={field.name for field in cls._meta.fields} - {"kind", "name", "role", "email"})
        transfer.save()
        is_contact = kind == cls.Kind.CONTACT
        transfer._tell("contact_offer" if is_contact else "hand_over_offer", to=email)
        transfer._tell("contact_asked" if is_contact else "hand_over_asked")
        return transfer

    # ── what the new mailbox says ──

    @transaction.atomic
    def take(self, token: str, *, language: str = "") -> None:
        """Take what was offered, by the link of the new mailbox, which is used up; `language` is its reader's.

        A successor declares to be authorised. The old mailbox is told, and has its time to object; if it has agreed to
        a new address before, that one counts at once.

        Raises:
            NotTransferable: if it is no longer on offer.
            AlreadyListed: if that mailbox has signed for an organisation of this name meanwhile.
            UsedLink: if the link was used up.
        """
        self._hold()
        if self.state != self.State.OFFERED or not _stands(self.sign_on):
            raise NotTransferable
        links.use(self.kind, token)
        self.taken_at, self.language = timezone.now(), language or self.language
        if self.agreed_at:
            self._carry_out()
            return
        _refuse_twin(self.sign_on, self.email)
        if self.kind == self.Kind.SUCCESSOR:
            self.declaration, self.declaration_version = str(declarations.DECLARATION), declarations.VERSION
        is_contact = self.kind == self.Kind.CONTACT
        self.state, self.told = self.State.TAKEN, self._tell("contact_taken" if is_contact else "hand_over_taken")
        self.save()

    @transaction.atomic
    def refuse(self) -> bool:
        """Decline what was offered; return False if it is no longer on offer."""
        self._hold()
        if self.state != self.State.OFFERED:
            return False
        self.end(self.State.REFUSED)
        self._tell("hand_over_refused")
        return True

    # ── what the old mailbox says ──

    @transaction.atomic
    def agree(self) -> bool:
        """Agree to a new address of the same person, by the link of the old mailbox; return False if that is too late.

        If the new mailbox has confirmed, it takes effect; else as soon as it does. A hand-over is not hastened.
        """
        self._hold()
        is_open = self.state in (self.State.OFFERED, self.State.TAKEN)
        if self.kind != self.Kind.CONTACT or not is_open or not _stands(self.sign_on):
            return False
        self.agreed_at = timezone.now()
        self.save(update_fields=["agreed_at"])
        if self.state == self.State.TAKEN:
            self._carry_out_or_lapse()
        return True

    @transaction.atomic
    def cancel(self) -> bool:
        """Stop it from the status page; return False if nothing can be stopped there."""
        self._hold()
        if self.state not in (self.State.OFFERED, self.State.TAKEN):
            return False
        self._stop()
        return True

    @transaction.atomic
    def object(self, token: str) -> None:
        """Stop it by the link of the old mailbox, which is used up; what was taken by somebody, a moderator decides.

        Whoever asked for it may not have been who holds the mailbox: so all links to the status page end, and the
        mailbox gets a new one. What is done already stays, and a moderator sees the objection, even if the sign-on has
        been withdrawn since.

        Raises:
            NotTransferable: if there is nothing to object to any more.
            UsedLink: if the link was used up.
        """
        self._hold()
        is_done, is_open = self.state == self.State.DONE, self.is_open and _stands(self.sign_on)
        if not (is_done or is_open) or self.objected_at:
            raise NotTransferable
        links.use("stop", token)
        if is_done:
            self.objected_at = timezone.now()
            self.save(update_fields=["objected_at"])
            return
        if self.state == self.State.OFFERED:
            self._stop()
        else:
            self.state, self.objected_at = self.State.OBJECTED, timezone.now()
            self.save(update_fields=["state", "objected_at"])
        links.revoke(self.sign_on_id)
        mail.queue(self.sign_on, "status")

    # ── what becomes of it ──

    @transaction.atomic
    def carry_out(self) -> bool:
        """Give the sign-on to the new mailbox, once the time to object is over; return False if it is not due."""
        self._hold()
        if not Transfer.objects.due().filter(pk=self.pk).exists():
            return False
        self._carry_out_or_lapse()
        return True

    @transaction.atomic
    def expire(self) -> None:
        """End an offer that nobody has taken in time."""
        self._hold()
        if self.state == self.State.OFFERED:
            self.end(self.State.LAPSED)

    @transaction.atomic
    def settle(self, actor: "Actor", *, note: str, is_done: bool = False) -> bool:
        """Decide on an objection, with a note why; return False if there is none, or it was settled before.

        Args:
            actor: the moderator.
            note: for the record.
            is_done: whether the new mailbox gets the sign-on; else it stays where it is.

        Raises:
            AlreadyListed: if the new mailbox has signed for an organisation of this name itself.
            PermissionDenied: if the moderator may not.
            ValueError: without a note.
        """
        actor.check("signatories.decide_signon")
        if not note:
            raise ValueError("settle requires a note")
        self._hold()
        if self.objected_at is None or self.settled_at is not None:
            return False
        self.settled_at, self.settled_by, self.settlement = timezone.now(), actor.user, note
        if self.state == self.State.OBJECTED and is_done:
            self._carry_out()
        elif self.state == self.State.OBJECTED:
            self._stop()
        self.save(update_fields=["settled_at", "settled_by", "settlement"])
        record(actor.user, "settle transfer", self.sign_on, transfer=self.pk, after=self.state)
        return True

    def end(self, state: str) -> None:
        """Leave it in `state` for good, and forget to whom it was offered. The caller holds the sign-on.

        What has left for that mailbox is erased by the night; what has not, and asks for an answer, is dropped.
        """
        self.sign_on.messages.queued().filter(kind__in=Message.OUTDATED_BY_THE_END).update(state=Message.State.DROPPED)
        self.state, self.ended_at = state, timezone.now()
        self.name = self.role = self.email = ""
        self.save()

    def _stop(self) -> None:
        """Leave the sign-on where it is, and say so to whoever has accepted it."""
        if self.taken_at:
            is_contact = self.kind == self.Kind.CONTACT
            self._tell("contact_stopped" if is_contact else "hand_over_stopped", to=self.email)
        self.end(self.State.STOPPED)

    def _carry_out_or_lapse(self) -> None:
        """Carry it out; if the new mailbox has meanwhile signed for an organisation of this name itself, it lapses."""
        try:
            with transaction.atomic():
                self._carry_out()
        except AlreadyListed:
            self.end(self.State.LAPSED)

    def _carry_out(self) -> None:
        """Give the sign-on to the new mailbox: its data, its links, and what is still to be sent; both are told."""
        sign_on, former = self.sign_on, self.sign_on.email
        _refuse_twin(sign_on, self.email)
        changes = {"email": self.email, "email_says": evidence.of_email(self.email, sign_on.website)}
        if self.kind == self.Kind.SUCCESSOR:
            changes |= {"representative_name": self.name, "representative_role": self.role, "network_key": ""}
        changes["language"] = self.language
        farewell = "contact_left" if self.kind == self.Kind.CONTACT else "hand_over_left"
        mail.queue(sign_on, farewell, to=former, transfer=self, stop_url=mail.link_to("stop", self.pk))
        for field, value in changes.items():
            setattr(sign_on, field, value)
        try:
            with transaction.atomic():
                sign_on.save(update_fields=[*changes])
        except IntegrityError as error:
            raise AlreadyListed(None) from error
        # Waits for what is being sent at this moment, so that its links end with the others.
        sign_on.messages.follow(former, self.email)
        links.revoke(sign_on.pk)
        kind = self.kind
        self.end(self.State.DONE)
        mail.queue(sign_on, "contact_changed" if kind == self.Kind.CONTACT else "hand_over_done", transfer=self)
        if kind == self.Kind.SUCCESSOR:
            sign_on.messages.of_past_transfers().erase()

    def _tell(self, kind: str, to: str = "") -> Message | None:
        """Queue a message about it: to the representative, or to the new mailbox."""
        said: dict[str, Any] = {"take_url": mail.link_to(self.kind, self.pk), "stop_url": mail.link_to("stop", self.pk)}
        language = self.language if to else ""
        return mail.queue(self.sign_on, kind, to=to, language=language, transfer=self, hours=self.hours_given(), **said)

    def _hold(self) -> None:
        """Lock the sign-on, then this, until the transaction ends, and read both as they are now."""
        sign_on = _held(self.sign_on_id)
        self.refresh_from_db(from_queryset=Transfer.objects.select_for_update(of=("self",)))
        self.sign_on = sign_on

    # ── what a reader wants to know ──

    @staticmethod
    def hours_given() -> int:
        """Return how many hours the old mailbox is given to object."""
        return int(settings.OBJECTION_PERIOD.total_seconds()) // 3600

    @property
    def ends_at(self) -> datetime | None:
        """When the time to object is over; None before the message that tells of it has left."""
        sent_at = self.told.sent_at if self.told else None
        return sent_at + settings.OBJECTION_PERIOD if sent_at else None

    @property
    def is_open(self) -> bool:
        """Whether nothing has come of it yet."""
        return self.state in self.OPEN

    @property
    def is_unheard(self) -> bool:
        """Whether the old mailbox, which could object, does not exist any more."""
        if self.state != self.State.TAKEN:
            return False
        return Message.objects.bounced_hard().filter(recipient__iexact=self.sign_on.email).exists()

    @property
    def twin(self) -> SignOn | None:
        """The sign-on of this name for which the new mailbox stands already, if it does: for the desk."""
        return _twin(self.sign_on, self.email) if self.is_open else None

    @property
    def is_objection(self) -> bool:
        """Whether the old mailbox objected, and nobody has settled it."""
        return self.objected_at is not None and self.settled_at is None


def _held(pk: int) -> SignOn:
    """Lock a sign-on until the transaction ends, and return it as it is now."""
    return SignOn.objects.select_for_update(of=("self",)).select_related("letter", "text").get(pk=pk)


def _stands(sign_on: SignOn) -> bool:
    """Whether it can go to another mailbox: it stands, and its present one is proved."""
    return sign_on.is_live and sign_on.state != State.UNCONFIRMED


def _refuse_twin(sign_on: SignOn, email: str) -> None:
    """Raise AlreadyListed if `email` stands for another live sign-on of this name."""
    if twin := _twin(sign_on, email):
        raise AlreadyListed(twin)


def _twin(sign_on: SignOn, email: str) -> SignOn | None:
    """Return the other live sign-on of this name that stands for `email`."""
    return SignOn.objects.exclude(pk=sign_on.pk).twin(sign_on.letter, email, sign_on.name_as_signed)
