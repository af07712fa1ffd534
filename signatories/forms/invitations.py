"""What the desk fills in to invite a coalition's members, and for those who want to be left alone."""

from crispy_forms.layout import Fieldset, Submit
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import DomainNameValidator
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from letter.content import interface_language
from signatories import batches, evidence, members
from signatories.sheets import SheetFault

from .fields import EmailField, helper, plain_text, written_text

INVALID_EMAIL = gettext_lazy("Write the e-mail address as in name@example.org.")


def short(code):
    """Return the tag of a language of the interface as people and rows have it: en, not en-gb."""
    return code.partition("-")[0]


class MembersForm(forms.Form):
    """A file with a network's members."""

    network = forms.CharField(
        label=gettext_lazy("Network that invites"),
        max_length=120,
        validators=[plain_text],
        help_text=gettext_lazy("As the members know it; the messages name it, and so do the figures."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Say which network these are the members of.")},
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        choices=lambda: [(short(code), name) for code, name in settings.LANGUAGES],
        help_text=gettext_lazy("Of the messages to those for whom the file names none."),
    )
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("CSV or an Excel workbook (.xlsx), up to 10 MB and 10,000 rows."),
        error_messages={"required": gettext_lazy("Choose a file."), "empty": gettext_lazy("The file is empty.")},
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx"}),
    )
    helper = helper("network", "language", "file", Submit("look", gettext_lazy("Look at it first")))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # A browser would cut off what is too long without a word; the form says it instead.
        self.fields["network"].widget.attrs.pop("maxlength", None)

    def clean_file(self):
        """Read the lines; `content` is the file, `members` what it holds."""
        file = self.cleaned_data["file"]
        if file.size > batches.MAX_SIZE:
            raise ValidationError(_("The file is larger than 10 MB."))
        self.content = file.read()
        try:
            self.members = members.read(self.content)
        except SheetFault as fault:
            raise ValidationError(str(fault)) from None
        return file


