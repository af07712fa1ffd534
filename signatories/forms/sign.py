"""The form with which a representative signs: filled in, then checked, then sent."""

import time

from crispy_forms.layout import HTML, Div, Fieldset, Layout, Submit
from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import cached_property
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from signatories import declarations, drafts, hints
from signatories.drafts import TOO_FAST, TOO_LONG

from .fields import EmailField, OrganisationFields, helper, person_text

REVISED = _("The letter was revised after you opened this form. Please read it again before you sign.")
REWORDED = _("The declaration was reworded after you opened this form. Please read it again.")

SPENT = _(
    "You have sent this form before, and the sign-on that came of it no longer stands: it was withdrawn, replaced or"
    " declined, or it was not confirmed in time. To sign again, look over your answers and send the form once more."
)

# What belongs together, on the form and where it is checked.
GROUPS = [
    (_("Your organisation"), ("name_as_signed", "name_in_own_script", "acronym", "country", "website")),
    (_("You, its representative"), ("representative_name", "representative_role", "email")),
    (_("Your declaration"), ("declaration",)),
]


class Answers(OrganisationFields):
    """What a representative answers on behalf of an organisation."""

    representative_name = forms.CharField(
        label=_("Your name"),
        max_length=200,
        validators=[person_text],
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={
            "required": _("Enter your name."),
            "max_length": _("Your name can have at most %(limit_value)d characters; this one has %(show_value)d."),
        },
    )
    representative_role = forms.CharField(
        label=_("Your role in the organisation"),
        max_length=200,
        validators=[person_text],
        help_text=_("For example: director, secretary-general."),
        widget=forms.TextInput(attrs={"autocomplete": "organization-title"}),
        error_messages={
            "required": _("Enter your role in the organisation."),
            "max_length": _("Your role can have at most %(limit_value)d characters; this one has %(show_value)d."),
        },
    )
    email = EmailField(
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

    # The token of the invitation whose link led here, if one did; whatever else stands there counts for nothing.
    invitation = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, text, **kwargs):
        """Make a form for signing `text`, a LetterText."""
        super().__init__(*args, **kwargs)
        self.text = text

    @classmethod
    def typed(cls, data):
        """Return the answers among what was posted, as they were typed."""
        return {name: data.get(name, "") for name in Answers.base_fields}

    @classmethod
    def carried_on(cls, data):
        """Return the answers as they were typed, with the seal of the form in which that was."""
        return cls.typed(data) | {"seal": data.get("seal", "")}

    @cached_property
    def hints(self):
        """What could be meant instead of what stands in a field, by the field's name."""
        return hints.hints(self.typed(self.data if self.is_bound else self.initial), get_language())

    @property
    def hinted_country(self):
        """The name of the country that the website's ending suggests."""
        return countries.name(self.hints.get("country", ""))

    def received(self):
        """Return what `SignOn.sign` takes."""
        extra = {"declaration", "invitation"}
        return {name: self.cleaned_data[name] for name in Answers.base_fields if name not in extra}


