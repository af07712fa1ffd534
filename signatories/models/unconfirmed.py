"""What becomes of a sign-on that its representative does not confirm: two reminders, then it expires."""

from datetime import datetime, timedelta
from typing import Any, Self, TypeVar

from django.conf import settings
from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, Lower
from django.utils import timezone

from letter.models import Letter
from signatories.bounces import Kind
from signatories.states import State

from .figures import FiguresQuerySet
from .message import REMINDER, UNSENT, WITH_LINK, Message

Row = TypeVar("Row", bound=models.Model, covariant=True)
# After so long without a confirmation the representative is reminded.
REMINDERS = (timedelta(days=2), timedelta(days=5))
# Not within so long after another message with the link.
QUIET = timedelta(days=1)
# The desk is told of a mailbox that cannot be reached for so long; its sign-on's page says it for ever.
TOLD_FOR = timedelta(days=30)


def reminders_due(since: datetime, at: datetime) -> int:
    """Return how many reminders a sign-on that has waited `since` then should have had at `at`."""
    return sum(since <= at - wait for wait in REMINDERS)


class UnconfirmedQuerySet(FiguresQuerySet[Row]):
    """Which sign-ons wait for their representative, and who cannot be written to?"""

    def to_expire(self, at: datetime | None = None) -> Self:
        """Sign-ons that nobody has confirmed in time, at `at` (now by default)."""
        return self.filter(
            state=State.UNCONFIRMED, state_since__lte=(at or timezone.now()) - settings.CONFIRM_WITHIN
        ).order_by("state_since")

    def to_remind(self, at: datetime | None = None) -> Self:
        """Sign-ons whose representative is to be reminded at `at` (now by default): of open letters only.

        Not where the address takes nothing or has complained; and only where the link has left before, not just now:
        what a moderator holds, or has discarded, is not to be sent by another way.
        """
        at = at or timezone.now()
        due = Q()
        for number, wait in enumerate(REMINDERS):
            due |= Q(reminders__lte=number, state_since__lte=at - wait)
        own = Message.objects.filter(sign_on=OuterRef("pk"), kind__in=WITH_LINK)
        tried = own.filter(attempts__gt=0)
        just_now = own.filter(Q(state__in=UNSENT) | Q(sent_at__gt=at - QUIET))
        closed = Message.objects.annotate(to=Lower("recipient")).filter(
            to=Lower(OuterRef("email")), bounce__in=(Kind.HARD, Kind.COMPLAINT)
        )
        waiting = self.filter(due, state=State.UNCONFIRMED, state_since__gt=at - settings.CONFIRM_WITHIN)
        return (
            waiting.filter(letter__in=Letter.objects.open(at))
            .exclude(email="")
            .filter(Exists(tried), ~Exists(just_now), ~Exists(closed))
            .order_by("state_since")
        )

    def with_reach(self) -> Self:
        """Sign-ons with `reminded`, how many reminders were sent, and `bounce`, `bounce_status` of their mailbox.

        The worst that came back from the address on record now: what an earlier one sent back no longer matters.
        """
        own = Message.objects.filter(sign_on=OuterRef("pk"))
        sent = own.filter(kind=REMINDER, sent_at__isnull=False).order_by().values("sign_on").annotate(n=Count("pk"))
        back = own.exclude(bounce="").filter(recipient__iexact=OuterRef("email"))
        worst: Any = back.annotate(
            rank=models.Case(
                *(models.When(bounce=kind, then=models.Value(kind.rank)) for kind in Kind),
                output_field=models.IntegerField(),
            )
        ).order_by("-rank", "-pk")
        return self.annotate(
            reminded=Coalesce(Subquery(sent.values("n")), 0),
            bounce=Subquery(worst.values("bounce")[:1]),
            bounce_status=Subquery(worst.values("bounce_status")[:1]),
            bounced_at=Subquery(worst.values("bounced_at")[:1]),
        )

    def unreachable(self, at: datetime | None = None) -> Self:
        """Live sign-ons whose representative cannot be written to, as came out in the last `TOLD_FOR`, newest first."""
        since = (at or timezone.now()) - TOLD_FOR
        back = Message.objects.bounced_hard().filter(
            sign_on=OuterRef("pk"), bounced_at__gt=since, recipient__iexact=OuterRef("email")
        )
        last = Subquery(back.order_by("-bounced_at").values("bounced_at")[:1])
        live: Any = self.live()  # type: ignore[attr-defined]
        return live.annotate(unreachable_since=last).filter(Exists(back)).order_by(F("unreachable_since").desc(), "pk")
