"""The mailbox that everybody in the demo shares: the messages that were sent, and their links.

Beside them stands what the authenticator apps of the demo's accounts show.
"""

import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path

from django.conf import settings
from django.http import Http404
from django.shortcuts import render
from django.utils.html import format_html, format_html_join
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from . import authenticator

# How many of the newest messages are listed.
SHOWN = 200
# The group makes split() return the addresses too. Punctuation at the end belongs to the sentence.
ADDRESS = re.compile(r"""(https?://[^\s<>"]*[^\s<>".,;:!?)\]}'”’»])""")


class Mail:
    """One message, read from the file that `demo.smtp` made of it."""

    def __init__(self, file: Path):
        """Read the file; raises FileNotFoundError."""
        self.name = file.stem
        self.arrived_at = datetime.fromtimestamp(int(file.stem) / 1e9, tz=UTC)
        self._message = message_from_bytes(file.read_bytes(), policy=policy.default)
        self.to = self._message.get("To", "")
        self.subject = self._message.get("Subject", "")

    @property
    def text(self):
        """The text part as HTML, its web addresses as links; empty if there is no text part."""
        part = self._message.get_body(preferencelist=("plain",))
        lines = part.get_content().splitlines() if part else []
        pieces = ADDRESS.split("\n".join(lines))
        return format_html_join(
            "", "{}", ((self._link(piece) if index % 2 else piece,) for index, piece in enumerate(pieces))
        )

    @staticmethod
    def _link(address):
        return format_html('<a href="{0}" rel="noreferrer">{0}</a>', address)


@require_safe
@cache_control(no_store=True)
def mailbox(request):
    """List the messages, newest first."""
    files = sorted(Path(settings.DEMO_MAILBOX).glob("*.eml"), reverse=True)
    mails = [Mail(file) for file in files[:SHOWN]]
    context = {"mails": mails, "older": len(files) - len(mails), "code": authenticator.code()}
    return render(request, "demo/mailbox.html", context)


@require_safe
@cache_control(no_store=True)
def message(request, name):
    """Show one message. `name` is digits only, so that it cannot lead out of the folder."""
    if not re.fullmatch(r"[0-9]{1,20}", name):
        raise Http404
    try:
        mail = Mail(Path(settings.DEMO_MAILBOX, f"{name}.eml"))
    except FileNotFoundError:
        raise Http404 from None
    return render(request, "demo/message.html", {"mail": mail})
