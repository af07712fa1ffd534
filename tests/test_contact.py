"""The same person, another address: given on the status page, confirmed in the new mailbox, agreed to in the old."""

import threading
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection
from django.utils import timezone

from signatories import evidence, jobs, links, mail
from signatories.bounces import Bounce, Kind
from signatories.models import Actor, Message, NotTransferable, SignOn, Transfer
from tests.factories import a_letter, a_moderator, a_sign_on
from tests.mailserver import link_in, text_of

pytestmark = pytest.mark.django_db

OLD, NEW = "amina@example.org", "amina@new.example"


def a_sign_on_of_amina(state="accepted", **fields):
    return a_sign_on(state=state, email=OLD, **fields)


def page_of(sign_on, act="", prefix=""):
    return f"{prefix}/status/{links.token('status', sign_on.pk)}/{act}"


def deliver():
    """Send what is queued for the mailboxes of a transfer."""
    for message in Message.objects.queued().filter(kind__startswith="contact_"):
        mail.deliver(message.pk)


def an_offer(client, mail_server, **fields):
    """A sign-on of Amina's, for which she has given a new address; and what the two mailboxes got."""
    sign_on = a_sign_on_of_amina(**fields)
    client.post(page_of(sign_on, "contact/"), {"email": NEW})
    deliver()
    return sign_on, {message["To"]: message for message in mail_server.messages}


def agree(client, mails):
    """Press the button behind the link of the old mailbox."""
    return client.post(link_in(mails[OLD], "stop"), {"agree": ""})


def told(transfer, ago):
    """Let the old mailbox have been told so long ago that the new one has confirmed."""
    then = timezone.now() - ago
    Message.objects.filter(pk=transfer.told_id).update(state="sent", sent_at=then)
    Transfer.objects.filter(pk=transfer.pk).update(taken_at=then)


def test_the_new_address_gets_a_link_to_confirm_and_the_old_one_a_link_to_stop_it(client, mail_server):
    sign_on, mails = an_offer(client, mail_server)

    sign_on.refresh_from_db()
    assert sign_on.email == OLD
    assert sorted(mails) == [OLD, NEW]
    found = [[path in text_of(mails[one]) for path in ("/contact/", "/stop/", "/status/")] for one in (OLD, NEW)]
    assert found == [[False, True, False], [True, False, False]]
    status = client.get(page_of(sign_on)).content.decode()
    assert f"we sent a link to <bdi>{NEW}</bdi>" in status


def test_until_the_old_mailbox_agrees_the_sign_on_stays_with_it_and_so_do_its_links(client, mail_server):
    sign_on, mails = an_offer(client, mail_server)
    earlier = page_of(sign_on)

    page = client.post(link_in(mails[NEW], "contact"), follow=True)
    deliver()
    jobs.sweep()

    sign_on.refresh_from_db()
    assert (sign_on.email, Transfer.objects.get().state, client.get(earlier).status_code) == (OLD, "taken", 200)
    assert ("You have confirmed" in page.content.decode(), "/status/" in page.content.decode()) == (True, False)
    asked = mail_server.messages[-1]
    assert (asked["To"], "72 hours" in text_of(asked)) == (OLD, True)
    assert "unless you stop it" in client.get(earlier).content.decode()
    stop = client.get(link_in(asked, "stop")).content.decode()
    assert ("Yes, this was me" in stop, "I object" in stop) == (True, True)


def test_when_the_old_mailbox_agrees_it_takes_effect_at_once(client, mail_server):
    sign_on, mails = an_offer(client, mail_server)
    client.post(link_in(mails[NEW], "contact"))

    page = client.post(link_in(mails[OLD], "stop"), {"agree": ""}, follow=True)
    agree(client, mails)
    deliver()

    sign_on.refresh_from_db()
    assert (sign_on.email, Transfer.objects.get().state) == (NEW, "done")
    assert "was changed" in page.content.decode()
    assert [one["To"] for one in mail_server.messages[2:]] == [OLD, NEW]


def test_a_hand_over_cannot_be_hastened(client):
    sign_on = a_sign_on_of_amina()
    transfer = Transfer.offer(sign_on, "successor", email=NEW, name="Basma", role="Head")
    transfer.take(links.token("successor", transfer.pk))

    client.post(f"/stop/{links.token('stop', transfer.pk)}/", {"agree": ""})

    sign_on.refresh_from_db()
    assert (sign_on.email, Transfer.objects.get().state) == (OLD, "taken")


