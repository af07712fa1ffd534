"""Turns a letter and its lines into an edition: numbered, complete, immutable."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from itertools import groupby
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app as jobs

from .artefacts import html
from .artefacts.badge import render_badge
from .artefacts.data import Listed, render_atom, render_changes_json, render_csv, render_json
from .changes import SHOWN, Changes, Entry, compare, entry
from .content import ON_ONE_PAGE, Content, Event, Line, interface_language, letter_path, lines_sha256
from .models import Blob, Edition, Letter, LetterText, Page, Publication, absolute
from .models.edition import BATCH
from .parts import Part, by_country, by_initial, part_label

# Namespace of the advisory lock that lets one publication of a letter run at a time.
LOCK = 0x4C455454
# Editions from before facts were kept are older than any delivery.
NOT_DELIVERED: dict[str, Any] = {"delivered_at": None, "edition_of_record": None, "timeline": [], "withdrawn": []}
# The newest signatories that the feed tells of.
IN_FEED = 100


@dataclass(frozen=True)
class Planned:
    """A page to be: where it stands among the edition's, and how it is made."""

    language: str
    name: str
    render: Callable[[], bytes]
    source_sha256: str = ""
    """Digest of what it prints, where an equal page of the edition before may stand for it."""


@transaction.atomic
def publish(
    letter: Letter, lines: Iterable[Line], *, at: datetime | None = None, again: bool = False
) -> Edition | None:
    """Publish a new edition of `letter`, if its lines or its texts changed since the newest one.

    Its documents follow in a job of their own, which is deferred in the same transaction.

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
    letter = Letter.objects.select_related("edition_of_record").get(pk=letter.pk)
    publication, _is_new = Publication.objects.get_or_create(letter=letter)
    texts = letter.current_texts()
    if not texts or not letter.has_opened(at):
        return None
    printed = list(lines)
    facts = _facts(letter, texts, printed)
    source = source_sha256(facts, {text.language: text.sha256 for text in texts}, printed)
    newest = letter.editions.order_by("-number").first()
    if newest is not None and newest.source_sha256 == source and not again:
        Publication.objects.filter(letter=letter).update(published_revision=publication.revision)
        return None
    edition = Edition.objects.create(
        letter=letter,
        number=newest.number + 1 if newest else 1,
        published_at=at,
        title=texts[0].title,
        count=len(printed),
        sha256=lines_sha256(printed),
        texts={text.language: text.sha256 for text in texts},
        facts=facts,
        changes=_changes(newest, texts, facts, printed).as_json(),
        source_sha256=source,
    )
    contents = [_content(edition, text, printed) for text in texts]
    store(edition, plan(edition, contents), like=None if again else newest)
    # Decisions that committed meanwhile have raised `revision` further: their own job follows.
    Publication.objects.filter(letter=letter).update(published_revision=publication.revision, release=F("release") + 1)
    jobs.configure_task("make_documents").defer(letter_id=letter.pk)
    return edition


def store(edition: Edition, planned: Iterable[Planned], like: Edition | None = None) -> None:
    """Render and store pages of `edition`, taking over those of the edition `like` that print the same."""
    known: dict[tuple[str, str, str], str] = {}
    if like is not None:
        columns = ("language", "name", "source_sha256", "blob_id")
        rows = like.pages.exclude(source_sha256="").values_list(*columns)
        known = {(language, name, source): blob for language, name, source, blob in rows}
    pages: list[Page] = []
    contents: list[bytes] = []
    size = 0
    for one in planned:
        blob = known.get((one.language, one.name, one.source_sha256))
        if blob is None:
            content = one.render()
            contents.append(content)
            size += len(content)
            blob = hashlib.sha256(content).hexdigest()
        pages.append(
            Page(edition=edition, language=one.language, name=one.name, blob_id=blob, source_sha256=one.source_sha256)
        )
        if size > BATCH:
            Blob.objects.keep(contents)
            contents, size = [], 0
    Blob.objects.keep(contents)
    Page.objects.bulk_create(pages, batch_size=2000)


def _facts(letter: Letter, texts: Sequence[LetterText], lines: Sequence[Line]) -> dict[str, Any]:
    """Return what an edition prints beside texts and lines, as JSON, so that it can be printed again."""
    record = letter.edition_of_record
    facts: dict[str, Any] = {
        "slug": letter.slug,
        "place": letter.place,
        "dated_on": letter.dated_on.isoformat(),
        "addressees": letter.addressees,
        "closes_at": _iso(letter.closes_at),
        "ended_at": _iso(letter.ended_at),
        "delivered_at": _iso(letter.delivered_at),
        "edition_of_record": record.number if record else None,
        "timeline": [
            {
                "on": one.on.isoformat(),
                "event": one.event,
                "who": one.who,
                "words": one.words,
                "language": one.language,
                "file": one.file_name,
                "sha256": one.blob_id or "",
            }
            for one in letter.timeline.all()
        ],
        "withdrawal_wording": letter.withdrawal_wording,
        "withdrawn": _withdrawn(record, lines) if record else [],
        "languages": [[text.language, text.title] for text in texts],
    }
    # Only where there is something to tell: what earlier editions print has the same digest as before.
    if len(texts) > 1:
        facts |= {
            "standings": {text.language: text.standing.value for text in texts},
            "prevailing": letter.prevailing_text,
        }
    return facts


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _withdrawn(record: Edition, lines: Sequence[Line]) -> list[str]:
    """Return the names of the edition of record whose organisations stand no longer on the list."""
    kept = {line.anchor for line in lines}
    return [line.name for line in lines_of(record) if line.anchor not in kept]


def _statements(facts: Mapping[str, Any], names: Iterable[str], language: str) -> list[str]:
    """Return what is said of those that withdrew after delivery: the secretariat's words, or ours in `language`."""
    with translation.override(interface_language(language)):
        ours = _("{name} withdrew its signature after the letter was delivered.")
    return [(facts["withdrawal_wording"] or ours).replace("{name}", name) for name in names]


