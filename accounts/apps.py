"""The app, as Django loads it."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """Who may enter."""

    name = "accounts"
    verbose_name = _("Accounts")
