"""The language of a page: chosen by its address, suggested by the browser's wish, kept by the sign-on."""

import re

import pytest

from signatories import links, mail
from signatories.models import SignOn
from tests.factories import a_letter, a_sign_on

pytestmark = pytest.mark.django_db


def language_of(answer):
    """What a page says of itself, and how its answer is labelled."""
    found = re.search('<html lang="([a-z-]+)" dir="([a-z]+)">', answer.content.decode())
    return (*found.groups(), answer["Content-Language"])


@pytest.mark.parametrize(
    ("prefix", "language"),
    [
        ("", ("en-gb", "ltr", "en-gb")),
        ("/fr", ("fr", "ltr", "fr")),
        ("/es", ("es", "ltr", "es")),
        ("/ar", ("ar", "rtl", "ar")),
    ],
)
def test_a_page_speaks_the_language_that_its_address_begins_with(client, prefix, language):
    letter = a_letter()

    answer = client.get(f"{prefix}/{letter.slug}/sign/")

    assert language_of(answer) == language
    assert re.findall(r'[^m]action="(/[^"?]*/sign/)[?"]', answer.content.decode()) == [f"{prefix}/{letter.slug}/sign/"]


def test_what_the_browser_prefers_is_suggested_in_that_language_and_never_forced(client):
    letter = a_letter()

    answer = client.get(f"/{letter.slug}/sign/sent/", headers={"accept-language": "sw, ar-EG;q=0.9, fr;q=0.8"})

    page = answer.content.decode()
    assert language_of(answer)[0] == "en-gb"
    assert re.findall('<p class="suggested" lang="(.*?)" dir="(.*?)"><a href="(.*?)"', page) == [
        ("ar", "rtl", f"/ar/{letter.slug}/sign/sent/")
    ]
    assert "Accept-Language" in answer["Vary"]
    assert answer.cookies == {}


@pytest.mark.parametrize("wish", ["en", "en-US,en;q=0.9,fr;q=0.5", "sw", "*", "", "x" * 3000, "fr;q=much"])
def test_nothing_is_suggested_to_whoever_is_content_or_says_nothing_that_we_have(client, wish):
    letter = a_letter()

    page = client.get(f"/{letter.slug}/sign/", headers={"accept-language": wish}).content.decode()

    assert 'class="suggested"' not in page


def test_every_page_of_a_representative_links_to_itself_in_the_other_languages(client):
    token = links.token("status", a_sign_on().pk)

    page = client.get(f"/es/status/{token}/").content.decode()

    linked = re.findall('<li><a href="(.*?)" lang="(.*?)" hreflang=".*?">(.*?)</a>', page)
    assert linked == [
        (f"/status/{token}/", "en-gb", "English"),
        (f"/ar/status/{token}/", "ar", "العربيّة"),
        (f"/fr/status/{token}/", "fr", "Français"),
    ]


def test_a_letter_whose_address_begins_like_a_language_is_in_english(client):
    letter = a_letter(slug="fr-2020")

    assert language_of(client.get(f"/{letter.slug}/sign/"))[0] == "en-gb"


def test_a_page_that_is_not_there_says_so_in_the_language_of_its_address(client):
    assert language_of(client.get("/ar/nothing/here/"))[:2] == ("ar", "rtl")
    assert language_of(client.get("/nothing/here/"))[:2] == ("en-gb", "ltr")


def test_messages_and_their_links_are_in_the_language_of_the_sign_on_whoever_causes_them():
    sign_on = a_sign_on(state="unconfirmed", language="fr")

    sign_on.confirm()

    confirm, confirmed = sign_on.messages.order_by("pk")
    assert (confirm.language, confirmed.language) == ("fr", "fr")
    assert re.search(r"https://[^/]+/fr/confirm/", mail.envelope(confirm).body)
    assert re.search(r"https://[^/]+/fr/status/", mail.envelope(confirmed).body)
    assert '<html lang="fr" dir="ltr">' in confirm.html


@pytest.mark.parametrize(
    ("language", "name", "shown"),
    [
        ("fr", "مركز العدالة (JC)", "\u2068مركز العدالة (JC)\u2069"),
        ("ar", "Justice Watch (JW)", "\u2068Justice Watch (JW)\u2069"),
        ("ar", "مركز العدالة", "مركز العدالة"),
        ("fr", "Justice Watch", "Justice Watch"),
    ],
)
def test_in_subject_and_text_a_name_that_runs_the_other_way_is_isolated_and_no_other(language, name, shown):
    message = a_sign_on(state="unconfirmed", language=language, name=name).messages.get()

    assert shown in message.subject
    assert shown in message.text
    assert ("\u2068" in message.subject) is ("\u2068" in shown)


def test_a_sign_on_that_came_by_another_way_is_written_to_in_the_language_of_its_text():
    sign_on = a_sign_on(a_letter(language="sw"), state="unconfirmed")

    assert SignOn.objects.values_list("language", flat=True).get() == "sw"
    assert sign_on.messages.get().language == "en-gb"
