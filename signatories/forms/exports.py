"""The form with which a file of sign-ons is asked for."""

from crispy_forms.layout import Submit
from django import forms
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from letter.models import Letter
from signatories import exports
from signatories.moderation import filters
from signatories.states import State

from .fields import helper, written_text


def choices(every, options):
    """Return the choices of a filter, after the one that narrows nothing."""
    return [("", every), *options]


class ExportForm(forms.Form):
    """Somebody at the desk asks for a file, and says what for. The filters are the queue's, under its names."""

    kind = forms.ChoiceField(label=_("What"), widget=forms.RadioSelect)
    letter = forms.ModelChoiceField(
        label=_("Letter"),
        queryset=Letter.objects.none(),
        to_field_name="slug",
        required=False,
        empty_label=_("all letters"),
    )
    state = forms.ChoiceField(label=_("State"))
    q = forms.CharField(
        label=_("With these words"),
        max_length=200,
        required=False,
        help_text=_("As in the queue's search. The words are not put on record."),
        validators=[written_text],
    )
    age = forms.ChoiceField(label=_("In this state"), required=False)
    country = forms.ChoiceField(label=_("Country"), required=False)
    evidence = forms.ChoiceField(label=_("Evidence"), required=False)
    mine = forms.BooleanField(label=_("Only mine: what I look at, or decided last"), required=False)
    extension = forms.ChoiceField(
        label=_("As"),
        choices=[("csv", _("CSV: text, for any program")), ("xlsx", _("XLSX: a workbook, for Excel and its kin"))],
        initial="csv",
        widget=forms.RadioSelect,
    )
    purpose = forms.CharField(
        label=_("What is it for?"),
        max_length=300,
        help_text=_("Put on record for good, with your name: for example, “invitation to the hearing on 3 May”."),
        validators=[written_text],
        error_messages={"required": _("Say what the file is for: it is put on record.")},
    )

    def __init__(self, *args, user, **kwargs):
        """Make a form with what `user` may export."""
        super().__init__(*args, **kwargs)
        kinds = exports.kinds_for(user)
        self.fields["kind"].choices = [(kind, exports.LABELS[kind]) for kind in kinds]
        self.fields["kind"].initial = kinds[0] if kinds else None
        self.fields["letter"].queryset = Letter.objects.opened()
        self.fields["state"].choices = [*State.choices, (filters.ANY, _("all states"))]
        self.fields["age"].choices = choices(_("for any time"), filters.AGES.items())
        self.fields["country"].choices = choices(_("any"), [*countries, (filters.NONE, _("none: international"))])
        self.fields["evidence"].choices = choices(_("any"), filters.EVIDENCE.items())
        self.helper = helper(*self.fields, Submit("export", _("Export")))

    def narrowed(self):
        """Return what is chosen, by the names of the queue's address; the letter apart."""
        names = ("q", "state", "age", "country", "evidence", "mine")
        return {name: self.cleaned_data[name] for name in names if self.cleaned_data[name]}
