"""The status page: where a sign-on stands, what happens next, what can be done, what has happened."""

import html
import re
from datetime import timedelta

import pytest
from django.utils import timezone

from letter.documents import make_documents
from letter.models import Letter
from signatories import links
from signatories.jobs import publish_letter
from signatories.models import Actor, Correction, SignOn
from tests.factories import a_letter, a_moderator, a_sign_on, an_accepted

pytestmark = pytest.mark.django_db


def page_of(client, sign_on, language=""):
    return client.get(f"{language}/status/{links.token('status', sign_on.pk)}/")


def said(client, sign_on, of="where"):
    """The words of one section, or of the history, as somebody reads them."""
    content = page_of(client, sign_on).content.decode()
    pattern = r'<ol class="history">(.*?)</ol>' if of == "history" else rf'<section class="{of}".*?>(.*?)</section>'
    words = html.unescape(re.sub("<[^>]+>", " ", re.search(pattern, content, re.DOTALL)[1]))
    return " ".join(words.split())


def links_in(client, sign_on):
    return re.findall(r'href="([^"]+)"', page_of(client, sign_on).content.decode())


def date(moment):
    return f"{moment:%-d %B %Y}"


def delivered(letter):
    publish_letter(letter)
    make_documents(letter)
    letter.deliver()
    return letter


# ── where it stands, and what happens next ──


def test_one_that_is_not_confirmed_says_until_when_it_can_be(client):
    sign_on = a_sign_on(state="unconfirmed")

    words = said(client, sign_on)

    assert words.startswith("Where it stands Not confirmed yet. Open the link in the first e-mail")
    assert f"until {date(sign_on.confirm_by)}" in words


def test_of_one_that_expired_there_is_no_status_any_more_but_a_page_that_says_so(client):
    sign_on = a_sign_on(state="unconfirmed")
    sign_on.expire()

    assert "This sign-on has expired" in page_of(client, sign_on).content.decode()


def test_one_that_waits_says_since_when_and_when_the_letter_closes(client):
    letter = a_letter(closes_at=timezone.now() + timedelta(days=20))
    sign_on = a_sign_on(letter, "pending")

    words = said(client, sign_on)

    assert f"It has waited for a decision since {date(timezone.now())}" in words
    assert f"open for signature until {date(letter.closes_at)}" in words
    assert "nine of ten" not in words


def test_how_long_it_takes_is_told_once_a_handful_were_decided(client):
    letter, moderator = a_letter(), a_moderator()
    sign_on = a_sign_on(letter, "pending")
    for number in range(4):
        a_sign_on(letter, "declined", f"Group {number}", moderator)
    assert "nine of ten" not in said(client, sign_on)

    a_sign_on(letter, "declined", "Group 5", moderator)

    assert "Lately nine of ten sign-ons to this letter were decided within a day." in said(client, sign_on)


def test_one_that_waits_while_the_letter_has_closed_or_was_delivered_reads_what_that_means(client):
    letter = a_letter()
    an_accepted(letter, "Al-Haq")
    waits = a_sign_on(letter, "pending")
    Letter.objects.filter(pk=letter.pk).update(closes_at=timezone.now() - timedelta(hours=1))
    assert "Signing closed on" in said(client, waits)

    delivered(Letter.objects.get(pk=letter.pk))

    assert f"The letter was delivered on {date(timezone.now())}." in said(client, waits)
    assert "not in the edition that was handed over" in said(client, waits)


def test_an_accepted_one_is_shown_its_edition_and_its_line(client):
    letter = a_letter(closes_at=timezone.now() + timedelta(days=20))
    an_accepted(letter, "Al-Haq")
    publish_letter(letter)
    sahayta = an_accepted(letter, "Sahayta")[0]
    assert "The edition with its name is being made" in said(client, sahayta)

    edition = publish_letter(letter)

    words = said(client, sahayta)
    anchor = next(one["anchor"] for one in edition.lines if one["name"] == "Sahayta")
    assert "from edition 2 on." in words
    assert f"open for signature until {date(letter.closes_at)}, " in words
    assert {f"/{letter.slug}/#{anchor}", f"/{letter.slug}/editions/2/"} <= set(links_in(client, sahayta))


