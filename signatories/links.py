"""E-mailed links: a random token per link and purpose. It is known to its mailbox alone; here stands its hash."""

import secrets
from collections.abc import Callable

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from letter.models import absolute

from .models.link import Link, digest

# Links of other rooms in messages: purpose → what makes the address, from the key of what the message is about.
MAKERS: dict[str, Callable[[int], str]] = {}


class BadLink(Exception):
    """This site did not make the link for this purpose: it was cut short or altered, or ended long ago."""


class RevokedLink(BadLink):
    """The link was made here, and then taken back: another mailbox has taken over."""


class UsedLink(BadLink):
    """The link was used up, or ended, in this very moment."""


def token(purpose: str, about: int) -> str:
    """Return the token of a new link for `purpose`, a key of ``settings.LINK_LIFETIMES``, to what it is `about`.

    The row says until when it works: a lifetime that is changed later counts for new links.
    """
    value = secrets.token_urlsafe(32)
    lifetime = settings.LINK_LIFETIMES[purpose]
    now = timezone.now()
    Link.objects.create(purpose=purpose, about=about, sha256=digest(value), created_at=now, expires_at=now + lifetime)
    return value


def url(purpose: str, about: int) -> str:
    """Return the full address of a new link for `purpose`; another room makes its own."""
    if purpose in MAKERS:
        return MAKERS[purpose](about)
    return absolute(reverse(f"signatories:{purpose}", args=[token(purpose, about)]))


def read(purpose: str, value: str) -> Link:
    """Return the link of the token `value`, which may be expired or used. One query, and nothing changes.

    Raises:
        RevokedLink: if it was taken back.
        BadLink: if there is no such link for this purpose.
    """
    link = Link.objects.known_by(value, purpose).first()
    if link is None:
        raise BadLink
    if link.revoked_at:
        raise RevokedLink
    return link


def use(purpose: str, value: str) -> None:
    """Use up the link of the token `value`; of two at once, one gets through.

    Belongs into the transaction of the act, after the rows of what it is about were locked, as `revoke` does.

    Raises:
        UsedLink: if it does not work, or no longer.
    """
    if not Link.objects.known_by(value, purpose).usable().update(used_at=timezone.now()):
        raise UsedLink


def revoke(sign_on_id: int) -> None:
    """Take back all links of the representative to a sign-on. Belongs into the transaction of who takes over."""
    Link.objects.of_the_representative(sign_on_id).filter(revoked_at=None).update(revoked_at=timezone.now())


def notice_token(notice_id: int) -> str:
    """Return the token of a new link with which an organisation objects."""
    return token("objection", notice_id)


def notice_url(notice_id: int) -> str:
    """Return the full address of a new link with which an organisation objects."""
    return url("objection", notice_id)


def read_notice(value: str) -> Link:
    """Return the link of the token `value` of a notice; raises as `read`."""
    return read("objection", value)
