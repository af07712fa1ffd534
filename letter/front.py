"""The page above all letters, in each language of the site: the one open letter, or the list of letters."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

from .content import letter_path
from .documents import face_of

if TYPE_CHECKING:
    from .releases import Listed


def languages() -> list[str]:
    """Return the languages that have a page above all letters, each below its own tag, beside the site's own at `/`."""
    return [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]


def front_page(letters: Sequence["Listed"], language: str = "") -> bytes:
    """Return the page above all letters in `language`, the site's own by default.

    It is the one open letter, if it has a text in that language; at `/`, whatever its language is. Else it is the
    list of letters.
    """
    front = [one for one in letters if one.is_open]
    if len(front) == 1:
        original, *translations = front[0].edition.languages
        text = original if not language or language == original else language
        if text == original or text in translations:
            prefix = f"{front[0].slug}/" if text != original or not language else f"../{front[0].slug}/"
            return rebase(face_of(front[0].edition, text, "index").content, prefix)
    with translation.override(language or settings.LANGUAGE_CODE):
        places = {code: f"/{code}/" for code in languages()} | {settings.LANGUAGE_CODE: "/"}
        here = language or settings.LANGUAGE_CODE
        others = [(code, name, places[code]) for code, name in settings.LANGUAGES if code != here]
        context = {"letters": [(one, *_title(one, language)) for one in letters], "others": others}
        context |= {"site_url": settings.SITE_URL, "own_path": places[here]}
        return render_to_string("letter/index.html", context).encode()


def _title(one: "Listed", language: str) -> tuple[str, str, str]:
    """Return title, path and language of a letter for readers of `language`: in it, if there is such a text."""
    titles = dict(one.edition.facts.get("languages", []))
    original = one.edition.languages[0]
    if language in titles and language != original:
        return titles[language], letter_path(one.slug, language), language
    return one.edition.title, letter_path(one.slug), original


def rebase(page: bytes, prefix: str) -> bytes:
    """Return a page for an address `prefix` above its own: its relative links lead where they led."""
    return re.sub(rb'((?:href|src|data-source)=")(?![a-z]+:|/|#)', rb"\g<1>" + prefix.encode(), page)
