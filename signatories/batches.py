"""What the worker does with an uploaded file: looks at its rows, and imports them.

Both can be cut off at any moment and are taken up again. A look starts over, and ends any other look at the same file;
an import goes on with the rows that have not come to anything yet.
"""

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from openpyxl.utils import get_column_letter

from letter.models import Letter

from . import columns, evidence, names, sheets
from .countries import country_code
from .forms.fields import (
    EmailField,
    WebsiteField,
    checked_acronym,
    name_field,
    own_script_field,
    plain_text,
    written_text,
)
from .matching import Directory, Match
from .models import Actor, AlreadyListed, Batch, BatchRow, LetterNotOpen, Organisation, SignOn, VariantName
from .names import Similarity
from .sheets import Table
from .states import LIVE, NotAllowed, Source, State, Who

MAX_SIZE = 10_000_000
MAX_ROWS = 10_000
# Rows that are looked at before they are kept, and seconds after which an import gives way to other jobs.
CHUNK, TURN = 500, 5
# How people write that there is nothing to write; not “NA” and “no”, which are Namibia and Norway.
NOTHING = frozenset("- – — . / n/a none null nil aucun aucune néant ninguno ninguna لا لايوجد".split())
# What a spreadsheet shows where it cannot compute.
FAILED = frozenset("#REF! #N/A #NAME? #VALUE! #DIV/0! #NULL! #NUM! #ERROR!".split())

# States of a sign-on beside which the same organisation's need not come in. Not what a stranger left unconfirmed.
STANDING = frozenset(LIVE) - {State.UNCONFIRMED}

Outcome, Result = BatchRow.Outcome, BatchRow.Result
# (kind, key): an organisation, a sign-on to this letter, or a line of the file.
Item = tuple[str, int]

FIELDS: dict[str, forms.Field] = {
    columns.NAME: name_field(),
    "name_in_own_script": own_script_field(),
    "acronym": forms.CharField(max_length=30, required=False, validators=[plain_text, checked_acronym]),
    "website": WebsiteField(required=False),
    "representative_name": forms.CharField(max_length=200, required=False, validators=[plain_text]),
    "representative_role": forms.CharField(max_length=200, required=False, validators=[plain_text]),
    "email": EmailField(
        max_length=254,
        required=False,
        error_messages={"invalid": gettext_lazy("Write the e-mail address as in name@example.org.")},
    ),
    "received": forms.CharField(max_length=100, required=False, validators=[plain_text]),
    "remark": forms.CharField(max_length=2000, required=False, validators=[written_text]),
}


def read(content: bytes, **reading: Any) -> Table:
    """Return what a file of sign-ons holds; raises SheetFault."""
    return sheets.read(content, max_rows=MAX_ROWS, likeness=columns.likeness, **reading)


def described(table: Table) -> dict[str, Any]:
    """Return what a batch keeps of a table: how it was read, its headings, and some values of each column."""
    samples: list[list[str]] = []
    for column in range(len(table.header)):
        filled = (cells[column] for _line, cells in table.rows if column < len(cells) and cells[column])
        samples.append([value[:100] for value, _number in zip(dict.fromkeys(filled), range(3), strict=False)])
    return {
        "encoding": table.encoding,
        "sheet": table.sheet,
        "header_line": table.header_line,
        "header": table.header,
        "samples": samples,
        "columns": columns.guess(table.header, samples),
    }


# ── looking ──


def look(batch: Batch) -> None:
    """Find out what would come of each row, and keep it; nothing else is written."""
    number = batch.begin_look()
    table = read(bytes(batch.file.content), encoding=batch.encoding, sheet=batch.sheet, header_line=batch.header_line)
    register = Register(batch.letter)
    for start in range(0, len(table.rows), CHUNK):
        rows = [
            register.examined(BatchRow(batch=batch, **row_of(batch.columns, batch.header, line, cells)))
            for line, cells in table.rows[start : start + CHUNK]
        ]
        batch.keep(number, rows, total=len(table.rows))
    batch.end_look(number)


