"""The figures: numbers that the database counts, as tables and as drawings."""

import re
from datetime import UTC, date, datetime, timedelta

import pgtrigger
import pytest
from django.utils import timezone

from signatories.models import Actor, SignOn, Transition
from signatories.models.figures import Pace
from tests.factories import a_letter, a_moderator, a_sign_on, an_accepted, received

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 4, 28, 12, tzinfo=UTC)  # a Tuesday
MONDAY = date(2026, 4, 27)


@pytest.fixture
def desk(client):
    client.force_login(a_moderator("moderator"))
    return client


def happened(sign_on, **times):
    """Say when each verb of a sign-on's life happened, against the record's own rule."""
    with pgtrigger.ignore("signatories.Transition:transition_is_append_only"):
        for verb, at in times.items():
            assert Transition.objects.filter(sign_on=sign_on, verb=verb).update(at=at) == 1
    SignOn.objects.filter(pk=sign_on.pk).update(state_since=max(times.values()))


def decided(letter, entered, after, verb="accept", **fields):
    one = a_sign_on(letter, {"accept": "accepted", "decline": "declined"}[verb], **fields)
    happened(one, confirm=entered, **{verb: entered + after})
    return one


def test_signatories_are_counted_on_the_day_they_came_and_on_the_day_they_left():
    letter, other = a_letter(), a_letter()
    for hours in (0, 1, 30):
        decided(letter, NOON, timedelta(hours=hours))
    gone = decided(letter, NOON, timedelta(hours=2))
    gone.withdraw()
    happened(gone, withdraw=NOON + timedelta(days=3))
    decided(letter, NOON, timedelta(0), "decline")
    decided(other, NOON, timedelta(days=1))

    assert SignOn.objects.filter(letter=letter).signatories_by_day() == [
        (date(2026, 4, 28), 3),
        (date(2026, 4, 29), 1),
        (date(2026, 5, 1), -1),
    ]
    assert SignOn.objects.signatories_by_day()[1] == (date(2026, 4, 29), 2)


def test_a_signatory_who_left_and_came_back_counts_once():
    letter, moderator = a_letter(), Actor.moderator(a_moderator())
    (one,) = an_accepted(letter, "Al-Haq")
    one.reopen(moderator)
    one.accept(moderator, organisation=one.organisation, listed_name="Al-Haq")

    assert SignOn.objects.signatories_by_day() == [(timezone.now().date(), 1)]


def test_signatories_are_counted_by_the_country_they_are_listed_under():
    letter = a_letter()
    moderator = Actor.moderator(a_moderator())
    for number, country in enumerate(["KE", "FR", "KE", ""]):
        one = a_sign_on(letter, "pending", f"Group {number}", country="BR")
        one.accept(moderator, listed_name=f"Group {number}", listed_country=country)
    a_sign_on(letter, "pending", country="KE")

    assert SignOn.objects.signatories_by_country() == [("KE", 2), ("", 1), ("FR", 1)]


def test_those_who_wait_are_parted_by_how_long_they_have():
    letter = a_letter()
    for days in (0, 0.9, 1, 2.9, 3, 6.9, 7, 400):
        one = a_sign_on(letter, "pending")
        SignOn.objects.filter(pk=one.pk).update(state_since=NOON - timedelta(days=days))
    a_sign_on(letter, "unconfirmed")
    an_accepted(letter, "Al-Haq")

    assert SignOn.objects.ages(NOON) == [2, 2, 2, 2]


def test_the_time_to_decide_is_from_entering_the_queue_to_the_first_decision_by_week():
    letter = a_letter()
    for hours in range(1, 12):
        decided(letter, NOON, timedelta(hours=hours), "accept" if hours % 2 else "decline")
    decided(letter, NOON, timedelta(days=7))

    (week, next_week, overall) = SignOn.objects.pace(NOON - timedelta(days=30))

    assert week == Pace(MONDAY, 11, 6 * 3600, 10 * 3600)
    assert next_week == Pace(MONDAY + timedelta(days=7), 1, 7 * 86400, 7 * 86400)
    assert (overall.week, overall.count, overall.median) == (None, 12, 6.5 * 3600)


