"""Every address of the desk, by every role, with every method: what is not allowed is refused and leaves no trace."""

import pytest
from django.db import connection
from django.test import Client

from tests.conftest import DeskClient
from tests.factories import a_moderator
from tests.test_every_page import NAMES, addresses  # noqa: F401

pytestmark = pytest.mark.django_db

ROLES = {"reader", "moderator", "secretariat", "administrator"}
METHODS = ["get", "head", "post", "put", "patch", "delete", "options", "trace"]

# The policy once more, in words of its own: who may come where. What is not named here is not at the desk.
READ = """
    queue keys sign_on batch corrections correction organisations organisation figures letter_figures
    digest style messages message
"""
DECIDE = """
    accept decline query question answer reopen undo withdraw claim bulk bulk_decide batch_undo notify settle edit
    apply refuse undo_correction see erase settle_transfer
"""
READ_PERSONS = "document limits"
SEND_AGAIN = "send_again held decide_held decide_held_of"
SET_LIMITS = "change_limit allow end_allowance turn_switch"
KEEP_ORGANISATIONS = """
    edit_organisation add_variant change_variant remove_variant choose_other merge split undo_merge
"""
REGISTER = "register"
IMPORT = """
    imports import import_upload import_template import_columns import_read_again import_carry_out import_discard
    import_source import_report
"""
INVITE = """
    invitations letter_invitations upload_members members_template invitation_round send_round discard_round
    invitation invite_again do_not_contact may_contact may_contact_domain
"""
EXPORT = "export export_invitations"
TEXTS = "text_history check_text"
RECORD = "record"
MAY = {
    READ: ROLES,
    DECIDE: {"moderator", "administrator"},
    READ_PERSONS: ROLES - {"reader"},
    SEND_AGAIN: {"moderator", "administrator"},
    SET_LIMITS: {"secretariat", "administrator"},
    KEEP_ORGANISATIONS: ROLES - {"reader"},
    REGISTER: ROLES - {"reader"},
    IMPORT: {"secretariat", "administrator"},
    INVITE: {"secretariat", "administrator"},
    EXPORT: {"secretariat", "administrator"},
    TEXTS: {"secretariat", "administrator"},
    RECORD: {"administrator"},
}
PEOPLE = """
    people invite resend revoke person change_roles deactivate reactivate reset_second_factor end_sessions
"""
POLICY = {
    **{f"moderation:{name}": roles for names, roles in MAY.items() for name in names.split()},
    **{name: {"secretariat", "administrator"} for name in NAMES if name.startswith("delivery:")},
    **{f"accounts:{name}": {"administrator"} for name in PEOPLE.split()},
}
ADMIN = ["/admin/", "/admin/letter/letter/", "/admin/letter/letter/add/", "/admin/letter/lettertext/add/"]
# They count attempts and visits; the record is what may be left.
TRACELESS = {"audit_entry", "django_session", "accounts_session", "signatories_limit"}


def everything():
    """What the database holds, but for `TRACELESS`: a sum of each table."""
    tables = set(connection.introspection.table_names()) - TRACELESS
    with connection.cursor() as cursor:
        sums = {}
        for table in sorted(tables):
            cursor.execute(f'SELECT md5(string_agg(one::text, chr(10) ORDER BY one::text)) FROM "{table}" AS one')
            sums[table] = cursor.fetchone()[0]
    return sums


def a_visitor(role):
    client = DeskClient()
    user = a_moderator(role)
    # Whoever works on texts is let into the admin.
    user.is_staff = True
    user.save()
    client.force_login(user)
    return client


def test_the_policy_names_every_address_of_the_desk():
    desk = {name for name in NAMES if name.startswith(("moderation:", "delivery:"))}

    assert desk | {f"accounts:{name}" for name in PEOPLE.split()} == POLICY.keys()


@pytest.mark.parametrize("role", sorted(ROLES))
def test_what_a_role_may_not_do_is_refused_with_every_method_and_leaves_no_trace(addresses, role):  # noqa: F811
    visitor = a_visitor(role)
    refused = [name for name, roles in POLICY.items() if role not in roles]
    before = everything()

    answers = {
        (name, method): getattr(visitor, method)(addresses[name]).status_code for name in refused for method in METHODS
    }

    wrong = {tried: status for tried, status in answers.items() if status not in (403, 404, 405)}
    assert wrong == {}
    assert {name for (name, _method), status in answers.items() if status in (403, 404)} == set(refused)
    assert everything() == before


@pytest.mark.parametrize("role", sorted(ROLES))
def test_what_a_role_may_do_is_not_refused(addresses, role):  # noqa: F811
    visitor = a_visitor(role)
    allowed = [name for name, roles in POLICY.items() if role in roles]

    for name in allowed:
        answers = [visitor.get(addresses[name]).status_code, visitor.post(addresses[name]).status_code]
        assert 403 not in answers, name
        # Once one of the two has done what it does, the other may find nothing to do.
        assert min(answers) < 404 or 422 in answers or 409 in answers, name


def test_no_address_of_the_desk_knows_another_method_than_get_and_post(addresses):  # noqa: F811
    visitor = a_visitor("administrator")

    answers = {
        (name, method): getattr(visitor, method)(addresses[name]).status_code
        for name in POLICY
        for method in ("put", "patch", "delete", "options", "trace")
    }

    assert {tried for tried, status in answers.items() if status != 405} == set()


def test_who_is_not_signed_in_is_sent_to_the_door_and_leaves_no_trace(addresses):  # noqa: F811
    visitor = Client()
    before = everything()

    for name in POLICY:
        for method in ("get", "post"):
            answer = getattr(visitor, method)(addresses[name])
            assert answer.status_code == 405 or answer["Location"].startswith("/moderation/sign-in/"), (name, method)
    assert everything() == before


def test_whoever_has_given_a_password_only_gets_no_further_than_to_the_second_factor(addresses):  # noqa: F811
    user = a_moderator("administrator")
    visitor = Client()
    visitor.force_login(user)
    before = everything()

    for name in POLICY:
        for method in METHODS:
            answer = getattr(visitor, method)(addresses[name])
            assert answer.status_code == 302, (name, method)
            assert answer["Location"].startswith("/moderation/account/second-factor/"), (name, method)
    for address in ADMIN:
        assert visitor.get(address)["Location"].startswith("/moderation/account/second-factor/"), address
    assert everything() == before


@pytest.mark.parametrize("role", ["reader", "moderator"])
def test_the_admin_is_closed_to_whoever_has_nothing_to_do_with_texts(role):
    visitor = a_visitor(role)
    before = everything()

    for address in ADMIN[1:]:
        for method in METHODS:
            assert getattr(visitor, method)(address).status_code in (403, 404, 405), (address, method)
    assert everything() == before


def test_a_role_that_was_taken_away_is_gone_with_the_next_click(addresses):  # noqa: F811
    user = a_moderator()
    visitor = DeskClient()
    visitor.force_login(user)
    assert visitor.get(addresses["moderation:queue"]).status_code == 200
    user.groups.clear()

    assert visitor.get(addresses["moderation:queue"]).status_code == 403