class SignForm(Answers):
    """The form as it is filled in; once it is valid, its answers are shown to be checked."""

    # Hidden from people by the style sheet; a bot fills in every field.
    fax = forms.CharField(
        label=_("Leave this empty"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}),
    )
    seal = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, **kwargs):
        """Make a form for signing a text; `initial` may be what was typed before, with the seal of that form."""
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            # A browser would cut off what is too long without a word; the form says it instead.
            field.widget.attrs.pop("maxlength", None)
        if not self.initial.get("seal"):
            self.initial["seal"] = self.new_seal()
        self.helper = helper(
            *(Fieldset(title, *with_hints(names)) for title, names in GROUPS),
            Div("fax", css_class="trap"),
            "seal",
            "invitation",
            HTML("{% include 'signatories/privacy.html' %}"),
            Submit("check", _("Continue")),
        )

    @classmethod
    def again(cls, data, problems, *, text):
        """Return the form with the answers that could not be sent, and why; its other faults are said, too."""
        # Whoever comes back from the page that checks has taken their time.
        seal = drafts.new_seal(text.pk, declarations.VERSION, age=TOO_FAST)
        form = cls(cls.typed(data) | {"seal": seal.signed()}, text=text)
        for problem in problems:
            form.add_error(None, problem)
        return form

    def new_seal(self):
        """Return what this form was made for, signed."""
        return drafts.new_seal(self.text.pk, declarations.VERSION).signed()

    def clean_fax(self):
        """Refuse what only a bot fills in; a person whose browser did it sees it emptied."""
        if self.cleaned_data["fax"]:
            self.reset("fax", "")
            raise ValidationError(_("This field is a trap for robots. We have emptied it: please send the form again."))
        return ""

    def clean_seal(self):
        """Refuse a form that was not read: sent too fast, kept too long, or for words that have changed since."""
        seal = drafts.read_seal(self.cleaned_data["seal"])
        age = time.time() - seal.made_at if seal else 0
        if seal and seal.text != self.text.pk:
            problem = REVISED
        elif seal and seal.version != declarations.VERSION:
            problem = REWORDED
        elif seal and age < TOO_FAST:
            # The same seal serves again: its time goes on running.
            raise ValidationError(_("That was very fast. Please look over your answers and send the form again."))
        elif not seal or age > TOO_LONG:
            problem = _("This form had been open for too long. Nothing is lost: please send it again.")
        else:
            return self.cleaned_data["seal"]
        self.reset("seal", self.new_seal())
        raise ValidationError(problem)

    def reset(self, name, value):
        """Show `value` in the field `name` when the form comes back."""
        self.data = self.data.copy()
        self.data[self.add_prefix(name)] = value

    def checked(self):
        """Return what was checked, as the form that sends it."""
        answers = {name: str(value) for name, value in self.received().items()} | {"declaration": "on"}
        answers["invitation"] = self.cleaned_data["invitation"]
        seal = self.cleaned_data["seal"]
        draft = drafts.draft(drafts.read_seal(seal), answers)
        return CheckedForm(answers | {"seal": seal, "draft": draft}, text=self.text)


class CheckedForm(Answers):
    """The answers as they were checked, with the draft that says so: what is sent. All of it is hidden."""

    draft = forms.CharField(required=False)

    @property
    def carried(self):
        """Names and values of the hidden fields; with the seal, under which the form goes on if something changes."""
        return [(name, self.data.get(name, "")) for name in (*self.fields, "seal")]

    @property
    def groups(self):
        """What was answered, in groups: title, first field, and of each answer the field, its label, its words."""
        for title, names in GROUPS:
            rows = [(name, self.fields[name].label, self.words(name)) for name in names if name != "declaration"]
            yield title, self[names[0]].id_for_label, rows

    def words(self, name):
        """Return an answer as a page says it."""
        value = self.data.get(name, "")
        return (countries.name(value) or _("None: international")) if name == "country" else value

    def clean_draft(self):
        """Refuse what is not what was checked, was checked long ago, or was checked for other words."""
        draft = drafts.read_draft(self.cleaned_data["draft"], self.typed(self.data))
        if draft is None:
            raise ValidationError(_("These are not the answers that you checked. Please look at them once more."))
        if draft.text != self.text.pk:
            raise ValidationError(REVISED)
        if draft.version != declarations.VERSION:
            raise ValidationError(REWORDED)
        if time.time() - draft.made_at > TOO_LONG:
            raise ValidationError(
                _("You checked your answers more than a day ago. Nothing is lost: please look at them once more.")
            )
        return draft


def with_hints(names):
    """Return fields for a layout, each with what could be meant instead."""
    return [
        Layout(name, HTML(f"{{% include 'signatories/hint.html' with field='{name}' value=form.hints.{name} %}}"))
        for name in names
    ]
