"""Loads the real letter of 2020 and its signatories, open for signing, with one moderator."""

import os
from pathlib import Path

from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

CONTENT = Path(__file__).parents[2] / "content"


class Command(BaseCommand):
    """What `make demo` shows."""

    help = "Load the demo's content; a second run changes nothing but the password. Reads DEMO_PASSWORD."

    def handle(self, **options):
        """Load by the same commands that a secretariat uses."""
        password = os.environ.get("DEMO_PASSWORD")
        if not password:
            raise CommandError("Set DEMO_PASSWORD to the moderator's password.")
        call_command("import_letter", CONTENT / "letter.en.md", opens_at="now", stdout=self.stdout)
        call_command("import_signatories", "icc-2020", CONTENT / "signatories.csv", stdout=self.stdout)
        call_command("publish", "icc-2020", stdout=self.stdout)
        user, _is_new = User.objects.get_or_create(username="moderator")
        user.is_staff = True
        user.set_password(password)
        user.save()
        user.groups.set(Group.objects.filter(name__in=["moderator", "secretariat"]))
