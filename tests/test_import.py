"""Letters and lists come in from files."""

import csv
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from audit.models import Entry
from letter.imports import ImportFault, import_letter
from letter.models import Letter, LetterText
from letter.publication import publish
from signatories.imports import import_signatories
from signatories.models import Organisation, SignOn, Transition
from tests.factories import a_letter

pytestmark = pytest.mark.django_db
CONTENT = Path("demo/content")
FRONT = "---\ntitle: A letter\nslug: a-letter\ndate: 2020-04-28\nlanguage: en\nsalutation: Dear all,\n---\n"


@pytest.fixture
def icc():
    letter, _text = import_letter(CONTENT / "letter.en.md", opens_at=timezone.now())
    return letter


def test_the_letter_of_2020_comes_in_word_for_word(icc):
    body = (CONTENT / "letter.en.md").read_text().split("---\n", 2)[2].strip()

    text = icc.text()

    assert (icc.slug, icc.place, icc.dated_on.isoformat(), icc.language) == ("icc-2020", "New York", "2020-04-28", "en")
    assert (text.title, text.salutation, text.closing) == (
        "Joint letter to States Parties in support of the International Criminal Court",
        "Your Excellency,",
        "Sincerely,",
    )
    assert text.body == body


def test_its_list_comes_out_in_the_printed_order_but_for_the_entry_that_the_print_misfiles(icc):
    import_signatories(icc, CONTENT / "signatories.csv")
    with open(CONTENT / "signatories.csv", encoding="utf-8") as file:
        printed = [row["name"] for row in csv.DictReader(file)]

    listed = [line["name"] for line in publish(icc, SignOn.objects.lines(icc)).lines]

    misfiled = printed.pop(46)
    assert misfiled == "International Commission of Jurists - Norway"
    printed.insert(printed.index("International Commission of Jurists – Kenya") + 1, misfiled)
    assert listed == printed
    assert len(listed) == 113


def test_every_imported_signatory_went_through_the_moderators_verbs(icc):
    import_signatories(icc, CONTENT / "signatories.csv")

    verbs = Transition.objects.order_by("pk").values_list("verb", "who", "to_state")

    assert set(verbs) == {("register", "operator", "pending"), ("accept", "operator", "accepted")}
    assert (len(verbs), Organisation.objects.count()) == (226, 113)


def test_importing_twice_changes_nothing(icc):
    import_signatories(icc, CONTENT / "signatories.csv")
    first = publish(icc, SignOn.objects.lines(icc))

    letter, text = import_letter(CONTENT / "letter.en.md")
    added = import_signatories(letter, CONTENT / "signatories.csv")

    assert (added, text.revision, LetterText.objects.count(), SignOn.objects.count()) == (0, 1, 1, 113)
    assert publish(letter, SignOn.objects.lines(letter)) is None
    assert first.number == 1


def test_a_changed_file_is_a_new_revision_once_the_letter_is_open(tmp_path):
    file = tmp_path / "letter.md"
    file.write_text(FRONT + "\nOne.\n")
    import_letter(file)
    file.write_text(FRONT + "\nTwo.\n")
    letter, before = import_letter(file, opens_at=timezone.now() - timedelta(minutes=1))
    file.write_text(FRONT + "\nThree.\n")
    letter, after = import_letter(file)

    assert [(text.revision, text.body) for text in letter.texts.order_by("revision")] == [(1, "Two."), (2, "Three.")]
    assert (before.pk != after.pk, before.sha256 != after.sha256) == (True, True)


