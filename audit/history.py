"""What a row was before, field by field, from the rows that django-pghistory's triggers keep."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import models

# The label of an event that says that a row was deleted.
FORGOTTEN = "forgotten"


@dataclass(frozen=True)
class Change:
    """One change of one row."""

    at: datetime
    label: str
    """What kind of change, as the tracker calls it: "written", "changed"."""
    by: str
    """The user at the desk who made it; empty if it was made elsewhere."""
    fields: list[tuple[str, Any, Any]]
    """(name of the field, before, after), of those that differ."""


def changes(history: "models.QuerySet[Any]", fields: Iterable[str]) -> Iterator[Change]:
    """Yield the changes of rows, oldest first; two queries.

    Args:
        history: the events of one row or several, of a model made by ``pghistory.track``.
        fields: the fields that a reader cares for.
    """
    events = list(history.select_related("pgh_context").order_by("pgh_id"))
    users = {event.pgh_context.metadata.get("user") if event.pgh_context else None for event in events}
    names = {user.pk: user.get_username() for user in User.objects.filter(pk__in=users - {None})}
    before: dict[int, Any] = {}
    for event in events:
        user = event.pgh_context.metadata.get("user") if event.pgh_context else None
        is_gone = event.pgh_label == FORGOTTEN
        differing = []
        for name in fields:
            new = getattr(event, name) or ""
            old, new = (new, "") if is_gone else (getattr(before.get(event.pgh_obj_id), name, None) or "", new)
            if old != new:
                differing.append((str(event._meta.get_field(name).verbose_name), old, new))
        if differing:
            yield Change(event.pgh_created_at, event.pgh_label, names.get(user, ""), differing)
        before[event.pgh_obj_id] = event