@pytest.mark.parametrize(("ago", "holds"), [(timedelta(hours=71, minutes=59), OLD), (timedelta(hours=72), NEW)])
def test_if_the_old_mailbox_says_nothing_it_takes_effect_after_72_hours(client, mail_server, ago, holds):
    sign_on, mails = an_offer(client, mail_server)
    client.post(link_in(mails[NEW], "contact"))
    told(Transfer.objects.get(), ago)

    jobs.sweep()

    sign_on.refresh_from_db()
    assert sign_on.email == holds


def test_an_old_mailbox_that_is_dead_holds_nothing_up_and_moderators_see_it(client, mail_server):
    sign_on, mails = an_offer(client, mail_server)
    client.post(link_in(mails[NEW], "contact"))
    transfer = Transfer.objects.get()
    transfer.told.failed("550 unknown", is_final=True, bounce=Bounce(Kind.HARD, "5.1.1", "unknown"))
    client.force_login(a_moderator())
    desk = client.get(f"/moderation/sign-ons/{sign_on.pk}/").content.decode()
    Transfer.objects.update(taken_at=timezone.now() - timedelta(hours=72))

    jobs.sweep()

    sign_on.refresh_from_db()
    assert ("The mailbox that it leaves takes no mail" in desk, sign_on.email) == (True, NEW)


def test_the_old_mailbox_objects_while_it_waits_and_keeps_the_sign_on(client, mail_server):
    sign_on, mails = an_offer(client, mail_server)
    stolen = page_of(sign_on)
    client.post(link_in(mails[NEW], "contact"))
    told(Transfer.objects.get(), timedelta(hours=71))

    page = client.post(link_in(mails[OLD], "stop"), follow=True)
    told(Transfer.objects.get(), timedelta(days=9))
    jobs.sweep()

    sign_on.refresh_from_db()
    assert (sign_on.email, Transfer.objects.get().state, client.get(stolen).status_code) == (OLD, "objected", 410)
    assert "You objected" in page.content.decode()
    client.force_login(a_moderator())
    client.post(f"/moderation/transfers/{Transfer.objects.get().pk}/settle/", {"outcome": "stop", "note": "a thief"})
    assert Transfer.objects.values_list("state", "email").get() == ("stopped", "")
    assert (sign_on.messages.last().kind, sign_on.messages.last().recipient) == ("contact_stopped", NEW)


def test_an_objection_is_listed_until_it_is_settled_even_if_the_sign_on_was_withdrawn(client, mail_server):
    sign_on, mails = an_offer(client, mail_server)
    client.post(link_in(mails[NEW], "contact"))
    client.post(link_in(mails[OLD], "stop"))

    sign_on.refresh_from_db()
    sign_on.withdraw()

    client.force_login(a_moderator())
    assert "Somebody objects to a hand-over" in client.get("/moderation/").content.decode()
    pk = Transfer.objects.get().pk
    answer = client.post(f"/moderation/transfers/{pk}/settle/", {"note": "declined by phone"})
    assert answer.status_code == 302
    assert "Somebody objects to a hand-over" not in client.get("/moderation/").content.decode()


@pytest.mark.parametrize("is_erased", [False, True])
def test_one_can_object_to_what_is_done_though_the_sign_on_no_longer_stands(client, mail_server, is_erased):
    sign_on, mails = an_offer(client, mail_server)
    agree(client, mails)
    client.post(link_in(mails[NEW], "contact"))
    deliver()
    sign_on.refresh_from_db()
    sign_on.withdraw()
    if is_erased:
        sign_on.erase()
    stop = link_in(next(one for one in mail_server.messages[2:] if one["To"] == OLD), "stop")

    before = client.get(stop).content.decode()
    after = client.post(stop, follow=True).content.decode()

    assert ("I object" in before, "You objected" in after) == (True, True)
    assert [one.sign_on for one in Transfer.objects.objections()] == [sign_on]


def test_the_page_says_so_when_the_sign_on_was_withdrawn_while_it_waited(client, mail_server):
    sign_on, mails = an_offer(client, mail_server)
    client.post(link_in(mails[NEW], "contact"))
    sign_on.refresh_from_db()
    sign_on.withdraw()

    pages = [client.get(link_in(mails[OLD], "stop")), client.post(link_in(mails[OLD], "stop"), follow=True)]

    for page in pages:
        text = page.content.decode()
        assert ("no longer stands" in text, "on its way" in text, "all stays" in text) == (True, False, False)