class WordsForm(forms.Form):
    """What the members are written, in each of their languages."""

    sender = forms.CharField(
        label=gettext_lazy("Who writes"),
        max_length=200,
        validators=[plain_text],
        help_text=gettext_lazy("As the members' mailboxes show it: “Amina Diallo, for the coalition”."),
        error_messages={"required": gettext_lazy("Enter the name of the person who writes.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    reply_to = EmailField(
        label=gettext_lazy("Where answers go"),
        max_length=254,
        help_text=gettext_lazy("That person's e-mail address. Members see it."),
        error_messages={
            "required": gettext_lazy("Enter the e-mail address to which members answer."),
            "invalid": INVALID_EMAIL,
        },
    )
    has_reminders = forms.BooleanField(
        label=gettext_lazy("Remind those who have not answered after 7 and after 14 days, as long as they can sign"),
        required=False,
    )

    def __init__(self, *args, one, user, languages, **kwargs):
        """Make a form for the round `one`, with a subject and a note in each of its `languages`."""
        super().__init__(*args, **kwargs)
        self.languages = languages
        self.initial |= {
            "sender": one.sender or user.get_full_name(),
            "reply_to": one.reply_to or user.email,
            "has_reminders": one.has_reminders,
        }
        names = dict(settings.LANGUAGES)
        fieldsets = []
        for code in languages:
            words = one.words.get(code) or default_words(one.letter, code)
            self.fields[f"subject_{code}"] = forms.CharField(
                label=gettext_lazy("Subject"),
                max_length=250,
                initial=words["subject"],
                validators=[plain_text],
                widget=forms.TextInput(attrs={"lang": code, "dir": "auto", "autocomplete": "off"}),
            )
            self.fields[f"note_{code}"] = forms.CharField(
                label=gettext_lazy("Covering words"),
                max_length=5000,
                initial=words["note"],
                validators=[written_text],
                help_text=gettext_lazy("They stand between the salutation and the link; below is how it looks."),
                widget=forms.Textarea(attrs={"rows": 5, "lang": code, "dir": "auto"}),
            )
            fieldsets.append(Fieldset(_("E-mail: %s") % names.get(code, code), f"subject_{code}", f"note_{code}"))
        for field in self.fields.values():
            field.widget.attrs.pop("maxlength", None)
        self.helper = helper(
            Fieldset(_("In whose name"), "sender", "reply_to", "has_reminders"),
            *fieldsets,
            Submit("word", _("Keep these words, and show the messages"), css_class="quiet"),
        )

    def chosen(self):
        """Return what `InvitationRound.word` takes."""
        cleaned = self.cleaned_data
        words = {
            code: {"subject": cleaned[f"subject_{code}"], "note": cleaned[f"note_{code}"]} for code in self.languages
        }
        return {name: cleaned[name] for name in ("sender", "reply_to", "has_reminders")} | {"words": words}


def default_words(letter, code):
    """Return the words with which the form begins, in the language `code` of the interface."""
    with translation.override(interface_language(code)):
        text = letter.text_for(code)
        return {
            # A title may be longer than a subject.
            "subject": (_("Invitation to sign: %(title)s") % {"title": text.title})[:250],
            "note": _("We would be glad if your organisation stood among those who sign this letter."),
        }


class InvitationExportForm(forms.Form):
    """Somebody takes the invitations of a letter away, and says what for."""

    extension = forms.ChoiceField(
        label=gettext_lazy("As"),
        choices=[
            ("csv", gettext_lazy("CSV: text, for any program")),
            ("xlsx", gettext_lazy("XLSX: a workbook, for Excel and its kin")),
        ],
        initial="csv",
        widget=forms.RadioSelect,
    )
    purpose = forms.CharField(
        label=gettext_lazy("What is it for?"),
        max_length=300,
        help_text=gettext_lazy("Put on record for good, with your name: for example, “report to the network”."),
        validators=[written_text],
        error_messages={"required": gettext_lazy("Say what the file is for: it is put on record.")},
    )
    helper = helper("extension", "purpose", Submit("export", gettext_lazy("Export")))


class DoNotContactForm(forms.Form):
    """An address or a domain to which nobody writes."""

    whom = forms.CharField(
        label=gettext_lazy("E-mail address or domain"),
        max_length=254,
        help_text=gettext_lazy("For example name@example.org for one mailbox, or example.org for all of a domain."),
        error_messages={"required": gettext_lazy("Enter an e-mail address or a domain.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    note = forms.CharField(
        label=gettext_lazy("Where they asked for it"),
        max_length=300,
        help_text=gettext_lazy("Put on record: for example, “e-mail of 3 May”. Name nobody here."),
        validators=[written_text],
        error_messages={"required": gettext_lazy("Say where they asked for it.")},
    )
    helper = helper("whom", "note", Submit("add", gettext_lazy("Write to them no more")))

    def clean_whom(self):
        """Return an address, or the domain in lower case and ASCII."""
        whom = self.cleaned_data["whom"]
        if "@" in whom.lstrip("@"):
            try:
                EmailField().clean(whom)
            except ValidationError:
                raise ValidationError(INVALID_EMAIL) from None
            return whom
        domain = evidence.domain_of_email(f"x@{whom.lstrip('@')}")
        try:
            DomainNameValidator()(domain)
        except ValidationError:
            raise ValidationError(_("Write the domain as in example.org.")) from None
        return domain


class MayContactForm(forms.Form):
    """An address whose owner wants to be written to again."""

    address = EmailField(
        label=gettext_lazy("E-mail address"),
        max_length=254,
        error_messages={"required": gettext_lazy("Enter an e-mail address."), "invalid": INVALID_EMAIL},
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    wish = forms.CharField(
        label=gettext_lazy("Where they asked to be written to"),
        max_length=300,
        help_text=gettext_lazy("Put on record: for example, “e-mail of 3 May”. Name nobody here."),
        validators=[written_text],
        error_messages={"required": gettext_lazy("Say where they asked for it.")},
    )
    helper = helper(
        "address", "wish", Submit("allow", gettext_lazy("Take the address off the list"), css_class="quiet")
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.auto_id = "allow_%s"
