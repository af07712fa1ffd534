"""The digest: a message a day about what waits, to whoever at the desk wants one."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.utils import timezone

from audit.models import record
from letter.models import Publication
from signatories import jobs, mail
from signatories.attention import attention, report
from signatories.models import Actor, Correction, Digest, Message, Notice, SignOn
from signatories.models.figures import Burst
from tests.factories import a_letter, a_moderator, a_sign_on, an_accepted
from tests.mailserver import text_of

pytestmark = pytest.mark.django_db

MORNING = datetime(2026, 4, 28, 7, 0, 5, tzinfo=UTC)


def a_reader(frequency="daily", email="amina@desk.example", **fields):
    user = a_moderator()
    User.objects.filter(pk=user.pk).update(email=email, **fields)
    user.refresh_from_db()
    Digest.objects.create(user=user, frequency=frequency)
    return user


def work(monkeypatch, at):
    """Run the job at the moment `at`."""
    monkeypatch.setattr(timezone, "now", lambda: at)
    jobs.make_digests(int(at.timestamp()))
    monkeypatch.undo()


def sent():
    return [(message.recipient, message.subject) for message in Message.objects.filter(kind="digest")]


def test_a_digest_tells_what_waits_and_how_long_what_is_unusual_and_what_went_wrong(mail_server):
    justice, peace = a_letter(slug="justice"), a_letter(slug="peace")
    waiting = [a_sign_on(justice, "pending", email=f"person{number}@one.example") for number in range(3)]
    waiting.append(a_sign_on(peace, "pending", email="other@two.example"))
    for one, days in zip(waiting, (0, 3, 9, 1), strict=True):
        SignOn.objects.filter(pk=one.pk).update(state_since=timezone.now() - timedelta(days=days))
    for number in range(11):
        a_sign_on(peace, "unconfirmed", email=f"robot{number}@burst.example")
    a_sign_on(justice, "queried", moderator=a_moderator())
    waiting[0].messages.first().failed("550", is_final=True)
    Publication.objects.filter(letter=peace).update(missing_glyphs=[{"name": "人权"}])
    user, moderator = a_reader(), Actor.moderator(a_moderator())
    Notice.send(waiting[3], moderator, address="office@two.example", found_at="contact page").object()
    Correction.propose(waiting[2], name="Al-Haq – Law for Man")
    newest = record(user, "read", waiting[0])

    message = Digest.objects.get().make(report())
    mail.deliver(message.pk)

    (received,) = mail_server.messages
    assert received["To"] == "amina@desk.example"
    assert received["Subject"] == "4 sign-ons wait for a decision"
    assert received["Auto-Submitted"] == "auto-generated"
    assert received["List-Unsubscribe"] == "<https://letters.example.org/moderation/digest/>"
    assert text_of(received).replace("\xa0", " ").splitlines() == [
        f"The desk on {timezone.now():%-d %B %Y}.",
        "",
        "Waiting for a decision:",
        "",
        "- justice: 3, the oldest for 1 week, 2 days, 2 for more than three days",
        "- peace: 1, the oldest for 1 day",
        "",
        "Unusual in the last 24 hours, many sign-ons within an hour from one e-mail domain or network:",
        "",
        "- burst.example: 11",
        "",
        "1 question to a representative has no answer yet.",
        "",
        "1 message to a representative could not be sent.",
        "",
        "1 organisation objects to a sign-on in its name.",
        "",
        "1 correction waits for somebody.",
        "",
        "The PDF of peace lacks characters: no font on the server has them.",
        "",
        "The queue:",
        "",
        "https://letters.example.org/moderation/",
        "",
        "The newest entry of the record, to be kept: with it, verify_audit --expect notices if the record is cut off.",
        "",
        f"{newest.number}:{newest.sha256}",
        "",
        "You chose to get this every day. To choose otherwise:",
        "",
        "https://letters.example.org/moderation/digest/",
    ]


def test_a_digest_names_no_representative_and_no_organisation(mail_server):
    private = {"representative_name": "Amina Diallo", "email": "amina@alhaq.example", "name": "Al-Haq"}
    one = a_sign_on(state="pending", **private)
    one.messages.first().failed("550 amina@alhaq.example", is_final=True)
    a_reader(email="desk@desk.example")

    mail.deliver(Digest.objects.get().make(report()).pk)

    whole = str(mail_server.messages[0]) + text_of(mail_server.messages[0])
    for secret in ("Amina", "amina@", "Al-Haq"):
        assert secret not in whole


def test_a_digest_is_made_once_a_day_however_often_the_job_runs(monkeypatch):
    a_sign_on(state="pending")
    a_reader()

    for at in (MORNING, MORNING, MORNING + timedelta(hours=3), MORNING + timedelta(days=1)):
        work(monkeypatch, at)

    assert sent() == [("amina@desk.example", "1 sign-on waits for a decision")] * 2
    assert Digest.objects.get().made_on == (MORNING + timedelta(days=1)).date()


def test_a_worker_that_slept_at_seven_makes_it_at_the_next_hour_but_never_before_seven(monkeypatch):
    a_sign_on(state="pending")
    a_reader()

    work(monkeypatch, MORNING - timedelta(minutes=1))
    early = sent()
    work(monkeypatch, MORNING + timedelta(hours=5))

    assert (early, len(sent())) == ([], 1)


def test_a_day_without_anything_to_tell_brings_no_message_not_even_later_that_day(monkeypatch):
    a_reader()
    an_accepted(a_letter(), "Al-Haq")

    work(monkeypatch, MORNING)
    a_sign_on(state="pending")
    work(monkeypatch, MORNING + timedelta(hours=2))
    same_day = sent()
    work(monkeypatch, MORNING + timedelta(days=1))

    assert (same_day, len(sent())) == ([], 1)


def test_only_who_chose_it_is_active_may_see_the_queue_and_has_an_address_gets_one(monkeypatch):
    a_sign_on(state="pending")
    a_reader(email="daily@desk.example")
    a_reader(frequency="never", email="never@desk.example")
    a_reader(email="left@desk.example", is_active=False)
    a_reader(email="")
    a_reader(email="demoted@desk.example").groups.clear()
    a_moderator()

    work(monkeypatch, MORNING)

    assert [address for address, _subject in sent()] == ["daily@desk.example"]


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_make_one_message():
    a_sign_on(state="pending")
    a_reader()
    told, barrier = report(), threading.Barrier(2)

    def make():
        digest = Digest.objects.get()
        barrier.wait()
        digest.make(told)
        connection.close()

    workers = [threading.Thread(target=make) for _number in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert len(sent()) == 1


def test_bursts_are_told_by_domain_and_those_of_one_network_but_many_domains_in_one_line():
    letter, now = a_letter(), timezone.now()
    for number in range(12):
        a_sign_on(letter, "unconfirmed", email=f"a{number}@burst.example")
        a_sign_on(letter, "unconfirmed", email=f"b{number}@gmail.com")
        a_sign_on(letter, "unconfirmed", email=f"c{number}@old.example", created_at=now - timedelta(days=2))
        a_sign_on(letter, "unconfirmed", email=f"d@network{number}.example", network_key="one network")
    for number in range(10):
        a_sign_on(letter, "unconfirmed", email=f"e{number}@ten.example")

    assert SignOn.objects.bursts(now - timedelta(days=1)) == [Burst("burst.example", 12), Burst("", 12)]


@pytest.mark.parametrize(
    ("group", "told"),
    [("reader", ["- in all: 22"]), ("moderator", ["- burst.example: 11", "- other.example: 11"])],
)
def test_who_may_not_see_representatives_is_told_how_many_came_in_bursts_and_not_from_where(client, group, told):
    for number in range(11):
        a_sign_on(a_letter(), "unconfirmed", email=f"a{number}@burst.example")
        a_sign_on(a_letter(), "unconfirmed", email=f"b{number}@other.example")
    user = a_moderator(group)
    User.objects.filter(pk=user.pk).update(email="amina@desk.example")
    client.force_login(user)

    shown = client.get("/moderation/digest/")
    digest = Digest.objects.create(user=User.objects.get(pk=user.pk), frequency="daily")
    made = digest.make(report())

    for text in (shown.context["text"], made.text):
        assert [line for line in text.splitlines() if line.startswith("- ")] == told
    assert ("burst.example" in shown.content.decode()) == (group == "moderator")


def test_attention_lists_the_first_failed_messages_and_counts_them_all(django_assert_num_queries):
    letter = a_letter()
    for _number in range(21):
        a_sign_on(letter, "unconfirmed").messages.get().failed("550", is_final=True)

    with django_assert_num_queries(10):
        found = attention()

    assert (len(found.failed), found.failed_count) == (20, 21)


# ── the choice ──


@pytest.fixture
def desk(client):
    client.user = a_moderator()
    client.user.email = "amina@desk.example"
    client.user.save()
    client.force_login(client.user)
    return client


def test_nobody_is_written_to_before_they_choose_it_and_the_choice_can_be_taken_back(desk):
    def chosen():
        return desk.get("/moderation/digest/").context["form"].initial["frequency"]

    before = (chosen(), Digest.objects.count())
    daily = desk.post("/moderation/digest/", {"frequency": "daily"})
    then = chosen()
    desk.post("/moderation/digest/", {"frequency": "never"})

    assert before == ("never", 0)
    assert (daily.status_code, daily["Location"]) == (302, "/moderation/digest/")
    assert (then, chosen()) == ("daily", "never")
    assert Digest.objects.get().user == desk.user


@pytest.mark.parametrize("choice", [{}, {"frequency": "hourly"}])
def test_another_choice_is_refused(desk, choice):
    response = desk.post("/moderation/digest/", choice)

    assert (response.status_code, Digest.objects.count()) == (422, 0)


def test_who_chooses_daily_after_seven_gets_the_first_tomorrow(monkeypatch):
    a_sign_on(state="pending")
    early, late = a_reader("never", "early@desk.example"), a_reader("never", "late@desk.example")

    Digest.objects.of(early).choose("daily", MORNING - timedelta(hours=1))
    Digest.objects.of(late).choose("daily", MORNING + timedelta(hours=1))
    # To choose once more what one has does not put it off.
    Digest.objects.of(early).choose("daily", MORNING + timedelta(hours=1))
    work(monkeypatch, MORNING + timedelta(hours=2))

    assert [address for address, _subject in sent()] == ["early@desk.example"]


def test_the_page_shows_what_would_be_sent_now(desk):
    empty = desk.get("/moderation/digest/").content.decode()
    a_sign_on(a_letter(slug="justice"), "pending")
    full = desk.get("/moderation/digest/").content.decode()

    assert "nothing would be sent" in empty
    assert "<bdi>1 sign-on waits for a decision</bdi>" in full
    assert "- justice: 1, the oldest for 0\xa0minutes" in full
    assert Message.objects.filter(kind="digest").count() == 0


def test_the_page_says_what_became_of_the_last_one(desk):
    a_sign_on(state="pending")
    Digest.objects.create(user=desk.user, frequency="daily").make(report())
    Message.objects.get(kind="digest").failed("550 no such user", is_final=True)

    assert '<span class="state failed">failed</span>' in desk.get("/moderation/digest/").content.decode()


def test_an_account_without_an_address_is_told_so(client):
    client.force_login(a_moderator())

    assert "Your account has no e-mail address" in client.get("/moderation/digest/").content.decode()


def test_who_may_not_see_the_queue_has_no_digest(client):
    client.force_login(User.objects.create_user("stranger"))

    responses = [client.get("/moderation/digest/"), client.post("/moderation/digest/", {"frequency": "daily"})]
    assert [response.status_code for response in responses] == [403, 403]
    assert Digest.objects.count() == 0


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_asks_the_same_number_of_queries_for_one_row_and_for_three(desk, count, django_assert_num_queries):
    for _number in range(count):
        a_sign_on(a_letter(), "pending").messages.first().failed("550", is_final=True)

    with django_assert_num_queries(20):
        desk.get("/moderation/digest/")


def test_a_reader_sees_that_a_message_failed_but_not_what_it_said(client):
    a_sign_on(state="pending", name="Al-Haq").messages.first().failed("550", is_final=True)
    moderator = a_moderator()
    client.force_login(moderator)
    everything = client.get("/moderation/").content.decode()
    group = moderator.groups.get()
    group.permissions.remove(group.permissions.get(codename="view_representative"))

    page = client.get("/moderation/").content.decode()

    assert "Please confirm: Al-Haq" in everything
    assert "Messages that could not be sent" in page
    assert "Please confirm" not in page
