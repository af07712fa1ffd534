"""E-mailed links: a signed reference to a sign-on or a notice, with a salt per purpose. Nothing of them is stored."""

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


@dataclass(frozen=True)
class NoticeLink:
    """The same of a link that an organisation got with a notice: it leads to that notice, and to no sign-on."""

    notice_id: int
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
    return Link(*_unsign(purpose, value))


def notice_token(notice_id: int) -> str:
    """Return a new token with which an organisation objects."""
    return _signer("objection").sign(str(notice_id))


def notice_url(notice_id: int) -> str:
    """Return the full address of a new link with which an organisation objects."""
    return absolute(reverse("signatories:objection", args=[notice_token(notice_id)]))


def read_notice(value: str) -> NoticeLink:
    """Return what the token `value` of a notice says.

    Raises:
        BadLink: if it was not signed here, or for another purpose.
    """
    return NoticeLink(*_unsign("objection", value))


def _unsign(purpose: str, value: str) -> tuple[int, bool]:
    """Return the number that was signed, and whether its time is over."""
    signer = _signer(purpose)
    try:
        return int(signer.unsign(value, max_age=settings.LINK_LIFETIMES[purpose])), False
    except SignatureExpired:
        return int(signer.unsign(value)), True
    except BadSignature:
        raise BadLink from None


def _signer(purpose: str) -> TimestampSigner:
    return TimestampSigner(salt=f"signatories.links.{purpose}")
