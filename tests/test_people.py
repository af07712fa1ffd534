"""What an administrator does to accounts."""

import threading

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import people
from accounts.models import Invitation
from accounts.roles import roles_of
from audit.models import Entry
from signatories.models import Message
from tests.conftest import DeskClient
from tests.factories import a_moderator, a_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client):
    client.administrator = a_moderator("administrator")
    client.force_login(client.administrator)
    return client


def act_on(desk, user, act, **fields):
    return desk.post(f"/moderation/people/{user.pk}/{act}/", fields, follow=True).content.decode()


def acts():
    return [(entry.act, entry.subject_label, entry.detail) for entry in Entry.objects.order_by("number")]


def test_the_page_of_the_people_says_who_may_do_what(desk):
    reader = a_user("reader")
    page = desk.get("/moderation/people/")

    shown = {one.username: (roles, one.has_second_factor) for one, roles in page.context["people"]}
    assert shown == {
        desk.administrator.username: (["administrator"], True),
        reader.username: (["reader"], False),
    }


def test_the_page_of_the_people_asks_the_same_number_of_queries_for_one_and_for_many(desk):
    counts = []
    for more in (1, 6):
        for number in range(more):
            a_moderator()
            Invitation.invite(None, email=f"{more}.{number}@example.org", name="Amina", roles=["reader"])
        with CaptureQueriesContext(connection) as queries:
            desk.get("/moderation/people/")
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_an_invitation_whose_message_failed_shows_it(desk):
    Invitation.invite(None, email="amina@example.org", name="Amina", roles=["reader"])
    Message.objects.get().failed("550 no such user", is_final=True)

    assert "could not be sent" in desk.get("/moderation/people/").content.decode()


def test_roles_are_changed_and_count_at_once(desk):
    user = a_moderator("reader")
    theirs = DeskClient()
    theirs.force_login(user)
    before = theirs.get("/moderation/letters/").status_code

    act_on(desk, user, "roles", roles=["moderator", "secretariat"])

    user = User.objects.get(pk=user.pk)
    assert (roles_of(user), user.is_staff) == (["moderator", "secretariat"], True)
    assert (before, theirs.get("/moderation/letters/").status_code) == (403, 200)
    assert acts() == [("change_roles", user.username, {"before": ["reader"], "after": ["moderator", "secretariat"]})]


def test_nobody_is_left_without_a_role_by_mistake(desk):
    user = a_moderator()

    page = act_on(desk, user, "roles", roles=[])

    assert "Choose at least one role." in page
    assert roles_of(user) == ["moderator"]


def test_a_closed_account_is_out_at_once_and_in_again_when_it_is_opened(desk):
    user = a_moderator()
    theirs = DeskClient()
    theirs.force_login(user)

    act_on(desk, user, "deactivate")
    out = theirs.get("/moderation/").status_code
    act_on(desk, user, "reactivate")
    theirs.force_login(user)

    assert (out, theirs.get("/moderation/").status_code) == (302, 200)
    assert [act for act, *_rest in acts()] == ["deactivate", "reactivate"]


def test_whoever_lost_the_phone_gets_another_chance_and_is_told(desk):
    user = a_moderator()
    User.objects.filter(pk=user.pk).update(email="amina@example.org")
    theirs = DeskClient()
    theirs.force_login(user)

    act_on(desk, user, "second-factor/reset")

    assert theirs.get("/moderation/").status_code == 302
    assert Authenticator.objects.filter(user=user).count() == 0
    assert "An administrator took away your second factor" in Message.objects.get().text
    assert acts() == [("reset_second_factor", user.username, {})]


def test_an_administrator_signs_somebody_out_everywhere(desk):
    user = a_moderator()
    theirs = [DeskClient(), DeskClient()]
    for one in theirs:
        one.force_login(user)

    act_on(desk, user, "sessions/end")

    assert [one.get("/moderation/").status_code for one in theirs] == [302, 302]
    assert acts() == [("end_sessions", user.username, {"count": 2})]


@pytest.mark.parametrize(("act", "fields"), [("roles", {"roles": ["reader"]}), ("deactivate", {})])
def test_the_last_administrator_stays_one(desk, act, fields):
    closed = a_moderator("administrator")
    User.objects.filter(pk=closed.pk).update(is_active=False)

    page = act_on(desk, desk.administrator, act, **fields)

    assert "somebody must be left who can give access" in page
    administrator = User.objects.get(pk=desk.administrator.pk)
    assert (administrator.is_active, roles_of(administrator)) == (True, ["administrator"])
    assert Entry.objects.count() == 0


def test_an_administrator_may_go_when_another_is_there(desk):
    a_moderator("administrator")

    desk.post(f"/moderation/people/{desk.administrator.pk}/roles/", {"roles": ["reader"]})

    assert roles_of(User.objects.get(pk=desk.administrator.pk)) == ["reader"]
    assert desk.get("/moderation/people/").status_code == 403


def test_a_superusers_account_is_not_an_administrators_to_change(desk):
    root = User.objects.create_superuser("root")

    answers = [
        desk.post(f"/moderation/people/{root.pk}/{act}/", {"roles": ["reader"]}).status_code
        for act in ("roles", "deactivate", "reactivate", "second-factor/reset", "sessions/end")
    ]

    assert answers == [403] * 5
    assert "changed by superusers only" in desk.get(f"/moderation/people/{root.pk}/").content.decode()
    assert User.objects.get(pk=root.pk).is_active


@pytest.mark.parametrize("role", ["reader", "moderator", "secretariat"])
def test_nobody_else_manages_accounts(client, role):
    client.force_login(a_moderator(role))
    user = a_user("reader")
    invitation = Invitation.invite(None, email="amina@example.org", name="Amina", roles=["reader"])
    before = Entry.objects.count()
    addresses = [
        "/moderation/people/",
        "/moderation/people/invite/",
        f"/moderation/people/{user.pk}/",
        f"/moderation/people/invitations/{invitation.pk}/resend/",
        f"/moderation/people/invitations/{invitation.pk}/revoke/",
        *(
            f"/moderation/people/{user.pk}/{act}/"
            for act in ("roles", "deactivate", "reactivate", "second-factor/reset", "sessions/end")
        ),
    ]

    answers = {
        (address, method): getattr(client, method)(address).status_code
        for address in addresses
        for method in ("get", "post")
    }

    assert set(answers.values()) <= {403, 405}
    assert {answer for (_address, method), answer in answers.items() if method == "post"} <= {403, 405}
    assert (Entry.objects.count(), roles_of(user)) == (before, ["reader"])
    assert "People" not in client.get("/moderation/").content.decode()


@pytest.mark.django_db(transaction=True)
def test_two_administrators_who_demote_each_other_at_once_leave_one():
    for _round in range(5):
        User.objects.update(is_active=False)
        pair = [a_moderator("administrator"), a_moderator("administrator")]
        start, refused = threading.Barrier(2), []

        def demote(by, other, start=start, refused=refused):
            try:
                start.wait()
                people.change_roles(other, by, ["reader"])
            except people.LastAdministrator:
                refused.append(by)
            finally:
                connection.close()

        threads = [threading.Thread(target=demote, args=(pair[one], pair[1 - one])) for one in (0, 1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert (len(refused), people.administrators().count()) == (1, 1)
