"""Reads a book of recipients from a CSV file or a workbook, and says line by line what would come of it.

Nothing here writes, and nothing asks the database: the book as it stands is handed in.
"""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.conf.locale import LANG_INFO
from django.core.exceptions import ValidationError
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_countries import countries
from django_countries.data import COUNTRIES
from openpyxl import load_workbook

from letter.artefacts.data import defused
from signatories import names

from .models import COLUMNS, Recipient, differences

MAX_ROWS = 2_000
MAX_SIZE = 1_000_000
# Bytes that a workbook may have once it is unpacked, and columns that are looked at.
MAX_UNPACKED, MAX_COLUMNS = 30_000_000, 50

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


class BookFault(Exception):
    """The file as a whole cannot be read; the message says why."""


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
        BookFault: if it is neither, has no header, or is too large.
    """
    if len(content) > MAX_SIZE:
        raise BookFault(_("The file is larger than 1 MB."))
    lines = _workbook(content) if content.startswith(b"PK\x03\x04") else _csv(content)
    header: list[str] = []
    unknown: list[str] = []
    rows: list[Row] = []
    for number, cells in lines:
        if not any(cells):
            continue
        if not header:
            header, unknown = _header(cells)
            continue
        if len(rows) == MAX_ROWS:
            raise BookFault(_("The file has more than %d recipients. Please split it.") % MAX_ROWS)
        row = Row(number, {name: cell for name, cell in zip(header, cells, strict=False) if name})
        for name in set(filter(None, header)) - row.values.keys():
            row.values[name] = ""
        if any(cells[len(header) :]):
            row.problems.append(("", _("There are more cells than columns: is a comma not in quotes?")))
        rows.append(row)
    if not rows:
        raise BookFault(_("There is no recipient in the file."))
    return Sheet(rows, unknown)


def _header(cells: list[str]) -> tuple[list[str], list[str]]:
    """Return the column that each cell of the header means, and the words that mean none."""
    header, unknown = [], []
    for cell in cells:
        column = _known(SYNONYMS).get(_words(cell), "")
        if column and column in header:
            raise BookFault(_("Two columns of the file are the recipients' “%(column)s”.") % {"column": LABELS[column]})
        header.append(column)
        if cell and not column:
            unknown.append(cell)
    if not {"name", "office"} & set(header):
        raise BookFault(_("The first line must name the columns; there is no column “name” or “office”."))
    if not {"email", "postal_address"} & set(header):
        raise BookFault(_("There is no column “e-mail” or “postal address”."))
    return header, unknown


def _csv(content: bytes) -> Iterator[tuple[int, list[str]]]:
    """Yield number and cells of each line of a CSV file."""
    text = _decode(content)
    if "\0" in text:
        raise BookFault(_("This is neither CSV nor an XLSX workbook."))
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begins = 1
    try:
        for cells in reader:
            yield begins, [_plain(cell) for cell in cells]
            begins = reader.line_num + 1
    except csv.Error as error:
        raise BookFault(
            _("Line %(line)d is not CSV: %(problem)s.") % {"line": reader.line_num, "problem": error}
        ) from None


def _decode(content: bytes) -> str:
    is_wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ["utf-16"] if is_wide else ["utf-8-sig", "cp1252"]:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BookFault(_("The file's characters cannot be read. Please save it as “CSV UTF-8”."))


def _workbook(content: bytes) -> Iterator[tuple[int, list[str]]]:
    """Yield number and cells of each line of a workbook's first sheet."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            # A part unpacks to no more than it declares.
            if sum(part.file_size for part in parts.infolist()) > MAX_UNPACKED:
                raise BookFault(_("The workbook is too large. Please save the sheet as CSV."))
        workbook = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        sheet = workbook.worksheets[0]
        # It may declare more lines and columns than it has.
        limits = {"max_row": 2 * MAX_ROWS, "max_col": MAX_COLUMNS, "values_only": True}
        lines = [["" if cell is None else _plain(str(cell)) for cell in line] for line in sheet.iter_rows(**limits)]
    except BookFault:
        raise
    except Exception:
        # Whatever a library makes of a broken file, or of a document that is no workbook.
        raise BookFault(_("The workbook cannot be read. Please save the sheet as CSV.")) from None
    yield from enumerate(lines, 1)


def _plain(cell: str) -> str:
    """Return a cell without the apostrophe that keeps a spreadsheet from taking it for a formula (our own export)."""
    cell = cell.strip()
    return cell[1:].strip() if cell[:1] == "'" and cell[1:2] in ("=", "+", "-", "@") else cell


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
        _words,
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


def _words(text: str) -> str:
    """Return words without case, marks and punctuation, as headers and names of countries are compared."""
    return names.sort_key(text).split("\t")[0].replace("-", " ").strip()


def _known(synonyms: dict[str, str]) -> dict[str, str]:
    return {_words(one): code for code, words in synonyms.items() for one in words.split(",")}


def country_code(value: str) -> str:
    """Return the ISO 3166-1 alpha-2 code of a country, given as a code or by its name in a language of the UN."""
    code = value.upper()
    if code in countries.countries:
        return code
    return countries.alpha2(code) if len(code) == 3 and code.isascii() else _countries().get(_words(value), "")


@cache
def _countries() -> dict[str, str]:
    """Return the codes of countries by their names, in the languages that addressees are written in."""
    known: dict[str, str] = {}
    for language in ("en", "fr", "es", "ar", "pt", "ru"):
        with translation.override(language):
            known |= {_words(name): code for code, name in countries}
    return {_words(str(name)): code for code, name in COUNTRIES.items()} | known


def language_tag(value: str) -> str:
    """Return the BCP 47 tag of a language, given as one or by its name, in English or its own."""
    primary, *rest = value.replace("_", "-").lower().split("-")
    if primary in LANG_INFO:
        # As the letter's texts are tagged: zh-Hant, pt-BR.
        return "-".join([primary, *(part.upper() if len(part) == 2 else part.title() for part in rest)])
    return _languages().get(_words(value), "")


@cache
def _languages() -> dict[str, str]:
    known = [info for info in LANG_INFO.values() if "name" in info and "-" not in info["code"]]
    return {_words(info[key]): info["code"] for info in known for key in ("name", "name_local")}


def write(recipients: Iterable[Recipient]) -> bytes:
    """Return the book as CSV that can be read back: UTF-8 with a byte order mark, as spreadsheets want it."""
    sheet = io.StringIO(newline="")
    writer = csv.writer(sheet)
    writer.writerow(SYNONYMS[column].split(",")[0] for column in COLUMNS)
    for one in recipients:
        writer.writerow(defused(str(getattr(one, column))) for column in COLUMNS)
    return sheet.getvalue().encode("utf-8-sig")
