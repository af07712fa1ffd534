"""The moderator's door."""

from crispy_forms.layout import Submit
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from signatories import limits
from signatories.forms.fields import helper

# Attempts an hour to sign in, from one network and to one account.
ATTEMPTS = 30


class SignInForm(AuthenticationForm):
    """Signing in, with limits that hold for a network and for an account alike."""

    helper = helper("username", "password", Submit("sign_in", gettext_lazy("Sign in")))

    def clean(self):
        """Count the attempt before the password is looked at."""
        account = self.cleaned_data.get("username", "")
        if not all(
            [
                limits.hit("sign-in", limits.network(self.request), ATTEMPTS),
                limits.hit("sign-in to", account, ATTEMPTS),
            ]
        ):
            raise ValidationError(_("There were many attempts to sign in. Please wait an hour."))
        return super().clean()


class SignIn(LoginView):
    """The moderator's door."""

    template_name = "moderation/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True
