"""Checks the record of what people at the desk did and read."""

from django.core.management.base import BaseCommand, CommandError

from audit.models import Entry, faults


class Command(BaseCommand):
    """Every hash recomputed."""

    help = (
        "Recompute the chain of the record. Ends with an error if an entry was changed, is missing or stands in "
        "another's place. With --expect, also if the record no longer has an entry that was noted down earlier."
    )

    def add_arguments(self, parser):
        """Take what was noted down."""
        parser.add_argument("--expect", metavar="NUMBER:SHA256", help="an entry as a digest or this command printed it")

    def handle(self, *, expect, **options):
        """Check, and say what is wrong, a line for each."""
        count = 0
        for fault in faults():
            self.stdout.write(fault)
            count += 1
        if expect:
            number, _colon, sha256 = expect.partition(":")
            if not number.isdecimal() or len(sha256) != 64:
                raise CommandError("--expect wants NUMBER:SHA256, as this command prints it.")
            if not Entry.objects.filter(number=number, sha256=sha256).exists():
                self.stdout.write(f"entry {number} with the hash {sha256} is not in the record.")
                count += 1
        last = Entry.objects.first()
        found = "no fault" if not count else "1 fault" if count == 1 else f"{count} faults"
        self.stdout.write(
            f"{last.number if last else 0} entries, {found}."
            + (f" Newest: {last.number}:{last.sha256}" if last else "")
        )
        if count:
            raise CommandError(f"The record has {found}.")
