"""A moderator decides."""

import threading

import pytest
from django.db import IntegrityError, connection, transaction

from letter.publication import publish
from signatories.models import Actor, AlreadyListed, Organisation, SignOn
from tests.factories import a_letter, a_moderator, a_sign_on, an_accepted

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client):
    """A moderator, signed in."""
    client.moderator = a_moderator()
    client.force_login(client.moderator)
    return client


def posted(sign_on, **fields):
    return {
        "seen": sign_on.transitions.last().pk,
        "organisation": "new",
        "listed_name": sign_on.name_as_signed,
        "listed_country": "FR",
    } | fields


def test_accepting_a_new_organisation_lists_it_under_exactly_the_words_of_the_moderator(desk):
    sign_on = a_sign_on(name="JUSTICE SANS FRONTIERES")

    desk.post(
        f"/moderation/sign-ons/{sign_on.pk}/accept/",
        posted(sign_on, listed_name="Justice Sans Frontières (JSF)", listed_website="https://jsf.example"),
    )

    sign_on.refresh_from_db()
    assert (sign_on.state, sign_on.name_as_signed, sign_on.listed_name) == (
        "accepted",
        "JUSTICE SANS FRONTIERES",
        "Justice Sans Frontières (JSF)",
    )
    assert (sign_on.organisation.name, sign_on.organisation.acronym) == ("Justice Sans Frontières", "JSF")
    assert [(line.name, line.country) for line in SignOn.objects.lines(sign_on.letter)] == [
        ("Justice Sans Frontières (JSF)", "FR")
    ]
    assert sign_on.transitions.last().user == desk.moderator


def test_accepting_an_organisation_that_is_known_remembers_the_other_form_of_its_name(desk):
    known = a_sign_on(a_letter(), "accepted", "Reporters sans frontières").organisation
    sign_on = a_sign_on(a_letter(), "pending", "Reporters Without Borders", website="https://www.example.org")

    chosen = {"organisation": "other", "other_organisation": "reporters sans FRONTIERES"}
    desk.post(f"/moderation/sign-ons/{sign_on.pk}/accept/", posted(sign_on, **chosen))

    sign_on.refresh_from_db()
    assert sign_on.organisation == known
    assert [variant.name for variant in known.variants.all()] == ["Reporters Without Borders"]
    assert Organisation.objects.count() == 1


def test_a_name_that_is_not_recorded_is_answered_with_those_that_are(desk):
    a_sign_on(a_letter(), "accepted", "Reporters sans frontières")
    sign_on = a_sign_on(a_letter(), "pending", "RWB")

    chosen = {"organisation": "other", "other_organisation": "Reporter sans frontière"}
    response = desk.post(f"/moderation/sign-ons/{sign_on.pk}/accept/", posted(sign_on, **chosen))

    assert response.status_code == 422
    assert "No organisation is recorded under this name. “Reporters sans frontières”" in response.content.decode()


def test_an_organisation_stands_on_a_letter_once(desk):
    letter = a_letter()
    first = a_sign_on(letter, "accepted", "Al-Haq")
    second = a_sign_on(letter, "pending", "Al Haq")

    response = desk.post(
        f"/moderation/sign-ons/{second.pk}/accept/", posted(second, organisation=str(first.organisation_id))
    )

    second.refresh_from_db()
    assert (response.status_code, second.state) == (409, "pending")
    assert f"as “\u2068Al-Haq\u2069” (sign-on {first.pk})" in response.content.decode()


def test_the_database_itself_refuses_a_second_line_of_an_organisation():
    letter = a_letter()
    first = a_sign_on(letter, "accepted", "Al-Haq")
    second = a_sign_on(letter, "accepted", "Palestinian Al-Haq")

    with pytest.raises(IntegrityError), transaction.atomic():
        SignOn.objects.filter(pk=second.pk).update(organisation=first.organisation)


def test_declining_takes_a_coded_reason_and_sends_the_note(desk):
    sign_on = a_sign_on(name="Al-Haq")

    refused = desk.post(f"/moderation/sign-ons/{sign_on.pk}/decline/", posted(sign_on, note="Sorry & thanks"))
    desk.post(
        f"/moderation/sign-ons/{sign_on.pk}/decline/",
        posted(sign_on, reason="not_authorised", note="Sorry & thanks"),
    )

    sign_on.refresh_from_db()
    message = sign_on.messages.last()
    assert (refused.status_code, sign_on.state, message.kind) == (422, "declined", "declined")
    assert "Sorry &amp; thanks" in refused.content.decode()
    assert "The reason: not authorised by the organisation.\n\nSorry & thanks\n" in message.text
    assert "Sorry &amp; thanks" in message.html


