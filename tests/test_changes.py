"""Each edition says what is new in it: in the log, as data, and in the feed."""

import json
import zlib
from datetime import timedelta
from pathlib import Path

import feedparser
import pytest
from django.utils import timezone
from jsonschema import Draft202012Validator

from letter.artefacts.html import style
from letter.changes import SHOWN
from letter.content import Line
from letter.documents import make_documents
from letter.models import TimelineEntry
from letter.publication import IN_FEED, publish
from signatories.models import Actor, SignOn
from tests.factories import a_letter, a_moderator, an_accepted

pytestmark = pytest.mark.django_db
SCHEMA = json.loads(Path("letter/changes.schema.json").read_text())


def lines(*names):
    return [Line(name, id=str(zlib.crc32(name.encode()))) for name in names]


def published(letter):
    return publish(letter, SignOn.objects.lines(letter))


def changes_of(edition):
    document = json.loads(edition.file("changes.json"))
    Draft202012Validator(SCHEMA).validate(document)
    return document["changes"]


def test_the_log_says_who_was_added_corrected_and_how_many_withdrew():
    letter = a_letter()
    al_haq, madre = an_accepted(letter, "Al-Haq", "MADRE")
    published(letter)

    actor = Actor.moderator(a_moderator())
    an_accepted(letter, "Odhikar", "Adalah")
    madre.withdraw()
    al_haq.reopen(actor)
    al_haq.accept(actor, organisation=al_haq.organisation, listed_name="Al-Haq, Law in the Service of Man")
    second = published(letter)

    newest, first = changes_of(second)
    assert (newest["added"], newest["corrected"], newest["withdrew"]) == (
        ["Adalah", "Odhikar"],
        ["Al-Haq, Law in the Service of Man"],
        1,
    )
    assert (first["is_first"], first["added"], first["count"]) == (True, [], 2)
    page = second.file("changes/index.html", "en").decode()
    for words in ("Added 2.", "Corrected 1.", "Withdrew 1.", "<bdi>Adalah</bdi>", "The first edition."):
        assert words in page
    assert "MADRE" not in page


def test_a_withdrawal_after_delivery_is_told_in_the_words_of_the_secretariat_and_the_record_stands():
    letter = a_letter(withdrawal_wording="{name} no longer supports the letter.")
    _al_haq, madre = an_accepted(letter, "Al-Haq", "MADRE")
    published(letter)
    make_documents(letter)

    record = letter.deliver()
    as_delivered = {(page.language, page.name): page.sha256 for page in record.pages.all()}
    delivered = published(letter)
    madre.withdraw()
    later = published(letter)

    statement = "MADRE no longer supports the letter."
    assert (changes_of(later)[0]["statements"], changes_of(delivered)[0]["statements"]) == ([statement], [])
    assert statement in later.file("early/closed.html", "en").decode()
    assert [line["name"] for line in later.lines] == ["Al-Haq"]
    assert [line["name"] for line in record.lines] == ["Al-Haq", "MADRE"]
    assert {(page.language, page.name): page.sha256 for page in record.pages.all()} == as_delivered
    assert "Edition 1 is what was delivered." in later.file("early/closed.html", "en").decode()


def test_a_log_of_many_editions_goes_on_at_an_older_one(client):
    letter = a_letter()
    for number in range(SHOWN + 2):
        edition = publish(letter, lines(*(f"Group {one:03}" for one in range(number + 1))))

    assert [one["edition"] for one in changes_of(edition)] == list(range(SHOWN + 2, 2, -1))
    previous = json.loads(edition.file("changes.json"))["previous"]
    assert previous == f"/{letter.slug}/editions/2/changes.json"
    assert [one["edition"] for one in client.get(previous).json()["changes"]] == [2, 1]
    assert f'href="/{letter.slug}/editions/2/changes/"' in edition.file("changes/index.html", "en").decode()


def test_the_feed_has_the_newest_that_are_still_listed():
    letter = a_letter()
    publish(letter, lines("Al-Haq", "MADRE"), at=timezone.now() - timedelta(hours=2))
    publish(letter, lines("Adalah", "Al-Haq", "MADRE"), at=timezone.now() - timedelta(hours=1))
    edition = publish(letter, lines("Adalah", "Al-Haq", "=1+1 <b>"))

    feed = feedparser.parse(edition.file("feed.atom", "en"))

    assert not feed.bozo
    assert [entry.title for entry in feed.entries] == ["=1+1 <b>", "Adalah", "Al-Haq"]
    assert feed.entries[1].link.startswith(f"https://letters.example.org/{letter.slug}/#s")


def test_the_feed_of_a_long_list_has_so_many_and_no_more():
    edition = publish(a_letter(), lines(*(f"Group {number:04}" for number in range(IN_FEED + 20))))

    assert len(feedparser.parse(edition.file("feed.atom", "en")).entries) == IN_FEED


def test_a_revised_text_is_told():
    letter = a_letter()
    publish(letter, lines("Al-Haq"))
    letter.revise("en", title="Another", salutation="Dear all,", body="Text.", closing="")

    assert changes_of(publish(letter, lines("Al-Haq")))[0]["is_text_revised"] is True


def test_what_became_of_the_letter_stands_on_its_page(client):
    letter = a_letter()
    publish(letter, lines("Al-Haq"))
    make_documents(letter)
    letter.deliver()
    from letter.models import Blob

    blob = Blob.of(b"%PDF-1.7 an answer")
    entry = TimelineEntry.objects.create(
        letter=letter, on="2020-05-04", event="answered", who="Ministry of Justice", words="Thank you.", blob=blob
    )
    edition = publish(letter, lines("Al-Haq"))

    page = edition.file("early/closed.html", "en").decode()
    assert "Ministry of Justice" in page
    assert f'href="timeline/{entry.pk}.pdf"' in page
    assert client.get(f"/{letter.slug}/timeline/{entry.pk}.pdf").content == b"%PDF-1.7 an answer"


def test_the_style_is_named_by_its_content():
    assert all(name.split(".")[-2].isalnum() and len(name.split(".")[-2]) == 12 for name, _content in style().values())
