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

from letter.jobs import IMPORTS, MAIL, PUBLICATION, RETRY
from letter.models import Edition, Letter
from letter.publication import publish as publish_edition

from . import batches, limits, mail
from .attention import report
from .models import (
    Batch,
    Digest,
    Document,
    InvitationRound,
    KeyHasChanged,
    Link,
    LostLink,
    MemberInvitation,
    Message,
    Notice,
    Overtaken,
    Query,
    SignOn,
    Transfer,
)
from .models.digest import HOUR
from .models.erasure import erase_answers
from .models.invitation_round import PAUSE
from .states import NotAllowed

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


@app.task(name="find_links", queue=MAIL, retry=RETRY)
def find_links(request_id):
    """Answer a request for lost links, by e-mail only."""
    LostLink.serve(request_id)


@app.task(name="work_on_batch", queue=IMPORTS, retry=RETRY)
def work_on_batch(batch_id):
    """Look at a batch's rows, or import some of them and leave the others to another job."""
    batch = Batch.objects.in_work().select_related("letter", "imported_by").filter(pk=batch_id).first()
    if batch is None:
        return
    try:
        if batch.stage == Batch.Stage.LOOKING:
            batches.look(batch)
        elif batches.carry_on(batch):
            batch.schedule()
    except Overtaken:
        logger.info("Batch %s was discarded, or is another worker's", batch_id)


@app.task(name="invite_members", queue=MAIL, retry=RETRY)
def invite_members(round_id):
    """Queue the messages of a round's next members, and leave the others to a later job."""
    one = InvitationRound.objects.in_work().select_related("letter").filter(pk=round_id).first()
    if one and one.invite_some():
        one.schedule(PAUSE)


def remind_members():
    """Remind members who have not answered, each in a transaction of its own."""
    for invitation in MemberInvitation.objects.to_remind():
        try:
            invitation.remind()
        except KeyHasChanged:
            logger.exception("Nobody is reminded: the do-not-contact list cannot be read")
            return
        except Exception:
            logger.exception("Invitation %s could not be sent once more", invitation.pk)


@app.periodic(cron="43 7 * * *")
@app.task(name="remind_members", queue=MAIL, queueing_lock="remind_members")
def remind_members_every_day(timestamp):
    """Remind members who were invited and have not answered."""
    remind_members()


@app.periodic(cron="47 3 * * *")
@app.task(name="forget_invitations", queue=PUBLICATION, queueing_lock="forget_invitations")
def forget_invitations(timestamp=0):
    """Delete rounds that nobody sent, and the addresses of letters that ended long ago: they are personal data."""
    for one in InvitationRound.objects.left_lying():
        one.discard(None)
    for invitation in MemberInvitation.objects.outlived():
        invitation.erase()


def sweep():
    """Find what has lost its job (letters, messages, batches, rounds), and see to it; record who has fallen silent."""
    for letter in Letter.objects.stale():
        try:
            publish_letter(letter)
        except Exception:
            logger.exception("Letter %s could not be published", letter.slug)
    for message_id in Message.objects.overdue().values_list("pk", flat=True):
        job = deliver_message.configure(queueing_lock=f"overdue {message_id}")
        defer_once(job, message_id=message_id)
    for batch_id in Batch.objects.without_job().values_list("pk", flat=True):
        defer_once(work_on_batch.configure(queueing_lock=f"batch {batch_id}"), batch_id=batch_id)
    for round_id in InvitationRound.objects.without_job().values_list("pk", flat=True):
        defer_once(invite_members.configure(queueing_lock=f"round {round_id}"), round_id=round_id)
    for notice in Notice.objects.unanswered():
        notice.fall_silent()
    for request_id in LostLink.objects.overdue().values_list("pk", flat=True):
        defer_once(find_links.configure(queueing_lock=f"lost link {request_id}"), request_id=request_id)
    carry_out_transfers()


