"""A sign-on is taken back."""

import pytest

from letter.documents import make_documents
from letter.publication import publish
from signatories import links
from signatories.models import Actor, SignOn
from tests.factories import a_letter, a_moderator, a_sign_on, an_accepted

pytestmark = pytest.mark.django_db


def names_on(edition):
    return [line["name"] for line in edition.lines]


def test_representative_withdraws_an_accepted_sign_on_and_the_list_loses_it(client):
    letter = a_letter()
    al_haq, _madre = an_accepted(letter, "Al-Haq", "MADRE")
    before = publish(letter, SignOn.objects.lines(letter))

    response = client.post(f"/status/{links.token('status', al_haq.pk)}/withdraw/", follow=True)

    after = publish(letter, SignOn.objects.lines(letter))
    assert "Withdrawn: your organisation is not on the list" in response.content.decode()
    assert (names_on(before), names_on(after)) == (["Al-Haq", "MADRE"], ["MADRE"])
    assert al_haq.messages.last().kind == "withdrawn"


def test_opening_the_page_withdraws_nothing(client):
    sign_on = a_sign_on(state="accepted")

    page = client.get(f"/status/{links.token('status', sign_on.pk)}/withdraw/")

    sign_on.refresh_from_db()
    assert (page.status_code, sign_on.state) == (200, "accepted")


def test_withdrawing_twice_is_harmless(client):
    sign_on = a_sign_on(state="pending")
    address = f"/status/{links.token('status', sign_on.pk)}/withdraw/"

    client.post(address)
    client.post(address)

    assert [one.verb for one in sign_on.transitions.all()] == ["sign", "confirm", "withdraw"]


def test_withdrawing_before_the_acceptance_was_announced_drops_that_message():
    sign_on = a_sign_on(state="accepted")

    sign_on.withdraw()

    assert [(one.kind, one.state) for one in sign_on.messages.all()] == [
        ("confirm", "queued"),
        ("confirmed", "queued"),
        ("accepted", "dropped"),
        ("withdrawn", "queued"),
    ]


def test_a_moderator_withdraws_on_written_request_and_notes_it():
    sign_on = a_sign_on(state="accepted")
    moderator = a_moderator()

    sign_on.withdraw(Actor.moderator(moderator), note="their letter of 3 May")

    last = sign_on.transitions.last()
    assert (last.verb, last.who, last.user, last.note) == ("withdraw", "moderator", moderator, "their letter of 3 May")


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("unconfirmed", "You have not confirmed it yet."),
        ("pending", "It leaves their queue, and nothing is published."),
        ("queried", "It leaves their queue, and nothing is published."),
        ("accepted", "The name disappears from the list within seconds. Earlier editions"),
        ("declined", "There is nothing to withdraw"),
    ],
)
def test_the_page_says_first_what_it_means_in_this_case(client, state, words):
    sign_on = a_sign_on(state=state)

    page = client.get(f"/status/{links.token('status', sign_on.pk)}/withdraw/").content.decode()

    assert words in page
    assert ("<form" in page) == (state != "declined")


def test_after_delivery_the_page_says_what_stays_and_what_the_letters_page_will_say(client):
    letter = a_letter()
    al_haq = an_accepted(letter, "Al-Haq")[0]
    publish(letter, SignOn.objects.lines(letter))
    make_documents(letter)
    letter.deliver()

    page = client.get(f"/status/{links.token('status', al_haq.pk)}/withdraw/").content.decode()

    assert "Edition 1, which was handed over with your organisation's name, stays as it was." in page
    assert "<bdi>Al-Haq withdrew its signature after the letter was delivered.</bdi>" in page
    assert "This site does not tell the addressees." in page
    assert "the letter can no longer be signed" in page


def test_why_is_for_the_moderators_only_and_need_not_be_said(client):
    sign_on = a_sign_on(state="pending")
    address = f"/status/{links.token('status', sign_on.pk)}/withdraw/"
    refused = client.post(address, {"why": "our board\x02"})

    after = client.post(address, {"why": "Our board\nchanged its mind."}, follow=True)

    assert (refused.status_code, "invisible character" in refused.content.decode()) == (422, True)
    assert sign_on.transitions.last().note == "Our board\nchanged its mind."
    assert "changed its mind" not in after.content.decode()
    assert "changed its mind" not in sign_on.messages.last().text
