"""Files of sign-ons for the desk's own use. Each is on record with its purpose; none is kept here."""

import csv
import hashlib
import io
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_countries import countries
from openpyxl import Workbook
from openpyxl.styles import Font

from audit.models import record
from letter.artefacts.data import defused
from letter.artefacts.xlsx import new_sheet, text_cell
from letter.models import Letter

from .models import MemberInvitation, Stage
from .models.sign_on_queries import SignOnQuerySet
from .states import Source, State

# Rows in memory at a time, and bytes of a file before it goes to disk.
CHUNK, IN_MEMORY = 1000, 1_000_000
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
WIDTH = 24


@dataclass(frozen=True)
class Column:
    """One column: its heading, the field that it shows, and how that is written."""

    heading: str
    field: str
    write: Callable[[Any], str] = str


def _country(code):
    return str(countries.name(code)) or code


def _moment(at):
    return at.strftime("%Y-%m-%d %H:%M:%S")


def _moment_if_any(at):
    return _moment(at) if at else ""


# Of all kinds: which sign-on a row is about.
_SUBJECT = [
    Column(_("number"), "pk"),
    Column(_("letter"), "letter__slug"),
    Column(_("state"), "state", lambda state: str(State(state).label)),
]
KINDS = {
    "signons": [
        *_SUBJECT,
        Column(_("since (UTC)"), "state_since", _moment),
        Column(_("received (UTC)"), "created_at", _moment),
        Column(_("came by"), "source", lambda source: str(Source(source).label)),
        Column(_("invited by"), "invited_by"),
        Column(_("mailbox confirmed"), "is_confirmed", lambda is_so: str(_("yes") if is_so else _("no"))),
        Column(_("name as signed"), "name_as_signed"),
        Column(_("name in its own script"), "name_in_own_script"),
        Column(_("acronym"), "acronym"),
        Column(_("country code"), "country"),
        Column(_("country"), "country", _country),
        Column(_("website"), "website"),
        Column(_("name as listed"), "listed_name"),
        Column(_("name in its own script as listed"), "listed_name_in_own_script"),
        Column(_("acronym as listed"), "listed_acronym"),
        Column(_("country code as listed"), "listed_country"),
        Column(_("website as listed"), "listed_website"),
        Column(_("language of the text signed"), "text__language"),
        Column(_("language of the representative"), "language"),
    ],
    "representatives": [
        *_SUBJECT,
        Column(_("organisation"), "name_to_write"),
        Column(_("country"), "country", _country),
        Column(_("representative"), "representative_name"),
        Column(_("role"), "representative_role"),
        Column(_("e-mail"), "email"),
        Column(_("language of the text signed"), "text__language"),
        Column(_("language of the representative"), "language"),
    ],
}
# Of the members who were invited to sign.
INVITATIONS = [
    Column(_("number"), "pk"),
    Column(_("invited by"), "round__network"),
    Column(_("organisation"), "name"),
    Column(_("acronym"), "acronym"),
    Column(_("country code"), "country"),
    Column(_("website"), "website"),
    Column(_("contact"), "contact_name"),
    Column(_("e-mail"), "email"),
    Column(_("language"), "language"),
    Column(_("stage"), "stage", lambda stage: str(Stage(stage).label)),
    Column(_("invited (UTC)"), "sent_at", _moment_if_any),
    Column(_("opened the form (UTC)"), "opened_at", _moment_if_any),
    Column(_("declined (UTC)"), "declined_at", _moment_if_any),
    Column(_("reason"), "words"),
    Column(_("unsubscribed (UTC)"), "unsubscribed_at", _moment_if_any),
    Column(_("reminders"), "reminders"),
    Column(_("number of the sign-on"), "sign_on", lambda pk: str(pk or "")),
]
LABELS = {"signons": _("The sign-ons"), "representatives": _("The representatives, for writing to them")}
# What somebody must be permitted for each, beside exporting at all.
PERMISSIONS = {"signons": "signatories.view_signon", "representatives": "signatories.view_representative"}


