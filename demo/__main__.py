"""Runs the whole of Undersigned on one machine, with the real letter of 2020 and an example: `make demo`.

PostgreSQL, web server and worker are children of this process, on a leash: none outlives it, however it
ends. The mail server is a thread. README lists the variables that the demo reads.
"""

import fcntl
import http.client
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

from demo.child import Child
from demo.leash import PR_SET_PDEATHSIG, leashed, system_call
from demo.postgres import PASSABLE, Postgres, PostgresError
from demo.smtp import MailServer

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
# Seconds until the first page must be there, and for children to end by themselves.
SECONDS_TO_START, SECONDS_TO_STOP = 60, 4
# Seconds that a killed demo's web server may take to leave its port.
SECONDS_TO_LEAVE = 5
# Bytes that the first start writes, with something to spare, and a later one.
SPACE_FOR_FIRST, SPACE_FOR_NEXT = 100_000_000, 20_000_000
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
# Variables of other programs, or of a real deployment, that must not leak in from the caller's shell.
FOREIGN_PREFIXES = ("PG", "GRANIAN_", "EMAIL_")
FOREIGN = {"DEMO_PASSWORD", "DJANGO_SETTINGS_MODULE", "PROXY_HOPS", "PYTHONIOENCODING"}


class Trouble(Exception):
    """What keeps the demo from running, in words for a person."""


class Stop(BaseException):
    """Somebody asked for the end."""


def say(*lines):
    """Print lines at once; it does not matter whether anybody reads them."""
    try:
        print(*lines, sep="\n", flush=True)
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def complain(words):
    """Say what is wrong, where errors are said."""
    print(words, file=sys.stderr, flush=True)


def chosen_port():
    """Return the port that the environment names; raises Trouble."""
    value = os.environ.get("PORT") or "8000"
    if not (value.isascii() and value.isdecimal() and 1 <= int(value) <= 65535):
        raise Trouble(f"PORT must be a number from 1 to 65535, not “{value}”.")
    return int(value)


def chosen_folder():
    """Return the demo's folder, made if it is missing; raises Trouble."""
    folder = Path(os.environ.get("DEMO_DIR") or ROOT / ".demo").absolute()
    try:
        folder.mkdir(mode=PASSABLE, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"x" * 4096)
        free = shutil.disk_usage(folder).free
    except (FileExistsError, NotADirectoryError):
        raise Trouble(f"DEMO_DIR is not a folder: {folder}") from None
    except OSError as error:
        raise Trouble(
            f"The demo cannot write to its folder {folder}: {error.strerror}. Choose another: make demo DEMO_DIR=..."
        ) from None
    needed = SPACE_FOR_NEXT if (folder / "postgres").exists() else SPACE_FOR_FIRST
    if free < needed:
        raise Trouble(
            f"The demo needs {needed // 10**6} MB of disk space in {folder}; only {free // 10**6} MB are free. "
            "Choose another folder: make demo DEMO_DIR=..."
        )
    return folder


@contextmanager
def alone_in(folder):
    """Hold the folder for this demo, until it ends in whatever way; raises Trouble.

    Gives whether the demo before was killed, which may still be going down.
    """
    with open(folder / "lock", "a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Trouble(
                f"Another demo runs in {folder}. Stop it, or choose another folder: make demo DEMO_DIR=..."
            ) from None
        lock.seek(0)
        was_killed = bool(lock.read())
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        try:
            yield was_killed
        finally:
            lock.truncate(0)


def claim(port, *, patience):
    """Make sure that the port is free, within so many seconds; raises Trouble."""
    deadline = time.monotonic() + patience
    while True:
        try:
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                return probe.bind((HOST, port))
        except PermissionError:
            raise Trouble(f"Port {port} is only for root; choose another: make demo PORT=8001") from None
        except OSError as error:
            if time.monotonic() > deadline:
                raise Trouble(
                    f"Port {port} cannot be used: {error.strerror}. Choose another: make demo PORT=..."
                ) from None
        time.sleep(0.1)


def kept_secret(file, make):
    """Return what the file keeps; at the first start it is made, for the eyes of this user only."""
    kept = file.read_text().strip() if file.exists() else ""
    if not kept:
        kept = make()
        with tempfile.NamedTemporaryFile("w", dir=file.parent, delete=False) as part:
            part.write(kept)
        os.replace(part.name, file)
    return kept


def new_password():
    """Return a password that can be typed: 80 random bits, in lower case."""
    return "-".join(secrets.token_hex(2) for _ in range(5))


def environment(port, folder, postgres, mail):
    """Return the settings of the demo, on top of the caller's variables."""
    ours = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(FOREIGN_PREFIXES) and name not in FOREIGN
    }
    return {
        "DECISION_DELAY_SECONDS": "20",
        **ours,
        "DATABASE_URL": postgres.url,
        "SECRET_KEY": kept_secret(folder / "secret-key", lambda: secrets.token_urlsafe(50)),
        "SITE_URL": f"http://{HOST}:{port}",
        "ALLOWED_HOSTS": f"{HOST},localhost",
        "INSECURE_HTTP": "yes",
        "DEBUG": "no",
        "EMAIL_HOST": HOST,
        "EMAIL_PORT": str(mail.port),
        "DEFAULT_FROM_EMAIL": "The coalition's secretariat <secretariat@undersigned.example>",
        "DEMO_MAILBOX": str(mail.folder),
        "RELEASES_DIR": str(folder / "releases"),
        "STATIC_ROOT": str(folder / "static"),
        # Whatever the caller's locale.
        "PYTHONUTF8": "1",
        "PYTHONUNBUFFERED": "1",
    }


