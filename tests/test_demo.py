"""The demo: refuses in one sentence what it cannot do, shows its mail, and leaves nothing running, however it ends."""

import fcntl
import http.client
import os
import re
import signal
import smtplib
import socket
import subprocess
import sys
import time
from email.message import EmailMessage
from pathlib import Path

import pytest

from demo import child
from demo.__main__ import kept_secret
from demo.child import Child
from demo.management.commands import load_demo
from demo.smtp import MailServer
from tests.running import ROOT, free_port, until
from tests.test_embedded_postgres import is_gone

NOBODY_READS = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}


def start(folder, **environment):
    """Start `python -m demo` on the folder."""
    return subprocess.Popen(
        [sys.executable, "-m", "demo"],
        cwd=ROOT,
        env=os.environ | {"DEMO_DIR": str(folder)} | environment,
        **NOBODY_READS,
    )


def refusal(folder, **environment):
    """Start the demo where it must refuse to run; return its reason."""
    demo = start(folder, **environment)
    output, reason = demo.communicate(timeout=30)
    assert (demo.returncode, output) == (1, "")
    return reason


# What it refuses


@pytest.mark.parametrize("port", ["eighty", "0", "65536", "-1", "٨٠"])
def test_a_port_that_is_none_is_refused(tmp_path, port):
    assert refusal(tmp_path, PORT=port) == f"PORT must be a number from 1 to 65535, not “{port}”.\n"


def test_a_port_that_is_taken_is_refused(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])

        reason = refusal(tmp_path, PORT=port)

    assert reason == f"Port {port} cannot be used: Address already in use. Choose another: make demo PORT=...\n"


def test_a_file_in_place_of_its_folder_is_refused(tmp_path):
    (tmp_path / "file").touch()

    assert refusal(tmp_path / "file") == f"DEMO_DIR is not a folder: {tmp_path}/file\n"
    assert refusal(tmp_path / "file" / "below") == f"DEMO_DIR is not a folder: {tmp_path}/file/below\n"


def test_a_folder_that_cannot_be_written_to_is_refused():
    reason = "The demo cannot write to its folder /proc/demo: No such file or directory. "

    assert refusal("/proc/demo") == reason + "Choose another: make demo DEMO_DIR=...\n"


def test_a_second_demo_in_the_same_folder_is_refused(tmp_path):
    with open(tmp_path / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)

        reason = refusal(tmp_path)

    assert reason.startswith(f"Another demo runs in {tmp_path}. Stop it, or choose another folder")


# What it keeps


def test_a_secret_is_made_once_and_for_its_owner_only(tmp_path):
    file = tmp_path / "password"

    first, second = (kept_secret(file, lambda made=made: made) for made in ("first", "second"))

    assert (first, second) == ("first", "first")
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_secret_whose_writing_failed_on_a_full_disk_is_made_again(tmp_path):
    (tmp_path / "password").touch()

    assert kept_secret(tmp_path / "password", lambda: "made again") == "made again"


# What it keeps alive


@pytest.fixture
def a_child(tmp_path, monkeypatch):
    """Start children that are watched closely, and stop them."""
    monkeypatch.setattr(child, "PAUSE", 0.01)
    children = []

    def make(*command):
        children.append(Child("program", command, tmp_path / "log", cwd=ROOT, env=os.environ))
        return children[-1]

    yield make
    Child.stop(children, 1)


def test_a_child_that_ends_is_started_again(a_child, tmp_path):
    program = a_child("sh", "-c", "echo started; sleep 60")
    until(lambda: "started" in (tmp_path / "log").read_text())
    first = program._process.pid

    os.kill(first, signal.SIGKILL)

    until(lambda: program.watch() or program._process.pid != first)
    until(lambda: (tmp_path / "log").read_text() == "started\nstarted\n")


