"""What holds on every page, whoever adds one."""

import html
import re
from datetime import timedelta
from uuid import uuid4

import polib
import pytest
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from accounts.models import Invitation
from delivery import copies
from delivery.models import FollowUp
from letter.models import Blob
from letter.publication import publish
from signatories import declarations, drafts, links
from signatories.models import (
    Actor,
    Allowance,
    Correction,
    DoNotContact,
    Merge,
    Message,
    Notice,
    Organisation,
    SignOn,
    Transfer,
)
from tests.factories import (
    a_batch,
    a_delivered,
    a_document,
    a_letter,
    a_moderator,
    a_published,
    a_recipient,
    a_round,
    a_sign_on,
    a_user,
    an_accepted,
    an_invitation,
)

pytestmark = pytest.mark.django_db


def walk(patterns, prefix="", namespace=""):
    """Yield (name with namespaces, route) of every address, nested ones too."""
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = ":".join(filter(None, [namespace, pattern.namespace]))
            yield from walk(pattern.url_patterns, route, inner)
        elif isinstance(pattern, URLPattern):
            yield ":".join(filter(None, [namespace, pattern.name])), route


NAMES = sorted({name for name, _route in walk(get_resolver().url_patterns) if not name.startswith(("admin:", "admin"))})
POST_ONLY = {"moderation:accept", "moderation:decline", "moderation:reopen", "moderation:withdraw"}
POST_ONLY |= {"moderation:query", "moderation:answer", "moderation:question"}
POST_ONLY |= {"moderation:send_again", "report_bounce"}
POST_ONLY |= {"moderation:held", "moderation:decide_held", "moderation:decide_held_of"}
POST_ONLY |= {"moderation:change_limit", "moderation:allow", "moderation:end_allowance", "moderation:turn_switch"}
POST_ONLY |= {
    "moderation:undo",
    "moderation:claim",
    "moderation:bulk",
    "moderation:bulk_decide",
    "moderation:batch_undo",
}
POST_ONLY |= {"moderation:apply", "moderation:refuse", "moderation:undo_correction"}
POST_ONLY |= {"moderation:import_read_again", "moderation:import_carry_out", "moderation:import_discard"}
POST_ONLY |= {"delivery:import", "delivery:remove", "delivery:send_again", "delivery:posted", "delivery:record"}
POST_ONLY |= {"delivery:strike"}
POST_ONLY |= {"moderation:add_variant", "moderation:change_variant", "moderation:remove_variant"}
POST_ONLY |= {"moderation:send_round", "moderation:discard_round", "moderation:invite_again"}
POST_ONLY |= {"moderation:may_contact", "moderation:may_contact_domain"}
FILES = {"letter:edition_page", "letter:robots", "letter:sitemap", "letter:translated:edition_page"}
FILES |= {"delivery:template", "delivery:export", "delivery:zip", "delivery:copy", "delivery:answer"}
FILES |= {"moderation:document", "moderation:import_template", "moderation:import_source", "moderation:import_report"}
FILES |= {"moderation:members_template"}
FILES |= {"signatories:my_data_download"}
ROLES = {
    "moderation:record": "administrator",
    "moderation:text_history": "secretariat",
    "moderation:check_text": "secretariat",
}
# What a mailbox shows, in a frame: no page of ours.
FILES |= {"moderation:message"}
ROLES |= {"moderation:export": "secretariat"}
ROLES |= dict.fromkeys(
    ["moderation:change_limit", "moderation:allow", "moderation:end_allowance", "moderation:turn_switch"], "secretariat"
)
ROLES |= {name: "secretariat" for name in NAMES if name.startswith("moderation:import")}
INVITE = (
    "invit",
    "letter_invit",
    "export_invit",
    "upload_mem",
    "members_",
    "send_round",
    "discard_round",
    "do_",
    "may_",
)
ROLES |= {name: "secretariat" for name in NAMES if name.startswith(tuple(f"moderation:{one}" for one in INVITE))}
# Pages of the representative that need no link.
FOR_ANYBODY = {f"signatories:{name}" for name in ("sign", "sent", "resent", "prefilled", "board")}
PRIVATE = {name for name in NAMES if name.startswith(("moderation:", "delivery:", "account", "mfa_"))}
# Seen before one is signed in.
DOOR = {"account_login", "mfa_authenticate", "mfa_login_webauthn", "account_inactive", "accounts:accept"}
DOOR |= {name for name in NAMES if name.startswith(("account_reset_password", "account_set_password"))}
# Pages that stand only between two steps, or have nothing to show without the first: see `tests/test_accounts.py`.
ON_THE_WAY = {"mfa_authenticate", "mfa_login_webauthn", "mfa_reauthenticate_webauthn", "mfa_generate_recovery_codes"}
ON_THE_WAY |= {"mfa_edit_webauthn", "mfa_remove_webauthn", "mfa_view_recovery_codes", "account_reset_password_from_key"}
# What is there for those who have no second factor yet.
TO_ENROL = {"mfa_activate_totp"}
POST_ONLY |= {"accounts:end_session", "accounts:end_other_sessions", "accounts:resend", "accounts:revoke"}
POST_ONLY |= {"accounts:change_roles", "accounts:deactivate", "accounts:reactivate"}
POST_ONLY |= {"accounts:reset_second_factor", "accounts:end_sessions"}
ADMINISTRATORS = {"accounts:people", "accounts:invite", "accounts:person", "accounts:resend", "accounts:revoke"}
ADMINISTRATORS |= POST_ONLY & {name for name in NAMES if name.startswith("accounts:")}
ROLES |= dict.fromkeys(ADMINISTRATORS, "administrator")