def source_sha256(facts: Mapping[str, Any], texts: Mapping[str, str], lines: Sequence[Line]) -> str:
    """Return the digest of all that an edition prints: two equal ones need no second edition.

    Args:
        facts: see `_facts`; they have the order of the languages.
        texts: the SHA-256 of the text in each language.
        lines: in the order printed.
    """
    source = {
        "facts": facts,
        "texts": [[language, texts[language]] for language, _title in facts["languages"]],
        "lines": lines_sha256(lines),
        "anchors": hashlib.sha256("\n".join(line.anchor for line in lines).encode()).hexdigest(),
    }
    return hashlib.sha256(json.dumps(source, sort_keys=True).encode()).hexdigest()


def _changes(
    newest: Edition | None, texts: Sequence[LetterText], facts: Mapping[str, Any], lines: Sequence[Line]
) -> Changes:
    if newest is None:
        return Changes(is_first=True)
    known = newest.facts.get("withdrawn", [])
    withdrawn = [name for name in facts["withdrawn"] if name not in known]
    return compare(
        lines_of(newest),
        lines,
        is_revised=newest.texts != {text.language: text.sha256 for text in texts},
        statements=_statements(facts, withdrawn, texts[0].language),
    )


def lines_of(edition: Edition) -> list[Line]:
    """Return the lines of an edition, as it printed them."""
    return [
        Line(
            one["name"],
            one["acronym"],
            one["country"],
            one["website"],
            _id_of(one.get("anchor", "")),
            name_in_own_script=one.get("name_in_own_script", ""),
        )
        for one in edition.lines
    ]


def _id_of(anchor: str) -> str:
    """Return the `Line.id` that makes this anchor; a line without one has an anchor from its name."""
    return anchor[1:] if anchor.startswith("s") else ""


