"""The directory of organisations, and what the desk records of them."""

import threading

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from audit.models import Entry
from letter.publication import publish
from signatories.models import Actor, Organisation, SignOn, VariantName
from tests.factories import a_letter, a_moderator, a_sign_on, an_accepted

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client):
    """Somebody who may edit organisations, signed in."""
    client.moderator = a_moderator()
    client.force_login(client.moderator)
    return client


def an_organisation(name, **fields):
    return Organisation.objects.create(name=name, **fields)


def names_on(response):
    return [one.name for one in response.context["page"]]


def form_of(organisation, **fields):
    """What a browser posts that changes these fields."""
    facts = organisation.facts()
    shown = facts | {"umbrella": organisation.umbrella.name if organisation.umbrella else ""}
    return shown | {"keeps_former": "on", "seen": json(facts)} | fields


def json(value):
    import json

    return json.dumps(value)


# ── the directory ──


def test_the_directory_is_sorted_as_a_printed_list_and_says_which_letters_each_signed(desk):
    letter, other = a_letter(slug="one"), a_letter(slug="two")
    an_accepted(letter, "Žene u crnom", "al-Haq", "Éa", "Zmina")
    (zmina,) = an_accepted(other, "ZMINA!")
    an_organisation("Adalah")

    page = desk.get("/moderation/organisations/")

    assert names_on(page) == ["Adalah", "al-Haq", "Éa", "Žene u crnom", "ZMINA!", "Zmina"]
    signed = {one.name: [sign_on.letter.slug for sign_on in one.signed] for one in page.context["page"]}
    assert (signed["Adalah"], signed["ZMINA!"]) == ([], ["two"])
    assert f'<a href="/moderation/sign-ons/{zmina.pk}/"><bdi>two</bdi></a>' in page.content.decode()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("federation", ["Fédération internationale"]),
        ("FIDH", ["Fédération internationale"]),
        ("Worldwide movement", ["Fédération internationale"]),
        ("mouvment mondial", ["Fédération internationale"]),
        ("fidh.example", ["Fédération internationale"]),
        ("haq", ["Al-Haq"]),
        ("Human Right Wach", ["Human Rights Watch"]),
        ("nobody at all", []),
        ("al\0haq", ["Al-Haq"]),
    ],
)
def test_the_search_finds_names_variants_acronyms_and_websites_without_accents_and_with_slips(desk, words, expected):
    fidh = an_organisation("Fédération internationale", acronym="FIDH", website="https://www.fidh.example")
    for name in ("Worldwide Movement", "Mouvement mondial"):
        fidh.learn(name)
    an_organisation("Al-Haq")
    an_organisation("Human Rights Watch")

    assert names_on(desk.get("/moderation/organisations/", {"q": words})) == expected


def test_the_filters_are_country_letter_and_kind(desk):
    letter = a_letter(slug="one")
    an_accepted(letter, "Al-Haq")
    umbrella = an_organisation("FIDH", country="FR")
    an_organisation("LDH", country="FR", umbrella=umbrella)
    former = an_organisation("Odhikar")
    former.add_variant(desk.moderator, "Coalition for Rights", VariantName.Kind.FORMER)

    def found(**asked):
        return names_on(desk.get("/moderation/organisations/", asked))

    assert found(country="FR") == ["Al-Haq", "FIDH", "LDH"]
    assert found(country="none") == ["Odhikar"]
    assert found(letter="one") == ["Al-Haq"]
    assert found(kind="umbrella") == ["FIDH"]
    assert found(kind="chapter") == ["LDH"]
    assert found(kind="former") == ["Odhikar"]
    assert found(kind="chapter", country="FR", q="ldh") == ["LDH"]
    assert desk.get("/moderation/organisations/?letter=nothing").status_code == 422


def test_an_empty_directory_and_an_empty_search_say_so(desk):
    assert "There is none yet" in desk.get("/moderation/organisations/").content.decode()
    assert "Nothing is found" in desk.get("/moderation/organisations/?q=x").content.decode()


