"""What a moderator asked about a sign-on, and what came back."""

from typing import Self

from django.db import models
from django.db.models import Q

from .transition import Transition


class QueryQuerySet(models.QuerySet["Query"]):
    """Which queries?"""

    def open(self) -> Self:
        """Queries that wait for an answer."""
        return self.filter(ended=None)

    def exchange(self) -> Self:
        """Queries with who asked and who ended them, in order."""
        return self.select_related("asked__user", "ended__user").order_by("pk")


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
