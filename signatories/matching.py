"""Finds, for many names at once, those that may be the same organisation. Pure: names in, likely pairs out.

`names.classify` says what two names have to do with each other, and a trigram index finds what to compare one name
with (`models.candidates`). For thousands of names that is too slow: of 5,000 names against 10,000, the trigrams alone
take minutes (docs/performance.md, 6). Here the words themselves, or rather their sounds, which are the same in several
scripts, are the index: two names are of interest if all significant words of one stand in the other, as they are or
with a slip of the pen, if half of them do, or if one has the other's acronym.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Generic, TypeVar

from . import names
from .countries import words
from .names import Similarity

# How many of the likeliest are classified for one name, and how many are told.
CLASSIFIED, TOLD = 8, 3
# Letters of a word from which two slips may be in it, if the first letters are right; and of a name that may be no
# more than an acronym.
LONG, PREFIX, SHORT = 9, 4, 15

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
        self._sizes: list[int] = []
        self._by_sound: dict[str, list[int]] = defaultdict(list)
        self._by_sounds: dict[str, list[int]] = defaultdict(list)
        self._by_acronym: dict[str, list[int]] = defaultdict(list)
        self._by_short: dict[str, list[int]] = defaultdict(list)
        self._by_letters: dict[str, list[str]] = defaultdict(list)

    def add(self, item: Item, name: str, acronym: str = "") -> None:
        """Add a name, and the acronym that the item has beside it."""
        number = len(self._entries)
        sounds = names.sounds_of(name)
        distinct = set(sounds)
        self._entries.append((item, name, acronym))
        self._sizes.append(len(distinct))
        self._by_sounds["".join(sounds)].append(number)
        for sound in distinct:
            if sound not in self._by_sound:
                for letters in _neighbourhood(sound):
                    self._by_letters[letters].append(sound)
            self._by_sound[sound].append(number)
        bare, bracketed = names.split_acronym(name)
        if short := _compact(acronym or bracketed):
            self._by_acronym[short].append(number)
        if len(bare) <= SHORT:
            self._by_short[_compact(bare)].append(number)

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
        yield from self._by_sounds.get("".join(sounds), ())
        if short := _compact(acronym or bracketed):
            yield from self._by_short.get(short, ())
            yield from self._by_acronym.get(short, ())
            yield from self._by_sound.get("".join(names.sounds_of(short)), ())
        if len(bare) <= SHORT:
            yield from self._by_acronym.get(_compact(bare), ())
        for word in words(bare).split():
            # An acronym among the words of a longer name.
            if len(word) >= 3:
                yield from self._by_acronym.get(word, ())
        yield from self._sharing_words(set(sounds))

    def _sharing_words(self, sounds: set[str]) -> list[int]:
        """Return the numbers of names that have all their words in common with these, or half; the nearest first."""
        shared: Counter[int] = Counter()
        for sound in sounds:
            for alike in self._alike(sound):
                shared.update(self._by_sound[alike])
        sizes, size = self._sizes, len(sounds)
        near = [
            (2 * count / (size + sizes[number]) + (count >= min(size, sizes[number])), number)
            for number, count in shared.items()
            # What `names.classify` calls other than different; see `names._compare`.
            if count >= sizes[number] or count >= size or 4 * count >= size + sizes[number]
        ]
        return [number for _nearness, number in sorted(near, reverse=True)[:CLASSIFIED]]

    def _alike(self, sound: str) -> set[str]:
        """Return the words of the directory that sound so, or may be misspelt."""
        found = {sound} if sound in self._by_sound else set()
        for letters in _neighbourhood(sound):
            for other in self._by_letters.get(letters, ()):
                if other not in found and _is_slip(*sorted((sound, other))):
                    found.add(other)
        return found


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
