"""Imports signatories from a CSV file."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from letter.imports import ImportFault
from letter.models import Letter
from signatories.imports import import_signatories
from signatories.models import SignOn


class Command(BaseCommand):
    """The list as a file."""

    help = "Register and accept the organisations of a CSV file under a letter. All or nothing."

    def add_arguments(self, parser):
        """Take the letter and the file."""
        parser.add_argument("letter", help="the letter's address, such as icc-2020")
        parser.add_argument("file", type=Path)

    def handle(self, *, letter, file, **options):
        """Import, or name file, line and column of what is wrong."""
        try:
            added = import_signatories(Letter.objects.get(slug=letter), file)
        except Letter.DoesNotExist:
            known = ", ".join(Letter.objects.values_list("slug", flat=True)) or "none"
            raise CommandError(f"There is no letter “{letter}”; there are: {known}.") from None
        except ImportFault as fault:
            raise CommandError(str(fault)) from None
        self.stdout.write(
            f"{letter}: {added} added, {SignOn.objects.filter(letter__slug=letter).accepted().count()} on the list"
        )