def manage(log, *arguments, **surroundings):
    """Run a command of Django's to its end; raises Trouble with the end of what it said."""
    result = subprocess.run(
        leashed([sys.executable, "manage.py", *arguments]),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        **surroundings,
    )
    with log.open("ab") as file:
        file.write(result.stdout)
    if result.returncode:
        last_words = result.stdout.decode(errors="replace").strip().splitlines()[-12:]
        raise Trouble("\n".join([f"manage.py {arguments[0]} failed:", *last_words]))


def web_server(port):
    """Return the command of the web server."""
    options = {
        "interface": "wsgi",
        "host": HOST,
        "port": port,
        "workers": 1,
        "blocking-threads": 2,
        "workers-kill-timeout": 2,
        "log-level": "warning",
    }
    arguments = [f"--{name}={value}" for name, value in options.items()]
    return [sys.executable, "-m", "granian", *arguments, "--respawn-failed-workers", "config.wsgi:application"]


def await_first_page(port, web):
    """Wait until our own web server serves the first page; raises Trouble."""
    deadline = time.monotonic() + SECONDS_TO_START
    while web.is_running and time.monotonic() < deadline:
        connection = http.client.HTTPConnection(HOST, port, timeout=5)
        try:
            connection.request("GET", "/")
            if connection.getresponse().status == http.HTTPStatus.OK and web.listens_on(port):
                return
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()
        time.sleep(0.1)
    raise Trouble(f"The {web.name} does not serve the first page. {web.last_words()}")


def watch_over(postgres, children):
    """Start again whatever ends, for ever."""
    while True:
        time.sleep(0.2)
        try:
            if not postgres.pid:
                postgres.restart()
        except PostgresError as error:
            complain(f"{error}\nTrying again.")
            time.sleep(5)
        for child in children:
            if words := child.watch():
                complain(words)


def run():
    """Start everything, say where it is, and watch over it until somebody asks for the end."""
    port, folder = chosen_port(), chosen_folder()
    with ExitStack() as running:
        was_killed = running.enter_context(alone_in(folder))
        claim(port, patience=SECONDS_TO_LEAVE if was_killed else 0)
        say("Starting ...")
        logs = folder / "logs"
        logs.mkdir(mode=0o700, exist_ok=True)
        postgres = running.enter_context(Postgres(folder / "postgres", durable=True))
        mail = running.enter_context(MailServer(folder / "mail"))
        env = environment(port, folder, postgres, mail)
        password = os.environ.get("DEMO_PASSWORD") or kept_secret(folder / "password", new_password)

        log = logs / "set-up.log"
        log.write_bytes(b"")
        manage(log, "migrate", "--verbosity=0", cwd=ROOT, env=env)
        manage(log, "collectstatic", "--noinput", "--verbosity=0", cwd=ROOT, env=env)
        manage(log, "load_demo", "--example", "--queue", cwd=ROOT, env=env | {"DEMO_PASSWORD": password})

        children = []
        running.callback(Child.stop, children, SECONDS_TO_STOP)
        web = Child("web server", web_server(port), logs / "web.log", cwd=ROOT, env=env)
        children.append(web)
        # Killed outright when we are: without its database it cannot end in order, and it bears being killed.
        work = [sys.executable, "manage.py", "worker"]
        children.append(Child("worker", work, logs / "worker.log", on_death=signal.SIGKILL, cwd=ROOT, env=env))
        await_first_page(port, web)
        site = env["SITE_URL"]
        say(
            "",
            "Undersigned: the joint letter of 28 April 2020 to the States Parties of the ICC, open for signing,",
            "and beside it an invented one that shows a letter in four languages.",
            "",
            f"  Both letters                     {site}/",
            f"  The letter and its signatories   {site}/icc-2020/",
            f"  Sign it                          {site}/icc-2020/sign/",
            f"  The example, in Arabic           {site}/ar/example/",
            f"  All e-mail of the demo           {site}/demo/mailbox/",
            f"  Moderation                       {site}/moderation/",
            "    Login                          moderator; also administrator, or reader",
            f"    Password                       {password}",
            "    Code                           on the page with all e-mail, a new one every half minute",
            f"  Data and logs                    {folder}",
            "",
            "Ctrl-C stops it; the data stays for the next start.",
            f"Ready: {site}/",
        )
        watch_over(postgres, children)


def stop(number, frame):
    """Leave `run` by way of its contexts, which end what was started. Asking twice changes nothing."""
    for number in ENDING:
        # Not SIG_IGN: of a signal that is on its way already, Python would print that it got lost.
        signal.signal(number, lambda number, frame: None)
    raise Stop


def main():
    """Run the demo; returns the exit code."""
    # A terminal that lacks a character of a folder's name shows a question mark.
    sys.stdout.reconfigure(errors="replace")
    for number in ENDING:
        signal.signal(number, stop)
    try:
        if sys.platform != "linux":
            raise Trouble("The demo runs on Linux only, which alone has what ties its processes together.")
        if "MAKELEVEL" in os.environ:
            # Who kills make means us.
            system_call("prctl", PR_SET_PDEATHSIG, signal.SIGTERM)
        run()
    except Stop:
        say("", "Stopped.")
    except (Trouble, PostgresError) as trouble:
        complain(trouble)
        return 1
    except OSError as error:
        complain(f"The demo cannot run: {error.strerror or error}: {error.filename or 'the system refuses'}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