def test_one_of_the_first_edition_was_there_from_it_on_and_stays_so(client):
    letter = a_letter()
    al_haq = an_accepted(letter, "Al-Haq")[0]
    publish_letter(letter)
    an_accepted(letter, "Sahayta")
    publish_letter(letter)

    assert "from edition 1 on." in said(client, al_haq)


def test_one_that_came_back_was_there_from_its_second_edition_on(client):
    letter, moderator = a_letter(), Actor.moderator(a_moderator())
    al_haq = an_accepted(letter, "Al-Haq")[0]
    publish_letter(letter)
    al_haq.reopen(moderator)
    publish_letter(letter)
    al_haq.accept(moderator, organisation=al_haq.organisation, listed_name="Al-Haq", listed_country="PS")
    assert "is being made" in said(client, al_haq)

    publish_letter(letter)

    assert "from edition 3 on." in said(client, al_haq)


def test_after_delivery_it_says_whether_the_name_was_handed_over(client):
    letter = a_letter()
    early = an_accepted(letter, "Al-Haq")[0]
    late = a_sign_on(letter, "pending", "Sahayta")
    delivered(letter)
    late.accept(Actor.moderator(a_moderator()), listed_name="Sahayta")
    publish_letter(letter)

    assert f"The letter was delivered on {date(timezone.now())}. Edition 1, with your organisation's name" in said(
        client, early
    )
    assert "before your organisation was accepted. Its name stands on the list on this site, but not in edition 1" in (
        said(client, late)
    )


def test_a_declined_one_reads_the_reason_in_words_and_how_to_object(client):
    sign_on = a_sign_on(state="pending")
    sign_on.decline(Actor.moderator(a_moderator()), reason="not_authorised", note="The board <b>denies</b> it.")

    words = said(client, sign_on)

    assert "Their reason: not authorised by the organisation. The board <b>denies</b> it." in words
    assert "If you object Answer the e-mail in which we told you" in words


def test_a_withdrawn_one_says_by_whose_will_and_what_remains_visible(client):
    letter = a_letter()
    mine, theirs, never = [*an_accepted(letter, "Al-Haq", "MADRE"), a_sign_on(letter, "pending")]
    publish_letter(letter)
    mine.withdraw()
    theirs.withdraw(Actor.moderator(a_moderator()), note="their letter")
    never.withdraw()

    assert f"You withdrew it on {date(timezone.now())}" in said(client, mine)
    assert "Editions of the letter that were published before still show it" in said(client, mine)
    assert "at your organisation's written request. The name leaves the list" in said(client, theirs)
    assert said(client, never).endswith("Nothing of it was ever published. Sign again")


def test_one_that_withdrew_after_delivery_reads_what_the_letters_page_says_of_it(client):
    letter = a_letter(withdrawal_wording="{name} is no longer a signatory.")
    al_haq = an_accepted(letter, "Al-Haq")[0]
    delivered(letter)

    al_haq.withdraw()

    words = said(client, al_haq)
    assert "edition 1, which was handed over, stays as it was. The letter's page says: Al-Haq is no longer a" in words
    publish_letter(Letter.objects.get(pk=letter.pk))
    assert "Al-Haq is no longer a signatory." in client.get(f"/{letter.slug}/").content.decode()


# ── what can be done ──


@pytest.mark.parametrize(
    ("state", "acts"),
    [
        ("unconfirmed", ["correct/", "receipt/", "my-data/", "withdraw/"]),
        ("pending", ["correct/", "contact/", "hand-over/", "receipt/", "my-data/", "withdraw/"]),
        ("queried", ["#question", "correct/", "contact/", "hand-over/", "receipt/", "my-data/", "withdraw/"]),
        ("accepted", ["correct/", "contact/", "hand-over/", "receipt/", "my-data/", "withdraw/"]),
        ("declined", ["receipt/", "my-data/"]),
        ("withdrawn", ["receipt/", "my-data/"]),
    ],
)
def test_each_state_offers_what_can_be_done_in_it_and_each_of_it_is_there(client, state, acts):
    sign_on = a_sign_on(state=state)
    content = page_of(client, sign_on).content.decode()

    section = re.search(r'<section class="choices".*?</section>', content, re.DOTALL)[0]
    offered = re.findall(r'href="([^"]+)"', section)

    assert [re.sub(r"^/status/[^/]+/", "", one) for one in offered] == acts
    assert [client.get(one).status_code for one in offered if one.startswith("/")] == [200] * len(
        [one for one in offered if one.startswith("/")]
    )