@pytest.fixture
def addresses():
    """An address for every name; a new page fails here until somebody supplies one."""
    letter = a_letter(slug="every-page")
    letter.revise("fr", title="Lettre", salutation="Excellence,", body="Nous, soussignés.", closing="")
    an_accepted(letter, "Al-Haq")
    publish(letter, SignOn.objects.lines(letter))
    waiting = a_sign_on(letter, "pending", "MADRE", representative_name="Amina Diallo", email="amina@madre.example")
    unconfirmed = a_sign_on(letter, "unconfirmed", "Odhikar", email="odhikar@odhikar.example")
    message = waiting.messages.first()
    at_one_stroke = uuid4()
    a_sign_on(letter, "pending").decline(Actor.moderator(a_moderator(), batch=at_one_stroke), reason="other")
    with open(f"{_mailbox()}/1700000000000000000.eml", "w") as file:
        file.write("To: a@example.org\nSubject: Hello\n\nText\n")
    status = links.token("status", waiting.pk)
    listed = letter.sign_ons.accepted().get(listed_name="Al-Haq")
    correction = Correction.propose(listed, name="Al-Haq (AH)")
    notice = Notice.send(listed, Actor.moderator(a_moderator()), address="office@alhaq.example", found_at="their page")
    notice.object()
    queried = a_sign_on(letter, "queried", "Sahayta")
    paper = a_document(queried)
    delivered = a_published("Al-Haq", slug="delivered")
    sent = a_recipient(delivered)
    copies.make_copies(a_delivered(delivered))
    answered = FollowUp.record(
        sent, a_moderator("secretariat"), event="answered", on="2020-05-01", blob=Blob.of(b"%PDF-1.7 answer")
    )
    waits = a_recipient(letter, channel="post")
    allowed = Allowance.allow(a_moderator("secretariat"), kind="domain", value="madre.example", note="Their own")
    known, other, absorbed = (Organisation.objects.create(name=name) for name in ("Al-Haq", "Sahayta", "LSM"))
    known.learn("Law in the Service of Man")
    merge = Merge.merge(a_moderator(), known, absorbed)
    looked, imported = a_batch(letter), a_batch(delivered, is_imported=True)
    asked, draft = an_invitation(letter), a_round(letter, is_sent=False)
    Message.objects.filter(member_invitation=asked).update(created_at=timezone.now() - timedelta(days=2))
    unwritten = DoNotContact.add_domain("silent.example", user=a_moderator())
    somebody = a_moderator()
    moving = Transfer.offer(waiting, "contact", email="new@madre.example")
    handed, refused = (
        Transfer.offer(a_sign_on(letter), "successor", email="b@example.org", name="Basma", role="Director")
        for _one in range(2)
    )
    refused.take(links.token("successor", refused.pk))
    refused.object(links.token("stop", refused.pk))
    status = links.token("status", waiting.pk)
    invited = Invitation.invite(None, email="invited@example.org", name="Amina Diallo", roles=["reader"])
    return {
        "delivery:letters": "/moderation/letters/",
        "delivery:recipients": "/moderation/letters/delivered/recipients/",
        "delivery:add": "/moderation/letters/every-page/recipients/add/",
        "delivery:upload": "/moderation/letters/every-page/recipients/import/",
        "delivery:import": "/moderation/letters/every-page/recipients/import/lines/",
        "delivery:template": "/moderation/letters/every-page/recipients/template.csv",
        "delivery:export": "/moderation/letters/every-page/recipients/recipients.csv",
        "delivery:recipient": f"/moderation/letters/delivered/recipients/{sent.pk}/",
        "delivery:change": f"/moderation/letters/every-page/recipients/{waits.pk}/change/",
        "delivery:remove": f"/moderation/letters/every-page/recipients/{waits.pk}/remove/",
        "delivery:deliver": "/moderation/letters/every-page/deliver/",
        "delivery:zip": "/moderation/letters/delivered/copies.zip",
        "delivery:copy": f"/moderation/letters/delivered/recipients/{sent.pk}/copy.pdf",
        "delivery:send_again": f"/moderation/letters/delivered/recipients/{sent.pk}/send-again/",
        "delivery:posted": "/moderation/letters/delivered/posted/",
        "delivery:record": f"/moderation/letters/delivered/recipients/{sent.pk}/record/",
        "delivery:revise": f"/moderation/letters/delivered/follow-ups/{answered.pk}/",
        "delivery:strike": f"/moderation/letters/delivered/follow-ups/{answered.pk}/strike/",
        "delivery:answer": f"/moderation/letters/delivered/follow-ups/{answered.pk}/answer.pdf",
        "letter:index": "/",
        "letter:front": "/fr/",
        "letter:read": "/every-page/",
        "letter:edition": "/every-page/editions/1/",
        "letter:edition_page": "/every-page/editions/1/signatories.csv",
        "letter:page": "/every-page/countries/",
        "letter:translated:read": "/fr/every-page/",
        "letter:translated:edition": "/fr/every-page/editions/1/",
        "letter:translated:edition_page": "/fr/every-page/editions/1/feed.atom",
        "letter:translated:page": "/fr/every-page/changes/",
        "letter:robots": "/robots.txt",
        "letter:sitemap": "/sitemap.xml",
        "signatories:sign": "/every-page/sign/",
        "signatories:sent": "/every-page/sign/sent/",
        "signatories:resent": "/every-page/sign/resent/",
        "signatories:prefilled": f"/every-page/sign/for/{drafts.handed({'name_as_signed': 'Sahayta'})}/",
        "signatories:board": "/every-page/board/",
        "signatories:confirm": f"/confirm/{links.token('confirm', unconfirmed.pk)}/",
        "signatories:status": f"/status/{status}/",
        "signatories:answer": f"/status/{links.token('status', queried.pk)}/answer/",
        "signatories:withdraw": f"/status/{status}/withdraw/",
        "signatories:receipt": f"/status/{status}/receipt/",
        "signatories:my_data": f"/status/{status}/my-data/",
        "signatories:my_data_download": f"/status/{status}/my-data/my-data.json",
        "signatories:erase": f"/status/{status}/my-data/erase/",
        "account_login": "/moderation/sign-in/",
        "account_logout": "/moderation/sign-out/",
        "accounts:second_factor": "/moderation/account/second-factor/",
        "mfa_authenticate": "/moderation/sign-in/code/",
        "mfa_login_webauthn": "/moderation/sign-in/passkey/",
        "account_inactive": "/moderation/sign-in/closed/",
        "account_reset_password": "/moderation/password/",
        "account_set_password": "/moderation/password/",
        "account_reset_password_done": "/moderation/password/sent/",
        "account_reset_password_from_key": "/moderation/password/link/1-set-password/",
        "account_reset_password_from_key_done": "/moderation/password/done/",
        "account_change_password": "/moderation/account/password/",
        "account_reauthenticate": "/moderation/account/again/password/",
        "mfa_index": "/moderation/account/",
        "mfa_list_webauthn": "/moderation/account/",
        "mfa_reauthenticate": "/moderation/account/again/code/",
        "mfa_reauthenticate_webauthn": "/moderation/account/again/passkey/",
        "mfa_activate_totp": "/moderation/account/app/add/",
        "mfa_deactivate_totp": "/moderation/account/app/remove/",
        "mfa_view_recovery_codes": "/moderation/account/codes/",
        "mfa_generate_recovery_codes": "/moderation/account/codes/renew/",
        "mfa_add_webauthn": "/moderation/account/passkeys/add/",
        "mfa_edit_webauthn": "/moderation/account/passkeys/1/name/",
        "mfa_remove_webauthn": "/moderation/account/passkeys/1/remove/",
        "accounts:end_session": "/moderation/account/sessions/0a0b/end/",
        "accounts:end_other_sessions": "/moderation/account/sessions/others/end/",
        "accounts:accept": f"/moderation/invitation/{invited.token}/",
        "accounts:people": "/moderation/people/",
        "accounts:invite": "/moderation/people/invite/",
        "accounts:resend": f"/moderation/people/invitations/{invited.pk}/resend/",
        "accounts:revoke": f"/moderation/people/invitations/{invited.pk}/revoke/",
        "accounts:person": f"/moderation/people/{somebody.pk}/",
        "accounts:change_roles": f"/moderation/people/{somebody.pk}/roles/",
        "accounts:deactivate": f"/moderation/people/{somebody.pk}/deactivate/",
        "accounts:reactivate": f"/moderation/people/{somebody.pk}/reactivate/",
        "accounts:reset_second_factor": f"/moderation/people/{somebody.pk}/second-factor/reset/",
        "accounts:end_sessions": f"/moderation/people/{somebody.pk}/sessions/end/",
        "moderation:queue": "/moderation/",
        "moderation:export": "/moderation/export/",
        "moderation:figures": "/moderation/figures/",
        "moderation:letter_figures": "/moderation/figures/every-page/",
        "moderation:digest": "/moderation/digest/",
        "moderation:record": "/moderation/record/",
        "moderation:limits": "/moderation/limits/",
        "moderation:change_limit": "/moderation/limits/rules/letter/",
        "moderation:allow": "/moderation/limits/allowed/",
        "moderation:end_allowance": f"/moderation/limits/allowed/{allowed.pk}/remove/",
        "moderation:turn_switch": "/moderation/limits/letters/every-page/",
        "moderation:held": "/moderation/limits/held/",
        "moderation:decide_held": "/moderation/limits/held/decide/",
        "moderation:decide_held_of": f"/moderation/sign-ons/{waiting.pk}/held/",
        "moderation:organisations": "/moderation/organisations/",
        "moderation:organisation": f"/moderation/organisations/{known.pk}/",
        "moderation:edit_organisation": f"/moderation/organisations/{known.pk}/edit/",
        "moderation:add_variant": f"/moderation/organisations/{known.pk}/variants/",
        "moderation:change_variant": f"/moderation/variants/{known.variants.first().pk}/",
        "moderation:remove_variant": f"/moderation/variants/{known.variants.first().pk}/remove/",
        "moderation:choose_other": f"/moderation/organisations/{known.pk}/merge/",
        "moderation:merge": f"/moderation/organisations/{known.pk}/merge/{other.pk}/",
        "moderation:split": f"/moderation/organisations/{known.pk}/split/",
        "moderation:undo_merge": f"/moderation/merges/{merge.pk}/undo/",
        "moderation:text_history": "/moderation/texts/every-page/en/",
        "moderation:check_text": "/moderation/texts/every-page/fr/check/",
        "moderation:register": "/moderation/register/every-page/",
        "moderation:imports": "/moderation/imports/",
        "moderation:import_upload": "/moderation/imports/upload/",
        "moderation:import_template": "/moderation/imports/template.csv",
        "moderation:import": f"/moderation/imports/{imported.pk}/",
        "moderation:import_columns": f"/moderation/imports/{looked.pk}/columns/",
        "moderation:import_read_again": f"/moderation/imports/{looked.pk}/read-again/",
        "moderation:import_carry_out": f"/moderation/imports/{looked.pk}/import/",
        "moderation:import_discard": f"/moderation/imports/{looked.pk}/discard/",
        "moderation:import_source": f"/moderation/imports/{looked.pk}/source/",
        "moderation:import_report": f"/moderation/imports/{imported.pk}/report.csv",
        "signatories:member": f"/invited/{links.token('member', asked.pk)}/",
        "signatories:member_sign": f"/es/invited/{links.token('member', asked.pk)}/sign/",
        "signatories:unsubscribe": f"/ar/unsubscribe/{links.token('unsubscribe', asked.pk)}/",
        "moderation:invitations": "/moderation/invitations/",
        "moderation:letter_invitations": "/moderation/invitations/every-page/",
        "moderation:upload_members": "/moderation/invitations/every-page/upload/",
        "moderation:members_template": "/moderation/invitations/template.csv",
        "moderation:export_invitations": "/moderation/invitations/every-page/export/",
        "moderation:invitation_round": f"/moderation/invitations/rounds/{draft.pk}/",
        "moderation:send_round": f"/moderation/invitations/rounds/{draft.pk}/send/",
        "moderation:discard_round": f"/moderation/invitations/rounds/{draft.pk}/discard/",
        "moderation:invitation": f"/moderation/invitations/members/{asked.pk}/",
        "moderation:invite_again": f"/moderation/invitations/members/{asked.pk}/again/",
        "moderation:do_not_contact": "/moderation/do-not-contact/",
        "moderation:may_contact": "/moderation/do-not-contact/remove/",
        "moderation:may_contact_domain": f"/moderation/do-not-contact/{unwritten.pk}/remove/",
        "moderation:sign_on": f"/moderation/sign-ons/{waiting.pk}/",
        "moderation:query": f"/moderation/sign-ons/{waiting.pk}/query/",
        "moderation:question": f"/moderation/sign-ons/{waiting.pk}/query/text/",
        "moderation:document": f"/moderation/documents/{paper.pk}/",
        "moderation:see": f"/moderation/documents/{paper.pk}/see/",
        "moderation:erase": f"/moderation/documents/{paper.pk}/erase/",
        "moderation:answer": f"/moderation/sign-ons/{waiting.pk}/answer/",
        "moderation:accept": f"/moderation/sign-ons/{waiting.pk}/accept/",
        "signatories:correct": f"/status/{status}/correct/",
        "signatories:objection": f"/ar/objection/{links.notice_token(notice.pk)}/",
        "moderation:notify": f"/moderation/sign-ons/{waiting.pk}/notify/",
        "signatories:change_contact": f"/status/{status}/contact/",
        "signatories:hand_over": f"/ar/status/{status}/hand-over/",
        "signatories:keep": f"/status/{status}/keep/",
        "signatories:contact": f"/contact/{links.token('contact', moving.pk)}/",
        "signatories:successor": f"/fr/successor/{links.token('successor', handed.pk)}/",
        "signatories:stop": f"/stop/{links.token('stop', moving.pk)}/",
        "signatories:lost": "/ar/links/",
        "signatories:lost_sent": "/links/sent/",
        "moderation:settle_transfer": f"/moderation/transfers/{refused.pk}/settle/",
        "moderation:settle": f"/moderation/notices/{notice.pk}/settle/",
        "moderation:edit": f"/moderation/sign-ons/{listed.pk}/edit/",
        "moderation:corrections": "/moderation/corrections/",
        "moderation:correction": f"/moderation/corrections/{correction.pk}/",
        "moderation:apply": f"/moderation/corrections/{correction.pk}/apply/",
        "moderation:refuse": f"/moderation/corrections/{correction.pk}/refuse/",
        "moderation:undo_correction": f"/moderation/corrections/{correction.pk}/undo/",
        "moderation:decline": f"/moderation/sign-ons/{waiting.pk}/decline/",
        "moderation:reopen": f"/moderation/sign-ons/{waiting.pk}/reopen/",
        "moderation:withdraw": f"/moderation/sign-ons/{waiting.pk}/withdraw/",
        "moderation:undo": f"/moderation/sign-ons/{waiting.pk}/undo/",
        "moderation:claim": f"/moderation/sign-ons/{waiting.pk}/claim/",
        "moderation:bulk": "/moderation/bulk/",
        "moderation:bulk_decide": "/moderation/bulk/decide/",
        "moderation:batch": f"/moderation/batches/{at_one_stroke}/",
        "moderation:batch_undo": f"/moderation/batches/{at_one_stroke}/undo/",
        "moderation:keys": "/moderation/keys/",
        "moderation:style": "/moderation/style/",
        "moderation:messages": "/moderation/messages/",
        "moderation:message": "/moderation/messages/confirm/fr/",
        "moderation:send_again": f"/moderation/messages/{message.pk}/send-again/",
        "report_bounce": "/hooks/bounces/",
        "demo:mailbox": "/demo/mailbox/",
        "demo:message": "/demo/mailbox/1700000000000000000/",
    }


