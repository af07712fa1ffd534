"""Those to whom a letter goes, its delivery, what they received and what came of it."""

from collections.abc import Iterable
from datetime import date
from typing import Any, Self

import pgtrigger
from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Case, Count, Exists, OuterRef, Q, Value, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField
from procrastinate.contrib.django import app as jobs

from audit import models as audit
from letter.models import Blob, Edition, Letter, TimelineEntry
from letter.models.text import language_tag
from signatories.forms.fields import plain_text, written_text
from signatories.models import Message, SignOn

INVALID_EMAIL = _("Write the e-mail address as in name@example.org.")


class NotDelivered(Exception):
    """The letter has not been delivered: nothing can have come of it."""


class AlreadySent(Exception):
    """The letter has been delivered: whoever was in the book then stays as they were."""


class ListHasChanged(Exception):
    """There is a newer edition than the one that the secretariat saw."""


class Stage(models.TextChoices):
    """How far a recipient is, the last thing that happened first."""

    ANSWERED = "answered", _("answered")
    ACKNOWLEDGED = "acknowledged", _("acknowledged")
    SENT = "sent", _("sent")
    FAILED = "failed", _("could not be sent")
    SENDING = "sending", _("being sent")
    TO_POST = "to-post", _("to be posted")
    WAITING = "waiting", _("no copy yet")


class RecipientQuerySet(models.QuerySet["Recipient"]):
    """Which recipients?"""

    def with_stage(self) -> Self:
        """Recipients with their `stage`."""
        happened = FollowUp.objects.filter(recipient=OuterRef("pk"))
        return self.annotate(
            stage=Case(
                When(Exists(happened.filter(event=FollowUp.Event.ANSWERED)), then=Value(Stage.ANSWERED)),
                When(Exists(happened.filter(event=FollowUp.Event.ACKNOWLEDGED)), then=Value(Stage.ACKNOWLEDGED)),
                When(Exists(happened.filter(event=FollowUp.Event.SENT)), then=Value(Stage.SENT)),
                When(copy__message__state=Message.State.SENT, then=Value(Stage.SENT)),
                When(copy__message__state=Message.State.FAILED, then=Value(Stage.FAILED)),
                When(copy__message__isnull=False, then=Value(Stage.SENDING)),
                When(copy__isnull=False, then=Value(Stage.TO_POST)),
                default=Value(Stage.WAITING),
                output_field=models.CharField(),
            )
        )

    def counts(self) -> dict[str, int]:
        """Return how many recipients are in each stage, zeros included. One query."""
        counted = dict(self.with_stage().order_by().values_list("stage").annotate(Count("pk")))
        return {stage: counted.get(stage, 0) for stage in Stage.values}

    def in_stage(self, stage: str) -> Self:
        """Recipients that are in `stage`."""
        return self.with_stage().filter(stage=stage)

    def without_copy(self) -> Self:
        """Recipients whose copy is still to be made, in the book's order."""
        return self.filter(copy=None)

    def by_email(self) -> Self:
        """Recipients to whom the letter goes by e-mail."""
        return self.filter(channel=Recipient.Channel.EMAIL)

    def by_post(self) -> Self:
        """Recipients to whom somebody posts the letter, or hands it over."""
        return self.filter(channel=Recipient.Channel.POST)


