"""What was decided becomes an edition."""

import csv
import hashlib
import io
import json
import re
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from jsonschema import Draft202012Validator

from letter.artefacts import html
from letter.content import Line, lines_sha256
from letter.models import Blob, Edition, Letter, Page
from letter.publication import publish
from signatories import jobs
from signatories.models import Actor, SignOn
from tests.factories import a_letter, a_moderator, a_sign_on, an_accepted

pytestmark = pytest.mark.django_db
SCHEMA = json.loads(Path("letter/signatories.schema.json").read_text())


def page(edition, name):
    language = "" if name.endswith((".json", ".csv")) else next(iter(edition.texts))
    return edition.file(name, language)


def test_an_edition_has_all_its_pages_and_the_same_names_in_each(client):
    letter = a_letter()
    an_accepted(letter, "Žene", "Éa", "Al-Haq", "العربية", "AL Ensan Center")

    edition = publish(letter, SignOn.objects.lines(letter))

    names = ["AL Ensan Center", "Al-Haq", "Éa", "Žene", "العربية"]
    style = [name for name, _content in html.style().values()]
    assert sorted(edition.pages.values_list("language", "name")) == sorted(
        [
            *(("", name) for name in ["changes.json", "signatories.csv", "signatories.json", *style]),
            *(("en", f"early/{face}.html") for face in ("index", "closed", "edition")),
            *(("en", f"{name}/index.html") for name in ("changes", "countries", "embed", "share")),
            *(("en", name) for name in ("badge.svg", "feed.atom")),
        ]
    )
    document = json.loads(page(edition, "signatories.json"))
    sheet = csv.DictReader(io.StringIO(page(edition, "signatories.csv").decode("utf-8-sig")))
    shown = page(edition, "early/index.html").decode()
    assert [one["name"] for one in document["signatories"]] == names
    assert [row["name"] for row in sheet] == names
    assert re.findall(r'<li id="s\d+"><bdi>([^<]+)</bdi></li>', shown) == names
    assert (edition.count, document["count"]) == (5, 5)
    assert "5 signatories" in shown


def test_the_json_is_of_its_schema_and_anyone_can_recompute_its_sum():
    letter = a_letter()
    an_accepted(letter, "Al-Haq", "MADRE")

    document = json.loads(page(publish(letter, SignOn.objects.lines(letter)), "signatories.json"))

    Draft202012Validator(SCHEMA).validate(document)
    digest = hashlib.sha256()
    for one in document["signatories"]:
        line = "\t".join([one["name"], one["acronym"], one["country"], one["website"]]) + "\n"
        digest.update(line.encode("utf-8"))
    assert digest.hexdigest() == document["sha256"]


def test_equal_lines_and_texts_make_no_second_edition():
    letter = a_letter()
    an_accepted(letter, "Al-Haq")

    first = publish(letter, SignOn.objects.lines(letter))
    second = publish(letter, SignOn.objects.lines(letter))

    assert (first.number, second) == (1, None)


def test_a_revised_text_or_another_closing_date_makes_a_new_edition():
    letter = a_letter()
    publish(letter, [])

    letter.revise("en", title="Another title", salutation="Your Excellency,", body="Text.", closing="")
    revised = publish(letter, [])
    letter.closes_at = timezone.now() + timedelta(days=1)
    letter.save()
    dated = publish(letter, [])

    assert (revised.number, revised.title, dated.number) == (2, "Another title", 3)
    assert "Open for signature until" in page(dated, "early/index.html").decode()
    assert "Signing closed on" in page(dated, "early/closed.html").decode()


def test_nothing_is_published_before_the_letter_opens():
    letter = a_letter(opens_at=timezone.now() + timedelta(hours=1))

    assert publish(letter, []) is None
    assert publish(letter, [], at=timezone.now() + timedelta(hours=2)).number == 1


def test_an_edition_and_its_pages_cannot_be_changed_or_deleted():
    edition = publish(a_letter(), [])
    before = Page.objects.count()

    for change in (
        lambda: Edition.objects.filter(pk=edition.pk).update(count=7),
        lambda: Page.objects.filter(edition=edition).update(name="x"),
        lambda: Blob.objects.update(content=b""),
        lambda: Page.objects.filter(edition=edition).delete(),
        lambda: Edition.objects.filter(pk=edition.pk)._raw_delete("default"),
    ):
        with pytest.raises(DatabaseError, match=r"[Cc]annot"), transaction.atomic():
            change()
    assert (Edition.objects.get().count, Page.objects.count()) == (0, before)


def test_names_are_data_in_every_artefact():
    lines = [Line("=1+1 & “Söhne”", "@SUM", "FR", "https://example.org/?a=1&b=2"), Line("Droit & <Paix>")]

    edition = publish(a_letter(), lines)

    shown, sheet = page(edition, "early/index.html").decode(), page(edition, "signatories.csv").decode("utf-8-sig")
    assert "<bdi>Droit &amp; &lt;Paix&gt;</bdi>" in shown
    rows = list(csv.reader(io.StringIO(sheet)))
    assert rows[1] == ["'=1+1 & “Söhne”", "'@SUM", "FR", "https://example.org/?a=1&b=2", ""]
    assert json.loads(page(edition, "signatories.json"))["signatories"][0]["name"] == "=1+1 & “Söhne”"


