"""Addresses that mail programs cut, and forms in what is no character set."""

import io
from wsgiref.util import setup_testing_defaults

import pytest
from django.core.handlers.wsgi import WSGIHandler

from config.charset import OnlyKnownCharsets
from signatories import links
from tests.factories import a_letter, a_sign_on

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("language", ["", "/fr", "/ar"])
@pytest.mark.parametrize("method", ["get", "head"])
def test_an_address_that_lost_its_last_slash_leads_to_the_one_with_it(client, language, method):
    letter = a_letter()
    sign_on = a_sign_on(letter, "unconfirmed")
    confirm, status = links.token("confirm", sign_on.pk), links.token("status", sign_on.pk)

    for address in (f"/confirm/{confirm}", f"/status/{status}", f"/{letter.slug}/sign", "/links"):
        response = getattr(client, method)(f"{language}{address}?x=1")
        assert (response.status_code, response["Location"]) == (301, f"{language}{address}/?x=1")
        assert client.get(response["Location"]).status_code == 200


def test_nothing_else_is_led_anywhere(client):
    letter = a_letter()

    assert client.post(f"/{letter.slug}/sign", {"x": "1"}).status_code in (404, 405)
    assert [client.get(f"/{letter.slug}/{name}").status_code for name in ("nothing", "letter.pdf/x")] == [404, 404]
    assert client.get("/x", PATH_INFO=f"//evil.example/{letter.slug}/sign").status_code == 404


def served(content_type):
    """Return the status with which the server's application answers a form that says to be of this type."""
    environ = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/links/",
        "CONTENT_TYPE": content_type,
        "CONTENT_LENGTH": "3",
        "wsgi.input": io.BytesIO(b"a=b"),
    }
    setup_testing_defaults(environ)
    answered = []
    response = OnlyKnownCharsets(WSGIHandler())(environ, lambda status, headers: answered.append(status))
    b"".join(response)
    return answered[0].partition(" ")[0]


@pytest.mark.parametrize("codec", ["rot13", "hex", "base64", "zip", "bz2", "uu", "quopri", "idna", "utf-7", "nonsense"])
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded; charset={}", 'text/plain; x=y; charset="{}"'])
def test_a_form_in_what_is_no_character_set_is_a_bad_request(codec, kind):
    assert served(kind.format(codec)) == "400"


@pytest.mark.parametrize("charset", ["", "; charset=UTF-8", '; charset="utf-8"'])
def test_a_form_as_browsers_send_it_is_read(charset):
    assert served(f"application/x-www-form-urlencoded{charset}") == "422"
