"""Invitations: by e-mail, for a week, once."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Invitation, NotOpen
from accounts.roles import roles_of
from audit.models import Entry
from signatories import mail
from signatories.models import Message
from tests.door import give_password
from tests.factories import PASSWORD, a_moderator, a_user

pytestmark = pytest.mark.django_db
AMINA = {"name": "Amina Diallo", "email": "amina@example.org", "roles": ["moderator", "secretariat"]}
ACCEPTED = {"name": "Amina Diallo", "password": "four quite random words"}


@pytest.fixture
def desk(client):
    client.administrator = a_moderator("administrator")
    client.force_login(client.administrator)
    return client


def an_invitation(**fields):
    return Invitation.invite(None, **AMINA | fields)


def link_of(invitation):
    return f"/moderation/invitation/{invitation.token}/"


def address_in(message):
    return re.search(r"https://letters.example.org(/\S+)", mail.envelope(message).body)[1]


def acts():
    return [(entry.act, entry.by, entry.subject_label, entry.detail) for entry in Entry.objects.order_by("number")]


def test_an_administrator_invites_and_the_invited_makes_an_account(desk, client):
    invited = desk.post("/moderation/people/invite/", AMINA)
    message = Message.objects.get(kind="invitation")
    invitation = Invitation.objects.get()
    desk.post("/moderation/sign-out/")
    page = client.get(address_in(message))
    accepted = client.post(address_in(message), ACCEPTED)

    assert (invited["Location"], message.recipient) == ("/moderation/people/", "amina@example.org")
    assert "moderator, secretariat" in page.content.decode()
    user = User.objects.get(email="amina@example.org")
    assert (user.username, user.first_name, user.is_staff) == ("amina-diallo", "Amina Diallo", True)
    assert roles_of(user) == ["moderator", "secretariat"]
    assert accepted["Location"] == "/moderation/"
    assert client.get("/moderation/")["Location"].startswith("/moderation/account/second-factor/")
    assert client.get("/moderation/account/app/add/").status_code == 200
    names = (client.administrator.username, "amina-diallo")
    label = f"invitation {invitation.pk}"
    assert [act for act in acts() if act[0] not in ("sign_in", "sign_out")] == [
        ("invite", names[0], label, {"roles": ["moderator", "secretariat"]}),
        ("accept_invitation", names[1], label, {"roles": ["moderator", "secretariat"]}),
    ]


def test_the_link_alone_does_nothing(client):
    invitation = an_invitation()

    for _time in range(3):
        client.get(link_of(invitation))

    assert User.objects.count() == 0
    assert Invitation.objects.get().accepted_at is None


def test_an_invitation_is_accepted_once(client):
    invitation = an_invitation()
    client.post(link_of(invitation), ACCEPTED)
    client.post("/moderation/sign-out/")

    answers = [client.get(link_of(invitation)), client.post(link_of(invitation), ACCEPTED)]

    assert [one.status_code for one in answers] == [410, 410]
    assert User.objects.count() == 1


def test_an_invitation_is_good_for_a_week(client):
    invitation = an_invitation()
    Invitation.objects.update(sent_at=timezone.now() - timedelta(days=6, hours=23))
    invitation.refresh_from_db()
    assert client.get(link_of(invitation)).status_code == 200

    Invitation.objects.update(sent_at=timezone.now() - timedelta(days=7))
    invitation.refresh_from_db()

    assert client.get(link_of(invitation)).status_code == 410
    assert client.post(link_of(invitation), ACCEPTED).status_code == 410
    assert User.objects.count() == 0


def test_sent_again_it_is_good_for_another_week_and_the_first_link_is_void(desk):
    invitation = an_invitation()
    Invitation.objects.update(sent_at=timezone.now() - timedelta(days=8))
    invitation.refresh_from_db()
    first = link_of(invitation)

    desk.post(f"/moderation/people/invitations/{invitation.pk}/resend/")

    invitation.refresh_from_db()
    assert (desk.get(first).status_code, desk.get(link_of(invitation)).status_code) == (410, 200)
    assert [one.state for one in Message.objects.order_by("pk")] == ["dropped", "queued"]


def test_taken_back_it_leads_nowhere_and_its_message_is_not_sent(desk):
    invitation = an_invitation()

    desk.post(f"/moderation/people/invitations/{invitation.pk}/revoke/")
    again = desk.post(f"/moderation/people/invitations/{invitation.pk}/revoke/", follow=True)

    assert desk.get(link_of(invitation)).status_code == 410
    assert Message.objects.get().state == "dropped"
    assert "taken back meanwhile" in again.content.decode()
    assert [act for act, *_rest in acts()] == ["invite", "revoke_invitation"]


@pytest.mark.parametrize("token", ["nonsense", "1-2:abc", "99-1", "1"])
def test_a_forged_link_leads_nowhere(client, token):
    an_invitation()

    assert client.get(f"/moderation/invitation/{token}/").status_code == 410


def test_the_token_is_nowhere_stored_and_not_in_the_logs():
    from config.logs import WithoutLinks

    invitation = an_invitation()
    message = Message.objects.get()
    signature = invitation.token.partition(":")[2]

    assert signature in mail.envelope(message).body
    assert signature not in message.text + message.html
    assert WithoutLinks.blank(f"Gone: {link_of(invitation)}") == "Gone: /moderation/invitation/…/"


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        ({"email": "taken@example.org"}, "Somebody has an account with this address."),
        ({"email": "Invited@example.org"}, "This person is invited already."),
        ({"email": "nobody"}, "Enter a valid email address."),
        ({"roles": []}, "Choose at least one role."),
        ({"roles": ["king"]}, "Select a valid choice."),
        ({"name": "Amina\u202eDiallo"}, "character"),
    ],
)
def test_what_cannot_be_invited_is_said_and_nothing_is_sent(desk, typed, complaint):
    user = a_user("reader")
    User.objects.filter(pk=user.pk).update(email="taken@example.org")
    an_invitation(email="invited@example.org")

    refused = desk.post("/moderation/people/invite/", AMINA | typed)

    assert (refused.status_code, complaint in refused.content.decode()) == (422, True)
    assert Invitation.objects.count() == Message.objects.count() == 1


def test_the_database_keeps_one_open_invitation_for_an_address():
    an_invitation()

    with pytest.raises(IntegrityError, match="one_invitation_at_a_time"), transaction.atomic():
        an_invitation(email="AMINA@example.org")


def test_an_account_that_was_made_meanwhile_is_not_made_twice():
    invitation = an_invitation()
    User.objects.create_user("amina", "amina@example.org")

    with pytest.raises(NotOpen):
        invitation.accept(**ACCEPTED)


@pytest.mark.parametrize(
    ("password", "complaint"),
    [("short", "at least 12"), ("1qaz2wsx3edc", "too common"), ("amina@example.org", "too similar")],
)
def test_a_password_is_held_to_the_rules(client, password, complaint):
    invitation = an_invitation()

    refused = client.post(link_of(invitation), ACCEPTED | {"password": password})

    assert (refused.status_code, complaint in refused.content.decode()) == (422, True)
    assert User.objects.count() == 0


def test_two_of_one_name_get_two_usernames(client):
    for number in (1, 2):
        an_invitation(email=f"amina{number}@example.org", name="Амина Диалло").accept(
            name="Амина Диалло", password=PASSWORD
        )

    assert list(User.objects.order_by("pk").values_list("username", flat=True)) == ["амина-диалло", "амина-диалло-2"]


def test_whoever_accepted_signs_in_by_address(client):
    an_invitation(roles=["reader"]).accept(**ACCEPTED)

    assert give_password(client, "amina@example.org", ACCEPTED["password"])["Location"] == "/moderation/"


def test_the_first_administrator_is_invited_at_the_command_line(client, capsys):
    call_command("invite", "amina@example.org", name="Amina Diallo", print=True)
    link = capsys.readouterr().out.strip()
    client.post(link.removeprefix("https://letters.example.org"), ACCEPTED)

    assert Message.objects.count() == 0
    assert roles_of(User.objects.get()) == ["administrator"]


def test_at_the_command_line_too_nobody_is_invited_twice():
    call_command("invite", "amina@example.org", name="Amina Diallo", role=["reader"])

    assert Message.objects.get().recipient == "amina@example.org"
    with pytest.raises(CommandError, match="invited already"), transaction.atomic():
        call_command("invite", "amina@example.org", name="Amina Diallo")
    with pytest.raises(CommandError, match="Enter a valid"):
        call_command("invite", "amina", name="Amina Diallo")
