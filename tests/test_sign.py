"""A representative signs."""

import time

import pytest
from django.db import connection

from letter.models import LetterText
from signatories import declarations, drafts
from signatories.models import Message, SignOn
from tests.factories import a_letter, a_sign_on, posted, received, typed

pytestmark = pytest.mark.django_db


def errors_of(response):
    return {name: list(errors) for name, errors in response.context["form"].errors.items()}


def test_a_sign_on_is_kept_as_received_with_the_text_and_the_declaration_that_it_endorses(client):
    letter = a_letter()
    form = posted(letter, name_as_signed="Justice Sans Frontières", email="amina@jsf.example")

    response = client.post(f"/{letter.slug}/sign/", form)

    assert (response.status_code, response["Location"]) == (302, f"/{letter.slug}/sign/sent/")
    sign_on = SignOn.objects.get()
    assert (sign_on.name_as_signed, sign_on.state, sign_on.email) == (
        "Justice Sans Frontières",
        "unconfirmed",
        "amina@jsf.example",
    )
    assert sign_on.text == letter.text()
    assert sign_on.text.sha256 == LetterText.objects.get().compute_sha256()
    assert (sign_on.declaration, sign_on.declaration_version) == (
        str(declarations.DECLARATION),
        declarations.VERSION,
    )
    assert [one.kind for one in sign_on.messages.all()] == ["confirm"]


def test_the_declaration_that_is_stored_is_the_one_that_is_shown(client):
    letter = a_letter()

    page = client.get(f"/{letter.slug}/sign/").content.decode()

    assert str(declarations.DECLARATION) in page


def test_an_error_stands_beside_its_field_and_nothing_typed_is_lost(client):
    letter = a_letter()
    form = posted(letter, name_as_signed="Droit & Paix", website="ftp://example.org", email="nobody")

    response = client.post(f"/{letter.slug}/sign/", form)

    page = response.content.decode()
    assert response.status_code == 422
    assert set(errors_of(response)) == {"website", "email"}
    assert 'value="Droit &amp; Paix"' in page
    assert 'value="ftp://example.org"' in page
    assert '<a href="#id_website">' in page
    assert 'aria-describedby="id_website_helptext id_website_error"' in page
    assert SignOn.objects.count() == 0


@pytest.mark.parametrize(
    "name",
    [
        "A",
        "x" * 201,
        "Bad\u202eName",
        "Zero\u200bwidth",
        "Line\u0007bell",
        "<b>Bold</b>",
        "See https://example.org",
        "write to us@example.org",
    ],
)
def test_a_name_that_could_not_be_printed_is_refused_beside_the_field(client, name):
    letter = a_letter()

    response = client.post(f"/{letter.slug}/sign/", posted(letter, name_as_signed=name))

    assert set(errors_of(response)) == {"name_as_signed"}
    assert SignOn.objects.count() == 0


@pytest.mark.parametrize(
    "name",
    [
        "StoptheDrugWar.org",
        "La Ligue Burundaise des droits de l’homme Iteka",
        "SOS-Torture/Burundi",
        "Action – Réaction — Paix & Droit (APD)",
        "مركز الميزان لحقوق الإنسان",
        "کانون مدافعان حقوق بشر می\u200cخواهیم",
        "ශ්\u200dරී ලංකා",
        "中国人权",
        "Комитет солдатских матерей",
        "Women's Initiatives for Gender Justice",
    ],
)
def test_names_of_every_script_are_accepted_verbatim(client, name):
    letter = a_letter()

    client.post(f"/{letter.slug}/sign/", posted(letter, name_as_signed=name))

    assert [one.name_as_signed for one in SignOn.objects.all()] == [name]


@pytest.mark.parametrize(
    "website",
    [
        "javascript:alert(1)",
        "ftp://example.org",
        "data:text/html,x",
        "http://",
        "https://u:p@example.org",
        "https://example.org/\u202e",
    ],
)
def test_a_website_is_http_or_https(client, website):
    letter = a_letter()

    response = client.post(f"/{letter.slug}/sign/", posted(letter, website=website))

    assert set(errors_of(response)) == {"website"}


def test_a_website_without_a_scheme_gets_https(client):
    letter = a_letter()

    client.post(f"/{letter.slug}/sign/", posted(letter, website="www.example.org"))

    assert SignOn.objects.get().website == "https://www.example.org"


def test_the_same_person_cannot_sign_twice_for_one_name_and_the_screen_does_not_tell(client):
    letter = a_letter()
    first = client.post(f"/{letter.slug}/sign/", posted(letter, name_as_signed="Al-Haq", email="a@alhaq.example"))
    SignOn.objects.get().confirm()

    second = client.post(f"/{letter.slug}/sign/", posted(letter, name_as_signed="Al Haq", email="A@alhaq.example"))

    assert (second.status_code, second["Location"]) == (first.status_code, first["Location"])
    assert SignOn.objects.count() == 1
    assert [(one.kind, one.recipient) for one in Message.objects.all()] == [
        ("confirm", "a@alhaq.example"),
        ("confirmed", "a@alhaq.example"),
        ("already_signed", "a@alhaq.example"),
    ]


