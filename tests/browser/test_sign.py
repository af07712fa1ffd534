"""Signing in a real browser: back and forward, twice at once, in another language, without a script or a mouse."""

import re
import time
import urllib.request

import pytest
from playwright.sync_api import expect

from tests.browser.keyboard import press, tab_to
from tests.running import until

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("site")]

LABELS = {
    "Name of your organisation": "Back and Forward Society",
    "Website": "https://www.bfs.example",
    "Your name": "Zoë O’Hara",
    "Your role": "Director",
}


@pytest.fixture
def email():
    return f"zoe.{time.time_ns()}@bfs.example"


@pytest.fixture
def filled(new_page, email):
    """The form, filled in and old enough to go on, on a phone without scripts."""
    page = new_page(width=360, height=740, java_script_enabled=False)
    page.goto("/icc-2020/sign/")
    for label, words in (LABELS | {"Your e-mail address": email}).items():
        page.get_by_role("textbox", name=label).fill(words)
    page.get_by_role("checkbox").check()
    page.wait_for_timeout(3100)  # a form that comes back at once was not read
    return page


def heading(page):
    return page.get_by_role("heading", level=1)


def go_on(page):
    page.get_by_role("button", name="Continue").click()
    expect(heading(page)).to_have_text("Check your answers")


def keeps(page, email):
    """The form holds what was typed."""
    expect(heading(page)).to_have_text("Sign for your organisation")
    for label, words in (LABELS | {"Your e-mail address": email}).items():
        expect(page.get_by_role("textbox", name=label)).to_have_value(words)
    expect(page.get_by_role("checkbox")).to_be_checked()


def mails(site, email):
    return [message["Subject"] for message in site.mail.messages if email in message["To"]]


def signed(site, email):
    """How often somebody has signed by this address."""
    return int(
        site.python(f"from signatories.models import SignOn; print(SignOn.objects.filter(email={email!r}).count())")
    )


def test_back_and_forward_show_every_page_again_and_lose_nothing(filled, email):
    page = filled
    page.get_by_role("textbox", name="Website").fill("ftp://bfs.example")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_role("textbox", name="Website").fill(LABELS["Website"])
    go_on(page)

    page.go_back()
    keeps(page, email)
    page.go_back()
    expect(page.get_by_role("textbox", name="Your name")).to_have_value(LABELS["Your name"])
    page.go_forward()
    keeps(page, email)
    page.go_forward()
    expect(heading(page)).to_have_text("Check your answers")
    page.get_by_role("button", name="Change", exact=True).last.click()
    keeps(page, email)
    page.go_back()
    expect(heading(page)).to_have_text("Check your answers")


def test_back_after_sending_and_sending_again_signs_once(site, filled, email):
    page = filled
    go_on(page)
    page.get_by_role("button", name="Send").click()
    expect(heading(page)).to_have_text("Now open your mailbox")

    page.go_back()
    expect(heading(page)).to_have_text("Check your answers")
    page.get_by_role("button", name="Send").click()
    expect(heading(page)).to_have_text("Now open your mailbox")
    page.go_back()
    page.go_back()
    keeps(page, email)
    go_on(page)
    page.get_by_role("button", name="Send").click()
    expect(heading(page)).to_have_text("Now open your mailbox")
    page.reload()

    expect(heading(page)).to_have_text("Now open your mailbox")
    until(lambda: mails(site, email))
    page.wait_for_timeout(1000)
    assert (signed(site, email), len(mails(site, email))) == (1, 1)


def test_a_double_click_on_send_and_two_tabs_at_once_sign_once(site, filled, email, new_page):
    page = filled
    go_on(page)
    fields = page.locator("#answers input").evaluate_all("all => all.map(one => [one.name, one.value])")
    other = page.context.new_page()
    other.goto("/icc-2020/sign/sent/")
    # A second tab with the same page: what a browser does that restores its windows.
    other.set_content(f'<base href="{site.url}/"><form method="post" action="/icc-2020/sign/"></form>')
    other.locator("form").evaluate(
        """(form, fields) => { for (const [name, value] of [...fields, ["send", "1"]]) {
            const one = document.createElement("input"); one.name = name; one.value = value; form.append(one); } }""",
        fields,
    )

    page.get_by_role("button", name="Send").dblclick(no_wait_after=True)
    other.locator("form").evaluate("form => form.submit()")

    for one in (page, other):
        expect(heading(one)).to_have_text("Now open your mailbox")
    until(lambda: mails(site, email))
    page.wait_for_timeout(1000)
    assert (signed(site, email), len(mails(site, email))) == (1, 1)


