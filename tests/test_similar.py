"""What a moderator sees beside a sign-on: what its name resembles, and what else came from there."""

import asyncio
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from procrastinate.contrib.django import procrastinate_app
from procrastinate.testing import InMemoryConnector

from signatories import names
from signatories.jobs import forget_networks, tidy_every_night
from signatories.models import Actor, Organisation, SignOn
from signatories.models.related import BURST
from tests.factories import a_letter, a_moderator, a_sign_on, an_accepted, posted

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client):
    client.force_login(a_moderator())
    return client


def signed_from(client, letter, address, **fields):
    """A sign-on by the form, from a network address."""
    answer = client.post(f"/{letter.slug}/sign/", posted(letter, **fields), REMOTE_ADDR=address)
    assert answer.status_code == 302
    return SignOn.objects.latest("pk")


def moved(sign_ons, **ago):
    """Make sign-ons as old as that."""
    SignOn.objects.filter(pk__in=[one.pk for one in sign_ons]).update(created_at=timezone.now() - timedelta(**ago))


# ── similar organisations ──


def test_a_similar_organisation_is_shown_with_the_letters_that_it_signed_newest_first(desk):
    older, newer, letter = a_letter(slug="older"), a_letter(slug="newer"), a_letter(slug="this")
    newer.revise("en", title="A newer letter", salutation="Dear all,", body="Please.", closing="Sincerely,")
    (first,) = an_accepted(older, "Avocats Sans Frontières")
    again = a_sign_on(newer, "pending", "Avocats sans frontieres")
    again.accept(Actor.moderator(a_moderator()), organisation=first.organisation, listed_name="ASF, Bruxelles")
    sign_on = a_sign_on(letter, "pending", "Avocats sans Frontière")

    (similar,) = [one for one in sign_on.similar() if one.organisation]
    page = desk.get(f"/moderation/sign-ons/{sign_on.pk}/").content.decode()

    assert similar.similarity == names.Similarity.TYPO
    assert [(one.letter_title, one.listed_name) for one in similar.signed] == [
        ("A newer letter", "ASF, Bruxelles"),
        ("A joint letter", "Avocats Sans Frontières"),
    ]
    assert similar.signed[0].accepted_at == again.transitions.last().at
    assert "signed 2 letters" in page
    assert "<bdi>ASF, Bruxelles</bdi>" in page


def test_the_other_form_of_a_name_that_is_the_likeliest_is_named(desk):
    letter = a_letter()
    (known,) = an_accepted(a_letter(), "Médecins Sans Frontières")
    known.organisation.learn("Doctors Without Borders")
    sign_on = a_sign_on(letter, "pending", "Doctors without Borders", website="")

    (similar,) = sign_on.similar()

    assert (similar.name, similar.known_as, str(similar.similarity)) == (
        "Médecins Sans Frontières",
        "Doctors Without Borders",
        "same",
    )


@pytest.mark.parametrize(
    ("known", "signed", "similarity"),
    [
        ("Мемориал", "Memorial", "same"),
        ("Beogradski centar za ljudska prava", "Београдски центар за људска права", "same"),
        ("Committee Against Torture", "Cоmmittee Against Torture", "same"),  # a Cyrillic “о”
        ("人權觀察", "人权观察", "same"),
        ("Gesellschaft für bedrohte Völker", "Gesellschaft fuer bedrohte Voelker e.V.", "same"),
        ("ZMINA", "Human Rights Center ZMINA", "subset"),
        ("International Commission of Jurists (ICJ)", "ICJ Kenya", "subset"),
    ],
)
def test_an_organisation_is_found_across_scripts_and_forms(known, signed, similarity):
    an_accepted(a_letter(), known)
    sign_on = a_sign_on(a_letter(), "pending", signed, website="")

    assert [str(one.similarity) for one in sign_on.similar()] == [similarity]


