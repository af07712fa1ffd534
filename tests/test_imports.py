"""The secretariat imports sign-ons from a file."""

import io
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from openpyxl import Workbook, load_workbook

from audit.models import Entry
from signatories import batches, jobs, sheets
from signatories.models import Batch, BatchFile, BatchRow, ColumnMapping, Message, Organisation, Overtaken, SignOn
from tests.factories import a_letter, a_moderator, a_sign_on, an_accepted

pytestmark = pytest.mark.django_db
SAMPLES = Path(__file__).parent / "data" / "imports"
NAMES = "Organisation,Country,E-mail\n"


@pytest.fixture
def secretary():
    return a_moderator("secretariat")


@pytest.fixture
def desk(client, secretary):
    client.force_login(secretary)
    return client


@pytest.fixture
def may_decide(secretary, django_user_model):
    """The same person, permitted to decide as well."""
    from django.contrib.auth.models import Permission

    secretary.user_permissions.add(Permission.objects.get(codename="decide_signon"))


def upload(desk, letter, content, name="list.csv", follow=True):
    content = content.encode() if isinstance(content, str) else content
    file = SimpleUploadedFile(name, content)
    return desk.post("/moderation/imports/upload/", {"letter": letter.pk, "file": file}, follow=follow)


def work():
    """Do what the worker does, until nothing is left."""
    while batch := Batch.objects.in_work().first():
        jobs.work_on_batch(batch.pk)


def looked_at(desk, letter, content, name="list.csv", **chosen):
    """The batch of a file, its columns named as guessed unless `chosen` says otherwise, and looked at."""
    upload(desk, letter, content, name)
    batch = Batch.objects.latest("pk")
    if batch.stage == "uploaded":
        guessed = {f"column_{index}": meant or "-" for index, meant in enumerate(batch.columns)}
        assert desk.post(f"/moderation/imports/{batch.pk}/columns/", guessed | chosen).status_code == 302
    work()
    batch.refresh_from_db()
    return batch


def imported(desk, batch, **typed):
    """The answer to “import”, and the batch once the worker has done it."""
    typed = {"seen": batch.look, "entry": "pending"} | typed
    response = desk.post(f"/moderation/imports/{batch.pk}/import/", typed, follow=True)
    work()
    batch.refresh_from_db()
    return response


def outcomes(batch):
    return list(batch.rows.values_list("line", "outcome"))


def told(response):
    return [str(one) for one in response.context["messages"]]


# ── what secretariats have ──


def test_a_french_google_form_in_windows_1252_with_semicolons_is_read_as_it_is(desk):
    batch = looked_at(desk, a_letter(), (SAMPLES / "google-forms-fr.csv").read_bytes())

    assert (batch.encoding, batch.header_line) == ("cp1252", 1)
    rows = list(batch.rows.all())
    assert [(row.line, row.outcome) for row in rows] == [
        (3, "new"),
        (4, "new"),
        (7, "new"),
        (8, "error"),
        (9, "repeated"),
    ]
    assert rows[1].values == {
        "received": "2020/05/03 11:02:40 AM UTC+2",
        "name_as_signed": "Centre d’études; droits & libertés",
        "acronym": "CEDL",
        "country": "CI",
        "website": "https://cedl.example",
        "representative_name": "Koffi N’Guessan",
        "representative_role": "Président",
        "email": "contact@cedl.example",
        "remark": "Nous signons aussi pour\nnotre section de Bouaké",
    }
    assert rows[2].values["website"] == ""
    assert [(column, problem) for column, _heading, problem in rows[3].problems] == [
        ("H", "Write the e-mail address as in name@example.org."),
        ("D", "“Atlantide” is not a country; its ISO 3166-1 code will do."),
    ]
    assert rows[4].similar == [
        {"kind": "line", "key": 3, "name": "Réseau des femmes du Sahel", "similarity": "same", "state": ""}
    ]


def test_an_export_of_action_network_has_two_columns_of_one_name_and_first_and_last_names(desk):
    batch = looked_at(desk, a_letter(), (SAMPLES / "action-network.csv").read_bytes())

    assert batch.columns[9:11] == ["name_as_signed", ""]
    rows = list(batch.rows.all())
    assert [(row.name, row.values.get("representative_name"), row.values["country"]) for row in rows[:3]] == [
        ("Peace Works Coalition", "Maria O'Neill", "US"),
        ("Voces, Verdad y Justicia A.C.", "Juan Pérez", "MX"),
        ("Namibia Human Rights Forum", "Ada", "NA"),
    ]
    assert rows[3].problems == [["J", "Organization", "Enter the organisation's name."]]


