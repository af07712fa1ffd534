"""Invitations to sign: a coalition's members, each with a personal link, and what came of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from django.contrib.auth.models import User
from django.db import models, transaction
from django.db.models import Case, Count, Exists, OuterRef, Q, Value, When
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from audit.models import record
from letter.content import interface_language
from letter.models import Letter, LetterText
from letter.models.text import language_tag
from signatories import mail, names
from signatories.states import LIVE, State

from .do_not_contact import DoNotContact, address_key
from .message import Message
from .switch import Switch

if TYPE_CHECKING:
    from .invitation_round import InvitationRound
    from .sign_on import SignOn

# When whoever has not answered is reminded, counted from the invitation: twice, and never again.
REMINDERS = (timedelta(days=7), timedelta(days=14))
# Whatever a worker missed: no second reminder comes sooner after the first.
APART = timedelta(days=5)
# How long the desk waits before it writes to the same member once more.
AGAIN = timedelta(days=1)
# So long after the end of a letter the members' addresses are erased.
KEPT = timedelta(days=90)
# States in which a sign-on is an answer: not what anybody may have typed in.
STANDING = frozenset(LIVE) - {State.UNCONFIRMED}


class NotToBeWrittenTo(Exception):
    """Whoever was invited has answered, does not want to be written to, or was written to a moment ago."""


class Stage(models.TextChoices):
    """How far an invitation has come; where two are true, the later one in this list."""

    WAITING = "waiting", _("waiting to be sent")
    INVITED = "invited", _("invited")
    OPENED = "opened", _("opened the form")
    BOUNCED = "bounced", _("could not be delivered")
    UNSUBSCRIBED = "unsubscribed", _("unsubscribed")
    DECLINED = "declined", _("does not want to sign")
    SIGNED = "signed", _("signed")


@dataclass(frozen=True)
class NetworkFigures:
    """How many members a network has invited, and what came of it."""

    network: str
    invited: int
    opened: int
    signed: int
    accepted: int
    """Of those who signed."""
    declined: int
    unsubscribed: int
    bounced: int


class MemberInvitationQuerySet(models.QuerySet["MemberInvitation"]):
    """Which invitations?"""

    def released(self) -> Self:
        """Invitations that somebody at the desk has sent, though their message may still wait for its turn."""
        return self.filter(round__sent_at__isnull=False)

    def sent(self) -> Self:
        """Invitations whose message was queued."""
        return self.filter(sent_at__isnull=False)

    def to(self, letter: Letter | None) -> Self:
        """Invitations to sign `letter`; any letter if it is None."""
        return self.filter(letter=letter) if letter else self.all()

    def with_stage(self) -> Self:
        """Invitations with `stage`, and with `has_signed`, `is_accepted`, `is_bounced` and `has_complained`.

        Whoever signed without the link, but with the address that was invited, has signed as well.
        """
        sign_ons = _sign_ons().filter(Q(state__in=STANDING))
        by_address = sign_ons.filter(letter=OuterRef("letter")).alias(address=Lower("email"))
        by_address = by_address.filter(address=Lower(OuterRef("email"))).exclude(email="")
        by_link = sign_ons.filter(pk=OuterRef("sign_on"))
        theirs = Message.objects.filter(member_invitation=OuterRef("pk"))
        return self.annotate(
            has_signed=Q(Exists(by_link)) | Q(Exists(by_address)),
            is_accepted=Q(Exists(by_link.filter(state=State.ACCEPTED)))
            | Q(Exists(by_address.filter(state=State.ACCEPTED))),
            is_bounced=Exists(theirs.came_back()),
            has_complained=Exists(theirs.unwanted()),
            stage=Case(
                When(has_signed=True, then=Value(Stage.SIGNED.value)),
                When(declined_at__isnull=False, then=Value(Stage.DECLINED.value)),
                # To report a message as unwanted is another way to say so.
                When(Q(unsubscribed_at__isnull=False) | Q(has_complained=True), then=Value(Stage.UNSUBSCRIBED.value)),
                When(is_bounced=True, then=Value(Stage.BOUNCED.value)),
                When(opened_at__isnull=False, then=Value(Stage.OPENED.value)),
                When(sent_at__isnull=False, then=Value(Stage.INVITED.value)),
                default=Value(Stage.WAITING.value),
                output_field=models.CharField(),
            ),
        )

    def with_page(self) -> Self:
        """Invitations with all that their own page shows."""
        return self.select_related("letter", "round", "sign_on")

    def counts(self) -> dict[str, int]:
        """Return how many are in each stage. One query."""
        return dict(self.with_stage().order_by().values_list("stage").annotate(Count("pk")))

    def by_network(self) -> list[NetworkFigures]:
        """Return what came of the invitations of each network, by name. One query."""
        rows = (
            self.sent()
            .with_stage()
            .order_by("round__network")
            .values_list("round__network")
            .annotate(
                invited=Count("pk"),
                opened=Count("pk", filter=Q(opened_at__isnull=False)),
                signed=Count("pk", filter=Q(has_signed=True)),
                accepted=Count("pk", filter=Q(is_accepted=True)),
                declined=Count("pk", filter=Q(declined_at__isnull=False)),
                unsubscribed=Count("pk", filter=Q(unsubscribed_at__isnull=False) | Q(has_complained=True)),
                bounced=Count("pk", filter=Q(is_bounced=True)),
            )
        )
        return [NetworkFigures(*row) for row in rows]

    def narrowed(self, *, stage: str = "", network: str = "", q: str = "") -> Self:
        """Invitations, which have their stage, as the desk's page narrows them; an empty choice narrows nothing."""
        found = self.filter(stage=stage) if stage else self
        return (found.filter(round__network=network) if network else found).search(q)

    def search(self, words: str) -> Self:
        """Invitations that have all `words` in their organisation's name, acronym or address."""
        found = self
        for word in words.split():
            found = found.filter(
                Q(name__icontains=word)
                | Q(acronym__icontains=word)
                | Q(email__icontains=word)
                | Q(website__icontains=word)
            )
        return found

    def unanswered(self) -> Self:
        """Sent invitations that neither came back nor were answered in any way, not even by a form filled in."""
        quiet = self.sent().filter(declined_at=None, unsubscribed_at=None, sign_on=None)
        return quiet.with_stage().filter(has_signed=False, is_bounced=False, has_complained=False)

    def to_remind(self, at: datetime | None = None) -> Self:
        """Unanswered invitations whose next reminder is due at `at` (now by default), while their letter is open."""
        at = at or timezone.now()
        due = Q(pk__in=[])
        for number, after in enumerate(REMINDERS):
            due |= Q(reminders=number, sent_at__lte=at - after)
        rested = Q(reminded_at=None) | Q(reminded_at__lte=at - APART)
        wanted = self.filter(due, rested, round__has_reminders=True, letter__in=Letter.objects.open(at))
        return wanted.exclude(letter__switch__position=Switch.Position.PAUSED).unanswered()

    def addresses_invited(self, letter: Letter, addresses: Iterable[str]) -> set[str]:
        """Return which of `addresses`, in lower case, were invited to sign `letter`, or are about to be. One query."""
        lower = {address.lower() for address in addresses}
        sent = self.filter(letter=letter).filter(Q(sent_at__isnull=False))
        return set(sent.alias(address=Lower("email")).filter(address__in=lower).values_list(Lower("email"), flat=True))

    def outlived(self, at: datetime | None = None) -> Self:
        """Invitations with an address that nobody needs: their letter ended long ago."""
        before = (at or timezone.now()) - KEPT
        ended = Q(letter__closes_at__lt=before) | Q(letter__delivered_at__lt=before)
        return self.filter(ended).exclude(email="")


