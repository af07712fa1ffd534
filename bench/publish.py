"""What an edition costs: seconds, peak memory and bytes, per artefact, and with one more name.

Each step runs in a process of its own, so that its peak memory is its own. The database is durable.
"""

import json
import resource
import time
from pathlib import Path

from bench import common
from bench.common import SLUG, clock, table

SIZES = (113, 1_000, 10_000, 100_000)


def main(*arguments):
    """Measure every size, or do one step of it."""
    if arguments and arguments[0] in STEPS:
        print(json.dumps(STEPS[arguments[0]](*arguments[1:])))
        return
    sizes = [int(one) for one in arguments] or SIZES
    common.stamp()
    found = {}
    for size in sizes:
        with common.deployment():
            common.part("publish", "fill", size)
            steps = ["publish", "sync", "artefacts", "accept", "sync", "documents", "sync_documents"]
            keys = ["publish", "sync", "artefacts", "accept", "sync_again", "documents", "sync_documents"]
            found[size] = {key: common.part("publish", step) for key, step in zip(keys, steps, strict=True)}
    tell(found)


def tell(found):
    """Print the tables."""

    def row(size, one):
        publish, sync = one["publish"], one["sync"]
        return [
            f"{size:,}",
            f"{publish['seconds']:.2f}",
            f"{sync['seconds']:.2f}",
            f"**{publish['seconds'] + sync['seconds']:.2f}**",
            f"{publish['seconds_cpu'] + sync['seconds_cpu']:.2f}",
            f"{publish['peak']:.0f} / {sync['peak']:.0f}",
            f"{publish['base']:.0f}",
            publish["pages"],
            f"{publish['bytes'] / 1e6:.1f}",
        ]

    heads = [
        "Lines",
        "`publish` s",
        "`sync` s",
        "Together s",
        "Of it CPU s",
        "Peak MB of each",
        "MB before",
        "Pages",
        "MB of pages",
    ]
    table("A first edition: HTML, JSON, CSV, Atom.", heads, [row(*one) for one in found.items()])

    rows = []
    for size, one in found.items():
        more, again = one["accept"], one["sync_again"]
        rows.append(
            [
                f"{size:,}",
                f"{more['accept']:.3f}",
                f"{more['seconds']:.2f}",
                f"{again['seconds']:.2f}",
                f"**{more['accept'] + more['seconds'] + again['seconds']:.2f}**",
                f"{more['accept_cpu'] + more['seconds_cpu'] + again['seconds_cpu']:.2f}",
                f"{more['rendered']} of {more['pages']}",
                f"{more['new_blobs']} ({more['new_bytes'] / 1e6:.2f} MB)",
                again["new_files"],
            ]
        )
    heads = [
        "Lines",
        "`accept` s",
        "`publish` s",
        "`sync` s",
        "All s",
        "Of it CPU s",
        "Rendered",
        "Stored",
        "Files written",
    ]
    table("One more accepted name.", heads, rows)

    kinds = list(dict.fromkeys(kind for one in found.values() for kind in one["artefacts"]))
    rows = [[kind, *(_cell(one["artefacts"].get(kind)) for one in found.values())] for kind in kinds]
    table("Per artefact: seconds to render, and bytes.", ["", *(f"{size:,}" for size in found)], rows)

    rows = []
    for size, one in found.items():
        documents = one["documents"]
        rows.append(
            [
                f"{size:,}",
                *(_cell(documents[kind]) for kind in ("pdf", "docx", "xlsx")),
                f"{documents['peak']:.0f}",
                f"{one['sync_documents']['make']:.1f}",
                f"{one['sync_documents']['seconds']:.2f}",
            ]
        )
    heads = ["Lines", "PDF", "Word", "Excel", "Peak MB", "`make_documents` of two editions s", "`sync` after it s"]
    table("The documents, which follow in a job of their own.", heads, rows)


def _cell(one):
    if one is None:
        return "–"
    size = one["bytes"]
    return (
        f"{one['seconds']:.2f} s, {size / 1e6:.1f} MB"
        if size >= 1e5
        else f"{one['seconds']:.2f} s, {size / 1e3:.0f} kB"
    )


# ── the steps ──


def _letter():
    common.django()
    from letter.models import Letter

    return Letter.objects.get(slug=SLUG)


