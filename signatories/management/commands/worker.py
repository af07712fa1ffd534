"""Runs jobs until told to stop, whatever happens to Postgres meanwhile."""

import asyncio
import logging
import os
import signal

from asgiref.sync import sync_to_async
from django.core.management.base import BaseCommand
from django.db import connection
from procrastinate.contrib.django import app

from letter import jobs as documents
from letter.jobs import DOCUMENTS, IMPORTS, MAIL, PUBLICATION
from signatories import jobs

logger = logging.getLogger(__name__)

# Seconds before the next start when Postgres went away.
PAUSE = 1
# Seconds for which the jobs in hand may take to finish, with something to spare.
PATIENCE = 15


class Command(BaseCommand):
    """The worker process."""

    help = "Send messages and publish letters, until SIGTERM or SIGINT. Any number may run."

    def handle(self, **options):
        """Work; returns when a signal asks for it and the jobs in hand are done."""
        asyncio.run(self.work_for_ever())

    async def work_for_ever(self):
        """Start the library's workers again whenever they end: they do, when Postgres restarts."""
        told_to_stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, told_to_stop.set)
        while not told_to_stop.is_set():
            stopping = asyncio.create_task(told_to_stop.wait())
            working = asyncio.create_task(self.work())
            await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
            working.cancel()
            _ended, hanging = await asyncio.wait({working}, timeout=PATIENCE)
            if hanging:
                # The library waits for a database that is away. Whatever this process had in hand is
                # found again by the next worker.
                logger.warning("The worker cannot end in order, and is cut off")
                os._exit(1)
            if told_to_stop.is_set():
                return
            logger.warning("The worker has lost its database, and starts again")
            await asyncio.sleep(PAUSE)

    async def work(self):
        """Catch up with what waits, then run both queues until one of them ends."""
        await sync_to_async(self.catch_up)()
        # An app of its own, although the library would rather replace the connector: what a job defers must
        # go through Django's connection, into the transaction of the job.
        worker_app = app.with_connector(app.connector.get_worker_connector())
        async with worker_app.open_async():
            workers = [
                asyncio.create_task(
                    worker_app.run_worker_async(queues=[queue], concurrency=threads, install_signal_handlers=False)
                )
                for queue, threads in ((PUBLICATION, 2), (MAIL, 4), (DOCUMENTS, 1), (IMPORTS, 1))
            ]
            try:
                await asyncio.wait(workers, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for worker in workers:
                    worker.cancel()
                await asyncio.gather(*workers, return_exceptions=True)

    @staticmethod
    def catch_up():
        """Do at once what the last worker left, instead of at the next minute."""
        connection.close()
        jobs.sweep()
        documents.catch_up()
