"""What a moderator fills in to ask an organisation, and to settle its objection."""

from crispy_forms.layout import Submit
from django import forms
from django.utils.translation import gettext_lazy as _

from .fields import EmailField, helper, written_text


class NoticeForm(forms.Form):
    """A moderator sends a notice to an address that the organisation publishes."""

    address = EmailField(
        label=_("Published e-mail address of the organisation"),
        max_length=254,
        help_text=_("From its own website or a public register, not from this sign-on. Nothing is looked up for you."),
        widget=forms.EmailInput(attrs={"autocomplete": "off", "inputmode": "email"}),
        error_messages={
            "required": _("Enter the address that the organisation publishes."),
            "invalid": _("Write the e-mail address as in name@example.org."),
        },
    )
    found_at = forms.CharField(
        label=_("Where it is published"),
        max_length=300,
        help_text=_("For the record: for example, “contact page of their website, 3 May”."),
        validators=[written_text],
        error_messages={"required": _("Note where the organisation publishes this address.")},
    )

    def __init__(self, *args, sign_on, **kwargs):
        """Make a form for a notice about `sign_on`."""
        super().__init__(*args, **kwargs)
        self.sign_on = sign_on
        self.helper = helper("address", "found_at", Submit("notify", _("Send the notice")))

    def clean_address(self):
        """Refuse the representative's own address: whoever signed would answer for the organisation."""
        address = self.cleaned_data["address"]
        if address.lower() == self.sign_on.email.lower():
            raise forms.ValidationError(
                _("This is the address of whoever signed. Ask at another one, which the organisation publishes.")
            )
        return address


class SettleForm(forms.Form):
    """A moderator notes how an objection was settled."""

    note = forms.CharField(
        label=_("How it was settled"),
        help_text=_("For the record: who said so, when, and where that is kept."),
        max_length=2000,
        validators=[written_text],
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Note how the objection was settled.")},
    )

    helper = helper("note", Submit("settle", _("Mark as settled")))
