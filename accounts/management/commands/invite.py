"""Invites somebody from the server's command line: the first administrator of a new deployment."""

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_email
from django.db import IntegrityError

from accounts import links
from accounts.models import LIFETIME, Invitation, is_known
from accounts.roles import ROLES
from signatories.forms.fields import plain_text


class Command(BaseCommand):
    """What an operator does before anybody can sign in."""

    help = "Invite somebody to the desk by e-mail, or print the link."

    def add_arguments(self, parser):
        """Take an address, a name and roles."""
        parser.add_argument("email")
        parser.add_argument("--name", required=True, help="the person's name")
        parser.add_argument(
            "--role", action="append", choices=list(ROLES), help="administrator by default; may be given several times"
        )
        parser.add_argument("--print", action="store_true", help="print the link, and send no message")

    def handle(self, email, **options):
        """Make the invitation."""
        try:
            validate_email(email)
            plain_text(options["name"])
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        if is_known(email):
            raise CommandError("Somebody has an account with this address.")
        roles = options["role"] or ["administrator"]
        try:
            invitation = Invitation.invite(
                None, email=email.lower(), name=options["name"], roles=roles, is_mailed=not options["print"]
            )
        except IntegrityError:
            raise CommandError("This person is invited already.") from None
        if options["print"]:
            self.stdout.write(links.invitation(invitation.pk))
        else:
            self.stdout.write(f"The invitation is on its way. Its link works for {LIFETIME.days} days.")
