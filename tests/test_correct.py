"""What is printed is corrected: proposed by a representative, reviewed by a moderator, or made by one."""

import re
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from audit.models import Entry
from letter.models import Letter
from letter.publication import publish
from signatories import diff, jobs, links
from signatories.models import Actor, Correction, NotStanding, Outdated, SignOn
from signatories.models.correction import digest_of, line_of
from tests.factories import a_letter, a_moderator, a_published, a_sign_on
from tests.test_decide import at_once

pytestmark = pytest.mark.django_db

TYPED = {"name": "Al-Haq – Law for Man", "acronym": "AH", "country": "PS", "website": "https://alhaq.example"}


@pytest.fixture
def desk(client):
    """A moderator, signed in."""
    client.moderator = a_moderator()
    client.force_login(client.moderator)
    return client


@pytest.fixture
def sign_on():
    """A signatory."""
    return a_sign_on(state="accepted", name="Al-Haq")


def status(sign_on):
    return f"/status/{links.token('status', sign_on.pk)}/"


def a_correction(sign_on, **fields):
    return Correction.propose(sign_on, **TYPED | fields)


def review(correction, **fields):
    """What the form of the review posts."""
    seen = digest_of(line_of(SignOn.objects.get(pk=correction.sign_on_id)))
    return TYPED | {"seen": seen} | fields


def printed(sign_on):
    """What would be published of the sign-on now."""
    return [(one.name, one.acronym, one.country, one.website) for one in SignOn.objects.lines(sign_on.letter)]


BEFORE = [("Al-Haq", "", "FR", "")]
AFTER = [("Al-Haq – Law for Man", "AH", "PS", "https://alhaq.example")]


# ── the representative ──


@pytest.mark.parametrize("state", ["unconfirmed", "pending", "accepted"])
def test_the_representative_proposes_a_correction_in_every_live_state(client, state):
    sign_on = a_sign_on(state=state, name="Al-Haq")

    form = client.get(f"{status(sign_on)}correct/")
    answer = client.post(f"{status(sign_on)}correct/", TYPED | {"reason": "We have a longer name."}, follow=True)

    correction = Correction.objects.get()
    sign_on.refresh_from_db()
    assert form.context["form"]["name"].value() == "Al-Haq"
    assert (correction.state, correction.who, correction.reason) == (
        "proposed",
        "representative",
        "We have a longer name.",
    )
    assert "You proposed a correction on" in answer.content.decode()
    assert (sign_on.name_as_signed, sign_on.state) == ("Al-Haq", state)
    assert printed(sign_on) == (BEFORE if state == "accepted" else [])


@pytest.mark.parametrize("state", ["declined", "withdrawn"])
def test_what_does_not_stand_is_not_corrected(client, state):
    sign_on = a_sign_on(state=state, name="Al-Haq")

    answers = [client.get(f"{status(sign_on)}correct/"), client.post(f"{status(sign_on)}correct/", TYPED)]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert "Correct what is printed" not in client.get(status(sign_on)).content.decode()
    with pytest.raises(NotStanding):
        a_correction(sign_on)
    assert Correction.objects.count() == 0


def test_opening_the_page_proposes_nothing(client, sign_on):
    assert client.get(f"{status(sign_on)}correct/").status_code == 200
    assert Correction.objects.count() == 0


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("name", "", "Enter the organisation&#x27;s name."),
        ("name", "Al-Haq <b>", "is code, as web pages are written in"),
        ("acronym", "A\u202eH", "hidden character"),
        ("website", "javascript:alert(1)", "only http and https are possible"),
        ("country", "XX", "Select a valid choice"),
        ("reason", "be\x07cause", "invisible control character"),
    ],
)
def test_each_field_is_held_to_the_rules_of_what_is_published_and_nothing_is_lost(client, sign_on, field, value, error):
    answer = client.post(f"{status(sign_on)}correct/", TYPED | {"reason": "Typed with care."} | {field: value})

    page = answer.content.decode()
    assert (answer.status_code, Correction.objects.count()) == (422, 0)
    assert error in page
    assert ("Typed with care." in page) == (field != "reason")


