"""What an edition is handed out as: the same names in every kind of file, and no name is anything but a name."""

import csv
import io
import itertools
import os
import re
import subprocess
import sys
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import docx
import feedparser
import openpyxl
import pytest
from django.utils import translation
from lxml import etree

from letter.artefacts.badge import SIZE, render_badge, text_width
from letter.artefacts.data import Listed, defused, render_atom, render_csv
from letter.artefacts.docx import render_docx
from letter.artefacts.text import directional_runs, text_direction, xml_text
from letter.artefacts.xlsx import render_xlsx
from letter.content import Content, Line, lines_sha256
from tests.conftest import ROOT

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
AT = datetime(2020, 4, 28, 9, 30, tzinfo=UTC)
HARD = [
    "مركز عدل لحقوق الإنسان",
    "Al-Haq (الحق)",
    "Правозащитный центр «Мемориал»",
    "中国人权",
    "Ä" * 200,
    '#read("/etc/passwd")',
    "=1+1",
    "-2+3",
    "+A1",
    "@SUM(A1)",
    "=HYPERLINK(A1)",
    "#N/A",
    "#REF!",
    "<script>alert(1)</script>",
    "&amp;",
    "“Quotes” and \"quotes\", 'single'",
    "_x0041_ and PAGE \\* MERGEFORMAT",
    "🕊️ Peace 👩🏽‍⚖️",
    "Cafe\u0301 Z\u0335\u0310\u0311a\u0322",
    "]]> --> {% now %} $name \\ %s",
    "עמותה 2020 (2020)",
]


def lines(*names):
    return [Line(name, "ACR", "FR", "https://example.org/?a=1&b=2", str(at)) for at, name in enumerate(names)]


def a_content(*names, **changes):
    listed = lines(*names)
    content = Content(
        slug="icc-2020",
        place="New York",
        dated_on=date(2020, 4, 28),
        addressees="",
        language="en",
        is_original=True,
        title="Joint letter",
        salutation="Your Excellency,",
        body="We, the undersigned.",
        closing="Sincerely,",
        number=12,
        published_at=AT,
        sha256=lines_sha256(listed),
        lines=listed,
        address="https://letters.example.org/icc-2020/editions/12/",
    )
    return replace(content, **changes)


def feed(content, entries=None, **more):
    if entries is None:
        entries = [Listed(one.name, one.country, one.website, one.anchor, AT, 12) for one in content.lines]
    addresses = {
        "feed_address": "https://letters.example.org/icc-2020/feed.atom",
        "letter_address": "https://letters.example.org/icc-2020/",
    }
    return render_atom(content, entries=entries, **addresses, **more)


def every_file(content):
    return {
        "docx": render_docx(content),
        "xlsx": render_xlsx(content),
        "csv": render_csv(content),
        "atom": feed(content),
        "badge": render_badge(content),
    }


def xml(data, part):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return etree.fromstring(archive.read(part))


def paragraphs(data):
    return {"".join(one.itertext()): one for one in xml(data, "word/document.xml").iter(f"{W}p")}


def body(markdown, **changes):
    """Return the paragraphs that a letter's body becomes: style, text, number of the list, level, indent."""
    found = []
    for one in docx.Document(io.BytesIO(render_docx(a_content("Al-Haq", body=markdown, **changes)))).paragraphs:
        numbers = one._p.pPr.numPr
        indent = one.paragraph_format.left_indent
        number = (numbers.numId.val, numbers.ilvl.val) if numbers is not None else None
        found.append((one.style.name, one.text, number, indent.twips if indent is not None else None))
    start = next(at for at, one in enumerate(found) if one[0] == "Salutation")
    end = next(at for at, one in enumerate(found) if one[0] == "Closing")
    return found[start + 1 : end]


def test_the_same_names_stand_in_the_same_order_in_every_file():
    content = a_content(*HARD)

    files = every_file(content)

    document = docx.Document(io.BytesIO(files["docx"]))
    sheet = openpyxl.load_workbook(io.BytesIO(files["xlsx"])).worksheets[0]
    rows = csv.reader(io.StringIO(files["csv"].decode("utf-8-sig")))
    parsed = feedparser.parse(files["atom"], sanitize_html=False)
    assert [one.text for one in document.paragraphs if one.style.name == "Signatory"] == HARD
    # The library that reads them here leaves Excel's escape of “_x0041_” as it stands.
    assert [row[1].replace("_x005F_", "_") for row in sheet.iter_rows(min_row=2, values_only=True)] == HARD
    assert [row[0].removeprefix("'") for row in rows][1:] == HARD
    assert [entry.title for entry in parsed.entries] == HARD
    root = etree.fromstring(files["atom"])
    assert [one.text for one in root.iterfind("{*}entry/{*}title")] == HARD


