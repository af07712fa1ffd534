"""Messages that are held until somebody at the desk has looked: why, and what becomes of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.db import models, transaction
from django.db.models import Count, Max, Min
from django.utils import timezone
from procrastinate.contrib.django import app as jobs

from audit.models import record

from .limit import Crossing, Why
from .message import Message

if TYPE_CHECKING:
    from .actor import Actor

# So many are released or discarded at one stroke: a few seconds' work.
MOST = 1000
PERMISSION = "signatories.send_message"


@dataclass(frozen=True)
class Group:
    """What is held for one reason on one letter."""

    why: Why
    letter: str
    """The letter's slug."""
    count: int
    since: datetime
    newest: int
    """The key of the newest: whatever comes later has not been seen."""


class HoldQuerySet(models.QuerySet["Hold"]):
    """Which of what is held?"""

    def waiting(self) -> Self:
        """Those that nobody has released or discarded, the oldest first."""
        return self.filter(message__state=Message.State.HELD).order_by("pk")

    def because(self, why: str, letter: str) -> Self:
        """Those held for this reason on the letter with this slug."""
        return self.filter(why=why, message__sign_on__letter__slug=letter)

    def groups(self) -> list[Group]:
        """Return how many wait, by reason and letter, in the order of `Why`. One query."""
        found = (
            self.waiting()
            .order_by()
            .values_list("why", "message__sign_on__letter__slug")
            .annotate(count=Count("pk"), since=Min("held_at"), newest=Max("pk"))
        )
        groups = [Group(Why(why), *figures) for why, *figures in found]
        return sorted(groups, key=lambda group: (Why.values.index(group.why), group.letter))

    @transaction.atomic
    def release(self, actor: "Actor") -> int:
        """Send these messages as if nothing had happened, the oldest `MOST` of them; returns how many.

        Their links are made when they leave, so that each works for as long as any other.
        """
        held = self._take(actor)
        now = timezone.now()
        Message.objects.filter(pk__in=[hold.message_id for hold in held]).update(
            state=Message.State.QUEUED, send_after=now
        )
        if held:
            sent: list[dict[str, Any]] = [{"message_id": hold.message_id} for hold in held]
            jobs.configure_task("deliver_message", schedule_at=now).batch_defer(*sent)
        return self._record(actor, "release", held)

    @transaction.atomic
    def discard(self, actor: "Actor") -> int:
        """Never send these messages, the oldest `MOST` of them; returns how many.

        Their sign-ons stay unconfirmed, and expire as any other. They are not declined: that would write to a
        stranger, and say something about an organisation that may know nothing of it. Whoever is meant by it can
        sign again, and then gets a message like anybody.
        """
        held = self._take(actor)
        Message.objects.filter(pk__in=[hold.message_id for hold in held]).update(state=Message.State.DROPPED)
        return self._record(actor, "discard", held)

    def _take(self, actor: "Actor") -> list["Hold"]:
        """Return the oldest of these that wait, with their messages locked; of two who are at it, one has each."""
        actor.check(PERMISSION)
        locked = self.waiting().select_related("message__sign_on").select_for_update(of=("message",))
        return list(locked[:MOST])

    def _record(self, actor: "Actor", act: str, held: list["Hold"]) -> int:
        """Put on record what was done at one stroke."""
        if len(held) == 1:
            record(actor.user, act, held[0].message.sign_on, kind=held[0].message.kind, why=held[0].why)
        elif held:
            record(actor.user, act, messages=len(held), sign_ons=sorted({hold.message.sign_on_id for hold in held}))
        return len(held)


class Hold(models.Model):
    """Why one message is, or was, held, with the figures at that moment. Its state says what became of it."""

    message = models.OneToOneField(Message, on_delete=models.CASCADE, related_name="hold")
    why = models.CharField(max_length=10, choices=Why)
    """The narrowest of the limits that were crossed."""
    crossed = models.JSONField()
    """All of them: see `Crossing`."""
    held_at = models.DateTimeField(default=timezone.now)

    objects = HoldQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.message_id}: {self.why}"

    @staticmethod
    def keep(message: Message, crossed: Sequence[Crossing]) -> "Hold":
        """Save `message` as held, with why; belongs into the transaction that causes it."""
        message.state = Message.State.HELD
        message.save()
        narrowest = min(crossed, key=lambda one: Why.values.index(one.why))
        return Hold.objects.create(
            message=message, why=narrowest.why, crossed=[one.as_json() for one in crossed], held_at=message.created_at
        )

    @property
    def crossings(self) -> list[Crossing]:
        """Which limits were crossed, with the figures."""
        return [Crossing(**one) for one in self.crossed]