def test_a_newer_proposal_replaces_the_one_that_waits(client, sign_on):
    first = a_correction(sign_on)

    client.post(f"{status(sign_on)}correct/", TYPED | {"name": "Al-Haq (Law)"})

    first.refresh_from_db()
    assert (first.state, Correction.objects.proposed().get().name) == ("superseded", "Al-Haq (Law)")
    with pytest.raises(IntegrityError), transaction.atomic():
        Correction.objects.update(state="proposed")


def test_whoever_proposes_what_is_printed_changes_nothing_or_takes_a_proposal_back(client, sign_on):
    same = {"name": "Al-Haq", "acronym": "", "country": "FR", "website": ""}
    address = f"{status(sign_on)}correct/"

    refused = client.post(address, same)
    correction = a_correction(sign_on)
    client.post(address, same)

    correction.refresh_from_db()
    assert refused.status_code == 422
    assert "nothing would change" in refused.content.decode()
    assert (correction.state, Correction.objects.count()) == ("superseded", 1)


def test_there_is_an_end_to_proposals_in_a_day(client, sign_on, settings):
    settings.LIMIT_CORRECTIONS = 2
    answers = [client.post(f"{status(sign_on)}correct/", TYPED | {"name": f"Al-Haq {n}"}) for n in range(3)]

    assert [answer.status_code for answer in answers] == [302, 302, 422]
    assert Correction.objects.proposed().get().name == "Al-Haq 1"


# ── before the sign-on is accepted ──


def test_a_correction_of_what_waits_is_offered_to_be_accepted_and_settled_by_it(desk):
    sign_on = a_sign_on(name="AL-HAQ CENTER")
    correction = a_correction(sign_on)
    form = desk.get(f"/moderation/sign-ons/{sign_on.pk}/").context["forms"]["accept"]
    offered = {name: form[name].value() for name in form.fields if name.startswith("listed_")}

    desk.post(
        f"/moderation/sign-ons/{sign_on.pk}/accept/",
        {"seen": sign_on.transitions.last().pk, "organisation": "new", **offered},
    )

    sign_on.refresh_from_db()
    correction.refresh_from_db()
    assert offered == {f"listed_{name}": value for name, value in TYPED.items()} | {"listed_name_in_own_script": ""}
    assert (sign_on.name_as_signed, printed(sign_on)) == ("AL-HAQ CENTER", AFTER)
    assert (correction.state, correction.decided_by) == ("applied", desk.moderator)
    assert correction.can_be_undone() is False


def test_a_correction_that_was_settled_by_an_acceptance_waits_again_when_that_is_undone(desk):
    sign_on = a_sign_on(name="AL-HAQ CENTER")
    correction, actor = a_correction(sign_on), Actor.moderator(desk.moderator)
    sign_on.accept(actor, **{f"listed_{name}": value for name, value in TYPED.items()})
    settled = Correction.objects.get().state

    sign_on.undo(actor)

    correction.refresh_from_db()
    assert (settled, correction.state, correction.decided_by) == ("applied", "proposed", None)
    form = desk.get(f"/moderation/sign-ons/{sign_on.pk}/").context["forms"]["accept"]
    assert form["listed_name"].value() == TYPED["name"]


def test_what_was_corrected_after_an_acceptance_waits_again_when_that_is_undone(desk):
    actor = Actor.moderator(desk.moderator)
    sign_on = a_sign_on(name="Al-Haq")
    sign_on.accept(actor, listed_name="Al-Haq", listed_country="FR")
    correction = a_correction(sign_on)
    desk.post(f"/moderation/corrections/{correction.pk}/apply/", review(correction))
    edit = TYPED | {"name": "Al-Haq Ramallah", "reason": "why"}
    Correction.edit(sign_on, actor, seen=review(correction)["seen"], **edit)

    SignOn.objects.get(pk=sign_on.pk).undo(actor)

    sign_on.refresh_from_db()
    assert [one.state for one in Correction.objects.all()] == ["proposed", "undone"]
    assert (sign_on.state, sign_on.listed_name) == ("pending", "")


