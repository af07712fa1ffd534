"""The moderator's queue."""

import re
from datetime import timedelta
from unittest.mock import patch
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from letter.models import Publication
from signatories.models import Actor, Claim, Message, SignOn, Transition
from tests.factories import a_letter, a_moderator, a_sign_on, an_accepted

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client):
    client.moderator = a_moderator()
    client.force_login(client.moderator)
    return client


def rows(response):
    return [one.name_as_signed for one, _evidence, _colleague in response.context["rows"]]


def test_those_who_wait_stand_oldest_first_with_counts_per_state(desk):
    letter = a_letter()
    for name in ("Sahayta", "MADRE", "Al-Haq"):
        a_sign_on(letter, "pending", name)
    an_accepted(letter, "Odhikar")
    a_sign_on(letter, "unconfirmed", "REDRESS")

    queue = desk.get("/moderation/")

    assert rows(queue) == ["Sahayta", "MADRE", "Al-Haq"]
    assert {value: count for value, _label, count, _address in queue.context["tabs"]} == {
        "unconfirmed": 1,
        "pending": 3,
        "queried": 0,
        "accepted": 1,
        "declined": 0,
        "withdrawn": 0,
        "expired": 0,
        "any": 5,
    }


def test_the_search_covers_all_states_and_folds_accents(desk):
    letter = a_letter()
    an_accepted(letter, "Fédération internationale pour les Droits Humains (FIDH)")
    a_sign_on(letter, "declined", "Federación Mexicana")
    a_sign_on(letter, "pending", "Sahayta", email="asha@sahayta.example")

    assert rows(desk.get("/moderation/?q=federa")) == [
        "Federación Mexicana",
        "Fédération internationale pour les Droits Humains (FIDH)",
    ]
    assert rows(desk.get("/moderation/?q=asha@sahayta")) == ["Sahayta"]
    assert "Nothing is found" in desk.get("/moderation/?q=nobody").content.decode()
    assert rows(desk.get("/moderation/?q=%00sahayta&letter=%00")) == ["Sahayta"]


def test_an_empty_queue_says_so(desk):
    assert "Nothing waits for a decision." in desk.get("/moderation/").content.decode()


def test_the_evidence_says_what_speaks_for_a_sign_on(desk):
    letter = a_letter()
    website = "https://www.alhaq.example"
    a_sign_on(letter, "pending", "Al-Haq", email="a@alhaq.example", website=website)
    a_sign_on(letter, "pending", "MADRE", email="madre@gmail.com", website=website)
    a_sign_on(letter, "pending", "Odhikar", email="a@other.example", website=website)

    evidence = {
        one.name_as_signed: [code for _good, code, _words in marks]
        for one, marks, _colleague in desk.get("/moderation/").context["rows"]
    }

    assert evidence == {
        "Al-Haq": ["mailbox", "own-domain"],
        "MADRE": ["mailbox", "free-mail"],
        "Odhikar": ["mailbox", "other-domain"],
    }


def test_a_mailbox_that_was_never_confirmed_does_not_count_as_confirmed_after_a_withdrawal(desk):
    sign_on = a_sign_on(a_letter(), "unconfirmed", "Al-Haq")
    sign_on.withdraw()

    ((_row, marks, _colleague),) = desk.get("/moderation/?state=withdrawn").context["rows"]

    assert marks[0] == (False, "mailbox", "mailbox not confirmed")


def queries(desk, address, **posted):
    with CaptureQueriesContext(connection) as asked:
        response = desk.post(address, posted) if posted else desk.get(address)
    assert response.status_code == 200
    return len(asked)


