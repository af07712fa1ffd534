"""Publishes a letter without a worker."""

from django.core.management.base import BaseCommand, CommandError

from letter.models import Letter
from signatories.jobs import publish_letter


class Command(BaseCommand):
    """A new edition, by hand."""

    help = "Publish a new edition of a letter if its list or its texts changed."

    def add_arguments(self, parser):
        """Take the letter."""
        parser.add_argument("letter", help="the letter's address, such as icc-2020")
        parser.add_argument(
            "--again", action="store_true", help="even if nothing changed, as after a change of the templates"
        )

    def handle(self, *, letter, again, **options):
        """Publish, and say what came of it."""
        found = Letter.objects.opened().filter(slug=letter).first()
        if found is None:
            raise CommandError(f"There is no open letter “{letter}”.")
        edition = publish_letter(found, again=again)
        newest = edition or found.editions.first()
        news = "published" if edition else "nothing changed since"
        self.stdout.write(
            f"{letter}: {news} edition {newest.number}, {newest.count} signatories" if newest else "no text"
        )
