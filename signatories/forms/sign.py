"""The form with which a representative signs."""

import time

from crispy_forms.layout import HTML, Div, Fieldset, Submit
from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from signatories import declarations

from .fields import OrganisationFields, helper, plain_text

# Seconds in which nobody fills in the form, and in which everybody has.
TOO_FAST, TOO_LONG = 3, 24 * 60 * 60


class SignForm(OrganisationFields):
    """A representative signs on behalf of an organisation."""

    representative_name = forms.CharField(
        label=_("Your name"),
        max_length=200,
        validators=[plain_text],
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": _("Enter your name.")},
    )
    representative_role = forms.CharField(
        label=_("Your role in the organisation"),
        max_length=200,
        validators=[plain_text],
        help_text=_("For example: director, secretary-general."),
        widget=forms.TextInput(attrs={"autocomplete": "organization-title"}),
        error_messages={"required": _("Enter your role in the organisation.")},
    )
    email = forms.EmailField(
        label=_("Your e-mail address"),
        max_length=254,
        help_text=_("We send you a link to confirm. An address of the organisation's own helps us to recognise it."),
        widget=forms.EmailInput(attrs={"autocomplete": "email", "inputmode": "email"}),
        error_messages={
            "required": _("Enter your e-mail address."),
            "invalid": _("Write the e-mail address as in name@example.org."),
        },
    )
    declaration = forms.BooleanField(
        label=declarations.DECLARATION,
        error_messages={"required": _("Only somebody who is authorised can sign. Tick the box if you are.")},
    )
    # Hidden from people by the style sheet; a bot fills in every field.
    fax = forms.CharField(
        label=_("Leave this empty"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}),
    )
    seal = forms.CharField(widget=forms.HiddenInput, required=False)
    # The token of the invitation whose link led here, if one did; whatever else stands there counts for nothing.
    invitation = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, text, **kwargs):
        """Make a form for signing `text`, a LetterText."""
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            # A browser would cut off what is too long without a word; the form says it instead.
            field.widget.attrs.pop("maxlength", None)
        self.text = text
        self.initial["seal"] = self.new_seal()
        self.helper = helper(
            Fieldset(_("Your organisation"), "name_as_signed", "name_in_own_script", "acronym", "country", "website"),
            Fieldset(_("You, its representative"), "representative_name", "representative_role", "email"),
            Fieldset(_("Your declaration"), "declaration"),
            Div("fax", css_class="trap"),
            "seal",
            "invitation",
            HTML("{% include 'signatories/privacy.html' %}"),
            Submit("sign", _("Sign the letter")),
        )

    def new_seal(self):
        """Return what this form was made for: text, wording of the declaration, time; signed."""
        return signing.dumps(
            [self.text.pk, declarations.VERSION, int(time.time())], salt="signatories.sign", compress=True
        )

    def clean_fax(self):
        """Refuse what only a bot fills in; a person whose browser did it sees it emptied."""
        if self.cleaned_data["fax"]:
            self.reset("fax", "")
            raise ValidationError(_("This field is a trap for robots. We have emptied it: please send the form again."))
        return ""

    def clean_seal(self):
        """Refuse a form that was not read: sent too fast, kept too long, or for words that have changed since."""
        try:
            text, version, made_at = signing.loads(self.cleaned_data["seal"], salt="signatories.sign")
        except (signing.BadSignature, ValueError):
            text, version, made_at = None, None, 0
        age = time.time() - made_at
        if [text, version] == [self.text.pk, declarations.VERSION] and TOO_FAST <= age <= TOO_LONG:
            return self.cleaned_data["seal"]
        if text and text != self.text.pk:
            problem = _("The letter was revised after you opened this form. Please read it again before you sign.")
        elif version and version != declarations.VERSION:
            problem = _("The declaration was reworded after you opened this form. Please read it again.")
        elif text and age < TOO_FAST:
            # The same seal serves again: its time goes on running.
            raise ValidationError(_("That was very fast. Please look over your answers and send the form again."))
        else:
            problem = _("This form had been open for too long. Nothing is lost: please send it again.")
        self.reset("seal", self.new_seal())
        raise ValidationError(problem)

    def reset(self, name, value):
        """Show `value` in the field `name` when the form comes back."""
        self.data = self.data.copy()
        self.data[self.add_prefix(name)] = value

    def received(self):
        """Return what `SignOn.sign` takes."""
        extra = {"fax", "seal", "invitation", "declaration"}
        return {name: value for name, value in self.cleaned_data.items() if name not in extra}
