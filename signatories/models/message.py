"""Outgoing e-mail: queued with the act that causes it, sent by the worker."""

from datetime import datetime, timedelta
from typing import Self

from django.apps import apps
from django.conf import settings
from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from procrastinate.contrib.django import app as jobs

from letter.models import Blob
from signatories import bounces
from signatories.bounces import Bounce

# Waits between the attempts to send one message: two days in all, then a moderator is asked.
WAITS = [timedelta(seconds=seconds) for seconds in (10, 30, 60, 300, 1800, 7200, 28800, 57600, 86400)]
# A message that is this late has lost its job, and gets another.
OVERDUE = timedelta(minutes=2)
# Kinds of message that carry the link by which a sign-on is confirmed.
REMINDER = "confirm_reminder"
WITH_LINK = ("confirm", "already_signed", REMINDER)
# States of a message that has not left yet; one that is held waits for a moderator.
UNSENT = ("queued", "held")
BOUNCE_FIELDS = ("bounce", "bounce_status", "diagnostic", "bounced_at")


class MessageQuerySet(models.QuerySet["Message"]):
    """Which messages?"""

    def queued(self) -> Self:
        """Messages still to be sent."""
        return self.filter(state=Message.State.QUEUED)

    def failed(self) -> Self:
        """Messages that could not be sent, and wait for somebody to look at them."""
        return self.filter(state=Message.State.FAILED, erased_at=None)

    def to_erase(self) -> Self:
        """Messages about sign-ons whose personal data were erased, but for those that are still to be sent."""
        return self.filter(sign_on__erased_at__isnull=False, erased_at=None).exclude(state=Message.State.QUEUED)

    def lost_links(self) -> Self:
        """Messages with links that somebody had lost, once they have left."""
        return self.filter(kind="lost_link", sign_on=None, erased_at=None).exclude(state=Message.State.QUEUED)

    def erase(self, at: datetime | None = None) -> int:
        """Erase to whom these messages went and what they said; that they were sent, and when, stays."""
        return self.update(**dict.fromkeys(Message.WORDS, ""), erased_at=at or timezone.now())

    def of_past_transfers(self) -> Self:
        """What has left and speaks of an offer to another mailbox that is over, or to whom a sign-on was handed on by.

        Notices to an organisation's published address are another matter.
        """
        transfers = apps.get_model("signatories", "Transfer").objects.filter(sign_on=OuterRef("sign_on"))
        of_offers = Q(kind__in=Message.OF_AN_OFFER) & ~Exists(transfers.open())
        to_predecessors = Exists(transfers.handed_over()) & ~Q(recipient__iexact=F("sign_on__email"))
        past = self.filter(of_offers | to_predecessors, notice=None, erased_at=None)
        return past.exclude(state__in=[Message.State.QUEUED, Message.State.HELD])

    def follow(self, former: str, address: str) -> int:
        """Send to `address` what has not left for `former`; what is being sent at this moment is waited for."""
        unsent = self.filter(recipient__iexact=former, notice=None, erased_at=None).exclude(state=Message.State.SENT)
        return unsent.exclude(kind__in=Message.OF_THE_MAILBOX).update(
            recipient=address, bounce="", bounce_status="", diagnostic="", bounced_at=None
        )

    def held(self) -> Self:
        """Messages that wait for somebody at the desk to release or discard them: see `Hold`."""
        return self.filter(state=Message.State.HELD)

    def to_representatives(self) -> Self:
        """Messages about a sign-on."""
        return self.filter(sign_on__isnull=False)

    def invitations(self) -> Self:
        """Messages that invite a coalition's member to sign, or remind of it."""
        return self.filter(member_invitation__isnull=False)

    def named(self, name: bounces.Name | None) -> "Message | None":
        """Return the message of this name, if it is one of ours: number and moment must both be right."""
        return self.filter(pk=name.pk, created_at=name.created_at).first() if name else None

    def bounced_hard(self) -> Self:
        """Messages to mailboxes that do not exist, or take nothing from us."""
        return self.filter(bounce=bounces.Kind.HARD)

    def came_back(self) -> Self:
        """Messages that could not be sent, or whose mailbox turned out not to exist; erased ones, too."""
        return self.filter(Q(state=Message.State.FAILED) | Q(bounce=bounces.Kind.HARD))

    def unwanted(self) -> Self:
        """Messages that whoever got them has reported as unwanted."""
        return self.filter(bounce=bounces.Kind.COMPLAINT)

    def digests_to(self, address: str) -> Self:
        """Digests to `address`, the oldest first."""
        return self.filter(kind="digest", recipient__iexact=address)

    def overdue(self, at: datetime | None = None) -> Self:
        """Messages that should have been sent a while before `at` (now by default)."""
        return self.queued().filter(send_after__lt=(at or timezone.now()) - OVERDUE)