class Recipient(models.Model):
    """One line of a letter's book: somebody to whom it goes."""

    class Channel(models.TextChoices):
        """How the letter goes."""

        EMAIL = "email", _("by e-mail")
        POST = "post", _("by post or by hand")

    letter = models.ForeignKey(Letter, on_delete=models.PROTECT, related_name="recipients")
    name = models.CharField(
        _("name"), max_length=200, blank=True, validators=[plain_text], help_text=_("As in “H.E. Ms Amina Diallo”.")
    )
    office = models.CharField(
        _("office"), max_length=200, blank=True, validators=[plain_text], help_text=_("As in “Minister of Justice”.")
    )
    country = CountryField(_("country"), blank=True)
    salutation = models.CharField(
        _("salutation"),
        max_length=200,
        blank=True,
        validators=[plain_text],
        help_text=_("As in “Your Excellency,”. If empty, the letter's own."),
    )
    language = models.CharField(
        _("language"),
        max_length=12,
        blank=True,
        validators=[language_tag],
        help_text=_("A BCP 47 tag: en, fr, ar … If empty, or if the letter has no text in it, the original."),
    )
    email = models.EmailField(_("e-mail"), max_length=254, blank=True, error_messages={"invalid": INVALID_EMAIL})
    postal_address = models.TextField(_("postal address"), max_length=500, blank=True, validators=[written_text])
    channel = models.CharField(_("how it goes"), max_length=5, choices=Channel, default=Channel.EMAIL)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    stage: str
    """Only `with_stage`."""

    objects = RecipientQuerySet.as_manager()

    class Meta:
        verbose_name = _("recipient")
        verbose_name_plural = _("recipients")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["letter", "name", "office", "country"], name="recipient_stands_once"),
            models.CheckConstraint(condition=~Q(name="", office=""), name="recipient_has_a_name_or_an_office"),
            models.CheckConstraint(condition=~Q(email="", postal_address=""), name="recipient_has_an_address"),
            models.CheckConstraint(condition=~Q(channel="email", email=""), name="email_needs_an_email_address"),
        ]
        triggers = [
            # What a copy says of its addressee has been printed, and perhaps sent.
            pgtrigger.Trigger(
                name="recipient_of_a_copy_stands",
                operation=pgtrigger.Update,
                when=pgtrigger.Before,
                condition=pgtrigger.AnyChange(
                    "letter", "name", "office", "country", "salutation", "language", "postal_address", "channel"
                ),
                func="IF EXISTS (SELECT FROM delivery_copy WHERE recipient_id = OLD.id) THEN RAISE EXCEPTION"
                " 'the copy of recipient % is made: its addressee stands', OLD.id; END IF; RETURN NEW;",
            )
        ]

    def __str__(self) -> str:
        return f"{self.letter_id}: {self.identity}"

    @property
    def label(self) -> str:
        """What the book calls them: the name, or the office where there is none."""
        return self.name or self.office

    @property
    def stage_label(self) -> str:
        """The stage in words, of a recipient that was asked for `with_stage`."""
        return str(Stage(self.stage).label)

    @property
    def identity(self) -> tuple[str, str, str]:
        """By what two lines of a book are the same recipient."""
        return (self.name.casefold(), self.office.casefold(), str(self.country))

    def clean(self) -> None:
        """Say beside the field what the database would refuse."""
        if not self.name and not self.office:
            raise ValidationError({"name": _("Enter a name or an office.")})
        if not self.email and not self.postal_address:
            raise ValidationError({"email": _("Enter an e-mail address or a postal address.")})
        if self.channel == self.Channel.EMAIL and not self.email:
            raise ValidationError({"email": _("Enter an e-mail address, or choose that the letter goes by post.")})

    @property
    def is_fixed(self) -> bool:
        """Whether the letter has been delivered, so that this line can no longer change."""
        return self.letter.delivered_at is not None

    # ── what the secretariat does to its book ──

    @transaction.atomic
    def add(self, user: User) -> None:
        """Put a new recipient into the book; one who comes late gets a copy of the edition of record."""
        letter = Letter.objects.select_for_update(no_key=True).get(pk=self.letter_id)
        self.save(force_insert=True)
        Record.of(letter, user, "add", self)
        if Delivery.objects.filter(letter=letter).exists():
            jobs.configure_task("make_copies").defer(letter_id=letter.pk)

    @transaction.atomic
    def change(self, user: User) -> None:
        """Write what was changed. Raises AlreadySent once the letter has been delivered."""
        self._check_book()
        self.save(force_update=True)
        Record.of(self.letter, user, "change", self)

    @transaction.atomic
    def remove(self, user: User) -> None:
        """Take the recipient out of the book. Raises AlreadySent once the letter has been delivered."""
        self._check_book()
        Record.of(self.letter, user, "remove", self)
        self.delete()

    def _check_book(self) -> None:
        letter = Letter.objects.select_for_update(no_key=True).get(pk=self.letter_id)
        if letter.delivered_at is not None:
            raise AlreadySent

    @transaction.atomic
    def readdress(self, user: User, email: str) -> bool:
        """Send the copy to another e-mail address, after a failure; return False if it has not failed."""
        copy = Copy.objects.select_for_update(of=("self",)).filter(recipient=self).first()
        message = copy.message if copy else None
        if message is None or message.state != Message.State.FAILED:
            return False
        # Where it has gone wrong before stands in the record.
        Record.of(self.letter, user, "readdress", self, note=f"{self.email} → {email}" if email != self.email else "")
        self.email = email
        self.save(update_fields=["email"])
        Message.objects.filter(pk=message.pk).update(recipient=email)
        return message.send_again()


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    """Which deliveries?"""

    def without_all_copies(self) -> Self:
        """Deliveries with recipients who have no copy yet."""
        return self.filter(Exists(Recipient.objects.without_copy().filter(letter=OuterRef("letter"))))