def test_every_page_of_the_workbench_asks_the_same_number_of_queries_for_one_row_and_for_fifty(desk):
    letter, batch = a_letter(), uuid4()
    colleague = a_moderator()
    # So that there is something alike in any case, and somebody to look it up.
    a_sign_on(a_letter(), "accepted", "Jurists of Chile")
    a_sign_on(letter, "unconfirmed", "Jurists of Peru")

    def rows(places):
        for place in places:
            fields = {"website": f"https://{place}.example", "email": f"desk@{place}.example"}
            waits = a_sign_on(letter, "pending", f"Jurists of {place}", **fields)
            Claim.take(waits.pk, colleague)
            other = a_sign_on(letter, "pending", f"Witnesses from {place}", email=f"witness@{place}.example")
            other.decline(Actor.moderator(desk.moderator, batch=batch), reason="other")
        return [f"{one.pk}-{one.seen}" for one in SignOn.objects.in_state("pending").with_seen().order_by("pk")]

    def counted(chosen):
        first = chosen[0].split("-")[0]
        Claim.objects.filter(sign_on=first).delete()
        return {
            "queue": queries(desk, "/moderation/"),
            "search": queries(desk, "/moderation/?q=of&mine=1&age=&evidence=own-domain&country=FR"),
            "declined": queries(desk, "/moderation/?state=declined"),
            "sign-on": queries(desk, f"/moderation/sign-ons/{first}/"),
            "accept": queries(desk, "/moderation/bulk/", verb="accept", chosen=chosen),
            "decline": queries(desk, "/moderation/bulk/", verb="decline", chosen=chosen),
            "batch": queries(desk, f"/moderation/batches/{batch}/"),
        }

    chosen = rows(["Kenya"])
    # What Django keeps after the first time, such as content types, is asked for once.
    counted(chosen)
    one = counted(chosen)
    fifty = counted(rows(f"place{number}" for number in range(49)))

    assert fifty == one


def test_a_message_that_failed_stands_on_the_queue_and_is_sent_again_by_a_button(desk):
    sign_on = a_sign_on(name="Al-Haq")
    message = sign_on.messages.first()
    message.failed("550 no such user", is_final=True)

    queue = desk.get("/moderation/").content.decode()
    page = desk.get(f"/moderation/sign-ons/{sign_on.pk}/").content.decode()
    desk.post(f"/moderation/messages/{message.pk}/send-again/")

    assert "Messages that could not be sent" in queue
    assert "550 no such user" in page
    assert Message.objects.get(pk=message.pk).state == "queued"


def test_who_is_not_signed_in_is_sent_to_the_door(client):
    sign_on = a_sign_on()

    for address in ("/moderation/", f"/moderation/sign-ons/{sign_on.pk}/"):
        response = client.get(address)

        assert (response.status_code, response["Location"]) == (302, f"/moderation/sign-in/?next={address}")


def test_a_name_that_the_pdf_cannot_print_is_shown_with_the_font_that_would_help(client):
    letter = a_letter()
    missing = {"name": "人权组织", "characters": "人权组织", "script": "CJK", "font": "fonts-wqy-microhei"}
    Publication.objects.filter(letter=letter).update(missing_glyphs=[missing])
    client.force_login(a_moderator())

    page = client.get("/moderation/").content.decode()

    assert "<bdi>人权组织</bdi>: <bdi>人权组织</bdi> (CJK) · <code>fonts-wqy-microhei</code>" in page


def test_the_list_is_narrowed_by_age_country_evidence_and_letter_and_the_counts_follow(desk):
    letter, other = a_letter(slug="one"), a_letter(slug="two")
    old = a_sign_on(letter, "pending", "Kituo", country="KE", email="k@kituo.example", website="https://kituo.example")
    a_sign_on(letter, "pending", "MADRE", country="US", email="madre@gmail.com")
    a_sign_on(other, "pending", "Interights", country="", email="a@interights.example", website="")
    a_sign_on(letter, "declined", "Odhikar", country="KE", email="odhikar@gmail.com")
    SignOn.objects.filter(pk=old.pk).update(state_since=timezone.now() - timedelta(days=4))

    def found(query):
        response = desk.get(f"/moderation/?{query}")
        counts = {value: count for value, _label, count, _address in response.context["tabs"]}
        return rows(response), counts["pending"], counts["declined"]

    assert found("age=3") == (["Kituo"], 1, 0)
    assert found("country=KE") == (["Kituo"], 1, 1)
    assert found("country=none") == (["Interights"], 1, 0)
    assert found("evidence=free-mail") == (["MADRE"], 1, 1)
    assert found("evidence=own-domain") == (["Kituo"], 1, 0)
    assert found("letter=two") == (["Interights"], 1, 0)
    assert found("letter=one&state=any") == (["Odhikar", "MADRE", "Kituo"], 2, 1)
    assert found("state=any&country=KE&evidence=free-mail") == (["Odhikar"], 0, 1)