def test_a_correction_that_the_acceptance_did_not_take_over_waits_for_its_own_review(desk):
    sign_on = a_sign_on(name="Al-Haq")
    a_correction(sign_on)

    sign_on.accept(Actor.moderator(desk.moderator), listed_name="Al-Haq", listed_country="FR")

    assert (printed(sign_on), Correction.objects.get().state) == (BEFORE, "proposed")


def test_what_is_not_printed_yet_is_declined_but_not_applied(desk):
    correction = a_correction(a_sign_on(name="Al-Haq"))

    page = desk.get(f"/moderation/corrections/{correction.pk}/").content.decode()
    applied = desk.post(f"/moderation/corrections/{correction.pk}/apply/", review(correction))

    assert "Decide on the sign-on" in page
    assert f"/moderation/corrections/{correction.pk}/refuse/" in page
    assert f"/moderation/corrections/{correction.pk}/apply/" not in page
    assert (applied.status_code, Correction.objects.get().state) == (409, "proposed")


# ── the moderator ──


def test_applying_changes_the_line_its_place_and_the_list_and_tells_the_representative(desk, sign_on):
    other = a_sign_on(sign_on.letter, "accepted", "Al-Haq Aachen")
    jobs.publish_letter(sign_on.letter)
    name = "Zoroaster – Al-Haq"
    correction = a_correction(sign_on, name=name)

    desk.post(f"/moderation/corrections/{correction.pk}/apply/", review(correction, name=name, note="Gladly."))

    sign_on.refresh_from_db()
    correction.refresh_from_db()
    assert [line.name for line in SignOn.objects.lines(sign_on.letter)] == ["Al-Haq Aachen", "Zoroaster – Al-Haq"]
    assert (sign_on.name_as_signed, sign_on.listed_acronym, sign_on.state) == ("Al-Haq", "AH", "accepted")
    assert list(Letter.objects.stale()) == [sign_on.letter]
    assert publish(sign_on.letter, SignOn.objects.lines(sign_on.letter)).number == 2
    assert (sign_on.organisation.name, sign_on.organisation.country.code) == ("Al-Haq", "FR")
    assert [one.name for one in sign_on.organisation.variants.all()] == ["Zoroaster – Al-Haq"]
    assert (correction.state, correction.decided_by, correction.before["name"]) == ("applied", desk.moderator, "Al-Haq")
    message = sign_on.messages.last()
    assert (message.kind, message.state, message.is_decision) == ("corrected", "queued", True)
    assert "It is printed now as:\n\nZoroaster – Al-Haq\n\nGladly.\n" in message.text
    assert other.messages.filter(kind="corrected").count() == 0


def test_a_moderator_may_apply_it_with_a_change(desk, sign_on):
    correction = a_correction(sign_on, name="AL-HAQ CENTER")

    desk.post(f"/moderation/corrections/{correction.pk}/apply/", review(correction, name="Al-Haq Center"))

    correction.refresh_from_db()
    assert (correction.name, correction.after["name"]) == ("AL-HAQ CENTER", "Al-Haq Center")
    assert printed(sign_on)[0][0] == "Al-Haq Center"


