"""What one edition prints in one language: plain data, from which every artefact is made."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.utils.translation import get_supported_language_variant
from django.utils.translation import gettext as _

from .standing import EQUAL, note_on

# Above this number of lines the list is split into pages by initial.
ON_ONE_PAGE = 2000

# Languages of NGOs' letters that are written from right to left.
RIGHT_TO_LEFT = {"ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"}


def direction_of(language: str) -> str:
    """Return the direction of the script of a BCP 47 tag: “rtl” or “ltr”."""
    return "rtl" if language.split("-")[0] in RIGHT_TO_LEFT else "ltr"


def letter_path(slug: str, language: str = "") -> str:
    """Return the address of a letter on this site, of its translation if a language is given."""
    return f"/{language}/{slug}/" if language else f"/{slug}/"


def interface_language(language: str) -> str:
    """Return the language of the interface for readers of `language`: the same, if there is a catalogue for it."""
    try:
        return get_supported_language_variant(language)
    except LookupError:
        return settings.LANGUAGE_CODE


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the public list, exactly as a moderator accepted it."""

    name: str
    acronym: str = ""
    country: str = ""
    website: str = ""
    id: str = ""
    """Which signatory it is, for as long as it stands on the list, under whatever name."""
    sort_key: str = ""
    """The name without case and marks, as it is sorted; its first letter is the signatory's initial."""
    name_in_own_script: str = ""
    """As printed beside the name, in another script than Latin; most have none."""

    @property
    def anchor(self) -> str:
        """The signatory's place on the page, the same in every edition."""
        return f"s{self.id}" if self.id else f"n{hashlib.sha256(self.name.encode()).hexdigest()[:10]}"


def lines_sha256(lines: Iterable[Line]) -> str:
    """Return the SHA-256 (hex) that anyone can recompute from ``signatories.json``.

    Per signatory, in the order printed: name, acronym, country and website joined by TAB, then, only where there
    is one, TAB and the name in its own script, ended by LF, in UTF-8. Control characters are refused in all five,
    so the form is unambiguous; a list without names in other scripts has the sum that it always had.
    """
    digest = hashlib.sha256()
    for line in lines:
        own = f"\t{line.name_in_own_script}" if line.name_in_own_script else ""
        digest.update(f"{line.name}\t{line.acronym}\t{line.country}\t{line.website}{own}\n".encode())
    return digest.hexdigest()


@dataclass(frozen=True)
class Event:
    """One entry of the timeline: what became of the letter."""

    on: date
    event: str
    """A code of `TimelineEntry.Event`."""
    who: str
    words: str
    language: str
    file: str
    """The name of a PDF among the edition's pages; may be empty."""

    @property
    def label(self) -> str:
        """What happened, in the active language."""
        words = {"delivered": _("Delivered"), "acknowledged": _("Acknowledged"), "answered": _("Answered")}
        return words[self.event]


@dataclass(frozen=True)
class Content:
    """All that an edition prints in one language."""

    slug: str
    place: str
    dated_on: date
    addressees: str
    """Lines of text, above the salutation; may be empty."""

    language: str
    """BCP 47 tag of the text. Interface words come in the active language, which may be another."""
    is_original: bool
    title: str
    salutation: str
    body: str
    """CommonMark without raw HTML: see `markdown.render_markdown`."""
    closing: str

    number: int
    published_at: datetime
    sha256: str
    """`lines_sha256` of the lines."""
    lines: Sequence[Line]
    """In the order printed."""
    address: str
    """Permanent address of the edition, with https."""

    closes_at: datetime | None = None
    ended_at: datetime | None = None
    """When signing ends: at the closing date, or at delivery if that came first."""
    delivered_at: datetime | None = None
    edition_of_record: int | None = None
    """Number of the edition that was delivered."""
    timeline: Sequence[Event] = ()
    since_delivery: Sequence[str] = ()
    """What is said of each organisation that withdrew after delivery."""
    languages: Sequence[tuple[str, str]] = ()
    """Language and title of each of the letter's texts, the original first."""
    standing: str = ""
    """A code of `standing.Standing`; empty where there are no translations, or it was not kept."""
    prevailing: str = ""
    """The language of the text that prevails, or `standing.EQUAL`."""

    @property
    def direction(self) -> str:
        """The direction of the text's script: “rtl” or “ltr”."""
        return direction_of(self.language)

    @property
    def count(self) -> int:
        """How many signatories."""
        return len(self.lines)

    @property
    def path(self) -> str:
        """The letter's address on this site, in this language."""
        return letter_path(self.slug, "" if self.is_original else self.language)

    @property
    def alternates(self) -> list[tuple[str, str, str]]:
        """Language, title and path of each of the letter's texts, the original first."""
        return [
            (language, title, letter_path(self.slug, language if number else ""))
            for number, (language, title) in enumerate(self.languages)
        ]

    @property
    def standing_note(self) -> str:
        """What a reader must know of this text beside others, in the active language; may be empty."""
        return note_on(self.standing, self.language, self.prevailing)

    @property
    def prevailing_text(self) -> tuple[str, str, str] | None:
        """Language, title and path of the text that prevails, or of the original among equals; None if it is this."""
        for language, title, path in self.alternates:
            if self.prevailing in (language, EQUAL):
                return None if language == self.language else (language, title, path)
        return None

    @property
    def prevailing_address(self) -> str:
        """Where the text that prevails stands in this edition, with https; empty if it is this one."""
        found = self.prevailing_text
        return f"{settings.SITE_URL}{found[2]}editions/{self.number}/" if found else ""

    @property
    def is_split(self) -> bool:
        """Whether the list is too long for one page."""
        return len(self.lines) > ON_ONE_PAGE


@dataclass(frozen=True)
class Addressee:
    """To whom a copy of the letter is addressed."""

    name: str
    office: str = ""
    postal_address: str = ""
    """Lines of text; may be empty."""
    salutation: str = ""
    """Instead of the letter's; the letter's own if empty."""
    cover_line: str = ""
    """Printed below the salutation's block, such as “including 3 organisations from Kenya: …”; may be empty."""
