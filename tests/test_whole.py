"""The whole of it under misfortune: real processes, killed and cut off, lose nothing and print nothing twice."""

import json
import signal
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

import psycopg
import pytest

from demo.postgres import Postgres
from letter import documents
from letter.publication import LOCK
from tests.factories import sent
from tests.mailserver import link_in
from tests.running import Site, until

pytestmark = pytest.mark.xdist_group("site")

TEXT = """
from letter.models import Letter
print(Letter.objects.get(slug="icc-2020").text().pk)
"""
ACCEPT = """
from signatories.models import OPERATOR, SignOn
for sign_on in SignOn.objects.filter(state="pending", name_as_signed__startswith="{name}"):
    sign_on.accept(OPERATOR, listed_name=sign_on.name_as_signed)
"""
REGISTER = """
from letter.models import Letter
from signatories.models import OPERATOR, SignOn
text = Letter.objects.get(slug="icc-2020").text()
for number in range({count}):
    SignOn.register(text, OPERATOR, note="by post", source="post", name_as_signed=f"{name} {{number}}")
"""


def post(site, path, **fields):
    """The status of a POST: what the last answer says after redirects, 0 if there was none."""
    data = urllib.parse.urlencode(fields).encode()
    try:
        with urllib.request.urlopen(site.url + path, data, timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def sign(site, text, name, email):
    form = {"name_as_signed": name, "representative_name": "A", "representative_role": "B", "email": email}
    # The site and its tests have one secret key.
    return post(site, "/icc-2020/sign/", **sent(text, country="FR", **form))


def rows(site, query, *values):
    with psycopg.connect(site.environment["DATABASE_URL"], autocommit=True) as connection:
        return connection.execute(query, values).fetchall()


def listed(site, name):
    return site.get("/icc-2020/").decode().count(f"<bdi>{name}</bdi>")


def test_a_sign_on_goes_all_the_way_through_the_real_processes(site):
    text = int(site.python(TEXT))

    assert sign(site, text, "Whole Journey", "whole@example.org") == 200
    (message,) = until(lambda: [one for one in site.mail.messages if one["To"] == "whole@example.org"])
    assert post(site, link_in(message, "confirm")) == 200
    site.python(ACCEPT.format(name="Whole Journey"))

    until(lambda: listed(site, "Whole Journey") == 1)
    received = until(lambda: [one for one in site.mail.messages if one["To"] == "whole@example.org"][1:])
    assert post(site, link_in(received[0], "status") + "withdraw/") == 200
    until(lambda: listed(site, "Whole Journey") == 0)


def test_the_server_refuses_a_form_in_what_is_no_character_set(site):
    kind = "application/x-www-form-urlencoded; charset=rot13"
    request = urllib.request.Request(site.url + "/links/", data=b"email=a", headers={"Content-Type": kind})

    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=10)

    assert (refused.value.code, refused.value.read()) == (400, b"Please send UTF-8.")


def test_a_worker_killed_in_mid_publication_leaves_no_half_and_the_next_one_completes_it(site):
    site.python(REGISTER.format(name="Killed Publication", count=3))
    before = site.get("/icc-2020/signatories.json")
    letter_id = rows(site, "SELECT id FROM letter_letter WHERE slug = 'icc-2020'")[0][0]

    with psycopg.connect(site.environment["DATABASE_URL"]) as holder:
        holder.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK, letter_id])
        site.python(ACCEPT.format(name="Killed Publication"))
        until(lambda: rows(site, "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"))
        site.stop("worker", signal.SIGKILL)
        assert site.get("/icc-2020/signatories.json") == before
    site.start_worker()

    until(lambda: listed(site, "Killed Publication 2") == 1, seconds=40)
    assert [listed(site, f"Killed Publication {number}") for number in range(3)] == [1, 1, 1]


def test_a_worker_killed_among_the_documents_delays_no_page_and_the_next_one_seals_every_edition(site):
    site.python(REGISTER.format(name="Killed Documents", count=1))
    letter_id = rows(site, "SELECT id FROM letter_letter WHERE slug = 'icc-2020'")[0][0]
    until(lambda: b'href="letter.pdf"' in site.get("/icc-2020/"), seconds=60)

    with psycopg.connect(site.environment["DATABASE_URL"]) as holder:
        holder.execute("SELECT pg_advisory_xact_lock(%s, %s)", [documents.LOCK, letter_id])
        site.python(ACCEPT.format(name="Killed Documents"))
        until(lambda: listed(site, "Killed Documents 0") == 1)
        until(lambda: rows(site, "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"))
        site.stop("worker", signal.SIGKILL)
        page = site.get("/icc-2020/")
    newest = json.loads(site.get("/icc-2020/signatories.json"))["edition"]
    assert (b'href="letter.pdf"' in page, site.get("/icc-2020/letter.pdf")) == (False, b"")
    site.start_worker()

    until(lambda: json.loads(site.get("/icc-2020/manifest.json") or "{}").get("edition") == newest, seconds=60)
    until(lambda: b'href="letter.pdf"' in site.get("/icc-2020/"))
    assert "no fault" in site.manage("verify", "icc-2020")


