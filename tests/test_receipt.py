"""The receipt of a sign-on, as a page and as a PDF, examined with the tools that readers have (poppler)."""

import html
import re
import subprocess

import pytest
from django.utils import timezone, translation

from letter.artefacts.facts import render_facts
from signatories import links
from signatories.jobs import publish_letter
from signatories.models import Actor, SignOn
from signatories.receipt import receipt
from tests.factories import a_letter, a_moderator, a_sign_on

pytestmark = pytest.mark.django_db


def address(sign_on, language=""):
    return f"{language}/status/{links.token('status', sign_on.pk)}/receipt/"


def tool(tmp_path, content, *command):
    file = tmp_path / "receipt.pdf"
    file.write_bytes(content)
    output = ["-"] if command[0] == "pdftotext" else []
    return subprocess.run([*command, file, *output], capture_output=True, check=True).stdout.decode()


def words_of(tmp_path, content):
    return " ".join(tool(tmp_path, content, "pdftotext", "-layout").split())


def an_accepted_one(**fields):
    letter = a_letter()
    sign_on = a_sign_on(letter, "pending", name="Sahayta Foundation (SF)", acronym="SF", **fields)
    sign_on.accept(Actor.moderator(a_moderator()), listed_name="Sahayta Foundation", listed_country="FR")
    publish_letter(letter)
    return SignOn.objects.get(pk=sign_on.pk)


def test_the_pdf_says_all_that_was_signed_by_whom_when_and_where_it_stands(client, tmp_path):
    sign_on = an_accepted_one(email="amina@example.org")

    response = client.post(address(sign_on))

    words = words_of(tmp_path, response.content)
    moments = {one.verb: f"{one.at:%-d %B %Y, %H:%M} UTC" for one in sign_on.transitions.all()}
    slug, text = sign_on.letter.slug, sign_on.text
    assert [
        one
        for one in [
            "Receipt of a sign-on",
            "State Accepted",
            "On the list since Edition 1",
            f"https://letters.example.org/{slug}/editions/1/",
            "Title A joint letter",
            "Date of the letter 28 April 2020",
            "Name as signed Sahayta Foundation (SF)",
            "Name as listed Sahayta Foundation Acronym SF",
            "Name Amina Diallo Role Director E-mail amina@example.org",
            "Language English",
            "Revision 1",
            f"SHA-256 of the text {text.sha256}",
            f"Declaration, version 1 {sign_on.declaration}",
            f"Signed {moments['sign']}",
            f"Confirmed by e-mail {moments['confirm']}",
            f"Accepted {moments['accept']}",
            "Issued by letters.example.org for the secretariat of the letter",
        ]
        if one not in words
    ] == []


def test_the_file_has_a_plain_name_and_is_kept_nowhere(client):
    sign_on = an_accepted_one()

    response = client.post(address(sign_on, "/ar"))

    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == f'attachment; filename="receipt-{sign_on.letter.slug}-{sign_on.pk}.pdf"'
    assert (response["Cache-Control"], response["X-Robots-Tag"]) == ("no-store", "noindex")


def test_the_page_says_the_same_as_the_pdf(client, tmp_path):
    sign_on = an_accepted_one()

    page = client.get(address(sign_on)).content.decode()
    facts = client.get(address(sign_on)).context["facts"]
    words = words_of(tmp_path, client.post(address(sign_on)).content)

    shown = " ".join(html.unescape(re.sub("<[^>]+>", " ", page)).split())
    said = [" ".join(one.text.split()) for _title, rows in facts.parts for one in rows]
    assert [one for one in said if one not in shown or one not in words] == []


