"""What the secretariat fills in."""

from crispy_forms.layout import Fieldset, Submit
from django import forms
from django.conf.locale import LANG_INFO
from django.core import signing
from django.core.exceptions import ValidationError
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_countries import countries

from letter.content import interface_language
from signatories.forms.fields import helper, plain_text, written_text
from signatories.sheets import SheetFault

from . import book
from .copies import default_note
from .models import COLUMNS, INVALID_EMAIL, FollowUp, Recipient

# Bytes of an answer's file.
MAX_ANSWER = 10_000_000


def name_of_language(tag):
    """Return what a language calls itself, or its tag."""
    info = LANG_INFO.get(tag.lower()) or LANG_INFO.get(tag.split("-")[0].lower()) or {}
    return info.get("name_local", tag)


class LanguageField(forms.CharField):
    """A language, by its tag or its name."""

    def clean(self, value):
        """Return its BCP 47 tag."""
        words = super().clean(value)
        tag = book.language_tag(words) if words else ""
        if words and not tag:
            raise ValidationError(_("“%(value)s” is not a language; write a tag such as en or fr.") % {"value": words})
        return tag


class RecipientForm(forms.ModelForm):
    """One line of the book."""

    country = forms.ChoiceField(
        label=gettext_lazy("Country"),
        required=False,
        choices=lambda: [("", gettext_lazy("None: an organisation or a person")), *countries],
    )
    language = LanguageField(
        label=gettext_lazy("Language"),
        required=False,
        max_length=50,
        help_text=gettext_lazy("As in en or fr. If empty, or if the letter has no text in it, the original."),
    )

    class Meta:
        model = Recipient
        fields = COLUMNS
        error_messages = {"email": {"invalid": INVALID_EMAIL}}
        widgets = {"postal_address": forms.Textarea(attrs={"rows": 4}), "channel": forms.RadioSelect}

    def __init__(self, *args, submit, **kwargs):
        """Make a form whose button says `submit`; the instance has its letter."""
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            # A browser would cut off what is too long without a word; the form says it instead.
            field.widget.attrs.pop("maxlength", None)
            field.widget.attrs["autocomplete"] = "off"
        self.helper = helper(*self.fields, Submit("save", submit))

    def clean(self):
        """Refuse somebody who is in the book."""
        cleaned = super().clean()
        same = Recipient.objects.filter(
            letter=self.instance.letter,
            name__iexact=cleaned.get("name", ""),
            office__iexact=cleaned.get("office", ""),
            country=cleaned.get("country", ""),
        )
        if (cleaned.get("name") or cleaned.get("office")) and same.exclude(pk=self.instance.pk).exists():
            self.add_error("name", self.in_the_book())
        return cleaned

    @staticmethod
    def in_the_book():
        """Return the error for a second line for one recipient."""
        return _("Somebody of this name, office and country is in the book already.")


class UploadForm(forms.Form):
    """A file with recipients."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("CSV or an Excel workbook (.xlsx), up to 1 MB and 2,000 recipients."),
        error_messages={
            "required": gettext_lazy("Choose a file."),
            "empty": gettext_lazy("The file is empty."),
        },
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx"}),
    )
    helper = helper("file", Submit("preview", gettext_lazy("Look at it first")))

    def clean_file(self):
        """Read the lines; `sheet` has them."""
        file = self.cleaned_data["file"]
        try:
            if file.size > book.MAX_SIZE:
                raise SheetFault(_("The file is larger than 1 MB."))
            self.sheet = book.read(file.read())
        except SheetFault as fault:
            raise ValidationError(str(fault)) from None
        return file


class ImportForm(forms.Form):
    """The lines that were looked at, signed: between preview and import nothing is kept here."""

    lines = forms.CharField(widget=forms.HiddenInput)

    SALT = "delivery.import"
    DAY = 24 * 60 * 60

    @classmethod
    def of(cls, letter, name, rows):
        """Return the form that carries what is to be written of `rows`."""
        lines = [
            [str(getattr(row.recipient, column)) for column in COLUMNS]
            for row in rows
            if row.outcome in ("new", "changed")
        ]
        signed = signing.dumps([letter.pk, name, lines], salt=cls.SALT, compress=True)
        return cls(initial={"lines": signed})

    def __init__(self, *args, letter=None, **kwargs):
        """Make a form; what is posted must be of `letter`."""
        super().__init__(*args, **kwargs)
        self.letter = letter

    def clean_lines(self):
        """Return the file's name and the recipients."""
        try:
            letter, name, lines = signing.loads(self.cleaned_data["lines"], salt=self.SALT, max_age=self.DAY)
        except signing.BadSignature:
            raise ValidationError(_("This preview is too old. Please choose the file again.")) from None
        if letter != self.letter.pk:
            raise ValidationError(_("This preview is of another letter. Please choose the file again."))
        return name, [Recipient(**dict(zip(COLUMNS, line, strict=True))) for line in lines]