def carry_out_transfers():
    """Give sign-ons to successors against whom nobody has objected in time, and end offers that nobody has taken."""
    for transfer in Transfer.objects.due():
        try:
            transfer.carry_out()
        except Exception:
            logger.exception("Transfer %s could not be carried out", transfer.pk)
    for transfer in Transfer.objects.unanswered():
        try:
            transfer.expire()
        except Exception:
            # One that cannot end must not keep the others open.
            logger.exception("Offer %s could not be ended", transfer.pk)


def defer_once(job, **arguments):
    """Defer a job of the sweep's, unless the one before it still waits."""
    try:
        # A savepoint: the refusal of a second job would spoil a transaction around it.
        with transaction.atomic():
            job.defer(**arguments)
    except AlreadyEnqueued:
        pass


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
    """Delete finished jobs, old counters and links, and forget from which network sign-ons came."""
    await context.app.job_manager.delete_old_jobs(
        nb_hours=KEEP_JOBS, include_failed=True, include_cancelled=True, include_aborted=True
    )
    await forget_limits.defer_async()
    await forget_networks.defer_async()
    await forget_links.defer_async()


@app.task(name="forget_limits", queue=PUBLICATION)
def forget_limits():
    """Delete counters of periods that are over."""
    limits.forget()


@app.periodic(cron="37 3 * * *")
@app.task(name="forget_batches", queue=IMPORTS, queueing_lock="forget_batches")
def forget_batches(timestamp=0):
    """Give up what nobody imported, and delete rows and files of what ended long ago: they are personal data."""
    for batch in Batch.objects.left_lying():
        batch.discard(None)
    for batch in Batch.objects.to_forget():
        batch.forget()


@app.task(name="forget_networks", queue=PUBLICATION)
def forget_networks():
    """Erase the networks of sign-ons that are a month old."""
    SignOn.objects.forget_networks()


@app.task(name="forget_links", queue=PUBLICATION)
def forget_links():
    """Delete links that ended so long ago that they need not explain themselves any more."""
    Link.objects.to_forget().delete()


def remind_of_queries():
    """Send questions that were not answered within a week once more, each in a transaction of its own."""
    for query in Query.objects.to_remind():
        try:
            query.remind()
        except Exception:
            logger.exception("Query %s could not be sent once more", query.pk)


@app.periodic(cron="23 7 * * *")
@app.task(name="remind_of_queries", queue=PUBLICATION, queueing_lock="remind_of_queries")
def remind_every_day(timestamp):
    """Remind representatives of unanswered questions."""
    remind_of_queries()


def see_to_unconfirmed():
    """Let expire what nobody has confirmed in time, and remind of the rest; each in a transaction of its own."""
    for sign_on in SignOn.objects.to_expire():
        try:
            sign_on.expire()
        except NotAllowed:
            logger.info("Sign-on %s was confirmed, or has expired by another worker", sign_on.pk)
        except Exception:
            logger.exception("Sign-on %s could not expire", sign_on.pk)
    for sign_on in SignOn.objects.to_remind():
        try:
            sign_on.remind()
        except Exception:
            logger.exception("The representative of sign-on %s could not be reminded", sign_on.pk)


@app.periodic(cron="11 * * * *")
@app.task(name="see_to_unconfirmed", queue=PUBLICATION, queueing_lock="see_to_unconfirmed")
def see_to_unconfirmed_every_hour(timestamp):
    """Look at the sign-ons that wait for their representatives."""
    see_to_unconfirmed()


def erase_documents():
    """Erase what has outlived its sign-on, and delete files whose forms never came back."""
    for document in Document.objects.outlived():
        document.erase(None, "retention")
    Document.objects.stale().delete()


def erase_messages():
    """Erase messages that were still to be sent when the data of their representative were erased or handed over."""
    Message.objects.to_erase().erase()
    Message.objects.of_past_transfers().erase()
    erase_answers(SignOn.objects.all())


@app.periodic(cron="37 3 * * *")
@app.task(name="erase_documents", queue=PUBLICATION, queueing_lock="erase_documents")
def erase_every_night(timestamp):
    """Keep documents and messages no longer than they are needed."""
    erase_documents()
    erase_messages()
