"""The allow-list: networks and e-mail domains whose sign-ons are not held."""

from datetime import date, datetime
from ipaddress import IPv4Address, IPv6Address, ip_network
from typing import Self

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from audit.models import record


class AllowanceQuerySet(models.QuerySet["Allowance"]):
    """Which of them?"""

    def standing(self, at: datetime | None = None) -> Self:
        """Those that count at `at` (now by default)."""
        at = at or timezone.now()
        return self.filter(Q(until=None) | Q(until__gte=at.date()), removed_at=None)

    def covers(self, client: IPv4Address | IPv6Address | None, domain: str) -> bool:
        """Whether sign-ons from this address, or with e-mail addresses of this domain, are not held. One query."""
        # The list is short: reading all of it costs less than asking for some.
        for kind, value in self.standing().order_by().values_list("kind", "value"):
            if kind == Allowance.Kind.DOMAIN and f".{domain}".endswith(f".{value}"):
                return True
            if kind == Allowance.Kind.NETWORK and client and client in ip_network(value):
                return True
        return False


class Allowance(models.Model):
    """One line of the allow-list. It is never deleted: the record refers to it, and names no network itself."""

    class Kind(models.TextChoices):
        """What it is about."""

        NETWORK = "network", _("network")
        DOMAIN = "domain", _("e-mail domain")

    kind = models.CharField(max_length=10, choices=Kind)
    value = models.CharField(max_length=253)
    """A range in CIDR, or a domain, which stands for all below it, too."""
    note = models.CharField(_("note"), max_length=200)
    until = models.DateField(_("last day"), null=True, blank=True)
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    removed_at = models.DateTimeField(null=True)

    objects = AllowanceQuerySet.as_manager()

    class Meta:
        ordering = ["kind", "value"]
        verbose_name = _("line of the allow-list")
        constraints = [
            models.UniqueConstraint(fields=["value"], condition=Q(removed_at=None), name="allowed_once"),
        ]

    def __str__(self) -> str:
        return f"{self.pk} ({self.kind})"

    @property
    def is_over(self) -> bool:
        """Whether its last day is gone."""
        return self.until is not None and self.until < timezone.now().date()

    @staticmethod
    @transaction.atomic
    def allow(user: User, *, kind: str, value: str, note: str, until: date | None = None) -> "Allowance":
        """Put a network or a domain on the list; one that stands there is replaced."""
        Allowance.objects.filter(value=value, removed_at=None).update(removed_at=timezone.now())
        made = Allowance.objects.create(kind=kind, value=value, note=note, until=until, made_by=user)
        record(user, "allow", made, kind=kind, until=until)
        return made

    @transaction.atomic
    def remove(self, user: User) -> bool:
        """Take it off the list; return False if it stands there no longer."""
        if not Allowance.objects.filter(pk=self.pk, removed_at=None).update(removed_at=timezone.now()):
            return False
        record(user, "end allowance", self, kind=self.kind)
        return True
