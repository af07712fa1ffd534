"""The letter and its list as PDF, for print and for archives: PDF/UA-1 and PDF/A-2a at once.

Typst sets it (`letter.typ`). It is imported only when a document is made: it is large, and web
processes never need it.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import get_language, ngettext, override
from django.utils.translation import gettext as _
from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from letter.content import Addressee, Content, direction_of
from letter.markdown import SCHEMES

if TYPE_CHECKING:
    import typst

FOLDER = Path(__file__).parent
STANDARDS: list[typst.PDFStandard] = ["ua-1", "a-2a"]

DIGITS = {"ar": "٠١٢٣٤٥٦٧٨٩", "fa": "۰۱۲۳۴۵۶۷۸۹"}

# The language most written in a script, for words in another script than the letter's. The name of a
# script is the first word of its characters' names in Unicode.
LANGUAGE_OF_SCRIPT = {
    "LATIN": "en", "ARABIC": "ar", "HEBREW": "he", "CYRILLIC": "ru", "GREEK": "el", "CJK": "zh", "HIRAGANA": "ja",
    "KATAKANA": "ja", "HANGUL": "ko", "DEVANAGARI": "hi", "BENGALI": "bn", "TAMIL": "ta", "TELUGU": "te",
    "GUJARATI": "gu", "GURMUKHI": "pa", "KANNADA": "kn", "MALAYALAM": "ml", "SINHALA": "si", "THAI": "th", "LAO": "lo",
    "KHMER": "km", "MYANMAR": "my", "TIBETAN": "bo", "ETHIOPIC": "am", "GEORGIAN": "ka", "ARMENIAN": "hy",
    "THAANA": "dv",
}  # fmt: skip

JAPANESE = {"CJK", "HIRAGANA", "KATAKANA"}

# Debian 12's smallest good package; any other script is in fonts-noto-core.
FONT_OF_SCRIPT = {
    "CJK": "fonts-wqy-microhei", "HIRAGANA": "fonts-wqy-microhei", "KATAKANA": "fonts-wqy-microhei",
    "HANGUL": "fonts-wqy-microhei", "ETHIOPIC": "fonts-sil-abyssinica", "DEVANAGARI": "fonts-lohit-deva",
    "BENGALI": "fonts-lohit-beng-bengali", "TAMIL": "fonts-lohit-taml", "TELUGU": "fonts-lohit-telu",
    "GUJARATI": "fonts-lohit-gujr", "GURMUKHI": "fonts-lohit-guru", "KANNADA": "fonts-lohit-knda",
    "MALAYALAM": "fonts-lohit-mlym", "SYMBOL": "fonts-symbola", "KHMER": "fonts-khmeros", "MYANMAR": "fonts-sil-padauk",
}  # fmt: skip


@dataclass(frozen=True)
class MissingGlyph:
    """Characters of one script, in one text, that no font has."""

    name: str
    """The signatory's name, or words such as “the letter's text” in the active language."""
    characters: str
    """Each once, in the order of the text."""
    script: str
    """As Unicode calls it: “Ethiopic”, “CJK”; “unknown” for unassigned and private characters."""
    font: str
    """A Debian package with a font for them; its folder belongs in LETTER_FONT_DIRS."""


@dataclass(frozen=True)
class Pdf:
    """A document, and what could not be printed in it as written."""

    content: bytes
    missing: tuple[MissingGlyph, ...]


def render_pdf(content: Content, *, addressee: Addressee | None = None) -> Pdf:
    """Return the letter with its list, the same bytes for the same content.

    Args:
        content: what to print. Interface words come in the active language.
        addressee: to whom this copy is addressed; None for the letter as published.

    Returns:
        A PDF of the standards PDF/UA-1 (ISO 14289-1) and PDF/A-2a (ISO 19005-2). A character that no
        font has is printed as its number, “[U+4EBA]”, with a note after the list, and named in `missing`.

    Raises:
        typst.TypstError: if the document cannot be set for another reason.
    """
    return Press(content).print(addressee)


def render_copies(content: Content, addressees: Sequence[Addressee]) -> Iterator[Pdf]:
    """Yield the copy for each of `addressees`, in their order, each as `render_pdf` makes it.

    They are made as they are asked for, by one press, which sets the list once: 123 copies with 10,000
    names take some 20 seconds of one core. Typst does not leave the interpreter free long enough for a
    second thread to help.
    """
    return map(Press(content).print, addressees)


@lru_cache(maxsize=1)
def fonts(folders: tuple[str, ...]) -> typst.Fonts:
    """Return Typst's own fonts, Amiri and those in `folders`; never what else this machine has."""
    import fontpkg
    import typst

    amiri = str(fontpkg.path("Amiri").parent)
    return typst.Fonts(include_system_fonts=False, font_paths=[amiri, *folders])


