"""What a representative fills in to give a sign-on to another mailbox, and a moderator to settle an objection."""

from crispy_forms.layout import Submit
from django import forms
from django.utils.translation import gettext_lazy as _

from signatories import declarations

from .fields import EmailField, helper, person_text, written_text


class MailboxForm(forms.Form):
    """The address that takes over, which is not the present one."""

    email = EmailField(
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "inputmode": "email"}),
        error_messages={
            "required": _("Enter the e-mail address."),
            "invalid": _("Write the e-mail address as in name@example.org."),
        },
    )

    def __init__(self, *args, sign_on, **kwargs):
        """Make a form for `sign_on`."""
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            # A browser would cut off what is too long without a word; the form says it instead.
            field.widget.attrs.pop("maxlength", None)
        self.sign_on = sign_on

    def clean_email(self):
        """Refuse the address that we write to already."""
        address = self.cleaned_data["email"]
        if address.lower() == self.sign_on.email.lower():
            raise forms.ValidationError(_("We write to this address already."))
        return address


class ContactForm(MailboxForm):
    """The same person has a new address."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("Your new e-mail address")
        self.fields["email"].help_text = _("We send a link there. Nothing changes before you confirm it by that link.")
        self.helper = helper("email", Submit("offer", _("Send a link to the new address")))


class SuccessorForm(MailboxForm):
    """Another person takes over."""

    name = forms.CharField(
        label=_("Name of your successor"),
        max_length=200,
        validators=[person_text],
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Enter the name of your successor.")},
    )
    role = forms.CharField(
        label=_("Their role in the organisation"),
        max_length=200,
        validators=[person_text],
        help_text=_("For example: director, secretary-general."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Enter their role in the organisation.")},
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("Their e-mail address")
        self.fields["email"].help_text = _("We send a link there. Nothing changes before your successor accepts.")
        self.fields["email"].widget.attrs["autocomplete"] = "off"
        self.helper = helper("name", "role", "email", Submit("offer", _("Ask your successor")))


class AcceptForm(forms.Form):
    """A successor declares to be authorised."""

    declaration = forms.BooleanField(
        label=declarations.DECLARATION,
        error_messages={"required": _("Only somebody who is authorised can take over. Tick the box if you are.")},
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.helper = helper("declaration", Submit("accept", _("Take over")))


class SettleTransferForm(forms.Form):
    """A moderator decides on an objection to a hand-over."""

    outcome = forms.ChoiceField(
        label=_("What becomes of the hand-over"),
        choices=[
            ("stop", _("It is stopped: the sign-on stays with whoever objected.")),
            ("do", _("It takes effect: the sign-on goes to the other mailbox.")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what becomes of it.")},
    )
    note = forms.CharField(
        label=_("How it was settled"),
        help_text=_("For the record: who said so, when, and where that is kept."),
        max_length=2000,
        validators=[written_text],
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Note how the objection was settled.")},
    )

    def __init__(self, *args, is_open, **kwargs):
        """Make the form; of what is done already, only the note remains to be written."""
        super().__init__(*args, **kwargs)
        if not is_open:
            del self.fields["outcome"]
        self.helper = helper(*self.fields, Submit("settle", _("Settle it")))
