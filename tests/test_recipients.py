"""The book of a letter's recipients: imported, kept, exported."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from openpyxl import Workbook

from delivery import copies
from delivery.models import Recipient, Record
from signatories.models import Message
from tests.factories import a_delivered, a_letter, a_moderator, a_published, a_recipient

pytestmark = pytest.mark.django_db
HEADER = "name,office,country,salutation,language,e-mail,postal address,how\n"
ROW = {
    "name": "H.E. Amina Diallo",
    "office": "Minister of Justice",
    "country": "KE",
    "salutation": "",
    "language": "",
    "email": "m@justice.example",
    "postal_address": "",
    "channel": "email",
}


@pytest.fixture
def desk(client):
    client.force_login(a_moderator("secretariat"))
    return client


def address(letter, rest=""):
    return f"/moderation/letters/{letter.slug}/recipients/{rest}"


def upload(client, letter, content, name="book.csv"):
    content = content.encode() if isinstance(content, str) else content
    return client.post(address(letter, "import/"), {"file": SimpleUploadedFile(name, content)})


def import_all(client, letter, preview):
    return client.post(
        address(letter, "import/lines/"), {"lines": preview.context["form"].initial["lines"]}, follow=True
    )


def outcomes(response):
    return [
        (row.line, row.outcome, [problem[0] for problem in row.problems]) for row, _problems in response.context["rows"]
    ]


def told(response):
    return [str(one) for one in response.context["messages"]]


def in_book(letter):
    fields = ("name", "office", "country", "salutation", "language", "email", "postal_address", "channel")
    return list(letter.recipients.values_list(*fields))


# ── import ──


def test_an_import_is_looked_at_first_and_writes_nothing_before_the_button(desk):
    letter = a_letter()
    sheet = HEADER + (
        'H.E. Amina Diallo,Minister of Justice,Kenya,"Your Excellency,",en,m@justice.example,,\n'
        ',Permanent Mission of France,fr,,French,,"1 Rue de la Paix\nGenève",post\n'
    )

    preview = upload(desk, letter, sheet)

    assert preview.status_code == 200
    assert outcomes(preview) == [(2, "new", []), (3, "new", [])]
    assert "Import 2 recipients" in preview.content.decode()
    assert (Recipient.objects.count(), Record.objects.count()) == (0, 0)

    done = import_all(desk, letter, preview)

    assert told(done) == ["2 recipients are new and 0 are changed."]
    assert in_book(letter) == [
        (
            "H.E. Amina Diallo",
            "Minister of Justice",
            "KE",
            "Your Excellency,",
            "en",
            "m@justice.example",
            "",
            "email",
        ),
        ("", "Permanent Mission of France", "FR", "", "fr", "", "1 Rue de la Paix\nGenève", "post"),
    ]
    assert list(Record.objects.values_list("verb", "note")) == [("import", "book.csv: +2, ~0")]


def test_each_line_with_an_error_says_what_is_wrong_in_which_column_and_the_others_can_be_imported(desk):
    letter = a_letter()
    sheet = HEADER + (
        "Amina,,Kenya,,,amina@state.example,,\n"
        "Brian,,Atlantis,,Klingon,not-an-address,,pigeon\n"
        ",,KE,,,nobody@state.example,,\n"
        "Carol,,KE,,,,,\n"
        "Dan\u202e,,KE,,,dan@state.example,,\n"
        "Eve,,KE,,,,,e-mail\n"
        "AMINA,,KE,,,other@state.example,,\n"
        "Fay,,KE,,,fay@state.example,,,surplus\n"
    )

    preview = upload(desk, letter, sheet)

    assert [(line, outcome, sorted(columns)) for line, outcome, columns in outcomes(preview)] == [
        (2, "new", []),
        (3, "error", ["channel", "country", "email", "language"]),
        (4, "error", ["name"]),
        (5, "error", ["email"]),
        (6, "error", ["name"]),
        (7, "error", ["email"]),
        (8, "error", ["name"]),
        (9, "error", [""]),
    ]
    page = preview.content.decode()
    assert "The same name, office and country stand on line 2." in page
    assert "“Atlantis” is not a country" in page
    assert "Import the other 1 recipient" in page
    import_all(desk, letter, preview)
    assert [one[0] for one in in_book(letter)] == ["Amina"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_file_is_read_in_any_encoding_and_with_any_delimiter_that_a_spreadsheet_writes(desk, encoding, delimiter):
    letter = a_letter()
    lines = ["Nom;Fonction;Pays;Courriel", "Mme Éloïse Müller;Ministre;Côte d’Ivoire;eloise@etat.example"]

    preview = upload(desk, letter, "\r\n".join(lines).replace(";", delimiter).encode(encoding))

    assert outcomes(preview) == [(2, "new", [])]
    import_all(desk, letter, preview)
    assert in_book(letter) == [("Mme Éloïse Müller", "Ministre", "CI", "", "", "eloise@etat.example", "", "email")]


def test_a_workbook_is_read_like_a_file(desk):
    letter = a_letter()
    workbook, content = Workbook(), io.BytesIO()
    for line in (["Nombre", "Cargo", "País", "Correo"], [None] * 4, ["Ana", "Ministra", "Perú", "ana@estado.example"]):
        workbook.active.append(line)
    workbook.save(content)

    preview = upload(desk, letter, content.getvalue(), "libro.xlsx")

    assert outcomes(preview) == [(3, "new", [])]
    import_all(desk, letter, preview)
    assert in_book(letter) == [("Ana", "Ministra", "PE", "", "", "ana@estado.example", "", "email")]


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("a.csv", b"", "The file is empty."),
        ("a.csv", b"name,e-mail\n", "There is no recipient in the file."),
        ("a.csv", b"who,e-mail\nAmina,a@b.example\n", "there is no column “name” or “office”."),
        ("a.csv", b"name,nom,e-mail\nAmina,A,a@b.example\n", "Two columns of the file are the recipients"),
        ("a.csv", b"name,country\nAmina,KE\n", "There is no column “e-mail” or “postal address”."),
        ("a.csv", b'name,e-mail\n"Amina,a@b.example\n', "is not CSV"),
        ("a.csv", b"name,e-mail\n" + b"A,a@b.example\n" * 2001, "more than 2000 recipients"),
        ("a.csv", b"x" * 1_000_001, "The file is larger than 1 MB."),
        ("a.xlsx", b"PK\x03\x04 broken", "The workbook cannot be read."),
        ("a.pdf", b"%PDF-\0\0", "This is neither CSV nor an XLSX workbook."),
        ("a.csv", b"\x81\x8d", "The file's characters cannot be read."),
    ],
)
def test_a_file_that_cannot_be_read_says_why_beside_the_field(desk, name, content, problem):
    response = upload(desk, a_letter(), content, name)

    assert response.status_code == 422
    assert set(response.context["form"].errors) == {"file"}
    assert problem in response.context["form"].errors["file"][0]
    assert Recipient.objects.count() == 0


def test_who_is_in_the_book_is_changed_and_the_preview_says_what(desk):
    letter = a_letter()
    same = Recipient.objects.create(letter=letter, **ROW)
    a_recipient(letter, name="Brian", country="KE", email="brian@state.example")
    sheet = (
        "name,office,country,e-mail,language\n"
        "h.e. amina diallo,Minister of Justice,KE,new@justice.example,fr\n"
        "Brian,,KE,brian@state.example,\n"
        "Carol,,KE,brian@state.example,\n"
    )

    preview = upload(desk, letter, sheet)

    rows = [row for row, _problems in preview.context["rows"]]
    assert [row.outcome for row in rows] == ["changed", "unchanged", "new"]
    assert rows[0].changes == [
        ("name", "H.E. Amina Diallo", "h.e. amina diallo"),
        ("language", "", "fr"),
        ("e-mail", "m@justice.example", "new@justice.example"),
    ]
    assert rows[2].note == "Same e-mail address as “Brian”: two copies go there."
    assert told(import_all(desk, letter, preview)) == ["1 recipients are new and 1 are changed."]
    same.refresh_from_db()
    assert (same.email, same.language, letter.recipients.count()) == ("new@justice.example", "fr", 3)


def test_lines_that_were_tampered_with_or_belong_to_another_letter_are_not_imported(desk):
    letter, other = a_letter(), a_letter()
    preview = upload(desk, letter, "name,e-mail\nAmina,amina@state.example\n")
    signed = preview.context["form"].initial["lines"]

    for slug, lines in ((letter.slug, signed[:-2] + "xx"), (other.slug, signed), (letter.slug, "")):
        response = desk.post(f"/moderation/letters/{slug}/recipients/import/lines/", {"lines": lines}, follow=True)
        assert len(told(response)) == 1
    assert Recipient.objects.count() == 0


def test_the_same_import_twice_adds_nobody_twice(desk):
    letter = a_letter()
    preview = upload(desk, letter, "name,e-mail\nAmina,amina@state.example\n")

    import_all(desk, letter, preview)
    again = import_all(desk, letter, preview)

    assert told(again) == ["0 recipients are new and 0 are changed."]
    assert letter.recipients.count() == 1


# ── export ──


def test_the_book_is_exported_without_formulas_and_can_be_imported_again_unchanged(desk):
    letter = a_letter()
    a_recipient(letter, name="=HYPERLINK(1)", office="+1", salutation="@dear", postal_address="-1\n-2; +3\nNairobi")

    sheet = desk.get(address(letter, "recipients.csv"))

    text = sheet.content.decode("utf-8-sig")
    cells = text.splitlines()[1].split(",")
    assert cells[:2] == ["'=HYPERLINK(1)", "'+1"]
    assert "'@dear" in text
    assert "\"'-1\n'-2; '+3\nNairobi\"" in text
    assert sheet["Content-Disposition"] == f'attachment; filename="{letter.slug}-recipients.csv"'
    assert sheet["Cache-Control"] == "no-store"
    assert outcomes(upload(desk, letter, sheet.content)) == [(2, "unchanged", [])]


def test_the_template_names_the_columns_that_the_import_knows(desk):
    letter = a_letter()

    template = desk.get(address(letter, "template.csv")).content.decode("utf-8-sig")

    assert template == HEADER.replace("\n", "\r\n")


# ── one by one ──


def test_a_recipient_is_added_changed_and_removed_and_each_act_is_recorded(desk):
    letter = a_letter()

    desk.post(address(letter, "add/"), ROW)
    one = letter.recipients.get()
    desk.post(address(letter, f"{one.pk}/change/"), ROW | {"channel": "post", "postal_address": "Nairobi"})
    one.refresh_from_db()
    desk.post(address(letter, f"{one.pk}/remove/"))

    assert (one.channel, one.postal_address) == ("post", "Nairobi")
    assert letter.recipients.count() == 0
    assert list(Record.objects.values_list("verb", "label", "recipient_id")) == [
        (verb, "H.E. Amina Diallo", one.pk) for verb in ("add", "change", "remove")
    ]


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"name": "", "office": ""}, "name"),
        ({"email": ""}, "email"),
        ({"email": "", "postal_address": "Nairobi"}, "email"),
        ({"email": "minister"}, "email"),
        ({"language": "Klingon"}, "language"),
        ({"salutation": "Dear\u202eyou"}, "salutation"),
        ({"postal_address": "a\x02status\x03"}, "postal_address"),
        ({"channel": "pigeon"}, "channel"),
        ({"country": "XX"}, "country"),
        ({"name": "h.e. amina diallo", "salutation": "In the book"}, "name"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field_and_nothing_typed_is_lost(desk, typed, field):
    letter = a_letter()
    if typed.get("salutation") == "In the book":
        Recipient.objects.create(letter=letter, **ROW)
    before = letter.recipients.count()

    response = desk.post(address(letter, "add/"), ROW | typed)

    assert response.status_code == 422
    assert set(response.context["form"].errors) == {field}
    assert [response.context["form"][name].value() for name in typed] == list(typed.values())
    assert letter.recipients.count() == before


def test_after_delivery_nobody_in_the_book_changes_and_who_is_added_late_gets_a_copy(desk):
    letter = a_published("Al-Haq")
    one = Recipient.objects.create(letter=letter, **ROW)
    delivery = a_delivered(letter)
    copies.make_copies(delivery)

    changed = desk.post(address(letter, f"{one.pk}/change/"), ROW | {"salutation": "Dear Minister,"})
    removed = desk.post(address(letter, f"{one.pk}/remove/"), follow=True)
    preview = upload(desk, letter, "name,office,country,e-mail\nH.E. Amina Diallo,Minister of Justice,KE,x@y.example\n")
    desk.post(address(letter, "add/"), ROW | {"name": "Late"})
    copies.make_copies(delivery)

    assert changed.status_code == 422
    assert told(removed) == ["The letter has been delivered: whoever was in the book then stays in it, unchanged."]
    assert outcomes(preview) == [(2, "error", [""])]
    one.refresh_from_db()
    assert (one.salutation, one.email) == ("", "m@justice.example")
    assert [(recipient.name, recipient.copy.message.recipient) for recipient in letter.recipients.all()] == [
        ("H.E. Amina Diallo", "m@justice.example"),
        ("Late", "m@justice.example"),
    ]
    assert Message.objects.filter(kind="letter").count() == 2


def test_the_database_keeps_the_addressee_of_a_copy_as_printed():
    letter = a_published("Al-Haq")
    one = a_recipient(letter)
    copies.make_copies(a_delivered(letter))

    for write in (
        lambda: Recipient.objects.filter(pk=one.pk).update(name="Another"),
        lambda: Recipient.objects.filter(pk=one.pk).delete(),
        lambda: Record.objects.update(note=""),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            write()


def test_the_book_takes_as_many_queries_for_three_recipients_as_for_one(desk, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    letter = a_published("Al-Haq")
    a_recipient(letter)
    delivery = a_delivered(letter)
    copies.make_copies(delivery)
    desk.get(address(letter))
    with CaptureQueriesContext(connection) as for_one:
        desk.get(address(letter))
    a_recipient(letter), a_recipient(letter)
    copies.make_copies(delivery)

    with django_assert_num_queries(len(for_one)):
        desk.get(address(letter))


@pytest.mark.parametrize("path", ["", "add/", "import/", "import/lines/", "recipients.csv", "template.csv"])
def test_a_moderator_without_permission_sees_nothing_of_the_book(client, path):
    letter = a_letter()
    client.force_login(a_moderator())

    assert client.get(address(letter, path)).status_code in (403, 405)
    assert client.post(address(letter, path)).status_code in (403, 405)
    assert b"Delivery" not in client.get("/moderation/").content
