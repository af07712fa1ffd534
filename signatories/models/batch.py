"""Files of sign-ons on their way in: looked at first, then imported row by row."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Self

import pgtrigger
from django.conf import settings
from django.contrib.auth.models import User
from django.db import models, transaction
from django.db.models import Count, F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from procrastinate.contrib.django import app as jobs

from audit.models import record
from letter.models import Letter

from .organisation import Organisation
from .sign_on import SignOn

# Rows are personal data: so long after the end of a batch they are deleted, and what nobody finished ends.
KEPT = timedelta(days=30)
# A batch whose worker has said nothing for so long has lost its job, and gets another.
SILENT = timedelta(minutes=2)
# Fields of a row that say nothing of a person.
OF_THE_ORGANISATION = {"name_as_signed", "acronym", "country", "website"}


class Overtaken(Exception):
    """The batch is no longer where whoever acts on it believes it to be."""


class BatchQuerySet(models.QuerySet["Batch"]):
    """Which batches?"""

    def in_work(self) -> Self:
        """Batches that the worker is to go on with."""
        return self.filter(stage__in=[Batch.Stage.LOOKING, Batch.Stage.IMPORTING])

    def without_job(self, at: datetime | None = None) -> Self:
        """Batches in work that nobody has worked on for a while before `at` (now by default)."""
        return self.in_work().filter(touched_at__lt=(at or timezone.now()) - SILENT)

    def left_lying(self, at: datetime | None = None) -> Self:
        """Batches that somebody uploaded and did not import, for as long as rows are kept."""
        waits = [Batch.Stage.UPLOADED, Batch.Stage.LOOKED]
        return self.filter(stage__in=waits, touched_at__lt=(at or timezone.now()) - KEPT)

    def to_forget(self, at: datetime | None = None) -> Self:
        """Batches that have ended, and whose rows and file have been kept long enough."""
        ended = [Batch.Stage.FINISHED, Batch.Stage.DISCARDED]
        there = Q(forgotten_at=None) | Q(file__isnull=False)
        return self.filter(there, stage__in=ended, touched_at__lt=(at or timezone.now()) - KEPT)


class Batch(models.Model):
    """One file of sign-ons to a letter. Nothing but its own rows is written before somebody says “import”."""

    class Stage(models.TextChoices):
        """How far it is."""

        UPLOADED = "uploaded", _("columns to be named")
        LOOKING = "looking", _("being looked at")
        LOOKED = "looked", _("to be imported or discarded")
        IMPORTING = "importing", _("being imported")
        FINISHED = "finished", _("imported")
        DISCARDED = "discarded", _("discarded")

    letter = models.ForeignKey(Letter, on_delete=models.PROTECT, related_name="batches")
    stage = models.CharField(max_length=10, choices=Stage, default=Stage.UPLOADED)
    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    """Of the file."""
    size = models.PositiveIntegerField()
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(default=timezone.now)
    touched_at = models.DateTimeField(default=timezone.now)
    """When anybody, the worker included, last did something with it."""
    forgotten_at = models.DateTimeField(null=True)
    """When its rows and its file were deleted."""

    # How the file is read, and what its columns mean.
    encoding = models.CharField(max_length=20, blank=True)
    sheet = models.CharField(max_length=100, blank=True)
    header_line = models.IntegerField(default=0)
    header = models.JSONField(default=list)
    samples = models.JSONField(default=list)
    """Some values of each column."""
    columns = models.JSONField(default=list)
    """What each column means: a key of `signatories.columns.FIELDS`, or empty."""

    look = models.PositiveIntegerField(default=0)
    """How often its rows were looked at: whoever looks or decides by an earlier look is overtaken."""
    total = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    """How many of `total` rows the worker has looked at, or imported."""

    # What somebody decided with “import”.
    imported_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    imported_at = models.DateTimeField(null=True)
    is_accepted = models.BooleanField(default=False)
    """Whether its rows are accepted, evidence noted, or wait for a moderator."""
    note = models.TextField(blank=True)
    """Where the evidence is."""
    is_told = models.BooleanField(default=False)
    """Whether the representatives of accepted rows are told by e-mail."""
    counts = models.JSONField(default=dict)
    """How many rows came to what, once it is finished."""

    objects = BatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-pk"]

    def __str__(self) -> str:
        # The file's name may be a person's.
        return f"#{self.pk} {self.letter}"

    @property
    def is_in_work(self) -> bool:
        """Whether the worker is at it."""
        return self.stage in (self.Stage.LOOKING, self.Stage.IMPORTING)

    @property
    def can_be_discarded(self) -> bool:
        """Whether nothing of it has been imported."""
        return self.stage in (self.Stage.UPLOADED, self.Stage.LOOKING, self.Stage.LOOKED)

    # ── what somebody does with it ──

    @classmethod
    @transaction.atomic
    def upload(cls, user: User, letter: Letter, *, file_name: str, content: bytes, **reading: Any) -> "Batch":
        """Keep a file that was read without a fault, and how it was read."""
        sha256 = hashlib.sha256(content).hexdigest()
        batch = cls.objects.create(
            letter=letter,
            file_name=file_name[:200],
            sha256=sha256,
            size=len(content),
            uploaded_by=user,
            **reading,
        )
        BatchFile.objects.create(batch=batch, content=content)
        record(user, "upload", batch, letter=letter.slug, sha256=sha256, bytes=len(content))
        return batch

    @transaction.atomic
    def read_again(self, **reading: Any) -> None:
        """Take another way to read the file: other characters, another sheet, other headings."""
        self._hold(self.Stage.UPLOADED, self.Stage.LOOKED)
        self.rows.all().delete()
        self._set(stage=self.Stage.UPLOADED, total=0, done=0, **reading)

    @transaction.atomic
    def name_columns(self, columns: Sequence[str]) -> None:
        """Say what the columns mean, for the next file with these headings too; the rows are looked at next."""
        self._hold(self.Stage.UPLOADED, self.Stage.LOOKED)
        ColumnMapping.remember(self.header, columns)
        self._set(stage=self.Stage.LOOKING, columns=list(columns), look=self.look + 1, total=0, done=0)
        self.schedule()

    @transaction.atomic
    def carry_out(self, user: User, *, seen: int, is_accepted: bool, note: str, is_told: bool) -> None:
        """Have the rows imported, as they were looked at when `seen` was the number of the look."""
        self._hold(self.Stage.LOOKED)
        if seen != self.look:
            raise Overtaken
        waiting = self.rows.to_import().count()
        self._set(
            stage=self.Stage.IMPORTING,
            imported_by=user,
            imported_at=timezone.now(),
            is_accepted=is_accepted,
            note=note,
            is_told=is_told,
            total=waiting,
            done=0,
        )
        self.schedule()
        entry = "accepted" if is_accepted else "pending"
        record(user, "import", self, letter=self.letter.slug, sha256=self.sha256, rows=waiting, entry=entry)

    @transaction.atomic
    def discard(self, user: User | None) -> None:
        """Give it up before anything of it was imported; None for what was left lying."""
        self._hold(self.Stage.UPLOADED, self.Stage.LOOKING, self.Stage.LOOKED)
        self._set(stage=self.Stage.DISCARDED, look=self.look + 1)
        record(user, "discard", self, letter=self.letter.slug)

    # ── what the worker does with it ──

    def schedule(self) -> None:
        """Defer the job that goes on with it, in the caller's transaction."""
        jobs.configure_task("work_on_batch").defer(batch_id=self.pk)

    @transaction.atomic
    def begin_look(self) -> int:
        """Begin to look at the rows, from the first on; return the number of this look, which ends any other."""
        self._hold(self.Stage.LOOKING)
        self.rows.all().delete()
        self._set(look=self.look + 1, done=0)
        return self.look

    @transaction.atomic
    def keep(self, look: int, rows: Iterable["BatchRow"], *, total: int) -> None:
        """Keep what was found out about some rows; raises Overtaken if another look has begun."""
        self._hold(self.Stage.LOOKING)
        if look != self.look:
            raise Overtaken
        kept = BatchRow.objects.bulk_create(rows, batch_size=500)
        self._set(done=self.done + len(kept), total=total)

    @transaction.atomic
    def end_look(self, look: int) -> None:
        """Say that every row was looked at."""
        self._hold(self.Stage.LOOKING)
        if look != self.look:
            raise Overtaken
        self._set(stage=self.Stage.LOOKED)

    @transaction.atomic
    def progress(self) -> None:
        """Note how far the import is, and end it with the last row."""
        self._hold(self.Stage.IMPORTING)
        left = self.rows.to_import().count()
        self._set(done=self.total - left)
        if not left:
            results = dict(self.rows.order_by().values_list("result").annotate(Count("pk")))
            self._set(stage=self.Stage.FINISHED, counts=results)
            record(self.imported_by, "imported", self, letter=self.letter.slug, **results)

    @transaction.atomic
    def forget(self) -> None:
        """Delete the rows and the file, which are personal data; the file's SHA-256 and size stay."""
        self._hold(self.Stage.FINISHED, self.Stage.DISCARDED)
        self.rows.all().delete()
        BatchFile.objects.filter(batch=self).delete()
        forgotten_at = self.forgotten_at or timezone.now()
        type(self).objects.filter(pk=self.pk).update(samples=[], forgotten_at=forgotten_at)

    def _hold(self, *stages: str) -> None:
        """Lock the row for the transaction, and read it anew; raises Overtaken if it is in none of `stages`."""
        self.refresh_from_db(from_queryset=Batch.objects.select_for_update(of=("self",)))
        if self.stage not in stages:
            raise Overtaken

    def _set(self, **changes: Any) -> None:
        for field, value in changes.items():
            setattr(self, field, value)
        self.touched_at = timezone.now()
        self.save(update_fields=["touched_at", *changes])


