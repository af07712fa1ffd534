"""Reads what came back: for a mail server's pipe (docs/deploy.md)."""

import sys

from django.core.management.base import BaseCommand
from django.db import InterfaceError, OperationalError

from signatories import bounces
from signatories.models import BounceCount

# sysexits.h: the mail server keeps the notification, and tries again.
EX_TEMPFAIL = 75


class Command(BaseCommand):
    """The pipe's end."""

    help = "Read one delivery status notification (RFC 3464) from standard input, and record what it says of a message."
    # A mail server starts one for each notification.
    requires_system_checks = ()

    def add_arguments(self, parser):
        """Ask for what was counted instead."""
        parser.add_argument("--counts", action="store_true", help="read nothing; print what came of the last reports")

    def handle(self, *, counts, **options):
        """Take a notification. Whatever it is, the mail server is done with it; it must not be returned in turn."""
        if counts:
            for one in BounceCount.objects.all()[:100]:
                self.stdout.write(f"{one.day}  {one.count:>6}  {one.get_outcome_display()}")
            return
        raw = sys.stdin.buffer.read(bounces.ENOUGH)
        try:
            outcome = BounceCount.take(*bounces.of_notification(raw))
        except (OperationalError, InterfaceError):
            self.stderr.write("The database does not answer.")
            sys.exit(EX_TEMPFAIL)
        self.stdout.write(str(outcome.label))
