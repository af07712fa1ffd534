"""The page above all letters, in each language of the site."""

import re

import pytest
from django.conf import settings

from letter import releases
from letter.documents import make_documents
from letter.front import languages
from letter.models import Letter
from letter.publication import publish
from letter.serving import PublishedSite
from tests.factories import a_letter
from tests.test_read import Answer, django_is_not_asked

pytestmark = pytest.mark.django_db
FRENCH = {"title": "Une lettre commune", "salutation": "Excellence,", "body": "Nous.", "closing": ""}


def a_published(*, french=True, **fields):
    letter = a_letter(**fields)
    if french:
        letter.revise("fr", **FRENCH)
    publish(letter, [])
    make_documents(letter)
    return letter


def served(path):
    """What a web machine answers from its files."""
    releases.sync()
    return Answer(PublishedSite(django_is_not_asked), path)


def test_the_list_of_letters_is_there_in_every_language_from_files_and_from_django(client):
    a_published(slug="one-letter")
    a_published(slug="other-letter", french=False)

    for language in ["", *languages()]:
        path = f"/{language}/" if language else "/"
        answer = served(path)

        assert (answer.status, answer.body) == (200, client.get(path).content)
        page = answer.body.decode()
        assert f'<html lang="{language or "en-gb"}" dir="{"rtl" if language == "ar" else "ltr"}">' in page
        links = re.findall(r'<a href="([^"]+)" lang="[^"]+" hreflang', page)
        assert links == [
            f"/{code}/" if code in languages() else "/"
            for code in dict(settings.LANGUAGES)
            if code != (language or "en-gb")
        ]
    french = client.get("/fr/").text
    assert '<a href="/fr/one-letter/" lang="fr"><bdi>Une lettre commune</bdi></a>' in french
    assert '<a href="/other-letter/" lang="en"><bdi>A joint letter</bdi></a>' in french
    assert list(releases.faults()) == []


def test_a_letter_in_another_language_than_the_sites_is_listed_in_its_own(client):
    a_published(slug="other-letter")
    letter = a_letter(slug="en-arabe", language="ar", opens_at=None)
    letter.revise("fr", **FRENCH)
    Letter.objects.filter(pk=letter.pk).update(opens_at="2020-01-01T00:00Z")
    publish(letter, [])

    assert '<a href="/en-arabe/" lang="ar"><bdi>A joint letter</bdi></a>' in client.get("/").text
    assert '<a href="/fr/en-arabe/" lang="fr"><bdi>Une lettre commune</bdi></a>' in client.get("/fr/").text
    assert '<a href="/en-arabe/" lang="ar">' in client.get("/ar/").text


def test_the_one_open_letter_stands_at_the_address_of_each_language_that_it_has(client):
    letter = a_published()

    french, arabic = served("/fr/").body.decode(), served("/ar/").body.decode()

    assert "<h1>Une lettre commune</h1>" in french
    assert f'href="{letter.slug}/letter.pdf"' in french
    assert 'dir="rtl"' in arabic
    assert f'<a href="/{letter.slug}/" lang="en">' in arabic
    assert client.get("/fr/").content == french.encode()
    assert client.get("/", headers={"Accept-Language": "fr"}).text.count("<h1>A joint letter</h1>") == 1


def test_a_letter_that_was_written_in_french_stands_at_the_address_of_french_with_links_that_lead(client):
    letter = a_letter(text=False, language="fr", opens_at=None)
    letter.revise("fr", **FRENCH)
    Letter.objects.update(opens_at="2020-01-01T00:00Z")
    publish(letter, [])
    make_documents(letter)

    page = client.get("/fr/").text

    assert f'href="../{letter.slug}/letter.pdf"' in page
    assert "<h1>Une lettre commune</h1>" in client.get("/").text


@pytest.mark.parametrize("path", ["/en-gb/", "/en/", "/de/", "/xx/"])
def test_no_other_language_has_a_page(client, path):
    assert client.get(path).status_code == 404


def test_who_reads_a_translation_signs_in_its_language(client):
    letter = a_published()

    page = client.get(f"/fr/{letter.slug}/").text

    assert set(re.findall(r'<a class="act" href="([^"]+)"', page)) == {f"/fr/{letter.slug}/sign/"}
    assert '<html lang="fr"' in client.get(f"/fr/{letter.slug}/sign/").text
    assert set(re.findall(r'<a class="act" href="([^"]+)"', client.get(f"/{letter.slug}/").text)) == {
        f"/{letter.slug}/sign/"
    }