def test_a_workbook_with_titles_above_its_headings_is_read_from_the_right_line_and_formulas_by_their_value(desk):
    batch = looked_at(desk, a_letter(), (SAMPLES / "title-above-header.xlsx").read_bytes(), "list.xlsx")

    assert (batch.header_line, batch.sheet) == (5, "Sign-ons")
    assert [(row.line, row.name, row.outcome) for row in batch.rows.all()] == [
        (6, "Lawyers for Justice in Libya", "new"),
        (7, "Odhikar", "new"),
        (8, "WOMEN'S INITIATIVES", "new"),
        (9, '="No value: "&B7', "error"),
        (10, "1325", "error"),
        (11, "+972 Magazine", "new"),
    ]
    problems = {row.line: row.problems for row in batch.rows.filter(outcome="error")}
    assert problems == {
        9: [["B", "Organisation", "This is a formula. Write what it comes to."]],
        10: [["D", "Country", "The spreadsheet shows an error here (#N/A)."]],
    }


def test_excels_unicode_text_is_utf_16_with_tabs(desk):
    batch = looked_at(desk, a_letter(), (SAMPLES / "excel-unicode-text.txt").read_bytes(), "liste.txt")

    assert batch.encoding == "utf-16"
    assert [(row.line, row.name, row.values["country"], row.outcome) for row in batch.rows.all()] == [
        (2, "Центр громадянських свобод", "UA", "new"),
        (3, "Helsińska Fundacja Praw Człowieka", "PL", "new"),
        (5, "Фонд за хуманитарно право", "RS", "new"),
    ]


def test_an_arabic_form_is_read_and_two_spellings_of_one_name_are_one(desk):
    batch = looked_at(desk, a_letter(), (SAMPLES / "google-forms-ar.csv").read_bytes())

    assert outcomes(batch) == [(2, "new"), (3, "new"), (4, "repeated"), (5, "error")]
    assert batch.rows.get(line=2).values["country"] == "PS"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_any_delimiter_in_any_encoding_comes_to_the_same(desk, encoding, delimiter):
    text = "Organisation;Pays\r\n\r\nÉlan, “Côte”;Côte d’Ivoire\r\nZ et Z;FR\r\n"
    text = text.replace("Élan, “Côte”", '"Élan, “Côte”"').replace(";", delimiter)

    batch = looked_at(desk, a_letter(), text.encode(encoding))

    assert [(row.line, row.name, row.values["country"]) for row in batch.rows.all()] == [
        (3, "Élan, “Côte”", "CI"),
        (4, "Z et Z", "FR"),
    ]


def test_a_list_of_names_alone_has_no_headings_and_commas_that_part_nothing(desk):
    letter = a_letter()
    upload(desk, letter, "Al-Haq\nVoices, Truth and Justice\nMADRE\n")
    batch = Batch.objects.get()

    desk.post(f"/moderation/imports/{batch.pk}/read-again/", {"encoding": "utf-8", "header_line": "-1"})
    desk.post(f"/moderation/imports/{batch.pk}/columns/", {"column_0": "name_as_signed"})
    work()

    assert list(batch.rows.values_list("line", "name")) == [
        (1, "Al-Haq"),
        (2, "Voices, Truth and Justice"),
        (3, "MADRE"),
    ]


def test_a_file_in_another_windows_alphabet_is_read_anew_when_somebody_sees_it(desk):
    letter = a_letter()
    page = upload(desk, letter, "Организация,Страна\nКомитет за мир,RU\n".encode("cp1251")).content.decode()
    batch = Batch.objects.get()
    assert "Nothing in the file says how its characters are meant" in page

    desk.post(f"/moderation/imports/{batch.pk}/read-again/", {"encoding": "cp1251", "header_line": "1"})

    batch.refresh_from_db()
    assert (batch.header, batch.samples) == (["Организация", "Страна"], [["Комитет за мир"], ["RU"]])
    assert "Комитет за мир" in desk.get(f"/moderation/imports/{batch.pk}/columns/").content.decode()


def test_another_sheet_of_the_workbook_is_read_when_asked_for(desk):
    workbook, content = Workbook(), io.BytesIO()
    workbook.active.append(["Read me"])
    workbook.active.append(["first"])
    workbook.create_sheet("List").append(["Organisation"])
    workbook["List"].append(["MADRE"])
    workbook.save(content)
    upload(desk, a_letter(), content.getvalue(), "list.xlsx")
    batch = Batch.objects.get()

    desk.post(f"/moderation/imports/{batch.pk}/read-again/", {"sheet": "List", "header_line": "1"})

    batch.refresh_from_db()
    assert (batch.sheet, batch.columns, batch.samples) == ("List", ["name_as_signed"], [["MADRE"]])


# ── what cannot be read ──


def a_zip(**parts):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in parts.items():
            file.writestr(name.replace("__", "/").replace("_TYPES", "[Content_Types].xml"), text)
    return content.getvalue()


