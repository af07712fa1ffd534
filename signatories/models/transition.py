"""The record of each change of state."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.utils import timezone

from signatories.states import Reason, Source, State


class Transition(models.Model):
    """One recorded change of state: from, to, by whom, why, when. Append-only, in the database too."""

    sign_on = models.ForeignKey("SignOn", on_delete=models.PROTECT, related_name="transitions")
    verb = models.CharField(max_length=20)
    from_state = models.CharField(max_length=20, blank=True)
    to_state = models.CharField(max_length=20)
    who = models.CharField(max_length=20)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=30, blank=True)
    note = models.TextField(blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]
        triggers = [pgtrigger.Protect(name="transition_is_append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.verb} {self.sign_on_id}: {self.from_state or '–'} → {self.to_state}"

    @property
    def state_label(self) -> str:
        """The state that it led to, in words."""
        return str(State(self.to_state).label)

    @property
    def reason_label(self) -> str:
        """The coded reason or source, in words; empty if there is none."""
        codes = dict(Reason.choices) | dict(Source.choices)
        return str(codes.get(self.reason, ""))

    @property
    def by(self) -> str:
        """Who acted, for a moderator's eye."""
        return self.user.get_username() if self.user else self.who
