"""Who is looking at a sign-on at this moment."""

from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection, models
from django.utils import timezone

# A claim that nobody renews is over after this long.
LASTS = timedelta(minutes=5)


class ClaimQuerySet(models.QuerySet["Claim"]):
    """Which claims?"""

    def current(self, at: datetime | None = None) -> Self:
        """Claims that have not run out at `at` (now by default)."""
        return self.filter(until__gt=at or timezone.now())


class Claim(models.Model):
    """Shows colleagues that somebody looks at a sign-on. It stops nobody: the last word is `SomebodyWasFaster`.

    The table is unlogged: a crash of the database forgets who was looking, and nothing else.
    """

    sign_on = models.OneToOneField("SignOn", on_delete=models.CASCADE, primary_key=True, related_name="claim")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    until = models.DateTimeField()

    objects = ClaimQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["user", "until"], name="claim_user")]

    def __str__(self) -> str:
        return f"{self.sign_on_id} by {self.user} until {self.until}"

    @property
    def is_current(self) -> bool:
        """Whether it has not run out."""
        return self.until > timezone.now()

    @staticmethod
    def take(sign_on_id: int, user: User, *, over: bool = False) -> bool:
        """Claim the sign-on for `user`, or renew; a colleague's claim stands unless it is taken `over`.

        One statement, so that of two who open it at once one has it. Returns whether `user` has it now.
        """
        now = timezone.now()
        with connection.cursor() as cursor:
            cursor.execute(
                """
                INSERT INTO signatories_claim AS claim (sign_on_id, user_id, until) VALUES (%s, %s, %s)
                ON CONFLICT (sign_on_id) DO UPDATE SET user_id = excluded.user_id, until = excluded.until
                WHERE claim.user_id = excluded.user_id OR claim.until <= %s OR %s
                """,
                [sign_on_id, user.pk, now + LASTS, now, over],
            )
            return cursor.rowcount == 1

    @staticmethod
    def leave_others(sign_on_id: int, user: User) -> None:
        """Whoever opens a sign-on looks at no other any more."""
        Claim.objects.filter(user=user).exclude(sign_on=sign_on_id).delete()

    @staticmethod
    def release(sign_on_id: int) -> None:
        """Nobody is looking at the sign-on any more."""
        Claim.objects.filter(sign_on=sign_on_id).delete()