class BatchFile(models.Model):
    """The file as it was uploaded. It never changes; it goes with the rows."""

    batch = models.OneToOneField(Batch, primary_key=True, on_delete=models.PROTECT, related_name="file")
    content = models.BinaryField()

    class Meta:
        triggers = [pgtrigger.Protect(name="batch_file_is_immutable", operation=pgtrigger.Update)]

    def __str__(self) -> str:
        return f"#{self.batch_id}"


class BatchRowQuerySet(models.QuerySet["BatchRow"]):
    """Which rows?"""

    def importable(self) -> Self:
        """Rows that become sign-ons."""
        return self.filter(outcome__in=[BatchRow.Outcome.NEW, BatchRow.Outcome.KNOWN, BatchRow.Outcome.SIMILAR])

    def to_import(self) -> Self:
        """Rows that become sign-ons and have not yet, in the file's order."""
        return self.importable().filter(result="").order_by("line")

    def counts(self) -> dict[str, int]:
        """Return how many rows have each outcome, zeros included. One query."""
        counted = dict(self.order_by().values_list("outcome").annotate(Count("pk")))
        return {outcome: counted.get(outcome, 0) for outcome in BatchRow.Outcome.values}


class BatchRow(models.Model):
    """One row of a file: what it says, what would come of it, and what came of it."""

    class Outcome(models.TextChoices):
        """What would come of it."""

        NEW = "new", _("new")
        KNOWN = "known", _("known")
        SIMILAR = "similar", _("similar to another")
        LISTED = "listed", _("on this letter already")
        REPEATED = "repeated", _("twice in the file")
        ERROR = "error", _("error")

    class Result(models.TextChoices):
        """What came of it."""

        PENDING = "pending", _("waits for a decision")
        ACCEPTED = "accepted", _("accepted")
        REFUSED = "refused", _("not imported")

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="rows")
    line = models.PositiveIntegerField()
    """On which it begins in the file."""
    name = models.TextField(blank=True)
    name_key = models.TextField(blank=True)
    values = models.JSONField(default=dict)
    """What it says, by field; checked, unless the outcome is an error."""
    outcome = models.CharField(max_length=10, choices=Outcome)
    problems = models.JSONField(default=list)
    """(Column as in B, heading, what is wrong)."""
    organisation = models.ForeignKey(Organisation, null=True, on_delete=models.SET_NULL, related_name="+")
    """The one that is known by this name."""
    similar = models.JSONField(default=list)
    """What it may be the same as, the likeliest first: see `signatories.batches.Found`."""
    sign_on = models.OneToOneField(SignOn, null=True, on_delete=models.PROTECT, related_name="batch_row")
    result = models.CharField(max_length=10, choices=Result, blank=True)
    remark = models.TextField(blank=True)
    """Why it came to something else than it seemed."""

    objects = BatchRowQuerySet.as_manager()

    class Meta:
        ordering = ["line"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "line"], name="row_is_looked_at_once"),
            models.CheckConstraint(
                condition=Q(result__in=["", "refused"]) | Q(sign_on__isnull=False), name="imported_row_has_sign_on"
            ),
        ]
        indexes = [models.Index(fields=["batch", "outcome", "line"], name="row_outcome")]

    def __str__(self) -> str:
        return f"#{self.batch_id}, {self.line}"

    def erase(self) -> None:
        """Erase what the row of a sign-on says of its representative; the file itself goes with its batch."""
        self.values = {name: value for name, value in self.values.items() if name in OF_THE_ORGANISATION}
        self.save(update_fields=["values"])
        # They were shown for naming the columns, which is over.
        Batch.objects.filter(pk=self.batch_id).update(samples=[])


class ColumnMapping(models.Model):
    """What columns under these headings meant last time."""

    headings = models.CharField(max_length=64, primary_key=True)
    """SHA-256 of the headings, in their order."""
    columns = models.JSONField()
    used = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.headings

    @staticmethod
    def _digest(header: Sequence[str]) -> str:
        return hashlib.sha256(json.dumps(list(header), ensure_ascii=False).encode()).hexdigest()

    @classmethod
    def recall(cls, header: Sequence[str]) -> list[str] | None:
        """Return what was said of these headings, or None."""
        return cls.objects.filter(headings=cls._digest(header)).values_list("columns", flat=True).first()

    @classmethod
    def remember(cls, header: Sequence[str], columns: Sequence[str]) -> None:
        """Keep what was said of these headings."""
        mapping, is_new = cls.objects.get_or_create(headings=cls._digest(header), defaults={"columns": list(columns)})
        if not is_new:
            cls.objects.filter(pk=mapping.pk).update(
                columns=list(columns), used=F("used") + 1, changed_at=timezone.now()
            )
