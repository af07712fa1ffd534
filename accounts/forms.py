"""What is typed at the door, and on the pages of accounts."""

from allauth.account import forms as account
from allauth.mfa import app_settings as mfa
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as codes
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.auth import get_totp_secret
from allauth.mfa.webauthn import forms as passkeys
from crispy_forms.layout import Submit
from django import forms
from django.contrib.auth import password_validation
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from signatories.forms.fields import helper, plain_text

from .models import Invitation, is_known
from .roles import LABELS, ROLES

CODE = {"autocomplete": "one-time-code", "inputmode": "numeric", "autocapitalize": "off", "spellcheck": "false"}

LONG_ENOUGH = _("At least 12 characters; four random words are better than one word with odd signs.")


def plain(form, **labels):
    """Give fields these labels, and take away the words that stand in them: those go when one types."""
    for name, label in labels.items():
        form.fields[name].label = label
        form.fields[name].help_text = ""
        form.fields[name].widget.attrs.pop("placeholder", None)


class SignInForm(account.LoginForm):
    """Signing in by username or e-mail address, and password."""

    helper = helper("login", "password", Submit("sign_in", _("Sign in")))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        plain(self, login=_("Username or e-mail address"), password=_("Password"))
        self.fields["login"].widget.attrs["autocomplete"] = "username"


class CodeForm(codes.AuthenticateForm):
    """The second step of signing in: a code of the app, or a recovery code."""

    helper = helper("code", Submit("sign_in", _("Sign in")))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        plain(self, code=_("Code"))
        self.fields["code"].help_text = _("Six digits from your app, or one of your recovery codes.")
        self.fields["code"].widget.attrs |= CODE

    def clean_code(self):
        """Refuse a code of the app that was used before.

        The library remembers it for one step of time, and so would take it again in the next, which
        `MFA_TOTP_TOLERANCE` allows.
        """
        code = super().clean_code()
        if self.authenticator.type == Authenticator.Type.TOTP:
            seconds = mfa.TOTP_PERIOD * (2 * mfa.TOTP_TOLERANCE + 1)
            if not cache.add(f"code {self.user.pk} {code}", True, seconds):
                raise get_adapter().validation_error("incorrect_code")
        return code


class CodeAgainForm(CodeForm):
    """A code before a factor is changed, or in a session that began without one."""

    helper = helper("code", Submit("go_on", _("Go on")))

    def save(self):
        """Note in the session that it was given just now."""
        codes.post_authentication(codes.context.request, self.authenticator, reauthenticated=True)


class PasswordAgainForm(account.ReauthenticateForm):
    """The password before a factor is changed."""

    helper = helper("password", Submit("go_on", _("Go on")))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        plain(self, password=_("Password"))


class AppForm(ActivateTOTPForm):
    """Adding an authenticator app: the first code that it shows."""

    helper = helper("code", Submit("add", _("Add the app")))

    def __init__(self, *args, user, **kwargs):
        """Keep the secret that was shown before: a page that is loaded again must not undo what was scanned."""
        super(ActivateTOTPForm, self).__init__(*args, **kwargs)
        self.user, self.secret = user, get_totp_secret()
        plain(self, code=_("Code that the app shows now"))
        self.fields["code"].widget.attrs |= CODE


class PasskeyForm(passkeys.AddWebAuthnForm):
    """Adding a passkey; the browser fills in the rest."""

    helper = helper("name", "passwordless", "credential")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        plain(self, name=_("A name by which you know it"), passwordless=_("Sign in with it alone, without a password"))
        self.fields["name"].max_length = 60
        self.fields["passwordless"].initial = True


class PasskeyNameForm(passkeys.EditWebAuthnForm):
    """The name of a passkey."""

    helper = helper("name", Submit("save", _("Save")))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        plain(self, name=_("A name by which you know it"))


class ChangePasswordForm(account.ChangePasswordForm):
    """A new password, by whoever knows the old one. It is asked for once: a message can set another."""

    helper = helper("oldpassword", "password1", Submit("change", _("Change the password")))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        del self.fields["password2"]
        plain(self, oldpassword=_("Password until now"), password1=_("New password"))
        self.fields["password1"].help_text = LONG_ENOUGH


class ResetForm(account.ResetPasswordForm):
    """Asking for a link to set a new password."""

    helper = helper("email", Submit("send", _("Send the link")))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        plain(self, email=_("E-mail address"))

    def clean_email(self):
        """Treat whoever has a closed account as a stranger; the library would write to them."""
        email = super().clean_email()
        self.users = [user for user in self.users if user.is_active]
        return email


class LinkForm(account.UserTokenForm):
    """The two halves of a link to set a new password, as the library checks them."""

    def _get_user(self, uidb36):
        """Return whose it is, None if that account is closed."""
        user = super()._get_user(uidb36)
        return user if user and user.is_active else None


class NewPasswordForm(account.ResetPasswordKeyForm):
    """A new password, by whoever holds the link."""

    helper = helper("password1", Submit("set", _("Set the password")))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        del self.fields["password2"]
        plain(self, password1=_("New password"))
        self.fields["password1"].help_text = LONG_ENOUGH


def roles_field():
    """Return a field to choose one role or several."""
    return forms.MultipleChoiceField(
        label=_("Roles"),
        choices=lambda: [(name, LABELS[name]) for name in ROLES],
        widget=forms.CheckboxSelectMultiple,
        help_text=_(
            "A reader sees the queue without personal data. A moderator decides. The secretariat runs letters and "
            "deliveries. An administrator may do all of it, give access, and search the record."
        ),
        error_messages={"required": _("Choose at least one role.")},
    )


class InviteForm(forms.Form):
    """Inviting somebody to the desk."""

    name = forms.CharField(label=_("Name"), max_length=150, validators=[plain_text])
    email = forms.EmailField(label=_("E-mail address"), max_length=254)
    roles = roles_field()
    helper = helper("name", "email", "roles", Submit("invite", _("Send the invitation")))

    def clean_email(self):
        """Refuse who is here, or is asked already."""
        email = self.cleaned_data["email"].lower()
        if is_known(email):
            raise ValidationError(_("Somebody has an account with this address."))
        if Invitation.objects.unanswered().to(email).exists():
            raise ValidationError(_("This person is invited already. You can send it again, or take it back."))
        return email


class AcceptForm(forms.Form):
    """Accepting an invitation: one's name, and a password."""

    name = forms.CharField(
        label=_("Your name"),
        max_length=150,
        validators=[plain_text],
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    password = forms.CharField(
        label=_("Choose a password"),
        help_text=LONG_ENOUGH,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    helper = helper("name", "password", Submit("accept", _("Make my account")))

    def __init__(self, *args, invitation, **kwargs):
        super().__init__(*args, initial={"name": invitation.name}, **kwargs)
        self.email = invitation.email

    def clean_password(self):
        """Hold it to the rules, one of which is that it is not name or address."""
        password = self.cleaned_data["password"]
        user = User(first_name=self.cleaned_data.get("name", ""), email=self.email)
        password_validation.validate_password(password, user)
        return password


class RolesForm(forms.Form):
    """What somebody may do."""

    roles = roles_field()
    helper = helper("roles", Submit("change", _("Change the roles")))
