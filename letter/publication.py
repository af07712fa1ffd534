"""Turns a letter and its lines into an edition: numbered, complete, immutable."""

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from django.contrib.staticfiles import finders
from django.db import connection, transaction
from django.template.loader import render_to_string
from django.utils import timezone

from .content import Line, lines_sha256
from .markdown import render_markdown
from .models import Edition, Letter, LetterText, Page, Publication, absolute

# Namespace of the advisory lock that lets one publication of a letter run at a time.
LOCK = 0x4C455454

# What the pages of an edition load, from beside themselves.
STYLE = ("letter.css", "mark.svg")


@transaction.atomic
def publish(
    letter: Letter, lines: Iterable[Line], *, at: datetime | None = None, again: bool = False
) -> Edition | None:
    """Publish a new edition of `letter`, if its lines or its texts changed since the newest one.

    Args:
        letter: the letter; nothing happens before it opens or while it has no text.
        lines: the list in the order to print. It is read only once this letter's lock is held, so
            pass something lazy, such as a queryset: lines read earlier could be older than the
            newest edition.
        at: the time of publication (now by default).
        again: publish even if nothing changed, as after a change of the templates.

    Returns:
        The new edition, or None if the newest one says the same.
    """
    at = at or timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK, letter.pk])
    letter = Letter.objects.get(pk=letter.pk)
    publication, _is_new = Publication.objects.get_or_create(letter=letter)
    texts = letter.current_texts()
    if not texts or not letter.has_opened(at):
        return None
    printed = list(lines)
    source = _source_sha256(letter, texts, printed)
    newest = letter.editions.order_by("-number").first()
    edition = None
    if again or newest is None or newest.source_sha256 != source:
        edition = Edition.objects.create(
            letter=letter,
            number=newest.number + 1 if newest else 1,
            published_at=at,
            title=texts[0].title,
            count=len(printed),
            lines=[asdict(line) for line in printed],
            sha256=lines_sha256(printed),
            texts={text.language: text.sha256 for text in texts},
            source_sha256=source,
        )
        Page.objects.bulk_create(
            Page(edition=edition, name=name, content=content, sha256=hashlib.sha256(content).hexdigest())
            for name, content in render(edition, texts[0], printed).items()
        )
    # Decisions that committed meanwhile have raised `revision` further: their own job follows.
    Publication.objects.filter(letter=letter).update(published_revision=publication.revision)
    return edition


def _source_sha256(letter: Letter, texts: Sequence[LetterText], lines: Sequence[Line]) -> str:
    """Return the digest of all that an edition prints: two equal ones need no second edition."""
    ends = letter.ended_at
    source = {
        "letter": [letter.slug, letter.place, letter.dated_on.isoformat(), letter.addressees],
        "ends": ends.isoformat() if ends else None,
        "texts": [[text.language, text.sha256] for text in texts],
        "lines": lines_sha256(lines),
    }
    return hashlib.sha256(json.dumps(source, sort_keys=True).encode()).hexdigest()


def render(edition: Edition, text: LetterText, lines: Sequence[Line]) -> dict[str, bytes]:
    """Return the pages of `edition` by file name.

    There are three faces of the letter, so that the clock alone can close it: ``index.html`` while it
    can be signed, ``closed.html`` afterwards, ``edition.html`` at the edition's permanent address.
    """
    context = {
        "letter": edition.letter,
        "text": text,
        "body": render_markdown(text.body),
        "edition": edition,
        "lines": lines,
        "canonical": absolute(edition.letter.get_absolute_url()),
    }
    context["signatories"] = render_to_string("letter/signatories.html", context)
    faces = {
        f"{face}.html": render_to_string("letter/letter.html", {**context, "face": face}).encode()
        for face in ("index", "closed", "edition")
    }
    return {
        **faces,
        "signatories.json": render_json(edition),
        "signatories.csv": render_csv(lines),
        # Each edition carries its style, so that an old one looks as it did, whatever is deployed since.
        **{name: Path(str(finders.find(name))).read_bytes() for name in STYLE},
    }


def render_json(edition: Edition) -> bytes:
    """Return ``signatories.json``; its schema is ``letter/signatories.schema.json``."""
    document = {
        "letter": edition.letter.slug,
        "edition": edition.number,
        "published_at": edition.published_at.isoformat(timespec="seconds"),
        "count": edition.count,
        "sha256": edition.sha256,
        "signatories": edition.lines,
    }
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def render_csv(lines: Iterable[Line]) -> bytes:
    """Return ``signatories.csv``: RFC 4180, UTF-8 with a byte order mark, as spreadsheets want it.

    A cell that a spreadsheet could take for a formula begins with an apostrophe (OWASP, “CSV injection”).
    """
    sheet = io.StringIO(newline="")
    writer = csv.writer(sheet)
    writer.writerow(["name", "acronym", "country", "website"])
    for line in lines:
        cells = [line.name, line.acronym, line.country, line.website]
        writer.writerow([f"'{cell}" if cell.startswith(("=", "+", "-", "@")) else cell for cell in cells])
    return sheet.getvalue().encode("utf-8-sig")
