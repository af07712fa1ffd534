"""Reads tables as people keep them: CSV of any kind, or a workbook. Pure functions; nothing here writes.

What a column means, and whether a cell is right, is for others to say; a fault here is of the file itself.
"""

import csv
import io
import re
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice, zip_longest
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from letter.artefacts.data import defused

# Characters of one cell; Excel's own limit is 32,767, and no name or remark comes near.
MAX_CELL = 10_000
MAX_COLUMNS = 100
# Lines of a file, the blank ones among them.
MAX_LINES = 100_000
# Bytes that a workbook may have once it is unpacked, and marks of XML in them: a filled cell has four.
MAX_UNPACKED = 40_000_000
MAX_MARKS = 2_500_000
# Each sheet is read on its own, even where all are one part: marks, times sheets.
MAX_WORK = 15_000_000
# Lines within which a heading is looked for, and from which the delimiter is guessed.
TOP, SAMPLE = 20, 200
NO_HEADER = -1
# The comma last: it also stands in prose.
DELIMITERS = "\t;|,"

ENCODINGS = [
    ("utf-8", gettext_lazy("Unicode (UTF-8)")),
    ("utf-16", gettext_lazy("Unicode (UTF-16)")),
    ("cp1252", gettext_lazy("Windows, Western European (1252)")),
    ("cp1250", gettext_lazy("Windows, Central European (1250)")),
    ("cp1251", gettext_lazy("Windows, Cyrillic (1251)")),
    ("cp1253", gettext_lazy("Windows, Greek (1253)")),
    ("cp1254", gettext_lazy("Windows, Turkish (1254)")),
    ("cp1256", gettext_lazy("Windows, Arabic (1256)")),
    ("mac_roman", gettext_lazy("Macintosh, Western European")),
]

# How files begin that are often taken for a table: a text or a workbook begins otherwise.
_KINDS = [
    (b"\xff\xd8\xff", gettext_lazy("It is a picture.")),
    (b"\x89PNG", gettext_lazy("It is a picture.")),
    (b"GIF8", gettext_lazy("It is a picture.")),
    (b"%PDF", gettext_lazy("It is a PDF.")),
    (b"{\\rtf", gettext_lazy("It is a text document (RTF).")),
    (b"\x1f\x8b", gettext_lazy("It is a packed file. Please unpack it first.")),
    (b"Rar!", gettext_lazy("It is a packed file. Please unpack it first.")),
    (b"7z\xbc\xaf", gettext_lazy("It is a packed file. Please unpack it first.")),
]
_HTML = re.compile(rb"\s*<(?:!doctype html|html|table|head|meta)\b", re.IGNORECASE)
_XML = re.compile(rb"\s*<\?xml\b")
_SHEET = re.compile(rb"<(?:\w+:)?sheet[\s/>]")
# As `defused` sets it.
_APOSTROPHE = re.compile(r"(^|[;\t\n](?:[^\S\t\n]|\")*)'(?=[=+\-@])")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


class SheetFault(Exception):
    """The file cannot be read; the message says why, and where, if it is in one place."""

    def __init__(self, problem: str, *, line: int = 0, column: int = 0) -> None:
        super().__init__(f"{place(line, column)} {problem}".strip())
        self.line, self.column = line, column


@dataclass(frozen=True)
class Table:
    """What a file holds."""

    header: list[str]
    header_line: int
    rows: list[tuple[int, list[str]]]
    """The line on which each begins, and its cells; without those that are empty."""
    encoding: str = ""
    """How its characters were read; empty for a workbook."""
    delimiter: str = ""
    sheet: str = ""
    sheets: list[str] = field(default_factory=list)
    """All sheets of the workbook."""
    top: list[tuple[int, list[str]]] = field(default_factory=list)
    """The first lines, one of which is the header."""


@dataclass
class _Lines:
    """Numbered lines of cells, and how they were read."""

    lines: Iterator[tuple[int, list[str]]]
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    sheets: list[str] = field(default_factory=list)


