"""What a mail server says of a message that it does not take, or sends back: pure, bytes and codes in, a `Bounce` out.

Sources: RFC 3463 (enhanced status codes), RFC 5321 (reply codes), RFC 3464 (delivery status notifications).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import Message as Email

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Kind(TextChoices):
    """How far the way to a mailbox is closed, the worst last."""

    SOFT = "soft", _("not delivered for now")
    # It arrived, and whoever got it called it unwanted.
    COMPLAINT = "complaint", _("reported as unwanted")
    HARD = "hard", _("cannot be delivered")

    @property
    def rank(self) -> int:
        """How much it outweighs the others."""
        return list(Kind).index(self)


@dataclass(frozen=True)
class Bounce:
    """One answer of a mail server about one message."""

    kind: Kind
    status: str = ""
    """The enhanced status code, as 5.1.1, or the reply code, as 550."""
    diagnostic: str = ""
    """What the server said, without addresses."""
    is_final: bool = False
    """Whether the server has given up; of a soft one it may be trying still."""


@dataclass(frozen=True)
class Name:
    """Which message of ours a Message-ID names."""

    pk: int
    created_at: datetime


# The length to which a diagnostic is cut.
LENGTH = 200
# The first bytes of a notification that are read: the rest is what we had sent.
ENOUGH = 1_000_000

_NAME = re.compile(r"undersigned\.(\d{1,18})\.(\d{20})@")
_MOMENT = "%Y%m%d%H%M%S%f"
_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?!\.?\d)")
_REPLY = re.compile(r"(?<![\d.])([45]\d\d)(?=[ -])")
# What may name a person, or a machine that stands in somebody's home.
_ADDRESS = re.compile(r"[^\s<>()\[\]:;,]+@[^\s<>()\[\]:;,]+")
_LINK = re.compile(r"(?:https?|mailto):\S+", re.IGNORECASE)
_MACHINE = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b|\[?\b(?:[0-9a-f]{0,4}:){3,7}[0-9a-f]{0,4}\b\]?", re.IGNORECASE)
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]+")


def name_of(pk: int, created_at: datetime) -> str:
    """Return what stands before the @ of the message's Message-ID. Its time, to the microsecond, is hard to guess."""
    return f"undersigned.{pk}.{created_at:{_MOMENT}}"


def read_name(message_id: str) -> Name | None:
    """Return which message of ours `message_id` names; None if it is another's. The domain may have changed since."""
    found = _NAME.search(message_id)
    if found is None:
        return None
    try:
        return Name(int(found[1]), datetime.strptime(found[2] + "+0000", _MOMENT + "%z"))
    except ValueError:
        return None


def kind_of(status: str) -> Kind | None:
    """Return what an enhanced status code or a reply code means; None if it is no failure, or not understood.

    A full mailbox is soft whatever its first digit: “this code should be used as a persistent transient failure” (RFC
    3463, 3.3, X.2.2). So is 552, which says the same without an enhanced code (RFC 5321, 4.2.3).
    """
    enhanced, reply = _STATUS.fullmatch(status), re.fullmatch(r"[45]\d\d", status)
    if enhanced and enhanced[1] != "2":
        is_full = enhanced[2] == enhanced[3] == "2"
        return Kind.HARD if enhanced[1] == "5" and not is_full else Kind.SOFT
    if reply:
        return Kind.HARD if status[0] == "5" and status != "552" else Kind.SOFT
    return None


def of_answer(code: int, answer: bytes | str, recipient: str = "") -> Bounce | None:
    """Return the bounce in a mail server's answer to a message of ours; None if it is none."""
    words = answer.decode(errors="replace") if isinstance(answer, bytes) else answer
    found = _STATUS.match(words.lstrip())
    # The codes of a careless server contradict each other; the reply code is what the protocol goes by.
    status = found[0] if found and found[1] == str(code)[0] else str(code)
    kind = kind_of(status)
    return kind and Bounce(kind, status, scrubbed(words, recipient), is_final=500 <= code < 600)


def scrubbed(words: str, recipient: str = "") -> str:
    """Return `words` in one line without addresses, links and names of mailboxes, cut to `LENGTH`."""
    line = _UNPRINTABLE.sub(" ", words)
    for pattern in (_LINK, _ADDRESS, _MACHINE):
        line = pattern.sub("…", line)
    mailbox = recipient.rpartition("@")[0]
    if mailbox:
        line = re.sub(rf"(?<!\w){re.escape(mailbox)}(?!\w)", "…", line, flags=re.IGNORECASE)
    return " ".join(line.split())[:LENGTH].rstrip()


