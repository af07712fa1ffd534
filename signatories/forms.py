"""What people fill in, one form per act: each checks one field at a time and explains what is wrong."""

import time
import unicodedata
from urllib.parse import urlsplit

from crispy_forms.helper import FormHelper
from crispy_forms.layout import HTML, Div, Fieldset, Layout, Submit
from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from . import declarations, names
from .models import Organisation
from .states import Reason, Source

# Seconds in which nobody fills in the form, and in which everybody has.
TOO_FAST, TOO_LONG = 3, 24 * 60 * 60


def country_choices():
    """Return all countries, after a choice for organisations that belong to none."""
    return [("", _("None: we are international")), *countries]


class WebsiteField(forms.URLField):
    """An http or https address; one written without it gets https."""

    default_validators = [
        URLValidator(
            schemes=["http", "https"],
            message=_("Write the website's address as in https://www.example.org; only http and https are possible."),
        )
    ]
    default_error_messages = {
        "invalid": _("Write the website's address as in https://www.example.org; only http and https are possible.")
    }

    def __init__(self, **kwargs):
        super().__init__(assume_scheme="https", max_length=300, **kwargs)

    def clean(self, value):
        """Refuse also what hides in an address: it is published."""
        address = super().clean(value)
        try:
            parts = urlsplit(address)
            is_odd = bool(parts.username or parts.password) or (parts.port or 0) > 65535
        except ValueError:
            is_odd = True
        if is_odd or any(unicodedata.category(character) in ("Cc", "Cf") for character in address):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return address


def name_field(**kwargs):
    """Return a field for an organisation's name, with the rules of `names.validate_name`."""
    return forms.CharField(
        max_length=names.MAX_LENGTH,
        validators=[names.validate_name],
        error_messages={
            "required": _("Enter the organisation's name."),
            "max_length": _("The name can have at most %(limit_value)d characters; this one has %(show_value)d."),
        },
        **kwargs,
    )


def plain_text(value):
    """Refuse in a person's name or role what `names.validate_name` refuses: it goes into e-mails."""
    try:
        names.validate_name(value)
    except ValidationError as error:
        if error.code != "too_short":
            raise


def written_text(value):
    """Refuse control characters in a note, but for its line breaks."""
    if any(ord(character) < 32 and character not in "\n\r\t" for character in value):
        raise ValidationError(_("This has an invisible control character in it. Type it again by hand."))


class OrganisationFields(forms.Form):
    """What a sign-on says about the organisation."""

    name_as_signed = name_field(
        label=_("Name of your organisation"),
        help_text=_("Exactly as it should be printed under the letter."),
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    acronym = forms.CharField(
        label=_("Acronym"),
        max_length=30,
        required=False,
        validators=[plain_text],
        help_text=_("Published with the list as data. On the page it stands only if you write it in the name, too."),
    )
    country = forms.ChoiceField(
        label=_("Country"),
        choices=country_choices,
        required=False,
        help_text=_("Where your organisation is based."),
        widget=forms.Select(attrs={"autocomplete": "country"}),
    )
    website = WebsiteField(
        label=_("Website"),
        required=False,
        help_text=_("For example https://www.example.org"),
        widget=forms.URLInput(attrs={"autocomplete": "url", "inputmode": "url"}),
    )

    def clean_acronym(self):
        """Hold the acronym to the rules of names: it is published."""
        return checked_acronym(self.cleaned_data["acronym"])


def checked_acronym(acronym):
    """Return `acronym` if a name could be so; raises ValidationError."""
    if acronym:
        names.validate_name(acronym)
    return acronym


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

    def __init__(self, *args, text, **kwargs):
        """Make a form for signing `text`, a LetterText."""
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            # A browser would cut off what is too long without a word; the form says it instead.
            field.widget.attrs.pop("maxlength", None)
        self.text = text
        self.initial["seal"] = self.new_seal()
        self.helper = helper(
            Fieldset(_("Your organisation"), "name_as_signed", "acronym", "country", "website"),
            Fieldset(_("You, its representative"), "representative_name", "representative_role", "email"),
            Fieldset(_("Your declaration"), "declaration"),
            Div("fax", css_class="trap"),
            "seal",
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
        extra = {"fax", "seal", "declaration"}
        return {name: value for name, value in self.cleaned_data.items() if name not in extra}


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


class DecisionForm(forms.Form):
    """What every decision carries: the last transition that the moderator saw."""

    seen = forms.IntegerField(widget=forms.HiddenInput)
    submit = ""

    def __init__(self, *args, sign_on, **kwargs):
        """Make a form for a decision on `sign_on`."""
        super().__init__(*args, **kwargs)
        self.sign_on = sign_on
        self.initial.setdefault("seen", getattr(sign_on.transitions.last(), "pk", None))
        # Several of these forms stand on one page.
        self.auto_id = f"{type(self).__name__.removesuffix('Form').lower()}_%s"
        self.helper = helper(*self.fields, Submit("act", self.submit))


class AcceptForm(DecisionForm):
    """A moderator lists the organisation, under exactly these words."""

    NEW, OTHER = "new", "other"
    submit = _("Accept and list")

    organisation = forms.ChoiceField(label=_("Organisation"), widget=forms.RadioSelect)
    other_organisation = forms.CharField(
        label=_("Name of that other organisation"),
        required=False,
        help_text=_("Only for “one that we know”: its name as recorded, or another form of it."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    listed_name = name_field(label=_("Name as listed"), help_text=_("This is what will be printed."))
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
        same = [pk for pk, one in known.items() if one and one.similarity == names.Similarity.SAME]
        preset = sign_on.organisation_id or (same[0] if len(same) == 1 else None)
        acronym = sign_on.acronym or names.split_acronym(sign_on.name_as_signed)[1]
        # One that may be the same is for the moderator to judge: nothing is chosen then. A mere sibling is not.
        is_doubtful = any(one and one.similarity != names.Similarity.SIBLING for one in known.values())
        if preset in known and known[preset] and known[preset].listing:
            # It stands on this letter already: to accept it once more is hardly what is meant.
            preset = None
        defaults = {
            "organisation": str(preset) if preset else ("" if is_doubtful else self.NEW),
            "listed_name": sign_on.listed_name or sign_on.name_as_signed,
            "listed_acronym": sign_on.listed_acronym or acronym,
            "listed_country": sign_on.listed_country or sign_on.country,
            "listed_website": sign_on.listed_website or sign_on.website,
        }
        self.initial = defaults | self.initial
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
        found = list(Organisation.objects.known_as(name)) if name else []
        if len(found) == 1:
            self.cleaned_data["organisation"] = found[0]
            return
        near = ", ".join(f"“{one}”" for one in Organisation.objects.similar_to(name)[:5]) if name else ""
        problem = _("No organisation is recorded under this name.")
        if found:
            problem = _("Several organisations are recorded under this name.")
        self.add_error("other_organisation", format_lazy("{} {}", problem, near) if near else problem)

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


class WithdrawForm(DecisionForm):
    """A moderator withdraws at the organisation's written request."""

    submit = _("Withdraw")

    note = forms.CharField(
        label=_("The written request"),
        help_text=_("For the record: who asked, when, and where the request is kept."),
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Note who asked for it, when, and where the request is kept.")},
    )


def helper(*layout):
    """Return a crispy helper for a form that a view's template wraps in its own <form>."""
    made = FormHelper()
    made.form_tag = False
    made.disable_csrf = True
    made.layout = Layout(*layout)
    return made
