"""Cuts a long list into pages, by initial and by country, so that one more name changes one page."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from django_countries import countries

from .content import ON_ONE_PAGE, Line

# Letters of a name that a page's name may need; names that are equal so far are cut by their number.
DEEPEST = 40


@dataclass(frozen=True)
class Part:
    """Some of the list that stands on one page."""

    name: str
    """As in the page's address: ``signatories/NAME/``."""
    label: str
    lines: Sequence[Line]

    @property
    def path(self) -> str:
        """The page's address below that of the letter."""
        return f"signatories/{self.name}/"


def by_initial(lines: Sequence[Line]) -> list[Part]:
    """Return the list in parts of at most `ON_ONE_PAGE` lines whose names begin alike, in the order printed."""
    return list(_parts(lines, 1))


def _parts(lines: Sequence[Line], depth: int) -> Iterator[Part]:
    for beginning, group in groupby(lines, key=lambda line: _beginning(line, depth)):
        found = list(group)
        if len(found) <= ON_ONE_PAGE:
            yield Part(part_name(beginning), part_label(beginning), found)
        elif depth < DEEPEST:
            yield from _parts(found, depth + 1)
        else:
            for number, start in enumerate(range(0, len(found), ON_ONE_PAGE), 1):
                label = f"{part_label(beginning)} {number}"
                yield Part(f"{part_name(beginning)}-{number}", label, found[start : start + ON_ONE_PAGE])


def _beginning(line: Line, depth: int) -> str:
    """Return the first `depth` characters of the name as it is sorted; all digits are one initial."""
    key = (line.sort_key.partition("\t")[0] or line.name.casefold())[:depth]
    return "0" if depth == 1 and key.isdecimal() else key


def part_name(beginning: str) -> str:
    """Return what stands in an address for the beginning of names: small letters and digits, or code points."""
    return "".join(c if re.match("[a-z0-9]", c) else f"_{ord(c):x}_" for c in beginning) or "_"


def part_label(beginning: str) -> str:
    """Return the beginning of names, or a page's name made from it, as a person reads it."""
    beginning = re.sub("_([0-9a-f]+)_", lambda code: chr(int(code[1], 16)), beginning)
    return "0–9" if beginning == "0" else beginning[:1].upper() + beginning[1:]


@dataclass(frozen=True)
class CountryPart:
    """The signatories of one country."""

    code: str
    """ISO 3166-1 alpha-2, or empty: international."""
    label: str
    lines: Sequence[Line]

    @property
    def path(self) -> str:
        """The address of its own page, below that of the letter."""
        return f"countries/{self.code.lower() or 'international'}/"


def by_country(lines: Sequence[Line], international: str) -> list[CountryPart]:
    """Return the list by country, ordered by the countries' names in the active language.

    Args:
        lines: the list in the order printed, which each country keeps.
        international: the words for organisations without a country; they come last.
    """
    found: dict[str, list[Line]] = {}
    for line in lines:
        found.setdefault(line.country, []).append(line)
    parts = [
        CountryPart(code, str(countries.name(code)) or code if code else international, found[code]) for code in found
    ]
    return sorted(parts, key=lambda part: (not part.code, _fold(part.label), part.code))


def _fold(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text).casefold() if not unicodedata.combining(c))
