"""An organisation objects, and a representative corrects: a small screen, a keyboard, and no script."""

import json
import time

import pytest
from playwright.sync_api import expect

from tests.mailserver import link_in
from tests.running import until

from .test_journey import mail_to, press, printed_names, tab_to

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("site")]


def a_signatory(site, name, language="en"):
    """An accepted sign-on, about which the organisation is asked in `language`; returns its addresses."""
    address = f"office.{time.time_ns()}@jsf.example"
    made = site.python(f"""
import json
from django.contrib.auth.models import User
from letter.models import Letter
from signatories import links
from signatories.models import Actor, Notice, SignOn
from tests import factories
letter, desk = Letter.objects.get(slug="icc-2020"), Actor.moderator(User.objects.get(username="moderator"))
text = letter.text({language!r}) or letter.text()
sign_on = SignOn.sign(text, **factories.received(name_as_signed={name!r}))
sign_on.confirm()
sign_on.accept(desk, listed_name={name!r}, listed_country="FR")
notice = Notice.send(sign_on, desk, address={address!r}, found_at="contact page")
print(json.dumps([sign_on.pk, f"/status/{{links.token('status', sign_on.pk)}}/"]))
""")
    return address, *json.loads(made.splitlines()[-1])


@pytest.mark.parametrize(
    ("language", "ours", "object_", "objected"),
    [
        ("", "Perhaps: write to us", "We object", "You objected on"),
        ("/ar", "ربما: اكتبوا إلينا", "نعترض", "سجّلتم اعتراضكم في"),
    ],
)
def test_an_organisation_objects_by_keyboard_without_javascript(site, new_page, language, ours, object_, objected):
    name = f"Justice Sans Frontières {time.time_ns()}"
    address, pk, _status = a_signatory(site, name)
    page = new_page(width=360, height=740, java_script_enabled=False)

    page.goto(language + link_in(mail_to(site, address)[0], "objection"))
    expect(page.locator("html")).to_have_attribute("dir", "rtl" if language else "ltr")
    expect(page.locator("dl")).to_contain_text(name)
    expect(page.locator("dl")).to_contain_text("Amina Diallo")
    expect(page.locator("form").first).to_have_css("direction", "rtl" if language else "ltr")
    tab_to(page, page.get_by_role("radio").first)
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio", name=ours)).to_be_checked()
    tab_to(page, page.get_by_role("textbox"))
    page.keyboard.type("Nobody here knows of it.")
    press(page, "button", object_)

    expect(page.get_by_role("status")).to_contain_text(objected)
    expect(page.get_by_role("button")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.context.cookies() == []
    assert name in printed_names(page)
    wish = site.python(f"from signatories.models import Notice; print(Notice.objects.get(sign_on={pk}).wish)")
    assert wish.splitlines()[-1] == "ask_first"


def test_a_representative_proposes_and_a_moderator_prints_it_without_javascript(site, new_page, session):
    name, better = f"JUSTICE WITHOUT FRONTIERS {time.time_ns()}", "Justice without Frontiers"
    _address, _pk, status = a_signatory(site, name)
    page = new_page(width=360, height=740, java_script_enabled=False)

    page.goto(status)
    press(page, "link", "Correct what is printed")
    field = tab_to(page, page.get_by_role("textbox", name="Name as printed"))
    expect(field).to_have_value(name)
    field.fill(f"{name} (JWF)")
    press(page, "button", "Propose this correction")
    expect(page.get_by_role("heading", name="Your sign-on")).to_be_visible()
    expect(page.get_by_text("You proposed a correction on")).to_be_visible()
    assert name in printed_names(page)

    desk = new_page(width=360, height=740, java_script_enabled=False, storage_state=session)
    desk.goto("/moderation/corrections/")
    press(desk, "link", name)
    expect(desk.locator(".diff ins")).to_contain_text("(JWF)")
    press(desk, "button", f"Write: {better}")
    expect(desk.get_by_role("textbox", name="Name as printed")).to_be_focused()
    expect(desk.get_by_role("textbox", name="Name as printed")).to_have_value(f"{better} {name.split()[-1]} (JWF)")
    press(desk, "button", "Apply and print this")
    expect(desk.get_by_role("status")).to_contain_text("Applied")
    until(lambda: f"{better} {name.split()[-1]} (JWF)" in printed_names(page), seconds=10)