def test_reopening_drops_the_message_that_was_not_sent_and_takes_the_name_off_the_list(desk):
    sign_on = a_sign_on(state="accepted", name="Al-Haq")

    desk.post(f"/moderation/sign-ons/{sign_on.pk}/reopen/", posted(sign_on))

    sign_on.refresh_from_db()
    assert (sign_on.state, list(SignOn.objects.lines(sign_on.letter))) == ("pending", [])
    assert sign_on.messages.get(kind="accepted").state == "dropped"


def test_a_decision_message_waits_for_an_undo(settings):
    sign_on = a_sign_on(state="accepted")

    accepted = sign_on.messages.get(kind="accepted")
    confirmed = sign_on.messages.get(kind="confirmed")

    assert accepted.send_after - accepted.created_at >= settings.DECISION_DELAY * 0.99
    assert (confirmed.send_after - confirmed.created_at).total_seconds() < 1


def test_the_second_of_two_moderators_reads_who_was_faster(desk):
    sign_on = a_sign_on(name="Al-Haq")
    form = posted(sign_on)
    other = a_moderator()
    sign_on.decline(Actor.moderator(other), reason="not_genuine")

    response = desk.post(f"/moderation/sign-ons/{sign_on.pk}/accept/", form)

    assert response.status_code == 409
    page = response.content.decode()
    assert "Somebody else was faster" in page
    assert other.username in page
    sign_on.refresh_from_db()
    assert sign_on.state == "declined"


def test_registering_by_hand_needs_the_place_of_the_evidence(desk):
    letter = a_letter()
    form = {"name_as_signed": "MADRE", "source": "post", "country": "US"}

    without = desk.post(f"/moderation/register/{letter.slug}/", form)
    desk.post(f"/moderation/register/{letter.slug}/", form | {"note": "letter of 3 May"})

    sign_on = SignOn.objects.get()
    assert without.status_code == 422
    assert (sign_on.state, sign_on.source, sign_on.transitions.get().note) == ("pending", "post", "letter of 3 May")
    assert sign_on.messages.count() == 0


def test_similar_organisations_and_sign_ons_are_shown_with_their_class(desk):
    letter = a_letter()
    an_accepted(letter, "International Commission of Jurists – Kenya", "Human Rights Watch", "Sahayta")
    a_sign_on(letter, "pending", "Human Right Watch", email="b@hrw.example")
    sign_on = a_sign_on(letter, "pending", "Human Rights Watch (HRW)", website="https://hrw.example")
    icj = a_sign_on(letter, "pending", "International Commission of Jurists - Norway", website="")

    similar = [(one.name, str(one.similarity)) for one in sign_on.similar() if not one.has_same_website]
    siblings = [(one.name, str(one.similarity)) for one in icj.similar()]

    assert ("Human Rights Watch", "same") in similar
    assert ("Human Right Watch", "typo") in similar
    assert siblings == [("International Commission of Jurists – Kenya", "sibling")]


def test_a_name_in_another_language_is_found_by_its_website(desk):
    letter = a_letter()
    known = a_sign_on(letter, "pending", "Avocats Sans Frontières", website="https://asf.example")
    known.accept(
        Actor.moderator(desk.moderator), listed_name="Avocats Sans Frontières", listed_website="https://asf.example"
    )
    sign_on = a_sign_on(letter, "pending", "Lawyers Without Borders", website="https://www.asf.example/en")

    assert [(one.name, one.has_same_website, one.listing) for one in sign_on.similar()] == [
        ("Avocats Sans Frontières", True, known)
    ]


def test_two_organisations_on_one_platform_are_not_alike_for_that():
    letter = a_letter()
    a_sign_on(letter, "accepted", "Avocats Sans Frontières", website="https://www.facebook.com/asf")
    known = letter.sign_ons.get().organisation
    known.website = "https://www.facebook.com/asf"
    known.save()

    sign_on = a_sign_on(letter, "pending", "Sahayta", website="https://facebook.com/sahayta")

    assert sign_on.similar() == []


