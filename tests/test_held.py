"""Messages that are held: seen at the desk, released as if nothing had happened, or discarded."""

import re
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from audit.models import Entry
from signatories import links, mail
from signatories.attention import attention, report
from signatories.jobs import sweep
from signatories.models import Actor, Hold, LimitRule, Link, Message, SignOn, Switch
from signatories.models import release as releasing
from signatories.models.release import discard, release
from tests.factories import a_letter, a_moderator, a_sign_on, posted, received
from tests.mailserver import link_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client):
    """A moderator, signed in."""
    client.moderator = a_moderator()
    client.force_login(client.moderator)
    return client


@pytest.fixture
def letter():
    """A letter whose second sign-on in an hour, and all after it, are held."""
    LimitRule.objects.filter(scope="letter").update(limit=1)
    return a_letter()


def sign(client, letter, **fields):
    return client.post(f"/{letter.slug}/sign/", posted(letter, **fields))


def held(client, letter, *names):
    """Sign-ons under these names whose messages are held."""
    sign(client, letter, name_as_signed="The first")
    for name in names:
        sign(client, letter, name_as_signed=name, email=f"{name.lower().replace(' ', '')}@example.org")
    return list(SignOn.objects.exclude(name_as_signed="The first").order_by("pk"))


def state(sign_on):
    return [one.state for one in sign_on.messages.order_by("pk")]


def moderator():
    return Actor.moderator(a_moderator())


def words(response):
    return " ".join(response.content.decode().split())


def test_what_is_held_is_not_sent_by_worker_or_sweep(client, letter, mail_server):
    (one,) = held(client, letter, "Al-Haq")
    message = one.messages.get()

    mail.deliver(message.pk)
    Message.objects.update(send_after=timezone.now() - timedelta(days=1))
    sweep()
    mail.deliver(message.pk)

    assert (state(one), mail_server.messages) == (["held"], [])


def test_a_released_message_arrives_with_a_link_that_works_as_if_nothing_had_happened(client, letter, mail_server):
    (one,) = held(client, letter, "Al-Haq")
    # The link would be over if it had been made when the message was held.
    Message.objects.filter(sign_on=one).update(created_at=timezone.now() - timedelta(days=20))

    released = release(Hold.objects, moderator())
    message = one.messages.get()
    mail.deliver(message.pk)

    (arrived,) = mail_server.messages
    usual = SignOn.objects.get(name_as_signed="The first").messages.get()
    assert released == 1
    assert client.post(link_in(arrived, "confirm")).status_code == 302
    one.refresh_from_db()
    assert (one.state, message.kind, message.subject.replace("Al-Haq", "The first")) == (
        "pending",
        "confirm",
        usual.subject,
    )


def test_a_released_message_has_its_job_in_the_same_transaction(client, letter):
    from procrastinate.contrib.django.models import ProcrastinateJob

    sign_ons = held(client, letter, "Al-Haq", "MADRE")
    before = ProcrastinateJob.objects.filter(task_name="deliver_message").count()

    release(Hold.objects, moderator())

    jobs = ProcrastinateJob.objects.filter(task_name="deliver_message").order_by("id")[before:]
    assert [job.args["message_id"] for job in jobs] == [one.messages.get().pk for one in sign_ons]


def test_whoever_was_held_for_a_week_has_as_long_to_confirm_as_anybody_and_is_reminded_as_anybody(client, letter):
    (one,) = held(client, letter, "Al-Haq")
    now = timezone.now()
    SignOn.objects.filter(pk=one.pk).update(state_since=now - timedelta(days=10))
    while_held = [pk for (pk,) in SignOn.objects.to_remind(now).values_list("pk") if pk == one.pk]

    release(Hold.objects, moderator())
    one.messages.get().sent()

    def reminded(days):
        return SignOn.objects.to_remind(now + timedelta(days=days, minutes=1)).filter(pk=one.pk).exists()

    def expires(days):
        return SignOn.objects.to_expire(now + timedelta(days=days, minutes=1)).filter(pk=one.pk).exists()

    assert (while_held, [reminded(days) for days in (1, 2)]) == ([], [False, True])
    assert [expires(days) for days in (13, 14)] == [False, True]


def test_a_held_sign_on_expires_like_any_other_and_what_was_held_of_it_goes(client, letter):
    (one,) = held(client, letter, "Al-Haq")

    one.expire()

    assert (state(one), release(Hold.objects, moderator())) == (["dropped"], 0)


