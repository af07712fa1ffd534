"""The figures in a browser: on a narrow screen, on paper, from right to left."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.running import until

from .test_every_page import WCAG

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("site")]

SIZES = """selector => { const one = document.querySelector(selector);
    return {inner: one.scrollWidth, outer: one.clientWidth, tall: one.scrollHeight, high: one.clientHeight} }"""


def test_on_a_narrow_screen_a_drawing_scrolls_in_its_own_box_by_keyboard(visit):
    page = visit("figures", width=320, height=640)
    picture = page.locator(".picture").first

    picture.focus()
    page.keyboard.press("ArrowRight")
    # Not `wait_for_function`: the policy of the page forbids what it evaluates.
    until(lambda: picture.evaluate("one => one.scrollLeft > 0"))

    sizes = page.evaluate(SIZES, ".picture")
    assert sizes["inner"] > sizes["outer"]
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_on_paper_drawings_and_tables_are_whole_and_the_navigation_is_gone(visit):
    page = visit("figures", width=700)

    page.emulate_media(media="print")

    for selector in (".picture", ".numbers"):
        sizes = page.evaluate(SIZES, selector)
        assert sizes["inner"] <= sizes["outer"]
        assert page.evaluate("selector => getComputedStyle(document.querySelector(selector)).overflow", selector) == (
            "visible"
        )
    assert not page.locator("nav.bar").is_visible()
    assert page.locator("svg.length").first.is_visible()


def test_a_bar_grows_in_the_direction_of_reading(visit):
    page = visit("figures")
    begin = """() => { const cell = document.querySelector("svg.length").getBoundingClientRect();
        const bar = document.querySelectorAll("svg.length rect")[1].getBoundingClientRect();
        return [Math.round(bar.left - cell.left), Math.round(cell.right - bar.right)] }"""

    there = page.evaluate(begin)
    page.evaluate("document.documentElement.dir = 'rtl'")
    back = page.evaluate(begin)

    assert there[0] == back[1] == 0
    assert there[1] == back[0] > 0


@pytest.mark.parametrize("name", ["figures", "export", "digest"])
def test_axe_finds_nothing_from_right_to_left(visit, name):
    page = visit(name, width=360)
    page.evaluate("document.documentElement.dir = 'rtl'")

    found = Axe().run(page, options={"runOnly": WCAG, "resultTypes": ["violations"]})

    assert found.violations_count == 0, found.generate_report()


def test_a_file_is_downloaded_with_what_was_asked_for(visit):
    page = visit("export")
    page.get_by_role("radio", name="The representatives").check()
    page.get_by_role("combobox", name="State", exact=True).select_option("accepted")
    page.get_by_role("textbox", name="With these words").fill("")
    page.get_by_role("textbox", name="What is it for?").fill("A letter of thanks")

    with page.expect_download() as download:
        page.get_by_role("button", name="Export").click()

    content = download.value.path().read_text(encoding="utf-8-sig")
    assert download.value.suggested_filename.startswith("letters-representatives-")
    assert content.splitlines()[0] == (
        "number,letter,state,organisation,country,representative,role,e-mail,language of the text signed,"
        "language of the representative"
    )
    assert len(content.splitlines()) > 100
