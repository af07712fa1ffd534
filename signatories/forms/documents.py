"""Handing in documents with a form. What was sound is kept when the form comes back: nobody chooses it again."""

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from signatories import documents
from signatories.documents import PICTURES_AND_PDF, Kind
from signatories.models import Document
from signatories.models.document import STAGED_FOR

SALT = "signatories.documents"


class FilesInput(forms.FileInput):
    """Takes several files."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files, as they came; `DocumentsForm` looks into them."""

    widget = FilesInput

    def clean(self, data, initial=None):
        """Return them as a list."""
        return list(data or [])


class DocumentsForm(forms.Form):
    """A form with documents. Each is stored, for a day, as soon as it is found sound, whatever else is wrong."""

    kinds = PICTURES_AND_PDF

    kept = forms.MultipleChoiceField(
        label=gettext_lazy("Documents that you have added"),
        help_text=gettext_lazy("They need not be chosen again. Untick what you do not want to send."),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": gettext_lazy("A document is not kept any more. Please choose it again.")},
    )
    documents = FilesField(label=gettext_lazy("Documents"), required=False)

    def __init__(self, *args, owner, **kwargs):
        """Make a form; what it keeps can only be used by `owner`, such as one sign-on or one user."""
        super().__init__(*args, **kwargs)
        self.owner = owner
        field = self.fields["documents"]
        field.widget.attrs["accept"] = ",".join(ending for kind in self.kinds for ending in kind.endings)
        field.help_text = field.help_text or _("PDF, JPEG or PNG, up to %(count)d files of 10 MB each.") % {
            "count": documents.MAX_FILES
        }
        # What was ticked when the form was sent, by its token; kept alive by the form itself.
        tokens = self.data.getlist(self.add_prefix("kept")) if self.is_bound else []
        self.staged = {token: one for token in tokens if (one := self._find(token))}
        self._offer()

    def _offer(self):
        """Show what is kept, or hide the field if that is nothing."""
        field = self.fields["kept"]
        field.choices = [(token, f"{one.name} ({filesizeformat(one.size)})") for token, one in self.staged.items()]
        field.widget = forms.CheckboxSelectMultiple() if self.staged else forms.MultipleHiddenInput()
        field.widget.choices = field.choices

    def _find(self, token):
        try:
            owner, pk = signing.loads(token, salt=SALT, max_age=STAGED_FOR)
        except signing.BadSignature:
            return None
        return Document.objects.staged().filter(pk=pk).first() if owner == self.owner else None

    def clean_documents(self):
        """Return what is to be attached: what was kept, and what has come now."""
        problems = []
        for file in self.cleaned_data["documents"]:
            if len(self.staged) >= documents.MAX_FILES:
                problems.append(self.too_many())
                break
            try:
                self._stage(documents.check(file.name, file.open().read(documents.MAX_SIZE + 1), self.kinds))
            except documents.Refused as refused:
                problems.append(f"“{documents.plain_name(file.name)}”: {refused}")
        self._offer()
        if problems:
            raise ValidationError(problems)
        return list(self.staged.values())

    def _stage(self, file):
        if file.sha256 in {one.sha256 for one in self.staged.values()}:
            return
        if not self.has_room(file):
            raise documents.Refused(_("Many documents have come today. Please send this one tomorrow, or smaller."))
        one = Document.of(file)
        one.save()
        token = signing.dumps([self.owner, one.pk], salt=SALT)
        self.staged[token] = one
        self.data = self.data.copy()
        self.data.appendlist(self.add_prefix("kept"), token)

    def has_room(self, file):
        """Whether one more can be stored: at the desk, always."""
        return True

    def clean(self):
        """Drop what only this form needs."""
        cleaned = super().clean()
        cleaned.pop("kept", None)
        return cleaned

    @staticmethod
    def too_many():
        """Return the error for more files than there is room for."""
        return ngettext(
            "Only %(count)d document can be sent. The others were left out.",
            "Only %(count)d documents can be sent at once. The others were left out.",
            documents.MAX_FILES,
        ) % {"count": documents.MAX_FILES}


class DeskDocumentsForm(DocumentsForm):
    """The same at the moderators' desk, where e-mails are filed as well."""

    kinds = (*PICTURES_AND_PDF, Kind.EMAIL)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["documents"].help_text = _(
            "PDF, JPEG, PNG or an e-mail saved as .eml, up to %(count)d files of 10 MB each."
        ) % {"count": documents.MAX_FILES}
