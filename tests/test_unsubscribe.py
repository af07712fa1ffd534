"""Whoever does not want to be invited says so with one click, and is left alone (RFC 8058)."""

import pytest
from django.test import Client
from django.utils.crypto import get_random_string

from audit.models import Entry
from signatories import jobs, links, mail
from signatories.models import DoNotContact, InvitationRound, KeyHasChanged, Message
from signatories.models.do_not_contact import address_key
from tests.factories import a_letter, a_moderator, a_round, a_sign_on, an_invitation

pytestmark = pytest.mark.django_db

ADDRESS = "office@odhikar.example"
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def page_of(invitation):
    return f"/unsubscribe/{links.token('unsubscribe', invitation.pk)}/"


def state_of(invitation):
    """Whether they want no more of this letter, and of any."""
    invitation.refresh_from_db()
    return invitation.unsubscribed_at is not None, invitation.is_on_the_list


@pytest.fixture
def desk(client):
    """Somebody of the secretariat, signed in."""
    client.user = a_moderator("secretariat")
    client.force_login(client.user)
    return client


# ── the mailbox's button ──


def test_each_invitation_and_reminder_has_the_headers_that_make_a_mailbox_show_a_button(mail_server):
    invitation = an_invitation()
    invitation._queue("member_reminder")
    for message in invitation.messages.all():
        mail.deliver(message.pk)

    found = mail_server.messages

    assert len(found) == 2
    for message in found:
        assert message.get_all("List-Unsubscribe-Post") == ["List-Unsubscribe=One-Click"]
        (header,) = (one.strip() for one in message.get_all("List-Unsubscribe"))
        # One https address, and no other scheme beside it (RFC 8058, 3.1).
        assert header.startswith("<https://letters.example.org/unsubscribe/")
        assert header.endswith("/>")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("List-Unsubscribe=One-Click", "application/x-www-form-urlencoded"),
        ('--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n',
         'multipart/form-data; boundary="b"'),
    ],
)  # fmt: skip
@pytest.mark.parametrize("language", ["", "/ar"])
def test_one_post_without_cookie_or_any_other_context_is_enough(mail_server, body, kind, language):
    invitation = an_invitation(language="ar" if language else "en")
    mail.deliver(invitation.messages.get().pk)
    (message,) = mail_server.messages
    address = message["List-Unsubscribe"].strip(" <>").removeprefix("https://letters.example.org")

    answer = Client(enforce_csrf_checks=True).post(address, body, content_type=kind)

    assert address.startswith(f"{language}/unsubscribe/")
    assert (answer.status_code, dict(answer.cookies), answer.get("Location")) == (200, {}, None)
    assert state_of(invitation) == (True, True)


def test_one_click_twice_is_as_good_as_once(client):
    invitation = an_invitation()

    answers = [client.post(page_of(invitation), ONE_CLICK).status_code for _turn in range(2)]

    assert answers == [200, 200]
    assert state_of(invitation) == (True, True)
    assert DoNotContact.objects.count() == 1


def test_messages_that_are_no_invitation_have_no_such_button(mail_server):
    sign_on = a_sign_on(state="unconfirmed")
    mail.deliver(sign_on.messages.get().pk)

    (message,) = mail_server.messages

    assert (message["List-Unsubscribe"], message["List-Unsubscribe-Post"]) == (None, None)


# ── the page ──


@pytest.mark.parametrize(("button", "state"), [("letter", (True, False)), ("all", (True, True))])
def test_a_person_chooses_between_this_letter_and_all(client, button, state):
    invitation = an_invitation()
    page = page_of(invitation)

    seen = client.get(page)
    before = state_of(invitation)
    answer = client.post(page, {button: ""}, follow=True)

    assert (seen.status_code, before) == (200, (False, False))
    assert state_of(invitation) == state
    assert (answer.status_code, dict(answer.cookies)) == (200, {})
    assert 'role="status"' in answer.content.decode()


def test_what_was_a_mistake_is_taken_back(client):
    invitation = an_invitation()
    client.post(page_of(invitation), ONE_CLICK)

    client.post(page_of(invitation), {"again": ""})

    assert state_of(invitation) == (False, False)


def test_what_the_desk_has_said_is_not_taken_back_by_a_link(client):
    invitation = an_invitation()
    DoNotContact.add_address(ADDRESS, user=a_moderator(), note="e-mail of 3 May")
    client.post(page_of(invitation), {"letter": ""})

    client.post(page_of(invitation), {"again": ""})

    assert state_of(invitation) == (False, True)


def test_a_post_that_says_nothing_does_nothing(client):
    invitation = an_invitation()

    client.post(page_of(invitation))
    client.post(page_of(invitation), {"List-Unsubscribe": "Two-Clicks"})

    assert state_of(invitation) == (False, False)


def test_the_link_works_after_the_address_was_erased(client):
    invitation = an_invitation()
    invitation.erase()

    client.post(page_of(invitation), {"all": ""})

    assert DoNotContact.objects.among([ADDRESS, "other@odhikar.example"]) == {ADDRESS}


# ── what the list does ──


