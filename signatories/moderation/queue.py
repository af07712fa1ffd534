"""The queue: what waits, and a search over everything."""

from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from letter.models import Letter
from signatories import evidence, states
from signatories.attention import attention
from signatories.models import SignOn
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
    page = Paginator(rows.with_confirmation().select_related("letter"), PAGE_SIZE).get_page(asked.get("page"))
    counts = sign_ons.counts()
    tabs = [(value, label, counts[value]) for value, label in State.choices]
    context = {
        "page": page,
        "rows": [(one, evidence_of(one)) for one in page],
        "tabs": tabs,
        "state": state,
        "letters": letters,
        "letter": letter,
        "words": words,
        "attention": attention(),
    }
    return render(request, "moderation/queue.html", context)


def evidence_of(sign_on):
    """Return what speaks for a sign-on or against it: (is it good news, code, words)."""
    if not sign_on.email:
        return [(None, "no-email", _("came in writing, without an e-mail address"))]
    found = []
    if sign_on.source == states.Source.FORM:
        words = _("mailbox confirmed") if sign_on.is_confirmed else _("mailbox not confirmed")
        found.append((sign_on.is_confirmed, "mailbox", words))
    if evidence.is_own_domain(sign_on.email, sign_on.website):
        found.append((True, "own-domain", _("e-mail on the website's domain")))
    elif evidence.is_free_mail(sign_on.email):
        found.append((None, "free-mail", _("free-mail address")))
    elif sign_on.website:
        found.append((False, "other-domain", _("e-mail on another domain than the website")))
    else:
        found.append((None, "no-website", _("no website to compare the e-mail with")))
    return found
