"""A representative answers the moderators' question with a small screen and without JavaScript."""

import json
import re
import time

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.test_every_page import STICKING_OUT, WCAG
from tests.files import a_pdf, a_png

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("site")]

QUESTION = "من قرّر في منظمتكم التوقيع على هذه الرسالة، ومتى؟"


@pytest.fixture
def queried(site):
    """The address of a status page with an open question in Arabic, and the sign-on's at the desk."""
    made = site.python(f"""
import json
from django.contrib.auth.models import User
from letter.models import Letter
from signatories import links
from signatories.models import Actor, SignOn
from tests import factories
sign_on = factories.a_sign_on(Letter.objects.get(slug="icc-2020"), name="Justice " + "Sans Frontières" * 3,
    email="amina.{time.time_ns()}@jsf.example")
sign_on.query(Actor.moderator(User.objects.get(username="moderator")), question={QUESTION!r}, language="ar")
print(json.dumps([f"/status/{{links.token('status', sign_on.pk)}}/", f"/moderation/sign-ons/{{sign_on.pk}}/"]))
""")
    return json.loads(made.splitlines()[-1])


def a_file(name, content):
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


def fits(page):
    assert page.evaluate("document.documentElement.scrollWidth") <= 360, page.evaluate(STICKING_OUT)


def test_an_answer_with_documents_is_mended_and_sent_without_javascript(new_page, queried, session):
    status, sign_on = queried
    page = new_page(width=360, height=740, java_script_enabled=False)

    page.goto(status)
    question = page.get_by_text(QUESTION)
    assert (question.get_attribute("lang"), question.get_attribute("dir")) == ("ar", "rtl")
    page.get_by_label("Your answer").fill("Our board, on 3 May.")
    page.get_by_label("Documents").set_input_files(
        [a_file("minutes.pdf", a_pdf()), a_file("page.html", b"<html><script>alert(1)</script>")]
    )
    page.get_by_role("button", name="Send the answer").click()

    expect(page.get_by_role("alert")).to_contain_text("“page.html”: This is neither a PDF nor a picture")
    expect(page.get_by_label("Your answer")).to_have_value("Our board, on 3 May.")
    expect(page.get_by_role("checkbox", name=re.compile("minutes.pdf"))).to_be_checked()
    fits(page)

    page.get_by_label("Documents", exact=False).last.set_input_files(a_file("card.png", a_png()))
    page.get_by_role("button", name="Send the answer").click()

    expect(page).to_have_url(re.compile(re.escape(status) + "$"))
    expect(page.get_by_text("Your answer has arrived.")).to_be_visible()
    expect(page.get_by_text("minutes.pdf")).to_be_visible()
    expect(page.get_by_text("card.png")).to_be_visible()
    fits(page)

    desk = new_page(storage_state=session)
    desk.goto(sign_on)
    expect(desk.get_by_role("heading", name="Questions and answers")).to_be_visible()
    with desk.expect_download() as download:
        desk.get_by_role("region", name="Documents").get_by_role("link", name="minutes.pdf").click()
    assert download.value.path().read_bytes() == a_pdf()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_while_one_answers_asks_and_judges_a_document(new_page, queried, session, scheme):
    status, sign_on = queried
    page = new_page(width=360, color_scheme=scheme)
    page.goto(status)
    page.get_by_label("Documents").set_input_files([a_file("minutes.pdf", a_pdf()), a_file("x.gif", b"GIF89a")])

    def look(one):
        fits(one)
        found = Axe().run(one, options={"runOnly": WCAG, "resultTypes": ["violations"]})
        assert found.violations_count == 0, found.generate_report()

    look(page)
    page.get_by_role("button", name="Send the answer").click()
    expect(page.get_by_role("alert")).to_be_visible()
    look(page)
    page.get_by_role("button", name="Send the answer").click()
    expect(page.get_by_text("Your answer has arrived.")).to_be_visible()
    look(page)

    desk = new_page(width=360, color_scheme=scheme, storage_state=session)
    desk.goto(sign_on)
    desk.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    look(desk)
    for name in ("Mark as seen", "Erase"):
        desk.goto(sign_on)
        desk.get_by_role("link", name=name).click()
        expect(desk).to_have_url(re.compile("/documents/"))
        desk.wait_for_load_state()
        look(desk)


def test_a_moderator_chooses_a_question_without_javascript(site, new_page, session):
    pk = site.python(f"""
from letter.models import Letter
from tests import factories
print(factories.a_sign_on(Letter.objects.get(slug="icc-2020"), name="Al-Haq Palestine",
    email="amina.{time.time_ns()}@alhaq.example").pk)
""").splitlines()[-1]
    page = new_page(width=360, height=740, java_script_enabled=False, storage_state=session)
    page.goto(f"/moderation/sign-ons/{pk}/")

    page.locator("summary", has_text="Ask the representative").click()
    page.get_by_label("Questions that are often asked").select_option("es:authority")
    page.get_by_role("button", name="Use this text").click()

    question = page.get_by_label("Question to the representative")
    expect(question).to_have_value(re.compile("^¿Quién decidió en Al-Haq Palestine firmar esta carta"))
    expect(page.get_by_label("Language of the question")).to_have_value("es")
    page.get_by_role("button", name="Send the question").click()
    expect(page.get_by_text("waits for an answer to your question")).to_be_visible()
