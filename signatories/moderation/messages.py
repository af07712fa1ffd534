"""Every message of this site, as it looks, in every language."""

from csp.decorators import csp
from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from signatories import samples

from .desk import moderators

# A mailbox takes the styles of a message from itself; nothing else is let in, and no script runs.
MAILBOX = {"default-src": ["'none'"], "style-src": ["'unsafe-inline'"], "frame-ancestors": ["'self'"]}


@require_safe
@moderators()
def messages(request):
    """Show each kind of message: its subject, its text and its HTML, in each language."""
    name = _name(request)
    found = [
        (kind, [(own, samples.preview(kind, code, name)) for code, own in settings.LANGUAGES])
        for kind in sorted(samples.KINDS)
    ]
    return render(request, "moderation/messages.html", {"found": found, "name": name, "names": samples.NAMES})


@require_safe
@moderators()
@xframe_options_sameorigin
@csp(MAILBOX)
def message(request, kind, language):
    """Show the HTML of one message, alone: what a mailbox would."""
    if kind not in samples.KINDS or language not in dict(settings.LANGUAGES):
        raise Http404
    return HttpResponse(samples.preview(kind, language, _name(request)).html)


def _name(request):
    """Return with which of the names messages are tried."""
    asked = request.GET.get("name", "")
    return asked if asked in samples.NAMES else "long"
