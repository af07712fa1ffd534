"""A failed message is sent again, as long as what it tells is so."""

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from audit.models import Entry
from signatories.models import Actor
from tests.factories import a_moderator, a_sign_on

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client):
    """A moderator, signed in."""
    client.moderator = a_moderator()
    client.force_login(client.moderator)
    return client


def a_failed_acceptance(desk):
    sign_on = a_sign_on(state="accepted", name="Al-Haq")
    message = sign_on.messages.get(kind="accepted")
    message.failed("550", is_final=True)
    return sign_on, message, f"/moderation/messages/{message.pk}/send-again/"


def button(desk, sign_on, address):
    return f'action="{address}"' in desk.get(f"/moderation/sign-ons/{sign_on.pk}/").content.decode()


def test_a_message_that_is_sent_again_is_on_record_and_dropped_by_the_next_decision_all_the_same(desk):
    sign_on, message, address = a_failed_acceptance(desk)
    offered = button(desk, sign_on, address)

    desk.post(address)
    message.refresh_from_db()
    queued = (message.state, message.attempts, message.is_decision, message.send_after <= timezone.now())
    sign_on.decline(Actor.moderator(desk.moderator), reason="other")

    message.refresh_from_db()
    entry = Entry.objects.get(act="send again")
    assert (offered, queued, message.state) == (True, ("queued", 0, True, True), "dropped")
    assert (entry.user, entry.subject_id, entry.detail) == (desk.moderator, sign_on.pk, {"kind": "accepted"})


def test_a_message_whose_decision_no_longer_stands_is_neither_offered_nor_sent_again(desk):
    sign_on, message, address = a_failed_acceptance(desk)
    actor = Actor.moderator(desk.moderator)
    sign_on.reopen(actor)
    sign_on.decline(actor, reason="other")

    offered = button(desk, sign_on, address)
    answer = desk.post(address, follow=True).content.decode()

    message.refresh_from_db()
    assert (offered, message.state) == (False, "failed")
    assert "the decision that it tells of no longer stands" in answer
    assert not Entry.objects.filter(act="send again").exists()


def test_a_message_whose_decision_stands_again_by_an_undo_is_sent_again_and_of_an_undone_one_is_not(desk):
    sign_on, message, _address = a_failed_acceptance(desk)
    actor = Actor.moderator(desk.moderator)
    sign_on.decline(actor, reason="other")
    declined = sign_on.messages.get(kind="declined")
    stands = [sign_on.has_overtaken(one) for one in (message, declined)]
    sign_on.undo(actor)

    assert (stands, [sign_on.has_overtaken(one) for one in (message, declined)]) == ([True, False], [False, True])
    assert sign_on.send_again(message, actor) is True


def test_who_may_not_send_messages_may_not_send_again(desk):
    sign_on, message, _address = a_failed_acceptance(desk)

    with pytest.raises(PermissionDenied):
        sign_on.send_again(message, Actor.moderator(a_moderator("secretariat")))
