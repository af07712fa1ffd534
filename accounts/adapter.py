"""What the library asks us: how often one may try, who may sign up, where a message goes."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from signatories import limits

# Attempts an hour to sign in, from one network and to one account.
ATTEMPTS = 30


class AccountAdapter(DefaultAccountAdapter):
    """Accounts by invitation only, with limits that hold for all web processes together."""

    def is_open_for_signup(self, request):
        """Nobody signs up: accounts are made by invitation."""
        return False

    def pre_authenticate(self, request, **credentials):
        """Count the attempt before the password is looked at, for the network and for the account alike."""
        account = credentials.get("username") or credentials.get("email", "")
        if not all(
            [
                limits.hit("sign-in", limits.network(request), ATTEMPTS),
                limits.hit("sign-in to", account, ATTEMPTS),
            ]
        ):
            raise ValidationError(_("There were many attempts to sign in. Please wait an hour."))

    def get_client_ip(self, request):
        """Count by network, as all limits do, behind `PROXY_HOPS` too."""
        return limits.network(request)


class MFAAdapter(DefaultMFAAdapter):
    """Second factors."""

    def build_totp_svg(self, url):
        """Return the picture of the secret so that it can stand in the page: the policy lets no data address in."""
        picture = super().build_totp_svg(url)
        return picture[picture.index("<svg") :]
