"""Reads a letter from a Markdown file with front matter."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import yaml
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from .markdown import validate_markdown
from .models import Letter, LetterText
from .standing import Standing

REQUIRED = ("title", "slug", "date", "language", "salutation")
OPTIONAL = ("place", "closing", "addressees", "opens_at", "closes_at", "prevailing")
# What the file of a translation says instead; all else about the letter stands in the file of the original.
TRANSLATION = "translation"
REQUIRED_OF_TRANSLATION = ("title", "slug", "language", "salutation", TRANSLATION)
OPTIONAL_OF_TRANSLATION = ("closing",)
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


def import_letter(path: Path, *, opens_at: datetime | None = None) -> tuple[Letter, LetterText]:
    """Import the letter in `path`, or a translation of one, or bring it up to date; all of it or nothing.

    Args:
        path: Markdown (CommonMark) with YAML front matter between two lines of ``---``.
        opens_at: when the letter opens, if the file does not say so and it has no opening yet.

    Raises:
        ImportFault: naming line and column of what is wrong.
    """
    source = Source.read(path)
    with transaction.atomic():
        return _import_translation(source) if TRANSLATION in source.values else _import_original(source, opens_at)


@dataclass(frozen=True)
class Source:
    """A file that was read: what its front matter says, where, and the body."""

    path: Path
    values: dict[str, str]
    places: dict[str, tuple[int, int]]
    """Line and column of each value."""
    body: str
    body_line: int

    @classmethod
    def read(cls, path: Path) -> "Source":
        """Return what the file holds; raises ImportFault."""
        front, body, body_line = _split(path, read_text(path))
        values, places = _read_front_matter(path, front)
        return cls(path, values, places, body, body_line)

    def fault(self, name: str, problem: str) -> ImportFault:
        """Return the fault that the value `name` is."""
        return ImportFault(self.path, *self.places.get(name, (1, 1)), problem)

    def revise(self, letter: Letter, *, is_official: bool | None = None) -> LetterText:
        """Make the words of the file the letter's text; raises ImportFault."""
        try:
            validate_markdown(self.body)
        except ValidationError as error:
            params = error.params
            problem = f"raw HTML (“{params['found']}”) is not allowed in a letter; use Markdown."
            raise ImportFault(self.path, self.body_line + params["line"] - 1, params["column"], problem) from None
        words = {name: self.values.get(name, "") for name in ("title", "salutation", "closing")}
        try:
            return letter.revise(self.values["language"], body=self.body, is_official=is_official, **words)
        except ValidationError as error:
            places = self.places | {"body": (self.body_line, 1), "is_official": self.places.get(TRANSLATION, (1, 1))}
            raise _fault_of_field(self.path, error, places) from None


def _import_translation(source: Source) -> tuple[Letter, LetterText]:
    """Import a translation of a letter that is there."""
    values = source.values
    letter = Letter.objects.filter(slug=values["slug"]).first()
    if letter is None:
        raise source.fault("slug", f"there is no letter “{values['slug']}”: import the file of its original first.")
    if values["language"] == letter.language:
        raise source.fault("language", f"“{letter.language}” is the language of the original.")
    if values[TRANSLATION] not in (Standing.OFFICIAL, Standing.COURTESY):
        raise source.fault(TRANSLATION, "a translation is “official” or “courtesy”.")
    return letter, source.revise(letter, is_official=values[TRANSLATION] == Standing.OFFICIAL)


def _import_original(source: Source, opens_at: datetime | None) -> tuple[Letter, LetterText]:
    """Import a letter, or bring it up to date."""
    path, values, places = source.path, source.values, source.places
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
    text = source.revise(letter)
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
    is_translation = any(getattr(key, "value", None) == TRANSLATION for key, _value in node.value)
    required = REQUIRED_OF_TRANSLATION if is_translation else REQUIRED
    known = (*required, *(OPTIONAL_OF_TRANSLATION if is_translation else (*OPTIONAL, TRANSLATION)))
    for key, value in node.value:
        line, column = key.start_mark.line + 2, key.start_mark.column + 1
        if not isinstance(key, yaml.ScalarNode) or key.value not in known:
            names = ", ".join(known)
            where = "in the file of a translation" if is_translation else "here"
            raise ImportFault(path, line, column, f"“{key.value}” is not known {where}; there are {names}.")
        if key.value in values:
            raise ImportFault(path, line, column, f"“{key.value}” stands here a second time.")
        places[key.value] = (value.start_mark.line + 2, value.start_mark.column + 1)
        if not isinstance(value, yaml.ScalarNode):
            raise ImportFault(path, *places[key.value], f"“{key.value}” must be one line of text.")
        values[key.value] = value.value.strip()
    for name in required:
        if not values.get(name):
            raise ImportFault(path, *places.get(name, (1, 1)), f"“{name}” is missing.")
    return values, places


def _assign(path: Path, letter: Letter, values: dict[str, str], places: dict[str, tuple[int, int]]) -> None:
    """Set the letter's fields from the front matter."""
    for name in ("place", "addressees", "language", "prevailing"):
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
