"""A signatory's name in its own script beside the Latin form: signed, accepted, corrected, printed, and checked."""

import csv
import hashlib
import io
import json
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from jsonschema import Draft202012Validator

from letter.artefacts.docx import render_docx
from letter.artefacts.html import items, own_script
from letter.artefacts.pdf import render_pdf
from letter.artefacts.text import script_tag
from letter.artefacts.xlsx import render_xlsx
from letter.content import Line, lines_sha256
from letter.documents import make_documents
from letter.publication import content_of, lines_of, publish
from letter.seal import faults
from signatories import links, names
from signatories.imports import import_signatories
from signatories.jobs import publish_letter
from signatories.models import Actor, Correction, Organisation, SignOn, VariantName
from signatories.models.correction import digest_of, line_of
from tests.factories import a_letter, a_moderator, a_sign_on, posted
from tests.test_artefacts import a_content

ARABIC, RUSSIAN, CHINESE = "مركز عدالة للحقوق", "Фонд памяти жертв", "中国人权"


# ── what is a name in its own script ──


@pytest.mark.parametrize("name", [ARABIC, RUSSIAN, CHINESE, "ICC Україна", "Ελλάδα", "정의 (JUSTICE)", "ያ ሕግ"])
def test_a_name_with_letters_of_another_script_is_one(name):
    names.validate_own_script(name)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Žene u crnom", "latin"),
        ("Ａｌ－Ｈａｑ", "latin"),
        ("Justice 2020 ª", "latin"),
        ("2020", "latin"),
        ("🕊️ Peace", "latin"),
        (f"{ARABIC}\u202e", "bidi"),
        (f"{ARABIC}\tx", "control"),
        (f"{ARABIC}\n=1+1", "control"),
        (f"<b>{ARABIC}", "markup"),
        ("ع" * 201, "too_long"),
        ("ع", "too_short"),
    ],
)
def test_what_is_none_is_refused(name, code):
    with pytest.raises(ValidationError) as refused:
        names.validate_own_script(name)

    assert refused.value.code == code


@pytest.mark.parametrize(
    ("name", "tag"),
    [(ARABIC, "und-Arab"), (RUSSIAN, "und-Cyrl"), (CHINESE, "und-Hani"), ("ICC Україна", "und-Cyrl"), ("Haq", "und")],
)
def test_the_script_of_a_name_is_told_and_not_its_language(name, tag):
    assert script_tag(name) == tag


# ── from the form to the list ──


@pytest.mark.django_db
def test_a_representative_signs_with_it_and_sees_it_again(client):
    letter = a_letter()

    page = client.get(f"/{letter.slug}/sign/")
    answers = posted(letter, name_as_signed="Adala", name_in_own_script=f" {ARABIC} ") | {"send": "", "draft": ""}
    checked = client.post(f"/{letter.slug}/sign/", {name: value for name, value in answers.items() if value})
    client.post(f"/{letter.slug}/sign/", posted(letter, name_as_signed="Adala", name_in_own_script=ARABIC))

    assert 'name="name_in_own_script"' in page.text
    assert f"<strong><bdi>Adala</bdi> {own_script(ARABIC)}</strong>" in checked.text
    sign_on = SignOn.objects.get()
    assert (sign_on.name_in_own_script, sign_on.listed_name_in_own_script) == (ARABIC, "")
    status = client.get(reverse("signatories:status", args=[links.token("status", sign_on.pk)]))
    assert status.text.count(f'<bdi lang="und-Arab" dir="rtl">{ARABIC}</bdi>') == 2


@pytest.mark.django_db
def test_latin_letters_in_its_place_get_an_error_beside_the_field_and_lose_nothing(client):
    letter = a_letter()

    form = posted(letter, name_as_signed="Adala", name_in_own_script="Adala Centre")
    answer = client.post(f"/{letter.slug}/sign/", form)

    assert answer.status_code == 422
    assert "Latin letters only" in answer.text
    assert 'value="Adala Centre"' in answer.text
    assert SignOn.objects.count() == 0