def families() -> list[str]:
    """Return the fonts of LETTER_FONT_DIRS by name, those with serifs first, as the letter's own have them."""
    found = {font.family for font in fonts(tuple(settings.LETTER_FONT_DIRS)).fonts() if font.path}
    return sorted(found - {"Amiri"}, key=lambda name: ("Serif" not in name, name))


def compiler() -> typst.Compiler:
    """Return a compiler that reads this folder, and nothing outside it."""
    import typst

    found = fonts(tuple(settings.LETTER_FONT_DIRS))
    return typst.Compiler(b"", root=str(FOLDER), font_paths=found, ignore_system_fonts=True)


def digits_of(language: str) -> str:
    """Return the ten digits of a language, from nought."""
    return DIGITS.get(language.split("-")[0], "0123456789")


def script_of(text: str) -> str:
    """Return the script of the first strong letter (UAX 9), by the first word of its name; “LATIN” if none."""
    for character in text:
        if unicodedata.bidirectional(character) in {"L", "R", "AL"} and unicodedata.category(character)[0] == "L":
            return unicodedata.name(character, "LATIN").split()[0].split("-")[0]
    return "LATIN"


def main_script(text: str) -> str:
    """Return the script of most letters in `text`; “LATIN” if it has none."""
    found = Counter(map(script_of, filter(str.isalpha, text))).most_common(1)
    return found[0][0] if found else "LATIN"


def foreign(text: str) -> dict[str, str]:
    """Return `text` with script, direction and language of its first strong letter, as Typst wants to know them."""
    script = script_of(text)
    language = LANGUAGE_OF_SCRIPT.get(script, "und")
    if script == "CJK" and any(script_of(one) in JAPANESE - {"CJK"} for one in text):
        language = "ja"
    return {"text": text, "lang": language, "dir": direction_of(language), "script": script}


