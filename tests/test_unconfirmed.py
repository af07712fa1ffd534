"""Who does not confirm is reminded twice, and after two weeks the sign-on expires and who filled it in is erased."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from letter.models import Letter
from signatories import attention, jobs, links, mail
from signatories.bounces import Bounce, Kind
from signatories.models import CLOCK, Message, SignOn
from signatories.states import NotAllowed
from tests.factories import a_letter, a_moderator, a_sign_on, posted
from tests.mailserver import link_in, text_of

pytestmark = pytest.mark.django_db

HARD = Bounce(Kind.HARD, "5.1.1", "User unknown", is_final=True)


def an_old(sign_on, **ago):
    """`sign_on` as if all of it had happened so long ago, its messages sent."""
    at = timezone.now() - timedelta(**ago)
    SignOn.objects.filter(pk=sign_on.pk).update(created_at=at, state_since=at)
    Message.objects.filter(sign_on=sign_on).update(state="sent", attempts=1, created_at=at, sent_at=at)
    sign_on.refresh_from_db()
    return sign_on


def kinds(sign_on):
    return [one.kind for one in sign_on.messages.all()]


def pass_time(**by):
    """Everything lies further back by so much."""
    for model, fields in ((SignOn, ["created_at", "state_since"]), (Message, ["created_at", "sent_at", "send_after"])):
        for one in model.objects.all():
            model.objects.filter(pk=one.pk).update(
                **{field: getattr(one, field) and getattr(one, field) - timedelta(**by) for field in fields}
            )


# ── reminders ──


@pytest.mark.parametrize(
    ("ago", "expected"),
    [
        ({"days": 1, "hours": 23}, []),
        ({"days": 2}, ["confirm_reminder"]),
        ({"days": 5}, ["confirm_reminder"]),
        ({"days": 13, "hours": 23}, ["confirm_reminder"]),
    ],
)
def test_whoever_has_not_confirmed_is_reminded_after_two_days_and_what_was_slept_through_is_told_once(ago, expected):
    sign_on = an_old(a_sign_on(state="unconfirmed"), **ago)

    jobs.see_to_unconfirmed()
    jobs.see_to_unconfirmed()

    assert kinds(sign_on) == ["confirm", *expected]


def test_there_are_two_reminders_after_two_and_after_five_days_and_no_third():
    sign_on = an_old(a_sign_on(state="unconfirmed"), hours=1)
    sent = []

    for day in range(1, 14):
        pass_time(days=1)
        jobs.see_to_unconfirmed()
        Message.objects.queued().update(state="sent", attempts=1, sent_at=timezone.now())
        sent.append((day, kinds(sign_on).count("confirm_reminder")))

    assert sent == [(1, 0), (2, 1), (3, 1), (4, 1), *((day, 2) for day in range(5, 14))]


def test_a_reminder_speaks_the_representatives_language_and_its_link_confirms(client, mail_server):
    letter = a_letter()
    sign_on = an_old(a_sign_on(letter, "unconfirmed", "Al-Haq", language="fr", email="amina@alhaq.example"), days=2)

    mail.deliver(sign_on.remind().pk)

    (message,) = mail_server.messages
    assert (message["To"], sign_on.messages.last().language) == ("amina@alhaq.example", "fr")
    address = link_in(message, "confirm")
    assert address.startswith("/fr/confirm/")
    assert client.post(address).status_code == 302
    sign_on.refresh_from_db()
    assert sign_on.state == "pending"


def test_a_reminder_says_when_the_sign_on_expires_and_how_to_say_that_it_was_not_me(mail_server):
    sign_on = an_old(a_sign_on(state="unconfirmed", name="Al-Haq"), days=2)

    mail.deliver(sign_on.remind().pk)

    (message,) = mail_server.messages
    with translation.override("en-gb"):
        from django.utils.formats import date_format

        date = date_format(sign_on.confirm_by, "DATETIME_FORMAT")
    assert message["Subject"] == "Not confirmed yet: Al-Haq signs the joint letter"
    text = " ".join(text_of(message).split())
    assert f"On {date} UTC the sign-on expires: it is then void, and we erase your name and e-mail address." in text
    assert "If it was not you, open the same link and press “It was not me”" in text
    assert "Signing closes" not in text


def test_where_signing_closes_before_the_sign_on_expires_the_reminder_says_so(mail_server):
    letter = a_letter(closes_at=timezone.now() + timedelta(days=3))
    sign_on = an_old(a_sign_on(letter, "unconfirmed"), days=2)

    mail.deliver(sign_on.remind().pk)

    assert "please confirm before then" in " ".join(text_of(mail_server.messages[0]).split())


@pytest.mark.parametrize(
    "why", ["bounced", "complained", "bounced elsewhere", "held", "discarded", "queued", "sent again", "closed"]
)
def test_nobody_is_reminded_who_cannot_or_should_not_be(why):
    letter = a_letter()
    sign_on = an_old(a_sign_on(letter, "unconfirmed", email="amina@alhaq.example"), days=2)
    message = sign_on.messages.get()
    if why == "bounced":
        message.bounced(HARD)
    elif why == "complained":
        message.bounced(Bounce(Kind.COMPLAINT))
    elif why == "bounced elsewhere":
        a_sign_on(a_letter(), "unconfirmed", email="Amina@AlHaq.example").messages.get().bounced(HARD)
    elif why in ("held", "discarded", "queued"):
        state = {"discarded": "dropped"}.get(why, why)
        Message.objects.filter(pk=message.pk).update(state=state, attempts=0, sent_at=None)
    elif why == "sent again":
        mail.queue(sign_on, "confirm").sent()
    else:
        Letter.objects.filter(pk=letter.pk).update(closes_at=timezone.now())
    before = kinds(sign_on)

    jobs.see_to_unconfirmed()

    assert kinds(sign_on) == before


def test_a_soft_bounce_does_not_stop_a_reminder():
    sign_on = an_old(a_sign_on(state="unconfirmed"), days=2)
    sign_on.messages.get().bounced(Bounce(Kind.SOFT, "4.2.2"))

    jobs.see_to_unconfirmed()

    assert kinds(sign_on) == ["confirm", "confirm_reminder"]


@pytest.mark.parametrize("state", ["pending", "queried", "accepted", "declined", "withdrawn"])
def test_nobody_is_reminded_of_what_is_confirmed_or_over(state):
    sign_on = an_old(a_sign_on(state=state), days=3)
    before = kinds(sign_on)

    jobs.see_to_unconfirmed()

    assert (kinds(sign_on), SignOn.objects.get().state) == (before, state)


def at_once(work):
    """Run `work` in four threads, each on a connection of its own."""
    barrier, came = threading.Barrier(4), []

    def run():
        barrier.wait()
        came.append(work())
        connection.close()

    threads = [threading.Thread(target=run) for _worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return came


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_remind_once_and_let_expire_once():
    letter = a_letter()
    due, late = (a_sign_on(letter, "unconfirmed") for _each in range(2))
    an_old(due, days=2)
    an_old(late, days=14)

    came = at_once(jobs.see_to_unconfirmed)

    assert len(came) == 4
    assert kinds(due) == ["confirm", "confirm_reminder"]
    assert [one.verb for one in late.transitions.all()] == ["sign", "expire", "erase"]


# ── expiry ──


def test_what_nobody_confirms_in_fourteen_days_expires_and_who_filled_it_in_is_erased():
    private = {"representative_name": "Amina Diallo", "email": "amina@alhaq.example", "network_key": "abc"}
    sign_on = an_old(a_sign_on(state="unconfirmed", name="Al-Haq", **private), days=14)
    young = an_old(a_sign_on(state="unconfirmed"), days=13, hours=23)

    jobs.see_to_unconfirmed()

    sign_on.refresh_from_db()
    young.refresh_from_db()
    assert (sign_on.state, sign_on.is_live, young.state) == ("expired", False, "unconfirmed")
    assert [(one.verb, one.who) for one in sign_on.transitions.all()][1:] == [("expire", "clock"), ("erase", "clock")]
    assert (sign_on.name_as_signed, kinds(sign_on)) == ("Al-Haq", ["confirm"])
    with connection.cursor() as cursor:
        tables = [name for name in connection.introspection.table_names() if name.startswith("signatories")]
        kept = []
        for table in tables:
            cursor.execute(f'SELECT "{table}"::text FROM "{table}"')
            kept += [row[0] for row in cursor.fetchall()]
    assert [row for row in kept if "Amina Diallo" in row and str(young.email) not in row] == []
    assert [row for row in kept if "amina@alhaq.example" in row] == []


def test_a_message_that_has_not_left_by_then_never_leaves(mail_server):
    sign_on = an_old(a_sign_on(state="unconfirmed"), days=14)
    Message.objects.update(state="queued", sent_at=None)

    jobs.see_to_unconfirmed()
    mail.deliver(sign_on.messages.get().pk)

    message = sign_on.messages.get()
    assert (mail_server.messages, message.state, message.recipient, message.text) == ([], "dropped", "", "")


def test_who_confirms_in_the_last_moment_stays(client):
    sign_on = an_old(a_sign_on(state="unconfirmed"), days=13, hours=23, minutes=59)
    seen = list(SignOn.objects.to_expire(timezone.now() + timedelta(hours=1)))
    client.post(f"/confirm/{links.token('confirm', sign_on.pk)}/")

    with pytest.raises(NotAllowed):
        seen[0].expire()

    sign_on.refresh_from_db()
    assert (sign_on.state, sign_on.email != "") == ("pending", True)


@pytest.mark.parametrize("has_noticed", [True, False])
def test_the_link_of_an_expired_sign_on_says_what_happened_and_offers_to_sign_again(client, has_noticed):
    letter = a_letter(slug="justice")
    sign_on = an_old(a_sign_on(letter, "unconfirmed", representative_name="Amina Diallo"), days=14)
    token = links.token("confirm", sign_on.pk)
    if has_noticed:
        jobs.see_to_unconfirmed()

    answers = [client.get(f"/confirm/{token}/"), client.post(f"/confirm/{token}/")]
    answers.append(client.post(f"/confirm/{token}/", {"send": ""}))
    french = client.get(f"/fr/confirm/{token}/")

    assert {one.status_code for one in answers} == {410}
    page = answers[0].content.decode()
    assert "It was not confirmed within 14 days" in page
    assert 'href="/justice/sign/"' in page
    assert "Amina" not in page
    assert 'href="/fr/justice/sign/"' in french.content.decode()
    sign_on.refresh_from_db()
    assert sign_on.state == ("expired" if has_noticed else "unconfirmed")
    assert kinds(sign_on) == ["confirm"]


def test_once_the_letter_has_closed_the_page_offers_no_form(client):
    letter = a_letter(slug="justice", closes_at=timezone.now() + timedelta(days=1))
    sign_on = an_old(a_sign_on(letter, "unconfirmed"), days=14)
    Letter.objects.filter(pk=letter.pk).update(closes_at=timezone.now())
    jobs.see_to_unconfirmed()

    page = client.get(f"/confirm/{links.token('confirm', sign_on.pk)}/").content.decode()

    assert "Signing closed on" in page
    assert "/justice/sign/" not in page


@pytest.mark.parametrize("has_noticed", [True, False])
def test_the_same_person_can_sign_again_for_the_same_organisation(client, has_noticed):
    letter = a_letter(slug="justice")
    first = an_old(a_sign_on(letter, "unconfirmed", "Al-Haq", email="amina@alhaq.example"), days=14)
    if has_noticed:
        jobs.see_to_unconfirmed()

    client.post("/justice/sign/", posted(letter, name_as_signed="Al-Haq", email="amina@alhaq.example"))

    first.refresh_from_db()
    second = SignOn.objects.exclude(pk=first.pk).get()
    assert (first.state, second.state, kinds(second)) == ("expired", "unconfirmed", ["confirm"])


def test_an_expired_sign_on_is_found_at_the_desk_and_nothing_can_be_done_with_it(client):
    sign_on = a_sign_on(state="expired", name="Al-Haq")
    client.force_login(a_moderator())

    queue = client.get("/moderation/?state=expired")
    page = client.get(f"/moderation/sign-ons/{sign_on.pk}/")

    assert [row.pk for row, *_rest in queue.context["rows"]] == [sign_on.pk]
    assert (page.status_code, page.context["forms"]) == (200, {})
    assert "Expired" in page.content.decode()


def test_until_then_the_page_of_a_letter_that_has_closed_still_confirms_and_says_so(client):
    letter = a_letter(closes_at=timezone.now() + timedelta(days=1))
    sign_on = a_sign_on(letter, "unconfirmed")
    Letter.objects.filter(pk=letter.pk).update(closes_at=timezone.now())
    address = f"/confirm/{links.token('confirm', sign_on.pk)}/"

    page = client.get(address)
    client.post(address)

    assert "You had filled in the form in time, so you can still confirm" in page.content.decode()
    sign_on.refresh_from_db()
    assert sign_on.state == "pending"


# ── “it was not me” ──


def test_whoever_holds_the_mailbox_can_say_that_it_was_not_them_and_is_erased_at_once(client, mail_server):
    sign_on = a_sign_on(state="unconfirmed", name="Al-Haq", email="amina@alhaq.example")
    mail.deliver(sign_on.messages.get().pk)
    address = link_in(mail_server.messages[0], "confirm")

    said = client.post(address, {"not_me": ""})
    again = client.post(address, {"not_me": ""})
    confirmed = client.post(address)

    sign_on.refresh_from_db()
    assert [said.status_code, again.status_code, confirmed.status_code] == [200, 410, 410]
    assert "Nothing was signed" in said.content.decode()
    assert (sign_on.state, sign_on.email, sign_on.representative_name) == ("withdrawn", "", "")
    assert kinds(sign_on) == ["confirm"]
    history = [(one.verb, one.who, one.reason_label) for one in sign_on.transitions.all()]
    assert history[1:] == [
        ("withdraw", "representative", "“It was not me”"),
        ("erase", "representative", ""),
    ]


def test_what_was_confirmed_cannot_be_disowned_by_the_first_link(client):
    sign_on = a_sign_on(state="pending")

    answer = client.post(f"/confirm/{links.token('confirm', sign_on.pk)}/", {"not_me": ""})

    sign_on.refresh_from_db()
    assert (answer.status_code, sign_on.state) == (410, "pending")
    with pytest.raises(NotAllowed):
        sign_on.disown()


def test_opening_the_link_as_a_scanner_does_neither_confirms_nor_disowns(client):
    sign_on = a_sign_on(state="unconfirmed")
    address = f"/confirm/{links.token('confirm', sign_on.pk)}/"

    for _scanner in range(10):
        client.get(address, {"not_me": ""})

    sign_on.refresh_from_db()
    assert (sign_on.state, sign_on.transitions.count()) == ("unconfirmed", 1)


# ── the desk ──


@pytest.fixture
def desk(client):
    client.force_login(a_moderator())
    return client


def test_the_tab_of_the_unconfirmed_shows_age_reminders_and_bounces(desk):
    letter = a_letter()
    plain, reminded, bounced, soft = (
        an_old(a_sign_on(letter, "unconfirmed", name), days=6) for name in ("Plain", "Reminded", "Bounced", "Full")
    )
    bounced.messages.get().bounced(HARD)
    soft.messages.get().bounced(Bounce(Kind.SOFT, "4.2.2"))
    mail.queue(reminded, "confirm_reminder").sent()
    mail.queue(reminded, "confirm_reminder").sent()

    page = desk.get("/moderation/?state=unconfirmed").content.decode()

    rows = {row.split("</bdi>")[0].rpartition(">")[2]: " ".join(row.split()) for row in page.split("<li>")[1:]}
    assert plain.name_as_signed in rows
    marks = {
        name: [
            words
            for words in ("reminded 2 times", "the mailbox cannot be reached", "the mailbox does not answer yet")
            if words in rows[name]
        ]
        for name in ("Plain", "Reminded", "Bounced", "Full")
    }
    assert marks == {
        "Plain": [],
        "Reminded": ["reminded 2 times"],
        "Bounced": ["the mailbox cannot be reached"],
        "Full": ["the mailbox does not answer yet"],
    }
    assert all("expires in 1 week" in rows[name].replace("\xa0", " ") for name in marks)


@pytest.mark.parametrize("state", ["unconfirmed", "pending", "accepted"])
def test_a_hard_bounce_shows_on_the_sign_ons_page_with_what_to_do(desk, state):
    sign_on = a_sign_on(state=state)
    sign_on.messages.first().bounced(HARD)

    page = " ".join(desk.get(f"/moderation/sign-ons/{sign_on.pk}/").content.decode().split())

    assert "mailbox cannot be reached" in page
    assert "write to an address that the organisation publishes" in page
    assert "5.1.1" in page


def test_what_came_back_is_read_by_those_who_may_see_representatives_only(desk, client):
    sign_on = a_sign_on(state="pending")
    sign_on.messages.first().bounced(HARD)
    reader = a_moderator("reader")
    client.force_login(reader)
    assert not reader.has_perm("signatories.view_representative")

    page = client.get(f"/moderation/sign-ons/{sign_on.pk}/").content.decode()

    assert "mailbox cannot be reached" in page
    assert "User unknown" not in page


def test_a_representative_who_cannot_be_reached_wants_somebody_and_the_digest_counts_them():
    reached, lost, over, moved, old = (a_sign_on(state="pending", name=f"Org {n}") for n in range(5))
    for one in (lost, over, moved, old):
        one.messages.first().bounced(HARD)
    over.withdraw()
    SignOn.objects.filter(pk=moved.pk).update(email="new@example.org")
    Message.objects.filter(sign_on=old).update(bounced_at=timezone.now() - timedelta(days=31))

    found = attention.attention()
    told = mail.render("digest", attention.report().context(a_moderator()))[1]

    assert ([one.pk for one in found.unreachable], found.unreachable_count) == ([lost.pk], 1)
    assert lost.pk not in [one.sign_on_id for one in found.failed]
    assert reached.pk not in [one.sign_on_id for one in found.failed]
    assert "1 representative cannot be reached" in told


def test_the_tab_asks_the_same_number_of_queries_for_one_row_and_for_three(desk):
    letter, asked = a_letter(), []
    for _number in range(3):
        an_old(a_sign_on(letter, "unconfirmed"), days=6).messages.get().bounced(HARD)
        desk.get("/moderation/?state=unconfirmed")
        with CaptureQueriesContext(connection) as queries:
            desk.get("/moderation/?state=unconfirmed")
        asked.append(len(queries))

    assert asked == [asked[0]] * 3


def test_the_clock_needs_no_permission_and_has_no_account():
    sign_on = a_sign_on(state="unconfirmed")

    sign_on._move("expire", CLOCK)

    last = sign_on.transitions.last()
    assert (last.user, last.by) == (None, "clock")
