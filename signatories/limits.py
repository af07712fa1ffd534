"""How often one address may do a thing: counters in Postgres, keyed so that they name nobody.

What a sign-on counts for, and what follows, is decided at the desk (`LimitRule`, `Allowance`): nobody is refused, but
beyond a limit the message is held.
"""

from collections.abc import Sequence
from datetime import timedelta
from ipaddress import ip_address, ip_network

from django.conf import settings
from django.db import connection
from django.utils import timezone
from django.utils.crypto import salted_hmac

from . import evidence
from .models.allowance import Allowance
from .models.limit import Crossing, LimitRule, Why


def crossed(request, letter, email: str) -> list[Crossing]:
    """Count a sign-on to `letter` by `email`, and return the limits that it crosses, with their figures.

    What is on the allow-list counts for nothing but the mailbox: anybody can type an address, and whoever holds it
    never gets more than its share. Three queries. Call it outside of a transaction, as `hit`.
    """
    domain = evidence.domain_of_email(email)
    values = {Why.MAILBOX: email}
    if not Allowance.objects.covers(_client(request), domain):
        values |= {Why.ADDRESS: network(request), Why.NETWORK: wide_network(request), Why.LETTER: str(letter.pk)}
        # Thousands of organisations share a free-mail domain: one of them must not stand for the others.
        values[Why.DOMAIN] = "" if evidence.is_free_mail(email) else domain
    rules = [rule for rule in LimitRule.objects.all() if values.get(Why(rule.scope))]
    hits = _count([(rule.scope, values[Why(rule.scope)], rule.period, 1) for rule in rules])
    found = [Crossing(rule.scope, count, rule.limit, rule.hours) for rule, count in zip(rules, hits, strict=True)]
    return [one for one in found if one.hits > one.limit]


def has_room(email: str) -> bool:
    """Count a message that a stranger can cause to this mailbox, and return whether it may still have it.

    For what anybody can ask for again; of a sign-on, `crossed` counts it. Call it outside of a transaction, as `hit`.
    """
    rule = LimitRule.objects.filter(scope=Why.MAILBOX).first()
    return rule is None or hit(rule.scope, email, rule.limit, rule.period)


def hit(kind: str, value: str, limit: int, period: timedelta = timedelta(hours=1), *, weight: int = 1) -> bool:
    """Count an act of `kind` by `value`, as `weight` many, and return whether it is still within `limit` a `period`.

    Counts in a statement of its own, at once and exactly under concurrency. Call it outside of a
    transaction: a rollback would undo the count.
    """
    return _count([(kind, value, period, weight)])[0] <= limit


def _count(acts: Sequence[tuple[str, str, timedelta, int]]) -> list[int]:
    """Count acts (kind, by whom, period, weight) in one statement, and return how often each was done by now."""
    if not acts:
        return []
    keyed = [(_key(kind, value, period), kind, period, weight) for kind, value, period, weight in acts]
    # In the order of their keys: two who count the same never wait for each other crosswise.
    rows = sorted(keyed)
    row = "(%s, date_bin(%s, clock_timestamp(), TIMESTAMPTZ '2000-01-01'), %s, %s)"
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            INSERT INTO signatories_limit AS counter (key, began_at, kind, hits)
            VALUES {", ".join([row] * len(rows))}
            ON CONFLICT (key, began_at) DO UPDATE SET hits = counter.hits + EXCLUDED.hits
            RETURNING key, hits
            """,  # noqa: S608 - only the number of rows is put together
            [part for key, kind, period, weight in rows for part in (key, period, kind, weight)],
        )
        hits = dict(cursor.fetchall())
    return [hits[key] for key, *_rest in keyed]


def _key(kind: str, value: str, period: timedelta) -> str:
    """Return under what is counted. With the period: where a rule gets another one, the count begins anew."""
    named = f"{kind}:{period.total_seconds():.0f}:{value.lower()}"
    return salted_hmac("signatories.limits", named, algorithm="sha256").hexdigest()


def highest() -> dict[str, int]:
    """Return, by kind, the highest count of anything in the last day. One query, over the counters of two days."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT kind, max(hits) FROM signatories_limit WHERE began_at > %s GROUP BY kind",
            [timezone.now() - timedelta(days=1)],
        )
        return dict(cursor.fetchall())


def forget() -> None:
    """Delete counters of periods that are over."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM signatories_limit WHERE began_at < %s", [timezone.now() - timedelta(days=2)])


def network(request) -> str:
    """Return the client's address, for IPv6 its /64: the size of one household or office (RFC 6177)."""
    client = _client(request)
    if client is None:
        return "unknown"
    return str(client if client.version == 4 else ip_network((client, 64), strict=False))


def wide_network(request) -> str:
    """Return the client's network, IPv4 /24 or IPv6 /48: what one office or provider's site has; empty if unknown."""
    client = _client(request)
    if client is None:
        return ""
    return str(ip_network((client, 24 if client.version == 4 else 48), strict=False))


def network_key(request) -> str:
    """Return what is equal for two clients of one wide network, and names neither; empty if unknown.

    Keyed, so that whoever has the table but not the key cannot try all networks.
    """
    wide = wide_network(request)
    return salted_hmac("signatories.network", wide, algorithm="sha256").hexdigest() if wide else ""


def _client(request):
    """Return the client's address, None if it is none.

    Behind `settings.PROXY_HOPS` proxies it is read from X-Forwarded-For, counted from the right:
    whatever stands further left was written by the client.
    """
    address = request.META["REMOTE_ADDR"]
    if settings.PROXY_HOPS:
        forwarded = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
        address = forwarded[-settings.PROXY_HOPS] if len(forwarded) >= settings.PROXY_HOPS else address
    try:
        client = ip_address(address)
    except ValueError:
        return None
    # An IPv4 address as a socket for both kinds shows it: else all of IPv4 were one network (RFC 4291, 2.5.5.2).
    return getattr(client, "ipv4_mapped", None) or client
