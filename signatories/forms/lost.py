"""The form with which somebody who lost a link asks for it."""

from crispy_forms.layout import Submit
from django import forms
from django.utils.translation import gettext_lazy as _

from .fields import EmailField, helper


class LostLinkForm(forms.Form):
    """The address that signed."""

    email = EmailField(
        label=_("Your e-mail address"),
        max_length=254,
        help_text=_("The one with which you signed."),
        widget=forms.EmailInput(attrs={"autocomplete": "email", "inputmode": "email"}),
        error_messages={
            "required": _("Enter your e-mail address."),
            "invalid": _("Write the e-mail address as in name@example.org."),
        },
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.helper = helper("email", Submit("ask", _("Send me my links")))
        # A browser would cut off what is too long without a word; the form says it instead.
        self.fields["email"].widget.attrs.pop("maxlength", None)
