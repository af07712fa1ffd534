"""Which sign-ons the queue shows: choices that stand in its address, so that it can be shared."""

from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from urllib.parse import urlencode

from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from letter.models import Letter
from signatories.models import SignOn
from signatories.models.sign_on_queries import order_of
from signatories.states import State

ANY, NONE = "any", "none"
AGES = {"1": _("for more than a day"), "3": _("for more than 3 days"), "7": _("for more than a week")}
EVIDENCE = {
    "own-domain": _("e-mail on the website's domain"),
    "disposable": _("throw-away e-mail address"),
    "free-mail": _("free-mail address"),
    "other-domain": _("e-mail on another domain than the website"),
    "no-website": _("no website to compare the e-mail with"),
    "no-email": _("without an e-mail address"),
}
SIZES = {"50": 50, "100": 100}


@dataclass(frozen=True)
class Filters:
    """What was asked for, checked; an empty choice narrows nothing."""

    q: str = ""
    state: str = State.PENDING
    letter: str = ""
    age: str = ""
    country: str = ""
    evidence: str = ""
    mine: str = ""
    size: str = ""

    @property
    def order(self) -> tuple[str, ...]:
        """How the sign-ons are sorted."""
        return order_of(self.state)

    @property
    def page_size(self) -> int:
        """How many sign-ons stand on a page."""
        return SIZES.get(self.size, 50)

    @property
    def chosen_state(self) -> str:
        """The state that was asked for; empty for the one in which the queue, or a search, opens."""
        return "" if self.state == (ANY if self.q else State.PENDING) else self.state

    @property
    def is_narrow(self) -> bool:
        """Whether anything but state, letter and size is chosen."""
        return any([self.q, self.age, self.country, self.evidence, self.mine])

    def address(self, *, page=None, **changes) -> str:
        """Return the query of the queue's address, with these `changes`; empty for the queue as it opens."""
        wanted = asdict(replace(self, **changes))
        # What is searched for is looked for in all states, unless one is named.
        wanted["state"] = replace(self, **changes).chosen_state
        query = urlencode({name: value for name, value in (wanted | {"page": page}).items() if value})
        return f"?{query}" if query else ""

    def in_all_states(self, user, letter):
        """Return the sign-ons that are asked for, whatever their state."""
        found = SignOn.objects.filter(letter=letter) if letter else SignOn.objects.all()
        if self.q:
            found = found.search(self.q, with_representative=user.has_perm("signatories.view_representative"))
        if self.age:
            found = found.filter(state_since__lt=timezone.now() - timedelta(days=int(self.age)))
        if self.country:
            found = found.filter(country="" if self.country == NONE else self.country)
        if self.evidence:
            found = found.filter(email_says=self.evidence)
        return found.of(user) if self.mine else found

    def rows(self, user, letter):
        """Return the sign-ons that are asked for, in order."""
        found = self.in_all_states(user, letter)
        return found.order_by(*self.order) if self.state == ANY else found.in_state(self.state)


def read(request, letters):
    """Return the filters in the address, and the letter that they name, if any; raises Http404 for an unknown one."""
    # Postgres knows no NUL, and no name has one.
    asked = {name: value.replace("\0", "").strip() for name, value in request.GET.items()}
    given = {name: asked[name] for name in asdict(Filters()) if asked.get(name)}
    given.setdefault("state", ANY if "q" in given else State.PENDING)
    letter = next((one for one in letters if one.slug == given.get("letter")), None)
    known = {
        "state": [*State.values, ANY],
        "letter": [letter.slug] if letter else [],
        "age": AGES,
        "country": [*countries.countries, NONE],
        "evidence": EVIDENCE,
        "mine": ["1"],
        "size": SIZES,
    }
    if any(given[name] not in values for name, values in known.items() if name in given):
        raise Http404
    return Filters(**given), letter


def opened():
    """Return the letters that can have sign-ons."""
    return list(Letter.objects.opened())
