"""Forty sign-ons before lunch: decided in a real browser, by keyboard, with the keystrokes and page loads counted."""

import json
import re
import sys

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.running import Site, fresh_database

from .conftest import signed_in
from .test_every_page import STICKING_OUT, WCAG

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("workbench")]

# name, country, website, e-mail; what a careful moderator does with it.
FORTY = [
    # Plain: one key each.
    ("Kituo cha Sheria", "KE", "https://kituochasheria.or.ke", "legal@kituochasheria.or.ke", "plain"),
    ("Ligue Sénégalaise des Droits", "SN", "https://lsd.example.sn", "contact@lsd.example.sn", "plain"),
    ("Barisal Tribunal Monitors", "BD", "https://btm.example", "asha@btm.example", "plain"),
    ("Nyaya Mitra Trust", "IN", "https://nyayamitra.example", "desk@nyayamitra.example", "plain"),
    ("Fundación Justicia y Memoria", "CO", "https://fjm.example.co", "info@fjm.example.co", "plain"),
    ("Asociación de Viudas de Ayacucho", "PE", "", "viudas.ayacucho@gmail.com", "plain"),
    ("Women of Bor Support Group", "SS", "", "bor.women@yahoo.com", "plain"),
    ("Comité des Mères de Bangui", "CF", "", "meres.bangui@hotmail.fr", "plain"),
    ("Tamil Diaspora Accountability Forum", "LK", "https://tdaf.example", "office@tdaf.example", "plain"),
    ("Zentrum für Völkerstrafrecht Köln", "DE", "https://zvk.example.de", "post@zvk.example.de", "plain"),
    ("مركز عدالة للحقوق", "PS", "https://adala.example.ps", "info@adala.example.ps", "plain"),
    ("جمعية أمهات المختفين", "LB", "", "ommahat@gmail.com", "plain"),
    ("شبكة المحاميات السودانيات", "SD", "https://sudlaw.example", "mail@sudlaw.example", "plain"),
    ("Фонд памяти жертв Бучи", "UA", "https://bucha.example.ua", "fond@bucha.example.ua", "plain"),
    ("Харківська правозахисна група", "UA", "https://khpg.example.ua", "office@khpg.example.ua", "plain"),
    ("Армянский союз юристов-криминологов", "AM", "", "armjurist@mail.ru", "plain"),
    ("Red Mexicana contra la Tortura", "MX", "https://rmct.example.mx", "hola@rmct.example.mx", "plain"),
    ("Observatório Angolano de Prisões", "AO", "", "oap.luanda@gmail.com", "plain"),
    ("Philippine Drug War Survivors", "PH", "https://pdws.example.ph", "team@pdws.example.ph", "plain"),
    ("Yazidi Legal Aid Bureau", "IQ", "https://ylab.example", "aid@ylab.example", "plain"),
    ("Norges Fredsdommere", "NO", "https://fredsdommere.example.no", "post@fredsdommere.example.no", "plain"),
    ("Rohingya Testimony Archive", "MM", "", "rta.archive@proton.me", "plain"),
    ("Malian Griots for Peace", "ML", "https://griots.example.ml", "griots@griots.example.ml", "plain"),
    ("Gambian Victims Caravan", "GM", "https://caravan.example.gm", "info@caravan.example.gm", "plain"),
    ("Tbilisi Strategic Litigation Office", "GE", "https://tslo.example.ge", "office@tslo.example.ge", "plain"),
    ("Honduran Defenders Shelter", "HN", "", "refugio.hn@gmail.com", "plain"),
    ("Coalition Ivoirienne Anti-Impunité", "CI", "https://ciai.example.ci", "ciai@ciai.example.ci", "plain"),
    ("Nepal Conflict Widows Circle", "NP", "https://ncwc.example.np", "circle@ncwc.example.np", "plain"),
    # Siblings of a federation: alike, and no doubt.
    ("Jurists for All Nations – Ghana", "GH", "https://jan-ghana.example", "gh@jan-ghana.example", "plain"),
    ("Jurists for All Nations – Chile", "CL", "https://jan-chile.example", "cl@jan-chile.example", "plain"),
    # The same twice, and once with a slip: an eye is needed.
    ("Kurdish Forensic Initiative", "IQ", "https://kfi.example", "one@kfi.example", "accept"),
    ("Kurdish Forensic Initiative", "IQ", "https://kfi.example", "two@kfi.example", "duplicate"),
    ("Bogota Truth Comission", "CO", "https://btc.example.co", "a@btc.example.co", "accept"),
    ("Bogota Truth Commission", "CO", "https://btc.example.co", "b@btc.example.co", "duplicate"),
    # An address on another domain than the website.
    ("Lake Chad Reporters", "TD", "https://lakechad.example", "editor@chadmail.example", "query"),
    ("Press Freedom Desk Dushanbe", "TJ", "https://pfdd.example.tj", "desk@postbox.example", "query"),
    # Somebody who says to be a well-known organisation.
    ("Amnesty International Secretariat", "GB", "https://www.amnesty.org", "a@amnesty-office.example", "impostor"),
    # Capitals, a stray acronym.
    ("SAVE THE RIVER PEOPLES", "BR", "https://riverpeoples.example.br", "rio@riverpeoples.example.br", "plain"),
    ("ACTION PAIX ET DROIT", "CD", "", "apd.goma@gmail.com", "plain"),
    ("Euphrates Archive (EA)", "SY", "https://euphrates.example", "ea@euphrates.example", "plain"),
]  # fmt: skip


