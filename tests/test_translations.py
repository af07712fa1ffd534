"""Texts beside each other: what each is worth, which prevails, and what a translation may lack."""

import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import ProgrammingError, transaction
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from letter.artefacts.docx import render_docx
from letter.documents import make_documents
from letter.imports import ImportFault, Source, import_letter
from letter.models import Letter, LetterText
from letter.publication import content_of, publish
from letter.seal import faults
from letter.standing import EQUAL, name_of, note_on
from letter.translations import Code, Kind, blocks_of, compare, numbers_in
from tests.factories import a_letter, a_moderator

CONTENT = Path("demo/content")
FRENCH = {
    "title": "Une lettre commune",
    "salutation": "Excellence,",
    "body": "Nous, soussignés, vous demandons :\n\n1. d’écouter ;\n2. d’agir.",
    "closing": "Cordialement,",
}


def a_text(body, *, title="A letter", salutation="Dear all,", closing="Sincerely,"):
    return SimpleNamespace(title=title, salutation=salutation, body=body, closing=closing)


def found(original, other):
    """What is found in a body, by the number of the row from 1, the title and salutation left out."""
    rows = compare(a_text(original), a_text(other, title="Une lettre", salutation="Chers", closing="Salutations")).rows
    return {
        number: [finding.code for finding in row.findings] for number, row in enumerate(rows[2:-1], 1) if row.findings
    }


# ── what is compared ──

ENGLISH_BODY = """We, the undersigned, ask you to protect the old lighthouse on the cape.

## What we know

It was built in 1874 by the people of three villages, and no storm has harmed it since.

1. Keep the lamp burning every night of the year.
2. Publish what the repairs of 2019 have cost: [the report](https://example.org/report).

> A light that is seen by all belongs to all.

We thank you for your attention to article 12 of the charter."""
FRENCH_BODY = """Nous, soussignés, vous demandons de protéger le vieux phare du cap.

## Ce que nous savons

Il a été construit en 1874 par les habitants de trois villages, et aucune tempête ne l’a abîmé depuis.

1. Gardez la lampe allumée chaque nuit de l’année.
2. Publiez le coût des réparations de 2019 : [le rapport](https://example.org/report).

> Une lumière que tous voient appartient à tous.

Nous vous remercions de l’attention que vous portez à l’article 12 de la charte."""


def without(body, number):
    """The body without its block of that number, from 0."""
    blocks = re.split(r"\n\n|\n(?=\d\.)", body)
    del blocks[number]
    return "\n\n".join(blocks)


def test_a_body_is_cut_into_the_blocks_that_the_page_shows():
    body = "Word *for* [word](https://a.example)\nand on\n\n# Head\n\n- one\n\n  more\n- > two\n\n***\n\n    code"

    assert [(block.kind, block.text, block.links) for block in blocks_of(body)] == [
        (Kind.PARAGRAPH, "Word for word and on", ("https://a.example",)),
        (Kind.HEADING, "Head", ()),
        (Kind.ITEM, "one", ()),
        (Kind.ITEM, "more", ()),
        (Kind.QUOTE, "two", ()),
        (Kind.RULE, "", ()),
        (Kind.PARAGRAPH, "code", ()),
    ]


def test_a_faithful_translation_has_nothing_to_look_at():
    assert found(ENGLISH_BODY, FRENCH_BODY) == {}


@pytest.mark.parametrize("number", range(7))
def test_a_block_that_is_missing_is_found_where_it_is_missing(number):
    assert found(ENGLISH_BODY, without(FRENCH_BODY, number)) == {number + 1: [Code.MISSING]}


@pytest.mark.parametrize("number", range(7))
def test_a_block_that_only_the_translation_has_is_found(number):
    assert found(without(ENGLISH_BODY, number), FRENCH_BODY) == {number + 1: [Code.EXTRA]}