def a_workbook(replace=(b"", b"")):
    """A small workbook, with something replaced in its sheet."""
    workbook, content = Workbook(), io.BytesIO()
    workbook.active.append(["Organisation"])
    workbook.active.append(["MADRE"])
    workbook.save(content)
    changed = io.BytesIO()
    with zipfile.ZipFile(content) as old, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            text = old.read(name)
            new.writestr(name, text.replace(*replace) if name == "xl/worksheets/sheet1.xml" else text)
    return changed.getvalue()


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504
XXE = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><worksheet'


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("empty.csv", b"", "The file is empty."),
        ("blank.csv", b" , \n,,\n", "The file is empty."),
        ("head.csv", b"Organisation,Country\n", "Line 1: There is nothing below the headings."),
        ("photo.csv", b"\xff\xd8\xff\xe0\0\x10JFIF\0", "This is neither CSV nor an XLSX workbook. It is a picture."),
        ("letter.csv", b"%PDF-1.7\n", "This is neither CSV nor an XLSX workbook. It is a PDF."),
        ("old.xls", OLE, "This is an old Excel workbook (.xls). Please save it as .xlsx or as CSV."),
        (
            "locked.xlsx",
            OLE + "EncryptedPackage".encode("utf-16-le"),
            "The workbook is protected by a password. Please save it without one.",
        ),
        (
            "list.ods",
            a_zip(mimetype="application/vnd.oasis.opendocument.spreadsheet"),
            "This is an OpenDocument file (.ods). Please save it as .xlsx or as CSV.",
        ),
        (
            "list.xlsb",
            a_zip(_TYPES="", xl__workbook__bin="").replace(b"workbook/bin", b"workbook.bin"),
            "This is a binary Excel workbook (.xlsb). Please save it as .xlsx or as CSV.",
        ),
        (
            "photos.zip",
            a_zip(photo="x"),
            "This is neither CSV nor an XLSX workbook. It is a packed file. Please unpack it first.",
        ),
        (
            "letter.docx",
            a_zip(_TYPES="", word="x"),
            "This is neither CSV nor an XLSX workbook. It is another kind of document.",
        ),
        ("broken.xlsx", b"PK\x03\x04 broken", "The workbook cannot be read. Please save the sheet as CSV."),
        (
            "cut.xlsx",
            a_workbook()[:3000],
            "The workbook cannot be read. Please save the sheet as CSV.",
        ),
        (
            "bomb.xlsx",
            a_workbook((b"<sheetData>", b"<sheetData>" + b" " * 41_000_000)),
            "The workbook is too large. Please save the sheet as CSV.",
        ),
        (
            "entities.xlsx",
            a_workbook((b"<worksheet", XXE)),
            "The workbook has a part that no spreadsheet writes. Please save the sheet as CSV.",
        ),
        (
            "damaged.xlsx",
            a_workbook((b"</sheetData>", b"</shitData>")),
            "Line 3: The workbook cannot be read from here on. Please save the sheet as CSV.",
        ),
        (
            "page.xls",
            b"<html><table><tr><td>Organisation</td></tr></table>",
            "This is a web page, whatever its name says. Please open it in a spreadsheet and save it as CSV.",
        ),
        ("wide.csv", b",".join([b"a"] * 300) + b"\nb\n", "Line 1: There are 300 columns; at most 100 are read."),
        (
            "long.csv",
            b"Country,Organisation\nKE," + b"x" * 1_000_000 + b"\n",
            "Line 2, column B: The cell has 1,000,000 characters; at most 10,000 are read. "
            "Is a quotation mark missing?",
        ),
        (
            "nul.csv",
            b"Organisation,Country\nMADRE,U\0S\n",
            "Line 2, column B: There is a NUL character: this is no text.",
        ),
        ("binary.csv", b"\x7fELF\0\0\0\0\0\xff\xe8", "This is neither CSV nor an XLSX workbook."),
        ("odd.csv", b"\x81\x8d", "The file's characters cannot be read. Please save it as “CSV UTF-8”."),
        (
            "open.csv",
            b'Organisation,Country\nMADRE,US\nAl-Haq,"PS\n',
            "Line 3, column B: This is not CSV: a quotation mark is opened and never closed.",
        ),
        (
            "after.csv",
            b'Organisation,Country\n"MADRE" Inc,US\n',
            "Line 2, column A: This is not CSV: something stands after the closing quotation mark.",
        ),
        (
            "many.csv",
            b"Organisation\n" + b"MADRE\n" * 10_001,
            "Line 10002: There are more than 10,000 lines. Please split the file.",
        ),
        ("big.csv", b"x" * 10_000_001, "The file is larger than 10 MB."),
        (
            "far.xlsx",
            a_workbook((b"</sheetData>", b'<row r="3"><c r="A3"/><c r="XFD3"><v>1</v></c></row></sheetData>')),
            "Line 3: There are 16384 columns; at most 100 are read.",
        ),
        (
            "gap.xlsx",
            a_workbook((b"</sheetData>", b'<row r="999999999999"><c><v>1</v></c></row></sheetData>')),
            "Line 100001: There are more than 100,000 lines, counting blank ones. Please delete the blank lines.",
        ),
        (
            "blank.csv",
            b"Organisation\nMADRE\n" + b"\n" * 100_000,
            "Line 100001: There are more than 100,000 lines, counting blank ones. Please delete the blank lines.",
        ),
        (
            "sheets.xlsx",
            a_workbook((b"</sheetData>", b"</sheetData>" + b"<sheet/>" * 4_000)),
            "The workbook is too large. Please save the sheet as CSV.",
        ),
        (
            "marks.xlsx",
            a_workbook((b"</sheetData>", b"<row>" + b"<c/>" * 2_500_000 + b"</row></sheetData>")),
            "The workbook is too large. Please save the sheet as CSV.",
        ),
    ],
)
def test_a_file_that_cannot_be_read_says_why_and_where_beside_the_field(desk, name, content, problem):
    response = upload(desk, a_letter(), content, name)

    assert response.status_code == 422
    assert response.context["form"].errors == {"file": [problem]}
    assert Batch.objects.count() == 0


