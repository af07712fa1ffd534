"""Who may enter: signing in, the second factor, and what each role may do."""

import pytest
from django.contrib.auth.models import Group, User

from accounts.roles import ROLES, needs_second_factor
from demo import authenticator
from tests.factories import PASSWORD, a_moderator, a_user

pytestmark = pytest.mark.django_db


def give_password(client, user, password=PASSWORD):
    return client.post("/moderation/sign-in/", {"login": user.username, "password": password})


def give_code(client, steps=0):
    return client.post("/moderation/sign-in/code/", {"code": authenticator.code(steps=steps)})


def test_the_groups_that_migrations_made_are_the_policy():
    made = {
        group.name: {f"{one.content_type.app_label}.{one.codename}" for one in group.permissions.all()}
        for group in Group.objects.prefetch_related("permissions__content_type")
    }

    assert made == ROLES


def test_whoever_may_do_more_than_a_reader_needs_a_second_factor():
    asked = {name: needs_second_factor(a_user(name)) for name in ROLES}

    assert asked == {"reader": False, "moderator": True, "secretariat": True, "administrator": True}
    assert needs_second_factor(User(username="root", is_superuser=True))


def test_a_moderator_signs_in_with_password_and_code_and_out(client):
    user = a_moderator()

    password = give_password(client, user)
    code = give_code(client)
    queue = client.get("/moderation/")
    signed_out = client.post("/moderation/sign-out/")

    assert [one["Location"] for one in (password, code, signed_out)] == [
        "/moderation/sign-in/code/",
        "/moderation/",
        "/moderation/sign-in/",
    ]
    assert queue.status_code == 200
    assert client.get("/moderation/").status_code == 302


def test_a_password_alone_opens_neither_desk_nor_admin(client):
    user = a_user("secretariat")
    User.objects.filter(pk=user.pk).update(is_staff=True)
    give_password(client, user)

    for address in ("/moderation/", "/moderation/letters/", "/admin/", "/admin/letter/letter/"):
        response = client.get(address)

        assert response.status_code == 302
        assert response["Location"].startswith("/moderation/account/second-factor/?next=")
    assert client.get("/moderation/account/second-factor/").status_code == 200


def test_signing_in_is_limited_for_an_account(client):
    user = a_moderator()
    for _attempt in range(30):
        give_password(client, user, "wrong")

    response = give_password(client, user)

    assert "many attempts" in response.content.decode()
