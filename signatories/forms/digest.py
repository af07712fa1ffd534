"""The form with which somebody at the desk chooses their digest."""

from crispy_forms.layout import Submit
from django import forms
from django.utils.translation import gettext_lazy as _

from signatories.models.digest import Digest

from .fields import helper


class DigestForm(forms.Form):
    """Somebody at the desk chooses how often they are written to."""

    frequency = forms.ChoiceField(
        label=_("A message about what waits"), choices=Digest.Frequency.choices, widget=forms.RadioSelect
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.helper = helper("frequency", Submit("choose", _("Save")))
