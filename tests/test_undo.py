"""A moderator takes a decision back within ten minutes, and it is as if it had not been."""

from datetime import timedelta
from itertools import count

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from signatories.models import (
    REPRESENTATIVE,
    Actor,
    AlreadyListed,
    Message,
    Organisation,
    Query,
    SignOn,
    SomebodyWasFaster,
    TooLate,
    Transition,
    VariantName,
)
from signatories.states import NotAllowed
from tests.factories import a_letter, a_moderator, a_sign_on

pytestmark = pytest.mark.django_db
_number = count()


def moderator():
    return Actor.moderator(a_moderator())


def everything(letter):
    """All that a decision on this letter may touch, but for the record of it."""
    return {
        "sign-ons": list(SignOn.objects.filter(letter=letter).order_by("pk").values()),
        "messages": list(Message.objects.filter(sign_on__letter=letter).order_by("pk").values()),
        "queries": list(Query.objects.filter(sign_on__letter=letter).order_by("pk").values()),
        "organisations": list(Organisation.objects.order_by("pk").values()),
        "variants": list(VariantName.objects.order_by("pk").values()),
        "list": list(SignOn.objects.lines(letter)),
    }


def without_new(after, before):
    """`after`, but for messages that were not there before: those are dropped, and stay as a record."""
    old = {message["id"] for message in before["messages"]}
    assert {one["state"] for one in after["messages"] if one["id"] not in old} <= {"dropped"}
    ended = {one["id"]: one for one in before["queries"]}
    return after | {
        "messages": [one for one in after["messages"] if one["id"] in old],
        "queries": [one for one in after["queries"] if one["id"] in ended],
    }


def decide(verb, sign_on, actor, organisation=None):
    seen = sign_on.transitions.last().pk
    if verb == "accept":
        name = f"{sign_on.name_as_signed} as listed {next(_number)}"
        return sign_on.accept(actor, organisation=organisation, listed_name=name, listed_country="KE", seen=seen)
    words = {
        "decline": {"reason": "other", "note": "Sorry"},
        "query": {"question": "Who authorised you?"},
        "answer": {"answer": "Our board.", "note": "by mail"},
        "reopen": {"note": "again"},
        "undo": {},
    }[verb]
    return getattr(sign_on, verb)(actor, seen=seen, **words)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["accept", "accept", "decline", "query", "answer", "reopen", "undo"]),
        st.integers(0, 2),
        st.integers(0, 3),
    ),
    min_size=1,
    max_size=9,
)


