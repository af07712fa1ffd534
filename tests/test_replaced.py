"""Until it is confirmed a form proves nothing: a newer one by the same address for the same name takes its place."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client

from signatories import links, mail
from signatories.models import LimitRule, Message, SignOn, Switch
from tests.factories import a_letter, a_moderator, posted
from tests.mailserver import link_in

pytestmark = pytest.mark.django_db

BOX = "amina@alhaq.example"


def sign(client, letter, **fields):
    return client.post(f"/{letter.slug}/sign/", posted(letter, **{"name_as_signed": "Al-Haq", "email": BOX} | fields))


def stand(letter):
    return [
        (one.representative_name, one.state, [message.state for message in one.messages.order_by("pk")])
        for one in SignOn.objects.filter(letter=letter).order_by("pk")
    ]


def test_what_a_stranger_typed_before_does_not_keep_the_true_form_out(client, mail_server):
    letter = a_letter()
    squatted = sign(client, letter, representative_name="A Stranger", website="https://evil.example")
    mail.deliver(Message.objects.get().pk)
    old = link_in(mail_server.messages[-1], "confirm")

    true = sign(client, letter, name_as_signed="AL HAQ", email=BOX.upper(), representative_name="Amina Diallo")
    mail.deliver(Message.objects.latest("pk").pk)
    new = link_in(mail_server.messages[-1], "confirm")

    assert (squatted.status_code, squatted["Location"]) == (true.status_code, true["Location"])
    # Who had filled in the first form is erased with it.
    assert stand(letter) == [("", "withdrawn", ["sent"]), ("Amina Diallo", "unconfirmed", ["sent"])]
    dead = client.get(old)
    assert (dead.status_code, "the newer one has taken its place" in dead.content.decode()) == (410, True)
    assert client.post(old).status_code == 410
    assert client.post(new).status_code == 302
    assert [one[:2] for one in stand(letter)] == [("", "withdrawn"), ("Amina Diallo", "pending")]


def test_a_message_of_the_older_form_that_has_not_left_does_not_leave(client):
    letter = a_letter()
    for name in ("First", "Second"):
        sign(client, letter, representative_name=name)

    assert stand(letter) == [("", "withdrawn", ["dropped"]), ("Second", "unconfirmed", ["queued"])]


@pytest.mark.parametrize("confirmed", [True, False])
def test_what_was_confirmed_stays_and_its_mailbox_is_told(client, confirmed):
    letter = a_letter()
    sign(client, letter)
    if confirmed:
        SignOn.objects.get().confirm()

    sign(client, letter)

    assert [one.state for one in SignOn.objects.order_by("pk")] == (
        ["pending"] if confirmed else ["withdrawn", "unconfirmed"]
    )
    assert Message.objects.filter(kind="already_signed").count() == confirmed


def test_beyond_the_limit_of_the_mailbox_nobody_takes_the_link_that_has_left(client):
    LimitRule.objects.filter(scope="mailbox").update(limit=1)
    letter = a_letter()
    sign(client, letter, representative_name="Amina Diallo")

    sign(client, letter, representative_name="A Stranger")

    assert stand(letter) == [("Amina Diallo", "unconfirmed", ["queued", "held"])]


def test_where_the_link_of_the_older_form_is_held_itself_the_newer_one_waits_in_its_place(client):
    letter = a_letter()
    Switch.turn(letter, a_moderator("secretariat"), position="held", note="A flood")

    for name in ("First", "Second"):
        sign(client, letter, representative_name=name)

    assert stand(letter) == [("", "withdrawn", ["dropped"]), ("Second", "unconfirmed", ["held"])]


def test_a_newer_form_does_not_go_round_the_hold_of_the_older_one(client):
    letter = a_letter()
    Switch.turn(letter, a_moderator("secretariat"), position="held", note="A flood")
    sign(client, letter, representative_name="First")
    Switch.turn(letter, a_moderator("secretariat"), position="open", note="It is over")

    sign(client, letter, representative_name="Second")

    assert stand(letter) == [("", "withdrawn", ["dropped"]), ("Second", "unconfirmed", ["held"])]


def test_the_desk_reads_why_it_was_withdrawn(client):
    letter = a_letter()
    for _time in range(2):
        sign(client, letter)

    withdrawn = SignOn.objects.get(state="withdrawn").transitions.get(verb="withdraw")

    assert (withdrawn.who, withdrawn.reason_label) == ("representative", "a newer form took its place")


def test_the_older_link_shows_nothing_of_the_newer_form(client):
    letter = a_letter()
    sign(client, letter, representative_name="A Stranger")
    old = links.token("confirm", SignOn.objects.get().pk)
    sign(client, letter, representative_name="Amina Diallo")

    page = client.post(f"/confirm/{old}/", {"send": "1"}).content.decode()

    assert ["Amina" in page, BOX in page] == [False, False]
    assert Message.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_of_eight_forms_at_once_one_stands_and_has_its_link():
    letter = a_letter()
    forms = [posted(letter, name_as_signed="Al-Haq", email=BOX, representative_name=f"Amina {one}") for one in range(8)]

    def send(form):
        try:
            return Client().post(f"/{letter.slug}/sign/", form).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(send, forms))

    assert set(answers) == {302}
    assert sorted(SignOn.objects.values_list("state", flat=True)) == ["unconfirmed"] + ["withdrawn"] * 7
    (sign_on,) = SignOn.objects.filter(state="unconfirmed")
    assert [one.state for one in sign_on.messages.all()] == ["queued"]
    assert Message.objects.filter(state="queued").count() == 1
