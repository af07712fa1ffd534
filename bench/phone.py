"""A letter and its form on a phone over a slow line: what travels, and when it can be read.

The real web server, and Chromium at 360 px, whose line is slowed down as mobile networks of the second generation are.
Beside the pages stands the least that a page can be, over the same line in the same run: what is beyond it, is ours.
"""

import statistics
import sys
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

from playwright.sync_api import sync_playwright

from bench import common
from bench.common import SLUG, find, free_port, granian, running, table

ROUNDS = 5
# Bytes a second down and up, milliseconds to and fro.
LINES = {"GPRS": (6_250, 2_500, 500), "EDGE": (31_250, 12_500, 300)}
NAMES = 113
LEAST = b"<!doctype html><html lang=en><title>x</title><p>x"
PAINTED = "() => performance.getEntriesByName('first-contentful-paint')[0].startTime"


class Least(BaseHTTPRequestHandler):
    """Answers with the least page."""

    def do_GET(self):
        """Send it."""
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(LEAST)))
        self.end_headers()
        self.wfile.write(LEAST)

    def log_message(self, *_arguments):
        """Say nothing."""


def main():
    """Measure the demo's letter, its list of countries and its form."""
    chromium = find("chromium")
    if not chromium:
        raise common.Lacking("This measurement needs chromium: apt-get install chromium libatomic1")
    common.stamp()
    port, least = free_port(), free_port()
    url = f"http://127.0.0.1:{port}"
    server = HTTPServer(("127.0.0.1", least), Least)
    Thread(target=server.serve_forever, daemon=True).start()
    with common.deployment(durable=False, SITE_URL=url) as folder, ExitStack() as servers:
        common.part("publish", "fill", NAMES)
        common.part("publish", "publish")
        pages = {"the least page": f"http://127.0.0.1:{least}/"}
        pages |= {name: f"{url}/{SLUG}/{path}" for name, path in (("the letter", ""), ("its form", "sign/"))}
        servers.enter_context(
            running(granian("config.wsgi:application", port), pages["the letter"], folder / "web.log")
        )
        servers.enter_context(running([sys.executable, "manage.py", "worker"], "", folder / "worker.log"))
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
            for line, speed in LINES.items():
                measure(browser, pages, line, speed)
            browser.close()


def measure(browser, pages, line, speed):
    """Print when each page shows its words over this line, and how much it weighs."""
    rows, least = [], 0
    for name, address in pages.items():
        seen = [visit(browser, address, speed) for _round in range(ROUNDS)]
        painted = statistics.median(when for when, _weight in seen)
        least = least or painted
        weight = seen[0][1]
        rows.append([name, f"{weight / 1000:.1f}", f"**{painted / 1000:.2f}**", f"{painted / least:.1f}"])
    down, _up, latency = speed
    heads = ["Page", "kB all told", "readable after s", "of the least page"]
    table(f"{line}: {down * 8 // 1000} kbit/s, {latency} ms to and fro.", heads, rows)


def visit(browser, address, speed):
    """Open a page as for the first time; returns the moment of its first words in ms, and the bytes that travelled."""
    context = browser.new_context(viewport={"width": 360, "height": 740})
    page, weights = context.new_page(), []
    network = context.new_cdp_session(page)
    network.send("Network.enable")
    network.send("Network.setCacheDisabled", {"cacheDisabled": True})
    down, up, latency = speed
    slow = {"offline": False, "downloadThroughput": down, "uploadThroughput": up, "latency": latency}
    network.send("Network.emulateNetworkConditions", slow)
    network.on("Network.loadingFinished", lambda event: weights.append(event["encodedDataLength"]))
    page.goto(address, wait_until="networkidle", timeout=120_000)
    painted = page.evaluate(PAINTED)
    context.close()
    return painted, sum(weights)
