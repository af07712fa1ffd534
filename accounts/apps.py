"""The app, as Django loads it."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """Who may enter."""

    name = "accounts"
    verbose_name = _("Accounts")

    def ready(self):
        """Lend the makers of our links to the room that sends messages; hear what the library tells."""
        from signatories.links import MAKERS

        from . import events, links

        MAKERS.update(invitation=links.invitation, reset=links.reset)
        events.connect()