def test_a_worker_killed_while_it_speaks_to_the_mail_server_loses_no_message(site):
    site.mail.is_slow = True
    assert sign(site, int(site.python(TEXT)), "Killed Mail", "killed@example.org") == 200
    until(lambda: site.mail.busy)

    site.stop("worker", signal.SIGKILL)
    until(lambda: not site.mail.busy)
    site.mail.is_slow = False
    state = "SELECT state FROM signatories_message WHERE recipient = 'killed@example.org'"
    assert rows(site, state) == [("queued",)]
    rows(site, "UPDATE signatories_message SET send_after = send_after - interval '5 minutes' "
         "WHERE recipient = 'killed@example.org' RETURNING 1")  # fmt: skip
    site.start_worker()

    until(lambda: rows(site, state) == [("sent",)], seconds=40)
    assert len([one for one in site.mail.messages if one["To"] == "killed@example.org"]) == 1


def test_a_mail_server_that_is_down_delays_a_message_and_loses_nothing(site):
    site.mail.refusal = "451 4.3.2 come back later"
    assert sign(site, int(site.python(TEXT)), "Mail Down", "down@example.org") == 200
    query = "SELECT state, attempts FROM signatories_message WHERE recipient = 'down@example.org'"
    until(lambda: rows(site, query) == [("queued", 1)])

    site.mail.refusal = ""

    until(lambda: rows(site, query) == [("sent", 2)], seconds=40)
    assert len([one for one in site.mail.messages if one["To"] == "down@example.org"]) == 1


def test_postgres_stopped_and_restarted_under_load_loses_nothing_that_was_accepted(tmp_path):
    with Postgres(tmp_path / "postgres", durable=True) as postgres, Site(postgres.url, tmp_path) as site:
        text = int(site.python(TEXT))
        # The page changes once more when its documents are there.
        page = until(lambda: b"letter.pdf" in (page := site.get("/icc-2020/")) and page, seconds=60)
        worker = site.processes["worker"]
        accepted, stop, unread = [], threading.Event(), []

        def load(number):
            for turn in range(10_000):
                if stop.is_set():
                    return
                name = f"Under Load {number} {turn}"
                if sign(site, text, name, f"load{number}.{turn}@example.org") == 200:
                    accepted.append(name)
                if b"signatories" not in site.get("/icc-2020/signatories.json"):
                    unread.append(name)

        threads = [threading.Thread(target=load, args=(number,)) for number in range(3)]
        for thread in threads:
            thread.start()
        until(lambda: len(accepted) >= 5)
        postgres.restart()
        count = len(accepted)
        until(lambda: len(accepted) >= count + 5, seconds=60)
        stop.set()
        for thread in threads:
            thread.join()

        postgres._halt()
        away = [site.get(f"/icc-2020/{file}") for file in ("", "signatories.json", "signatories.csv", "editions/1/")]
        refused = post(site, "/icc-2020/sign/", name_as_signed="x")
        postgres.restart()

        site.python(REGISTER.format(name="After Restart", count=1) + ACCEPT.format(name="After Restart"))
        until(lambda: listed(site, "After Restart 0") == 1, seconds=60)
        kept = {name for (name,) in rows(site, "SELECT name_as_signed FROM signatories_signon WHERE source = 'form'")}
        assert unread == []
        assert set(accepted) <= kept
        assert (away[0] == page, all(away), refused) == (True, True, 503)
        assert worker.poll() is None
        lost = "SELECT count(*) FROM signatories_signon s WHERE source = 'form' AND NOT EXISTS " \
               "(SELECT FROM signatories_message m WHERE m.sign_on_id = s.id)"  # fmt: skip
        assert rows(site, lost) == [(0,)]
        until(
            lambda: rows(site, "SELECT count(*) FROM signatories_message WHERE state <> 'sent'") == [(0,)], seconds=90
        )


def test_a_release_thread_that_was_killed_with_its_server_takes_up_where_it_was(site):
    site.python(REGISTER.format(name="Web Killed", count=1))
    site.stop("web", signal.SIGTERM)
    site.python(ACCEPT.format(name="Web Killed"))
    started = time.monotonic()

    site.start_web()

    until(lambda: listed(site, "Web Killed 0") == 1, seconds=30)
    assert time.monotonic() - started < 30