def test_a_later_decision_does_not_lengthen_the_first_and_an_import_does_not_count():
    letter, moderator = a_letter(), Actor.moderator(a_moderator())
    one = decided(letter, NOON, timedelta(hours=1))
    one.decline(moderator, reason="duplicate")
    happened(one, decline=NOON + timedelta(days=90))
    imported = decided(letter, NOON, timedelta(0))
    SignOn.objects.filter(pk=imported.pk).update(source="import")
    a_sign_on(letter, "pending")

    assert SignOn.objects.pace(NOON - timedelta(days=1)) == [
        Pace(MONDAY, 1, 3600, 3600),
        Pace(None, 1, 3600, 3600),
    ]


def test_a_decision_that_was_undone_does_not_count_and_the_next_one_does():
    moderator = Actor.moderator(a_moderator())
    one, other = (a_sign_on(name=name) for name in ("Al-Haq", "Odhikar"))
    for sign_on in (one, other):
        sign_on.accept(moderator, listed_name=sign_on.name_as_signed)
        sign_on.undo(moderator)
    one.decline(moderator, reason="duplicate")
    happened(one, confirm=NOON, accept=NOON + timedelta(hours=1), decline=NOON + timedelta(hours=5))

    assert SignOn.objects.pace(NOON - timedelta(days=1)) == [
        Pace(MONDAY, 1, 5 * 3600, 5 * 3600),
        Pace(None, 1, 5 * 3600, 5 * 3600),
    ]
    assert SignOn.objects.signatories_by_country() == []


def test_decisions_before_the_time_asked_about_do_not_count():
    decided(a_letter(), NOON, timedelta(hours=1))

    assert SignOn.objects.pace(NOON + timedelta(days=1)) == []


# ── the page ──


def test_without_a_sign_on_every_figure_says_that_there_is_none(desk):
    a_letter(slug="justice")

    for address in ("/moderation/figures/", "/moderation/figures/justice/"):
        page = desk.get(address).content.decode()

        assert page.count("No sign-on has been accepted yet.") == 2
        assert "Nothing waits for a decision." in page
        assert "Nothing has been decided in the last 26 weeks." in page
        assert "<svg" not in page


def cells(page, title):
    """The rows of the table under a heading, as text."""
    section = re.search(rf'aria-labelledby="{title}-title".*?</section>', page, re.DOTALL)[0]
    rows = re.findall(r"<tr>(.*?)</tr>", section, re.DOTALL)
    return [
        [re.sub(r"<[^>]+>", "", cell).strip() for cell in re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL)]
        for row in rows
    ]


def test_one_signatory_alone_makes_every_figure(desk):
    letter = a_letter(slug="justice")
    an_accepted(letter, "Al-Haq")
    a_sign_on(letter, "pending")

    page = desk.get("/moderation/figures/justice/").content.decode()

    today = f"{timezone.now():%-d %B %Y}"
    assert cells(page, "growth") == [["Day", "Change", "Signatories"], [today, "+1", "1"]]
    assert cells(page, "nations") == [
        ["Country", "Signatories", "%", ""],
        ["France", "1", "100", ""],
        ["All", "1", "", ""],
    ]
    assert cells(page, "queue") == [
        ["For", "Sign-ons", ""],
        ["less than 1 day", "1", ""],
        ["1 to 3 days", "0", ""],
        ["3 to 7 days", "0", ""],
        ["7 days and more", "0", ""],
        ["All", "1", ""],
    ]
    assert [row[1] for row in cells(page, "pace")] == ["Decisions", "1", "1"]
    assert page.count('<rect class="column"') == 2


def test_the_page_of_a_letter_counts_that_letter_alone(desk):
    justice, peace = a_letter(slug="justice"), a_letter(slug="peace")
    an_accepted(justice, "Al-Haq")
    an_accepted(peace, "MADRE", "Odhikar")
    a_sign_on(peace, "pending")

    one = desk.get("/moderation/figures/justice/").content.decode()
    both = desk.get("/moderation/figures/").content.decode()

    assert [cells(page, "nations")[-1][1] for page in (one, both)] == ["1", "3"]
    assert cells(one, "queue") == []
    assert cells(both, "queue")[-1] == ["All", "1", ""]


