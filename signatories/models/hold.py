"""Messages that are held until somebody at the desk has looked, and why. What then becomes of them: `release.py`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Count, F, Max, Min, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from .limit import Crossing, Why
from .message import Message


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

    def first_of_each_group(self, count: int) -> Self:
        """Return the oldest few of each group, with `letter`, the letter's slug, and their messages."""
        letter = F("message__sign_on__letter__slug")
        place = Window(RowNumber(), partition_by=[F("why"), letter], order_by="pk")
        return self.waiting().annotate(letter=letter, place=place).filter(place__lte=count).select_related("message")

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