class Delivery(models.Model):
    """The act of handing a letter over: which edition, by whom, in whose name, with which words."""

    letter = models.OneToOneField(Letter, on_delete=models.PROTECT, related_name="delivery")
    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    sender = models.CharField(max_length=200)
    """The named person, as a mailbox shows them."""
    reply_to = models.EmailField(max_length=254)
    has_cover_line = models.BooleanField()
    words = models.JSONField()
    """By language of a text: subject and note of the e-mail."""

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        permissions = [("deliver_letter", "Can deliver a letter, and send failed copies again")]
        triggers = [pgtrigger.Protect(name="delivery_stands", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.letter_id} at {self.at}"

    @classmethod
    @transaction.atomic
    def deliver(cls, letter: Letter, user: User, *, seen: int, **chosen: Any) -> "tuple[Delivery, bool]":
        """Deliver `letter`: freeze the edition of record, and ask the worker for copies and messages.

        A letter that has been delivered stays as it is: the second time nothing happens.

        Args:
            letter: the letter.
            user: who does it.
            seen: the number of the edition that they saw.
            chosen: `sender`, `reply_to`, `has_cover_line` and `words`.

        Returns:
            The delivery, and whether this was the act.

        Raises:
            NotPublishedYet: if the newest edition lacks what was decided, or its documents.
            ListHasChanged: if the newest edition is not the one `seen`.
        """
        Letter.objects.select_for_update(no_key=True).get(pk=letter.pk)
        if before := cls.objects.filter(letter=letter).first():
            return before, False
        edition = letter.deliver()
        if edition.number != seen:
            raise ListHasChanged
        delivery = cls.objects.create(letter=letter, edition=edition, user=user, at=letter.delivered_at, **chosen)
        Record.of(letter, user, "deliver", note=f"#{edition.number}")
        jobs.configure_task("make_copies").defer(letter_id=letter.pk)
        jobs.configure_task("send_final_copies").defer(letter_id=letter.pk)
        return delivery, True

    def representatives(self) -> "models.QuerySet[SignOn]":
        """Sign-ons of the edition of record whose representative gets the final copy."""
        accepted = SignOn.objects.accepted().filter(letter=self.letter_id, state_since__lte=self.at)
        return accepted.exclude(email="")

    def without_final_copy(self) -> "models.QuerySet[SignOn]":
        """Those of them for whom it is still to be queued."""
        return self.representatives().exclude(Exists(self.final_copies().filter(sign_on=OuterRef("pk"))))

    def final_copies(self) -> "models.QuerySet[Message]":
        """Messages with the final copy."""
        return Message.objects.to_representatives().filter(kind="delivered", sign_on__letter=self.letter_id)

    @transaction.atomic
    def posted(self, user: User, on: date) -> int:
        """Record that all copies that are to be posted were posted; return how many."""
        Letter.objects.select_for_update(no_key=True).get(pk=self.letter_id)
        recipients = list(Recipient.objects.filter(letter=self.letter_id).in_stage(Stage.TO_POST))
        for recipient in recipients:
            FollowUp.record(recipient, user, event=FollowUp.Event.SENT, on=on)
        return len(recipients)


class Copy(models.Model):
    """One addressed PDF of the edition of record, and the message that takes it there, if one does."""

    recipient = models.OneToOneField(Recipient, on_delete=models.PROTECT, related_name="copy")
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="+")
    language = models.CharField(max_length=12)
    message = models.OneToOneField(Message, null=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("copy")
        verbose_name_plural = _("copies")
        triggers = [pgtrigger.Protect(name="copy_stands", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.recipient_id} ({self.language})"


class FollowUp(models.Model):
    """What happened to a recipient's copy, as the secretariat writes it down; published if it says so."""

    class Event(models.TextChoices):
        """What happened."""

        SENT = "sent", _("sent by post or handed over")
        ACKNOWLEDGED = "acknowledged", _("acknowledged")
        ANSWERED = "answered", _("answered")

    recipient = models.ForeignKey(Recipient, on_delete=models.PROTECT, related_name="follow_ups")
    event = models.CharField(_("what happened"), max_length=20, choices=Event)
    on = models.DateField(_("on"))
    words = models.TextField(_("words"), blank=True, max_length=50_000, validators=[written_text])
    language = models.CharField(_("language of the words"), max_length=12, blank=True, validators=[language_tag])
    blob = models.ForeignKey(Blob, null=True, on_delete=models.PROTECT, related_name="+")
    """A PDF."""
    who = models.CharField(_("who, on the letter's page"), max_length=250, blank=True, validators=[written_text])
    entry = models.OneToOneField(TimelineEntry, null=True, on_delete=models.SET_NULL, related_name="+")
    """What the letter's page says of it."""
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["on", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["recipient", "event"], condition=~Q(event="answered"), name="sent_and_acknowledged_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.on} {self.event} {self.recipient_id}"

    @property
    def is_published(self) -> bool:
        """Whether the letter's page says it."""
        return self.entry_id is not None

    @classmethod
    @transaction.atomic
    def record(cls, recipient: Recipient, user: User, *, is_published: bool = False, **facts: Any) -> "FollowUp":
        """Write down what happened.

        Raises:
            NotDelivered: if the letter has not been delivered.
        """
        if not Delivery.objects.filter(letter=recipient.letter_id).exists():
            raise NotDelivered
        follow_up = cls.objects.create(recipient=recipient, **facts)
        follow_up._print(is_published, user, "record")
        return follow_up

    @transaction.atomic
    def revise(self, user: User, *, is_published: bool, **facts: Any) -> None:
        """Correct what was written down, and what the letter's page says of it."""
        # Two who revise at once: the second writes over the first, and the record has both.
        self.entry = FollowUp.objects.select_for_update(of=("self",)).select_related("entry").get(pk=self.pk).entry
        for field, value in facts.items():
            setattr(self, field, value)
        self.save()
        self._print(is_published, user, "revise")

    @transaction.atomic
    def remove(self, user: User) -> None:
        """Strike out what was written down by mistake."""
        FollowUp.objects.select_for_update().get(pk=self.pk)
        self._print(False, user, "strike")
        self.delete()

    def _print(self, is_published: bool, user: User, *verbs: str) -> None:
        """Make the letter's timeline say this, or no longer say it; put what `user` did on record, last of all."""
        letter, entry = self.recipient.letter, self.entry
        if is_published:
            is_new = entry is None
            entry = entry or TimelineEntry(letter=letter)
            # Its own word for what we call “sent”.
            entry.event = TimelineEntry.Event.DELIVERED if self.event == self.Event.SENT else self.event
            entry.on, entry.who, entry.words, entry.language = self.on, self.who, self.words, self.language
            entry.blob_id = self.blob_id
            entry.full_clean(exclude=["letter", "blob"])
            entry.save()
            self.entry = entry
            self.save(update_fields=["entry"])
            verbs = (*verbs, "publish") if is_new else verbs
        elif entry:
            self.entry = None
            self.save(update_fields=["entry"])
            entry.delete()
            verbs = (*verbs, "unpublish")
        if entry:
            letter.mark_stale()
        for verb in verbs:
            Record.of(letter, user, verb, self.recipient, note=self._in_words())

    def _in_words(self) -> str:
        return f"{self.event}, {self.on}"


class Record(models.Model):
    """One act upon a letter's book or delivery: who, what, when. Append-only, in the database too."""

    class Verb(models.TextChoices):
        """What was done."""

        ADD = "add", _("added to the book")
        IMPORT = "import", _("imported the book from a file")
        CHANGE = "change", _("changed")
        REMOVE = "remove", _("removed from the book")
        DELIVER = "deliver", _("delivered the letter")
        READDRESS = "readdress", _("sent again")
        RECORD = "record", _("noted what happened")
        REVISE = "revise", _("corrected the note")
        STRIKE = "strike", _("struck out the note")
        PUBLISH = "publish", _("published it")
        UNPUBLISH = "unpublish", _("unpublished it")

    letter = models.ForeignKey(Letter, on_delete=models.PROTECT, related_name="+")
    # It outlives a recipient who was removed: no constraint, and the label beside it.
    recipient = models.ForeignKey(
        Recipient, null=True, db_constraint=False, on_delete=models.DO_NOTHING, related_name="records"
    )
    label = models.CharField(max_length=200, blank=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    verb = models.CharField(max_length=20, choices=Verb)
    note = models.TextField(blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]
        triggers = [pgtrigger.Protect(name="record_is_append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.at} {self.verb} {self.label}"

    @classmethod
    def of(cls, letter: Letter, user: User, verb: str, recipient: Recipient | None = None, *, note: str = "") -> None:
        """Write down one act, in the caller's transaction, here and in the record of everything at the desk."""
        label = recipient.label if recipient else ""
        cls.objects.create(letter=letter, user=user, verb=verb, recipient=recipient, label=label, note=note)
        audit.record(user, verb, letter, recipient=recipient.pk if recipient else None)


@transaction.atomic
def import_book(letter: Letter, user: User, recipients: "Iterable[Recipient]", *, name: str) -> dict[str, int]:
    """Write checked lines of a file into the letter's book; return how many are new and how many changed.

    A line that has changed since it was looked at is compared again: who is in the book by then is
    changed, not added; once the letter is delivered, nobody who was in it changes.
    """
    Letter.objects.select_for_update(no_key=True).get(pk=letter.pk)
    known = {one.identity: one for one in Recipient.objects.filter(letter=letter)}
    is_delivered = Delivery.objects.filter(letter=letter).exists()
    counts = {"new": 0, "changed": 0}
    for recipient in recipients:
        before = known.get(recipient.identity)
        recipient.letter = letter
        recipient.full_clean(validate_unique=False, validate_constraints=False)
        if before is None:
            recipient.save(force_insert=True)
            counts["new"] += 1
        elif not is_delivered and differences(before, recipient):
            recipient.pk, recipient.created_at = before.pk, before.created_at
            recipient.save(force_update=True)
            counts["changed"] += 1
    if any(counts.values()):
        Record.of(letter, user, "import", note=f"{name}: +{counts['new']}, ~{counts['changed']}")
        if is_delivered:
            jobs.configure_task("make_copies").defer(letter_id=letter.pk)
    return counts


# What a file says of a recipient, in the order of the book's columns.
COLUMNS = ("name", "office", "country", "salutation", "language", "email", "postal_address", "channel")


def differences(before: Recipient, after: Recipient) -> list[tuple[str, str, str]]:
    """Return (column, before, after) of what `after` would change."""
    pairs = [(column, str(getattr(before, column)), str(getattr(after, column))) for column in COLUMNS]
    return [pair for pair in pairs if pair[1] != pair[2]]
