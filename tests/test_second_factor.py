"""The second factor: required of whoever sees personal data, added, removed, used."""

import re

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User

from audit.models import Entry
from demo import authenticator
from signatories.models import Message
from tests.conftest import DeskClient
from tests.door import give_code, give_password, sign_in
from tests.factories import PASSWORD, a_moderator, a_user

pytestmark = pytest.mark.django_db
EXPLAINED = "/moderation/account/second-factor/"
ADD = "/moderation/account/app/add/"


def acts():
    return [(entry.act, entry.detail) for entry in Entry.objects.order_by("number")]


def add_an_app(client):
    """Add an app, and return the answer and its secret."""
    secret = re.search(r'<code class="secret">([A-Z2-7]+)</code>', client.get(ADD).content.decode())[1]
    return client.post(ADD, {"code": authenticator.code(secret)}), secret


@pytest.mark.parametrize("role", ["moderator", "secretariat", "administrator"])
def test_a_password_alone_opens_neither_desk_nor_admin(client, role):
    user = a_user(role)
    User.objects.filter(pk=user.pk).update(is_staff=True)
    give_password(client, user.username)

    for address in ("/moderation/", "/moderation/letters/", "/moderation/account/", "/admin/", "/admin/letter/letter/"):
        for answer in (client.get(address), client.post(address)):
            assert (answer.status_code, answer["Location"].split("?")[0]) == (302, EXPLAINED)
    assert client.get(EXPLAINED).status_code == 200


def test_a_superuser_is_asked_too(client):
    User.objects.create_superuser("root", password=PASSWORD)
    give_password(client, "root")

    assert client.get("/admin/")["Location"] == f"{EXPLAINED}?next=%2Fadmin%2F"


@pytest.mark.django_db(transaction=True)
def test_a_reader_needs_none_and_may_have_one(client):
    user = a_user("reader")
    give_password(client, user.username)

    assert client.get("/moderation/").status_code == 200
    add_an_app(client)
    client.post("/moderation/sign-out/")
    assert give_password(client, user.username)["Location"] == "/moderation/sign-in/code/"


def test_nobody_is_kept_from_signing_out(client):
    give_password(client, a_user("moderator").username)

    assert client.post("/moderation/sign-out/")["Location"] == "/moderation/sign-in/"


@pytest.mark.django_db(transaction=True)
def test_an_app_is_added_right_after_the_password_and_opens_the_desk(client):
    user = a_user("moderator")
    User.objects.filter(pk=user.pk).update(email="amina@example.org")
    give_password(client, user.username)

    added, secret = add_an_app(client)
    codes = client.get(added["Location"]).content.decode()
    again = client.get(added["Location"]).content.decode()

    shown = re.findall(r"<code>(\d{8})</code>", codes)
    assert (added["Location"], len(shown)) == ("/moderation/account/codes/", 10)
    assert re.findall(r"<code>", again) == []
    assert client.get("/moderation/").status_code == 200
    assert acts()[1:] == [("add_factor", {"kind": "totp"}), ("add_factor", {"kind": "recovery_codes"})]
    assert "An authenticator app was added." in Message.objects.get(kind="account_changed").text
    assert secret in str(Authenticator.objects.get(user=user, type="totp").data)

    client.post("/moderation/sign-out/")
    give_password(client, user.username)
    assert client.post("/moderation/sign-in/code/", {"code": shown[0]})["Location"] == "/moderation/"
    client.post("/moderation/sign-out/")
    give_password(client, user.username)
    assert client.post("/moderation/sign-in/code/", {"code": shown[0]}).status_code == 200


def test_a_wrong_code_adds_nothing_and_the_secret_stays_what_was_scanned(client):
    give_password(client, a_user("moderator").username)
    before = client.get(ADD).context["form"].secret

    wrong = client.post(ADD, {"code": "12345"})

    assert "This code is not right" in wrong.content.decode()
    assert wrong.context["form"].secret == client.get(ADD).context["form"].secret == before
    assert Authenticator.objects.count() == 0


