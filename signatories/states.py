"""The life of a sign-on, as data: which state may follow which, by which verb, by whom.

`SignOn._move` is the only reader that acts on it.
"""

from dataclasses import dataclass
from enum import StrEnum

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class State(TextChoices):
    """Where a sign-on stands."""

    UNCONFIRMED = "unconfirmed", _("not confirmed yet")
    PENDING = "pending", _("waiting for a decision")
    QUERIED = "queried", _("waiting for an answer")
    ACCEPTED = "accepted", _("accepted")
    DECLINED = "declined", _("declined")
    WITHDRAWN = "withdrawn", _("withdrawn")
    EXPIRED = "expired", _("expired")


# States in which an organisation still asks to stand under the letter.
LIVE = (State.UNCONFIRMED, State.PENDING, State.QUERIED, State.ACCEPTED)


class Who(StrEnum):
    """In which role somebody acts."""

    REPRESENTATIVE = "representative"
    MODERATOR = "moderator"
    OPERATOR = "operator"  # at the server's command line, as for an import
    CLOCK = "clock"  # nobody: a time is over


class Source(TextChoices):
    """How a sign-on came in."""

    FORM = "form", _("the form")
    EMAIL = "email", _("an e-mail")
    POST = "post", _("a letter on paper")
    OTHER = "other", _("another way")
    IMPORT = "import", _("an import")


class Reason(TextChoices):
    """Why a moderator declines: a code, so that reasons can be counted and worded in any language."""

    NOT_AN_ORGANISATION = "not_an_organisation", _("not an organisation")
    NOT_AUTHORISED = "not_authorised", _("not authorised by the organisation")
    DUPLICATE = "duplicate", _("the organisation has signed already")
    NOT_ELIGIBLE = "not_eligible", _("outside the letter's circle of signatories")
    NOT_GENUINE = "not_genuine", _("not genuine")
    NO_ANSWER = "no_answer", _("no answer to our question")
    OTHER = "other", _("another reason")


@dataclass(frozen=True)
class Rule:
    """What one verb does, and who may use it."""

    sources: frozenset[State | None]
    target: State | None
    """The state that it leads to; None for the one before the last decision."""
    who: frozenset[Who]
    permission: str = ""
    """What a moderator must be permitted."""
    requires: str = ""
    """What the desk must say with it: a coded "reason", or a "note" for the record."""
    message: str = ""
    """The message to the representative, a folder of ``templates/mail/``."""
    can_be_undone: bool = False
    """Its message waits, as that of a decision: an undo costs nobody an e-mail. What was before it is kept."""


_REGISTER, _DECIDE = "signatories.register_signon", "signatories.decide_signon"
_DESK = frozenset({Who.MODERATOR, Who.OPERATOR})
_MODERATOR = frozenset({Who.MODERATOR})
_REPRESENTATIVE = frozenset({Who.REPRESENTATIVE})
_CLOCK = frozenset({Who.CLOCK})

RULES: dict[str, Rule] = {
    "sign": Rule(frozenset({None}), State.UNCONFIRMED, _REPRESENTATIVE, message="confirm"),
    "register": Rule(frozenset({None}), State.PENDING, _DESK, _REGISTER, requires="note"),
    "confirm": Rule(frozenset({State.UNCONFIRMED}), State.PENDING, _REPRESENTATIVE, message="confirmed"),
    # Nobody is told: the address was never proved.
    "expire": Rule(frozenset({State.UNCONFIRMED}), State.EXPIRED, _CLOCK),
    # Its note is the question.
    "query": Rule(
        frozenset({State.PENDING}),
        State.QUERIED,
        _MODERATOR,
        _DECIDE,
        requires="note",
        message="query",
        can_be_undone=True,
    ),
    # A moderator's note says where the reply is kept.
    "answer": Rule(frozenset({State.QUERIED}), State.PENDING, _REPRESENTATIVE | _MODERATOR, _DECIDE, requires="note"),
    "accept": Rule(
        frozenset({State.PENDING, State.QUERIED}),
        State.ACCEPTED,
        _DESK,
        _DECIDE,
        message="accepted",
        can_be_undone=True,
    ),
    "decline": Rule(
        frozenset({State.PENDING, State.QUERIED, State.ACCEPTED}),
        State.DECLINED,
        _MODERATOR,
        _DECIDE,
        requires="reason",
        message="declined",
        can_be_undone=True,
    ),
    "reopen": Rule(frozenset({State.ACCEPTED, State.DECLINED}), State.PENDING, _MODERATOR, _DECIDE),
    "undo": Rule(frozenset({State.QUERIED, State.ACCEPTED, State.DECLINED}), None, _MODERATOR, _DECIDE),
    "withdraw": Rule(
        frozenset(LIVE),
        State.WITHDRAWN,
        _REPRESENTATIVE | _MODERATOR,
        _DECIDE,
        requires="note",
        message="withdrawn",
    ),
}


class NotAllowed(Exception):
    """This verb does not follow on this state, or is not for this role."""

    def __init__(self, state: State | None, verb: str, who: Who) -> None:
        super().__init__(f"{verb} by {who} on a sign-on that is {state or 'new'}")
        self.state, self.verb, self.who = state, verb, who


def rule(state: State | None, verb: str, who: Who) -> Rule:
    """Return the rule of `verb` on a sign-on in `state`, None for one that is new.

    Raises:
        NotAllowed: if the table has no such step.
    """
    found = RULES[verb]
    if state not in found.sources or who not in found.who:
        raise NotAllowed(state, verb, who)
    return found


def verbs(state: State | None, who: Who) -> list[str]:
    """Return what `who` may do with a sign-on in `state`, permissions aside."""
    return [verb for verb, found in RULES.items() if state in found.sources and who in found.who]
