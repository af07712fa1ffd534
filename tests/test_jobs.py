"""State, record, message and job are one transaction; the worker does the rest."""

import os
import subprocess
import sys
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.db import connection, transaction
from django.db.models import Max
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from letter.models import Letter
from signatories import jobs
from signatories.models import Actor, Message, SignOn, Transition
from tests.factories import a_letter, a_moderator, a_sign_on, received
from tests.running import until

pytestmark = pytest.mark.django_db


def caused_since(job_id):
    """Jobs of decisions and messages later than `job_id`: those of earlier tests stay, Django flushes none."""
    return ProcrastinateJob.objects.filter(pk__gt=job_id, task_name__in=["publish", "deliver_message"])


def work_off(mail_server, caused):
    """Run a real worker process until none of the jobs `caused` waits."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    environment = os.environ | {
        "DATABASE_URL": urlunsplit(parts._replace(path="/" + connection.settings_dict["NAME"])),
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": str(mail_server.port),
    }
    worker = subprocess.Popen([sys.executable, "manage.py", "worker"], env=environment)
    try:
        until(lambda: not caused.filter(status__in=["todo", "doing"]).exists(), seconds=60)
    finally:
        worker.terminate()
        worker.wait(30)


def counts():
    return [model.objects.count() for model in (SignOn, Transition, Message, ProcrastinateJob)]


def test_a_sign_on_that_is_rolled_back_leaves_no_record_no_message_and_no_job():
    letter = a_letter()
    before = counts()

    with transaction.atomic():
        SignOn.sign(letter.text(), **received())
        meanwhile = counts()
        transaction.set_rollback(True)

    assert counts() == before
    assert [now - then for now, then in zip(meanwhile, before, strict=True)] == [1, 1, 1, 1]


def test_a_decision_that_is_rolled_back_leaves_the_list_as_fresh_as_it_was():
    sign_on = a_sign_on(state="pending")
    jobs.publish_letter(sign_on.letter)
    before = counts()

    with transaction.atomic():
        sign_on.accept(Actor.moderator(a_moderator()), listed_name="Al-Haq")
        transaction.set_rollback(True)

    assert counts() == before
    assert not Letter.objects.stale().exists()


def test_each_decision_brings_its_job_in_the_same_transaction():
    sign_on = a_sign_on(state="pending")
    before = ProcrastinateJob.objects.filter(task_name="publish").count()

    sign_on.accept(Actor.moderator(a_moderator()), listed_name="Al-Haq")

    assert ProcrastinateJob.objects.filter(task_name="publish").count() == before + 1
    assert list(Letter.objects.stale()) == [sign_on.letter]


@pytest.mark.django_db(transaction=True)
def test_a_real_worker_publishes_forty_decisions_in_few_editions_and_sends_their_mail(mail_server, settings):
    settings.DECISION_DELAY *= 0
    newest = ProcrastinateJob.objects.aggregate(Max("pk"))["pk__max"] or 0
    letter, moderator = a_letter(), Actor.moderator(a_moderator())
    for number in range(38):
        sign_on = SignOn.register(letter.text(), moderator, note="by post", name_as_signed=f"Group {number:02}")
        sign_on.accept(moderator, listed_name=sign_on.name_as_signed)
    for name in ("Al-Haq", "MADRE"):
        a_sign_on(letter, "accepted", name)

    caused = caused_since(newest)
    work_off(mail_server, caused)

    editions = list(letter.editions.order_by("number"))
    assert len(editions) == 1
    assert editions[0].count == 40
    assert set(caused.values_list("status", flat=True)) == {"succeeded"}
    assert len(mail_server.messages) == 3 * 2
    assert set(Message.objects.values_list("state", flat=True)) == {"sent"}


def test_no_job_uses_a_lock_of_the_queue_that_a_killed_worker_could_hold():
    sign_on = a_sign_on(state="accepted")

    locks = ProcrastinateJob.objects.exclude(lock=None)
    queueing = ProcrastinateJob.objects.exclude(queueing_lock=None)

    assert sign_on.letter.sign_ons.count() == 1
    assert (locks.count(), queueing.count()) == (0, 0)
    assert {task.lock for task in app.tasks.values()} == {None}


def test_a_stale_letter_without_a_job_is_found_by_the_sweep():
    sign_on = a_sign_on(state="accepted")
    letter = sign_on.letter

    jobs.sweep()

    assert not Letter.objects.stale().exists()
    assert letter.editions.get().count == 1


def test_one_letter_that_cannot_be_published_does_not_keep_others_from_it(monkeypatch):
    broken, whole = a_letter(slug="a-broken"), a_letter(slug="b-whole")
    publish = jobs.publish_letter

    def fail(letter):
        if letter == broken:
            raise ValueError("broken")
        publish(letter)

    monkeypatch.setattr(jobs, "publish_letter", fail)

    jobs.sweep()

    assert (broken.editions.count(), whole.editions.count()) == (0, 1)
