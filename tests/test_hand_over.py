"""A sign-on goes to a successor: asked, accepted, and effective once nobody has objected for 72 hours."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from audit.models import Entry
from signatories import declarations, jobs, links, mail
from signatories.models import Actor, Message, SignOn, Transfer
from tests.factories import a_letter, a_moderator, a_sign_on
from tests.mailserver import link_in, text_of

pytestmark = pytest.mark.django_db

OLD, NEW = "amina@example.org", "basma@example.org"
SUCCESSOR = {"name": "Basma Haddad", "role": "Secretary-General", "email": NEW}


def page_of(sign_on, act="", prefix=""):
    return f"{prefix}/status/{links.token('status', sign_on.pk)}/{act}"


def deliver():
    """Send what is queued for the mailboxes of a hand-over."""
    for message in Message.objects.queued().filter(kind__startswith="hand_over_"):
        mail.deliver(message.pk)


def an_offer(state="accepted", **fields):
    sign_on = a_sign_on(state=state, **{"email": OLD} | fields)
    return sign_on, Transfer.offer(sign_on, "successor", **SUCCESSOR)


def accepted(*, told=None, **fields):
    """A hand-over that the successor has accepted, and of which the old mailbox was told so long ago."""
    sign_on, transfer = an_offer(**fields)
    transfer.take(links.token("successor", transfer.pk))
    if told is not None:
        then = timezone.now() - told
        Message.objects.filter(pk=transfer.told_id).update(state="sent", sent_at=then)
        Transfer.objects.filter(pk=transfer.pk).update(taken_at=then)
        transfer.refresh_from_db()
    return sign_on, transfer


def test_the_successor_is_asked_and_the_old_mailbox_told_and_nothing_changes(client, mail_server):
    sign_on = a_sign_on(state="accepted", name="Al-Haq", email=OLD)

    page = client.post(page_of(sign_on, "hand-over/"), SUCCESSOR, follow=True)
    deliver()

    sign_on.refresh_from_db()
    assert (sign_on.email, sign_on.representative_name) == (OLD, "Amina Diallo")
    assert "<bdi>Basma Haddad</bdi> at <bdi>basma@example.org</bdi> to take over" in page.content.decode()
    to_new, to_old = mail_server.messages
    assert (to_new["To"], to_old["To"]) == (NEW, OLD)
    assert all(word in text_of(to_new) for word in ("Dear Basma Haddad", "Amina Diallo", "Al-Haq", "A joint letter"))
    offer = client.get(link_in(to_new, "successor")).content.decode()
    assert all(word in offer for word in ("Al-Haq", "A joint letter", "What you will be able to do", "72 hours"))
    assert OLD not in offer + text_of(to_new)


def test_the_successor_accepts_with_the_declaration_and_the_old_mailbox_may_object(client, mail_server):
    sign_on, transfer = an_offer()
    deliver()
    link = link_in(mail_server.messages[0], "successor")

    without = client.post(link)
    answer = client.post(link, {"declaration": "on"}, follow=True)
    deliver()

    transfer.refresh_from_db()
    sign_on.refresh_from_db()
    assert (without.status_code, "Tick the box if you are" in without.content.decode()) == (422, True)
    assert "You have accepted" in answer.content.decode()
    assert (transfer.state, transfer.declaration_version) == ("taken", declarations.VERSION)
    assert transfer.declaration == str(declarations.DECLARATION)
    assert (sign_on.email, sign_on.representative_name) == (OLD, "Amina Diallo")
    told = mail_server.messages[-1]
    assert (told["To"], "72 hours" in text_of(told)) == (OLD, True)
    assert "I object" in client.get(link_in(told, "stop")).content.decode()


def test_after_72_hours_without_objection_the_successor_represents_the_organisation(client, mail_server):
    sign_on, transfer = accepted(told=timedelta(hours=72), website="https://www.example.org", network_key="abc")
    earlier = page_of(sign_on)

    jobs.sweep()
    jobs.sweep()

    deliver()
    sign_on.refresh_from_db()
    transfer.refresh_from_db()
    assert (sign_on.representative_name, sign_on.representative_role, sign_on.email) == tuple(SUCCESSOR.values())
    assert (transfer.state, transfer.name, transfer.role, transfer.email) == ("done", "", "", "")
    assert (sign_on.state, sign_on.network_key) == ("accepted", "")
    assert client.get(earlier).status_code == 410
    last = {one["To"]: text_of(one) for one in mail_server.messages[-2:]}
    assert sorted(last) == [OLD, NEW]
    assert ("/status/" in last[NEW], "/status/" in last[OLD], "/stop/" in last[OLD]) == (True, False, True)
    assert "What you submitted" in client.get(link_in(mail_server.messages[-1], "status")).content.decode()
    assert Message.objects.filter(kind__in=["hand_over_done", "hand_over_left"]).count() == 2


@pytest.mark.parametrize("told", [timedelta(hours=71, minutes=59), None])
def test_not_before_72_hours_after_the_old_mailbox_was_told(told):
    sign_on, _transfer = accepted(told=told)
    if told is None:
        # It has not left: the time does not run.
        Transfer.objects.update(taken_at=timezone.now() - timedelta(days=9))

    jobs.sweep()

    sign_on.refresh_from_db()
    assert (sign_on.email, Transfer.objects.get().state) == (OLD, "taken")


def test_an_old_mailbox_that_takes_no_mail_holds_nothing_up():
    sign_on, transfer = accepted(told=timedelta(hours=73))
    Message.objects.filter(pk=transfer.told_id).update(state="failed", sent_at=None)

    jobs.sweep()

    sign_on.refresh_from_db()
    assert sign_on.email == NEW


def test_what_was_written_to_the_old_mailbox_is_erased_once_it_has_left(mail_server):
    sign_on, _transfer = accepted(told=timedelta(hours=72), state="pending")
    for message in sign_on.messages.queued():
        mail.deliver(message.pk)

    jobs.sweep()
    at_once = list(sign_on.messages.filter(erased_at=None).values_list("kind", "recipient"))
    deliver()

    assert at_once == [("hand_over_left", OLD), ("hand_over_done", NEW)]
    left = " ".join(str(one) for one in Message.objects.values()) + str(SignOn.objects.values())
    assert (OLD in left, NEW in left) == (False, True)
    assert "Amina Diallo" not in " ".join(sign_on.messages.exclude(recipient=NEW).values_list("text", flat=True))


def test_the_old_mailbox_objects_and_a_moderator_is_asked(client):
    sign_on, transfer = accepted(told=timedelta(hours=71))
    earlier, stop = page_of(sign_on), f"/stop/{links.token('stop', transfer.pk)}/"

    client.get(stop)
    answer = client.post(stop, follow=True)
    Message.objects.update(sent_at=timezone.now() - timedelta(days=9))
    Transfer.objects.update(taken_at=timezone.now() - timedelta(days=9))
    jobs.sweep()

    sign_on.refresh_from_db()
    assert "You objected" in answer.content.decode()
    assert (Transfer.objects.get().state, sign_on.email) == ("objected", OLD)
    assert client.get(earlier).status_code == 410
    assert (sign_on.messages.last().kind, sign_on.messages.last().recipient) == ("status", OLD)
    client.force_login(a_moderator())
    assert "Somebody objects to a hand-over" in client.get("/moderation/").content.decode()
    assert "Basma Haddad" in client.get(f"/moderation/sign-ons/{sign_on.pk}/").content.decode()


@pytest.mark.parametrize(("outcome", "state", "holds"), [("stop", "stopped", OLD), ("do", "done", NEW)])
def test_a_moderator_decides_on_an_objection_with_a_note(client, outcome, state, holds):
    sign_on, transfer = accepted()
    transfer.object(links.token("stop", transfer.pk))
    moderator = a_moderator()
    client.force_login(moderator)
    address = f"/moderation/transfers/{transfer.pk}/settle/"

    without = client.post(address, {"outcome": outcome})
    client.post(address, {"outcome": outcome, "note": "their letter of 3 May"})
    client.post(address, {"outcome": "stop" if outcome == "do" else "do", "note": "somebody else"})

    sign_on.refresh_from_db()
    transfer.refresh_from_db()
    assert (without.status_code, sign_on.email, transfer.state) == (422, holds, state)
    assert (transfer.settlement, transfer.settled_by, transfer.email) == ("their letter of 3 May", moderator, "")
    told = ("hand_over_stopped", NEW) if outcome == "stop" else ("hand_over_done", NEW)
    assert told in set(sign_on.messages.values_list("kind", "recipient"))
    entry = Entry.objects.filter(act="settle transfer").get()
    assert entry.detail == {"transfer": transfer.pk, "after": state}


def test_a_reader_does_not_decide(client):
    _sign_on, transfer = accepted()
    transfer.object(links.token("stop", transfer.pk))
    client.force_login(a_moderator("reader"))

    answer = client.post(f"/moderation/transfers/{transfer.pk}/settle/", {"outcome": "do", "note": "x"})

    assert answer.status_code == 403
    assert Transfer.objects.get().state == "objected"


@pytest.mark.parametrize("is_accepted", [False, True])
def test_the_representative_can_stop_it_while_it_waits(client, is_accepted):
    sign_on, _transfer = accepted() if is_accepted else an_offer()

    page = client.post(page_of(sign_on, "keep/"), follow=True)

    assert "The last change was stopped" in page.content.decode()
    assert Transfer.objects.values_list("state", "name", "email").get() == ("stopped", "", "")
    told = sign_on.messages.filter(kind="hand_over_stopped").values_list("recipient", flat=True)
    assert list(told) == ([NEW] if is_accepted else [])


def test_of_whom_it_was_offered_to_nothing_is_left_when_it_is_stopped(mail_server):
    _sign_on, transfer = accepted()
    deliver()

    transfer.cancel()
    deliver()
    jobs.erase_messages()

    left = " ".join(str(one) for one in [*Message.objects.values(), *Transfer.objects.values()])
    assert [secret in left for secret in ("Basma Haddad", NEW, OLD)] == [False, False, True]


def test_an_offer_that_has_not_left_is_dropped_when_it_is_stopped(mail_server):
    _sign_on, transfer = an_offer()

    transfer.cancel()
    deliver()

    assert [message["To"] for message in mail_server.messages] == [OLD]


def test_the_successor_declines_and_the_representative_is_told(client):
    sign_on, transfer = an_offer()
    link = f"/successor/{links.token('successor', transfer.pk)}/"

    page = client.post(link, {"refuse": ""}, follow=True)
    late = client.post(link, {"declaration": "on"})

    assert "You have declined" in page.content.decode() + late.content.decode()
    assert Transfer.objects.values_list("state", "name", "email").get() == ("refused", "", "")
    assert (sign_on.messages.last().kind, sign_on.messages.last().recipient) == ("hand_over_refused", OLD)


@pytest.mark.parametrize("act", ["withdraw", "decline"])
def test_it_lapses_when_the_sign_on_no_longer_stands(act):
    sign_on, _transfer = accepted(told=timedelta(hours=80))

    sign_on.withdraw() if act == "withdraw" else sign_on.decline(Actor.moderator(a_moderator()), reason="other")
    jobs.sweep()

    sign_on.refresh_from_db()
    assert Transfer.objects.values_list("state", "name", "email").get() == ("lapsed", "", "")
    assert sign_on.email == OLD


def test_a_sign_on_that_the_successor_made_meanwhile_stands_and_the_hand_over_lapses():
    letter = a_letter()
    sign_on, _transfer = accepted(told=timedelta(hours=80), letter=letter, name="Al-Haq")
    a_sign_on(letter, "unconfirmed", name="Al Haq", email=NEW)

    jobs.sweep()

    sign_on.refresh_from_db()
    assert (sign_on.email, Transfer.objects.get().state) == (OLD, "lapsed")


def test_while_one_waits_there_is_no_other(client):
    sign_on, _transfer = accepted()

    answer = client.post(page_of(sign_on, "contact/"), {"email": "third@example.org"})

    assert answer.status_code == 302
    assert Transfer.objects.get().state == "taken"


@pytest.mark.parametrize("field", ["name", "role", "email"])
def test_what_is_missing_is_said_beside_the_field_and_nothing_typed_is_lost(client, field):
    sign_on = a_sign_on(state="accepted", email=OLD)

    page = client.post(page_of(sign_on, "hand-over/"), SUCCESSOR | {field: ""})

    assert page.status_code == 422
    assert list(page.context["form"].errors) == [field]
    assert all(value in page.content.decode() for name, value in SUCCESSOR.items() if name != field)


@pytest.mark.django_db(transaction=True)
def test_two_workers_hand_over_once_and_an_objection_in_the_same_moment_is_never_half_done():
    sign_on, transfer = accepted(told=timedelta(hours=72))
    token, together, outcomes = links.token("stop", transfer.pk), threading.Barrier(3), []

    def do(act):
        together.wait()
        try:
            outcomes.append(act(Transfer.objects.get(pk=transfer.pk)))
        finally:
            connection.close()

    acts = [Transfer.carry_out, Transfer.carry_out, lambda one: one.object(token)]
    threads = [threading.Thread(target=do, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    sign_on.refresh_from_db()
    transfer.refresh_from_db()
    done = Message.objects.filter(kind="hand_over_done").count()
    assert transfer.objected_at is not None
    assert (transfer.state, sign_on.email, done) in [("objected", OLD, 0), ("done", NEW, 1)]
