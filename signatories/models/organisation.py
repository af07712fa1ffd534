"""The bodies that sign, one row for all letters."""

from functools import partial
from typing import Any, Self

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Case, Q, When
from django.db.models.functions import Upper
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from signatories import names

from . import candidates

# Without a list of pending entries, which each search would read to its end: after an import of 10,000 names until
# the next vacuum, 100 ms a search instead of 7.
trigrams = partial(GinIndex, fastupdate=False)


class NamedModel(models.Model):
    """A row with a name, and the two forms of it that are searched."""

    name = models.CharField(_("name"), max_length=names.MAX_LENGTH, validators=[names.validate_name])
    name_key = models.TextField(editable=False, db_index=True)
    name_normalised = models.TextField(editable=False)

    class Meta:
        abstract = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.pk and self.name:
            self.rename(self.name)

    def __str__(self) -> str:
        return self.name

    def rename(self, name: str) -> None:
        """Set the name, with the forms of it that are searched; the caller saves."""
        self.name, self.name_key, self.name_normalised = name, names.key(name), names.normalise(name)


class OrganisationQuerySet(models.QuerySet["Organisation"]):
    """Which organisations?"""

    def similar_to(self, name: str, acronym: str = "", website: str = "") -> Self:
        """Organisations that `name` might be another form of, by name, acronym or website's domain, nearest first."""
        found = candidates.organisations([candidates.Asked(name, acronym, website)])[0]
        nearest = Case(*(When(pk=pk, then=place) for place, pk in enumerate(found)), default=len(found))
        return self.filter(pk__in=found).order_by(nearest).prefetch_related("variants")

    def known_as(self, name: str) -> Self:
        """Organisations whose name, or another form of it, is `name`, but for case, marks and punctuation."""
        key = names.key(names.split_acronym(name)[0])
        return self.filter(Q(name_key=key) | Q(variants__name_key=key) | Q(acronym__iexact=name)).distinct()


class Organisation(NamedModel):
    """A body that signs; `name` is the authorised form of its name (ISAAR(CPF) 5.1.2)."""

    acronym = models.CharField(_("acronym"), max_length=30, blank=True)
    country = CountryField(_("country"), blank=True)
    website = models.URLField(_("website"), max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        ordering = ["name"]
        indexes = [
            trigrams(fields=["name_normalised"], opclasses=["gin_trgm_ops"], name="organisation_name_trigrams"),
            models.Index(Upper("acronym"), name="organisation_acronym"),
            trigrams(OpClass(Upper("website"), "gin_trgm_ops"), name="organisation_website_trigrams"),
        ]

    def is_known_as(self, name: str) -> bool:
        """Whether `name` is already recorded, but for case, marks and punctuation."""
        key = names.key(names.split_acronym(name)[0])
        return key == self.name_key or self.variants.filter(name_key=key).exists()

    def learn(self, name: str) -> None:
        """Record another form of the name, so that it is recognised next time."""
        bare = names.split_acronym(name)[0]
        if not self.is_known_as(bare):
            VariantName.objects.create(organisation=self, name=bare)


class VariantName(NamedModel):
    """Another form of an organisation's name."""

    class Kind(models.TextChoices):
        """Why the form differs."""

        PARALLEL = "parallel", _("in another language")
        ACRONYM = "acronym", _("acronym")
        FORMER = "former", _("former name")
        OTHER = "other", _("other form")

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="variants")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.OTHER)

    class Meta:
        verbose_name = _("variant name")
        verbose_name_plural = _("variant names")
        constraints = [models.UniqueConstraint(fields=["organisation", "name_key"], name="variant_is_recorded_once")]
        indexes = [trigrams(fields=["name_normalised"], opclasses=["gin_trgm_ops"], name="variant_name_trigrams")]