def test_the_button_behind_the_link_changes_the_address_ends_earlier_links_and_tells_both(client, mail_server):
    sign_on, mails = an_offer(client, mail_server, website="https://www.new.example")
    earlier, offer = page_of(sign_on), link_in(mails[NEW], "contact")
    assert sign_on.email_says != evidence.of_email(NEW, sign_on.website)
    agree(client, mails)

    page = client.get(offer)
    answer = client.post(offer, follow=True)

    deliver()
    sign_on.refresh_from_db()
    assert (page.status_code, page.content.decode().count(NEW)) == (200, 1)
    assert (sign_on.email, sign_on.representative_name) == (NEW, "Amina Diallo")
    assert sign_on.email_says == evidence.of_email(NEW, sign_on.website)
    assert (answer.status_code, answer.redirect_chain[0][0].split("/")[1]) == (200, "status")
    old = client.get(earlier)
    assert (old.status_code, "This link no longer works" in old.content.decode()) == (410, True)
    told = [(one["To"], "/status/" in text_of(one)) for one in mail_server.messages[2:]]
    assert told == [(OLD, False), (NEW, True)]
    assert client.get(link_in(mail_server.messages[3], "status")).status_code == 200
    assert Transfer.objects.values_list("state", "email").get() == ("done", "")


def test_opening_the_links_ten_times_changes_nothing(client, mail_server):
    _sign_on, mails = an_offer(client, mail_server)
    before = Transfer.objects.values().get(), SignOn.objects.values().get()

    for _time in range(10):
        for link in (link_in(mails[NEW], "contact"), link_in(mails[OLD], "stop")):
            assert [client.get(link).status_code, client.head(link).status_code] == [200, 200]

    assert (Transfer.objects.values().get(), SignOn.objects.values().get()) == before


def test_a_second_click_says_that_it_is_done(client, mail_server):
    _sign_on, mails = an_offer(client, mail_server)
    offer = link_in(mails[NEW], "contact")
    agree(client, mails)
    client.post(offer)

    again = client.post(offer)

    assert (again.status_code, "This is done" in again.content.decode()) == (410, True)
    assert Message.objects.filter(kind="contact_changed").count() == 1


def test_the_old_mailbox_stops_it_and_gets_a_new_link_while_all_earlier_ones_end(client, mail_server):
    sign_on, mails = an_offer(client, mail_server)
    earlier, stop, offer = page_of(sign_on), link_in(mails[OLD], "stop"), link_in(mails[NEW], "contact")

    client.post(stop)

    late = client.post(offer)
    sign_on.refresh_from_db()
    assert (sign_on.email, late.status_code, client.get(earlier).status_code) == (OLD, 410, 410)
    assert "It was stopped" in late.content.decode()
    assert Transfer.objects.values_list("state", "email").get() == ("stopped", "")
    newest = sign_on.messages.last()
    assert (newest.kind, newest.recipient) == ("status", OLD)
    assert "There is nothing to stop" in client.get(stop).content.decode()


def test_the_status_page_stops_it_as_well(client, mail_server):
    sign_on, mails = an_offer(client, mail_server)

    asked = client.get(page_of(sign_on, "keep/"))
    page = client.post(page_of(sign_on, "keep/"), follow=True)

    assert asked.status_code == 200
    assert "The last change was stopped" in page.content.decode()
    assert client.post(link_in(mails[NEW], "contact")).status_code == 410


