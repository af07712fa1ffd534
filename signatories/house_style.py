"""How names are written in our lists: what a moderator may want to change in one. Pure functions.

Suggestions, never rules: in doubt there is none, and nothing is applied unless a moderator says so.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .names import is_place_or_form

# Words that stay small within a name, by language.
SMALL = {
    "ar": "al el",
    "de": "am an auf aus bei das dem den der des die für gegen im in mit ohne und vom von zu zum zur",
    "en": "a an and as at by for from in of on or the to with without",
    "es": "a al con contra de del e el en la las los o para por sin sobre un una y",
    "fr": "à au aux avec contre d dans de des du en et l la le les ou par pour sur un une",
    "it": "a al con contro d dei del dell della delle di e il in l la le nel per su",
    "nl": "de en het in tegen van voor",
    "pt": "a as com contra da das de do dos e em na no os o para pela pelo por sem",
}
_SMALL = frozenset(" ".join(SMALL.values()).split())
# Abbreviations that keep their full stop.
_STOPPED = frozenset("assn assoc bros co corp dept etc inc int intl jr ltd natl no nr org sr st univ".split())
# What stands around quoted words, by language; elsewhere as in English.
_QUOTES = {"fr": "«\u00a0\u00a0»", "ar": "«»", "es": "«»", "it": "«»", "pt": "«»", "ru": "«»", "uk": "«»", "de": "„“"}

_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_TRAILING = re.compile(r"(?P<name>.*\S)(?:\s+[-–—/|]\s+|\s*[,;:]\s+)(?P<acronym>[^\W\d_][\w.]{1,11})", re.DOTALL)
_ROMAN = re.compile(r"[IVX]{2,}")
_PARTS = re.compile(r"([^\W\d_]+)")


@dataclass(frozen=True)
class Suggestion:
    """One thing that could be written otherwise."""

    code: str
    why: Promise | str
    name: str
    """The name as it would be then."""


def suggestions(name: str, language: str = "") -> list[Suggestion]:
    """Return what could be written otherwise in `name`; one that does all of it comes first if there are several.

    Args:
        name: the name as it stands.
        language: the language, a BCP 47 tag, whose quotation marks are wanted.
    """
    found = [Suggestion(rule.code, rule.why, rule.apply(name, language)) for rule in RULES]
    found = [one for one in found if one.name and one.name != name]
    if len(found) > 1:
        whole = name
        for rule in RULES:
            whole = rule.apply(whole, language) or whole
        found.insert(0, Suggestion("all", _("all of this together"), whole))
    return found


def suggested(name: str, code: str, language: str = "") -> str:
    """Return `name` as the suggestion `code` has it; unchanged if there is none."""
    return next((one.name for one in suggestions(name, language) if one.code == code), name)


# ── the rules ──


def _spaces(name: str, language: str) -> str:
    single = re.sub(r"\s+", lambda run: run[0] if len(run[0]) == 1 else " ", name).strip()
    return re.sub(r"(?<=[(\[]) | (?=[)\],])", "", single)


def _bracket(name: str, language: str) -> str:
    """Put a space before a bracket of more than one character: “(s)” is an ending. Not in scripts without spaces."""
    return re.sub(r"(?<=[\w.’'])(?=[(\[][^()\[\]]{2,}[)\]])", lambda at: _gap(name[at.start() - 1]), name)


def _gap(before: str) -> str:
    return (
        " " if before.lower() != before.upper() or before in ".’'" or "ARABIC" in unicodedata.name(before, "") else ""
    )


def _full_stop(name: str, language: str) -> str:
    """Drop a full stop at the end, but for that of an abbreviation."""
    if not name.endswith(".") or name.endswith(".."):
        return name
    word = re.split(r"[\s(]", name[:-1])[-1]
    is_short = len(word) < 3 or "." in word or word.casefold() in _STOPPED or is_place_or_form(word)
    return name if is_short or word.isupper() else name[:-1]


def _acronym(name: str, language: str) -> str:
    """Put an acronym that ends the name in brackets, if its letters are those of the name, in order."""
    found = _TRAILING.fullmatch(name)
    if not found:
        return name
    # One full stop is the end of the name; several belong to “F.I.D.H.”.
    acronym = found["acronym"].rstrip(".") if found["acronym"].count(".") == 1 else found["acronym"]
    rest = found["name"]
    letters = _letters(acronym)
    capitals = sum(c.isupper() for c in acronym)
    if capitals < 2 or 2 * capitals < len(letters) or is_place_or_form(acronym) or _BRACKETS.search(rest):
        return name
    # It begins with a word's first letter; the others follow in the name, in that order.
    starts = [word.start() for word in _PARTS.finditer(rest) if _letters(word[0])[:1] == letters[:1]]
    if not any(_is_within(letters, _letters(rest[start:])) for start in starts):
        return name
    return f"{rest} ({acronym})"


def _is_within(letters: str, text: str) -> bool:
    rest = iter(text)
    return all(c in rest for c in letters)


def _letters(text: str) -> str:
    """Return the letters of `text` without case and marks."""
    return "".join(c for c in unicodedata.normalize("NFKD", text).casefold() if c.isalpha())


def _capitals(name: str, language: str) -> str:
    """Write a name of several words that are all in capitals as names are written. One such word may be an acronym."""
    words = [word for word in _outside_brackets(name).split() if _is_word(word)]
    if len(words) < 2 or not all(word.isupper() for word in words) or all(_is_acronym(word) for word in words):
        return name
    return _in_title_case(name)


def _small_letters(name: str, language: str) -> str:
    """Write a name without any capital as names are written."""
    has_case = any(c.lower() != c.upper() for c in name)
    return _in_title_case(name) if has_case and name == name.lower() else name


def _in_title_case(name: str) -> str:
    def outside(text: str, is_first: bool) -> Iterator[str]:
        for word in re.split(r"(\s+)", text):
            yield _titled(word, is_first=is_first)
            is_first = is_first and not _is_word(word)

    parts, end = [], 0
    for bracket in [*_BRACKETS.finditer(name), None]:
        start = bracket.start() if bracket else len(name)
        parts += outside(name[end:start], not parts)
        if bracket:
            # What stands in brackets is an acronym, or a place that the moderator sees.
            parts.append(bracket[0])
            end = bracket.end()
    return "".join(parts)


def _titled(word: str, *, is_first: bool) -> str:
    if not _is_word(word) or (word.isupper() and _is_acronym(word)):
        return word
    if word.casefold() in _SMALL and not is_first:
        return word.lower()
    pieces = _PARTS.split(word)
    for index in range(1, len(pieces), 2):
        piece, before = pieces[index].lower(), pieces[index - 1]
        follows = pieces[index + 1] if index + 1 < len(pieces) else ""
        is_elided = piece in {"d", "l"} and follows[:1] in {"'", "’"} and not is_first
        is_ending = index > 1 and before in {"'", "’"} and len(piece) == 1
        is_within = index > 1 and before.startswith("-") and piece in _SMALL
        pieces[index] = piece if is_elided or is_ending or is_within else piece[:1].upper() + piece[1:]
    return "".join(pieces)


def _outside_brackets(name: str) -> str:
    return _BRACKETS.sub(" ", name)


def _is_word(word: str) -> bool:
    """Whether there are two letters that could be small or capital."""
    return sum(c.lower() != c.upper() for c in word) > 1


def _is_acronym(word: str) -> bool:
    """Whether a word in capitals can hardly be anything else: no vowel, a Roman number, a place or a legal form."""
    letters = _letters(word)
    is_sayable = any(c in "aeiouyаеёиоуыэюяαεηιουω" for c in letters)
    return not is_sayable or bool(_ROMAN.fullmatch(word)) or is_place_or_form(word) or "." in word.rstrip(".")


def _quotes(name: str, language: str) -> str:
    """Set straight quotation marks and apostrophes as print has them."""
    opening, closing = _pair(language)
    paired = re.sub(r'"\s*([^"]+?)\s*"', lambda found: f"{opening}{found[1]}{closing}", name)
    return re.sub(r"(?<=\w)'(?=\w|\s|$)", "’", paired)


def _pair(language: str) -> tuple[str, str]:
    marks = _QUOTES.get(language.split("-")[0], "“”")
    return marks[: len(marks) // 2], marks[len(marks) // 2 :]


@dataclass(frozen=True)
class Rule:
    """One habit of the house."""

    code: str
    why: Promise | str
    apply: Callable[[str, str], str]


# In the order in which they are applied together: an acronym is told by its capitals, so it comes before them.
RULES = [
    Rule("spaces", _("stray or double spaces"), _spaces),
    Rule("full_stop", _("a full stop at the end"), _full_stop),
    Rule("bracket", _("no space before a bracket"), _bracket),
    Rule("acronym", _("an acronym at the end that is not in brackets"), _acronym),
    Rule("capitals", _("all in capitals"), _capitals),
    Rule("small_letters", _("all in small letters"), _small_letters),
    Rule("quotes", _("straight quotation marks or apostrophes"), _quotes),
]
