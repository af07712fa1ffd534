"""Who at the desk wants a message each day about what waits."""

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from signatories import mail

from .message import Message

if TYPE_CHECKING:
    from signatories.attention import Report

# The hour of the day (UTC) from which on the day's digests are made.
HOUR = 7


class DigestQuerySet(models.QuerySet["Digest"]):
    """Which digests?"""

    def due(self, at: datetime | None = None) -> Self:
        """Digests that the day of `at` (now by default) lacks, of active users who may still see the queue."""
        at = at or timezone.now()
        if at.hour < HOUR:
            return self.none()
        readers = User.objects.with_perm("signatories.view_signon").exclude(email="")
        made = models.Q(made_on__gte=at.date())
        return self.filter(frequency=Digest.Frequency.DAILY, user__in=readers).exclude(made).select_related("user")

    def of(self, user: User) -> "Digest":
        """Return the user's choice: never, unless they made another. It is saved when they do."""
        return self.filter(user=user).first() or Digest(user=user)


class Digest(models.Model):
    """One person's choice, and how far it was carried out."""

    class Frequency(models.TextChoices):
        """How often."""

        DAILY = "daily", _("every day, at 7:00 UTC")
        NEVER = "never", _("never")

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="digest")
    frequency = models.CharField(max_length=10, choices=Frequency, default=Frequency.NEVER)
    made_on = models.DateField(null=True, editable=False)
    """The last day whose digest was sent, or had nothing to say."""

    objects = DigestQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.user_id}: {self.frequency}"

    @transaction.atomic
    def choose(self, frequency: str, at: datetime | None = None) -> None:
        """Take the user's choice; whoever chooses “daily” after the hour gets the first one tomorrow."""
        at = at or timezone.now()
        if frequency == self.Frequency.DAILY != self.frequency and at.hour >= HOUR:
            self.made_on = at.date()
        self.frequency = frequency
        Digest.objects.update_or_create(user=self.user, defaults={"frequency": self.frequency, "made_on": self.made_on})

    @transaction.atomic
    def make(self, report: "Report") -> Message | None:
        """Queue the digest of the day of `report`, once however often this is called; none if it is empty."""
        digest = Digest.objects.select_for_update(of=("self",)).select_related("user").get(pk=self.pk)
        day = report.at.date()
        if digest.frequency != self.Frequency.DAILY or (digest.made_on and digest.made_on >= day):
            return None
        digest.made_on = day
        digest.save(update_fields=["made_on"])
        if report.is_empty:
            return None
        return mail.queue_to(digest.user.email, "digest", report.context(digest.user))
