"""What to look for in the record."""

from django import forms
from django.contrib.auth.models import User
from django.utils.translation import gettext_lazy as _

from audit.models import Entry

from .fields import helper


class RecordForm(forms.Form):
    """A search of the record; all of it is optional."""

    q = forms.CharField(label=_("Words"), required=False, widget=forms.SearchInput)
    by = forms.ModelChoiceField(
        label=_("Who"), queryset=User.objects.order_by("username"), required=False, empty_label=_("anybody")
    )
    act = forms.ChoiceField(
        label=_("What was done"),
        required=False,
        choices=lambda: [("", _("anything")), *((act, act) for act in Entry.objects.acts())],
    )
    since = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.helper = helper(*self.fields)

    def entries(self):
        """Return what was looked for; nothing if a field is wrong."""
        if not self.is_valid():
            return Entry.objects.none()
        asked = self.cleaned_data
        return (
            Entry.objects.search(asked["q"]).between(asked["since"], asked["until"]).by(asked["by"]).done(asked["act"])
        )