def _sign_ons() -> Any:
    """Return all sign-ons: their module asks for invitations, and cannot be imported here."""
    return MemberInvitation._meta.get_field("sign_on").related_model._default_manager.all()


class MemberInvitation(models.Model):
    """One organisation that was asked to sign a letter, at one address. `accounts.Invitation` is to the desk.

    It presets nothing but what the form shows first, and accepts nothing: a moderator reads of it as evidence. Each
    moment stands for itself, so that whoever declines first and signs later has done both.
    """

    round = models.ForeignKey("InvitationRound", on_delete=models.PROTECT, related_name="invitations")
    letter = models.ForeignKey(Letter, on_delete=models.PROTECT, related_name="member_invitations")
    name = models.CharField(_("name"), max_length=names.MAX_LENGTH)
    acronym = models.CharField(_("acronym"), max_length=30, blank=True)
    country = CountryField(_("country"), blank=True)
    website = models.URLField(_("website"), max_length=300, blank=True)
    contact_name = models.CharField(_("contact"), max_length=200, blank=True)
    email = models.EmailField(_("e-mail"), max_length=254, blank=True)
    address_key = models.CharField(max_length=64, editable=False, db_index=True)
    """Of the address, as `DoNotContact` keeps it: so whoever unsubscribes is found after the address was erased."""
    language = models.CharField(max_length=12, validators=[language_tag])

    sent_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True)
    """When somebody pressed the button that leads to the form. Not when the page was fetched: mail scanners do that."""
    declined_at = models.DateTimeField(null=True)
    words = models.TextField(blank=True)
    """Why they do not want to sign, if they said so."""
    sign_on = models.ForeignKey("SignOn", null=True, on_delete=models.PROTECT, related_name="member_invitations")
    """The sign-on that the form behind the link brought; it is unconfirmed at first, like any other."""
    reminders = models.PositiveSmallIntegerField(default=0)
    reminded_at = models.DateTimeField(null=True)
    unsubscribed_at = models.DateTimeField(null=True)

    # With `MemberInvitationQuerySet.with_stage`.
    stage: str
    has_signed: bool

    objects = MemberInvitationQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        permissions = [("invite_members", "Can invite a coalition's members to sign, and see to whom nobody writes")]
        constraints = [
            models.UniqueConstraint(
                "letter",
                Lower("email"),
                condition=Q(sent_at__isnull=False) & ~Q(email=""),
                name="address_is_invited_once_to_a_letter",
            ),
            models.CheckConstraint(
                condition=Q(reminders__lte=len(REMINDERS)), name="invitation_is_reminded_of_twice_at_most"
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.name}"

    @classmethod
    def of(cls, made: "InvitationRound", values: dict[str, str]) -> "MemberInvitation":
        """Return an unsaved invitation of the round `made`, with what a line of its file says, checked."""
        return cls(
            round=made,
            letter=made.letter,
            name=values["name_as_signed"],
            acronym=values.get("acronym", ""),
            country=values.get("country", ""),
            website=values.get("website", ""),
            contact_name=values.get("representative_name", ""),
            email=values["email"],
            address_key=address_key(values["email"]),
            language=values.get("language") or made.language,
        )

    # ── what is sent ──

    def invite(self, at: datetime | None = None) -> None:
        """Queue the message that invites, in the caller's transaction, which holds the row."""
        self.sent_at = at or timezone.now()
        self.save(update_fields=["sent_at"])
        self._queue("member_invitation")

    @transaction.atomic
    def remind(self, at: datetime | None = None) -> bool:
        """Queue the next reminder, exactly once; return False if it is not, or no longer, due, or another worker's."""
        due = MemberInvitation.objects.filter(pk=self.pk).to_remind(at)
        row = due.select_related("round", "letter").select_for_update(skip_locked=True, of=("self",)).first()
        if row is None or DoNotContact.objects.among([row.email]):
            return False
        row.reminders, row.reminded_at = row.reminders + 1, at or timezone.now()
        row.save(update_fields=["reminders", "reminded_at"])
        row._queue("member_reminder")
        return True

    @transaction.atomic
    def invite_again(self, user: User, at: datetime | None = None) -> None:
        """Send the invitation once more, because somebody at the desk wants to; it counts as no reminder.

        Raises:
            NotToBeWrittenTo: if they answered, do not want to be written to, or were written to within a day.
            KeyHasChanged: if the do-not-contact list cannot be read.
        """
        at = at or timezone.now()
        row = MemberInvitation.objects.select_for_update(of=("self",)).with_page().get(pk=self.pk)
        answered = Q(has_signed=True) | Q(has_complained=True)
        has_answered = MemberInvitation.objects.with_stage().filter(answered, pk=self.pk).exists()
        is_over = row.declined_at or row.unsubscribed_at or not row.sent_at or not row.email or has_answered
        is_recent = row.messages.filter(created_at__gt=at - AGAIN).exclude(state=Message.State.FAILED).exists()
        if is_over or is_recent or not row.letter.is_open(at) or DoNotContact.objects.among([row.email]):
            raise NotToBeWrittenTo
        # What failed is replaced, or the page would go on saying that it came back.
        row.messages.came_back().update(state=Message.State.DROPPED, bounce="")
        row._queue("member_invitation")
        record(user, "invite again", row, letter=row.letter.slug)

    def _queue(self, kind: str) -> Message:
        words = self.round.words
        # The file was looked at and worded in all of its languages, but somebody may take a language off the site.
        chosen = words.get(interface_language(self.language)) or next(iter(words.values()))
        return mail.queue_invitation(self, kind, **chosen)

    def drop_messages(self) -> None:
        """Drop what has not left yet: there is nothing more to say."""
        self.messages.queued().update(state=Message.State.DROPPED)

    # ── what they do ──

    def open(self, at: datetime | None = None) -> None:
        """Note that a person went on to the form; the first time counts."""
        MemberInvitation.objects.filter(pk=self.pk, opened_at=None).update(opened_at=at or timezone.now())

    @transaction.atomic
    def decline(self, words: str = "", at: datetime | None = None) -> None:
        """Note that they do not want to sign; they may still change their mind."""
        MemberInvitation.objects.filter(pk=self.pk).update(declined_at=at or timezone.now(), words=words)
        self.drop_messages()

    @transaction.atomic
    def sign(self, text: LetterText, at: datetime | None = None, **received: Any) -> "SignOn":
        """Take the sign-on that the form behind the link brings, and keep what came of the invitation with it.

        Whoever declined before has changed their mind. See `SignOn.sign` for what is raised.
        """
        sign_on = _sign_ons().model.sign(text, at, **received)
        row = MemberInvitation.objects.filter(pk=self.pk)
        row.filter(opened_at=None).update(opened_at=at or timezone.now())
        row.update(sign_on=sign_on, declined_at=None)
        self.drop_messages()
        return sign_on

    @transaction.atomic
    def unsubscribe(self, *, from_all: bool, at: datetime | None = None) -> None:
        """Write no more about this letter; `from_all`: about any, to this address."""
        row = MemberInvitation.objects.select_for_update(of=("self",)).get(pk=self.pk)
        MemberInvitation.objects.filter(pk=self.pk, unsubscribed_at=None).update(unsubscribed_at=at or timezone.now())
        if from_all:
            DoNotContact.add_address(row.email) if row.email else DoNotContact.add_key(row.address_key)
        self.drop_messages()

    @transaction.atomic
    def subscribe_again(self) -> None:
        """Take back what they asked for by `unsubscribe`, or what a machine pressed for them."""
        MemberInvitation.objects.filter(pk=self.pk).update(unsubscribed_at=None)
        DoNotContact.objects.filter(address_key=self.address_key, added_by=None).delete()

    @transaction.atomic
    def erase(self) -> None:
        """Forget address and contact, in the messages, too; organisation, network and moments stay for the figures."""
        self.drop_messages()
        self.messages.filter(erased_at=None).erase()
        MemberInvitation.objects.filter(pk=self.pk).update(email="", contact_name="", words="")

    @property
    def stage_label(self) -> str:
        """What its stage is called; asked for with `with_stage`."""
        return str(Stage(self.stage).label)

    @property
    def has_had_all_reminders(self) -> bool:
        """Whether no reminder follows the last one."""
        return self.reminders == len(REMINDERS)

    @property
    def is_on_the_list(self) -> bool:
        """Whether they asked not to be written to about any letter."""
        return DoNotContact.objects.filter(address_key=self.address_key).exists()

    def preset(self) -> dict[str, str]:
        """Return what the form shows first: what the network knows of the organisation, and of its contact."""
        return {
            "name_as_signed": self.name,
            "acronym": self.acronym,
            "country": str(self.country),
            "website": self.website,
            "representative_name": self.contact_name,
            "email": self.email,
        }
