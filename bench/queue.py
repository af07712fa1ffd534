"""The queue and one sign-on's page with 10,000 that wait: server time and queries, and what each part costs.

The views are called without middleware, so sign-in is not in the figures. `explain` prints the plans.
"""

import random
import statistics
import time
from datetime import timedelta
from pathlib import Path

from bench import common
from bench.common import table

WAITING = LISTED = 10_000
PAGE = 50
ROUNDS = 20


def main(what=""):
    """Measure."""
    common.stamp()
    with common.deployment(durable=False):
        letter = common.fill(LISTED)
        fill_queue(letter)
        measure()
        if what == "explain":
            explain()


# ── what waits ──


def fill_queue(letter):
    """Make sign-ons that wait: every tenth with a listed name, but for a slip; many from few places."""
    from django.utils import timezone

    from signatories import evidence
    from signatories import names as rules
    from signatories.models import SignOn, Transition

    source = random.Random(7)  # noqa: S311 - nothing here is secret
    now, listed = timezone.now(), [name for name, _country in common.names(LISTED)]
    made = []
    for number, (name, country) in enumerate(common.names(WAITING, seed=2026)):
        if number % 10 == 0:
            name = listed[number][:-2]
        kind = source.random()
        # Four in ten with a free-mail provider, one in ten from an umbrella of three hundred members each.
        domain = (
            "gmail.com" if kind < 0.4 else f"umbrella{number % 3}.example" if kind < 0.5 else f"org{number}.example"
        )
        email, website = f"person{number % 9000}@{domain}", f"https://www.org{number}.example/"
        made.append(
            SignOn(
                letter=letter,
                text=letter.text(),
                state="pending",
                name_as_signed=name,
                name_key=f"{rules.key(name)}",
                name_normalised=rules.normalise(name),
                country=country,
                website=website,
                representative_name="Amina Diallo",
                representative_role="Director",
                email=email,
                email_says=evidence.of_email(email, website),
                network_key=f"{number % 4000:064x}",
                created_at=now - timedelta(minutes=2 * number),
                state_since=now - timedelta(minutes=2 * number),
            )
        )
    SignOn.objects.bulk_create(made, batch_size=2000)
    Transition.objects.bulk_create(
        [
            Transition(sign_on=one, verb=verb, to_state=state, who="representative", at=one.created_at)
            for one in made
            for verb, state in (("sign", "unconfirmed"), ("confirm", "pending"))
        ],
        batch_size=5000,
    )
    analyse()


def analyse():
    """Give the planner its statistics, as autovacuum does within a minute."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


# ── what it costs ──


def measure():
    """Print server time and queries of pages, and of the parts of evidence."""
    from signatories.models import SignOn

    some = list(SignOn.objects.in_state("pending")[: ROUNDS * PAGE])
    pages = [some[start : start + PAGE] for start in range(0, len(some), PAGE)]
    singles = [[page[0]] for page in pages]
    looked_at = SignOn.objects.with_evidence()

    def rows(page):
        return [one.evidence for one in looked_at.filter(pk__in=[one.pk for one in page])]

    table(
        f"{LISTED:,} organisations, {WAITING:,} sign-ons that wait; {ROUNDS} rounds each, of fifty three.",
        ["", "Queries", "p50 ms", "p95 ms", "CPU ms, mean", "of it Python", "of it PostgreSQL"],
        [
            ["**the queue**, 50 rows", *timed(visit, [["/moderation/"]] * ROUNDS)],
            ["**one sign-on**", *timed(visit, [[f"/moderation/sign-ons/{one.pk}/"] for (one,) in singles])],
            *(
                [f"{words}, {count}", *timed(act, [[page] for page in asked])]
                for words, act in (
                    ("evidence", rows),
                    ("similar", SignOn.objects.similar_to_each),
                    ("same place and person", SignOn.objects.related_to_each),
                )
                for count, asked in (("one", singles), ("fifty", pages[:3]))
            ),
            ["unusual of the last day", *timed(unusual, [[]] * ROUNDS)],
        ],
    )


def visit(path):
    """Get a page as a moderator."""
    from django.contrib.auth.models import Group, User
    from django.test import RequestFactory
    from django.urls import resolve

    moderator, is_new = User.objects.get_or_create(username="moderator")
    if is_new:
        moderator.groups.set(Group.objects.filter(name="moderator"))
    request = RequestFactory().get(path)
    request.user, request.session = User.objects.get(pk=moderator.pk), {}
    found = resolve(path)
    response = found.func(request, *found.args, **found.kwargs)
    if response.status_code != 200:
        raise RuntimeError(f"{path}: {response.status_code}")


def unusual():
    """Count what came in bursts."""
    from django.utils import timezone

    from signatories.models import SignOn

    return SignOn.objects.unusual(timezone.now() - timedelta(days=1)).count()


def timed(act, calls):
    """Return queries, median, 95th percentile, and CPU in milliseconds, of calls after a first one."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    act(*calls[0])
    backend = pid_of_backend()
    times, counts, own, its = [], set(), 0.0, 0.0
    for arguments in calls:
        begun, worked, theirs = time.perf_counter(), time.process_time(), cpu_of(backend)
        act(*arguments)
        times.append((time.perf_counter() - begun) * 1000)
        own += time.process_time() - worked
        its += cpu_of(backend) - theirs
        # Once more, watched: watching costs.
        with CaptureQueriesContext(connection) as watched:
            act(*arguments)
        counts.add(len(watched))
    high = statistics.quantiles(times, n=20)[-1]
    cpu = (own + its, own, its)
    shown = (statistics.median(times), high, *(one * 1000 / len(calls) for one in cpu))
    return "–".join(map(str, sorted({min(counts), max(counts)}))), *(f"{one:.1f}" for one in shown)


def pid_of_backend():
    """Return the number of the process that answers this connection."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def cpu_of(process):
    """Return the seconds that a process has had a processor: what a full machine does not lengthen much."""
    return int(Path(f"/proc/{process}/schedstat").read_text().split()[0]) / 1e9


def explain():
    """Print the plan of every query of evidence, for one sign-on."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from signatories.models import SignOn

    with CaptureQueriesContext(connection) as watched:
        one = SignOn.objects.with_evidence().in_state("pending")[0]
        one.similar()
        one.related()
    with connection.cursor() as cursor:
        for query in watched.captured_queries:
            cursor.execute("EXPLAIN (ANALYZE, BUFFERS OFF, COSTS OFF) " + query["sql"].replace("%", "%%"), [])
            print("\n" + query["sql"][:300], *(f"  {line}" for (line,) in cursor.fetchall()), sep="\n")
