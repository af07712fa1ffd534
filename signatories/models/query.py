"""What a moderator asked about a sign-on, and what came back."""

from datetime import datetime, timedelta
from typing import Self

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from letter.content import direction_of
from signatories import mail

from .document import Document
from .transition import Transition

# An unanswered question is sent once more, and later shown to the moderators.
REMIND_AFTER = timedelta(days=7)
OVERDUE_AFTER = timedelta(days=21)


class QueryQuerySet(models.QuerySet["Query"]):
    """Which queries?"""

    def open(self) -> Self:
        """Queries that wait for an answer."""
        return self.filter(ended=None)

    def to_remind(self, at: datetime | None = None) -> Self:
        """Queries that have waited long for an answer by `at` (now by default), and were not sent once more."""
        asked_before = (at or timezone.now()) - REMIND_AFTER
        return self.open().filter(reminded_at=None, asked__at__lte=asked_before).exclude(sign_on__email="")

    def overdue(self, at: datetime | None = None) -> Self:
        """Queries whose answer is not to be expected any more at `at` (now by default)."""
        return self.open().filter(asked__at__lte=(at or timezone.now()) - OVERDUE_AFTER)

    def exchange(self) -> Self:
        """Queries with who asked, who ended them, and the documents, in order."""
        documents = models.Prefetch("documents", Document.objects.order_by("pk"))
        return (
            self.select_related("asked__user", "asked__said", "ended__user", "ended__said")
            .prefetch_related(documents)
            .order_by("pk")
        )


class Query(models.Model):
    """A question to the representative. The transition that asked it holds its words; another one ends it.

    It ends with the answer, or without one: by a decision, by an undo, by a withdrawal.
    """

    sign_on = models.ForeignKey("SignOn", on_delete=models.PROTECT, related_name="queries")
    asked = models.OneToOneField(Transition, on_delete=models.PROTECT, related_name="query")
    ended = models.OneToOneField(Transition, null=True, on_delete=models.PROTECT, related_name="ended_query")
    language = models.CharField(max_length=35)
    """Of the question: a language tag, as `LetterText.language`."""
    answer = models.TextField(blank=True)
    documents = models.ManyToManyField(Document, related_name="queries")
    """What came with the answer."""
    reminded_at = models.DateTimeField(null=True)

    objects = QueryQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        verbose_name_plural = "queries"
        constraints = [
            models.UniqueConstraint(fields=["sign_on"], condition=Q(ended=None), name="one_open_query"),
        ]

    def __str__(self) -> str:
        return f"query {self.pk} on sign-on {self.sign_on_id}"

    @property
    def question(self) -> str:
        """What was asked."""
        return self.asked.note

    @property
    def is_answered(self) -> bool:
        """Whether an answer ended it."""
        return self.ended is not None and self.ended.verb == "answer"

    @property
    def was_taken_back(self) -> bool:
        """Whether it was undone before it was sent: the representative has not seen it."""
        return self.ended is not None and self.ended.verb == "undo"

    @property
    def direction(self) -> str:
        """The direction of the question's script: “rtl” or “ltr”."""
        return direction_of(self.language)

    def is_overdue(self, at: datetime | None = None) -> bool:
        """Whether its answer is not to be expected any more at `at` (now by default)."""
        return self.ended is None and self.asked.at <= (at or timezone.now()) - OVERDUE_AFTER

    @transaction.atomic
    def remind(self) -> bool:
        """Send the question once more; return False if it was answered or sent again meanwhile."""
        query = Query.objects.to_remind().select_for_update(of=("self",)).filter(pk=self.pk).first()
        if query is None:
            return False
        query.reminded_at = timezone.now()
        query.save(update_fields=["reminded_at"])
        mail.queue(query.sign_on, "reminder", transition=query.asked, language=query.language)
        return True
