"""What somebody does who has no mouse."""

from playwright.sync_api import expect


def tab_to(page, target):
    """Press Tab until the focus is on `target`, as somebody without a mouse does."""
    expect(target).to_be_attached()
    for _ in range(80):
        page.keyboard.press("Tab")
        if target.evaluate("element => element === document.activeElement"):
            expect(target).to_be_in_viewport()
            return target
    raise AssertionError(f"Tab does not lead to {target}")


def type_into(page, label, words):
    tab_to(page, page.get_by_role("textbox", name=label))
    page.keyboard.type(words)


def press(page, role, name, key="Enter"):
    tab_to(page, page.get_by_role(role, name=name).first)
    page.keyboard.press(key)