@pytest.mark.parametrize(
    ("here", "there", "codes"),
    [
        ("1874", "1847", [Code.NUMBERS]),
        ("1874", "١٨٧٤", None),
        ("1874", "MDCCCLXXIV", [Code.NUMBERS]),
        ("https://example.org/report", "https://example.org/rapport", [Code.LINKS]),
        ("## Ce que nous savons", "Ce que nous savons", [Code.KIND]),
        (" par les habitants de trois villages, et aucune tempête ne l’a abîmé depuis", "", [Code.SHORT]),
        ("Il a été construit", "Il a été construit, il y a bien longtemps, et à grands frais," * 4, [Code.LONG]),
    ],
)
def test_a_pair_that_differs_says_in_what(here, there, codes):
    assert here in FRENCH_BODY or here == "1874"
    found_in = found(ENGLISH_BODY, FRENCH_BODY.replace(here, there))

    assert list(found_in.values()) == ([codes] if codes else [])


def test_what_was_left_in_the_words_of_the_original_is_found():
    line = "We thank you for your attention to article 12 of the charter."

    assert found(ENGLISH_BODY, "\n\n".join([*FRENCH_BODY.split("\n\n")[:-1], line])) == {7: [Code.UNTRANSLATED]}


@pytest.mark.parametrize("part", ["title", "salutation", "closing"])
def test_a_part_that_is_missing_is_found(part):
    check = compare(a_text("One."), a_text("Un.", **{part: " "}))

    assert [(row.original.kind, row.findings[0].code) for row in check.rows if row.findings] == [(part, Code.MISSING)]
    assert check.summary == ["1 paragraph may be missing."]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("article 7(1)(c)", ["7", "1"]),
        ("المادة ٧، الفقرة ١٢", ["7", "12"]),
        ("10,000 and 10.000 and 10 000 and 10’000 and ١٠٬٠٠٠", ["10000"] * 5),
        ("1.5 or 1,5", ["1", "5", "1", "5"]),
        ("28 April 2020, 007", ["28", "2020", "7"]),
        ("none", []),
    ],
)
def test_numbers_are_the_same_in_whatever_digits(text, numbers):
    assert numbers_in(text) == numbers


PARAGRAPHS = st.lists(
    st.text(st.characters(codec="utf-8", categories=["L", "N"]), min_size=1, max_size=60),
    min_size=1,
    max_size=12,
    unique=True,
)


@settings(max_examples=80, deadline=None)
@given(blocks=PARAGRAPHS, data=st.data())
def test_whatever_stays_as_it_is_keeps_its_counterpart_and_what_is_taken_out_is_counted(blocks, data):
    gone = data.draw(st.sets(st.integers(0, len(blocks) - 1), max_size=len(blocks) - 1))
    body = "\n\n".join(f"x{block}" for block in blocks)
    shorter = "\n\n".join(f"x{block}" for number, block in enumerate(blocks) if number not in gone)

    check = compare(a_text(body), a_text(shorter))

    assert (check.missing, check.extra) == (len(gone), 0)
    assert [row.translation.text for row in check.rows[2:-1] if row.translation] == [
        f"x{block}" for number, block in enumerate(blocks) if number not in gone
    ]


@settings(max_examples=100, deadline=None)
@given(here=st.text(max_size=400), there=st.text(max_size=400))
def test_any_two_texts_can_be_compared_and_every_block_stands_once(here, there):
    check = compare(a_text(here), a_text(there))

    assert [row.original for row in check.rows[2:-1] if row.original] == blocks_of(here)
    assert [row.translation for row in check.rows[2:-1] if row.translation] == blocks_of(there)
    assert all(finding.words for row in check.rows for finding in row.findings)


def test_the_example_of_the_demo_lacks_nothing_in_any_of_its_languages():
    original = Source.read(CONTENT / "example.en.md")

    for language in ("fr", "es", "ar"):
        other = Source.read(CONTENT / f"example.{language}.md")
        check = compare(
            a_text(original.body, **{name: original.values[name] for name in ("title", "salutation", "closing")}),
            a_text(other.body, **{name: other.values[name] for name in ("title", "salutation", "closing")}),
        )
        assert (language, check.summary, len(check.rows)) == (language, [], 12)


# ── the page ──


@pytest.mark.django_db
def test_the_desk_shows_both_texts_beside_each_other_and_what_may_be_missing(client):
    letter = a_letter()
    letter.revise("ar", title="رسالة", salutation="صاحب السعادة،", body="نحن <الموقعين>:\n\n1. أن تسمعوا.", closing="")
    client.force_login(a_moderator("secretariat"))

    page = client.get(f"/moderation/texts/{letter.slug}/ar/check/")

    assert "2 paragraphs may be missing." in page.text
    assert page.text.count('<div class="side" lang="en" dir="ltr">') == 6
    assert page.text.count('<div class="side" lang="ar" dir="rtl">') == 6
    assert "&lt;" not in page.text.split("</h1>")[0]
    assert client.get(f"/moderation/texts/{letter.slug}/en/check/").status_code == 404
    assert client.get(f"/moderation/texts/{letter.slug}/fr/check/").status_code == 404


