"""Documents follow an edition in a job of their own: complete or absent, and linked once they are there."""

import csv
import io
import json
import re
import subprocess
import zipfile
from xml.etree import ElementTree

import feedparser
import openpyxl
import pytest
from django.db import transaction

from letter import releases
from letter.content import Line
from letter.documents import make_documents, one_step
from letter.models import Edition, Letter, NotPublishedYet, Publication
from letter.publication import content_of, publish
from signatories.models import SignOn
from tests.factories import a_letter, an_accepted

pytestmark = pytest.mark.django_db

HARD = [
    "=1+1",
    "@SUM(A1)",
    '#read("/etc/passwd")',
    "<script>alert(1)</script>",
    "Al-Haq",
    "Žene u crnom",
    "Ελληνική Ένωση",
    "Комитет против пыток",
    "مركز الميزان لحقوق الإنسان",
]


def listed(*names):
    return [Line(name, id=str(number)) for number, name in enumerate(names, 1)]


def text_of(pdf):
    """The text of a PDF, as poppler reads it."""
    return subprocess.run(["pdftotext", "-", "-"], input=pdf, capture_output=True, check=True).stdout.decode()


def squeezed(text):
    return re.sub(r"\s|[\u200b-\u200f\u2066-\u2069]", "", text)


def test_every_artefact_has_the_same_names_in_the_same_order():
    letter = a_letter()
    edition = publish(letter, listed(*HARD))
    make_documents(letter)

    html = edition.file("index.html", "en").decode()
    shown = [ElementTree.fromstring(row)[0].text for row in re.findall(r'<li id="s\d+">.*</li>', html)]
    by_country = [
        ElementTree.fromstring(row)[0].text
        for row in re.findall(r'<li id="s\d+">.*</li>', edition.file("countries/index.html", "en").decode())
    ]
    sheet = list(csv.reader(io.StringIO(edition.file("signatories.csv").decode("utf-8-sig"))))[1:]
    book = openpyxl.load_workbook(io.BytesIO(edition.file("signatories.xlsx", "en")))
    word = zipfile.ZipFile(io.BytesIO(edition.file("letter.docx", "en"))).read("word/document.xml")
    text = "".join(ElementTree.fromstring(word).itertext())
    pdf = squeezed(text_of(edition.file("letter.pdf", "en")))

    assert shown == by_country == HARD
    assert [one["name"] for one in json.loads(edition.file("signatories.json"))["signatories"]] == HARD
    assert [row[0].removeprefix("'") for row in sheet] == HARD
    assert [row[1] for row in book.worksheets[0].iter_rows(min_row=2, values_only=True)] == HARD
    assert sorted(entry.title for entry in feedparser.parse(edition.file("feed.atom", "en")).entries) == sorted(HARD)
    assert [text.index(name) for name in HARD] == sorted(text.index(name) for name in HARD)
    left_to_right = [squeezed(name) for name in HARD[:-1]]
    assert [pdf.index(name) for name in left_to_right] == sorted(pdf.index(name) for name in left_to_right)


