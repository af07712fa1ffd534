"""E-mailed links: a signed reference to a sign-on, with a salt per purpose. Nothing of them is stored."""

from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.core.signing import BadSignature, SignatureExpired, TimestampSigner
from django.urls import reverse

from letter.models import absolute

# Links of other rooms in messages: purpose → what makes the address, from the key of what the message is about.
MAKERS: dict[str, Callable[[int], str]] = {}


class BadLink(Exception):
    """This site did not sign the link for this purpose: it was cut short or altered."""


@dataclass(frozen=True)
class Link:
    """What a link says: which sign-on it is about, and whether its time is over."""

    sign_on_id: int
    is_expired: bool


def token(purpose: str, sign_on_id: int) -> str:
    """Return a new token for `purpose`, a key of ``settings.LINK_LIFETIMES``."""
    return _signer(purpose).sign(str(sign_on_id))


def url(purpose: str, sign_on_id: int) -> str:
    """Return the full address of a new link for `purpose`; another room's are about something else than a sign-on."""
    if purpose in MAKERS:
        return MAKERS[purpose](sign_on_id)
    return absolute(reverse(f"signatories:{purpose}", args=[token(purpose, sign_on_id)]))


def read(purpose: str, value: str) -> Link:
    """Return what the token `value` says.

    Raises:
        BadLink: if it was not signed here, or for another purpose.
    """
    signer = _signer(purpose)
    try:
        return Link(int(signer.unsign(value, max_age=settings.LINK_LIFETIMES[purpose])), is_expired=False)
    except SignatureExpired:
        return Link(int(signer.unsign(value)), is_expired=True)
    except BadSignature:
        raise BadLink from None


def _signer(purpose: str) -> TimestampSigner:
    return TimestampSigner(salt=f"signatories.links.{purpose}")
