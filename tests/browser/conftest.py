"""A real Chromium for the tests in this folder, and the pages that they open in it."""

import ctypes.util
import json
import os
import shutil

import pytest
from playwright.sync_api import expect, sync_playwright

from demo import authenticator
from signatories import drafts
from tests.running import PASSWORD

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# A name, an address and a website as long as real ones get: what a narrow page has to bear.
LONG = {
    "name_as_signed": "Donaudampfschifffahrtsgesellschaftsmenschenrechtsverein für Völkerstrafrecht (DDSGMV)",
    "country": "AT",
    "website": "https://www.donaudampfschifffahrtsgesellschaftsmenschenrechtsverein.example/ueber-uns/",
    "representative_name": "Wolfeschlegelsteinhausenbergerdorff-Schönlaterngasse",
    "representative_role": "Generalsekretärin",
    "email": "generalsekretariat@donaudampfschifffahrtsgesellschaftsmenschenrechtsverein.example",
}


@pytest.fixture(scope="module")
def browser():
    """Chromium; of module scope, because Django refuses its database while Playwright's event loop is there."""
    path = shutil.which("chromium")
    why = "" if path else "there is no `chromium` on the PATH"
    if not why and not ctypes.util.find_library("atomic"):
        why = "Playwright's driver needs libatomic1"
    if why:
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail(why)
        pytest.skip(why)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield running
        running.close()


@pytest.fixture
def new_page(browser, site):
    """Open a page in a context of its own, without cookies unless they are given; all close with the test."""
    contexts = []

    def open_page(width=1280, height=900, **options):
        viewport = {"width": width, "height": height}
        context = browser.new_context(**{"base_url": site.url, "viewport": viewport, "locale": "en-GB"} | options)
        context.set_default_timeout(10_000)
        contexts.append(context)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def session(browser, site):
    """The cookies of a moderator who has signed in."""
    return signed_in(browser, site, "moderator")


@pytest.fixture(scope="module")
def administrator(browser, site):
    """The cookies of an administrator who has signed in."""
    return signed_in(browser, site, "administrator")


def signed_in(browser, site, login):
    """Sign in as one of the demo's accounts, unless that was done: a code works only once, and attempts are counted."""
    context = browser.new_context(base_url=site.url, storage_state=site.sessions.get(login))
    page = context.new_page()
    page.goto("/moderation/")
    if "/sign-in/" in page.url:
        page.get_by_label("Username").fill(login)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.get_by_role("textbox", name="Code").fill(authenticator.code())
        page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Sign-ons")).to_be_visible()
    site.sessions[login] = context.storage_state()
    context.close()
    return site.sessions[login]


