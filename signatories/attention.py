"""What somebody at the desk should look at, for the queue and for the digest."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from audit.models import Entry
from letter.models import Publication, absolute

from .bounces import Kind
from .models import Correction, Hold, Message, Notice, Query, SignOn, Switch, Transfer
from .models.figures import Burst, Waiting
from .states import State

# Failed messages and objections that are shown one by one.
SHOWN = 20


@dataclass(frozen=True)
class Attention:
    """What wants somebody, beside the queue."""

    failed: list[Message]
    """Messages to representatives that could not be sent, the first few of them."""
    failed_count: int
    unreachable: list[SignOn]
    """Whose representatives cannot be written to, the first few of them; their messages are not among the failed."""
    unreachable_count: int
    unprintable: list[Publication]
    """Letters whose PDF lacks characters."""
    objections: list[Notice]
    """By organisations, not settled yet, the first few of them."""
    objection_count: int
    transfers: list[Transfer]
    """To whose hand-over the mailbox that they leave objects, and nobody has settled it; the first few of them."""
    transfer_count: int
    corrections: int
    """Corrections that wait for a moderator."""
    overdue: int
    """Questions whose answer is not to be expected any more."""
    held: int
    """Messages that wait for somebody to release or discard them."""
    switches: list[Switch]
    """Letters whose sign-ons do not come in as usual."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing wants anybody."""
        wants = (self.failed, self.unreachable, self.unprintable, self.objections, self.transfers, self.corrections)
        return not any((*wants, self.overdue, self.held, self.switches))


@dataclass(frozen=True)
class Report:
    """What a digest tells: counts, to some readers domains, and nobody's name."""

    at: datetime
    waiting: list[Waiting]
    bursts: list[Burst]
    """Of the last day."""
    unanswered: int
    """Questions that representatives have not answered yet. They alone are no reason to write."""
    attention: Attention
    newest: Entry | None
    """The newest entry of the record: whoever keeps the digest can tell whether the record was cut off later."""

    @property
    def is_empty(self) -> bool:
        """Whether it would say nothing."""
        return not (self.waiting or self.bursts) and self.attention.is_empty

    def context(self, user: User) -> dict[str, Any]:
        """Return what the message's templates take; domains only for whom may see representatives."""
        may_see = user.has_perm("signatories.view_representative")
        unusual = sum(one.count for one in self.bursts)
        return {
            "report": self,
            "bursts": self.bursts if may_see or not unusual else [Burst("", unusual)],
            "may_see_domains": may_see,
            "total": sum(one.count for one in self.waiting),
            "queue_url": absolute(reverse("moderation:queue")),
            "digest_url": absolute(reverse("moderation:digest")),
        }


def attention() -> Attention:
    """Return what wants somebody. Nine queries; more only where there are many of one kind."""
    unreachable = SignOn.objects.unreachable()
    failing, objecting = Message.objects.failed().to_representatives(), Notice.objects.objections()
    failing = failing.exclude(bounce=Kind.HARD, recipient__iexact=F("sign_on__email"), sign_on__in=unreachable)
    lost = list(unreachable[:SHOWN])
    handing_over = Transfer.objects.objections()
    transfers = list(handing_over[:SHOWN])
    failed, objections = list(failing.select_related("sign_on")[:SHOWN]), list(objecting[:SHOWN])
    return Attention(
        failed=failed,
        failed_count=len(failed) if len(failed) < SHOWN else failing.count(),
        unreachable=lost,
        unreachable_count=len(lost) if len(lost) < SHOWN else unreachable.count(),
        unprintable=list(Publication.objects.exclude(missing_glyphs=[]).select_related("letter")),
        objections=objections,
        objection_count=len(objections) if len(objections) < SHOWN else objecting.count(),
        transfers=transfers,
        transfer_count=len(transfers) if len(transfers) < SHOWN else handing_over.count(),
        corrections=Correction.objects.proposed().count(),
        overdue=Query.objects.overdue().count(),
        held=Hold.objects.waiting().count(),
        switches=list(Switch.objects.turned()),
    )


def report(at: datetime | None = None) -> Report:
    """Return what there is to tell at `at` (now by default)."""
    at = at or timezone.now()
    return Report(
        at=at,
        waiting=SignOn.objects.waiting_by_letter(at),
        bursts=SignOn.objects.bursts(at - timedelta(days=1)),
        unanswered=SignOn.objects.in_state(State.QUERIED).count(),
        attention=attention(),
        newest=Entry.objects.first(),
    )
