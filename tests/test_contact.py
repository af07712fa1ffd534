"""The same person, another address: offered on the status page, confirmed in the new mailbox, stopped by the old."""

from datetime import timedelta

import pytest
from django.db import IntegrityError
from django.utils import timezone

from signatories import evidence, jobs, links, mail
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


def test_the_new_address_gets_a_link_to_confirm_and_the_old_one_a_link_to_stop_it(client, mail_server):
    sign_on, mails = an_offer(client, mail_server)

    sign_on.refresh_from_db()
    assert sign_on.email == OLD
    assert sorted(mails) == [OLD, NEW]
    found = [[path in text_of(mails[one]) for path in ("/contact/", "/stop/", "/status/")] for one in (OLD, NEW)]
    assert found == [[False, True, False], [True, False, False]]
    status = client.get(page_of(sign_on)).content.decode()
    assert f"we sent a link to <bdi>{NEW}</bdi>" in status


def test_the_button_behind_the_link_changes_the_address_ends_earlier_links_and_tells_both(client, mail_server):
    sign_on, mails = an_offer(client, mail_server, website="https://www.new.example")
    earlier, offer = page_of(sign_on), link_in(mails[NEW], "contact")
    assert sign_on.email_says != evidence.of_email(NEW, sign_on.website)

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


def test_an_address_with_a_live_sign_on_of_the_same_name_is_refused_and_said_why(client):
    letter = a_letter()
    sign_on = a_sign_on(letter, name="Al-Haq", email=OLD)
    a_sign_on(letter, "unconfirmed", name="Al Haq", email=NEW)

    page = client.post(page_of(sign_on, "contact/"), {"email": NEW.upper()})

    assert (page.status_code, "an organisation of the same name" in page.content.decode()) == (422, True)
    assert Transfer.objects.count() == 0


def test_an_address_that_signs_for_the_same_name_meanwhile_is_told_when_it_confirms(client, mail_server):
    letter = a_letter()
    sign_on, mails = an_offer(client, mail_server, letter=letter, name="Al-Haq")
    other = a_sign_on(letter, "unconfirmed", name="Al Haq", email=NEW)
    offer = link_in(mails[NEW], "contact")

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