WORDS = {"plain": "is accepted", "accept": "is accepted", "query": "waits for an answer"}


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A site on which a decision's message waits as long as it does in production."""
    with (
        fresh_database() as url,
        Site(url, tmp_path_factory.mktemp("desk"), DECISION_DELAY_SECONDS="600") as running,
    ):
        yield running


@pytest.fixture
def forty(desk):
    """The forty, waiting in this order; whatever waited before is decided."""
    return waiting(desk, FORTY)


def waiting(site, rows):
    made = site.python(f"""
import json
from datetime import timedelta
from django.utils import timezone
from letter.models import Letter
from signatories.models import Actor, SignOn
from django.contrib.auth.models import User
letter = Letter.objects.get(slug="icc-2020")
actor = Actor.moderator(User.objects.get(username="moderator"))
for one in SignOn.objects.filter(state__in=["pending", "queried", "unconfirmed"]):
    one.withdraw(actor, note="makes room")
for one in SignOn.objects.accepted().exclude(source="import"):
    one.decline(actor, reason="other")
# What the tests before have signed is no burst from one domain.
SignOn.objects.update(created_at=timezone.now() - timedelta(days=1))
keys = []
for name, country, website, email, _act in {rows!r}:
    one = SignOn.sign(letter.text(), name_as_signed=name, acronym="", country=country, website=website,
        representative_name="Amina Diallo", representative_role="Director", email=email)
    one.confirm()
    keys.append(one.pk)
print(json.dumps(keys))
""")
    return json.loads(made.splitlines()[-1])


def states(site, keys):
    found = site.python(f"""
import json
from signatories.models import SignOn
print(json.dumps({{one.pk: one.state for one in SignOn.objects.filter(pk__in={keys!r})}}))
""")
    known = json.loads(found.splitlines()[-1])
    return [known[str(key)] for key in keys]


class Hands:
    """A moderator at the keyboard, who is counted."""

    def __init__(self, page):
        self.page, self.keys, self.loads = page, 0, 0
        page.on("domcontentloaded", lambda _page: setattr(self, "loads", self.loads + 1))

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)
            self.keys += 1

    def write(self, words):
        self.page.keyboard.type(words)
        self.keys += len(words)