def test_the_old_mailbox_can_object_when_it_is_done_and_a_moderator_sees_it(client, mail_server):
    sign_on, mails = an_offer(client, mail_server)
    agree(client, mails)
    client.post(link_in(mails[NEW], "contact"))

    client.post(link_in(mails[OLD], "stop"))

    sign_on.refresh_from_db()
    assert sign_on.email == NEW
    client.force_login(a_moderator())
    assert "Somebody objects to a hand-over" in client.get("/moderation/").content.decode()
    desk = client.get(f"/moderation/sign-ons/{sign_on.pk}/").content.decode()
    assert "The mailbox that it leaves objects" in desk
    transfer = Transfer.objects.get()
    client.post(f"/moderation/transfers/{transfer.pk}/settle/", {"note": "spoke to her on the phone"})
    transfer.refresh_from_db()
    assert (transfer.settlement, transfer.is_objection, transfer.state) == ("spoke to her on the phone", False, "done")
    assert "Somebody objects to a hand-over" not in client.get("/moderation/").content.decode()


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("", "Enter the e-mail address."),
        ("AMINA@example.org", "We write to this address already."),
        ("amina at home", "Write the e-mail address as in"),
        ("a@b.example\nBcc: all@b.example", "Write the e-mail address as in"),
        ("a" * 300 + "@b.example", "at most 254"),
    ],
)
def test_a_wrong_address_is_explained_beside_the_field_and_comes_back(client, address, says):
    sign_on = a_sign_on_of_amina()

    page = client.post(page_of(sign_on, "contact/"), {"email": address})

    assert (page.status_code, says in page.content.decode()) == (422, True)
    assert page.context["form"]["email"].value() == address
    assert Transfer.objects.count() == 0


SUCCESSOR = {"name": "Basma Haddad", "role": "Head", "email": NEW.upper()}


@pytest.mark.parametrize(
    ("act", "asked", "take"),
    [("contact/", {"email": NEW.upper()}, {}), ("hand-over/", SUCCESSOR, {"declaration": "on"})],
)
def test_the_form_does_not_tell_whose_address_has_signed_but_the_mailbox_and_the_desk_are(client, act, asked, take):
    letter = a_letter()
    sign_on = a_sign_on(letter, "accepted", name="Al-Haq", email=OLD)
    other = a_sign_on(letter, "unconfirmed", name="Al Haq", email=NEW)

    page = client.post(page_of(sign_on, act), asked, follow=True)

    transfer = Transfer.objects.get()
    assert (page.redirect_chain[0][1], "same name" in page.content.decode()) == (302, False)
    assert set(sign_on.messages.filter(recipient__iexact=NEW).values_list("kind", flat=True)) == {
        "contact_offer" if act == "contact/" else "hand_over_offer"
    }
    clash = client.post(f"/{transfer.kind}/{links.token(transfer.kind, transfer.pk)}/", take)
    assert (clash.status_code, "You have signed yourself" in clash.content.decode()) == (409, True)
    client.force_login(a_moderator())
    desk = client.get(f"/moderation/sign-ons/{sign_on.pk}/").content.decode()
    assert "This address stands for another sign-on of this name" in desk
    assert f'href="/moderation/sign-ons/{other.pk}/"' in desk


@pytest.mark.parametrize(("act", "asked"), [("contact/", {"email": NEW}), ("hand-over/", SUCCESSOR)])
def test_the_same_offer_again_is_the_offer_that_is_open(client, settings, act, asked):
    settings.LIMIT_TRANSFERS = 1
    sign_on = a_sign_on_of_amina()

    answers = [client.post(page_of(sign_on, act), asked).status_code for _time in range(3)]

    transfer = Transfer.objects.get()
    assert (answers, transfer.state) == ([302] * 3, "offered")
    assert sign_on.messages.filter(kind__regex="_(offer|asked)$").count() == 2