@pytest.fixture(scope="session")
def addresses(site):
    """The address of each kind of page, by its name; made once, for all modules."""
    made = site.python(f"""
import json
from django.contrib.auth.models import User
from accounts.models import Invitation
from delivery.models import FollowUp
from letter.models import Letter
from signatories import links
from signatories.bounces import Bounce, Kind
from signatories.models import Actor, Correction, InvitationRound, MemberInvitation, Merge, Notice
from signatories.models import Organisation, SignOn, Transfer
from tests import factories
from uuid import uuid4
letter = Letter.objects.get(slug="icc-2020")
fields = {LONG!r}
about = {{"country": fields["country"], "website": fields["website"]}}
waiting, new, away = (SignOn.sign(letter.text(), **fields | {{"acronym": acronym, "email": acronym + fields["email"]}})
    for acronym in ("ONE", "TWO", "THREE"))
waiting.confirm()
away.withdraw()
over, lost = (factories.a_sign_on(letter, state, **fields | {{"email": f"{{uuid4()}}@example.org"}})
    for state in ("expired", "unconfirmed"))
lost.messages.get().bounced(Bounce(Kind.HARD, "5.1.1", "x" * 200, is_final=True))
queried = factories.a_sign_on(letter, **fields | {{"email": f"{{uuid4()}}@example.org"}})
paper = factories.a_document(queried, name=fields["email"] + ".pdf")
queried.query(Actor.moderator(User.objects.get(username="moderator")), question=fields["website"] * 3)
batch = uuid4()
one = factories.a_sign_on(letter, "pending", email=f"{{batch}}@example.org")
one.decline(Actor.moderator(User.objects.get(username="moderator"), batch=batch), reason="other")
accepted = SignOn.objects.in_state("accepted").filter(letter=letter)[0]
desk = Actor.moderator(User.objects.get(username="moderator"))
asked = waiting.notices.first() or Notice.send(waiting, desk, address="office@dds.example", found_at=fields["website"])
objected = accepted.notices.first() or Notice.send(accepted, desk, address="office@dds.example", found_at="their page")
objected.object(words="Nobody here knows of it: " + fields["website"])
corrected = Correction.propose(accepted, name="  ".join([accepted.listed_name, fields["name_as_signed"].upper()])[:200],
    website=fields["website"], reason=fields["representative_name"])
moving, passed, disputed = (
    factories.a_sign_on(letter, **fields | {{"email": f"{{uuid4()}}@example.org"}}) for _one in "123")
offer = Transfer.offer(moving, "contact", email=fields["email"])
person = {{"name": fields["representative_name"], "role": fields["representative_role"]}}
handed, against = (Transfer.offer(one, "successor", email=f"{{uuid4()}}@example.org", **person)
    for one in (passed, disputed))
against.take(links.token("successor", against.pk))
against.object(links.token("stop", against.pk))
delivered = Letter.objects.filter(slug="delivered").first()
if delivered is None:
    delivered = factories.a_published("Al-Haq", slug="delivered")
    office = "Ministerin für Angelegenheiten der Donaudampfschifffahrtsgesellschaftsmenschenrechte"
    for channel in ("email", "post"):
        factories.a_recipient(delivered, office=office, postal_address="Wien", email=fields["email"], channel=channel)
    factories.a_delivered(delivered)
if not Letter.objects.filter(slug="compared").exists():
    factories.a_letter(slug="compared", opens_at=None).revise(
        "ar", title="رسالة", salutation="صاحب السعادة،", body="نحن الموقعين ٣:", closing="")
sent = delivered.recipients.first()
noted = sent.follow_ups.first() or FollowUp.record(sent, User.objects.first(), event="answered", on="2020-05-20",
    words="We thank you.", who="Austria")
invited = Invitation.objects.first() or Invitation.invite(
    None, email=fields["email"], name=fields["representative_name"], roles=["moderator", "secretariat"])
book = letter.recipients.first() or factories.a_recipient(letter)
sheet = f"Organisation,Country,E-mail\\n{{fields['name_as_signed']}},AT,{{fields['email']}}\\nOdhikar,Atlantis,x\\n"
table, done = factories.a_batch(letter, sheet), factories.a_batch(letter, is_imported=True)
known = Organisation.objects.standing().order_by("pk").first()
merge = Merge.objects.first()
if merge is None:
    long, short = (Organisation.objects.create(name=name, **about) for name in (fields["name_as_signed"], "DDSGMV"))
    long.learn("Danube Steamship Society for Human Rights")
    Organisation.objects.create(name="Ortsgruppe Wien", umbrella=short)
    merge = Merge.merge(User.objects.first(), long, short)
asked = MemberInvitation.objects.to(letter).sent().first() or factories.an_invitation(
    letter, "Frauen im " + fields["name_as_signed"], "frauen." + fields["email"])
draft = InvitationRound.objects.drafts().first() or factories.a_round(
    letter, f"name,e-mail\\n{{fields['name_as_signed']}},x{{fields['email']}}\\nOdhikar,x\\n", is_sent=False)
print(json.dumps({{
    "invited": f"/invited/{{links.token('member', asked.pk)}}/",
    "invited, in Arabic": f"/ar/invited/{{links.token('member', asked.pk)}}/",
    "unsubscribe": f"/unsubscribe/{{links.token('unsubscribe', asked.pk)}}/",
    "invitation of a member": f"/moderation/invitations/members/{{asked.pk}}/",
    "round": f"/moderation/invitations/rounds/{{draft.pk}}/",
    "imported": f"/moderation/imports/{{done.pk}}/",
    "rows": f"/moderation/imports/{{table.pk}}/",
    "columns": f"/moderation/imports/{{table.pk}}/columns/",
    "confirm": f"/confirm/{{links.token('confirm', new.pk)}}/",
    "expired": f"/confirm/{{links.token('confirm', over.pk)}}/",
    "sign-on, unconfirmed": f"/moderation/sign-ons/{{lost.pk}}/?state=unconfirmed",
    "used link": f"/confirm/{{links.token('confirm', waiting.pk)}}/",
    "status": f"/status/{{links.token('status', waiting.pk)}}/",
    "status, withdrawn": f"/status/{{links.token('status', away.pk)}}/",
    "withdraw": f"/status/{{links.token('status', waiting.pk)}}/withdraw/",
    "receipt": f"/status/{{links.token('status', waiting.pk)}}/receipt/",
    "my data": f"/status/{{links.token('status', waiting.pk)}}/my-data/",
    "my data, withdrawn": f"/status/{{links.token('status', away.pk)}}/my-data/",
    "erase my data": f"/status/{{links.token('status', away.pk)}}/my-data/erase/",
    "answer": f"/status/{{links.token('status', queried.pk)}}/answer/",
    "status, queried": f"/status/{{links.token('status', queried.pk)}}/",
    "sign-on, queried": f"/moderation/sign-ons/{{queried.pk}}/",
    "see": f"/moderation/documents/{{paper.pk}}/see/",
    "erase": f"/moderation/documents/{{paper.pk}}/erase/",
    "correct": f"/status/{{links.token('status', waiting.pk)}}/correct/",
    "objection": f"/objection/{{links.notice_token(asked.pk)}}/",
    "objection, in Arabic": f"/ar/objection/{{links.notice_token(asked.pk)}}/",
    "objection, answered": f"/es/objection/{{links.notice_token(objected.pk)}}/",
    "notify": f"/moderation/sign-ons/{{waiting.pk}}/notify/",
    "change contact": f"/status/{{links.token('status', moving.pk)}}/contact/",
    "hand over": f"/status/{{links.token('status', moving.pk)}}/hand-over/",
    "status, offered": f"/status/{{links.token('status', moving.pk)}}/",
    "keep": f"/status/{{links.token('status', moving.pk)}}/keep/",
    "new address": f"/contact/{{links.token('contact', offer.pk)}}/",
    "successor": f"/ar/successor/{{links.token('successor', handed.pk)}}/",
    "accepted": f"/successor/{{links.token('successor', against.pk)}}/",
    "stop": f"/stop/{{links.token('stop', offer.pk)}}/",
    "settle transfer": f"/moderation/transfers/{{against.pk}}/settle/",
    "settle": f"/moderation/notices/{{objected.pk}}/settle/",
    "edit": f"/moderation/sign-ons/{{accepted.pk}}/edit/",
    "correction": f"/moderation/corrections/{{corrected.pk}}/",
    "sign-on": f"/moderation/sign-ons/{{waiting.pk}}/",
    "sign-on, accepted": f"/moderation/sign-ons/{{accepted.pk}}/",
    "organisation": f"/moderation/organisations/{{merge.kept_id}}/",
    "edit organisation": f"/moderation/organisations/{{merge.kept_id}}/edit/",
    "choose other": f"/moderation/organisations/{{merge.kept_id}}/merge/?q=justice",
    "merge": f"/moderation/organisations/{{merge.kept_id}}/merge/{{known.pk}}/",
    "undo merge": f"/moderation/merges/{{merge.pk}}/undo/",
    "split": f"/moderation/organisations/{{merge.kept_id}}/split/",
    "edition": letter.editions.first().path,
    "recipient": f"/moderation/letters/delivered/recipients/{{sent.pk}}/",
    "note": f"/moderation/letters/delivered/follow-ups/{{noted.pk}}/",
    "batch": f"/moderation/batches/{{batch}}/",
    "change": f"/moderation/letters/icc-2020/recipients/{{book.pk}}/change/",
    "person": f"/moderation/people/{{User.objects.get(username='reader').pk}}/",
    "invitation": f"/moderation/invitation/{{invited.token}}/",
}}))
""")
    return json.loads(made.splitlines()[-1]) | {
        "letter": "/icc-2020/",
        "countries": "/icc-2020/countries/",
        "changes": "/icc-2020/changes/",
        "share": "/icc-2020/share/",
        "verify": "/icc-2020/verify/",
        "embed": "/icc-2020/embed/",
        "sign": "/icc-2020/sign/",
        "sign, with errors": "/icc-2020/sign/",
        "check": "/icc-2020/sign/",
        "colleague": "/icc-2020/sign/",
        "prefilled": f"/icc-2020/sign/for/{drafts.handed(LONG)}/",
        "prefilled, cut short": "/icc-2020/sign/for/cut-short/",
        "sent": "/icc-2020/sign/sent/",
        "resent": "/icc-2020/sign/resent/",
        "board": "/icc-2020/board/",
        "bad link": "/status/cut-short/",
        "lost link": "/links/",
        "lost link, sent": "/ar/links/sent/",
        "bad objection": "/fr/objection/cut-short/",
        "corrections": "/moderation/corrections/",
        "nothing there": "/nothing/is/here/",
        "sign-in": "/moderation/sign-in/",
        "forgotten password": "/moderation/password/",
        "account": "/moderation/account/",
        "second factor": "/moderation/account/second-factor/",
        "people": "/moderation/people/",
        "invite": "/moderation/people/invite/",
        "compare": "/moderation/texts/compared/ar/check/",
        "letters, in Arabic": "/ar/",
        "queue": "/moderation/",
        "search": "/moderation/?q=justice",
        "organisations": "/moderation/organisations/",
        "keys": "/moderation/keys/",
        "limits": "/moderation/limits/",
        "style": "/moderation/style/",
        "messages": "/moderation/messages/",
        "register": "/moderation/register/icc-2020/",
        "export": "/moderation/export/?q=justice",
        "figures": "/moderation/figures/",
        "figures, one letter": "/moderation/figures/icc-2020/",
        "digest": "/moderation/digest/",
        "deliveries": "/moderation/letters/",
        "recipients": "/moderation/letters/icc-2020/recipients/",
        "recipients, delivered": "/moderation/letters/delivered/recipients/",
        "add": "/moderation/letters/icc-2020/recipients/add/",
        "import": "/moderation/letters/icc-2020/recipients/import/",
        "preview": "/moderation/letters/icc-2020/recipients/import/",
        "deliver": "/moderation/letters/icc-2020/deliver/",
        "bad invitation": "/invited/cut-short/",
        "invitations": "/moderation/invitations/",
        "invitations, one letter": "/moderation/invitations/icc-2020/",
        "invite members": "/moderation/invitations/icc-2020/upload/",
        "export invitations": "/moderation/invitations/icc-2020/export/",
        "do not contact": "/moderation/do-not-contact/",
        "imports": "/moderation/imports/",
        "import a file": "/moderation/imports/upload/",
    }


