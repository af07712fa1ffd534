"""Checks a letter's editions, and what this machine serves of them."""

from django.core.management.base import BaseCommand, CommandError

from letter import releases, seal
from letter.models import Letter, Page


class Command(BaseCommand):
    """Everything recomputed, by hand."""

    help = (
        "Recompute the chain of a letter's editions from Postgres, and compare this machine's release folder with it. "
        "Ends with an error if anything is wrong; with --repair, if anything is still wrong afterwards."
    )

    def add_arguments(self, parser):
        """Take the letter."""
        parser.add_argument("letter", help="the letter's address, such as icc-2020")
        parser.add_argument(
            "--repair", action="store_true", help="write this machine's release folder again, if it differs"
        )

    def handle(self, *, letter, repair, **options):
        """Check, and say what differs, a line for each."""
        found = Letter.objects.filter(slug=letter).first()
        if found is None:
            raise CommandError(f"There is no letter “{letter}”.")
        count = 0
        for fault in seal.faults(found):
            self.stdout.write(f"Postgres: {fault}")
            count += 1
        if repair:
            try:
                for fault in releases.repair():
                    self.stdout.write(f"Release folder, repaired: {fault}")
            except OSError as error:
                self.stdout.write(f"The release folder cannot be repaired: {error}")
        for fault in releases.faults(slug=letter):
            self.stdout.write(f"Release folder: {fault}")
            count += 1
        editions, files = found.editions.count(), Page.objects.filter(edition__letter=found).count()
        wanting = found.editions.unsealed().count()
        faults = "no fault" if not count else "1 fault" if count == 1 else f"{count} faults"
        self.stdout.write(
            f"{letter}: {editions} edition{'' if editions == 1 else 's'}, {files} files, {faults}"
            + (f"; without a manifest yet: {wanting}" if wanting else "")
        )
        if count:
            raise CommandError(f"{letter} has {faults}.")
