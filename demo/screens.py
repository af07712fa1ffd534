"""Pictures of the demo for README and docs: ``python -m demo.screens http://127.0.0.1:8000 docs/screens``.

Needs a demo that runs, what the tests need for a browser, and the password in DEMO_PASSWORD, if the demo was given one.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from . import authenticator

# File → the page, how wide its screen is, and how the reader has set it up.
PUBLIC: dict[str, tuple[str, int, dict[str, Any]]] = {
    "letter-1280": ("/icc-2020/", 1280, {}),
    "letter-dark-360": ("/icc-2020/", 360, {"color_scheme": "dark"}),
    "letter-ar-360": ("/ar/example/", 360, {}),
    "sign-errors-360": ("/icc-2020/sign/", 360, {}),
    "sign-errors-ar-360": ("/ar/example/sign/", 360, {}),
}
HEIGHTS = {360: 740, 1280: 860}


def main(site: str, folder: str) -> None:
    """Take all pictures of the demo at `site` into `folder`."""
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
        for name, (address, width, chosen) in PUBLIC.items():
            page = open_page(browser, site, width, **chosen)
            page.goto(address)
            if "errors" in name:
                page.locator("[name=website]").fill("ftp://example.org")
                page.locator("main form button.act").first.click()
                page.locator(".problems").wait_for()
            take(page, folder, name)
        page = open_page(browser, site, 360)
        page.goto(status_address(page))
        take(page, folder, "status-360")
        desk = open_page(browser, site, 1280)
        sign_in(desk)
        desk.locator(".rows .row > a").first.click()
        desk.locator("#detail h1").wait_for()
        take(desk, folder, "moderation-1280")
        browser.close()


def open_page(browser: Browser, site: str, width: int, **chosen: Any) -> Page:
    """Open a page of its own, on a screen of that width."""
    screen = {"width": width, "height": HEIGHTS[width]}
    return browser.new_context(base_url=site, viewport=screen, locale="en-GB", **chosen).new_page()


def take(page: Page, folder: str, name: str) -> None:
    """Take a picture of the top of the page."""
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    file = Path(folder, f"{name}.png")
    page.screenshot(path=file)
    # ImageMagick, where there is one: text needs few colours.
    if convert := shutil.which("convert"):
        subprocess.run([convert, file, "+dither", "-colors", "64", f"PNG8:{file}"], check=True)


def status_address(page: Page) -> str:
    """Return a link to a status page, from the demo's mailbox."""
    page.goto("/demo/mailbox/")
    messages = page.locator("main a[href*='/demo/mailbox/']")
    for address in [one.get_attribute("href") for one in messages.all()]:
        page.goto(str(address))
        if found := re.search(r"https?://\S+/status/\S+", page.locator("main").inner_text()):
            return found[0]
    raise LookupError("no message with a link to a status page")


def sign_in(page: Page) -> None:
    """Come to the desk as the demo's moderator."""
    page.goto("/moderation/")
    page.get_by_label("Username").fill("moderator")
    page.get_by_label("Password").fill(os.environ["DEMO_PASSWORD"])
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("textbox", name="Code").fill(authenticator.code())
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.locator(".rows").wait_for()


if __name__ == "__main__":
    main(*sys.argv[1:])
