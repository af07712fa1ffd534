"""The figures: how the letter grows, and how long those who sign have to wait."""

from datetime import UTC, datetime, time, timedelta
from itertools import pairwise

from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.formats import number_format
from django.utils.translation import get_language_bidi, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django_countries import countries

from letter.models import Letter
from letter.standing import name_of
from signatories import charts
from signatories.models import MemberInvitation, SignOn
from signatories.models.figures import AGES

from .desk import moderators

# Countries by name; the rest are one line. Weeks of decisions that are looked back on.
TOP, WEEKS = 12, 26


@require_safe
@moderators()
def figures(request, slug=None):
    """Show the figures of one letter, or of all of them."""
    letters = Letter.objects.opened()
    letter = get_object_or_404(letters, slug=slug) if slug else None
    sign_ons = SignOn.objects.to(letter)
    context = {
        "letters": letters,
        "letter": letter,
        "growth": growth(sign_ons, letter),
        "nations": nations(sign_ons),
        "readers": readers(sign_ons),
        "queue": queue(sign_ons),
        "pace": pace(sign_ons),
        "networks": MemberInvitation.objects.to(letter).by_network(),
    }
    return render(request, "moderation/figures.html", context)


def growth(sign_ons, letter):
    """Return the signatories over time; None while there are none. After a letter's end nothing is drawn."""
    days = sign_ons.signatories_by_day()
    if not days:
        return None
    now = timezone.now()
    ended_at = letter.ended_at if letter else None
    unit, periods = charts.periods(days, min(ended_at or now, now).date())
    written = "M Y" if unit == "month" else "j M"
    bars = [charts.Bar(format_date(one.begin, written), one.total) for one in periods]
    return {"unit": unit, "periods": periods, "drawing": drawn(bars, whole=True)}


def nations(sign_ons):
    """Return rows (country, count, length of the bar, share in per cent) of the most frequent, and of the rest."""
    found = sign_ons.signatories_by_country()
    total = sum(count for _code, count in found)
    rows = [(country(code), count) for code, count in found[:TOP]]
    if rest := found[TOP:]:
        words = ngettext("%(count)d other", "%(count)d others", len(rest)) % {"count": len(rest)}
        rows.append((words, sum(count for _code, count in rest)))
    highest = max((count for _name, count in rows), default=0)
    return {
        "rows": [(name, count, charts.share(count, highest), count * 100 / total) for name, count in rows],
        "total": total,
    }


def readers(sign_ons):
    """Return rows (language, count, length of the bar): in which text the letter was read and signed."""
    found = sign_ons.by_language_read()
    highest = max((count for _language, count in found), default=0)
    return [(name_of(language), count, charts.share(count, highest)) for language, count in found]


def country(code):
    """Return the name of a country; organisations of none are international."""
    return (str(countries.name(code)) or code) if code else _("International")


def queue(sign_ons):
    """Return rows (age, count, length of the bar) of what waits for a decision."""
    counts = sign_ons.ages()
    words = [_("less than 1 day")]
    words += [_("%(from)d to %(to)d days") % {"from": low, "to": high} for low, high in pairwise(AGES)]
    words += [_("%(from)d days and more") % {"from": AGES[-1]}]
    rows = [(age, count, charts.share(count, max(counts))) for age, count in zip(words, counts, strict=True)]
    return {"rows": rows, "total": sum(counts)}


def pace(sign_ons):
    """Return how long decisions took in the last weeks; None if there was no decision."""
    this_week = charts.beginning(timezone.now().date(), "week")
    first = this_week - timedelta(weeks=WEEKS - 1)
    found = sign_ons.pace(datetime.combine(first, time.min, UTC))
    if not found:
        return None
    weeks = found[:-1]
    unit, seconds = charts.time_unit(max(one.ninetieth for one in weeks))
    by_week = {one.week: one for one in weeks}
    bars, week = [], weeks[0].week
    while week <= this_week:
        one = by_week.get(week)
        times = (one.median / seconds, one.ninetieth / seconds) if one else (None, None)
        bars.append(charts.Bar(format_date(week, "j M"), *times))
        week = charts.following(week, "week")
    rows = [(one.week, one.count, one.median / seconds, one.ninetieth / seconds) for one in found]
    return {"unit": unit, "rows": rows[:-1], "overall": rows[-1], "drawing": drawn(bars, whole=False)}


def drawn(bars, *, whole):
    """Return the drawing for the reader's language and direction."""
    direction = "rtl" if get_language_bidi() else "ltr"
    return charts.columns(bars, direction=direction, whole=whole, spoken=spoken)


def spoken(number):
    """Return a number as the reader writes it, without decimals that say nothing."""
    return number_format(f"{number:.2f}".rstrip("0").rstrip("."), use_l10n=True, force_grouping=True)