def test_cells_with_nothing_but_a_format_are_not_filled_up_to_the_end_of_the_row():
    blank = b"".join(b'<row r="%d"><c r="XFD%d"/></row>' % (line, line) for line in range(3, 2003))
    content = a_workbook((b"</sheetData>", blank + b"</sheetData>"))

    read = list(sheets.lines(content).lines)
    produced = sum(len(cells) for _number, cells in sheets._rows(load_workbook(io.BytesIO(content), True).active))

    assert (len(read), produced) == (2002, 2)
    assert batches.read(content).rows == [(2, ["MADRE"])]


def test_a_row_with_an_error_says_line_and_column_and_the_others_are_not_touched(desk):
    sheet = "Organisation,Country,Website,E-mail\n" + (
        "<b>MADRE</b>,US,,\n=cmd|calc,US,,\nAl-Haq,PS,ftp://x.example,\nOdhikar,BD,,a@b.example,surplus\n"
        "MADRE,US,,\nX\u202eY,,,\n"
    )

    batch = looked_at(desk, a_letter(), sheet)

    assert [(row.line, [problem[0] for problem in row.problems]) for row in batch.rows.all()] == [
        (2, ["A"]),
        (3, ["A"]),
        (4, ["C"]),
        (5, ["E"]),
        (6, []),
        (7, ["A"]),
    ]
    page = desk.get(f"/moderation/imports/{batch.pk}/?outcome=error").content.decode()
    assert "Line 5" in page
    assert "There are more cells than headings: is a delimiter not in quotation marks?" in page


# ── the columns ──


def test_columns_are_guessed_shown_with_three_values_and_corrected_and_the_next_file_is_looked_at_at_once(desk):
    letter = a_letter()
    sheet = "Which body?,Where?\n" + "".join(f"Body {number},KE\n" for number in range(5))
    page = upload(desk, letter, sheet).content.decode()
    batch = Batch.objects.get()
    assert batch.columns == ["", ""]
    for value in ("Body 0", "Body 1", "Body 2"):
        assert f"<bdi>{value}</bdi>" in page
    assert "<bdi>Body 3</bdi>" not in page

    refused = desk.post(f"/moderation/imports/{batch.pk}/columns/", {"column_0": "-", "column_1": "country"})
    assert refused.context["form"].non_field_errors() == ["Say which column is the organisation's name."]
    twice = desk.post(f"/moderation/imports/{batch.pk}/columns/", {"column_0": "country", "column_1": "country"})
    assert set(twice.context["form"].errors) == {"__all__", "column_1"}
    desk.post(f"/moderation/imports/{batch.pk}/columns/", {"column_0": "name_as_signed", "column_1": "country"})

    again = upload(desk, letter, sheet.replace("Body", "Group"))

    second = Batch.objects.latest("pk")
    assert told(again) == ["These headings are known: their columns were taken as last time."]
    assert (second.stage, second.columns) == ("looking", ["name_as_signed", "country"])
    assert ColumnMapping.objects.get().used == 2


def test_who_changes_the_columns_afterwards_has_the_rows_looked_at_anew(desk):
    batch = looked_at(desk, a_letter(), "Name,Organisation\nAmina Diallo,MADRE\n")
    assert batch.rows.get().name == "MADRE"

    desk.post(f"/moderation/imports/{batch.pk}/columns/", {"column_0": "name_as_signed", "column_1": "-"})
    work()

    assert list(batch.rows.values_list("name", flat=True)) == ["Amina Diallo"]
    late = desk.post(f"/moderation/imports/{batch.pk}/import/", {"seen": batch.look, "entry": "pending"}, follow=True)
    assert told(late) == ["This import has moved on meanwhile. Nothing was written; please look again."]
    assert SignOn.objects.count() == 0


# ── what would come of each row ──


