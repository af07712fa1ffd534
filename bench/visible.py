"""From a decision to the moment at which everybody can read it, at 10,000 lines, while others read.

The real web server and the real worker, on a durable PostgreSQL. A moderator's decision is the verb
`SignOn.accept`, in a process of its own; its clock starts before the verb and stops when the web server's
`signatories/…` page names the organisation. wrk reads the letter's page meanwhile, at some hundred requests
a second.
"""

import statistics
import sys
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path

from bench import common
from bench.common import SLUG, free_port, granian, running, table
from letter.parts import part_name

LINES, SAMPLES = 10_000, 24
# Of the connections that read: each waits this long (ms) after an answer.
READERS, PAUSE = 8, 20


def main(*arguments):
    """Measure."""
    common.need("wrk")
    common.stamp()
    lines = int(arguments[0]) if arguments else LINES
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with common.deployment(SITE_URL=url) as folder, ExitStack() as servers:
        common.part("publish", "fill", lines)
        common.part("publish", "publish")
        page = f"{url}/{SLUG}/"
        servers.enter_context(running(granian("config.wsgi:application", port), page, folder / "web.log"))
        servers.enter_context(running([sys.executable, "manage.py", "worker"], "", folder / "worker.log"))
        time.sleep(3)
        common.django()
        with reading(page, folder) as rate:
            taken = [sample(page, number) for number in range(SAMPLES)]
        reads = rate()
    taken.sort()
    p50, p95 = statistics.median(taken), taken[min(len(taken) - 1, round(0.95 * len(taken)))]
    heads = ["Lines", "Decisions", "Reads/s meanwhile", "p50 s", "p95 s", "Fastest s", "Slowest s"]
    row = [f"{lines:,}", len(taken), f"{reads:.0f}", f"{p50:.2f}", f"**{p95:.2f}**"]
    table("From decision to visible.", heads, [[*row, f"{taken[0]:.2f}", f"{taken[-1]:.2f}"]])


class reading:
    """Readers for as long as the block runs; gives a function that tells, afterwards, their requests a second."""

    def __init__(self, page, folder):
        self.command = [common.find("wrk"), "-t1", f"-c{READERS}", "-d600s", "-s", "pause.lua", page, "--", str(PAUSE)]
        self.log = folder / "wrk.log"

    def __enter__(self):
        self.begun = time.monotonic()
        with open(self.log, "wb") as log:
            folder = Path(__file__).parent
            self.process = common.subprocess.Popen(self.command, cwd=folder, stdout=log, stderr=log)
        return self.rate

    def __exit__(self, *exception):
        self.process.send_signal(common.signal.SIGINT)
        self.process.wait(10)

    def rate(self):
        """Return the requests a second that were answered."""
        return common.json.loads(self.log.read_text().splitlines()[-1])["rps"]


def sample(page, number):
    """Accept one more name, and return the seconds until it can be read."""
    from letter.models import Letter
    from signatories import names
    from signatories.models import OPERATOR, SignOn
    from signatories.states import Source

    letter = Letter.objects.get(slug=SLUG)
    name = f"{'ABCDEFGHIJKLMNOPQRSTUVWXYZ'[number % 26]}ccepted Organisation {number}"
    sign_on = SignOn.register(letter.text(), OPERATOR, note="bench", source=Source.IMPORT, name_as_signed=name)
    initial = part_name(names.sort_key(name)[0])
    time.sleep(0.5 + number % 7 / 10)
    begun = time.monotonic()
    sign_on.accept(OPERATOR, listed_name=name, listed_country="")
    wanted = name.encode()
    while time.monotonic() - begun < 30:
        # The page of its initial, or of its first letters where the initial has pages of its own.
        for beginning in (initial, part_name(names.sort_key(name)[:2])):
            if wanted in read(f"{page}signatories/{beginning}/"):
                return time.monotonic() - begun
        time.sleep(0.01)
    raise RuntimeError(f"“{name}” has not appeared.")


def read(url):
    """Return the body at `url`; nothing if there is none."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - of this machine
            return answer.read()
    except OSError:
        return b""