def kinds_for(user: User) -> list[str]:
    """Return what `user` may export."""
    return [kind for kind in KINDS if user.has_perm(PERMISSIONS[kind])]


@transaction.atomic
def export(
    user: User,
    sign_ons: SignOnQuerySet,
    *,
    kind: str,
    letter: Letter | None,
    narrowed: dict[str, str],
    extension: str,
    purpose: str,
) -> BinaryIO | None:
    """Return a file of `sign_ons`, and put on record who took it and what for; None if there is none.

    Memory stays flat. The file has no name on disk and is gone once it is closed.

    Args:
        user: who exports.
        sign_ons: which ones.
        kind: a key of `KINDS`.
        letter: the letter that they are about, None for all letters.
        narrowed: how they were chosen, for the record: no words of a search, which may be somebody's address.
        extension: a key of `TYPES`.
        purpose: what the file is for.
    """
    chosen = sign_ons.with_confirmation().with_invitations().with_name_to_write().order_by("pk")
    return _export(
        user, letter, chosen, KINDS[kind], extension=extension, purpose=purpose, what=kind, narrowed=narrowed
    )


@transaction.atomic
def export_invitations(user: User, letter: Letter, *, extension: str, purpose: str) -> BinaryIO | None:
    """Return a file of the members who were invited to sign `letter`, on record like the others; None if none was."""
    chosen = MemberInvitation.objects.to(letter).released().with_stage().order_by("pk")
    return _export(user, letter, chosen, INVITATIONS, extension=extension, purpose=purpose, what="invitations")


def _export(
    user: User,
    letter: Letter | None,
    chosen: QuerySet[Any],
    columns: Sequence[Column],
    *,
    extension: str,
    **said: Any,
) -> BinaryIO | None:
    """Write the file and the entry in the record, in the caller's transaction."""
    cells = chosen.values_list(*(column.field for column in columns)).iterator(chunk_size=CHUNK)
    rows = ([column.write(cell) for column, cell in zip(columns, row, strict=True)] for row in cells)
    file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - whoever sends it closes it
    count = WRITERS[extension](file, [str(column.heading) for column in columns], rows)
    if not count:
        file.close()
        return None
    file.seek(0)
    sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    file.seek(0)
    record(user, "export", letter, **said, format=extension, rows=count, sha256=sha256)
    return file


def file_name(kind: str, letter: Letter | None, extension: str) -> str:
    """Return the name under which the file arrives."""
    return f"{letter.slug if letter else 'letters'}-{kind}-{timezone.now():%Y-%m-%d}.{extension}"


def write_csv(file: BinaryIO, headings: Sequence[str], rows: Iterable[list[str]]) -> int:
    """Write RFC 4180, UTF-8 with a byte order mark, as spreadsheets want it; return the number of rows."""
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    writer = csv.writer(text)
    writer.writerow(headings)
    count = 0
    for count, row in enumerate(rows, 1):  # noqa: B007 - the last is the number of all
        writer.writerow(map(defused, row))
    text.flush()
    text.detach()
    return count


def write_xlsx(file: BinaryIO, headings: Sequence[str], rows: Iterable[list[str]]) -> int:
    """Write a workbook whose cells are all text, whatever they begin with; return the number of rows."""
    book = Workbook(write_only=True)
    sheet = new_sheet(book, str(_("Export")), widths=[WIDTH] * len(headings))
    sheet.freeze_panes = "A2"
    sheet.append([text_cell(sheet, heading, font=Font(bold=True)) for heading in headings])
    count = 0
    for count, row in enumerate(rows, 1):  # noqa: B007 - the last is the number of all
        sheet.append([text_cell(sheet, cell) if cell else None for cell in row])
    book.save(file)
    return count


WRITERS = {"csv": write_csv, "xlsx": write_xlsx}