@pytest.mark.parametrize("count", [1, 50])
def test_evidence_of_fifty_takes_as_many_queries_as_of_one(count, django_assert_num_queries):
    letter = a_letter()
    an_accepted(a_letter(), "Human Rights Watch", "Human Rights Centre Kampala")
    for number in range(count):
        a_sign_on(letter, "pending", f"Human Rights Watch {number}", email=f"a{number}@hrw.example")
        a_sign_on(letter, "pending", f"Human Right Watch, {number}", email=f"A{number}@hrw.example")
    SignOn.objects.update(network_key="somewhere")

    with django_assert_num_queries(1 + 6 + 4):
        page = list(SignOn.objects.with_evidence().in_state("pending")[:count])
        evidence = [one.evidence for one in page]
        similar, related = SignOn.objects.similar_to_each(page), SignOn.objects.related_to_each(page)

    assert [len(evidence), len(similar), len(related)] == [count] * 3
    assert [similar[one.pk] == one.similar() for one in page[:2]] == [True] * len(page[:2])
    assert [related[one.pk] == one.related() for one in page[:2]] == [True] * len(page[:2])


def test_what_resembles_nothing_is_asked_for_as_often(django_assert_num_queries):
    sign_on = a_sign_on(a_letter(), "pending", "Sahayta", website="")

    with django_assert_num_queries(6):
        assert sign_on.similar() == []


def test_the_page_of_one_sign_on_asks_as_many_queries_with_many_relatives_as_with_few(desk):
    letters = [a_letter() for _ in range(3)]
    for letter in letters[:2]:
        an_accepted(letter, "Human Rights Watch")

    def queries(sign_on):
        with CaptureQueriesContext(
            connection,
        ) as watched:
            desk.get(f"/moderation/sign-ons/{sign_on.pk}/")
        return len(watched)

    sign_on = a_sign_on(letters[2], "pending", "Human Rights Watch", email="a@hrw.example")
    a_sign_on(letters[2], "pending", "Human Right Watch", email="b@hrw.example")
    few = queries(sign_on)
    for number in range(10):
        a_sign_on(letters[2], "pending", f"Human Rights Watch {number}", email="A@hrw.example")
    many = queries(sign_on)

    assert few == many


# ── nothing is decided by a similarity ──


SIMILAR = [
    ("Аl-Haq", "Al-Haq", "same"),  # a Cyrillic “А”
    ("Мемориал", "Memorial", "same"),
    ("FIDH", "Fédération internationale pour les droits humains (FIDH)", "acronym"),
    ("Human Right Watch", "Human Rights Watch", "typo"),
    ("Amnesty International France", "Amnesty International", "subset"),
    ("Amnesty International (UK)", "Amnesty International (USA)", "sibling"),
    ("MADRE", "WITNESS", "different"),
]


@pytest.mark.parametrize(("name", "known", "similarity"), SIMILAR)
def test_no_similarity_stops_a_representative_or_tells_them_of_others(client, name, known, similarity):
    letter = a_letter()
    (listed,) = an_accepted(letter, known)
    assert str(names.classify(name, known)) == similarity

    sign_on = signed_from(client, letter, "192.0.2.1", name_as_signed=name, email=listed.email)
    sign_on.confirm()

    assert (sign_on.pk != listed.pk, sign_on.state, sign_on.name_as_signed) == (True, "pending", name)
    assert SignOn.objects.count() == 2


@pytest.mark.parametrize(("name", "known", "similarity"), SIMILAR)
def test_no_similarity_stops_a_moderator_or_merges_what_they_call_new(desk, name, known, similarity):
    letter = a_letter()
    (listed,) = an_accepted(letter, known)
    sign_on = a_sign_on(letter, "pending", name)
    seen = sign_on.transitions.last().pk

    # To look changes nothing, and nothing is chosen by itself.
    desk.get(f"/moderation/sign-ons/{sign_on.pk}/")
    desk.get("/moderation/")
    form = {"seen": seen, "listed_name": name, "listed_country": "FR"}
    unchosen = desk.post(f"/moderation/sign-ons/{sign_on.pk}/accept/", form)
    assert (unchosen.status_code, Organisation.objects.count()) == (422, 1)

    chosen = desk.post(f"/moderation/sign-ons/{sign_on.pk}/accept/", form | {"organisation": "new"})

    sign_on.refresh_from_db()
    assert (chosen.status_code, sign_on.state) == (302, "accepted")
    assert sign_on.organisation_id != listed.organisation_id
    assert [one.name for one in listed.organisation.variants.all()] == []


