"""Second factors: who has one, and who has used it in this session."""

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled

# What a recovery code stands in for. A code alone is none.
FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]


def has_second_factor(user):
    """Say whether `user` has an authenticator app or a passkey."""
    return is_mfa_enabled(user, FACTORS)


def has_proved_it(request):
    """Say whether a second factor was used in this session; a passkey counts, also where it was the only one."""
    return any(record["method"] == "mfa" for record in get_authentication_records(request, request.user))


def prove(request, authenticator):
    """Count the adding of a factor as its use: a code was typed, or a key was touched. The library does not."""
    if authenticator.type in FACTORS:
        record_authentication(
            request, authenticator.user, "mfa", id=authenticator.pk, type=authenticator.type, reauthenticated=True
        )
