"""The form by which somebody asks for the link to confirm once more."""

from crispy_forms.layout import Submit
from django import forms
from django.utils.translation import gettext_lazy as _

from .fields import EmailField, helper


class ResendForm(forms.Form):
    """The address with which somebody has signed."""

    email = EmailField(
        label=_("Your e-mail address"),
        max_length=254,
        help_text=_("The one that you wrote into the form."),
        widget=forms.EmailInput(attrs={"autocomplete": "email", "inputmode": "email"}),
        error_messages={
            "required": _("Enter your e-mail address."),
            "invalid": _("Write the e-mail address as in name@example.org."),
        },
    )

    def __init__(self, *args, **kwargs):
        """Make the form."""
        super().__init__(*args, **kwargs)
        self.fields["email"].widget.attrs.pop("maxlength", None)
        self.helper = helper("email", Submit("resend", _("Send the link again")))
