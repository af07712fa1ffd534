"""Which role may do what."""

import pytest
from django.contrib.auth.models import Group, User

from accounts.roles import ROLES, needs_second_factor
from tests.factories import a_user

pytestmark = pytest.mark.django_db


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


def test_a_reader_gets_no_further_than_the_queue_without_personal_data(client):
    client.force_login(a_user("reader"))

    answers = {
        address: client.get(address).status_code
        for address in ("/moderation/", "/moderation/people/", "/moderation/record/", "/moderation/letters/", "/admin/")
    }

    assert answers == {
        "/moderation/": 200,
        "/moderation/people/": 403,
        "/moderation/record/": 403,
        "/moderation/letters/": 403,
        "/admin/": 302,
    }
