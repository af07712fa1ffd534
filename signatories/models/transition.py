"""The record of each change of state."""

from datetime import datetime, timedelta
from typing import Self

import pgtrigger
from django.conf import settings
from django.db import connection, models
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from letter.models import Letter
from signatories.states import Reason, Source, State

from .message import Message

# The reason of a withdrawal by whoever holds the mailbox, and had signed nothing.
NOT_ME = "not_me"
# The reason of a withdrawal by a newer form of the same mailbox for the same name, before the first was confirmed.
REPLACED = "replaced"


class TransitionQuerySet(models.QuerySet["Transition"]):
    """Which transitions?"""

    def with_words(self) -> Self:
        """Transitions with what was said with them, and by whom."""
        return self.select_related("said", "user")

    def undoable(self, at: datetime | None = None) -> Self:
        """Decisions that can be undone at `at` (now by default): young, their sign-on's last, not yet told anybody."""
        later = Transition.objects.filter(sign_on=OuterRef("sign_on"), pk__gt=OuterRef("pk"))
        told = Message.objects.filter(
            sign_on=OuterRef("sign_on"), is_decision=True, created_at__gte=OuterRef("at")
        ).exclude(state__in=[Message.State.QUEUED, Message.State.DROPPED])
        young = self.filter(restores__isnull=False, at__gt=(at or timezone.now()) - settings.DECISION_DELAY)
        return young.exclude(Exists(later)).exclude(Exists(told))

    def median_time_to_decide(self, letter: Letter | None = None, at: datetime | None = None) -> timedelta | None:
        """Return the median time from entering the queue to a moderator's decision; None if there was none.

        Over the decisions of the 30 days before `at` (now by default); not those that were undone.
        """
        of_letter = (
            "AND EXISTS (SELECT FROM signatories_signon WHERE id = decided.sign_on_id AND letter_id = %(letter)s)"
        )
        with connection.cursor() as cursor:
            cursor.execute(
                f"""
                SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY decided.at - entered.at)
                FROM signatories_transition AS decided
                CROSS JOIN LATERAL (
                    SELECT min(at) AS at FROM signatories_transition
                    WHERE sign_on_id = decided.sign_on_id AND to_state = 'pending'
                ) AS entered
                WHERE decided.verb IN ('accept', 'decline') AND decided.who = 'moderator'
                AND decided.at BETWEEN %(at)s - interval '30 days' AND %(at)s
                {of_letter if letter else ""}
                AND NOT EXISTS (
                    SELECT FROM signatories_transition AS undone
                    WHERE undone.sign_on_id = decided.sign_on_id AND undone.verb = 'undo' AND undone.id > decided.id
                )
                """,  # noqa: S608 - constants
                {"at": at or timezone.now(), "letter": letter.pk if letter else None},
            )
            return cursor.fetchone()[0]


class Transition(models.Model):
    """One recorded change of state: from, to, by whom, why, when. Append-only, in the database too."""

    sign_on = models.ForeignKey("SignOn", on_delete=models.PROTECT, related_name="transitions")
    verb = models.CharField(max_length=20)
    from_state = models.CharField(max_length=20, blank=True)
    to_state = models.CharField(max_length=20)
    who = models.CharField(max_length=20)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=30, blank=True)
    at = models.DateTimeField(default=timezone.now)
    restores = models.JSONField(null=True)
    """What an undo of it puts back (`SignOn._move`); null if it is no decision."""
    batch = models.UUIDField(null=True)
    """The same for decisions that were made at one stroke."""

    objects = TransitionQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["at"], condition=models.Q(verb__in=["accept", "decline"]), name="decisions_in_time"),
            models.Index(fields=["batch"], condition=models.Q(batch__isnull=False), name="transition_batch"),
        ]
        triggers = [pgtrigger.Protect(name="transition_is_append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.verb} {self.sign_on_id}: {self.from_state or '–'} → {self.to_state}"

    @property
    def note(self) -> str:
        """What was said with it; empty if nothing was, or if it was erased."""
        try:
            return self.said.text
        except Note.DoesNotExist:
            return ""

    @property
    def state_label(self) -> str:
        """The state that it led to, in words."""
        return str(State(self.to_state).label)

    @property
    def reason_label(self) -> str:
        """The coded reason or source, in words; empty if there is none."""
        codes = dict(Reason.choices) | dict(Source.choices) | {NOT_ME: _("“It was not me”")}
        codes |= {REPLACED: _("a newer form took its place")}
        return str(codes.get(self.reason, ""))

    @property
    def by(self) -> str:
        """Who acted, for a moderator's eye."""
        return self.user.get_username() if self.user else self.who


class NoteQuerySet(models.QuerySet["Note"]):
    """Which notes?"""

    def erase(self, at: datetime) -> int:
        """Erase the words of these notes; the database lets them be erased, and nothing else."""
        return self.filter(erased_at=None).update(text="", erased_at=at)


class Note(models.Model):
    """What was said with a transition: a question, a reason in words, where a paper is kept.

    Words may name people, and a transition is for ever: so they stand in a row beside it, which nobody can
    rewrite, but which can be erased.
    """

    transition = models.OneToOneField(Transition, primary_key=True, on_delete=models.PROTECT, related_name="said")
    text = models.TextField()
    erased_at = models.DateTimeField(null=True)

    objects = NoteQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(erased_at=None) | models.Q(text=""), name="nothing_is_left_of_an_erased_note"
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="note_stays", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="note_is_only_erased",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(new__transition__df=pgtrigger.F("old__transition"))
                | pgtrigger.Q(old__erased_at__isnull=False)
                | pgtrigger.Q(new__erased_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"note of transition {self.transition_id}"
