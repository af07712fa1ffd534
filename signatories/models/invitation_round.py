"""One file of a coalition's members who are invited to sign a letter: looked at, worded, then sent."""

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models, transaction
from django.db.models import Count, Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from procrastinate.contrib.django import app as jobs

from audit.models import record
from letter.content import interface_language
from letter.models import Letter
from letter.models.text import language_tag

from .do_not_contact import DoNotContact
from .member_invitation import MemberInvitation
from .sign_on import LetterNotOpen
from .switch import Switch

if TYPE_CHECKING:
    from signatories.members import Row

# Invitations that are queued at one stroke, and how long the next ones wait: five thousand take the better part of an
# hour, so that a confirmation or a decision never waits behind them, and no mail server takes us for a spammer.
AT_ONCE, PAUSE = 100, timedelta(seconds=30)
# A round whose job was lost gets another; and one that nobody sends is personal data that nobody needs.
SILENT, KEPT = timedelta(minutes=5), timedelta(days=30)


class RoundHasChanged(Exception):
    """Words or members are not, or no longer, those that somebody saw."""


class InvitationRoundQuerySet(models.QuerySet["InvitationRound"]):
    """Which rounds?"""

    def drafts(self) -> Self:
        """Rounds that nobody has sent yet, with how many they would invite."""
        return self.filter(sent_at=None).annotate(count=Count("invitations")).select_related("uploaded_by")

    def in_work(self, at: datetime | None = None) -> Self:
        """Rounds that somebody has sent and that are not done, to letters that can be signed; a paused one waits."""
        unsent = MemberInvitation.objects.filter(round=OuterRef("pk"), sent_at=None)
        found = self.filter(Exists(unsent), sent_at__isnull=False, letter__in=Letter.objects.open(at))
        return found.exclude(letter__switch__position=Switch.Position.PAUSED)

    def without_job(self, at: datetime | None = None) -> Self:
        """Rounds in work that no job has worked on for a while before `at` (now by default)."""
        return self.in_work(at).filter(touched_at__lt=(at or timezone.now()) - SILENT)

    def left_lying(self, at: datetime | None = None) -> Self:
        """Rounds that somebody uploaded and did not send."""
        return self.filter(sent_at=None, uploaded_at__lt=(at or timezone.now()) - KEPT)