@pytest.mark.parametrize(("name", "known", "similarity"), SIMILAR)
def test_no_similarity_chooses_the_organisation_beforehand_but_the_recorded_name_does(desk, name, known, similarity):
    an_accepted(a_letter(), known)
    letter = a_letter()
    like, recorded = a_sign_on(letter, "pending", name, website=""), a_sign_on(letter, "pending", known, website="")

    chosen = [
        desk.get(f"/moderation/sign-ons/{one.pk}/").context["forms"]["accept"].initial["organisation"]
        for one in (like, recorded)
    ]

    # One that merely stands in the same family is new unless somebody says otherwise.
    assert chosen[0] == ("new" if similarity in ("sibling", "different") else "")
    assert chosen[1] == str(Organisation.objects.get().pk)


@pytest.mark.parametrize(("name", "known", "similarity"), SIMILAR)
def test_no_similarity_merges_in_an_import_of_the_operator(tmp_path, name, known, similarity):
    letter = a_letter()
    an_accepted(a_letter(), known)
    file = tmp_path / "list.csv"
    file.write_text(f"name\n{name}\n", encoding="utf-8")

    call_command("import_signatories", letter.slug, str(file))

    # The operator's file says the same letters, or it is another organisation.
    assert Organisation.objects.count() == 2


# ── the same domain, network, person ──


def test_others_of_the_same_domain_are_counted_by_state_and_the_latest_five_are_named(desk):
    letter = a_letter()
    umbrella = [a_sign_on(letter, "pending", f"Member {n}", email=f"m{n}@Umbrella.example") for n in range(6)]
    umbrella.append(a_sign_on(letter, "declined", "Member 6", email="m6@umbrella.example"))
    a_sign_on(letter, "pending", "A stranger", email="m@notumbrella.example")
    sign_on = a_sign_on(letter, "pending", "Member 7", email="m7@umbrella.example")

    related = sign_on.related()
    page = desk.get(f"/moderation/sign-ons/{sign_on.pk}/").content.decode()

    assert (related.domain, related.same_domain_count) == ("umbrella.example", 7)
    assert related.states == (("waiting for a decision", 6), ("declined", 1))
    assert [one.name_as_signed for one in related.same_domain] == [f"Member {n}" for n in (6, 5, 4, 3, 2)]
    assert "7 other sign-ons:" in page
    assert umbrella[0].related().same_domain_count == 7


@pytest.mark.parametrize("email", ["{}@gmail.com", "{}@yahoo.co.uk", ""])
def test_a_free_mail_provider_is_no_place(email):
    letter = a_letter()
    one, other = (SignOn.register(letter.text(), operator(), name_as_signed=f"Group {n}", email=email.format(n),
                                  source="email", note="x") for n in "ab")  # fmt: skip

    assert [(it.domain, it.same_domain, it.states) for it in (one.related(), other.related())] == [("", (), ())] * 2


def operator():
    return Actor.moderator(a_moderator())


def test_clients_of_one_network_are_counted_and_no_address_is_kept(client, desk):
    letter = a_letter()
    one = signed_from(client, letter, "192.0.2.1")
    neighbour = signed_from(client, letter, "192.0.2.254")
    elsewhere = signed_from(client, letter, "192.0.3.1")
    six = signed_from(client, letter, "2001:db8:1:1::1")
    beside_six = signed_from(client, letter, "2001:db8:1:ffff::1")
    far_from_six = signed_from(client, letter, "2001:db8:2::1")

    counts = [it.related().same_network for it in (one, neighbour, elsewhere, six, beside_six, far_from_six)]
    page = desk.get(f"/moderation/sign-ons/{one.pk}/").content.decode()

    assert counts == [1, 1, 0, 1, 1, 0]
    assert "1 other sign-on from the same network in the last 30 days." in page
    assert one.network_key == neighbour.network_key
    assert len(one.network_key) == 64
    assert [one.network_key in page, "192.0.2" in page] == [False, False]


def test_after_a_month_it_is_forgotten_from_which_network_a_sign_on_came(client):
    letter = a_letter()
    old, young, young_too = (signed_from(client, letter, "192.0.2.1") for _ in range(3))
    moved([old], days=30, minutes=1)
    moved([young], days=29)

    assert [SignOn.objects.get(pk=one.pk).related().same_network for one in (old, young)] == [2, 1]

    forget_networks()

    keys = [SignOn.objects.get(pk=one.pk).network_key for one in (old, young, young_too)]
    assert keys == ["", young.network_key, young.network_key]