class DeliverForm(forms.Form):
    """How the letter is delivered: in whose name, with which words."""

    sender = forms.CharField(
        label=gettext_lazy("Who sends it"),
        max_length=200,
        validators=[plain_text],
        help_text=gettext_lazy("As the recipients' mailboxes show it: “Amina Diallo, for the coalition”."),
        error_messages={"required": gettext_lazy("Enter the name of the person who sends the letter.")},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    reply_to = forms.EmailField(
        label=gettext_lazy("Where answers go"),
        max_length=254,
        help_text=gettext_lazy("That person's e-mail address. Recipients see it."),
        error_messages={
            "required": gettext_lazy("Enter the e-mail address to which recipients answer."),
            "invalid": INVALID_EMAIL,
        },
    )
    has_cover_line = forms.BooleanField(
        label=gettext_lazy(
            "Print on each copy which organisations of the recipient's country sign: “including 3 organisations from …”"
        ),
        required=False,
        initial=True,
    )
    seen = forms.IntegerField(widget=forms.HiddenInput)
    understood = forms.BooleanField(
        label=gettext_lazy(
            "I understand that signing ends now, that this edition becomes the edition of record for ever, and that "
            "e-mails leave at once"
        ),
        error_messages={"required": gettext_lazy("This cannot be taken back. Tick the box if you are sure.")},
    )

    def __init__(self, *args, letter, edition, user, **kwargs):
        """Make a form for delivering `edition`, with a subject and a note in each language of its texts."""
        super().__init__(*args, **kwargs)
        self.languages = sorted(edition.texts, key=lambda tag: (tag != letter.language, tag))
        self.initial |= {"seen": edition.number, "sender": user.get_full_name(), "reply_to": user.email}
        fieldsets = []
        for tag in self.languages:
            text = letter.text(tag)
            with translation.override(interface_language(tag)):
                note = default_note(edition, text.title)
            self.fields[f"subject_{tag}"] = forms.CharField(
                label=gettext_lazy("Subject"), max_length=250, initial=text.title, validators=[plain_text]
            )
            self.fields[f"note_{tag}"] = forms.CharField(
                label=gettext_lazy("Covering note"),
                max_length=5000,
                initial=note,
                validators=[written_text],
                help_text=gettext_lazy("It stands between the salutation and your name; the letter is enclosed."),
                widget=forms.Textarea(attrs={"rows": 5, "lang": tag, "dir": "auto"}),
            )
            legend = _("E-mail") if len(self.languages) == 1 else _("E-mail: %s") % name_of_language(tag)
            fieldsets.append(Fieldset(legend, f"subject_{tag}", f"note_{tag}"))
        for field in self.fields.values():
            field.widget.attrs.pop("maxlength", None)
        self.helper = helper(
            Fieldset(_("In whose name"), "sender", "reply_to"),
            *fieldsets,
            Fieldset(_("The copies"), "has_cover_line"),
            Fieldset(_("This cannot be undone"), "understood"),
            "seen",
            Submit("deliver", _("Deliver the letter")),
        )

    def reset_seen(self):
        """Show the newest edition's number when the form comes back."""
        self.data = self.data.copy()
        self.data["seen"] = self.initial["seen"]

    def chosen(self):
        """Return what `Delivery.deliver` takes."""
        cleaned = self.cleaned_data
        words = {tag: {"subject": cleaned[f"subject_{tag}"], "note": cleaned[f"note_{tag}"]} for tag in self.languages}
        return {name: cleaned[name] for name in ("seen", "sender", "reply_to", "has_cover_line")} | {"words": words}


class DateField(forms.DateField):
    """A day that is not in the future."""

    def __init__(self, **kwargs):
        widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        invalid = gettext_lazy("Write the date as in 2020-04-28.")
        super().__init__(widget=widget, error_messages={"invalid": invalid}, **kwargs)

    def clean(self, value):
        """Allow for those whose day has begun before UTC's."""
        day = super().clean(value)
        if day and day > (timezone.now() + timezone.timedelta(hours=14)).date():
            raise ValidationError(_("This day is in the future."))
        return day


class FollowUpForm(forms.ModelForm):
    """What happened to a recipient's copy."""

    on = DateField(label=gettext_lazy("On"))
    language = LanguageField(
        label=gettext_lazy("Language of the words"), required=False, max_length=50, help_text=gettext_lazy("As in fr.")
    )
    file = forms.FileField(
        label=gettext_lazy("The answer as a file"),
        required=False,
        help_text=gettext_lazy("PDF, up to 10 MB. After an error it must be chosen again."),
        widget=forms.FileInput(attrs={"accept": ".pdf,application/pdf"}),
    )
    drop_file = forms.BooleanField(label=gettext_lazy("Take the present file away"), required=False)
    is_published = forms.BooleanField(
        label=gettext_lazy("Publish it on the letter's page: date, who, words and file"), required=False
    )

    class Meta:
        model = FollowUp
        fields = ["event", "on", "words", "language", "who"]
        widgets = {"event": forms.RadioSelect, "words": forms.Textarea(attrs={"rows": 5, "dir": "auto"})}
        labels = {"words": gettext_lazy("The answer's words"), "who": gettext_lazy("Who, on the letter's page")}

    def __init__(self, *args, submit, **kwargs):
        """Make a form whose button says `submit`; the instance has its recipient."""
        super().__init__(*args, **kwargs)
        recipient = self.instance.recipient
        # Radio buttons without one for “nothing chosen”.
        self.fields["event"].choices = FollowUp.Event.choices
        self.fields["who"].help_text = gettext_lazy("Needed only if it is published.")
        self.fields["who"].widget.attrs.pop("maxlength", None)
        self.initial.setdefault("is_published", self.instance.is_published)
        if not self.instance.pk:
            self.initial["who"] = ", ".join(filter(None, [recipient.office, recipient.country.name]))
            self.initial.setdefault("event", None)
        if not self.instance.blob_id:
            del self.fields["drop_file"]
        order = ["event", "on", "words", "language", "file", "drop_file", "is_published", "who"]
        self.helper = helper(*(name for name in order if name in self.fields), Submit("record", submit))

    def clean_file(self):
        """Take nothing but a PDF, whatever its name says."""
        file = self.cleaned_data["file"]
        if file and file.size > MAX_ANSWER:
            raise ValidationError(_("The file is larger than 10 MB."))
        if file and file.read(5) != b"%PDF-":
            raise ValidationError(_("This is not a PDF."))
        return file

    def clean(self):
        """Refuse a second acknowledgement, and a published event of nobody."""
        cleaned = super().clean()
        event, others = cleaned.get("event"), self.instance.recipient.follow_ups.exclude(pk=self.instance.pk)
        if event in (FollowUp.Event.SENT, FollowUp.Event.ACKNOWLEDGED) and others.filter(event=event).exists():
            self.add_error("event", _("This is noted already: correct that note."))
        if cleaned.get("is_published") and not cleaned.get("who"):
            self.add_error("who", _("Say who, as it should be printed."))
        return cleaned


class PostedForm(forms.Form):
    """When the letters that go by post were posted."""

    on = DateField(label=gettext_lazy("Posted on"))
    helper = helper("on", Submit("posted", gettext_lazy("They were all posted on this day")))


class ReaddressForm(forms.Form):
    """Where a copy that could not be sent goes instead."""

    email = forms.EmailField(
        label=gettext_lazy("E-mail address"),
        max_length=254,
        error_messages={"invalid": INVALID_EMAIL},
    )
    helper = helper("email", Submit("send", gettext_lazy("Send again")))
