"""Messages leave once, in order, and tell what became of them."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from signatories import jobs, mail
from signatories.models import Message
from signatories.models.message import WAITS
from tests.factories import a_sign_on
from tests.mailserver import link_in, text_of

pytestmark = pytest.mark.django_db


def test_a_message_has_a_text_and_an_html_part_with_the_same_working_link(client, mail_server):
    sign_on = a_sign_on(state="unconfirmed", name="Action & Droit", email="amina@example.org")

    mail.deliver(sign_on.messages.get().pk)

    (message,) = mail_server.messages
    html = message.get_body(("html",)).get_content()
    assert message["To"] == "amina@example.org"
    assert message["Subject"] == "Please confirm: Action & Droit signs the joint letter"
    assert "Action & Droit" in text_of(message)
    assert "Action &amp; Droit" in html
    assert message["Auto-Submitted"] == "auto-generated"
    link = link_in(message, "confirm")
    assert f'href="https://letters.example.org{link}"' in html
    assert client.get(link).status_code == 200


def test_no_token_is_stored(mail_server):
    sign_on = a_sign_on(state="pending")

    for message in sign_on.messages.all():
        mail.deliver(message.pk)

    tokens = [
        link_in(message, purpose).split("/")[2]
        for message, purpose in zip(mail_server.messages, ("confirm", "status"), strict=True)
    ]
    with connection.cursor() as cursor:
        cursor.execute("SELECT text || html FROM signatories_message")
        stored = "".join(row[0] for row in cursor.fetchall())
    assert all(token not in stored for token in tokens)
    assert "\x02confirm\x03" in stored


def test_a_message_that_was_sent_is_not_sent_again(mail_server):
    message = a_sign_on(state="unconfirmed").messages.get()

    mail.deliver(message.pk)
    mail.deliver(message.pk)

    message.refresh_from_db()
    assert len(mail_server.messages) == 1
    assert (message.state, message.attempts) == ("sent", 1)


def test_a_mail_server_that_is_away_is_tried_again_later(settings, mail_server):
    message = a_sign_on(state="unconfirmed").messages.get()
    settings.EMAIL_PORT = 1

    mail.deliver(message.pk)

    message.refresh_from_db()
    assert (message.state, message.attempts) == ("queued", 1)
    assert "refused" in message.last_error.lower()
    assert message.send_after > timezone.now() + WAITS[0] - timedelta(seconds=5)
    settings.EMAIL_PORT = mail_server.port
    mail.deliver(message.pk)
    assert len(mail_server.messages) == 1


def test_after_the_last_attempt_a_moderator_is_asked(settings):
    message = a_sign_on(state="unconfirmed").messages.get()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1

    for _attempt in range(len(WAITS) + 1):
        mail.deliver(message.pk)

    message.refresh_from_db()
    assert (message.state, message.attempts) == ("failed", len(WAITS) + 1)


@pytest.mark.parametrize(
    ("refusal", "state"), [("550 5.1.1 no such user", "failed"), ("451 4.7.1 greylisted, try later", "queued")]
)
def test_a_final_refusal_is_not_tried_again_and_a_passing_one_is(mail_server, refusal, state):
    mail_server.refusal = refusal
    message = a_sign_on(state="unconfirmed").messages.get()

    mail.deliver(message.pk)

    message.refresh_from_db()
    assert message.state == state
    assert refusal.split()[1] in message.last_error


def test_a_failed_message_is_sent_again_on_request_and_only_a_failed_one(mail_server):
    message = a_sign_on(state="unconfirmed").messages.get()
    message.failed("550", is_final=True)

    assert (message.send_again(), message.send_again()) == (True, False)
    mail.deliver(message.pk)

    assert len(mail_server.messages) == 1
    assert Message.objects.get(pk=message.pk).send_again() is False


def test_every_attempt_bears_the_same_message_id(mail_server):
    message = a_sign_on(state="unconfirmed").messages.get()

    first, second = mail.envelope(message).message()["Message-ID"], mail.envelope(message).message()["Message-ID"]

    assert first == second


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_one_message_send_it_once(mail_server):
    message = a_sign_on(state="unconfirmed").messages.get()
    barrier = threading.Barrier(4)

    def work():
        barrier.wait()
        mail.deliver(message.pk)
        connection.close()

    workers = [threading.Thread(target=work) for _worker in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert len(mail_server.messages) == 1


def test_a_message_that_lost_its_job_gets_another_from_the_sweep():
    from procrastinate.contrib.django.models import ProcrastinateJob

    message = a_sign_on(state="unconfirmed").messages.get()
    Message.objects.update(send_after=timezone.now() - timedelta(minutes=5))
    before = ProcrastinateJob.objects.filter(task_name="deliver_message").count()

    jobs.sweep()
    jobs.sweep()

    assert ProcrastinateJob.objects.filter(task_name="deliver_message").count() == before + 1
    newest = ProcrastinateJob.objects.filter(task_name="deliver_message").latest("pk")
    assert newest.args == {"message_id": message.pk}


def test_a_sign_on_without_an_address_gets_no_message():
    from signatories.models import OPERATOR, SignOn
    from tests.factories import a_letter

    sign_on = SignOn.register(a_letter().text(), OPERATOR, note="by post", source="post", name_as_signed="MADRE")
    sign_on.accept(OPERATOR, listed_name="MADRE")

    assert sign_on.messages.count() == 0


def test_nobody_writes_an_advertisement_or_a_link_into_the_greeting(client):
    from tests.factories import a_letter, posted

    letter = a_letter()

    for name in (
        "Win at http://evil.example/win",
        "https://link.invalid/evil",
        "a@b.example",
        "A\u202eB",
        "\x02status\x03",
    ):
        response = client.post(f"/{letter.slug}/sign/", posted(letter, representative_name=name))
        assert set(response.context["form"].errors) == {"representative_name"}
    assert Message.objects.count() == 0


def test_an_error_that_nobody_thought_of_stands_on_the_row(monkeypatch, mail_server):
    message = a_sign_on(state="unconfirmed").messages.get()
    monkeypatch.setattr(mail, "envelope", lambda message, made: 1 / 0)

    mail.deliver(message.pk)

    message.refresh_from_db()
    assert (message.state, message.attempts, message.last_error) == ("queued", 1, "ZeroDivisionError: division by zero")