class Press:
    """One edition, prepared for printing in any number of copies."""

    def __init__(self, content: Content, *, has_list: bool = True) -> None:
        self.content = content
        self.names = [(line.name, line.name_in_own_script) for line in content.lines] if has_list else []
        # Not by the title's first letter, which may be that of “ICC”, whatever the letter's language.
        self.script = main_script(content.title + content.body[:2000])
        self.language = get_language()
        self.letter = self._letter()
        self.ui = self._ui()
        self.words = {"letter": _("the letter's text"), "copy": _("the addressee"), "ui": _("the words around it")}
        # What no font has is learnt as printing fails, so that further copies need not.
        self.unprintable: frozenset[str] = frozenset()
        self.edition = self._edition()
        self.compiler = compiler()

    def print(self, addressee: Addressee | None) -> Pdf:
        """Return the copy for `addressee`."""
        copy = self._copy(addressee)
        content = self._compile('#import "letter.typ": document\n#document(json(bytes((COPY,))))', copy)
        return Pdf(content, self._missing(copy))

    def card(self) -> bytes:
        """Return the picture for `letter.artefacts.picture`."""
        # A picture would show empty boxes without a word; as a PDF, it says which characters have no glyph.
        self._compile('#include "card.typ"')
        inputs = {"edition": self.edition}
        picture = self.compiler.compile(b'#include "card.typ"', format="png", ppi=144, sys_inputs=inputs)
        return cast(bytes, picture)

    def _compile(self, source: str, copy: Any = None) -> bytes:
        """Return a PDF, with the characters spelt that no font has; COPY in `source` becomes that data."""
        import typst

        while True:
            # As numbers of bytes, the text of a copy cannot become source, whatever it is.
            mine = {"addressee": copy, "note": self._note(self._missing(copy))}
            data = ",".join(map(str, json.dumps(spell(mine, self.unprintable)).encode()))
            try:
                document = self.compiler.compile(
                    source.replace("COPY", data).encode(),
                    format="pdf",
                    # One key: several would reach Typst in ever another order, and it would reuse nothing.
                    sys_inputs={"edition": self.edition},
                    pdf_standards=STANDARDS,
                    timestamp=int(self.content.published_at.timestamp()),
                )
            except typst.TypstError as error:
                found = unprintable_in(error)
                if not found - self.unprintable:
                    raise
                self.unprintable |= found
                self.edition = self._edition()
            else:
                return cast(bytes, document)

    def _edition(self) -> str:
        """Return what is the same in all copies, as JSON."""
        names = [[self._mark(name), self._mark(own)] if own else self._mark(name) for name, own in self.names]
        edition = {"letter": self.letter, "ui": self.ui, "names": names}
        return json.dumps({**spell(edition, self.unprintable), "fonts": families()})

    def _letter(self) -> dict[str, Any]:
        content = self.content
        language, *rest = content.language.split("-")
        return {
            "lang": language.lower(),
            "region": next((part.upper() for part in rest if len(part) == 2), None),
            "dir": content.direction,
            "script": self.script,
            "digits": list(digits_of(content.language)),
            "title": content.title,
            "short": shorten(content.title, 90),
            "place": content.place,
            "addressees": content.addressees.splitlines(),
            "salutation": content.salutation,
            "body": parse_body(content.body),
            "closing": content.closing.splitlines(),
            "sha256": content.sha256,
        }

    def _ui(self) -> dict[str, Any]:
        content = self.content
        language = get_language() or "en"
        # Of a word that Django itself translates, since ours may lack a language, or a part of it.
        script = script_of(date_format(content.dated_on, "F"))
        published = content.published_at.astimezone(UTC)
        number, count = content.number, content.count
        words = {
            "date": date_format(content.dated_on, "DATE_FORMAT"),
            "heading": ngettext("%(count)s signatory", "%(count)s signatories", count) % {"count": count},
            "empty": _("No organisation has signed yet."),
            "edition": _("Edition %(number)s, %(date)s")
            % {"number": number, "date": date_format(published, "DATE_FORMAT")},
            "page": _("Page %(page)s of %(pages)s") % {"page": "{page}", "pages": "{pages}"},
            "imprint": _("Edition %(number)s, published on %(date)s UTC.")
            % {"number": number, "date": date_format(published, "DATETIME_FORMAT")},
            "permanent": _("Permanent address:"),
            "standing": content.standing_note,
        }
        return {
            "digest": self._interface(_("SHA-256 of the list:"), script, ""),
            **{key: self._interface(text, script, language) for key, text in words.items()},
            "subject": words["imprint"],
            "lang": language.split("-")[0],
            "dir": direction_of(language),
            "script": script,
            "digits": list(digits_of(language)),
            "address": content.address,
            "prevailing": content.prevailing_address,
        }

    def _copy(self, addressee: Addressee | None) -> dict[str, Any] | None:
        if addressee is None:
            return None
        address = [addressee.name, addressee.office, *addressee.postal_address.splitlines()]
        return {
            "address": [self._mark(line) for line in address if line],
            "salutation": self._mark(addressee.salutation) if addressee.salutation else None,
            "cover": self._mark(addressee.cover_line) if addressee.cover_line else None,
        }

    def _mark(self, text: str) -> str | dict[str, str]:
        """Return `text`, marked with language and direction if its script is not the letter's."""
        script = script_of(text)
        if script == self.script or ({script, self.script} <= JAPANESE and self.content.language[:2] in {"ja", "zh"}):
            return text
        return foreign(text)

    @staticmethod
    def _interface(text: str, script: str, language: str) -> str | dict[str, str]:
        """Return `text` with the digits of `language`, or marked as foreign if it is not translated."""
        if not any(script_of(letter) == script for letter in text if letter.isalpha()):
            return foreign(text)
        return text.translate(str.maketrans("0123456789", digits_of(language)))

    def _note(self, missing: Sequence[MissingGlyph]) -> str | dict[str, str] | None:
        """Return what stands after the list if something could not be printed as written."""
        if not missing:
            return None
        # Copies may be asked for when another language is active than when they were begun.
        with override(self.language):
            return self._interface(self._note_in_words(missing), self.ui["script"], "")

    def _note_in_words(self, missing: Sequence[MissingGlyph]) -> str:
        count = len({one.name for one in missing} - set(self.words.values()))
        note = _("Characters for which no font was at hand stand in square brackets, by their Unicode numbers.")
        if count:
            note += " " + ngettext(
                "%(count)s name is concerned; it stands as written in %(address)s.",
                "%(count)s names are concerned; they stand as written in %(address)s.",
                count,
            ) % {"count": count, "address": f"{self.content.address.rstrip('/')}/signatories.json"}
        return note

    def _missing(self, copy: dict[str, Any] | None) -> tuple[MissingGlyph, ...]:
        """Return what of this edition and of `copy` is known to have no glyph."""
        if not self.unprintable:
            return ()
        texts = [(name, f"{name}\n{own}") for name, own in self.names]
        for key, tree in (("letter", self.letter), ("copy", copy), ("ui", self.ui)):
            texts.append((self.words[key], "\n".join(_strings(tree))))
        return tuple(one for name, text in texts for one in missing_in(name, text, self.unprintable))


