"""Two rows for one organisation become one; and what was a mistake is undone, or split."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, models, transaction
from django.db.models import Max, Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from audit.models import record
from signatories import names
from signatories.states import State

from .organisation import ChangedMeanwhile, Organisation, digest
from .sign_on import SignOn
from .transition import Transition
from .variant_name import VariantName

# How long a merge can be undone; later, or in part, it is split.
UNDO = timedelta(days=30)


class BothListed(Exception):
    """Both organisations are signatories of one letter: one of the two sign-ons must be decided first."""


class NotUndoable(Exception):
    """The merge cannot be undone (any more); the words say why."""


@dataclass(frozen=True)
class Plan:
    """What a merge will do: shown before, and looked at once more under the locks."""

    kept: Organisation
    absorbed: Organisation
    sign_ons: list[SignOn]
    """Those that move."""
    both: list[tuple[SignOn, SignOn]]
    """The accepted sign-ons of both on one letter."""
    variants: list[VariantName]
    """Names that move, and an acronym, unsaved; beside them the one of the two names that is not chosen."""
    known: list[VariantName]
    """Names that the kept one has already: they go, and come back with an undo."""
    chapters: list[Organisation]
    gained: dict[str, Any]
    """What is recorded of the absorbed one only."""

    @classmethod
    def of(cls, kept: Organisation, absorbed: Organisation) -> "Plan":
        """Return what merging `absorbed` into `kept` would do now."""
        sign_ons = list(absorbed.sign_ons.select_related("letter").order_by("pk"))
        listed = {one.letter_id: one for one in kept.sign_ons.accepted().select_related("letter")}
        both = [
            (listed[one.letter_id], one) for one in sign_ons if one.state == State.ACCEPTED and one.letter_id in listed
        ]
        found = list(absorbed.variants.order_by("pk"))
        if kept.acronym and absorbed.acronym:
            found.append(VariantName(organisation=kept, name=absorbed.acronym, kind=VariantName.Kind.ACRONYM))
        keys = {kept.name_key, absorbed.name_key, names.key(kept.acronym)}
        keys |= set(kept.variants.values_list("name_key", flat=True))
        variants: list[VariantName] = []
        known: list[VariantName] = []
        for one in found:
            (known if one.name_key in keys else variants).append(one)
            keys.add(one.name_key)
        chapters = list(absorbed.chapters.exclude(pk=kept.pk))
        return cls(kept, absorbed, sign_ons, both, variants, known, chapters, _gained(kept, absorbed))

    @property
    def digest(self) -> str:
        """By which a form says which plan its reader saw."""
        return digest(self.kept.belongings(), self.absorbed.belongings())


def _gained(kept: Organisation, absorbed: Organisation) -> dict[str, Any]:
    """Return the fields that `kept` takes over: those that it lacks, and an umbrella's place if it was below it."""
    mine, other = kept.facts(), absorbed.facts()
    gained = {name: other[name] for name in ("acronym", "country", "website") if other[name] and not mine[name]}
    if absorbed.pk in kept.above() or (other["umbrella"] and not mine["umbrella"] and kept.pk not in absorbed.above()):
        gained["umbrella"] = other["umbrella"]
    return gained


@dataclass
class Undoing:
    """What undoing a merge will do."""

    obstacle: str | Promise = ""
    """Why it cannot be undone; empty if it can."""
    back: list[SignOn] = field(default_factory=list)
    anew: list[SignOn] = field(default_factory=list)
    """Accepted once more since then: they stay, for a moderator named the organisation anew."""
    elsewhere: list[SignOn] = field(default_factory=list)
    """With a third organisation since then."""
    variants: list[VariantName] = field(default_factory=list)
    """Names that the kept one loses again."""
    chapters: list[Organisation] = field(default_factory=list)
    restored: dict[str, Any] = field(default_factory=dict)
    edited: list[str] = field(default_factory=list)
    """Fields that were edited since then, and stay so."""


class MergeQuerySet(models.QuerySet["Merge"]):
    """Which merges?"""

    def standing(self) -> Self:
        """Merges that were neither undone nor split."""
        return self.filter(undone_at=None)

    def about(self, organisation: Organisation) -> Self:
        """Merges that an organisation had a part in, newest first."""
        return self.filter(Q(kept=organisation) | Q(absorbed=organisation))