def test_the_text_that_was_signed_is_named_with_its_edition_although_there_is_a_newer_one(client):
    letter = a_letter()
    sign_on = a_sign_on(letter, "pending")
    publish_letter(letter)
    letter.revise("en", title="Another letter", salutation="Excellency,", body="We ask less of you.", closing="")
    publish_letter(letter)

    page = page_of(client, sign_on).content.decode()

    assert f'<code dir="ltr">{sign_on.text.sha256}</code>' in page
    assert f'English, revision 1 · <a href="/{letter.slug}/editions/1/">it stands in edition 1</a>' in page
    assert "Declaration, version 1" in page


# ── what has happened ──


def test_what_has_happened_is_told_in_sentences_in_their_order(client):
    moderator = a_moderator()
    desk = Actor.moderator(moderator)
    sign_on = a_sign_on(state="queried", moderator=moderator)
    sign_on.answer(answer="The board did.")
    correction = Correction.propose(sign_on, name="Justice Group of Dhaka", reason="a slip")
    correction.decline(desk, note="That is another organisation.")
    sign_on.decline(desk, reason="duplicate", note="You signed in May.")
    sign_on.erase()

    told = [
        one.split(" UTC · ")[1] for one in re.split(r"(?<=[.\w]) (?=\d+ \w+ \d{4})", said(client, sign_on, "history"))
    ]

    assert told == [
        "The form was filled in and sent.",
        "You confirmed that the e-mail address is yours.",
        "The moderators asked a question.",
        "You answered the question.",
        "You proposed a correction of what is printed.",
        "The moderators declined the correction.",
        "The moderators declined the sign-on: the organisation has signed already.",
        "Your data were erased at your wish.",
    ]


def test_no_state_and_no_act_is_left_without_words():
    from signatories.standing import _WORDS
    from signatories.states import RULES, Who

    # One that expired has a page of its own.
    told = {(verb, who) for verb, rule in RULES.items() for who in rule.who if verb != "expire"}

    assert {one for one in told if (one[0], one[1] == Who.REPRESENTATIVE) not in _WORDS} == set()


# ── the page itself ──


@pytest.mark.parametrize("language", ["", "/fr", "/ar"])
@pytest.mark.parametrize("rest", ["", "withdraw/", "receipt/", "my-data/", "my-data/erase/", "my-data/my-data.json"])
def test_no_such_page_is_kept_found_or_told_to_others(client, language, rest):
    sign_on = a_sign_on(state="accepted")

    response = client.get(f"{language}/status/{links.token('status', sign_on.pk)}/{rest}")

    assert response.status_code == 200
    assert (response["Cache-Control"], response["Referrer-Policy"], response["X-Robots-Tag"], response.cookies) == (
        "no-store",
        "no-referrer",
        "noindex",
        {},
    )


def test_the_page_asks_as_few_questions_for_a_long_story_as_for_a_short_one(client, django_assert_max_num_queries):
    moderator = a_moderator()
    sign_on = a_sign_on(state="queried", moderator=moderator)
    for number in range(3):
        sign_on.answer(answer=f"Answer {number}")
        sign_on.query(Actor.moderator(moderator), question=f"Question {number}")

    with django_assert_max_num_queries(12):
        page_of(client, sign_on)


def test_names_are_shown_apart_and_nothing_in_them_acts(client):
    sign_on = a_sign_on(state="pending")
    SignOn.objects.filter(pk=sign_on.pk).update(name_as_signed='<script>alert("x")</script>')

    page = page_of(client, sign_on).content.decode()

    assert "<script>alert" not in page
    assert "<bdi>&lt;script&gt;" in page
