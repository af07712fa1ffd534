"""How often one address may do a thing: counters in Postgres, keyed so that they name nobody."""

from datetime import timedelta
from ipaddress import ip_address, ip_network

from django.conf import settings
from django.db import connection
from django.utils import timezone
from django.utils.crypto import salted_hmac


def hit(kind: str, value: str, limit: int, period: timedelta = timedelta(hours=1), *, weight: int = 1) -> bool:
    """Count an act of `kind` by `value`, as `weight` many, and return whether it is still within `limit` a `period`.

    Counts in a statement of its own, at once and exactly under concurrency. Call it outside of a
    transaction: a rollback would undo the count.
    """
    key = salted_hmac("signatories.limits", f"{kind}:{value.lower()}", algorithm="sha256").hexdigest()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO signatories_limit AS counter (key, began_at, hits)
            VALUES (%s, date_bin(%s, clock_timestamp(), TIMESTAMPTZ '2000-01-01'), %s)
            ON CONFLICT (key, began_at) DO UPDATE SET hits = counter.hits + EXCLUDED.hits
            RETURNING hits
            """,
            [key, period, weight],
        )
        return cursor.fetchone()[0] <= limit


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


def network_key(request) -> str:
    """Return what is equal for two clients of one network, IPv4 /24 or IPv6 /48, and names neither; empty if unknown.

    Keyed, so that whoever has the table but not the key cannot try all networks.
    """
    client = _client(request)
    if client is None:
        return ""
    wide = ip_network((client, 24 if client.version == 4 else 48), strict=False)
    return salted_hmac("signatories.network", str(wide), algorithm="sha256").hexdigest()


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
        return ip_address(address)
    except ValueError:
        return None
