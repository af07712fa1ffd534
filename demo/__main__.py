"""Runs the whole of Undersigned on one machine, with the real letter of 2020: `make demo`.

PostgreSQL, mail server, web server and worker are children of this process, on a leash: none outlives it.
"""

import fcntl
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import ExitStack, contextmanager
from pathlib import Path

from demo.leash import leashed, system_call
from demo.postgres import Postgres, PostgresError
from demo.smtp import MailServer

ROOT = Path(__file__).resolve().parent.parent
# From <linux/prctl.h>: a signal for this process when the one that started it dies.
PR_SET_PDEATHSIG = 1
# Seconds until the first page must be there, and for children to end by themselves.
SECONDS_TO_START, SECONDS_TO_STOP = 60, 12
# A child that dies this many times within this many seconds has a lasting trouble.
FALLS, FALLS_WITHIN = 5, 30


class Trouble(Exception):
    """What keeps the demo from running, in one sentence."""


class Stop(Exception):
    """Somebody asked for the end."""


class Child:
    """A command that is started again whenever it ends."""

    def __init__(self, name, command, environment, log, on_death=signal.SIGTERM):
        """Start the command; its output goes to the file `log`; `on_death` ends it when the demo is killed."""
        self.name, self.command, self.environment, self.log = name, command, environment, log
        self.on_death = on_death
        self.falls = []
        self.start()

    def start(self):
        """Start the command on a leash, in a session of its own: Ctrl-C is for the demo alone."""
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                leashed(self.command, on_death=self.on_death), cwd=ROOT, env=self.environment, stdout=log, stderr=log,
                stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip

    def watch(self):
        """Start the command again if it has ended; raises Trouble if that does not help."""
        if self.process.poll() is None:
            return
        now = time.monotonic()
        self.falls = [*(fall for fall in self.falls if now - fall < FALLS_WITHIN), now]
        if len(self.falls) >= FALLS:
            raise Trouble(f"The {self.name} does not stay up. Its log, {self.log}, ends:\n{tail(self.log)}")
        self.start()

    def stop(self):
        """End the command, politely at first, and whatever it has started."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(SECONDS_TO_STOP)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()


def tail(log):
    """Return the last lines of a log."""
    return "\n".join(Path(log).read_text(errors="replace").splitlines()[-12:])


def say(*lines):
    """Print lines at once, also where the terminal cannot show a character of theirs."""
    sys.stdout.reconfigure(errors="replace")
    print(*lines, sep="\n", flush=True)


def read_port():
    """Return the port to serve on, after a look whether it is free."""
    value = os.environ.get("PORT") or "8000"
    if not value.isdecimal() or not 1 <= int(value) <= 65535:
        raise Trouble(f"PORT must be a number from 1 to 65535, not “{value}”.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(value)))
        except PermissionError:
            raise Trouble(
                f"Port {value} is for the system's own servers; choose another: make demo PORT=8001"
            ) from None
        except OSError:
            raise Trouble(f"Port {value} is taken by another program; choose another: make demo PORT=8001") from None
    return int(value)


def open_folder():
    """Return the demo's folder, which can be written to."""
    folder = Path(os.environ.get("DEMO_DIR") or ROOT / ".demo").absolute()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = folder / ".probe"
        probe.write_bytes(b"x" * 4096)
        probe.unlink()
        (folder / "logs").mkdir(exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise Trouble(f"DEMO_DIR is not a folder: {folder}") from None
    except OSError as error:
        problem = f"The demo cannot write to its folder {folder}: {error.strerror}."
        raise Trouble(f"{problem} Choose another: make demo DEMO_DIR=…") from None
    return folder


@contextmanager
def alone(folder):
    """Hold the folder for this demo; the lock ends with the process, however that ends."""
    with open(folder / "lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Trouble(
                f"Another demo runs on {folder}. Stop it, or choose another folder: make demo DEMO_DIR=…"
            ) from None
        yield


def secret(file, make):
    """Return what is kept in `file`, made at the first start."""
    if not file.exists() or not file.read_text().strip():
        part = file.with_suffix(".part")
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as kept:
            kept.write(make())
        part.rename(file)
    return file.read_text().strip()


def manage(environment, log, *arguments):
    """Run one command of Django's; raises Trouble with the end of what it said."""
    process = subprocess.run(
        leashed([sys.executable, "manage.py", *arguments]), cwd=ROOT, env=environment,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True, check=False,
    )  # fmt: skip
    with open(log, "ab") as kept:
        kept.write(process.stdout)
    if process.returncode:
        end = process.stdout.decode(errors="replace").strip().splitlines()[-12:]
        raise Trouble(f"“manage.py {' '.join(arguments)}” failed:\n" + "\n".join(end))


def await_page(address, *children):
    """Wait until the letter is served."""
    until = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < until:
        for child in children:
            child.watch()
        try:
            with urllib.request.urlopen(address, timeout=5) as page:  # noqa: S310 - our own address
                if b"signatories" in page.read():
                    return
        except (urllib.error.URLError, OSError):
            pass
        time.sleep(0.1)
    raise Trouble(f"The web server does not answer. Its log, {children[0].log}, ends:\n{tail(children[0].log)}")


def run():
    """Start everything, say where it is, and watch over it until told to stop."""
    port, folder = read_port(), open_folder()
    site = f"http://127.0.0.1:{port}"
    with ExitStack() as running:
        running.enter_context(alone(folder))
        say("Starting the database …")
        postgres = running.enter_context(Postgres(folder / "postgres", durable=True))
        mail = running.enter_context(MailServer(folder / "mail"))
        given = os.environ.get("DEMO_PASSWORD")
        password = given or secret(folder / "password", lambda: secrets.token_urlsafe(12))
        environment = os.environ | {
            "DATABASE_URL": postgres.url,
            "SECRET_KEY": secret(folder / "secret-key", lambda: secrets.token_urlsafe(50)),
            "SITE_URL": site,
            "ALLOWED_HOSTS": "localhost",
            "INSECURE_HTTP": "yes",
            "DEBUG": "no",
            "EMAIL_HOST": "127.0.0.1",
            "EMAIL_PORT": str(mail.port),
            "DEFAULT_FROM_EMAIL": "The coalition’s secretariat <secretariat@undersigned.example>",
            "DEMO_MAILBOX": str(folder / "mail"),
            "DEMO_PASSWORD": password,
            "DECISION_DELAY_SECONDS": os.environ.get("DECISION_DELAY_SECONDS") or "20",
            "RELEASES_DIR": str(folder / "releases"),
            "STATIC_ROOT": str(folder / "static"),
            "PYTHONUTF8": "1",
        }
        logs = folder / "logs"
        say("Loading the letter and its signatories …")
        manage(environment, logs / "set-up.log", "migrate", "--verbosity", "0")
        manage(environment, logs / "set-up.log", "collectstatic", "--noinput", "--verbosity", "0")
        manage(environment, logs / "set-up.log", "load_demo")
        server = [
            sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
            "--workers", "1", "--blocking-threads", "2", "--respawn-failed-workers", "--log-level", "warning",
            "--workers-kill-timeout", "5", "config.wsgi:application",
        ]  # fmt: skip
        web = Child("web server", server, environment, logs / "web.log")
        running.callback(web.stop)
        # Killed at once: without its database it could not end in order, and it may be killed at any time.
        worker = Child(
            "worker", [sys.executable, "manage.py", "worker"], environment, logs / "worker.log", signal.SIGKILL
        )
        running.callback(worker.stop)
        await_page(site + "/", web, worker)
        say(
            "",
            "Undersigned: the joint letter of 28 April 2020 to the States Parties of the ICC, open for signing.",
            f"  the letter and its signatories   {site}/",
            f"  sign it                          {site}/icc-2020/sign/",
            f"  all e-mail of the demo           {site}/demo/mailbox/",
            f"  moderation                       {site}/moderation/",
            f"     name moderator, password {password}",
            f"  data and logs                    {folder}",
            "Ctrl-C stops it; the data stays for the next start.",
            f"Ready: {site}/",
        )
        while True:
            time.sleep(0.5)
            if postgres.pid is None:
                postgres.start()
            web.watch()
            worker.watch()


def stop(number, frame):
    """Leave `run` by its contexts, which end what was started; further signals change nothing."""
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    raise Stop


def main():
    """Run the demo; return the exit code."""
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, stop)
    try:
        if "MAKELEVEL" in os.environ:
            # Under make this process is the demo's only face: it goes when make is killed.
            system_call("prctl", PR_SET_PDEATHSIG, int(signal.SIGTERM))
        run()
    except Stop:
        say("", "Stopped.")
    except (Trouble, PostgresError) as trouble:
        sys.stderr.reconfigure(errors="replace")
        print(trouble, file=sys.stderr, flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
