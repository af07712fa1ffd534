"""What is typed at the door."""

from allauth.account.forms import LoginForm
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.auth import get_totp_secret
from crispy_forms.layout import Submit
from django.utils.translation import gettext_lazy as _

from signatories.forms.fields import helper


class SignInForm(LoginForm):
    """Signing in by username or e-mail address, and password."""

    helper = helper("login", "password", Submit("sign_in", _("Sign in")))

    def __init__(self, *args, **kwargs):
        """Say what the field takes in its label, which stays when something is typed."""
        super().__init__(*args, **kwargs)
        self.fields["login"].label = _("Username or e-mail address")
        self.fields["login"].widget.attrs = {"autocomplete": "username", "autofocus": True}
        self.fields["password"].widget.attrs.pop("placeholder")


class CodeForm(AuthenticateForm):
    """The second step of signing in: a code of the app, or a recovery code."""

    helper = helper("code", Submit("sign_in", _("Sign in")))

    def __init__(self, *args, **kwargs):
        """Say which codes the field takes."""
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("Code")
        self.fields["code"].help_text = _("Six digits from your app, or one of your recovery codes.")
        self.fields["code"].widget.attrs = {"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}


class AppForm(ActivateTOTPForm):
    """Adding an authenticator app: the first code that it shows."""

    helper = helper("code", Submit("add", _("Add the app")))

    def __init__(self, *args, **kwargs):
        """Keep the secret that was shown before: a page that is loaded again must not undo what was scanned."""
        super(ActivateTOTPForm, self).__init__(*args, **{key: value for key, value in kwargs.items() if key != "user"})
        self.user, self.secret = kwargs["user"], get_totp_secret()
        self.fields["code"].label = _("Code that the app shows now")
        self.fields["code"].widget.attrs = {"autocomplete": "one-time-code", "inputmode": "numeric"}
