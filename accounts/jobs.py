"""What the worker clears away for this room."""

from django.db import connection
from procrastinate.contrib.django import app

from letter.jobs import PUBLICATION

from .models import Session


def tidy():
    """Delete sessions whose time is over, and what the cache no longer needs."""
    Session.objects.over().delete()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM accounts_cache WHERE expires < now()")


@app.periodic(cron="27 * * * *")
@app.task(name="tidy_accounts", queue=PUBLICATION, queueing_lock="tidy_accounts")
def tidy_every_hour(timestamp):
    """Run it; `timestamp` is the hour it is for."""
    tidy()
