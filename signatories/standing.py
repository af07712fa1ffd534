"""Where a sign-on stands, what happens next and what has happened, for the page of its representative."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import NamedTuple

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import get_language_info
from django.utils.translation import gettext as _

from letter.content import ON_ONE_PAGE, letter_path
from letter.models import Edition

from .models import Correction, SignOn, Transfer, Transition
from .states import State, Who

# So many decisions of the last `RECENT` tell how long one usually takes; fewer tell nothing.
HANDFUL, RECENT = 5, timedelta(days=30)


class Event(NamedTuple):
    """One thing that happened, in words."""

    at: datetime
    words: str
    note: str = ""
    """What was said with it."""


@dataclass(frozen=True)
class Standing:
    """A sign-on as its representative wants to know it; each question is asked when a page needs the answer."""

    sign_on: SignOn

    @cached_property
    def transitions(self) -> list[Transition]:
        """All that happened to it, in order."""
        return list(self.sign_on.transitions.with_words())

    @property
    def last(self) -> Transition:
        """What led to its present state."""
        return next(one for one in reversed(self.transitions) if one.verb != "erase")

    @cached_property
    def days_to_decide(self) -> int | None:
        """Within how many days nine of ten sign-ons to this letter were decided lately; None if there were too few."""
        paces = SignOn.objects.to(self.sign_on.letter).pace(timezone.now() - RECENT)
        overall = next((one for one in paces if one.week is None and one.count >= HANDFUL), None)
        return overall and max(1, math.ceil(overall.ninetieth / timedelta(days=1).total_seconds()))

    # ── in the letter ──

    @property
    def letter_path(self) -> str:
        """The address of the letter in the language that was signed."""
        letter, text = self.sign_on.letter, self.sign_on.text
        return letter_path(letter.slug, "" if text.language == letter.language else text.language)

    @cached_property
    def listed_in(self) -> Edition | None:
        """The edition with which it came onto the list where it stands now; None while that is still to be made."""
        if self.sign_on.state != State.ACCEPTED:
            return None
        editions = self.sign_on.letter.editions.defer("texts", "facts", "changes")
        added = Q(changes__added__contains=[{"anchor": self.sign_on.line_anchor}])
        found = editions.filter(added | Q(changes__is_first=True)).order_by("-number").first()
        if found is None or (found.published_at < self.sign_on.state_since and self.is_behind):
            return None
        return found

    @property
    def listed_path(self) -> str:
        """The address of that edition."""
        return self._path_of(self.listed_in)

    @property
    def read_path(self) -> str:
        """The address of the first edition with the text that was signed."""
        return self._path_of(self.read_in)

    @property
    def record_path(self) -> str:
        """The address of the edition that was delivered."""
        return self._path_of(self.sign_on.letter.edition_of_record)

    def _path_of(self, edition: Edition | None) -> str:
        return f"{self.letter_path}editions/{edition.number}/" if edition else ""

    @property
    def language_name(self) -> str:
        """The language of the text that was signed, in the language of the page."""
        try:
            return str(get_language_info(self.sign_on.text.language)["name_translated"])
        except KeyError:
            return self.sign_on.text.language

    @cached_property
    def is_behind(self) -> bool:
        """Whether something was decided that the newest edition does not print yet."""
        return type(self.sign_on.letter).objects.stale().filter(pk=self.sign_on.letter_id).exists()

    @cached_property
    def line_path(self) -> str:
        """The address of its line; of the list, where that is too long for one page."""
        newest = self.sign_on.letter.editions.only("count").order_by("-number").first()
        is_long = newest is not None and newest.count > ON_ONE_PAGE
        return f"{self.letter_path}#{'signatories' if is_long else self.sign_on.line_anchor}"

    @cached_property
    def read_in(self) -> Edition | None:
        """The first edition with the text that was signed."""
        text = self.sign_on.text
        editions = self.sign_on.letter.editions.defer("texts", "facts", "changes")
        return editions.filter(texts__contains={text.language: text.sha256}).order_by("number").first()

    @property
    def was_listed(self) -> bool:
        """Whether it stood on the list before."""
        return any(one.from_state == State.ACCEPTED for one in self.transitions)

    @property
    def is_in_record(self) -> bool:
        """Whether it stands in the edition that was delivered."""
        delivered_at = self.sign_on.letter.delivered_at
        if delivered_at is None:
            return False
        before = [one.to_state for one in self.transitions if one.at <= delivered_at]
        return before[-1:] == [State.ACCEPTED]

    @property
    def said_of_a_withdrawal(self) -> str:
        """What the letter's page says of one that withdraws, or withdrew, after delivery."""
        ours = _("{name} withdrew its signature after the letter was delivered.")
        wording = self.sign_on.letter.withdrawal_wording or ours
        return wording.replace("{name}", self.sign_on.name_to_print)

    # ── what has happened ──

    def history(self) -> list[Event]:
        """Return what has happened, in plain words, in order."""
        events = [*map(told, self.transitions), *self._corrections(), *self._transfers()]
        return sorted(events, key=lambda one: one.at)

    def _transfers(self) -> Iterator[Event]:
        for one in self.sign_on.transfers.filter(state=Transfer.State.DONE):
            if one.kind == Transfer.Kind.SUCCESSOR:
                yield Event(one.ended_at, _("The sign-on was handed over to another representative."))
            else:
                yield Event(one.ended_at, _("The e-mail address was changed."))

    def _corrections(self) -> Iterator[Event]:
        for one in self.sign_on.corrections.filter(who=Who.REPRESENTATIVE):
            yield Event(one.proposed_at, _("You proposed a correction of what is printed."))
            if one.decided_at and one.state == Correction.State.APPLIED:
                yield Event(one.decided_at, _("The moderators applied the correction."))
            if one.decided_at and one.state == Correction.State.DECLINED:
                yield Event(one.decided_at, _("The moderators declined the correction."), one.note)


def told(transition: Transition) -> Event:
    """Return what happened with a transition as its representative would tell it."""
    is_mine = transition.who == Who.REPRESENTATIVE
    note = transition.note if transition.verb == "decline" else ""
    return Event(transition.at, _WORDS.get((transition.verb, is_mine), _state_in_words)(transition), note)


def _state_in_words(transition: Transition) -> str:
    return _("The sign-on became: %(state)s.") % {"state": transition.state_label}


_WORDS = {
    ("sign", True): lambda _one: _("The form was filled in and sent."),
    ("register", False): lambda one: (
        _("The sign-on came in by other means and was registered: %(source)s.") % {"source": one.reason_label}
    ),
    ("confirm", True): lambda _one: _("You confirmed that the e-mail address is yours."),
    ("query", False): lambda _one: _("The moderators asked a question."),
    ("answer", True): lambda _one: _("You answered the question."),
    ("answer", False): lambda _one: _("Your answer came by e-mail, and the moderators registered it."),
    ("accept", False): lambda _one: _("The moderators accepted the sign-on."),
    ("decline", False): lambda one: (
        _("The moderators declined the sign-on: %(reason)s.") % {"reason": one.reason_label}
    ),
    ("reopen", False): lambda _one: _("The moderators took their decision back, to look at it again."),
    ("undo", False): lambda _one: _("The moderators undid what they had done just before."),
    ("withdraw", True): lambda _one: _("You withdrew the sign-on."),
    ("withdraw", False): lambda _one: _("The sign-on was withdrawn at your organisation's written request."),
    ("erase", True): lambda _one: _("Your data were erased at your wish."),
}
