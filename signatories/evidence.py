"""What an e-mail address and a website say about each other; pure functions, no look-up leaves the machine."""

from urllib.parse import urlsplit

# Anybody can have an address there: it says nothing about an organisation.
FREE_MAIL = set(
    """
    163.com 126.com aol.com bol.com.br daum.net fastmail.com free.fr gmail.com gmx.at gmx.ch gmx.com gmx.de
    gmx.net googlemail.com hotmail.co.uk hotmail.com hotmail.es hotmail.fr hotmail.it hushmail.com i.ua
    icloud.com inbox.ru laposte.net libero.it list.ru live.co.uk live.com live.fr mac.com mail.com mail.ru
    me.com msn.com naver.com orange.fr outlook.com outlook.es outlook.fr pm.me proton.me protonmail.ch
    protonmail.com qq.com rediffmail.com riseup.net sfr.fr sina.com sohu.com terra.com.br tuta.com tuta.io
    tutanota.com ukr.net uol.com.br wanadoo.fr web.de ya.ru yahoo.ca yahoo.co.id yahoo.co.in yahoo.co.jp
    yahoo.co.uk yahoo.com yahoo.com.ar yahoo.com.br yahoo.com.mx yahoo.de yahoo.es yahoo.fr yahoo.it
    yandex.com yandex.ru ymail.com zoho.com
    """.split()
)
# Sites of many owners: two organisations there share a domain and nothing else.
SHARED_HOSTS = set(
    """
    blogspot.com facebook.com github.io google.com instagram.com linkedin.com medium.com netlify.app
    sites.google.com squarespace.com strikingly.com tumblr.com twitter.com webnode.com weebly.com wixsite.com
    wordpress.com x.com youtube.com
    """.split()
)
# First labels of suffixes such as co.ke and org.uk, under which anybody registers.
SECOND_LEVEL = {
    "ac",
    "asso",
    "co",
    "com",
    "edu",
    "gob",
    "gov",
    "gouv",
    "ne",
    "net",
    "ngo",
    "ong",
    "or",
    "org",
}


def domain_of_email(email: str) -> str:
    """Return the domain of an address, in lower case and ASCII (IDNA); empty if there is none."""
    return _ascii(email.rpartition("@")[2])


def domain_of_website(url: str) -> str:
    """Return the host of an http(s) address without “www.”, in lower case and ASCII (IDNA)."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return ""
    return _ascii(host).removeprefix("www.")


def is_free_mail(email: str) -> bool:
    """Whether the address is with a provider where anybody can have one."""
    return domain_of_email(email) in FREE_MAIL


def is_own_domain(email: str, website: str) -> bool:
    """Whether the e-mail's domain is the website's, or above or below it."""
    mail, site = domain_of_email(email), domain_of_website(website)
    parent = min(mail, site, key=len)
    if not parent or _is_shared(mail) or _is_shared(site) or _is_public_suffix(parent):
        return False
    return mail == site or max(mail, site, key=len).endswith(f".{parent}")


def _is_shared(domain: str) -> bool:
    return domain in FREE_MAIL or any(domain == host or domain.endswith(f".{host}") for host in SHARED_HOSTS)


def _is_public_suffix(domain: str) -> bool:
    labels = domain.split(".")
    return len(labels) < 2 or (len(labels) == 2 and len(labels[1]) == 2 and labels[0] in SECOND_LEVEL)


def _ascii(host: str) -> str:
    try:
        return host.strip().rstrip(".").lower().encode("idna").decode("ascii")
    except UnicodeError:
        return host.strip().lower()
