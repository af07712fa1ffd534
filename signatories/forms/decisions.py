"""What a moderator decides, one form per act."""

from django import forms
from django.utils.translation import gettext_lazy as _

from signatories import names
from signatories.models import Organisation
from signatories.models.correction import line_to_accept
from signatories.states import Reason

from .fields import (
    DecisionForm,
    WebsiteField,
    checked_acronym,
    country_choices,
    name_field,
    own_script_field,
    plain_text,
    written_text,
)
from .house_style import Offers, WithHouseStyle
from .organisations import recorded_under
from .queries import AnswerByMailForm, QueryForm


class AcceptForm(WithHouseStyle, DecisionForm):
    """A moderator lists the organisation, under exactly these words."""

    NEW, OTHER = "new", "other"
    submit = _("Accept and list")

    organisation = forms.ChoiceField(label=_("Organisation"), widget=forms.RadioSelect)
    other_organisation = forms.CharField(
        label=_("Name of that other organisation"),
        required=False,
        help_text=_("Only for “one that we know”: its name as recorded, another form of it, or its number as in #12."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    listed_name = name_field(label=_("Name as listed"), help_text=_("This is what will be printed."))
    listed_name_in_own_script = own_script_field(help_text=_("Printed beside the name."))
    listed_acronym = forms.CharField(label=_("Acronym"), max_length=30, required=False, validators=[plain_text])
    listed_country = forms.ChoiceField(label=_("Country"), choices=country_choices, required=False)
    listed_website = WebsiteField(label=_("Website"), required=False)

    def __init__(self, *args, sign_on, similar=(), **kwargs):
        """Make the form, with the organisations among `similar` to choose from."""
        super().__init__(*args, sign_on=sign_on, **kwargs)
        known = {one.organisation.pk: one for one in similar if one.organisation}
        if sign_on.organisation_id and sign_on.organisation_id not in known:
            known[sign_on.organisation_id] = None
        choices = [
            (str(pk), f"{one.name} ({one.similarity.label})" if one else str(sign_on.organisation))
            for pk, one in known.items()
        ]
        self.fields["organisation"].choices = [
            *choices,
            (self.NEW, _("A new organisation")),
            (self.OTHER, _("One that we know under another name")),
        ]
        # A likeness, even the nearest, is not enough: “Мемориал” may be “Memorial”, and may be somebody else.
        same = [pk for pk, one in known.items() if one and one.is_recorded]
        preset = sign_on.organisation_id or (same[0] if len(same) == 1 else None)
        line = line_to_accept(sign_on)
        # One that may be the same is for the moderator to judge: nothing is chosen then. A mere sibling is not.
        is_doubtful = any(one and one.similarity != names.Similarity.SIBLING for one in known.values())
        if preset in known and known[preset] and known[preset].listing:
            # It stands on this letter already: to accept it once more is hardly what is meant.
            preset = None
        defaults = {
            "organisation": str(preset) if preset else ("" if is_doubtful else self.NEW),
            "listed_name": line.name,
            "listed_name_in_own_script": line.name_in_own_script,
            "listed_acronym": line.acronym or names.split_acronym(line.name)[1],
            "listed_country": line.country,
            "listed_website": line.website,
        }
        self.initial = defaults | self.initial
        self.helper.layout.append(Offers())
        self.fields["organisation"].error_messages["required"] = _("Say whether it is one of these or a new one.")

    def clean(self):
        """Turn the choice into the organisation, None for a new one."""
        cleaned = super().clean()
        chosen, name = cleaned.get("organisation"), cleaned.pop("other_organisation", "")
        if chosen == self.OTHER:
            self.find_other(name)
        elif chosen:
            cleaned["organisation"] = None if chosen == self.NEW else Organisation.objects.get(pk=chosen)
        return cleaned

    def find_other(self, name):
        """Choose the one organisation that is recorded under `name`, or say which there are."""
        try:
            self.cleaned_data["organisation"] = recorded_under(name)
        except forms.ValidationError as error:
            self.add_error("other_organisation", error)

    def clean_listed_acronym(self):
        """Hold the acronym to the rules of names: it is published."""
        return checked_acronym(self.cleaned_data["listed_acronym"])


class DeclineForm(DecisionForm):
    """A moderator declines, with a coded reason."""

    submit = _("Decline")

    reason = forms.ChoiceField(
        label=_("Reason"),
        choices=lambda: [("", _("Choose a reason")), *Reason.choices],
        error_messages={"required": _("Choose a reason.")},
    )
    note = forms.CharField(
        label=_("Note to the representative"),
        required=False,
        help_text=_("Sent with the message, after the reason."),
        validators=[written_text],
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class ReopenForm(DecisionForm):
    """A moderator takes a decision back."""

    submit = _("Reopen")

    note = forms.CharField(label=_("Why"), required=False, help_text=_("For the record only."))


class UndoForm(DecisionForm):
    """A moderator undoes the last decision: nothing is asked."""

    submit = _("Undo")


class WithdrawForm(DecisionForm):
    """A moderator withdraws at the organisation's written request."""

    submit = _("Withdraw")

    note = forms.CharField(
        label=_("The written request"),
        help_text=_("For the record: who asked, when, and where the request is kept."),
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Note who asked for it, when, and where the request is kept.")},
    )


FORMS: dict[str, type[DecisionForm]] = {
    "query": QueryForm,
    "answer": AnswerByMailForm,
    "accept": AcceptForm,
    "decline": DeclineForm,
    "reopen": ReopenForm,
    "undo": UndoForm,
    "withdraw": WithdrawForm,
}
