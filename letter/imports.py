"""Reads a letter from a Markdown file with front matter."""

import re
from datetime import date, datetime
from pathlib import Path

import yaml
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from .markdown import validate_markdown
from .models import Letter, LetterText

REQUIRED = ("title", "slug", "date", "language", "salutation")
OPTIONAL = ("place", "closing", "addressees", "opens_at", "closes_at")
# What the front matter calls a field of the model.
FIELDS = {"date": "dated_on"}


class ImportFault(Exception):
    """Something in a file is wrong; the message names file, line and column."""

    def __init__(self, path: Path, line: int, column: int, problem: str) -> None:
        super().__init__(f"{path}, line {line}, column {column}: {problem}")


def read_text(path: Path) -> str:
    """Return the text of a UTF-8 file.

    Raises:
        ImportFault: at the first byte that is not UTF-8, or when the file cannot be read.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ImportFault(path, 1, 1, error.strerror or str(error)) from None
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        before = content[: error.start].split(b"\n")
        column = len(before[-1].decode(errors="replace")) + 1
        raise ImportFault(path, len(before), column, "this is not UTF-8; save the file as UTF-8.") from None
    for found in re.finditer(r"[\x00-\x08\x0b-\x1f\x7f]", text):
        before_it = text[: found.start()].split("\n")
        raise ImportFault(path, len(before_it), len(before_it[-1]) + 1, "there is a control character here.")
    return text


@transaction.atomic
def import_letter(path: Path, *, opens_at: datetime | None = None) -> tuple[Letter, LetterText]:
    """Import the letter in `path`, or bring it up to date with the file; all of it or nothing.

    Args:
        path: Markdown (CommonMark) with YAML front matter between two lines of ``---``.
        opens_at: when the letter opens, if the file does not say so and it has no opening yet.

    Raises:
        ImportFault: naming line and column of what is wrong.
    """
    content = read_text(path)
    front, body, body_line = _split(path, content)
    values, places = _read_front_matter(path, front)
    letter = Letter.objects.filter(slug=values["slug"]).first() or Letter(slug=values["slug"])
    before = {field.name: getattr(letter, field.name) for field in Letter._meta.concrete_fields}
    _assign(path, letter, values, places)
    letter.opens_at = letter.opens_at or opens_at
    try:
        letter.full_clean()
    except ValidationError as error:
        raise _fault_of_field(path, error, places) from None
    # The words come before the opening: from then on they are fixed.
    opening, letter.opens_at = letter.opens_at, before["opens_at"]
    letter.save()
    try:
        validate_markdown(body)
    except ValidationError as error:
        params = error.params
        problem = f"raw HTML (“{params['found']}”) is not allowed in a letter; use Markdown."
        raise ImportFault(path, body_line + params["line"] - 1, params["column"], problem) from None
    words = {name: values.get(name, "") for name in ("title", "salutation", "closing")}
    try:
        text = letter.revise(values["language"], body=body, **words)
    except ValidationError as error:
        raise _fault_of_field(path, error, places | {"body": (body_line, 1)}) from None
    letter.opens_at = opening
    if any(getattr(letter, name) != value for name, value in before.items()):
        letter.save()
        letter.mark_stale()
    return letter, text


def _split(path: Path, content: str) -> tuple[str, str, int]:
    """Return front matter, body and the line on which the body begins."""
    found = re.match(r"---[ \t]*\n(.*?\n)---[ \t]*(\n|\Z)", content, re.DOTALL)
    if not found:
        raise ImportFault(path, 1, 1, "the file must begin with front matter between two lines of “---”.")
    rest = content[found.end() :]
    body = rest.lstrip("\n")
    line = content[: len(content) - len(body)].count("\n") + 1
    if not body.strip():
        raise ImportFault(path, line, 1, "there is no letter after the front matter.")
    return found[1], body, line


def _read_front_matter(path: Path, front: str) -> tuple[dict[str, str], dict[str, tuple[int, int]]]:
    """Return the values by name, and where each of them stands."""
    try:
        node = yaml.compose(front, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 2, mark.column + 1) if mark else (2, 1)
        raise ImportFault(path, line, column, f"the front matter cannot be read: {error.problem}.") from None
    if not isinstance(node, yaml.MappingNode):
        raise ImportFault(path, 2, 1, "the front matter must be lines of “name: value”.")
    values, places = {}, {}
    for key, value in node.value:
        line, column = key.start_mark.line + 2, key.start_mark.column + 1
        if not isinstance(key, yaml.ScalarNode) or key.value not in (*REQUIRED, *OPTIONAL):
            names = ", ".join((*REQUIRED, *OPTIONAL))
            raise ImportFault(path, line, column, f"“{key.value}” is not known here; there are {names}.")
        if key.value in values:
            raise ImportFault(path, line, column, f"“{key.value}” stands here a second time.")
        places[key.value] = (value.start_mark.line + 2, value.start_mark.column + 1)
        if not isinstance(value, yaml.ScalarNode):
            raise ImportFault(path, *places[key.value], f"“{key.value}” must be one line of text.")
        values[key.value] = value.value.strip()
    for name in REQUIRED:
        if not values.get(name):
            raise ImportFault(path, *places.get(name, (1, 1)), f"“{name}” is missing.")
    return values, places


def _assign(path: Path, letter: Letter, values: dict[str, str], places: dict[str, tuple[int, int]]) -> None:
    """Set the letter's fields from the front matter."""
    for name in ("place", "addressees", "language"):
        if name in values:
            setattr(letter, name, values[name])
    letter.dated_on = _date(path, values["date"], places["date"])
    for name in ("opens_at", "closes_at"):
        if values.get(name):
            setattr(letter, name, _moment(path, name, values[name], places[name]))


def _date(path: Path, value: str, place: tuple[int, int]) -> date:
    try:
        parsed = parse_date(value)
    except ValueError:
        parsed = None
    if parsed is None:
        raise ImportFault(path, *place, f"“{value}” is not a date; write it as 2020-04-28.")
    return parsed


def _moment(path: Path, name: str, value: str, place: tuple[int, int]) -> datetime:
    try:
        parsed = parse_datetime(value)
    except ValueError:
        parsed = None
    if parsed is None:
        raise ImportFault(path, *place, f"“{name}” must be a moment such as 2020-04-28T09:00+00:00.")
    return parsed if timezone.is_aware(parsed) else timezone.make_aware(parsed)


def _fault_of_field(path: Path, error: ValidationError, places: dict[str, tuple[int, int]]) -> ImportFault:
    """Return the fault that names the first field with an error."""
    field, problems = next(iter(error.message_dict.items()))
    name = next((name for name, model_name in FIELDS.items() if model_name == field), field)
    return ImportFault(path, *places.get(name, (1, 1)), f"{name}: {' '.join(problems)}")