def test_a_name_is_never_a_formula_an_error_or_a_field():
    files = every_file(a_content(*HARD))

    book = openpyxl.load_workbook(io.BytesIO(files["xlsx"]))
    names = [row[1] for row in book.worksheets[0].iter_rows(min_row=2)]
    assert {cell.data_type for cell in names} == {"s"}
    with zipfile.ZipFile(io.BytesIO(files["xlsx"])) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in sheet
    assert b't="e"' not in sheet
    cells = itertools.chain.from_iterable(csv.reader(io.StringIO(files["csv"].decode("utf-8-sig"))))
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))] == []
    document = xml(files["docx"], "word/document.xml")
    assert [one.tag for one in document.iter(f"{W}fldSimple", f"{W}instrText", f"{W}fldChar")] == []


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_no_name_becomes_a_formula_where_a_spreadsheet_parts_cells_otherwise(delimiter):
    hard = ["Foo;=1+1", "Foo; =1+1", 'Foo;"=1+1"', "Foo;@SUM(1)", "Foo;+1;-1", "Foo\t=1+1", 'Foo, Inc;"" =1+1']
    content = a_content("Al-Haq", *hard)
    lines = [replace(line, acronym=line.name, website=line.name) for line in content.lines]

    text = render_csv(replace(content, lines=lines)).decode("utf-8-sig")

    for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_NONE):
        cells = [cell for row in csv.reader(io.StringIO(text), delimiter=delimiter, quoting=quoting) for cell in row]
        assert [cell for cell in cells if cell.lstrip(' "').startswith(("=", "+", "-", "@"))] == []


def test_an_apostrophe_stands_only_before_what_could_be_a_formula():
    kept = ["Al-Haq", "Foo; Bar", "A = B", "x@y.org", "https://a.example/?a=1;b=-2", "Foo;Bar-Baz"]

    assert [defused(cell) for cell in kept] == kept
    assert [defused(cell) for cell in ("=1;=1", "Box 1\n-Nairobi")] == ["'=1;'=1", "Box 1\n'-Nairobi"]


def test_what_xml_forbids_breaks_no_file():
    content = a_content("A\x01l\x0b-Haq\ufffe", title="Joint\x02 letter")

    files = every_file(content)

    document = docx.Document(io.BytesIO(files["docx"]))
    assert [one.text for one in document.paragraphs if one.style.name == "Signatory"] == ["Al-Haq"]
    assert openpyxl.load_workbook(io.BytesIO(files["xlsx"])).worksheets[0]["B2"].value == "Al-Haq"
    assert feedparser.parse(files["atom"]).bozo == 0
    assert etree.fromstring(files["badge"])[0].text == "\u2068Joint letter\u2069: 1 signatory"
    assert xml_text("a\ud800\t\x85\n🕊") == "a\t\x85\n🕊"


ONCE = """
import hashlib, django
django.setup()
from django.utils import translation
from tests.test_artefacts import HARD, a_content, every_file
with translation.override("en-gb"):
    for name, data in every_file(a_content(*HARD, body="1. [a](https://a.example)\\n\\n> *b*")).items():
        print(name, hashlib.sha256(data).hexdigest())
"""


def test_equal_content_makes_equal_bytes_in_another_process_at_another_time_in_another_zone():
    runs = []
    for zone, seed in (("UTC", "1"), ("Pacific/Kiritimati", "2")):
        # Python's zip files take the local time, to two seconds: these two are half a day apart.
        environment = {**os.environ, "TZ": zone, "PYTHONHASHSEED": seed}
        runs.append(subprocess.run([sys.executable, "-c", ONCE], cwd=ROOT, env=environment, capture_output=True))

    assert [run.returncode for run in runs] == [0, 0], runs[0].stderr.decode()
    assert runs[0].stdout == runs[1].stdout
    assert len(runs[0].stdout.splitlines()) == 5
    for render in (render_docx, render_xlsx):
        with zipfile.ZipFile(io.BytesIO(render(a_content("Al-Haq")))) as archive:
            assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_documents_say_title_language_and_the_edition_s_date_but_no_author():
    content = a_content("Al-Haq", language="fr", title="Lettre commune")

    word = docx.Document(io.BytesIO(render_docx(content))).core_properties
    excel = openpyxl.load_workbook(io.BytesIO(render_xlsx(content))).properties

    assert (word.title, word.language, word.author, word.last_modified_by) == ("Lettre commune", "fr", "", "")
    assert (word.created, word.modified) == (AT, AT)
    assert (excel.title, excel.language, excel.creator) == ("Lettre commune", "fr", None)
    assert excel.modified.replace(tzinfo=UTC) == AT