def test_a_held_sign_on_can_still_not_be_confirmed_by_asking_for_another_link(client, letter):
    """Nothing goes round the hold: the form again, and the button of an old link, answer as ever and send nothing."""
    (one,) = held(client, letter, "Al-Haq")
    usual = SignOn.objects.get(name_as_signed="The first")
    LimitRule.objects.filter(scope="letter").update(limit=100)
    answers = []
    for sign_on in (one, usual):
        again = sign(client, letter, name_as_signed=sign_on.name_as_signed, email=sign_on.email)
        token = an_expired_link(sign_on)
        expired = client.post(f"/confirm/{token}/")
        page = expired.content.decode().replace(token, "").replace(sign_on.email, "")
        answers.append((again.status_code, again["Location"], expired.status_code, page))

    assert answers[0] == answers[1]
    # The newer form has taken the place of each, and is held as the older one was.
    newer = SignOn.objects.filter(state="unconfirmed").order_by("pk")
    assert [(found.name_as_signed, state(found)) for found in newer] == [
        ("Al-Haq", ["held"]),
        ("The first", ["queued"]),
    ]
    assert (state(one), state(usual)) == (["dropped"], ["dropped"])


def an_expired_link(sign_on):
    token = links.token("confirm", sign_on.pk)
    Link.objects.filter(sha256=links.digest(token)).update(expires_at=timezone.now())
    return token


def test_after_the_release_whoever_signs_again_is_told_as_anybody(client, letter):
    (one,) = held(client, letter, "Al-Haq")
    release(Hold.objects, moderator())
    one.confirm()
    LimitRule.objects.filter(scope="letter").update(limit=100)

    sign(client, letter, name_as_signed="Al-Haq", email=one.email)

    assert [(message.kind, message.state) for message in one.messages.order_by("pk")] == [
        ("confirm", "queued"),
        ("confirmed", "queued"),
        ("already_signed", "queued"),
    ]


def test_who_signs_again_beyond_a_limit_causes_one_held_message_and_no_more(client, letter):
    sign(client, letter, name_as_signed="Al-Haq", email="a@example.org")
    for _time in range(3):
        sign(client, letter, name_as_signed="Al-Haq", email="a@example.org")

    one = SignOn.objects.get()
    assert [(message.kind, message.state) for message in one.messages.order_by("pk")] == [
        ("confirm", "queued"),
        ("already_signed", "held"),
    ]
    # And who did so keeps nobody else from their link.
    mail.queue(one, "confirm")
    assert state(one) == ["queued", "held", "queued"]


def test_while_the_switch_holds_asked_for_links_to_confirm_are_held_too(client):
    letter = a_letter()
    one = a_sign_on(letter, "unconfirmed", "Al-Haq")
    Switch.turn(letter, a_moderator("secretariat"), position="held", note="A flood")

    client.post(f"/confirm/{an_expired_link(one)}/")

    assert (state(one), [hold.why for hold in Hold.objects.all()]) == (["queued", "held"], ["switch"])


def test_a_discarded_message_never_leaves_and_its_sign_on_stays_unconfirmed_without_a_word_to_anybody(client, letter):
    (one,) = held(client, letter, "Al-Haq")

    discarded = discard(Hold.objects, moderator())
    released = release(Hold.objects, moderator())

    one.refresh_from_db()
    assert (discarded, released, one.state, state(one)) == (1, 0, "unconfirmed", ["dropped"])
    assert one.transitions.count() == 1


def test_whoever_was_meant_by_a_discarded_one_signs_again_and_gets_a_link(client, letter):
    (one,) = held(client, letter, "Al-Haq")
    discard(Hold.objects, moderator())
    LimitRule.objects.filter(scope="letter").update(limit=100)

    sign(client, letter, name_as_signed="Al-Haq", email=one.email)

    message = SignOn.objects.exclude(pk=one.pk).latest("pk").messages.get(state="queued")
    assert "https://letters.example.org/confirm/" in mail.envelope(message).body


def test_a_sign_on_that_is_withdrawn_lets_go_of_what_was_held_of_it(client, letter):
    (one,) = held(client, letter, "Al-Haq")

    one.withdraw(moderator(), note="They wrote to us")

    assert [message.state for message in one.messages.filter(kind="confirm")] == ["dropped"]
    assert release(Hold.objects, moderator()) == 0


