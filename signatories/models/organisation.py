"""The bodies that sign, one row for all letters."""

import hashlib
import json
from contextlib import suppress
from typing import Any, Self

import pghistory
import pgtrigger
from django.apps import apps
from django.contrib.auth.models import User
from django.contrib.postgres.indexes import OpClass
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Case, F, Q, When
from django.db.models.functions import Upper
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from audit.models import record
from letter.models import Letter
from signatories import names

from . import candidates
from .variant_name import NamedModel, VariantName, trigrams

# Umbrellas are checked one transaction after the other, or two could close a loop between them; and a lock
# taken by the trigger, not by the code, holds whatever the code does.
NO_LOOP = """
    IF NEW.umbrella_id IS NULL AND NEW.merged_into_id IS NULL THEN
        RETURN NULL;
    END IF;
    PERFORM pg_advisory_xact_lock(x'0A0D18'::int);
    IF EXISTS (
        WITH RECURSIVE above(id) AS (
            SELECT NEW.umbrella_id
            UNION
            SELECT one.umbrella_id FROM signatories_organisation AS one JOIN above ON one.id = above.id
        )
        SELECT FROM above WHERE id = NEW.id
    ) THEN
        RAISE 'Organisation % would stand below itself', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'umbrella_makes_no_loop';
    END IF;
    IF NEW.merged_into_id IS NULL AND EXISTS (
        SELECT FROM signatories_organisation WHERE id = NEW.umbrella_id AND merged_into_id IS NOT NULL
    ) OR NEW.merged_into_id IS NOT NULL AND EXISTS (
        SELECT FROM signatories_organisation WHERE umbrella_id = NEW.id AND merged_into_id IS NULL
    ) THEN
        RAISE 'An organisation that was merged into another is no umbrella: organisation %', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'umbrella_stands';
    END IF;
    RETURN NULL;
"""


class ChangedMeanwhile(Exception):
    """What a moderator saw is not so any more; nothing was written."""


class OrganisationQuerySet(models.QuerySet["Organisation"]):
    """Which organisations? One that was merged into another is a row still, and is found by its number alone."""

    def standing(self) -> Self:
        """Organisations that were not merged into another."""
        return self.filter(merged_into=None)

    def named(self, name: str) -> Self:
        """Organisations whose authorised name is `name`, but for case, marks and punctuation."""
        return self.standing().filter(name_key=names.key(names.split_acronym(name)[0]))

    def similar_to(self, name: str, acronym: str = "", website: str = "") -> Self:
        """Organisations that `name` might be another form of, by name, acronym or website's domain, nearest first."""
        found = candidates.organisations([candidates.Asked(name, acronym, website)])[0]
        nearest = Case(*(When(pk=pk, then=place) for place, pk in enumerate(found)), default=len(found))
        return self.standing().filter(pk__in=found).order_by(nearest).prefetch_related("variants")

    def known_as(self, name: str) -> Self:
        """Organisations whose name, or another form of it, is `name`, but for case, marks and punctuation."""
        key = names.key(names.split_acronym(name)[0])
        known = Q(name_key=key) | Q(variants__name_key=key) | Q(acronym__iexact=name)
        return self.standing().filter(known).distinct()

    def search(self, words: str) -> Self:
        """Organisations that have all `words` in a name, acronym or website, or are called so but for a slip."""
        if not words.strip():
            return self
        has_all = Q()
        for word in words.split():
            named = Q(name__icontains=word) | Q(name_normalised__contains=names.normalise(word) or word)
            has_all &= named | Q(acronym__icontains=word) | Q(website__icontains=word) | _has_variant(named)
        return self.filter(has_all | Q(pk__in=candidates.organisations([candidates.Asked(words)])[0]))

    def of_kind(self, kind: str) -> Self:
        """Organisations of one of `KINDS`; all for an empty one."""
        if kind == "umbrella":
            return self.filter(pk__in=Organisation.objects.standing().exclude(umbrella=None).values("umbrella"))
        if kind == "chapter":
            return self.exclude(umbrella=None)
        return self.filter(_has_variant(Q(kind=kind))) if kind else self

    def in_country(self, country: str) -> Self:
        """Organisations of a country, of none for “none”; all for an empty one."""
        return self.filter(country="" if country == "none" else country) if country else self

    def with_sign_on_to(self, letter: Letter | None) -> Self:
        """Organisations with a sign-on to `letter`, in whichever state; all for None."""
        return self.filter(pk__in=letter.sign_ons.values("organisation")) if letter else self

    def hold(self, pk: int) -> "Organisation":
        """Lock an organisation, or the one that it was merged into, until the transaction ends; return it as it is.

        Whoever locks sign-ons, too, locks them first: so do accepting, merging and splitting.

        Raises:
            ValidationError: if there is none any more.
        """
        one = self.select_for_update(no_key=True).filter(pk=pk).first()
        if one is None:
            raise ValidationError(_("This organisation is not there any more."))
        return self.hold(one.merged_into_id) if one.merged_into_id else one


