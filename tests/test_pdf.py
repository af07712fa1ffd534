"""The letter as PDF and as picture, examined with the tools that readers have (poppler, qpdf)."""

import csv
import hashlib
import json
import os
import re
import struct
import subprocess
import sys
import time
import unicodedata
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.utils import translation

from config.settings import font_dirs
from letter.artefacts.pdf import MissingGlyph, parse_body, render_copies, render_pdf, shorten
from letter.artefacts.picture import SIZE, render_card
from letter.content import Addressee, Content, Line, lines_sha256

BODY = Path("demo/content/letter.en.md").read_text().split("---\n", 2)[2]
with Path("demo/content/signatories.csv").open() as sheet:
    REAL = [row["name"] for row in csv.DictReader(sheet)]
TITLE = "Joint letter to States Parties in support of the International Criminal Court"
ARABIC = "رسالة مشتركة إلى الدول الأطراف دعماً للمحكمة الجنائية الدولية"
HARD = [
    "Al-Haq",
    "الشبكة العربية لمعلومات حقوق الإنسان (ANHRI)",
    "مركز القاهرة لدراسات حقوق الإنسان",
    "Центр гражданских свобод",
    "Ελληνική Ένωση για τα Δικαιώματα του Ανθρώπου",
    "האגודה לזכויות האזרח בישראל",
    "A" * 200,
    ("A name of many words that is very long indeed " * 5)[:200].strip(),
    '#read("/etc/passwd")',
    "*bold* _italic_ `raw`",
    "$x$",
    "=1+1",
    "= Heading",
    "<script>alert(1)</script>",
    "@label <label>",
    "#{panic()} #sys.inputs",
    "\\u{41} \\ // comment /* comment */",
    "- item",
    "/ term: description",
    "Đorđe ʻOkina ẞ ﬁ",
    "\u200fRight-to-left mark",
    "Zoë",
]


def a_content(names=REAL, **changes):
    lines = [Line(name) for name in names]
    return Content(
        **{
            "slug": "icc-2020",
            "place": "New York",
            "dated_on": date(2020, 4, 28),
            "addressees": "To the States Parties\nto the Rome Statute",
            "language": "en",
            "is_original": True,
            "title": TITLE,
            "salutation": "Your Excellency,",
            "body": BODY,
            "closing": "Sincerely,",
            "number": 3,
            "published_at": datetime(2020, 5, 4, 12, 30, tzinfo=UTC),
            "sha256": lines_sha256(lines),
            "lines": lines,
            "address": "https://letters.example.org/icc-2020/editions/3/",
        }
        | changes
    )