def _mailbox():
    from django.conf import settings

    return settings.DEMO_MAILBOX


def test_there_is_an_address_for_every_page(addresses):
    assert sorted(addresses) == NAMES


def get(client, name, addresses):
    if name in TO_ENROL:
        client.force_login(a_user("moderator"))
    elif name in PRIVATE - DOOR:
        client.force_login(a_moderator(ROLES.get(name, "secretariat" if name.startswith("delivery:") else "moderator")))
    return client.get(addresses[name])


@pytest.mark.parametrize("name", [name for name in NAMES if name not in POST_ONLY | FILES | ON_THE_WAY])
def test_every_page_has_one_heading_a_language_a_direction_and_nothing_from_elsewhere(client, addresses, name):
    response = get(client, name, addresses)

    page = response.content.decode()
    assert response.status_code == 200
    # The page of components shows those of others, too.
    assert page.count("<h1") == 1 or name == "moderation:style"
    assert re.search(r'<html lang="[a-z-]+" dir="(ltr|rtl)">', page)
    assert re.search(r"<title>[^<]+</title>", page)
    loaded = re.findall(r'(?:src|srcset|data|poster)="([^"]*)"|<link[^>]* href="([^"]*)"', page)
    own = "https://letters.example.org/"
    elsewhere = [address for pair in loaded for address in pair if re.match(r"\w+:|//", address)]
    assert [address for address in elsewhere if not address.startswith(own)] == []
    # The published pages and the workbench have one script each, of their own and by address.
    page = re.sub(r'<script src="(?:[a-z-]+/)?style/filter\.[0-9a-f]{12}\.js" defer></script>', "", page)
    # A passkey needs the library's, and ours that says what failed; what they are told stands in the page as data.
    page = re.sub(r'<script src="/static/(?:(?:mfa|account)/js/)?[a-z-]+\.[0-9a-f]{12}\.js"></script>', "", page)
    page = re.sub(r'<script [^>]*type="application/json">[^<]*</script>', "", page)
    page = re.sub(r'<script src="/static/workbench\.[0-9a-f]{12}\.js" defer></script>', "", page)
    assert not re.search(r"<script|<style|\sstyle=|\son[a-z]+=|javascript:", page)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in PRIVATE | POST_ONLY])
