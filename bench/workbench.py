"""The workbench with 10,000 sign-ons waiting: how long the server takes for each page, in one process."""

import json
import os
import statistics
import time
from datetime import timedelta
from pathlib import Path

from bench import common
from bench.common import SLUG, table

WAITING, DECIDED, TIMES = 10_000, 5_000, 20
PAGES = {
    "the queue": "/moderation/",
    "its last page": "/moderation/?page=200",
    "narrowed by evidence": "/moderation/?evidence=free-mail",
    "narrowed by country and age": "/moderation/?country=KE&age=3",
    "mine": "/moderation/?mine=1",
    "a search": "/moderation/?q=action+justice",
    "what is accepted": "/moderation/?state=accepted",
    "a sign-on in the middle": "/moderation/sign-ons/{middle}/",
}


def main(*arguments):
    """Fill a database and measure its pages; or, with “fill” or “pages”, one of the two where one is."""
    if arguments == ("fill",):
        fill()
    elif arguments == ("pages",):
        print(json.dumps(pages()))
    else:
        common.stamp()
        with common.deployment(durable=False):
            common.python("-m", "bench", "workbench", "fill")
            found = common.part("workbench", "pages")
        heads = ["Page", "Median ms", "Slowest of 20 ms", "Computing ms", "of it PostgreSQL ms", "Queries", "KB"]
        rows = [[name, *(f"{value:.0f}" for value in row)] for name, row in found.items()]
        table(f"{WAITING:,} waiting, {DECIDED:,} decided.", heads, rows)


def fill():
    """Make the sign-ons, with what was decided about some of them; past the verbs, or it would take half an hour."""
    common.django()
    from django.db import connection
    from django.utils import timezone

    from letter.models import Letter
    from signatories import evidence, names
    from signatories.models import Organisation, SignOn, Transition
    from tests.factories import a_letter, a_moderator

    a_letter(slug=SLUG)
    a_letter(slug="another")
    letter, moderator, now = Letter.objects.get(slug=SLUG), a_moderator(), timezone.now()
    text = letter.text()
    rows, transitions = [], []
    known = common.names(WAITING + DECIDED)
    organisations = Organisation.objects.bulk_create(
        Organisation(name=name, country=country) for name, country, *_ in known[WAITING:]
    )
    for number, (name, country, *_) in enumerate(known):
        decided = number - WAITING
        email = f"office{number}@{'gmail.com' if number % 3 == 0 else f'site{number}.example'}"
        website = f"https://www.site{number}.example" if number % 5 else ""
        state = "pending" if decided < 0 else "declined" if decided % 5 == 0 else "accepted"
        rows.append(
            SignOn(
                letter=letter,
                text=text,
                state=state,
                state_since=now - timedelta(minutes=number),
                name_as_signed=name,
                name_key=names.key(name),
                name_normalised=names.normalise(name),
                country=country,
                website=website,
                representative_name="Amina Diallo",
                email=email,
                email_says=evidence.of_email(email, website),
                **(
                    {"organisation": organisations[decided], "listed_name": name, "sort_key": names.sort_key(name)}
                    if state == "accepted"
                    else {}
                ),
            )
        )
    for one in SignOn.objects.bulk_create(rows, batch_size=1000):
        signed, confirmed = one.state_since - timedelta(hours=3), one.state_since - timedelta(hours=2)
        steps = [("sign", "", "unconfirmed", signed), ("confirm", "unconfirmed", "pending", confirmed)]
        if one.state != "pending":
            steps.append(("accept" if one.state == "accepted" else "decline", "pending", one.state, one.state_since))
        for verb, before, after, at in steps:
            who = (
                {"who": "moderator", "user": moderator}
                if after == one.state != "pending"
                else {"who": "representative"}
            )
            transitions.append(Transition(sign_on=one, verb=verb, from_state=before, to_state=after, at=at, **who))
    Transition.objects.bulk_create(transitions, batch_size=1000)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def pages():
    """Ask for each page as a browser does.

    Returns, by page: median and most of the milliseconds that passed, those for which this process and its connection's
    in PostgreSQL were computing (on a busy machine the rest is waiting), those of PostgreSQL, queries, kilobytes.
    """
    common.django()
    from django.contrib.auth.models import User
    from django.db import connection
    from django.test.utils import CaptureQueriesContext, setup_test_environment

    from signatories.models import SignOn
    from tests.conftest import DeskClient

    setup_test_environment()
    client = DeskClient()
    client.force_login(User.objects.get())
    middle = SignOn.objects.in_state("pending")[WAITING // 2].pk
    process = Path(f"/proc/{connection.connection.info.backend_pid}/stat")
    found = {}
    for name, address in PAGES.items():
        address = address.format(middle=middle)
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(address)
        if answer.status_code != 200:
            raise RuntimeError(f"{address}: {answer.status_code}")
        taken, own, backend = [], time.process_time(), ticks(process)
        for _time in range(TIMES):
            begun = time.perf_counter()
            client.get(address)
            taken.append(1000 * (time.perf_counter() - begun))
        own, backend = 1000 * (time.process_time() - own) / TIMES, 1000 * (ticks(process) - backend) / TIMES
        size = len(answer.content) / 1000
        found[name] = [statistics.median(taken), max(taken), own + backend, backend, len(queries), size]
    return found


def ticks(process):
    """Return the seconds for which a process has been computing (proc(5): utime and stime)."""
    fields = process.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
