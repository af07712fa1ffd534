"""What the figures and the digest count: in the database, in one query each."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any, TypeVar

from django.db import connection, models
from django.db.models import Count, Min, Q
from django.db.models.functions import TruncDate
from django.utils import timezone

from signatories.states import LIVE, Source, State

from .related import BURST
from .transition import Transition

Row = TypeVar("Row", bound=models.Model, covariant=True)
# Days at which the ages of what waits are parted.
AGES = (1, 3, 7)


@dataclass(frozen=True)
class Waiting:
    """What waits for a decision on one letter."""

    letter: str
    """The letter's slug."""
    count: int
    since: datetime
    """When the oldest entered the queue."""
    late: int
    """How many have waited for more than three days."""


@dataclass(frozen=True)
class Burst:
    """Unusually many sign-ons from one place."""

    domain: str
    """Their e-mail's domain; empty for those of many domains that came from one network."""
    count: int


@dataclass(frozen=True)
class Pace:
    """How long decisions took."""

    week: date | None
    """Its Monday; None for all weeks together."""
    count: int
    median: float
    """Seconds."""
    ninetieth: float
    """Seconds within which nine of ten were decided."""


class FiguresQuerySet(models.QuerySet[Row]):
    """How many, since when, how long?"""

    def by_language_read(self) -> list[tuple[str, int]]:
        """Return how many sign-ons that stand have read the letter in each language, most first. One query."""
        found = self.filter(state__in=LIVE).order_by().values_list("text__language").annotate(count=Count("pk"))
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))

    def signatories_by_day(self) -> list[tuple[date, int]]:
        """Return by how many the signatories became more or fewer on each day (UTC) on which they did."""
        came, left = Q(to_state=State.ACCEPTED), Q(from_state=State.ACCEPTED)
        moved = Transition.objects.filter(came | left, sign_on__in=self.order_by())
        days = moved.annotate(day=TruncDate("at")).order_by("day").values_list("day")
        return list(days.annotate(change=Count("pk", filter=came) - Count("pk", filter=left)))

    def signatories_by_country(self) -> list[tuple[str, int]]:
        """Return the number of signatories by country code, empty for those of none, the most first."""
        listed = self.filter(state=State.ACCEPTED).values_list("listed_country")
        return list(listed.annotate(count=Count("pk")).order_by("-count", "listed_country"))

    def ages(self, at: datetime | None = None) -> list[int]:
        """Return how many have waited for a decision up to each of `AGES`, and longer, at `at` (now by default)."""
        at = at or timezone.now()
        older = {f"older{days}": Count("pk", filter=Q(state_since__lte=at - timedelta(days=days))) for days in AGES}
        waiting = self.filter(state=State.PENDING).order_by()
        at_least = [*waiting.aggregate(all=Count("pk"), **older).values(), 0]
        return [count - longer for count, longer in pairwise(at_least)]

    def waiting_by_letter(self, at: datetime | None = None) -> list[Waiting]:
        """Return what waits for a decision on each letter, the longest wait first, at `at` (now by default)."""
        late = Count("pk", filter=Q(state_since__lte=(at or timezone.now()) - timedelta(days=3)))
        waiting = self.filter(state=State.PENDING).values_list("letter__slug")
        found = waiting.annotate(count=Count("pk"), since=Min("state_since"), late=late).order_by("since")
        return [Waiting(*one) for one in found]

    def pace(self, since: datetime) -> list[Pace]:
        """Return how long moderators took to decide, by the week (UTC) of the decision, then for all weeks together.

        From entering the queue to the first decision that was not undone. An import is left out: it was decided
        before it came in.
        """
        chosen, parameters = self.exclude(source=Source.IMPORT).order_by().values("pk").query.sql_with_params()
        # Percentiles of what is itself grouped: more than the ORM can say.
        sql = f"""
            SELECT week, count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds),
                percentile_cont(0.9) WITHIN GROUP (ORDER BY seconds)
            FROM (
                SELECT date_trunc('week', decided AT TIME ZONE 'UTC')::date AS week,
                    extract(epoch FROM decided - entered)::double precision AS seconds
                FROM (
                    SELECT min(one.at) FILTER (WHERE one.to_state = 'pending') AS entered,
                        min(one.at) FILTER (
                            WHERE one.verb IN ('accept', 'decline') AND one.who = 'moderator'
                            AND one.id > coalesce(undone.id, 0)
                        ) AS decided
                    FROM signatories_transition AS one
                    JOIN ({chosen}) AS chosen (id) ON chosen.id = one.sign_on_id
                    LEFT JOIN (
                        SELECT sign_on_id, max(id) AS id FROM signatories_transition
                        WHERE verb = 'undo' GROUP BY sign_on_id
                    ) AS undone ON undone.sign_on_id = one.sign_on_id
                    WHERE one.to_state = 'pending' OR one.verb IN ('accept', 'decline')
                    GROUP BY one.sign_on_id
                ) AS times
                WHERE decided >= %s
            ) AS decisions
            GROUP BY ROLLUP (week) HAVING count(*) > 0 ORDER BY week NULLS LAST
        """  # noqa: S608 - the inner statement is Django's own, its values are parameters
        with connection.cursor() as cursor:
            cursor.execute(sql, [*parameters, since])
            return [Pace(*row) for row in cursor.fetchall()]


def bursts(unusual: models.QuerySet[Any]) -> list[Burst]:
    """Return from where sign-ons with `email_domain` came in bursts, the most first; few of one domain are one line."""
    counted = (
        unusual.order_by().values_list("email_domain").annotate(count=Count("pk")).order_by("-count", "email_domain")
    )
    found = [Burst(domain, count) for domain, count in counted]
    few = sum(one.count for one in found if one.count <= BURST)
    return [*(one for one in found if one.count > BURST), *([Burst("", few)] if few else [])]