def row_of(meant: Sequence[str], header: Sequence[str], line: int, cells: Sequence[str]) -> dict[str, Any]:
    """Return what one line says, checked, and what is wrong with it; `meant` says of each column what it holds."""
    problems: list[tuple[str, str, str]] = []
    values: dict[str, str] = {}

    def wrong(name: str, problem: str) -> None:
        index = next((at for at, one in enumerate(meant) if one == name), None)
        where = ("", "") if index is None else (get_column_letter(index + 1), header[index])
        problems.append((*where, problem))

    for name, cell in zip(meant, cells, strict=False):
        if name:
            values[name] = "" if name != columns.NAME and cell.casefold() in NOTHING else cell
            if cell in FAILED:
                wrong(name, _("The spreadsheet shows an error here (%(value)s).") % {"value": cell})
            elif cell.startswith("="):
                wrong(name, _("This is a formula. Write what it comes to."))
    if surplus := [cell for cell in cells[len(header) :] if cell]:
        first = cells.index(surplus[0], len(header)) + 1
        problem = _("There are more cells than headings: is a delimiter not in quotation marks?")
        problems.append((get_column_letter(first), "", problem))
    parts = [values.pop(part, "") for part in ("first_name", "last_name")]
    if not values.get("representative_name") and any(parts):
        values["representative_name"] = " ".join(filter(None, parts))
    if not problems:
        _check(values, wrong)
    name = values.get(columns.NAME, "")
    return {
        "line": line,
        "name": name,
        "name_key": names.key(name) if name and not problems else "",
        "values": values,
        "problems": problems,
        "outcome": Outcome.ERROR if problems else Outcome.NEW,
    }


def _check(values: dict[str, str], wrong: Any) -> None:
    """Check each value by the rules of the forms, and put it as they do."""
    values.setdefault(columns.NAME, "")
    for name, field in FIELDS.items():
        if name in values:
            try:
                values[name] = field.clean(values[name])
            except ValidationError as error:
                wrong(name, " ".join(error.messages))
    if country := values.get("country"):
        values["country"] = country_code(country)
        if not values["country"]:
            problem = _("“%(value)s” is not a country; its ISO 3166-1 code will do.")
            wrong("country", problem % {"value": country[:100]})


