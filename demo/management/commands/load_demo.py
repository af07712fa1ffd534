"""Loads the real letter of 2020 and its signatories, and an example in four languages, with accounts of each kind."""

import csv
import os
from pathlib import Path

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from demo.authenticator import SECRET
from letter.models import Letter
from signatories import members
from signatories.forms.invitations import default_words
from signatories.models import InvitationRound, SignOn
from signatories.states import Source

# Login → roles.
ACCOUNTS = {
    "moderator": ["moderator", "secretariat"],
    "administrator": ["administrator"],
    "reader": ["reader"],
}
CONTENT = Path(__file__).parents[2] / "content"
# Of the example, the original first.
LANGUAGES = ("en", "fr", "es", "ar")


class Command(BaseCommand):
    """What `make demo` shows."""

    help = "Load the demo's content; a second run changes nothing but the password. Reads DEMO_PASSWORD."

    def add_arguments(self, parser):
        """Take whether something shall wait."""
        parser.add_argument("--example", action="store_true", help="also an invented letter in four languages")
        parser.add_argument("--queue", action="store_true", help="also a dozen invented sign-ons that wait at the desk")

    def handle(self, *, queue, example, **options):
        """Load by the same commands that a secretariat uses."""
        password = os.environ.get("DEMO_PASSWORD")
        if not password:
            raise CommandError("Set DEMO_PASSWORD to the password of the demo's accounts.")
        call_command("import_letter", CONTENT / "letter.en.md", opens_at="now", stdout=self.stdout)
        call_command("import_signatories", "icc-2020", CONTENT / "signatories.csv", stdout=self.stdout)
        call_command("publish", "icc-2020", stdout=self.stdout)
        if example:
            self.load_example()
        for name, roles in ACCOUNTS.items():
            self.make_account(name, roles, password)
        if queue:
            self.fill_queue()

    def load_example(self):
        """Load the letter that is plainly an example, in its languages, and who is invented to have signed it."""
        for language in LANGUAGES:
            call_command("import_letter", CONTENT / f"example.{language}.md", stdout=self.stdout)
        call_command("import_letter", CONTENT / "example.en.md", opens_at="now", stdout=self.stdout)
        call_command("import_signatories", "example", CONTENT / "example.csv", stdout=self.stdout)
        call_command("publish", "example", stdout=self.stdout)

    @transaction.atomic
    def fill_queue(self):
        """Sign and confirm as a dozen representatives did, unless somebody has signed already."""
        letter = Letter.objects.get(slug="icc-2020")
        if letter.sign_ons.exclude(source=Source.IMPORT).exists():
            return
        invited = self.invite_members(letter)
        with open(CONTENT / "queue.csv", encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                invitation = invited.get(row["email"])
                sign = invitation.sign if invitation else SignOn.sign
                sign_on = sign(
                    letter.text(),
                    name_as_signed=row["name"],
                    country=row["country"],
                    website=row["website"],
                    representative_name=row["representative"],
                    representative_role=row["role"],
                    email=row["email"],
                )
                sign_on.confirm()

    def invite_members(self, letter):
        """Invite the members of an invented network, of whom some answer; return the invitations by address."""
        user, content = User.objects.get(username="moderator"), (CONTENT / "members.csv").read_bytes()
        rows = members.read(content).rows
        members.plan(rows, letter)
        made = InvitationRound.upload(
            user, letter, rows, network="West African Justice Network", language="en", content=content
        )
        words = {code: default_words(letter, code) for code in made.languages}
        made.word(user, words=words, sender="Awa Ba, for the network", reply_to=user.email, has_reminders=True)
        made.send(user, seen=made.seen)
        made.invite_some()
        invited = {one.email: one for one in made.invitations.all()}
        invited["office@voltaforum.example"].open()
        invited["info@oad.example"].decline("Our board meets in June.")
        invited["desk@ndw.example"].unsubscribe(from_all=True)
        return invited

    def make_account(self, name, roles, password):
        """Make or mend the account `name`, with the authenticator app of the demo."""
        user, _is_new = User.objects.get_or_create(username=name)
        user.email = f"{name}@undersigned.example"
        user.is_staff = "reader" not in roles
        user.set_password(password)
        user.save()
        user.groups.set(Group.objects.filter(name__in=roles))
        Authenticator.objects.update_or_create(
            user=user, type=Authenticator.Type.TOTP, defaults={"data": {"secret": SECRET}}
        )