class Message(models.Model):
    """One outgoing e-mail. Its links are put in when it is sent: no token is stored.

    It is about a sign-on, and goes to its representative, or, as a notice, to an address that the
    organisation publishes; or it is somebody else's affair, such as a delivery's, and goes to whoever that says.
    """

    WORDS = ("recipient", "subject", "text", "html", "sender", "reply_to", "last_error", "diagnostic")
    """What is erased of it: a mail server's error may quote the address."""

    OF_AN_OFFER = (
        "contact_asked",
        "contact_offer",
        "contact_stopped",
        "contact_taken",
        "hand_over_asked",
        "hand_over_offer",
        "hand_over_stopped",
        "hand_over_taken",
    )
    """Kinds that name whom a sign-on is offered to: erased when that is over (`Transfer`)."""

    OUTDATED_BY_THE_END = ("contact_offer", "contact_taken", "hand_over_offer", "hand_over_taken")
    """Kinds of these that ask for an answer: what has not left by then is dropped."""

    OF_THE_MAILBOX = (
        *("contact_asked", "contact_taken", "contact_left"),
        *("hand_over_asked", "hand_over_taken", "hand_over_left"),
    )
    """Kinds that speak to a mailbox which a sign-on leaves: they do not follow it (`Transfer`)."""

    class State(models.TextChoices):
        """Where a message stands."""

        HELD = "held", _("held")
        QUEUED = "queued", _("queued")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")
        DROPPED = "dropped", _("dropped before it was sent")

    sign_on = models.ForeignKey("SignOn", null=True, on_delete=models.PROTECT, related_name="messages")
    member_invitation = models.ForeignKey(
        "MemberInvitation", null=True, on_delete=models.PROTECT, related_name="messages"
    )
    """Where it invites a member to sign, or reminds of it."""
    about = models.BigIntegerField(null=True)
    """What its links are for, where that is no sign-on: the key of an invitation, or of a user."""
    kind = models.CharField(max_length=30)
    language = models.CharField(max_length=12, default=settings.LANGUAGE_CODE)
    """Of the interface: its words are in it, and its links lead to pages in it."""
    recipient = models.EmailField(max_length=254)
    subject = models.CharField(max_length=500)
    text = models.TextField()
    html = models.TextField()
    sender = models.CharField(max_length=200, blank=True)
    """Who writes, as a mailbox shows it; the address is the site's. Empty for the site's own name."""
    reply_to = models.EmailField(max_length=254, blank=True)
    attachment = models.ForeignKey(Blob, null=True, on_delete=models.PROTECT, related_name="+")
    """A PDF."""
    attachment_name = models.CharField(max_length=100, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    is_decision = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    send_after = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    last_error = models.TextField(blank=True)
    bounce = models.CharField(max_length=10, choices=bounces.Kind, blank=True)
    """What a mail server said of it, at once or later: the worst of it (`bounces.Kind`)."""
    bounce_status = models.CharField(max_length=15, blank=True)
    diagnostic = models.CharField(max_length=bounces.LENGTH, blank=True)
    """In the server's words, without addresses."""
    bounced_at = models.DateTimeField(null=True)
    erased_at = models.DateTimeField(null=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        permissions = [("send_message", "Can send a failed message again")]
        constraints = [
            models.UniqueConstraint(
                fields=["sign_on"], condition=models.Q(kind="delivered"), name="final_copy_is_sent_once"
            ),
            models.CheckConstraint(
                condition=models.Q(erased_at=None)
                | models.Q(recipient="", subject="", text="", html="", last_error=""),
                name="nothing_is_left_of_an_erased_message",
            ),
        ]
        indexes = [
            models.Index(fields=["send_after"], condition=models.Q(state="queued"), name="message_queue"),
            # By its key, under which a hold looks for it: a flood comes sooner than statistics of it.
            models.Index(fields=["id"], condition=models.Q(state="held"), name="message_held"),
            # Whether a mailbox can be written to: asked for before each reminder.
            models.Index(Lower("recipient"), condition=~models.Q(bounce=""), name="message_bounces"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk} ({self.state})"

    @transaction.atomic(savepoint=False)
    def enqueue(self, *, is_decision: bool = False) -> None:
        """Save the message as queued, with the job that will send it; a decision's waits for an undo."""
        delay = settings.DECISION_DELAY if is_decision else timedelta(0)
        self.state, self.is_decision = self.State.QUEUED, is_decision
        self.send_after = timezone.now() + delay
        self.save()
        self.schedule()

    def schedule(self) -> None:
        """Defer the job that sends the message, in the caller's transaction."""
        jobs.configure_task("deliver_message", schedule_at=self.send_after).defer(message_id=self.pk)

    def sent(self) -> None:
        """Record that the mail server has taken the message."""
        self.state, self.sent_at, self.last_error = self.State.SENT, timezone.now(), ""
        self.attempts += 1
        # An earlier attempt's answer no longer counts.
        self._clear_bounce()
        self.save(update_fields=["state", "sent_at", "attempts", "last_error", *BOUNCE_FIELDS])
        self._erase_if_last()

    @transaction.atomic
    def failed(self, error: str, *, is_final: bool = False, bounce: Bounce | None = None) -> None:
        """Record a failed attempt, and plan the next one unless the error is final or there were enough.

        `bounce` is what the mail server said of the mailbox, if the attempt got so far.
        """
        self.attempts += 1
        self.last_error = error[:2000]
        if is_final or self.attempts > len(WAITS):
            self.state = self.State.FAILED
        else:
            self.send_after = timezone.now() + WAITS[self.attempts - 1]
            self.schedule()
        if bounce:
            self._keep_bounce(bounce)
        self.save(update_fields=["state", "attempts", "last_error", "send_after", *BOUNCE_FIELDS])
        self._erase_if_last()

    @transaction.atomic
    def bounced(self, bounce: Bounce) -> bool:
        """Record what came back after it had been sent; return False if that was known, or less than is known.

        Where the server has given up, the message has failed: it did not arrive, and can be sent again.
        """
        # Waits for an attempt that is being made at this moment.
        message = Message.objects.select_for_update(of=("self",)).get(pk=self.pk)
        has_arrived = bounce.kind == bounces.Kind.COMPLAINT
        is_lost = bounce.is_final and not has_arrived and message.state in (self.State.QUEUED, self.State.SENT)
        is_known = message.bounce and bounces.Kind(message.bounce).rank >= bounce.kind.rank and not is_lost
        if message.erased_at or is_known:
            return False
        message._keep_bounce(bounce)
        if is_lost:
            message.state = self.State.FAILED
        message.save(update_fields=["state", *BOUNCE_FIELDS])
        return True

    def _keep_bounce(self, bounce: Bounce) -> None:
        self.bounce, self.bounce_status = bounce.kind, bounce.status
        self.diagnostic, self.bounced_at = bounce.diagnostic, timezone.now()

    def _clear_bounce(self) -> None:
        self.bounce = self.bounce_status = self.diagnostic = ""
        self.bounced_at = None

    @property
    def name(self) -> str:
        """What its Message-ID begins with: the same at every attempt (RFC 5322, 3.6.4)."""
        return bounces.name_of(self.pk, self.created_at)

    def _erase_if_last(self) -> None:
        """Erase a message that outlived the personal data of its sign-on, or a hand-over, only in order to be sent."""
        Message.objects.to_erase().filter(pk=self.pk).erase()
        Message.objects.of_past_transfers().filter(pk=self.pk).erase()

    @transaction.atomic
    def send_again(self) -> bool:
        """Queue a failed message once more; return False if it is not, or no longer, a failed one."""
        message = Message.objects.select_for_update().get(pk=self.pk)
        if message.state != self.State.FAILED or message.erased_at:
            return False
        # At once, but still a decision's: another one drops it.
        message.attempts, message.state, message.send_after = 0, self.State.QUEUED, timezone.now()
        message._clear_bounce()
        message.save(update_fields=["attempts", "state", "send_after", *BOUNCE_FIELDS])
        message.schedule()
        return True

    @staticmethod
    def drop_decisions(sign_on_id: int) -> list[int]:
        """Drop the decision messages of a sign-on that have not been sent, and return which those were."""
        unsent = (
            Message.objects.queued().filter(sign_on_id=sign_on_id, is_decision=True).select_for_update(of=("self",))
        )
        # Waits for one that is being sent at this moment: it counts as sent then.
        dropped = [message.pk for message in unsent]
        Message.objects.filter(pk__in=dropped).update(state=Message.State.DROPPED)
        return dropped

    @staticmethod
    def drop_links(sign_on_id: int) -> None:
        """Drop the messages with the link to confirm that wait to be sent, or are held: it would lead nowhere."""
        unsent = Message.objects.filter(sign_on_id=sign_on_id, kind__in=WITH_LINK, state__in=UNSENT)
        # Waits for one that is being sent at this moment.
        waiting = [message.pk for message in unsent.select_for_update(of=("self",))]
        Message.objects.filter(pk__in=waiting).update(state=Message.State.DROPPED)

    @staticmethod
    def drop_held(sign_on_id: int) -> None:
        """Drop what is held of a sign-on: what it asks for is no longer wanted."""
        Message.objects.held().filter(sign_on_id=sign_on_id).update(state=Message.State.DROPPED)

    @staticmethod
    def take_up(dropped: list[int]) -> None:
        """Queue again what a decision that is undone had dropped; what is overdue by now goes at once."""
        for message in Message.objects.filter(pk__in=dropped, state=Message.State.DROPPED):
            message.state = Message.State.QUEUED
            message.save(update_fields=["state"])
            message.schedule()