def test_an_empty_list_is_fine_in_every_file():
    files = every_file(a_content())

    texts = [one.text for one in docx.Document(io.BytesIO(files["docx"])).paragraphs]
    assert "0 signatories" in texts
    assert "No organisation has signed yet." in texts
    assert openpyxl.load_workbook(io.BytesIO(files["xlsx"])).worksheets[0].max_row == 1
    assert files["csv"].decode("utf-8-sig") == "name,acronym,country,website,name_in_own_script\r\n"
    assert (feedparser.parse(files["atom"]).bozo, feedparser.parse(files["atom"]).entries) == (0, [])
    assert "0 signatories" in files["badge"].decode()


def test_the_word_document_reads_from_date_to_imprint_in_named_styles():
    content = a_content("Al-Haq", addressees="Ministers\nof all States")

    document = docx.Document(io.BytesIO(render_docx(content)))

    assert [(one.style.name, one.text) for one in document.paragraphs] == [
        ("Date", "New York, 28 April 2020"),
        ("Addressees", "Ministers\nof all States"),
        ("Title", "Joint letter"),
        ("Salutation", "Your Excellency,"),
        ("Body Text", "We, the undersigned."),
        ("Closing", "Sincerely,"),
        ("Heading 1", "1 signatory"),
        ("Signatory", "Al-Haq"),
        ("Colophon", "Edition 12, published on 28 April 2020, 09:30 UTC."),
        ("Colophon", "SHA-256 of the list:"),
        ("Colophon", content.sha256),
    ]


def test_markdown_becomes_word_s_own_constructs():
    markdown = (
        "# One\n\n## Two\n\n### Three\n\nPlain *em* **strong** ***both***  \nnext [link](https://a.example/?b=1&c=2)\n\n"
        "> Quoted\n\n---\n\n[bad](javascript:alert) ![picture](https://a.example/p.png) `code`"
    )

    data = render_docx(a_content("Al-Haq", body=markdown))

    assert [one[:2] for one in body(markdown)] == [
        ("Heading 1", "One"),
        ("Heading 1", "Two"),
        ("Heading 2", "Three"),
        ("Body Text", "Plain em strong both\nnext link"),
        ("Quote", "Quoted"),
        ("Horizontal Rule", ""),
        ("Body Text", "[bad](javascript:alert)  code"),
    ]
    prose = next(one for one in docx.Document(io.BytesIO(data)).paragraphs if one.text.startswith("Plain"))
    formats = [(run.text, bool(run.bold), bool(run.italic)) for run in prose.runs if run.text.strip()]
    assert formats == [
        ("Plain ", False, False),
        ("em", False, True),
        ("strong", True, False),
        ("both", True, True),
        ("next ", False, False),
    ]
    assert [(one.text, one.address) for one in prose.hyperlinks] == [("link", "https://a.example/?b=1&c=2")]


def test_lists_are_numbered_by_word_and_each_starts_where_it_should():
    markdown = (
        "1. a\n2. b\n   1. b one\n   2. b two\n3. c\n   1. c one\n\n   more of c\n\ntext\n\n7. seven\n8. eight\n\n"
        "- bullet\n  - deeper\n    1. third\n\n> - quoted\n\n- - at once\n-"
    )

    data = render_docx(a_content("Al-Haq", body=markdown))

    assert body(markdown) == [
        ("List Number", "a", (3, 0), None),
        ("List Number", "b", (3, 0), None),
        ("List Number 2", "b one", (4, 1), None),
        ("List Number 2", "b two", (4, 1), None),
        ("List Number", "c", (3, 0), None),
        ("List Number 2", "c one", (5, 1), None),
        ("List Continue", "more of c", None, None),
        ("Body Text", "text", None, None),
        ("List Number", "seven", (6, 0), None),
        ("List Number", "eight", (6, 0), None),
        ("List Bullet", "bullet", (2, 0), None),
        ("List Bullet 2", "deeper", (2, 1), None),
        ("List Number 3", "third", (7, 2), None),
        ("List Bullet", "quoted", (2, 0), 850),
        ("List Bullet", "", (2, 0), None),
        ("List Bullet 2", "at once", (2, 1), None),
        ("List Bullet", "", (2, 0), None),
    ]
    starts = {}
    for one in xml(data, "word/numbering.xml").iterfind(f"{W}num"):
        for override in one.iterfind(f"{W}lvlOverride"):
            level, start = override.get(f"{W}ilvl"), override.find(f"{W}startOverride").get(f"{W}val")
            starts[one.get(f"{W}numId")] = (level, start)
    assert starts == {"3": ("0", "1"), "4": ("1", "1"), "5": ("1", "1"), "6": ("0", "7"), "7": ("2", "1")}


