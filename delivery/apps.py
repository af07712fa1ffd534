"""The delivery app."""

from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    """Named for the admin's list of permissions."""

    name = "delivery"
    verbose_name = "Delivery"