def test_countries_beyond_the_most_frequent_are_one_line(desk):
    letter, moderator = a_letter(), Actor.moderator(a_moderator())
    for number, country in enumerate("FR FR DE US KE UG CD CO MX AR BR PE GT ES IT".split()):
        one = a_sign_on(letter, "pending", f"Group {number}")
        one.accept(moderator, listed_name=f"Group {number}", listed_country=country)

    rows = cells(desk.get("/moderation/figures/").content.decode(), "nations")

    assert (rows[1], len(rows), rows[-2:]) == (
        ["France", "2", "13", ""],
        15,
        [["2 others", "2", "13", ""], ["All", "15", "", ""]],
    )


def test_a_drawing_says_nothing_to_a_screen_reader_that_the_table_does_not(desk):
    an_accepted(a_letter(), "Al-Haq")

    page = desk.get("/moderation/figures/").content.decode()

    assert re.findall(r"<svg (?![^>]*aria-hidden=\"true\")[^>]*>", page) == []
    assert page.count('role="img" tabindex="0" aria-label="Columns: ') == 2


def test_no_drawing_has_style_or_script_of_its_own_which_the_policy_would_refuse(desk):
    an_accepted(a_letter(), "Al-Haq")

    response = desk.get("/moderation/figures/")

    assert not re.search(r"<style|<script|\sstyle=|\son\w+=", response.content.decode())
    assert "unsafe" not in response["Content-Security-Policy"]


def test_from_right_to_left_time_runs_as_the_reader_reads_and_coordinates_stay_numbers(desk, settings):
    letter = a_letter()
    an_accepted(letter, "Al-Haq")
    decided(letter, timezone.now() - timedelta(days=9), timedelta(days=2))

    settings.LANGUAGE_CODE = "ar"
    page = desk.get("/moderation/figures/").content.decode()

    drawings = re.findall(r'<svg class="drawing".*?</svg>', page, re.DOTALL)
    assert [re.search(r'direction="(\w+)"', one)[1] for one in drawings] == ["rtl", "rtl"]
    places = [float(x) for x in re.findall(r'<rect class="column" x="([^"]+)"', drawings[0])]
    assert places == sorted(places, reverse=True)
    numbers = re.findall(r' (?:x|y|x1|x2|y1|y2|width|height)="([^"]*)"', "".join(drawings))
    assert [one for one in numbers if not re.fullmatch(r"\d+(\.\d)?", one)] == []


@pytest.mark.parametrize("count", [1, 3])
def test_the_figures_ask_the_same_number_of_queries_for_one_row_and_for_three(desk, count, django_assert_num_queries):
    letter = a_letter(slug="justice")
    an_accepted(letter, *(f"Group {number}" for number in range(count)))
    for _number in range(count):
        a_sign_on(letter, "pending")

    with django_assert_num_queries(13):
        desk.get("/moderation/figures/justice/")


def test_a_letter_that_is_not_open_has_no_figures(desk):
    a_letter(slug="secret", opens_at=None)

    assert desk.get("/moderation/figures/secret/").status_code == 404
    assert desk.get("/moderation/figures/nowhere/").status_code == 404


def test_the_figures_tell_in_which_language_the_letter_was_read(client):
    letter = a_letter()
    letter.revise("ar", title="رسالة", salutation="صاحب السعادة،", body="نحن.", closing="")
    for text in (letter.text("ar"), letter.text("ar"), letter.text()):
        SignOn.sign(text, **received())
    SignOn.sign(letter.text("ar"), **received()).withdraw()
    client.force_login(a_moderator())

    page = client.get(f"/moderation/figures/{letter.slug}/")

    assert page.context["readers"] == [("Arabic", 2, "100"), ("English", 1, "50")]
    assert "Language in which the letter was read" in page.text
