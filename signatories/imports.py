"""Reads a list of signatories from a CSV file, through the same verbs that moderators use."""

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django_countries import countries

from audit.models import record
from letter.imports import ImportFault, read_text
from letter.models import Letter

from . import names
from .forms.fields import WebsiteField, checked_acronym, own_script_field
from .models import OPERATOR, AlreadyListed, Organisation, SignOn
from .states import Source

REQUIRED, OPTIONAL = ("name",), ("position", "country", "acronym", "website", "name_in_own_script")


@dataclass(frozen=True)
class Row:
    """One row of the file, checked."""

    line: int
    name: str
    country: str
    acronym: str
    website: str
    name_in_own_script: str = ""


@transaction.atomic
def import_signatories(letter: Letter, path: Path) -> int:
    """Register and accept every organisation in `path` that is not on the letter's list; all or none.

    An organisation that was imported before is left alone, whatever was decided about it since.

    Args:
        letter: a letter that has opened.
        path: CSV in UTF-8 with a header: name, and if wanted country (ISO 3166-1 alpha-2), acronym,
            website, name_in_own_script, position.

    Returns:
        How many were added.

    Raises:
        ImportFault: naming line and column of what is wrong.
    """
    text = letter.text()
    if text is None or not letter.has_opened():
        raise ImportFault(
            path, 1, 1, f"the letter “{letter.slug}” has not opened; give it a text and an opening first."
        )
    known = set(letter.sign_ons.filter(source=Source.IMPORT).values_list("name_as_signed", flat=True))
    added = 0
    for row in read_rows(path):
        if row.name in known:
            continue
        sign_on = SignOn.register(
            text,
            OPERATOR,
            source=Source.IMPORT,
            note=f"{path.name}, line {row.line}",
            name_as_signed=row.name,
            country=row.country,
            acronym=row.acronym,
            website=row.website,
            name_in_own_script=row.name_in_own_script,
        )
        same = Organisation.objects.named(row.name)
        try:
            sign_on.accept(
                OPERATOR,
                organisation=same.first() if same.count() == 1 else None,
                listed_name=row.name,
                listed_acronym=row.acronym,
                listed_country=row.country,
                listed_website=row.website,
                listed_name_in_own_script=row.name_in_own_script,
            )
        except ValidationError as error:
            raise ImportFault(path, row.line, 1, " ".join(error.messages)) from None
        except AlreadyListed as listed:
            other = listed.sign_on.listed_name if listed.sign_on else ""
            problem = f"“{row.name}” is on the list already, as “{other}”."
            raise ImportFault(path, row.line, 1, problem) from None
        added += 1
    record(None, "import", letter, file=path.name, rows=added)
    return added


def read_rows(path: Path) -> list[Row]:
    """Return the checked rows of a CSV file.

    Raises:
        ImportFault: at the first thing that is wrong; the column is counted in cells.
    """
    reader = csv.reader(io.StringIO(read_text(path), newline=""), strict=True)
    try:
        header = [cell.strip().lower() for cell in next(reader, [])]
        for column, cell in enumerate(header, 1):
            if cell not in (*REQUIRED, *OPTIONAL) or cell in header[: column - 1]:
                raise ImportFault(path, 1, column, f"“{cell}” is not a column, or stands twice.")
        if "name" not in header:
            raise ImportFault(path, 1, 1, "there is no column “name”.")
        rows: dict[str, Row] = {}
        begins = reader.line_num + 1
        for cells in reader:
            line, begins = begins, reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            row = _row(path, line, header, cells)
            if (key := names.key(row.name)) in rows:
                problem = f"“{row.name}” stands on line {rows[key].line} already."
                raise ImportFault(path, line, header.index("name") + 1, problem)
            rows[key] = row
    except csv.Error as error:
        raise ImportFault(path, reader.line_num, 1, f"this is not CSV: {error}.") from None
    return list(rows.values())


def _row(path: Path, line: int, header: list[str], cells: list[str]) -> Row:
    """Return one row, checked cell by cell."""
    if len(cells) != len(header):
        problem = f"there are {len(cells)} cells under {len(header)} columns."
        raise ImportFault(path, line, min(len(cells), len(header)) + 1, problem)
    values = {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
    try:
        names.validate_name(values["name"])
    except ValidationError as error:
        raise ImportFault(path, line, header.index("name") + 1, " ".join(error.messages)) from None
    country = values.get("country", "").upper()
    if country and country not in dict(countries):
        raise ImportFault(path, line, header.index("country") + 1, f"“{country}” is not a code of ISO 3166-1.")
    website = values.get("website", "")
    try:
        website = WebsiteField(required=False).clean(website)
    except ValidationError as error:
        raise ImportFault(path, line, header.index("website") + 1, " ".join(error.messages)) from None
    acronym = values.get("acronym") or names.split_acronym(values["name"])[1]
    try:
        forms.CharField(max_length=30, required=False, validators=[checked_acronym]).clean(acronym)
    except ValidationError as error:
        column = header.index("acronym" if values.get("acronym") else "name") + 1
        raise ImportFault(path, line, column, " ".join(error.messages)) from None
    own = values.get("name_in_own_script", "")
    try:
        own_script_field().clean(own)
    except ValidationError as error:
        raise ImportFault(path, line, header.index("name_in_own_script") + 1, " ".join(error.messages)) from None
    return Row(line, values["name"], country, acronym, website, own)