def test_it_is_tagged_and_fit_for_an_archive(tmp_path):
    content = render_facts(receipt(an_accepted_one()))

    found = tool(tmp_path, content, "pdfinfo")
    structure = tool(tmp_path, content, "pdfinfo", "-struct")

    assert re.search(r"Tagged: +yes", found)
    assert re.search(r"Title: +Receipt of a sign-on", found)
    assert [one for one in (b"pdfaid", b"pdfuaid") if one not in content] == []
    assert {"Document", "H1", "H2", "L", "LI", "Lbl", "LBody"} <= set(re.findall(r"^ *(\w+)", structure, re.MULTILINE))


def test_in_arabic_it_runs_from_right_to_left_and_keeps_what_was_signed_as_it_was(tmp_path):
    sign_on = an_accepted_one()
    with translation.override("ar"):
        content = render_facts(receipt(sign_on))

    words = words_of(tmp_path, content)
    # A4 is 595 points wide, and its margin 71: what begins at the right begins there.
    rows = re.findall(r'xMax="([\d.]+)" yMax="[\d.]+">([^<]+)<', tool(tmp_path, content, "pdftotext", "-bbox"))
    assert max(float(right) for right, word in rows if word == "(SF)" or word == "Sahayta") == pytest.approx(524, abs=2)
    assert ("فرنسا" in words, sign_on.text.sha256 in words) == (True, True)
    assert {"Sahayta", "Foundation", "(SF)"} <= {word for _right, word in rows}


@pytest.mark.parametrize(
    "name",
    ['#read("/etc/passwd") *bold* $x$', "= Heading @label <label>", "\\u{41} // comment /* comment */", "A" * 200],
)
def test_what_was_typed_is_printed_and_never_read_as_markup(tmp_path, name):
    sign_on = an_accepted_one()
    SignOn.objects.filter(pk=sign_on.pk).update(name_as_signed=name)
    sign_on.refresh_from_db()

    words = words_of(tmp_path, render_facts(receipt(sign_on)))

    assert name.replace(" ", "") in words.replace(" ", "")


def test_a_character_that_no_font_has_stands_by_its_number(tmp_path):
    sign_on = an_accepted_one()
    SignOn.objects.filter(pk=sign_on.pk).update(name_as_signed="ዓለም Group")
    sign_on.refresh_from_db()

    words = words_of(tmp_path, render_facts(receipt(sign_on)))

    assert "[U+12D3 U+1208 U+121D] Group" in words
    assert "stand in square brackets, by their Unicode numbers" in words


def test_a_receipt_of_the_same_moment_is_the_same_to_the_byte():
    sign_on, at = an_accepted_one(), timezone.now()

    assert render_facts(receipt(sign_on, at)) == render_facts(receipt(sign_on, at))


def test_a_receipt_of_one_that_was_erased_names_nobody(client, tmp_path):
    sign_on = a_sign_on(state="withdrawn", email="amina@example.org")
    sign_on.erase()

    words = words_of(tmp_path, client.post(address(sign_on)).content)

    assert [one for one in ("Amina", "Director", "amina@") if one in words] == []
    assert "Its representative Erased" in words
    assert re.search(r"Withdrawn .* Data of the representative erased", words)


def test_opening_the_page_makes_none_and_after_many_the_page_is_offered_instead(client, settings):
    settings.LIMIT_RECEIPTS = 2
    sign_on = an_accepted_one()

    codes = [client.post(address(sign_on)).status_code for _time in range(3)]

    last = client.post(address(sign_on))
    assert (codes, last.status_code) == ([200, 200, 429], 429)
    assert "The receipt as a page" in last.content.decode()
    assert client.get(address(sign_on)).status_code == 200


def test_a_long_story_takes_more_than_one_page_and_says_so(tmp_path):
    moderator = Actor.moderator(a_moderator())
    sign_on = SignOn.objects.get(pk=a_sign_on(state="declined").pk)
    for _time in range(30):
        sign_on.reopen(moderator)
        sign_on.decline(moderator, reason="other")

    words = words_of(tmp_path, render_facts(receipt(sign_on)))

    assert re.findall(r"Page \d of \d", words) == ["Page 1 of 3", "Page 2 of 3", "Page 3 of 3"]
