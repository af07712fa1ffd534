"""Outgoing e-mail: queued with the act that causes it, sent by the worker."""

from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from procrastinate.contrib.django import app as jobs

from letter.models import Blob

# Waits between the attempts to send one message: two days in all, then a moderator is asked.
WAITS = [timedelta(seconds=seconds) for seconds in (10, 30, 60, 300, 1800, 7200, 28800, 57600, 86400)]
# A message that is this late has lost its job, and gets another.
OVERDUE = timedelta(minutes=2)


class MessageQuerySet(models.QuerySet["Message"]):
    """Which messages?"""

    def queued(self) -> Self:
        """Messages still to be sent."""
        return self.filter(state=Message.State.QUEUED)

    def failed(self) -> Self:
        """Messages that could not be sent, and wait for somebody to look at them."""
        return self.filter(state=Message.State.FAILED)

    def to_representatives(self) -> Self:
        """Messages about a sign-on."""
        return self.filter(sign_on__isnull=False)

    def invitations(self) -> Self:
        """Messages that invite a coalition's member to sign, or remind of it."""
        return self.filter(member_invitation__isnull=False)

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

    class State(models.TextChoices):
        """Where a message stands."""

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

    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        permissions = [("send_message", "Can send a failed message again")]
        constraints = [
            models.UniqueConstraint(
                fields=["sign_on"], condition=models.Q(kind="delivered"), name="final_copy_is_sent_once"
            ),
        ]
        indexes = [models.Index(fields=["send_after"], condition=models.Q(state="queued"), name="message_queue")]

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
        self.save(update_fields=["state", "sent_at", "attempts", "last_error"])

    @transaction.atomic
    def failed(self, error: str, *, is_final: bool = False) -> None:
        """Record a failed attempt, and plan the next one unless the error is final or there were enough."""
        self.attempts += 1
        self.last_error = error[:2000]
        if is_final or self.attempts > len(WAITS):
            self.state = self.State.FAILED
        else:
            self.send_after = timezone.now() + WAITS[self.attempts - 1]
            self.schedule()
        self.save(update_fields=["state", "attempts", "last_error", "send_after"])

    @transaction.atomic
    def send_again(self) -> bool:
        """Queue a failed message once more; return False if it is not, or no longer, a failed one."""
        message = Message.objects.select_for_update().get(pk=self.pk)
        if message.state != self.State.FAILED:
            return False
        # At once, but still a decision's: another one drops it.
        message.attempts, message.state, message.send_after = 0, self.State.QUEUED, timezone.now()
        message.save(update_fields=["attempts", "state", "send_after"])
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
    def take_up(dropped: list[int]) -> None:
        """Queue again what a decision that is undone had dropped; what is overdue by now goes at once."""
        for message in Message.objects.filter(pk__in=dropped, state=Message.State.DROPPED):
            message.state = Message.State.QUEUED
            message.save(update_fields=["state"])
            message.schedule()