def test_the_names_stand_in_two_columns_of_a_section_that_begins_and_ends_on_the_page():
    sections = [
        (one.find(f"{W}type").get(f"{W}val"), one.find(f"{W}cols").get(f"{W}num"))
        for one in xml(render_docx(a_content("Al-Haq", "MADRE")), "word/document.xml").iter(f"{W}sectPr")
    ]

    assert sections == [("nextPage", "1"), ("continuous", "2"), ("continuous", "1")]


def test_pages_have_the_title_above_and_edition_address_and_page_below():
    title = "Joint letter to States Parties in support of the International Criminal Court"

    section = docx.Document(io.BytesIO(render_docx(a_content("Al-Haq", title=title)))).sections[0]

    assert [one.text for one in section.header.paragraphs] == [
        "Joint letter to States Parties in support of the International…"
    ]
    assert section.different_first_page_header_footer
    for footer in (section.footer, section.first_page_footer):
        assert [one.text for one in footer.paragraphs][:2] == [
            "Edition 12, published on 28 April 2020, 09:30 UTC.",
            "https://letters.example.org/icc-2020/editions/12/",
        ]
        fields = [one.get(f"{W}instr") for one in footer._element.iter(f"{W}fldSimple")]
        assert fields == [" PAGE ", " NUMPAGES "]
        (link,) = footer.paragraphs[1].hyperlinks
        assert link.address == "https://letters.example.org/icc-2020/editions/12/"


def test_each_name_has_the_direction_of_its_first_strong_letter():
    def directions(language):
        found = paragraphs(render_docx(a_content("مركز عدل", "Al-Haq (الحق)", "2020 عدل", "!", language=language)))
        properties = [found[name].find(f"{W}pPr") for name in ("مركز عدل", "Al-Haq (الحق)", "2020 عدل", "!")]
        return [one.find(f"{W}bidi") is not None and one.find(f"{W}bidi").get(f"{W}val") != "0" for one in properties]

    assert directions("en") == [True, False, True, False]
    assert directions("ar") == [True, False, True, True]


def test_a_letter_in_arabic_runs_from_right_to_left_throughout():
    content = a_content(
        "Al-Haq", "عدل", language="ar", title="رسالة", body="نحن *ندعو* ICC.\n\n1. أولاً", place="نيويورك"
    )

    with translation.override("ar"):
        data = render_docx(content)

    document = xml(data, "word/document.xml")
    for one in document.iter(f"{W}p"):
        bidi = one.find(f"{W}pPr/{W}bidi")
        assert (bidi.get(f"{W}val") == "0") == ("".join(one.itertext()) in ("Al-Haq", content.sha256))
    assert all(one.find(f"{W}bidi") is not None for one in document.iter(f"{W}sectPr"))
    prose = next(one for one in document.iter(f"{W}p") if "ICC" in "".join(one.itertext()))
    runs = [("".join(run.itertext()), run.find(f"{W}rPr/{W}rtl") is not None) for run in prose.iter(f"{W}r")]
    assert runs == [("نحن ", True), ("ندعو", True), (" ", True), ("ICC", False), (".", True)]
    languages = {one.get(f"{W}bidi") for one in document.iter(f"{W}lang")} - {None}
    assert languages == {"ar-SA"}
    defaults = xml(data, "word/styles.xml").find(f"{W}docDefaults/{W}rPrDefault/{W}rPr")
    assert defaults.find(f"{W}rFonts").get(f"{W}cs") == "Times New Roman"
    assert defaults.find(f"{W}lang").get(f"{W}bidi") == "ar-SA"


@pytest.mark.parametrize("default", ["ltr", "rtl"])
@pytest.mark.parametrize("name", HARD)
def test_cutting_a_name_by_direction_loses_nothing_and_keeps_letters_of_a_kind_together(name, default):
    runs = directional_runs(name, default)

    assert "".join(piece for _direction, piece in runs) == name
    assert all(text_direction(piece, way) == way for way, piece in runs)
    assert all(one[0] != other[0] for one, other in itertools.pairwise(runs))


