"""Messages to whoever has an account. What they tell is worded in ``templates/mail/``."""

from django.contrib.auth.models import User
from django.utils.translation import gettext_lazy as _

from signatories import mail

# What happened → how the message says it.
NOTICES = {
    "account/email/password_changed": _("Your password was changed."),
    "account/email/password_reset": _("A new password was set, by a link that was sent to this address."),
    "mfa/email/totp_activated": _("An authenticator app was added."),
    "mfa/email/totp_deactivated": _("The authenticator app was removed."),
    "mfa/email/webauthn_added": _("A passkey was added."),
    "mfa/email/webauthn_removed": _("A passkey was removed."),
    "mfa/email/recovery_codes_generated": _("New recovery codes were made; the old ones no longer work."),
    "second_factor_reset": _(
        "An administrator took away your second factor and ended your sessions. Sign in with your password, and add a "
        "new one."
    ),
}


def tell(user: User, what: str) -> None:
    """Queue a message to `user` about a change to the account; a key of `NOTICES`. Without an address, none."""
    if user.email:
        mail.queue_to(user.email, "account_changed", {"user": user, "what": NOTICES[what]})


def send_reset(user: User) -> None:
    """Queue the message with the link by which `user` sets a new password."""
    context = {"user": user, "reset_url": mail.PLACEHOLDER.format(purpose="reset")}
    mail.queue_to(user.email, "password_reset", context, about=user.pk)
