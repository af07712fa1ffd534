"""Writes a letter's public site as plain files."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from letter.export import Refused, export
from letter.models import Letter


class Command(BaseCommand):
    """The public site of one letter, for any static host."""

    help = "Write all editions of a letter, in all languages, as plain files into a folder of their own."

    def add_arguments(self, parser):
        """Take the letter and the folder."""
        parser.add_argument("letter", help="the letter's address, such as icc-2020")
        parser.add_argument("directory", type=Path, help="a new or empty folder, or an earlier export, to be replaced")

    def handle(self, *, letter, directory, **options):
        """Export, and say how much."""
        found = Letter.objects.opened().filter(slug=letter).first()
        if found is None:
            raise CommandError(f"There is no open letter “{letter}”.")
        try:
            count = export(found, directory)
        except Refused as error:
            raise CommandError(str(error)) from None
        except OSError as error:
            raise CommandError(f"The export failed, and “{directory}” is as it was: {error}") from error
        self.stdout.write(f"{letter}: {found.editions.count()} editions, {count} files in {directory}")