@pytest.mark.parametrize(
    ("content", "place", "problem"),
    [
        ("No front matter", "line 1, column 1", "front matter"),
        (FRONT.replace("title: A letter\n", ""), "line 7, column 1", "no letter"),
        (FRONT.replace("title: A letter\n", "") + "\nBody", "line 1, column 1", "“title” is missing"),
        (FRONT.replace("date: 2020-04-28", "date: 28 April") + "\nBody", "line 4, column 7", "not a date"),
        (FRONT.replace("slug: a-letter", "slug: A Letter") + "\nBody", "line 3, column 7", "slug"),
        (FRONT.replace("slug: a-letter", "slug: admin") + "\nBody", "line 3, column 7", "address of the site"),
        (FRONT.replace("slug:", "slog:") + "\nBody", "line 3, column 1", "“slog” is not known"),
        (FRONT.replace("title: A letter", "title: A: letter") + "\nBody", "line 2, column 9", "cannot be read"),
        (FRONT + "\nBody\n\nwith <b>HTML</b>", "line 11, column 6", "raw HTML (“<b>”)"),
        (FRONT + "\nBody\n\n<script>\nx\n</script>", "line 11, column 1", "raw HTML"),
        (FRONT + "\nBo\x07dy", "line 9, column 3", "control character"),
        (
            FRONT.replace("language", "opens_at: 0001-01-01T00:00+12:00\nlanguage") + "\nBody",
            "line 5, column 11",
            "year",
        ),
        (FRONT + "\nBody <!-- c -->", "line 9, column 6", "raw HTML"),
    ],
)
def test_a_faulty_letter_changes_nothing_and_is_told_by_line_and_column(tmp_path, content, place, problem):
    file = tmp_path / "letter.md"
    file.write_text(content)

    with pytest.raises(ImportFault) as fault:
        import_letter(file)

    assert f"{file}, {place}: " in str(fault.value)
    assert problem in str(fault.value)
    assert (Letter.objects.count(), LetterText.objects.count()) == (0, 0)


def test_a_file_that_is_not_utf8_says_where(tmp_path):
    file = tmp_path / "list.csv"
    file.write_bytes("name\nAl-Haq\nFédération\n".encode("latin-1"))

    with pytest.raises(ImportFault, match=r"line 3, column 2: this is not UTF-8"):
        import_signatories(a_letter(), file)


@pytest.mark.parametrize(
    ("content", "place", "problem"),
    [
        ("name,land\nA,DE\n", "line 1, column 2", "“land” is not a column"),
        ("country\nDE\n", "line 1, column 1", "no column “name”"),
        ("name,country\nAl-Haq,XX\n", "line 2, column 2", "“XX” is not a code"),
        ("name,country\nAl-Haq,PS\nX,DE\n", "line 3, column 1", ""),
        ('name,country\n"Al\u202eHaq",PS\n', "line 2, column 1", ""),
        ("name,country\nAl-Haq,PS\nAl Haq,PS\n", "line 3, column 1", "stands on line 2 already"),
        ("name,country\nAl-Haq\n", "line 2, column 2", "1 cells under 2 columns"),
        ("name,website\nAl-Haq,ftp://alhaq.org\n", "line 2, column 2", "http"),
        ("name,acronym\nAl-Haq,<b>\n", "line 2, column 2", ""),
        ("name,acronym\nAl-Haq," + "x" * 40 + "\n", "line 2, column 2", "30"),
        ("name\n1 (UNHCR)\n", "line 2, column 1", ""),
        ('name\n"Al-Haq\n', "line 2, column 1", "not CSV"),
    ],
)
def test_a_faulty_list_adds_nobody_and_is_told_by_line_and_column(tmp_path, content, place, problem):
    file = tmp_path / "list.csv"
    file.write_text(content)

    with pytest.raises(ImportFault) as fault:
        import_signatories(a_letter(), file)

    assert f"{file}, {place}: " in str(fault.value)
    assert problem in str(fault.value)
    assert SignOn.objects.count() == 0


def test_the_commands_say_what_they_did_and_what_is_wrong(icc, capsys):
    call_command("import_signatories", "icc-2020", CONTENT / "signatories.csv")
    call_command("publish", "icc-2020")
    call_command("publish", "icc-2020")

    assert capsys.readouterr().out.splitlines() == [
        "icc-2020: 113 added, 113 on the list",
        "icc-2020: published edition 1, 113 signatories",
        "icc-2020: nothing changed since edition 1, 113 signatories",
    ]
    with pytest.raises(CommandError, match="There is no letter “nowhere”; there are: icc-2020"):
        call_command("import_signatories", "nowhere", CONTENT / "signatories.csv")
    with pytest.raises(CommandError, match="No such file"):
        call_command("import_letter", "nowhere.md")


def test_an_import_at_the_command_line_is_one_entry_of_the_record(tmp_path):
    letter, path = a_letter(), tmp_path / "list.csv"
    path.write_text("name\nAl-Haq\nOdhikar\n")

    import_signatories(letter, path)

    assert [(one.act, one.by, one.detail) for one in Entry.objects.all()] == [
        ("import", "", {"file": "list.csv", "rows": 2})
    ]