def test_each_row_says_whether_it_is_new_known_similar_or_on_the_letter_already(desk):
    letter, other = a_letter(), a_letter()
    an_accepted(letter, "Human Rights Watch")
    an_accepted(other, "Fédération internationale pour les droits humains (FIDH)", "Odhikar", "ICJ - Kenya")
    a_sign_on(letter, "pending", "MADRE")
    a_sign_on(letter, "unconfirmed", "Global Witness")
    a_sign_on(letter, "withdrawn", "Redress")
    sheet = NAMES + (
        "Human Rights Watch,US,\nMadre,US,\nodhikar,FR,\nFIDH,FR,\nHuman Right Watch,,\nICJ – Norway,NO,\n"
        "Redress,GB,\nGlobal Witness,GB,\nLawyers for Justice in Libya,LY,\nOdhikar,,\nLawyer for Justice in Libya,,\n"
    )

    batch = looked_at(desk, letter, sheet)

    rows = [
        (row.name, row.outcome, [(one["kind"], one["similarity"]) for one in row.similar]) for row in batch.rows.all()
    ]
    assert rows == [
        ("Human Rights Watch", "listed", [("sign_on", "same")]),
        ("Madre", "listed", [("sign_on", "same")]),
        ("odhikar", "known", []),
        ("FIDH", "similar", [("organisation", "acronym")]),
        ("Human Right Watch", "similar", [("organisation", "typo")]),
        ("ICJ – Norway", "similar", [("organisation", "sibling")]),
        ("Redress", "similar", [("sign_on", "same")]),
        ("Global Witness", "similar", [("sign_on", "same")]),
        ("Lawyers for Justice in Libya", "new", []),
        ("Odhikar", "repeated", [("line", "same")]),
        ("Lawyer for Justice in Libya", "similar", [("line", "typo")]),
    ]
    assert batch.rows.get(line=4).organisation == Organisation.objects.get(name="Odhikar")
    page = desk.get(f"/moderation/imports/{batch.pk}/").content.decode()
    assert "Almost the same name" in page
    assert "withdrawn" in page


def test_an_organisation_of_the_same_name_in_another_country_or_one_of_two_is_for_a_person_to_judge(desk):
    letter, other = a_letter(), a_letter()
    an_accepted(other, "Centre for Human Rights")
    Organisation.objects.create(name="Justice Now", country="KE")
    Organisation.objects.create(name="Justice now", country="UG")

    batch = looked_at(desk, letter, NAMES + "Centre for Human Rights,ZA,\nJustice Now,,\nCenter for Human Rights,,\n")

    assert outcomes(batch) == [(2, "similar"), (3, "similar"), (4, "repeated")]


def test_an_organisation_with_the_website_of_another_is_similar_to_it_unless_the_website_is_a_platform(desk):
    Organisation.objects.create(name="Bureau of Truth", website="https://truth.example/about")
    Organisation.objects.create(name="Paged Body", website="https://facebook.com/paged")
    sheet = "Organisation,Website\nVerity Office,www.truth.example\nAnother Thing,https://facebook.com/thing\n"

    batch = looked_at(desk, a_letter(), sheet)

    assert outcomes(batch) == [(2, "similar"), (3, "new")]
    assert "Same website" in desk.get(f"/moderation/imports/{batch.pk}/").content.decode()


def test_the_preview_has_counts_filters_and_pages_and_takes_as_many_queries_for_fifty_rows_as_for_one(desk):
    letter = a_letter()
    one = looked_at(desk, letter, NAMES + "Odhikar,BD,\n")
    many = looked_at(desk, letter, NAMES + "".join(f"{name},,\n" for name in unlike(60)) + "Odhikar,XX,\n")

    with CaptureQueriesContext(connection) as for_one:
        desk.get(f"/moderation/imports/{one.pk}/")
    with CaptureQueriesContext(connection) as for_many:
        page = desk.get(f"/moderation/imports/{many.pk}/?page=1")
    second = desk.get(f"/moderation/imports/{many.pk}/?page=2")
    errors = desk.get(f"/moderation/imports/{many.pk}/?outcome=error")

    assert len(for_many) == len(for_one)
    assert [len(response.context["rows"]) for response in (page, second, errors)] == [50, 11, 1]
    assert page.context["tabs"][0] == ("new", "new", 60)
    assert desk.get(f"/moderation/imports/{many.pk}/?outcome=odd").status_code == 404


def unlike(count):
    """So many names of which none is like another."""
    syllables = ("ba", "de", "fi", "go", "ku", "la", "me", "ni", "po", "ru", "sa", "te", "vi", "wo", "zu")
    size = len(syllables)
    return [
        f"{syllables[n % size]}{syllables[n // size % size] * 3}{syllables[(n * 7 + 3) % size]}".capitalize()
        for n in range(count)
    ]


# ── the import ──


def test_nothing_but_the_batch_is_written_before_import_and_then_each_row_waits_for_a_moderator(desk, secretary):
    letter, other = a_letter(), a_letter()
    an_accepted(other, "Odhikar")
    before = (SignOn.objects.count(), Organisation.objects.count(), Message.objects.count())
    batch = looked_at(desk, letter, NAMES + "MADRE,US,a@madre.example\nOdhikar,,\nodhikar,,\n,KE,\n")
    assert (SignOn.objects.count(), Organisation.objects.count(), Message.objects.count()) == before

    imported(desk, batch, note="Ballot of 3 May")

    assert (batch.stage, batch.counts) == ("finished", {"pending": 2, "": 2})
    madre, odhikar = SignOn.objects.filter(letter=letter)
    assert (madre.state, madre.source, madre.country, madre.email) == ("pending", "import", "US", "a@madre.example")
    assert odhikar.organisation == Organisation.objects.get()
    step = madre.transitions.get()
    assert (step.verb, step.user, step.note) == ("register", secretary, "Ballot of 3 May\nlist.csv, line 2")
    assert Message.objects.count() == before[2]
    assert list(batch.rows.values_list("result", "sign_on")) == [
        ("pending", madre.pk),
        ("pending", odhikar.pk),
        ("", None),
        ("", None),
    ]