class Merge(models.Model):
    """The act: the absorbed organisation's sign-ons, names and chapters are the kept one's; its row stays as it was."""

    kept = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="merges")
    absorbed = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="merges_into_others")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    moved = models.JSONField()
    """``sign_ons``: their numbers with the last transition of each; ``variants`` that moved, were ``gained``, or went
    because they were ``known``; ``chapters``; ``fields`` that changed, with what they were and became."""
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    objects = MergeQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["absorbed"], condition=Q(undone_at=None), name="organisation_is_absorbed_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.absorbed_id} → {self.kept_id}"

    @classmethod
    @transaction.atomic
    def merge(
        cls,
        user: User,
        kept: Organisation,
        absorbed: Organisation,
        *,
        name: str | None = None,
        kind: str = VariantName.Kind.OTHER,
        seen: str = "",
    ) -> "Merge":
        """Merge `absorbed` into `kept`.

        Args:
            user: who does it.
            kept: the organisation whose number stays.
            absorbed: the one that is from now on found under that number.
            name: which of the two names stays the authorised one; that of `kept` by default.
            kind: why the other one differs.
            seen: the digest of the plan that the moderator saw.

        Raises:
            ChangedMeanwhile: if the plan is not any more as it was seen.
            BothListed: if both are signatories of one letter.
        """
        _lock([kept.pk, absorbed.pk])
        kept, absorbed = Organisation.objects.get(pk=kept.pk), Organisation.objects.get(pk=absorbed.pk)
        if kept == absorbed or kept.merged_into_id or absorbed.merged_into_id:
            raise ChangedMeanwhile
        plan = Plan.of(kept, absorbed)
        if plan.both:
            raise BothListed
        if seen and seen != plan.digest:
            raise ChangedMeanwhile
        before, old_name = kept.facts(), kept.name
        if name == absorbed.name:
            kept.rename(name)
        for one, value in plan.gained.items():
            setattr(kept, "umbrella_id" if one == "umbrella" else one, value)
        kept.save()
        moving = [variant for variant in plan.variants if variant.pk]
        gained = [variant for variant in plan.variants if not variant.pk]
        other = old_name if name == absorbed.name else absorbed.name
        if not kept.is_known_as(other):
            gained.append(VariantName(organisation=kept, name=other, kind=kind))
        known = [[variant.pk, variant.name, variant.kind] for variant in plan.known if variant.pk]
        VariantName.objects.filter(pk__in=[pk for pk, _name, _kind in known]).delete()
        for variant in moving + gained:
            variant.organisation = kept
            variant.save()
        for chapter in plan.chapters:
            chapter.umbrella = kept
            chapter.save(update_fields=["umbrella"])
        last = dict(absorbed.sign_ons.order_by().values_list("pk").annotate(Max("transitions")))
        try:
            absorbed.sign_ons.all().move_to(kept)
        except IntegrityError as error:  # the database has the last word
            raise BothListed from error
        absorbed.merged_into = kept
        absorbed.save(update_fields=["merged_into"])
        after = kept.facts()
        merge = cls.objects.create(
            kept=kept,
            absorbed=absorbed,
            user=user,
            moved={
                "sign_ons": sorted(last.items()),
                "variants": [variant.pk for variant in moving],
                "gained": [variant.pk for variant in gained],
                "known": known,
                "chapters": [chapter.pk for chapter in plan.chapters],
                "fields": {one: [before[one], after[one]] for one in after if before[one] != after[one]},
            },
        )
        record(user, "merge", kept, absorbed=absorbed.pk, name=absorbed.name, merge=merge.pk, sign_ons=sorted(last))
        return merge

    # ── undone ──

    def until(self) -> datetime:
        """Return until when it can be undone."""
        return self.at + UNDO

    def can_be_undone(self, at: datetime | None = None) -> bool:
        """Whether there is time to undo it at the moment `at` (now by default)."""
        return self.undone_at is None and (at or timezone.now()) <= self.until()

    def undoing(self, at: datetime | None = None) -> Undoing:
        """Return what undoing it would do now."""
        found = Undoing(obstacle=self._obstacle(at))
        last = dict(self.moved["sign_ons"])
        again = set(
            Transition.objects.filter(sign_on__in=last, verb="accept").values_list("sign_on").annotate(Max("pk"))
        )
        accepted_anew = {sign_on for sign_on, latest in again if latest > (last[sign_on] or 0)}
        for one in SignOn.objects.filter(pk__in=last).select_related("letter").order_by("pk"):
            if one.organisation_id != self.kept_id:
                found.elsewhere.append(one)
            else:
                (found.anew if one.pk in accepted_anew else found.back).append(one)
        found.variants = list(self.kept.variants.filter(pk__in=self.moved["variants"] + self.moved["gained"]))
        above = self.absorbed.above()
        # One that stands above the absorbed one by now cannot stand below it, too.
        found.chapters = list(self.kept.chapters.filter(pk__in=self.moved["chapters"]).exclude(pk__in=above))
        now = self.kept.facts()
        for name, (before, after) in self.moved["fields"].items():
            if now[name] == after:
                found.restored[name] = before
            else:
                found.edited.append(name)
        return found

    def _obstacle(self, at: datetime | None) -> str | Promise:
        if self.undone_at is not None:
            return _("It was undone, or split, already.")
        if not self.can_be_undone(at):
            return _("It is more than 30 days old: split the organisation instead.")
        if self.kept.merged_into_id:
            return _("The organisation was itself merged into another since then: undo that first.")
        return ""

    @transaction.atomic
    def undo(self, user: User, *, seen: str = "", at: datetime | None = None) -> Undoing:
        """Restore what was: every sign-on that was not accepted anew, and what was not edited, since then.

        Args:
            user: who does it.
            seen: the digest of both organisations, as the moderator saw them.
            at: the moment (now by default).

        Raises:
            NotUndoable: if it is too late, or was done already.
            ChangedMeanwhile: if the organisations are not any more as they were seen.
        """
        _lock([self.kept_id, self.absorbed_id])
        self.refresh_from_db()
        what = self.undoing(at)
        if what.obstacle:
            raise NotUndoable(str(what.obstacle))
        if seen and seen != self.digest:
            raise ChangedMeanwhile
        kept, absorbed = self.kept, self.absorbed
        self._end(user, at)
        SignOn.objects.filter(pk__in=[one.pk for one in what.back]).move_to(absorbed)
        for variant in what.variants:
            if variant.pk in self.moved["gained"]:
                variant.delete()
            else:
                variant.organisation = absorbed
                variant.save(update_fields=["organisation"])
        for chapter in what.chapters:
            chapter.umbrella = absorbed
            chapter.save(update_fields=["umbrella"])
        if "umbrella" in what.restored and not _can_stand_below(kept, what.restored["umbrella"]):
            del what.restored["umbrella"]
            what.edited.append("umbrella")
        for name, value in what.restored.items():
            if name == "name":
                kept.rename(value)
            else:
                setattr(kept, "umbrella_id" if name == "umbrella" else name, value)
        kept.save()
        record(
            user,
            "undo merge",
            kept,
            restored=absorbed.pk,
            name=absorbed.name,
            merge=self.pk,
            sign_ons=[one.pk for one in what.back],
        )
        return what

    @property
    def digest(self) -> str:
        """By which a form says how both organisations were when its reader saw them."""
        return digest(self.kept.belongings(), self.absorbed.belongings())

    def _end(self, user: User, at: datetime | None = None) -> None:
        """Let the absorbed organisation stand again, with those of its names that the kept one has, too."""
        self.undone_at, self.undone_by = at or timezone.now(), user
        self.save(update_fields=["undone_at", "undone_by"])
        self.absorbed.merged_into = None
        self.absorbed.save(update_fields=["merged_into"])
        for pk, name, kind in self.moved["known"]:
            variant = VariantName(pk=pk, organisation=self.absorbed, kind=kind)
            variant.rename(name)
            variant.save(force_insert=True)


