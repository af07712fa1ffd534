"""The addressed copies of a letter: 123 recipients, at the demo's 113 lines and at 10,000."""

import json
import resource
import time

from bench import common
from bench.common import SLUG, clock, table

SIZES = (113, 10_000)
RECIPIENTS = 123


def main(*arguments):
    """Measure each size, or make the copies of what is there."""
    if arguments and arguments[0] == "make":
        print(json.dumps(make(int(arguments[1]))))
        return
    common.stamp()
    rows = []
    for size in [int(one) for one in arguments] or SIZES:
        with common.deployment(durable=False):
            common.part("publish", "fill", size)
            common.part("publish", "publish")
            found = common.part("copies", "make", RECIPIENTS)
        # The first sets the list; the rest share it.
        rest = (found["seconds"] - found["first"]) / (RECIPIENTS - 1)
        rows.append(
            [
                f"{size:,}",
                f"{found['one']:.2f}",
                RECIPIENTS,
                f"{found['seconds']:.1f}",
                f"{rest:.2f}",
                f"**{found['first'] + rest * (RECIPIENTS - 1):.0f}**",
                f"{found['bytes'] / RECIPIENTS / 1e6:.1f}",
                f"{found['peak']:.0f}",
            ]
        )
    heads = ["Lines", "One copy alone s", "Copies made", "In s", "Each after the first s"]
    heads += [f"All {RECIPIENTS} s", "MB of each", "Peak MB"]
    table("The addressed PDFs.", heads, rows)


def make(count):
    """Make the copies in this process."""
    common.django()
    from letter.artefacts.pdf import render_copies, render_pdf
    from letter.content import Addressee
    from letter.models import Letter
    from letter.publication import content_of

    content = content_of(Letter.objects.get(slug=SLUG).editions.first())
    addressees = [
        Addressee(
            name=f"H.E. the Minister for Foreign Affairs {number}",
            office="Ministry for Foreign Affairs",
            postal_address="1 Place of the Republic\nA capital",
            cover_line=f"including {number} organisations from your country",
        )
        for number in range(1, count + 1)
    ]
    found = {"bytes": 0}
    with clock(found, "one"):
        render_pdf(content, addressee=addressees[0])
    begun = time.perf_counter()
    with clock(found, "seconds"):
        for pdf in render_copies(content, addressees):
            found["bytes"] += len(pdf.content)
            found.setdefault("first", time.perf_counter() - begun)
    return found | {"peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}
