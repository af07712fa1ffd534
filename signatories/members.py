"""Reads a coalition's members from a CSV file or a workbook, and says line by line what would come of inviting them.

Nothing here writes, and nothing is sent from here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from letter.models import Letter

from . import batches, columns, names, sheets
from .countries import words
from .languages import language_tag
from .models import DoNotContact, MemberInvitation, SignOn
from .models.member_invitation import STANDING
from .sheets import SheetFault

LANGUAGE = "language"
# What is read of a line, in the order of the template; a role, a remark and the like mean nothing here.
MEANT = [columns.NAME, "acronym", "country", "website", "representative_name", "first_name", "last_name", "email"]
TEMPLATE = ["name", "acronym", "country", "website", "contact", "e-mail", "language"]
# Headings of the members' language, as `words` gives them.
LANGUAGES = frozenset("language, langue, idioma, lengua, lang, اللغه, preferred language, langue preferee".split(", "))
OUTCOMES = {
    "new": gettext_lazy("will be invited"),
    "invited": gettext_lazy("invited already"),
    "signed": gettext_lazy("has signed already"),
    "do_not_contact": gettext_lazy("does not want to be written to"),
    "repeated": gettext_lazy("the same address as on another line"),
    "error": gettext_lazy("cannot be read"),
}


@dataclass
class Row:
    """One line of the file, and what would come of it: a key of `OUTCOMES`."""

    line: int
    values: dict[str, str]
    outcome: str = "new"
    problems: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """What the line calls the organisation."""
        return self.values.get(columns.NAME, "")

    def left_out(self) -> dict[str, Any]:
        """Return what is kept of a line that is not invited: never its address, which may ask for just that."""
        return {
            "line": self.line,
            "name": self.name[: names.MAX_LENGTH],
            "outcome": self.outcome,
            "problem": " ".join(self.problems)[:500],
        }


@dataclass(frozen=True)
class Members:
    """What a file holds: its lines, and the headings that mean nothing here."""

    rows: list[Row]
    unknown: list[str]


def read(content: bytes) -> Members:
    """Return the members in a CSV file or an XLSX workbook, with what is wrong with their lines.

    Raises:
        SheetFault: if it is neither, is too large, or lacks the column of the names or of the addresses.
    """
    table = batches.read(content)
    meant = _meant(table)
    if columns.NAME not in meant:
        raise SheetFault(_("No column is the organisations' name. Call one “name”."))
    if "email" not in meant:
        raise SheetFault(_("No column is the e-mail address. Call one “e-mail”."))
    rows = [_row(meant, table.header, line, cells) for line, cells in table.rows]
    return Members(rows, [heading for heading, name in zip(table.header, meant, strict=True) if heading and not name])


def _meant(table: sheets.Table) -> list[str]:
    """Return what each column means: what a file of sign-ons would mean by it, and the language."""
    guessed = batches.described(table)["columns"]
    is_language = [words(heading) in LANGUAGES for heading in table.header]
    if is_language.count(True) > 1:
        raise SheetFault(_("Two columns of the file are the language."))
    return [
        LANGUAGE if is_so else name if name in MEANT else "" for name, is_so in zip(guessed, is_language, strict=True)
    ]


def _row(meant: Sequence[str], header: Sequence[str], line: int, cells: Sequence[str]) -> Row:
    """Return what one line says, by the rules of the form that it will fill in."""
    read = batches.row_of(meant, header, line, cells)
    row = Row(line, read["values"], problems=[problem for _letter, _heading, problem in read["problems"]])
    if not row.values.get("email"):
        row.problems.append(_("There is no e-mail address."))
    if value := row.values.get(LANGUAGE):
        row.values[LANGUAGE] = language_tag(value)
        if not row.values[LANGUAGE]:
            row.problems.append(_("“%(value)s” is not a language; write a tag such as en or fr.") % {"value": value})
    if row.problems:
        row.outcome = "error"
    return row


def plan(rows: Iterable[Row], letter: Letter) -> None:
    """Say of each of `rows` that was read without a fault what would come of inviting it to sign `letter`.

    Raises:
        KeyHasChanged: if the do-not-contact list cannot be read.
    """
    sound = [row for row in rows if row.outcome == "new"]
    addresses = [row.values["email"] for row in sound]
    listed = DoNotContact.objects.among(addresses)
    invited = MemberInvitation.objects.addresses_invited(letter, addresses)
    signed = _signed(letter)
    seen: dict[str, int] = {}
    for row in sound:
        address = row.values["email"].lower()
        first = seen.setdefault(address, row.line)
        if row.values["email"] in listed:
            row.outcome = "do_not_contact"
        elif address in signed or not signed.isdisjoint(_keys(row.name)):
            row.outcome = "signed"
        elif address in invited:
            row.outcome = "invited"
        elif first != row.line:
            row.outcome = "repeated"
            row.problems.append(_("The same address stands on line %(line)d.") % {"line": first})


def _keys(name: str) -> set[str]:
    """Return by which a name is known, with what stands in brackets and without."""
    return {names.key(name), names.key(names.split_acronym(name)[0])}


def _signed(letter: Letter) -> set[str]:
    """Return addresses and names' keys of those who have signed, and the other names of their organisations."""
    sign_ons = SignOn.objects.to(letter).filter(Q(state__in=STANDING)).order_by()
    own = sign_ons.values_list("name_key", Lower("email"))
    organisations = sign_ons.filter(organisation__isnull=False)
    known = organisations.values_list("organisation__name_key", "organisation__variants__name_key")
    return {value for rows in (own, known) for row in rows for value in row if value}