def place(line: int, column: int = 0) -> str:
    """Return where something is, as a spreadsheet names it; empty without a line."""
    if not line:
        return ""
    if not column:
        return _("Line %(line)d:") % {"line": line}
    return _("Line %(line)d, column %(column)s:") % {"line": line, "column": get_column_letter(column)}


def read(
    content: bytes,
    *,
    max_rows: int,
    encoding: str = "",
    sheet: str = "",
    header_line: int = 0,
    likeness: Callable[[list[str]], int] = len,
) -> Table:
    """Return the table in a CSV file or an XLSX workbook.

    Args:
        content: the file.
        max_rows: how many lines it may have below its header.
        encoding: one of `ENCODINGS`, where somebody knows better than the guess.
        sheet: the sheet of the workbook, if it is not the first that has anything.
        header_line: the line of the headings, if it is not the one that looks most like it; `NO_HEADER` if
            there is none, and the columns are called A, B, C.
        likeness: how much a line looks like headings. A title or a note may stand above them.

    Raises:
        SheetFault: if it cannot be read, or is too large.
    """
    source = lines(content, encoding=encoding, sheet=sheet)
    filled = ((number, cells) for number, cells in source.lines if any(cells))
    top = list(islice(filled, TOP))
    if not top:
        raise SheetFault(_("The file is empty."))
    header_line = header_line or max(top, key=lambda line: likeness(line[1]))[0]
    header: list[str] = []
    if header_line == NO_HEADER:
        header = [get_column_letter(column) for column in range(1, max(len(cells) for _line, cells in top) + 1)]
    rows: list[tuple[int, list[str]]] = []
    for found in (top, filled):
        for number, cells in found:
            if number == header_line:
                header = cells
            elif number > header_line:
                if len(rows) == max_rows:
                    raise SheetFault(
                        _("There are more than %(count)s lines. Please split the file.") % {"count": f"{max_rows:,}"},
                        line=number,
                    )
                rows.append((number, cells))
    if not header:
        raise SheetFault(_("There is nothing on this line, so it cannot name the columns."), line=header_line)
    while header and not header[-1]:
        header = header[:-1]
    if not rows:
        raise SheetFault(_("There is nothing below the headings."), line=header_line)
    return Table(
        header,
        header_line,
        rows,
        source.encoding,
        source.delimiter,
        source.sheet,
        source.sheets,
        top,
    )


def lines(content: bytes, *, encoding: str = "", sheet: str = "") -> _Lines:
    """Return the lines of a file, numbered as an editor or a spreadsheet numbers them; empty ones too.

    Raises:
        SheetFault: if it is neither CSV nor a workbook, or, while they are read, at a cell that cannot be.
    """
    if content.startswith(b"PK\x03\x04"):
        source = _workbook(content, sheet)
    else:
        _refuse_what_is_no_text(content)
        source = _csv(content, encoding)
    source.lines = _checked(source.lines)
    return source


