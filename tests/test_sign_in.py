"""The door: password and code, what is counted, and a forgotten password."""

import re

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import connection

from accounts import adapter, people
from audit.models import Entry
from demo import authenticator
from signatories import mail
from signatories.models import LimitRule, Message
from tests.door import give_code, give_password, sign_in
from tests.factories import PASSWORD, a_letter, a_moderator, a_sign_on, a_user

pytestmark = pytest.mark.django_db


def acts():
    return [(entry.act, entry.by, entry.detail) for entry in Entry.objects.order_by("number")]


def address_in(message):
    """The link in a message as it is sent."""
    return re.search(r"https://letters.example.org(/\S+)", mail.envelope(message).body)[1]


def test_who_is_not_signed_in_is_sent_to_the_door(client):
    sign_on = a_sign_on()

    for address in ("/moderation/", f"/moderation/sign-ons/{sign_on.pk}/", "/moderation/people/"):
        response = client.get(address)

        assert (response.status_code, response["Location"]) == (302, f"/moderation/sign-in/?next={address}")


def test_a_moderator_signs_in_with_password_and_code_and_out(client):
    user = a_moderator()

    password = give_password(client, user.username)
    code = give_code(client)
    queue = client.get("/moderation/")
    signed_out = client.post("/moderation/sign-out/")

    assert [one["Location"] for one in (password, code, signed_out)] == [
        "/moderation/sign-in/code/",
        "/moderation/",
        "/moderation/sign-in/",
    ]
    assert (queue.status_code, client.get("/moderation/").status_code) == (200, 302)
    assert acts() == [("sign_in", user.username, {"by": ["password", "mfa"]}), ("sign_out", user.username, {})]


def test_one_signs_in_by_e_mail_address_too_and_comes_to_the_page_that_was_asked_for(client):
    user = a_moderator()
    User.objects.filter(pk=user.pk).update(email="amina@example.org")

    give_password(client, "Amina@Example.org", next="/moderation/record/")

    assert give_code(client)["Location"] == "/moderation/record/"


def test_the_door_leads_to_no_other_site(client):
    user = a_user("reader")

    assert give_password(client, user.username, next="https://elsewhere.example/")["Location"] == "/moderation/"


@pytest.mark.parametrize("login", ["nobody", "nobody@example.org"])
def test_a_wrong_name_and_a_wrong_password_are_answered_alike(client, login):
    known = give_password(client, a_moderator().username, "wrong").content.decode()
    unknown = give_password(client, login, "wrong").content.decode()

    words = "Username and password do not belong together."
    assert (known.count(words), unknown.count(words)) == (1, 1)


def test_a_code_works_once_also_in_its_next_half_minute(client):
    user = a_moderator()
    sign_in(client, user, steps=1)
    client.post("/moderation/sign-out/")
    # As the library forgets it, after thirty seconds.
    cache.delete(f"allauth.mfa.totp.used?user={user.pk}&code={authenticator.code(steps=1)}")

    again = sign_in(client, user, steps=1)

    assert again.status_code == 200
    assert "was used before" in again.content.decode()


def test_signing_in_is_limited_for_an_account_from_all_networks_together_and_the_refusal_is_on_record_once(
    client, monkeypatch
):
    monkeypatch.setattr(adapter, "ATTEMPTS_TO_ACCOUNT", 4)
    user = a_moderator()
    for number in range(4):
        client.defaults["REMOTE_ADDR"] = f"192.0.2.{number}"
        give_password(client, user.username, "wrong")

    client.defaults["REMOTE_ADDR"] = "192.0.2.5"
    refused = [give_password(client, user.username) for _attempt in range(3)]

    assert {"many attempts" in one.content.decode() for one in refused} == {True}
    assert acts() == [("refuse_sign_in", "", {"of": "account"})]


def test_thirty_wrong_passwords_shut_out_the_network_that_gave_them_and_not_the_owner_of_the_account(client):
    user = a_moderator()
    client.defaults["REMOTE_ADDR"] = "203.0.113.9"
    for _attempt in range(30):
        give_password(client, user.username, "wrong")
    there = [give_password(client, user.username) for _attempt in range(3)]
    client.defaults["REMOTE_ADDR"] = "203.0.113.10"

    elsewhere = give_password(client, user.username)

    assert {"many attempts" in one.content.decode() for one in there} == {True}
    assert elsewhere["Location"] == "/moderation/sign-in/code/"
    assert acts() == [("refuse_sign_in", "", {"of": "network"})]


