"""The list as data: a sheet of comma-separated values, and a feed of who was listed when."""

import csv
import io
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element, SubElement, tostring

from django.utils.translation import gettext

from letter.changes import Entry
from letter.content import Content, letter_path
from letter.parts import Part

from .text import count_sentence, interface_language, isolated, xml_text

# OWASP, “CSV injection”: with these a spreadsheet takes a cell for a formula, or looks behind them for one.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
# Where Excel parts cells by semicolons or tabs, as in France, quotation marks do not hold together what a comma stands
# before: the rest of a name is a cell of its own there, and the rest of a line too.
_INNER_FORMULA = re.compile(r"([;\t\r\n](?:[^\S\t\r\n]|\")*)(?=[=+\-@])")


@dataclass(frozen=True)
class Listed:
    """That a signatory came onto the list."""

    name: str
    country: str
    """ISO 3166-1 alpha-2, or empty."""
    website: str
    anchor: str
    """The signatory's place on the page: `Line.anchor`."""
    at: datetime
    """When the edition was published that listed it first; aware."""
    edition: int
    """The number of that edition."""


def defused(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula: an apostrophe stands before what could be one."""
    cell = _INNER_FORMULA.sub(r"\1'", cell)
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell


def render_csv(content: Content) -> bytes:
    """Return ``signatories.csv``: RFC 4180, UTF-8 with a byte order mark, as spreadsheets want it.

    No cell can become a formula (`defused`).
    """
    sheet = io.StringIO(newline="")
    writer = csv.writer(sheet)
    writer.writerow(["name", "acronym", "country", "website", "name_in_own_script"])
    for line in content.lines:
        cells = [line.name, line.acronym, line.country, line.website, line.name_in_own_script]
        writer.writerow(map(defused, cells))
    return sheet.getvalue().encode("utf-8-sig")


def render_atom(
    content: Content, *, entries: Sequence[Listed], feed_address: str, letter_address: str, previous: str = ""
) -> bytes:
    """Return an Atom feed (RFC 4287) of newly listed signatories, the newest first.

    Args:
        content: the newest edition.
        entries: whom to tell of; those of one time stay in the order given.
        feed_address: where this feed stands, with https.
        letter_address: where the letter stands, with https. It is the feed's id, too.
        previous: address of the archive with older entries (RFC 5005), if there is one.
    """
    feed = Element("feed", {"xmlns": "http://www.w3.org/2005/Atom", "xml:lang": interface_language()})
    _text(feed, "id", letter_address)
    _text(feed, "title", content.title, {"xml:lang": content.language})
    _text(feed, "subtitle", count_sentence(content.count))
    _text(feed, "updated", _moment(content.published_at))
    _text(SubElement(feed, "author"), "name", content.title)
    SubElement(feed, "link", {"rel": "self", "type": "application/atom+xml", "href": feed_address})
    SubElement(feed, "link", {"rel": "alternate", "type": "text/html", "href": letter_address})
    if previous:
        SubElement(feed, "link", {"rel": "prev-archive", "type": "application/atom+xml", "href": previous})
    host = urlsplit(feed_address).hostname
    for one in sorted(entries, key=lambda one: one.at, reverse=True):
        entry = SubElement(feed, "entry")
        # RFC 4151. The day is one on which the host was surely ours, and an edition's date never changes.
        _text(entry, "id", f"tag:{host},{_moment(one.at)[:10]}:{content.slug}/{one.anchor}")
        _text(entry, "title", one.name, {"type": "text"})
        _text(entry, "published", _moment(one.at))
        _text(entry, "updated", _moment(one.at))
        href = f"{letter_address}#{one.anchor}"
        SubElement(entry, "link", {"rel": "alternate", "type": "text/html", "href": href})
        if one.website.startswith(("https://", "http://")):
            SubElement(entry, "link", {"rel": "related", "href": xml_text(one.website)})
        if one.country:
            SubElement(entry, "category", {"scheme": "urn:iso:std:iso:3166:-1", "term": one.country})
        sentence = gettext("%(name)s has signed, and stands on the list from edition %(number)s on.")
        _text(entry, "summary", sentence % {"name": isolated(one.name), "number": one.edition})
    return tostring(feed, encoding="utf-8", xml_declaration=True) + b"\n"


def _text(parent: Element, tag: str, text: str, attributes: dict[str, str] | None = None) -> None:
    """Add an element of text to `parent`."""
    SubElement(parent, tag, attributes or {}).text = xml_text(text)


def _moment(at: datetime) -> str:
    """Return `at` as RFC 3339 in UTC, to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def render_json(content: Content, parts: Sequence[Part] = ()) -> bytes:
    """Return ``signatories.json``; its schema is ``letter/signatories.schema.json``.

    Args:
        content: what the edition prints.
        parts: the pages of a list that is split; else none.
    """
    head = {
        "letter": content.slug,
        "edition": content.number,
        "published_at": content.published_at.isoformat(timespec="seconds"),
        "count": content.count,
        "sha256": content.sha256,
    }
    places = [(part.path, part.lines) for part in parts] or [("", content.lines)]
    # One by one: the library's fast encoder does not indent.
    lines = (
        json.dumps(
            {
                "name": line.name,
                "acronym": line.acronym,
                "country": line.country,
                "website": line.website,
                "anchor": line.anchor,
                "page": f"{path}#{line.anchor}",
                **({"name_in_own_script": line.name_in_own_script} if line.name_in_own_script else {}),
            },
            ensure_ascii=False,
        )
        for path, some in places
        for line in some
    )
    start = json.dumps(head, ensure_ascii=False, indent=1).removesuffix("\n}")
    joined = ",\n".join(lines)
    return f'{start},\n "signatories": [\n{joined}\n ]\n}}\n'.encode()


def render_changes_json(content: Content, entries: Sequence[Entry], previous: int | None) -> bytes:
    """Return ``changes.json``; its schema is ``letter/changes.schema.json``.

    Args:
        content: what the edition prints.
        entries: the newest entries of the log, newest first.
        previous: number of the edition whose file goes on.
    """
    document = {
        "letter": content.slug,
        "edition": content.number,
        "changes": [
            {
                "edition": one.number,
                "published_at": one.published_at.isoformat(timespec="seconds"),
                "count": one.count,
                "is_first": one.changes.is_first,
                "added": [added["name"] for added in one.changes.added],
                "corrected": list(one.changes.corrected),
                "withdrew": one.changes.withdrew,
                "statements": list(one.changes.statements),
                "is_text_revised": one.changes.is_revised,
            }
            for one in entries
        ],
        "previous": f"{letter_path(content.slug)}editions/{previous}/changes.json" if previous else None,
    }
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()
