"""Files of sign-ons for the desk's own use."""

import csv
import hashlib
import io
import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone
from openpyxl import load_workbook

from audit.models import Entry
from signatories.models import Actor, SignOn
from tests.factories import a_letter, a_moderator, a_sign_on, an_accepted, received

pytestmark = pytest.mark.django_db

FORM = {"kind": "signons", "letter": "", "state": "any", "q": "", "extension": "csv", "purpose": "For the hearing"}
PERSON = {"representative_name": "Amina Diallo", "representative_role": "Director", "email": "amina@alhaq.example"}


@pytest.fixture
def secretariat(client):
    client.user = a_moderator("secretariat")
    client.force_login(client.user)
    return client


def asked(client, **chosen):
    return client.post("/moderation/export/", FORM | chosen)


def sheet(response):
    """The rows of a CSV file, by heading."""
    assert response.status_code == 200, response.content.decode()
    return list(csv.DictReader(io.StringIO(response.getvalue().decode("utf-8-sig"))))


def test_the_sign_ons_come_with_everything_but_their_representatives(secretariat):
    letter = a_letter(slug="justice")
    one = a_sign_on(letter, "accepted", "Al-Haq", acronym="AH", country="PS", website="https://alhaq.example", **PERSON)

    response = asked(secretariat)

    content = response.getvalue()
    assert content.startswith(b"\xef\xbb\xbf")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"].startswith('attachment; filename="letters-signons-')
    assert response["Cache-Control"] == "no-store"
    (row,) = csv.DictReader(io.StringIO(content.decode("utf-8-sig")))
    assert row == {
        "number": str(one.pk),
        "letter": "justice",
        "state": "accepted",
        "since (UTC)": f"{one.state_since:%Y-%m-%d %H:%M:%S}",
        "received (UTC)": f"{one.created_at:%Y-%m-%d %H:%M:%S}",
        "came by": "the form",
        "mailbox confirmed": "yes",
        "name as signed": "Al-Haq",
        "name in its own script": "",
        "acronym": "AH",
        "country code": "PS",
        "country": "Palestine",
        "website": "https://alhaq.example",
        "name as listed": "Al-Haq",
        "name in its own script as listed": "",
        "acronym as listed": "",
        "country code as listed": "FR",
        "website as listed": "",
        "language of the text signed": "en",
        "language of the representative": "en",
        "invited by": "",
    }
    for secret in ("Amina", "Director", "amina@"):
        assert secret.encode() not in content


def test_the_representatives_come_with_what_is_needed_to_write_to_them(secretariat):
    letter = a_letter(slug="justice")
    one = a_sign_on(letter, "pending", "Al-Haq", country="PS", **PERSON)

    response = asked(secretariat, kind="representatives", letter="justice")

    assert response["Content-Disposition"].startswith('attachment; filename="justice-representatives-')
    assert sheet(response) == [
        {
            "number": str(one.pk),
            "letter": "justice",
            "state": "waiting for a decision",
            "organisation": "Al-Haq",
            "country": "Palestine",
            "representative": "Amina Diallo",
            "role": "Director",
            "e-mail": "amina@alhaq.example",
            "language of the text signed": "en",
            "language of the representative": "en",
        }
    ]


def test_an_organisation_is_written_to_under_the_name_as_listed(secretariat):
    one = a_sign_on(state="pending", name="AL-HAQ")
    one.accept(Actor.moderator(a_moderator()), listed_name="Al-Haq")

    assert [row["organisation"] for row in sheet(asked(secretariat, kind="representatives"))] == ["Al-Haq"]


def test_the_filters_of_the_queue_choose_the_rows(secretariat):
    letter, other = a_letter(slug="justice"), a_letter(slug="peace")
    an_accepted(letter, "Al-Haq", "Odhikar")
    a_sign_on(letter, "pending", "MADRE", email="madre@madre.example", website="https://madre.example")
    mine = received(name_as_signed="REDRESS", country="")
    old = SignOn.register(other.text(), Actor.moderator(secretariat.user), note="by post", **mine)
    SignOn.objects.filter(pk=old.pk).update(state_since=timezone.now() - timedelta(days=4))

    def names(**chosen):
        return [row["name as signed"] for row in sheet(asked(secretariat, **chosen))]

    assert names() == ["Al-Haq", "Odhikar", "MADRE", "REDRESS"]
    assert names(letter="justice") == ["Al-Haq", "Odhikar", "MADRE"]
    assert names(state="pending") == ["MADRE", "REDRESS"]
    assert names(letter="justice", state="accepted", q="odhi") == ["Odhikar"]
    assert names(q="madre@madre") == ["MADRE"]
    assert names(evidence="own-domain", state="pending", letter="justice") == ["MADRE"]
    assert [names(country="none"), names(age="3"), names(mine="on")] == [["REDRESS"]] * 3


def test_who_took_what_and_what_for_is_on_record_with_the_hash_of_the_file(secretariat):
    letter = a_letter(slug="justice")
    an_accepted(letter, "Al-Haq", "Odhikar")

    response = asked(secretariat, letter="justice", state="accepted", q="al-haq")

    entry = Entry.objects.first()
    assert (entry.user, entry.act, entry.subject_kind, entry.subject_id) == (
        *(secretariat.user, "export", "letter"),
        letter.pk,
    )
    assert entry.detail == {
        "purpose": "For the hearing",
        "what": "signons",
        "narrowed": {"state": "accepted", "q": "…"},
        "format": "csv",
        "rows": 1,
        "sha256": hashlib.sha256(response.getvalue()).hexdigest(),
    }