def test_the_house_style_fills_in_the_review_and_applies_nothing(desk, sign_on):
    correction = a_correction(sign_on, name="AL-HAQ CENTER")
    typed = review(correction, name="AL-HAQ CENTER", acronym="AHC", note="So")
    page = desk.get(f"/moderation/corrections/{correction.pk}/").content.decode()

    answer = desk.post(f"/moderation/corrections/{correction.pk}/apply/", typed | {"house_style": "capitals"})

    form = answer.context["review"]
    assert page.index('name="act"') < page.index('name="house_style" value="capitals"')
    assert answer.status_code == 200
    assert {name: form[name].value() for name in typed} == typed | {"name": "Al-Haq Center"}
    assert (Correction.objects.get().state, printed(sign_on)) == ("proposed", BEFORE)


def test_declining_needs_a_note_which_is_sent(desk, sign_on):
    correction = a_correction(sign_on)
    address = f"/moderation/corrections/{correction.pk}/refuse/"

    without = desk.post(address, {"note": ""})
    desk.post(address, {"note": "Please send us your statutes & logo."})

    correction.refresh_from_db()
    message = sign_on.messages.last()
    assert (without.status_code, correction.state, message.kind) == (422, "declined", "correction_declined")
    assert "They write:\n\nPlease send us your statutes & logo.\n" in message.text
    assert printed(sign_on) == BEFORE
    assert not Entry.objects.filter(act="refuse").exclude(detail={"correction": correction.pk}).exists()
    assert "Please send us your statutes" in desk.get(status(sign_on)).content.decode()
    with pytest.raises(ValueError, match="requires a note"):
        correction.decline(Actor.moderator(desk.moderator), note="")


def test_applying_and_editing_are_on_record_with_what_was_printed_before_and_after(desk, sign_on):
    correction = a_correction(sign_on)
    desk.post(f"/moderation/corrections/{correction.pk}/apply/", review(correction))
    edit = TYPED | {"name": "Al-Haq", "seen": review(correction)["seen"], "reason": "shorter"}
    desk.post(f"/moderation/sign-ons/{sign_on.pk}/edit/", edit)

    entries = Entry.objects.filter(act__in=["apply", "edit"]).order_by("number")

    assert [(one.act, one.user, one.subject_id) for one in entries] == [
        ("apply", desk.moderator, sign_on.pk),
        ("edit", desk.moderator, sign_on.pk),
    ]
    assert [(one.detail["before"]["name"], one.detail["after"]["name"]) for one in entries] == [
        ("Al-Haq", "Al-Haq – Law for Man"),
        ("Al-Haq – Law for Man", "Al-Haq"),
    ]


@pytest.mark.parametrize("is_told", [True, False])
def test_a_moderator_edits_a_slip_through_the_same_door(desk, sign_on, is_told):
    seen = desk.get(f"/moderation/sign-ons/{sign_on.pk}/edit/").context["form"]["seen"].value()
    form = TYPED | {"seen": seen, "reason": "the dash was missing"} | ({"is_told": "on"} if is_told else {})

    without = desk.post(f"/moderation/sign-ons/{sign_on.pk}/edit/", form | {"reason": ""})
    desk.post(f"/moderation/sign-ons/{sign_on.pk}/edit/", form)

    correction = Correction.objects.get()
    assert without.status_code == 422
    assert (correction.state, correction.who, correction.user) == ("applied", "moderator", desk.moderator)
    assert printed(sign_on) == AFTER
    assert sign_on.messages.filter(kind="corrected").count() == int(is_told)
    if is_told:
        assert "for this reason:\n\nthe dash was missing\n" in sign_on.messages.last().text


def test_the_house_style_fills_in_an_edit_and_prints_nothing(desk):
    sign_on = a_sign_on(state="accepted", name="AL-HAQ CENTER")
    typed = TYPED | {"name": "AL-HAQ CENTER", "seen": digest_of(line_of(sign_on)), "reason": "", "is_told": "on"}

    answer = desk.post(f"/moderation/sign-ons/{sign_on.pk}/edit/", typed | {"house_style": "capitals"})

    form = answer.context["form"]
    assert (answer.status_code, Correction.objects.count()) == (200, 0)
    assert (form["name"].value(), form["is_told"].value(), form["acronym"].value()) == ("Al-Haq Center", True, "AH")
    assert 'name="house_style"' not in answer.content.decode()