def _peak():
    """Return the most memory (MB) that this process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def fill(count):
    """Make the letter and its signatories."""
    common.fill(int(count))
    return {}


def publish():
    """Publish the first edition."""
    letter = _letter()
    from django.db.models import Sum
    from django.db.models.functions import Length

    from signatories.jobs import publish_letter

    base, found = _peak(), {}
    with clock(found, "seconds"):
        edition = publish_letter(letter)
    peak = _peak()
    size = edition.pages.aggregate(size=Sum(Length("blob__content")))["size"]
    return found | {"base": base, "peak": peak, "pages": edition.pages.count(), "bytes": size}


def sync():
    """Write the release folder, as a web process does."""
    _letter()
    from django.conf import settings

    from letter import releases

    base, found = _peak(), {}
    blobs = Path(settings.RELEASES_DIR, "blobs")
    before = len(list(blobs.glob("*"))) if blobs.exists() else 0
    with clock(found, "seconds"):
        releases.sync()
    return found | {"base": base, "peak": _peak(), "new_files": len(list(blobs.glob("*"))) - before}


def artefacts():
    """Render each page of the newest edition once more, by kind."""
    letter = _letter()
    from letter.publication import content_of, plan

    edition = letter.editions.first()
    content = content_of(edition)
    # From the database, lines lack the key by which they are sorted.
    from dataclasses import replace

    from signatories.models import SignOn

    content = replace(content, lines=list(SignOn.objects.lines(letter)))
    found = {}
    begun = time.perf_counter()
    for one in plan(edition, [content]):
        size = len(one.render())
        entry = found.setdefault(_kind(one.name), {"seconds": 0.0, "bytes": 0})
        entry["seconds"] += time.perf_counter() - begun
        entry["bytes"] += size
        begun = time.perf_counter()
    return found


def _kind(name):
    if name.startswith("early/"):
        return "the letter's three faces"
    if name.startswith("signatories/"):
        return "pages by initial"
    if name.startswith("countries/"):
        return "pages by country"
    if name.endswith((".json", ".csv", ".atom")):
        return f"`{name}`"
    return "all else"


def accept():
    """Accept one more name, and publish it."""
    letter = _letter()
    from signatories.jobs import publish_letter
    from signatories.models import OPERATOR, SignOn
    from signatories.states import Source

    before = letter.editions.first()
    known = set(before.pages.exclude(source_sha256="").values_list("language", "name", "source_sha256"))
    name = "Justice Sans Frontières"
    sign_on = SignOn.register(
        letter.text(), OPERATOR, note="bench", source=Source.IMPORT, name_as_signed=name, country="FR"
    )
    found = {}
    with clock(found, "accept"):
        sign_on.accept(OPERATOR, listed_name=name, listed_country="FR")
    with clock(found, "seconds"):
        edition = publish_letter(letter)
    pages = list(edition.pages.values_list("language", "name", "source_sha256"))
    new = edition.pages.exclude(blob__in=before.pages.values("blob")).select_related("blob")
    sizes = {page.blob_id: len(page.content) for page in new.iterator(chunk_size=50)}
    return found | {
        "pages": len(pages),
        "rendered": sum(page not in known for page in pages),
        "new_blobs": len(sizes),
        "new_bytes": sum(sizes.values()),
        "peak": _peak(),
    }


def documents():
    """Render the documents of the newest edition, without storing them."""
    letter = _letter()
    from letter.artefacts.docx import render_docx
    from letter.artefacts.pdf import render_pdf
    from letter.artefacts.xlsx import render_xlsx
    from letter.publication import content_of

    content = content_of(letter.editions.first())
    found = {}
    for kind, render in (("pdf", lambda: render_pdf(content).content), ("docx", lambda: render_docx(content)),
                         ("xlsx", lambda: render_xlsx(content))):  # fmt: skip
        taken = {}
        with clock(taken, "seconds"):
            made = render()
        found[kind] = taken | {"bytes": len(made)}
    return found | {"peak": _peak()}


def sync_documents():
    """Make what lacks, as the job does, and write it."""
    letter = _letter()
    from letter import releases
    from letter.documents import make_documents

    found = {}
    with clock(found, "make"):
        make_documents(letter)
    with clock(found, "seconds"):
        releases.sync()
    return found


STEPS = {step.__name__: step for step in (fill, publish, sync, artefacts, accept, documents, sync_documents)}
