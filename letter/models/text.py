"""The letter's words, in one language and revision."""

import hashlib

import pghistory
import pgtrigger
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from letter.content import direction_of
from letter.markdown import validate_markdown
from letter.standing import Standing, note_on, standing_of, validate_prevails

# Tags of BCP 47 that stand in addresses: a language, perhaps with script or region.
LANGUAGE = r"[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-[A-Z]{2})?"

language_tag = RegexValidator(rf"^{LANGUAGE}\Z", _("Write a language as en, fr, ar, zh-Hant or pt-BR."))


@pghistory.track(
    pghistory.InsertEvent("written"),
    pghistory.UpdateEvent("changed"),
    model_name="LetterTextHistory",
    obj_field=pghistory.ObjForeignKey(related_name="history"),
    append_only=True,
)
class LetterText(models.Model):
    """The letter's text in one language and revision; fixed once the letter is open."""

    letter = models.ForeignKey("Letter", on_delete=models.PROTECT, related_name="texts")
    language = models.CharField(_("language"), max_length=12, validators=[language_tag])
    revision = models.PositiveIntegerField(_("revision"), default=1, editable=False)
    title = models.CharField(_("title"), max_length=250)
    salutation = models.CharField(_("salutation"), max_length=250)
    body = models.TextField(_("body"), validators=[validate_markdown], help_text=_("Markdown; no raw HTML."))
    closing = models.CharField(_("closing"), max_length=250, blank=True)
    is_official = models.BooleanField(
        _("official translation"),
        default=False,
        help_text=_("A translation is official if the secretariat answers for it; else it is a courtesy to readers."),
    )
    sha256 = models.CharField(max_length=64, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("text")
        verbose_name_plural = _("texts")
        ordering = ["letter", "language", "-revision"]
        constraints = [
            models.UniqueConstraint(fields=["letter", "language", "revision"], name="text_revision_is_unique")
        ]
        triggers = [
            pgtrigger.Trigger(
                name="open_text_is_fixed",
                operation=pgtrigger.Update | pgtrigger.Delete,
                when=pgtrigger.Before,
                func="IF EXISTS (SELECT FROM letter_letter WHERE id = OLD.letter_id"
                " AND opens_at <= clock_timestamp()) THEN RAISE EXCEPTION"
                " 'the letter is open: its text is fixed, make a new revision'; END IF;"
                " IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW;",
            )
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.language}, {self.revision})"

    @property
    def direction(self) -> str:
        """The direction of its script: “rtl” or “ltr”."""
        return direction_of(self.language)

    @property
    def standing(self) -> Standing:
        """What it is among the letter's texts: the original, an official or a courtesy translation."""
        return standing_of(self.language, original=self.letter.language, is_official=self.is_official)

    @property
    def standing_note(self) -> str:
        """What readers must know of it, in the active language; nothing of an original that prevails."""
        return note_on(self.standing, self.language, self.letter.prevailing_text)

    def check_standing(self) -> None:
        """Refuse that the text which prevails is a courtesy translation; raises ValidationError."""
        if self.standing == Standing.COURTESY:
            try:
                validate_prevails(self.letter.prevailing, {self.language: False})
            except ValidationError as error:
                raise ValidationError({"is_official": error}) from None

    def compute_sha256(self) -> str:
        """Return the SHA-256 (hex) of the text: its four parts, each followed by a blank line, in UTF-8."""
        parts = [self.title, self.salutation, self.body, self.closing]
        return hashlib.sha256("".join(f"{part}\n\n" for part in parts).encode()).hexdigest()
