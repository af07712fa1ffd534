"""What people at the desk did and read: append-only in the database, each entry carrying the hash of the one before.

The triggers guard against accidents and against the application; whoever owns the tables can drop them. What they
change then, the chain shows (`faults`), but for entries cut off at its end: those only a copy of a later hash shows,
which is why each digest and each run of ``verify_audit`` prints the newest.
"""

import hashlib
import json
from collections.abc import Iterator
from datetime import date
from typing import Any, Self

import pgtrigger
from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection, models, transaction
from django.db.models import Q
from django.utils import timezone

# Key of the advisory lock under which entries are chained, one after the other.
LOCK = 0x0A0D17
# The hash before the first entry.
NOTHING = "0" * 64


class EntryQuerySet(models.QuerySet["Entry"]):
    """Which entries?"""

    def about(self, subject: models.Model) -> Self:
        """Entries about one row."""
        return self.filter(subject_kind=kind_of(subject), subject_id=subject.pk)

    def acts(self) -> list[str]:
        """Return the acts that the record knows, in the order of the alphabet."""
        return list(self.order_by("act").values_list("act", flat=True).distinct())

    def by(self, user: User | None) -> Self:
        """Entries of one user; of everybody for None."""
        return self.filter(user=user) if user else self

    def done(self, act: str) -> Self:
        """Entries of one act; of all for an empty one."""
        return self.filter(act=act) if act else self

    def between(self, since: date | None, until: date | None) -> Self:
        """Entries from the day `since` to the day `until`, both included; None leaves an end open."""
        found = self if since is None else self.filter(at__date__gte=since)
        return found if until is None else found.filter(at__date__lte=until)

    def search(self, words: str) -> Self:
        """Entries that have all `words` in who, what, about what, or in the details."""
        found = self
        for word in words.split():
            found = found.filter(
                Q(by__icontains=word)
                | Q(act__icontains=word)
                | Q(subject_kind__icontains=word)
                | Q(subject_label__icontains=word)
                | Q(detail__icontains=word)
            )
        return found


class Entry(models.Model):
    """One thing that somebody did or read."""

    number = models.BigIntegerField(primary_key=True)
    """From 1, without gaps."""
    at = models.DateTimeField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    by = models.CharField(max_length=150)
    """The name of the user's account at that time; empty where nobody was signed in."""
    act = models.CharField(max_length=40)
    subject_kind = models.CharField(max_length=40, blank=True)
    subject_id = models.BigIntegerField(null=True)
    subject_label = models.CharField(max_length=250, blank=True)
    detail = models.JSONField(default=dict)
    before = models.CharField(max_length=64)
    """The hash of the entry before."""
    sha256 = models.CharField(max_length=64, unique=True)

    objects = EntryQuerySet.as_manager()

    class Meta:
        ordering = ["-number"]
        verbose_name_plural = "entries"
        indexes = [
            models.Index(fields=["subject_kind", "subject_id"], name="entry_subject"),
            models.Index(fields=["user", "-number"], name="entry_user"),
            models.Index(fields=["act", "-number"], name="entry_act"),
        ]
        triggers = [
            pgtrigger.Protect(name="entry_is_append_only", operation=pgtrigger.Update | pgtrigger.Delete),
            pgtrigger.Trigger(
                name="entries_are_not_truncated",
                operation=pgtrigger.Truncate,
                when=pgtrigger.Before,
                level=pgtrigger.Statement,
                func="RAISE EXCEPTION 'The record is append-only: % is not truncated', TG_TABLE_NAME;",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.act} {self.subject_kind} {self.subject_id or ''}".strip()

    @property
    def kind_label(self) -> str:
        """What kind of thing it is about, in words."""
        kinds = {model._meta.model_name: model._meta.verbose_name for model in apps.get_models()}
        return str(kinds.get(self.subject_kind, self.subject_kind))

    def computed(self) -> str:
        """Return the hash of what the entry says, as `sha256` should be."""
        said = {
            "number": self.number,
            "at": self.at.isoformat(timespec="microseconds"),
            "user": self.user_id,
            "by": self.by,
            "act": self.act,
            "subject": [self.subject_kind, self.subject_id, self.subject_label],
            "detail": self.detail,
            "before": self.before,
        }
        written = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(written.encode()).hexdigest()


@transaction.atomic
def record(user: User | None, act: str, subject: models.Model | None = None, **detail: Any) -> Entry:
    """Append an entry, in the caller's transaction, and as its last statement.

    It holds the lock of the record until that transaction ends: whoever locks rows afterwards could wait for
    somebody who waits for the record.

    Args:
        user: who did it; None at the command line or before somebody is known.
        act: one verb, such as "accept", "read", "export".
        subject: the row that it is about, if any.
        detail: what else is worth knowing, as JSON. No personal data: the record is for ever.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    last = Entry.objects.order_by("-number").only("number", "sha256").first()
    entry = Entry(
        number=last.number + 1 if last else 1,
        at=timezone.now(),
        user=user,
        by=user.get_username() if user else "",
        act=act,
        subject_kind=kind_of(subject) if subject else "",
        subject_id=subject.pk if subject else None,
        subject_label=str(subject)[:250] if subject else "",
        # As it will be read back: what JSON cannot keep, such as a tuple, must not change the hash.
        detail=json.loads(json.dumps(detail, default=str)),
        before=last.sha256 if last else NOTHING,
    )
    entry.sha256 = entry.computed()
    entry.save(force_insert=True)
    return entry


def kind_of(subject: models.Model) -> str:
    """Return the word for what kind of thing a row is, such as "signon"."""
    return subject._meta.model_name or ""


def faults() -> Iterator[str]:
    """Yield what is wrong with the record, from the first entry to the last, in words; memory stays flat."""
    expected, before = 1, NOTHING
    for entry in Entry.objects.order_by("number").iterator(chunk_size=1000):
        if entry.number > expected:
            missing = (
                f"entry {expected} is"
                if entry.number == expected + 1
                else f"entries {expected} to {entry.number - 1} are"
            )
            yield f"{missing} missing."
        elif entry.before != before:
            yield f"entry {entry.number} does not follow on the one before it: one of them was put in its place."
        if entry.sha256 != entry.computed():
            yield f"entry {entry.number} was changed: its hash is not that of what it says."
        expected, before = entry.number + 1, entry.sha256
