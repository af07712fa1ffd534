"""The signatories app."""

from django.apps import AppConfig


class SignatoriesConfig(AppConfig):
    """Registers the system checks."""

    name = "signatories"
    verbose_name = "Signatories"

    def ready(self):
        """Import what registers itself."""
        from . import checks  # noqa: F401
