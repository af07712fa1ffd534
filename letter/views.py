"""The visitor's pages, from Postgres: what the release folder answers before Django is asked.

They serve in the first second after an opening, on a machine whose disk is full, and in tests.
"""

import mimetypes

from csp.decorators import csp_update
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from .documents import face_of
from .front import front_page, languages
from .models import Letter, Page
from .releases import HIDDEN, listed, site_files

KINDS = {".atom": "application/atom+xml", ".pem": "application/x-pem-file", ".sig": "application/octet-stream"}


def send(content, name):
    """Return a response with the bytes of a page; `name` tells what they are."""
    kind = KINDS.get(f".{name.rpartition('.')[2]}") or mimetypes.guess_type(name)[0] or "application/octet-stream"
    charset = "; charset=utf-8" if kind.startswith("text/") else ""
    response = HttpResponse(content, headers={"Content-Type": f"{kind}{charset}", "Cache-Control": "no-cache"})
    if name == "embed/index.html":
        # Meant for the frames of other sites; it has no button that anybody could be made to press.
        response.xframe_options_exempt = True
        response = csp_update({"frame-ancestors": "*"})(lambda request: response)(None)
    return response


@require_safe
def index(request, language=""):
    """Show the one open letter, or the list of letters."""
    if language and language not in languages():
        raise Http404
    return send(front_page(listed(), language), "index.html")


@require_safe
def site_file(request, name):
    """Send what search engines ask for."""
    return send(site_files(listed())[name], name)


@require_safe
def read(request, slug, language=""):
    """Show a letter and who signed it: the newest edition, in the face that the clock says."""
    letter = get_object_or_404(Letter.objects.opened(), slug=slug)
    return send(face(find(letter, None), language, "index" if letter.is_open() else "closed").content, "index.html")


@require_safe
def edition(request, slug, number, language=""):
    """Show an edition as it was published."""
    letter = get_object_or_404(Letter.objects.opened(), slug=slug)
    return send(face(find(letter, number), language, "edition").content, "index.html")


@require_safe
def page(request, slug, name, language="", number=None):
    """Send one artefact of an edition, the newest by default."""
    letter = get_object_or_404(Letter.objects.opened(), slug=slug)
    if HIDDEN.fullmatch(name):
        raise Http404
    if name.endswith("/"):
        name += "index.html"
    found = find(letter, number)
    languages = {"", language_of(found, language)}
    pages = found.pages.select_related("blob").filter(language__in=languages, name=name)
    return send(get_object_or_404(pages).content, name)


def find(letter, number):
    """Return an edition of `letter`, the newest by default, or raise Http404 in the moment before the first."""
    editions = letter.editions.all() if number is None else letter.editions.filter(number=number)
    found = editions.first()
    if found is None:
        raise Http404
    return found


def language_of(edition, language):
    """Return the text's language that an address names: none is the original's; raises Http404."""
    original, *translations = edition.languages
    if language and language not in translations:
        raise Http404
    return language or original


def face(edition, language, name):
    """Return a face of the letter, or raise Http404."""
    try:
        return face_of(edition, language_of(edition, language), name)
    except Page.DoesNotExist:
        raise Http404 from None