@pytest.fixture
def open_page(browser, desk):
    """Open a page of the moderator's in a context of its own; all close with the test."""
    contexts = []

    def opened(address="/moderation/", width=1280, height=900, **options):
        viewport = {"width": width, "height": height}
        state = signed_in(browser, desk, "moderator")
        context = browser.new_context(
            base_url=desk.url, viewport=viewport, locale="en-GB", storage_state=state, **options
        )
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.goto(address)
        return page

    yield opened
    for context in contexts:
        context.close()


def heading(page):
    return page.locator("#detail h1")


def test_forty_sign_ons_are_decided_by_keyboard_without_a_reload(desk, open_page, forty, capsys):
    page = open_page()
    hands, plain, table = Hands(page), [], []

    hands.press("j", "Enter")
    for place, (name, _country, _website, _email, wanted) in enumerate(FORTY):
        expect(heading(page)).to_have_text(name)
        expect(page.locator("#workbench")).not_to_have_attribute("aria-busy", "true")
        before = hands.keys, hands.loads
        if place == 0:
            before = 0, 0  # opening the queue's first belongs to it
        if wanted == "plain":
            hands.press("a")
        elif wanted == "accept":
            hands.press("a")
            choose(hands, page, "A new organisation")
            hands.press("Enter")
        elif wanted in ("duplicate", "impostor"):
            hands.press("d")
            reason = {"duplicate": "duplicate", "impostor": "not_genuine"}[wanted]
            while page.evaluate("document.activeElement.value") != reason:
                hands.press("ArrowDown")
            hands.press("Tab", "Tab", "Enter")
        elif wanted == "query":
            hands.press("q")
            write_question(hands, page)
        done = {"plain": "is accepted", "accept": "is accepted", "query": "waits for an answer"}.get(
            wanted, "is declined"
        )
        expect(page.get_by_role("status")).to_contain_text(re.compile(re.escape(name) + ".*" + done))
        table.append((wanted, hands.keys - before[0], hands.loads - before[1]))
        if wanted == "plain":
            plain.append(table[-1][1:])

    expect(page.locator("#list")).to_contain_text("Nothing waits for a decision.")
    lines = [f"{len(FORTY)} sign-ons: {hands.keys} keystrokes, {hands.loads} page loads"]
    for wanted in dict.fromkeys(row[0] for row in table):
        counted = [row for row in table if row[0] == wanted]
        most, loads = max(row[1] for row in counted), sum(row[2] for row in counted)
        lines.append(f"  {wanted:<10} {len(counted):>3}: at most {most} keystrokes, {loads} page loads")
    with capsys.disabled():
        sys.stdout.write("\n" + "\n".join(lines) + "\n")
    assert max(keys for keys, _loads in plain) <= 3
    assert [loads for _keys, loads in plain] == [0] * len(plain)
    assert hands.loads == 0
    outcome = {"plain": "accepted", "accept": "accepted", "query": "queried"}
    assert states(desk, forty) == [outcome.get(row[-1], "declined") for row in FORTY]


def choose(hands, page, label):
    """Choose an answer from where the key has put the focus."""
    expect(page.locator("#detail form[data-verb=accept] :focus")).to_have_count(1)
    for _ in range(8):
        if page.get_by_label(label, exact=True).is_checked():
            return
        hands.press("ArrowDown")
    raise AssertionError(f"“{label}” is not reached")


def write_question(hands, page):
    """Write into the question where the focus is, and send it."""
    expect(page.locator("#detail form[data-verb=query] :focus")).to_have_count(1)
    for _ in range(4):
        if page.evaluate("document.activeElement.tagName") == "TEXTAREA":
            break
        hands.press("Tab")
    hands.write(QUESTION)
    for _ in range(4):
        hands.press("Tab")
        if page.evaluate("document.activeElement.tagName") == "BUTTON":
            hands.press("Enter")
            return
    raise AssertionError("Tab does not lead to the button")