def test_no_public_page_sets_a_cookie_and_each_has_a_strict_policy(client, addresses, name):
    response = client.get(addresses[name])

    assert (response.status_code, dict(response.cookies)) == (200, {})
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert "unsafe" not in response["Content-Security-Policy"]
    assert response["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("name", sorted(POST_ONLY))
def test_what_changes_something_is_not_for_get(client, addresses, name):
    assert get(client, name, addresses).status_code == 405


@pytest.mark.parametrize("name", NAMES)
def test_get_changes_nothing(client, addresses, name):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    get(client, name, addresses)
    with CaptureQueriesContext(connection) as queries:
        client.get(addresses[name])

    written = [query["sql"] for query in queries if re.match(r"\s*(INSERT|UPDATE|DELETE)", query["sql"], re.IGNORECASE)]
    # That somebody read of a representative is on record, who is looking is shown, and the question for a passkey is
    # kept in the session: nothing of a sign-on changes.
    expected = ('INSERT INTO "audit_entry"', 'UPDATE "accounts_session"', "INSERT INTO signatories_claim")
    assert [sql for sql in written if not sql.strip().startswith(expected)] == []


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("letter:") or name in FOR_ANYBODY])
def test_no_page_for_the_world_holds_anything_private(client, addresses, name):
    page = client.get(addresses[name]).content.decode()

    for secret in ("Amina Diallo", "amina@madre.example", "MADRE", "Odhikar"):
        assert secret not in page