def test_with_evidence_new_and_known_organisations_are_accepted_and_similar_ones_wait(desk, may_decide):
    letter, other = a_letter(), a_letter()
    an_accepted(other, "Odhikar", "Human Rights Watch")
    batch = looked_at(desk, letter, NAMES + "MADRE,US,a@madre.example\nOdhikar,FR,\nHuman Right Watch,,\n")

    refused = imported(desk, batch, entry="accepted")
    assert refused.context["form"].errors == {
        "note": ["Note where the evidence is that these organisations have signed."]
    }
    imported(desk, batch, entry="accepted", note="Minutes of 3 May, in our files")

    assert [(row.name, row.result) for row in batch.rows.all()] == [
        ("MADRE", "accepted"),
        ("Odhikar", "accepted"),
        ("Human Right Watch", "pending"),
    ]
    assert [line.name for line in SignOn.objects.lines(letter)] == ["MADRE", "Odhikar"]
    assert Organisation.objects.count() == 3
    assert Message.objects.filter(sign_on__letter=letter).count() == 0
    entries = Entry.objects.filter(subject_kind="batch").exclude(act="read").order_by("number")
    assert list(entries.values_list("act", flat=True)) == ["upload", "import", "imported"]


def test_representatives_of_accepted_rows_are_told_only_if_somebody_says_so(desk, may_decide):
    letter = a_letter()
    batch = looked_at(desk, letter, NAMES + "MADRE,US,a@madre.example\nOdhikar,BD,\n")

    odd = imported(desk, batch, is_told="on")
    assert odd.context["form"].errors == {"is_told": ["Those that wait are told when a moderator has decided."]}
    imported(desk, batch, entry="accepted", note="Minutes", is_told="on")

    assert list(Message.objects.values_list("kind", "recipient", "is_decision")) == [
        ("accepted", "a@madre.example", True)
    ]
    # What happens afterwards is told as ever.
    SignOn.objects.get(name_as_signed="MADRE").withdraw()
    assert list(Message.objects.values_list("kind", flat=True)) == ["accepted", "withdrawn"]


def test_who_may_not_decide_cannot_accept_by_import_whatever_is_posted(desk):
    batch = looked_at(desk, a_letter(), NAMES + "MADRE,US,\n")
    page = desk.get(f"/moderation/imports/{batch.pk}/").content.decode()
    assert "All rows will wait for a moderator" in page
    assert 'name="entry"' not in page

    imported(desk, batch, entry="accepted", note="Minutes")

    assert [row.result for row in batch.rows.all()] == ["pending"]


def test_a_late_import_after_the_letter_has_closed_is_taken(desk):
    letter = a_letter(closes_at=timezone.now() - timedelta(hours=1))

    imported(desk, looked_at(desk, letter, NAMES + "MADRE,US,\n"))

    assert SignOn.objects.get().state == "pending"


def test_an_import_that_is_cut_off_anywhere_goes_on_where_it_stopped_and_never_enters_a_row_twice(
    desk, may_decide, monkeypatch
):
    letter = a_letter()
    batch = looked_at(desk, letter, NAMES + "".join(f"{name},,\n" for name in unlike(6)))
    batch.carry_out(batch.uploaded_by, seen=batch.look, is_accepted=True, note="Minutes", is_told=False)
    accept, calls = SignOn.accept, []

    def killed(sign_on, *args, **kwargs):
        calls.append(sign_on)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return accept(sign_on, *args, **kwargs)

    monkeypatch.setattr(SignOn, "accept", killed)
    with pytest.raises(KeyboardInterrupt):
        jobs.work_on_batch(batch.pk)
    assert list(batch.rows.values_list("result", flat=True)) == ["accepted"] * 2 + [""] * 4
    assert SignOn.objects.count() == 3

    Batch.objects.update(touched_at=timezone.now() - timedelta(minutes=5))
    assert list(Batch.objects.without_job()) == [batch]
    jobs.work_on_batch(batch.pk)
    jobs.work_on_batch(batch.pk)

    batch.refresh_from_db()
    assert (batch.stage, batch.counts) == ("finished", {"accepted": 6})
    assert SignOn.objects.accepted().count() == SignOn.objects.count() == 6


