"""The workbench: what waits, narrowed by what was asked for, beside the sign-on that is looked at."""

from django.core.paginator import Paginator
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django_countries import countries

from signatories.attention import attention
from signatories.models import SignOn, Transition
from signatories.states import State

from . import filters
from .desk import moderators


@require_safe
@moderators()
def queue(request):
    """List the sign-ons that are asked for, with what else waits for somebody at the desk."""
    return workbench(request, "moderation/queue.html", {"attention": attention()})


@require_safe
@moderators()
def keys(request):
    """Say which keys do what."""
    return render(request, "moderation/keys.html")


def workbench(request, template, context, *, one=None, status=200):
    """Render `template` with the list beside it, at the page where `one` stands if one is looked at."""
    letters = filters.opened()
    asked, letter = filters.read(request, letters)
    found = asked.in_all_states(request.user, letter)
    counts = found.counts()
    rows = asked.rows(request.user, letter)
    # Keys first: what is read of each row besides would be read of all the rows on the pages before, too.
    paginator = Counted(rows.values_list("pk", flat=True), asked.page_size)
    paginator.count = counts.get(asked.state, sum(counts.values()))
    number = request.GET.get("page")
    if one and asked.state in (one.state, filters.ANY):
        before = rows.beyond(one, asked.order, backwards=True)
        number = before.count() // asked.page_size + 1
        context |= {"next": rows.beyond(one, asked.order).first(), "previous": before.first()}
    elif one:
        # It has left the list, or never stood in it.
        context |= {"next": rows.first()}
    page = paginator.get_page(number)
    shown = (
        SignOn.objects.with_evidence().with_seen().with_exchange().with_reach().select_related("letter").in_bulk(page)
    )
    context |= {
        "asked": asked,
        "here": asked.address(),
        "letter_chosen": letter,
        "letters": letters,
        "page": page,
        "rows": [(row, row.evidence, colleague(row, request.user)) for row in map(shown.get, page)],
        "tabs": tabs(asked, counts),
        "choices": choices(letters),
        "figures": figures(letter),
        "undoable": last_decision(request.user),
        "pages": {
            "previous": asked.address(page=page.previous_page_number()) if page.has_previous() else "",
            "next": asked.address(page=page.next_page_number()) if page.has_next() else "",
            "longer": asked.address(size="100"),
        },
    }
    return render(request, template, context, status=status)


class Counted(Paginator):
    """Pages of rows that were counted already."""

    @cached_property
    def count(self):
        """How many rows there are; set by whoever counted them."""
        return super().count


def tabs(asked, counts):
    """Return a tab for every state: value, words, count, address."""
    labels = [*State.choices, (filters.ANY, _("all"))]
    counted = counts | {filters.ANY: sum(counts.values())}
    return [(value, label, counted[value], asked.address(state=value)) for value, label in labels]


def choices(letters):
    """Return what the list can be narrowed by: name, words, choices."""
    used = SignOn.objects.order_by().values_list("country", flat=True).distinct()
    named = sorted((str(countries.name(code)), code) for code in used if code)
    return [
        ("letter", _("Letter"), [(one.slug, one.slug) for one in letters] if len(letters) > 1 else []),
        ("age", _("Waits"), filters.AGES.items()),
        ("country", _("Country"), [*((code, name) for name, code in named), (filters.NONE, _("none: international"))]),
        ("evidence", _("Evidence"), filters.EVIDENCE.items()),
    ]


def figures(letter):
    """Return how long the oldest has waited, and how long a decision takes, in words; empty if there is none."""
    now, oldest = timezone.now(), SignOn.objects.oldest(letter)
    median = Transition.objects.median_time_to_decide(letter)
    return {
        "oldest": timesince(oldest, now, depth=1) if oldest else "",
        "median": timesince(now - median, now, depth=1) if median is not None else "",
    }


def last_decision(user):
    """Return the last decision of `user` that can still be undone, with `count`, how many it was at one stroke."""
    mine = Transition.objects.undoable().filter(user=user)
    last = mine.select_related("sign_on").last()
    if last:
        last.count = mine.filter(batch=last.batch).count() if last.batch else 1
    return last


def colleague(sign_on, user):
    """Return who else is looking at a sign-on, if anybody."""
    claim = getattr(sign_on, "claim", None)
    return claim.user if claim and claim.is_current and claim.user_id != user.pk else None
