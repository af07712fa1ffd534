"""What else came from where a sign-on came from: its e-mail domain, its network, its representative."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import (
    Count,
    Exists,
    ExpressionWrapper,
    F,
    Func,
    OuterRef,
    Q,
    Subquery,
    TextField,
    Value,
    Window,
)
from django.db.models.fields import BooleanField, DateTimeField
from django.db.models.functions import Lower, RowNumber
from django.utils import timezone

from letter.models import LetterText
from signatories import evidence
from signatories.states import Reason, Source, State

from .transition import Transition

if TYPE_CHECKING:
    from .sign_on import SignOn
    from .sign_on_queries import SignOnQuerySet

# More sign-ons than these from one domain or network within an hour are marked. A form takes some minutes: one person
# fills in ten in an hour; an office that signs for all its sections may well do so, and a moderator sees at once
# that it is one.
BURST = 10
HALF_AN_HOUR = timedelta(minutes=30)
# Days for which it is kept from which network a sign-on came: as long as a letter is usually open.
NETWORK_DAYS = 30
# So many are shown of one domain and of one representative.
SHOWN = 5


@dataclass(frozen=True)
class Related:
    """What else came from the same domain, network and person."""

    domain: str
    """The e-mail's domain; empty with providers where anybody can have an address."""
    same_domain: tuple["SignOn", ...]
    """The latest few, newest first."""
    states: tuple[tuple[str, int], ...]
    """How many others of the domain are in each state, in words, without zeros."""
    same_network: int
    """How many others came from the same network in the last `NETWORK_DAYS`."""
    same_person: tuple[Any, ...]
    """By the same e-mail address, newest first; with `letter_title` and, in words, the reason `declined_label`."""
    same_person_count: int

    @property
    def same_domain_count(self) -> int:
        """How many others there are of the domain."""
        return sum(count for _state, count in self.states)

    @property
    def days(self) -> int:
        """For how many days networks are compared."""
        return NETWORK_DAYS


def email_domain() -> Lower:
    """Return the expression for what follows the last @ of an address; an index has the same."""
    return Lower(Func("email", Value("^.*@"), Value(""), function="regexp_replace", output_field=TextField()))


def is_in_burst(all_sign_ons: "SignOnQuerySet") -> ExpressionWrapper:
    """Return the condition that more than `BURST` came by the form from one place within an hour around a sign-on.

    The rows have `email_domain`. Free-mail providers are no place.
    """
    begin, end = (
        ExpressionWrapper(OuterRef("created_at") + Value(by), output_field=DateTimeField())
        for by in (-HALF_AN_HOUR, HALF_AN_HOUR)
    )
    near = all_sign_ons.order_by().filter(source=Source.FORM, created_at__gte=begin, created_at__lte=end)
    by_domain = near.annotate(near_domain=email_domain()).filter(near_domain=OuterRef("email_domain"))
    by_network = near.exclude(network_key="").filter(network_key=OuterRef("network_key"))
    is_free = Q(email_domain="") | Q(email_domain__in=evidence.FREE_MAIL)
    is_free |= Q(email_domain__regex=f"^({evidence.FREE_MAIL_FAMILY.pattern})$")
    return ExpressionWrapper(
        (~is_free & Exists(by_domain[BURST : BURST + 1])) | Q(Exists(by_network[BURST : BURST + 1])),
        output_field=BooleanField(),
    )


def related_to_each(sign_ons: Sequence["SignOn"], among: "SignOnQuerySet") -> dict[int, Related]:
    """Return, by key, what else is `among` the sign-ons from where each of `sign_ons` came.

    Four queries, for one sign-on and for fifty.
    """
    domains = {one.pk: _domain(one.email) for one in sign_ons}
    counts, latest = _of_domains(among, set(domains.values()) - {""})
    persons = _of_persons(among, {one.email.lower() for one in sign_ons} - {""})
    networks = _of_networks(among, {one.network_key for one in sign_ons} - {""})
    return {
        one.pk: Related(
            domain=domains[one.pk],
            same_domain=_others(one, latest[domains[one.pk]]),
            states=tuple(
                (str(State(state).label), count)
                for state in State.values
                if (count := counts[domains[one.pk]].get(state, 0) - (bool(domains[one.pk]) and state == one.state))
            ),
            same_network=max(networks.get(one.network_key, 0) - _is_recent(one), 0),
            same_person=_others(one, persons[one.email.lower()]),
            same_person_count=max((other.of_person for other in persons[one.email.lower()][:1]), default=1) - 1,
        )
        for one in sign_ons
    }


def _domain(email: str) -> str:
    """Return the domain as the database has it, empty with a provider where anybody can have an address."""
    return "" if evidence.is_free_mail(email) else email.rpartition("@")[2].lower()


def _others(one: "SignOn", some: Iterable["SignOn"]) -> tuple["SignOn", ...]:
    return tuple(other for other in some if other.pk != one.pk)[:SHOWN]


def _is_recent(one: "SignOn") -> bool:
    return one.created_at >= _a_month_ago()


def _a_month_ago() -> datetime:
    return timezone.now() - timedelta(days=NETWORK_DAYS)


def _of_domains(
    among: "SignOnQuerySet", domains: set[str]
) -> tuple[dict[str, dict[str, int]], dict[str, list["SignOn"]]]:
    """Return counts per state, and the latest few, of each domain."""
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    latest: dict[str, list[SignOn]] = defaultdict(list)
    rows = among.order_by().annotate(email_domain=email_domain()).filter(email_domain__in=domains)
    for domain, state, count in rows.values_list("email_domain", "state").annotate(Count("pk")):
        counts[domain][state] = count
    place = Window(RowNumber(), partition_by=F("email_domain"), order_by=[F("created_at").desc(), F("pk").desc()])
    one: Any
    for one in rows.annotate(place=place).filter(place__lte=SHOWN + 1).order_by("-created_at", "-pk"):
        latest[one.email_domain].append(one)
    return counts, latest


def _of_persons(among: "SignOnQuerySet", addresses: set[str]) -> dict[str, list[Any]]:
    """Return the latest few of each address, with `letter_title`, `declined_label` and how many there are."""
    titles = LetterText.objects.filter(letter=OuterRef("letter"), language=OuterRef("letter__language"))
    declined = Transition.objects.filter(sign_on=OuterRef("pk"), verb="decline").order_by("-pk")
    address = [F("person")]
    rows = (
        among.order_by()
        .annotate(person=Lower("email"))
        .filter(person__in=addresses)
        .annotate(
            place=Window(RowNumber(), partition_by=address, order_by=[F("created_at").desc(), F("pk").desc()]),
            of_person=Window(Count("pk"), partition_by=address),
            letter_title=Subquery(titles.order_by("-revision").values("title")[:1]),
            declined_for=Subquery(declined.values("reason")[:1]),
        )
        .filter(place__lte=SHOWN + 1)
        .order_by("-created_at", "-pk")
    )
    found: dict[str, list[Any]] = defaultdict(list)
    one: Any
    for one in rows:
        one.declined_label = str(dict(Reason.choices).get(one.declined_for, ""))
        found[one.person].append(one)
    return found


def _of_networks(among: "SignOnQuerySet", keys: set[str]) -> dict[str, int]:
    """Return how many came from each network lately."""
    recent = among.order_by().filter(network_key__in=keys, created_at__gte=_a_month_ago())
    return dict(recent.values_list("network_key").annotate(Count("pk")))
