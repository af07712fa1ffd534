"""The act of one organisation asking to stand under one letter, and all that may happen to it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, models, transaction
from django.db.models import Count, Exists, OuterRef, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from audit.models import record
from letter.content import Line
from letter.models import Letter, LetterText
from signatories import declarations, evidence, mail, names, states
from signatories.states import LIVE, Source, State, Who

from . import related, similar
from .message import Message
from .organisation import Organisation, trigrams
from .related import Related, email_domain
from .similar import Similar
from .transition import Transition


@dataclass(frozen=True)
class Actor:
    """Who acts, and in which role."""

    who: Who
    user: User | None = None

    def check(self, permission: str) -> None:
        """Raise PermissionDenied if a moderator lacks `permission`; the other roles need none."""
        if self.who == Who.MODERATOR and not (self.user and self.user.has_perm(permission)):
            raise PermissionDenied(permission)

    @classmethod
    def moderator(cls, user: User) -> "Actor":
        """Return `user` acting as a moderator."""
        return cls(Who.MODERATOR, user)


REPRESENTATIVE = Actor(Who.REPRESENTATIVE)
OPERATOR = Actor(Who.OPERATOR)


class LetterNotOpen(Exception):
    """The letter cannot be signed now."""


class SomebodyWasFaster(Exception):
    """Another transition came between what a moderator saw and what they decided."""

    def __init__(self, transition: Transition) -> None:
        super().__init__(f"{transition}")
        self.transition = transition


class AlreadyListed(Exception):
    """The organisation is a signatory of this letter by another sign-on."""

    def __init__(self, sign_on: "SignOn | None") -> None:
        super().__init__(f"{sign_on}")
        self.sign_on = sign_on


class SignOnQuerySet(models.QuerySet["SignOn"]):
    """Which sign-ons?"""

    def live(self) -> Self:
        """Sign-ons whose organisation still asks to stand under the letter."""
        return self.filter(state__in=LIVE)

    def accepted(self) -> Self:
        """Sign-ons of signatories, in the order of the printed list."""
        return self.filter(state=State.ACCEPTED).order_by("sort_key", "pk")

    def in_state(self, state: str) -> Self:
        """Sign-ons in `state`: those that wait, oldest first; the others, latest change first."""
        waits = state in (State.PENDING, State.UNCONFIRMED)
        return self.filter(state=state).order_by("state_since" if waits else "-state_since", "pk")

    def search(self, words: str) -> Self:
        """Sign-ons that have all `words` in their names, acronym, website or representative."""
        found = self
        for word in words.split():
            found = found.filter(
                Q(name_as_signed__icontains=word)
                | Q(listed_name__icontains=word)
                | Q(name_normalised__contains=names.normalise(word) or word)
                | Q(acronym__icontains=word)
                | Q(website__icontains=word)
                | Q(representative_name__icontains=word)
                | Q(email__icontains=word)
            )
        return found

    def counts(self) -> dict[str, int]:
        """Return how many sign-ons are in each state, zeros included. One query."""
        counted = dict(self.order_by().values_list("state").annotate(Count("pk")))
        return {state: counted.get(state, 0) for state in State.values}

    def with_confirmation(self) -> Self:
        """Sign-ons with `is_confirmed`: whether the representative has proved to hold the mailbox."""
        confirmations = Transition.objects.filter(sign_on=OuterRef("pk"), verb="confirm")
        return self.annotate(is_confirmed=Exists(confirmations))

    def with_evidence(self) -> Self:
        """Sign-ons with all that `evidence.ladder` reads of them."""
        return self.with_confirmation().with_bursts()

    def with_bursts(self) -> Self:
        """Sign-ons with `is_in_burst`: whether more than `related.BURST` came from one place within an hour."""
        domain = self.annotate(email_domain=related.email_domain())
        return domain.annotate(is_in_burst=related.is_in_burst(self.model._default_manager.all()))

    def unusual(self, since: datetime | None = None) -> Self:
        """Sign-ons that came in a burst from one e-mail domain or network, since a moment if one is given."""
        some = self.filter(created_at__gte=since) if since else self
        return some.with_bursts().filter(is_in_burst=True)

    def similar_to_each(self, sign_ons: Sequence["SignOn"]) -> dict[int, list[Similar]]:
        """Return, by key, what each of `sign_ons` may be another form of, likeliest first."""
        return similar.similar_to_each(sign_ons, self)

    def related_to_each(self, sign_ons: Sequence["SignOn"]) -> dict[int, Related]:
        """Return, by key, what else came from the domain, network and person of each of `sign_ons`."""
        return related.related_to_each(sign_ons, self)

    def forget_networks(self, at: datetime | None = None) -> int:
        """Erase the networks of sign-ons older than `related.NETWORK_DAYS`; returns of how many."""
        before = (at or timezone.now()) - timedelta(days=related.NETWORK_DAYS)
        return self.filter(created_at__lt=before).exclude(network_key="").update(network_key="")

    def twin(self, letter: Letter, email: str, name: str) -> "SignOn | None":
        """Return the live sign-on of the same person for an organisation of the same name, if any."""
        return self.live().filter(letter=letter, email__iexact=email, name_key=names.key(name)).first()

    def lines(self, letter: Letter) -> Iterator[Line]:
        """Yield the lines of the letter's public list, in order; the query runs at the first of them."""
        columns = ("listed_name", "listed_acronym", "listed_country", "listed_website", "organisation_id", "sort_key")
        for name, acronym, country, website, pk, sort_key in (
            self.filter(letter=letter).accepted().values_list(*columns)
        ):
            yield Line(name, acronym, country, website, str(pk), sort_key)