@pytest.mark.parametrize("name", sorted(PRIVATE - DOOR))
def test_the_moderators_pages_are_closed_to_others(client, addresses, name):
    for method in (client.get, client.post):
        assert method(addresses[name]).status_code in (302, 405)


def test_names_are_isolated_wherever_they_are_shown(client, addresses):
    client.force_login(a_moderator())

    shown_on = ["letter:read", "signatories:status", "signatories:confirm", "signatories:objection"]
    shown_on += ["signatories:change_contact", "signatories:contact", "signatories:stop"]
    shown_on += ["moderation:queue", "moderation:sign_on", "moderation:corrections", "moderation:correction"]
    shown_on += ["moderation:notify", "moderation:settle", "moderation:edit"]
    shown_on += [
        "signatories:member",
        "moderation:organisations",
        "moderation:organisation",
        "moderation:merge",
        "moderation:undo_merge",
    ]
    for name in shown_on:
        page = re.sub(
            # A diff is isolated as a whole, and so is a name with what it has to do with this one, in brackets.
            r"<bdi>(?:Please confirm|Received|Did|Another address)[: ][^<]+</bdi>|<bdi>[^<]+ \([^<]+\)</bdi>"
            r'|<bdi class="diff">.*?</bdi>',
            "",
            client.get(addresses[name]).content.decode(),
        )
        shown = re.findall(
            r"(?:<bdi>|\u2068)?(?:Al-Haq|MADRE|Odhikar)(?:</bdi>|\u2069)?",
            re.sub(r"<title>.*?</title>|value=\"[^\"]*\"", "", page),
        )

        assert shown
        assert [one for one in shown if not re.fullmatch("<bdi>.*</bdi>|\u2068.*\u2069", one)] == []


