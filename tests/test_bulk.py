"""A moderator decides about many at one stroke, after a page that says what will happen."""

from uuid import uuid4

import pytest

from audit.models import Entry
from signatories.models import Actor, Claim, Organisation, SignOn, Transition
from tests.factories import a_letter, a_moderator, a_sign_on

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client):
    client.moderator = a_moderator()
    client.force_login(client.moderator)
    return client


@pytest.fixture
def letter():
    return a_letter()


def waiting(letter, *names):
    """Sign-ons that nothing speaks against."""
    fields = ({"email": f"desk@{n}x.example", "website": f"https://{n}x.example"} for n, _name in enumerate(names))
    return [a_sign_on(letter, "pending", name, **some) for name, some in zip(names, fields, strict=True)]


def chosen(*sign_ons, preset=""):
    return [f"{one.pk}-{one.transitions.last().pk}{preset}" for one in sign_ons]


def states(*sign_ons):
    return [SignOn.objects.get(pk=one.pk).state for one in sign_ons]


def test_the_preview_lists_what_will_happen_and_what_is_skipped_and_why_and_changes_nothing(desk, letter):
    plain, faster, claimed, odd, known, twin = waiting(
        letter, "Kituo cha Sheria", "MADRE", "Al-Haq", "Odhikar", "Bogota Truth Commission", "Bogota Truth Comission"
    )
    organisation = a_sign_on(a_letter(), "accepted", "Witnesses of Bor", moderator=desk.moderator).organisation
    again = waiting(letter, "Witnesses of Bor")[0]
    values = [*chosen(plain, faster, claimed, odd, known, twin, again), "999999-1"]
    faster.decline(Actor.moderator(a_moderator()), reason="other")
    colleague = a_moderator()
    Claim.take(claimed.pk, colleague)
    SignOn.objects.filter(pk=odd.pk).update(email="somebody@elsewhere.example")

    page = desk.post("/moderation/bulk/", {"verb": "accept", "chosen": values})

    done = {one.sign_on.name_as_signed: one.preset for one in page.context["done"]}
    skipped = {one.pk: str(one.why) for one in page.context["skipped"]}
    assert done == {"Kituo cha Sheria": "new", "Witnesses of Bor": str(organisation.pk)}
    assert skipped == {
        faster.pk: "Somebody else was faster: it is declined.",
        claimed.pk: f"{colleague.username} is looking at it.",
        odd.pk: "It needs an eye: e-mail on another domain than the website",
        known.pk: "It needs an eye: “\u2068Bogota Truth Comission\u2069” may be the same: almost the same name.",
        twin.pk: "It needs an eye: “\u2068Bogota Truth Commission\u2069” may be the same: almost the same name.",
        999999: "It is no longer there.",
    }
    assert states(plain, claimed, odd, known, twin, again) == ["pending"] * 6
    assert not Transition.objects.filter(batch__isnull=False).exists()


def test_accepting_many_lists_each_as_it_was_foreseen_and_one_undo_takes_all_of_it_back(desk, letter):
    some = waiting(letter, "Kituo cha Sheria", "MADRE", "Al-Haq")
    before = list(SignOn.objects.order_by("pk").values())

    response = desk.post("/moderation/bulk/decide/", {"verb": "accept", "chosen": chosen(*some, preset="-new")})
    outcome = desk.get(response["Location"])
    listed = sorted(line.name for line in SignOn.objects.lines(letter))
    acts = list(Entry.objects.filter(user=desk.moderator, act="accept").values_list("subject_id", flat=True))
    undone = desk.post(f"{response['Location']}undo/", follow=True)

    assert listed == ["Al-Haq", "Kituo cha Sheria", "MADRE"]
    assert len(acts) == 3
    assert "3 were decided" in outcome.content.decode()
    assert "3 decisions are undone." in undone.content.decode()
    assert list(SignOn.objects.order_by("pk").values()) == before
    assert Organisation.objects.count() == 0
    assert set(SignOn.objects.get(pk=some[0].pk).messages.filter(is_decision=True).values_list("state")) == {
        ("dropped",)
    }


def test_what_has_changed_since_the_preview_is_skipped_and_the_others_are_decided(desk, letter):
    plain, moved, renamed = waiting(letter, "Kituo cha Sheria", "MADRE", "Al-Haq")
    values = chosen(plain, moved, renamed, preset="-new")
    moved.query(Actor.moderator(a_moderator()), question="Who?")
    a_sign_on(a_letter(), "accepted", "Al-Haq")

    response = desk.post("/moderation/bulk/decide/", {"verb": "accept", "chosen": values})
    outcome = desk.get(response["Location"])

    assert states(plain, moved, renamed) == ["accepted", "queried", "pending"]
    assert [(pk, why) for _one, pk, why in outcome.context["skipped"]] == [
        (moved.pk, "Somebody else was faster: it is waiting for an answer."),
        (renamed.pk, "Another organisation of this name was recorded meanwhile."),
    ]