SOME = [FORTY[0], FORTY[1], FORTY[10]]
QUESTION = "Who in your organisation decided to sign?"


def test_undo_takes_one_key_and_brings_the_sign_on_back(desk, open_page):
    keys = waiting(desk, SOME)
    page = open_page(f"/moderation/sign-ons/{keys[0]}/")
    hands = Hands(page)

    hands.press("a")
    expect(heading(page)).to_have_text(SOME[1][0])
    hands.press("u")

    expect(page.get_by_role("status")).to_contain_text("Undone")
    expect(heading(page)).to_have_text(SOME[0][0])
    assert (hands.loads, states(desk, keys)) == (0, ["pending"] * 3)


def test_a_key_that_is_held_down_or_typed_into_a_field_or_switched_off_decides_nothing(desk, open_page):
    keys = waiting(desk, SOME)
    page = open_page(f"/moderation/sign-ons/{keys[0]}/")

    page.keyboard.press("/")
    page.keyboard.type("aud")
    expect(page.get_by_role("searchbox")).to_have_value("aud")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("a")
    page.get_by_role("checkbox", name="Single keys act").uncheck()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.locator("body").press("a")
    page.reload()
    page.keyboard.press("a")
    page.keyboard.press("j")
    expect(heading(page)).to_have_text(SOME[0][0])
    page.evaluate("localStorage.clear()")
    page.reload()
    page.evaluate("document.body.dispatchEvent(new KeyboardEvent('keydown', {key: 'a', repeat: true, bubbles: true}))")
    expect(heading(page)).to_have_text(SOME[0][0])

    assert states(desk, keys) == ["pending"] * 3


def test_what_a_colleague_decided_meanwhile_is_shown_in_place(desk, open_page):
    keys = waiting(desk, SOME)
    page = open_page(f"/moderation/sign-ons/{keys[0]}/")
    desk.python(f"""
from django.contrib.auth.models import User
from signatories.models import Actor, SignOn
SignOn.objects.get(pk={keys[0]}).decline(Actor.moderator(User.objects.get(username="moderator")), reason="other")
""")
    hands = Hands(page)

    hands.press("a")

    expect(heading(page)).to_have_text("Somebody else was faster")
    expect(heading(page)).to_be_focused()
    hands.press("j")
    expect(heading(page)).to_have_text(SOME[1][0])
    assert hands.loads == 0


def test_an_error_is_shown_in_place_with_what_was_typed(desk, open_page):
    keys = waiting(desk, SOME)
    page = open_page(f"/moderation/sign-ons/{keys[0]}/")
    hands = Hands(page)
    page.get_by_label("Website").last.fill("ftp://example.org")

    page.get_by_label("Website").last.press("Enter")

    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_label("Website").last).to_have_value("ftp://example.org")
    assert (hands.loads, states(desk, keys)) == (0, ["pending"] * 3)


def test_back_and_forward_lead_through_what_was_opened(desk, open_page):
    keys = waiting(desk, SOME)
    page = open_page(f"/moderation/sign-ons/{keys[0]}/")
    page.keyboard.press("j")
    expect(heading(page)).to_have_text(SOME[1][0])
    expect(page).to_have_url(re.compile(f"/{keys[1]}/$"))

    page.go_back()

    expect(heading(page)).to_have_text(SOME[0][0])
    expect(page).to_have_title(SOME[0][0])


def test_when_the_session_is_over_the_door_is_shown(desk, open_page):
    keys = waiting(desk, SOME)
    page = open_page(f"/moderation/sign-ons/{keys[0]}/")
    page.context.clear_cookies()

    page.keyboard.press("j")

    expect(page.get_by_label("Password")).to_be_visible()


