"""Reads a book of recipients from a CSV file or a workbook, and says line by line what would come of it.

Nothing here writes, and nothing asks the database: the book as it stands is handed in.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from signatories import sheets
from signatories.countries import country_code, words
from signatories.languages import language_tag
from signatories.sheets import SheetFault

from .models import COLUMNS, Recipient, differences

MAX_ROWS = 2_000
MAX_SIZE = 1_000_000

# What a column is called, by its words without case and marks; the first is the template's.
SYNONYMS = {
    "name": "name, nom, nombre, full name, recipient, destinataire, destinatario, الاسم",
    "office": "office, title, position, function, role, fonction, titre, poste, cargo, titulo, funcion, puesto, المنصب",
    "country": "country, state, pays, etat, pais, estado, iso, country code, code pays, الدولة, البلد",
    "salutation": "salutation, greeting, formule d'appel, appel, saludo, tratamiento, التحية",
    "language": "language, langue, idioma, lengua, lang, اللغة",
    "email": "e-mail, email, mail, e-mail address, email address, courriel, adresse electronique, adresse e-mail,"
    " adresse mail, correo, correo electronico, البريد الإلكتروني",
    "postal_address": "postal address, address, mailing address, street address, adresse, adresse postale, direccion,"
    " direccion postal, العنوان",
    "channel": "how, by, channel, sent by, delivery, envoi, par, via, envio, como",
}
CHANNELS = {
    "email": "e-mail, email, by e-mail, by email, mail, courriel, par courriel, par e-mail, correo electronico,"
    " por correo electronico",
    "post": "post, by post, letter, paper, hand, by hand, by post or by hand, poste, par la poste, courrier,"
    " par courrier, papier, correo, por correo, carta, papel",
}
LABELS = {
    "name": gettext_lazy("name"),
    "office": gettext_lazy("office"),
    "country": gettext_lazy("country"),
    "salutation": gettext_lazy("salutation"),
    "language": gettext_lazy("language"),
    "email": gettext_lazy("e-mail"),
    "postal_address": gettext_lazy("postal address"),
    "channel": gettext_lazy("how it goes"),
}


@dataclass
class Row:
    """One line of the file, and what would come of it."""

    line: int
    values: dict[str, str]
    """What it says, by column; without the columns that the file does not have."""
    recipient: Recipient | None = None
    """As it would be in the book; None if something is wrong."""
    before: Recipient | None = None
    """As it is in the book."""
    problems: list[tuple[str, str]] = field(default_factory=list)
    """(Column, what is wrong)."""
    note: str = ""
    """What somebody should know before they import it."""

    @property
    def label(self) -> str:
        """What the line calls its recipient."""
        return self.values.get("name") or self.values.get("office") or ""

    @property
    def changes(self) -> list[tuple[str, str, str]]:
        """(Column, before, after) of what it changes in the book."""
        if not self.recipient or not self.before:
            return []
        return [(str(LABELS[name]), old, new) for name, old, new in differences(self.before, self.recipient)]

    @property
    def outcome(self) -> str:
        """What would come of it: “error”, “new”, “changed” or “unchanged”."""
        if self.problems:
            return "error"
        if not self.before:
            return "new"
        return "changed" if self.changes else "unchanged"


@dataclass(frozen=True)
class Sheet:
    """What a file holds: its lines, and the columns that mean nothing here."""

    rows: list[Row]
    unknown: list[str]


def read(content: bytes) -> Sheet:
    """Return the lines of a CSV file (comma, semicolon or tab; UTF-8, UTF-16 or Windows-1252) or an XLSX workbook.

    Raises:
        SheetFault: if it is neither, has no header, or is too large.
    """
    if len(content) > MAX_SIZE:
        raise SheetFault(_("The file is larger than 1 MB."))
    header: list[str] = []
    unknown: list[str] = []
    rows: list[Row] = []
    for number, cells in sheets.lines(content).lines:
        if not any(cells):
            continue
        if not header:
            header, unknown = _header(cells)
            continue
        if len(rows) == MAX_ROWS:
            raise SheetFault(_("The file has more than %d recipients. Please split it.") % MAX_ROWS)
        row = Row(number, {name: cell for name, cell in zip(header, cells, strict=False) if name})
        for name in set(filter(None, header)) - row.values.keys():
            row.values[name] = ""
        if any(cells[len(header) :]):
            row.problems.append(("", _("There are more cells than columns: is a comma not in quotes?")))
        rows.append(row)
    if not rows:
        raise SheetFault(_("There is no recipient in the file."))
    return Sheet(rows, unknown)


def _header(cells: list[str]) -> tuple[list[str], list[str]]:
    """Return the column that each cell of the header means, and the words that mean none."""
    header, unknown = [], []
    for cell in cells:
        column = _known(SYNONYMS).get(words(cell), "")
        if column and column in header:
            raise SheetFault(
                _("Two columns of the file are the recipients' “%(column)s”.") % {"column": LABELS[column]}
            )
        header.append(column)
        if cell and not column:
            unknown.append(cell)
    if not {"name", "office"} & set(header):
        raise SheetFault(_("The first line must name the columns; there is no column “name” or “office”."))
    if not {"email", "postal_address"} & set(header):
        raise SheetFault(_("There is no column “e-mail” or “postal address”."))
    return header, unknown


def plan(rows: Iterable[Row], book: Iterable[Recipient], *, is_delivered: bool) -> None:
    """Complete `rows` with what would come of each, given the recipients that are in the book.

    Args:
        rows: as `read` returned them.
        book: the recipients of the letter.
        is_delivered: whether the letter is delivered, so that nobody in the book can change.
    """
    known = {one.identity: one for one in book}
    mailboxes = {one.email.lower(): one.label for one in known.values() if one.email}
    lines: dict[tuple[str, str, str], int] = {}
    for row in rows:
        recipient = _recipient(row, known)
        if row.problems:
            continue
        if (twin := lines.setdefault(recipient.identity, row.line)) != row.line:
            row.problems.append(("name", _("The same name, office and country stand on line %d.") % twin))
            continue
        row.recipient, row.before = recipient, known.get(recipient.identity)
        if is_delivered and row.changes:
            row.problems.append(("", _("The letter has been delivered to this recipient: nothing can change.")))
        if row.outcome == "new" and recipient.email:
            other = mailboxes.setdefault(recipient.email.lower(), recipient.label)
            if other != recipient.label:
                row.note = _("Same e-mail address as “%(name)s”: two copies go there.") % {"name": other}


def _recipient(row: Row, known: dict[tuple[str, str, str], Recipient]) -> Recipient:
    """Return what the line would be in the book; what is wrong with it goes to its `problems`."""
    values = dict(row.values)
    for column in values.keys() - {"postal_address"}:
        values[column] = " ".join(values[column].split())
    given = values.get("postal_address", "").splitlines()
    if "postal_address" in values:
        values["postal_address"] = "\n".join(line.strip() for line in given if line.strip())
    _translate(row, values, "country", country_code, _("“%(value)s” is not a country; its ISO 3166-1 code will do."))
    _translate(row, values, "language", language_tag, _("“%(value)s” is not a language; write a tag such as en or fr."))
    _translate(
        row,
        values,
        "channel",
        _known(CHANNELS).get,
        _("“%(value)s” is not a way to send; write e-mail or post."),
        words,
    )
    recipient = Recipient(**values)
    before = known.get(recipient.identity)
    for column in set(COLUMNS) - values.keys():
        # What the file has no column for stays as it is in the book.
        setattr(recipient, column, getattr(before or Recipient(), column))
    if not values.get("channel") and not (before and "channel" not in values):
        recipient.channel = Recipient.Channel.EMAIL if recipient.email else Recipient.Channel.POST
    try:
        recipient.clean_fields(exclude=["letter", *(column for column, _problem in row.problems)])
        recipient.clean()
    except ValidationError as error:
        for column, problems in error.message_dict.items():
            row.problems.extend((column, problem) for problem in problems)
    return recipient


def _translate(row: Row, values: dict[str, str], column: str, look_up: Any, problem: str, words: Any = str) -> None:
    """Turn the words in a column into their code; what has none is a problem of the row."""
    value = values.get(column)
    if value:
        values[column] = look_up(words(value)) or ""
        if not values[column]:
            row.problems.append((column, problem % {"value": value}))


def _known(synonyms: dict[str, str]) -> dict[str, str]:
    return {words(one): code for code, forms in synonyms.items() for one in forms.split(",")}


def write(recipients: Iterable[Recipient]) -> bytes:
    """Return the book as CSV that can be read back: UTF-8 with a byte order mark, as spreadsheets want it."""
    header = [SYNONYMS[column].split(",")[0] for column in COLUMNS]
    return sheets.write(header, ([getattr(one, column) for column in COLUMNS] for one in recipients))
