"""The addressed copies of a letter: 123 recipients, at the demo's 113 lines and at 10,000."""

import json
import resource
import sys

from bench import common
from bench.common import SLUG, clock, table

SIZES = (113, 10_000)
RECIPIENTS = 123


def main(*arguments):
    """Measure each size, or make the copies of what is there."""
    if arguments and arguments[0] == "make":
        print(json.dumps(make()))
        return
    common.stamp()
    rows = []
    for size in [int(one) for one in arguments] or SIZES:
        with common.deployment(durable=False):
            common.part("publish", "fill", size)
            common.part("publish", "publish")
            found = common.part("copies", "make")
        rows.append(
            [
                f"{size:,}",
                f"{found['one']:.2f}",
                f"**{found['seconds']:.1f}**",
                f"{found['seconds'] / RECIPIENTS:.2f}",
                f"{found['bytes'] / 1e6:.0f}",
                f"{found['peak']:.0f}",
            ]
        )
    heads = ["Lines", "One copy alone s", f"{RECIPIENTS} copies s", "A copy s", "MB in all", "Peak MB"]
    table("The addressed PDFs.", heads, rows)


def make():
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
        for number in range(1, RECIPIENTS + 1)
    ]
    found = {"bytes": 0}
    with clock(found, "one"):
        render_pdf(content, addressee=addressees[0])
    with clock(found, "seconds"):
        for number, pdf in enumerate(render_copies(content, addressees), 1):
            found["bytes"] += len(pdf.content)
            if number % 20 == 0:
                print(number, "copies", file=sys.stderr)
    return found | {"peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}
