"""Names that are recorded and searched: what organisations are called, and were."""

from functools import partial
from typing import Any

import pghistory
from django.contrib.auth.models import User
from django.contrib.postgres.indexes import GinIndex
from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from audit.models import record
from signatories import names

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


@pghistory.track(
    pghistory.InsertEvent("recorded"),
    pghistory.UpdateEvent("changed"),
    pghistory.DeleteEvent("forgotten"),
    model_name="VariantNameHistory",
    obj_field=pghistory.ObjForeignKey(related_name="history"),
    exclude=["name_key", "name_normalised"],
    append_only=True,
)
class VariantName(NamedModel):
    """Another form of an organisation's name."""

    class Kind(models.TextChoices):
        """Why the form differs."""

        PARALLEL = "parallel", _("in another language")
        ACRONYM = "acronym", _("acronym")
        FORMER = "former", _("former name")
        OTHER = "other", _("other form")

    organisation = models.ForeignKey("Organisation", on_delete=models.CASCADE, related_name="variants")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.OTHER)

    class Meta:
        verbose_name = _("variant name")
        verbose_name_plural = _("variant names")
        constraints = [models.UniqueConstraint(fields=["organisation", "name_key"], name="variant_is_recorded_once")]
        indexes = [trigrams(fields=["name_normalised"], opclasses=["gin_trgm_ops"], name="variant_name_trigrams")]

    def is_used(self) -> bool:
        """Whether somebody has said what it is, or a sign-on of its organisation has this form of the name."""
        shown = self.organisation.sign_ons.values_list(
            "name_as_signed", "listed_name", "name_in_own_script", "listed_name_in_own_script"
        )
        forms = {names.key(names.split_acronym(name)[0]) for some in shown for name in some if name}
        # A name in its own script was recorded as what it is; nobody had to say so.
        is_learnt = self.kind == self.Kind.PARALLEL and not self._was_another_kind()
        return (self.kind != self.Kind.OTHER and not is_learnt) or self.name_key in forms

    def _was_another_kind(self) -> bool:
        # Made by `pghistory.track`.
        return self.history.exclude(kind=self.kind).exists()  # type: ignore[attr-defined]

    @transaction.atomic
    def change(self, user: User, kind: str) -> None:
        """Say why the form differs."""
        before, self.kind = self.kind, kind
        self.clean_fields()
        self.save(update_fields=["kind"])
        record(user, "edit", self.organisation, variant=self.name, before=before, after=kind)

    @transaction.atomic
    def remove(self, user: User) -> None:
        """Forget the form: it is not one of this organisation's names."""
        self.delete()
        record(user, "edit", self.organisation, removed=self.name, kind=self.kind)
