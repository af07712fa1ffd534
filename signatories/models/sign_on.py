"""The act of one organisation asking to stand under one letter, and all that may happen to it."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, connection, models, transaction
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from audit.models import record
from letter.content import Line
from letter.models import Letter, LetterText
from letter.models.text import language_tag
from signatories import declarations, evidence, mail, names, states
from signatories.states import LIVE, NotAllowed, Source, State, Who

from . import erasure
from .actor import CLOCK, REPRESENTATIVE, Actor
from .document import Document
from .hold import Hold
from .limit import Crossing, Why
from .message import REMINDER, Message
from .organisation import Organisation
from .query import QueryQuerySet
from .related import Related, email_domain
from .sign_on_queries import PLACE, SignOnQuerySet, id_of
from .similar import Similar
from .switch import Switch
from .transition import NOT_ME, REPLACED, Note, Transition
from .unconfirmed import reminders_due
from .variant_name import trigrams

# Fields that name the representative, or hint at them.
PERSONAL = ("representative_name", "representative_role", "email", "network_key")
# Namespace of the advisory locks under which one address signs for one name.
LOCK = 0x516E
# Kinds of message that tell of a correction, which lets go of its message when it is undone.
CORRECTED = {"corrected", "correction_declined"}


class LetterNotOpen(Exception):
    """The letter cannot be signed now."""


class DraftSpent(Exception):
    """This form was sent before, and the sign-on that it made no longer stands."""


class SigningPaused(Exception):
    """The desk has paused signing this letter."""


class SomebodyWasFaster(Exception):
    """Another transition came between what a moderator saw and what they decided."""

    def __init__(self, transition: Transition) -> None:
        super().__init__(f"{transition}")
        self.transition = transition


class TooLate(Exception):
    """The decision cannot be undone any more: its message has left, or its time is over."""


class NoLongerSo(Exception):
    """The decision that a message tells of no longer stands."""


class AlreadyListed(Exception):
    """The organisation is a signatory of this letter by another sign-on."""

    def __init__(self, sign_on: "SignOn | None") -> None:
        super().__init__(f"{sign_on}")
        self.sign_on = sign_on


class SignOn(models.Model):
    """One organisation's sign-on to one letter. Every change of state goes through `_move`."""

    letter = models.ForeignKey(Letter, on_delete=models.PROTECT, related_name="sign_ons")
    text = models.ForeignKey(LetterText, on_delete=models.PROTECT, related_name="+")
    source = models.CharField(max_length=10, choices=Source, default=Source.FORM)
    language = models.CharField(_("language"), max_length=12, default="en", validators=[language_tag])
    """In which language the representative read this site and is written to (BCP 47); that of the text may differ."""
    state = models.CharField(max_length=20, choices=State, default=State.UNCONFIRMED, editable=False)
    state_since = models.DateTimeField(default=timezone.now, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    # As received, for ever.
    name_as_signed = models.CharField(_("name"), max_length=names.MAX_LENGTH, validators=[names.validate_name])
    acronym = models.CharField(_("acronym"), max_length=30, blank=True)
    country = CountryField(_("country"), blank=True)
    website = models.URLField(_("website"), max_length=300, blank=True)
    name_in_own_script = models.CharField(
        _("name in its own script"), max_length=names.MAX_LENGTH, blank=True, validators=[names.validate_own_script]
    )
    """Beside the Latin form, where the organisation has one in another script."""
    name_key = models.TextField(editable=False)
    name_normalised = models.TextField(editable=False)

    # The representative: never public.
    representative_name = models.CharField(_("name of the representative"), max_length=200, blank=True)
    representative_role = models.CharField(_("role"), max_length=200, blank=True)
    email = models.EmailField(_("e-mail"), max_length=254, blank=True)
    network_key = models.CharField(max_length=64, blank=True, editable=False)
    """Of the client's network, keyed: it says that two came from one place, not from which. Erased after a month."""
    draft = models.UUIDField(null=True, unique=True, editable=False)
    """Of the answers as they were checked and sent last (`drafts.Draft`): the same sent twice is one sign-on."""
    email_says = models.CharField(max_length=20, editable=False, blank=True)
    """What address and website say about each other (`evidence.of_email`), so that the queue can be narrowed by it."""
    reminders = models.PositiveSmallIntegerField(default=0, editable=False)
    """How many of `unconfirmed.REMINDERS` are done with, by a message or because it would have come too late."""
    declaration = models.TextField(blank=True)
    declaration_version = models.CharField(max_length=10, blank=True)
    erased_at = models.DateTimeField(null=True, editable=False)
    """When `PERSONAL`, and whatever was written by or to the representative, were erased."""

    # As accepted: what the list prints.
    organisation = models.ForeignKey(
        Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="sign_ons"
    )
    anchor = models.BigIntegerField(null=True, editable=False)
    """Which line it is on the public page, where that is not its organisation's number: what was published keeps its
    place when organisations are merged and split. Where that number is taken, its own, below zero."""
    listed_name = models.CharField(
        max_length=names.MAX_LENGTH,
        blank=True,
        validators=[names.validate_name],
        verbose_name=_("name as listed"),
    )
    listed_acronym = models.CharField(_("acronym"), max_length=30, blank=True)
    listed_country = CountryField(_("country"), blank=True)
    listed_website = models.URLField(_("website"), max_length=300, blank=True)
    listed_name_in_own_script = models.CharField(
        _("name in its own script"), max_length=names.MAX_LENGTH, blank=True, validators=[names.validate_own_script]
    )
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
                PLACE,
                condition=Q(state=State.ACCEPTED),
                name="line_has_a_place_of_its_own",
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
            models.CheckConstraint(
                condition=Q(erased_at=None)
                | (Q(representative_name="", representative_role="", email="", network_key="") & ~Q(state__in=LIVE)),
                name="nothing_is_left_of_an_erased_representative",
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
    def sign(
        cls,
        text: LetterText,
        at: datetime | None = None,
        *,
        draft: UUID | None = None,
        held_for: Sequence[Crossing] = (),
        **received: Any,
    ) -> "SignOn":
        """Take a representative's sign-on to `text`, and ask by e-mail for its confirmation.

        Somebody who has confirmed a sign-on for an organisation of this name gets that one back, and is told
        so by e-mail: whoever fills in the form learns nothing of it. One that is not confirmed yet gives way:
        anybody could have filled in its form, and the newer one corrects it. A draft that was sent before gives
        the sign-on that it made, and nothing is told again.

        Beyond a limit the sign-on is taken like any other, and its message is held.

        Args:
            text: the text that the representative read.
            at: the moment of signing (now by default).
            draft: of the answers that were checked.
            held_for: the limits that were crossed (`limits.crossed`).
            received: what the form holds, by field; with the `language` in which it was filled in (that of the text by
                default).

        Raises:
            LetterNotOpen: outside the letter's dates.
            SigningPaused: while the desk has paused it.
            DraftSpent: if the draft was sent before, and what it made no longer stands.
            ValidationError: when a field breaks a rule.
        """
        if not text.letter.is_open(at):
            raise LetterNotOpen
        position = Switch.objects.position(text.letter)
        if position == Switch.Position.PAUSED:
            raise SigningPaused
        if position == Switch.Position.HELD:
            held_for = [*held_for, Crossing(Why.SWITCH)]
        received |= {
            "declaration": str(declarations.DECLARATION),
            "declaration_version": declarations.VERSION,
        }
        sign_on = cls._new(text, draft=draft, **received)
        sign_on._one_at_a_time()
        earlier = cls.objects.sent(draft)
        if earlier is not None:
            return earlier.still_standing()
        twin = cls.objects.twin(text.letter, sign_on.email, sign_on.name_as_signed)
        if twin is not None and twin.has_expired(at):
            # The clock will notice within the hour; who signs anew need not wait for it.
            twin.expire()
        elif twin is not None:
            crossed = twin._give_way(held_for)
            if crossed is None:
                return twin._signed_again(draft, held_for)
            held_for = crossed
        try:
            with transaction.atomic():
                sign_on._move("sign", REPRESENTATIVE, held_for=held_for)
        except IntegrityError:
            # At this moment the desk registered it, or another sign-on came to this address.
            twin = cls.objects.twin(text.letter, sign_on.email, sign_on.name_as_signed)
            if twin is None:
                raise
            return twin._signed_again(draft, held_for)
        return sign_on

    def _one_at_a_time(self) -> None:
        """Wait until nobody else signs by this address for this name; the constraint would only refuse the second."""
        who = f"{self.letter_id} {self.email.lower()} {self.name_key}"
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [LOCK, who])

    def still_standing(self) -> "SignOn":
        """Return this sign-on, whose form was sent once more; raises DraftSpent if it no longer stands."""
        if not self.is_live or self.has_expired():
            raise DraftSpent
        return self

    def _give_way(self, held_for: Sequence[Crossing]) -> Sequence[Crossing] | None:
        """Make room for a newer form by the same address for the same name; None if this one stays.

        What was confirmed stays. Before a form whose message is held, so does one whose link has left: else whoever
        knows an address could take the link from it, and nothing would come in its place.

        Returns:
            For what the message of the newer one is held: `held_for`, or that for which this one's is: nothing goes
            round the hold.
        """
        state = SignOn.objects.select_for_update(of=("self",)).values_list("state", flat=True).get(pk=self.pk)
        hold = Hold.objects.waiting().filter(message__sign_on=self, message__kind="confirm").first()
        if state != State.UNCONFIRMED or (held_for and hold is None):
            return None
        self._move("withdraw", REPRESENTATIVE, reason=REPLACED, is_silent=True, also=self._drop_links)
        self.erase(REPRESENTATIVE, is_told=False)
        return held_for or (hold.crossings if hold else [])

    @property
    def was_replaced(self) -> bool:
        """Whether a newer form took its place before it was confirmed."""
        return self.transitions.filter(reason=REPLACED).exists()

    def _signed_again(self, draft: UUID | None, held_for: Sequence[Crossing]) -> "SignOn":
        """Tell the representative by e-mail that they have signed, once for each draft that they send."""
        row = SignOn.objects.select_for_update(of=("self",)).only("draft").get(pk=self.pk)
        if draft is None or row.draft != draft:
            SignOn.objects.filter(pk=self.pk).update(draft=draft or row.draft)
            mail.queue(self, "already_signed", held_for=held_for)
        return self

    @classmethod
    @transaction.atomic
    def register(
        cls, text: LetterText, actor: Actor, *, note: str, documents: Iterable[Document] = (), **received: Any
    ) -> "SignOn":
        """Record a sign-on that came by e-mail, on paper or in an import, with what shows it; it waits for a decision.

        Raises:
            LetterNotOpen: before the letter opens, while its text is not yet fixed. A late one is welcome.
            AlreadyListed: if this person has a live sign-on for an organisation of this name.
            ValidationError: when a field breaks a rule, or there are too many documents.
        """
        if not text.letter.has_opened():
            raise LetterNotOpen
        sign_on = cls._new(text, **received)
        twin = cls.objects.twin(text.letter, sign_on.email, sign_on.name_as_signed) if sign_on.email else None
        if twin:
            raise AlreadyListed(twin)
        sign_on._move(
            "register",
            actor,
            reason=sign_on.source,
            note=note,
            also=lambda _registered: [one.attach(sign_on, actor.who, actor.user) for one in documents],
        )
        return sign_on

    @classmethod
    def _new(cls, text: LetterText, **received: Any) -> "SignOn":
        """Return an unsaved sign-on with what was received, checked."""
        sign_on = cls(letter=text.letter, text=text, **{"language": text.language} | received)
        sign_on.name_key = names.key(sign_on.name_as_signed)
        sign_on.name_normalised = names.normalise(sign_on.name_as_signed)
        sign_on.email_says = evidence.of_email(sign_on.email, sign_on.website)
        # Letter and text are in hand: a query each would find them again.
        sign_on.clean_fields(exclude={"letter", "text"})
        return sign_on

    # ── what happens to it ──

    def confirm(self, tell: Iterable["SignOn"] = ()) -> Transition:
        """Take the representative's word that the mailbox is theirs; the sign-on enters the queue.

        `tell` are those of `SignOnQuerySet.on_record_beside` whose mailboxes have room: their representatives learn
        that somebody else has signed for an organisation of that name, and not who. This one learns nothing of them.
        """

        def tell_them(_confirmed: Transition) -> None:
            for one in tell:
                message = mail.queue(one, "signed_again", other=self)
                if message:
                    # Which of the two it tells of, so that none is told twice.
                    Message.objects.filter(pk=message.pk).update(about=self.pk)

        return self._move("confirm", REPRESENTATIVE, also=tell_them)

    @transaction.atomic
    def disown(self) -> None:
        """Take the word of whoever holds the mailbox that they have signed nothing, and erase what was typed in.

        Raises:
            NotAllowed: if it was confirmed, withdrawn or has expired meanwhile.
        """
        state = SignOn.objects.select_for_update(of=("self",)).values_list("state", flat=True).get(pk=self.pk)
        if state != State.UNCONFIRMED:
            raise NotAllowed(State(state), "disown", Who.REPRESENTATIVE)
        self._move("withdraw", REPRESENTATIVE, reason=NOT_ME, is_silent=True, also=self._drop_links)
        self.erase(REPRESENTATIVE, is_told=False)

    @transaction.atomic
    def remind(self, at: datetime | None = None) -> Message | None:
        """Remind the representative to confirm, if that is due at `at` (now by default); each time once.

        Another worker that is at it is not waited for. What a worker slept through is told once.
        """
        at = at or timezone.now()
        due = SignOn.objects.to_remind(at).select_for_update(skip_locked=True, of=("self",)).filter(pk=self.pk).first()
        if due is None:
            return None
        due.reminders = reminders_due(due.state_since, at)
        due.save(update_fields=["reminders"])
        return mail.queue(due, REMINDER)

    @transaction.atomic
    def expire(self) -> None:
        """Give up a sign-on that nobody has confirmed in time, and erase who had filled in the form.

        Nobody is told: it was never proved whose the address is.

        Raises:
            NotAllowed: if it was confirmed or withdrawn meanwhile.
        """
        self._move("expire", CLOCK, also=self._drop_links)
        self.erase(CLOCK, is_told=False)

    def _drop_links(self, _transition: Transition) -> None:
        """Drop messages that have not left yet, whose link would lead nowhere."""
        Message.drop_links(self.pk)

    def query(self, actor: Actor, *, question: str, language: str = "", seen: int | None = None) -> Transition:
        """Ask the representative something, in `language` (theirs by default), and wait for the answer."""
        language = language or self.language
        return self._move(
            "query",
            actor,
            seen=seen,
            note=question,
            also=lambda asked: self.queries.create(asked=asked, language=language),
            # The message around the question speaks its language, as far as there is a catalogue.
            message_language=language,
        )

    def answer(
        self,
        actor: Actor = REPRESENTATIVE,
        *,
        answer: str,
        note: str = "",
        documents: Iterable[Document] = (),
        seen: int | None = None,
    ) -> Transition:
        """Answer the open question; a moderator, for a reply that came by mail, notes where it is kept.

        Raises:
            ValidationError: if there is no room for so many documents.
            SomebodyWasFaster, NotAllowed, PermissionDenied: see `_move`.
        """

        def keep(answered: Transition) -> None:
            query = self.queries.get(ended=answered)
            query.answer = answer
            query.save(update_fields=["answer"])
            query.documents.set([one.attach(self, actor.who, actor.user) for one in documents])

        return self._move("answer", actor, seen=seen, note=note, also=keep)

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
        listed_name_in_own_script: str = "",
        seen: int | None = None,
        is_silent: bool = False,
    ) -> Transition:
        """List the organisation, an existing one or (None) a new one, under exactly these words.

        One that was merged into another meanwhile stands for that one. `is_silent` is for imports: see `_move`.

        Raises:
            AlreadyListed: if the organisation is a signatory of this letter by another sign-on.
            SomebodyWasFaster, NotAllowed, PermissionDenied, ValidationError: see `_move`.
        """
        bare, bracketed = names.split_acronym(listed_name)
        # The sign-on's lock before the organisation's, as a merge takes them.
        before = SignOn.objects.select_for_update(of=("self",)).only("organisation", "anchor").get(pk=self.pk)
        if organisation is None:
            organisation = Organisation(
                name=bare, acronym=listed_acronym or bracketed, country=listed_country, website=listed_website
            )
            organisation.clean_fields()
            organisation.save()
            made = organisation.pk
        else:
            organisation = Organisation.objects.hold(organisation.pk)
            made = None
        learnt = [organisation.learn(name) for name in (listed_name, self.name_as_signed)]
        learnt += [organisation.learn_parallel(listed_name_in_own_script)]
        listing: dict[str, Any] = {
            "made": {"organisation": made, "variants": [variant.pk for variant in learnt if variant]},
            "organisation": organisation,
            "listed_name": listed_name,
            "listed_acronym": listed_acronym,
            "listed_country": listed_country,
            "listed_website": listed_website,
            "listed_name_in_own_script": listed_name_in_own_script,
            "sort_key": names.sort_key(listed_name),
        }
        anchor = before.anchor if before.organisation_id == organisation.pk else None
        listing["also"] = self.corrections.fulfil
        try:
            with transaction.atomic():
                return self._move("accept", actor, seen=seen, anchor=anchor, is_silent=is_silent, **listing)
        except IntegrityError as error:
            other = organisation.sign_ons.filter(letter=self.letter).accepted().exclude(pk=self.pk).first()
            if other is not None:
                raise AlreadyListed(other) from error
        # Its place on the page is that of a line which went to another organisation in a split.
        return self._move("accept", actor, seen=seen, anchor=-self.pk, is_silent=is_silent, **listing)

    def decline(self, actor: Actor, *, reason: str, note: str = "", seen: int | None = None) -> Transition:
        """Decline, with a reason of `states.Reason` and a note that is sent to the representative."""
        return self._move("decline", actor, seen=seen, reason=reason, note=note)

    def reopen(self, actor: Actor, *, note: str = "", seen: int | None = None) -> Transition:
        """Take a decision back; its message is dropped if it has not been sent.

        Raises:
            AlreadyListed: if the same person has another live sign-on for this name meanwhile.
            SomebodyWasFaster, NotAllowed, PermissionDenied: see `_move`.
        """
        return self._back("reopen", actor, seen=seen, note=note)

    def undo(self, actor: Actor, *, seen: int | None = None) -> Transition:
        """Put back what was before the last decision: state, fields, place in the queue, messages, names learnt.

        Raises:
            TooLate: if it cannot be undone any more.
            AlreadyListed: if another sign-on has taken its place meanwhile: of its organisation, or of the same person.
            SomebodyWasFaster, NotAllowed, PermissionDenied: see `_move`.
        """
        return self._back("undo", actor, seen=seen)

    def _back(self, verb: str, actor: Actor, **said: Any) -> Transition:
        """Carry out a verb that brings a sign-on back to where another may stand by now."""
        try:
            with transaction.atomic():
                return self._move(verb, actor, **said)
        except IntegrityError as error:
            raise AlreadyListed(None) from error

    def withdraw(self, actor: Actor = REPRESENTATIVE, *, note: str = "", seen: int | None = None) -> Transition:
        """Take the sign-on back by the organisation's will; a moderator notes the written request."""
        return self._move("withdraw", actor, seen=seen, note=note)

    @transaction.atomic
    def erase(self, actor: Actor = REPRESENTATIVE, *, is_told: bool = True) -> Transition | None:
        """Erase who the representative is, and what was written by them and to them, for good.

        That there was a sign-on, for which organisation, and what became of it when, stays on record. One that was
        never confirmed is withdrawn first; afterwards nothing can happen to it any more.

        Args:
            actor: the representative, or whoever keeps the time.
            is_told: whether a last message says so; its own row keeps the address until it has left.

        Returns:
            What stands in the history; None if it was done before.

        Raises:
            NotAllowed: while it stands, or may come to stand, on the list: it is the evidence of a public statement.
        """
        self.refresh_from_db(from_queryset=SignOn.objects.select_for_update(of=("self",)))
        if self.erased_at:
            return None
        if self.state == State.UNCONFIRMED:
            self._move("withdraw", actor, is_silent=True)
        if self.is_live:
            raise NotAllowed(State(self.state), "erase", actor.who)
        trace = Transition.objects.create(
            sign_on=self, verb="erase", from_state=self.state, to_state=self.state, who=actor.who, user=actor.user
        )
        if is_told:
            mail.queue(self, "erased")
        for field in PERSONAL:
            setattr(self, field, "")
        self.email_says, self.erased_at = evidence.of_email("", self.website), trace.at
        self.save(update_fields=[*PERSONAL, "email_says", "erased_at"])
        erasure.erase_words(self, trace.at)
        return trace

    @transaction.atomic
    def _move(
        self,
        verb: str,
        actor: Actor,
        *,
        seen: int | None = None,
        reason: str = "",
        note: str = "",
        made: dict[str, Any] | None = None,
        also: Callable[[Transition], object] | None = None,
        is_silent: bool = False,
        message_language: str = "",
        held_for: Sequence[Crossing] = (),
        **changes: Any,
    ) -> Transition:
        """Carry out `verb`: state, record, message and stale list in one transaction.

        Args:
            verb: a key of `states.RULES`.
            actor: who does it.
            seen: the last transition that the actor saw, if they decided by what they saw.
            reason: a coded reason; required by some verbs.
            note: for the record, and with some verbs for the representative; required by some.
            made: what `Organisation.forget` deletes if this is undone.
            also: writes what else belongs to it, before its message is worded.
            is_silent: leave out the rule's message. Only where another one says it; or where the representative has
                never heard of this site, as in an import of what was gathered elsewhere: five thousand messages from a
                stranger help nobody. What happens to the sign-on afterwards is told as ever.
            message_language: of the message, if it is not the representative's.
            held_for: limits that were crossed: the rule's message is held for them.
            changes: fields that change with the state.

        Raises:
            NotAllowed: if the table has no such step from the present state.
            PermissionDenied: if the moderator may not.
            SomebodyWasFaster: if there is a later transition than `seen`.
            TooLate: if the last decision cannot be undone any more.
            ValidationError: if a changed field breaks a rule.
            ValueError: if the verb requires a reason or a note, and there is none.
        """
        last = None
        if self.pk:
            locked = SignOn.objects.select_for_update(of=("self",))
            state, self.erased_at = locked.values_list("state", "erased_at").get(pk=self.pk)
            last = self.transitions.last()
        before = State(state) if self.pk else None
        if seen is not None and last is not None and last.pk != seen:
            raise SomebodyWasFaster(last)
        if self.erased_at:
            raise NotAllowed(before, verb, actor.who)
        rule = states.rule(before, verb, actor.who)
        actor.check(rule.permission)
        if rule.requires and actor.who != Who.REPRESENTATIVE and not {"reason": reason, "note": note}[rule.requires]:
            raise ValueError(f"{verb} requires a {rule.requires}")
        target, at = rule.target, timezone.now()
        if target is None:
            target, changes = self._before(last)
        since = changes.pop("state_since", at)
        restores = {"fields": self._fields("state_since", *changes)} | (made or {}) if rule.can_be_undone else None
        for field, value in changes.items():
            setattr(self, field, value)
        # The others were checked when they were set.
        self.clean_fields(exclude={field.name for field in self._meta.fields} - changes.keys())
        self.state, self.state_since = target, since
        self.save(update_fields=None if before is None else ["state", "state_since", *changes])
        dropped = [] if before is None else Message.drop_decisions(self.pk)
        if before == State.UNCONFIRMED or (before and target not in LIVE):
            Message.drop_held(self.pk)
        transition = Transition.objects.create(
            sign_on=self,
            verb=verb,
            from_state=before or "",
            to_state=target,
            who=actor.who,
            user=actor.user,
            reason=reason,
            at=at,
            restores=restores and restores | {"messages": dropped},
            batch=actor.batch,
        )
        if note:
            Note.objects.create(transition=transition, text=note)
        if before == State.QUERIED:
            self.queries.open().update(ended=transition)
        if rule.target is None and last:
            self._put_back(last)
        if target not in LIVE:
            self.transfers.lapse()
        if also:
            also(transition)
        if rule.message and not is_silent:
            mail.queue(
                self,
                rule.message,
                transition=transition,
                is_decision=rule.can_be_undone,
                language=message_language,
                held_for=held_for,
            )
        if State.ACCEPTED in (before, target):
            self.letter.mark_stale()
        # An import at the command line is on record as a whole: the record's lock held so long would stop the desk.
        if actor.who == Who.MODERATOR:
            record(actor.user, verb, self, who=actor.who, before=before or "", after=target, reason=reason)
        return transition

    def _fields(self, *names: str) -> dict[str, Any]:
        """Return these fields as they are in the database, as JSON keeps them."""
        row = SignOn.objects.filter(pk=self.pk).values(*names).get()
        return {name: value if value is None or isinstance(value, int) else str(value) for name, value in row.items()}

    def _before(self, last: Transition | None) -> tuple[State, dict[str, Any]]:
        """Return state and fields before the decision `last`; raises TooLate. The row is locked.

        A message that is being sent at this moment is waited for: it counts as sent then.
        """
        list(self.messages.filter(is_decision=True).queued().select_for_update(of=("self",)))
        if last is None or not self.transitions.undoable().filter(pk=last.pk).exists():
            raise TooLate
        kept, changes = last.restores or {}, {}
        for field in self._meta.fields:
            if field.name in kept["fields"]:
                changes[field.name] = field.to_python(kept["fields"][field.name])
        if changes.get("organisation"):
            # It may have been merged into another since.
            changes["organisation"] = Organisation.objects.get(pk=changes["organisation"]).standing()
        return State(last.from_state), changes

    def _put_back(self, last: Transition) -> None:
        """Restore what hung on the state before the decision `last`, and forget what came with it."""
        kept = last.restores or {}
        Message.take_up(kept["messages"])
        Organisation.forget(kept.get("organisation"), kept.get("variants", []))
        self.queries.filter(ended=last).update(ended=None)
        self.corrections.unfulfil(last)

    # ── what is told of it ──

    @transaction.atomic
    def send_again(self, message: Message, actor: Actor) -> bool:
        """Queue a failed message once more; return False if it is not, or no longer, a failed one.

        Raises:
            NoLongerSo: if the decision that it tells of no longer stands.
            PermissionDenied: if the moderator may not.
        """
        actor.check("signatories.send_message")
        # No transition may come between the question and the answer.
        SignOn.objects.select_for_update(of=("self",)).only("pk").get(pk=self.pk)
        if self.has_overtaken(message):
            raise NoLongerSo
        if not message.send_again():
            return False
        record(actor.user, "send again", self, kind=message.kind)
        return True

    def has_overtaken(self, message: Message) -> bool:
        """Whether the decision that `message` tells of no longer stands.

        A message knows no transition; but the one that it tells of is older than it, and any that came after waited
        for the lock under which it was queued. An undo takes back the one before it, and both count for nothing.
        """
        if not message.is_decision:
            return False
        if message.kind in CORRECTED and not self.corrections.filter(message=message).exists():
            return True
        later = 0
        for verb in self.transitions.filter(at__gt=message.created_at).order_by("pk").values_list("verb", flat=True):
            later += -1 if verb == "undo" else 1
            if later < 0:
                return True
        return later > 0

    # ── what a moderator wants to know ──

    def exchange(self) -> QueryQuerySet:
        """Return what was asked and answered, in order."""
        return self.queries.exchange()

    @property
    def name_to_print(self) -> str:
        """The name as listed, or, before it was accepted, as signed."""
        return self.listed_name or self.name_as_signed

    @property
    def confirm_by(self) -> datetime:
        """Until when it can be confirmed; of use while it is not."""
        return self.state_since + settings.CONFIRM_WITHIN

    def has_expired(self, at: datetime | None = None) -> bool:
        """Whether the time to confirm it is over at `at` (now by default), if the clock has noticed or not."""
        is_late = self.state == State.UNCONFIRMED and self.confirm_by <= (at or timezone.now())
        return is_late or self.state == State.EXPIRED

    @property
    def line_anchor(self) -> str:
        """Of an accepted one: where its line is on the public page."""
        return Line("", id=id_of(self.anchor or self.organisation_id or 0)).anchor

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
