"""What speaks for a sign-on or against it, and what an e-mail address and a website say about each other.

Pure functions; no look-up leaves the machine. A hint to the moderator, never a decision: in doubt there is no match.
"""

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from disposable_email_domains import blocklist
from django.utils.translation import gettext as _

from .names import is_mixed, isolated
from .states import Source

if TYPE_CHECKING:
    from .models import SignOn

# Anybody can have an address there: it says nothing about an organisation.
FREE_MAIL = frozenset(
    """
    126.com 139.com 163.com bk.ru bol.com.br daum.net disroot.org email.com fastmail.com fastmail.fm foxmail.com free.fr
    freenet.de gmail.com googlemail.com hanmail.net hushmail.com i.ua icloud.com ig.com.br inbox.lv inbox.ru interia.pl
    keemail.me laposte.net libero.it list.ru mac.com mail.com mail.ee mail.ru mailbox.org mailfence.com
    me.com meta.ua msn.com mweb.co.za naver.com neuf.fr o2.pl onet.pl op.pl orange.fr passport.com pm.me posteo.de
    posteo.net proton.me protonmail.ch protonmail.com qq.com rambler.ru rediffmail.com riseup.net rocketmail.com
    seznam.cz sfr.fr sina.cn sina.com sohu.com t-online.de telkomsa.net terra.com.br tiscali.it tuta.com tuta.io
    tutamail.com tutanota.com tutanota.de ukr.net uol.com.br virgilio.it wanadoo.fr walla.co.il web.de wp.pl ya.ru
    yeah.net ymail.com zoho.com zohomail.com
    """.split()
)
# Providers with a domain in most countries: yahoo.co.uk, hotmail.fr, gmx.net.
FREE_MAIL_FAMILY = re.compile(r"(?:aol|gmx|hotmail|live|outlook|yahoo|yandex)\.(?:com|net|(?:com?\.)?[a-z]{2})")

# Sites of many owners: two organisations there share a domain and nothing else.
SHARED_HOSTS = frozenset(
    """
    000webhostapp.com altervista.org amazonaws.com azurewebsites.net blogger.com business.site canalblog.com carrd.co
    change.org cloudfront.net e-monsite.com facebook.com fb.com fb.me firebaseapp.com github.com github.io gitlab.io
    godaddysites.com gofundme.com google.com herokuapp.com instagram.com jimdo.com jimdofree.com jimdosite.com
    linkedin.com linktr.ee livejournal.com medium.com mystrikingly.com narod.ru netlify.app notion.site over-blog.com
    pages.dev site123.me squarespace.com strikingly.com substack.com t.me telegram.me tiktok.com tilda.ws tripod.com
    tumblr.com twitter.com unblog.fr vercel.app vk.com wa.me web.app webs.com weebly.com whatsapp.com wifeo.com wix.com
    wixsite.com wordpress.com wpengine.com x.com youtube.com
    """.split()
)
# The same with a domain in many countries: blogspot.co.ke, webnode.fr.
_SHARED_LABELS = frozenset("blogspot ucoz webnode".split())

# First labels of suffixes such as co.ke and org.uk, under which anybody registers (publicsuffix.org).
_SECOND_LEVEL = frozenset(
    """
    ac adv asn asso blog co com ed edu firm gen go gob gouv gov gov govt gv id in ind inf info int k12 ltd me mil ne
    net ngo nhs nic nom ong or org plc pro sc sch school sci web
    """.split()
)
_PRIVATE_SUFFIXES = frozenset("br.com co.com de.com eu.org gb.net uk.com uk.net us.com us.org za.com".split())


class Mark(NamedTuple):
    """One thing that speaks for a sign-on, against it, or neither."""

    good: bool | None
    code: str
    words: str

    @property
    def tone(self) -> str:
        """Return “good”, “bad” or “neutral”."""
        return "neutral" if self.good is None else "good" if self.good else "bad"


def ladder(sign_on: "SignOn") -> list[Mark]:
    """Return the marks of a sign-on that `with_evidence` has read, in the order in which a moderator asks for them.

    First how it came and by whom the mailbox is held, then what others said, then what is odd. Without a query.
    """
    marks = [_mailbox(sign_on)] if sign_on.source == Source.FORM else [_in_writing(sign_on)]
    if sign_on.email:
        marks.append(_address(sign_on.email, sign_on.website))
    if getattr(sign_on, "invited_by", ""):
        marks.append(_invitation(sign_on))
    # Read where the objection notice and the documents are: `SignOnQuerySet.with_evidence`.
    if (said := getattr(sign_on, "objection", None)) and said in (words := _objections()):
        marks.append(words[said])
    if getattr(sign_on, "has_seen_document", False):
        marks.append(Mark(True, "document", _("document seen by a moderator")))
    if getattr(sign_on, "is_in_burst", False):
        marks.append(Mark(False, "burst", _("many sign-ons from one place within an hour")))
    if is_mixed(sign_on.name_as_signed):
        marks.append(Mark(False, "mixed-script", _("the name mixes letters of two scripts that look alike")))
    return marks


