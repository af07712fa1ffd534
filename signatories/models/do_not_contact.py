"""Who asked never to be invited again, whatever the letter."""

from collections.abc import Iterable
from typing import Self

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models, transaction
from django.db.models import Count, Q
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from audit.models import record
from signatories.evidence import domain_of_email

from .message import Message


class KeyHasChanged(Exception):
    """The list was kept under another SECRET_KEY: whom it names cannot be told any more."""


def address_key(address: str) -> str:
    """Return what is equal for two spellings of one address and tells, without SECRET_KEY, nothing of it."""
    return salted_hmac("signatories.do_not_contact", address.strip().lower(), algorithm="sha256").hexdigest()


def secret_id() -> str:
    """Return which SECRET_KEY `address_key` works with, without telling anything of it."""
    return salted_hmac("signatories.do_not_contact.secret", "", algorithm="sha256").hexdigest()[:16]


class DoNotContactQuerySet(models.QuerySet["DoNotContact"]):
    """Whom not?"""

    def addresses(self) -> Self:
        """Entries for one address."""
        return self.filter(domain="")

    def domains(self) -> Self:
        """Entries for all addresses of a domain, in the order of the alphabet."""
        return self.exclude(domain="").order_by("domain").select_related("added_by")

    def unreadable(self) -> Self:
        """Entries that were made under another SECRET_KEY."""
        return self.addresses().exclude(secret=secret_id())

    def counts(self) -> dict[str, int]:
        """Return how many entries came from whom. One query."""
        is_address = Q(domain="")
        return self.aggregate(
            by_themselves=Count("pk", filter=is_address & Q(added_by=None)),
            by_the_desk=Count("pk", filter=is_address & Q(added_by__isnull=False)),
            domains=Count("pk", filter=~is_address),
            unreadable=Count("pk", filter=is_address & ~Q(secret=secret_id())),
        )

    def among(self, addresses: Iterable[str]) -> set[str]:
        """Return which of `addresses` must not be written to, themselves or by their domain. Two queries.

        Raises:
            KeyHasChanged: if some entries cannot be read; in doubt nobody is written to.
        """
        if self.unreadable().exists():
            raise KeyHasChanged
        asked = {address: address_key(address) for address in addresses}
        above = {address: _and_above(domain_of_email(address)) for address in asked}
        found = self.filter(Q(address_key__in=asked.values()) | Q(domain__in=set().union(*above.values())))
        listed = {value for pair in found.values_list("address_key", "domain") for value in pair if value}
        return {one for one, key in asked.items() if key in listed or not listed.isdisjoint(above[one])}


def _and_above(domain: str) -> set[str]:
    """Return a domain and those above it: who lists example.org means mail.example.org, too."""
    labels = domain.split(".")
    return {".".join(labels[start:]) for start in range(len(labels) - 1)}


class DoNotContact(models.Model):
    """One address, or one domain, that gets no invitation to any letter, and no reminder.

    Whoever asked never to be written to must be remembered in some form, or the next file with their address would
    write to them again. So that the list itself names nobody, an address is kept as a keyed hash: it can be looked for
    and not read, and whoever takes the table without the key cannot try addresses. A domain names no person, and
    somebody has to see which are listed.
    """

    address_key = models.CharField(max_length=64, blank=True)
    domain = models.CharField(_("domain"), max_length=253, blank=True)
    secret = models.CharField(max_length=16, blank=True)
    """Which SECRET_KEY the hash was made with: with another one it is found no more, and the desk is told."""
    added_at = models.DateTimeField(default=timezone.now)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    """Who at the desk; nobody for whoever used the link in a message."""
    note = models.CharField(max_length=300, blank=True)

    objects = DoNotContactQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(address_key="") & ~Q(domain="") | ~Q(address_key="") & Q(domain="") & ~Q(secret=""),
                name="an_address_or_a_domain_is_not_contacted",
            ),
            models.UniqueConstraint(
                fields=["address_key"], condition=~Q(address_key=""), name="address_is_listed_once"
            ),
            models.UniqueConstraint(fields=["domain"], condition=~Q(domain=""), name="domain_is_listed_once"),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.domain}".strip()

    @classmethod
    @transaction.atomic
    def add_address(cls, address: str, *, user: User | None = None, note: str = "") -> "DoNotContact":
        """Put an address on the list, by whoever holds it or by `user`; what waits to be sent there is dropped."""
        entry = cls.add_key(address_key(address), user=user, note=note)
        if user is not None:
            record(user, "do not contact", entry, note=note)
        return entry

    @classmethod
    def add_key(cls, key: str, *, user: User | None = None, note: str = "") -> "DoNotContact":
        """Put the address of that key on the list, in the caller's transaction."""
        entry, _is_new = cls.objects.get_or_create(
            address_key=key, defaults={"secret": secret_id(), "added_by": user, "note": note}
        )
        Message.objects.invitations().queued().filter(member_invitation__address_key=key).update(
            state=Message.State.DROPPED
        )
        return entry

    @classmethod
    @transaction.atomic
    def add_domain(cls, domain: str, *, user: User, note: str = "") -> "DoNotContact":
        """Put all addresses of a domain, and of those below it, on the list."""
        entry, _is_new = cls.objects.get_or_create(domain=domain, defaults={"added_by": user, "note": note})
        waiting = Message.objects.invitations().queued()
        waiting.filter(Q(recipient__iendswith=f"@{domain}") | Q(recipient__iendswith=f".{domain}")).update(
            state=Message.State.DROPPED
        )
        record(user, "do not contact", entry, domain=domain, note=note)
        return entry

    @classmethod
    @transaction.atomic
    def remove_address(cls, address: str, *, user: User, note: str) -> bool:
        """Take an address off the list, because whoever holds it wants to hear from us; False if it is not there."""
        entry = cls.objects.select_for_update(of=("self",)).filter(address_key=address_key(address)).first()
        if entry is None:
            return False
        pk = entry.pk
        entry.delete()
        entry.pk = pk
        record(user, "may be contacted", entry, note=note)
        return True

    @transaction.atomic
    def remove(self, user: User) -> None:
        """Take a domain off the list."""
        domain, pk = self.domain, self.pk
        self.delete()
        self.pk = pk
        record(user, "may be contacted", self, domain=domain)