@pytest.mark.django_db
def test_a_moderator_finds_it_in_the_form_and_what_is_accepted_is_printed(client):
    letter = a_letter()
    sign_on = a_sign_on(letter, "pending", "Adala", name_in_own_script=ARABIC)
    user = a_moderator()
    client.force_login(user)

    page = client.get(f"/moderation/sign-ons/{sign_on.pk}/")
    form = {"seen": sign_on.transitions.last().pk, "organisation": "new", "listed_name": "Adala"}
    client.post(f"/moderation/sign-ons/{sign_on.pk}/accept/", form | {"listed_name_in_own_script": f"{ARABIC} ٢"})

    assert f'name="listed_name_in_own_script" value="{ARABIC}"' in page.text
    sign_on.refresh_from_db()
    assert (sign_on.name_in_own_script, sign_on.listed_name_in_own_script) == (ARABIC, f"{ARABIC} ٢")
    assert [line.name_in_own_script for line in SignOn.objects.lines(letter)] == [f"{ARABIC} ٢"]
    assert list(SignOn.objects.search("عدالة")) == [sign_on]
    variants = VariantName.objects.values_list("name", "kind")
    assert list(variants) == [(f"{ARABIC} ٢", "parallel")]


@pytest.mark.django_db
def test_what_the_organisation_learnt_by_an_acceptance_is_forgotten_when_that_is_undone():
    sign_on = a_sign_on(name="Adala", name_in_own_script=ARABIC)
    actor = Actor.moderator(a_moderator())
    known = Organisation.objects.create(name="Adala")
    sign_on.accept(actor, organisation=known, listed_name="Adala", listed_name_in_own_script=ARABIC)

    sign_on.undo(actor)

    assert (sign_on.listed_name_in_own_script, known.variants.count()) == ("", 0)


@pytest.mark.django_db
def test_an_organisation_that_is_known_in_its_own_script_is_recognised_by_it():
    known = Organisation.objects.create(name=ARABIC)
    Organisation.objects.create(name="Odhikar")

    found = a_sign_on(name="Adala Centre for Rights", name_in_own_script=ARABIC).similar()

    assert [(one.organisation, one.similarity, one.is_recorded) for one in found] == [(known, "same", True)]
    assert a_sign_on(name="Adala Centre for Rights").similar() == []


@pytest.mark.django_db
def test_the_message_of_an_acceptance_shows_both_forms_on_lines_of_their_own():
    sign_on = a_sign_on(name="Adala")
    actor = Actor.moderator(a_moderator())

    sign_on.accept(actor, listed_name="Adala", listed_name_in_own_script=ARABIC)

    assert f"\n\nAdala\n\u2068{ARABIC}\u2069\n\n" in sign_on.messages.get(kind="accepted").text


@pytest.mark.django_db
def test_what_somebody_said_of_a_name_stays_when_an_acceptance_is_undone():
    sign_on = a_sign_on(name="Adala")
    user = a_moderator()
    known = Organisation.objects.create(name="Adala Centre")
    sign_on.accept(Actor.moderator(user), organisation=known, listed_name="Adala")
    known.variants.get().change(user, "parallel")

    sign_on.undo(Actor.moderator(user))

    assert known.variants.count() == 1


@pytest.mark.django_db
def test_a_correction_of_it_is_proposed_applied_and_undone(client):
    letter = a_letter()
    sign_on = a_sign_on(letter, "accepted", "Adala")
    user = a_moderator()
    client.force_login(user)
    path = reverse("signatories:correct", args=[links.token("status", sign_on.pk)])
    client.post(path, {"name": "Adala", "country": "FR", "name_in_own_script": ARABIC})
    correction = Correction.objects.get()

    page = client.get(f"/moderation/corrections/{correction.pk}/")
    seen = digest_of(line_of(sign_on))
    correction.apply(Actor.moderator(user), **page.context["review"].initial | {"seen": seen})
    printed = [line.name_in_own_script for line in SignOn.objects.lines(letter)]
    learnt = list(VariantName.objects.values_list("name", "kind"))
    correction.undo(Actor.moderator(user))

    assert "Name in its own script" in page.text
    assert (printed, learnt) == ([ARABIC], [(ARABIC, "parallel")])
    assert [line.name_in_own_script for line in SignOn.objects.lines(letter)] == [""]
    assert VariantName.objects.count() == 0


@pytest.mark.django_db
def test_it_comes_in_from_a_file(tmp_path):
    letter = a_letter()
    file = tmp_path / "list.csv"
    file.write_text(f"name,country,name_in_own_script\nAdala,PS,{ARABIC}\nAl-Haq,PS,\n")

    import_signatories(letter, file)

    printed = [(line.name, line.name_in_own_script) for line in SignOn.objects.lines(letter)]
    assert printed == [("Adala", ARABIC), ("Al-Haq", "")]


# ── what is printed ──


def of(*pairs):
    return [Line(name, "ACR", "FR", "", str(at), name_in_own_script=own) for at, (name, own) in enumerate(pairs, 1)]