def _has_variant(condition: Q) -> Q:
    """Return the condition that an organisation has a variant name that meets `condition`."""
    return Q(pk__in=VariantName.objects.filter(condition).values("organisation"))


@pghistory.track(
    pghistory.InsertEvent("recorded"),
    pghistory.UpdateEvent("changed"),
    model_name="OrganisationHistory",
    obj_field=pghistory.ObjForeignKey(related_name="history"),
    exclude=["name_key", "name_normalised", "sort_key"],
    append_only=True,
)
class Organisation(NamedModel):
    """A body that signs; `name` is the authorised form of its name (ISAAR(CPF) 5.1.2).

    What letters list is kept with the sign-ons: nothing that happens here changes it.
    """

    FIELDS = ("name", "acronym", "country", "website", "umbrella")

    acronym = models.CharField(_("acronym"), max_length=30, blank=True)
    country = CountryField(_("country"), blank=True)
    website = models.URLField(_("website"), max_length=300, blank=True)
    umbrella = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="chapters",
        verbose_name=_("umbrella"),
    )
    merged_into = models.ForeignKey(
        "self", null=True, editable=False, on_delete=models.PROTECT, related_name="absorbed"
    )
    """Where it is now; the row stays as it was, so that an undo finds it so."""
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # Ordered by code point, so that every database gives the printed order (names.sort_key).
    sort_key = models.TextField(editable=False, db_collation="C")

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        ordering = ["sort_key", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(merged_into=F("pk")), name="organisation_is_not_merged_into_itself")
        ]
        indexes = [
            trigrams(fields=["name_normalised"], opclasses=["gin_trgm_ops"], name="organisation_name_trigrams"),
            models.Index(Upper("acronym"), name="organisation_acronym"),
            trigrams(OpClass(Upper("website"), "gin_trgm_ops"), name="organisation_website_trigrams"),
            models.Index(fields=["sort_key", "id"], condition=Q(merged_into=None), name="organisations_in_order"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="umbrella_makes_no_loop",
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("umbrella_id", "merged_into_id"),
                when=pgtrigger.After,
                func=NO_LOOP,
            )
        ]

    def rename(self, name: str) -> None:
        """Set the name, with the forms of it that are searched and sorted; the caller saves."""
        super().rename(name)
        self.sort_key = names.sort_key(name)

    # ── what it is ──

    def standing(self) -> "Organisation":
        """Return the organisation that this one was merged into, in the end; itself if it was not."""
        return self.merged_into.standing() if self.merged_into else self

    def above(self) -> list[int]:
        """Return the numbers of its umbrella, of that one's umbrella, and so on."""
        found: list[int] = []
        pk = self.umbrella_id
        while pk and pk not in found:
            found.append(pk)
            pk = Organisation.objects.values_list("umbrella_id", flat=True).get(pk=pk)
        return found

    def facts(self) -> dict[str, Any]:
        """Return what is recorded of it, as JSON."""
        return {
            "name": self.name,
            "acronym": self.acronym,
            "country": str(self.country),
            "website": self.website,
            "umbrella": self.umbrella_id,
        }

    def belongings(self) -> dict[str, Any]:
        """Return what is recorded of it, with its variants, sign-ons and chapters, as JSON."""
        return self.facts() | {
            "number": self.pk,
            "variants": [[one.pk, one.name, one.kind] for one in self.variants.order_by("pk")],
            "sign_ons": [[one.pk, one.state] for one in self.sign_ons.order_by("pk")],
            "chapters": [one.pk for one in self.chapters.order_by("pk")],
        }

    def similar(self) -> list[tuple["Organisation", names.Similarity]]:
        """Return other organisations that may be the same, likeliest first."""
        forms = [(self.name, self.acronym), *((variant.name, "") for variant in self.variants.all())]
        asked = [candidates.Asked(name, acronym, self.website) for name, acronym in forms[:8]]
        near = {pk for keys in candidates.organisations(asked) for pk in keys}
        found = []
        for other in Organisation.objects.standing().filter(pk__in=near - {self.pk}).prefetch_related("variants"):
            others = [(other.name, other.acronym), *((variant.name, "") for variant in other.variants.all())]
            likeliest = min(
                (
                    names.classify(name, another, acronym=acronym, other_acronym=other_acronym)
                    for name, acronym in forms
                    for another, other_acronym in others
                ),
                key=lambda one: one.rank,
            )
            found.append((other, likeliest))
        return sorted(found, key=lambda pair: (pair[1].rank, pair[0].sort_key))[:12]

    # ── its names ──

    def names_ever(self) -> "models.QuerySet[Any]":
        """Return the events of its variant names, those included that were forgotten."""
        # Made by `pghistory.track`, so there is no class to import.
        return apps.get_model("signatories", "VariantNameHistory").objects.filter(organisation_id=self.pk)

    def is_known_as(self, name: str) -> bool:
        """Whether `name` is already recorded, but for case, marks and punctuation."""
        key = names.key(names.split_acronym(name)[0])
        return key == self.name_key or self.variants.filter(name_key=key).exists()

    def learn(self, name: str) -> "VariantName | None":
        """Record another form of the name, so that it is recognised next time; return it if it is new."""
        bare = names.split_acronym(name)[0]
        return None if self.is_known_as(bare) else VariantName.objects.create(organisation=self, name=bare)

    def learn_parallel(self, name: str) -> "VariantName | None":
        """Record its name in its own script, if there is one; return it if it is new."""
        if not name or self.is_known_as(name):
            return None
        bare = names.split_acronym(name)[0]
        return VariantName.objects.create(organisation=self, name=bare, kind=VariantName.Kind.PARALLEL)

    @staticmethod
    def forget(organisation: int | None, variants: list[int]) -> None:
        """Delete what a decision that is undone had recorded, but for what has come to be used since."""
        for variant in VariantName.objects.filter(pk__in=variants).select_related("organisation"):
            if not variant.is_used():
                variant.delete()
        if made := Organisation.objects.filter(pk__in=[organisation or 0], sign_ons=None, variants=None).first():
            # Whoever else refers to it keeps it.
            with suppress(models.ProtectedError, models.RestrictedError), transaction.atomic():
                made.delete()

    @transaction.atomic
    def add_variant(self, user: User, name: str, kind: str) -> "VariantName":
        """Record another form of the name.

        Raises:
            ValidationError: if it is recorded already.
            ChangedMeanwhile: if the organisation was merged into another.
        """
        self._hold()
        key = names.key(names.split_acronym(name)[0])
        if key == self.name_key:
            raise ValidationError(_("This is its authorised name."))
        same = self.variants.filter(name_key=key).first()
        if same:
            raise ValidationError(
                _("It is recorded already: “%(name)s” (%(kind)s)."),
                params={"name": same.name, "kind": same.get_kind_display()},
            )
        variant = VariantName(organisation=self, name=name, kind=kind)
        variant.clean_fields()
        variant.save()
        record(user, "edit", self, added=name, kind=kind)
        return variant

    # ── what the desk does ──

    @transaction.atomic
    def edit(
        self, user: User, *, keeps_former: bool = True, seen: dict[str, Any] | None = None, **values: Any
    ) -> list[str]:
        """Change what is recorded; return which of `FIELDS` changed.

        Args:
            user: who does it.
            keeps_former: when it is renamed, record the old name as a former one.
            seen: `facts` as the moderator saw them.
            values: fields that may change.

        Raises:
            ChangedMeanwhile: if it is not any more as it was seen.
            ValidationError: if a field breaks a rule.
        """
        umbrella = values.get("umbrella")
        self._hold(*[umbrella.pk] if umbrella else [])
        before = self.facts()
        if seen is not None and seen != before:
            raise ChangedMeanwhile
        if umbrella:
            umbrella.refresh_from_db()
            umbrella = values["umbrella"] = umbrella.standing()
        if umbrella and (umbrella == self or self.pk in umbrella.above()):
            raise ValidationError({"umbrella": self._loop(umbrella)})
        former = self.name
        self.rename(values.pop("name", self.name))
        for field, value in values.items():
            setattr(self, field, value)
        self.clean_fields(exclude={field.name for field in self._meta.fields} - set(self.FIELDS))
        after = self.facts()
        changed = [field for field in self.FIELDS if after[field] != before[field]]
        if not changed:
            return changed
        self.save(update_fields=[*self.FIELDS, "name_key", "name_normalised", "sort_key"])
        if "name" in changed:
            # What is now the authorised name is no variant of itself.
            self.variants.filter(name_key=self.name_key).delete()
            if keeps_former and not self.is_known_as(former):
                VariantName.objects.create(organisation=self, name=former, kind=VariantName.Kind.FORMER)
        record(
            user, "edit", self, before={name: before[name] for name in changed}, after={n: after[n] for n in changed}
        )
        return changed

    def _loop(self, umbrella: "Organisation") -> str:
        if umbrella == self:
            return str(_("An organisation is not its own umbrella."))
        return _("“%(umbrella)s” stands below “%(name)s” itself.") % {"umbrella": umbrella, "name": self}

    def _hold(self, *others: int) -> None:
        """Lock the row, and those of `others`, in the order of their numbers, and read it again.

        Raises:
            ChangedMeanwhile: if it is gone, or was merged into another.
        """
        rows = Organisation.objects.select_for_update(no_key=True).filter(pk__in=[self.pk, *others]).order_by("pk")
        if self.pk not in {one.pk for one in rows if one.merged_into_id is None}:
            raise ChangedMeanwhile
        self.refresh_from_db()


# What the directory can be narrowed to.
KINDS = {
    "umbrella": _("umbrellas"),
    "chapter": _("chapters"),
    VariantName.Kind.PARALLEL: _("with a name in another language"),
    VariantName.Kind.FORMER: _("with a former name"),
    VariantName.Kind.ACRONYM: _("with another acronym"),
}


def digest(*belongings: Any) -> str:
    """Return a short digest of JSON, by which a form says what its reader saw."""
    return hashlib.sha256(json.dumps(belongings, sort_keys=True).encode()).hexdigest()[:32]
