"""Requests for links that were lost: each waits for the worker, and is then deleted."""

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone, translation
from procrastinate.contrib.django import app as jobs

from letter.content import interface_language
from letter.models import Letter
from signatories import limits, mail
from signatories.states import State

from .message import OVERDUE
from .sign_on import SignOn
from .switch import Switch

# Messages that one request for the links of one letter can cause.
MOST = 20


class LostLinkQuerySet(models.QuerySet["LostLink"]):
    """Which requests?"""

    def overdue(self, at: datetime | None = None) -> Self:
        """Requests that should have been served a while before `at` (now by default)."""
        return self.filter(asked_at__lt=(at or timezone.now()) - OVERDUE)


class LostLink(models.Model):
    """Somebody asked for the links of one address, known or not: nobody looks before the worker does.

    For all links in one message; or, with a `letter`, for those with which sign-ons to it are confirmed, once more.

    So the page that answers takes as long, and says the same, for every address.
    """

    email = models.EmailField(max_length=254)
    letter = models.ForeignKey(Letter, null=True, on_delete=models.CASCADE, related_name="+")
    language = models.CharField(max_length=12, default=settings.LANGUAGE_CODE)
    asked_at = models.DateTimeField(default=timezone.now)

    objects = LostLinkQuerySet.as_manager()

    def __str__(self) -> str:
        return f"request {self.pk}"

    @classmethod
    @transaction.atomic
    def ask(cls, email: str, language: str, letter: Letter | None = None) -> "LostLink":
        """Keep a request, with the job that serves it."""
        asked = cls.objects.create(email=email, language=language, letter=letter)
        asked.schedule()
        return asked

    def schedule(self) -> None:
        """Defer the job that serves the request, in the caller's transaction."""
        jobs.configure_task("find_links").defer(request_id=self.pk)

    @classmethod
    @transaction.atomic
    def serve(cls, pk: int) -> None:
        """Send the links of the address, if it is known here; the request is deleted.

        They go to the address as it is on record, not as it was typed.
        """
        asked = cls.objects.select_for_update(skip_locked=True).filter(pk=pk).first()
        if asked is None:
            return
        if asked.letter:
            for sign_on in SignOn.objects.unconfirmed_of(asked.letter, asked.email)[:MOST]:
                # Over the mailbox's limit it has enough links.
                if limits.has_room(asked.email, "resend"):
                    mail.queue(sign_on, "confirm", held_for=Switch.objects.holds(asked.letter))
        else:
            asked._send_all()
        asked.delete()

    def _send_all(self) -> None:
        """Send all links of the address in one message."""
        found = list(SignOn.objects.with_links_for(self.email))
        if found:
            with translation.override(interface_language(self.language)):
                context = {"entries": [(sign_on, _link(sign_on)) for sign_on in found]}
                mail.queue_to(found[0].email, "lost_link", context)


def _link(sign_on: SignOn) -> str:
    """Return the placeholder of the link that leads on from where `sign_on` stands."""
    return mail.link_to("confirm" if sign_on.state == State.UNCONFIRMED else "status", sign_on.pk)
