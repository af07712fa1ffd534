"""Jobs: thin tasks around functions that also work without a worker. The queue's rules live here.

Every task takes ids, is idempotent, and is deferred in the transaction that causes it, without locks
of the queue: `publication.publish` and `mail.deliver` lock what they work on in their own
transactions, and a killed worker cannot leave such a lock behind. Whatever lost its job all the same
is found by a sweep, from the rows themselves.
"""

import logging

from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from letter.jobs import MAIL, PUBLICATION, RETRY
from letter.models import Edition, Letter
from letter.publication import publish as publish_edition

from . import limits, mail
from .attention import report
from .models import Digest, Message, Notice, SignOn
from .models.digest import HOUR

logger = logging.getLogger(__name__)

# Hours for which finished jobs are kept.
KEEP_JOBS = 72


def publish_letter(letter: Letter, *, again: bool = False) -> Edition | None:
    """Publish what was decided about `letter`; return the new edition, or None if it would say the same."""
    return publish_edition(letter, SignOn.objects.lines(letter), again=again)


@app.task(name="publish", queue=PUBLICATION, retry=RETRY)
def publish(letter_id):
    """Publish a letter, unless the job of an earlier decision has served this one too."""
    letter = Letter.objects.stale().filter(pk=letter_id).first()
    if letter:
        publish_letter(letter)


@app.task(name="deliver_message", queue=MAIL, retry=RETRY)
def deliver_message(message_id):
    """Send a message; after a failure the message itself plans the next attempt."""
    mail.deliver(message_id)


def sweep():
    """Find letters and messages that have lost their job, and see to them; record whose time to object is over."""
    for letter in Letter.objects.stale():
        try:
            publish_letter(letter)
        except Exception:
            logger.exception("Letter %s could not be published", letter.slug)
    for message_id in Message.objects.overdue().values_list("pk", flat=True):
        job = deliver_message.configure(queueing_lock=f"overdue {message_id}")
        try:
            # A savepoint: the refusal of a second job would spoil a transaction around it.
            with transaction.atomic():
                job.defer(message_id=message_id)
        except AlreadyEnqueued:
            continue
    for notice in Notice.objects.unanswered():
        notice.fall_silent()


@app.periodic(cron=f"0 {HOUR}-23 * * *")
@app.task(name="digests", queue=MAIL, queueing_lock="digests")
def make_digests(timestamp):
    """Make the day's digests; after the first full hour it finds only what a sleeping worker missed."""
    due = Digest.objects.due()
    if due:
        told = report()
        for digest in due:
            digest.make(told)


@app.periodic(cron="* * * * *")
@app.task(name="sweep", queue=PUBLICATION, queueing_lock="sweep")
def sweep_every_minute(timestamp):
    """Run the sweep; `timestamp` is the minute it is for."""
    sweep()


@app.periodic(cron="* * * * *")
@app.task(name="revive", queue=PUBLICATION, queueing_lock="revive", pass_context=True)
async def revive_stalled_jobs(context, timestamp):
    """Give the jobs of killed workers another run."""
    for job in await context.app.job_manager.get_stalled_jobs():
        try:
            await context.app.job_manager.retry_job(job)
        except Exception:
            # A job of its own kind waits already: this one has nothing left to do.
            logger.warning("Job %s (%s) cannot be run again", job.id, job.task_name)


@app.periodic(cron="17 3 * * *")
@app.task(name="tidy", queue=PUBLICATION, queueing_lock="tidy", pass_context=True)
async def tidy_every_night(context, timestamp):
    """Delete finished jobs and old counters, and forget from which network sign-ons came."""
    await context.app.job_manager.delete_old_jobs(
        nb_hours=KEEP_JOBS, include_failed=True, include_cancelled=True, include_aborted=True
    )
    await forget_limits.defer_async()
    await forget_networks.defer_async()


@app.task(name="forget_limits", queue=PUBLICATION)
def forget_limits():
    """Delete counters of periods that are over."""
    limits.forget()


@app.task(name="forget_networks", queue=PUBLICATION)
def forget_networks():
    """Erase the networks of sign-ons that are a month old."""
    SignOn.objects.forget_networks()