# ECMA-376, part 1: the children of these elements form sequences, which Word checks.
ORDER = {
    "pPr": "pStyle keepNext keepLines widowControl numPr pBdr bidi spacing ind contextualSpacing jc outlineLvl sectPr",
    "rPr": "rStyle rFonts b bCs i iCs noProof color sz szCs u rtl lang",
    "sectPr": "headerReference footerReference type pgSz pgMar cols titlePg bidi",
    "style": "name basedOn next uiPriority semiHidden qFormat pPr rPr tblPr",
    "lvl": "start numFmt pStyle lvlText lvlJc pPr",
    "abstractNum": "multiLevelType lvl",
    "numbering": "abstractNum num",
    "styles": "docDefaults style",
    "settings": "zoom defaultTabStop characterSpacingControl compat themeFontLang decimalSymbol listSeparator",
}


@pytest.mark.parametrize("language", ["en", "ar", "zh-hans"])
def test_all_elements_stand_in_the_order_that_word_insists_on(language):
    markdown = "# a\n\n***[b](https://a.example)***\n\n1. c\n   > - d\n\n---\n\nعدل **عدل**"

    data = render_docx(a_content(*HARD, body=markdown, language=language))

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        roots = [etree.fromstring(archive.read(name)) for name in archive.namelist()]
    seen = set()
    for element in itertools.chain.from_iterable(root.iter() for root in roots):
        kind = element.tag.removeprefix(W)
        if kind in ORDER:
            order = ORDER[kind].split()
            places = [order.index(child.tag.removeprefix(W)) for child in element]
            assert places == sorted(places), kind
            seen.add(kind)
    assert seen == set(ORDER)


def test_every_style_list_and_relationship_that_the_document_names_exists():
    data = render_docx(
        a_content("Al-Haq", body="# a\n\n1. b\n   - c\n     1. d\n        - e\n\n[f](https://a.example)")
    )

    document, styles = xml(data, "word/document.xml"), xml(data, "word/styles.xml")
    known = {one.get(f"{W}styleId") for one in styles.iter(f"{W}style")}
    for tag in ("pStyle", "rStyle", "basedOn", "next"):
        assert {one.get(f"{W}val") for root in (document, styles) for one in root.iter(f"{W}{tag}")} <= known
    numbers = {one.get(f"{W}numId") for one in xml(data, "word/numbering.xml").iter(f"{W}num")}
    assert {one.get(f"{W}val") for one in document.iter(f"{W}numId")} <= numbers
    related = {one.get("Id") for one in xml(data, "word/_rels/document.xml.rels")}
    used = {value for one in document.iter() for key, value in one.attrib.items() if key.endswith("}id")}
    assert used <= related
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {f"/{name}" for name in archive.namelist() if not name.endswith((".rels", "[Content_Types].xml"))}
    assert {one.get("PartName") for one in xml(data, "[Content_Types].xml") if one.get("PartName")} == parts


def test_the_workbook_has_a_header_that_stays_and_filters_and_tells_its_edition():
    content = a_content("Al-Haq", "MADRE")

    names, edition = openpyxl.load_workbook(io.BytesIO(render_xlsx(content))).worksheets

    assert (names.title, names.freeze_panes, names.auto_filter.ref) == ("Signatories", "A2", "A1:G3")
    assert [[cell.value for cell in row] for row in names.iter_rows()] == [
        ["Position", "Name", "Acronym", "Country", "Country code", "Website", "Name in its own script"],
        [1, "Al-Haq", "ACR", "France", "FR", "https://example.org/?a=1&b=2", None],
        [2, "MADRE", "ACR", "France", "FR", "https://example.org/?a=1&b=2", None],
    ]
    assert all(cell.font.bold for cell in names[1])
    assert dict(edition.iter_rows(values_only=True)) == {
        "Letter": "Joint letter",
        "Edition": 12,
        "Published on": "28 April 2020, 09:30 UTC",
        "Signatories": 2,
        "SHA-256 of the list:": content.sha256,
        "Permanent address of this edition": "https://letters.example.org/icc-2020/editions/12/",
    }


