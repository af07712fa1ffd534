"""Coming to the desk for the first time, and again: by keyboard, with an app, a code from paper, and a passkey."""

import re
import time

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from demo import authenticator
from tests.browser.keyboard import press, tab_to, type_into
from tests.browser.test_every_page import WCAG
from tests.mailserver import link_in
from tests.running import until

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("other site")]

PASSWORD = "four quite random words"


def invite(page, email, role):
    """An administrator invites somebody, with the keyboard."""
    page.goto("/moderation/people/")
    press(page, "link", "Invite somebody")
    type_into(page, "Name", "Nadia Haddad")
    type_into(page, "E-mail address", email)
    tab_to(page, page.get_by_role("checkbox", name=role))
    page.keyboard.press("Space")
    press(page, "button", "Send the invitation")
    expect(page.get_by_role("status")).to_contain_text("on its way")


def accept(page, site, email):
    """The invited opens the link, and makes an account."""
    (message,) = until(lambda: [one for one in site.mail.messages if email in one["To"]])
    page.goto(link_in(message, "invitation"))
    type_into(page, "Choose a password", PASSWORD)
    press(page, "button", "Make my account")
    expect(page.get_by_role("heading", level=1)).to_have_text("A second factor")


def sign_out(page):
    press(page, "button", "Sign out")
    expect(page.get_by_role("heading", level=1)).to_have_text("Moderation: sign in")


def sign_in(page, login):
    type_into(page, "Username or e-mail address", login)
    tab_to(page, page.get_by_label("Password"))
    page.keyboard.type(PASSWORD)
    press(page, "button", "Sign in")


def give_code(page, code):
    type_into(page, "Code", code)
    press(page, "button", "Sign in")


def complaints_of(page):
    """What the browser holds against the page: anything that its policy refused, or a script that failed."""
    found = []
    page.on("console", lambda message: found.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    return found


def test_somebody_is_invited_adds_an_app_and_signs_in_with_it_and_with_a_code_from_paper(site, new_page, administrator):
    email = f"nadia.{time.time_ns()}@example.org"
    invite(new_page(storage_state=administrator), email, "moderator")
    page = new_page(width=360, height=740, java_script_enabled=False)

    accept(page, site, email)
    press(page, "link", "Add an authenticator app")
    expect(page.get_by_role("img", name="The letters below")).to_be_visible()
    secret = page.locator("code.secret").inner_text()
    type_into(page, "Code that the app shows now", authenticator.code(secret))
    press(page, "button", "Add the app")
    expect(page.get_by_role("heading", level=1)).to_have_text("Recovery codes")
    paper = page.locator(".codes code").all_inner_texts()
    assert len(paper) == 10
    page.reload()
    expect(page.locator(".codes code")).to_have_count(0)

    page.goto("/moderation/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign-ons")
    sign_out(page)
    sign_in(page, email)
    give_code(page, authenticator.code(secret))
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign-ons")
    sign_out(page)
    sign_in(page, email)
    give_code(page, paper[0])
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign-ons")


def test_a_passkey_is_added_as_the_second_factor_and_then_opens_the_desk_alone(site, new_page, administrator):
    email = f"nadia.{time.time_ns()}@example.org"
    invite(new_page(storage_state=administrator), email, "moderator")
    # A passkey belongs to a name, and a bare number is none.
    page = new_page(base_url=site.url.replace("127.0.0.1", "localhost"))
    complaints = complaints_of(page)
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    has = {
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    key = devtools.send(
        "WebAuthn.addVirtualAuthenticator", {"options": {"protocol": "ctap2", "transport": "internal"} | has}
    )

    accept(page, site, email)
    press(page, "link", "Add a passkey")
    press(page, "button", "Add a passkey")
    expect(page.get_by_role("heading", level=1)).to_have_text("Recovery codes")
    press(page, "link", "I have kept them")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign-ons")
    sign_out(page)
    press(page, "button", "Sign in with a passkey")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign-ons")
    sign_out(page)
    sign_in(page, email)
    press(page, "button", "Use a passkey")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign-ons")

    press(page, "link", "Account")
    expect(page.locator("dd", has_text=re.compile("Passkey of .* also without a password"))).to_be_visible()
    sign_out(page)
    devtools.send("WebAuthn.setUserVerified", {"authenticatorId": key["authenticatorId"], "isUserVerified": False})
    press(page, "button", "Sign in with a passkey")
    expect(page.get_by_role("alert")).to_have_text("That did not work, or was cancelled. Try again.")
    assert complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_on_the_way_fit_a_narrow_screen_and_axe_finds_nothing(site, new_page, administrator, scheme):
    email = f"nadia.{time.time_ns()}@example.org"
    invite(new_page(storage_state=administrator), email, "moderator")
    page = new_page(width=320, height=640, color_scheme=scheme, base_url=site.url.replace("127.0.0.1", "localhost"))
    problems = {}

    def look(address=None):
        if address:
            page.goto(address)
        name = page.get_by_role("heading", level=1).inner_text()
        found = Axe().run(page, options={"runOnly": WCAG, "resultTypes": ["violations"]})
        wide = page.evaluate("document.documentElement.scrollWidth") > 320
        if found.violations_count or wide:
            problems[name] = (found.generate_report() if found.violations_count else "", wide)
        return name

    accept(page, site, email)
    seen = [look(), look("/moderation/account/passkeys/add/"), look("/moderation/account/app/add/")]
    page.get_by_label("Code that the app shows now").fill("nonsense")
    page.get_by_role("button", name="Add the app").click()
    expect(page.get_by_role("alert")).to_contain_text("This code is not right")
    seen.append(look())
    secret = page.locator("code.secret").inner_text()
    page.get_by_label("Code that the app shows now").fill(authenticator.code(secret))
    page.get_by_role("button", name="Add the app").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Recovery codes")
    seen.append(look())
    account = "/moderation/account"
    steps = ("codes/", "codes/renew/", "app/remove/", "password/", "again/password/", "again/code/", "passkeys/add/")
    seen += [look(f"{account}/{step}") for step in steps]
    seen.append(look("/moderation/sign-out/"))
    page.locator("main").get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Moderation: sign in")
    seen += [look("/moderation/password/sent/"), look("/moderation/password/done/")]
    seen += [look("/moderation/password/link/1-abc-def/"), look("/moderation/sign-in/closed/")]
    seen.append(look("/moderation/invitation/nonsense/"))
    page.goto("/moderation/sign-in/")
    page.get_by_label("Username").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("textbox", name="Code")).to_be_visible()
    seen.append(look())

    assert problems == {}
    assert seen == [
        "A second factor",
        "Add a passkey",
        "Add an authenticator app",
        "Add an authenticator app",
        "Recovery codes",
        "Recovery codes",
        "Make new recovery codes",
        "Remove the authenticator app",
        "Change the password",
        "Is it still you?",
        "Is it still you?",
        "Add a passkey",
        "Sign out",
        "Now look into your mailbox",
        "The password is set",
        "This link no longer works",
        "This account is closed",
        "This invitation is not open",
        "Sign in: second step",
    ]