@pytest.fixture
def visit(new_page, session, administrator, addresses):
    """Open the page of that name (see `PUBLIC` and `DESK`), signed in if it is the moderators'."""

    def open_named(name, **options):
        is_desk = addresses[name].startswith("/moderation/") and name not in DOOR
        cookies = administrator if name in ADMINISTRATION else session
        page = new_page(**options, storage_state=cookies if is_desk else None)
        page.goto(addresses[name])
        if name == "sign, with errors":
            page.get_by_role("textbox", name="Website").fill("ftp://example.org")
            page.get_by_role("button", name="Continue").click()
            expect(page.get_by_role("alert")).to_be_visible()
        if name in ("check", "colleague"):
            for field, words in (LONG | {"email": "generalsekretariat@gmial.com"}).items():
                control = page.locator(f"#id_{field}")
                control.select_option("") if field == "country" else control.fill(words.upper())
            page.get_by_role("checkbox").check()
            page.wait_for_timeout(3100)
            page.get_by_role("button", name=PRESSED[name]).click()
            expect(page.get_by_role("heading", level=1, name=HEADINGS[name])).to_be_visible()
        if name == "preview":
            sheet = f"name,country,e-mail\n{LONG['representative_name']},AT,{LONG['email']}\n,Atlantis,nobody\n"
            page.set_input_files(
                "input[type=file]", {"name": "a.csv", "mimeType": "text/csv", "buffer": sheet.encode()}
            )
            page.get_by_role("button", name="Look at it first").click()
            expect(page.get_by_role("heading", name="Preview of the import")).to_be_visible()
        return page

    return open_named