def test_what_is_held_of_a_sign_on_that_stands_goes_when_it_no_longer_stands(client, letter):
    sign(client, letter, name_as_signed="Al-Haq", email="a@example.org")
    SignOn.objects.get().confirm()
    sign(client, letter, name_as_signed="Al-Haq", email="a@example.org")
    one = SignOn.objects.get()
    waiting = Hold.objects.waiting().count()

    one.withdraw()

    assert (waiting, one.messages.get(kind="already_signed").state) == (1, "dropped")


def test_lost_links_go_round_no_hold_and_a_stranger_can_take_them_from_nobody(client, letter):
    (one,) = held(client, letter, "Al-Haq")
    usual = SignOn.objects.get(name_as_signed="The first")
    # Somebody else types their name and address once more.
    sign(client, letter, name_as_signed="The first", email=usual.email)

    assert [message.state for message in usual.messages.order_by("pk")] == ["queued", "held"]
    assert [list(SignOn.objects.with_links_for(who.email)) for who in (one, usual)] == [[], [usual]]


def test_sign_on_message_and_reason_are_one_transaction(letter, monkeypatch):
    def fail(**_fields):
        raise RuntimeError

    Switch.turn(letter, a_moderator("secretariat"), position="held", note="A flood")
    monkeypatch.setattr(Hold.objects, "create", fail)

    with pytest.raises(RuntimeError):
        SignOn.sign(letter.text(), **received())
    assert (SignOn.objects.count(), Message.objects.count()) == (0, 0)


# ── at the desk ──


def test_the_page_groups_what_is_held_by_reason_and_letter_with_evidence_and_figures(desk, letter):
    held(desk, letter, "Al-Haq", "MADRE")
    other = a_letter(slug="other")
    Switch.turn(other, a_moderator("secretariat"), position="held", note="A flood")
    a_sign_on(other, "unconfirmed", "Odhikar")

    response = desk.get("/moderation/limits/")

    found = [
        (group.why, group.letter, group.count, [one.name_as_signed for _hold, one in rows])
        for group, rows in response.context["groups"]
    ]
    assert found == [("letter", letter.slug, 2, ["Al-Haq", "MADRE"]), ("switch", "other", 1, ["Odhikar"])]
    page = words(response)
    assert "<bdi>Al-Haq</bdi>" in page
    assert "2 sign-ons in an hour to this letter; the limit is 1." in page
    assert "mailbox not confirmed" in page
    assert "al-haq@example.org" not in page


def test_what_was_ticked_is_released_after_a_preview_that_says_how_many_and_it_is_on_record(desk, letter):
    first, second, third = held(desk, letter, "Al-Haq", "MADRE", "Odhikar")
    chosen = [str(one.messages.get().hold.pk) for one in (first, second)]

    preview = desk.post("/moderation/limits/held/", {"act": "release", "chosen": chosen})
    untouched = [state(one) for one in (first, second, third)]
    desk.post("/moderation/limits/held/decide/", {"act": "release", "chosen": chosen})

    assert "Release 2 messages" in words(preview)
    assert untouched == [["held"]] * 3
    assert [state(one) for one in (first, second, third)] == [["queued"], ["queued"], ["held"]]
    entry = Entry.objects.get(act="release")
    assert (entry.user, entry.detail) == (desk.moderator, {"messages": 2, "sign_ons": [first.pk, second.pk]})


def test_all_of_a_group_are_discarded_but_none_that_came_after_the_page_was_made(desk, letter):
    seen = held(desk, letter, "Al-Haq", "MADRE")
    page = desk.get("/moderation/limits/").content.decode()
    group = re.search(r'name="group" value="([^"]+)"', page)[1]
    sign(desk, letter, name_as_signed="Odhikar")

    preview = desk.post("/moderation/limits/held/", {"act": "discard", "group": group})
    desk.post("/moderation/limits/held/decide/", {"act": "discard", "group": group})

    assert "Discard 2 messages" in words(preview)
    assert [state(one) for one in seen] == [["dropped"]] * 2
    assert state(SignOn.objects.get(name_as_signed="Odhikar")) == ["held"]