@transaction.atomic
def split(
    user: User,
    organisation: Organisation,
    *,
    sign_ons: Iterable[SignOn],
    variants: Iterable[VariantName],
    merge: Merge | None = None,
    seen: str = "",
    **fields: Any,
) -> Organisation:
    """Take sign-ons and names out of an organisation, into a new one or back into one that was merged into it.

    Lines that are published stay where they are.

    Args:
        user: who does it.
        organisation: the one that loses them.
        sign_ons: those that go.
        variants: names that go.
        merge: the merge whose absorbed organisation stands again, if they do not go into a new one.
        seen: the digest of the organisation's belongings, as the moderator saw them.
        fields: of the new organisation.

    Returns:
        The organisation that has them now.

    Raises:
        ChangedMeanwhile: if the organisation is not any more as it was seen.
        ValidationError: if a field of the new one breaks a rule.
    """
    _lock([organisation.pk, merge.absorbed_id] if merge else [organisation.pk])
    organisation = Organisation.objects.get(pk=organisation.pk)
    if organisation.merged_into_id or (seen and seen != digest(organisation.belongings())):
        raise ChangedMeanwhile
    if merge is None:
        other = Organisation(**fields)
        other.clean_fields()
        other.save()
    else:
        merge = Merge.objects.standing().filter(kept=organisation, pk=merge.pk).first()
        if merge is None:
            raise ChangedMeanwhile
        merge._end(user)
        other = merge.absorbed
    going = organisation.sign_ons.filter(pk__in=[one.pk for one in sign_ons])
    numbers = sorted(going.values_list("pk", flat=True))
    going.move_to(other)
    names_going = list(organisation.variants.filter(pk__in=[one.pk for one in variants]))
    for variant in names_going:
        if other.is_known_as(variant.name):
            variant.delete()
        else:
            variant.organisation = other
            variant.save(update_fields=["organisation"])
    record(
        user,
        "split",
        organisation,
        into=other.pk,
        name=other.name,
        sign_ons=numbers,
        variants=[variant.name for variant in names_going],
    )
    return other


def _can_stand_below(organisation: Organisation, umbrella: int | None) -> bool:
    """Whether an organisation of that number stands, and neither is `organisation` nor stands below it."""
    if umbrella is None:
        return True
    other = Organisation.objects.standing().filter(pk=umbrella).first()
    return other is not None and other != organisation and organisation.pk not in other.above()


def _lock(organisations: list[int]) -> None:
    """Lock sign-ons of these organisations, then the organisations with their chapters, each in order of number.

    Raises:
        ChangedMeanwhile: if a sign-on came or went in between.
    """
    theirs = SignOn.objects.filter(organisation__in=organisations).order_by("pk")
    locked = list(theirs.select_for_update(of=("self",)).values_list("pk", flat=True))
    rows = Organisation.objects.filter(Q(pk__in=organisations) | Q(umbrella__in=organisations)).order_by("pk")
    list(rows.select_for_update(no_key=True, of=("self",)).values_list("pk"))
    if list(theirs.values_list("pk", flat=True)) != locked:
        raise ChangedMeanwhile
