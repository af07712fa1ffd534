"""Whether a translation lacks something: original and translation, block by block.

Pure: words in, findings out. It does not read either language. It compares what translations share: the order and
kind of the blocks, numbers, links, names that stay as they are, and how long a block is beside the others.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import zip_longest
from statistics import median
from typing import Protocol

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from markdown_it.tree import SyntaxTreeNode

from .markdown import tree_of

# What it costs to leave a block without a counterpart; two that differ by more than twice as much are none of each
# other's.
GAP = 1.5
# How many times shorter or longer than the others a block may be, and from which length (letters) on that means
# anything.
RATIO, LONG_ENOUGH = 1.9, 60
# Above this many blocks in either text they are compared by their places: no letter has so many.
MOST = 500
# Words that are equal in both texts need this many letters to say that something was left untranslated.
UNTRANSLATED = 15

_DIGITS = re.compile(r"\d+")
# “10,000”, “10 000”, “10.000”, “١٠٬٠٠٠”: one number.
_GROUPED = re.compile(r"(?<!\d)(\d{1,3})((?:[.,'’٬\u00a0\u202f ]\d{3})+)(?!\d)")
_WORD = re.compile(r"\w{3,}")


class Kind(StrEnum):
    """What a block is."""

    TITLE = "title"
    SALUTATION = "salutation"
    HEADING = "heading"
    PARAGRAPH = "paragraph"
    ITEM = "item"
    QUOTE = "quote"
    RULE = "rule"
    CLOSING = "closing"

    @property
    def label(self) -> str:
        """What it is called."""
        return {
            Kind.TITLE: _("title"),
            Kind.SALUTATION: _("salutation"),
            Kind.HEADING: _("heading"),
            Kind.PARAGRAPH: _("paragraph"),
            Kind.ITEM: _("item of a list"),
            Kind.QUOTE: _("quotation"),
            Kind.RULE: _("line across"),
            Kind.CLOSING: _("closing"),
        }[self]


class Words(Protocol):
    """A text: `LetterText`, or anything with its four parts."""

    title: str
    salutation: str
    body: str
    closing: str


@dataclass(frozen=True)
class Block:
    """A piece of a text that stands by itself."""

    kind: Kind
    text: str
    """Without marks."""
    links: tuple[str, ...] = ()
    """Addresses, in order."""


class Code(StrEnum):
    """What may be wrong with a row."""

    MISSING = "missing"
    EXTRA = "extra"
    KIND = "kind"
    NUMBERS = "numbers"
    LINKS = "links"
    SHORT = "short"
    LONG = "long"
    UNTRANSLATED = "untranslated"


@dataclass(frozen=True)
class Finding:
    """One thing to look at."""

    code: Code
    absent: tuple[str, ...] = ()
    """What only the original has: numbers or addresses; or its kind."""
    added: tuple[str, ...] = ()
    """What only the translation has."""

    @property
    def words(self) -> str:
        """What a person reads, in the active language."""
        absent, added = ", ".join(self.absent), ", ".join(self.added)
        match self.code:
            case Code.MISSING:
                return _("Has no counterpart in the translation.")
            case Code.EXTRA:
                return _("Has no counterpart in the original.")
            case Code.KIND:
                return _("Is another kind of block: %(here)s, where the original has: %(there)s.") % {
                    "here": added,
                    "there": absent,
                }
            case Code.SHORT:
                return _("Is much shorter than the rest of the translation lets expect.")
            case Code.LONG:
                return _("Is much longer than the rest of the translation lets expect.")
            case Code.UNTRANSLATED:
                return _("Is not translated: the words are those of the original.")
        if not added:
            return _("Lacks of the original: %(absent)s.") % {"absent": absent}
        if not absent:
            return _("Has, and the original has not: %(added)s.") % {"added": added}
        return _("Has %(added)s, where the original has %(absent)s.") % {"added": added, "absent": absent}


@dataclass(frozen=True)
class Row:
    """A block of the original and its counterpart; one of them may be absent."""

    original: Block | None
    translation: Block | None
    findings: tuple[Finding, ...] = ()

    def has(self, code: Code) -> bool:
        """Whether this was found."""
        return any(one.code == code for one in self.findings)


@dataclass(frozen=True)
class Check:
    """The whole comparison."""

    rows: tuple[Row, ...]

    @property
    def missing(self) -> int:
        """How many blocks of the original have no counterpart."""
        return sum(row.has(Code.MISSING) for row in self.rows)

    @property
    def extra(self) -> int:
        """How many blocks of the translation have no counterpart."""
        return sum(row.has(Code.EXTRA) for row in self.rows)

    @property
    def doubtful(self) -> int:
        """How many pairs there are to look at."""
        return sum(bool(row.findings) for row in self.rows) - self.missing - self.extra

    @property
    def summary(self) -> list[str]:
        """Sentences that say what was found; none if nothing was."""
        sentences = []
        if count := self.missing:
            words = ngettext("%(count)s paragraph may be missing.", "%(count)s paragraphs may be missing.", count)
            sentences.append(words % {"count": count})
        if count := self.extra:
            words = ngettext("%(count)s paragraph may be too many.", "%(count)s paragraphs may be too many.", count)
            sentences.append(words % {"count": count})
        if count := self.doubtful:
            words = ngettext(
                "%(count)s paragraph differs in something.", "%(count)s paragraphs differ in something.", count
            )
            sentences.append(words % {"count": count})
        return sentences


def compare(original: Words, translation: Words) -> Check:
    """Compare a translation with its original, block by block, in order."""
    pairs: list[tuple[Block | None, Block | None]] = []
    for kind, here, there in (
        (Kind.TITLE, original.title, translation.title),
        (Kind.SALUTATION, original.salutation, translation.salutation),
    ):
        pairs.append((_part(kind, here), _part(kind, there)))
    pairs += align(blocks_of(original.body), blocks_of(translation.body))
    pairs.append((_part(Kind.CLOSING, original.closing), _part(Kind.CLOSING, translation.closing)))
    usual = usual_ratio(pairs)
    return Check(tuple(Row(one, other, tuple(_findings(one, other, usual))) for one, other in pairs if one or other))


def _part(kind: Kind, text: str) -> Block | None:
    return Block(kind, text.strip()) if text.strip() else None


# ── a text as blocks ──


def blocks_of(body: str) -> list[Block]:
    """Return the blocks of CommonMark, in order, as the letter's page shows them."""
    return list(_blocks(tree_of(body).children, Kind.PARAGRAPH))


