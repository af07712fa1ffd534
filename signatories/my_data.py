"""All that is stored about one sign-on and its representative, as data for whoever asks what is known of them.

Every field of the row is in it, and every row that hangs on it, with three exceptions, which are not the
representative's: what the organisation wrote, and to which address we wrote, when we asked it at its published
address; that it is being asked, as long as it has not answered; and, where it was handed over, the words of messages
that were written to a predecessor. Accounts of moderators are not named. No link that still works is in it.
"""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db.models import Max, Model
from django.utils import timezone

from letter.models import absolute

from .mail import PLACEHOLDERS
from .models import Message, SignOn
from .models.link import Link
from .models.transition import Transition

SCHEMA = Path(__file__).with_name("my_data.schema.json")
FORMAT = 1


def my_data(sign_on: SignOn, at: datetime | None = None) -> dict[str, Any]:
    """Return what is stored about `sign_on`, in the form that `my_data.schema.json` describes."""
    answered = [one for one in sign_on.notices.select_related("message") if one.outcome != "waits"]
    transfers = list(sign_on.transfers.all())
    succeeded_at = sign_on.transfers.handed_over().aggregate(Max("ended_at"))["ended_at__max"]
    batch_row = getattr(sign_on, "batch_row", None)
    return {
        "format": FORMAT,
        "made_at": _plain(at or timezone.now()),
        "letter": {
            "address": absolute(sign_on.letter.get_absolute_url()),
            "title": sign_on.text.title,
            "language": sign_on.text.language,
            "revision": sign_on.text.revision,
            "sha256": sign_on.text.sha256,
        },
        "sign_on": _fields(sign_on),
        "transitions": [_transition(one) for one in sign_on.transitions.with_words()],
        "questions": [
            {
                **_fields(one, without=("asked", "ended")),
                "question": one.question,
                "asked_at": _plain(one.asked.at),
                "ended_at": _plain(one.ended.at if one.ended else None),
                "documents": [document.pk for document in one.documents.all()],
            }
            for one in sign_on.exchange()
        ],
        "documents": [
            _fields(one, without=("content", "user", "seen_by", "erased_by")) for one in sign_on.documents.all()
        ],
        "corrections": [
            _fields(one, without=("user", "decided_by", "variant", "message")) for one in sign_on.corrections.all()
        ],
        "notices": [
            {name: _plain(getattr(one, name)) for name in ("created_at", "confirmed_at", "objected_at", "silent_at")}
            | {"outcome": one.outcome, "settled_at": _plain(one.settled_at)}
            for one in answered
        ],
        "transfers": [_fields(one, without=("told", "settled_by")) for one in transfers],
        "messages": [
            _message(one, is_anothers=succeeded_at is not None and one.created_at <= succeeded_at)
            for one in [*sign_on.messages.all(), *_lost_links(sign_on.email)]
            if one.kind != "objection_notice" or one.pk in {notice.message_id for notice in answered}
        ],
        "links": [
            _fields(one, without=("about", "sha256"))
            for one in Link.objects.about_sign_on(sign_on.pk, [one.pk for one in transfers])
        ],
        "import": {"line": batch_row.line, "values": batch_row.values} if batch_row else None,
    }


def as_file(sign_on: SignOn) -> bytes:
    """Return the data with their description, as JSON."""
    whole = {"description": json.loads(SCHEMA.read_text()), "data": my_data(sign_on)}
    return json.dumps(whole, ensure_ascii=False, indent=2).encode()


def _lost_links(email: str) -> list[Message]:
    """Return the messages with lost links that went to this address."""
    return list(Message.objects.lost_links().filter(recipient__iexact=email)) if email else []


def _fields(row: Model, without: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return a row's own fields by name; a row that it points to by its key."""
    hidden = {"sign_on", *without}
    return {field.name: _plain(getattr(row, field.attname)) for field in row._meta.fields if field.name not in hidden}


def _plain(value: Any) -> Any:
    """Return a value as JSON has it: moments in ISO 8601."""
    if isinstance(value, datetime):
        return value.isoformat()
    return value if value is None or isinstance(value, str | int | float | bool | list | dict) else str(value)


def _transition(one: Transition) -> dict[str, Any]:
    return {**_fields(one, without=("user", "restores", "batch")), "note": one.note}


def _message(one: Message, *, is_anothers: bool) -> dict[str, Any]:
    """Return a message with its words as they were sent, but for its links: who has one can act.

    Of one that was written to a predecessor, only that it was.
    """
    found = _fields(one, without=("about", "html", "attachment"))
    found["text"] = PLACEHOLDERS.sub(lambda link: f"[{link[1]}]", one.text)
    if one.kind == "objection_notice":
        found["recipient"] = ""
    if is_anothers:
        found |= dict.fromkeys(Message.WORDS, "")
        del found["html"]
    return found
