"""A page of facts as PDF, as a receipt is one: PDF/UA-1 and PDF/A-2a at once, set by Typst (`facts.typ`).

Unlike the letter's documents it is made while somebody waits, in a web process: a page takes 10 to 40 milliseconds, and
Typst with its fonts some 35 MB of the process from the first one on.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from letter.content import direction_of

from .pdf import STANDARDS, compiler, digits_of, families, foreign, main_script, script_of, spell, unprintable_in

# Pages whose numbers can be written in other digits.
MOST_PAGES = 99


@dataclass(frozen=True)
class Fact:
    """One line of a page of facts."""

    label: str
    text: str
    kind: str = "words"
    """“words”; “code” for a digest; “address” for one that is linked."""
    language: str = ""
    """Of the words, where it is known (BCP 47)."""

    @property
    def direction(self) -> str:
        """The direction of its words: “rtl” or “ltr”; “auto” where their language is not known."""
        return direction_of(self.language) if self.language else "auto"


@dataclass(frozen=True)
class Facts:
    """What is printed, in the active language."""

    title: str
    lead: str
    parts: Sequence[tuple[str, Sequence[Fact]]]
    notes: Sequence[str]
    foot: str
    at: datetime
    """When it was so."""


def render_facts(facts: Facts) -> bytes:
    """Return `facts` as PDF, the same bytes for the same facts.

    A character that no font has is printed as its number, “[U+4EBA]”, with a note.

    Raises:
        typst.TypstError: if it cannot be set.
    """
    import typst

    unprintable: frozenset[str] = frozenset()
    while True:
        inputs = {"facts": json.dumps(spell(_tree(facts, has_note=bool(unprintable)), unprintable))}
        try:
            document = compiler().compile(
                b'#include "facts.typ"',
                format="pdf",
                sys_inputs=inputs,
                pdf_standards=STANDARDS,
                timestamp=int(facts.at.timestamp()),
            )
        except typst.TypstError as error:
            found = unprintable_in(error)
            if not found - unprintable:
                raise
            unprintable |= found
        else:
            return cast(bytes, document)


def _tree(facts: Facts, *, has_note: bool) -> dict[str, Any]:
    """Return what `facts.typ` reads: each text with its direction, language and script."""
    language = get_language() or "en"
    notes = list(facts.notes)
    if has_note:
        notes.append(_("Characters for which no font was at hand stand in square brackets, by their Unicode numbers."))
    script = main_script(facts.lead)
    digits = digits_of(language) if script_of(facts.lead) == script else digits_of("en")
    numbers = str.maketrans("0123456789", digits)
    return {
        "title": foreign(facts.title),
        "lead": foreign(facts.lead),
        "parts": [
            {
                "title": foreign(title),
                "rows": [{"label": foreign(one.label), "value": _value(one)} for one in rows],
            }
            for title, rows in facts.parts
        ],
        "notes": [foreign(note) for note in notes],
        "foot": foreign(facts.foot),
        "page": foreign(_("Page %(page)s of %(pages)s") % {"page": "{page}", "pages": "{pages}"}),
        "digits": [str(number).translate(numbers) for number in range(MOST_PAGES + 1)],
        "lang": language.split("-")[0],
        "dir": direction_of(language),
        "script": script,
        "fonts": families(),
    }


def _value(fact: Fact) -> dict[str, str]:
    value = {**foreign(fact.text), "kind": fact.kind}
    if fact.language:
        value |= {"lang": fact.language.split("-")[0].lower(), "dir": direction_of(fact.language)}
    return value