def test_what_a_secretary_may_not_do_is_neither_shown_nor_possible(client):
    client.force_login(a_moderator("secretariat"))
    sign_on = a_sign_on(name="Al-Haq")

    page = client.get(f"/moderation/sign-ons/{sign_on.pk}/")

    assert page.status_code == 200
    assert "Accept and list" not in page.content.decode()
    assert f"/moderation/register/{sign_on.letter.slug}/" in client.get("/moderation/").content.decode()
    for verb in ("accept", "decline", "reopen", "withdraw"):
        assert client.post(f"/moderation/sign-ons/{sign_on.pk}/{verb}/", posted(sign_on)).status_code == 403
    sign_on.refresh_from_db()
    assert sign_on.state == "pending"


def test_a_reader_neither_decides_nor_registers(client):
    client.force_login(a_moderator("reader"))
    sign_on = a_sign_on(name="Al-Haq")

    assert f"/moderation/register/{sign_on.letter.slug}/" not in client.get("/moderation/").content.decode()
    assert client.get(f"/moderation/register/{sign_on.letter.slug}/").status_code == 403
    assert client.post(f"/moderation/sign-ons/{sign_on.pk}/accept/", posted(sign_on)).status_code == 403


def test_a_moderator_does_not_see_the_admin(desk):
    assert desk.get("/admin/", follow=False).status_code == 302
    assert "Letters and texts" not in desk.get("/moderation/").content.decode()


@pytest.mark.django_db(transaction=True)
def test_two_moderators_at_once_on_two_connections_make_one_decision():
    for _round in range(5):
        sign_on = a_sign_on(a_letter(), "pending")
        seen = sign_on.transitions.last().pk
        outcomes = at_once(
            lambda user, pk=sign_on.pk, seen=seen: SignOn.objects.get(pk=pk).accept(
                Actor.moderator(user), listed_name="Al-Haq", seen=seen
            ),
            lambda user, pk=sign_on.pk, seen=seen: SignOn.objects.get(pk=pk).decline(
                Actor.moderator(user), reason="other", seen=seen
            ),
        )

        assert sorted(outcomes) == ["SomebodyWasFaster", "done"]
        assert sign_on.transitions.count() == 3


@pytest.mark.django_db(transaction=True)
def test_two_sign_ons_of_one_organisation_accepted_at_once_make_one_line():
    for _round in range(5):
        letter = a_letter()
        organisation = a_sign_on(a_letter(), "accepted", "Al-Haq").organisation
        one, other = a_sign_on(letter, "pending", "Al-Haq"), a_sign_on(letter, "pending", "Al Haq")
        accept = [
            lambda user, pk=sign_on.pk, organisation=organisation: SignOn.objects.get(pk=pk).accept(
                Actor.moderator(user), organisation=organisation, listed_name="Al-Haq"
            )
            for sign_on in (one, other)
        ]

        outcomes = at_once(*accept)

        assert sorted(outcomes) == [AlreadyListed.__name__, "done"]
        assert publish(letter, SignOn.objects.lines(letter)).count == 1


def at_once(*acts):
    """Run each act in a thread with a connection and a moderator of its own; return what came of them."""
    users = [a_moderator() for _act in acts]
    barrier, outcomes = threading.Barrier(len(acts)), []

    def run(act, user):
        barrier.wait()
        try:
            act(user)
            outcomes.append("done")
        except Exception as error:
            outcomes.append(type(error).__name__)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in zip(acts, users, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def test_an_organisation_that_is_on_the_letter_already_is_not_chosen_beforehand(desk):
    letter = a_letter()
    a_sign_on(letter, "accepted", "Al-Haq")
    twin = a_sign_on(letter, "pending", "Al Haq")
    elsewhere = a_sign_on(a_letter(), "pending", "Al-Haq")

    chosen = [
        desk.get(f"/moderation/sign-ons/{one.pk}/").context["forms"]["accept"].initial["organisation"]
        for one in (twin, elsewhere)
    ]

    assert chosen[0] == ""
    assert chosen[1] == str(letter.sign_ons.accepted().get().organisation_id)


def test_a_name_that_leaves_nothing_without_its_acronym_is_told_in_the_form_and_nothing_is_lost(desk):
    sign_on = a_sign_on(name="X (UNHCR)")

    response = desk.post(
        f"/moderation/sign-ons/{sign_on.pk}/accept/", posted(sign_on, listed_website="https://typed.example")
    )

    sign_on.refresh_from_db()
    assert (response.status_code, sign_on.state) == (422, "pending")
    assert "https://typed.example" in response.content.decode()
