"""How the shared cache names its entries."""

from django.utils.crypto import salted_hmac


def hidden(key, prefix, version):
    """Return the name under which `key` is stored: keys name networks and mailboxes, which no table shall."""
    return salted_hmac("config.cache", f"{prefix}:{version}:{key}", algorithm="sha256").hexdigest()