def test_an_address_in_a_failed_request_is_not_logged(client, caplog):
    import logging

    from config.logs import WithoutLinks

    record = logging.LogRecord(
        "x", logging.ERROR, "", 1, "Not Found: %s for %s", ("/confirm/1:abc:def/", "a@b.org"), None
    )

    assert WithoutLinks().filter(record)
    assert record.getMessage() == "Not Found: /confirm/…/ for …"
    token = links.token("status", 7)
    assert token not in WithoutLinks.blank(f"Not Found: /Status//{token}/")


def test_no_migration_is_missing():
    from django.core.management import call_command

    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


def english_in(page, language):
    """Strings of the catalogue that a page shows untranslated; short ones may be names or words of both languages."""
    words = re.sub(r"<(script|style|title)\b.*?</\1>|<[^>]+>", "\n", page, flags=re.S)
    lines = {" ".join(line.split()) for line in html.unescape(words).splitlines()}
    known = {one.msgid for one in polib.pofile(f"locale/{language}/LC_MESSAGES/django.po") if one.msgid != one.msgstr}
    # What a sign-on keeps, it keeps as it was said.
    said = {"Director", str(declarations.DECLARATION)}
    return sorted(line for line in lines & known - said if len(line) > 4)


@pytest.mark.parametrize("language", ["fr", "es", "ar"])
def test_no_page_of_a_representative_or_visitor_has_english_left_in_another_language(client, addresses, language):
    public = {name: path for name, path in addresses.items() if name.startswith("signatories:") and name not in FILES}
    left = {}
    for name, path in public.items():
        plain = path.removeprefix("/ar")
        # In English first: nothing of it may be kept for the next reader.
        client.get(plain)
        for answer in (client.get(f"/{language}{plain}"), client.post(f"/{language}{plain}", {"nothing": "here"})):
            is_page = answer.get("Content-Type", "").startswith("text/html")
            if is_page and (found := english_in(answer.content.decode(), language)):
                left[name] = found

    assert left == {}