def test_a_child_that_keeps_ending_is_spoken_of_once_with_its_last_words(a_child, tmp_path):
    program = a_child("sh", "-c", "echo no paper >&2; exit 3")

    words = until(program.watch)

    assert words.splitlines() == [
        f"The program keeps ending, and is started again and again. Its log, {tmp_path}/log, ends:",
        *["no paper"] * 4,
    ]
    until(lambda: (tmp_path / "log").read_text().count("no paper") == 5 or program.watch())


def test_a_child_takes_what_it_started_along(a_child, tmp_path):
    program = a_child("sh", "-c", "sleep 60 & echo $!; wait")
    grandchild = int(until((tmp_path / "log").read_text))

    os.kill(program._process.pid, signal.SIGKILL)
    until(lambda: not program.is_running)
    program.watch()

    until(lambda: is_gone(grandchild))


def test_a_child_that_does_not_hear_is_ended_by_force(a_child, tmp_path):
    program = a_child("sh", "-c", "trap '' TERM; echo deaf; while :; do sleep 0.1; done")
    until(lambda: "deaf" in (tmp_path / "log").read_text())

    Child.stop([program], 0.2)

    assert not program.is_running


def test_a_web_server_that_shares_its_port_with_another_one_is_not_ours_alone(a_child):
    port = free_port()
    listen = f"""import socket, time; s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
s.bind(("127.0.0.1", {port})); s.listen(); time.sleep(60)"""
    first = a_child(sys.executable, "-c", listen)
    until(lambda: first.listens_on(port))

    second = a_child(sys.executable, "-c", listen)
    until(lambda: not first.listens_on(port))

    assert not second.listens_on(port)


# Its mail


def a_mail(subject="Please confirm", text="Open https://letters.example.org/confirm/a:b-c/."):
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "secretariat@example.org", "Amal <amal@example.org>", subject
    mail.set_content(text)
    return mail


def send(server, *mails):
    with smtplib.SMTP("127.0.0.1", server.port) as connection:
        for mail in mails:
            connection.send_message(mail)


@pytest.fixture
def mail_folder(settings, tmp_path):
    settings.DEMO_MAILBOX = str(tmp_path / "mail")
    return tmp_path / "mail"


def test_messages_are_listed_newest_first_and_kept_from_caches(client, mail_folder):
    with MailServer(mail_folder) as server:
        send(server, a_mail("First"), a_mail("Second <b>"))

    response = client.get("/demo/mailbox/")

    subjects = re.findall(r"<td><a [^>]*><bdi>(.*?)</bdi></a></td>", response.text)
    assert subjects == ["Second &lt;b&gt;", "First"]
    assert response["Cache-Control"] == "no-store"
    assert '<meta name="robots" content="noindex">' in response.text


@pytest.mark.django_db
def test_the_mailbox_shows_the_code_with_which_each_account_of_the_demo_signs_in(client, mail_folder):
    mail_folder.mkdir()
    for name, roles in load_demo.ACCOUNTS.items():
        load_demo.Command().make_account(name, roles, "correct horse battery")

    shown = re.search(r"<code>(\d{6})</code>", client.get("/demo/mailbox/").text)[1]

    for name in load_demo.ACCOUNTS:
        client.post("/moderation/sign-in/", {"login": name, "password": "correct horse battery"})
        assert client.post("/moderation/sign-in/code/", {"code": shown})["Location"] == "/moderation/"
        client.post("/moderation/sign-out/")


def test_messages_stay_in_order_when_the_clock_is_set_back(mail_folder, monkeypatch):
    with MailServer(mail_folder) as server:
        send(server, a_mail("First"))
    monkeypatch.setattr(time, "time_ns", lambda: 1)
    with MailServer(mail_folder) as server:
        send(server, a_mail("Second"))

    first, second = sorted(mail_folder.iterdir())

    assert "Subject: First" in first.read_text()
    assert "Subject: Second" in second.read_text()


def test_an_empty_mailbox_says_what_to_do(client, mail_folder):
    mail_folder.mkdir()

    assert "No e-mail has been sent yet." in client.get("/demo/mailbox/").text