def test_the_page_links_the_documents_once_they_are_there(client):
    letter = a_letter()
    publish(letter, listed("Al-Haq"))
    before = client.get(f"/{letter.slug}/").content.decode()
    assert client.get(f"/{letter.slug}/letter.pdf").status_code == 404

    make_documents(letter)

    after = client.get(f"/{letter.slug}/").content.decode()
    assert ('href="letter.pdf"' in before, 'href="letter.pdf"' in after) == (False, True)
    for name, kind in (
        ("letter.pdf", "application/pdf"),
        ("letter.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("signatories.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("card.png", "image/png"),
    ):
        answer = client.get(f"/{letter.slug}/{name}")
        assert (answer.status_code, answer["Content-Type"]) == (200, kind)
    assert f'property="og:image" content="https://letters.example.org/{letter.slug}/card.png"' in after


def test_the_newest_edition_gets_its_documents_first_and_all_are_sealed_in_order():
    letter = a_letter()
    for number in range(1, 4):
        publish(letter, listed(*(f"Group {one}" for one in range(number))))

    made = []
    while one_step(letter):
        stages = letter.editions.with_stage().order_by("number").values_list("has_documents", "is_sealed")
        made.append(list(stages))

    no, half, whole = (False, False), (True, False), (True, True)
    assert made == [
        [no, no, half],
        [no, half, half],
        [half, half, half],
        [whole, half, half],
        [whole, whole, half],
        [whole, whole, whole],
    ]


def test_a_failure_in_the_middle_leaves_no_half(monkeypatch):
    letter = a_letter()
    edition = publish(letter, listed("Al-Haq"))
    before = edition.pages.count()

    def broken(content):
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr("letter.artefacts.xlsx.render_xlsx", broken)
        with pytest.raises(MemoryError), transaction.atomic():
            make_documents(letter)

    assert (edition.pages.count(), Edition.objects.without_documents().count()) == (before, 1)
    assert make_documents(letter) == 2


def test_documents_in_each_language_of_the_letter(client):
    letter = a_letter()
    letter.revise("fr", title="Lettre commune", salutation="Excellence,", body="Nous, soussignés.", closing="")
    letter.revise("ar", title="رسالة مشتركة", salutation="صاحب السعادة،", body="نحن الموقعين.", closing="")
    edition = publish(letter, listed("Al-Haq"))
    make_documents(letter)

    for language, direction in (("fr", "ltr"), ("ar", "rtl")):
        page = client.get(f"/{language}/{letter.slug}/").content.decode()
        assert f'<html lang="{language}" dir="{direction}">' in page
        assert f'hreflang="en" href="https://letters.example.org/{letter.slug}/"' in page
        assert client.get(f"/{language}/{letter.slug}/editions/1/letter.pdf").content == edition.file(
            "letter.pdf", language
        )
    assert client.get(f"/es/{letter.slug}/").status_code == 404


def test_equal_editions_make_equal_documents():
    letter = a_letter()
    edition = publish(letter, listed(*HARD))
    make_documents(letter)
    from letter.artefacts.docx import render_docx
    from letter.artefacts.pdf import render_pdf
    from letter.artefacts.picture import render_card
    from letter.artefacts.xlsx import render_xlsx

    content = content_of(Edition.objects.get(pk=edition.pk), "en")
    for name, render in (("letter.docx", render_docx), ("signatories.xlsx", render_xlsx), ("card.png", render_card)):
        assert render(content) == edition.file(name, "en")
    assert render_pdf(content).content == edition.file("letter.pdf", "en")


def test_a_name_that_no_font_can_print_is_told_to_the_moderators():
    letter = a_letter()
    publish(letter, listed("Al-Haq", "人权组织"))
    make_documents(letter)

    (missing,) = Publication.objects.get(letter=letter).missing_glyphs
    assert (missing["name"], bool(missing["font"])) == ("人权组织", True)


def test_delivery_waits_for_the_list_and_its_documents_and_then_stands():
    letter = a_letter()
    an_accepted(letter, "Al-Haq")
    with pytest.raises(NotPublishedYet):
        letter.deliver()
    publish(letter, SignOn.objects.lines(letter))
    with pytest.raises(NotPublishedYet):
        letter.deliver()
    make_documents(letter)

    record = letter.deliver()
    again = Letter.objects.get(pk=letter.pk).deliver()

    assert (record.number, again) == (1, record)
    assert Letter.objects.get(pk=letter.pk).is_open() is False


def test_the_release_shows_documents_without_losing_a_file(settings):
    letter = a_letter()
    publish(letter, listed("Al-Haq"))
    releases.sync()
    make_documents(letter)

    assert releases.sync() is True
    folder = settings.RELEASES_DIR / "current" / letter.slug
    for name in ("letter.pdf", "index.html", "manifest.json", "editions/1/letter.pdf", "editions/1/index.html"):
        assert (folder / name).is_file(), name
    assert b'href="letter.pdf"' in (folder / "editions/1/index.html").read_bytes()


def test_a_sweep_finds_what_lost_its_job():
    from letter import jobs

    publish(a_letter(), listed("Al-Haq"))

    jobs.sweep()

    assert not Edition.objects.unsealed().exists()
