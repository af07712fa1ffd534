"""A representative signs with a small screen, a keyboard and nothing else."""

import re
import time

import pytest
from playwright.sync_api import expect

from signatories.names import sort_key
from tests.browser.keyboard import press, tab_to, type_into
from tests.mailserver import link_in
from tests.running import until

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("site")]

NAME = "Justice Sans Frontières"


def around(name, listed):
    """The name in the list between its neighbours, as the list will be sorted."""
    after = sorted([*listed, name], key=sort_key)
    place = after.index(name)
    return after[place - 2 : place + 3]


def printed_names(page):
    page.goto("/icc-2020/")
    return page.locator("#signatories li bdi").all_inner_texts()


def test_an_organisation_signs_by_keyboard_without_javascript_is_listed_and_withdraws(site, new_page, session):
    page = new_page(width=360, height=740, java_script_enabled=False)
    before = printed_names(page)
    email = f"amina.{time.time_ns()}@jsf.example"

    # Not from the start page: that lists letters, where another test has opened a second one.
    page.goto("/icc-2020/")
    expect(page.get_by_role("heading", level=1)).to_contain_text("International Criminal Court")
    press(page, "link", "Sign for your organisation")
    expect(page).to_have_url(re.compile("/icc-2020/sign/$"))
    type_into(page, "Name of your organisation", NAME)
    type_into(page, "Acronym", "JSF")
    tab_to(page, page.get_by_role("combobox", name="Country"))
    page.keyboard.type("France")
    expect(page.get_by_role("combobox", name="Country")).to_have_value("FR")
    type_into(page, "Website", "https://www.jsf.example")
    type_into(page, "Your name", "Amina Diallo")
    type_into(page, "Your role", "Director")
    type_into(page, "Your e-mail address", email)
    tab_to(page, page.get_by_role("checkbox"))
    page.keyboard.press("Space")
    expect(page.get_by_role("checkbox")).to_be_checked()
    page.wait_for_timeout(3100)  # a form that comes back at once was not read
    press(page, "button", "Continue")
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your answers")
    place = page.get_by_role("region", name="As it will be printed").get_by_role("listitem").all_inner_texts()
    assert place == around(NAME, before)
    press(page, "button", "Send")
    expect(page.get_by_role("heading", level=1)).to_have_text("Now open your mailbox")

    page.goto(link_in(mail_to(site, email)[0], "confirm"))
    expect(page.locator("dl")).to_contain_text(NAME)
    expect(page.locator("dl")).to_contain_text("France")
    press(page, "button", "Confirm", key="Space")
    expect(page.locator("p.state")).to_contain_text("A moderator will look at it next")
    assert printed_names(page) == before

    accept(new_page(storage_state=session))
    after = until(lambda: (names := printed_names(page)) != before and names, seconds=10)
    assert after == sorted([*before, NAME], key=sort_key)
    place = after.index(NAME)
    assert sort_key(after[place - 1]) < sort_key(NAME) < sort_key(after[place + 1])

    page.goto(link_in(mail_to(site, email, 2)[1], "status"))
    expect(page.locator("p.state")).to_contain_text("on the public list")
    press(page, "link", "Withdraw this sign-on")
    press(page, "button", "Withdraw")
    expect(page.locator("p.state")).to_contain_text("Withdrawn")
    until(lambda: printed_names(page) == before, seconds=10)


def mail_to(site, email, count=1):
    """The messages to `email`, as soon as there are so many."""

    def arrived():
        found = [message for message in site.mail.messages if email in message["To"]]
        return found if len(found) >= count else None

    return until(arrived)


def accept(page):
    """A moderator opens the sign-on from the queue, and accepts it."""
    page.goto("/moderation/")
    page.locator("#list").get_by_role("link", name=NAME).last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(NAME)
    evidence = page.get_by_role("region", name="Evidence")
    expect(evidence).to_contain_text("mailbox confirmed")
    expect(evidence).to_contain_text("e-mail on the website's domain")
    page.get_by_label("A new organisation").check()
    page.get_by_role("button", name="Accept and list").click()
    expect(page.get_by_role("status")).to_contain_text("is accepted")
