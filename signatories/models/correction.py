"""What is asked to be changed in the line that is printed: proposed, then applied or declined."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from audit.models import record
from letter.content import Line, lines_sha256
from signatories import mail, names
from signatories.states import LIVE, State, Who

from .actor import REPRESENTATIVE, Actor
from .message import Message
from .organisation import Organisation
from .sign_on import SignOn
from .transition import Transition
from .variant_name import VariantName

_SAME = _("This is what is printed already: nothing would change.")
# What is printed of a signatory.
FIELDS = ("name", "acronym", "country", "website", "name_in_own_script")


def line_of(sign_on: SignOn) -> Line:
    """Return what is printed of a sign-on, or, before it was accepted, what was signed."""
    if sign_on.listed_name:
        country, website = str(sign_on.listed_country), sign_on.listed_website
        own = sign_on.listed_name_in_own_script
        return Line(sign_on.listed_name, sign_on.listed_acronym, country, website, name_in_own_script=own)
    return Line(
        sign_on.name_as_signed,
        sign_on.acronym,
        str(sign_on.country),
        sign_on.website,
        name_in_own_script=sign_on.name_in_own_script,
    )


def line_to_accept(sign_on: SignOn) -> Line:
    """Return the line that a moderator is offered to accept: the representative's correction of it, if there is one."""
    correction = sign_on.corrections.filter(state=Correction.State.PROPOSED).first()
    return correction.line if correction else line_of(sign_on)


def line_to_print(sign_on: SignOn) -> Line:
    """Return what is printed of a sign-on, or will be if it is accepted."""
    return line_of(sign_on) if sign_on.state == State.ACCEPTED else line_to_accept(sign_on)


def digest_of(line: Line) -> str:
    """Return what tells one line from another: a form carries it, to say what a moderator saw."""
    return lines_sha256([line])[:16]


def as_values(line: Line) -> dict[str, str]:
    """Return the printed fields of a line by name."""
    return {field: getattr(line, field) for field in FIELDS}


def lock(sign_on: SignOn) -> SignOn:
    """Lock a sign-on until the transaction ends, and return it as it is now."""
    rows = SignOn.objects.select_for_update(of=("self",)).select_related("letter", "text", "organisation")
    return rows.get(pk=sign_on.pk)


class NotStanding(Exception):
    """The sign-on does not stand, or no longer: nothing of it is, or will be, printed."""


class Outdated(Exception):
    """What the moderator saw is no longer so: somebody decided the correction, or changed the line."""

    def __init__(self, correction: "Correction | None") -> None:
        super().__init__(f"{correction}")
        self.correction = correction


class CorrectionQuerySet(models.QuerySet["Correction"]):
    """Which corrections?"""

    def proposed(self) -> Self:
        """Corrections of sign-ons that stand, on which nobody has decided, oldest first."""
        found = self.filter(state=Correction.State.PROPOSED, sign_on__state__in=LIVE)
        return found.order_by("proposed_at", "pk")

    def of_the_representative(self) -> Self:
        """What the representative proposed and is told of, the latest first."""
        return self.filter(who=Who.REPRESENTATIVE).exclude(state=Correction.State.SUPERSEDED).order_by("-pk")

    def fulfil(self, accepted: Transition) -> None:
        """Settle the correction that an acceptance has taken over; one that it has not still waits."""
        for correction in self.filter(sign_on=accepted.sign_on, state=Correction.State.PROPOSED):
            if correction.line == line_of(accepted.sign_on):
                # The same twice: to take it back, the acceptance is taken back.
                correction.before = correction.after = as_values(correction.line)
                correction.state, correction.decided_by = Correction.State.APPLIED, accepted.user
                correction.decided_at = accepted.at
                correction.save()

    def unfulfil(self, undone: Transition) -> None:
        """Take back what was applied since an acceptance that is undone: the newest proposal waits again."""
        if undone.verb != "accept":
            return
        applied = self.filter(sign_on=undone.sign_on, state=Correction.State.APPLIED, decided_at__gte=undone.at)
        for correction in applied.order_by("-pk"):
            correction.take_back()

    def with_sign_on(self) -> Self:
        """Corrections with all that their page shows."""
        return self.select_related(
            "sign_on__letter", "sign_on__text", "sign_on__organisation", "user", "decided_by", "message"
        )


