"""Who acts."""

from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied

from signatories.states import Who


@dataclass(frozen=True)
class Actor:
    """Who acts, and in which role."""

    who: Who
    user: User | None = None
    batch: UUID | None = None
    """The same for all that is done at one stroke."""

    def check(self, permission: str) -> None:
        """Raise PermissionDenied if a moderator lacks `permission`; the other roles need none."""
        if self.who == Who.MODERATOR and not (self.user and self.user.has_perm(permission)):
            raise PermissionDenied(permission)

    @classmethod
    def moderator(cls, user: User, batch: UUID | None = None) -> "Actor":
        """Return `user` acting as a moderator."""
        return cls(Who.MODERATOR, user, batch)


REPRESENTATIVE = Actor(Who.REPRESENTATIVE)
OPERATOR = Actor(Who.OPERATOR)
CLOCK = Actor(Who.CLOCK)