def test_a_message_is_shown_as_text_with_its_web_addresses_as_links_and_nothing_else(client, mail_folder):
    with MailServer(mail_folder) as server:
        send(server, a_mail(text="Open https://a.example/?b=1&c=2.\n<a href='javascript:x'>javascript:x</a>"))
    (file,) = mail_folder.iterdir()

    response = client.get(f"/demo/mailbox/{file.stem}/")

    assert re.findall(r'<div class="note" dir="auto">(.*?)</div>', response.text, re.DOTALL) == [
        'Open <a href="https://a.example/?b=1&amp;c=2" rel="noreferrer">https://a.example/?b=1&amp;c=2</a>.\n'
        "&lt;a href=&#x27;javascript:x&#x27;&gt;javascript:x&lt;/a&gt;"
    ]
    assert "Amal &lt;amal@example.org&gt;" in response.text


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["1", "..", "%2e%2e%2fsecret", "..%2Fsecret", "secret", "٣"])
def test_no_name_leads_out_of_the_mailbox(client, mail_folder, name):
    mail_folder.mkdir()
    (mail_folder.parent / "secret.eml").write_bytes(a_mail("Secret").as_bytes())
    (mail_folder / "secret.eml").write_bytes(a_mail("Secret").as_bytes())

    assert client.get(f"/demo/mailbox/{name}/").status_code == 404


def test_a_mail_server_that_cannot_keep_a_message_has_the_sender_try_later(mail_folder):
    with MailServer(mail_folder) as server:
        mail_folder.rmdir()

        with pytest.raises(smtplib.SMTPDataError) as refused:
            send(server, a_mail())

    assert refused.value.smtp_code == 452


# All of it, for real: this takes some ten seconds


def wait_until_ready(demo):
    """Return what the demo prints until it is up."""
    lines = []
    for line in demo.stdout:
        lines.append(line.rstrip())
        if line.startswith("Ready: "):
            return lines
    raise AssertionError("\n".join([*lines, demo.stderr.read()]))


def status(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path)
    try:
        return connection.getresponse().status
    finally:
        connection.close()


def at_work_in(folder):
    """Return the processes that have to do with the folder, by their command, variables or working directory."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            traces = [(process / name).read_bytes() for name in ("cmdline", "environ")]
            traces.append(os.fsencode(os.readlink(process / "cwd")))
        except OSError:
            continue
        if process.name != str(os.getpid()) and any(os.fsencode(folder) in trace for trace in traces):
            found.append((process.name, traces[0].replace(b"\0", b" ")))
    return found


@pytest.mark.xdist_group("demo")
def test_the_demo_runs_survives_kill_9_with_its_data_and_stops_without_a_trace(tmp_path):
    port, folder = free_port(), tmp_path / "a démo with spaces"
    surroundings = {"PORT": str(port), "LANG": "C", "LC_ALL": "C", "PGPORT": "1", "http_proxy": "http://127.0.0.1:9"}

    demo = start(folder, **surroundings)
    words = wait_until_ready(demo)
    paths = ("/", "/ar/", "/icc-2020/sign/", "/ar/example/", "/demo/mailbox/", "/moderation/")
    answers = {path: status(port, path) for path in paths}
    running = at_work_in(folder)
    demo.kill()
    demo.communicate()
    until(lambda: not at_work_in(folder))

    assert words[-1] == f"Ready: http://127.0.0.1:{port}/"
    assert answers == dict.fromkeys(paths, 200) | {"/moderation/": 302}
    assert len(running) >= 4

    again = start(folder, **surroundings)
    words_again = wait_until_ready(again)
    postgres = int((folder / "postgres" / "postmaster.pid").read_text().split()[0])
    os.kill(postgres, signal.SIGKILL)
    until(lambda: status(port, "/icc-2020/sign/") == 200, seconds=30)
    again.send_signal(signal.SIGTERM)
    again.send_signal(signal.SIGINT)
    last_words, complaints = again.communicate(timeout=15)

    assert words_again == words  # the password, too
    assert (again.returncode, last_words, complaints) == (0, "\nStopped.\n", "")
    assert at_work_in(folder) == []