def test_only_what_is_on_the_list_is_edited(desk):
    sign_on = a_sign_on(name="Al-Haq")

    answers = [
        desk.get(f"/moderation/sign-ons/{sign_on.pk}/edit/"),
        desk.post(f"/moderation/sign-ons/{sign_on.pk}/edit/", TYPED | {"seen": "x", "reason": "why"}),
    ]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert Correction.objects.count() == 0


def test_an_edit_leaves_a_proposal_waiting_and_the_review_of_it_shows_the_new_line(desk, sign_on):
    correction = a_correction(sign_on)
    old = review(correction)
    edited = {"name": "Al-Haq Ramallah", "acronym": "", "country": "FR", "website": ""}
    desk.post(f"/moderation/sign-ons/{sign_on.pk}/edit/", edited | {"seen": old["seen"], "reason": "why"})

    faster = desk.post(f"/moderation/corrections/{correction.pk}/apply/", old)

    assert faster.status_code == 409
    assert "what is printed of this sign-on changed" in faster.content.decode()
    assert printed(sign_on)[0][0] == "Al-Haq Ramallah"
    assert Correction.objects.get(pk=correction.pk).state == "proposed"


# ── undo ──


@pytest.mark.parametrize("act", ["apply", "refuse"])
def test_a_decision_is_undone_within_ten_minutes_and_nobody_is_told(desk, sign_on, act):
    sort_key = SignOn.objects.get(pk=sign_on.pk).sort_key
    correction = a_correction(sign_on)
    desk.post(f"/moderation/corrections/{correction.pk}/{act}/", review(correction, note="Thanks"))
    page = desk.get(f"/moderation/corrections/{correction.pk}/").content.decode()

    desk.post(f"/moderation/corrections/{correction.pk}/undo/")

    correction.refresh_from_db()
    sign_on.refresh_from_db()
    assert f"/moderation/corrections/{correction.pk}/undo/" in page
    assert (correction.state, correction.decided_by, correction.before) == ("proposed", None, None)
    assert (printed(sign_on), sign_on.sort_key) == (BEFORE, sort_key)
    assert list(sign_on.organisation.variants.all()) == []
    assert sign_on.messages.last().state == "dropped"
    assert sign_on.messages.get(kind="accepted").state == "queued"
    assert Entry.objects.get(act="undo").detail["correction"] == correction.pk


def test_an_edit_that_is_undone_does_not_come_back_as_a_proposal(desk, sign_on):
    edit = TYPED | {"seen": digest_of(line_of(sign_on)), "reason": "why"}
    desk.post(f"/moderation/sign-ons/{sign_on.pk}/edit/", edit)

    desk.post(f"/moderation/corrections/{Correction.objects.get().pk}/undo/")

    assert (Correction.objects.get().state, printed(sign_on)) == ("undone", BEFORE)


def test_an_undone_correction_gives_way_to_a_newer_one(desk, sign_on):
    first = a_correction(sign_on)
    desk.post(f"/moderation/corrections/{first.pk}/apply/", review(first))
    second = a_correction(sign_on, name="Al-Haq (Law)")

    desk.post(f"/moderation/corrections/{first.pk}/undo/")

    assert [one.state for one in Correction.objects.all()] == ["superseded", "proposed"]
    assert (printed(sign_on), Correction.objects.proposed().get()) == (BEFORE, second)


