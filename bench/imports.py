"""The look at an import: 5,000 rows, against none and 10,000 organisations on record; then the import of some."""

import io
import json
import resource
import time
from pathlib import Path

from bench import common
from bench.common import SLUG, clock, table

SIZES = (0, 10_000)
ROWS = 5_000
IMPORTED = 200


def main(*arguments):
    """Measure each size of the directory, or do one part of it."""
    if arguments and arguments[0] == "look":
        print(json.dumps(look(arguments[1])))
        return
    if arguments and arguments[0] == "enter":
        print(json.dumps(enter()))
        return
    common.stamp()
    rows = []
    for size in [int(one) for one in arguments] or SIZES:
        for kind in ("CSV", "XLSX"):
            with common.deployment(durable=False):
                common.part("publish", "fill", size)
                found = common.part("imports", "look", kind)
                entered = common.part("imports", "enter") if kind == "CSV" else None
            rows.append(
                [
                    f"{size:,}",
                    kind,
                    f"{found['upload']:.2f}",
                    f"**{found['look']:.2f}**",
                    f"{found['look_cpu']:.2f}",
                    f"{found['page']:.3f}",
                    f"{found['before']:.0f} / {found['peak']:.0f}",
                    ", ".join(f"{count:,} {outcome}" for outcome, count in found["counts"].items() if count),
                    f"{1000 * entered['seconds'] / IMPORTED:.0f}" if entered else "–",
                ]
            )
    heads = ["On record", "File", "Upload s", f"{ROWS:,} rows looked at s", "Of it CPU s", "Its page s"]
    heads += ["MB before / peak", "Outcomes", "Each accepted ms"]
    table("An import.", heads, rows)


def look(kind):
    """Upload a file and look at its rows, in this process."""
    common.django()
    from django.contrib.auth.models import User
    from django.test import Client

    from letter.models import Letter
    from signatories import batches
    from signatories.models import Batch

    content = file(kind)
    user = User.objects.create_superuser("bench")
    found = {"before": peak()}
    with clock(found, "upload"):
        described = batches.described(batches.read(content))
        batch = Batch.upload(user, Letter.objects.get(slug=SLUG), file_name="bench", content=content, **described)
        batch.name_columns(batch.columns)
    with clock(found, "look"):
        batches.look(batch)
    found["peak"] = peak()
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(user)
    begun = time.perf_counter()
    client.get(f"/moderation/imports/{batch.pk}/")
    return found | {"page": time.perf_counter() - begun, "counts": batch.rows.counts()}


def enter():
    """Import the first rows of the batch that was looked at, as accepted."""
    common.django()
    from django.contrib.auth.models import User

    from signatories import batches
    from signatories.models import Batch

    batch = Batch.objects.get()
    user = User.objects.get(username="bench")
    batch.carry_out(user, seen=batch.look, is_accepted=True, note="Minutes", is_told=False)
    batch.rows.filter(pk__in=batch.rows.to_import().values("pk")[IMPORTED:]).delete()
    found = {}
    with clock(found, "seconds"):
        while batches.carry_on(batch):
            pass
    return found


def file(kind):
    """Return a file of names that are not on record, but for one in twenty, of which half have a slip of the pen."""
    made = common.names(10_000 + ROWS)
    rows = []
    for number, (name, country) in enumerate(made[10_000:]):
        if number % 20 == 0:
            name = made[number][0]
            name = name if number % 40 else name[:7] + name[8:]
        rows.append([name, country, f"https://www.new{number}.example.org/", "Amina Diallo", f"a{number}@example.org"])
    heads = ["Organisation", "Country", "Website", "Representative", "E-mail"]
    if kind == "XLSX":
        from openpyxl import Workbook

        workbook, content = Workbook(write_only=True), io.BytesIO()
        sheet = workbook.create_sheet()
        for row in (heads, *rows):
            sheet.append(row)
        workbook.save(content)
        return content.getvalue()
    from signatories import sheets

    return sheets.write(heads, rows)


def peak():
    """Return the most memory that this process has had, in MB (VmHWM)."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
