"""Finds, for many names at once, those that may be the same organisation. Pure: names in, likely pairs out.

`names.classify` says what two names have to do with each other, and a trigram index finds what to compare one name
with (`models.candidates`). For thousands of names that is too slow: of 5,000 names against 10,000, the trigrams alone
take minutes (docs/performance.md, 6). Here the words themselves, or rather their sounds, which are the same in several
scripts, are the index: two names are of interest if all significant words of one stand in the other, as they are or
with a slip of the pen, if half of them do, or if one has the other's acronym.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache, lru_cache
from itertools import islice
from typing import Generic, TypeVar

from . import names
from .countries import words
from .names import Similarity

# How many of the likeliest are classified for one name, and how many are told.
CLASSIFIED, TOLD = 8, 3
# Letters of a word from which two slips may be in it, if the first letters are right; and of a name that may be no
# more than an acronym.
LONG, PREFIX, SHORT = 9, 4, 15
# Names that a word is in before it is common.
RARE = 64

Item = TypeVar("Item")


@dataclass(frozen=True)
class Match(Generic[Item]):
    """A known name, and what it has to do with the one that was looked for."""

    item: Item
    name: str
    similarity: Similarity


class Directory(Generic[Item]):
    """Names with what they stand for, to be looked up by likeness. One item may have several names."""

    def __init__(self) -> None:
        self._entries: list[tuple[Item, str, str]] = []
        # A set of names is a number with a bit for each: to count what thousands share takes a few operations.
        self._of_size: dict[int, int] = defaultdict(int)
        self._common: dict[str, int] = {}
        self._by_sound: dict[str, list[int]] = defaultdict(list)
        self._by_whole: dict[str, list[int]] = defaultdict(list)
        self._by_acronym: dict[str, list[int]] = defaultdict(list)
        self._by_short: dict[str, list[int]] = defaultdict(list)
        self._by_letters: dict[str, list[str]] = defaultdict(list)

    def add(self, item: Item, name: str, acronym: str = "") -> None:
        """Add a name, and the acronym that the item has beside it."""
        number = len(self._entries)
        sounds = names.sounds_of(name)
        distinct = set(sounds)
        self._entries.append((item, name, acronym))
        self._of_size[len(distinct)] |= 1 << number
        for whole in {names.key(name), "".join(sounds)}:
            self._by_whole[whole].append(number)
        for sound in distinct:
            if sound not in self._by_sound:
                for letters in _neighbourhood(sound):
                    self._by_letters[letters].append(sound)
            self._note(sound, number)
        bare, bracketed = names.split_acronym(name)
        if short := _compact(acronym or bracketed):
            self._by_acronym[short].append(number)
        if len(bare) <= SHORT:
            self._by_short[_compact(bare)].append(number)

    def _note(self, sound: str, number: int) -> None:
        """Note that a name has a word; where few have it, a list is smaller than a set."""
        if sound in self._common:
            self._common[sound] |= 1 << number
        else:
            self._by_sound[sound].append(number)
            if len(self._by_sound[sound]) == RARE:
                self._common[sound] = sum(1 << one for one in self._by_sound[sound])
                self._by_sound[sound] = []

    def similar_to(self, name: str, acronym: str = "") -> list[Match[Item]]:
        """Return what may be the same as `name`, the likeliest first, and no more than `TOLD`."""
        best: dict[Item, Match[Item]] = {}
        for number in dict.fromkeys(self._near(name, acronym)):
            item, other, other_acronym = self._entries[number]
            similarity = names.classify(name, other, acronym=acronym, other_acronym=other_acronym)
            if similarity != Similarity.DIFFERENT and (
                item not in best or similarity.rank < best[item].similarity.rank
            ):
                best[item] = Match(item, other, similarity)
        return sorted(best.values(), key=lambda one: (one.similarity.rank, one.name))[:TOLD]

    def _near(self, name: str, acronym: str) -> Iterator[int]:
        """Yield the numbers of names to compare with, those first that are likeliest the same."""
        sounds = names.sounds_of(name)
        bare, bracketed = names.split_acronym(name)
        yield from self._by_whole.get(names.key(name), ())
        yield from self._by_whole.get("".join(sounds), ())
        if short := _compact(acronym or bracketed):
            yield from self._by_short.get(short, ())
            yield from self._by_acronym.get(short, ())
            yield from islice(self._by_sound.get("".join(names.sounds_of(short)), ()), CLASSIFIED)
        if len(bare) <= SHORT:
            yield from self._by_acronym.get(_compact(bare), ())
        for word in words(bare).split():
            # An acronym among the words of a longer name.
            if len(word) >= 3:
                yield from self._by_acronym.get(word, ())
        yield from self._sharing_words(set(sounds))

    def _sharing_words(self, sounds: set[str]) -> Iterator[int]:
        """Yield the numbers of names that have all their words in common with these, or half; the nearest first."""
        size, at_least = len(sounds), _at_least([self._bits(sound) for sound in sounds])
        sizes = sorted(self._of_size)
        covered = [(min(size, other), other) for other in sorted(sizes, key=lambda other: abs(other - size))]
        # What `names.classify` calls other than different; see `names._compare`.
        shared = [(count, other) for count in range(size - 1, 0, -1) for other in sizes if 4 * count >= size + other]
        seen = found = 0
        for count, other in covered + shared:
            for number in _numbers(at_least(count) & self._of_size[other] & ~seen):
                seen |= 1 << number
                found += 1
                yield number
                if found == CLASSIFIED:
                    return

    def _bits(self, sound: str) -> int:
        """Return the set of names with a word that sounds so, or may be it, misspelt: a bit for each."""
        bits = 0
        for alike in self._alike(sound):
            bits |= self._common.get(alike, 0)
            for number in self._by_sound[alike]:
                bits |= 1 << number
        return bits

    def _alike(self, sound: str) -> set[str]:
        """Return the words of the directory that sound so, or may be misspelt."""
        found = {sound} if sound in self._by_sound else set()
        for letters in _neighbourhood(sound):
            for other in self._by_letters.get(letters, ()):
                if other not in found and _is_slip(*sorted((sound, other))):
                    found.add(other)
        return found


def _at_least(sets: Sequence[int]) -> Callable[[int], int]:
    """Return the function that gives what is in so many of these sets, or more."""
    # The counts, bit by bit: each plane is the set of those whose count has that bit.
    planes: list[int] = []
    for one in sets:
        carry = one
        for place, plane in enumerate(planes):
            planes[place], carry = plane ^ carry, plane & carry
        if carry:
            planes.append(carry)

    @cache
    def at_least(count: int) -> int:
        if count >> len(planes):
            return 0
        more, equal = 0, -1
        for place in range(len(planes) - 1, -1, -1):
            if count >> place & 1:
                equal &= planes[place]
            else:
                more |= equal & planes[place]
                equal &= ~planes[place]
        return more | equal

    return at_least


def _numbers(bits: int) -> Iterator[int]:
    """Yield the places of the bits that are set."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest


def _compact(text: str) -> str:
    """Return an acronym as acronyms are compared, “F.I.D.H.” as “FIDH”."""
    return words(text).replace(" ", "")


def _neighbourhood(sound: str) -> Iterator[str]:
    """Yield what two words have in common that differ by one letter more, less or other, or by two changed places.

    Long ones may differ by more, behind an equal beginning.
    """
    if any(character.isdigit() for character in sound):
        return
    yield sound
    if len(sound) > 3:
        yield from {sound[:at] + sound[at + 1 :] for at in range(len(sound))}
    if len(sound) >= LONG:
        yield f"{sound[:PREFIX]}*"


@lru_cache(maxsize=100_000)
def _is_slip(one: str, other: str) -> bool:
    """Whether two words are worth a comparison: somewhat more than `names.classify` takes for a slip of the pen."""
    enough = 0.75 * (len(one) + len(other))
    # The cheaper test first: a bound of the ratio.
    if 2 * (Counter(one) & Counter(other)).total() < enough:
        return False
    return SequenceMatcher(None, one, other).ratio() >= 0.75