def test_pages_have_fifty_rows_and_keep_what_was_asked(desk):
    for number in range(51):
        an_organisation(f"Group {number:02}", country="FR")

    first = desk.get("/moderation/organisations/?country=FR")
    second = desk.get("/moderation/organisations/?country=FR&page=2")

    assert (len(names_on(first)), names_on(second)) == (50, ["Group 50"])
    assert "country=FR&amp;" in first.content.decode()


@pytest.mark.parametrize("count", [1, 50])
def test_the_directory_asks_the_same_number_of_queries_for_one_row_and_for_fifty(
    desk, count, django_assert_num_queries
):
    letter = a_letter()
    umbrella = an_organisation("Umbrella")
    for number in range(count):
        one = a_sign_on(letter, "accepted", f"Group {number}", desk.moderator).organisation
        one.edit(desk.moderator, umbrella=umbrella)
        one.learn(f"Gruppe {number}")

    with django_assert_num_queries(11):
        desk.get("/moderation/organisations/")


@pytest.mark.parametrize("count", [1, 50])
def test_an_organisations_page_asks_the_same_number_of_queries_for_one_row_and_for_fifty(
    desk, count, django_assert_num_queries
):
    one = an_organisation("Umbrella")
    for number in range(count):
        sign_on = a_sign_on(a_letter(), "pending", f"Group {number}")
        sign_on.accept(Actor.moderator(desk.moderator), organisation=one, listed_name=f"Group {number}")
        an_organisation(f"Chapter {number}", umbrella=one)

    with django_assert_num_queries(13):
        desk.get(f"/moderation/organisations/{one.pk}/")


def test_a_page_shows_all_about_one_organisation(desk):
    umbrella = an_organisation("FIDH")
    sign_on = a_sign_on(a_letter(slug="one"), "accepted", "Ligue des droits (LDH)")
    one = sign_on.organisation
    one.edit(desk.moderator, umbrella=umbrella, website="https://ldh.example")
    one.add_variant(desk.moderator, "League of Rights", "parallel")

    page = desk.get(f"/moderation/organisations/{one.pk}/").content.decode()
    above = desk.get(f"/moderation/organisations/{umbrella.pk}/").content.decode()

    for words in ("<bdi>LDH</bdi>", "League of Rights", "https://ldh.example", f"/moderation/sign-ons/{sign_on.pk}/"):
        assert words in page
    assert f'<a href="/moderation/organisations/{umbrella.pk}/"><bdi>FIDH</bdi></a>' in page
    assert f'<a href="/moderation/organisations/{one.pk}/"><bdi>Ligue des droits</bdi></a>' in above


def test_the_sign_ons_page_leads_to_its_organisation_and_to_similar_ones(desk):
    letter = a_letter()
    accepted = a_sign_on(letter, "accepted", "Human Rights Watch")
    waiting = a_sign_on(letter, "pending", "Human Right Watch")
    link = f'<a href="/moderation/organisations/{accepted.organisation_id}/"><bdi>Human Rights Watch</bdi></a>'

    assert link in desk.get(f"/moderation/sign-ons/{accepted.pk}/").content.decode()
    assert link in desk.get(f"/moderation/sign-ons/{waiting.pk}/").content.decode()


def test_a_reader_reads_the_directory_and_changes_nothing(client):
    client.force_login(a_moderator("reader"))
    one, other = an_organisation("Al-Haq"), an_organisation("Al Haq")
    one.learn("Law in the Service of Man")
    variant = one.variants.get()

    page = client.get(f"/moderation/organisations/{one.pk}/")

    assert client.get("/moderation/organisations/").status_code == 200
    assert (page.status_code, '<form method="post" action="/moderation/org' in page.content.decode()) == (200, False)
    for address in ("edit/", "variants/", "merge/", f"merge/{other.pk}/", "split/"):
        assert client.post(f"/moderation/organisations/{one.pk}/{address}").status_code in (403, 405)
    for address in (f"/moderation/variants/{variant.pk}/", f"/moderation/variants/{variant.pk}/remove/"):
        assert client.post(address, {"kind": "former"}).status_code == 403
    assert list(Organisation.objects.values_list("name", "merged_into")) == [("Al Haq", None), ("Al-Haq", None)]
    assert one.variants.get().kind == "other"


# ── what is recorded ──


