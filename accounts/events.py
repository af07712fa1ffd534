"""What the library tells of second factors: its only door for that. All of it goes on record."""

from allauth.mfa import signals

from audit.models import record

from .factors import prove


def added(sender, request, user, authenticator, **more):
    """Somebody has a new factor, or their first recovery codes."""
    prove(request, authenticator)
    record(user, "add_factor", user, kind=authenticator.type)


def removed(sender, request, user, authenticator, **more):
    """Somebody took away a factor of their own."""
    record(user, "remove_factor", user, kind=authenticator.type)


def renewed(sender, request, user, authenticator, **more):
    """Somebody made new recovery codes."""
    record(user, "renew_recovery_codes", user)


def connect():
    """Listen from now on."""
    signals.authenticator_added.connect(added)
    signals.authenticator_removed.connect(removed)
    signals.authenticator_reset.connect(renewed)
