"""A process that the demo keeps alive."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from demo.leash import leashed

# Seconds after which a start counts as a success.
STEADY = 30
# Seconds before the next start: the first, doubled with every failure in a row, and the longest.
PAUSE, LONGEST_PAUSE = 0.5, 10
# After so many failures in a row the trouble is lasting, and worth a word.
LASTING = 4
# The state TCP_LISTEN of include/net/tcp_states.h, as /proc/net/tcp prints it.
LISTENING = "0A"


class Child:
    """A command that is started again whenever it ends. On a leash, and deaf to the terminal's Ctrl-C."""

    def __init__(self, name: str, command, log: Path, *, on_death=signal.SIGTERM, **surroundings):
        """Start the command.

        Arguments:
            name: what it is, for a person.
            command: the program and its arguments.
            log: the file for its output, emptied now.
            on_death: the signal that ends it when this process is killed.
            surroundings: `env` and `cwd`, as for subprocess.
        """
        self.name, self.log = name, log
        self._command, self._on_death, self._surroundings = command, on_death, surroundings
        self._failures, self._next_start = 0, None
        log.write_bytes(b"")
        self._start()

    @property
    def is_running(self) -> bool:
        """Whether it runs just now."""
        return self._process.poll() is None

    def watch(self) -> str | None:
        """Start the command again if it has ended; to be called again and again.

        Returns words about it when the trouble is found to be lasting. The attempts go on nevertheless.
        """
        if self.is_running:
            return None
        now = time.monotonic()
        if self._next_start is None:
            self._sweep()
            self._failures = self._failures + 1 if now - self._started_at < STEADY else 1
            self._next_start = now + min(PAUSE * 2 ** (self._failures - 1), LONGEST_PAUSE)
            if self._failures == LASTING:
                return f"The {self.name} keeps ending, and is started again and again. {self.last_words()}"
        elif now >= self._next_start:
            self._start()
        return None

    def last_words(self) -> str:
        """Return the end of its log, with its name."""
        lines = self.log.read_text(errors="replace").strip().splitlines()
        return "\n".join([f"Its log, {self.log}, ends:", *lines[-12:]])

    def listens_on(self, port: int) -> bool:
        """Whether it, or what it started, and nobody else listens on the port of 127.0.0.1.

        A web server may share its port with another one (SO_REUSEPORT), so an answer proves nothing.
        """
        here = f"{int.from_bytes(socket.inet_aton('127.0.0.1'), sys.byteorder):08X}:{port:04X}"
        rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()]
        listening = {f"socket:[{row[9]}]" for row in rows if row[1] == here and row[3] == LISTENING}
        ours = {os.readlink(file) for file in self._open_files()}
        return bool(listening) and listening <= ours

    @staticmethod
    def stop(children, seconds: float) -> None:
        """End them all: politely at first, by force after so many seconds."""
        for child in children:
            if child.is_running:
                child._process.terminate()
        deadline = time.monotonic() + seconds
        for child in children:
            with suppress(subprocess.TimeoutExpired):
                child._process.wait(max(0, deadline - time.monotonic()))
            child._sweep()
            child._process.wait()

    def _start(self):
        self._started_at, self._next_start = time.monotonic(), None
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                leashed(self._command, on_death=self._on_death),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **self._surroundings,
            )

    def _sweep(self):
        """Kill what the command started and left behind: the session that it leads is one process group."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def _open_files(self):
        """Yield the open files of the command's processes, as links of /proc."""
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if os.getsid(int(process.name)) == self._process.pid:
                    yield from process.joinpath("fd").iterdir()