def test_what_still_waits_is_not_sent_to_whoever_unsubscribes_for_whatever_letter(client):
    one, other = an_invitation(), an_invitation()
    somebody = an_invitation(one.letter, "MADRE", "office@madre.example")

    client.post(page_of(one), {"all": ""})

    states = {message.member_invitation_id: message.state for message in Message.objects.invitations()}
    assert states == {one.pk: "dropped", other.pk: "dropped", somebody.pk: "queued"}


def test_who_leaves_one_letter_is_still_invited_to_another(client):
    invitation = an_invitation()
    client.post(page_of(invitation), {"letter": ""})

    other = an_invitation(a_letter())

    assert other.messages.get().state == "queued"


@pytest.mark.parametrize(
    ("address", "is_listed"),
    [
        ("office@odhikar.example", True),
        (" OFFICE@Odhikar.Example ", True),
        ("director@odhikar.example", False),
        ("info@silent.example", True),
        ("info@mail.silent.example", True),
        ("info@notsilent.example", False),
        ("info@bücher.example", True),
    ],
)
def test_addresses_are_known_in_any_spelling_and_domains_with_all_below_them(address, is_listed):
    DoNotContact.add_address(ADDRESS)
    for domain in ("silent.example", "xn--bcher-kva.example"):
        DoNotContact.add_domain(domain, user=a_moderator())

    assert DoNotContact.objects.among([address]) == ({address} if is_listed else set())


def test_the_list_names_nobody():
    DoNotContact.add_address(ADDRESS)

    row = DoNotContact.objects.values().get()

    assert "odhikar" not in str(row)
    assert row["address_key"] == address_key(ADDRESS)


def test_with_another_secret_key_nobody_is_written_to_rather_than_somebody_who_asked_not_to_be(desk, settings):
    letter = a_letter()
    waiting, sent = a_round(letter, is_sent=False), an_invitation(letter)
    DoNotContact.add_address("quiet@example.org")
    seen = waiting.seen
    settings.SECRET_KEY = get_random_string(60)
    desk.force_login(desk.user)

    with pytest.raises(KeyHasChanged):
        DoNotContact.objects.among([ADDRESS])
    desk.post(f"/moderation/invitations/rounds/{waiting.pk}/send/", {"seen": seen})
    page = desk.get("/moderation/do-not-contact/").content.decode()
    jobs.remind_members()

    assert InvitationRound.objects.get(pk=waiting.pk).sent_at is None
    assert "was listed under another SECRET_KEY" in page
    assert sent.messages.count() == 1


# ── by hand ──


def test_the_desk_puts_an_address_and_a_domain_on_the_list_and_sees_counts_only(desk):
    invitation = an_invitation()
    address = "/moderation/do-not-contact/"

    desk.post(address, {"whom": ADDRESS, "note": "e-mail of 3 May"})
    desk.post(address, {"whom": "Bücher.example", "note": "letter of 4 May"})
    DoNotContact.add_address("quiet@example.org")
    page = desk.get(address)

    assert page.context["counts"] == {"by_themselves": 1, "by_the_desk": 1, "domains": 1, "unreadable": 0}
    assert "<bdi>xn--bcher-kva.example</bdi>" in page.content.decode()
    assert ADDRESS not in page.content.decode()
    assert invitation.messages.get().state == "dropped"
    entries = Entry.objects.filter(act="do not contact").order_by("number")
    assert [entry.detail for entry in entries] == [
        {"note": "e-mail of 3 May"},
        {"domain": "xn--bcher-kva.example", "note": "letter of 4 May"},
    ]


@pytest.mark.parametrize("whom", ["", "nobody@", "a b@example.org", "no domain", "localhost", "exa\x00mple.org"])
def test_what_is_neither_address_nor_domain_is_refused_beside_the_field(desk, whom):
    answer = desk.post("/moderation/do-not-contact/", {"whom": whom, "note": "e-mail of 3 May"})

    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"whom"}
    assert 'value="e-mail of 3 May"' in answer.content.decode()
    assert not DoNotContact.objects.exists()


def test_the_desk_takes_an_address_or_a_domain_off_the_list_and_says_why(desk):
    DoNotContact.add_address(ADDRESS)
    domain = DoNotContact.add_domain("silent.example", user=desk.user)

    refused = desk.post("/moderation/do-not-contact/remove/", {"address": ADDRESS, "wish": ""})
    desk.post("/moderation/do-not-contact/remove/", {"address": ADDRESS.upper(), "wish": "e-mail of 5 May"})
    desk.post("/moderation/do-not-contact/remove/", {"address": "other@example.org", "wish": "e-mail of 5 May"})
    desk.post(f"/moderation/do-not-contact/{domain.pk}/remove/")

    assert refused.status_code == 422
    assert not DoNotContact.objects.exists()
    entries = Entry.objects.filter(act="may be contacted").order_by("number")
    assert [entry.detail for entry in entries] == [{"note": "e-mail of 5 May"}, {"domain": "silent.example"}]


def test_whoever_was_taken_off_is_invited_again_by_the_next_file():
    DoNotContact.add_address(ADDRESS)
    DoNotContact.remove_address(ADDRESS, user=a_moderator(), note="they asked")

    assert an_invitation().messages.get().recipient == ADDRESS