def _mailbox(sign_on: "SignOn") -> Mark:
    is_confirmed = getattr(sign_on, "is_confirmed", False)
    return Mark(is_confirmed, "mailbox", _("mailbox confirmed") if is_confirmed else _("mailbox not confirmed"))


def _in_writing(sign_on: "SignOn") -> Mark:
    if not sign_on.email:
        return Mark(None, "no-email", _("came in writing, without an e-mail address"))
    return Mark(None, "in-writing", _("came in writing"))


def _address(email: str, website: str) -> Mark:
    """Return what the address says."""
    if is_disposable(email):
        return Mark(False, "disposable", _("throw-away e-mail address"))
    if is_own_domain(email, website):
        return Mark(True, "own-domain", _("e-mail on the website's domain"))
    if is_free_mail(email):
        return Mark(None, "free-mail", _("free-mail address"))
    if website:
        return Mark(False, "other-domain", _("e-mail on another domain than the website"))
    return Mark(None, "no-website", _("no website to compare the e-mail with"))


def _invitation(sign_on: "SignOn") -> Mark:
    """Return who invited. That speaks for whoever holds the mailbox that was invited, and for nobody else."""
    words = {"network": isolated(sign_on.invited_by)}
    if not sign_on.is_at_invited_address:
        return Mark(None, "invited", _("invited by %(network)s, at another address") % words)
    is_confirmed = getattr(sign_on, "is_confirmed", False)
    return Mark(is_confirmed or None, "invited", _("invited by %(network)s at this address") % words)


def _objections() -> dict[str, Mark]:
    """Return what became of the message to the organisation's published address, by outcome. Silence is no consent."""
    return {
        "confirmed": Mark(True, "objection", _("the published address said yes")),
        "objected": Mark(False, "objection", _("the published address objected")),
        "silent": Mark(None, "objection", _("the published address has not answered")),
        "asked": Mark(None, "objection", _("the published address has been asked")),
    }


def domain_of_email(email: str) -> str:
    """Return the domain of an address, in lower case and ASCII (IDNA); empty if there is none."""
    return _ascii(email.rpartition("@")[2]) if "@" in email else ""


def domain_of_website(url: str) -> str:
    """Return the host of a web address without “www.”, in lower case and ASCII (IDNA); empty if there is none."""
    # As browsers read them: a backslash is a slash, and an address may lack its scheme.
    address = url.strip().replace("\\", "/")
    if not re.match(r"[a-z][a-z0-9+.-]*:", address, re.IGNORECASE) or re.match(r"[^/:]+:\d", address):
        address = f"//{address.lstrip('/')}"
    try:
        return _ascii(urlsplit(address).hostname or "").removeprefix("www.")
    except ValueError:  # an unclosed bracket of an IPv6 address
        return ""


def is_free_mail(email: str) -> bool:
    """Whether the address is with a provider where anybody can have one."""
    return _is_free(domain_of_email(email))


def is_disposable(email: str) -> bool:
    """Whether the address is with a provider of mailboxes that are thrown away (the list of that name on PyPI)."""
    labels = domain_of_email(email).split(".")
    return any(".".join(labels[start:]) in blocklist for start in range(len(labels) - 1))


def is_shared_host(website: str) -> bool:
    """Whether many owners have pages on the website's host, so that two of them share nothing else."""
    return _is_shared(domain_of_website(website))


def is_own_domain(email: str, website: str) -> bool:
    """Whether the e-mail's domain is the website's, or above or below it, and belongs to one owner."""
    mail, site = domain_of_email(email), domain_of_website(website)
    parent, child = sorted((mail, site), key=len)
    is_related = child == parent or child.endswith(f".{parent}")
    return is_related and not is_public_suffix(parent) and not _is_shared(child)


def of_email(email: str, website: str) -> str:
    """Return in one word what the address says, the code of its mark; "no-email" if there is none."""
    return _address(email, website).code if email else "no-email"


def _is_free(domain: str) -> bool:
    return domain in FREE_MAIL or FREE_MAIL_FAMILY.fullmatch(domain) is not None


def _is_shared(domain: str) -> bool:
    labels = domain.split(".")
    parents = {".".join(labels[start:]) for start in range(len(labels))}
    is_host = not (SHARED_HOSTS.isdisjoint(parents) and _SHARED_LABELS.isdisjoint(labels))
    return is_host or any(map(_is_free, parents))


def is_public_suffix(domain: str) -> bool:
    """Whether many owners register below `domain`, or it is no domain at all, such as an IP address."""
    first, _, rest = domain.partition(".")
    if not rest or rest.rpartition(".")[2].isdecimal() or domain in _PRIVATE_SUFFIXES:
        return True
    return first in _SECOND_LEVEL and re.fullmatch(r"[a-z]{2}|xn--[a-z0-9-]+", rest) is not None


def _ascii(host: str) -> str:
    """Return the host as the name system compares it (RFC 3490), empty if it cannot be one."""
    try:
        return host.strip().rstrip(".").encode("idna").decode("ascii").lower()
    except UnicodeError:  # an empty label, or one of more than 63 characters
        return ""
