"""What mail servers refuse, at once or later, is known of each message, and shown to whoever can do something."""

import hashlib
import hmac
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from signatories import bounces, mail
from signatories.bounces import Bounce, Kind
from signatories.models import BounceCount, Message, Notice, SignOn
from tests.factories import a_sign_on

SAMPLES = Path(__file__).parent / "data" / "bounces"
SECRET = "a secret of forty characters, for the tests"
HARD = Bounce(Kind.HARD, "5.1.1", "User unknown", is_final=True)

database = pytest.mark.django_db


def a_sent_message(mail_server, **fields):
    """A confirmation that a mail server has taken."""
    message = a_sign_on(state="unconfirmed", **fields).messages.get()
    mail.deliver(message.pk)
    message.refresh_from_db()
    return message


def message_id(message):
    return mail.envelope(message).message()["Message-ID"]


def sample(name, message):
    return (SAMPLES / f"{name}.eml").read_bytes().replace(b"MESSAGE-NAME", message.name.encode())


def what_is_known(message):
    message.refresh_from_db()
    return (message.state, message.bounce, message.bounce_status, message.diagnostic)


def counts():
    return {one.outcome: one.count for one in BounceCount.objects.all()}


# ── what a code means ──


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("5.1.1", "hard"),
        ("5.7.1", "hard"),
        ("5.1.10", "hard"),
        ("4.4.1", "soft"),
        ("4.2.2", "soft"),
        # A full mailbox: its owner can make room (RFC 3463, X.2.2).
        ("5.2.2", "soft"),
        ("550", "hard"),
        ("554", "hard"),
        ("552", "soft"),
        ("450", "soft"),
        ("2.0.0", None),
        ("250", None),
        ("6.1.1", None),
        ("5.1", None),
        ("5.1.1111", None),
        ("", None),
        ("٥.١.١", None),
    ],
)
def test_a_code_says_whether_a_mailbox_is_closed_for_good(status, kind):
    assert bounces.kind_of(status) == kind


@pytest.mark.parametrize(
    ("words", "rest"),
    [
        ("5.1.1 <amina@alhaq.example>: User unknown", "5.1.1 <…>: User unknown"),
        ("Amina@AlHaq.example not found; see https://help.example/?u=amina@alhaq.example", "… not found; see …"),
        ("mailbox amina.diallo is full", "mailbox … is full"),
        ("blocked: 192.0.2.7 [2001:db8::17] listed", "blocked: … … listed"),
        ("line\r\n\tfolded\x00\u202e", "line folded"),
        ("x" * 500, "x" * 200),
    ],
)
def test_a_diagnostic_is_kept_without_whom_it_is_about(words, rest):
    assert bounces.scrubbed(words, "amina.diallo@alhaq.example") == rest


@given(st.binary(max_size=300), st.integers(200, 599))
def test_whatever_a_server_answers_is_understood_or_left(answer, code):
    bounce = bounces.of_answer(code, answer, "a@b.example")

    assert bounce is None or (bounce.kind in Kind and len(bounce.diagnostic) <= bounces.LENGTH)


@given(st.binary(max_size=600))
def test_whatever_comes_through_the_pipe_is_understood_or_left(raw):
    for content in (raw, sample_with(raw)):
        _name, bounce = bounces.of_notification(content)
        assert bounce is None or "\x00" not in bounce.diagnostic


def sample_with(raw):
    return (SAMPLES / "postfix-unknown-user.eml").read_bytes().replace(b"5.1.1 <amina@alhaq.example>", raw)


# ── refused at once ──


@database
@pytest.mark.parametrize("at", ["RCPT", "DATA"])
@pytest.mark.parametrize(
    ("refusal", "known"),
    [
        ("550 5.1.1 <amina@alhaq.example>: no such user", ("failed", "hard", "5.1.1", "5.1.1 <…>: no such user")),
        ("550 no such user", ("failed", "hard", "550", "no such user")),
        ("450 4.2.0 greylisted", ("queued", "soft", "4.2.0", "4.2.0 greylisted")),
        ("552 5.2.2 over quota", ("failed", "soft", "5.2.2", "5.2.2 over quota")),
    ],
)
def test_a_refusal_says_of_the_message_whether_its_mailbox_is_closed(mail_server, at, refusal, known):
    setattr(mail_server, "refusal" if at == "DATA" else "refusal_of_recipient", refusal)

    message = a_sent_message(mail_server, email="amina@alhaq.example")

    assert what_is_known(message) == known
    assert (message.bounced_at is not None, mail_server.messages) == (True, [])


