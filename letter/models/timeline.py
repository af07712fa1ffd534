"""What became of the letter after its delivery, as the secretariat publishes it."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .edition import Blob


class TimelineEntry(models.Model):
    """One published event: who received, acknowledged or answered the letter, and when."""

    class Event(models.TextChoices):
        """What happened."""

        DELIVERED = "delivered", _("delivered")
        ACKNOWLEDGED = "acknowledged", _("acknowledged")
        ANSWERED = "answered", _("answered")

    letter = models.ForeignKey("Letter", on_delete=models.PROTECT, related_name="timeline")
    on = models.DateField(_("date"))
    event = models.CharField(_("event"), max_length=20, choices=Event)
    who = models.CharField(_("who"), max_length=250, blank=True)
    words = models.TextField(_("words"), blank=True)
    language = models.CharField(_("language of the words"), max_length=12, blank=True)
    blob = models.ForeignKey(Blob, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    """A PDF."""
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("timeline entry")
        verbose_name_plural = _("timeline entries")
        ordering = ["on", "pk"]

    def __str__(self) -> str:
        return f"{self.on} {self.event} {self.who}"

    def clean(self) -> None:
        """Take nothing but a PDF as a file."""
        if self.blob and not bytes(self.blob.content).startswith(b"%PDF-"):
            raise ValidationError({"blob": _("Only a PDF can be published.")})

    @property
    def file_name(self) -> str:
        """The name of its file among the edition's pages; empty if there is none."""
        return f"timeline/{self.pk}.pdf" if self.blob_id else ""
