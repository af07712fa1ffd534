"""The visitor's pages, from Postgres: what the release folder answers before Django is asked.

They serve in the first second after an opening, on a machine whose disk is full, and in tests.
"""

import mimetypes

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from .models import Letter, Page
from .publication import STYLE
from .releases import listed

# A visitor may ask for these; the faces of the letter have addresses of their own.
NAMES = {"signatories.json", "signatories.csv", "edition.html", *STYLE}


def send(page):
    """Return a response with the bytes of `page`."""
    kind = mimetypes.guess_type(page.name)[0]
    charset = "; charset=utf-8" if kind.startswith("text/") else ""
    return HttpResponse(bytes(page.content), headers={"Content-Type": f"{kind}{charset}", "Cache-Control": "no-cache"})


@require_safe
def index(request):
    """Show the one open letter, or the list of letters."""
    letters = listed()
    open_letters = [one for one in letters if one.is_open]
    if len(open_letters) == 1:
        return read(request, open_letters[0].slug)
    return render(request, "letter/index.html", {"letters": letters})


@require_safe
def read(request, slug):
    """Show a letter and who signed it: the newest edition, in the face that the clock says."""
    letter = get_object_or_404(Letter.objects.opened(), slug=slug)
    face = "index.html" if letter.is_open() else "closed.html"
    return send(get_object_or_404(Page, edition=newest_edition(letter), name=face))


@require_safe
def page(request, slug, name, number=None):
    """Send one artefact of an edition, the newest by default."""
    letter = get_object_or_404(Letter.objects.opened(), slug=slug)
    edition = get_object_or_404(letter.editions, number=number) if number is not None else newest_edition(letter)
    if name not in NAMES:
        raise Http404
    return send(get_object_or_404(Page, edition=edition, name=name))


def newest_edition(letter):
    """Return the newest edition of `letter`, or raise Http404 in the moment before the first."""
    edition = letter.editions.first()
    if edition is None:
        raise Http404
    return edition