class Correction(models.Model):
    """One proposal of how a sign-on should be printed; the name as signed stays as it is."""

    class State(models.TextChoices):
        """Where a correction stands."""

        PROPOSED = "proposed", _("proposed")
        APPLIED = "applied", _("applied")
        DECLINED = "declined", _("declined")
        SUPERSEDED = "superseded", _("replaced by a newer one")
        UNDONE = "undone", _("taken back")

    sign_on = models.ForeignKey("SignOn", on_delete=models.PROTECT, related_name="corrections")
    name = models.CharField(_("name"), max_length=names.MAX_LENGTH, validators=[names.validate_name])
    acronym = models.CharField(_("acronym"), max_length=30, blank=True)
    country = CountryField(_("country"), blank=True)
    website = models.URLField(_("website"), max_length=300, blank=True)
    name_in_own_script = models.CharField(
        _("name in its own script"), max_length=names.MAX_LENGTH, blank=True, validators=[names.validate_own_script]
    )
    reason = models.TextField(blank=True)
    who = models.CharField(max_length=20)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(default=timezone.now)

    state = models.CharField(max_length=12, choices=State, default=State.PROPOSED)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    note = models.TextField(blank=True)
    """From the moderator to the representative."""
    before = models.JSONField(null=True)
    """What was printed before it was applied, by field; an undo restores it."""
    after = models.JSONField(null=True)
    """What was applied, which a moderator may have changed."""
    variant = models.ForeignKey(VariantName, null=True, on_delete=models.SET_NULL, related_name="+")
    """The form of its name that the organisation learnt by it."""
    parallel = models.ForeignKey(VariantName, null=True, on_delete=models.SET_NULL, related_name="+")
    """The name in its own script that the organisation learnt by it."""
    message = models.OneToOneField(Message, null=True, on_delete=models.PROTECT, related_name="+")

    objects = CorrectionQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["sign_on"], condition=Q(state="proposed"), name="one_correction_waits_per_sign_on"
            ),
            models.CheckConstraint(
                condition=~Q(state="applied") | Q(before__isnull=False, after__isnull=False),
                name="applied_correction_can_be_undone",
            ),
        ]

    def __str__(self) -> str:
        return f"correction {self.pk} of {self.sign_on_id} ({self.state})"

    # ── how it begins ──

    @classmethod
    @transaction.atomic
    def propose(
        cls,
        sign_on: SignOn,
        *,
        name: str,
        acronym: str = "",
        country: str = "",
        website: str = "",
        name_in_own_script: str = "",
        reason: str = "",
    ) -> "Correction | None":
        """Take a representative's proposal; one that waits already is replaced by it.

        Whoever proposes what is printed already takes an earlier proposal back: then there is no new one.

        Raises:
            NotStanding: if the sign-on is declined or withdrawn.
            ValidationError: when a field breaks a rule, or nothing would change.
        """
        locked = lock(sign_on)
        if not locked.is_live:
            raise NotStanding
        line = Line(name, acronym, country, website, name_in_own_script=name_in_own_script)
        correction = cls._new(locked, REPRESENTATIVE, line, reason)
        waiting = cls.objects.filter(sign_on=locked, state=cls.State.PROPOSED)
        replaced = waiting.update(state=cls.State.SUPERSEDED)
        if line != line_of(locked):
            correction.save()
            return correction
        if not replaced:
            raise ValidationError(_SAME, code="same")
        return None

    @classmethod
    @transaction.atomic
    def edit(
        cls, sign_on: SignOn, actor: Actor, *, seen: str, reason: str, is_told: bool = False, **values: str
    ) -> "Correction":
        """Change what is printed of an accepted sign-on, by a moderator who says why.

        Args:
            sign_on: the sign-on, which must be accepted.
            actor: the moderator.
            seen: the digest of the line that they saw (`digest_of`).
            reason: why, for the record, and for the representative if they are told.
            is_told: whether the representative gets a message.
            values: name, acronym, country, website and name in its own script.

        Raises:
            Outdated: if the line is no longer what they saw.
            PermissionDenied, ValidationError: see `apply`.
            ValueError: without a reason.
        """
        actor.check("signatories.decide_signon")
        if not reason:
            raise ValueError("edit requires a reason")
        line = Line(**values)
        locked = lock(sign_on)
        correction = cls._new(locked, actor, line, reason)
        correction._apply(locked, actor, line, seen=seen, is_told=is_told)
        record(actor.user, "edit", locked, correction=correction.pk, before=correction.before, after=correction.after)
        return correction

    @classmethod
    def _new(cls, sign_on: SignOn, actor: Actor, line: Line, reason: str) -> "Correction":
        correction = cls(sign_on=sign_on, reason=reason, who=actor.who, user=actor.user, **as_values(line))
        correction.clean_fields(exclude={field.name for field in cls._meta.fields} - set(FIELDS))
        return correction

    # ── what a moderator does with it ──

    @transaction.atomic
    def apply(self, actor: Actor, *, seen: str, note: str = "", **values: str) -> None:
        """Print these values, as proposed or as the moderator changed them; the list goes stale.

        Raises:
            Outdated: if the correction was decided, or the line is no longer what the moderator saw.
            PermissionDenied: if the moderator may not.
            ValidationError: when a field breaks a rule, or nothing would change.
        """
        actor.check("signatories.decide_signon")
        locked = self._lock_proposed()
        self.note = note
        self._apply(locked, actor, Line(**values), seen=seen, is_told=True)
        record(actor.user, "apply", locked, correction=self.pk, before=self.before, after=self.after)

    def _apply(self, sign_on: SignOn, actor: Actor, line: Line, *, seen: str, is_told: bool) -> None:
        before = line_of(sign_on)
        if sign_on.state != State.ACCEPTED or sign_on.organisation is None or seen != digest_of(before):
            raise Outdated(self if self.pk else None)
        if line == before:
            raise ValidationError(_SAME, code="same")
        organisation = Organisation.objects.hold(sign_on.organisation.pk)
        self.variant = organisation.learn(line.name)
        self.parallel = organisation.learn_parallel(line.name_in_own_script)
        self._print(sign_on, line)
        self.before, self.after = as_values(before), as_values(line)
        self._decide(actor, Correction.State.APPLIED)
        if is_told:
            self._tell(sign_on, "corrected")

    @transaction.atomic
    def decline(self, actor: Actor, *, note: str) -> None:
        """Leave the line as it is, and tell the representative why.

        Raises:
            Outdated: if somebody decided the correction meanwhile.
            PermissionDenied: if the moderator may not.
            ValueError: without a note.
        """
        actor.check("signatories.decide_signon")
        if not note:
            raise ValueError("decline requires a note")
        locked = self._lock_proposed()
        self.note = note
        self._decide(actor, Correction.State.DECLINED)
        self._tell(locked, "correction_declined")
        record(actor.user, "refuse", locked, correction=self.pk)

    @transaction.atomic
    def undo(self, actor: Actor) -> None:
        """Take the decision back, before its message leaves; what was printed is restored.

        Raises:
            Outdated: if the time is over, or something came after it.
            PermissionDenied: if the moderator may not.
        """
        actor.check("signatories.decide_signon")
        locked = lock(self.sign_on)
        # A message that is being sent at this moment is waited for: it counts as sent then.
        list(locked.messages.filter(is_decision=True).queued().select_for_update(of=("self",)))
        self.refresh_from_db()
        self.sign_on = locked
        if not self.can_be_undone():
            raise Outdated(self)
        was = self.state
        if was == Correction.State.APPLIED:
            self._print(locked, Line(**(self.before or {})))
        self.take_back()
        record(actor.user, "undo", locked, correction=self.pk, was=was)

    def take_back(self) -> None:
        """Let it wait again, unless a newer one does; the caller holds the sign-on, and restores what is printed."""
        waiting = self.sign_on.corrections.filter(state=Correction.State.PROPOSED)
        Organisation.forget(None, [learnt.pk for learnt in (self.variant, self.parallel) if learnt])
        self.variant = self.parallel = None
        if self.message:
            Message.objects.queued().filter(pk=self.message.pk).update(state=Message.State.DROPPED)
        if self.who == Who.MODERATOR:
            self.state = Correction.State.UNDONE
        elif waiting.exists():
            self.state = Correction.State.SUPERSEDED
        else:
            self.state, self.decided_at, self.decided_by = Correction.State.PROPOSED, None, None
        self.message, self.note, self.before, self.after = None, "", None, None
        self.save()

    def can_be_undone(self, at: datetime | None = None) -> bool:
        """Whether a moderator can still take the decision back at `at` (now by default)."""
        if self.decided_at is None or (at or timezone.now()) >= self.decided_at + settings.DECISION_DELAY:
            return False
        if self.message and self.message.state == Message.State.SENT:
            return False
        if self.state == Correction.State.DECLINED:
            return self.sign_on.is_live
        if self.state != Correction.State.APPLIED or self.sign_on.state != State.ACCEPTED or self.before == self.after:
            return False
        return line_of(self.sign_on) == Line(**(self.after or {}))

    def _lock_proposed(self) -> SignOn:
        """Lock the sign-on, and with it its corrections; return it if this one still waits."""
        locked = lock(self.sign_on)
        self.refresh_from_db()
        if self.state != Correction.State.PROPOSED or not locked.is_live:
            raise Outdated(self)
        self.sign_on = locked
        return locked

    def _decide(self, actor: Actor, state: "Correction.State") -> None:
        self.state, self.decided_by, self.decided_at = state, actor.user, timezone.now()
        self.save()

    def _tell(self, sign_on: SignOn, kind: str) -> None:
        self.message = mail.queue(sign_on, kind, is_decision=True, correction=self)
        self.save(update_fields=["message"])

    @staticmethod
    def _print(sign_on: SignOn, line: Line) -> None:
        """Make `line` what is printed of an accepted sign-on."""
        changes = {f"listed_{one}": getattr(line, one) for one in FIELDS}
        for field, value in changes.items():
            setattr(sign_on, field, value)
        sign_on.clean_fields(exclude={field.name for field in sign_on._meta.fields} - changes.keys())
        sign_on.sort_key = names.sort_key(line.name)
        sign_on.save(update_fields=["sort_key", *changes])
        sign_on.letter.mark_stale()

    # ── what a reader wants to know ──

    @property
    def line(self) -> Line:
        """The line as it was proposed."""
        own = self.name_in_own_script
        return Line(self.name, self.acronym, str(self.country), self.website, name_in_own_script=own)

    @property
    def can_be_applied(self) -> bool:
        """Whether there is a printed line to apply it to; before that it waits for the decision on the sign-on."""
        return self.state == Correction.State.PROPOSED and self.sign_on.state == State.ACCEPTED
