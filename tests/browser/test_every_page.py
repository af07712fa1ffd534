"""What holds on every page: it fits a narrow screen, is accessible, and keeps to itself."""

from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe

from .conftest import DESK, PUBLIC

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("other site")]

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]
STICKING_OUT = """() => [...document.querySelectorAll("body *")]
    .filter(one => one.getBoundingClientRect().right > innerWidth + 1)
    .map(one => one.cloneNode(false).outerHTML)"""


@pytest.mark.parametrize("name", PUBLIC + DESK)
def test_no_page_is_wider_than_a_narrow_screen(visit, name):
    page = visit(name, width=320, height=640)

    assert page.evaluate("document.documentElement.scrollWidth") <= 320, page.evaluate(STICKING_OUT)


@pytest.mark.parametrize(("scheme", "direction"), [("light", "ltr"), ("dark", "ltr"), ("light", "rtl")])
@pytest.mark.parametrize("name", PUBLIC + DESK)
def test_axe_finds_nothing_against_wcag_2_2_aa(visit, name, scheme, direction):
    page = visit(name, width=360, color_scheme=scheme)
    if direction == "rtl":
        page.evaluate("document.documentElement.dir = 'rtl'")
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")

    found = Axe().run(page, options={"runOnly": WCAG, "resultTypes": ["violations"]})

    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_page_sets_no_cookie_asks_no_other_host_and_breaks_no_rule(site, visit, new_page, addresses, name):
    page = new_page()
    asked, complaints = [], []
    page.on("request", lambda request: asked.append(urlsplit(request.url).netloc))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))

    answer = page.goto(addresses[name])
    if name == "sign, with errors":
        page.get_by_role("button", name="Continue").click()
        page.get_by_role("alert").wait_for()
    page.wait_for_load_state("networkidle")

    assert set(asked) == {urlsplit(site.url).netloc}
    assert page.context.cookies() == []
    # Chromium notes every page that is answered with an error's status; nothing else may be there.
    assert [one for one in complaints if "the server responded with a status of 4" not in one] == []
    assert "default-src 'none'" in answer.headers["content-security-policy"]