def test_renaming_keeps_the_old_name_as_a_former_one_and_changes_no_list(desk):
    letter = a_letter()
    (sign_on,) = an_accepted(letter, "Law in the Service of Man")
    publish(letter, SignOn.objects.lines(letter))
    one, before = sign_on.organisation, list(SignOn.objects.lines(letter))

    response = desk.post(
        f"/moderation/organisations/{one.pk}/edit/", form_of(one, name="Al-Haq", acronym="AH", country="PS")
    )

    one = Organisation.objects.get(pk=one.pk)
    assert response.status_code == 302
    assert (one.name, one.acronym, one.country, one.sort_key) == ("Al-Haq", "AH", "PS", "al haq\tAl-Haq")
    assert [(v.name, v.kind) for v in one.variants.all()] == [("Law in the Service of Man", "former")]
    assert list(SignOn.objects.lines(letter)) == before
    assert publish(letter, SignOn.objects.lines(letter)) is None
    entry = Entry.objects.about(one).first()
    assert (entry.act, entry.user, entry.detail["before"], entry.detail["after"]) == (
        "edit",
        desk.moderator,
        {"name": "Law in the Service of Man", "acronym": "", "country": "FR"},
        {"name": "Al-Haq", "acronym": "AH", "country": "PS"},
    )


def test_a_slip_that_is_mended_need_not_stay_among_the_names(desk):
    one = an_organisation("Al-Hak")

    form = form_of(one, name="Al-Haq")
    del form["keeps_former"]
    desk.post(f"/moderation/organisations/{one.pk}/edit/", form)

    assert (Organisation.objects.get().name, VariantName.objects.count()) == ("Al-Haq", 0)


def test_a_variant_that_becomes_the_authorised_name_is_no_variant_any_more(desk):
    one = an_organisation("Reporters sans frontières")
    one.learn("Reporters Without Borders")

    one.edit(desk.moderator, name="Reporters Without Borders")

    assert [(v.name, v.kind) for v in one.variants.all()] == [("Reporters sans frontières", "former")]


def test_saving_what_is_there_writes_nothing(desk):
    one = an_organisation("Al-Haq", country="PS")

    page = desk.post(f"/moderation/organisations/{one.pk}/edit/", form_of(one), follow=True).content.decode()

    assert ("Nothing was changed." in page, Entry.objects.about(one).count()) == (True, 0)


def test_a_name_that_another_organisation_has_is_asked_about_and_may_be_another(desk):
    other, one = an_organisation("Human Rights Centre"), an_organisation("Centre of Rights")
    address, form = f"/moderation/organisations/{one.pk}/edit/", form_of(one, name="Human Rights Center")

    asked = desk.post(address, form)
    assert asked.status_code == 422
    assert f"“Human Rights Centre” (#{other.pk}) has this name." in asked.content.decode()
    assert 'type="checkbox" name="is_another"' in asked.content.decode()

    assert desk.post(address, form | {"is_another": "on"}).status_code == 302
    assert Organisation.objects.get(pk=one.pk).name == "Human Rights Center"


def test_an_edit_of_what_somebody_else_has_edited_is_shown_first(desk):
    one = an_organisation("Al-Hak")
    form = form_of(one, name="Al-Haq", website="https://alhaq.example")
    Organisation.objects.get(pk=one.pk).edit(a_moderator(), acronym="AH")

    late = desk.post(f"/moderation/organisations/{one.pk}/edit/", form)

    assert (late.status_code, Organisation.objects.get().name) == (409, "Al-Hak")
    assert "Somebody has changed it meanwhile: it is now “Al-Hak”, AH" in late.content.decode()
    assert "https://alhaq.example" in late.content.decode()
    again = form | {"seen": json(Organisation.objects.get().facts())}
    assert desk.post(f"/moderation/organisations/{one.pk}/edit/", again).status_code == 302