def test_an_import_gives_way_after_its_turn_and_says_how_far_it_is(desk):
    batch = looked_at(desk, a_letter(), NAMES + "MADRE,US,\nOdhikar,BD,\n")
    batch.carry_out(batch.uploaded_by, seen=batch.look, is_accepted=False, note="", is_told=False)
    assert batches.carry_on(batch, seconds=-1)

    page, watched = (
        desk.get(f"/moderation/imports/{batch.pk}/{query}").content.decode() for query in ("", "?watch=yes")
    )
    assert '<progress id="progress" max="2" value="0">' in page
    assert [text.count('http-equiv="refresh"') for text in (page, watched)] == [0, 1]
    work()
    assert 'http-equiv="refresh"' not in desk.get(f"/moderation/imports/{batch.pk}/?watch=yes").content.decode()


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_enter_each_row_once(desk):
    from concurrent.futures import ThreadPoolExecutor

    from django.db import connections

    letter = a_letter()
    batch = looked_at(desk, letter, NAMES + "".join(f"{name},,\n" for name in unlike(20)))
    batch.carry_out(batch.uploaded_by, seen=batch.look, is_accepted=False, note="", is_told=False)

    def worker(_number):
        jobs.work_on_batch(batch.pk)
        connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(worker, range(2)))
    jobs.work_on_batch(batch.pk)

    batch.refresh_from_db()
    assert (batch.stage, SignOn.objects.count()) == ("finished", 20)


def test_what_has_changed_between_look_and_import_is_noticed_row_by_row(desk, may_decide):
    letter = a_letter()
    batch = looked_at(desk, letter, NAMES + "MADRE,US,\nOdhikar,BD,\nAl-Haq,PS,\n")
    twin = a_sign_on(letter, "pending", "Madre")
    Organisation.objects.create(name="ODHIKAR")

    imported(desk, batch, entry="accepted", note="Minutes")

    assert [(row.name, row.result, row.remark) for row in batch.rows.all()] == [
        ("MADRE", "refused", f"Signed already: sign-on {twin.pk}."),
        ("Odhikar", "pending", "An organisation of this name has been recorded meanwhile."),
        ("Al-Haq", "accepted", ""),
    ]


def test_a_second_look_ends_the_first(desk):
    letter = a_letter()
    upload(desk, letter, NAMES + "MADRE,US,\n")
    batch = Batch.objects.get()
    batch.name_columns(["name_as_signed", "country", "email"])
    first = batch.begin_look()
    batch.begin_look()

    with pytest.raises(Overtaken):
        batch.keep(first, [BatchRow(batch=batch, line=2, outcome="new")], total=1)
    assert batch.rows.count() == 0


# ── what stays ──


def test_the_report_says_what_came_of_each_row_without_formulas(desk):
    letter = a_letter()
    batch = looked_at(desk, letter, NAMES + "MADRE,US,\n-Minus Group,US,\nX,Atlantis,\n=1+1,,\n")
    assert desk.get(f"/moderation/imports/{batch.pk}/report.csv").status_code == 404
    imported(desk, batch)

    report = desk.get(f"/moderation/imports/{batch.pk}/report.csv")

    numbers = list(SignOn.objects.values_list("pk", flat=True))
    lines = report.content.decode("utf-8-sig").splitlines()
    assert lines[:3] == [
        "line,name,outcome,result,sign-on,remark",
        f"2,MADRE,new,waits for a decision,{numbers[0]},",
        f"3,'-Minus Group,new,waits for a decision,{numbers[1]},",
    ]
    assert lines[4] == "5,'=1+1,error,not imported,,A “Organisation”: This is a formula. Write what it comes to."
    assert report["Content-Disposition"] == f'attachment; filename="import-{batch.pk}.csv"'


def test_the_file_is_kept_as_it_was_and_handed_out_as_an_attachment_and_that_is_recorded(desk, secretary):
    content = (SAMPLES / "google-forms-fr.csv").read_bytes()
    upload(desk, a_letter(), content, 'réponses "1".csv')
    batch = Batch.objects.get()

    source = desk.get(f"/moderation/imports/{batch.pk}/source/")

    assert source.content == content
    assert source["Content-Type"] == "application/octet-stream"
    assert source["Content-Disposition"].startswith("attachment; filename")
    assert source["Cache-Control"] == "no-store"
    assert list(Entry.objects.filter(act="download").values_list("by", "subject_id", "subject_label")) == [
        (secretary.username, batch.pk, f"#{batch.pk} {batch.letter.slug}")
    ]
    with pytest.raises(DatabaseError), transaction.atomic():
        BatchFile.objects.update(content=b"other")


def test_a_discarded_import_writes_nothing_and_cannot_be_taken_up_again(desk):
    batch = looked_at(desk, a_letter(), NAMES + "MADRE,US,\n")

    done = desk.post(f"/moderation/imports/{batch.pk}/discard/", follow=True)
    imported(desk, batch)
    again = desk.post(f"/moderation/imports/{batch.pk}/discard/", follow=True)

    assert told(done) == [f"Import {batch.pk} is discarded; nothing of it was written."]
    assert told(again) == ["This import has moved on meanwhile. Nothing was written; please look again."]
    assert (batch.stage, SignOn.objects.count()) == ("discarded", 0)
    assert Entry.objects.filter(act="discard").count() == 1


