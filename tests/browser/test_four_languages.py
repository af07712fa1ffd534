"""The whole journey in each language, on a phone, by keyboard alone, without a script, over a slow line."""

import json
import re
import time

import pytest
from playwright.sync_api import expect

from tests.browser.keyboard import tab_to
from tests.mailserver import link_in
from tests.running import until

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("other site")]

# Bytes a second and seconds to and fro, as a mobile network of the second generation has them (EDGE).
SLOW = {"offline": False, "downloadThroughput": 31_250, "uploadThroughput": 12_500, "latency": 300}
HEAVIEST = 50_000
LANGUAGES = {
    "en": ("", "en-gb", "ltr"),
    "fr": ("/fr", "fr", "ltr"),
    "es": ("/es", "es", "ltr"),
    "ar": ("/ar", "ar", "rtl"),
}
NAMES = {"en": "Justice Watch", "fr": "Droits et Équité", "es": "Justicia y Memoria", "ar": "مركز العدالة"}


@pytest.fixture(scope="module")
def letter(site):
    """A letter in each language with two signatories; closed in the end: the front page is as it was."""
    site.python("""
from letter.models import Letter
from tests.factories import a_letter, an_accepted
if not Letter.objects.filter(slug="four").exists():
    letter = a_letter(slug="four")
    for language in ("fr", "es", "ar"):
        letter.revise(language, title=f"Title ({language})", salutation=".", body="1. One.\\n2. Two.", closing=".")
    an_accepted(letter, "Al-Haq", "Odhikar")
""")
    until(lambda: b"Odhikar" in site.get("/four/"), seconds=20)
    yield "/four/"
    site.python("""
from datetime import timedelta
from django.utils import timezone
from letter.models import Letter
letter = Letter.objects.get(slug="four")
letter.closes_at = timezone.now() + timedelta(seconds=1)
letter.save()
letter.mark_stale()
""")
    until(lambda: b'href="/icc-2020/sign/"' in site.get("/"), seconds=20)


class Phone:
    """A page of 360 px that weighs what it loads, and says which pages were heavy, foreign or wide."""

    def __init__(self, page, home, lang, direction):
        self.page, self.home, self.lang, self.direction = page, home, lang, direction
        self.weight, self.weights, self.foreign = 0, {}, []
        line = page.context.new_cdp_session(page)
        line.send("Network.enable")
        line.send("Network.setCacheDisabled", {"cacheDisabled": True})
        line.send("Network.emulateNetworkConditions", SLOW)
        line.on("Network.loadingFinished", self.count)
        page.on("request", self.look)

    def count(self, event):
        self.weight += event["encodedDataLength"]

    def look(self, request):
        if not request.url.startswith(self.home):
            self.foreign.append(request.url)

    def goto(self, address):
        self.weight = 0
        self.page.goto(address, wait_until="load")
        return self

    def press(self, selector):
        target = self.page.locator(selector).first
        tab_to(self.page, target)
        self.weight = 0
        with self.page.expect_navigation(wait_until="load"):
            self.page.keyboard.press("Enter")
        return self

    def fill(self, name, words):
        tab_to(self.page, self.page.locator(f"[name={name}]"))
        self.page.keyboard.insert_text(words)

    def is_at(self, step):
        """The page is in its language, no wider than the screen; what it weighs is noted."""
        html = self.page.locator("html")
        expect(html).to_have_attribute("lang", self.lang)
        expect(html).to_have_attribute("dir", self.direction)
        expect(self.page.get_by_role("heading", level=1)).to_have_count(1)
        assert html.evaluate("one => one.scrollWidth") <= 360, step
        assert self.page.context.cookies() == [], step
        self.weights[step] = self.weight


def mail_to(site, email, number):
    return until(lambda: (found := [one for one in site.mail.messages if email in one["To"]])[number:] and found)[
        number
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_officer_reads_signs_confirms_corrects_and_withdraws_in_their_language(site, letter, new_page, language):
    prefix, lang, direction = LANGUAGES[language]
    page = new_page(width=360, height=740, java_script_enabled=False, locale=language)
    page.set_default_timeout(20_000)
    phone = Phone(page, site.url, lang, direction)
    name, email = f"{NAMES[language]} {time.time_ns() % 10_000}", f"amina.{time.time_ns()}@{language}.example"

    phone.goto(f"{prefix}{letter}").is_at("letter")
    phone.press(f'a[href="{prefix}{letter}sign/"]').is_at("form")
    expect(page.locator("main")).to_contain_text("A joint letter" if language == "en" else f"Title ({language})")
    phone.press(".act[name=check]").is_at("form with errors")
    alert = page.get_by_role("alert").first
    expect(alert).to_be_visible()
    page.goto(f"{prefix}{letter}sign/")
    phone.fill("name_as_signed", name)
    phone.fill("representative_name", "Amina Diallo")
    phone.fill("representative_role", "Director")
    phone.fill("email", email)
    tab_to(page, page.locator("[name=declaration]"))
    page.keyboard.press("Space")
    page.wait_for_timeout(3100)  # a form that comes back at once was not read
    phone.press(".act[name=check]").is_at("answers")
    expect(page.locator(".places .here")).to_have_text(name)
    phone.press(".act[name=send]").is_at("sent")

    phone.goto(link_in(mail_to(site, email, 0), "confirm")).is_at("confirm")
    phone.press("main form button").is_at("status")
    expect(page.locator("main")).to_contain_text(name)
    status = page.url
    phone.press("a[href$='/correct/']").is_at("correct")
    corrected = f"{name} (AB)"
    field = page.locator("[name=name]")
    tab_to(page, field)
    page.keyboard.press("End")
    page.keyboard.insert_text(" (AB)")
    phone.press("main form button[type=submit]").is_at("status, with a correction")
    expect(page.locator("main")).to_contain_text(corrected)
    phone.goto(status).press("a[href$='/receipt/']").is_at("receipt")
    phone.goto(status).press("a[href$='/my-data/']").is_at("my data")
    phone.goto(status).press("a[href$='/withdraw/']").is_at("withdraw")
    phone.press("main form button").is_at("withdrawn")

    mail = mail_to(site, email, 1)
    assert re.search(rf"https?://[^/\s]+{prefix}/status/", mail.get_body(("plain",)).get_content())
    assert {step: weight for step, weight in phone.weights.items() if not 0 < weight < HEAVIEST} == {}
    assert phone.foreign == []
    stood = site.python(f"""
import json
from signatories.models import SignOn
one = SignOn.objects.get(email={email!r})
print(json.dumps([one.state, one.language, one.text.language, one.name_as_signed]))
""")
    assert json.loads(stood.splitlines()[-1]) == ["withdrawn", language, language, name]
