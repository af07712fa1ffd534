"""The demo's mail server: keeps every message as a file, sends nothing anywhere."""

import os
import time
from contextlib import suppress
from pathlib import Path

from aiosmtpd.controller import Controller


class MailServer(Controller):
    """An SMTP server on a free port of the loopback; a context manager.

    A message becomes `NANOSECONDS.eml`, named by its arrival, so that names sort as messages came.
    """

    def __init__(self, folder: Path):
        """Say where the messages go; the folder is made when missing."""
        super().__init__(self, hostname="127.0.0.1", port=0, server_hostname="localhost")
        self.folder = Path(folder)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # A clock that was set back must not put new messages below old ones.
        self._newest = max((int(file.stem) for file in self.folder.glob("*.eml")), default=0)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *exception):
        self.stop()

    def _trigger_server(self):
        """Look up the port that the system chose, which the first connection needs."""
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()

    async def handle_DATA(self, server, session, envelope):
        """Keep a message whole or not at all; a refusal makes the sender try again later."""
        self._newest = max(time.time_ns(), self._newest + 1)
        file = self.folder / f"{self._newest}.eml"
        half_written = file.with_suffix(".part")
        try:
            half_written.write_bytes(envelope.content)
            os.replace(half_written, file)
        except OSError as error:
            with suppress(OSError):
                half_written.unlink()
            return f"452 4.3.1 {error.strerror}"
        return "250 2.0.0 Kept"