def test_there_is_no_undo_after_ten_minutes_or_after_a_later_change(desk, sign_on, settings):
    first, moderator = a_correction(sign_on), Actor.moderator(desk.moderator)
    desk.post(f"/moderation/corrections/{first.pk}/apply/", review(first))
    late = timezone.now() + settings.DECISION_DELAY + timedelta(seconds=1)
    first.refresh_from_db()
    assert (first.can_be_undone(), first.can_be_undone(at=late)) == (True, False)
    Correction.edit(sign_on, moderator, seen=review(first)["seen"], reason="why", **TYPED | {"name": "Al-Haq"})

    answer = desk.post(f"/moderation/corrections/{first.pk}/undo/", follow=True)

    assert "Nothing was undone" in answer.content.decode()
    assert printed(sign_on)[0][0] == "Al-Haq"
    assert Correction.objects.get(pk=first.pk).state == "applied"


def test_there_is_no_undo_once_the_message_has_left(desk, sign_on):
    correction = a_correction(sign_on)
    desk.post(f"/moderation/corrections/{correction.pk}/apply/", review(correction))
    sign_on.messages.get(kind="corrected").sent()

    desk.post(f"/moderation/corrections/{correction.pk}/undo/")

    assert (printed(sign_on), Correction.objects.get().state) == (AFTER, "applied")


def test_the_message_of_a_correction_that_was_undone_is_not_sent_again(desk, sign_on):
    correction = a_correction(sign_on)
    desk.post(f"/moderation/corrections/{correction.pk}/apply/", review(correction))
    message = sign_on.messages.get(kind="corrected")
    message.failed("550", is_final=True)
    before = sign_on.has_overtaken(message)

    desk.post(f"/moderation/corrections/{correction.pk}/undo/")

    assert (before, sign_on.has_overtaken(message)) == (False, True)


def test_an_acceptance_is_undone_although_an_edit_was_told_and_undone_before(desk):
    sign_on = a_sign_on(name="Al-Haq")
    actor = Actor.moderator(desk.moderator)
    sign_on.accept(actor, listed_name="Al-Haq")
    edit = TYPED | {"seen": digest_of(line_of(sign_on)), "reason": "why", "is_told": "on"}
    desk.post(f"/moderation/sign-ons/{sign_on.pk}/edit/", edit)
    told = sign_on.messages.last()
    desk.post(f"/moderation/corrections/{Correction.objects.get().pk}/undo/")
    told.refresh_from_db()

    sign_on.undo(actor)

    assert (told.kind, told.state, sign_on.state) == ("corrected", "dropped", "pending")


def test_reopening_the_sign_on_keeps_what_was_corrected_and_drops_the_message(desk, sign_on):
    correction = a_correction(sign_on)
    desk.post(f"/moderation/corrections/{correction.pk}/apply/", review(correction))

    sign_on.reopen(Actor.moderator(desk.moderator))

    correction.refresh_from_db()
    assert sign_on.messages.get(kind="corrected").state == "dropped"
    assert correction.can_be_undone() is False
    assert SignOn.objects.get(pk=sign_on.pk).name_to_print == "Al-Haq – Law for Man"


# ── two at once ──


def test_the_second_of_two_moderators_reads_who_was_faster(desk, sign_on):
    correction = a_correction(sign_on)
    form, other = review(correction), a_moderator()
    correction.decline(Actor.moderator(other), note="no")

    answer = desk.post(f"/moderation/corrections/{correction.pk}/apply/", form)

    assert answer.status_code == 409
    assert f"{other.username} decided on this correction: declined" in answer.content.decode()
    assert printed(sign_on) == BEFORE


def test_a_moderator_who_looks_at_a_proposal_that_was_replaced_is_told(desk, sign_on):
    old = a_correction(sign_on)
    a_correction(sign_on, name="Al-Haq (Law)")

    answer = desk.post(f"/moderation/corrections/{old.pk}/apply/", review(old))

    assert answer.status_code == 409
    assert "the representative proposed something else" in answer.content.decode()


