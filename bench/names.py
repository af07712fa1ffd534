"""The similar-name rule, against pairs that a person has labelled; and the search that finds its candidates.

The rule was tuned on the half “dev” only. Of the other, “held-out”, nobody looks at single pairs: `errors` lists
those of “dev”.
"""

import csv
import statistics
import sys
import time
import unicodedata
from collections import Counter
from pathlib import Path

from bench import common
from bench.common import table

PAIRS = Path(__file__).resolve().parent.parent / "tests" / "data" / "name_pairs.csv"
LABELS = ("same", "acronym", "typo", "subset", "sibling", "different")
# What a person calls the same body, whatever the class.
ONE_BODY = frozenset(LABELS[:3])
OTHERS = 10_000


def main(what=""):
    """Measure; with “errors”, list what the rule gets wrong in the half it may be tuned on."""
    common.stamp()
    rows = pairs()
    with common.deployment(durable=False):
        common.django()
        judge(rows)
        for half in ("dev", "held-out"):
            report(half, [row for row in rows if row["half"] == half])
        if what == "errors":
            errors([row for row in rows if row["half"] == "dev"])
        if what != "rule":
            search(rows)


def pairs():
    """Return the labelled pairs, by column."""
    with PAIRS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def judge(rows):
    """Let the rule say what each pair is; and how long that takes."""
    from signatories.names import classify

    begun = time.perf_counter()
    for row in rows:
        row["said"] = classify(
            row["name"], row["other name"], acronym=row["acronym"], other_acronym=row["other acronym"]
        ).value
    took = (time.perf_counter() - begun) / len(rows)
    print(f"\n{len(rows)} pairs; {took * 1000:.2f} ms to classify one.")


# ── how good the rule is ──


def report(half, rows):
    """Print precision and recall, the confusion matrix, and what is right by language and script."""
    counted = Counter((row["label"], row["said"]) for row in rows)
    body = []
    for label in LABELS:
        right = counted[label, label]
        body.append([label, *quality(right, total(counted, said={label}), total(counted, labels={label}))])
    right = total(counted, ONE_BODY, ONE_BODY)
    body.append(
        ["**one body** (the first three)", *quality(right, total(counted, said=ONE_BODY), total(counted, ONE_BODY))]
    )
    right = sum(counted[label, label] for label in LABELS)
    body.append(["all", len(rows), len(rows), right, "–", share(right, len(rows))])
    table(f"{half}, {len(rows)} pairs.", ["Label", "Pairs", "Said", "Right", "Precision", "Recall"], body)
    table(
        f"{half}: label (rows) and what the rule said (columns).",
        ["", *LABELS],
        [[label, *(counted[label, said] or "·" for said in LABELS)] for label in LABELS],
    )
    by_language = {}
    for row in rows:
        for one in {*row["languages"].split(), *(f"*{script}*" for script in scripts(row))}:
            by_language.setdefault(one, []).append(row)
    table(
        f"{half}, by language and by *script* of either name: right to the class; right about one body or two.",
        ["", "Pairs", "Right", "One body or not"],
        [
            [
                one,
                len(some),
                share(sum(is_right(row) for row in some), len(some)),
                share(sum(map(is_near, some)), len(some)),
            ]
            for one, some in sorted(by_language.items(), key=lambda item: (item[0] < "a", -len(item[1]), item[0]))
        ],
    )


def quality(right, said, labelled):
    """Return the cells of one class."""
    return labelled, said, right, share(right, said), share(right, labelled)


def total(counted, labels=LABELS, said=LABELS):
    """Return how many pairs have one of the labels, and of them how many the rule called one of `said`."""
    return sum(counted[label, one] for label in labels for one in said)


def share(part, whole):
    """Return a share for a table, a dash of nothing."""
    return f"{part / whole:.2f}" if whole else "–"


def is_right(row):
    """Whether the rule said what the person did."""
    return row["said"] == row["label"]


def is_near(row):
    """Whether the rule takes two names for one body as the person does."""
    return (row["said"] in ONE_BODY) == (row["label"] in ONE_BODY)


def scripts(row):
    """Return the scripts of both names."""
    letters = (c for c in row["name"] + row["other name"] if c.isalpha())
    return {unicodedata.name(c).split()[0].replace("-", " ").split()[0].lower() for c in letters}


def errors(rows):
    """List what the rule gets wrong."""
    table(
        "What the rule gets wrong in “dev”.",
        ["Label", "Said", "Name", "Other name"],
        [
            [row["label"], row["said"], " · ".join(filter(None, (row["name"], row["acronym"]))),
             " · ".join(filter(None, (row["other name"], row["other acronym"])))]
            for row in rows
            if not is_right(row)
        ],
    )  # fmt: skip


# ── whether the search finds what the rule is asked about ──


def search(rows):
    """Look each name up among 10,000 other organisations, and the other name too."""
    from signatories.models import Organisation
    from signatories.names import split_acronym

    sides = {(row["name"], row["acronym"]) for row in rows} | {
        (row["other name"], row["other acronym"]) for row in rows
    }
    # As an accepted sign-on makes them: an acronym in brackets has a column of its own.
    numbers = {}
    for name, acronym in sorted(sides):
        bare, bracketed = split_acronym(name)
        numbers.setdefault((bare, acronym or bracketed), []).append((name, acronym))
    made = [Organisation(name=name, acronym=acronym) for name, acronym in numbers]
    made += [Organisation(name=name, country=country) for name, country in common.names(OTHERS)]
    Organisation.objects.bulk_create(made, batch_size=5000)
    analyse()
    found, asked, times, sizes = Counter(), Counter(), [], []
    for row in rows:
        there = (row["name"], row["acronym"]), (row["other name"], row["other acronym"])
        for (name, acronym), other in (there, there[::-1]):
            begun = time.perf_counter()
            candidates = {
                side
                for one in Organisation.objects.similar_to(name, acronym)
                for side in numbers.get((one.name, one.acronym), [None])
            }
            times.append((time.perf_counter() - begun) * 1000)
            sizes.append(len(candidates))
            for group in (row["half"], row["label"]):
                asked[row["half"], group] += 1
                found[row["half"], group] += other in candidates
    related = [label for label in LABELS if label != "different"]
    body = []
    for half in ("dev", "held-out"):
        cells = [f"{share(found[half, one], asked[half, one])} of {asked[half, one]}" for one in related]
        all_found, all_asked = (sum(counts[half, one] for one in related) for counts in (found, asked))
        body.append([half, *cells, f"**{share(all_found, all_asked)}** of {all_asked}"])
    table(
        f"What `Organisation.objects.similar_to` finds among {len(made):,} organisations, asked for either name.",
        ["Half", *related, "All of these"],
        body,
    )
    table(
        "One look-up, variants included, in this process.",
        ["Look-ups", "p50 ms", "p95 ms", "Slowest ms", "Candidates p50", "p95", "Most"],
        [[len(times), *(f"{one:.1f}" for one in spread(times)), *(f"{one:.0f}" for one in spread(sizes))]],
    )
    sys.stdout.flush()


def spread(values):
    """Return median, 95th percentile and greatest."""
    return statistics.median(values), statistics.quantiles(values, n=20)[-1], max(values)


def analyse():
    """Give the planner its statistics, and the indexes their order."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
