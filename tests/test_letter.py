"""The letter, its dates and its texts; the secretariat's desk."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone

from letter.markdown import render_markdown, validate_markdown
from letter.models import Letter, LetterText, Publication
from tests.factories import a_letter, a_moderator

pytestmark = pytest.mark.django_db
WORDS = {"title": "Another", "salutation": "Dear all,", "body": "Text.", "closing": ""}


@pytest.fixture
def secretary(client):
    user = a_moderator("secretariat")
    user.is_staff = True
    user.save()
    client.force_login(user)
    return client


def test_dates_alone_decide_whether_a_letter_is_open():
    now = timezone.now()
    letter = a_letter(opens_at=now, closes_at=now + timedelta(days=2))
    moments = [now - timedelta(seconds=1), now, now + timedelta(days=1), now + timedelta(days=2)]

    assert [letter.is_open(at) for at in moments] == [False, True, True, False]
    assert [Letter.objects.open(at).exists() for at in moments] == [False, True, True, False]
    assert [Letter.objects.opened(at).exists() for at in moments] == [False, True, True, True]


def test_the_text_of_an_open_letter_cannot_be_changed_in_the_database():
    a_letter()

    for change in (lambda: LetterText.objects.update(body="forged"), lambda: LetterText.objects.all().delete()):
        with pytest.raises(DatabaseError, match="its text is fixed"), transaction.atomic():
            change()


def test_the_opening_and_the_address_of_an_open_letter_stand():
    letter = a_letter()

    for change in ({"opens_at": timezone.now() + timedelta(days=1)}, {"slug": "elsewhere"}, {"opens_at": None}):
        with pytest.raises(DatabaseError, match="has opened"), transaction.atomic():
            Letter.objects.filter(pk=letter.pk).update(**change)


def test_before_the_opening_words_are_replaced_and_afterwards_revised():
    letter = a_letter(opens_at=timezone.now() + timedelta(days=1))
    letter.revise("en", **WORDS)
    assert [text.revision for text in letter.texts.all()] == [1]

    Letter.objects.update(opens_at=timezone.now())
    letter.refresh_from_db()
    letter.revise("en", **WORDS | {"body": "Other text."})
    same = letter.revise("en", **WORDS | {"body": "Other text."})

    assert [text.revision for text in letter.texts.order_by("revision")] == [1, 2]
    assert same.revision == 2


def test_a_letter_closes_after_it_opens():
    now = timezone.now()

    with pytest.raises(IntegrityError), transaction.atomic():
        a_letter(opens_at=now, closes_at=now - timedelta(days=1))


@pytest.mark.parametrize("html", ["a <b>b</b>", "<div>\n\nx\n\n</div>", "<!-- x -->", "a <br/> b"])
def test_raw_html_is_refused(html):
    with pytest.raises(ValidationError):
        validate_markdown(f"Text.\n\n{html}")


def test_markdown_becomes_the_tags_of_a_letter_and_nothing_that_runs():
    html = render_markdown(
        "# Title\n\nWe *ask*:\n\n1. one;\n2. two.\n\n[x](javascript:alert(1)) ![i](https://x.example/i.png) "
        "[ok](https://example.org)"
    )

    assert "<h2>Title</h2>" in html
    assert "<ol>\n<li>one;</li>\n<li>two.</li>\n</ol>" in html
    assert "javascript:alert" not in html.replace("[x](javascript:alert(1))", "")
    assert "<img" not in html
    assert '<a href="https://example.org" rel="noopener noreferrer">ok</a>' in html


def test_the_secretariat_revises_an_open_letter_in_the_admin_and_sees_a_preview(secretary):
    letter = a_letter()
    text = letter.text()

    page = secretary.get(f"/admin/letter/lettertext/{text.pk}/change/")
    response = secretary.post(f"/admin/letter/lettertext/{text.pk}/change/", WORDS, follow=True)
    preview = secretary.get(f"/admin/letter/lettertext/{letter.text().pk}/preview/")

    assert (page.status_code, response.status_code) == (200, 200)
    assert "this is now revision 2" in response.content.decode()
    assert [(one.revision, one.title) for one in letter.texts.order_by("revision")] == [
        (1, "A joint letter"),
        (2, "Another"),
    ]
    assert "Preview: only you see this page." in preview.content.decode()
    assert list(Letter.objects.stale()) == [letter]


def test_the_secretariat_makes_a_letter_in_the_admin(secretary):
    fields = {"slug": "new-letter", "place": "Geneva", "dated_on": "2026-12-01", "language": "en", "addressees": ""}
    times = {"opens_at_0": "", "opens_at_1": "", "closes_at_0": "", "closes_at_1": ""}

    secretary.post("/admin/letter/letter/add/", fields | times)
    letter = Letter.objects.get(slug="new-letter")
    secretary.post("/admin/letter/lettertext/add/", WORDS | {"letter": letter.pk, "language": "en"})

    assert letter.text().title == "Another"
    assert secretary.get(f"/admin/letter/letter/{letter.pk}/change/").status_code == 200


def test_raw_html_in_the_admin_is_told_beside_the_field(secretary):
    text = a_letter().text()

    response = secretary.post(f"/admin/letter/lettertext/{text.pk}/change/", WORDS | {"body": "a <b>b</b>"})

    assert "raw HTML (“&lt;b&gt;”) is not allowed" in response.content.decode()


def test_a_decision_made_while_the_secretariat_edits_is_not_wound_back(secretary):
    letter = a_letter()
    before = Publication.objects.get(letter=letter).revision
    stale_copy = Letter.objects.get(pk=letter.pk)

    letter.mark_stale()
    stale_copy.place = "Geneva"
    stale_copy.save()

    assert Publication.objects.get(letter=letter).revision == before + 1


def test_a_closing_before_the_opening_is_told_beside_the_field_also_once_the_letter_is_open(secretary):
    letter = a_letter()
    fields = {
        "place": "",
        "dated_on": "2026-12-01",
        "addressees": "",
        "closes_at_0": "1999-01-01",
        "closes_at_1": "00:00",
    }

    response = secretary.post(f"/admin/letter/letter/{letter.pk}/change/", fields)

    assert "A letter closes after it opens." in response.content.decode()


def test_an_old_revision_cannot_be_saved_over_the_new_one(secretary):
    letter = a_letter()
    old = letter.text()
    letter.revise("en", **WORDS)

    saved = secretary.post(f"/admin/letter/lettertext/{old.pk}/change/", WORDS | {"title": "Back to the old"})
    added = secretary.post("/admin/letter/lettertext/add/", WORDS | {"letter": letter.pk, "language": "en"})

    assert saved.status_code == 403
    assert "change that one" in added.content.decode()
    assert letter.text().title == "Another"