class InvitationRound(models.Model):
    """Members whom one network invites, with the words that they get. Nobody is written to before somebody says so."""

    letter = models.ForeignKey(Letter, on_delete=models.PROTECT, related_name="invitation_rounds")
    network = models.CharField(_("network that invites"), max_length=120)
    language = models.CharField(_("language"), max_length=12, validators=[language_tag])
    """Of the members for whom the file names none."""
    sha256 = models.CharField(max_length=64)
    """Of the file, which is not kept."""
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(default=timezone.now)
    left_out = models.JSONField(default=list)
    """Lines of the file that are not invited, each with its number, name, outcome and what is wrong."""

    words = models.JSONField(default=dict)
    """By language of the interface: the subject, and the note that stands between salutation and link."""
    sender = models.CharField(max_length=200, blank=True)
    reply_to = models.EmailField(max_length=254, blank=True)
    has_reminders = models.BooleanField(default=True)

    sent_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    sent_at = models.DateTimeField(null=True)
    """When somebody said “send”; the messages follow, a hundred at a time."""
    touched_at = models.DateTimeField(default=timezone.now)

    objects = InvitationRoundQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(sent_at=None, sent_by=None)
                | Q(sent_at__isnull=False, sent_by__isnull=False) & ~Q(words={}),
                name="what_is_sent_has_words_and_a_sender",
            )
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.letter}"

    # ── what somebody does with it ──

    @classmethod
    @transaction.atomic
    def upload(
        cls, user: User, letter: Letter, rows: "Iterable[Row]", *, network: str, language: str, content: bytes
    ) -> "InvitationRound":
        """Keep the members of a file who can be invited, and what the other lines came to."""
        made = cls.objects.create(
            letter=letter,
            network=network,
            language=language,
            sha256=hashlib.sha256(content).hexdigest(),
            uploaded_by=user,
        )
        invited = []
        for row in rows:
            if row.outcome == "new":
                invited.append(MemberInvitation.of(made, row.values))
            else:
                made.left_out.append(row.left_out())
        MemberInvitation.objects.bulk_create(invited, batch_size=1000)
        made.save(update_fields=["left_out"])
        record(user, "upload members", made, letter=letter.slug, members=len(invited), left_out=len(made.left_out))
        return made

    @transaction.atomic
    def word(self, user: User, *, words: dict[str, dict[str, str]], **said: Any) -> None:
        """Keep what the members are written, in whose name and whether they are reminded.

        Raises:
            RoundHasChanged: if it has been sent meanwhile.
        """
        self._lock()
        self.words, self.sender, self.reply_to = words, said["sender"], said["reply_to"]
        self.has_reminders = said["has_reminders"]
        self.save(update_fields=["words", "sender", "reply_to", "has_reminders"])
        record(user, "word invitations", self, letter=self.letter.slug, languages=sorted(words))

    @transaction.atomic
    def send(self, user: User, *, seen: str, at: datetime | None = None) -> int:
        """Begin to invite, with the words that `user` saw; return how many are to be invited.

        Raises:
            RoundHasChanged: if words or members have changed since, or it has been sent.
            LetterNotOpen: if the letter cannot be signed.
            KeyHasChanged: if the do-not-contact list cannot be read.
        """
        self._lock()
        if seen != self.seen or not self.is_worded(self.languages):
            raise RoundHasChanged
        if not self.letter.is_open(at):
            raise LetterNotOpen
        DoNotContact.objects.among([])
        self.sent_by, self.sent_at, self.touched_at = user, at or timezone.now(), timezone.now()
        self.save(update_fields=["sent_by", "sent_at", "touched_at"])
        self.schedule()
        count = self.invitations.count()
        record(user, "invite", self, letter=self.letter.slug, network=self.network, members=count)
        return count

    @transaction.atomic
    def discard(self, user: User | None) -> None:
        """Forget a round that was not sent.

        Raises:
            RoundHasChanged: if it has been sent.
        """
        self._lock()
        pk = self.pk
        self.invitations.all().delete()
        self.delete()
        self.pk = pk
        record(user, "discard", self, letter=self.letter.slug)

    def _lock(self) -> None:
        """Hold the row, and read it anew; raises RoundHasChanged if there is nothing left to decide."""
        row = InvitationRound.objects.select_for_update(of=("self",)).filter(pk=self.pk, sent_at=None).first()
        if row is None:
            raise RoundHasChanged
        for name in ("words", "sender", "reply_to", "has_reminders", "left_out"):
            setattr(self, name, getattr(row, name))

    # ── what is sent ──

    @property
    def languages(self) -> list[str]:
        """The languages of the interface in which its members are written to, that of most first. One query."""
        counted: dict[str, int] = {}
        rows = self.invitations.order_by().values_list("language").annotate(count=Count("pk"))
        for tag, count in rows:
            language = interface_language(tag)
            counted[language] = counted.get(language, 0) + count
        return sorted(counted, key=lambda tag: (-counted[tag], tag))

    def samples(self) -> dict[str, MemberInvitation]:
        """Return one member for each language of the interface, for a preview. One query."""
        found = self.invitations.order_by("language", "pk").distinct("language").select_related("letter", "round")
        samples: dict[str, MemberInvitation] = {}
        for one in found:
            samples.setdefault(interface_language(one.language), one)
        return samples

    def is_worded(self, languages: Iterable[str]) -> bool:
        """Whether there are words in all `languages` of its members, so that it can be sent."""
        return bool(self.words) and set(languages) <= self.words.keys()

    @property
    def seen(self) -> str:
        """What stands for everything that a preview of the messages shows."""
        shown = [self.words, self.sender, self.reply_to, self.has_reminders, self.network, self.invitations.count()]
        return hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()[:16]

    def schedule(self, delay: timedelta = timedelta(0)) -> None:
        """Defer the job that queues the next messages, in the caller's transaction."""
        jobs.configure_task("invite_members", schedule_at=timezone.now() + delay).defer(round_id=self.pk)

    @transaction.atomic
    def invite_some(self, at: datetime | None = None) -> bool:
        """Queue the messages of the next few members; return whether there are more.

        Two workers at it take turns. Whoever was put on the do-not-contact list, was invited by another round
        or has signed since the file was looked at is left out.
        """
        self.left_out = InvitationRound.objects.select_for_update(of=("self",)).get(pk=self.pk).left_out
        waiting = MemberInvitation.objects.filter(round=self, sent_at=None)
        chosen = list(waiting.with_stage().select_for_update(of=("self",)).order_by("pk")[:AT_ONCE])
        listed = DoNotContact.objects.among([one.email for one in chosen])
        invited = MemberInvitation.objects.addresses_invited(self.letter, [one.email for one in chosen])
        for one in chosen:
            if one.email in listed:
                self._leave_out(one, "do_not_contact")
            elif one.email.lower() in invited:
                self._leave_out(one, "invited")
            elif one.has_signed:
                self._leave_out(one, "signed")
            else:
                one.round = self
                one.invite(at)
                invited.add(one.email.lower())
        self.touched_at = timezone.now()
        self.save(update_fields=["touched_at", "left_out"])
        return waiting.exists()

    def _leave_out(self, invitation: MemberInvitation, outcome: str) -> None:
        self.left_out.append({"line": 0, "name": invitation.name, "outcome": outcome, "problem": ""})
        invitation.delete()
