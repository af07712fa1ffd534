"""Who holds an e-mailed link, and what is said to whom it does not lead on."""

from datetime import timedelta
from functools import wraps

from django.conf import settings
from django.db import transaction
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from letter.models import Letter
from signatories import limits, links, mail
from signatories.models import SignOn, Switch
from signatories.states import State

DAY = timedelta(days=1)
get_or_post = require_http_methods(["GET", "HEAD", "POST"])


def private(view):
    """Keep a page out of caches, search engines and other sites' logs."""

    @wraps(view)
    def guarded(request, *args, **kwargs):
        response = view(request, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex"
        return response

    return guarded


def kept(view):
    """Let the reader's own browser keep a page on which something was typed, and nobody else.

    Under `no-store`, Chromium answers “back” to what a form led to with an error, and empties the form itself.
    """

    @wraps(view)
    def guarded(request, *args, **kwargs):
        response = view(request, *args, **kwargs)
        response["Cache-Control"] = "private, no-cache"
        return response

    return guarded


def with_link(purpose):
    """Hand the view the sign-on that its token leads to, or explain the link and offer the next step."""

    def decorate(view):
        @csrf_exempt
        @private
        @get_or_post
        @wraps(view)
        def guarded(request, token, **kwargs):
            try:
                link = links.read(purpose, token)
            except links.RevokedLink:
                return revoked_link(request)
            except links.BadLink:
                return bad_link(request, "tampered")
            sign_on = SignOn.objects.select_related("letter", "text").filter(pk=link.about).first()
            if sign_on is None:
                return bad_link(request, "unknown")
            if sign_on.has_expired():
                return expired(request, sign_on)
            if link.is_expired:
                return expired_link(request, sign_on)
            return view(request, sign_on, token, **kwargs)

        return guarded

    return decorate


def bad_link(request, why):
    """Explain a link that leads nowhere."""
    letters = Letter.objects.open()
    return render(request, "signatories/bad_link.html", {"why": why, "letters": letters}, status=404)


def expired(request, sign_on):
    """Say that the sign-on was not confirmed in time, and what can be done; whatever the link was for."""
    context = {"letter": sign_on.letter, "days": settings.CONFIRM_WITHIN.days}
    return render(request, "signatories/expired.html", context, status=410)


def revoked_link(request):
    """Explain a link that was taken back: the sign-on is in other hands, or in another mailbox."""
    return render(request, "signatories/revoked_link.html", status=410)


def expired_link(request, sign_on):
    """Explain a link whose time is over; its button sends a new one to the address on record."""
    if request.method == "POST":
        return send_link(request, sign_on)
    return render(request, "signatories/expired_link.html", {"sign_on": sign_on}, status=410)


def send_link(request, sign_on):
    """Send whoever holds the mailbox a new link to where the sign-on stands; say so if its address was erased."""
    if not sign_on.email:
        return render(request, "signatories/no_link_sent.html", {"sign_on": sign_on}, status=410)
    kind = "confirm" if sign_on.state == State.UNCONFIRMED else "status"
    # Over the limit the answer is the same: it tells nothing, and the mailbox has enough links.
    if limits.has_room(sign_on.email, "own link"):
        with transaction.atomic():
            held_for = Switch.objects.holds(sign_on.letter) if kind == "confirm" else []
            mail.queue(sign_on, kind, held_for=held_for)
    return render(request, "signatories/link_sent.html", {"sign_on": sign_on})
