"""E-mailed links, as rows. Of a token only its hash is kept: whoever reads the table can open nothing."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Self

from django.db import models
from django.utils import timezone

# Purposes whose links are the representative's, and about their sign-on: whoever takes over ends them all.
OF_THE_REPRESENTATIVE = ("confirm", "status")
# Purposes whose links are about a transfer of it.
OF_A_TRANSFER = ("contact", "successor", "stop")
# For so long after its end a link can still explain itself.
GRACE = timedelta(days=400)


def digest(token: str) -> str:
    """Return by what the row of `token` is found; whatever stands in an address has one.

    Not salted and not slow: a token has 256 random bits, and nobody can try them.
    """
    return sha256(token.encode(errors="replace")).hexdigest()


class LinkQuerySet(models.QuerySet["Link"]):
    """Which links?"""

    def known_by(self, token: str, purpose: str) -> Self:
        """The link of `token`, if it was made for `purpose`."""
        return self.filter(sha256=digest(token), purpose=purpose)

    def usable(self, at: datetime | None = None) -> Self:
        """Links that work at `at` (now by default)."""
        return self.filter(used_at=None, revoked_at=None, expires_at__gt=at or timezone.now())

    def of_the_representative(self, sign_on_id: int) -> Self:
        """All links with which a representative sees to their sign-on."""
        return self.filter(purpose__in=OF_THE_REPRESENTATIVE, about=sign_on_id)

    def about_sign_on(self, sign_on_id: int, transfers: Sequence[int]) -> Self:
        """All links of the representative of a sign-on, and of those to whom its `transfers` offered it."""
        of_transfers = models.Q(purpose__in=OF_A_TRANSFER, about__in=transfers)
        of_it = models.Q(purpose__in=OF_THE_REPRESENTATIVE, about=sign_on_id)
        return self.filter(of_it | of_transfers).order_by("pk")

    def to_forget(self, at: datetime | None = None) -> Self:
        """Links that ended so long before `at` (now by default) that nobody asks why any more."""
        return self.filter(expires_at__lt=(at or timezone.now()) - GRACE)


class Link(models.Model):
    """One link that was sent to somebody: for one purpose, about one thing, for a time."""

    purpose = models.CharField(max_length=30)
    """A key of ``settings.LINK_LIFETIMES``."""
    about = models.BigIntegerField()
    """The key of what it leads to: a sign-on, or what else its purpose says. It may be gone; the page then says so."""
    sha256 = models.CharField(max_length=64, unique=True)
    """Of its token, in hexadecimal."""
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    """When it was used up, if it is one that acts."""
    revoked_at = models.DateTimeField(null=True)

    objects = LinkQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["purpose", "about"], name="link_about"),
            models.Index(fields=["expires_at"], name="link_expires"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.about}"

    @property
    def is_expired(self) -> bool:
        """Whether its time is over."""
        return self.expires_at <= timezone.now()

    @property
    def is_used(self) -> bool:
        """Whether it was used up."""
        return self.used_at is not None
