"""What the form to sign carries from page to page, signed: no session, no cookie, nothing in the address.

A *seal* says for which words a form was made, and when. A *draft* says which answers were checked; it covers those that
stand beside it in the form, so what is sent is what was shown. Pure functions but for the clock.
"""

import hashlib
import json
import time
from collections.abc import Collection, Mapping
from typing import NamedTuple
from uuid import UUID, uuid4, uuid5

from django.core import signing

# One salt each: none of them can stand in for another.
SEAL, DRAFT, HANDED = "signatories.sign", "signatories.sign.draft", "signatories.sign.for"
# Seconds in which nobody fills in the form, and in which everybody has.
TOO_FAST, TOO_LONG = 3, 24 * 60 * 60
# What is told of an organisation to a colleague, and how long that may be in an address: some mail programs break
# longer ones.
ORGANISATION = ("name_as_signed", "name_in_own_script", "acronym", "country", "website")
MAX_LENGTH = 1500


class Seal(NamedTuple):
    """For which text (its key) and wording of the declaration a form was made, when, and the form's own number."""

    text: int
    version: str
    made_at: int
    form: str

    def signed(self) -> str:
        """Return the seal as the form carries it."""
        return signing.dumps(list(self), salt=SEAL, compress=True)


class Draft(NamedTuple):
    """Answers that were checked: for which text and wording, and when; `key` is the same for the same answers."""

    text: int
    version: str
    made_at: int
    key: UUID


def new_seal(text: int, version: str, *, age: int = 0) -> Seal:
    """Return the seal of a new form, as if it had been made `age` seconds ago."""
    return Seal(text, version, int(time.time()) - age, uuid4().hex)


def read_seal(value: str) -> Seal | None:
    """Return what a seal says; None if this site did not make it."""
    try:
        return Seal(*signing.loads(value, salt=SEAL))
    except (signing.BadSignature, ValueError, TypeError):
        return None


def in_another_language(value: str, text: int, current: Collection[int]) -> str:
    """Return a seal for `text` in place of another of the letter's `current` texts; others stay as they are.

    It is the same form still: its time goes on running.
    """
    seal = read_seal(value)
    return seal._replace(text=text).signed() if seal and seal.text in current else value


def draft(seal: Seal, answers: Mapping[str, str]) -> str:
    """Return the draft of `answers`, which were checked just now in the form that has this seal."""
    content = [seal.form, seal.text, seal.version, int(time.time()), _digest(answers)]
    return signing.dumps(content, salt=DRAFT, compress=True)


def read_draft(value: str, answers: Mapping[str, str]) -> Draft | None:
    """Return what a draft says; None if this site did not make it, or made it for other `answers`."""
    try:
        form, text, version, made_at, digest = signing.loads(value, salt=DRAFT)
        # Made of the form's number and the answers: checking and sending the same twice is sending it once, and
        # whoever goes back, changes something and sends that sends something else.
        key = uuid5(UUID(form), f"{text} {digest}")
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return Draft(text, version, made_at, key) if digest == _digest(answers) else None


def _digest(answers: Mapping[str, str]) -> str:
    given = sorted((name, value) for name, value in answers.items() if value)
    return hashlib.sha256(json.dumps(given).encode()).hexdigest()


def handed(known: Mapping[str, str]) -> str:
    """Return what is `known` of an organisation as an address carries it; of what is too long, the name stays."""
    kept = {name: known[name] for name in ORGANISATION if known.get(name)}
    for name in ("", "website", "name_in_own_script", "acronym", "country", "name_as_signed"):
        kept.pop(name, None)
        value = signing.dumps(kept, salt=HANDED, compress=True)
        if len(value) <= MAX_LENGTH:
            break
    return value


def read_handed(value: str) -> dict[str, str] | None:
    """Return what an address says of an organisation; None if it was cut short or altered."""
    if len(value) > MAX_LENGTH:
        return None
    try:
        known = signing.loads(value, salt=HANDED)
    except (signing.BadSignature, ValueError):
        return None
    return {name: known[name] for name in ORGANISATION if name in known}