@given(
    steps=STEPS, verb=st.sampled_from(["accept", "decline", "query"]), which=st.integers(0, 2), choice=st.integers(0, 3)
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_went_before_an_undo_restores_row_messages_names_and_list(steps, verb, which, choice):
    letter, actor = a_letter(), moderator()
    sign_ons = [a_sign_on(letter, "pending", f"Justice {letter.slug} {place}") for place in ("Kenya", "Peru", "Fiji")]
    known = [None, *(a_sign_on(a_letter(), "accepted", f"{letter.slug} {number}").organisation for number in (1, 2))]

    def attempt(one_verb, index, chosen):
        one = SignOn.objects.get(pk=sign_ons[index].pk)
        organisation = one.organisation if chosen == 3 else known[chosen]
        try:
            return decide(one_verb, one, actor, organisation)
        except (NotAllowed, TooLate, AlreadyListed):
            return None

    for step in steps:
        attempt(*step)
    before = everything(letter)
    if attempt(verb, which, choice) is None:
        assert everything(letter) == before
        return
    assert everything(letter) != before

    attempt("undo", which, 0)

    assert without_new(everything(letter), before) == before


def test_an_undo_brings_back_the_place_in_the_queue_and_the_words_and_forgets_the_organisation():
    sign_on = a_sign_on(name="JUSTICE SANS FRONTIERES")
    row = SignOn.objects.filter(pk=sign_on.pk).values().get()
    sign_on.accept(moderator(), listed_name="Justice Sans Frontières (JSF)")

    transition = sign_on.undo(moderator())

    assert SignOn.objects.filter(pk=sign_on.pk).values().get() == row
    assert (transition.from_state, transition.to_state) == ("accepted", "pending")
    assert Organisation.objects.count() == 0
    assert [one.state for one in sign_on.messages.filter(is_decision=True)] == ["dropped"]


def test_what_has_come_to_be_used_meanwhile_stays_when_the_decision_that_made_it_is_undone():
    first, second = a_sign_on(a_letter(), name="Al-Haq"), a_sign_on(a_letter(), name="Law for Man")
    first.accept(moderator(), listed_name="Al-Haq")
    second.accept(moderator(), organisation=first.organisation, listed_name="Law for Man")
    organisation = first.organisation

    first.undo(moderator())

    assert list(Organisation.objects.all()) == [organisation]
    assert [one.name for one in organisation.variants.all()] == ["Law for Man"]


def test_a_name_learnt_is_kept_if_somebody_else_has_signed_under_it():
    known = a_sign_on(a_letter(), "accepted", "Al-Haq").organisation
    first, second = a_sign_on(a_letter(), name="Law for Man"), a_sign_on(a_letter(), name="Law for Man")
    first.accept(moderator(), organisation=known, listed_name="Al-Haq")
    second.accept(moderator(), organisation=known, listed_name="Al-Haq")

    first.undo(moderator())

    assert [one.name for one in known.variants.all()] == ["Law for Man"]


def test_undoing_a_decline_of_a_signatory_lists_it_again_and_sends_the_message_that_was_dropped():
    sign_on = a_sign_on(state="accepted")
    accepted = sign_on.messages.get(kind="accepted")
    sign_on.decline(moderator(), reason="not_genuine")

    sign_on.undo(moderator())

    sign_on.refresh_from_db()
    assert (sign_on.state, len(list(SignOn.objects.lines(sign_on.letter)))) == ("accepted", 1)
    states = {one.kind: one.state for one in sign_on.messages.filter(is_decision=True)}
    assert states == {"accepted": "queued", "declined": "dropped"}
    assert Message.objects.get(pk=accepted.pk).send_after == accepted.send_after


def test_once_its_message_has_left_a_decision_is_not_undone():
    sign_on = a_sign_on(state="declined")
    sign_on.messages.get(kind="declined").sent()

    with pytest.raises(TooLate):
        sign_on.undo(moderator())

    assert SignOn.objects.get(pk=sign_on.pk).state == "declined"


def test_without_an_address_time_alone_tells(settings):
    sign_on = a_sign_on(state="pending", email="")
    transition = sign_on.decline(moderator(), reason="other")
    minutes = settings.DECISION_DELAY

    assert Transition.objects.undoable(at=transition.at + minutes - timedelta(seconds=1)).get() == transition
    assert not Transition.objects.undoable(at=transition.at + minutes).exists()
    settings.DECISION_DELAY = timedelta(0)
    with pytest.raises(TooLate):
        sign_on.undo(moderator())


def test_any_moderator_may_undo_but_only_what_they_saw():
    sign_on = a_sign_on(state="declined")
    seen = sign_on.transitions.last().pk
    sign_on.reopen(moderator())
    sign_on.decline(moderator(), reason="other")

    with pytest.raises(SomebodyWasFaster):
        sign_on.undo(moderator(), seen=seen)

    sign_on.undo(moderator(), seen=sign_on.transitions.last().pk)
    assert SignOn.objects.get(pk=sign_on.pk).state == "pending"


def test_a_question_that_is_undone_is_not_sent_and_one_that_a_decision_ended_is_open_again():
    sign_on = a_sign_on()
    sign_on.query(moderator(), question="Who authorised you?")
    sign_on.decline(moderator(), reason="no_answer")

    sign_on.undo(moderator())
    is_open = sign_on.queries.open().exists()
    states = [one.state for one in sign_on.messages.filter(is_decision=True).order_by("pk")]

    assert (SignOn.objects.get(pk=sign_on.pk).state, is_open, states) == ("queried", True, ["queued", "dropped"])


def test_an_undo_that_would_list_an_organisation_twice_is_refused_and_changes_nothing():
    letter = a_letter()
    first, second = a_sign_on(letter, "accepted", "Al-Haq"), a_sign_on(letter, "pending", "Al Haq")
    first.decline(moderator(), reason="duplicate")
    second.accept(moderator(), organisation=first.organisation, listed_name="Al-Haq")
    before = everything(letter)

    with pytest.raises(AlreadyListed):
        first.undo(moderator())

    assert everything(letter) == before


def test_a_withdrawal_is_final():
    sign_on = a_sign_on(state="accepted")
    sign_on.withdraw(REPRESENTATIVE)

    with pytest.raises(NotAllowed):
        sign_on.undo(moderator())

    assert sign_on.state_since <= timezone.now()


def test_a_decision_is_not_taken_back_where_the_same_person_has_signed_anew(client):
    letter, user = a_letter(), a_moderator()
    fields = {"email": "amina@alhaq.example"}
    first = a_sign_on(letter, "pending", "Al-Haq", **fields)
    first.decline(Actor.moderator(user), reason="other")
    a_sign_on(letter, "pending", "Al-Haq", **fields)
    client.force_login(user)
    before = everything(letter)

    posted = {"seen": first.transitions.last().pk}
    answers = [client.post(f"/moderation/sign-ons/{first.pk}/{verb}/", posted) for verb in ("undo", "reopen")]

    assert [answer.status_code for answer in answers] == [409, 409]
    assert "Another sign-on has taken its place" in answers[1].content.decode()
    assert everything(letter) == before


def test_the_desk_offers_an_undo_to_whoever_decided_and_to_whoever_opens_the_sign_on(client):
    sign_on, user = a_sign_on(name="Al-Haq"), a_moderator()
    client.force_login(user)
    address = f"/moderation/sign-ons/{sign_on.pk}/"
    client.post(f"{address}decline/", {"seen": sign_on.transitions.last().pk, "reason": "other"})

    offered = f'action="{address}undo/"' in client.get("/moderation/").content.decode()
    client.force_login(a_moderator())
    others = f'action="{address}undo/"' in client.get("/moderation/").content.decode()
    opened = client.get(address).content.decode()
    undone = client.post(f"{address}undo/?country=FR", {"seen": sign_on.transitions.last().pk})
    again = client.post(f"{address}undo/", {"seen": sign_on.transitions.last().pk})

    assert (offered, others, f'action="{address}undo/"' in opened) == (True, False, True)
    assert undone["Location"] == f"{address}?country=FR"
    assert again.status_code == 409
    assert SignOn.objects.get(pk=sign_on.pk).state == "pending"


def test_an_undo_that_comes_too_late_is_told_so(client):
    sign_on, user = a_sign_on(name="Al-Haq"), a_moderator()
    sign_on.decline(Actor.moderator(user), reason="other")
    sign_on.messages.get(kind="declined").sent()
    client.force_login(user)

    posted = {"seen": sign_on.transitions.last().pk}
    page = client.post(f"/moderation/sign-ons/{sign_on.pk}/undo/", posted, follow=True).content.decode()

    assert "too late for an undo" in page
    assert SignOn.objects.get(pk=sign_on.pk).state == "declined"