def test_one_person_may_sign_for_several_organisations(client):
    letter = a_letter()

    for name in ("Al-Haq", "MADRE"):
        client.post(f"/{letter.slug}/sign/", posted(letter, name_as_signed=name, email="a@example.org"))

    assert [one.name_as_signed for one in SignOn.objects.order_by("pk")] == ["Al-Haq", "MADRE"]


def test_who_withdrew_may_sign_again():
    letter = a_letter()
    a_sign_on(letter, "withdrawn", "Al-Haq", email="a@example.org")

    again = a_sign_on(letter, "unconfirmed", "Al-Haq", email="a@example.org")

    assert (SignOn.objects.count(), again.state) == (2, "unconfirmed")


@pytest.mark.parametrize(
    ("seal", "words"),
    [
        (lambda letter: "", "open for too long"),
        (lambda letter: "tampered", "open for too long"),
        (lambda letter: sealed(letter.text().pk, made_at=0), "open for too long"),
        (lambda letter: sealed(letter.text().pk + 1), "was revised"),
        (lambda letter: sealed(letter.text().pk, version="0"), "was reworded"),
    ],
)
def test_a_form_for_other_words_or_from_long_ago_is_shown_again_and_then_taken(client, seal, words):
    letter = a_letter()
    form = typed(letter, seal=seal(letter), name_as_signed="Al-Haq")

    response = client.post(f"/{letter.slug}/sign/", form)

    assert words in errors_of(response)["seal"][0]
    fresh = drafts.read_seal(response.context["form"].data["seal"])
    assert (fresh.text, fresh.version) == (letter.text().pk, declarations.VERSION)


def sealed(text, version=declarations.VERSION, made_at=None):
    return drafts.new_seal(text, version, age=60 if made_at is None else int(time.time()) - made_at).signed()


def test_a_form_sent_at_once_is_a_robots_and_taken_at_the_second_try(client):
    letter = a_letter()
    form = typed(letter, seal=sealed(letter.text().pk, made_at=int(time.time())))

    response = client.post(f"/{letter.slug}/sign/", form)

    assert "very fast" in errors_of(response)["seal"][0]
    assert response.context["form"].data["seal"] == form["seal"]


def test_the_trap_for_robots_is_emptied_for_the_person_whose_browser_filled_it(client):
    letter = a_letter()

    response = client.post(f"/{letter.slug}/sign/", typed(letter, fax="123", name_as_signed="Al-Haq"))

    assert set(errors_of(response)) == {"fax"}
    assert response.context["form"].data["fax"] == ""
    assert 'value="Al-Haq"' in response.content.decode()


def test_the_counters_hold_no_address(client):
    letter = a_letter()
    client.post(f"/{letter.slug}/sign/", posted(letter, email="amina@example.org"), REMOTE_ADDR="192.0.2.7")

    with connection.cursor() as cursor:
        cursor.execute("SELECT key, hits FROM signatories_limit")
        rows = cursor.fetchall()

    assert sorted(hits for _key, hits in rows) == [1, 1, 1, 1, 1]
    assert all(len(key) == 64 and "192" not in key[:3] and "@" not in key for key, _hits in rows)


def test_nobody_signs_before_the_letter_opens_or_after_it_closes(client):
    from datetime import timedelta

    from django.utils import timezone

    now = timezone.now()
    early = a_letter(opens_at=now + timedelta(hours=1))
    late = a_letter(opens_at=now - timedelta(days=2), closes_at=now - timedelta(hours=1))

    assert client.get(f"/{early.slug}/sign/").status_code == 404
    assert client.post(f"/{early.slug}/sign/", posted(early)).status_code == 404
    closed = client.post(f"/{late.slug}/sign/", posted(late))
    assert closed.status_code == 410
    assert "Signing is closed" in closed.content.decode()
    assert SignOn.objects.count() == 0


@pytest.mark.parametrize(
    "value",
    ["\x00", "a\x00b", "x" * 100_000, "\u202e", "a\r\nBcc: x@example.org", "😀😀", "%s{{7*7}}'\"<>", "http://[::1"],
)
def test_whatever_is_typed_into_a_field_is_answered_with_a_page(client, value):
    letter = a_letter()

    for made in (typed, posted):
        for field in made(letter):
            response = client.post(f"/{letter.slug}/sign/", made(letter, **{field: value}))

            assert response.status_code in (200, 302, 422)


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("application/x-www-form-urlencoded; charset=utf-7", "a=b", 400),
        ("multipart/form-data", "x", 400),
        ("multipart/form-data; boundary=x; charset=rot13", "x", 400),
        ("multipart/form-data; boundary=x", "--x\r\nbroken", 422),
        ("application/json", "{}", 422),
        ("application/x-www-form-urlencoded", b"name_as_signed=%ff%fe&email=\xff", 422),
    ],
)
def test_a_body_that_is_no_form_is_answered_with_a_page(client, content_type, body, status):
    client.raise_request_exception = False
    client.cookies["csrftoken"] = "x" * 32

    response = client.generic("POST", f"/{a_letter().slug}/sign/", body, content_type=content_type)

    assert response.status_code == status


def test_the_domain_refuses_a_bad_name_whoever_calls_it():
    from django.core.exceptions import ValidationError

    letter = a_letter()

    with pytest.raises(ValidationError):
        SignOn.sign(letter.text(), **received(name_as_signed="Bad\u202eName"))