class Register:
    """All names that a row may be the same as: organisations on record, sign-ons to the letter, the file's own rows."""

    def __init__(self, letter: Letter) -> None:
        self._names: Directory[Item] = Directory()
        self._by_key: dict[str, set[int]] = defaultdict(set)
        self._by_domain: dict[str, list[tuple[Item, str]]] = defaultdict(list)
        self._countries: dict[int, str] = {}
        self._lines: dict[str, tuple[int, str]] = {}
        self._states: dict[int, str] = {}
        self._sign_ons: dict[str, list[Any]] = defaultdict(list)
        self._of_organisation: dict[int, list[Any]] = defaultdict(list)
        organisations = (
            Organisation.objects.standing()
            .order_by("pk")
            .values_list("pk", "name", "name_key", "acronym", "country", "website")
        )
        acronyms = {}
        for pk, name, key, acronym, country, website in organisations.iterator():
            self._add(("organisation", pk), name, acronym, website)
            self._by_key[key].add(pk)
            self._countries[pk], acronyms[pk] = country, acronym
        variants = VariantName.objects.values_list("organisation_id", "name", "name_key")
        for pk, name, key in variants.iterator():
            if pk in acronyms:
                self._add(("organisation", pk), name, acronyms[pk])
                self._by_key[key].add(pk)
        sign_ons = SignOn.objects.filter(letter=letter).values(
            "pk", "name_as_signed", "name_key", "acronym", "website", "state", "organisation_id"
        )
        for one in sign_ons.iterator():
            self._sign_ons[one["name_key"]].append(one)
            self._states[one["pk"]] = one["state"]
            if one["organisation_id"]:
                self._of_organisation[one["organisation_id"]].append(one)
            else:
                item = ("sign_on", one["pk"])
                self._add(item, one["name_as_signed"], one["acronym"], one["website"])

    def _add(self, item: Item, name: str, acronym: str, website: str = "") -> None:
        self._names.add(item, name, acronym)
        if domain := _domain(website):
            self._by_domain[domain].append((item, name))

    def examined(self, row: BatchRow) -> BatchRow:
        """Return the row with its outcome; the rows after it are compared with it, too."""
        if row.outcome == Outcome.ERROR:
            return row
        row.name_key = names.key(names.split_acronym(row.name)[0])
        first, name = self._lines.setdefault(row.name_key, (row.line, row.name))
        if first != row.line:
            row.outcome, row.similar = Outcome.REPEATED, [_found(("line", first), name, Similarity.SAME)]
            return row
        self._judge(row)
        if row.outcome not in (Outcome.LISTED, Outcome.KNOWN):
            # The others are there already, by what they are the same as.
            acronym, website = row.values.get("acronym", ""), row.values.get("website", "")
            self._add(("line", row.line), row.name, acronym, website)
        return row

    def _judge(self, row: BatchRow) -> None:
        organisations = self._by_key.get(row.name_key, set())
        sign_ons = [*self._sign_ons.get(row.name_key, ())]
        for pk in organisations:
            sign_ons += self._of_organisation.get(pk, ())
        live = next((one for one in sign_ons if one["state"] in STANDING), None)
        if live:
            row.outcome = Outcome.LISTED
            row.similar = [_found(("sign_on", live["pk"]), live["name_as_signed"], Similarity.SAME, live["state"])]
        elif sign_ons:
            # Declined, taken back by the organisation's will, or never confirmed: not put on the list unseen.
            row.outcome = Outcome.SIMILAR
            row.similar = [
                _found(("sign_on", one["pk"]), one["name_as_signed"], Similarity.SAME, one["state"])
                for one in {one["pk"]: one for one in sign_ons}.values()
            ][:3]
        elif len(organisations) == 1 and self._may_be(organisation := next(iter(organisations)), row):
            row.outcome, row.organisation_id = Outcome.KNOWN, organisation
        elif found := [*self._similar(row)]:
            row.outcome, row.similar = Outcome.SIMILAR, found
        else:
            row.outcome = Outcome.NEW

    def _may_be(self, organisation: int, row: BatchRow) -> bool:
        """Whether nothing speaks against the organisation of this name: two may bear one name in two countries."""
        return len({self._countries[organisation], row.values.get("country", "")} - {""}) < 2

    def _similar(self, row: BatchRow) -> Iterator[dict[str, Any]]:
        found: list[Match[Item]] = self._names.similar_to(row.name, row.values.get("acronym", ""))
        for match in found:
            yield _found(match.item, match.name, match.similarity, self._state(match.item))
        told = {match.item for match in found}
        for item, name in self._by_domain.get(_domain(row.values.get("website", "")), ())[:2]:
            if item not in told:
                yield _found(item, name, Similarity.DIFFERENT, self._state(item))

    def _state(self, item: Item) -> str:
        """Return how it stands with this letter."""
        kind, key = item
        if kind == "sign_on":
            return self._states[key]
        return next((one["state"] for one in self._of_organisation.get(key, ()) if kind == "organisation"), "")


def _domain(website: str) -> str:
    """Return the domain by which a website tells an organisation; empty for a platform's."""
    return "" if not website or evidence.is_shared_host(website) else evidence.domain_of_website(website)


def _found(item: Item, name: str, similarity: Similarity, state: str = "") -> dict[str, Any]:
    """Return what a row keeps of something that it may be the same as. Another name means: the same website."""
    return {"kind": item[0], "key": item[1], "name": name, "similarity": similarity, "state": state}


# ── importing ──


def carry_on(batch: Batch, seconds: float = TURN) -> bool:
    """Import rows for so many seconds; return whether there are more."""
    until = time.monotonic() + seconds
    text = batch.letter.text()
    for pk in batch.rows.to_import().values_list("pk", flat=True):
        if time.monotonic() > until:
            batch.progress()
            return True
        _import(batch, text, pk)
    batch.progress()
    return False


