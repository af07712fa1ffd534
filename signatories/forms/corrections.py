"""Corrections of what is printed: proposed by a representative, reviewed or made by a moderator."""

from crispy_forms.layout import Submit
from django import forms
from django.utils.translation import gettext_lazy as _

from signatories.models.correction import as_values, digest_of, line_of

from .fields import (
    WebsiteField,
    checked_acronym,
    country_choices,
    helper,
    name_field,
    own_script_field,
    plain_text,
    written_text,
)
from .house_style import Offers, WithHouseStyle


class LineForm(forms.Form):
    """What is printed of a signatory."""

    name = name_field(label=_("Name as printed"), widget=forms.TextInput(attrs={"autocomplete": "off"}))
    name_in_own_script = own_script_field(help_text=_("Printed beside the name; only if it has one in another script."))
    acronym = forms.CharField(label=_("Acronym"), max_length=30, required=False, validators=[plain_text])
    country = forms.ChoiceField(label=_("Country"), choices=country_choices, required=False)
    website = WebsiteField(label=_("Website"), required=False)

    def clean_acronym(self):
        """Hold the acronym to the rules of names: it is published."""
        return checked_acronym(self.cleaned_data["acronym"])


class CorrectForm(LineForm):
    """A representative proposes how the organisation should be printed."""

    reason = forms.CharField(
        label=_("Why"),
        max_length=1000,
        required=False,
        help_text=_("Only the moderators read it."),
        validators=[written_text],
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args, line, **kwargs):
        """Make the form, with `line` to start from."""
        super().__init__(*args, initial=as_values(line), **kwargs)
        for field in self.fields.values():
            # A browser would cut off what is too long without a word; the form says it instead.
            field.widget.attrs.pop("maxlength", None)
        self.helper = helper(*self.fields, Submit("correct", _("Propose this correction")))


class DeskForm(WithHouseStyle, LineForm):
    """What both forms of the desk carry: the line that the moderator saw, and the house style."""

    styled_field = "name"
    submit = ""

    seen = forms.CharField(widget=forms.HiddenInput, max_length=16)

    def __init__(self, *args, sign_on, initial=None, **kwargs):
        """Make a form about what is printed of `sign_on`."""
        self.sign_on = sign_on
        line = line_of(sign_on)
        super().__init__(*args, initial={**as_values(line), "seen": digest_of(line)} | (initial or {}), **kwargs)
        self.helper = helper(*self.fields, Submit("act", self.submit), Offers())


class ReviewForm(DeskForm):
    """A moderator applies a correction, as proposed or changed."""

    submit = _("Apply and print this")

    note = forms.CharField(
        label=_("Note to the representative"),
        max_length=1000,
        required=False,
        help_text=_("Sent with the message that tells how it is printed now."),
        validators=[written_text],
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class EditForm(DeskForm):
    """A moderator changes what is printed of a signatory."""

    submit = _("Print this from now on")

    reason = forms.CharField(
        label=_("Why"),
        max_length=1000,
        help_text=_("For the record, and for the representative if you tell them."),
        validators=[written_text],
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Say why it is changed.")},
    )
    is_told = forms.BooleanField(label=_("Tell the representative by e-mail"), required=False)


class DeclineCorrectionForm(forms.Form):
    """A moderator leaves the line as it is, and says why."""

    note = forms.CharField(
        label=_("Note to the representative"),
        max_length=1000,
        help_text=_("Sent by e-mail."),
        validators=[written_text],
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Say why it stays as it is.")},
    )

    helper = helper("note", Submit("refuse", _("Decline the correction")))

    def __init__(self, *args, **kwargs):
        # Another form with a note stands on the same page.
        super().__init__(*args, auto_id="refuse_%s", **kwargs)
