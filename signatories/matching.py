"""Finds, for many names at once, those that may be the same organisation. Pure: names in, likely pairs out.

`names.classify` says what two names have to do with each other, and a trigram index finds what to compare one name
with (`Organisation.objects.similar_to`). For thousands of names that is too slow: of 5,000 names against 10,000, the
index alone takes minutes (docs/performance.md, 6). Here the words themselves are the index: two names are of interest
only if all significant words of one stand in the other, as they are or with a slip of the pen, or if half of them do.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from . import names
from .names import Similarity

# How many of the likeliest are classified for one name, and how many are told.
CLASSIFIED, TOLD = 8, 3
# Letters of a word from which two slips may be in it, if the first letters are right.
LONG, PREFIX = 9, 4

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
        self._items: list[Item] = []
        self._names: list[tuple[str, str]] = []
        self._sizes: list[int] = []
        self._by_word: dict[str, list[int]] = defaultdict(list)
        self._by_acronym: dict[str, list[int]] = defaultdict(list)
        self._by_short: dict[str, list[int]] = defaultdict(list)
        self._by_key: dict[str, list[int]] = defaultdict(list)
        self._by_letters: dict[str, list[str]] = defaultdict(list)

    def add(self, item: Item, name: str, normalised: str, acronym: str = "") -> None:
        """Add a name; `normalised` is `names.normalise` of it, which the database keeps."""
        number = len(self._items)
        significant = names.significant(normalised)
        words = set(significant)
        self._by_key["".join(significant)].append(number)
        self._items.append(item)
        self._names.append((name, acronym))
        self._sizes.append(len(words))
        for word in words:
            if word not in self._by_word:
                for letters in _neighbourhood(word):
                    self._by_letters[letters].append(word)
            self._by_word[word].append(number)
        bare, bracketed = names.split_acronym(name)
        if short := names.compact(acronym or bracketed):
            self._by_acronym[short].append(number)
        if len(bare) <= 15:
            self._by_short[names.compact(bare)].append(number)

    def similar_to(self, name: str, normalised: str, acronym: str = "") -> list[Match[Item]]:
        """Return what may be the same as `name`, the likeliest first, and no more than `TOLD`."""
        bare, bracketed = names.split_acronym(name)
        short, words = names.compact(acronym or bracketed), names.significant(normalised)
        found = [*self._by_key.get("".join(words), ())]
        if short:
            found += [*self._by_short.get(short, ()), *self._by_acronym.get(short, ())]
        if len(bare) <= 15:
            found += self._by_acronym.get(names.compact(bare), ())
        found += self._sharing_words(set(words))
        best: dict[Item, Match[Item]] = {}
        for number in dict.fromkeys(found):
            item, (other, other_acronym) = self._items[number], self._names[number]
            similarity = names.classify(name, other, acronym=acronym, other_acronym=other_acronym)
            if similarity != Similarity.DIFFERENT and (
                item not in best or similarity.rank < best[item].similarity.rank
            ):
                best[item] = Match(item, other, similarity)
        return sorted(best.values(), key=lambda one: (one.similarity.rank, one.name))[:TOLD]

    def _sharing_words(self, words: set[str]) -> list[int]:
        """Return the numbers of names that have all their words in common with `words`, or half; the nearest first."""
        shared: Counter[int] = Counter()
        for word in words:
            for alike in self._alike(word):
                shared.update(self._by_word[alike])
        sizes, size = self._sizes, len(words)
        near = [
            (2 * count / (size + sizes[number]) + (count >= min(size, sizes[number])), number)
            for number, count in shared.items()
            # What `names.classify` calls other than different; see `names._compare`.
            if count >= sizes[number] or count >= size or 4 * count >= size + sizes[number]
        ]
        return [number for _nearness, number in sorted(near, reverse=True)[:CLASSIFIED]]

    def _alike(self, word: str) -> set[str]:
        """Return the words of the directory that are `word`, or may be, misspelt."""
        found = {word} if word in self._by_word else set()
        for letters in _neighbourhood(word):
            for other in self._by_letters.get(letters, ()):
                if other not in found and names.is_slip(*sorted((word, other))):
                    found.add(other)
        return found


def _neighbourhood(word: str) -> Iterator[str]:
    """Yield what two words have in common that differ by one letter more, less or other, or by two changed places.

    Long ones may differ by more, behind an equal beginning.
    """
    if any(character.isdigit() for character in word):
        return
    yield word
    if len(word) > 3:
        yield from {word[:at] + word[at + 1 :] for at in range(len(word))}
    if len(word) >= LONG:
        yield f"{word[:PREFIX]}*"