def test_rows_are_deleted_thirty_days_after_the_end_and_the_record_of_the_import_stays(desk):
    letter = a_letter()
    finished = looked_at(desk, letter, NAMES + "MADRE,US,\n")
    imported(desk, finished)
    discarded = looked_at(desk, letter, NAMES + "Odhikar,BD,\n")
    discarded.discard(None)
    lying = looked_at(desk, letter, NAMES + "Al-Haq,PS,\n")
    jobs.forget_batches()
    assert BatchRow.objects.count() == 3

    Batch.objects.update(touched_at=timezone.now() - timedelta(days=31))
    jobs.forget_batches()
    Batch.objects.filter(pk=lying.pk).update(touched_at=timezone.now() - timedelta(days=31))
    jobs.forget_batches()

    assert BatchRow.objects.count() == 0
    assert not BatchFile.objects.exists()
    assert [(len(sha256), size) for sha256, size in Batch.objects.values_list("sha256", "size")] == [
        *((64, len(NAMES + row)) for row in ("Al-Haq,PS,\n", "Odhikar,BD,\n", "MADRE,US,\n"))
    ]
    assert list(Batch.objects.order_by("pk").values_list("stage", "samples")) == [
        ("finished", []),
        ("discarded", []),
        ("discarded", []),
    ]
    page = desk.get(f"/moderation/imports/{finished.pk}/").content.decode()
    assert "The rows and the uploaded file were deleted thirty days after the end of this import" in page
    assert "/source/" not in page
    assert SignOn.objects.count() == 1
    for pk in (finished.pk, discarded.pk, lying.pk):
        for path in ("source/", "columns/", "report.csv"):
            assert desk.get(f"/moderation/imports/{pk}/{path}").status_code == 404
        for path in ("columns/", "read-again/"):
            assert desk.post(f"/moderation/imports/{pk}/{path}").status_code == 404


def test_a_file_that_was_kept_when_its_rows_went_goes_at_the_next_occasion(desk):
    upload(desk, a_letter(), NAMES + "MADRE,US,\n")
    gone = timezone.now() - timedelta(days=31)
    Batch.objects.update(stage="finished", touched_at=gone, forgotten_at=gone)

    jobs.forget_batches()

    assert not BatchFile.objects.exists()
    assert Batch.objects.get().forgotten_at == gone


def test_a_batch_that_lost_its_job_gets_another(desk):
    upload(desk, a_letter(), NAMES + "MADRE,US,\n")
    batch = Batch.objects.get()
    batch.name_columns(["name_as_signed", "country", "email"])
    Batch.objects.update(touched_at=timezone.now() - timedelta(minutes=5))
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")

    jobs.sweep()
    jobs.sweep()

    with connection.cursor() as cursor:
        cursor.execute("SELECT args, queue_name FROM procrastinate_jobs WHERE task_name = 'work_on_batch'")
        assert cursor.fetchall() == [(f'{{"batch_id": {batch.pk}}}', "imports")]


def test_the_template_has_headings_that_need_no_guess(desk):
    template = desk.get("/moderation/imports/template.csv").content

    assert (
        template.decode("utf-8-sig")
        == "name,name in own script,acronym,country,website,representative,role,e-mail,remark\r\n"
    )
    batch = looked_at(desk, a_letter(), template + b"MADRE,,,US,,,,,\n")
    assert batch.columns == [
        *("name_as_signed", "name_in_own_script", "acronym", "country", "website"),
        *("representative_name", "representative_role", "email", "remark"),
    ]


@pytest.mark.parametrize("path", ["", "upload/", "template.csv", "{}/", "{}/columns/", "{}/source/", "{}/report.csv"])
def test_only_who_may_import_sees_any_of_it(client, desk, path):
    batch = looked_at(desk, a_letter(), NAMES + "MADRE,US,\n")
    client.force_login(a_moderator())

    assert client.get(f"/moderation/imports/{path.format(batch.pk)}").status_code == 403
    assert b"Imports" not in client.get("/moderation/").content
    for act in ("columns/", "read-again/", "import/", "discard/"):
        assert client.post(f"/moderation/imports/{batch.pk}/{act}").status_code == 403


def test_the_list_of_imports_takes_as_many_queries_for_three_as_for_one(desk):
    letter = a_letter()
    looked_at(desk, letter, NAMES + "MADRE,US,\n")
    with CaptureQueriesContext(connection) as for_one:
        desk.get("/moderation/imports/")
    looked_at(desk, letter, NAMES + "Odhikar,US,\n"), looked_at(desk, letter, NAMES + "Al-Haq,US,\n")
    with CaptureQueriesContext(connection) as for_three:
        page = desk.get("/moderation/imports/")

    assert len(for_three) == len(for_one)
    assert [batch.stage for batch in page.context["page"]] == ["looked"] * 3


def test_headings_in_german_are_known_and_a_column_that_is_left_out_is_named(desk):
    sheet = (
        "Name der Organisation,Kürzel,Land,Webseite,Lieblingsfarbe\nVerein für Frieden,VF,AT,https://vf.example,blau\n"
    )
    batch = looked_at(desk, a_letter(), sheet)

    page = desk.get(f"/moderation/imports/{batch.pk}/")

    assert batch.columns == ["name_as_signed", "acronym", "country", "website", ""]
    assert page.context["left_out"] == ["Lieblingsfarbe"]
