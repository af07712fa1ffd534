"""The switch of a letter: sign-ons are taken as usual, taken with their messages held, or not taken at all."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.models import record
from letter.models import Letter

from .limit import Crossing, Why


class SwitchQuerySet(models.QuerySet["Switch"]):
    """Which switches?"""

    def turned(self) -> Self:
        """Those that do not stand as usual, the longest first."""
        return self.exclude(position=Switch.Position.OPEN).select_related("letter", "by").order_by("since")

    def position(self, letter: Letter) -> str:
        """Return how the switch of `letter` stands. One query."""
        found = self.filter(letter=letter).values_list("position", flat=True).first()
        return found or Switch.Position.OPEN

    def is_paused(self, letter: Letter) -> bool:
        """Whether nobody can sign `letter` by the form at present. One query."""
        return self.position(letter) == Switch.Position.PAUSED

    def holds(self, letter: Letter) -> list[Crossing]:
        """Return why messages that ask for a confirmation are held, if the switch says so. One query."""
        return [Crossing(Why.SWITCH)] if self.position(letter) == Switch.Position.HELD else []


class Switch(models.Model):
    """How the desk lets sign-ons to one letter come in. A row of its own: saving the letter never turns it back.

    It is read with each sign-on, so it works at once, in all processes. Who has signed is not touched by it: links to
    confirm, to the status and to withdraw go on working, and the desk registers and imports as ever.
    """

    class Position(models.TextChoices):
        """How it stands."""

        OPEN = "open", _("as usual")
        HELD = "held", _("sign-ons are taken, their messages are held")
        PAUSED = "paused", _("signing is paused")

    letter = models.OneToOneField(Letter, on_delete=models.CASCADE, related_name="switch")
    position = models.CharField(max_length=10, choices=Position, default=Position.OPEN)
    note = models.CharField(_("why"), max_length=200, blank=True)
    since = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    objects = SwitchQuerySet.as_manager()

    class Meta:
        verbose_name = _("switch")
        verbose_name_plural = _("switches")

    def __str__(self) -> str:
        return f"{self.letter}: {self.position}"

    @staticmethod
    @transaction.atomic
    def turn(letter: Letter, user: User, *, position: str, note: str, at: datetime | None = None) -> bool:
        """Turn the switch of `letter`; return False if it stands so already."""
        switch, _is_new = Switch.objects.get_or_create(letter=letter)
        switch = Switch.objects.select_for_update(of=("self",)).select_related("letter").get(pk=switch.pk)
        if switch.position == position:
            return False
        before, switch.position, switch.note = switch.position, position, note
        switch.since, switch.by = at or timezone.now(), user
        switch.save()
        record(user, "turn switch", switch, before=before, after=position)
        return True