def _blocks(nodes: Iterable[SyntaxTreeNode], kind: Kind) -> Iterator[Block]:
    for node in nodes:
        match node.type:
            case "paragraph" | "heading":
                inline = node.children[0].children if node.children else []
                text = " ".join("".join(_text(inline)).split())
                if text:
                    yield Block(Kind.HEADING if node.type == "heading" else kind, text, tuple(_links(inline)))
            case "bullet_list" | "ordered_list":
                for item in node.children:
                    yield from _blocks(item.children, Kind.ITEM)
            case "blockquote":
                yield from _blocks(node.children, Kind.QUOTE)
            case "hr":
                yield Block(Kind.RULE, "")
            case _:
                if text := " ".join(node.content.split()):
                    yield Block(kind, text)


def _text(nodes: Iterable[SyntaxTreeNode]) -> Iterator[str]:
    for node in nodes:
        if node.type in ("softbreak", "hardbreak"):
            yield " "
        elif node.type == "image":
            continue
        elif node.children:
            yield from _text(node.children)
        else:
            yield node.content


def _links(nodes: Iterable[SyntaxTreeNode]) -> Iterator[str]:
    for node in nodes:
        if node.type == "link":
            yield str(node.attrs["href"])
        yield from _links(node.children)


# ── which block is which one's counterpart ──


def align(original: Sequence[Block], translation: Sequence[Block]) -> list[tuple[Block | None, Block | None]]:
    """Pair the blocks of two texts, in order, so that they differ as little as possible."""
    if max(len(original), len(translation)) > MOST:
        return list(zip_longest(original, translation))
    ratio = _size(translation) / _size(original) if original and translation else 1.0
    pairs = _align(original, translation, ratio)
    # What is missing has shifted the ratio of the whole; that of the pairs is nearer to the truth.
    return _align(original, translation, usual_ratio(pairs))


def _size(blocks: Iterable[Block]) -> int:
    return 1 + sum(len(block.text) for block in blocks)


def usual_ratio(pairs: Iterable[tuple[Block | None, Block | None]]) -> float:
    """Return how long a block of the translation usually is, for each letter of the original."""
    found = [len(other.text) / len(one.text) for one, other in pairs if one and other and one.text and other.text]
    return median(found) if found else 1.0