@pytest.mark.django_db(transaction=True)
def test_two_identical_offers_at_once_are_one():
    sign_on, together, made = a_sign_on_of_amina(), threading.Barrier(2), []

    def ask():
        together.wait()
        try:
            made.append(Transfer.offer(SignOn.objects.get(pk=sign_on.pk), "contact", email=NEW).pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _one in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (len(made), len(set(made)), Transfer.objects.count()) == (2, 1, 1)
    assert sign_on.messages.filter(kind__startswith="contact_").count() == 2


def test_an_address_that_signs_for_the_same_name_meanwhile_is_told_when_it_confirms(client, mail_server):
    letter = a_letter()
    sign_on, mails = an_offer(client, mail_server, letter=letter, name="Al-Haq")
    other = a_sign_on(letter, "unconfirmed", name="Al Haq", email=NEW)
    offer = link_in(mails[NEW], "contact")
    agree(client, mails)

    clash = client.post(offer)
    other.withdraw()
    answer = client.post(offer)

    assert (clash.status_code, "You have signed yourself" in clash.content.decode()) == (409, True)
    sign_on.refresh_from_db()
    assert (answer.status_code, sign_on.email) == (302, NEW)


def test_the_link_to_confirm_expires_after_two_weeks_and_the_offer_with_it(client, mail_server, monkeypatch):
    sign_on, mails = an_offer(client, mail_server)
    later = timezone.now() + timedelta(days=14, minutes=1)
    monkeypatch.setattr(timezone, "now", lambda: later)

    late = client.post(link_in(mails[NEW], "contact"))
    jobs.carry_out_transfers()

    sign_on.refresh_from_db()
    assert (late.status_code, sign_on.email) == (410, OLD)
    assert Transfer.objects.values_list("state", "email").get() == ("lapsed", "")


def test_a_newer_address_takes_the_place_of_one_that_nobody_has_confirmed(client, mail_server):
    sign_on, mails = an_offer(client, mail_server)

    client.post(page_of(sign_on, "contact/"), {"email": "amina@third.example"})

    assert list(Transfer.objects.values_list("state", "email")) == [("lapsed", ""), ("offered", "amina@third.example")]
    assert client.post(link_in(mails[NEW], "contact")).status_code == 410


@pytest.mark.parametrize("act", ["withdraw", "decline"])
def test_it_lapses_when_the_sign_on_no_longer_stands(client, mail_server, act):
    sign_on, mails = an_offer(client, mail_server)

    sign_on.withdraw() if act == "withdraw" else sign_on.decline(Actor.moderator(a_moderator()), reason="other")

    assert Transfer.objects.values_list("state", "email").get() == ("lapsed", "")
    assert client.post(link_in(mails[NEW], "contact")).status_code == 410
    sign_on.refresh_from_db()
    assert sign_on.email == OLD


@pytest.mark.parametrize("state", ["unconfirmed", "withdrawn", "declined"])
def test_what_does_not_stand_goes_nowhere(client, state):
    sign_on = a_sign_on_of_amina(state)

    with pytest.raises(NotTransferable):
        Transfer.offer(sign_on, "contact", email=NEW)

    assert "Change your e-mail address" not in client.get(page_of(sign_on)).content.decode()
    assert client.post(page_of(sign_on, "contact/"), {"email": NEW}).status_code == 302
    assert Transfer.objects.count() == 0


def test_what_waits_to_be_sent_goes_to_the_new_address_and_what_speaks_to_the_old_one_does_not(client, mail_server):
    sign_on = a_sign_on_of_amina()
    Transfer.offer(sign_on, "contact", email=NEW)
    transfer = Transfer.objects.get()
    transfer.agree()

    transfer.take(links.token("contact", transfer.pk))

    assert list(sign_on.messages.values_list("kind", "recipient")) == [
        ("confirm", NEW),
        ("confirmed", NEW),
        ("accepted", NEW),
        ("contact_offer", NEW),
        ("contact_asked", OLD),
        ("contact_left", OLD),
        ("contact_changed", NEW),
    ]


def test_a_stranger_is_not_written_to_again_and_again(client, settings):
    settings.LIMIT_TRANSFERS = 1
    sign_on = a_sign_on_of_amina()
    client.post(page_of(sign_on, "contact/"), {"email": "a@b.example"})

    page = client.post(page_of(sign_on, "contact/"), {"email": "c@d.example"})

    assert (page.status_code, "many such requests" in page.content.decode()) == (422, True)
    assert Transfer.objects.get().email == "a@b.example"


def test_the_pages_speak_the_language_of_their_address(client, mail_server):
    sign_on, mails = an_offer(client, mail_server, language="ar")

    link = link_in(mails[NEW], "contact")

    assert link.startswith("/ar/contact/")
    assert 'dir="rtl"' in client.get(link).content.decode()
    agree(client, mails)
    client.post(link)
    sign_on.refresh_from_db()
    assert sign_on.language == "ar"


def test_the_database_refuses_a_second_open_transfer():
    sign_on = a_sign_on_of_amina()
    Transfer.offer(sign_on, "contact", email=NEW)

    with pytest.raises(IntegrityError):
        Transfer.objects.create(sign_on=sign_on, kind="contact", email="x@y.example", language="en")


def test_the_database_refuses_to_keep_the_data_of_an_ended_one():
    Transfer.offer(a_sign_on_of_amina(), "contact", email=NEW)

    with pytest.raises(IntegrityError):
        Transfer.objects.update(state="stopped")