@pytest.mark.parametrize(
    "query", ["state=gone", "age=2", "country=XX", "evidence=good", "letter=none", "mine=yes", "size=1000"]
)
def test_an_address_that_asks_for_what_there_is_not_is_not_found(desk, query):
    assert desk.get(f"/moderation/?{query}").status_code == 404
    assert desk.get(f"/moderation/sign-ons/{a_sign_on().pk}/?{query}").status_code == 404


def test_mine_is_what_i_look_at_and_what_i_decided_last(desk):
    letter = a_letter()
    looked_at, reopened, not_mine = (a_sign_on(letter, "pending", name) for name in ("Al-Haq", "MADRE", "Kituo"))
    reopened.decline(Actor.moderator(desk.moderator), reason="other")
    reopened.reopen(Actor.moderator(desk.moderator))
    not_mine.decline(Actor.moderator(desk.moderator), reason="other")
    not_mine.reopen(Actor.moderator(a_moderator()))
    Claim.take(not_mine.pk, a_moderator())
    desk.get(f"/moderation/sign-ons/{looked_at.pk}/")

    assert sorted(rows(desk.get("/moderation/?mine=1"))) == ["Al-Haq", "MADRE"]


def test_who_may_not_see_a_representative_does_not_find_one(client):
    a_sign_on(name="Al-Haq", representative_name="Amina Diallo", email="amina@diallo.example", website="")
    client.force_login(a_moderator("reader"))

    assert rows(client.get("/moderation/?q=haq")) == ["Al-Haq"]
    for secret in ("Amina", "diallo", "amina@diallo.example"):
        assert rows(client.get("/moderation/", {"q": secret})) == []


def test_the_oldest_and_the_median_time_to_decide_are_shown(desk):
    letter, hours = a_letter(), iter((2, 4, 30))
    for _decision in range(3):
        decided = a_sign_on(letter, "pending")
        late = timezone.now() + timedelta(hours=next(hours))
        with patch("signatories.models.sign_on.timezone.now", lambda late=late: late):
            decided.decline(Actor.moderator(desk.moderator), reason="other")
    undone = a_sign_on(letter, "pending")
    undone.decline(Actor.moderator(desk.moderator), reason="other")
    undone.undo(Actor.moderator(desk.moderator))
    waits = a_sign_on(letter, "pending")
    SignOn.objects.filter(pk=waits.pk).update(state_since=timezone.now() - timedelta(days=19))
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(at) FROM signatories_transition")
        (latest,) = cursor.fetchone()

    median = Transition.objects.median_time_to_decide(letter, at=latest)
    page = desk.get("/moderation/").content.decode()

    assert round(median / timedelta(hours=1)) == 4
    assert re.search(r"The oldest waits for <b>2\s+weeks</b>", page)
    assert Transition.objects.median_time_to_decide(a_letter()) is None


def test_after_a_decision_comes_the_next_in_the_same_list_but_not_a_colleagues(desk):
    letter = a_letter()
    names = ("Kituo", "MADRE", "Al-Haq", "Sahayta")
    places = ("KE", "KE", "US", "KE")
    first, colleagues, third, fourth = (
        a_sign_on(letter, "pending", name, country=country) for name, country in zip(names, places, strict=True)
    )
    Claim.take(colleagues.pk, a_moderator())

    def decline(one, query):
        posted = {"seen": one.transitions.last().pk, "reason": "other"}
        return desk.post(f"/moderation/sign-ons/{one.pk}/decline/{query}", posted)["Location"]

    assert decline(first, "") == f"/moderation/sign-ons/{third.pk}/"
    assert decline(fourth, "?country=KE") == "/moderation/?country=KE"


def test_a_search_from_the_queue_as_it_opens_asks_for_no_state(desk):
    an_accepted(a_letter(), "Kituo cha Sheria")
    page = desk.get("/moderation/").text
    select = page[page.index('id="state"') :]
    select = select[: select.index("</select>")]

    assert re.findall(r'<option value="([a-z]*)" selected>', select) == []
    assert rows(desk.get("/moderation/?q=Kituo&state=")) == ["Kituo cha Sheria"]
