"""What the desk does with messages that are held: release or discard, one or many at one stroke."""

from typing import Any

from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app as jobs

from audit.models import record
from signatories.states import State

from .actor import Actor
from .hold import Hold, HoldQuerySet
from .message import Message
from .sign_on import SignOn

# So many at one stroke, the oldest first: a few seconds' work.
MOST = 1000
PERMISSION = "signatories.send_message"


@transaction.atomic
def release(holds: HoldQuerySet, actor: Actor) -> int:
    """Send these messages as if nothing had happened, the oldest `MOST` of them; returns how many.

    Their links are made when they leave, and the time to confirm begins anew: whoever was held for a week has as long
    as anybody.
    """
    held, now = _take(holds, actor), timezone.now()
    Message.objects.filter(pk__in=[hold.message_id for hold in held]).update(state=Message.State.QUEUED, send_after=now)
    asked = SignOn.objects.filter(messages__hold__in=held, messages__kind="confirm", state=State.UNCONFIRMED)
    asked.update(state_since=now)
    if held:
        sent: list[dict[str, Any]] = [{"message_id": hold.message_id} for hold in held]
        jobs.configure_task("deliver_message", schedule_at=now).batch_defer(*sent)
    return _record(actor, "release", held)


@transaction.atomic
def discard(holds: HoldQuerySet, actor: Actor) -> int:
    """Never send these messages, the oldest `MOST` of them; returns how many.

    Their sign-ons stay unconfirmed, and expire as any other. They are not declined: that would write to a stranger, and
    say something about an organisation that may know nothing of it. Whoever is meant by it can sign again, and then
    gets a message like anybody.
    """
    held = _take(holds, actor)
    Message.objects.filter(pk__in=[hold.message_id for hold in held]).update(state=Message.State.DROPPED)
    return _record(actor, "discard", held)


ACTS = {"release": release, "discard": discard}


def _take(holds: HoldQuerySet, actor: Actor) -> list[Hold]:
    """Return the oldest of these that wait, locked: of two people who are at it, one has each."""
    actor.check(PERMISSION)
    chosen = list(holds.waiting().values_list("pk", "message__sign_on")[:MOST])
    # The sign-ons before their messages, as every move of one locks them.
    sign_ons = SignOn.objects.filter(pk__in=[sign_on for _pk, sign_on in chosen]).order_by("pk")
    list(sign_ons.select_for_update(of=("self",)).values_list("pk"))
    still = Hold.objects.waiting().filter(pk__in=[pk for pk, _sign_on in chosen])
    return list(still.select_related("message__sign_on").select_for_update(of=("message",)))


def _record(actor: Actor, act: str, held: list[Hold]) -> int:
    """Put on record what was done at one stroke."""
    if len(held) == 1:
        record(actor.user, act, held[0].message.sign_on, kind=held[0].message.kind, why=held[0].why)
    elif held:
        record(actor.user, act, messages=len(held), sign_ons=sorted({hold.message.sign_on_id for hold in held}))
    return len(held)