def _import(batch: Batch, text: Any, pk: int) -> None:
    """Bring one row in, in a transaction that also marks it with its sign-on; and accept it, in another.

    Two, because each ends with the record's lock: who holds that must not wait for the list's.
    """
    with transaction.atomic():
        row = _taken(pk)
        if row is None:
            return
        if not row.sign_on_id:
            _enter(batch, text, row)
        if row.result or not _is_to_be_accepted(batch, row):
            row.result = row.result or Result.PENDING
            row.save(update_fields=["result", "remark", "sign_on"])
            return
        row.save(update_fields=["sign_on"])
    with transaction.atomic():
        row = _taken(pk)
        if row and row.sign_on:
            _accept(batch, row, row.sign_on)
            row.save(update_fields=["result", "remark"])


def _taken(pk: int) -> BatchRow | None:
    """Return the row, locked, unless it has come to something or another worker has it."""
    rows = BatchRow.objects.select_for_update(skip_locked=True, of=("self",)).filter(pk=pk, result="")
    return rows.select_related("organisation", "sign_on").first()


def _is_to_be_accepted(batch: Batch, row: BatchRow) -> bool:
    return batch.is_accepted and row.outcome in (Outcome.NEW, Outcome.KNOWN)


def _enter(batch: Batch, text: Any, row: BatchRow) -> None:
    """Register the row's sign-on, unless one has come in since the rows were looked at."""
    same = SignOn.objects.filter(letter=batch.letter, name_key=names.key(row.name), state__in=STANDING)
    received = {name: value for name, value in row.values.items() if name not in ("received", "remark")}
    try:
        if twin := same.first():
            raise AlreadyListed(twin)
        row.sign_on = SignOn.register(
            text,
            Actor(Who.MODERATOR, batch.imported_by),
            note=_note(batch, row),
            source=Source.IMPORT,
            organisation=row.organisation and row.organisation.standing(),
            **received,
        )
    except AlreadyListed as listed:
        row.result, row.remark = (
            Result.REFUSED,
            _("Signed already: sign-on %(number)d.") % {"number": getattr(listed.sign_on, "pk", 0)},
        )
    except LetterNotOpen:
        row.result, row.remark = Result.REFUSED, _("The letter has not opened.")
    except PermissionDenied:
        row.result, row.remark = Result.REFUSED, _("Whoever imports is no longer permitted to.")
    except ValidationError as error:
        row.result, row.remark = Result.REFUSED, " ".join(error.messages)


def _accept(batch: Batch, row: BatchRow, sign_on: SignOn) -> None:
    """Accept the row's sign-on, or leave it to a moderator if anything has changed since the rows were looked at."""
    values = row.values
    row.result = Result.PENDING
    if row.outcome == Outcome.NEW and Organisation.objects.known_as(row.name).exists():
        row.remark = _("An organisation of this name has been recorded meanwhile.")
        return
    if row.outcome == Outcome.KNOWN and row.organisation is None:
        row.remark = _("The organisation is no longer on record.")
        return
    try:
        sign_on.accept(
            Actor(Who.MODERATOR, batch.imported_by),
            organisation=row.organisation,
            listed_name=row.name,
            listed_acronym=values.get("acronym") or names.split_acronym(row.name)[1][:30],
            listed_country=values.get("country", ""),
            listed_website=values.get("website", ""),
            listed_name_in_own_script=values.get("name_in_own_script", ""),
            is_silent=not batch.is_told,
        )
    except AlreadyListed:
        row.remark = _("The organisation is on the list by another sign-on.")
    except PermissionDenied:
        row.remark = _("Whoever imports may not accept.")
    except ValidationError as error:
        row.remark = " ".join(error.messages)
    except NotAllowed:
        row.remark = _("Somebody has decided on it meanwhile.")
    else:
        row.result = Result.ACCEPTED


def _note(batch: Batch, row: BatchRow) -> str:
    """Return what the record says of where the sign-on came from."""
    said = [batch.note, _("%(file)s, line %(line)d") % {"file": batch.file_name, "line": row.line}]
    if received := row.values.get("received"):
        said.append(_("Came in: %(moment)s") % {"moment": received})
    return "\n".join(filter(None, [*said, row.values.get("remark")]))
