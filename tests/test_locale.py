"""What visitors read is there in French, Spanish and Arabic, whole."""

import ast
import re
import subprocess
from pathlib import Path

import polib
import pytest
from django.core.management.utils import is_ignored_path
from django.utils.translation.template import templatize

from letter.content import Line
from letter.publication import publish
from tests.factories import a_letter

LANGUAGES = sorted(folder.name for folder in Path("locale").iterdir() if folder.is_dir())
# What only the desk reads; `make messages` leaves it out by the same list.
DESK = [line for line in Path("locale/desk.txt").read_text().splitlines() if not line.startswith("#")]


def public_sources():
    """The files whose strings visitors and representatives may read."""
    tracked = subprocess.run(["git", "ls-files"], capture_output=True, text=True, check=True).stdout.split("\n")
    for name in tracked:
        if name.endswith((".py", ".html", ".txt")) and "/migrations/" not in name:
            path = Path(name)
            if not any(is_ignored_path(part, DESK) for part in [path, *path.parents]):
                yield path


MARKED = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy"}
TEXT = r"""u?('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
IN_TEMPLATE = re.compile(rf"\b(?:_|gettext|ngettext)\(\s*{TEXT}(?:\s*,\s*{TEXT})?")


def catalogue(language, ending="po"):
    read = {"po": polib.pofile, "mo": polib.mofile}[ending]
    return read(f"locale/{language}/LC_MESSAGES/django.{ending}")


def strings_of(path):
    """The translatable strings of a file, as pairs of singular and plural, which is empty if there is none."""
    source = path.read_text()
    if path.suffix in {".html", ".txt"}:
        # Django's own reading of a template, which is what gettext would be given.
        found = IN_TEMPLATE.findall(templatize(source, origin=str(path)))
        return {tuple(ast.literal_eval(text) if text else "" for text in pair) for pair in found}
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    marked = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id in MARKED]
    return {(call.args[0].value, call.args[1].value if call.func.id.startswith("ngettext") else "") for call in marked}


def placeholders(text):
    return sorted(set(re.findall(r"%\(\w+\)\w|\{\w*\}", text)))


def numbers_of_each_form(po):
    """The numbers, of the first thousand, for which each plural form stands."""
    rule = re.search(r"plural=(.*);", po.metadata["Plural-Forms"])[1]
    # The rule is C: its `a ? b : c` is, from the right, Python's `b if a else c`.
    *cases, last = rule.strip("() ").replace("&&", " and ").replace("||", " or ").split(":")
    for case in reversed(cases):
        condition, form = case.split("?")
        last = f"{form} if {condition} else ({last})"
    forms = {}
    for n in range(1000):
        forms.setdefault(int(eval(last, {"n": n})), []).append(n)  # noqa: S307 - the rule is our own file's
    return forms


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_has_every_string_of_the_public_sources_and_no_other(language):
    public = set().union(*map(strings_of, public_sources()))

    entries = [(entry.msgid, entry.msgid_plural) for entry in catalogue(language)]

    assert set(entries) ^ public == set()
    assert len(entries) == len(public) > 400


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_string_is_translated_in_every_plural_form_and_none_is_a_guess(language):
    po = catalogue(language)
    forms = list(range({"fr": 2, "es": 2, "ar": 6}[language]))

    assert [entry.msgid for entry in po if entry.fuzzy or entry.obsolete or not entry.translated()] == []
    assert [entry.msgid for entry in po if entry.msgid_plural and sorted(entry.msgstr_plural) != forms] == []
    assert sorted(numbers_of_each_form(po)) == forms


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_has_the_placeholders_of_its_string(language):
    po = catalogue(language)
    numbers = numbers_of_each_form(po)

    for entry in po:
        for form, text in (entry.msgstr_plural or {None: entry.msgstr}).items():
            wanted = placeholders(entry.msgid_plural or entry.msgid)
            # Arabic says none, one and two in words, and so does English one: “2 two signatories” would be wrong.
            in_words = set(wanted) - set(placeholders(entry.msgid)) if form == 0 else set()
            if form is not None and len(numbers[form]) == 1:
                in_words.add("%(count)s")
            wanted = [one for one in wanted if one not in in_words or one in text]
            assert placeholders(text) == wanted, (entry.msgid, form)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalogue_says_what_the_catalogue_says(language):
    po, mo = catalogue(language), catalogue(language, "mo")

    def said(entries):
        return {(one.msgid, one.msgid_plural): (one.msgstr, one.msgstr_plural) for one in entries}

    assert said(mo) == said(po)
    assert mo.metadata == po.metadata


def prose(language):
    """What a catalogue says, without its tags, addresses and times of day, which keep the punctuation they have."""
    said = (text for entry in catalogue(language) for text in (entry.msgstr, *entry.msgstr_plural.values()))
    return [re.sub(r"<[^>]*>|https?://\S+|\d\d:\d\d|[0-9a-f]+(?::[0-9a-f]*)+(?:/\d+)?", "", text) for text in said]


def test_french_puts_a_no_break_space_before_double_punctuation():
    assert [text for text in prose("fr") if re.search(r"(?:[^\u00a0]|^)[;:?!»]|«[^\u00a0]|'", text)] == []


def test_spanish_opens_what_it_asks():
    assert [text for text in prose("es") if ("?" in text) != ("¿" in text) or ("!" in text) != ("¡" in text)] == []


def test_arabic_is_punctuated_as_arabic():
    assert [text for text in prose("ar") if re.search(r"[,;?]", text)] == []


# ── in print ──


def published(lines):
    """An edition of a letter with a text in each language."""
    letter = a_letter()
    for language, title in (("fr", "Une lettre commune"), ("es", "Una carta conjunta"), ("ar", "رسالة مشتركة")):
        letter.revise(language, title=title, salutation=".", body=".", closing=".")
    return publish(letter, lines)


def page(edition, name, language):
    return bytes(edition.file(name, language)).decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "start", "words"),
    [
        ("en", '<html lang="en-gb" dir="ltr">', ["2 signatories", "Log of changes", "SHA-256 of the list:"]),
        (
            "fr",
            '<html lang="fr" dir="ltr">',
            ["2 signataires", "Journal des modifications", "SHA-256 de la liste\u00a0:"],
        ),
        ("es", '<html lang="es" dir="ltr">', ["2 signatarios", "Registro de cambios", "SHA-256 de la lista:"]),
        ("ar", '<html lang="ar" dir="rtl">', ["جهتان موقِّعتان", "سجل التغييرات", "بصمة SHA-256 للقائمة:"]),
    ],
)
def test_the_page_of_a_translation_speaks_its_language_throughout(language, start, words):
    edition = published([Line("Al-Haq"), Line("MADRE")])

    html = page(edition, "early/index.html", language)

    assert start in html
    assert [word for word in words if word not in html] == []
    english = {"signatories</", "Log of changes", "Permanent address", "Show it on your site", "By country"}
    assert {word for word in english if word in html} == (english if language == "en" else set())


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("count", "arabic", "french", "spanish"),
    [
        (0, "لا جهات موقِّعة", "0 signataire", "0 signatarios"),
        (1, "جهة موقِّعة واحدة", "1 signataire", "1 signatario"),
        (2, "جهتان موقِّعتان", "2 signataires", "2 signatarios"),
        (3, "3 جهات موقِّعة", "3 signataires", "3 signatarios"),
        (11, "11 جهةً موقِّعةً", "11 signataires", "11 signatarios"),
        (100, "100 جهة موقِّعة", "100 signataires", "100 signatarios"),
    ],
)
def test_the_number_of_signatories_takes_the_form_that_the_language_wants(count, arabic, french, spanish):
    edition = published([Line(f"Group {number:03}") for number in range(count)])

    for language, words in (("ar", arabic), ("fr", french), ("es", spanish)):
        assert f'<h2 id="signatories-title">{words}</h2>' in page(edition, "early/index.html", language)


@pytest.mark.django_db
def test_countries_are_named_in_the_readers_language():
    edition = published([Line("Pro Asyl", country="DE"), Line("Femmes Africa", country="")])

    names = {
        language: re.findall(r"<h2 id=[^>]*><bdi>(.*?)</bdi>", page(edition, "countries/index.html", language))
        for language in ("en", *LANGUAGES)
    }

    assert names == {
        "en": ["Germany", "International, or no country given"],
        "fr": ["Allemagne", "Organisations internationales ou sans pays indiqué"],
        "es": ["Alemania", "Organizaciones internacionales o sin país indicado"],
        "ar": ["ألمانيا", "منظمات دولية أو لم يُذكر بلدها"],
    }


@pytest.mark.django_db
def test_moments_are_dated_in_the_readers_language():
    edition = published([])

    days = {
        language: re.search(
            r'<time [^>]*datetime="2020-04-28">(.*?)</time>', page(edition, "early/index.html", language)
        )
        for language in ("en", *LANGUAGES)
    }

    assert [days["en"][1], days["fr"][1], "abril" in days["es"][1]] == ["28 April 2020", "28 avril 2020", True]
    assert not re.search("[A-Za-z]", days["ar"][1])
