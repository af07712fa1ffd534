"""What an e-mail address and a website say about each other. No database."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from signatories.evidence import (
    FREE_MAIL,
    SHARED_HOSTS,
    domain_of_email,
    domain_of_website,
    is_disposable,
    is_free_mail,
    is_own_domain,
    is_shared_host,
)
from signatories.models import SignOn


@pytest.mark.parametrize(
    ("email", "expected"),
    [
        ("info@hrw.org", "hrw.org"),
        ("Info@HRW.org.", "hrw.org"),
        (" info@mail.hrw.org ", "mail.hrw.org"),
        ('"a@b"@hrw.org', "hrw.org"),
        ("info@éa.org", "xn--a-9fa.org"),
        ("info@مركز.فلسطين", "xn--wgbc4cg.xn--ygbi2ammx"),
        ("hrw.org", ""),
        ("info@", ""),
        ("info@hrw..org", ""),
        ("", ""),
    ],
)
def test_the_domain_of_an_e_mail_address_is_what_follows_its_last_at(email, expected):
    assert domain_of_email(email) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://www.hrw.org/about?x=1#top", "hrw.org"),
        ("HTTP://HRW.ORG", "hrw.org"),
        ("hrw.org", "hrw.org"),
        ("www.hrw.org/about", "hrw.org"),
        ("//hrw.org", "hrw.org"),
        ("hrw.org:8080/about", "hrw.org"),
        ("hrw.org/?next=https://example.org", "hrw.org"),
        ("https://user:secret@hrw.org:443/", "hrw.org"),
        ("https://hrw.org@example.org/", "example.org"),
        ("https://example.org\\@hrw.org/", "example.org"),  # as browsers read it
        ("https://wwwhrw.org", "wwwhrw.org"),
        ("https://ÉA.org.", "xn--a-9fa.org"),
        ("https://مركز.فلسطين/", "xn--wgbc4cg.xn--ygbi2ammx"),
        ("mailto:info@hrw.org", ""),
        ("http://[::1", ""),
        ("https://hrw..org", ""),
        ("", ""),
    ],
)
def test_the_domain_of_a_website_is_its_host_without_www(url, expected):
    assert domain_of_website(url) == expected


@pytest.mark.parametrize(
    ("email", "website"),
    [
        ("info@hrw.org", "https://www.hrw.org/"),
        ("info@HRW.ORG", "hrw.org"),
        ("info@mail.hrw.org", "https://hrw.org"),
        ("info@hrw.org", "https://news.hrw.org"),
        ("info@icj-kenya.or.ke", "https://icj-kenya.or.ke"),
        ("info@mail.redress.org.uk", "https://redress.org.uk"),
        ("info@zmina.ua", "https://zmina.ua"),
        ("info@éa.org", "https://xn--a-9fa.org"),
        ("info@مركز.فلسطين", "https://www.مركز.فلسطين"),
        ("info@ngo.eu.org", "https://ngo.eu.org"),
        ("info@live.org", "https://live.org"),
    ],
)
def test_an_address_on_the_websites_domain_is_its_own(email, website):
    assert is_own_domain(email, website) is True


@pytest.mark.parametrize(
    ("email", "website"),
    [
        ("info@evilhrw.org", "https://hrw.org"),
        ("info@hrw.org", "https://evilhrw.org"),
        ("info@hrw.org.evil.org", "https://hrw.org"),
        ("info@hrw.org", "https://hrw.com"),
        ("info@mail.hrw.org", "https://news.hrw.org"),
        ("info@hrw.org", ""),
        ("", "https://hrw.org"),
        ("", ""),
        ("info@org", "https://hrw.org"),
        ("info@localhost", "https://localhost"),
        ("info@10.0.0.1", "https://10.0.0.1"),
    ],
)
def test_an_address_on_another_domain_is_not(email, website):
    assert is_own_domain(email, website) is False


@pytest.mark.parametrize(
    "suffix", ["org.uk", "co.ke", "com.br", "asso.fr", "ngo.ph", "gob.mx", "org.xn--ygbi2ammx", "eu.org"]
)
def test_a_suffix_under_which_anybody_registers_is_nobodys_own(suffix):
    assert is_own_domain(f"info@{suffix}", f"https://rights.{suffix}") is False
    assert is_own_domain(f"info@rights.{suffix}", f"https://{suffix}") is False
    assert is_own_domain(f"info@{suffix}", f"https://{suffix}") is False
    assert is_own_domain(f"info@rights.{suffix}", f"https://peace.{suffix}") is False
    assert is_own_domain(f"info@rights.{suffix}", f"https://rights.{suffix}") is True


@pytest.mark.parametrize("host", [*sorted(SHARED_HOSTS), "blogspot.com", "blogspot.co.ke", "webnode.fr"])
def test_a_host_of_many_owners_is_nobodys_own(host):
    assert is_own_domain(f"info@{host}", f"https://{host}/rights") is False
    assert is_own_domain(f"info@{host}", f"https://rights.{host}") is False
    assert is_own_domain(f"info@rights.{host}", f"https://rights.{host}") is False
    assert (is_shared_host(f"https://{host}/rights"), is_shared_host(f"rights.{host}")) == (True, True)


@pytest.mark.parametrize("domain", sorted(FREE_MAIL))
def test_a_free_mail_provider_is_nobodys_own(domain):
    assert is_free_mail(f"rights@{domain}") is True
    assert is_own_domain(f"rights@{domain}", f"https://{domain}") is False
    assert is_own_domain(f"rights@{domain}", f"https://rights.{domain}") is False
    assert is_shared_host(f"https://rights.{domain}") is True


@pytest.mark.parametrize(
    "domain",
    """
    gmail.com GMAIL.com googlemail.com yahoo.com yahoo.fr yahoo.co.uk yahoo.com.br hotmail.com hotmail.fr
    hotmail.co.uk outlook.com outlook.es live.com live.nl live.com.mx msn.com aol.com icloud.com me.com mac.com
    proton.me protonmail.com pm.me gmx.de gmx.net gmx.com web.de mail.ru yandex.ru yandex.com yandex.com.tr ya.ru
    ukr.net i.ua qq.com 163.com 126.com sina.com sohu.com naver.com daum.net laposte.net orange.fr free.fr
    wanadoo.fr sfr.fr libero.it uol.com.br bol.com.br terra.com.br zoho.com tutanota.com tuta.com riseup.net
    fastmail.com rediffmail.com
    """.split(),
)
def test_free_mail_is_known_by_its_domain(domain):
    assert is_free_mail(f"rights@{domain}") is True


@pytest.mark.parametrize(
    "email",
    [
        "info@hrw.org",
        "gmail.com@hrw.org",
        "info@notgmail.com",
        "info@gmail.com.evil.org",
        "info@live.org",
        "info@outlook.or.ke",
        "info@myyahoo.com",
        "gmail.com",
        "",
    ],
)
def test_other_domains_are_not_free_mail(email):
    assert is_free_mail(email) is False


def test_a_site_of_ones_own_is_not_shared():
    assert [is_shared_host(one) for one in ("https://hrw.org", "https://notwordpress.com", "")] == [False] * 3


@given(st.text(), st.text())
@example("a@" + "é" * 70, "http://" + "é" * 70)
@example("a@\ud800", "http://\ud800")
@example("a@.", "http://.")
def test_whatever_is_typed_gets_an_answer(email, website):
    assert is_own_domain(email, website) in {True, False}
    assert is_own_domain("info@hrw.org", website) == is_own_domain("info@HRW.org.", website)


# ── the ladder ──


def marks(name="Al-Haq", source="form", **facts):
    """The codes and tones of a sign-on that was read with evidence; nothing is asked of a database."""
    email, website = facts.pop("email", "info@alhaq.example"), facts.pop("website", "https://alhaq.example")
    sign_on = SignOn(name_as_signed=name, source=source, email=email, website=website)
    for fact, value in facts.items():
        setattr(sign_on, fact, value)
    return [(mark.code, mark.tone) for mark in sign_on.evidence]


MAILBOX, OWN = ("mailbox", "good"), ("own-domain", "good")


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"is_confirmed": True}, [MAILBOX, OWN]),
        ({"is_confirmed": False}, [("mailbox", "bad"), OWN]),
        ({"is_confirmed": True, "email": "alhaq@gmail.com"}, [MAILBOX, ("free-mail", "neutral")]),
        ({"is_confirmed": True, "email": "alhaq@mailinator.com"}, [MAILBOX, ("disposable", "bad")]),
        (
            {"is_confirmed": True, "email": "a@x.mailinator.com", "website": "x.mailinator.com"},
            [MAILBOX, ("disposable", "bad")],
        ),
        ({"is_confirmed": True, "email": "a@other.example"}, [MAILBOX, ("other-domain", "bad")]),
        ({"is_confirmed": True, "website": ""}, [MAILBOX, ("no-website", "neutral")]),
        ({"source": "post", "email": ""}, [("no-email", "neutral")]),
        ({"source": "email"}, [("in-writing", "neutral"), OWN]),
        ({"is_confirmed": True, "objection": "confirmed"}, [MAILBOX, OWN, ("objection", "good")]),
        ({"is_confirmed": True, "objection": "objected"}, [MAILBOX, OWN, ("objection", "bad")]),
        ({"is_confirmed": True, "objection": "silent"}, [MAILBOX, OWN, ("objection", "neutral")]),
        ({"is_confirmed": True, "objection": None, "has_seen_document": True}, [MAILBOX, OWN, ("document", "good")]),
        ({"is_confirmed": True, "is_in_burst": True}, [MAILBOX, OWN, ("burst", "bad")]),
        ({"is_confirmed": True, "name": "Аl-Haq"}, [MAILBOX, OWN, ("mixed-script", "bad")]),
        ({"is_confirmed": True, "name": "КримSOS"}, [MAILBOX, OWN]),
    ],
)  # fmt: skip
def test_the_ladder_says_what_speaks_for_a_sign_on_and_against_it_in_order(facts, expected):
    assert marks(**facts) == expected


def test_silence_of_the_published_address_is_never_called_consent():
    sign_on = SignOn(name_as_signed="Al-Haq", source="form", email="a@alhaq.example")
    sign_on.objection = "silent"

    assert [(one.good, one.words) for one in sign_on.evidence if one.code == "objection"] == [
        (None, "the published address has not answered")
    ]


@pytest.mark.parametrize(
    ("email", "expected"),
    [
        ("a@mailinator.com", True),
        ("a@MAILINATOR.com", True),
        ("a@sub.mailinator.com", True),
        ("a@not-mailinator.example", False),
        ("a@gmail.com", False),
        ("a@hrw.org", False),
        ("a@com", False),
        ("", False),
    ],
)
def test_throw_away_addresses_are_known_by_their_domain(email, expected):
    assert is_disposable(email) is expected