@database
def test_a_mail_server_that_is_away_says_nothing_of_the_mailbox(settings, mail_server):
    settings.EMAIL_PORT = 1

    message = a_sent_message(mail_server)

    assert what_is_known(message) == ("queued", "", "", "")


@database
def test_what_arrives_at_last_has_not_bounced(mail_server):
    mail_server.refusal = "450 4.2.0 greylisted"
    message = a_sent_message(mail_server)
    mail_server.refusal = ""

    mail.deliver(message.pk)

    assert what_is_known(message) == ("sent", "", "", "")


# ── sent back later: through the pipe ──


@database
@pytest.mark.parametrize(
    ("name", "known"),
    [
        (
            "postfix-unknown-user",
            (
                "failed",
                "hard",
                "5.1.1",
                "550 5.1.1 <…>: Recipient address rejected: User unknown in virtual mailbox table",
            ),
        ),
        ("postfix-delayed", ("sent", "soft", "4.4.1", "connect to mail.alhaq.example[…]:25: Connection timed out")),
        (
            "exim-without-report",
            ("failed", "hard", "5.1.1", "host mail.alhaq.example […]: 550 5.1.1 No such user here"),
        ),
        ("exim-full-mailbox", ("failed", "soft", "5.2.2", "552 5.2.2 Mailbox of … is over quota")),
        (
            "exchange-ndr",
            (
                "failed",
                "hard",
                "5.1.10",
                "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient … not found by SMTP address lookup",
            ),
        ),
        (
            "gmail-not-found",
            (
                "failed",
                "hard",
                "5.1.1",
                "550-5.1.1 The email account that you tried to reach does not exist. Please try 550-5.1.1 "
                "double-checking the recipient's email address for typos or 550-5.1.1 unnecessary spaces. For more "
                "information,",
            ),
        ),
        ("envelope-id-only", ("failed", "soft", "4.4.7", "451 4.7.1 Greylisted, please come back")),
        ("vacation", ("sent", "", "", "")),
        ("delivered", ("sent", "", "", "")),
    ],
)
def test_a_notification_of_each_mail_server_is_understood(mail_server, name, known):
    message = a_sent_message(mail_server, email="amina@alhaq.example")

    BounceCount.take(*bounces.of_notification(sample(name, message)))

    assert what_is_known(message) == known
    assert counts() == {"recorded" if known[1] else "no_bounce": 1}


@database
def test_the_same_notification_twice_is_recorded_once_and_a_lesser_one_later_changes_nothing(mail_server):
    message = a_sent_message(mail_server)
    for name in ("postfix-delayed", "postfix-delayed", "postfix-unknown-user", "postfix-unknown-user"):
        BounceCount.take(*bounces.of_notification(sample(name, message)))
    known = what_is_known(message), message.bounced_at

    BounceCount.take(*bounces.of_notification(sample("exim-full-mailbox", message)))

    assert (what_is_known(message), message.bounced_at) == known
    assert counts() == {"recorded": 2, "known": 3}


@database
def test_who_guesses_the_number_of_a_message_cannot_make_it_bounce(mail_server):
    message = a_sent_message(mail_server)
    guess = bounces.Name(message.pk, message.sent_at)

    outcome = BounceCount.take(guess, HARD)

    assert (outcome, what_is_known(message)[:2]) == ("unknown", ("sent", ""))


