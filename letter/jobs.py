"""Jobs that need no more than the letter: its documents, and the nightly check. The queues' names are here."""

import logging

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from audit import models as audit

from . import releases, seal
from .documents import make_documents as make
from .models import Edition, Letter

logger = logging.getLogger(__name__)

# Mail has a queue and workers of its own: a mail server that hangs must not delay the public list. Nor
# may documents, of which a long list's take seconds, or imports of thousands of rows.
PUBLICATION, MAIL, DOCUMENTS, IMPORTS = "publication", "mail", "documents", "imports"
# After these few minutes the sweep takes over.
RETRY = RetryStrategy(max_attempts=6, wait=1, exponential_wait=2)


@app.task(name="make_documents", queue=DOCUMENTS, retry=RETRY)
def make_documents(letter_id):
    """Make what lacks; the job of an earlier edition may have made this one's too."""
    letter = Letter.objects.filter(pk=letter_id).first()
    if letter:
        make(letter)


def sweep():
    """Make the documents and manifests of editions that have lost their job."""
    for letter in Letter.objects.filter(pk__in=Edition.objects.unsealed().order_by().values("letter_id")):
        try:
            make(letter)
        except Exception:
            logger.exception("The documents of letter %s could not be made", letter.slug)


def catch_up():
    """Give a job to each letter whose editions lack documents: its own may have died with a worker."""
    for letter in Letter.objects.filter(pk__in=Edition.objects.unsealed().order_by().values("letter_id")):
        make_documents.defer(letter_id=letter.pk)


@app.periodic(cron="*/5 * * * *")
@app.task(name="sweep_documents", queue=DOCUMENTS, queueing_lock="sweep documents")
def sweep_every_five_minutes(timestamp):
    """Run the sweep; `timestamp` is the minute it is for."""
    sweep()


@app.periodic(cron="43 2 * * *")
@app.task(name="verify", queue=DOCUMENTS, queueing_lock="verify")
def verify_every_night(timestamp):
    """Check the record and every letter's chain, and repair this machine's release folder from Postgres."""
    for fault in audit.faults():
        logger.error("The record of the desk: %s", fault)
    for letter in Letter.objects.opened():
        for fault in seal.faults(letter):
            logger.error("Letter %s: %s", letter.slug, fault)
    try:
        for fault in releases.repair():
            logger.error("The release folder was repaired: %s", fault)
    except OSError:
        logger.exception("The release folder cannot be repaired")