def test_a_session_that_knows_only_the_password_cannot_add_a_second_factor_beside_the_first(client):
    user = a_user("moderator")
    give_password(client, user.username)
    # Meanwhile, in another browser:
    Authenticator.objects.create(user=user, type="totp", data={"secret": authenticator.SECRET})

    for address in (ADD, "/moderation/account/passkeys/add/", "/moderation/account/again/password/", "/moderation/"):
        assert client.get(address)["Location"].startswith(EXPLAINED)
    assert "Type a code" in client.get(EXPLAINED).content.decode()


def test_such_a_session_is_opened_by_a_code(client):
    user = a_user("moderator")
    give_password(client, user.username)
    Authenticator.objects.create(user=user, type="totp", data={"secret": authenticator.SECRET})

    page = client.get("/moderation/account/again/code/?next=/moderation/")
    opened = client.post("/moderation/account/again/code/", {"code": authenticator.code(), "next": "/moderation/"})

    assert page.status_code == 200
    assert opened["Location"] == "/moderation/"
    assert client.get("/moderation/").status_code == 200


def test_a_factor_is_removed_only_by_whoever_shows_again_who_they_are(client):
    user = a_moderator()
    sign_in(client, user)
    remove = "/moderation/account/app/remove/"

    asked = client.get(remove)
    client.post(asked["Location"], {"password": PASSWORD})
    removed = client.post(remove)

    assert asked["Location"] == f"/moderation/account/again/password/?next={remove.replace('/', '%2F')}"
    assert removed["Location"] == "/moderation/account/"
    assert client.get("/moderation/")["Location"].startswith(EXPLAINED)
    assert acts()[-1] == ("remove_factor", {"kind": "totp"})


@pytest.mark.django_db(transaction=True)
def test_new_recovery_codes_end_the_old_ones(client):
    user = a_user("moderator")
    give_password(client, user.username)
    add_an_app(client)
    renew = "/moderation/account/codes/renew/"

    before = client.get("/moderation/account/codes/").context["unused_codes"]
    renewed = client.post(renew)
    after = client.get("/moderation/account/codes/").context["unused_codes"]

    assert (client.get(renew).status_code, renewed["Location"]) == (200, "/moderation/account/codes/")
    assert (len(before), len(after), set(before) & set(after)) == (10, 10, set())
    assert acts()[-1] == ("renew_recovery_codes", {})


def test_the_account_page_says_what_there_is(client):
    client.force_login(a_moderator())

    page = client.get("/moderation/account/").content.decode()

    assert "Remove the authenticator app" in page
    assert "Add a passkey" in page


def test_a_second_session_is_asked_for_a_code_of_its_own(client):
    user = a_moderator()
    sign_in(client, user)
    other = DeskClient()

    give_password(other, user.username)

    assert other.get("/moderation/").status_code == 302
    assert give_code(other, steps=1)["Location"] == "/moderation/"


def test_after_a_while_the_password_is_asked_for_before_the_first_factor_is_added(client):
    user = a_user("moderator")
    give_password(client, user.username)
    assert client.get(ADD).status_code == 200
    session = client.session
    session["account_authentication_methods"][0]["at"] -= 601
    session.save()

    asked = client.get(ADD)
    client.post(asked["Location"], {"password": PASSWORD})

    assert asked["Location"].startswith("/moderation/account/again/password/")
    assert client.get(ADD).status_code == 200


def test_a_passkey_is_renamed_and_removed_by_its_owner_alone(client):
    user, other = a_moderator(), a_moderator()
    keys = [
        Authenticator.objects.create(user=owner, type="webauthn", data={"name": "Phone", "credential": {}})
        for owner in (user, other)
    ]
    client.force_login(user)
    mine, theirs = (f"/moderation/account/passkeys/{key.pk}" for key in keys)

    pages = [client.get(f"{mine}/{act}/").content.decode().count("<h1") for act in ("name", "remove")]
    client.post(f"{mine}/name/", {"name": "Key on my ring"})
    renamed = client.get("/moderation/account/").content.decode()
    client.post(f"{mine}/remove/")
    answers = [client.post(f"{theirs}/{act}/", {"name": "Mine"}).status_code for act in ("name", "remove")]

    assert (pages, answers) == ([1, 1], [404, 404])
    assert "<bdi>Key on my ring</bdi>" in renamed
    assert [one.pk for one in Authenticator.objects.filter(type="webauthn")] == [keys[1].pk]
    assert acts()[-1] == ("remove_factor", {"kind": "webauthn"})
