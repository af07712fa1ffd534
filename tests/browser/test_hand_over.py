"""A sign-on is handed over: two mailboxes, a small screen, a keyboard, and no script."""

import time

import pytest
from playwright.sync_api import expect

from tests.mailserver import link_in

from .keyboard import press, tab_to, type_into
from .test_journey import mail_to
from .test_objections import a_signatory

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("site")]


def test_a_sign_on_is_handed_over_by_keyboard_without_javascript(site, new_page):
    name, new = f"Justice Sans Frontières {time.time_ns()}", f"basma.{time.time_ns()}@jsf.example"
    _office, pk, status = a_signatory(site, name)
    page = new_page(width=360, height=740, java_script_enabled=False)

    page.goto(status)
    press(page, "link", "Hand over to a successor")
    type_into(page, "Name of your successor", "Basma Haddad")
    type_into(page, "Their role", "Secretary-General")
    type_into(page, "Their e-mail address", "basma at home")
    press(page, "button", "Ask your successor")
    expect(page.get_by_role("textbox", name="Name of your successor")).to_have_value("Basma Haddad")
    tab_to(page, page.get_by_role("textbox", name="Their e-mail address"))
    page.keyboard.press("Control+A")
    page.keyboard.type(new)
    press(page, "button", "Ask your successor")
    expect(page.get_by_text("There is no answer yet")).to_be_visible()

    page.goto(link_in(mail_to(site, new)[0], "successor"))
    expect(page.locator("dl")).to_contain_text(name)
    tab_to(page, page.get_by_role("checkbox"))
    page.keyboard.press("Space")
    press(page, "button", "Take over")
    expect(page.get_by_role("heading", name="You have accepted")).to_be_visible()

    site.python(f"""
from datetime import timedelta
from django.utils import timezone
from signatories import jobs
from signatories.models import Message, Transfer
then = timezone.now() - timedelta(hours=72)
transfer = Transfer.objects.get(sign_on={pk})
Message.objects.filter(pk=transfer.told_id).update(state="sent", sent_at=then)
Transfer.objects.filter(pk=transfer.pk).update(taken_at=then)
jobs.carry_out_transfers()
""")
    page.goto(status)
    expect(page.get_by_role("heading", name="This link no longer works")).to_be_visible()
    page.goto(link_in(mail_to(site, new, 2)[1], "status"))
    expect(page.get_by_text(f"We write to {new}")).to_be_visible()
