"""The letter app."""

from django.apps import AppConfig


class LetterConfig(AppConfig):
    """Named, so that the admin speaks of “Letters”."""

    name = "letter"
    verbose_name = "Letters"