@pytest.mark.django_db(transaction=True)
def test_the_command_reads_a_notification_from_a_pipe(mail_server):
    message = a_sent_message(mail_server)

    piped = [
        subprocess.run([sys.executable, "manage.py", "bounce"], input=raw, capture_output=True, env=environment())
        for raw in (sample("postfix-unknown-user", message), b"", b"\xff\x00 no mail at all")
    ]

    assert [(one.returncode, one.stdout.decode().strip(), one.stderr) for one in piped] == [
        (0, "recorded", b""),
        (0, "no bounce", b""),
        (0, "no bounce", b""),
    ]
    assert what_is_known(message)[:2] == ("failed", "hard")


def environment():
    """That of this process, with the database of the tests."""
    database = connection.settings_dict
    words = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD", "dbname": "NAME"}
    url = " ".join(f"{word}={database[name]}" for word, name in words.items() if database[name])
    return os.environ | {"DATABASE_URL": url}


def test_without_a_database_the_mail_server_is_asked_to_try_again():
    away = environment() | {"DATABASE_URL": "host=127.0.0.1 port=1 dbname=none connect_timeout=2"}

    piped = subprocess.run([sys.executable, "manage.py", "bounce"], input=b"", capture_output=True, env=away)

    assert (piped.returncode, piped.stderr) == (75, b"The database does not answer.\n")


@database
def test_the_command_prints_what_came_of_the_reports(capsys):
    BounceCount.take(None, HARD)
    BounceCount.take(None, HARD)

    call_command("bounce", "--counts")

    assert capsys.readouterr().out.split(maxsplit=1)[1] == "2  about no message of ours\n"


# ── sent back later: through the hook ──


@pytest.fixture
def hook(client, settings):
    """Whoever knows the secret."""
    settings.BOUNCE_HOOK_SECRET = SECRET

    def post(told, *, secret=SECRET, at=None, **headers):
        body = told if isinstance(told, bytes) else json.dumps(told).encode()
        at = str(int(at or time.time()))
        signature = "sha256=" + hmac.new(secret.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest()
        headers = {"X-Timestamp": at, "X-Signature": signature} | headers
        return client.post("/hooks/bounces/", body, content_type="application/json", headers=headers)

    return post


@database
@pytest.mark.parametrize(
    ("told", "known"),
    [
        (
            {"kind": "hard", "status": "5.1.1", "diagnostic": "amina@alhaq.example unknown"},
            ("failed", "hard", "5.1.1", "… unknown"),
        ),
        ({"kind": "soft", "status": "4.2.2"}, ("sent", "soft", "4.2.2", "")),
        ({"status": "550"}, ("failed", "hard", "550", "")),
        # It arrived, and nobody wants another.
        ({"kind": "complaint"}, ("sent", "complaint", "", "")),
    ],
)
def test_a_signed_report_is_taken(hook, mail_server, told, known):
    message = a_sent_message(mail_server)

    answer = hook({"message_id": message_id(message)} | told)

    assert (answer.status_code, answer.json()) == (202, {"outcome": "taken"})
    assert what_is_known(message) == known
    assert dict(answer.cookies) == {}


@database
def test_a_report_about_no_message_of_ours_is_taken_and_counted_and_its_answer_is_the_same(hook, mail_server):
    message = a_sent_message(mail_server)

    answers = [
        hook({"message_id": number, "kind": "hard"})
        for number in (message_id(message), message_id(message), "<other@provider.example>", "", "<undersigned.1.x@y>")
    ]

    assert {(one.status_code, one.content) for one in answers} == {(202, b'{"outcome": "taken"}')}
    assert counts() == {"recorded": 1, "known": 1, "unknown": 3}


@database
@pytest.mark.parametrize(
    ("how", "status"),
    [
        ({"secret": "another secret"}, 401),
        ({"at": time.time() - 3600}, 401),
        ({"at": time.time() + 3600}, 401),
        ({"X-Timestamp": ""}, 401),
        ({"X-Timestamp": "٣"}, 401),
        ({"X-Timestamp": "9" * 400}, 401),
        ({"X-Signature": ""}, 401),
        ({"X-Signature": "sha256="}, 401),
        ({"X-Signature": "é"}, 401),
    ],
)
def test_a_report_that_nobody_has_signed_just_now_changes_nothing(hook, mail_server, how, status):
    message = a_sent_message(mail_server)

    answer = hook({"message_id": message_id(message), "kind": "hard"}, **how)

    assert (answer.status_code, what_is_known(message)[:2], counts()) == (status, ("sent", ""), {})


@database
@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b"\xff", 400),
        (b"[" * 16_000, 400),
        (b'{"kind": "bad"}', 400),
        (b'{"kind": 5}', 400),
        (b'{"kind": "hard", "status": "250"}', 400),
        (b'{"kind": "hard", "message_id": null}', 400),
        (b" " * 16_385, 413),
    ],
)
def test_a_report_that_cannot_be_read_is_refused_with_a_reason(hook, body, status):
    answer = hook(body)

    assert (answer.status_code, list(answer.json())) == (status, ["error"])
    assert counts() == {}