def content_of(edition: Edition, language: str = "") -> Content:
    """Return all that `edition` prints in `language` (the original by default), as it was when it was published.

    Raises:
        LetterText.DoesNotExist: if the edition has no text in that language.
    """
    if language and language not in edition.texts:
        raise LetterText.DoesNotExist(language)
    sha256 = edition.texts[language or edition.languages[0]]
    texts = LetterText.objects.filter(letter=edition.letter_id, sha256=sha256)
    text = texts.filter(language=language or edition.languages[0]).order_by("revision").first()
    if text is None:
        raise LetterText.DoesNotExist(sha256)
    return _content(edition, text, lines_of(edition))


def _content(edition: Edition, text: LetterText, lines: Sequence[Line]) -> Content:
    letter, facts = edition.letter, edition.facts
    if not facts:  # an edition from before they were kept
        texts = [text for text in letter.current_texts() if text.language in edition.texts]
        facts = _facts(letter, texts, ()) | NOT_DELIVERED
        facts["ended_at"] = facts["closes_at"]
    original = facts["languages"][0][0]
    path = letter_path(facts["slug"], "" if text.language == original else text.language)
    return Content(
        slug=facts["slug"],
        place=facts["place"],
        dated_on=date.fromisoformat(facts["dated_on"]),
        addressees=facts["addressees"],
        language=text.language,
        is_original=text.language == original,
        title=text.title,
        salutation=text.salutation,
        body=text.body,
        closing=text.closing,
        number=edition.number,
        published_at=edition.published_at,
        sha256=edition.sha256,
        lines=lines,
        address=absolute(f"{path}editions/{edition.number}/"),
        closes_at=_moment(facts["closes_at"]),
        ended_at=_moment(facts["ended_at"]),
        delivered_at=_moment(facts["delivered_at"]),
        edition_of_record=facts["edition_of_record"],
        timeline=[
            Event(date.fromisoformat(one["on"]), one["event"], one["who"], one["words"], one["language"], one["file"])
            for one in facts["timeline"]
        ],
        since_delivery=_statements(facts, facts["withdrawn"], text.language),
        languages=[(language, title) for language, title in facts["languages"]],
        standing=facts.get("standings", {}).get(text.language, ""),
        prevailing=facts.get("prevailing", ""),
    )


