"""Two organisations that are one, and one that is two."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from audit.models import Entry
from letter.publication import publish
from signatories.forms.organisations import recorded_under
from signatories.models import (
    Actor,
    AlreadyListed,
    BothListed,
    ChangedMeanwhile,
    Merge,
    NotUndoable,
    Organisation,
    Plan,
    SignOn,
    VariantName,
    split,
)
from tests.factories import a_letter, a_moderator, a_sign_on
from tests.test_decide import at_once
from tests.test_organisations import an_organisation

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client):
    """Somebody who may merge organisations, signed in."""
    client.moderator = a_moderator()
    client.force_login(client.moderator)
    return client


def snapshot():
    """Every row that a merge may touch, whole."""
    return {
        model.__name__: sorted(model.objects.values_list(), key=lambda row: row[0])
        for model in (Organisation, VariantName, SignOn)
    }


def listed(letter):
    return [(line.name, line.anchor) for line in SignOn.objects.lines(letter)]


def names_of(organisation):
    return sorted((one.name, one.kind) for one in organisation.variants.all())


def two_that_are_one():
    """Al-Haq, and the row that another name made; each has signed a letter, names, and a chapter."""
    letters = a_letter(slug="one"), a_letter(slug="two")
    kept = a_sign_on(letters[0], "accepted", "Al-Haq").organisation
    absorbed = a_sign_on(letters[1], "accepted", "Law in the Service of Man (LSM)").organisation
    kept.learn("Al Haqq")
    absorbed.learn("AL-HAQQ")
    absorbed.learn("الحق")
    absorbed.website = "https://alhaq.example"
    absorbed.save()
    chapter = an_organisation("LSM Gaza", umbrella=absorbed)
    return kept, absorbed, chapter, letters


def test_the_preview_lists_what_will_move_and_the_post_moves_exactly_that(desk):
    kept, absorbed, chapter, letters = two_that_are_one()
    address = f"/moderation/organisations/{kept.pk}/merge/{absorbed.pk}/"
    before = snapshot()

    preview = desk.get(address)

    page = preview.content.decode()
    plan = preview.context["plan"]
    assert snapshot() == before
    assert [one.letter for one in plan.sign_ons] == [letters[1]]
    assert ([one.name for one in plan.variants], [one.name for one in plan.known]) == (["الحق"], ["AL-HAQQ"])
    assert (plan.chapters, plan.gained) == ([chapter], {"acronym": "LSM", "website": "https://alhaq.example"})
    for words in ("<bdi>two</bdi>", "الحق", "LSM Gaza", "https://alhaq.example", "is recorded there already"):
        assert words in page

    response = desk.post(address, {"name": "kept", "kind": "parallel", "seen": plan.digest})

    kept, absorbed, chapter = (Organisation.objects.get(pk=one.pk) for one in (kept, absorbed, chapter))
    assert response["Location"] == f"/moderation/organisations/{kept.pk}/"
    assert {one.letter for one in kept.sign_ons.all()} == set(letters)
    assert (absorbed.sign_ons.count(), absorbed.merged_into, chapter.umbrella) == (0, kept, kept)
    assert (kept.name, kept.acronym, kept.website) == ("Al-Haq", "LSM", "https://alhaq.example")
    assert names_of(kept) == [("Al Haqq", "other"), ("Law in the Service of Man", "parallel"), ("الحق", "other")]
    entry = Entry.objects.about(kept).get(act="merge")
    assert (entry.user, entry.detail["absorbed"], entry.detail["name"]) == (desk.moderator, absorbed.pk, absorbed.name)


def test_the_name_of_the_other_one_can_become_the_authorised_one(desk):
    kept, absorbed, _chapter, _letters = two_that_are_one()
    plan = Plan.of(kept, absorbed)

    desk.post(
        f"/moderation/organisations/{kept.pk}/merge/{absorbed.pk}/",
        {"name": "absorbed", "kind": "former", "seen": plan.digest},
    )

    kept = Organisation.objects.get(pk=kept.pk)
    assert (kept.name, kept.sort_key) == ("Law in the Service of Man", absorbed.sort_key)
    assert names_of(kept) == [("Al Haqq", "other"), ("Al-Haq", "former"), ("الحق", "other")]


def test_the_other_one_is_chosen_among_similar_ones_or_by_a_search(desk):
    one = an_organisation("Human Rights Watch")
    one.learn("HRW International")
    slip, other = an_organisation("Human Right Watch"), an_organisation("Sahayta")
    gone = an_organisation("Human Rights Watch Inc")
    Merge.merge(desk.moderator, slip, gone)

    page = desk.get(f"/moderation/organisations/{one.pk}/merge/?q=saha")

    assert [found for found, _similarity in page.context["similar"]] == [slip]
    assert list(page.context["found"]) == [other]
    assert f"/moderation/organisations/{one.pk}/merge/{other.pk}/" in page.content.decode()
    assert "Nothing is found" in desk.get(f"/moderation/organisations/{one.pk}/merge/?q=zzz").content.decode()


def test_both_on_one_letter_is_refused_until_one_is_decided(desk):
    letter = a_letter()
    kept, absorbed = (a_sign_on(letter, "accepted", name).organisation for name in ("Al-Haq", "Odhikar"))
    address = f"/moderation/organisations/{kept.pk}/merge/{absorbed.pk}/"

    preview = desk.get(address).content.decode()
    form = {"name": "kept", "kind": "other", "seen": Plan.of(kept, absorbed).digest}
    refused = desk.post(address, form)

    assert (refused.status_code, "Both are signatories of one letter" in refused.content.decode()) == (409, True)
    for sign_on in letter.sign_ons.all():
        assert f"/moderation/sign-ons/{sign_on.pk}/" in preview
    assert 'name="merge"' not in preview
    absorbed.sign_ons.get().decline(Actor.moderator(desk.moderator), reason="duplicate")
    assert desk.post(address, form | {"seen": Plan.of(kept, absorbed).digest}).status_code == 302
    assert listed(letter) == [("Al-Haq", f"s{kept.pk}")]


def test_what_is_not_any_more_as_it_was_shown_is_shown_again_and_not_merged(desk):
    kept, absorbed, _chapter, _letters = two_that_are_one()
    seen = Plan.of(kept, absorbed).digest
    a_sign_on(a_letter(slug="three"), "pending", "LSM").accept(
        Actor.moderator(desk.moderator), organisation=absorbed, listed_name="LSM"
    )

    late = desk.post(
        f"/moderation/organisations/{kept.pk}/merge/{absorbed.pk}/", {"name": "kept", "kind": "other", "seen": seen}
    )

    assert (late.status_code, Merge.objects.count()) == (409, 0)
    assert "something has changed since you opened this page" in late.content.decode()
    assert "<bdi>three</bdi>" in late.content.decode()


def test_a_merge_changes_no_line_no_anchor_and_makes_no_edition(desk):
    kept, absorbed, _chapter, (letter, other) = two_that_are_one()
    for one in (letter, other):
        publish(one, SignOn.objects.lines(one))
    before = listed(letter), listed(other)

    merge = Merge.merge(desk.moderator, kept, absorbed, name=absorbed.name)

    assert (listed(letter), listed(other)) == before
    assert before[1] == [("Law in the Service of Man (LSM)", f"s{absorbed.pk}")]
    assert [publish(one, SignOn.objects.lines(one)) for one in (letter, other)] == [None, None]
    merge.undo(desk.moderator)
    assert (listed(letter), listed(other)) == before
    assert [publish(one, SignOn.objects.lines(one)) for one in (letter, other)] == [None, None]


def test_a_line_keeps_its_place_when_it_is_corrected_after_a_merge(desk):
    kept, absorbed, _chapter, (_letter, letter) = two_that_are_one()
    Merge.merge(desk.moderator, kept, absorbed)
    sign_on, actor = letter.sign_ons.get(), Actor.moderator(desk.moderator)

    sign_on.reopen(actor)
    sign_on.accept(actor, organisation=kept, listed_name="Al-Haq")

    assert listed(letter) == [("Al-Haq", f"s{absorbed.pk}")]


def test_a_merged_organisation_is_found_nowhere_and_its_addresses_lead_on(desk):
    kept, absorbed, _chapter, _letters = two_that_are_one()
    Merge.merge(desk.moderator, kept, absorbed)

    assert VariantName.objects.filter(organisation=absorbed).count() == 0
    for name in ("Law in the Service of Man", "AL-HAQQ", "الحق"):
        assert list(Organisation.objects.similar_to(name)) == [kept]
    assert list(Organisation.objects.known_as("Law in the Service of Man")) == [kept]
    assert list(Organisation.objects.named("Law in the Service of Man")) == []
    assert recorded_under(f"#{absorbed.pk}") == kept
    assert absorbed not in desk.get("/moderation/organisations/?q=Law").context["page"]
    for address in ("", "edit/", "merge/", f"merge/{kept.pk}/", "split/"):
        response = desk.get(f"/moderation/organisations/{absorbed.pk}/{address}")
        assert (response.status_code, response["Location"]) == (302, f"/moderation/organisations/{kept.pk}/")
    assert desk.post(f"/moderation/organisations/{absorbed.pk}/edit/", {"name": "X"}).status_code == 302
    assert desk.get(f"/moderation/organisations/{kept.pk}/merge/{absorbed.pk}/").status_code == 404
    page = desk.get(f"/moderation/organisations/{kept.pk}/").content.decode()
    assert "<bdi>Law in the Service of Man</bdi> was merged into <bdi>Al-Haq</bdi>" in page


def test_who_accepts_a_merged_organisation_gets_the_one_that_it_is_now(desk):
    kept, absorbed, _chapter, _letters = two_that_are_one()
    last = an_organisation("Al-Haq, Law in the Service of Man")
    Merge.merge(desk.moderator, kept, absorbed)
    Merge.merge(desk.moderator, last, kept)
    sign_on = a_sign_on(a_letter(), "pending", "LSM")

    sign_on.accept(Actor.moderator(desk.moderator), organisation=absorbed, listed_name="LSM")

    assert sign_on.organisation == last
    assert listed(sign_on.letter) == [("LSM", f"s{last.pk}")]


# ── umbrellas ──


def test_a_chapter_that_is_merged_with_its_umbrella_takes_its_place(desk):
    top = an_organisation("Top")
    umbrella = an_organisation("Umbrella", umbrella=top)
    between = an_organisation("Between", umbrella=umbrella)
    chapter = an_organisation("Chapter", umbrella=between)
    before = snapshot()

    merge = Merge.merge(desk.moderator, chapter, umbrella)

    assert Organisation.objects.get(pk=chapter.pk).umbrella == top
    assert Organisation.objects.get(pk=between.pk).umbrella == chapter
    merge.undo(desk.moderator)
    assert snapshot() == before


def test_an_umbrella_absorbs_its_chapter(desk):
    umbrella = an_organisation("Umbrella")
    chapter = an_organisation("Chapter", umbrella=umbrella)
    low = an_organisation("Low", umbrella=chapter)
    before = snapshot()

    merge = Merge.merge(desk.moderator, umbrella, chapter)

    assert Organisation.objects.get(pk=low.pk).umbrella == umbrella
    assert Organisation.objects.get(pk=umbrella.pk).umbrella is None
    merge.undo(desk.moderator)
    assert snapshot() == before


def test_the_database_lets_nobody_stand_below_one_that_is_merged(desk):
    kept, absorbed, chapter, _letters = two_that_are_one()
    Merge.merge(desk.moderator, kept, absorbed)

    with pytest.raises(IntegrityError, match="no umbrella"), transaction.atomic():
        Organisation.objects.filter(pk=chapter.pk).update(umbrella=absorbed)


# ── undone ──


def test_undoing_restores_exactly_what_was(desk):
    kept, absorbed, _chapter, _letters = two_that_are_one()
    before = snapshot()
    merge = Merge.merge(desk.moderator, kept, absorbed, name=absorbed.name, kind="former")
    assert snapshot() != before

    page = desk.get(f"/moderation/merges/{merge.pk}/undo/")
    response = desk.post(f"/moderation/merges/{merge.pk}/undo/", {"seen": page.context["merge"].digest})

    assert response["Location"] == f"/moderation/organisations/{absorbed.pk}/"
    assert snapshot() == before
    merge.refresh_from_db()
    assert (merge.undone_by, Entry.objects.first().act) == (desk.moderator, "undo merge")
    again = desk.post(f"/moderation/merges/{merge.pk}/undo/")
    assert (again.status_code, "It was undone, or split, already." in again.content.decode()) == (409, True)


def test_undoing_is_possible_for_thirty_days(desk):
    kept, absorbed, _chapter, _letters = two_that_are_one()
    merge = Merge.merge(desk.moderator, kept, absorbed)

    with pytest.raises(NotUndoable, match="more than 30 days"):
        merge.undo(desk.moderator, at=timezone.now() + timedelta(days=30, minutes=1))
    merge.undo(desk.moderator, at=timezone.now() + timedelta(days=29, hours=23))

    assert Organisation.objects.get(pk=absorbed.pk).merged_into is None


def test_an_old_merge_is_not_offered_to_be_undone(desk):
    kept, absorbed, _chapter, _letters = two_that_are_one()
    merge = Merge.merge(desk.moderator, kept, absorbed)
    offer = f"/moderation/merges/{merge.pk}/undo/"
    assert offer in desk.get(f"/moderation/organisations/{kept.pk}/").content.decode()
    Merge.objects.update(at=timezone.now() - timedelta(days=31))

    assert offer not in desk.get(f"/moderation/organisations/{kept.pk}/").content.decode()
    page = desk.get(offer).content.decode()
    assert ("split the organisation instead" in page, '<button class="act">Undo' in page) == (True, False)


def test_what_was_done_since_the_merge_is_said_and_not_taken_back(desk):
    kept, absorbed, _chapter, (_one, letter) = two_that_are_one()
    anew = a_sign_on(a_letter(slug="three"), "pending", "LSM")
    actor = Actor.moderator(desk.moderator)
    anew.accept(actor, organisation=absorbed, listed_name="LSM")
    moved = letter.sign_ons.get()
    merge = Merge.merge(desk.moderator, kept, absorbed)

    anew.reopen(actor)
    anew.accept(actor, organisation=kept, listed_name="Al-Haq")
    moved.withdraw()
    Organisation.objects.get(pk=kept.pk).edit(desk.moderator, website="https://new.example")
    page = desk.get(f"/moderation/merges/{merge.pk}/undo/")
    desk.post(f"/moderation/merges/{merge.pk}/undo/", {"seen": page.context["merge"].digest})

    assert "it was accepted anew since the merge, and stays" in page.content.decode()
    assert page.context["edited"] == ["Website"]
    anew.refresh_from_db()
    moved.refresh_from_db()
    assert (anew.organisation, moved.organisation, moved.state) == (kept, absorbed, "withdrawn")
    kept.refresh_from_db()
    assert (kept.website, kept.acronym) == ("https://new.example", "")


def test_a_line_that_stayed_and_one_of_the_restored_organisation_have_places_of_their_own(desk):
    kept, absorbed, _chapter, (_one, letter) = two_that_are_one()
    sign_on, actor = letter.sign_ons.get(), Actor.moderator(desk.moderator)
    merge = Merge.merge(desk.moderator, kept, absorbed)
    sign_on.reopen(actor)
    sign_on.accept(actor, organisation=kept, listed_name="Al-Haq")
    merge.undo(desk.moderator)

    second = a_sign_on(letter, "pending", "LSM")
    second.accept(actor, organisation=Organisation.objects.get(pk=absorbed.pk), listed_name="LSM")

    assert listed(letter) == [("Al-Haq", f"s{absorbed.pk}"), ("LSM", f"sa{second.pk}")]
    edition = publish(letter, SignOn.objects.lines(letter))
    assert [line["anchor"] for line in edition.lines] == [f"s{absorbed.pk}", f"sa{second.pk}"]
    with pytest.raises(AlreadyListed):
        a_sign_on(letter, "pending", "LSM!").accept(actor, organisation=kept, listed_name="Al-Haq")


def test_a_merge_is_undone_after_the_one_that_followed_it(desk):
    kept, absorbed, _chapter, _letters = two_that_are_one()
    last = an_organisation("Al-Haq, Law in the Service of Man")
    before = snapshot()
    first = Merge.merge(desk.moderator, kept, absorbed)
    second = Merge.merge(desk.moderator, last, kept)

    with pytest.raises(NotUndoable, match="itself merged"):
        first.undo(desk.moderator)
    second.undo(desk.moderator)
    Merge.objects.get(pk=first.pk).undo(desk.moderator)

    assert snapshot() == before


# ── split ──


def test_a_wrong_row_is_split_in_two_after_a_preview(desk):
    letters = a_letter(slug="one"), a_letter(slug="two")
    actor = Actor.moderator(desk.moderator)
    kenya = a_sign_on(letters[0], "accepted", "Jurists Kenya", desk.moderator)
    one = kenya.organisation
    norway = a_sign_on(letters[1], "pending", "Jurists Norway")
    norway.accept(actor, organisation=one, listed_name="Jurists Norway")
    for letter in letters:
        publish(letter, SignOn.objects.lines(letter))
    before, variant = snapshot(), one.variants.get(name="Jurists Norway")
    address = f"/moderation/organisations/{one.pk}/split/"
    chosen = {"sign_ons": [norway.pk], "variants": [variant.pk], "into": "new", "name": "ICJ Norway", "country": "NO"}

    preview = desk.post(address, chosen)
    posted = dict(preview.context["posted"])
    assert snapshot() == before
    assert "What goes to the new organisation <bdi>ICJ Norway</bdi>" in preview.content.decode()
    response = desk.post(address, posted | {"split": "yes"})

    norway.refresh_from_db()
    made = norway.organisation
    assert response["Location"] == f"/moderation/organisations/{made.pk}/"
    assert (made.name, made.country, names_of(made)) == ("ICJ Norway", "NO", [("Jurists Norway", "other")])
    assert (list(one.sign_ons.all()), names_of(one)) == ([kenya], [])
    assert [publish(letter, SignOn.objects.lines(letter)) for letter in letters] == [None, None]
    assert listed(letters[1]) == [("Jurists Norway", f"s{one.pk}")]
    assert Entry.objects.about(one).first().detail["sign_ons"] == [norway.pk]


def test_a_split_wants_something_that_goes_and_a_name(desk):
    one = a_sign_on(a_letter(), "accepted", "Al-Haq").organisation
    address = f"/moderation/organisations/{one.pk}/split/"

    nothing = desk.post(address, {"into": "new", "name": "X Y"})
    nameless = desk.post(address, {"into": "new", "sign_ons": [one.sign_ons.get().pk]})

    assert "Choose at least one sign-on or one name." in nothing.content.decode()
    assert (nothing.status_code, nameless.status_code) == (422, 422)
    assert list(nameless.context["form"].errors) == ["name"]


def test_a_wrong_merge_is_split_when_it_cannot_be_undone_any_more(desk):
    kept, absorbed, _chapter, (_one, letter) = two_that_are_one()
    before = listed(letter)
    merge = Merge.merge(desk.moderator, kept, absorbed)
    Merge.objects.update(at=timezone.now() - timedelta(days=100))
    address = f"/moderation/organisations/{kept.pk}/split/"
    going = [one.pk for one in kept.variants.filter(name__in=["الحق", "Law in the Service of Man"])]
    chosen = {"into": str(merge.pk), "sign_ons": [letter.sign_ons.get().pk], "variants": going}

    assert "What goes back to <bdi>Law in the Service of Man</bdi>" in desk.post(address, chosen).content.decode()
    desk.post(address, chosen | {"split": "yes"})

    absorbed = Organisation.objects.get(pk=absorbed.pk)
    assert (absorbed.merged_into, [one.letter for one in absorbed.sign_ons.all()]) == (None, [letter])
    assert names_of(absorbed) == [("AL-HAQQ", "other"), ("الحق", "other")]
    assert names_of(kept) == [("Al Haqq", "other")]
    assert listed(letter) == before
    with pytest.raises(NotUndoable):
        Merge.objects.get(pk=merge.pk).undo(desk.moderator)


def test_a_split_of_what_is_not_any_more_as_it_was_shown_is_refused(desk):
    one = a_sign_on(a_letter(), "accepted", "Al-Haq").organisation
    address = f"/moderation/organisations/{one.pk}/split/"
    chosen = {"sign_ons": [one.sign_ons.get().pk], "into": "new", "name": "Odhikar"}
    posted = dict(desk.post(address, chosen).context["posted"])
    one.edit(desk.moderator, acronym="AH")

    response = desk.post(address, posted | {"split": "yes"}, follow=True)

    assert "something has changed since you opened this page" in response.content.decode()
    assert Organisation.objects.count() == 1


# ── at once ──


@pytest.mark.django_db(transaction=True)
def test_an_accept_of_an_organisation_that_is_being_merged_ends_on_the_kept_one():
    for _round in range(6):
        kept, absorbed = an_organisation("Al-Haq"), an_organisation("Law in the Service of Man")
        sign_on = a_sign_on(a_letter(), "pending", "LSM")

        outcomes = at_once(
            lambda user, kept=kept, absorbed=absorbed: Merge.merge(user, kept, absorbed),
            lambda user, pk=sign_on.pk, absorbed=absorbed: SignOn.objects.get(pk=pk).accept(
                Actor.moderator(user), organisation=absorbed, listed_name="LSM"
            ),
        )

        sign_on.refresh_from_db()
        absorbed.refresh_from_db()
        # An accept that slipped in between is seen by the merge, which writes nothing then.
        assert sorted(outcomes) in (["done", "done"], [ChangedMeanwhile.__name__, "done"])
        assert sign_on.state == "accepted"
        assert sign_on.organisation == absorbed.standing()


@pytest.mark.django_db(transaction=True)
def test_a_merge_and_an_accept_at_once_never_list_one_organisation_twice():
    for _round in range(6):
        letter = a_letter()
        kept = a_sign_on(letter, "accepted", "Al-Haq").organisation
        absorbed = an_organisation("Law in the Service of Man")
        sign_on = a_sign_on(letter, "pending", "LSM")

        outcomes = at_once(
            lambda user, kept=kept, absorbed=absorbed: Merge.merge(user, kept, absorbed),
            lambda user, pk=sign_on.pk, absorbed=absorbed: SignOn.objects.get(pk=pk).accept(
                Actor.moderator(user), organisation=absorbed, listed_name="LSM"
            ),
        )

        refused = (set(outcomes) - {"done"}).pop()
        assert outcomes.count("done") == 1
        assert refused in {AlreadyListed.__name__, BothListed.__name__, ChangedMeanwhile.__name__}
        assert kept.sign_ons.filter(letter=letter).accepted().count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_merges_of_one_organisation_at_once_make_one():
    for _round in range(4):
        one, other, third = (an_organisation(name) for name in ("Al-Haq", "LSM Ramallah", "LSM Gaza"))

        outcomes = at_once(
            lambda user, one=one, third=third: Merge.merge(user, one, third),
            lambda user, other=other, third=third: Merge.merge(user, other, third),
        )

        assert sorted(outcomes) == [ChangedMeanwhile.__name__, "done"]


@pytest.mark.django_db(transaction=True)
def test_an_undo_twice_at_once_is_done_once():
    for _round in range(4):
        one, other = an_organisation("Al-Haq"), an_organisation("LSM Ramallah")
        merge = Merge.merge(a_moderator(), one, other)

        undo = [lambda user, pk=merge.pk: Merge.objects.get(pk=pk).undo(user)] * 2

        assert sorted(at_once(*undo)) == [NotUndoable.__name__, "done"]


def test_the_database_itself_refuses_a_merge_that_lists_an_organisation_twice():
    letter = a_letter()
    kept, absorbed = (a_sign_on(letter, "accepted", name).organisation for name in ("Al-Haq", "Odhikar"))

    with pytest.raises(IntegrityError), transaction.atomic():
        absorbed.sign_ons.all().move_to(kept)
    with pytest.raises(BothListed):
        Merge.merge(a_moderator(), kept, absorbed)


def test_a_name_that_a_split_takes_along_is_forgotten_where_it_is_known_already(desk):
    one = an_organisation("Al-Haq")
    one.learn("Odhikar")

    made = split(desk.moderator, one, sign_ons=[], variants=one.variants.all(), name="Odhikar")

    assert (names_of(one), names_of(made)) == ([], [])
