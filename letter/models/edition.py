"""Editions and their pages: numbered, immutable."""

import hashlib
import json
from collections.abc import Iterable
from functools import cached_property
from typing import Any, Self

import pgtrigger
from django.db import models
from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

# Stands among the pages of an edition from the moment that its documents are there, and that it is sealed.
DOCUMENTS, MANIFEST = "documents.json", "manifest.json"
# Bytes that go to Postgres in one statement: it holds them several times over.
BATCH = 4_000_000


class BlobManager(models.Manager["Blob"]):
    """Where contents are stored."""

    def keep(self, contents: Iterable[bytes]) -> None:
        """Store contents that are not stored yet, in the caller's transaction."""
        wanted = {hashlib.sha256(content).hexdigest(): content for content in contents}
        known = set(self.filter(sha256__in=wanted).values_list("sha256", flat=True))
        batch: list[Blob] = []
        size = 0
        for sha256 in sorted(wanted.keys() - known):
            if batch and size + len(wanted[sha256]) > BATCH:
                self.bulk_create(batch, ignore_conflicts=True)
                batch, size = [], 0
            batch.append(Blob(sha256=sha256, content=wanted[sha256]))
            size += len(wanted[sha256])
        self.bulk_create(batch, ignore_conflicts=True)


class Blob(models.Model):
    """Bytes, stored once however many editions or messages have them; named by their SHA-256."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    content = models.BinaryField()

    objects = BlobManager()

    class Meta:
        triggers = [pgtrigger.Protect(name="blob_is_immutable", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return self.sha256

    @classmethod
    def of(cls, content: bytes) -> "Blob":
        """Return the blob with this content, stored in the caller's transaction."""
        cls.objects.keep([content])
        return cls(hashlib.sha256(content).hexdigest(), content)


class EditionQuerySet(models.QuerySet["Edition"]):
    """Which editions?"""

    def newest(self) -> Self:
        """Return the newest edition of each letter."""
        return self.order_by("letter_id", "-number").distinct("letter_id")

    def with_stage(self) -> Self:
        """Editions with `has_documents` and `is_sealed`."""
        pages = Page.objects.filter(edition=OuterRef("pk"))
        return self.annotate(
            has_documents=Exists(pages.filter(name=DOCUMENTS)), is_sealed=Exists(pages.filter(name=MANIFEST))
        )

    def without_documents(self) -> Self:
        """Editions whose documents are still to be made, newest first."""
        return self.with_stage().filter(has_documents=False).order_by("-number")

    def unsealed(self) -> Self:
        """Editions without a manifest, oldest first."""
        return self.with_stage().filter(is_sealed=False).order_by("number")


class Edition(models.Model):
    """One numbered, immutable publication of the letter and its list."""

    letter = models.ForeignKey("Letter", on_delete=models.PROTECT, related_name="editions")
    number = models.PositiveIntegerField()
    published_at = models.DateTimeField()
    title = models.CharField(max_length=250)
    count = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    texts = models.JSONField()
    facts = models.JSONField(default=dict)
    """What it prints beside texts and lines: see `letter.publication`."""
    changes = models.JSONField(default=dict)
    """What is new since the edition before: see `letter.changes.Changes`."""
    source_sha256 = models.CharField(max_length=64)

    # With `EditionQuerySet.with_stage`.
    has_documents: bool
    is_sealed: bool

    objects = EditionQuerySet.as_manager()

    class Meta:
        verbose_name = _("edition")
        verbose_name_plural = _("editions")
        ordering = ["letter", "-number"]
        constraints = [models.UniqueConstraint(fields=["letter", "number"], name="edition_number_is_unique")]
        triggers = [pgtrigger.Protect(name="edition_is_immutable", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.letter_id} #{self.number}"

    @property
    def path(self) -> str:
        """The permanent address of this edition."""
        return reverse("letter:edition", args=[self.letter.slug, self.number])

    @property
    def languages(self) -> list[str]:
        """The languages of its texts, the original first; `texts` itself has no order in Postgres."""
        return sorted(self.texts, key=lambda language: (language != self.letter.language, language))

    def file(self, name: str, language: str = "") -> bytes:
        """Return the content of a page; raises Page.DoesNotExist."""
        return self.pages.select_related("blob").get(language=language, name=name).content

    @cached_property
    def lines(self) -> list[dict[str, Any]]:
        """The lines, as ``signatories.json`` has them."""
        return json.loads(self.file("signatories.json"))["signatories"]


class Page(models.Model):
    """One rendered artefact of an edition: its language, its file name, its bytes."""

    edition = models.ForeignKey(Edition, on_delete=models.PROTECT, related_name="pages")
    language = models.CharField(max_length=12, blank=True)
    """The language it is in; empty if it is the same in all."""
    name = models.CharField(max_length=100)
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="+", db_column="sha256", db_index=False)
    source_sha256 = models.CharField(max_length=64, blank=True)
    """Digest of what it prints: where the edition before has an equal one, the page is not rendered again."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["edition", "language", "name"], name="page_is_unique")]
        triggers = [pgtrigger.Protect(name="page_is_immutable", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.edition_id}/{self.language}/{self.name}"

    @property
    def content(self) -> bytes:
        """Its bytes."""
        return bytes(self.blob.content)

    @property
    def sha256(self) -> str:
        """The SHA-256 (hex) of its bytes."""
        return self.blob_id
