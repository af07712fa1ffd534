"""What a row was before, field by field, from the rows that django-pghistory's triggers keep."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import models


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
    """Yield the changes of one row, oldest first; two queries.

    Args:
        history: the row's events, of a model made by ``pghistory.track``.
        fields: the fields that a reader cares for.
    """
    events = list(history.select_related("pgh_context").order_by("pgh_id"))
    users = {(event.pgh_context.metadata.get("user") if event.pgh_context else None) for event in events}
    names = {user.pk: user.get_username() for user in User.objects.filter(pk__in=users - {None})}
    before = None
    for event in events:
        user = event.pgh_context.metadata.get("user") if event.pgh_context else None
        pairs = [(name, getattr(before, name, ""), getattr(event, name)) for name in fields]
        differing = [(name, old, new) for name, old, new in pairs if old != new]
        if differing:
            words = [(str(event._meta.get_field(name).verbose_name), old, new) for name, old, new in differing]
            yield Change(event.pgh_created_at, event.pgh_label, names.get(user, ""), words)
        before = event
