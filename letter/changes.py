"""What is new in an edition: who was added, corrected, withdrawn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .content import Line

# Entries on one page of the log, and names that one entry shows there.
SHOWN, NAMES_SHOWN = 50, 200


@dataclass(frozen=True)
class Changes:
    """The difference between two editions; stored in `Edition.changes`."""

    is_first: bool = False
    added: Sequence[Mapping[str, str]] = ()
    """``anchor`` and ``name`` of each, and ``own`` if it stands there in its own script, too, in the order printed;
    none in the first edition, whose list they are."""
    corrected: Sequence[str] = ()
    """Names as they are printed now."""
    withdrew: int = 0
    """How many stand no longer on the list; their names are not repeated."""
    statements: Sequence[str] = ()
    """What the secretariat says of those that withdrew since the edition before, after delivery."""
    is_revised: bool = False
    """Whether the letter's own words changed."""

    def as_json(self) -> dict[str, Any]:
        """Return what is stored."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in vars(self).items()}


def compare(
    before: Sequence[Line], after: Sequence[Line], *, is_revised: bool, statements: Sequence[str] = ()
) -> Changes:
    """Return what changed between two lists. A signatory is the same one as long as its anchor is."""
    old = {line.anchor: line for line in before}
    new = {line.anchor for line in after}
    added = [_added(line) for line in after if line.anchor not in old]
    corrected = [line.name for line in after if line.anchor in old and _printed(old[line.anchor]) != _printed(line)]
    return Changes(
        added=added,
        corrected=corrected,
        withdrew=sum(anchor not in new for anchor in old),
        statements=list(statements),
        is_revised=is_revised,
    )


def _added(line: Line) -> dict[str, str]:
    own = {"own": line.name_in_own_script} if line.name_in_own_script else {}
    return {"anchor": line.anchor, "name": line.name} | own


def _printed(line: Line) -> tuple[str, ...]:
    return line.name, line.acronym, line.country, line.website, line.name_in_own_script


@dataclass(frozen=True)
class Entry:
    """One edition in the log of changes."""

    number: int
    published_at: datetime
    count: int
    changes: Changes = field(default_factory=Changes)

    @property
    def names_shown(self) -> list[tuple[str, str]]:
        """The first of the names added, each with its form in its own script or nothing."""
        return [(one["name"], one.get("own", "")) for one in self.changes.added[:NAMES_SHOWN]]

    @property
    def names_left_out(self) -> int:
        """How many names more there are."""
        return max(0, len(self.changes.added) - NAMES_SHOWN)


def entry(number: int, published_at: datetime, count: int, changes: Mapping[str, Any]) -> Entry:
    """Return the entry of an edition from what is stored; one from before the log says no more than its number."""
    return Entry(number, published_at, count, Changes(**changes))