@pytest.mark.django_db
def test_whoever_saves_a_translation_in_the_admin_is_told_what_it_may_lack(client):
    letter = a_letter()
    user = a_moderator("secretariat")
    user.is_staff = True
    user.save()
    client.force_login(user)

    form = {"letter": letter.pk, "language": "fr", **FRENCH, "body": "Nous, soussignés, vous demandons :"}
    page = client.post("/admin/letter/lettertext/add/", form, follow=True)

    assert "2 paragraphs may be missing." in page.text
    assert f"/moderation/texts/{letter.slug}/fr/check/" in page.text
    assert letter.text("fr").standing == "courtesy"


# ── what a text is worth ──


@pytest.mark.parametrize(
    ("standing", "language", "prevailing", "note"),
    [
        ("original", "en", "en", ""),
        ("", "fr", "", ""),
        ("courtesy", "fr", "en", "Courtesy translation. The English text prevails."),
        ("official", "fr", "en", "Official translation. The English text prevails."),
        ("official", "fr", "fr", "Official translation. This text prevails."),
        ("original", "en", "fr", "Original text. The French text prevails."),
        ("original", "en", EQUAL, "Original text. Its official translations are equally authentic."),
        ("official", "fr", EQUAL, "Official translation. It and the original text are equally authentic."),
        (
            "courtesy",
            "fr",
            EQUAL,
            "Courtesy translation. The original text and its official translations prevail.",
        ),
        ("courtesy", "fr", "qaa", "Courtesy translation. The qaa text prevails."),
    ],
)
def test_a_note_says_what_a_text_is_worth(standing, language, prevailing, note):
    assert note_on(standing, language, prevailing) == note


def test_the_name_of_a_language_is_written_as_within_a_sentence():
    with translation.override("fr"):
        french = name_of("en")
    with translation.override("es"):
        spanish = name_of("fr")

    assert (french, spanish, name_of("en"), name_of("pt-BR")) == (
        "anglais",
        "francés",
        "English",
        "Brazilian Portuguese",
    )


@pytest.mark.django_db
def test_every_artefact_of_a_translation_says_that_it_is_one_and_links_the_text_that_prevails():
    letter = a_letter()
    letter.revise("fr", **FRENCH)
    edition = publish(letter, [])
    make_documents(letter)

    page = edition.file("index.html", "fr").decode()
    permanent = edition.file("edition.html", "fr").decode()
    with translation.override("en"):
        word = render_docx(content_of(edition, "fr"))

    link = re.search(r'<p class="worth">[^<]+ <a href="([^"]+)" hreflang="en" lang="en"><bdi>A joint letter<', page)
    assert link[1] == f"/{letter.slug}/"
    assert f'<a href="/{letter.slug}/editions/1/" hreflang="en"' in permanent
    assert word[:2] == b"PK"
    assert content_of(edition, "fr").standing == "courtesy"
    assert 'class="worth"' not in edition.file("index.html", "en").decode()
    assert list(faults(letter)) == []


@pytest.mark.django_db
def test_what_a_text_is_worth_is_part_of_what_an_edition_prints():
    letter = a_letter()
    letter.revise("fr", **FRENCH)
    first = publish(letter, [])

    text = letter.revise("fr", **FRENCH, is_official=True)
    second = publish(letter, [])

    assert (text.revision, text.standing, letter.texts.filter(language="fr").count()) == (2, "official", 2)
    assert first.texts == second.texts
    assert first.facts["standings"] == {"en": "original", "fr": "courtesy"}
    assert second.facts["standings"] == {"en": "original", "fr": "official"}
    assert (content_of(first, "fr").standing, content_of(second, "fr").standing) == ("courtesy", "official")
    assert [fault for fault in faults(letter) if "manifest" not in fault] == []
    assert letter.revise("fr", **FRENCH) == text
    assert publish(letter, []) is None


