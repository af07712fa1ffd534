"""Text as it goes into files of other programs: what XML allows, which way it runs, the sentences shared."""

import re
import unicodedata
from datetime import UTC, date, datetime

from django.utils.formats import date_format
from django.utils.translation import get_language, gettext, ngettext

from letter.content import Content, direction_of

# All that XML 1.0 (fifth edition, 2.2) does not allow, and the two non-characters that end the first plane.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
# Whatever may run from right to left; only such text needs a closer look.
_MAYBE_RIGHT_TO_LEFT = re.compile(
    "[\u0590-\u08ff\u200f\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
_STRONG = {"L": "ltr", "R": "rtl", "AL": "rtl"}


def xml_text(text: str) -> str:
    """Return `text` without the characters that XML 1.0 forbids or discourages; it is not escaped."""
    return _FORBIDDEN.sub("", text)


def text_direction(text: str, default: str) -> str:
    """Return the direction of the first strong letter of `text` (UAX 9, P2), or `default`: “rtl” or “ltr”."""
    if text.isascii():
        return "ltr" if any(map(str.isalpha, text)) else default
    return next((_STRONG[kind] for kind in map(unicodedata.bidirectional, text) if kind in _STRONG), default)


# ISO 15924, by the first word of the names that Unicode gives a script's letters.
_SCRIPTS = {
    "ARABIC": "Arab", "ARMENIAN": "Armn", "BENGALI": "Beng", "CJK": "Hani", "CYRILLIC": "Cyrl", "DEVANAGARI": "Deva",
    "ETHIOPIC": "Ethi", "GEORGIAN": "Geor", "GREEK": "Grek", "GUJARATI": "Gujr", "GURMUKHI": "Guru", "HANGUL": "Kore",
    "HEBREW": "Hebr", "HIRAGANA": "Jpan", "KANNADA": "Knda", "KATAKANA": "Jpan", "KHMER": "Khmr", "LAO": "Laoo",
    "LATIN": "Latn", "MALAYALAM": "Mlym", "MONGOLIAN": "Mong", "MYANMAR": "Mymr", "ORIYA": "Orya", "SINHALA": "Sinh",
    "SYRIAC": "Syrc", "TAMIL": "Taml", "TELUGU": "Telu", "THAANA": "Thaa", "THAI": "Thai", "TIBETAN": "Tibt",
}  # fmt: skip


def script_tag(text: str) -> str:
    """Return a BCP 47 tag for the script of a name whose language nobody has told, as “und-Arab”.

    It is that of the first letter outside Latin: “ICC Україна” is Cyrillic.
    """
    for character in text:
        word = unicodedata.name(character, "").partition(" ")[0].partition("-")[0]
        if word in _SCRIPTS and word != "LATIN":
            return f"und-{_SCRIPTS[word]}"
    return "und"


def directional_runs(text: str, default: str) -> list[tuple[str, str]]:
    """Cut `text` where its direction changes, for formats that want each run marked.

    What has no direction of its own (spaces, digits, punctuation) goes with its neighbours where both
    agree, with `default`, the paragraph's direction, where they do not (UAX 9, N1 and N2).

    Returns:
        Pairs of direction (“rtl” or “ltr”) and text, which joined are `text`.
    """
    if default == "ltr" and not _MAYBE_RIGHT_TO_LEFT.search(text):
        return [("ltr", text)] if text else []
    runs: list[tuple[str, str]] = []

    def add(direction: str, piece: str) -> None:
        if piece and runs and runs[-1][0] == direction:
            runs[-1] = (direction, runs[-1][1] + piece)
        elif piece:
            runs.append((direction, piece))

    before, neutral = default, ""
    for character in text:
        kind = unicodedata.bidirectional(character)
        if kind == "NSM" and not neutral:
            # A mark belongs to its letter.
            add(before, character)
        elif kind in _STRONG:
            add(before if before == _STRONG[kind] else default, neutral)
            before, neutral = _STRONG[kind], ""
            add(before, character)
        else:
            neutral += character
    add(default, neutral)
    return runs


def isolated(text: str) -> str:
    """Return `text` in a first strong isolate, so that it cannot reorder the sentence around it (UAX 9, 2.4)."""
    return f"\u2068{text}\u2069"


def interface_language() -> str:
    """Return the BCP 47 tag of the active language."""
    return get_language() or "en"


def interface_direction() -> str:
    """Return the direction of the active language: “rtl” or “ltr”."""
    return direction_of(interface_language())


def printed_date(day: date) -> str:
    """Return `day` as the pages print it, in the active language."""
    return date_format(day, "DATE_FORMAT")


def printed_moment(at: datetime) -> str:
    """Return `at` as the pages print it before “UTC”, in the active language."""
    return date_format(at.astimezone(UTC), "DATETIME_FORMAT")


def count_sentence(count: int) -> str:
    """Return “N signatories” in the active language."""
    return ngettext("%(count)s signatory", "%(count)s signatories", count) % {"count": count}


def edition_sentence(content: Content) -> str:
    """Return the imprint's sentence of number and date, in the active language."""
    return gettext("Edition %(number)s, published on %(date)s UTC.") % {
        "number": content.number,
        "date": printed_moment(content.published_at),
    }