def _moment(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None


# ── the pages of an edition ──


def plan(edition: Edition, contents: Sequence[Content]) -> Iterator[Planned]:
    """Yield the pages that are there from the first moment: all but the documents."""
    content = contents[0]
    parts = by_initial(content.lines) if content.is_split else []
    entries, previous = _log(edition)
    listed = _newly_listed(content, entries)
    yield Planned("", "signatories.json", lambda: render_json(content, parts))
    yield Planned("", "signatories.csv", lambda: render_csv(content))
    yield Planned("", "changes.json", lambda: render_changes_json(content, entries, previous))
    for name, style in html.style().values():
        yield Planned("", name, partial(_same, style))
    for event in edition.facts["timeline"]:
        if event["file"]:
            yield Planned("", event["file"], partial(_stored, event["sha256"]))
    for one in contents:
        with translation.override(interface_language(one.language)):
            yield from _plan_language(one, parts, entries, previous, listed)


def _plan_language(
    content: Content, parts: Sequence[Part], entries: Sequence[Entry], previous: int | None, listed: Sequence[Listed]
) -> Iterator[Planned]:
    """Yield the pages of one language, which is the active one."""
    language = content.language
    faces = html.render_faces(content, parts)
    for face, page in faces.items():
        # Until the documents are there, whose links the final faces have.
        yield Planned(language, f"early/{face}.html", partial(_same, page))
    address = absolute(content.path)
    yield Planned(language, "changes/index.html", lambda: html.render_changes(content, entries, previous))
    yield Planned(language, "share/index.html", lambda: html.render_share(content))
    yield Planned(language, "embed/index.html", lambda: html.render_embed(content))
    yield Planned(language, "badge.svg", lambda: render_badge(content))
    yield Planned(
        language,
        "feed.atom",
        lambda: render_atom(content, entries=listed, feed_address=f"{address}feed.atom", letter_address=address),
    )
    for part in parts:
        source = _part_sha256(content, part.label, part.lines)
        yield Planned(language, f"{part.path}index.html", partial(html.render_part, content, part), source)
    countries = by_country(content.lines, _("International, or no country given"))
    yield Planned(language, "countries/index.html", lambda: html.render_countries(content, countries))
    if not content.is_split:
        return
    for country in countries:
        within = by_initial(country.lines) if len(country.lines) > ON_ONE_PAGE else []
        source = _part_sha256(content, country.label, country.lines)
        yield Planned(
            language,
            f"{country.path}index.html",
            partial(html.render_country, content, country, within),
            source,
        )
        for part in within:
            source = _part_sha256(content, f"{country.label}, {part.label}", part.lines)
            yield Planned(
                language,
                f"{country.path}{part.name}/index.html",
                partial(html.render_country_part, content, country, part),
                source,
            )


def _same(content: bytes) -> bytes:
    return content


def _stored(sha256: str) -> bytes:
    return bytes(Blob.objects.get(pk=sha256).content)


def _part_sha256(content: Content, label: str, lines: Sequence[Line]) -> str:
    """Return the digest of what a page with some of the names prints."""
    digest = hashlib.sha256(html.templates_sha256().encode())
    digest.update("\t".join([content.path, content.language, content.title, label, ""]).encode())
    for line in lines:
        own = f"\t{line.name_in_own_script}" if line.name_in_own_script else ""
        digest.update(f"{line.anchor}\t{line.name}{own}\n".encode())
    return digest.hexdigest()


def parts_of(edition: Edition) -> list[Part]:
    """Return the parts of a list that was split, as the edition was published."""
    parts = []
    rows = zip(edition.lines, lines_of(edition), strict=True)
    for page, found in groupby(rows, key=lambda row: row[0].get("page", "").partition("#")[0]):
        if page:
            name = page.removeprefix("signatories/").removesuffix("/")
            parts.append(Part(name, part_label(name), [line for _row, line in found]))
    return parts


def _log(edition: Edition) -> tuple[list[Entry], int | None]:
    """Return the newest entries of the log, and the number of the edition whose page goes on."""
    columns = ("number", "published_at", "count", "changes")
    rows = Edition.objects.filter(letter=edition.letter_id, number__lte=edition.number).order_by("-number")
    entries = [entry(*row) for row in rows.values_list(*columns)[: SHOWN + 1]]
    previous = entries[SHOWN].number if len(entries) > SHOWN else None
    return entries[:SHOWN], previous


def _newly_listed(content: Content, entries: Sequence[Entry]) -> list[Listed]:
    """Return the newest signatories that are still on the list, newest first."""
    lines = {line.anchor: line for line in content.lines}
    found: dict[str, Listed] = {}
    for one in entries:
        anchors = [added["anchor"] for added in one.changes.added]
        if one.changes.is_first:
            anchors = [anchor for anchor in lines if anchor not in found]
        for anchor in anchors:
            if len(found) >= IN_FEED:
                return list(found.values())
            line = lines.get(anchor)
            if line is not None and anchor not in found:
                found[anchor] = Listed(line.name, line.country, line.website, anchor, one.published_at, one.number)
    return list(found.values())


def preview(letter: Letter, text: LetterText) -> str:
    """Return the page with a text that is not published, for the eyes of the secretariat."""
    texts = [one for one in letter.current_texts() if one.language != text.language]
    facts = _facts(letter, sorted([text, *texts], key=lambda one: one.language != letter.language), ())
    edition = Edition(letter=letter, number=0, published_at=timezone.now(), facts=facts, sha256=lines_sha256(()))
    return html.render_preview(replace(_content(edition, text, ()), is_original=True))