# ── delivery status notifications ──


def of_notification(raw: bytes) -> tuple[Name | None, Bounce | None]:
    """Return which message of ours a notification is about, and what became of it; None for what it does not say.

    Well-formed ones are read as RFC 3464 has it. Of the others, which only look like one, the text is searched.
    What tells of success, or is an answer by a person or a vacation, is no bounce.
    """
    email: Email = message_from_bytes(raw[:ENOUGH], policy=policy.compat32)
    name = _name_in(email)
    groups = list(_groups(email))
    if groups:
        bounces = [bounce for group in groups if (bounce := _of_group(group))]
        return name, max(bounces, key=lambda bounce: bounce.kind.rank, default=None)
    if not _is_from_a_machine(email):
        return None, None
    words = _text(email)
    name = name or read_name(words) or read_name(raw[:ENOUGH].decode("ascii", "replace"))
    return name, _of_words(words)


def _name_in(email: Email) -> Name | None:
    """Return which message was sent back: from its headers, or from what the notification says of them."""
    for part in email.walk():
        if part is email:
            # Its own number is not what was sent back.
            continue
        for header in ("Message-ID", "X-Original-Message-ID", "Original-Envelope-Id"):
            if found := read_name(_header(part, header)):
                return found
        if part.get_content_type() == "text/rfc822-headers" and (found := read_name(_payload(part))):
            return found
    # A notification that returns nothing may at least say what it answers.
    return read_name(_header(email, "In-Reply-To")) or read_name(_header(email, "References"))


def _groups(email: Email) -> Iterator[Email]:
    """Yield the fields of each recipient of whom a notification tells."""
    for part in email.walk():
        if part.get_content_type() in ("message/delivery-status", "message/global-delivery-status"):
            groups = part.get_payload()
            if isinstance(groups, list):
                yield from (group for group in groups if group.get("Action") or group.get("Status"))


def _of_group(group: Email) -> Bounce | None:
    """Return what became of one recipient; None if it arrived, or was only passed on."""
    action = _header(group, "Action").split("(")[0].strip().lower()
    if action and action not in ("failed", "delayed"):
        return None
    said = _header(group, "Diagnostic-Code")
    recipient = (_header(group, "Original-Recipient") or _header(group, "Final-Recipient")).rpartition(";")[2].strip()
    # “5.0.0” says nothing, “5.1.1 (bad destination)” too much.
    status = next((found for found in _statuses(_header(group, "Status"), said)), "")
    kind = Kind.SOFT if action == "delayed" else kind_of(status)
    if kind is None and not action:
        return None
    kind = kind or Kind.HARD
    words = re.sub(r"^\s*\S+\s*;", "", said) or _header(group, "Status")
    return Bounce(kind, status, scrubbed(words, recipient), is_final=action != "delayed")


def _statuses(status: str, said: str) -> Iterator[str]:
    """Yield the codes that a group gives, the most telling first."""
    found, more = _STATUS.search(status), _STATUS.search(said)
    is_vague = found is not None and found[2] == found[3] == "0"
    if found and not is_vague:
        yield found[0]
    if more and (not found or more[1] == found[1]):
        yield more[0]
    if (reply := _REPLY.search(said)) and (not found or reply[0][0] == found[1]):
        yield reply[0]
    if found:
        yield found[0]


def _of_words(words: str) -> Bounce | None:
    """Return what the text of a notification says that has no part for machines."""
    line = next((one for one in words.splitlines() if _STATUS.search(one) or _REPLY.search(one)), "")
    found = _STATUS.search(line) or _REPLY.search(line)
    kind = kind_of(found[0]) if found else None
    return Bounce(kind, found[0], scrubbed(line), is_final=kind == Kind.HARD) if found and kind else None


def _is_from_a_machine(email: Email) -> bool:
    """Whether a mail server wrote it, and not a person, or a person's vacation."""
    sender = _header(email, "From").lower()
    if _header(email, "Return-Path") not in ("", "<>"):
        return False
    return bool(email.get("X-Failed-Recipients")) or "daemon" in sender or "postmaster" in sender


def _header(email: Email, name: str) -> str:
    """Return a header as text, whatever bytes it is of; empty if there is none."""
    return " ".join(str(email.get(name, "")).split())


def _text(email: Email) -> str:
    return "\n".join(_payload(part) for part in email.walk() if part.get_content_type() == "text/plain")


def _payload(part: Email) -> str:
    """Return a part's text, whatever it claims of its encoding."""
    content = part.get_payload(decode=True)
    return content.decode("utf-8", "replace") if isinstance(content, bytes) else ""
