"""The form with which a moderator enters what came in writing."""

from crispy_forms.layout import Submit
from django import forms
from django.utils.translation import gettext_lazy as _

from signatories.models import SignOn
from signatories.states import Source

from .documents import DeskDocumentsForm
from .fields import EmailField, OrganisationFields, helper, plain_text


class RegisterForm(OrganisationFields, DeskDocumentsForm):
    """Somebody at the desk enters a sign-on that came by e-mail or on paper, with what shows it."""

    representative_name = forms.CharField(
        label=_("Representative's name"), max_length=200, required=False, validators=[plain_text]
    )
    representative_role = forms.CharField(label=_("Role"), max_length=200, required=False, validators=[plain_text])
    email = EmailField(
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

    is_another = forms.BooleanField(
        label=_("It is another sign-on: register it all the same"),
        required=False,
    )

    def __init__(self, *args, letter, user, **kwargs):
        """Make a form for a sign-on to `letter`, which `user` enters."""
        super().__init__(*args, owner=f"register {letter.pk} {user.pk}", **kwargs)
        self.letter = letter
        self.namesakes = []
        self.fields["name_as_signed"].label = _("Name of the organisation")
        self.fields["name_as_signed"].widget.attrs = {"autocomplete": "off"}
        self.fields["documents"].label = _("The evidence itself")
        self.helper = helper(
            *("name_as_signed", "name_in_own_script", "acronym", "country", "website"),
            *("representative_name", "representative_role", "email"),
            *("source", "note", "kept", "documents"),
            Submit("register", _("Register")),
        )

    def clean(self):
        """Ask first if somebody has signed for an organisation of this name."""
        cleaned = super().clean()
        is_another = cleaned.pop("is_another", False)
        if name := cleaned.get("name_as_signed"):
            self.namesakes = list(SignOn.objects.namesakes(self.letter, name)[:5])
        if self.namesakes:
            # The box stands there only where it is needed.
            self.helper.layout.fields.insert(-1, "is_another")
            if not is_another:
                self.add_error(
                    "is_another",
                    _("An organisation of this name has signed. Look at that first; tick this if it is another."),
                )
        return cleaned