@pytest.mark.parametrize(
    ("chosen", "problem"),
    [
        ({"purpose": " "}, "Say what the file is for"),
        ({"purpose": "a\x01b"}, "invisible control character"),
        ({"kind": "everything"}, "Select a valid choice"),
        ({"state": "lost"}, "Select a valid choice"),
        ({"age": "1000"}, "Select a valid choice"),
        ({"letter": "nowhere"}, "Select a valid choice"),
        ({"extension": "exe"}, "Select a valid choice"),
        ({"q": "nobody is called so"}, "the file would be empty"),
    ],
)
def test_what_cannot_be_exported_is_explained_and_leaves_no_trace(secretariat, chosen, problem):
    a_sign_on(state="pending")
    before = Entry.objects.count()

    response = asked(secretariat, **chosen)

    assert (response.status_code, Entry.objects.count()) == (422, before)
    assert problem in response.content.decode()


def test_no_cell_becomes_a_formula(secretariat):
    # The form refuses such names; a role is a person's, and an import's may be anything.
    one = a_sign_on(state="pending", representative_role="=HYPERLINK(A1)", representative_name="@SUM(1)")
    SignOn.objects.filter(pk=one.pk).update(name_as_signed="+1+1", email="-1@example.org")

    (row,) = sheet(asked(secretariat, kind="representatives"))
    book = load_workbook(io.BytesIO(asked(secretariat, kind="representatives", extension="xlsx").getvalue()))

    assert [row[name] for name in ("organisation", "representative", "role", "e-mail")] == [
        *("'+1+1", "'@SUM(1)", "'=HYPERLINK(A1)", "'-1@example.org")
    ]
    cells = [book.active.cell(2, column) for column in (4, 6, 7, 8)]
    assert [(cell.data_type, cell.value) for cell in cells] == [
        *(("s", "+1+1"), ("s", "@SUM(1)"), ("s", "=HYPERLINK(A1)"), ("s", "-1@example.org"))
    ]


def test_the_workbook_says_the_same_as_the_sheet(secretariat):
    letter = a_letter(slug="justice")
    an_accepted(letter, "مركز الميزان", "Żółć, “quoted”; semicolon")
    a_sign_on(letter, "pending", "Zwölf")

    text = asked(secretariat).getvalue().decode("utf-8-sig")
    book = load_workbook(io.BytesIO(asked(secretariat, extension="xlsx").getvalue()))

    rows = [["" if cell is None else cell for cell in row] for row in book.active.iter_rows(values_only=True)]
    assert rows == list(csv.reader(io.StringIO(text)))
    assert {cell.data_type for row in book.active for cell in row} <= {"s", "n"}


def test_the_form_says_what_the_file_will_hold_and_that_it_is_recorded(secretariat):
    page = secretariat.get("/moderation/export/").content.decode()

    assert "put on record for good" in page
    assert "representative, role, e-mail" in page


def test_the_queue_leads_to_the_form_with_its_filters_filled_in(secretariat):
    a_letter(slug="justice")
    address = "?state=declined&letter=justice&age=3&country=KE&evidence=free-mail&mine=1"

    queue = secretariat.get(f"/moderation/{address}").content.decode()
    asked = re.search(r'href="(/moderation/export/[^"]*)"[^>]*>Export these', queue)[1].replace("&amp;", "&")
    initial = secretariat.get(asked).context["form"].initial
    search = secretariat.get("/moderation/export/?q=al-haq").context["form"].initial

    given = ("state", "letter", "age", "country", "evidence", "mine")
    assert [initial[name] for name in given] == ["declined", "justice", "3", "KE", "free-mail", "1"]
    assert (search["q"], search["state"]) == ("al-haq", "any")
    assert secretariat.get("/moderation/export/?state=lost").status_code == 404


def test_only_who_may_exports_and_sees_the_entry_in_the_navigation(client):
    a_sign_on(state="pending")
    client.force_login(a_moderator())

    assert (client.get("/moderation/export/").status_code, asked(client).status_code) == (403, 403)
    assert "/moderation/export/" not in client.get("/moderation/").content.decode()
    assert Entry.objects.filter(act="export").count() == 0
    client.force_login(a_moderator("secretariat"))
    assert 'href="/moderation/export/"' in client.get("/moderation/").content.decode()


def test_who_may_not_see_representatives_cannot_take_them_away(client):
    a_sign_on(state="pending", **PERSON)
    user = a_moderator()
    user.groups.clear()
    user.user_permissions.set(Permission.objects.filter(codename__in=["view_signon", "export_signon"]))
    client.force_login(user)

    refused = asked(client, kind="representatives")

    assert refused.status_code == 422
    assert "representative, role, e-mail" not in client.get("/moderation/export/").content.decode()
    assert Entry.objects.filter(act="export").count() == 0
    assert len(sheet(asked(client))) == 1


@pytest.mark.parametrize("count", [1, 3])
def test_an_export_asks_the_same_number_of_queries_for_one_row_and_for_three(
    secretariat, count, django_assert_num_queries
):
    letter = a_letter()
    for number in range(count):
        a_sign_on(letter, "pending", f"Group {number}")

    with django_assert_num_queries(13):
        rows = sheet(asked(secretariat))

    assert len(rows) == count