def _checked(found: Iterator[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
    """Yield lines with plain cells; what no spreadsheet's cell holds is refused, and what would take too long."""
    for count, (number, cells) in enumerate(found, 1):
        if count > MAX_LINES:
            raise _too_many_lines(number)
        while cells and not cells[-1].strip():
            cells = cells[:-1]
        if len(cells) > MAX_COLUMNS:
            raise _too_many_columns(number, len(cells))
        for column, cell in enumerate(cells, 1):
            if len(cell) > MAX_CELL:
                raise SheetFault(
                    _("The cell has %(length)s characters; at most %(limit)s are read. Is a quotation mark missing?")
                    % {"length": f"{len(cell):,}", "limit": f"{MAX_CELL:,}"},
                    line=number,
                    column=column,
                )
            if "\0" in cell:
                raise SheetFault(_("There is a NUL character: this is no text."), line=number, column=column)
        yield number, [_plain(cell) for cell in cells]


def _too_many_lines(number: int) -> SheetFault:
    return SheetFault(
        _("There are more than %(count)s lines, counting blank ones. Please delete the blank lines.")
        % {"count": f"{MAX_LINES:,}"},
        line=number,
    )


def _too_many_columns(number: int, count: int) -> SheetFault:
    return SheetFault(
        _("There are %(count)d columns; at most %(limit)d are read.") % {"count": count, "limit": MAX_COLUMNS},
        line=number,
    )


def _plain(cell: str) -> str:
    """Return a cell with plain line breaks, without the apostrophes that keep it from being a formula (our export)."""
    cell = cell.strip().replace("\r\n", "\n").replace("\r", "\n")
    return _APOSTROPHE.sub(r"\1", cell).strip()


# ── what it is ──


def _refuse_what_is_no_text(content: bytes) -> None:
    start = content[:512]
    if content.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in content:
            raise SheetFault(_("The workbook is protected by a password. Please save it without one."))
        raise SheetFault(_("This is an old Excel workbook (.xls). Please save it as .xlsx or as CSV."))
    for begins, what in _KINDS:
        if content.startswith(begins):
            raise SheetFault(f"{_('This is neither CSV nor an XLSX workbook.')} {what}")
    if _HTML.match(start):
        raise SheetFault(
            _("This is a web page, whatever its name says. Please open it in a spreadsheet and save it as CSV.")
        )
    if _XML.match(start):
        raise SheetFault(
            _("This is XML, whatever its name says. Please open it in a spreadsheet and save it as .xlsx or CSV.")
        )


# ── CSV ──


def _csv(content: bytes, encoding: str) -> _Lines:
    text, encoding = _decode(content, encoding)
    # Excel's own way to name the delimiter.
    declared = re.match(r"sep=(.)\r?\n", text, re.IGNORECASE)
    delimiter = declared[1] if declared else _delimiter(text)
    return _Lines(_records(text, delimiter, is_declared=bool(declared)), encoding, delimiter)


def _decode(content: bytes, encoding: str) -> tuple[str, str]:
    """Return the text, and how its characters were read.

    Strict UTF-8 is never met by chance; Windows-1252 nearly always is.
    """
    for mark, marked in ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if content.startswith(mark):
            found = [marked]
            break
    else:
        found = [encoding] if encoding else ["utf-8", "cp1252"]
        start = content[:2000]
        # UTF-16 without its mark: every other byte of Western text is NUL.
        for first, wide in ((1, "utf-16-le"), (0, "utf-16-be")):
            if len(start) > 3 and start[first::2].count(0) > len(start) * 0.4:
                found = [wide]
    for one in found:
        try:
            text = content.decode("utf-8-sig" if one == "utf-8" else one)
        except UnicodeDecodeError:
            continue
        if text.count("\0") > 3:
            raise SheetFault(_("This is neither CSV nor an XLSX workbook."))
        return text, "utf-16" if one.startswith("utf-16") else one
    raise SheetFault(_("The file's characters cannot be read. Please save it as “CSV UTF-8”."))


def _delimiter(text: str) -> str:
    """Return what parts the cells: that by which most lines have the same number of them, more than one."""

    def evenness(delimiter: str) -> tuple[int, int]:
        reader = csv.reader(io.StringIO(text[:200_000], newline=""), delimiter=delimiter)
        widths: Counter[int] = Counter()
        # A cell beyond all measure is found, and named, when the file is read.
        with suppress(csv.Error):
            widths.update(len(cells) for cells in islice(reader, SAMPLE) if any(cells))
        lines = widths.total()
        widths.pop(1, None)
        width, count = max(widths.items(), key=lambda one: (one[1], one[0]), default=(0, 0))
        return (count, width) if 2 * count >= lines else (0, 0)

    likeliest = max(DELIMITERS, key=evenness)
    if evenness(likeliest)[0]:
        return likeliest
    # One column only: nothing parts its cells, not even the comma in a name.
    return min(DELIMITERS, key=text.count)


def _records(text: str, delimiter: str, *, is_declared: bool) -> Iterator[tuple[int, list[str]]]:
    """Yield the line on which each record begins, and its cells."""
    source = io.StringIO(text, newline="")
    begins = 1
    if is_declared:
        source.readline()
        begins = 2
    skipped = begins - 1
    # Above what a file of ours can have: `_checked` names the place, which the library does not.
    csv.field_size_limit(max(csv.field_size_limit(), len(text)))
    reader = csv.reader(source, delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            yield begins, cells
            begins = skipped + reader.line_num + 1
    except csv.Error:
        record = "".join(islice(io.StringIO(text, newline=""), begins - 1, None))
        column, problem = _first_fault(record, delimiter)
        raise SheetFault(f"{_('This is not CSV:')} {problem}", line=begins, column=column) from None


def _first_fault(record: str, delimiter: str) -> tuple[int, str]:
    """Return in which cell of a record the quotation marks go wrong, and how."""
    column, is_quoted, is_closed, is_start = 1, False, False, True
    for character in record:
        if is_quoted:
            is_quoted, is_closed = character != '"', character == '"'
        elif character == '"' and (is_start or is_closed):
            is_quoted, is_closed = True, False
        elif character == delimiter:
            column, is_closed, is_start = column + 1, False, True
            continue
        elif is_closed:
            return column, _("something stands after the closing quotation mark.")
        is_start = False
    return column, _("a quotation mark is opened and never closed.")


# ── workbooks ──


def _workbook(content: bytes, wanted: str) -> _Lines:
    try:
        has_formulas = _examined(content)
        found = _open(content, is_computed=True)
        sheets = [one.title for one in found.worksheets]
        candidates = [one for one in found.worksheets if one.sheet_state == "visible"] or found.worksheets
        if wanted in sheets:
            candidates = [found[wanted]]
        chosen = next((one for one in candidates if any(any(cells) for _number, cells in _rows(one))), candidates[0])
        rows = _rows(chosen)
        if has_formulas:
            rows = _with_formulas(rows, _rows(_open(content, is_computed=False)[chosen.title]))
        return _Lines(_guarded(rows), sheet=chosen.title, sheets=sheets)
    except SheetFault:
        raise
    except Exception:
        # Whatever a library makes of a broken file, or of a document that is no workbook.
        raise SheetFault(_("The workbook cannot be read. Please save the sheet as CSV.")) from None


def _examined(content: bytes) -> bool:
    """Refuse what is no workbook or would be too large; return whether any sheet has formulas.

    A part unpacks to no more than it declares. No workbook has a document type, which is what entities need.
    """
    has_formulas, marks, sheets = False, 0, 0
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        listed = {part.filename for part in parts.infolist()}
        if any(part.flag_bits & 1 for part in parts.infolist()):
            raise SheetFault(_("The file is protected by a password. Please save it without one."))
        if sum(part.file_size for part in parts.infolist()) > MAX_UNPACKED:
            raise SheetFault(_("The workbook is too large. Please save the sheet as CSV."))
        if "mimetype" in listed and b"opendocument" in parts.read("mimetype")[:200]:
            raise SheetFault(_("This is an OpenDocument file (.ods). Please save it as .xlsx or as CSV."))
        if "xl/workbook.bin" in listed:
            raise SheetFault(_("This is a binary Excel workbook (.xlsb). Please save it as .xlsx or as CSV."))
        if "[Content_Types].xml" not in listed:
            raise SheetFault(
                f"{_('This is neither CSV nor an XLSX workbook.')} {_('It is a packed file. Please unpack it first.')}"
            )
        if "xl/workbook.xml" not in listed:
            raise SheetFault(f"{_('This is neither CSV nor an XLSX workbook.')} {_('It is another kind of document.')}")
        for name in listed:
            # Pictures may be SVG, which has document types, and which nobody reads here.
            if not name.startswith("xl/media/"):
                xml = parts.read(name)
                xml = xml.replace(b"\0", b"") if b"\0" in xml else xml  # UTF-16 is allowed in it
                if b"<!DOCTYPE" in xml or b"<!ENTITY" in xml:
                    raise SheetFault(
                        _("The workbook has a part that no spreadsheet writes. Please save the sheet as CSV.")
                    )
                marks += xml.count(b"<")
                sheets += len(_SHEET.findall(xml))
                if marks > MAX_MARKS or marks * sheets > MAX_WORK:
                    raise SheetFault(_("The workbook is too large. Please save the sheet as CSV."))
                has_formulas |= name.startswith("xl/worksheets/") and re.search(rb"<(?:\w+:)?f[ >/]", xml) is not None
    return has_formulas


def _open(content: bytes, *, is_computed: bool) -> Any:
    with warnings.catch_warnings():
        # Of extensions that the library does not know; none holds a cell.
        warnings.simplefilter("ignore")
        return load_workbook(io.BytesIO(content), read_only=True, data_only=is_computed, keep_links=False)


def _rows(sheet: Any) -> Iterator[tuple[int, list[str]]]:
    """Yield number and cells of each row of a sheet, up to the last that has a value."""
    # What a sheet declares of its size may be wrong, and it may have cells at its far end.
    sheet.reset_dimensions()
    # The library would fill each row up to its last cell, 16,384 of them where only a format is set. Its own way is
    # bounded by `max_col`, which says nothing of the values beyond.
    sheet._get_row = _values
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rows = sheet.iter_rows(max_col=MAX_COLUMNS, values_only=True)
        for number, row in enumerate(rows, 1):
            if number > MAX_LINES:
                raise _too_many_lines(number)
            yield number, [_as_text(value) for value in row]


def _values(row: list[dict[str, Any]], *_bounds: Any) -> list[Any]:
    """Return the values of a row as the library has parsed it."""
    filled = {cell["column"]: cell["value"] for cell in row if cell["value"] is not None}
    width = max(filled, default=0)
    if width > MAX_COLUMNS:
        raise _too_many_columns(row[0]["row"], width)
    return [filled.get(column) for column in range(1, width + 1)]


def _as_text(value: Any) -> str:
    """Return what a spreadsheet would show of a cell's value, more or less."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(getattr(value, "text", value))


def _with_formulas(
    computed: Iterator[tuple[int, list[str]]], written: Iterator[tuple[int, list[str]]]
) -> Iterator[tuple[int, list[str]]]:
    """Yield computed values; where a formula has none, itself, for somebody to see: else the cell seemed empty."""
    for (number, values), (_number, formulas) in zip(computed, written, strict=True):
        yield (
            number,
            [
                value or (formula if formula.startswith("=") else "")
                for value, formula in zip_longest(values, formulas, fillvalue="")
            ],
        )


def _guarded(rows: Iterator[tuple[int, list[str]]]) -> Iterator[tuple[int, list[str]]]:
    """Yield rows; whatever breaks in the library while they are read is a fault of the file."""
    number = 0
    try:
        for number, cells in rows:
            yield number, cells
    except SheetFault:
        raise
    except Exception:
        raise SheetFault(
            _("The workbook cannot be read from here on. Please save the sheet as CSV."), line=number + 1
        ) from None


# ── writing ──


def write(header: Iterable[str], rows: Iterable[Iterable[object]]) -> bytes:
    """Return CSV: UTF-8 with a byte order mark, as spreadsheets want it, without formulas."""
    sheet = io.StringIO(newline="")
    writer = csv.writer(sheet)
    writer.writerow(header)
    for row in rows:
        writer.writerow(defused(str(cell)) for cell in row)
    return sheet.getvalue().encode("utf-8-sig")
