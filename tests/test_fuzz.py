"""Any text in any field gives a page; whatever is accepted is printed once, isolated, wherever names stand."""

import csv
import io
import json
import re
import subprocess

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils.html import escape
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as some

from letter.documents import make_documents
from letter.publication import publish
from signatories import links, mail, names
from signatories.models import Actor, SignOn
from tests.factories import a_letter, a_moderator, a_sign_on, posted, received, typed

pytestmark = pytest.mark.django_db
RELAXED = {"suppress_health_check": list(HealthCheck), "deadline": None, "derandomize": True}
FIELDS = sorted(received())
# What has broken forms before, beside what is drawn: ends of lines, directions, stacks, halves of characters, bulk.
NASTY = some.sampled_from(
    [
        "\0",
        "a\0b",
        "\ud800",
        "x\udfff@example.org",
        "\u202egro.elpmaxe",
        "\u2066a\u2069",
        "a" + "\u0301" * 400,
        "👩‍👩‍👧‍👦 Collective",
        "x\r\nBcc: everybody@example.org",
        "=?utf-8?q?a?= <a@example.org>",
        "a@example.org\nTo: b@example.org",
        '"a b"@example.org',
        "<script>alert(1)</script>",
        "{{ 7|add:7 }} {% now 'Y' %} %(name)s %s {0}",
        "https://[::1",
        "http://example.org:99999999/",
        "\ufeff",
        "ﷺ" * 50,
        "9" * 5000,
        "x" * 1_000_000,
    ]
)
ANYTHING = some.one_of(NASTY, some.text(max_size=300), some.text(some.characters(), max_size=60))


def as_bytes(fields):
    """A form's body, also of what is no text: halves of characters go over the wire as they are."""
    from urllib.parse import quote_from_bytes

    return "&".join(
        f"{name}={quote_from_bytes(value.encode('utf-8', 'surrogatepass'))}" for name, value in fields.items()
    ).encode()


def post(client, address, fields):
    return client.post(address, as_bytes(fields), content_type="application/x-www-form-urlencoded")


@settings(max_examples=120, **RELAXED)
@given(fields=some.dictionaries(some.sampled_from(FIELDS), ANYTHING, min_size=1), prefix=some.sampled_from(["", "/ar"]))
def test_whatever_is_typed_into_the_form_gives_a_page_and_never_an_exception(fields, prefix):
    letter, client = a_letter(), Client()

    checked = post(client, f"{prefix}/{letter.slug}/sign/", typed(letter, **fields))
    assert checked.status_code in {200, 400, 413, 422}

    whole = {name: value.encode("utf-8", "replace").decode() for name, value in fields.items()}
    sent = post(client, f"{prefix}/{letter.slug}/sign/", posted(letter, **whole))
    assert sent.status_code in {302, 400, 413, 422}
    taken = letter.sign_ons.count()
    assert (sent.status_code == 302) == (taken == 1)
    for message in mail.Message.objects.filter(sign_on__letter=letter):
        envelope = mail.envelope(message).message()
        assert [len(envelope.get_all(header, [])) for header in ("To", "Bcc", "Subject")] == [1, 0, 1]


@settings(max_examples=60, **RELAXED)
@given(text=ANYTHING)
@example(text="\0")
@example(text="\ud800")
def test_whatever_is_typed_into_the_pages_behind_a_link_gives_a_page_and_never_an_exception(text):
    client, sign_on = Client(), a_sign_on(state="accepted")
    status = links.token("status", sign_on.pk)
    pages = {
        f"/status/{status}/correct/": {"name": text, "acronym": text, "website": text, "country": text, "reason": text},
        f"/status/{status}/contact/": {"email": text},
        f"/status/{status}/hand-over/": {"name": text, "role": text, "email": text},
        "/links/": {"email": text},
        f"/{sign_on.letter.slug}/sign/sent/": {"email": text},
        f"/status/{status}/withdraw/": {"note": text},
    }

    answers = {page: post(client, page, fields).status_code for page, fields in pages.items()}

    assert {page: code for page, code in answers.items() if code not in {200, 302, 400, 409, 413, 422, 429}} == {}


# Names as organisations have them, and as far from that as the rules let them be.
LETTERS = some.characters(categories=["Lu", "Ll", "Lo", "Lm", "Mn", "Nd", "Pd", "Po", "So", "Zs", "Sm", "Sc"])
NAMES = some.lists(
    some.one_of(
        some.text(LETTERS, min_size=2, max_size=60),
        some.sampled_from(
            ["منظمة (ICC) العدالة", "Žene & <Mir>", "=1+1 Group", "Ligue “A”, B", "人权 Watch", "-Al-Haq", "@home"]
        ),
    ).map(str.strip),
    min_size=4,
    max_size=12,
)


def is_accepted(name):
    try:
        names.validate_name(name)
    except ValidationError:
        return False
    return True


@settings(max_examples=12, **RELAXED)
@given(found=NAMES)
def test_whatever_is_accepted_is_printed_once_and_isolated_in_list_data_and_mail(found):
    letter, desk = a_letter(), Actor.moderator(a_moderator())
    kept = {names.key(name): name for name in found if is_accepted(name)}
    kept = {name: a_sign_on(letter, "pending", name) for name in kept.values()}
    for name, sign_on in kept.items():
        sign_on.accept(desk, listed_name=name)

    edition = publish(letter, SignOn.objects.lines(letter))

    page = bytes(edition.file("early/index.html", "en")).decode()
    shown = re.findall(r'<li id="[^"]+"><bdi>(.*?)</bdi>', page)
    assert sorted(shown) == sorted(escape(name) for name in kept)
    data = json.loads(bytes(edition.file("signatories.json", "")))
    assert sorted(one["name"] for one in data["signatories"]) == sorted(kept)
    rows = list(csv.reader(io.StringIO(bytes(edition.file("signatories.csv", "")).decode("utf-8-sig"))))[1:]
    assert sorted(row[0].removeprefix("'") for row in rows) == sorted(name.removeprefix("'") for name in kept)
    assert [row[0] for row in rows if row[0][:1] in "=+-@\t\r"] == []
    for name, sign_on in kept.items():
        told = sign_on.messages.get(kind="accepted")
        isolated = re.findall(r"<bdi[^>]*>(.*?)</bdi>", told.html)
        assert escape(name) in isolated or name in told.subject
        assert name in told.text


def test_names_of_many_scripts_stand_once_each_in_the_pdf(tmp_path):
    letter, desk = a_letter(), Actor.moderator(a_moderator())
    listed = [
        "Al-Haq",
        "Žene Žrtve Rata",
        "Ligue “A” & B",
        "مركز العدالة",
        "=1+1 Group",
        "Ελληνική Ένωση",
        "{{ x }} #read",
    ]
    for name in listed:
        a_sign_on(letter, "pending", name).accept(desk, listed_name=name)
    edition = publish(letter, SignOn.objects.lines(letter))
    make_documents(letter)
    pdf = tmp_path / "letter.pdf"
    pdf.write_bytes(bytes(edition.file("letter.pdf", "en")))

    tree = subprocess.run(["pdfinfo", "-struct-text", str(pdf)], capture_output=True, text=True, check=True).stdout

    said = re.sub(r"[\u2066-\u2069\u200e\u200f\u202a-\u202e]", "", tree)
    assert {name: said.count(name) for name in listed if name.isascii() or name[0] in "ŽLΕ"} == dict.fromkeys(
        (name for name in listed if name.isascii() or name[0] in "ŽLΕ"), 1
    )
    assert len(re.findall(r"^\s+LBody", tree, re.M)) >= len(listed)