@database
def test_a_nul_in_a_report_is_no_error(hook):
    told = {"message_id": "\x00", "kind": "hard", "diagnostic": "a\x00b \ud800"}

    assert hook(told).status_code == 202


@database
def test_without_a_secret_there_is_no_such_address(client, hook, settings):
    settings.BOUNCE_HOOK_SECRET = ""

    assert hook({"kind": "hard"}, secret="").status_code == 404


@database
def test_the_hook_is_for_programs_only(client, hook):
    assert [client.get("/hooks/bounces/").status_code, client.get("/fr/hooks/bounces/").status_code] == [405, 404]


@database
def test_a_report_signed_as_the_documentation_says_is_taken(client, settings, tmp_path, mail_server):
    settings.BOUNCE_HOOK_SECRET = SECRET
    message = a_sent_message(mail_server)
    body = json.dumps({"message_id": message_id(message), "kind": "hard", "status": "5.1.1"}) + "\n"
    (tmp_path / "report.json").write_text(body)
    docs = Path("docs/deploy.md").read_text()
    lines = [line.strip() for line in docs.splitlines() if line.strip().startswith(("at=", "signature="))]
    script = "\n".join([*lines, 'echo "$at"; echo "$signature"'])

    signed = subprocess.run(
        ["bash", "-c", script],
        cwd=tmp_path,
        env={"BOUNCE_HOOK_SECRET": SECRET, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\n")
    answer = client.post(
        "/hooks/bounces/",
        body,
        content_type="application/json",
        headers={"X-Timestamp": signed[0], "X-Signature": signed[1]},
    )

    assert answer.status_code == 202
    assert what_is_known(message)[:2] == ("failed", "hard")


# ── where it returns to ──


@database
def test_what_cannot_be_delivered_returns_to_the_address_for_it_and_people_answer_the_other(settings, mail_server):
    settings.BOUNCE_ADDRESS = "bounces@letters.example.org"
    settings.DEFAULT_FROM_EMAIL = "The coalition <letter@letters.example.org>"

    a_sent_message(mail_server)

    (received,) = mail_server.messages
    assert received["From"] == "The coalition <letter@letters.example.org>"
    assert mail_server.senders == ["bounces@letters.example.org"]


# ── what it means ──


@database
def test_a_message_that_came_back_can_be_sent_again_and_starts_anew(mail_server):
    message = a_sent_message(mail_server)
    message.bounced(HARD)
    message.refresh_from_db()

    assert message.send_again()
    mail.deliver(message.pk)

    assert what_is_known(message) == ("sent", "", "", "")
    assert len(mail_server.messages) == 2


@database
def test_a_notice_that_came_back_is_never_recorded_as_silence(mail_server):
    from datetime import timedelta

    from django.utils import timezone

    from signatories.models import Actor
    from tests.factories import a_moderator

    sign_on = a_sign_on(state="pending")
    notice = Notice.send(sign_on, Actor.moderator(a_moderator()), address="office@alhaq.example", found_at="site")
    mail.deliver(notice.message_id)
    Message.objects.get(pk=notice.message_id).bounced(HARD)

    assert list(Notice.objects.unanswered(timezone.now() + timedelta(days=10))) == []
    assert list(SignOn.objects.unreachable()) == []