PUBLIC = [
    "letter", "edition", "countries", "changes", "share", "verify", "embed",
    "sign", "sign, with errors", "check", "colleague", "prefilled", "prefilled, cut short", "sent", "resent", "board",
    "confirm", "used link", "status", "status, withdrawn",
    "status, queried", "answer", "withdraw", "correct", "bad link", "nothing there",
    "receipt", "my data", "my data, withdrawn", "erase my data",
    "change contact", "hand over", "status, offered", "keep", "new address", "successor", "accepted", "stop",
    "lost link", "lost link, sent",
    "objection", "objection, in Arabic", "objection, answered", "bad objection", "letters, in Arabic", "expired",
]  # fmt: skip
# What is pressed on the form to get there, and what stands there.
PRESSED = {"check": "Continue", "colleague": "Hand it to a colleague"}
HEADINGS = {"check": "Check your answers", "colleague": "Hand it to a colleague"}
DOOR = {"sign-in", "forgotten password", "invitation"}
ADMINISTRATION = {"people", "person", "invite"}
DESK = [
    *sorted(DOOR | ADMINISTRATION), "account", "second factor", "notify", "settle", "settle transfer",
    "edit", "corrections", "correction",
    "queue", "search", "keys", "style", "messages", "batch", "sign-on", "sign-on, unconfirmed",
    "sign-on, queried", "sign-on, accepted", "register", "see", "erase", "deliveries", "recipients",
    "recipients, delivered", "recipient", "note", "change", "add", "import", "preview", "deliver",
    "export", "figures", "figures, one letter", "digest", "limits",
    "invitations", "invitations, one letter", "invite members", "round", "invitation of a member", "export invitations",
    "do not contact",
    "imports", "import a file", "columns", "rows", "imported",
    "organisations", "organisation", "edit organisation", "choose other", "merge", "undo merge", "split",
    "compare",
]  # fmt: skip
