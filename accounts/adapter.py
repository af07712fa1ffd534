"""What the library asks us: how often one may try, who may sign up, where a message goes."""

import time

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.account.internal.stagekit import clear_login
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from audit.models import record
from signatories import limits

from . import mail
from .factors import has_second_factor
from .models import Session
from .sessions import BROWSER, browser_of

# Attempts an hour to sign in: from one network, and to one account from all of them together. The second is higher:
# else anybody who knows a name could shut its owner out.
ATTEMPTS = 30
ATTEMPTS_TO_ACCOUNT = 300
# Under which key a session that waits for a code knows the password that was given.
GIVEN = "given"


class AccountAdapter(DefaultAccountAdapter):
    """Accounts by invitation only; every sign-in on record."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "too_many_login_attempts": gettext_lazy("There were many wrong codes. Please wait an hour."),
        "rate_limited": gettext_lazy("There were many wrong codes. Please wait an hour."),
        "email_password_mismatch": gettext_lazy("Username and password do not belong together."),
        "username_password_mismatch": gettext_lazy("Username and password do not belong together."),
        "incorrect_code": gettext_lazy("This code is not right, or was used before. Please wait for the next one."),
    }

    def is_open_for_signup(self, request):
        """Nobody signs up: accounts are made by invitation."""
        return False

    # ── signing in and out ──

    def pre_authenticate(self, request, **credentials):
        """Count the attempt before the password is looked at: for the network, and, if that may try, for the account.

        Our own counter, and not the library's: it is exact under concurrency, and names nobody.
        """
        account = credentials.get("username") or credentials.get("email", "")
        for kind, of, who, limit in (
            ("sign-in", "network", limits.network(request), ATTEMPTS),
            ("sign-in to", "account", account, ATTEMPTS_TO_ACCOUNT),
        ):
            if limits.hit(kind, who, limit):
                continue
            # Once an hour: whoever tries on must not fill the record.
            if limits.hit(f"refused {kind}", who, 1):
                record(None, "refuse_sign_in", of=of)
            raise ValidationError(_("There were many attempts to sign in. Please wait an hour."))

    def get_client_ip(self, request):
        """Let the library count by network too, as all limits do, behind `PROXY_HOPS` proxies."""
        return limits.network(request)

    def pre_login(self, request, user, **login):
        """Note which password it was that is given now: a code may be waited for."""
        refused = super().pre_login(request, user, **login)
        if refused is None:
            request.session[GIVEN] = user.get_session_auth_hash()
        return refused

    def login(self, request, user):
        """Sign `user` in, and note in which browser; but not if the account was closed, or the password changed, since.

        The library asks before it asks for the code, and no more afterwards.
        """
        if not user.is_active:
            clear_login(request)
            raise ImmediateHttpResponse(self.respond_user_inactive(request, user))
        if not constant_time_compare(request.session.pop(GIVEN, ""), user.get_session_auth_hash()):
            clear_login(request)
            messages.info(request, _("The password was changed meanwhile. Please sign in with the new one."))
            raise ImmediateHttpResponse(redirect("account_login"))
        super().login(request, user)
        request.session[BROWSER] = browser_of(self.get_http_user_agent(request))
        record(user, "sign_in", user, by=[one["method"] for one in get_authentication_records(request, user)])

    def logout(self, request):
        """End the session."""
        user = request.user
        super().logout(request)
        record(user, "sign_out", user)

    def is_reauthentication_required(self, *, app, **options):
        """Ask for the password again before a factor is changed, but not of whoever gave it a moment ago.

        The library would ask right after signing in; here that is when the first factor is added.
        """
        user = self.request.user
        records = get_authentication_records(self.request, user)
        if records and not has_second_factor(user):
            return time.time() - records[-1]["at"] > settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
        return super().is_reauthentication_required(app=app, **options)

    # ── passwords ──

    @transaction.atomic
    def set_password(self, user, password):
        """Set it, and end every other session of `user`."""
        super().set_password(user, password)
        Session.objects.of(user).except_for(self.request.session.session_key).delete()
        is_theirs = self.request.user == user
        record(user if is_theirs else None, "change_password" if is_theirs else "reset_password", user)

    def get_password_change_redirect_url(self, request):
        """Return to the page of the account."""
        return reverse("mfa_index")

    # ── messages ──

    def send_password_reset_mail(self, user, email, context):
        """Queue it; the link that the library made is not stored, and another one is made when it is sent.

        Not more often in a day than strangers may write to any mailbox through us.
        """
        if limits.has_room(user.email, "password"):
            mail.send_reset(user)

    def send_notification_mail(self, template_prefix, user, context=None, email=None):
        """Tell `user` what became of the account."""
        mail.tell(user, template_prefix)


class MFAAdapter(DefaultMFAAdapter):
    """Second factors."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": AccountAdapter.error_messages["incorrect_code"]
    }

    def build_totp_svg(self, url):
        """Return the picture of the secret so that it can stand in the page: the policy lets no data address in."""
        picture = super().build_totp_svg(url)
        return picture[picture.index("<svg") :]

    def generate_authenticator_name(self, user, type):  # noqa: A002
        """Suggest a name that tells keys apart by when they came; its owner can change it."""
        return _("Passkey of %(day)s") % {"day": date_format(timezone.localdate())}