class SignOn(models.Model):
    """One organisation's sign-on to one letter. Every change of state goes through `_move`."""

    letter = models.ForeignKey(Letter, on_delete=models.PROTECT, related_name="sign_ons")
    text = models.ForeignKey(LetterText, on_delete=models.PROTECT, related_name="+")
    source = models.CharField(max_length=10, choices=Source, default=Source.FORM)
    state = models.CharField(max_length=20, choices=State, default=State.UNCONFIRMED, editable=False)
    state_since = models.DateTimeField(default=timezone.now, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    # As received, for ever.
    name_as_signed = models.CharField(_("name"), max_length=names.MAX_LENGTH, validators=[names.validate_name])
    acronym = models.CharField(_("acronym"), max_length=30, blank=True)
    country = CountryField(_("country"), blank=True)
    website = models.URLField(_("website"), max_length=300, blank=True)
    name_key = models.TextField(editable=False)
    name_normalised = models.TextField(editable=False)

    # The representative: never public.
    representative_name = models.CharField(_("name of the representative"), max_length=200, blank=True)
    representative_role = models.CharField(_("role"), max_length=200, blank=True)
    email = models.EmailField(_("e-mail"), max_length=254, blank=True)
    network_key = models.CharField(max_length=64, blank=True, editable=False)
    """Of the client's network, keyed: it says that two came from one place, not from which. Erased after a month."""
    declaration = models.TextField(blank=True)
    declaration_version = models.CharField(max_length=10, blank=True)

    # As accepted: what the list prints.
    organisation = models.ForeignKey(
        Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="sign_ons"
    )
    listed_name = models.CharField(
        max_length=names.MAX_LENGTH,
        blank=True,
        validators=[names.validate_name],
        verbose_name=_("name as listed"),
    )
    listed_acronym = models.CharField(_("acronym"), max_length=30, blank=True)
    listed_country = CountryField(_("country"), blank=True)
    listed_website = models.URLField(_("website"), max_length=300, blank=True)
    # Ordered by code point, so that every database gives the printed order (names.sort_key).
    sort_key = models.TextField(editable=False, db_collation="C", blank=True)

    objects = SignOnQuerySet.as_manager()

    class Meta:
        verbose_name = _("sign-on")
        verbose_name_plural = _("sign-ons")
        ordering = ["pk"]
        permissions = [
            ("decide_signon", "Can accept, decline, reopen and withdraw sign-ons"),
            ("register_signon", "Can register a sign-on that came by letter or e-mail"),
            ("view_representative", "Can see representatives, their messages and documents"),
            ("import_signon", "Can import sign-ons from a file"),
            ("export_signon", "Can export sign-ons and representatives"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["letter", "organisation"],
                condition=Q(state=State.ACCEPTED),
                name="organisation_signs_a_letter_once",
                violation_error_message=_("This organisation is a signatory of this letter already."),
            ),
            models.UniqueConstraint(
                "letter",
                Lower("email"),
                "name_key",
                condition=Q(state__in=LIVE) & ~Q(email=""),
                name="person_signs_once_for_a_name",
            ),
            models.CheckConstraint(
                condition=~Q(state=State.ACCEPTED)
                | (Q(organisation__isnull=False) & ~Q(listed_name="") & ~Q(sort_key="")),
                name="accepted_has_organisation_and_listed_name",
            ),
        ]
        indexes = [
            models.Index(fields=["letter", "sort_key"], condition=Q(state=State.ACCEPTED), name="signatories_in_order"),
            models.Index(fields=["state", "state_since"], name="sign_on_queue"),
            # What else came from there: signatories/models/related.py.
            models.Index(Lower("email"), name="sign_on_email"),
            models.Index(email_domain(), "created_at", name="sign_on_email_domain"),
            models.Index(fields=["network_key", "created_at"], condition=~Q(network_key=""), name="sign_on_network"),
            # Those whose organisation no moderator has named yet: signatories/models/candidates.py.
            models.Index(fields=["name_key"], condition=Q(organisation=None), name="sign_on_name_key"),
            trigrams(
                fields=["name_normalised"],
                opclasses=["gin_trgm_ops"],
                condition=Q(organisation=None),
                name="sign_on_name_trigrams",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.listed_name or self.name_as_signed}"

    # ── how a sign-on begins ──

    @classmethod
    @transaction.atomic
    def sign(cls, text: LetterText, at: datetime | None = None, **received: Any) -> "SignOn":
        """Take a representative's sign-on to `text`, and ask by e-mail for its confirmation.

        Somebody who already has a live sign-on for an organisation of this name gets that one back,
        and is told so by e-mail: whoever fills in the form learns nothing of it.

        Args:
            text: the text that the representative read.
            at: the moment of signing (now by default).
            received: what the form holds, by field.

        Raises:
            LetterNotOpen: outside the letter's dates.
            ValidationError: when a field breaks a rule.
        """
        if not text.letter.is_open(at):
            raise LetterNotOpen
        received |= {
            "declaration": str(declarations.DECLARATION),
            "declaration_version": declarations.VERSION,
        }
        sign_on = cls._new(text, **received)
        twin = cls.objects.twin(text.letter, sign_on.email, sign_on.name_as_signed)
        if twin is None:
            try:
                with transaction.atomic():
                    sign_on._move("sign", REPRESENTATIVE)
            except IntegrityError:
                twin = cls.objects.twin(text.letter, sign_on.email, sign_on.name_as_signed)
                if twin is None:
                    raise
        if twin is not None:
            mail.queue(twin, "already_signed")
            return twin
        return sign_on

    @classmethod
    @transaction.atomic
    def register(cls, text: LetterText, actor: Actor, *, note: str, **received: Any) -> "SignOn":
        """Record a sign-on that came by e-mail, on paper or in an import; it waits for a decision.

        Raises:
            LetterNotOpen: before the letter opens, while its text is not yet fixed. A late one is welcome.
            AlreadyListed: if this person has a live sign-on for an organisation of this name.
            ValidationError: when a field breaks a rule.
        """
        if not text.letter.has_opened():
            raise LetterNotOpen
        sign_on = cls._new(text, **received)
        twin = cls.objects.twin(text.letter, sign_on.email, sign_on.name_as_signed) if sign_on.email else None
        if twin:
            raise AlreadyListed(twin)
        sign_on._move("register", actor, reason=sign_on.source, note=note)
        return sign_on

    @classmethod
    def _new(cls, text: LetterText, **received: Any) -> "SignOn":
        """Return an unsaved sign-on with what was received, checked."""
        sign_on = cls(letter=text.letter, text=text, **received)
        sign_on.name_key = names.key(sign_on.name_as_signed)
        sign_on.name_normalised = names.normalise(sign_on.name_as_signed)
        # Letter and text are in hand: a query each would find them again.
        sign_on.clean_fields(exclude={"letter", "text"})
        return sign_on

    # ── what happens to it ──

    def confirm(self) -> Transition:
        """Take the representative's word that the mailbox is theirs; the sign-on enters the queue."""
        return self._move("confirm", REPRESENTATIVE)

    @transaction.atomic
    def accept(
        self,
        actor: Actor,
        *,
        organisation: Organisation | None = None,
        listed_name: str,
        listed_acronym: str = "",
        listed_country: str = "",
        listed_website: str = "",
        seen: int | None = None,
    ) -> Transition:
        """List the organisation, an existing one or (None) a new one, under exactly these words.

        Raises:
            AlreadyListed: if the organisation is a signatory of this letter by another sign-on.
            SomebodyWasFaster, NotAllowed, PermissionDenied, ValidationError: see `_move`.
        """
        bare, bracketed = names.split_acronym(listed_name)
        if organisation is None:
            organisation = Organisation(
                name=bare, acronym=listed_acronym or bracketed, country=listed_country, website=listed_website
            )
            organisation.clean_fields()
            organisation.save()
        else:
            organisation.learn(listed_name)
        organisation.learn(self.name_as_signed)
        try:
            with transaction.atomic():
                return self._move(
                    "accept",
                    actor,
                    seen=seen,
                    organisation=organisation,
                    listed_name=listed_name,
                    listed_acronym=listed_acronym,
                    listed_country=listed_country,
                    listed_website=listed_website,
                    sort_key=names.sort_key(listed_name),
                )
        except IntegrityError as error:
            raise AlreadyListed(organisation.sign_ons.filter(letter=self.letter).accepted().first()) from error

    def decline(self, actor: Actor, *, reason: str, note: str = "", seen: int | None = None) -> Transition:
        """Decline, with a reason of `states.Reason` and a note that is sent to the representative."""
        return self._move("decline", actor, seen=seen, reason=reason, note=note)

    def reopen(self, actor: Actor, *, note: str = "", seen: int | None = None) -> Transition:
        """Take a decision back; its message is dropped if it has not been sent."""
        return self._move("reopen", actor, seen=seen, note=note)

    def withdraw(self, actor: Actor = REPRESENTATIVE, *, note: str = "", seen: int | None = None) -> Transition:
        """Take the sign-on back by the organisation's will; a moderator notes the written request."""
        return self._move("withdraw", actor, seen=seen, note=note)

    @transaction.atomic
    def _move(
        self,
        verb: str,
        actor: Actor,
        *,
        seen: int | None = None,
        reason: str = "",
        note: str = "",
        **changes: Any,
    ) -> Transition:
        """Carry out `verb`: state, record, message and stale list in one transaction.

        Args:
            verb: a key of `states.RULES`.
            actor: who does it.
            seen: the last transition that the actor saw, if they decided by what they saw.
            reason: a coded reason; required by some verbs.
            note: for the record, and with some verbs for the representative; required by some.
            changes: fields that change with the state.

        Raises:
            NotAllowed: if the table has no such step from the present state.
            PermissionDenied: if the moderator may not.
            SomebodyWasFaster: if there is a later transition than `seen`.
            ValidationError: if a changed field breaks a rule.
            ValueError: if the verb requires a reason or a note, and there is none.
        """
        last = None
        if self.pk:
            state = SignOn.objects.select_for_update(of=("self",)).values_list("state", flat=True).get(pk=self.pk)
            last = self.transitions.last()
        before = State(state) if self.pk else None
        if seen is not None and last is not None and last.pk != seen:
            raise SomebodyWasFaster(last)
        rule = states.rule(before, verb, actor.who)
        actor.check(rule.permission)
        if rule.requires and actor.who != Who.REPRESENTATIVE and not {"reason": reason, "note": note}[rule.requires]:
            raise ValueError(f"{verb} requires a {rule.requires}")
        for field, value in changes.items():
            setattr(self, field, value)
        # The others were checked when they were set.
        self.clean_fields(exclude={field.name for field in self._meta.fields} - changes.keys())
        self.state, self.state_since = rule.target, timezone.now()
        self.save(update_fields=None if before is None else ["state", "state_since", *changes])
        transition = Transition.objects.create(
            sign_on=self,
            verb=verb,
            from_state=before or "",
            to_state=rule.target,
            who=actor.who,
            user=actor.user,
            reason=reason,
            note=note,
            at=self.state_since,
        )
        if before is not None:
            Message.drop_decisions(self.pk)
        if rule.message:
            mail.queue(self, rule.message, transition=transition, is_decision=rule.can_be_undone)
        if State.ACCEPTED in (before, rule.target):
            self.letter.mark_stale()
        if actor.who != Who.REPRESENTATIVE:
            record(actor.user, verb, self, who=actor.who, before=before or "", after=rule.target, reason=reason)
        return transition

    # ── what a moderator wants to know ──

    @property
    def name_to_print(self) -> str:
        """The name as listed, or, before it was accepted, as signed."""
        return self.listed_name or self.name_as_signed

    @property
    def is_live(self) -> bool:
        """Whether the organisation still asks to stand under the letter."""
        return self.state in LIVE

    @property
    def evidence(self) -> list[evidence.Mark]:
        """What speaks for the sign-on or against it; asked for with `with_evidence`."""
        return evidence.ladder(self)

    def similar(self) -> list[Similar]:
        """Return organisations, and other live sign-ons of this letter, that may be the same, likeliest first."""
        return SignOn.objects.similar_to_each([self])[self.pk]

    def related(self) -> Related:
        """Return what else came from the same domain, network and person."""
        return SignOn.objects.related_to_each([self])[self.pk]
