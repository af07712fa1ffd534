"""The form with which a moderator enters what came in writing."""

from crispy_forms.layout import Submit
from django import forms
from django.utils.translation import gettext_lazy as _

from signatories.states import Source

from .fields import OrganisationFields, helper, plain_text


class RegisterForm(OrganisationFields):
    """A moderator enters a sign-on that came by e-mail or on paper."""

    representative_name = forms.CharField(
        label=_("Representative's name"), max_length=200, required=False, validators=[plain_text]
    )
    representative_role = forms.CharField(label=_("Role"), max_length=200, required=False, validators=[plain_text])
    email = forms.EmailField(
        label=_("Representative's e-mail address"),
        max_length=254,
        required=False,
        help_text=_("Decisions are sent there; without it nobody is told."),
    )
    source = forms.ChoiceField(
        label=_("How it came"),
        choices=lambda: [one for one in Source.choices if one[0] not in (Source.FORM, Source.IMPORT)],
    )
    note = forms.CharField(
        label=_("Where the evidence is"),
        help_text=_("For the record: for example, “letter of 3 May, signed by the director, in our files”."),
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Note where the written sign-on can be found.")},
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["name_as_signed"].label = _("Name of the organisation")
        self.fields["name_as_signed"].widget.attrs = {"autocomplete": "off"}
        self.helper = helper(*self.fields, Submit("register", _("Register")))