@pytest.mark.django_db
def test_an_edition_of_one_text_prints_what_it_printed_before_there_were_translations():
    facts = publish(a_letter(), []).facts

    assert not {"standings", "prevailing"} & facts.keys()


@pytest.mark.django_db
def test_a_courtesy_translation_cannot_prevail():
    letter = a_letter(prevailing="fr")

    with pytest.raises(ValidationError) as refused:
        letter.revise("fr", **FRENCH)
    assert "only an official one can prevail" in refused.value.message_dict["is_official"][0]
    letter.revise("fr", **FRENCH, is_official=True)

    other = a_letter(opens_at=None)
    other.revise("fr", **FRENCH)
    other.prevailing = "fr"
    with pytest.raises(ValidationError):
        other.full_clean()
    other.prevailing = "both"
    with pytest.raises(ValidationError):
        other.full_clean()


@pytest.mark.django_db
def test_which_text_prevails_stands_once_the_letter_is_open():
    letter = a_letter()

    letter.prevailing = EQUAL
    with pytest.raises(ValidationError) as refused:
        letter.full_clean()
    assert list(refused.value.message_dict) == ["prevailing"]
    with pytest.raises(ProgrammingError), transaction.atomic():
        Letter.objects.filter(pk=letter.pk).update(prevailing=EQUAL)
    letter.revise("fr", **FRENCH)
    with pytest.raises(ProgrammingError), transaction.atomic():
        LetterText.objects.filter(letter=letter, language="fr").update(is_official=True)


# ── files ──

ORIGINAL = (
    "---\ntitle: A letter\nslug: two-texts\ndate: 2020-04-28\nlanguage: en\nsalutation: All,\n{}---\n\nOne.\n\nTwo.\n"
)
OTHER = "---\ntitle: Une lettre\nslug: two-texts\nlanguage: fr\nsalutation: Chers,\n{}---\n\nUn.\n"


@pytest.fixture
def write(tmp_path):
    def write(content, name="file.md"):
        (tmp_path / name).write_text(content)
        return tmp_path / name

    return write


@pytest.mark.django_db
def test_a_translation_comes_in_from_a_file_of_its_own(write, capsys):
    call_command("import_letter", write(ORIGINAL.format("prevailing: equal\n")), opens_at="now")
    call_command("import_letter", write(OTHER.format("translation: official\n")))

    letter = Letter.objects.get(slug="two-texts")
    assert (letter.language, letter.prevailing, letter.title) == ("en", "equal", "A letter")
    assert (letter.text("fr").title, letter.text("fr").standing) == ("Une lettre", "official")
    assert capsys.readouterr().out.splitlines() == [
        "two-texts: “A letter” (en, revision 1)",
        "two-texts: “Une lettre” (fr, revision 1)",
        "Compared with the original: 1 paragraph may be missing. "
        "See https://letters.example.org/moderation/texts/two-texts/fr/check/",
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("front", "line", "problem"),
    [
        ("translation: free\n", 6, "a translation is “official” or “courtesy”."),
        ("translation: official\ndate: 2020-04-28\n", 7, "“date” is not known in the file of a translation"),
        ("translation: official\nclosing: [x]\n", 7, "“closing” must be one line of text."),
        ("translation:\n", 6, "“translation” is missing."),
    ],
)
def test_a_fault_in_the_file_of_a_translation_is_named_where_it_is(write, front, line, problem):
    import_letter(write(ORIGINAL.format("")))

    with pytest.raises(ImportFault) as refused:
        import_letter(write(OTHER.format(front)))

    assert f"line {line}, " in str(refused.value)
    assert problem in str(refused.value)


@pytest.mark.django_db
def test_a_translation_needs_its_original_and_another_language(write):
    with pytest.raises(ImportFault, match="there is no letter “two-texts”"):
        import_letter(write(OTHER.format("translation: courtesy\n")))
    import_letter(write(ORIGINAL.format("prevailing: fr\n")))

    with pytest.raises(ImportFault, match="only an official one can prevail"):
        import_letter(write(OTHER.format("translation: courtesy\n")))
    with pytest.raises(ImportFault, match="is the language of the original"):
        import_letter(write(OTHER.format("translation: courtesy\n").replace("language: fr", "language: en")))