def test_a_great_many_are_released_in_steps_the_oldest_first(desk, letter, monkeypatch):
    monkeypatch.setattr(releasing, "MOST", 2)
    monkeypatch.setattr("signatories.moderation.limits.MOST", 2)
    sign_ons = held(desk, letter, "Al-Haq", "MADRE", "Odhikar")
    group = f"letter {letter.slug} {Hold.objects.last().pk}"

    preview = desk.post("/moderation/limits/held/", {"act": "release", "group": group})
    desk.post("/moderation/limits/held/decide/", {"act": "release", "group": group})

    assert "1 more stays here" in words(preview)
    assert [state(one) for one in sign_ons] == [["queued"], ["queued"], ["held"]]


def test_what_a_colleague_has_released_meanwhile_is_not_sent_twice(desk, letter):
    (one,) = held(desk, letter, "Al-Haq")
    chosen = {"act": "release", "chosen": one.messages.get().hold.pk}
    desk.post("/moderation/limits/held/decide/", chosen)
    one.messages.get().sent()

    again = desk.post("/moderation/limits/held/decide/", chosen, follow=True)

    assert "somebody else was faster" in words(again)
    assert state(one) == ["sent"]


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"act": "send"},
        {"act": "release", "chosen": "x"},
        {"act": "release", "chosen": "9" * 30},
        {"act": "release", "group": "letter"},
        {"act": "release", "group": "letter slug x"},
    ],
)
def test_what_no_page_of_ours_sends_is_refused(desk, sent):
    for address in ("/moderation/limits/held/", "/moderation/limits/held/decide/"):
        assert desk.post(address, sent).status_code == 400


def test_the_sign_ons_own_page_says_why_and_has_the_two_buttons(desk, letter):
    one, other = held(desk, letter, "Al-Haq", "MADRE")
    address = f"/moderation/sign-ons/{one.pk}/"

    before = words(desk.get(address))
    desk.post(f"{address}held/", {"act": "release"})
    after = words(desk.get(address))

    assert "Its message is held" in before
    assert "2 sign-ons in an hour to this letter; the limit is 1." in before
    assert f'action="{address}held/"' in before
    assert "Its message is held" not in after
    assert (state(one), state(other)) == (["queued"], ["held"])
    entry = Entry.objects.get(act="release")
    assert (entry.subject_id, entry.detail) == (one.pk, {"kind": "confirm", "why": "letter"})


def test_who_may_not_send_messages_sees_why_and_has_no_button(client, letter):
    (one,) = held(client, letter, "Al-Haq")
    client.force_login(a_moderator("secretariat"))

    pages = [words(client.get(address)) for address in ("/moderation/limits/", f"/moderation/sign-ons/{one.pk}/")]

    assert ["the limit is 1." in page for page in pages] == [True, True]
    assert ['value="release"' in page for page in pages] == [False, False]
    with pytest.raises(PermissionDenied):
        release(Hold.objects, Actor.moderator(a_moderator("secretariat")))


def test_the_number_held_stands_on_the_queue_and_in_the_digest_and_alone_is_reason_to_write(desk, letter):
    held(desk, letter, "Al-Haq", "MADRE")

    page = words(desk.get("/moderation/"))
    told = report()
    _subject, text = mail.render("digest", told.context(desk.moderator))

    assert "2 messages are held" in page
    assert (attention().held, told.is_empty) == (2, False)
    assert "2 messages are held, and wait for somebody to release or discard them." in text


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_asks_the_same_number_of_queries_for_one_group_and_for_three(desk, count, django_assert_num_queries):
    for _one in range(count):
        letter = a_letter()
        Switch.turn(letter, a_moderator("secretariat"), position="held", note="A flood")
        for _sign_on in range(count):
            a_sign_on(letter, "unconfirmed")
    desk.get("/moderation/limits/")

    with django_assert_num_queries(12):
        desk.get("/moderation/limits/")


def test_ten_thousand_that_are_held_are_discarded_in_a_few_steps_and_shown_by_the_first_few(desk):
    letter = a_letter()
    one = a_sign_on(letter, "unconfirmed")
    many = [Message(sign_on=one, kind="confirm", recipient="a@example.org", state="held") for _one in range(10_000)]
    Message.objects.bulk_create(many, batch_size=2000)
    Hold.objects.bulk_create([Hold(message=message, why="letter", crossed=[]) for message in many], batch_size=2000)

    response = desk.get("/moderation/limits/")
    group = f"letter {letter.slug} {many[-1].hold.pk}"
    desk.post("/moderation/limits/held/decide/", {"act": "discard", "group": group})

    ((shown, rows),) = response.context["groups"]
    assert (shown.count, len(rows), Hold.objects.waiting().count()) == (10_000, 20, 9_000)
