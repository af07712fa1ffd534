"""How many sign-ons are let through before their messages are held; and the counters of `signatories.limits`."""

from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.core.validators import MinValueValidator
from django.db import models, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.models import record


class Why(models.TextChoices):
    """Why a message is held: what was counted, the narrowest first; or that somebody said so."""

    MAILBOX = "mailbox", gettext_lazy("many messages to one mailbox")
    ADDRESS = "address", gettext_lazy("many sign-ons from one network address")
    NETWORK = "network", gettext_lazy("many sign-ons from one network")
    DOMAIN = "domain", gettext_lazy("many sign-ons with e-mail addresses of one domain")
    LETTER = "letter", gettext_lazy("many sign-ons to one letter")
    SWITCH = "switch", gettext_lazy("the messages of this letter are held")


COUNTED = [one for one in Why if one != Why.SWITCH]

# What a rule counts, in the words of the page where it is changed.
MEANINGS: dict[str, Promise] = {
    Why.MAILBOX: gettext_lazy(
        "Messages to one mailbox that strangers can cause: sign-ons; and asked-for links, counted apart"
    ),
    Why.ADDRESS: gettext_lazy("Sign-ons from one network address: one IPv4 address, or one IPv6 /64"),
    Why.NETWORK: gettext_lazy("Sign-ons from one network: an IPv4 /24, or an IPv6 /48"),
    Why.DOMAIN: gettext_lazy("Sign-ons with e-mail addresses of one domain; free-mail providers are not counted"),
    Why.LETTER: gettext_lazy("Sign-ons to one letter, from wherever they come"),
}


class Hours(models.IntegerChoices):
    """For how long something is counted before the count begins anew."""

    HOUR = 1, gettext_lazy("an hour")
    DAY = 24, gettext_lazy("a day")


@dataclass(frozen=True)
class Crossing:
    """A limit that was crossed, with the figures at that moment; a switch has none."""

    why: str
    hits: int = 0
    """How many there were, this one included."""
    limit: int = 0
    hours: int = 0

    def as_json(self) -> dict[str, Any]:
        """Return what `Crossing(**kept)` takes."""
        return asdict(self) | {"why": str(self.why)}

    def __str__(self) -> str:
        figures = {"hits": self.hits, "limit": self.limit}
        in_a_day = self.hours == Hours.DAY
        match self.why:
            case Why.MAILBOX if in_a_day:
                return _("%(hits)d messages in a day to one mailbox; the limit is %(limit)d.") % figures
            case Why.MAILBOX:
                return _("%(hits)d messages in an hour to one mailbox; the limit is %(limit)d.") % figures
            case Why.ADDRESS if in_a_day:
                return _("%(hits)d sign-ons in a day from one network address; the limit is %(limit)d.") % figures
            case Why.ADDRESS:
                return _("%(hits)d sign-ons in an hour from one network address; the limit is %(limit)d.") % figures
            case Why.NETWORK if in_a_day:
                return _("%(hits)d sign-ons in a day from one network; the limit is %(limit)d.") % figures
            case Why.NETWORK:
                return _("%(hits)d sign-ons in an hour from one network; the limit is %(limit)d.") % figures
            case Why.DOMAIN if in_a_day:
                return _("%(hits)d sign-ons in a day from one e-mail domain; the limit is %(limit)d.") % figures
            case Why.DOMAIN:
                return _("%(hits)d sign-ons in an hour from one e-mail domain; the limit is %(limit)d.") % figures
            case Why.LETTER if in_a_day:
                return _("%(hits)d sign-ons in a day to this letter; the limit is %(limit)d.") % figures
            case Why.LETTER:
                return _("%(hits)d sign-ons in an hour to this letter; the limit is %(limit)d.") % figures
        return _("Somebody at the desk had the messages of this letter held.")


class LimitRule(models.Model):
    """So many are let through in a period; the messages of those beyond are held. Nobody is refused."""

    scope = models.CharField(max_length=10, choices=[(one.value, one.label) for one in COUNTED], unique=True)
    limit = models.PositiveIntegerField(gettext_lazy("limit"), validators=[MinValueValidator(1)])
    hours = models.PositiveSmallIntegerField(gettext_lazy("period"), choices=Hours, default=Hours.HOUR)

    class Meta:
        verbose_name = gettext_lazy("limit")

    def __str__(self) -> str:
        return self.scope

    @property
    def period(self) -> timedelta:
        """For how long is counted."""
        return timedelta(hours=self.hours)

    @property
    def meaning(self) -> str:
        """What is counted, in words."""
        return str(MEANINGS[self.scope])

    @transaction.atomic
    def change(self, user: User, *, limit: int, hours: int) -> bool:
        """Let `limit` through in `hours`, from the next sign-on on; return False if that is so already."""
        rule = LimitRule.objects.select_for_update().get(pk=self.pk)
        before = [rule.limit, rule.hours]
        if before == [limit, hours]:
            return False
        rule.limit, rule.hours = limit, hours
        rule.full_clean()
        rule.save()
        record(user, "change limit", rule, before=before, after=[limit, hours])
        return True


class Limit(models.Model):
    """How often one address did one thing in one period; counted by `signatories.limits` alone."""

    pk = models.CompositePrimaryKey("key", "began_at")
    key = models.CharField(max_length=64)
    began_at = models.DateTimeField()
    kind = models.CharField(max_length=40, db_default="")
    """What was counted, so that the highest count of each kind can be shown."""
    hits = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.began_at}: {self.hits}"