def _align(
    original: Sequence[Block], translation: Sequence[Block], ratio: float
) -> list[tuple[Block | None, Block | None]]:
    """Needleman and Wunsch (1970): the cheapest way through both, by pairs and gaps."""
    ones, others = [_Marks(block) for block in original], [_Marks(block) for block in translation]
    rows, columns = len(original) + 1, len(translation) + 1
    cost = [[GAP * (row + column) for column in range(columns)] for row in range(rows)]
    for row in range(1, rows):
        for column in range(1, columns):
            cost[row][column] = min(
                cost[row - 1][column - 1] + _cost(ones[row - 1], others[column - 1], ratio),
                cost[row - 1][column] + GAP,
                cost[row][column - 1] + GAP,
            )
    pairs: list[tuple[Block | None, Block | None]] = []
    row, column = len(original), len(translation)
    while row or column:
        here = cost[row][column]
        if row and column and here == cost[row - 1][column - 1] + _cost(ones[row - 1], others[column - 1], ratio):
            row, column = row - 1, column - 1
            pairs.append((original[row], translation[column]))
        elif row and here == cost[row - 1][column] + GAP:
            row -= 1
            pairs.append((original[row], None))
        else:
            column -= 1
            pairs.append((None, translation[column]))
    return pairs[::-1]


class _Marks:
    """What of a block is compared, counted once."""

    def __init__(self, block: Block) -> None:
        self.block = block
        self.numbers = Counter(numbers_in(block.text))
        self.links = Counter(block.links)
        self.words = set(_WORD.findall(block.text.casefold()))


def _cost(one: _Marks, other: _Marks, ratio: float) -> float:
    """Return how unlike two blocks are: nought for the same, above twice `GAP` for what cannot be counterparts."""
    if one.block == other.block:
        return 0.0
    expected, found = ratio * len(one.block.text) + 10, len(other.block.text) + 10
    cost = 0.2 + 0.8 * abs(math.log(found / expected))
    kinds = {one.block.kind, other.block.kind}
    if len(kinds) > 1:
        cost += 2.0 if kinds & {Kind.HEADING, Kind.RULE} else 0.8
    for here, there in ((one.numbers, other.numbers), (one.links, other.links)):
        if here or there:
            shared = (here & there).total() / (here | there).total()
            cost += 0.9 - 1.4 * shared
    if one.words and other.words:
        # Names that both languages write alike.
        cost -= min(0.8, 2 * len(one.words & other.words) / min(len(one.words), len(other.words)))
    return max(cost, 0.01)


# ── what to look at ──


def numbers_in(text: str) -> list[str]:
    """Return the numbers of a text in the digits 0 to 9, without what parts their thousands."""
    plain = _GROUPED.sub(lambda found: found[1] + re.sub(r"\D", "", found[2]), text)
    # Python reads the digits of every script, and at most 4,300 of them.
    return [str(int(number)) if len(number) < 1000 else number for number in _DIGITS.findall(plain)]


def _findings(one: Block | None, other: Block | None, usual: float) -> Iterator[Finding]:
    if other is None:
        yield Finding(Code.MISSING)
        return
    if one is None:
        yield Finding(Code.EXTRA)
        return
    if one.kind != other.kind:
        yield Finding(Code.KIND, (one.kind.label,), (other.kind.label,))
    if one.text == other.text and sum(map(str.isalpha, one.text)) >= UNTRANSLATED:
        yield Finding(Code.UNTRANSLATED)
    here, there = Counter(numbers_in(one.text)), Counter(numbers_in(other.text))
    if here != there:
        yield Finding(Code.NUMBERS, tuple((here - there).elements()), tuple((there - here).elements()))
    links, theirs = Counter(one.links), Counter(other.links)
    if links != theirs:
        yield Finding(Code.LINKS, tuple((links - theirs).elements()), tuple((theirs - links).elements()))
    if one.kind in (Kind.PARAGRAPH, Kind.ITEM, Kind.QUOTE) and max(len(one.text), len(other.text)) >= LONG_ENOUGH:
        ratio = len(other.text) / len(one.text) / usual
        if ratio * RATIO < 1:
            yield Finding(Code.SHORT)
        elif ratio > RATIO:
            yield Finding(Code.LONG)