def test_the_nightly_job_sees_to_it():
    with procrastinate_app.current_app.replace_connector(InMemoryConnector()) as app:
        asyncio.run(tidy_every_night.func(SimpleNamespace(app=app), 0))

        deferred = [job["task_name"] for job in app.connector.jobs.values()]

    assert "forget_networks" in deferred


def test_the_history_of_a_representative_names_letters_and_outcomes_whatever_the_case_of_the_address(desk):
    first, second = a_letter(), a_letter()
    second.revise("en", title="The second letter", salutation="Dear all,", body="Please.", closing="Sincerely,")
    declined = a_sign_on(first, "declined", "Front Organisation", email="Amina@Group.example")
    accepted = a_sign_on(second, "accepted", "Al-Haq", email="amina@group.example")
    a_sign_on(second, "accepted", "Another", email="omina@group.example")
    sign_on = a_sign_on(second, "pending", "MADRE", email="AMINA@group.example")

    related = sign_on.related()
    page = desk.get(f"/moderation/sign-ons/{sign_on.pk}/").content.decode()

    assert [(one.pk, one.state, one.letter_title, one.declined_label) for one in related.same_person] == [
        (accepted.pk, "accepted", "The second letter", ""),
        (declined.pk, "declined", "A joint letter", "not authorised by the organisation"),
    ]
    assert related.same_person_count == 2
    assert "stands on 2 other sign-ons" in page
    assert "declined: not authorised by the organisation" in page


def test_a_reader_sees_neither_the_domain_nor_the_history_of_a_representative(client):
    letter = a_letter()
    earlier = a_sign_on(letter, "declined", "Front Organisation", email="amina@private.example", website="")
    a_sign_on(letter, "pending", "A Colleague", email="omar@private.example", website="")
    sign_on = a_sign_on(letter, "pending", "MADRE", email="amina@private.example", website="")
    reader = a_moderator()
    reader.groups.clear()
    reader.user_permissions.set(permissions("view_signon"))
    client.force_login(reader)

    page = client.get(f"/moderation/sign-ons/{sign_on.pk}/").content.decode()

    assert "2 other sign-ons:" in page
    assert ["private.example" in page, "This representative" in page, "amina" in page.lower()] == [False] * 3
    assert earlier.related().same_person_count == 1


def permissions(*codenames):
    from django.contrib.auth.models import Permission

    return Permission.objects.filter(codename__in=codenames)


# ── bursts ──


def burst(letter, count, email="m{}@umbrella.example", minutes=50):
    """So many sign-ons, spread evenly over so long."""
    made = [a_sign_on(letter, "unconfirmed", f"Member {n}", email=email.format(n)) for n in range(count)]
    for number, one in enumerate(made):
        moved([one], minutes=minutes * number / count)
    return made


def unusual():
    return SignOn.objects.unusual().count()


def test_more_than_ten_from_one_domain_within_an_hour_are_marked(desk):
    letter = a_letter()
    burst(letter, BURST, minutes=20)
    assert unusual() == 0

    last = a_sign_on(letter, "pending", "One more", email="more@umbrella.example")

    assert unusual() == BURST + 1
    assert SignOn.objects.unusual(timezone.now() - timedelta(minutes=5)).count() < BURST + 1
    assert (
        "many sign-ons from one place within an hour" in desk.get(f"/moderation/sign-ons/{last.pk}/").content.decode()
    )


def test_more_than_ten_from_one_network_are_marked_whatever_their_addresses(client):
    letter = a_letter()
    for number in range(BURST + 1):
        signed_from(client, letter, f"192.0.2.{number}", email=f"a{number}@gmail.com")

    assert unusual() == BURST + 1


def test_what_is_no_burst_is_not_marked():
    letter = a_letter()
    burst(letter, BURST + 5, "m{}@gmail.com")
    burst(letter, BURST + 5, "m{0}@umbrella{0}.example")
    burst(letter, BURST + 5, "n{}@slow.example", minutes=600)
    for number in range(BURST + 5):
        SignOn.register(
            letter.text(), operator(), name_as_signed=f"By post {number}", email=f"p{number}@post.example",
            source="post", note="in our files",
        )  # fmt: skip

    assert unusual() == 0
