"""Lost links: asked for by anybody, answered by e-mail only."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from signatories import jobs, links, mail
from signatories.models import Link, LostLink, Message, Transfer
from signatories.models.limit import LimitRule, Why
from tests.factories import a_letter, a_sign_on
from tests.mailserver import text_of

pytestmark = pytest.mark.django_db

ADDRESS = "amina@example.org"


def work(mail_server):
    """Do what the worker does, and return the message that came, if any."""
    before = len(mail_server.messages)
    for asked in LostLink.objects.all():
        jobs.find_links(asked.pk)
    for message in Message.objects.queued().filter(kind="lost_link"):
        mail.deliver(message.pk)
    return mail_server.messages[before:]


def test_one_message_lists_all_sign_ons_of_the_address_each_with_its_own_link(client, mail_server):
    one, other = a_letter(), a_letter()
    one.revise("en", title="Another letter", salutation="Dear all,", body="We ask.", closing="")
    a_sign_on(one, "accepted", "Al-Haq", email=ADDRESS)
    a_sign_on(other, "pending", "MADRE", email=ADDRESS.upper())
    a_sign_on(other, "unconfirmed", "Odhikar", email=ADDRESS)
    a_sign_on(other, "accepted", "Somebody else", email="basma@example.org")

    client.post("/links/", {"email": "Amina@Example.org"})
    (message,) = work(mail_server)

    text = text_of(message)
    assert message["To"].lower() == ADDRESS
    assert [name in text for name in ("Al-Haq", "MADRE", "Odhikar", "Somebody else")] == [True, True, True, False]
    assert all(word in text for word in ("Another letter", "A joint letter", "accepted", "not confirmed yet"))
    found = [line.removeprefix("https://letters.example.org") for line in text.splitlines() if "https://" in line]
    assert [link.split("/")[1] for link in found] == ["confirm", "status", "status"]
    pages = [client.get(link).content.decode() for link in found]
    shown = [[name in page for name in ("Odhikar", "MADRE", "Al-Haq")] for page in pages]
    assert shown == [[True, False, False], [False, True, False], [False, False, True]]


def test_the_page_says_and_asks_the_same_whether_or_not_the_address_is_known(client):
    a_sign_on(state="accepted", email=ADDRESS)
    client.get("/links/")
    answers = []
    for address in (ADDRESS, "nobody@example.org"):
        with CaptureQueriesContext(connection) as queries:
            answer = client.post("/links/", {"email": address})
        page = client.get(answer["Location"])
        answers.append((answer.status_code, answer["Location"], page.content, [one["sql"][:40] for one in queries]))

    assert answers[0] == answers[1]
    assert answers[0][:2] == (302, "/links/sent/")


def test_to_an_unknown_address_nothing_is_sent_and_nothing_is_kept(client, mail_server):
    client.post("/links/", {"email": "nobody@example.org"})

    assert work(mail_server) == []
    assert (LostLink.objects.count(), Message.objects.count()) == (0, 0)


def test_the_job_never_holds_the_address_and_the_request_only_until_it_is_served(client, mail_server):
    a_sign_on(state="accepted", email=ADDRESS)

    client.post("/links/", {"email": ADDRESS})

    (job,) = ProcrastinateJob.objects.filter(task_name="find_links")
    assert job.args == {"request_id": LostLink.objects.get().pk}
    work(mail_server)
    assert LostLink.objects.count() == 0


def test_serving_twice_sends_once(client):
    a_sign_on(state="accepted", email=ADDRESS)
    client.post("/links/", {"email": ADDRESS})
    asked = LostLink.objects.get().pk

    jobs.find_links(asked)
    jobs.find_links(asked)

    assert Message.objects.filter(kind="lost_link").count() == 1


def test_a_request_that_lost_its_job_gets_one_other(client):
    client.post("/links/", {"email": ADDRESS})
    LostLink.objects.update(asked_at=timezone.now() - timedelta(minutes=5))

    jobs.sweep()
    jobs.sweep()

    assert ProcrastinateJob.objects.filter(task_name="find_links").count() == 2


@pytest.mark.parametrize("prefix", ["", "/fr", "/es", "/ar"])
def test_the_message_speaks_the_language_of_the_page_and_its_links_lead_there(client, mail_server, prefix):
    a_sign_on(state="accepted", email=ADDRESS, language="en")

    answer = client.post(f"{prefix}/links/", {"email": ADDRESS})
    (message,) = work(mail_server)

    assert answer["Location"] == f"{prefix}/links/sent/"
    assert f"https://letters.example.org{prefix}/status/" in text_of(message)
    assert Message.objects.get(kind="lost_link").language == (prefix.strip("/") or "en-gb")


def test_beyond_the_limit_of_a_mailbox_the_answer_is_the_same_and_nothing_is_sent(client):
    LimitRule.objects.filter(scope=Why.MAILBOX).update(limit=2)
    a_sign_on(state="accepted", email=ADDRESS)

    answers = [client.post("/links/", {"email": ADDRESS}) for _time in range(3)]

    assert {(answer.status_code, answer["Location"]) for answer in answers} == {(302, "/links/sent/")}
    assert LostLink.objects.count() == 2


def test_one_network_cannot_ask_for_all_the_world(client, settings):
    settings.LIMIT_LOST_LINKS = 2
    answers = [client.post("/links/", {"email": f"a{number}@example.org"}) for number in range(3)]

    assert [answer.status_code for answer in answers] == [302, 302, 422]
    assert "a2@example.org" in answers[2].content.decode()
    assert "in an hour" in answers[2].content.decode()


@pytest.mark.parametrize("address", ["", "amina", "a@b", "a@b.example\r\nBcc: x@y.org", "\x00@b.example", "x" * 999])
def test_what_is_no_address_is_said_beside_the_field(client, address):
    page = client.post("/links/", {"email": address})

    assert page.status_code == 422
    assert list(page.context["form"].errors) == ["email"]
    assert LostLink.objects.count() == 0


def test_an_address_that_only_looks_alike_gets_nothing(client, mail_server):
    a_sign_on(state="accepted", email="mike@example.org")

    client.post("/links/", {"email": "m\u0131ke@example.org"})

    assert work(mail_server) == []


def test_a_sign_on_whose_first_message_is_held_is_not_told_of(client, mail_server):
    sign_on = a_sign_on(state="unconfirmed", email=ADDRESS)
    sign_on.messages.update(state="held")

    client.post("/links/", {"email": ADDRESS})

    assert work(mail_server) == []


def test_a_mailbox_that_a_sign_on_left_gets_no_link_to_it(client, mail_server):
    sign_on = a_sign_on(state="accepted", email=ADDRESS)
    client.post("/links/", {"email": ADDRESS})
    jobs.find_links(LostLink.objects.get().pk)
    transfer = Transfer.offer(sign_on, "contact", email="new@example.org")
    transfer.agree()
    transfer.take(links.token("contact", transfer.pk))
    Link.objects.all().delete()

    (message,) = work(mail_server)

    assert (message["To"], "/status/" in text_of(message), Link.objects.count()) == (ADDRESS, False, 0)
    assert "https://letters.example.org/links/" in text_of(message)


def test_a_dead_link_offers_the_form(client):
    sign_on = a_sign_on(state="accepted")
    revoked = links.token("status", sign_on.pk)
    links.revoke(sign_on.pk)
    used, expired = links.token("confirm", sign_on.pk), links.token("status", sign_on.pk)
    Link.objects.filter(pk=links.read("status", expired).pk).update(expires_at="2020-01-01T00:00Z")

    for address in (f"/status/{revoked}/", f"/confirm/{used}/", f"/status/{expired}/", "/status/x/"):
        assert 'href="/links/"' in client.get(address).content.decode()
    assert 'href="/links/"' in client.get(f"/{sign_on.letter.slug}/sign/").content.decode()