def test_a_text_from_the_list_is_put_into_the_form_and_nothing_is_asked(desk, open_page):
    keys = waiting(desk, SOME)
    page = open_page(f"/moderation/sign-ons/{keys[0]}/")
    question = page.get_by_label("Question to the representative")

    page.keyboard.press("q")
    page.get_by_label("Questions that are often asked").select_option(index=1)
    page.get_by_role("button", name="Use this text").click()

    expect(question).not_to_have_value("")
    expect(question).to_be_focused()
    assert states(desk, keys) == ["pending"] * 3


def test_a_link_to_a_place_on_the_page_leaves_what_was_typed_alone(desk, open_page):
    keys = waiting(desk, SOME)
    page = open_page(f"/moderation/sign-ons/{keys[0]}/")
    hands = Hands(page)
    page.keyboard.press("q")
    question = page.get_by_label("Question to the representative")
    question.fill(QUESTION)
    asked = []
    page.on("request", lambda request: asked.append(request.url))

    page.get_by_role("link", name="Skip to the text").press("Enter")
    page.go_back()

    expect(page).not_to_have_url(re.compile("#"))
    expect(question).to_have_value(QUESTION)
    assert (hands.loads, [one for one in asked if "/static/" not in one]) == (0, [])


REFILLED = "What you had typed is in the form again."


def test_what_was_typed_is_there_again_after_looking_at_another_and_gone_once_it_is_sent(desk, open_page):
    keys = waiting(desk, SOME)
    page = open_page(f"/moderation/sign-ons/{keys[0]}/")
    question, status = page.get_by_label("Question to the representative"), page.get_by_role("status")

    page.keyboard.press("q")
    question.fill(QUESTION)
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    expect(heading(page)).to_have_text(SOME[1][0])
    expect(status).to_contain_text("What you typed is kept")
    expect(question).to_have_value("")
    page.keyboard.press("k")
    expect(status).to_contain_text(REFILLED)
    expect(question).to_have_value(QUESTION)
    page.reload()
    expect(question).to_have_value(QUESTION)
    page.get_by_role("button", name="Send the question").click()
    expect(heading(page)).to_have_text(SOME[1][0])

    assert page.evaluate("Object.keys(sessionStorage).filter(key => key.startsWith('workbench.draft'))") == []
    assert states(desk, keys) == ["queried", "pending", "pending"]


def test_what_was_typed_outlives_a_session_that_ended_and_a_server_that_fails(desk, open_page, browser):
    keys = waiting(desk, SOME)
    address = f"/moderation/sign-ons/{keys[0]}/"
    page = open_page(address)
    question, status = page.get_by_label("Question to the representative"), page.get_by_role("status")
    send = page.get_by_role("button", name="Send the question")
    page.keyboard.press("q")
    question.fill(QUESTION)

    page.route("**/query/", lambda route: route.abort())
    send.click()
    expect(status).to_contain_text("The server does not answer.")
    expect(status).to_be_in_viewport()
    page.unroute("**/query/")
    page.route("**/query/", lambda route: route.fulfill(status=502, content_type="text/html", body="Bad gateway"))
    send.click()
    expect(status).to_contain_text("The server answered with an error.")
    expect(question).to_have_value(QUESTION)
    page.unroute("**/query/")
    page.context.clear_cookies(name="sessionid")
    send.click()
    expect(page.get_by_label("Password")).to_be_visible()
    assert page.url.endswith(f"?next={address}")
    page.context.add_cookies(signed_in(browser, desk, "moderator")["cookies"])
    page.goto(address)

    expect(status).to_contain_text(REFILLED)
    expect(question).to_have_value(QUESTION)
    expect(question).to_be_visible()
    assert states(desk, keys) == ["pending"] * 3