def test_the_empty_list_says_that_nobody_has_signed_yet():
    assert "No organisation has signed yet." in page(publish(a_letter(), []), "early/index.html").decode()


def test_renaming_an_organisation_changes_no_list():
    letter = a_letter()
    (sign_on,) = an_accepted(letter, "Al-Haq")
    publish(letter, SignOn.objects.lines(letter))

    sign_on.organisation.rename("Al-Haq: Law in the Service of Man")
    sign_on.organisation.save()

    assert publish(letter, SignOn.objects.lines(letter)) is None


def test_nothing_private_stands_in_any_page():
    letter = a_letter()
    private = {"representative_name": "Amina Diallo", "representative_role": "Directrice", "email": "amina@jsf.example"}
    a_sign_on(letter, "accepted", "Al-Haq", **private)
    a_sign_on(letter, "declined", "Declined Group", email="d@example.org")
    a_sign_on(letter, "pending", "Pending Group", email="p@example.org")

    edition = publish(letter, SignOn.objects.lines(letter))

    everything = b"".join(bytes(one.content) for one in edition.pages.all()).decode()
    for secret in [*private.values(), "Declined Group", "Pending Group", "example.org/sign"]:
        assert secret not in everything
    assert "Al-Haq" in everything


def test_the_sum_of_the_lines_is_of_the_documented_form():
    expected = hashlib.sha256(b"Al-Haq\t\tPS\thttps://alhaq.org\nMADRE\t\t\t\n").hexdigest()

    assert lines_sha256([Line("Al-Haq", "", "PS", "https://alhaq.org"), Line("MADRE")]) == expected


def test_a_name_is_printed_as_it_was_accepted_whatever_is_signed_afterwards():
    letter = a_letter()
    (sign_on,) = an_accepted(letter, "Al-Haq")

    SignOn.objects.filter(pk=sign_on.pk).update(
        name_as_signed="Al-Haq, changed", country="XX", website="https://x.example"
    )

    assert [(line.name, line.country, line.website) for line in SignOn.objects.lines(letter)] == [("Al-Haq", "FR", "")]


@pytest.mark.django_db(transaction=True)
def test_a_text_is_revised_while_an_edition_is_being_published_and_neither_stands_in_the_others_way():
    letter = a_letter()
    waiting, failures = threading.Event(), []

    def revise():
        try:
            with transaction.atomic():
                Letter.objects.get(pk=letter.pk).revise("fr", title="Lettre", salutation=".", body=".", closing=".")
        except DatabaseError as error:
            failures.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=revise)
    with transaction.atomic():
        publish(letter, [])
        thread.start()
        # Long enough for the other to wait for what this one has written.
        waiting.wait(0.5)
    thread.join()

    assert failures == []
    assert letter.editions.count() == 1
    assert letter.text("fr").title == "Lettre"


@pytest.mark.django_db(transaction=True)
def test_forty_accepts_within_a_second_make_few_editions_and_lose_none():
    letter = a_letter()
    moderator = Actor.moderator(a_moderator())
    waiting = [a_sign_on(letter, "pending", f"Group {number:02}") for number in range(40)]
    publishing = threading.Event()

    def work():
        while not publishing.is_set():
            for stale in Letter.objects.stale():
                jobs.publish_letter(stale)
        connection.close()

    workers = [threading.Thread(target=work) for _worker in range(2)]
    for worker in workers:
        worker.start()
    for sign_on in waiting:
        sign_on.accept(moderator, listed_name=sign_on.name_as_signed)
    publishing.set()
    for worker in workers:
        worker.join()
    jobs.sweep()

    editions = list(letter.editions.order_by("number"))
    assert [line["name"] for line in editions[-1].lines] == [f"Group {number:02}" for number in range(40)]
    assert [edition.number for edition in editions] == list(range(1, len(editions) + 1))
    counts = [edition.count for edition in editions]
    assert counts == sorted(counts)
    assert not Letter.objects.stale().exists()


@pytest.mark.django_db(transaction=True)
def test_a_decision_that_commits_while_an_edition_is_rendered_is_published_by_its_own_job():
    letter = a_letter()
    first = a_sign_on(letter, "pending", "Al-Haq")
    second = a_sign_on(letter, "pending", "MADRE")
    moderator = Actor.moderator(a_moderator())
    first.accept(moderator, listed_name="Al-Haq")

    def lines_and_then_a_decision():
        yield from list(SignOn.objects.lines(letter))
        thread = threading.Thread(target=lambda: (second.accept(moderator, listed_name="MADRE"), connection.close()))
        thread.start()
        thread.join()

    edition = publish(letter, lines_and_then_a_decision())

    assert [line["name"] for line in edition.lines] == ["Al-Haq"]
    assert list(Letter.objects.stale()) == [letter]
    jobs.publish(letter.pk)
    assert [line["name"] for line in letter.editions.first().lines] == ["Al-Haq", "MADRE"]


@pytest.mark.django_db(transaction=True)
def test_a_publisher_that_waited_for_another_does_not_publish_an_older_list():
    letter = a_letter()
    an_accepted(letter, "Al-Haq")
    second = a_sign_on(letter, "pending", "MADRE")
    late = SignOn.objects.lines(letter)

    second.accept(Actor.moderator(a_moderator()), listed_name="MADRE")
    publish(letter, SignOn.objects.lines(letter))

    assert publish(letter, late) is None
    assert [edition.count for edition in letter.editions.all()] == [2]
