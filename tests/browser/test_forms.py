"""A form that could not be taken helps to mend it."""

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("site")]

TYPED = {
    "Name of your organisation": "Droit & Paix “ici”",
    "Acronym": "DP",
    "Website": "ftp://example.org",
    "Your name": "Zoë O’Hara",
    "Your role": "Secretary-general",
    "Your e-mail address": "nobody",
}


@pytest.fixture
def refused(new_page):
    """The form as it comes back with two fields and the box to mend."""
    page = new_page(width=360, height=740)
    page.goto("/icc-2020/sign/")
    for label, words in TYPED.items():
        page.get_by_role("textbox", name=label).fill(words)
    page.get_by_role("combobox", name="Country").select_option("KE")
    page.wait_for_timeout(3100)  # a form that comes back at once was not read
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_be_visible()
    return page


def test_a_form_with_errors_keeps_everything_that_was_typed(refused):
    for label, words in TYPED.items():
        expect(refused.get_by_role("textbox", name=label)).to_have_value(words)
    expect(refused.get_by_role("combobox", name="Country")).to_have_value("KE")


def test_each_error_stands_beside_its_field_and_is_read_out_with_it(refused):
    website = "Write the website's address as in https://www.example.org; only http and https are possible."
    for field, error in {
        refused.get_by_role("textbox", name="Website"): website,
        refused.get_by_role("textbox", name="Your e-mail address"): "Write the e-mail address as in name@example.org.",
        refused.get_by_role("checkbox"): "Only somebody who is authorised can sign. Tick the box if you are.",
    }.items():
        expect(field).to_have_attribute("aria-invalid", "true")
        described_by = (field.get_attribute("aria-describedby") or "").split()
        errors = [refused.locator(f"#{one}").inner_text() for one in described_by if one.endswith("_error")]
        assert errors == [error]
        assert 0 <= gap(refused.locator(f"#{described_by[-1]}"), field) < 40
    expect(refused.locator("[aria-invalid=true]")).to_have_count(3)
    assert refused.title().startswith("Please correct:")


def gap(above, below):
    """Pixels between two elements, one above the other."""
    top = above.bounding_box()
    return below.bounding_box()["y"] - top["y"] - top["height"]


def test_the_summary_leads_to_each_field(refused):
    links = refused.get_by_role("alert").get_by_role("link")
    expect(links).to_have_count(3)
    for link in links.all():
        link.focus()
        target = refused.locator(link.get_attribute("href"))
        refused.keyboard.press("Enter")
        expect(target).to_be_focused()
        expect(target).to_be_in_viewport()


def test_the_focus_can_be_seen_on_everything_that_takes_it(new_page):
    page = new_page()
    page.goto("/icc-2020/sign/")
    for _ in range(16):
        page.keyboard.press("Tab")
        width = page.evaluate("parseFloat(getComputedStyle(document.activeElement).outlineWidth)")
        assert width >= 2, page.evaluate("document.activeElement.outerHTML")
