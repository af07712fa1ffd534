"""Runs the real processes for tests that need all of them."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

from demo.leash import leashed
from tests.mailserver import TestMailServer

ROOT = Path(__file__).resolve().parent.parent
PASSWORD = "correct horse battery"


@contextmanager
def fresh_database():
    """An empty database on the tests' server; yields its URL."""
    name = f"site_{secrets.token_hex(4)}"
    parts = urlsplit(os.environ["DATABASE_URL"])
    with psycopg.connect(urlunsplit(parts._replace(path="/postgres")), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            yield urlunsplit(parts._replace(path=f"/{name}"))
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(condition, seconds=15, step=0.02):
    """Wait until `condition` gives something true, and return that."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(step)
    raise AssertionError(f"not within {seconds} s")


class Site:
    """Web server, worker and mail server of one deployment."""

    def __init__(self, database_url, folder, **environment):
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.folder = folder
        self.mail = TestMailServer(folder / "mail")
        self.processes = {}
        self.environment = (
            os.environ
            | {
                "DATABASE_URL": database_url,
                "SITE_URL": self.url,
                "EMAIL_HOST": "127.0.0.1",
                "RELEASES_DIR": str(folder / "releases"),
                "DEMO_MAILBOX": str(folder / "mail"),
                "DEMO_PASSWORD": PASSWORD,
                "DECISION_DELAY_SECONDS": "1",
                "LIMIT_PER_ADDRESS": "1000",
            }
            | environment
        )

    def __enter__(self):
        self.mail.start()
        self.environment["EMAIL_PORT"] = str(self.mail.port)
        self.manage("migrate", "--verbosity", "0")
        self.manage("load_demo")
        self.start_web()
        self.start_worker()
        until(lambda: b"113 signatories" in self.get("/"), seconds=30)
        return self

    def __exit__(self, *exception):
        for name in list(self.processes):
            self.stop(name)
        self.mail.stop()

    def manage(self, *arguments):
        """Run a command of manage.py and return what it printed."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments], cwd=ROOT, env=self.environment, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    def python(self, code):
        """Run `code` in the site's own shell, and return what it printed."""
        return self.manage("shell", "--no-imports", "-c", code).strip()

    def start_web(self, **environment):
        self._start(
            "web",
            [
                *(sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1"),
                *("--port", str(self.port), "--workers", "1", "--blocking-threads", "2", "--respawn-failed-workers"),
                *("--log-level", "warning", "--workers-kill-timeout", "3", "config.wsgi:application"),
            ],
            environment,
        )

    def start_worker(self, **environment):
        self._start("worker", [sys.executable, "manage.py", "worker"], environment)

    def _start(self, name, command, environment):
        with open(self.folder / f"{name}.log", "ab") as log:
            on_death = signal.SIGKILL if name == "worker" else signal.SIGTERM
            self.processes[name] = subprocess.Popen(
                leashed(command, on_death=on_death), cwd=ROOT, env=self.environment | environment,
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def stop(self, name, sign=signal.SIGTERM):
        process = self.processes.pop(name)
        process.send_signal(sign)
        process.wait(30)

    def get(self, path):
        """The body at `path`; empty while nothing answers."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=10) as answer:
                return answer.read()
        except (urllib.error.URLError, OSError):
            return b""

    def log(self, name):
        return (self.folder / f"{name}.log").read_text()