def test_two_of_one_name_in_one_selection_make_one_line(desk, letter):
    first, second = waiting(letter, "Kituo cha Sheria", "MADRE")
    SignOn.objects.filter(pk=second.pk).update(name_as_signed=first.name_as_signed)
    values = chosen(first, second, preset="-new")

    desk.post("/moderation/bulk/decide/", {"verb": "accept", "chosen": values})

    assert len(list(SignOn.objects.lines(letter))) <= 1


def test_declining_many_takes_one_reason_and_says_it_to_each(desk, letter):
    some = waiting(letter, "Kituo cha Sheria", "MADRE")
    posted = {"verb": "decline", "chosen": chosen(*some)}

    preview = desk.post("/moderation/bulk/", posted)
    without = desk.post("/moderation/bulk/decide/", posted)
    before = states(*some)
    desk.post("/moderation/bulk/decide/", posted | {"reason": "not_eligible", "note": "Sorry"})

    assert "Reason" in preview.content.decode()
    assert (without.status_code, before) == (422, ["pending", "pending"])
    assert states(*some) == ["declined", "declined"]
    assert [one.messages.get(kind="declined").text.count("Sorry") for one in some] == [1, 1]
    assert len(set(Transition.objects.filter(verb="decline").values_list("batch", flat=True))) == 1


def test_a_question_goes_to_all_who_have_an_address(desk, letter):
    (asked,) = waiting(letter, "Kituo cha Sheria")
    silent = a_sign_on(letter, "pending", "MADRE", email="")
    posted = {"verb": "query", "chosen": chosen(asked, silent), "question": "Who decided?"}

    response = desk.post("/moderation/bulk/decide/", posted)

    assert states(asked, silent) == ["queried", "pending"]
    assert [why for _one, _pk, why in desk.get(response["Location"]).context["skipped"]] == [
        "It has no e-mail address to which a question could go."
    ]


def test_an_undo_leaves_what_was_decided_anew(desk, letter):
    first, second = waiting(letter, "Kituo cha Sheria", "MADRE")
    posted = {"verb": "decline", "chosen": chosen(first, second), "reason": "other"}
    outcome = desk.post("/moderation/bulk/decide/", posted)["Location"]
    second.reopen(Actor.moderator(a_moderator()))

    page = desk.post(f"{outcome}undo/", follow=True).content.decode()

    assert "1 decision is undone. 1 could not be" in page
    assert states(first, second) == ["pending", "pending"]


def test_nothing_that_is_malformed_or_too_much_is_taken(desk, letter):
    (one,) = waiting(letter, "Kituo cha Sheria")
    good = chosen(one)

    assert desk.post("/moderation/bulk/", {"verb": "withdraw", "chosen": good}).status_code == 400
    assert desk.post("/moderation/bulk/", {"verb": "accept", "chosen": ["1"]}).status_code == 400
    assert desk.post("/moderation/bulk/", {"verb": "accept", "chosen": good * 101}).status_code == 422
    assert desk.post("/moderation/bulk/decide/", {"verb": "accept", "chosen": good * 101}).status_code == 400
    assert "select sign-ons" in desk.post("/moderation/bulk/", {"verb": "accept"}).content.decode()
    assert desk.get(f"/moderation/batches/{uuid4()}/").status_code == 404
    assert desk.post(f"/moderation/batches/{uuid4()}/undo/").status_code == 404
    assert states(one) == ["pending"]


@pytest.mark.parametrize("group", ["reader", "secretariat"])
def test_who_may_not_decide_may_not_decide_about_many(client, letter, group):
    (one,) = waiting(letter, "Kituo cha Sheria")
    batch = uuid4()
    a_sign_on(letter).decline(Actor.moderator(a_moderator(), batch), reason="other")
    client.force_login(a_moderator(group))

    for address in ("bulk/", "bulk/decide/", f"batches/{batch}/undo/"):
        posted = {"verb": "decline", "chosen": chosen(one), "reason": "other"}
        assert client.post(f"/moderation/{address}", posted).status_code == 403
    assert "With those selected" not in client.get("/moderation/").content.decode()
    assert states(one) == ["pending"]


def test_a_question_to_many_is_written_on_the_page_that_says_whom_it_goes_to(desk):
    one, other = a_sign_on(name="Kituo cha Sheria"), a_sign_on(name="Witnesses of Bor")

    page = desk.post("/moderation/bulk/", {"verb": "query", "chosen": chosen(one, other)})

    assert page.status_code == 200
    assert [plan.sign_on for plan in page.context["done"]] == [one, other]
    assert "Question to the representative" in page.text
    assert "Use this text" not in page.text