def tool(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def reading(tmp_path):
    """Write a PDF and return what a tool says of it, after qpdf has found it sound."""
    path = tmp_path / "letter.pdf"

    def read(pdf, *command):
        path.write_bytes(pdf.content)
        tool("qpdf", "--check", str(path))
        return tool(*command, str(path), *(["-"] if command[0] == "pdftotext" else []))

    return read


def bare(text):
    """Without spaces, lines, direction marks and ligatures: what is left has one form however it is set."""
    text = unicodedata.normalize("NFKC", text)
    return "".join(one for one in text if not one.isspace() and unicodedata.category(one) != "Cf")


def assert_in_order(names, text):
    place, text = 0, bare(text)
    for name in names:
        found = text.find(bare(name), place)
        assert found >= 0, name
        place = found + len(bare(name))


def list_items(structure):
    """The number of items of each list in ``pdfinfo -struct``, in order; lists in lists count for themselves."""
    counts = []
    for line in structure.splitlines():
        if re.match(r" +L \(block\)", line):
            counts.append(0)
        elif re.match(r" +LI \(block\)", line):
            counts[-1] += 1
    return counts


def positions(text, names):
    """For each name of one word: (page, x, y) of the last word that equals it, by ``pdftotext -bbox``."""
    places, page = {}, 0
    for line in text.splitlines():
        page += "<page " in line
        if word := re.search(r'xMin="([\d.]+)" yMin="([\d.]+)".*>(.*)</word>', line):
            places[word[3]] = (page, float(word[1]), float(word[2]))
    return [places[name] for name in names]


# ── the document ──


def test_the_real_letter_is_printed_whole_and_its_names_in_order(reading):
    pdf = render_pdf(a_content())

    text = reading(pdf, "pdftotext", "-raw")
    paragraphs = [re.sub(r"^\d\. ", "", one) for one in BODY.strip().split("\n") if one]
    assert pdf.missing == ()
    assert "New York, 28 April 2020" in text
    assert "113 signatories" in text
    # Hyphens at line ends and the page's own furniture stand between the words of a paragraph.
    assert_in_order([" ".join(one.split()[:9]) for one in paragraphs], text)
    assert_in_order(
        ["Sincerely,", "113 signatories", *REAL, lines_sha256(map(Line, REAL))], re.sub(FURNITURE, "", text)
    )


FURNITURE = rf"Edition 3, 4 May 2020 · \S+\s+Page \d of \d\n|\f{TITLE}\n"


def test_pages_say_which_edition_they_are_of_and_how_many_there_are(reading):
    text = reading(render_pdf(a_content()), "pdftotext", "-layout")

    *pages, _rest = text.split("\f")
    assert len(pages) == 3
    for number, page in enumerate(pages, 1):
        foot = page.strip().splitlines()[-1]
        assert foot.startswith("Edition 3, 4 May 2020 · https://letters.example.org/icc-2020/editions/3/")
        assert foot.endswith(f"Page {number} of 3")
    assert [page.strip().splitlines()[0] == TITLE for page in pages] == [False, True, True]
    assert "Edition 3, published on 4 May 2020, 12:30 UTC." in pages[-1]


def test_the_document_keeps_both_standards_and_has_title_language_and_outline(reading):
    pdf = render_pdf(a_content())

    about = reading(pdf, "pdfinfo")
    metadata = reading(pdf, "pdfinfo", "-meta")
    catalogue = reading(pdf, "qpdf", "--json")
    assert re.search(rf"^Title: +{TITLE}$", about, re.MULTILINE)
    assert re.search(r"^Tagged: +yes$", about, re.MULTILINE)
    for mark in ("<pdfuaid:part>1<", "<pdfaid:part>2<", "<pdfaid:conformance>A<"):
        assert mark in metadata
    assert '"/Lang": "u:en"' in catalogue
    assert '"/DisplayDocTitle": true' in catalogue
    (top,) = json.loads(reading(pdf, "qpdf", "--json", "--json-key=outlines"))["outlines"]
    assert (top["title"], [one["title"] for one in top["kids"]]) == (TITLE, ["113 signatories"])


def test_the_names_are_one_list_in_the_tag_tree_in_reading_order(reading):
    pdf = render_pdf(a_content())

    assert list_items(reading(pdf, "pdfinfo", "-struct")) == [8, 113]
    words = reading(pdf, "pdfinfo", "-struct-text").split('"113 signatories"')[-1]
    assert_in_order(REAL, "".join(re.findall(r'"(.*)"', words)))


@pytest.mark.parametrize("count", [0, 1, 2, 3, 7])
def test_a_short_list_stands_in_two_columns_of_one_height(reading, count):
    names = [f"Name{number}" for number in range(count)]

    pdf = render_pdf(a_content(names, body="Text."))

    text = reading(pdf, "pdftotext")
    if count == 0:
        assert "0 signatories" in text
        assert "No organisation has signed yet." in text
        return
    places = positions(reading(pdf, "pdftotext", "-bbox"), names)
    first = (count + 1) // 2
    assert len({x for _page, x, _y in places[:first]}) == 1
    assert all(x > places[0][1] for _page, x, _y in places[first:])
    # The second column begins at the height of the first, and runs beside it.
    assert [y for *_, y in places[first:]] == [y for *_, y in places[: count - first]]


def test_the_last_page_of_a_long_list_is_balanced_and_no_name_is_lost(reading):
    names = [f"N{number:04}" for number in range(1000)]

    began = time.monotonic()
    pdf = render_pdf(a_content(names))
    assert time.monotonic() - began < 5

    places = positions(reading(pdf, "pdftotext", "-bbox"), names)
    last = [place for place in places if place[0] == places[-1][0]]
    left = [y for _page, x, y in last if x == last[0][1]]
    right = [y for _page, x, y in last if x != last[0][1]]
    assert places == sorted(places)
    assert len(left) - len(right) in {0, 1}
    assert right == left[: len(right)]
    assert list_items(reading(pdf, "pdfinfo", "-struct")) == [8, 1000]


def test_a_name_is_never_divided_between_columns_or_pages(reading):
    # Of five lines each; first and last word tell where it begins and ends.
    names = [f"Begin{number} {'long words of a name ' * 9} End{number}" for number in range(60)]

    pdf = render_pdf(a_content(names))

    text = reading(pdf, "pdftotext", "-bbox")
    begins = positions(text, [f"Begin{number}" for number in range(60)])
    ends = positions(text, [f"End{number}" for number in range(60)])
    for (page, x, y), (end_page, end_x, end_y) in zip(begins, ends, strict=True):
        assert end_page == page
        assert abs(end_x - x) < 220
        assert 0 < end_y - y < 80


def test_what_is_hard_to_set_is_printed_as_it_is_and_nothing_is_executed(reading):
    pdf = render_pdf(a_content(HARD, body='Text with #read("x"), $x$ and \\#.', place="*Here*", closing="#pagebreak()"))

    text = reading(pdf, "pdftotext", "-raw")
    assert pdf.missing == ()
    assert "root:" not in text
    assert_in_order([one for one in HARD if one.isascii()], re.sub(FURNITURE, "", text))
    # By its own order of reading, poppler undoes the visual order of Arabic and Hebrew.
    read = bare(re.sub(FURNITURE, "", reading(pdf, "pdftotext")))
    for name in [*HARD[2:6], "الشبكة العربية لمعلومات حقوق الإنسان", *HARD[-3:]]:
        assert bare(name) in read
    assert_in_order(["*Here*", 'Text with #read("x"), $x$ and #.', "#pagebreak()"], text)
    assert list_items(reading(pdf, "pdfinfo", "-struct")) == [len(HARD)]


def test_a_word_without_end_stays_in_its_column(reading):
    boxes = reading(
        render_pdf(a_content(["W" * 200, "b"], title="W" * 200, body="# \n\n## " + "W" * 200)), "pdftotext", "-bbox"
    )

    page = float(re.search(r'width="([\d.]+)"', boxes)[1])
    names = [float(one) for one in re.findall(r'xMax="([\d.]+)" yMax="[\d.]+">W+<', boxes)]
    assert len(names) > 8
    assert max(names) < page - 60
    assert max(names[-8:]) < page / 2


def test_the_body_keeps_the_structure_of_its_markdown(reading):
    body = (
        "# Demands\n\n### Deeper\n\nOne *em* **strong** [link](https://example.org/a) [no](/within) `code`\n\n"
        "7. seven\n   - nested\n\n8. eight\n\n> quoted\n\n***\n\nline  \nbreak ![picture](https://example.org/x.png)"
    )

    pdf = render_pdf(a_content(["Al-Haq"], body=body))

    text = reading(pdf, "pdftotext", "-layout")
    structure = reading(pdf, "pdfinfo", "-struct")
    assert re.findall(r"(H\d) ", structure) == ["H1", "H2", "H3", "H2"]
    assert re.findall(r"BlockQuote", structure) == ["BlockQuote"]
    assert list_items(structure) == [1, 2, 1] or sorted(list_items(structure)) == [1, 1, 2]
    assert "One em strong link no code" in text
    assert "7. seven" in text
    assert "8. eight" in text
    assert "picture" not in text
    assert re.findall(r'"/URI": "u:(.*)"', reading(pdf, "qpdf", "--json")) == [
        "https://example.org/a",
        "https://letters.example.org/icc-2020/editions/3/",
    ]


def test_levels_of_headings_are_not_left_out():
    assert parse_body("#### a\n\n# b\n\n#### c") == [["h", 2, ["a"]], ["h", 2, ["b"]], ["h", 3, ["c"]]]


def test_a_running_head_is_cut_at_a_word():
    assert shorten("A letter", 10) == "A letter"
    assert shorten("A letter to States", 15) == "A letter to…"
    assert shorten("关于国际刑事法院的信", 10) == "关于国际…"


def test_the_same_content_is_the_same_file_in_another_process():
    program = (
        "import os, django; django.setup()\n"
        "from tests.test_pdf import *\n"
        "translation.activate('en-gb')\n"
        "print(hashlib.sha256(render_pdf(a_content(HARD)).content + render_card(a_content())).hexdigest())"
    )
    run = [sys.executable, "-c", program]

    other = subprocess.run(run, env=os.environ, capture_output=True, text=True, check=True).stdout.strip()

    with translation.override("en-gb"):
        assert hashlib.sha256(render_pdf(a_content(HARD)).content + render_card(a_content())).hexdigest() == other


# ── characters that no font has ──


def test_a_character_without_a_font_is_spelt_named_and_noted(reading):
    names = ["Al-Haq", "人权 Watch ኢት", "Zoë \ue000", "权"]

    pdf = render_pdf(a_content(names, place="人"))

    text = " ".join(reading(pdf, "pdftotext", "-raw").split())
    assert pdf.missing == (
        MissingGlyph("人权 Watch ኢት", "人权", "CJK", "fonts-wqy-microhei"),
        MissingGlyph("人权 Watch ኢት", "ኢት", "Ethiopic", "fonts-sil-abyssinica"),
        MissingGlyph("Zoë \ue000", "\ue000", "unknown", "fonts-noto-core"),
        MissingGlyph("权", "权", "CJK", "fonts-wqy-microhei"),
        MissingGlyph("the letter's text", "人", "CJK", "fonts-wqy-microhei"),
    )
    assert "[U+4EBA], 28 April 2020" in text
    assert "Al-Haq [U+4EBA U+6743] Watch [U+12A2 U+1275] Zoë [U+E000] [U+6743]" in text
    assert (
        "by their Unicode numbers. 3 names are concerned; they stand as written in "
        "https://letters.example.org/icc-2020/editions/3/signatories.json."
    ) in text
    assert "<pdfuaid:part>1<" in reading(pdf, "pdfinfo", "-meta")


def test_scripts_that_a_font_has_but_sets_wrongly_are_not_printed_in_it(reading):
    pdf = render_pdf(a_content(["हिन्दी"]))

    assert [(one.script, one.font) for one in pdf.missing] == [("Devanagari", "fonts-lohit-deva")]
    assert "[U+0939" in reading(pdf, "pdftotext", "-raw")


def test_fonts_of_this_machine_are_used_only_where_the_settings_name_them(settings, reading):
    # Of Debian's fonts-dejavu-core, on which fontconfig depends. It has N'Ko; Typst's own fonts have none.
    folder = "/usr/share/fonts/truetype/dejavu"

    without = render_pdf(a_content(["ߒߞߏ"]))
    settings.LETTER_FONT_DIRS = [folder]
    pdf = render_pdf(a_content(["ߒߞߏ"]))

    assert [one.script for one in without.missing] == ["Nko"]
    assert pdf.missing == ()
    assert "DejaVuSans" in reading(pdf, "pdffonts")


def test_a_folder_of_fonts_that_is_not_there_stops_the_start(tmp_path):
    assert font_dirs(f"{tmp_path}::{tmp_path}") == [str(tmp_path), str(tmp_path)]
    with pytest.raises(ImproperlyConfigured, match="LETTER_FONT_DIRS"):
        font_dirs(f"{tmp_path}/none")


# ── copies ──


MINISTER = Addressee(
    "H.E. Ms Amina #Diallo",
    "Minister of Foreign Affairs",
    "Street 1\nDakar",
    "Madam Minister,",
    "including 1 organisation from Senegal: AHDIS",
)


def test_an_addressed_copy_differs_only_in_what_is_addressed(reading):
    plain = reading(render_pdf(a_content()), "pdftotext", "-raw")
    copy = reading(render_pdf(a_content(), addressee=MINISTER), "pdftotext", "-raw")

    assert_in_order(
        [
            "New York, 28 April 2020",
            *["H.E. Ms Amina #Diallo", "Minister of Foreign Affairs", "Street 1", "Dakar"],
            "To the States Parties",
            TITLE,
            *["Madam Minister,", "including 1 organisation from Senegal: AHDIS", "We, the undersigned"],
        ],
        copy,
    )
    assert "Your Excellency," not in copy
    assert copy.split("113 signatories")[1].split() != []
    body = [re.sub(FURNITURE, "", text).split("We, the undersigned")[1].split() for text in (plain, copy)]
    assert body[0] == body[1]


def test_a_copy_without_office_salutation_or_cover_line_takes_the_letters_own(reading):
    text = reading(render_pdf(a_content(), addressee=Addressee("The Ambassador")), "pdftotext", "-raw")

    assert_in_order(["The Ambassador", TITLE, "Your Excellency,", "We, the undersigned"], text)


def test_copies_come_in_order_and_each_is_as_if_made_alone():
    addressees = [MINISTER, Addressee("سعادة الوزير", "人", salutation="سيدي،"), Addressee("Wien"), MINISTER]

    copies = list(render_copies(a_content(HARD), addressees))

    assert copies[0] == copies[3] == render_pdf(a_content(HARD), addressee=MINISTER)
    assert copies[2].missing == ()
    assert copies[1].missing == (MissingGlyph("the addressee", "人", "CJK", "fonts-wqy-microhei"),)
    assert copies[1] == render_pdf(a_content(HARD), addressee=addressees[1])


# ── from right to left ──


def test_an_arabic_letter_runs_from_right_to_left_and_latin_names_stay_whole(reading):
    names = ["Al-Haq", "مركز القاهرة لدراسات حقوق الإنسان", "Zoë (CRD)", "الشبكة العربية (ANHRI)"]

    with translation.override("ar"):
        pdf = render_pdf(a_content(names, language="ar", title=f"ICC: {ARABIC}", body="نص الرسالة.", place="نيويورك"))

    catalogue = reading(pdf, "qpdf", "--json")
    text = bare(reading(pdf, "pdftotext"))
    assert pdf.missing == ()
    assert '"/Direction": "/R2L"' in catalogue
    assert '"/Lang": "u:ar"' in catalogue
    assert '"/Lang": "u:en"' in catalogue
    # How it reads brackets between two directions is poppler's affair.
    for part in ["للمحكمة الجنائية الدولية", *names[:2], "Zoë", "CRD", "الشبكة العربية", "ANHRI", "٢٨", "٢٠٢٠"]:
        assert bare(part) in text
    assert "Amiri" in reading(pdf, "pdffonts")
    (al_haq, zoe) = positions(reading(pdf, "pdftotext", "-bbox"), ["Al-Haq", "Zoë"])
    assert al_haq[1] > zoe[1]


def test_arabic_names_in_a_latin_letter_are_marked_as_arabic_and_stand_at_the_left(reading):
    pdf = render_pdf(a_content(["Al-Haq", "العربية", "Z"], body="Text."))

    catalogue = reading(pdf, "qpdf", "--json")
    assert '"/Lang": "u:ar"' in catalogue
    assert '"/Direction": "/R2L"' not in catalogue
    boxes = reading(pdf, "pdftotext", "-bbox")
    (al_haq,) = positions(boxes, ["Al-Haq"])
    word = re.search(r'xMin="([\d.]+)".*>[^<]*[\u0600-\u06ff]+[^<]*<', boxes)
    assert abs(float(word[1]) - al_haq[1]) < 3


def test_a_name_in_its_own_script_stands_below_the_latin_form_in_the_same_item_of_the_list(reading):
    lines = [
        Line("Adala", id="1", name_in_own_script="عدالة"),
        Line("Rodnik", id="2", name_in_own_script="Родник"),
        Line("Zet", id="3"),
    ]
    pdf = render_pdf(a_content([], body="Text.", lines=lines, sha256=lines_sha256(lines)))

    boxes = reading(pdf, "pdftotext", "-bbox")
    (_page, left, adala), (_page, cyrillic_left, cyrillic), (_page, _left, rodnik) = positions(
        boxes, ["Adala", "Родник", "Rodnik"]
    )
    arabic = re.search(r'xMin="([\d.]+)" yMin="([\d.]+)".*>[^<]*[\u0600-\u06ff]+[^<]*<', boxes)
    assert (rodnik < cyrillic < rodnik + 16, adala < float(arabic[2]) < adala + 16) == (True, True)
    # On the side where the list begins, as further lines of a long name.
    assert 0 < float(arabic[1]) - left < 12
    assert cyrillic_left > left
    assert list_items(reading(pdf, "pdfinfo", "-struct")) == [3]
    assert pdf.missing == ()


# ── the picture ──


@pytest.mark.parametrize(
    ("language", "changes"),
    [
        ("en-gb", {}),
        ("en-gb", {"title": "A long title of a letter to all States Parties " * 30, "place": "人"}),
        ("en-gb", {"title": "W" * 400}),
        ("ar", {"language": "ar", "title": ARABIC, "place": "نيويورك"}),
    ],
)
def test_the_picture_has_its_size_and_is_the_same_for_the_same_content(language, changes):
    with translation.override(language):
        first, second = render_card(a_content(**changes)), render_card(a_content(**changes))

    assert first == second
    assert first[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", first[16:24]) == SIZE
    assert len(first) < 300_000


def test_the_picture_shows_the_number_of_signatories():
    assert render_card(a_content(REAL[:2])) != render_card(a_content(REAL[:3]))
