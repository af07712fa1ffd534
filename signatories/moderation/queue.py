"""The queue: what waits, and a search over everything."""

from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import render
from django.views.decorators.http import require_safe

from letter.models import Letter, Publication
from signatories.models import Message, SignOn
from signatories.states import State

from .desk import moderators

PAGE_SIZE = 50


@require_safe
@moderators()
def queue(request):
    """List the sign-ons in one state, with counts per state and a search over all of them."""
    letters = Letter.objects.opened()
    # Postgres knows no NUL, and no name has one.
    asked = {name: value.replace("\0", "").strip() for name, value in request.GET.items()}
    letter = letters.filter(slug=asked.get("letter", "")).first()
    words = asked.get("q", "")
    state = asked.get("state", State.PENDING)
    if state not in State.values:
        raise Http404
    sign_ons = SignOn.objects.filter(letter=letter) if letter else SignOn.objects.all()
    rows = sign_ons.search(words).order_by("-pk") if words else sign_ons.in_state(state)
    page = Paginator(rows.with_evidence().select_related("letter"), PAGE_SIZE).get_page(asked.get("page"))
    counts = sign_ons.counts()
    tabs = [(value, label, counts[value]) for value, label in State.choices]
    context = {
        "page": page,
        "rows": [(one, one.evidence) for one in page],
        "tabs": tabs,
        "state": state,
        "letters": letters,
        "letter": letter,
        "words": words,
        "unprintable": Publication.objects.exclude(missing_glyphs=[]).select_related("letter"),
        "failed": Message.objects.failed().to_representatives().select_related("sign_on")[:20],
    }
    return render(request, "moderation/queue.html", context)
