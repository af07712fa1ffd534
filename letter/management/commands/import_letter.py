"""Imports a letter from a Markdown file."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from letter.imports import ImportFault, import_letter
from letter.models import absolute


class Command(BaseCommand):
    """The letter as a file."""

    help = "Import a letter or a translation (Markdown with front matter), or bring it up to date. All or nothing."

    def add_arguments(self, parser):
        """Take the file, and when the letter opens."""
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--opens-at",
            metavar="MOMENT",
            help="when it opens, unless the file says so: “now”, or as in 2020-04-28T09:00+00:00",
        )

    def handle(self, *, file, opens_at, **options):
        """Import, or name file, line and column of what is wrong."""
        try:
            letter, text = import_letter(file, opens_at=self.moment(opens_at))
        except ImportFault as fault:
            raise CommandError(str(fault)) from None
        self.stdout.write(f"{letter.slug}: “{text.title}” ({text.language}, revision {text.revision})")
        if (check := letter.check_translation(text.language)) and check.summary:
            address = reverse("moderation:check_text", args=[letter.slug, text.language])
            self.stdout.write(f"Compared with the original: {' '.join(check.summary)} See {absolute(address)}")

    @staticmethod
    def moment(value):
        """Return the moment that --opens-at means."""
        if value in (None, "now"):
            return value and timezone.now()
        try:
            parsed = parse_datetime(value)
        except ValueError:
            parsed = None
        if parsed is None:
            raise CommandError(f"--opens-at: “{value}” is not a moment such as 2020-04-28T09:00+00:00.")
        return parsed if timezone.is_aware(parsed) else timezone.make_aware(parsed)