# ── Characters that no font has ──


def unprintable_in(error: typst.TypstError) -> frozenset[str]:
    r"""Return the pieces of text that the standards refuse: no glyph, or a private or forbidden code point.

    Typst's message quotes each as Rust does: ``the text `"\u{1}"` could not be displayed …``.
    """
    quoted = re.findall(r'^error: PDF/[^`]*`"((?:[^"\\]|\\.)*)"`', error.diagnostic, re.MULTILINE)
    return frozenset(
        re.sub(r"\\u\{([0-9a-f]+)\}|\\(.)", lambda m: chr(int(m[1], 16)) if m[1] else _ESCAPES.get(m[2], m[2]), one)
        for one in quoted
    )


_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "0": "\0"}


def _pattern(unprintable: frozenset[str]) -> re.Pattern[str]:
    return re.compile("(?:" + "|".join(map(re.escape, sorted(unprintable, key=len, reverse=True))) + ")+")


def spell(tree: Any, unprintable: frozenset[str]) -> Any:
    """Return `tree` with the characters that cannot be printed as “[U+4EBA U+6743]”.

    An empty box, or the name without them, would be a false name on a letter to States. The numbers are
    ugly, but true: they keep two such names apart, and anyone can restore them.
    """
    if not unprintable:
        return tree
    pattern = _pattern(unprintable)

    def spelt(node: Any) -> Any:
        if isinstance(node, str):
            return pattern.sub(lambda run: "[" + " ".join(f"U+{ord(one):04X}" for one in run[0]) + "]", node)
        if isinstance(node, list):
            return [spelt(one) for one in node]
        if isinstance(node, dict):
            return {key: spelt(one) for key, one in node.items()}
        return node

    return spelt(tree)


def _strings(tree: Any) -> Iterator[str]:
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, list | dict):
        for one in tree.values() if isinstance(tree, dict) else tree:
            yield from _strings(one)