def test_the_workbook_speaks_the_active_language_and_turns_with_it():
    with translation.override("ar"):
        arabic = openpyxl.load_workbook(io.BytesIO(render_xlsx(a_content("Al-Haq")))).worksheets
    with translation.override("fr"):
        french = openpyxl.load_workbook(io.BytesIO(render_xlsx(a_content("Al-Haq")))).worksheets

    assert [sheet.sheet_view.rightToLeft for sheet in arabic] == [True, True]
    assert [bool(sheet.sheet_view.rightToLeft) for sheet in french] == [False, False]
    assert arabic[0]["D2"].value == "فرنسا"


def test_the_feed_tells_the_newest_first_each_at_its_place_on_the_page():
    content = a_content("Al-Haq", "MADRE")
    older = Listed("Al-Haq", "PS", "https://alhaq.org/?a=1&b=2", "s7", AT - timedelta(days=1), 11)
    newer = Listed("MADRE", "", "", "s8", AT, 12)

    parsed = feedparser.parse(feed(content, [older, newer]))

    assert parsed.bozo == 0
    assert [(one.title, one.link, one.id, one.published, one.updated) for one in parsed.entries] == [
        (
            "MADRE",
            "https://letters.example.org/icc-2020/#s8",
            "tag:letters.example.org,2020-04-28:icc-2020/s8",
            "2020-04-28T09:30:00Z",
            "2020-04-28T09:30:00Z",
        ),
        (
            "Al-Haq",
            "https://letters.example.org/icc-2020/#s7",
            "tag:letters.example.org,2020-04-27:icc-2020/s7",
            "2020-04-27T09:30:00Z",
            "2020-04-27T09:30:00Z",
        ),
    ]
    assert [(one.rel, one.href) for one in parsed.entries[1].links if one.rel == "related"] == [
        ("related", "https://alhaq.org/?a=1&b=2")
    ]
    assert [tag.term for tag in parsed.entries[1].tags] == ["PS"]
    assert parsed.entries[1].summary == "\u2068Al-Haq\u2069 has signed, and stands on the list from edition 11 on."


def test_the_feed_names_itself_its_letter_and_the_archive_before_it():
    content = a_content("Al-Haq", "MADRE", title="رسالة", language="ar")

    parsed = feedparser.parse(feed(content, [], previous="https://letters.example.org/icc-2020/feed-1.atom")).feed
    without = feedparser.parse(feed(content, [])).feed

    assert {one.rel: one.href for one in parsed.links} == {
        "self": "https://letters.example.org/icc-2020/feed.atom",
        "alternate": "https://letters.example.org/icc-2020/",
        "prev-archive": "https://letters.example.org/icc-2020/feed-1.atom",
    }
    assert sorted(one.rel for one in without.links) == ["alternate", "self"]
    assert (parsed.id, parsed.title, parsed.author) == ("https://letters.example.org/icc-2020/", "رسالة", "رسالة")
    assert (parsed.subtitle, parsed.updated) == ("2 signatories", "2020-04-28T09:30:00Z")
    assert (parsed.language, parsed.title_detail.language) == ("en-gb", "ar")


def test_the_feed_is_valid_whatever_the_names():
    content = a_content(*HARD, title="]]> <b>&amp;</b>")

    parsed = feedparser.parse(feed(content))

    assert parsed.bozo == 0
    assert len({entry.id for entry in parsed.entries}) == len(HARD)


def test_the_badge_says_how_many_to_eyes_and_to_screen_readers_and_loads_nothing():
    badge = render_badge(a_content("Al-Haq", "MADRE", title='A "letter" <&>')).decode()

    root = etree.fromstring(badge)
    texts = [one.text for one in root.iter("{*}text")]
    assert texts == ["signed", "2 signatories"]
    name = '\u2068A "letter" <&>\u2069: 2 signatories'
    assert (root.get("role"), root.find("{*}title").text) == ("img", name)
    assert re.findall(r"style|href|url\(|<script|@import|\son\w+=", badge) == []


def test_the_badge_turns_with_the_language_and_is_wide_enough_for_its_words():
    with translation.override("ar"):
        arabic = etree.fromstring(render_badge(a_content("Al-Haq")))
    english = etree.fromstring(render_badge(a_content("Al-Haq")))

    def places(root):
        return [float(one.get("x")) for one in root.iter("{*}text")]

    assert places(english) == sorted(places(english))
    assert places(arabic) == sorted(places(arabic), reverse=True)
    assert {one.get("direction") for one in arabic.iter("{*}text")} == {"rtl"}
    assert text_width("中国人权", SIZE) >= 4 * SIZE
    assert text_width("e\u0301", SIZE) == text_width("e", SIZE)
    assert text_width("1000 signatories", SIZE) > text_width("1 signatory", SIZE)
