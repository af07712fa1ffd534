"""The letter itself, and how far its public list is behind what was decided."""

import re
from datetime import datetime
from typing import Self

import pgtrigger
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from procrastinate.contrib.django import app as jobs

from letter import translations
from letter.standing import EQUAL, validate_prevails

from .edition import Edition
from .text import LANGUAGE, LetterText, language_tag

# First words of addresses that are not letters, and the words that follow a letter's (config/urls.py,
# letter/urls.py): “/fr/editions/” must not be two things.
RESERVED_SLUGS = {"admin", "board", "changes", "confirm", "countries", "delivery", "demo", "editions", "embed", "files"}
RESERVED_SLUGS |= {"contact", "hooks", "invited", "links", "moderation", "objection", "sign", "signatories", "static"}
RESERVED_SLUGS |= {"status", "stop", "style", "successor", "timeline", "unsubscribe", "verify"}


def validate_slug_is_free(slug: str) -> None:
    """Refuse a slug that is an address of the site itself, as “fr” is of all that is in French."""
    if slug in RESERVED_SLUGS or re.fullmatch(LANGUAGE, slug):
        raise ValidationError(_("“%(slug)s” is an address of the site itself."), params={"slug": slug})


def validate_prevailing(value: str) -> None:
    """Refuse what is neither a language nor the word for “equally authentic”."""
    if value != EQUAL:
        language_tag(value)


class NotPublishedYet(Exception):
    """Something was decided that the newest edition does not print yet, or its documents are still being made."""


class LetterQuerySet(models.QuerySet["Letter"]):
    """Which letters?"""

    def opened(self, at: datetime | None = None) -> Self:
        """Letters that the public may read at the moment `at` (now by default)."""
        return self.filter(opens_at__lte=at or timezone.now())

    def open(self, at: datetime | None = None) -> Self:
        """Letters that can be signed at the moment `at` (now by default)."""
        at = at or timezone.now()
        return self.opened(at).filter(
            Q(closes_at=None) | Q(closes_at__gt=at), Q(delivered_at=None) | Q(delivered_at__gt=at)
        )

    def stale(self, at: datetime | None = None) -> Self:
        """Letters whose public list is older than what was decided."""
        return self.opened(at).exclude(publication__published_revision=F("publication__revision"))


