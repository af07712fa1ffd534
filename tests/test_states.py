"""The law of a sign-on's life, written out once more: every step, and the refusal of all others."""

import itertools
import re
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied

from signatories.models import CLOCK, OPERATOR, REPRESENTATIVE, Actor, Message, SignOn, SomebodyWasFaster, Transition
from signatories.states import NotAllowed
from tests.factories import a_letter, a_moderator, a_sign_on

pytestmark = pytest.mark.django_db

STATES = ["unconfirmed", "pending", "queried", "accepted", "declined", "withdrawn", "expired"]
VERBS = ["confirm", "expire", "query", "answer", "accept", "decline", "reopen", "undo", "withdraw"]
ROLES = ["representative", "moderator", "operator", "clock"]

# state, verb, who → state
LAW = {
    ("unconfirmed", "confirm", "representative"): "pending",
    ("unconfirmed", "expire", "clock"): "expired",
    ("pending", "query", "moderator"): "queried",
    ("queried", "answer", "representative"): "pending",
    ("queried", "answer", "moderator"): "pending",
    ("pending", "accept", "moderator"): "accepted",
    ("pending", "accept", "operator"): "accepted",
    ("queried", "accept", "moderator"): "accepted",
    ("queried", "accept", "operator"): "accepted",
    ("pending", "decline", "moderator"): "declined",
    ("queried", "decline", "moderator"): "declined",
    ("accepted", "decline", "moderator"): "declined",
    ("accepted", "reopen", "moderator"): "pending",
    ("declined", "reopen", "moderator"): "pending",
    # Back to where each was, in these cases.
    ("queried", "undo", "moderator"): "pending",
    ("accepted", "undo", "moderator"): "pending",
    ("declined", "undo", "moderator"): "pending",
    ("unconfirmed", "withdraw", "representative"): "withdrawn",
    ("unconfirmed", "withdraw", "moderator"): "withdrawn",
    ("pending", "withdraw", "representative"): "withdrawn",
    ("pending", "withdraw", "moderator"): "withdrawn",
    ("queried", "withdraw", "representative"): "withdrawn",
    ("queried", "withdraw", "moderator"): "withdrawn",
    ("accepted", "withdraw", "representative"): "withdrawn",
    ("accepted", "withdraw", "moderator"): "withdrawn",
}
WORDS = {
    "query": {"question": "Who authorised you?"},
    "answer": {"answer": "Our board.", "note": "e-mail of 3 May"},
    "accept": {"listed_name": "Justice Group"},
    "decline": {"reason": "not_authorised"},
    "withdraw": {"note": "letter of 3 May"},
}


def actor(role):
    return {
        "representative": lambda: REPRESENTATIVE,
        "moderator": lambda: Actor.moderator(a_moderator()),
        "operator": lambda: OPERATOR,
        "clock": lambda: CLOCK,
    }[role]()


def act(sign_on, verb, role, **words):
    if verb == "confirm" and role == "representative":
        return sign_on.confirm()
    words = WORDS.get(verb, {}) | words
    if verb in ("query", "answer", "accept"):
        return getattr(sign_on, verb)(actor(role), **words)
    return sign_on._move(verb, actor(role), **words)


@pytest.mark.parametrize(("state", "verb", "role"), list(itertools.product(STATES, VERBS, ROLES)))
def test_every_step_is_as_the_table_says_and_every_other_is_refused_without_a_trace(state, verb, role):
    sign_on = a_sign_on(state=state)
    row = SignOn.objects.filter(pk=sign_on.pk).values().get()
    transitions, messages = Transition.objects.count(), Message.objects.values().order_by("pk")
    messages = list(messages)

    if (state, verb, role) in LAW:
        act(sign_on, verb, role)

        assert SignOn.objects.get(pk=sign_on.pk).state == LAW[state, verb, role]
        last = Transition.objects.latest("pk")
        assert (last.from_state, last.verb, last.to_state, last.who) == (state, verb, LAW[state, verb, role], role)
    else:
        with pytest.raises(NotAllowed):
            act(sign_on, verb, role)

        assert SignOn.objects.filter(pk=sign_on.pk).values().get() == row
        assert Transition.objects.count() == transitions
        assert list(Message.objects.values().order_by("pk")) == messages


@pytest.mark.parametrize("verb", ["query", "answer", "accept", "decline", "reopen", "undo", "withdraw"])
def test_a_moderator_without_the_permission_can_decide_nothing(verb):
    state = {"reopen": "declined", "answer": "queried", "undo": "declined"}.get(verb, "pending")
    sign_on = a_sign_on(state=state)
    secretary = Actor.moderator(a_moderator("secretariat"))

    with pytest.raises(PermissionDenied):
        sign_on._move(verb, secretary, reason="other", note="why")

    sign_on.refresh_from_db()
    assert sign_on.state == state


@pytest.mark.parametrize(
    ("verb", "words"),
    [
        ("query", {"reason": "no question"}),
        ("answer", {"reason": "no note"}),
        ("decline", {"note": "no code"}),
        ("withdraw", {"reason": "no note"}),
    ],
)
def test_a_moderator_says_why(verb, words):
    sign_on = a_sign_on(state="queried" if verb == "answer" else "pending")

    with pytest.raises(ValueError, match="requires"):
        sign_on._move(verb, Actor.moderator(a_moderator()), **words)


def test_a_decision_on_what_is_no_longer_so_is_not_written():
    sign_on = a_sign_on(state="pending")
    seen = sign_on.transitions.last().pk
    first, second = Actor.moderator(a_moderator()), Actor.moderator(a_moderator())
    sign_on.decline(first, reason="not_genuine", seen=seen)
    sign_on.reopen(first)

    with pytest.raises(SomebodyWasFaster) as faster:
        sign_on.accept(second, listed_name="Justice Group", seen=seen)

    assert faster.value.transition.user == first.user
    sign_on.refresh_from_db()
    assert sign_on.state == "pending"


def test_nothing_but_the_one_method_assigns_a_state():
    code = [*Path("signatories").rglob("*.py"), *Path("letter").rglob("*.py")]
    sources = {path: path.read_text() for path in code if "migrations" not in path.parts}

    found = [
        f"{path}: {line.strip()}"
        for path, source in sources.items()
        for line in source.splitlines()
        if re.search(r"sign_on\.state\s*(,.*)?=[^=]|self\.state, self\.state_since|state=State\.\w+\)\.update", line)
    ]

    assert found == [
        "signatories/models/sign_on.py: self.state, self.state_since = target, since",
    ]


def test_a_record_of_a_transition_cannot_be_changed_or_deleted():
    from django.db import DatabaseError, transaction

    sign_on = a_sign_on(a_letter(), "pending")

    for change in (
        lambda: Transition.objects.update(reason="rewritten"),
        lambda: Transition.objects.filter(sign_on=sign_on)._raw_delete("default"),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    assert [one.reason for one in sign_on.transitions.all()] == ["", ""]
