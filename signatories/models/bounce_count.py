"""Taking what mail servers report, and counting it: who sets up the hook sees whether its reports are understood."""

from django.db import models, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from signatories.bounces import Bounce, Name

from .message import Message


class BounceCount(models.Model):
    """How many reports of a day came to the same. They name nobody."""

    class Outcome(models.TextChoices):
        """What came of a report."""

        RECORDED = "recorded", _("recorded")
        KNOWN = "known", _("known before")
        UNKNOWN = "unknown", _("about no message of ours")
        NO_BOUNCE = "no_bounce", _("no bounce")

    day = models.DateField()
    outcome = models.CharField(max_length=10, choices=Outcome)
    count = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-day", "outcome"]
        constraints = [models.UniqueConstraint(fields=["day", "outcome"], name="bounces_are_counted_by_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.outcome}: {self.count}"

    @classmethod
    @transaction.atomic
    def take(cls, name: Name | None, bounce: Bounce | None) -> Outcome:
        """Record what a mail server reports of the message `name`, once however often it does, and count the report."""
        message = Message.objects.named(name)
        if bounce is None:
            outcome = cls.Outcome.NO_BOUNCE
        elif message is None:
            outcome = cls.Outcome.UNKNOWN
        else:
            outcome = cls.Outcome.RECORDED if message.bounced(bounce) else cls.Outcome.KNOWN
        today, _is_new = cls.objects.get_or_create(day=timezone.now().date(), outcome=outcome)
        cls.objects.filter(pk=today.pk).update(count=F("count") + 1)
        return outcome