class Letter(models.Model):
    """A joint letter. It has no state: dates decide, and only `deliver` is an act."""

    slug = models.SlugField(
        _("address"),
        unique=True,
        max_length=60,
        help_text=_("The letter's address on this site: /address/. Cannot change once the letter is open."),
        validators=[
            validate_slug_is_free,
            RegexValidator(r"^[a-z0-9][a-z0-9-]*$", _("Use small letters, digits and hyphens.")),
        ],
    )
    place = models.CharField(_("place"), max_length=100, blank=True)
    dated_on = models.DateField(_("date"), help_text=_("The date that the letter bears."))
    addressees = models.TextField(_("addressees"), blank=True, help_text=_("Printed above the salutation."))
    language = models.CharField(
        _("original language"),
        max_length=12,
        default="en",
        validators=[language_tag],
        help_text=_("A BCP 47 tag: en, fr, ar …"),
    )
    prevailing = models.CharField(
        _("which text prevails"),
        max_length=12,
        blank=True,
        validators=[validate_prevailing],
        help_text=_(
            "Where the texts differ: the original if this is empty, an official translation by its language, or “equal”"
            " if the original and the official translations are equally authentic. Cannot change once the letter is"
            " open."
        ),
    )
    opens_at = models.DateTimeField(
        _("opens at"),
        null=True,
        blank=True,
        help_text=_("Before this moment nobody outside sees the letter; after it its texts are fixed."),
    )
    closes_at = models.DateTimeField(_("closes at"), null=True, blank=True)
    delivered_at = models.DateTimeField(_("delivered at"), null=True, blank=True, editable=False)
    edition_of_record = models.ForeignKey(
        Edition, null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    """The edition that was delivered."""
    withdrawal_wording = models.CharField(
        _("wording of a withdrawal after delivery"),
        max_length=250,
        blank=True,
        help_text=_("Printed on the letter's page and in its log of changes; {name} stands for the organisation."),
    )

    objects = LetterQuerySet.as_manager()

    class Meta:
        verbose_name = _("letter")
        verbose_name_plural = _("letters")
        ordering = ["-dated_on", "slug"]
        constraints = [
            models.CheckConstraint(
                condition=Q(closes_at=None) | Q(opens_at=None) | Q(closes_at__gt=F("opens_at")),
                name="letter_closes_after_it_opens",
                violation_error_message=_("A letter closes after it opens."),
            ),
            models.CheckConstraint(
                condition=Q(delivered_at=None, edition_of_record=None)
                | Q(delivered_at__isnull=False, edition_of_record__isnull=False),
                name="what_was_delivered_is_an_edition",
            ),
        ]
        triggers = [
            # A letter that has opened has been read and signed: its address, language, opening and the text that
            # prevails stand.
            pgtrigger.Trigger(
                name="opened_letter_stands",
                operation=pgtrigger.Update,
                when=pgtrigger.Before,
                condition=pgtrigger.Q(old__opens_at__isnull=False)
                & (
                    pgtrigger.Q(old__opens_at__df=pgtrigger.F("new__opens_at"))
                    | pgtrigger.Q(old__slug__df=pgtrigger.F("new__slug"))
                    | pgtrigger.Q(old__language__df=pgtrigger.F("new__language"))
                    | pgtrigger.Q(old__prevailing__df=pgtrigger.F("new__prevailing"))
                ),
                func="IF OLD.opens_at <= clock_timestamp() THEN RAISE EXCEPTION"
                " 'letter % has opened: its address, language, opening and prevailing text stand', OLD.slug;"
                " END IF; RETURN NEW;",
            ),
            pgtrigger.Protect(
                name="edition_of_record_stands",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__edition_of_record__isnull=False)
                & (
                    pgtrigger.Q(old__edition_of_record__df=pgtrigger.F("new__edition_of_record"))
                    | pgtrigger.Q(old__delivered_at__df=pgtrigger.F("new__delivered_at"))
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.slug

    def get_absolute_url(self) -> str:
        """Return the letter's public address."""
        return reverse("letter:read", args=[self.slug])

    def has_opened(self, at: datetime | None = None) -> bool:
        """Whether the public may read the letter at the moment `at` (now by default)."""
        return self.opens_at is not None and self.opens_at <= (at or timezone.now())

    def has_closed(self, at: datetime | None = None) -> bool:
        """Whether signing is over at the moment `at` (now by default)."""
        ended_at = self.ended_at
        return ended_at is not None and ended_at <= (at or timezone.now())

    def is_open(self, at: datetime | None = None) -> bool:
        """Whether the letter can be signed at the moment `at` (now by default)."""
        return self.has_opened(at) and not self.has_closed(at)

    @property
    def ended_at(self) -> datetime | None:
        """The moment at which signing ends: the closing date, or delivery if that came first."""
        return min(filter(None, [self.closes_at, self.delivered_at]), default=None)

    def clean(self) -> None:
        """Say beside the field what the database would refuse."""
        for field in ("opens_at", "closes_at"):
            moment = getattr(self, field)
            if moment and not 1900 <= moment.year <= 2200:
                raise ValidationError({field: _("Check the year.")})
        if self.opens_at and self.closes_at and self.closes_at <= self.opens_at:
            raise ValidationError({"closes_at": _("A letter closes after it opens.")})
        if self.withdrawal_wording and "{name}" not in self.withdrawal_wording:
            raise ValidationError({"withdrawal_wording": _("Write {name} where the organisation's name is to stand.")})
        if self.pk and self.prevailing:
            texts = {text.language: text.is_official for text in self.current_texts() if text.language != self.language}
            try:
                validate_prevails(self.prevailing, texts)
            except ValidationError as error:
                raise ValidationError({"prevailing": error}) from None
        before = Letter.objects.filter(pk=self.pk).first()
        if before and before.has_opened():
            for field in ("slug", "language", "prevailing", "opens_at"):
                if getattr(before, field) != getattr(self, field):
                    raise ValidationError({field: _("The letter has opened: this can no longer change.")})

    @property
    def prevailing_text(self) -> str:
        """The language of the text that prevails, or `standing.EQUAL`."""
        return self.prevailing or self.language

    @property
    def title(self) -> str:
        """The title in the original language; the slug while there is no text."""
        text = self.text()
        return text.title if text else self.slug

    def text(self, language: str | None = None) -> "LetterText | None":
        """Return the newest text in `language` (the original one by default). One query."""
        return self.texts.filter(language=language or self.language).order_by("-revision").first()

    def text_for(self, reader: str) -> "LetterText | None":
        """Return the newest text for who reads the language `reader`: in it if there is one, else the original."""
        texts = {text.language: text for text in self.current_texts()}
        return texts.get(reader) or texts.get(reader.partition("-")[0]) or texts.get(self.language)

    def current_texts(self) -> "list[LetterText]":
        """Return the newest text of each language, the original first. One query."""
        newest = self.texts.order_by("language", "-revision").distinct("language")
        return sorted(newest, key=lambda text: (text.language != self.language, text.language))

    def check_translation(self, language: str) -> translations.Check | None:
        """Compare the newest text in `language` with the original; None unless both are there."""
        original, translation = self.text(), self.text(language)
        if original is None or translation is None or original == translation:
            return None
        return translations.compare(original, translation)

    @transaction.atomic
    def revise(
        self, language: str, *, title: str, salutation: str, body: str, closing: str, is_official: bool | None = None
    ) -> "LetterText":
        """Make these words the letter's text in `language`.

        Before the letter opens they replace the text; afterwards they become a new revision, since
        organisations have endorsed the old one. Equal words of equal standing change nothing.

        Args:
            language: of the text; another than the letter's makes it a translation.
            title, salutation, body, closing: the words.
            is_official: whether a translation is official; what it was by default, a courtesy if it is new.

        Raises:
            ValidationError: when a field is missing, the body holds raw HTML, or a text that prevails would be a mere
                courtesy.
        """
        # Not its key: an edition that is being published refers to it, which is checked when that commits.
        Letter.objects.select_for_update(no_key=True).get(pk=self.pk)
        current = self.text(language)
        words = {"title": title, "salutation": salutation, "body": body, "closing": closing}
        words = {name: value.replace("\r\n", "\n").strip() for name, value in words.items()}
        text = LetterText(letter=self, language=language, revision=current.revision if current else 1, **words)
        text.sha256 = text.compute_sha256()
        if is_official is None:
            is_official = current is not None and current.is_official
        text.is_official = is_official and language != self.language
        if current and (current.sha256, current.is_official) == (text.sha256, text.is_official):
            return current
        if language != self.language:
            text.check_standing()
        if current and self.has_opened():
            text.revision += 1
        elif current:
            text.pk, text._state.adding = current.pk, False
        text.full_clean()
        text.save()
        self.mark_stale()
        return text

    @transaction.atomic
    def deliver(self, at: datetime | None = None) -> Edition:
        """Hand the letter over: the newest edition becomes the edition of record, for ever.

        A letter that has been delivered stays as it is: the edition of record is returned.

        Args:
            at: the moment of delivery (now by default); signing ends with it.

        Raises:
            NotPublishedYet: if the newest edition lacks what was decided, or its documents.
        """
        letter = Letter.objects.select_for_update(no_key=True).get(pk=self.pk)
        if letter.edition_of_record is None:
            publication = Publication.objects.select_for_update().filter(letter=letter).first()
            edition = letter.editions.with_stage().order_by("-number").first()
            is_behind = publication is None or publication.revision != publication.published_revision
            if is_behind or edition is None or not edition.has_documents:
                raise NotPublishedYet
            letter.edition_of_record, letter.delivered_at = edition, at or timezone.now()
            letter.save(update_fields=["edition_of_record", "delivered_at"])
            letter.mark_stale()
        self.edition_of_record, self.delivered_at = letter.edition_of_record, letter.delivered_at
        return letter.edition_of_record

    def mark_stale(self) -> None:
        """Ask for a new edition, in the caller's transaction.

        The job is part of that transaction, so neither is there without the other; forty of them
        make a few editions, because the first to run serves all that committed before it.
        """
        with transaction.atomic():
            _publication, is_new = Publication.objects.get_or_create(letter=self)
            if not is_new:
                Publication.objects.filter(letter=self).update(revision=F("revision") + 1)
            jobs.configure_task("publish", schedule_at=None if self.has_opened() else self.opens_at).defer(
                letter_id=self.pk
            )


class Publication(models.Model):
    """How far the public list is behind: a row of its own, so that saving a letter never winds it back."""

    letter = models.OneToOneField(Letter, on_delete=models.CASCADE, primary_key=True)
    revision = models.PositiveBigIntegerField(default=1)
    published_revision = models.PositiveBigIntegerField(default=0)
    release = models.PositiveBigIntegerField(default=0)
    """Raised whenever an edition gains pages, so that every web machine looks again."""
    missing_glyphs = models.JSONField(default=list)
    """What the newest documents could not print: see `letter.artefacts.pdf.MissingGlyph`."""

    def __str__(self) -> str:
        return f"{self.letter_id}: {self.published_revision}/{self.revision}"


def absolute(path: str) -> str:
    """Return the full address of `path` on this site, for messages and canonical links."""
    return f"{settings.SITE_URL}{path}"
