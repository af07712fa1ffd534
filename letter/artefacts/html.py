"""The letter as pages.

Links to what belongs to the same edition are relative, so that one file serves at the letter's address
and at the edition's permanent one; all other links begin with a slash.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from letter.changes import Entry
from letter.content import Content, Line
from letter.markdown import render_markdown
from letter.parts import CountryPart, Part

from .text import script_tag, text_direction

# What the pages load, by the name that templates have for it.
STYLE = {"css": "letter.css", "js": "filter.js", "mark": "mark.svg"}
# Renderings of the letter: while it can be signed, afterwards, and at the edition's permanent address.
FACES = ("index", "closed", "edition")


@cache
def style() -> dict[str, tuple[str, bytes]]:
    """Return name and content of each file that the pages load; the name has a digest of the content."""
    found = {}
    for key, name in STYLE.items():
        content = Path(str(finders.find(name))).read_bytes()
        stem, _dot, ending = name.partition(".")
        found[key] = (f"style/{stem}.{hashlib.sha256(content).hexdigest()[:12]}.{ending}", content)
    return found


@cache
def templates_sha256() -> str:
    """Return the digest of all that pages are made with: where it differs, no older page serves."""
    files = [
        *sorted((settings.BASE_DIR / "templates" / "letter").glob("*.html")),
        *sorted((settings.BASE_DIR / "locale").glob("*/LC_MESSAGES/django.mo")),
        *sorted(Path(__file__).parent.glob("*.py")),
    ]
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    for _name, content in style().values():
        digest.update(content)
    return digest.hexdigest()


def _render(template: str, root: str, context: Mapping[str, Any]) -> bytes:
    names = {key: name for key, (name, _content) in style().items()}
    site = {"site_url": settings.SITE_URL, "root": root, "style": names}
    return render_to_string(f"letter/{template}.html", {**site, **context}).encode()


def items(lines: Iterable[Line]) -> SafeString:
    """Return the lines as items of a list, each name isolated, each with its anchor."""
    parts = []
    for line in lines:
        own = f" {own_script(line.name_in_own_script)}" if line.name_in_own_script else ""
        parts.append(f'<li id="{escape(line.anchor)}"><bdi>{escape(line.name)}</bdi>{own}</li>\n')
    return mark_safe("".join(parts))  # noqa: S308 - escaped just above


def own_script(name: str) -> SafeString:
    """Return a name in its own script isolated, with its direction and what it is written in."""
    mark = f'<bdi lang="{script_tag(name)}" dir="{text_direction(name, "ltr")}">{escape(name)}</bdi>'
    return mark_safe(mark)  # noqa: S308 - escaped just above


def render_faces(
    content: Content, parts: Sequence[Part], documents: Sequence[Mapping[str, Any]] = ()
) -> dict[str, bytes]:
    """Return the faces of the letter by name.

    Args:
        content: what to print.
        parts: the pages of a list that is split; else none.
        documents: what there is beside the page: dicts with `name`, `label`, `size` in bytes.
    """
    context = {
        "content": content,
        "body": render_markdown(content.body),
        "parts": [(part.path, part.label, len(part.lines)) for part in parts],
        "items": "" if parts else items(content.lines),
        "documents": documents,
    }
    return {face: _render("letter", "", {**context, "face": face}) for face in FACES}


def render_preview(content: Content) -> str:
    """Return the letter as the secretariat sees it before anybody else."""
    context = {"content": content, "body": render_markdown(content.body), "face": "preview"}
    return render_to_string("letter/letter.html", context)


def render_part(content: Content, part: Part) -> bytes:
    """Return the page with the names that begin alike."""
    title = _("Signatories: %(beginning)s") % {"beginning": part.label}
    return _render(
        "part", "../../", {"content": content, "heading": title, "items": items(part.lines), "count": len(part.lines)}
    )


def render_countries(content: Content, countries: Sequence[CountryPart]) -> bytes:
    """Return the list by country: the names, or, of a list that is split, the countries with their numbers."""
    shown = [(part, "" if content.is_split else items(part.lines)) for part in countries]
    return _render("countries", "../", {"content": content, "countries": shown})


def render_country(content: Content, country: CountryPart, parts: Sequence[Part]) -> bytes:
    """Return the page of one country: its names, or, where there are too many, its initials."""
    context = {
        "content": content,
        "heading": _("Signatories: %(beginning)s") % {"beginning": country.label},
        "items": "" if parts else items(country.lines),
        "parts": [(f"{part.name}/", part.label, len(part.lines)) for part in parts],
        "count": len(country.lines),
        "is_country": True,
    }
    return _render("part", "../../", context)


def render_country_part(content: Content, country: CountryPart, part: Part) -> bytes:
    """Return the page of one country's names that begin alike."""
    title = _("Signatories: %(beginning)s") % {"beginning": f"{country.label}, {part.label}"}
    context = {
        "content": content,
        "heading": title,
        "items": items(part.lines),
        "count": len(part.lines),
        "is_country": True,
    }
    return _render("part", "../../../", context)


def render_changes(content: Content, entries: Sequence[Entry], previous: int | None) -> bytes:
    """Return the log of changes.

    Args:
        content: what the edition prints.
        entries: newest first.
        previous: number of the edition whose page has the entries before these.
    """
    return _render("changes", "../", {"content": content, "entries": entries, "previous": previous})


def render_embed(content: Content) -> bytes:
    """Return the page that other sites show in a frame."""
    return _render("embed", "../", {"content": content})


def render_share(content: Content) -> bytes:
    """Return the page that shows how to embed the letter, and where its data is."""
    return _render("share", "../", {"content": content})


def render_verify(content: Content, documents: Sequence[Mapping[str, Any]]) -> bytes:
    """Return the page that explains how to check a document in hand."""
    return _render("verify", "../", {"content": content, "documents": documents})
