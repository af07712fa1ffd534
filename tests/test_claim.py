"""Colleagues see who is looking at a sign-on."""

import threading

import pytest
from django.db import connection
from django.utils import timezone

from signatories.models import Claim
from tests.factories import a_letter, a_moderator, a_sign_on

pytestmark = pytest.mark.django_db


@pytest.fixture
def amina():
    return a_moderator()


@pytest.fixture
def desk(client):
    client.moderator = a_moderator()
    client.force_login(client.moderator)
    return client


def test_opening_a_sign_on_shows_colleagues_in_list_and_page_who_looks_at_it(client, desk, amina):
    sign_on = a_sign_on(name="Al-Haq")
    address = f"/moderation/sign-ons/{sign_on.pk}/"
    words = f"<bdi>{amina.username}</bdi> is looking at this"

    client.force_login(amina)
    own = client.get(address).content.decode()
    client.force_login(desk.moderator)

    assert words not in own
    assert words in client.get("/moderation/").content.decode()
    assert words in client.get(address).content.decode()
    assert Claim.objects.get().user == amina


def test_taking_over_is_one_click(desk, amina):
    sign_on = a_sign_on()
    Claim.take(sign_on.pk, amina)

    response = desk.post(f"/moderation/sign-ons/{sign_on.pk}/claim/?country=FR", {"over": "1"})

    assert response["Location"] == f"/moderation/sign-ons/{sign_on.pk}/?country=FR"
    assert Claim.objects.get().user == desk.moderator


def test_a_claim_runs_out_by_itself_and_is_renewed_while_the_page_is_open(desk, amina):
    sign_on = a_sign_on()
    Claim.take(sign_on.pk, amina)
    beat = f"/moderation/sign-ons/{sign_on.pk}/claim/"

    refused = desk.post(beat, {"renew": "1"}).status_code
    Claim.objects.update(until=timezone.now())
    shown = desk.get("/moderation/").content.decode()
    taken = desk.post(beat, {"renew": "1"}).status_code
    until = Claim.objects.get().until
    renewed = desk.post(beat, {"renew": "1"}).status_code

    assert (refused, taken, renewed) == (409, 204, 204)
    assert "is looking at this" not in shown
    assert Claim.objects.get().until > until


def test_a_claim_stops_nobody_and_ends_with_the_decision(desk, amina):
    sign_on = a_sign_on()
    Claim.take(sign_on.pk, amina)

    desk.post(f"/moderation/sign-ons/{sign_on.pk}/decline/", {"seen": sign_on.transitions.last().pk, "reason": "other"})

    sign_on.refresh_from_db()
    assert (sign_on.state, Claim.objects.count()) == ("declined", 0)


def test_whoever_opens_the_next_sign_on_looks_at_the_one_before_no_more(desk, amina):
    first, second, hers = a_sign_on(), a_sign_on(), a_sign_on()
    Claim.take(hers.pk, amina)

    for one in (first, second):
        desk.get(f"/moderation/sign-ons/{one.pk}/")

    assert set(Claim.objects.values_list("sign_on", "user")) == {(hers.pk, amina.pk), (second.pk, desk.moderator.pk)}


def test_who_may_not_decide_claims_nothing_and_what_is_decided_is_not_claimed(client, desk):
    waits, decided = a_sign_on(), a_sign_on(state="declined")
    desk.get(f"/moderation/sign-ons/{decided.pk}/")
    client.force_login(a_moderator("reader"))
    client.get(f"/moderation/sign-ons/{waits.pk}/")

    assert client.post(f"/moderation/sign-ons/{waits.pk}/claim/", {"over": "1"}).status_code == 403
    assert not Claim.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_who_open_a_sign_on_at_once_one_has_it():
    for _round in range(5):
        sign_on, users, taken = a_sign_on(a_letter()), [a_moderator(), a_moderator()], []
        barrier = threading.Barrier(2)

        def take(user, pk=sign_on.pk, taken=taken, barrier=barrier):
            barrier.wait()
            taken.append(Claim.take(pk, user))
            connection.close()

        threads = [threading.Thread(target=take, args=[user]) for user in users]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert sorted(taken) == [False, True]
        assert Claim.objects.filter(sign_on=sign_on).count() == 1