@pytest.mark.django_db(transaction=True)
def test_two_moderators_at_once_on_two_connections_make_one_decision():
    for _round in range(5):
        sign_on = a_sign_on(a_letter(), "accepted", "Al-Haq")
        correction, seen = a_correction(sign_on), digest_of(line_of(sign_on))

        outcomes = at_once(
            lambda user, pk=correction.pk, seen=seen: Correction.objects.get(pk=pk).apply(
                Actor.moderator(user), seen=seen, **TYPED
            ),
            lambda user, pk=correction.pk: Correction.objects.get(pk=pk).decline(Actor.moderator(user), note="no"),
            lambda user, one=sign_on, seen=seen: Correction.edit(
                one, Actor.moderator(user), seen=seen, reason="why", **TYPED | {"name": "Al-Haq Ramallah"}
            ),
        )

        names = {"Al-Haq – Law for Man", "Al-Haq Ramallah"} | {"Al-Haq"}
        assert outcomes.count("Outdated") >= 1
        assert set(outcomes) == {"Outdated", "done"}
        assert printed(sign_on)[0][0] in names
        assert Correction.objects.get(pk=correction.pk).state in {"applied", "declined", "proposed"}


@pytest.mark.django_db(transaction=True)
def test_a_decision_on_the_sign_on_and_one_on_its_correction_at_once_leave_both_in_order():
    for _round in range(5):
        sign_on = a_sign_on(a_letter(), "accepted", "Al-Haq")
        correction, seen = a_correction(sign_on), digest_of(line_of(sign_on))

        outcomes = at_once(
            lambda user, pk=correction.pk, seen=seen: Correction.objects.get(pk=pk).apply(
                Actor.moderator(user), seen=seen, **TYPED
            ),
            lambda user, pk=sign_on.pk: SignOn.objects.get(pk=pk).decline(Actor.moderator(user), reason="other"),
        )

        sign_on.refresh_from_db()
        assert (sign_on.state, printed(sign_on)) == ("declined", [])
        applied = Correction.objects.get(pk=correction.pk).state == "applied"
        assert sorted(outcomes) == (["done", "done"] if applied else ["Outdated", "done"])
        assert sign_on.messages.filter(kind="corrected", state="queued").count() == 0


# ── the pages of the desk ──


def test_the_review_is_a_diff_by_words_with_text_for_a_screen_reader(desk):
    sign_on = a_sign_on(state="accepted", name="Justice Sans Frontieres")
    correction = a_correction(sign_on, name="Justice Sans Frontières (JSF)", country="FR", acronym="", website="")

    page = desk.get(f"/moderation/corrections/{correction.pk}/").content.decode()

    shown = re.search(r'<bdi class="diff">(.*?)</bdi>', page)[1]
    assert shown == (
        'Justice Sans <del><span class="said">[removed: </span>Frontieres<span class="said">]</span></del>'
        '<ins><span class="said">[added: </span>Frontières (JSF)<span class="said">]</span></ins>'
    )
    assert page.count('class="diff"') == 1


@pytest.mark.parametrize(
    ("before", "after", "parts"),
    [
        ("Al-Haq", "Al-Haq", [("same", "Al-Haq")]),
        ("", "Al-Haq", [("new", "Al-Haq")]),
        ("Al-Haq", "", [("gone", "Al-Haq")]),
        ("Al Haq", "Al-Haq", [("same", "Al"), ("gone", " "), ("new", "-"), ("same", "Haq")]),
        ("SANS FRONTIERES (x)", "Sans Frontières (x)", None),
        ("مركز العدل", "مركز العدالة", [("same", "مركز "), ("gone", "العدل"), ("new", "العدالة")]),
    ],
)
def test_a_diff_by_words(before, after, parts):
    found = diff.words(before, after)

    whole = [("gone", "SANS FRONTIERES"), ("new", "Sans Frontières"), ("same", " (x)")]
    assert found == (whole if parts is None else parts)
    assert "".join(text for kind, text in found if kind != "new") == before
    assert "".join(text for kind, text in found if kind != "gone") == after


