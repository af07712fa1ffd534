"""Requests for links that were lost: each waits for the worker, and is then deleted."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone, translation
from procrastinate.contrib.django import app as jobs

from letter.content import interface_language
from signatories import mail
from signatories.states import State

from .message import OVERDUE
from .sign_on import SignOn


class LostLinkQuerySet(models.QuerySet["LostLink"]):
    """Which requests?"""

    def overdue(self, at: datetime | None = None) -> Self:
        """Requests that should have been served a while before `at` (now by default)."""
        return self.filter(asked_at__lt=(at or timezone.now()) - OVERDUE)


class LostLink(models.Model):
    """Somebody asked for the links of one address, known or not: nobody looks before the worker does.

    So the page that answers takes as long, and says the same, for every address.
    """

    email = models.EmailField(max_length=254)
    language = models.CharField(max_length=12, default=settings.LANGUAGE_CODE)
    asked_at = models.DateTimeField(default=timezone.now)

    objects = LostLinkQuerySet.as_manager()

    def __str__(self) -> str:
        return f"request {self.pk}"

    @classmethod
    @transaction.atomic
    def ask(cls, email: str, language: str) -> "LostLink":
        """Keep a request, with the job that serves it."""
        asked = cls.objects.create(email=email, language=language)
        asked.schedule()
        return asked

    def schedule(self) -> None:
        """Defer the job that serves the request, in the caller's transaction."""
        jobs.configure_task("find_links").defer(request_id=self.pk)

    @classmethod
    @transaction.atomic
    def serve(cls, pk: int) -> None:
        """Send all links of the address in one message, if it is known here; the request is deleted.

        It goes to the address as it is on record, not as it was typed.
        """
        asked = cls.objects.select_for_update(skip_locked=True).filter(pk=pk).first()
        if asked is None:
            return
        found = list(SignOn.objects.with_links_for(asked.email))
        if found:
            with translation.override(interface_language(asked.language)):
                context = {"entries": [(sign_on, _link(sign_on)) for sign_on in found]}
                mail.queue_to(found[0].email, "lost_link", context)
        asked.delete()


def _link(sign_on: SignOn) -> str:
    """Return the placeholder of the link that leads on from where `sign_on` stands."""
    return mail.link_to("confirm" if sign_on.state == State.UNCONFIRMED else "status", sign_on.pk)