def missing_in(name: str, text: str, unprintable: frozenset[str]) -> Iterator[MissingGlyph]:
    """Yield what of `text`, which belongs to `name`, is in `unprintable`: by script, in order of appearance."""
    scripts: dict[str, dict[str, None]] = {}
    for run in _pattern(unprintable).findall(text):
        for character in run:
            word = unicodedata.name(character, "unknown").split()[0].split("-")[0]
            if unicodedata.category(character)[0] == "S":
                word = "SYMBOL"
            scripts.setdefault(word, {})[character] = None
    for script, characters in scripts.items():
        spoken = script if script in {"CJK", "unknown"} else script.capitalize()
        yield MissingGlyph(name, "".join(characters), spoken, FONT_OF_SCRIPT.get(script, "fonts-noto-core"))


# ── The body ──

_parser = MarkdownIt("commonmark", {"html": False})


def parse_body(body: str) -> list[Any]:
    """Return CommonMark as a tree of lists, of the same elements that `render_markdown` lets pass.

    Blocks are ``["p", inlines]``, ``["tight", inlines]`` (a list item's bare text), ``["h", level, inlines]``,
    ``["ol", start, is_tight, items]``, ``["ul", 0, is_tight, items]``, ``["quote", blocks]``, ``["hr"]``;
    inlines are strings, ``["em", inlines]``, ``["strong", inlines]``, ``["a", address, inlines]``, ``["br"]``.
    """
    level = 1
    tree = _blocks(SyntaxTreeNode(_parser.parse(body)).children)
    # A level left out, as from a heading 1 to a heading 3, is no structure that PDF/UA-1 (7.4.2) admits.
    for node in _headings(tree):
        level = node[1] = min(node[1], level + 1)
    return tree


def _headings(tree: Iterable[Any]) -> Iterator[list[Any]]:
    for node in tree:
        if node[0] == "h":
            yield node
        elif node[0] == "quote":
            yield from _headings(node[1])
        elif node[0] in {"ol", "ul"}:
            for item in node[3]:
                yield from _headings(item)


def _blocks(nodes: Iterable[SyntaxTreeNode]) -> list[Any]:
    found: list[Any] = []
    for node in nodes:
        match node.type:
            case "paragraph":
                found.append(["tight" if node.hidden else "p", _inlines(node.children[0].children)])
            case "heading":
                words = _inlines(node.children[0].children)
                # An empty heading is no heading that PDF/UA-1 admits.
                if any(text.strip() for text in _strings(words)):
                    found.append(["h", min(max(int(node.tag[1]), 2), 4), words])
            case "bullet_list" | "ordered_list":
                items = [_blocks(item.children) for item in node.children]
                is_tight = any(block[0] == "tight" for item in items for block in item)
                start = int(node.attrs.get("start", 1))
                found.append(["ol" if node.type == "ordered_list" else "ul", start, is_tight, items])
            case "blockquote":
                found.append(["quote", _blocks(node.children)])
            case "hr":
                found.append(["hr"])
            case _:
                found.append(["p", [node.content.strip()]])
    return found


def _inlines(nodes: Iterable[SyntaxTreeNode]) -> list[Any]:
    found: list[Any] = []
    for node in nodes:
        match node.type:
            case "em" | "strong":
                found.append([node.type, _inlines(node.children)])
            case "link":
                address, inside = str(node.attrs["href"]), _inlines(node.children)
                # An address within the site leads nowhere from a document.
                found += [["a", address, inside]] if inside and urlsplit(address).scheme in SCHEMES else inside
            case "hardbreak":
                found.append(["br"])
            case "softbreak":
                found.append(" ")
            case "image":
                pass
            case _:
                found.append(node.content)
    return found


def shorten(text: str, width: int) -> str:
    """Return `text` cut at a word to at most `width` columns, an ideograph counting two, with “…” if cut."""
    columns = 0
    for place, character in enumerate(text):
        columns += 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if columns > width:
            head = text[: place - 1]
            cut = head.rfind(" ")
            return (head[:cut] if cut > width // 2 else head).rstrip(" ,;:") + "…"
    return text