def test_the_sum_of_a_list_is_what_it_was_but_for_lines_that_have_a_fifth_field():
    plain = "A\tACR\tFR\t\nB\tACR\tFR\t\n"
    own = f"A\tACR\tFR\t\t{ARABIC}\nB\tACR\tFR\t\n"

    assert lines_sha256(of(("A", ""), ("B", ""))) == hashlib.sha256(plain.encode()).hexdigest()
    assert lines_sha256(of(("A", ARABIC), ("B", ""))) == hashlib.sha256(own.encode()).hexdigest()


def test_the_page_isolates_both_forms_and_says_which_way_each_runs():
    assert items(of(("A & B", ARABIC), ("C", ""))) == (
        f'<li id="s1"><bdi>A &amp; B</bdi> <bdi lang="und-Arab" dir="rtl">{ARABIC}</bdi></li>\n'
        '<li id="s2"><bdi>C</bdi></li>\n'
    )
    assert own_script("Фонд <b>") == '<bdi lang="und-Cyrl" dir="ltr">Фонд &lt;b&gt;</bdi>'


@pytest.mark.django_db
def test_an_edition_prints_it_everywhere_and_verifies():
    letter = a_letter()
    actor = Actor.moderator(a_moderator())
    for name, own in (("Zeta", RUSSIAN), ("Adala", ARABIC), ("Mitte", "")):
        a_sign_on(letter, "pending", name).accept(actor, listed_name=name, listed_name_in_own_script=own)

    publish_letter(letter)
    make_documents(letter)

    edition = letter.editions.get()
    data = json.loads(edition.file("signatories.json"))
    Draft202012Validator(json.loads(Path("letter/signatories.schema.json").read_text())).validate(data)
    listed = [(one["name"], one.get("name_in_own_script")) for one in data["signatories"]]
    assert listed == [("Adala", ARABIC), ("Mitte", None), ("Zeta", RUSSIAN)]
    rows = csv.DictReader(io.StringIO(edition.file("signatories.csv").decode("utf-8-sig")))
    assert [row["name_in_own_script"] for row in rows] == [ARABIC, "", RUSSIAN]
    page = edition.file("index.html", "en").decode()
    assert re.findall(r'<bdi lang="und-....".*?</bdi>', page) == [own_script(ARABIC), own_script(RUSSIAN)]
    assert own_script(ARABIC) in edition.file("countries/index.html", "en").decode()
    assert [line.name_in_own_script for line in lines_of(edition)] == [ARABIC, "", RUSSIAN]
    assert list(faults(letter)) == []


@pytest.mark.django_db
def test_a_change_of_it_makes_an_edition_and_stands_in_the_log():
    letter = a_letter()
    publish(letter, of(("Adala", "")))
    assert publish(letter, of(("Adala", ""))) is None

    corrected = publish(letter, of(("Adala", ARABIC)))
    added = publish(letter, of(("Adala", ARABIC), ("Zeta", RUSSIAN)))

    assert corrected.changes["corrected"] == ["Adala"]
    assert added.changes["added"] == [{"anchor": "s2", "name": "Zeta", "own": RUSSIAN}]
    assert f"<li><bdi>Zeta</bdi> {own_script(RUSSIAN)}</li>" in added.file("changes/index.html", "en").decode()
    assert content_of(corrected).lines[0].name_in_own_script == ARABIC


def test_documents_print_both_forms_and_no_cell_is_a_formula():
    listed = of(("Adala", ARABIC), ("Zeta", RUSSIAN), ("Plain", ""))
    content = replace(a_content(), lines=listed, sha256=lines_sha256(listed))

    word = zipfile.ZipFile(io.BytesIO(render_docx(content))).read("word/document.xml").decode()
    sheet = openpyxl.load_workbook(io.BytesIO(render_xlsx(content))).worksheets[0]
    pdf = render_pdf(content)

    assert word.count("<w:br/>") == 2
    assert f'<w:t xml:space="preserve">{RUSSIAN}</w:t>' in word
    assert [row[6].value for row in sheet.iter_rows()] == ["Name in its own script", ARABIC, RUSSIAN, None]
    assert pdf.missing == ()
    assert render_pdf(content).content == pdf.content


def test_a_script_that_no_font_has_is_spelt_and_told_with_the_name_that_stands_beside_it(settings):
    settings.LETTER_FONT_DIRS = []
    listed = of(("Human Rights in China", CHINESE))

    pdf = render_pdf(replace(a_content(), lines=listed, sha256=lines_sha256(listed)))

    assert [(one.name, one.characters, one.script) for one in pdf.missing] == [
        ("Human Rights in China", CHINESE, "CJK"),
    ]
