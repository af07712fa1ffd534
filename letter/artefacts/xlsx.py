"""The list as a workbook: a sheet of signatories, and one that says of which edition."""

import io
import re
import zipfile
from collections.abc import Sequence
from functools import cache

from django.utils.translation import gettext
from django_countries import countries
from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from letter.content import Content

from .package import core_properties, zipped
from .text import interface_direction, printed_moment, xml_text

# ECMA-376, part 1, 22.9.2.19: “_x0041_” in a string is read as “A”, unless its underscore is written so itself.
_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
# What Excel forbids in the name of a sheet, which has at most 31 characters.
_NO_SHEET_NAME = re.compile(r"[\[\]:*?/\\]")
_BOLD = Font(bold=True)
_WRAPPED = Alignment(wrap_text=True, vertical="top")


def render_xlsx(content: Content) -> bytes:
    """Return an Excel workbook of the list; a cell of text is text, whatever it begins with."""
    book = Workbook(write_only=True)
    _add_signatories(book, content)
    _add_edition(book, content)
    file = io.BytesIO()
    book.save(file)
    # openpyxl writes the present time into the zip and its properties: both are written anew.
    with zipfile.ZipFile(file) as archive:
        parts: dict[str, bytes | str] = {name: archive.read(name) for name in archive.namelist()}
    return zipped({**parts, "docProps/core.xml": core_properties(content)})


def _add_signatories(book: Workbook, content: Content) -> None:
    """Add the sheet of names, under a header that stays in sight and filters."""
    sheet = new_sheet(book, gettext("Signatories"), widths=(10, 60, 16, 28, 14, 42, 42))
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = f"A1:G{content.count + 1}"
    headers = [
        gettext("Position"),
        gettext("Name"),
        gettext("Acronym"),
        gettext("Country"),
        gettext("Country code"),
        gettext("Website"),
        gettext("Name in its own script"),
    ]
    sheet.append([text_cell(sheet, header, font=_BOLD) for header in headers])
    country_name = cache(lambda code: str(countries.name(code)) or code)
    for position, line in enumerate(content.lines, 1):
        country = country_name(line.country)
        strings = (line.name, line.acronym, country, line.country, line.website, line.name_in_own_script)
        sheet.append([position, *(text_cell(sheet, string) if string else None for string in strings)])


def _add_edition(book: Workbook, content: Content) -> None:
    """Add the sheet that tells where the list comes from."""
    sheet = new_sheet(book, gettext("Edition"), widths=(36, 90))
    begin = "right" if interface_direction() == "rtl" else "left"
    for label, value in (
        (gettext("Letter"), content.title),
        (gettext("Edition"), content.number),
        (gettext("Published on"), f"{printed_moment(content.published_at)} UTC"),
        (gettext("Signatories"), content.count),
        (gettext("SHA-256 of the list:"), content.sha256),
        (gettext("Permanent address of this edition"), content.address),
    ):
        cell = text_cell(sheet, value) if isinstance(value, str) else WriteOnlyCell(sheet, value)
        # Numbers, too, begin where the column begins.
        cell.alignment = Alignment(wrap_text=True, vertical="top", horizontal=begin)
        sheet.append([text_cell(sheet, label, font=_BOLD, alignment=_WRAPPED), cell])


def new_sheet(book: Workbook, title: str, *, widths: Sequence[int]) -> WriteOnlyWorksheet:
    """Return a new sheet whose columns are `widths` characters wide, in the interface's direction."""
    sheet = book.create_sheet(_NO_SHEET_NAME.sub(" ", title)[:31].strip("' "))
    sheet.sheet_view.rightToLeft = interface_direction() == "rtl"
    for column, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(column)].width = width
    return sheet


def text_cell(sheet: WriteOnlyWorksheet, text: str, **style: Font | Alignment) -> Cell:
    """Return a cell of text. openpyxl would take “=1+1” for a formula, and “#N/A” for an error."""
    cell = WriteOnlyCell(sheet, _ESCAPE.sub("_x005F_", xml_text(text)))
    cell.data_type = "s"
    for aspect, value in style.items():
        setattr(cell, aspect, value)
    return cell