def test_in_another_language_the_form_and_the_answers_keep_what_was_typed(site, filled, email):
    page = filled

    page.get_by_role("button", name="Français").click()
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    expect(page).to_have_url(re.compile(r"/fr/icc-2020/sign/\?answers$"))
    expect(page.get_by_role("alert")).to_have_count(0)
    page.get_by_role("button", name="English").click()
    keeps(page, email)
    go_on(page)
    page.get_by_role("button", name="العربيّة").click()
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    expect(page.locator(".places .here")).to_have_text(LABELS["Name of your organisation"])
    page.locator("[name=send]").click()
    expect(page).to_have_url(re.compile("/ar/icc-2020/sign/sent/$"))

    found = site.python(f"from signatories.models import SignOn; print(SignOn.objects.get(email={email!r}).language)")
    assert found == "ar"


def test_enter_in_a_field_goes_on_and_presses_neither_language_nor_suggestion(filled):
    page = filled
    page.get_by_role("textbox", name="Your e-mail address").fill("zoe@gmial.com")
    page.get_by_role("textbox", name="Your role").fill("")
    page.get_by_role("textbox", name="Your name").press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()

    page.get_by_role("textbox", name="Your role").fill("Director")
    page.get_by_role("textbox", name="Your role").press("Enter")

    expect(heading(page)).to_have_text("Check your answers")
    expect(page.locator("html")).to_have_attribute("lang", "en-gb")
    expect(page.get_by_text("zoe@gmial.com", exact=True)).to_be_visible()


def test_a_suggestion_is_taken_and_a_group_changed_by_keyboard(filled):
    page = filled
    page.get_by_role("textbox", name="Your e-mail address").fill("zoe@gmial.com")
    go_on(page)

    press(page, "button", "Use this")
    expect(page.get_by_text("zoe@gmail.com", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Use this")).to_have_count(0)
    tab_to(page, page.get_by_role("button", name="Change: You, its representative"))
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile("#id_representative_name$"))
    page.keyboard.press("Tab")
    # Sequential focus starts from the place that the address names.
    expect(page.locator(":focus")).to_have_attribute("name", re.compile("representative_(name|role)"))
    expect(page.get_by_role("textbox", name="Your e-mail address")).to_have_value("zoe@gmail.com")


def test_a_colleague_gets_a_link_to_the_form_and_nothing_of_the_person(filled, email, new_page):
    page = filled

    page.get_by_role("button", name="Hand it to a colleague").click()
    link = page.locator(".link a").get_attribute("href")
    words = page.get_by_role("textbox").input_value()
    page.get_by_role("button", name="Back to your answers").click()
    keeps(page, email)
    colleague = new_page(width=360, java_script_enabled=False)
    colleague.goto(link)

    assert link in words
    expect(colleague.get_by_role("textbox", name="Name of your organisation")).to_have_value(
        LABELS["Name of your organisation"]
    )
    expect(colleague.get_by_role("textbox", name="Your name")).to_have_value("")
    expect(colleague.get_by_role("link", name="The letter as a PDF")).to_be_visible()


@pytest.mark.parametrize("language", ["", "/fr", "/es", "/ar"])
def test_the_sheet_for_the_board_is_one_page_with_a_long_title_too(new_page, language):
    page = new_page()
    page.goto(f"{language}/icc-2020/board/")
    assert sheets(page) == 1
    page.evaluate(
        """() => {
            document.querySelector(".lead").textContent = "Wahrheit, Gerechtigkeit und ".repeat(9).slice(0, 250);
            const few = document.querySelectorAll(".names-few bdi");
            few.forEach(one => one.textContent = "Women ".repeat(13));
            const to = document.querySelector(".summary div").cloneNode(true);
            to.lastElementChild.textContent = "To the States Parties of the Rome Statute. ".repeat(6).slice(0, 240);
            document.querySelector(".summary").prepend(to);
        }"""
    )

    assert sheets(page) == 1


def sheets(page):
    """How many pages are printed."""
    return len(re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True)))


@pytest.mark.parametrize("name", ["sign", "sign, with errors", "check", "colleague", "sent", "resent", "board"])
def test_each_page_of_signing_weighs_less_than_50_kilobytes_all_told(visit, name):
    page = visit(name, java_script_enabled=False)
    asked, loaded = set(), []
    page.on("request", lambda request: asked.add(request.url))
    page.on("response", lambda response: loaded.append(len(response.body())) if is_page(response) else None)

    page.reload(wait_until="networkidle")

    # What the browser has kept of an earlier page is weighed all the same, as it travels.
    loaded += [transferred(url) for url in asked if "/static/" in url]
    assert len(loaded) == len(asked) > 2
    assert sum(loaded) < 50_000


def is_page(response):
    return "text/html" in response.headers["content-type"]


def transferred(url):
    request = urllib.request.Request(url, headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return len(answer.read())
