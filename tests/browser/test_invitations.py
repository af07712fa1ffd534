"""From the secretariat's file to a sign-on that names the network, in a browser, on a phone, in Arabic."""

from uuid import uuid4

import pytest
from playwright.sync_api import expect

from tests.mailserver import link_in
from tests.running import until


def invite(new_page, session, address):
    """Upload a file with one member, look at it, word the message, send it."""
    page = new_page(storage_state=session)
    page.goto("/moderation/invitations/icc-2020/")
    page.get_by_role("link", name="Invite members").click()
    page.get_by_label("Network that invites").fill("Mediterranean Network")
    lines = f"Centre {address[:8]},{address},Amina Diallo,Tunisia,ar\nNo address,,,,\n"
    content = f"name,e-mail,contact,country,language\n{lines}"
    page.set_input_files("input[type=file]", {"name": "a.csv", "mimeType": "text/csv", "buffer": content.encode()})
    page.get_by_role("button", name="Look at it first").click()
    expect(page.get_by_text("1 member can be invited.")).to_be_visible()
    expect(page.get_by_text("There is no e-mail address.")).to_be_visible()
    expect(page.get_by_role("button", name="Send 1 invitation")).to_have_count(0)
    page.get_by_label("Who writes").fill("Amina Diallo, for the network")
    page.get_by_label("Where answers go").fill("amina@network.example")
    page.get_by_role("button", name="Keep these words, and show the messages").click()
    expect(page.locator(".letter-preview").first).to_contain_text("Mediterranean Network")
    page.get_by_role("button", name="Send 1 invitation").click()
    expect(page.get_by_role("status")).to_contain_text("1 invitation is on its way.")
    return page


def message_to(site, address):
    def find():
        return [one for one in site.mail.messages if one["To"] == address]

    return until(find)[0]


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_member_comes_by_the_link_to_a_form_that_is_filled_in_and_signs(site, new_page, session, script):
    address = f"{uuid4()}@member.example"
    desk = invite(new_page, session, address)
    link = link_in(message_to(site, address), "invited")

    page = new_page(width=360, java_script_enabled=script)
    page.goto(link)

    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.context.cookies() == []
    page.locator("button[name=sign]").click()
    expect(page.locator("[name=name_as_signed]")).to_have_value(f"Centre {address[:8]}")
    expect(page.locator("[name=email]")).to_have_value(address)
    expect(page.locator("[name=country]")).to_have_value("TN")
    desk.reload()
    expect(desk.get_by_role("row", name=address[:8])).to_contain_text("Opened the form")


def test_a_member_says_no_by_keyboard_and_leaves_the_list_by_another_link(site, new_page, session):
    address = f"{uuid4()}@member.example"
    desk = invite(new_page, session, address)
    message = message_to(site, address)

    page = new_page(width=320)
    page.goto(link_in(message, "invited"))
    page.locator("[name=words]").focus()
    page.keyboard.type("Our board meets in June.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_be_visible()
    page.goto(link_in(message, "unsubscribe"))
    page.locator("button[name=all]").click()
    expect(page.get_by_role("status")).to_be_visible()

    desk.goto("/moderation/invitations/icc-2020/?q=" + address)
    desk.get_by_role("link", name=address[:8]).click()
    expect(desk.get_by_text("Our board meets in June.")).to_be_visible()
    expect(desk.get_by_text("They want no more messages")).to_be_visible()
