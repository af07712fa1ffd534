"""Jobs of the delivery: thin tasks around `copies`; the rules of the queue are those of `letter.jobs`."""

from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from letter.jobs import DOCUMENTS, RETRY

from . import copies
from .models import Delivery


@app.task(name="make_copies", queue=DOCUMENTS, retry=RETRY)
def make_copies(letter_id):
    """Make the copies that a letter's recipients lack, and queue their messages."""
    delivery = Delivery.objects.select_related("letter", "edition__letter").get(letter=letter_id)
    copies.make_copies(delivery)


@app.task(name="send_final_copies", queue=DOCUMENTS, retry=RETRY)
def send_final_copies(letter_id):
    """Queue the final copies that representatives have not got."""
    delivery = Delivery.objects.select_related("letter", "edition__letter").get(letter=letter_id)
    copies.send_final_copies(delivery)


def sweep():
    """Find deliveries that have lost their job, and give them another."""
    for delivery in Delivery.objects.without_all_copies():
        defer_once(make_copies, delivery.letter_id)
    for delivery in Delivery.objects.all():
        if delivery.without_final_copy().exists():
            defer_once(send_final_copies, delivery.letter_id)


def defer_once(task, letter_id):
    """Defer a job for the letter, unless one of the sweep's waits."""
    try:
        # A savepoint: the refusal of a second job would spoil a transaction around it.
        with transaction.atomic():
            task.configure(queueing_lock=f"{task.name} {letter_id}").defer(letter_id=letter_id)
    except AlreadyEnqueued:
        pass


@app.periodic(cron="* * * * *")
@app.task(name="sweep_deliveries", queue=DOCUMENTS, queueing_lock="sweep_deliveries")
def sweep_every_minute(timestamp):
    """Run the sweep; `timestamp` is the minute it is for."""
    sweep()