def test_signing_in_is_limited_for_a_network_behind_the_proxies(client, settings):
    settings.PROXY_HOPS = 1
    attacker = {"HTTP_X_FORWARDED_FOR": "203.0.113.9"}
    for number in range(30):
        client.post("/moderation/sign-in/", {"login": f"nobody{number}", "password": "wrong"}, **attacker)
    user = a_moderator()
    typed = {"login": user.username, "password": PASSWORD}

    there = client.post("/moderation/sign-in/", typed, **attacker)
    elsewhere = client.post("/moderation/sign-in/", typed, HTTP_X_FORWARDED_FOR="203.0.113.10")

    assert "many attempts" in there.content.decode()
    assert elsewhere["Location"] == "/moderation/sign-in/code/"


def test_wrong_codes_are_limited_and_the_right_one_no_longer_helps(client):
    give_password(client, a_moderator().username)
    for _attempt in range(20):
        client.post("/moderation/sign-in/code/", {"code": "nonsense"})

    assert "many wrong codes" in give_code(client).content.decode()


def test_what_is_counted_names_nobody(client):
    user = a_moderator()
    User.objects.filter(pk=user.pk).update(email="amina@example.org")
    client.post("/moderation/password/", {"email": "amina@example.org"}, REMOTE_ADDR="198.51.100.7")

    with connection.cursor() as cursor:
        cursor.execute("SELECT cache_key, value FROM accounts_cache")
        rows = cursor.fetchall()

    assert rows
    assert all(re.fullmatch("[0-9a-f]{64}", key) for key, _value in rows)


def test_there_is_no_signing_up_and_no_way_around_by_the_admins_own_door(client):
    user = a_user("secretariat")
    User.objects.filter(pk=user.pk).update(is_staff=True)

    around = client.post("/admin/login/", {"username": user.username, "password": PASSWORD})

    assert around["Location"] == "/moderation/sign-in/?next=%2Fadmin%2Flogin%2F"
    assert "_auth_user_id" not in client.session
    for address in ("/moderation/sign-up/", "/moderation/signup/", "/accounts/signup/", "/moderation/account/email/"):
        assert client.get(address).status_code == 404


def test_the_admin_keeps_no_accounts(client):
    user = a_moderator("administrator")
    User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=True)
    client.force_login(user)

    assert client.get("/admin/").status_code == 200
    for page in ("auth/user/", "auth/group/", "mfa/authenticator/", "account/emailaddress/"):
        assert client.get(f"/admin/{page}").status_code == 404


def test_a_forgotten_password_is_set_by_a_link_and_the_second_factor_stays(client):
    user = a_moderator()
    User.objects.filter(pk=user.pk).update(email="amina@example.org")

    asked = client.post("/moderation/password/", {"email": "Amina@example.org"})
    message = Message.objects.get(kind="password_reset")
    form = client.get(address_in(message), follow=True)
    done = client.post(form.request["PATH_INFO"], {"password1": "four quite random words"})

    assert (asked["Location"], message.recipient) == ("/moderation/password/sent/", "amina@example.org")
    assert done["Location"] == "/moderation/password/done/"
    assert (client.get("/moderation/").status_code, acts()) == (302, [("reset_password", "", {})])
    assert give_password(client, user.username).status_code == 200
    assert give_password(client, user.username, "four quite random words")["Location"] == "/moderation/sign-in/code/"
    told = Message.objects.get(kind="account_changed")
    assert "A new password was set, by a link" in told.text


def test_the_link_for_a_new_password_works_once_and_is_nowhere_stored(client):
    user = a_moderator()
    User.objects.filter(pk=user.pk).update(email="amina@example.org")
    client.post("/moderation/password/", {"email": "amina@example.org"})
    message = Message.objects.get(kind="password_reset")
    address = address_in(message)
    form = client.get(address, follow=True)
    client.post(form.request["PATH_INFO"], {"password1": "four quite random words"})

    again = client.get(address)

    assert "This link no longer works" in again.content.decode()
    assert address.split("-", 1)[1].strip("/") not in message.text + message.html


def test_an_address_without_an_account_is_answered_alike_and_nobody_is_written_to(client):
    asked = client.post("/moderation/password/", {"email": "stranger@example.org"})

    assert asked["Location"] == "/moderation/password/sent/"
    assert Message.objects.count() == 0


