"""The letter as it is read: light on the wire, in any direction, on paper."""

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from tests.running import until

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("site")]

ARABIC = """---
title: رسالة مشتركة دعما للمحكمة الجنائية الدولية
slug: {slug}
date: 2020-04-28
language: ar
salutation: صاحب السعادة،
closing: وتفضلوا بقبول فائق الاحترام،
closes_at: {closes_at:%Y-%m-%dT%H:%M:%S%z}
---

نحن الموقعين أدناه ندعوكم إلى:

1. دعم المحكمة (ICC) واستقلالها؛
2. التعاون معها.
"""
NAMES = ["مركز العدالة (2020)", "Al-Haq – القانون من أجل الإنسان"]


def test_the_letter_with_all_its_names_is_under_40_kilobytes_on_the_wire(new_page):
    page = new_page()
    done = []
    page.on("requestfinished", lambda request: done.append(request))

    page.goto("/", wait_until="networkidle")

    sizes = [one.sizes() for one in done]
    total = sum(one["responseHeadersSize"] + one["responseBodySize"] for one in sizes)
    assert page.locator("#signatories li").count() > 100
    assert {one.resource_type for one in done} >= {"document", "stylesheet"}
    assert 5_000 < total < 40_000


def test_on_paper_there_is_the_letter_and_nothing_to_click(new_page):
    page = new_page()
    page.goto("/icc-2020/")
    buttons = page.get_by_role("link", name="Sign for your organisation")
    expect(buttons.first).to_be_visible()

    page.emulate_media(media="print")

    expect(page.locator("nav")).to_be_hidden()
    for button in page.locator(".act").all():
        expect(button).to_be_hidden()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator("#signatories li").last).to_be_visible()
    expect(page.get_by_text("SHA-256 of the list:")).to_be_visible()
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"


def test_on_paper_a_reader_in_the_dark_gets_black_on_white(new_page):
    page = new_page(color_scheme="dark")
    page.goto("/icc-2020/")

    page.emulate_media(media="print", color_scheme="dark")

    colours = page.evaluate(
        "[getComputedStyle(document.body).color, getComputedStyle(document.documentElement).backgroundColor]"
    )
    assert colours == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]


@contextmanager
def a_letter_in_arabic(site, folder):
    """A second letter, open meanwhile and closed in the end: the front page is the one open letter again."""
    slug = f"arabic-{datetime.now(UTC):%H%M%S%f}"
    file, names = folder / "letter.ar.md", folder / "names.csv"
    names.write_text("\n".join(["name", *NAMES]))

    def bring(seconds):
        file.write_text(ARABIC.format(slug=slug, closes_at=datetime.now(UTC) + timedelta(seconds=seconds)))
        site.manage("import_letter", str(file), "--opens-at", "now")

    bring(600)
    try:
        site.manage("import_signatories", slug, str(names))
        site.manage("publish", slug)
        until(lambda: NAMES[0].encode() in site.get(f"/{slug}/"))
        yield slug
    finally:
        bring(1)
        until(lambda: b'href="/icc-2020/sign/"' in site.get("/"))


def test_an_arabic_letter_runs_from_right_to_left_and_its_names_are_isolated(site, new_page, tmp_path):
    with a_letter_in_arabic(site, tmp_path) as slug:
        page = new_page(width=360, height=740)
        page.goto(f"/{slug}/")
        article = page.get_by_role("article")
        expect(article).to_have_attribute("lang", "ar")
        expect(article).to_have_attribute("dir", "rtl")
        expect(article).to_have_css("direction", "rtl")
        number = article.locator("ol")
        assert number.evaluate("one => parseFloat(getComputedStyle(one).paddingRight)") > 16
        names = page.locator("#signatories li > bdi")
        assert sorted(names.all_inner_texts()) == sorted(NAMES)
        assert {one.evaluate("one => getComputedStyle(one).unicodeBidi") for one in names.all()} == {"isolate"}
        assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_name_is_found_as_one_types_whatever_its_accents(new_page):
    page = new_page(360)
    page.goto("/icc-2020/")

    page.get_by_role("searchbox", name="Find a signatory").fill("federation  DROITS")

    shown = page.locator(".names li:not([hidden])")
    assert shown.all_inner_texts() == ["Fédération internationale pour les Droits Humains (FIDH)"]
    expect(page.get_by_role("status")).to_have_text("Found: 1")
    page.get_by_role("searchbox").fill("nobody at all")
    expect(page.get_by_role("status")).to_have_text("No signatory is found.")
    page.get_by_role("searchbox").fill("")
    assert page.locator(".names li:not([hidden])").count() > 100


def test_without_a_script_there_is_no_search_and_the_countries_are_there(new_page):
    page = new_page(java_script_enabled=False)
    page.goto("/icc-2020/")

    assert page.get_by_role("searchbox").count() == 0
    page.get_by_role("link", name="By country").click()
    page.get_by_role("link", name="Kenya").click()
    expect(page.get_by_role("heading", name="Kenya")).to_be_in_viewport()


def test_the_frame_that_other_sites_show_is_shown_on_the_page_about_it(new_page):
    page = new_page()
    page.goto("/icc-2020/share/")

    expect(page.frame_locator("iframe").get_by_role("heading")).to_have_text(
        "Joint letter to States Parties in support of the International Criminal Court"
    )
