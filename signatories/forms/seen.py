"""What a moderator says of a document."""

from crispy_forms.layout import Submit
from django import forms
from django.utils.translation import gettext_lazy as _

from .fields import helper, written_text


class SeeForm(forms.Form):
    """A moderator has looked at a document."""

    shows = forms.CharField(
        label=_("What it shows"),
        max_length=1000,
        help_text=_("For example: “registration in Kenya under this name, 2019; the director is the representative”."),
        validators=[written_text],
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Write what the document shows.")},
    )
    helper = helper("shows", Submit("see", _("I have seen it")))


class EraseForm(forms.Form):
    """A moderator erases a document before its time."""

    because = forms.CharField(
        label=_("Why"),
        max_length=200,
        help_text=_("For the record, which is for ever: without names."),
        validators=[written_text],
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Say why it is erased before its time.")},
    )
    helper = helper("because", Submit("erase", _("Erase the document")))