def test_an_umbrella_is_found_by_any_of_its_names_or_by_its_number(desk):
    umbrella, one = an_organisation("FIDH"), an_organisation("LDH")
    umbrella.learn("Fédération internationale")
    address = f"/moderation/organisations/{one.pk}/edit/"

    desk.post(address, form_of(one, umbrella="federation INTERNATIONALE"))
    assert Organisation.objects.get(pk=one.pk).umbrella == umbrella
    one.refresh_from_db()
    desk.post(address, form_of(one, umbrella=""))
    assert Organisation.objects.get(pk=one.pk).umbrella is None
    one.refresh_from_db()
    desk.post(address, form_of(one, umbrella=f"#{umbrella.pk}"))
    assert Organisation.objects.get(pk=one.pk).umbrella == umbrella
    one.refresh_from_db()
    unknown = desk.post(address, form_of(one, umbrella="Federation international"))
    assert f"No organisation is recorded under this name. “FIDH” (#{umbrella.pk})" in unknown.content.decode()


def test_umbrellas_make_no_loop_in_the_form_and_none_in_the_database(desk):
    top = an_organisation("Top")
    middle = an_organisation("Middle", umbrella=top)
    low = an_organisation("Low", umbrella=middle)

    told = desk.post(f"/moderation/organisations/{top.pk}/edit/", form_of(top, umbrella="Low"))
    itself = desk.post(f"/moderation/organisations/{top.pk}/edit/", form_of(top, umbrella="Top"))

    assert (told.status_code, "“Low” stands below “Top” itself." in told.content.decode()) == (422, True)
    assert "An organisation is not its own umbrella." in itself.content.decode()
    for umbrella in (low, top):
        with pytest.raises(IntegrityError, match="below itself"), transaction.atomic():
            Organisation.objects.filter(pk=top.pk).update(umbrella=umbrella)


@pytest.mark.django_db(transaction=True)
def test_two_connections_close_no_loop_between_them():
    for _round in range(5):
        one, other = an_organisation("One"), an_organisation("Other")
        outcomes, barrier = [], threading.Barrier(2)

        def put(pk, umbrella, outcomes=outcomes, barrier=barrier):
            barrier.wait()
            try:
                Organisation.objects.filter(pk=pk).update(umbrella=umbrella)
                outcomes.append("done")
            except IntegrityError:
                outcomes.append("refused")
            finally:
                connection.close()

        threads = [threading.Thread(target=put, args=pair) for pair in ((one.pk, other.pk), (other.pk, one.pk))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert sorted(outcomes) == ["done", "refused"]


def test_a_name_is_added_changed_and_removed_each_on_record(desk):
    one = an_organisation("Reporters sans frontières")
    address = f"/moderation/organisations/{one.pk}/variants/"

    desk.post(address, {"name": "Reporters Without Borders", "kind": "other"})
    variant = one.variants.get()
    desk.post(f"/moderation/variants/{variant.pk}/", {"kind": "parallel"})
    assert one.variants.get().kind == "parallel"
    desk.post(f"/moderation/variants/{variant.pk}/remove/")

    assert one.variants.count() == 0
    assert [(entry.act, entry.detail) for entry in Entry.objects.about(one)] == [
        ("edit", {"removed": "Reporters Without Borders", "kind": "parallel"}),
        ("edit", {"variant": "Reporters Without Borders", "before": "other", "after": "parallel"}),
        ("edit", {"added": "Reporters Without Borders", "kind": "other"}),
    ]


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("Reporters sans Frontieres", "This is its authorised name."),
        ("REPORTERS without borders", "It is recorded already: “Reporters Without Borders” (in another language)."),
        ("RSF <b>", "is code"),
        ("", "Enter the organisation&#x27;s name."),
    ],
)
def test_a_name_that_cannot_be_added_is_explained(desk, name, problem):
    one = an_organisation("Reporters sans frontières")
    one.add_variant(desk.moderator, "Reporters Without Borders", "parallel")

    response = desk.post(f"/moderation/organisations/{one.pk}/variants/", {"name": name, "kind": "former"})

    assert (response.status_code, problem in response.content.decode()) == (422, True)
    assert one.variants.count() == 1


def test_fields_keep_the_rules_that_they_have_everywhere(desk):
    one = an_organisation("Al-Haq")

    response = desk.post(
        f"/moderation/organisations/{one.pk}/edit/",
        form_of(one, name="Al\u202eHaq", acronym="<b>", website="ftp://x.example"),
    )

    assert response.status_code == 422
    assert sorted(response.context["form"].errors) == ["acronym", "name", "website"]
    with pytest.raises(ValidationError):
        one.edit(desk.moderator, name="x" * 201)
