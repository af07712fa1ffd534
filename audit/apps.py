"""The record."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """The record."""

    name = "audit"