def test_a_note_outlives_a_colleague_who_was_faster(desk, open_page):
    keys = waiting(desk, SOME)
    page = open_page(f"/moderation/sign-ons/{keys[0]}/")
    page.keyboard.press("q")
    page.get_by_label("Question to the representative").fill(QUESTION)
    desk.python(f"""
from django.contrib.auth.models import User
from signatories.models import Actor, SignOn
one, desk = SignOn.objects.get(pk={keys[0]}), Actor.moderator(User.objects.get(username="moderator"))
one.decline(desk, reason="other")
one.undo(desk)
""")

    page.get_by_role("button", name="Send the question").click()
    expect(heading(page)).to_have_text("Somebody else was faster")
    page.get_by_role("link", name="Look at it again").click()

    expect(page.get_by_label("Question to the representative")).to_have_value(QUESTION)
    expect(page.locator("#detail .history").first).to_contain_text("Undone: ")


def test_a_colleague_who_takes_over_leaves_what_is_typed_alone(desk, open_page):
    keys = waiting(desk, SOME)
    page = open_page(f"/moderation/sign-ons/{keys[0]}/")
    page.clock.install()
    page.reload()
    question = page.get_by_label("Question to the representative")
    page.keyboard.press("q")
    question.fill(QUESTION)
    page.keyboard.press("Tab")
    desk.python(f"""
from django.contrib.auth.models import User
from signatories.models import Claim
Claim.take({keys[0]}, User.objects.get(username="administrator"), over=True)
""")

    page.clock.fast_forward(121_000)

    expect(page.get_by_role("status")).to_contain_text("A colleague has taken this sign-on over.")
    expect(question).to_have_value(QUESTION)
    page.locator("body").press("a")
    assert states(desk, keys) == ["pending"] * 3


def test_one_key_does_not_accept_what_a_colleague_looks_at(desk, open_page):
    keys = waiting(desk, SOME)
    desk.python(f"""
from django.contrib.auth.models import User
from signatories.models import Claim
Claim.take({keys[0]}, User.objects.get(username="administrator"))
""")
    page = open_page(f"/moderation/sign-ons/{keys[0]}/")

    page.keyboard.press("a")

    expect(page.locator("form[data-verb=accept] [type=radio]:focus")).to_have_count(1)
    assert states(desk, keys) == ["pending"] * 3


def test_a_key_leads_to_the_question_that_is_open(desk, open_page):
    keys = waiting(desk, [FORTY[32], FORTY[33]])
    desk.python(f"""
from django.contrib.auth.models import User
from signatories.models import Actor, SignOn
one, desk = SignOn.objects.get(pk={keys[0]}), Actor.moderator(User.objects.get(username="moderator"))
one.accept(desk, listed_name=one.name_as_signed, listed_country="CO")
""")
    page = open_page(f"/moderation/sign-ons/{keys[1]}/")

    page.keyboard.press("a")

    expect(page.locator("form[data-verb=accept] [type=radio]").first).to_be_focused()
    expect(page.locator("form[data-verb=accept] :checked[type=radio]")).to_have_count(0)


def test_a_suggestion_leaves_the_focus_at_the_name(desk, open_page):
    keys = waiting(desk, [FORTY[37]])
    page = open_page(f"/moderation/sign-ons/{keys[0]}/")

    page.get_by_role("button", name="Write: ").first.press("Enter")

    expect(page.get_by_label("Name as listed")).to_be_focused()
    expect(page.get_by_label("Name as listed")).not_to_have_value(FORTY[37][0])


def test_on_a_phone_the_undo_is_in_sight_after_a_decision(desk, open_page):
    keys = waiting(desk, SOME)
    page = open_page(f"/moderation/sign-ons/{keys[0]}/", width=360, height=740)

    page.get_by_role("button", name="Accept and list").click()
    expect(heading(page)).to_have_text(SOME[1][0])
    expect(page.get_by_role("button", name="Undo")).to_be_in_viewport()
    page.get_by_role("button", name="Undo").click()

    expect(heading(page)).to_have_text(SOME[0][0])
    assert states(desk, keys) == ["pending"] * 3


