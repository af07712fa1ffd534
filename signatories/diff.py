"""What changes from one text to another, word by word. Pure functions."""

import re
from difflib import SequenceMatcher
from typing import Literal

Part = tuple[Literal["same", "gone", "new"], str]
_TOKENS = re.compile(r"\s+|[^\W_]+|.", re.DOTALL)


def words(before: str, after: str) -> list[Part]:
    """Return the parts of both texts in reading order: those that stay, those that go, those that come."""
    old, new = _TOKENS.findall(before), _TOKENS.findall(after)
    parts: list[Part] = []
    for kind, start, end, new_start, new_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            parts.append(("same", "".join(old[start:end])))
            continue
        if start < end:
            parts.append(("gone", "".join(old[start:end])))
        if new_start < new_end:
            parts.append(("new", "".join(new[new_start:new_end])))
    return _without_islands(parts)


def whole(before: str, after: str) -> list[Part]:
    """Return the parts where words say nothing, as in a web address: all of it goes, and all of it comes."""
    parts: list[Part] = [("gone", before), ("new", after)]
    return [part for part in parts if part[1]]


def _without_islands(parts: list[Part]) -> list[Part]:
    """Join changes that only a space parts: “Sans Frontieres” is read as one change, not as two."""
    joined: list[Part] = []
    for index, (kind, text) in enumerate(parts):
        is_island = kind == "same" and text.isspace() and 0 < index < len(parts) - 1
        pieces: list[Part] = [("gone", text), ("new", text)] if is_island else [(kind, text)]
        for piece in pieces:
            _add(joined, piece)
    return joined


def _add(parts: list[Part], piece: Part) -> None:
    """Add a piece to the run of changes at the end, all that goes before all that comes."""
    kind, text = piece
    run = len(parts)
    while run and parts[run - 1][0] != "same":
        run -= 1
    for index in range(run, len(parts)):
        if parts[index][0] == kind != "same":
            parts[index] = (kind, parts[index][1] + text)
            return
    if kind == "gone":
        parts.insert(run, piece)
    else:
        parts.append(piece)