def test_the_list_has_the_corrections_that_wait_of_all_letters_oldest_first(desk, sign_on):
    decided = a_correction(sign_on)
    decided.decline(Actor.moderator(desk.moderator), note="no")
    waiting = a_correction(a_sign_on(name="MADRE"))
    gone = a_sign_on(name="Odhikar")
    a_correction(gone)
    gone.withdraw()
    last = a_correction(sign_on)

    rows = desk.get("/moderation/corrections/").context["rows"]

    assert [one for one, _differences in rows] == [waiting, last]
    assert "2 corrections wait" in desk.get("/moderation/").content.decode()


def test_an_empty_list_says_so(desk):
    assert "No correction waits." in desk.get("/moderation/corrections/").content.decode()
    assert "corrections wait" not in desk.get("/moderation/").content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_asks_the_same_number_of_queries_for_one_row_and_for_three(desk, count, django_assert_num_queries):
    letter = a_letter()
    for _number in range(count):
        a_correction(a_sign_on(letter, "accepted"))

    with django_assert_num_queries(7):
        desk.get("/moderation/corrections/")


def test_after_delivery_the_delivered_edition_stays_as_it_was_and_the_page_says_so(desk):
    letter = a_published("Al-Haq")
    letter.deliver()
    sign_on = letter.sign_ons.get()
    correction = a_correction(sign_on)

    pages = [
        desk.get(f"/moderation/corrections/{correction.pk}/").content.decode(),
        desk.get(f"{status(sign_on)}correct/").content.decode(),
    ]
    desk.post(f"/moderation/corrections/{correction.pk}/apply/", review(correction))
    edition = jobs.publish_letter(letter)

    letter.refresh_from_db()
    assert ["stays as it was" in page for page in pages] == [True, True]
    assert [line["name"] for line in edition.lines] == ["Al-Haq – Law for Man"]
    assert [line["name"] for line in letter.edition_of_record.lines] == ["Al-Haq"]
    assert "stays as it was" in sign_on.messages.last().text


def test_who_may_not_decide_sees_the_diff_and_no_button(client, sign_on):
    correction = a_correction(sign_on)
    client.force_login(a_moderator("secretariat"))

    page = client.get(f"/moderation/corrections/{correction.pk}/").content.decode()
    answers = [
        client.post(f"/moderation/corrections/{correction.pk}/{act}/", review(correction, note="x"))
        for act in ("apply", "refuse", "undo")
    ]
    answers.append(client.post(f"/moderation/sign-ons/{sign_on.pk}/edit/", review(correction, reason="x")))

    assert [answer.status_code for answer in answers] == [403, 403, 403, 403]
    assert 'class="diff"' in page
    assert [act for act in ("/apply/", "/refuse/", "/undo/") if act in page] == []
    secretary = Actor.moderator(a_moderator("secretariat"))
    for act in (
        lambda: correction.apply(secretary, **review(correction)),
        lambda: correction.decline(secretary, note="x"),
        lambda: correction.undo(secretary),
        lambda: Correction.edit(sign_on, secretary, reason="x", **review(correction)),
    ):
        with pytest.raises(PermissionDenied):
            act()
    assert (Correction.objects.get().state, printed(sign_on)) == ("proposed", BEFORE)


def test_a_name_that_leaves_nothing_without_its_acronym_is_refused_and_nothing_is_written(desk, sign_on):
    actor, seen = Actor.moderator(desk.moderator), digest_of(line_of(sign_on))

    with pytest.raises(ValidationError):
        Correction.edit(sign_on, actor, seen=seen, reason="why", **TYPED | {"name": "X"})

    with pytest.raises(Outdated):
        Correction.edit(sign_on, actor, seen="0" * 16, reason="why", **TYPED)
    with pytest.raises(ValueError, match="requires a reason"):
        Correction.edit(sign_on, actor, seen=seen, reason="", **TYPED)
    assert (printed(sign_on), Correction.objects.count()) == (BEFORE, 0)
