"""The links in messages of this room, made when a message is sent: no token is stored."""

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.contrib.auth.models import User
from django.urls import reverse

from letter.models import absolute

from .models import Invitation


def invitation(pk: int) -> str:
    """Return the address at which an invitation is accepted."""
    return absolute(reverse("accounts:accept", args=[Invitation.objects.get(pk=pk).token]))


def reset(pk: int) -> str:
    """Return the address at which a user sets a new password; it works until then, or for `PASSWORD_RESET_TIMEOUT`."""
    user = User.objects.get(pk=pk)
    key = default_token_generator.make_token(user)
    return absolute(reverse("account_reset_password_from_key", args=[user_pk_to_url_str(user), key]))
