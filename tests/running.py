"""Runs the real processes for tests that need all of them."""

import os
import re
import secrets
import shutil
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
        # The cookies of whoever has signed in, for the browser.
        self.sessions = {}
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
            }
            | environment
        )

    def __enter__(self):
        self.mail.start()
        self.environment["EMAIL_PORT"] = str(self.mail.port)
        self.manage("migrate", "--verbosity", "0")
        # One browser signs for all the tests.
        self.python("from signatories.models import LimitRule; LimitRule.objects.update(limit=1000)")
        self.manage("load_demo")
        self.start_web()
        self.start_worker()
        until(lambda: b"113 signatories" in self.get("/") and self.get("/icc-2020/manifest.json"), seconds=60)
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


# Debian keeps it where only root's PATH leads.
NGINX = shutil.which("nginx", path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin"]))


def shipped_nginx(folder, releases, app_port, port):
    """Return the command of an nginx with `deploy/nginx.conf`, but for ports, folders and the certificate."""
    shipped = (ROOT / "deploy" / "nginx.conf").read_text()
    for found, instead in {
        # The server that only redirects to https.
        r"server \{\n    listen 80;.*?\n\}\n": "",
        r"listen 443 ssl http2;": f"listen 127.0.0.1:{port};",
        r"listen \[::\]:443 ssl http2;": "",
        r"ssl_certificate .*": "",
        r"ssl_certificate_key .*": "",
        r"server_name .*": "server_name _;",
        r"/var/log/nginx/undersigned\.log": f"{folder}/nginx.log",
        r"/var/lib/undersigned/releases": str(releases),
        r"127\.0\.0\.1:8000": f"127.0.0.1:{app_port}",
    }.items():
        shipped, changed = re.subn(found, instead, shipped, flags=re.DOTALL if "listen 80" in found else 0)
        assert changed == 1, f"deploy/nginx.conf has {found!r} {changed} times"
    return nginx(folder, shipped)


def nginx(folder, servers):
    """Return the command of an nginx with these servers, all of whose files are in `folder`."""
    temporary = "\n".join(
        f"    {kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        f"""
daemon off;
{user}
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{ worker_connections 512; }}
http {{
    # As Debian's nginx.conf.
    sendfile on;
    tcp_nopush on;
    access_log off;
{temporary}
{servers}
}}
"""
    )
    return [NGINX, "-c", str(folder / "nginx.conf"), "-e", f"{folder}/nginx.log"]
