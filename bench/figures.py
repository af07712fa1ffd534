"""The desk's figures and exports at 10,000 sign-ons: seconds on the server, and memory of an export."""

import json
import random
import resource
import statistics
import time
from datetime import timedelta

from bench import common
from bench.common import table

SIZES = (100, 10_000)
ROUNDS = 9
# Of so many sign-ons one waits, and one was declined; the others are accepted.
WAITING, DECLINED = 10, 9
FORM = {"kind": "representatives", "letter": "", "state": "any", "purpose": "a measurement"}


def main(*arguments):
    """Measure each size, or one address or file in a process of its own."""
    if arguments and arguments[0] in PARTS:
        print(json.dumps(PARTS[arguments[0]](arguments[1])))
        return
    common.stamp()
    pages, files = [], []
    for size in [int(one) for one in arguments] or SIZES:
        with common.deployment(durable=False):
            common.part("figures", "fill", size)
            for address in ("/moderation/figures/", "/moderation/digest/"):
                found = common.part("figures", "page", address)
                row = [found["median"], found["slowest"], found["sql"]]
                pages.append([f"{size:,}", address, found["queries"], *(f"{one * 1000:.0f}" for one in row)])
            for extension in ("csv", "xlsx"):
                found = common.part("figures", "file", extension)
                row = [f"{size:,}", extension, f"{found['seconds']:.2f}", f"{found['bytes'] / 1e6:.2f}"]
                files.append([*row, f"{found['before']:.0f}", f"{found['peak']:.0f}"])
    heads = ["Sign-ons", "Page", "Queries", "Median ms", "Slowest ms", "Of the median, SQL ms"]
    table(f"The desk's pages: {ROUNDS} requests each, after one to warm up.", heads, pages)
    table("An export.", ["Sign-ons", "As", "s", "MB", "Process before, MB", "Peak MB"], files)


def fill(size):
    """Make sign-ons with the records of half a year, past the verbs."""
    letter = common.fill(int(size))
    from allauth.mfa.models import Authenticator
    from django.contrib.auth.models import User
    from django.db import connection
    from django.utils import timezone

    from demo.authenticator import SECRET
    from signatories.models import SignOn, Transition

    user = User.objects.create_superuser("measured", "measured@example.org")
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": SECRET})
    source, now = random.Random(2026), timezone.now()  # noqa: S311 - nothing here is secret
    made, kept = [], list(SignOn.objects.filter(letter=letter))
    for number, one in enumerate(kept):
        entered = now - timedelta(days=source.uniform(1, 180))
        wait = timedelta(hours=source.expovariate(1 / 20))
        steps = [("sign", "", "unconfirmed", entered), ("confirm", "unconfirmed", "pending", entered)]
        one.email, one.state_since = f"representative{number}@example{number % 500}.org", entered
        one.created_at = entered
        if number % WAITING == 0:
            one.state, one.organisation = "pending", None
        elif number % WAITING == DECLINED:
            one.state = "declined"
            steps.append(("decline", "pending", "declined", entered + wait))
        else:
            steps.append(("accept", "pending", "accepted", entered + wait))
        made += [
            Transition(sign_on=one, verb=verb, from_state=before, to_state=after, who="moderator", at=at)
            for verb, before, after, at in steps
        ]
    SignOn.objects.bulk_update(kept, ["state", "state_since", "created_at", "organisation", "email"], batch_size=1000)
    Transition.objects.bulk_create(made, batch_size=5000)
    with connection.cursor() as cursor:
        # What PostgreSQL does by itself within a minute.
        cursor.execute("ANALYZE")
    return {"transitions": len(made)}


def signed_in():
    """Return a client with every permission."""
    common.django()
    from django.contrib.auth.models import User

    from tests.conftest import DeskClient

    client = DeskClient(headers={"host": "127.0.0.1"})
    client.force_login(User.objects.get(username="measured"))
    return client


def page(address):
    """Ask for a page again and again."""
    client = signed_in()
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    times = []
    for _number in range(ROUNDS + 1):
        begun = time.perf_counter()
        assert client.get(address).status_code == 200  # noqa: S101
        times.append(time.perf_counter() - begun)
    with CaptureQueriesContext(connection) as queries:
        client.get(address)
    return {
        "median": statistics.median(times[1:]),
        "slowest": max(times[1:]),
        "sql": sum(float(query["time"]) for query in queries),
        "queries": len(queries),
    }


def file(extension):
    """Export everything once."""
    client = signed_in()
    before, begun = peak(), time.perf_counter()
    response = client.post("/moderation/export/", FORM | {"extension": extension})
    length = sum(map(len, response.streaming_content))
    return {"seconds": time.perf_counter() - begun, "bytes": length, "before": before, "peak": peak()}


def peak():
    """Return the most memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


PARTS = {"fill": fill, "page": page, "file": file}