def test_an_account_that_is_closed_before_the_code_is_given_is_not_entered_not_even_after_it_is_opened_again(client):
    user, by = a_moderator(), a_moderator("administrator")
    give_password(client, user.username)
    people.deactivate(User.objects.get(pk=user.pk), by)

    refused = give_code(client)
    people.reactivate(User.objects.get(pk=user.pk), by)

    assert refused["Location"] == "/moderation/sign-in/closed/"
    assert client.get("/moderation/").status_code == 302
    assert give_code(client, steps=1)["Location"] == "/moderation/sign-in/"
    assert [act for act, _by, _detail in acts()] == ["deactivate", "reactivate"]


def test_a_password_that_was_changed_before_the_code_is_given_lets_nobody_in(client):
    user = a_moderator()
    give_password(client, user.username)
    user.set_password("four quite random words")
    user.save()

    refused = give_code(client)

    assert refused["Location"] == "/moderation/sign-in/"
    assert "was changed meanwhile" in client.get(refused["Location"]).content.decode()
    assert (client.get("/moderation/").status_code, acts()) == (302, [])
    give_password(client, user.username, "four quite random words")
    assert give_code(client, steps=1)["Location"] == "/moderation/"


def test_a_closed_account_gets_no_link_for_a_new_password_and_one_from_before_does_nothing(client):
    user = a_moderator()
    User.objects.filter(pk=user.pk).update(email="amina@example.org")
    client.post("/moderation/password/", {"email": "amina@example.org"})
    address = address_in(Message.objects.get(kind="password_reset"))
    form = client.get(address, follow=True).request["PATH_INFO"]
    User.objects.filter(pk=user.pk).update(is_active=False)
    before = User.objects.get(pk=user.pk).password

    asked = client.post("/moderation/password/", {"email": "amina@example.org"})
    pages = [client.get(address), client.post(form, {"password1": "four quite random words"})]

    assert (asked["Location"], Message.objects.count()) == ("/moderation/password/sent/", 1)
    assert ["This link no longer works" in page.content.decode() for page in pages] == [True, True]
    assert (User.objects.get(pk=user.pk).password, acts()) == (before, [])


def test_a_mailbox_gets_so_many_links_a_day_and_the_page_says_the_same(client):
    LimitRule.objects.filter(scope="mailbox").update(limit=2)
    User.objects.filter(pk=a_moderator().pk).update(email="amina@example.org")

    asked = [client.post("/moderation/password/", {"email": "Amina@example.org"})["Location"] for _time in range(3)]

    assert asked == ["/moderation/password/sent/"] * 3
    assert Message.objects.filter(kind="password_reset").count() == 2


def test_links_for_a_new_password_are_limited(client):
    answers = [client.post("/moderation/password/", {"email": "amina@example.org"}).status_code for _time in range(6)]

    assert answers == [302] * 5 + [429]


def test_a_new_password_is_held_to_the_rules_and_ends_every_other_session(client):
    user = a_moderator()
    client.force_login(user)
    elsewhere = type(client)()
    elsewhere.force_login(user)
    change = "/moderation/account/password/"

    short = client.post(change, {"oldpassword": PASSWORD, "password1": "short"})
    wrong = client.post(change, {"oldpassword": "wrong", "password1": "four quite random words"})
    done = client.post(change, {"oldpassword": PASSWORD, "password1": "four quite random words"})

    assert "at least 12 characters" in short.content.decode()
    assert "type your current password" in wrong.content.decode()
    assert done["Location"] == "/moderation/account/"
    assert (client.get("/moderation/").status_code, elsewhere.get("/moderation/").status_code) == (200, 302)
    assert acts() == [("change_password", user.username, {})]


def test_every_message_of_an_account_is_plain_and_names_no_network(client):
    user = a_moderator()
    User.objects.filter(pk=user.pk).update(email="amina@example.org", first_name="Amina & <Co>")
    client.force_login(User.objects.get(pk=user.pk))
    client.post("/moderation/account/password/", {"oldpassword": PASSWORD, "password1": "four quite random words"})

    message = Message.objects.get()

    assert message.text.startswith("Dear Amina & <Co>,\n\nthis has happened to your account")
    assert "127.0.0.1" not in message.text


def test_a_page_for_the_world_opens_no_session(client):
    client.force_login(a_moderator())
    a_letter(slug="open")

    assert client.get("/open/sign/").cookies == {}
