"""What could be meant instead of what was typed: suggestions that are right, and otherwise none."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from signatories import hints, names
from signatories.evidence import FREE_MAIL

LETTERS = st.sampled_from("abcdefghijklmnopqrstuvwxyz")
LONG = [one for one in hints.COMMON if len(one.partition(".")[0]) > 6]


@pytest.mark.parametrize(
    ("domain", "meant"),
    [
        ("gmial.com", "gmail.com"),
        ("gmal.com", "gmail.com"),
        ("gmaill.com", "gmail.com"),
        ("gmail.con", "gmail.com"),
        ("gmial.con", "gmail.com"),
        ("gmail.cmo", "gmail.com"),
        ("gmail.co", "gmail.com"),
        ("gmal.cm", "gmail.com"),
        ("GMIAL.com", "gmail.com"),
        ("hotmial.fr", "hotmail.fr"),
        ("homtail.com", "hotmail.com"),
        ("yaho.com", "yahoo.com"),
        ("yahooo.co.uk", "yahoo.co.uk"),
        ("outlok.com", "outlook.com"),
        ("protonmial.com", "protonmail.com"),
        ("icluod.com", "icloud.com"),
        ("alhaq.ogr", "alhaq.org"),
        ("alhaq.con", "alhaq.com"),
    ],
)
def test_a_slip_in_the_domain_of_an_address_is_noticed(domain, meant):
    assert hints.email(f"Amina.Diallo@{domain}") == f"Amina.Diallo@{meant}"


@pytest.mark.parametrize(
    "domain",
    "mail.com gmx.net ymail.com email.com yahoo.de yahoo.com.mx hotmail.be outlook.de live.co.uk mail.ru me.com aol.com"
    " web.dk free.fi orange.es gmail.fr amnesty.org hrw.org alhaq.org example.co fidh.org icj.org aol.cm snail.com"
    " localhost gmailcom".split(),
)
def test_a_domain_that_is_somebodys_is_left_alone(domain):
    assert hints.email(f"amina@{domain}") == ""


def test_an_address_on_the_organisations_own_website_is_right_whatever_it_resembles():
    assert hints.email("a@grail.com", "https://www.grail.com/about") == ""
    assert hints.email("a@grail.com") == "a@gmail.com"


@given(domain=st.sampled_from(sorted(FREE_MAIL | set(hints.COMMON))), box=st.text(min_size=1, max_size=20))
def test_no_known_provider_is_taken_for_a_slip_of_another(domain, box):
    assert hints.email(f"{box}@{domain}") == ""


@given(domain=st.sampled_from(LONG), data=st.data())
def test_one_slip_in_a_long_domain_leads_back_to_it_or_to_one_as_near(domain, data):
    label, _dot, ending = domain.partition(".")
    place = data.draw(st.integers(0, len(label) - 2))
    slip = data.draw(st.sampled_from(["swap", "drop", "double", "other"]))
    wrong = {
        "swap": label[:place] + label[place + 1] + label[place] + label[place + 2 :],
        "drop": label[:place] + label[place + 1 :],
        "double": label[: place + 1] + label[place:],
        "other": label[:place] + data.draw(LETTERS) + label[place + 1 :],
    }[slip]
    assume(wrong != label and not hints.evidence.is_free_mail(f"a@{wrong}.{ending}"))
    assume(f"{wrong}.{ending}" not in hints.COMMON)

    meant = hints.email(f"a@{wrong}.{ending}").removeprefix("a@")

    assert meant in hints.COMMON
    assert hints.distance(f"{wrong}.{ending}", meant) <= hints.distance(wrong, label) == 1


@given(typed=st.text(max_size=300), website=st.text(max_size=50))
def test_whatever_is_typed_into_the_address_there_is_an_answer_and_it_has_none_itself(typed, website):
    meant = hints.email(typed, website)

    assert meant == "" or meant.rpartition("@")[0] == typed.rpartition("@")[0]
    assert hints.email(meant, website) == ""


@given(one=st.text("abc.", max_size=8), other=st.text("abc.", max_size=8))
def test_the_distance_is_none_only_between_equals_and_the_same_both_ways(one, other):
    assert (hints.distance(one, other) == 0) == (one == other)
    assert hints.distance(one, other) == hints.distance(other, one) <= 3


@pytest.mark.parametrize(
    ("website", "code"),
    [
        ("https://www.fidh.fr", "FR"),
        ("www.khrc.or.ke/about", "KE"),
        ("khrc.co.ke", "KE"),
        ("https://redress.org.uk", "GB"),
        ("http://مركز.فلسطين", "PS"),
        ("https://xn--wgbl6a.xn--ygbi2ammx/", "PS"),
        ("https://пример.рф", "RU"),
        ("https://example.org.co", "CO"),
        ("https://example.ch:8080/x", "CH"),
    ],
)
def test_a_country_is_read_off_the_end_of_a_website(website, code):
    assert hints.country(website) == code


@pytest.mark.parametrize(
    "website",
    [
        *("", "example.org", "example.com", "example.eu", "example.int", "icc-cpi.int", "x.io", "x.tv", "x.co", "x.me"),
        *("x.ai", "x.ly", "x.su", "blog.wordpress.com", "x.blogspot.fr", "fr", ".fr", "x..", "[::1", "org.co", "co.me"),
        *("https://xn--a.fr--", "https://xn--\udcff.fr"),
    ],
)
def test_an_end_that_says_nothing_suggests_no_country(website):
    assert hints.country(website) == ""


@given(st.text(max_size=100))
def test_whatever_is_typed_as_a_website_suggests_a_country_or_none(typed):
    assert hints.country(typed) in {"", *hints.COUNTRIES}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("JUSTICE SANS FRONTIÈRES", "Justice Sans Frontières"),
        ("HUMAN RIGHTS WATCH (HRW)", "Human Rights Watch (HRW)"),
        ("jUSTICE sANS fRONTIÈRES", "Justice Sans Frontières"),
        ("FIDH", ""),
        ("Al-Haq", ""),
        ("iPEACE", ""),
        ("Amnesty International", ""),
        ("مركز الميزان لحقوق الإنسان", ""),
    ],
)
def test_caps_lock_is_noticed_and_acronyms_are_not_taken_for_it(typed, meant):
    assert hints.name(typed) == meant


@given(st.text(max_size=250))
def test_a_better_cased_name_has_the_same_letters_and_needs_no_other(typed):
    meant = hints.name(typed)

    assert meant == "" or meant.casefold() == typed.casefold()
    assert hints.name(meant) == ""


@given(st.text(max_size=250))
def test_an_acronym_stands_in_the_name(typed):
    meant = hints.acronym(typed)

    assert meant in typed
    assert meant == names.split_acronym(typed)[1] or len(typed) > names.MAX_LENGTH


def test_what_was_answered_is_not_suggested_again():
    answers = {
        "name_as_signed": "Al-Haq (AH)",
        "acronym": "",
        "country": "",
        "website": "alhaq.ps",
        "email": "a@gmial.com",
    }

    assert hints.hints(answers) == {"acronym": "AH", "country": "PS", "email": "a@gmail.com"}
    assert hints.hints(answers | {"acronym": "AHQ", "country": "FR", "email": "a@alhaq.ps"}) == {}