def test_a_key_with_nothing_to_do_says_so_and_a_selection_is_said(desk, open_page):
    waiting(desk, SOME)
    page = open_page()
    page.evaluate("document.querySelectorAll('form.undo').forEach(one => one.remove())")

    page.keyboard.press("u")
    expect(page.get_by_role("status")).to_have_text("There is nothing that could be undone.")
    page.keyboard.press("j")
    page.keyboard.press("x")

    expect(page.locator("[aria-live]")).to_have_text("Selected: 1")


def test_what_waits_above_the_queue_comes_and_goes_with_it(desk, open_page):
    keys = waiting(desk, SOME)
    desk.python(f"""
from django.contrib.auth.models import User
from signatories.models import Actor, Notice, SignOn
desk = Actor.moderator(User.objects.get(username="moderator"))
Notice.send(SignOn.objects.get(pk={keys[0]}), desk, address="office@kcs.example", found_at="https://kcs.example").object(words="No")
""")
    page = open_page(f"/moderation/sign-ons/{keys[1]}/")
    above = page.get_by_role("heading", name="An organisation objects")

    page.locator("#list-title a").click()
    expect(above).to_be_visible()
    page.locator(".rows .row > a").first.click()
    expect(heading(page)).to_be_visible()

    expect(above).to_have_count(0)


def test_many_are_selected_by_keyboard_decided_at_one_stroke_and_undone(desk, open_page):
    keys = waiting(desk, SOME)
    page = open_page()
    hands = Hands(page)

    hands.press("j", "x", "j", "x")
    expect(page.locator("#selected")).to_have_text("(2)")
    page.get_by_role("button", name="Accept …").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("What will happen")
    page.get_by_role("button", name="Accept and list them").press("Enter")
    expect(page.get_by_role("heading", name="2 were decided")).to_be_visible()
    decided = states(desk, keys)
    page.get_by_role("button", name="Undo").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("2 decisions are undone.")

    assert (decided, states(desk, keys)) == (["accepted", "accepted", "pending"], ["pending"] * 3)


def test_without_a_script_the_keyboard_leads_to_a_decision_and_to_the_next(desk, open_page):
    keys = waiting(desk, SOME)
    page = open_page(java_script_enabled=False)

    tab_to(page, page.get_by_role("link", name=SOME[0][0]))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("button", name="Accept and list"))
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text(SOME[1][0])
    tab_to(page, page.get_by_role("button", name="Undo"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(SOME[0][0])
    assert states(desk, keys) == ["pending"] * 3


def tab_to(page, target):
    """Press Tab until the focus is on `target`."""
    expect(target).to_be_attached()
    for _ in range(120):
        page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"Tab does not lead to {target}")


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_axe_finds_nothing_on_the_workbench_and_nothing_sticks_out(desk, open_page, width, scheme, direction):
    keys = waiting(desk, [FORTY[0], FORTY[30], FORTY[31]])
    page = open_page(width=width, color_scheme=scheme)

    for address in ("/moderation/", f"/moderation/sign-ons/{keys[1]}/", "/moderation/keys/", "bulk"):
        if address == "bulk":
            page.goto("/moderation/")
            for box in page.get_by_role("checkbox", name="Select").all():
                box.check()
            page.get_by_role("button", name="Decline …").click()
            expect(page.get_by_role("heading", level=1)).to_have_text("What will happen")
        else:
            page.goto(address)
        page.evaluate(
            "direction => { document.documentElement.dir = direction;"
            " document.querySelectorAll('details').forEach(one => one.open = true) }",
            direction,
        )
        found = Axe().run(page, options={"runOnly": WCAG, "resultTypes": ["violations"]})
        assert found.violations_count == 0, found.generate_report()
        if width == 320:
            assert page.evaluate("document.documentElement.scrollWidth") <= 320, page.evaluate(STICKING_OUT)
    page.goto(f"/moderation/sign-ons/{keys[1]}/")
    page.keyboard.press("?")
    found = Axe().run(page, options={"runOnly": WCAG, "resultTypes": ["violations"]})
    assert found.violations_count == 0, found.generate_report()
