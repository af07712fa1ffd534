"""The forms of an import: the file, how it is read, what its columns mean, how its rows enter."""

from crispy_forms.layout import Fieldset, Submit
from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from openpyxl.utils import get_column_letter

from letter.models import Letter
from signatories import batches, columns, sheets

from .fields import helper, written_text


class UploadForm(forms.Form):
    """A file with sign-ons, and the letter that they are to."""

    letter = forms.ModelChoiceField(
        label=gettext_lazy("Letter"),
        queryset=Letter.objects.none(),
        empty_label=None,
        error_messages={"required": gettext_lazy("Choose the letter.")},
    )
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("CSV or an Excel workbook (.xlsx), up to 10 MB and 10,000 rows."),
        error_messages={"required": gettext_lazy("Choose a file."), "empty": gettext_lazy("The file is empty.")},
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx"}),
    )
    helper = helper("letter", "file", Submit("upload", gettext_lazy("Look at it first")))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # A letter without a text cannot be signed.
        self.fields["letter"].queryset = Letter.objects.opened().filter(texts__isnull=False).distinct()

    def clean_file(self):
        """Read the table; `content` is the file, `table` what it holds."""
        file = self.cleaned_data["file"]
        if file.size > batches.MAX_SIZE:
            raise ValidationError(_("The file is larger than 10 MB."))
        self.content = file.read()
        try:
            self.table = batches.read(self.content)
        except sheets.SheetFault as fault:
            raise ValidationError(str(fault)) from None
        return file


class ReadingForm(forms.Form):
    """How the file is read, where the guess was wrong."""

    encoding = forms.ChoiceField(
        label=gettext_lazy("Characters"),
        choices=sheets.ENCODINGS,
        help_text=gettext_lazy("Choose another if letters with accents, or of another script, look wrong above."),
    )
    sheet = forms.ChoiceField(label=gettext_lazy("Sheet"))
    header_line = forms.TypedChoiceField(label=gettext_lazy("The headings stand on"), coerce=int)

    def __init__(self, *args, batch, table, **kwargs):
        """Make a form for `batch`, whose file holds `table` as it is read now."""
        super().__init__(*args, **kwargs)
        self.initial = {name: getattr(batch, name) for name in self.fields}
        self.fields["sheet"].choices = [(name, name) for name in table.sheets]
        self.fields["header_line"].choices = [
            (sheets.NO_HEADER, _("no line: there are none")),
            *(
                (line, _("line %(line)d: %(cells)s") % {"line": line, "cells": ", ".join(filter(None, cells))[:80]})
                for line, cells in table.top
            ),
        ]
        # A workbook says itself what its characters are, a text has one sheet.
        for name in ("sheet" if table.encoding else "encoding", *(["sheet"] if len(table.sheets) < 2 else [])):
            self.fields.pop(name, None)
        self.auto_id = "reading_%s"
        self.helper = helper(*self.fields, Submit("read", _("Read it this way"), css_class="quiet"))


class ColumnsForm(forms.Form):
    """What each column means, beside some of its values."""

    LEFT_OUT = "-"

    def __init__(self, *args, batch, **kwargs):
        """Make a form with a select box for each column of `batch`."""
        super().__init__(*args, **kwargs)
        choices = [(self.LEFT_OUT, _("leave out")), *columns.FIELDS.items()]
        for index, heading in enumerate(batch.header):
            label = _("Column %(letter)s: %(heading)s") % {
                "letter": get_column_letter(index + 1),
                "heading": heading or _("(no heading)"),
            }
            self.fields[f"column_{index}"] = forms.ChoiceField(
                label=label,
                choices=choices,
                initial=batch.columns[index] or self.LEFT_OUT,
                help_text=format_html_join(" · ", "<bdi>{}</bdi>", ((value,) for value in batch.samples[index])),
            )
        self.helper = helper(*self.fields, Submit("look", _("Look at the rows")))

    def clean(self):
        """Want the organisation's name, and nothing twice."""
        cleaned = super().clean()
        chosen = {}
        for name in self.fields:
            meant = cleaned.get(name, self.LEFT_OUT)
            if meant == self.LEFT_OUT:
                continue
            if meant in chosen:
                self.add_error(
                    name,
                    _("“%(field)s” is another column already (%(column)s).")
                    % {"field": columns.FIELDS[meant], "column": self.fields[chosen[meant]].label},
                )
            else:
                chosen[meant] = name
        if columns.NAME not in chosen:
            raise ValidationError(_("Say which column is the organisation's name."))
        return cleaned

    @property
    def chosen(self):
        """What each column means, in their order."""
        return [self.cleaned_data[name].removeprefix(self.LEFT_OUT) for name in self.fields]


class ImportForm(forms.Form):
    """How the rows enter."""

    PENDING, ACCEPTED = "pending", "accepted"

    seen = forms.IntegerField(widget=forms.HiddenInput)
    entry = forms.ChoiceField(
        label=gettext_lazy("How they come in"),
        widget=forms.RadioSelect,
        choices=[
            (PENDING, gettext_lazy("All wait for a moderator's decision")),
            (ACCEPTED, gettext_lazy("Those that are new or known are accepted at once; the similar ones wait")),
        ],
    )
    note = forms.CharField(
        label=gettext_lazy("Where the evidence is"),
        required=False,
        max_length=1000,
        help_text=gettext_lazy(
            "For the record of each: for example, “ballot of the coalition's members of 3 May, minutes in our files”. "
            "Needed to accept them at once."
        ),
        validators=[written_text],
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    is_told = forms.BooleanField(
        label=gettext_lazy("Tell the representatives of those that are accepted by e-mail"), required=False
    )

    def __init__(self, *args, batch, may_accept, **kwargs):
        """Make a form for `batch`; without `may_accept` everything waits for a moderator."""
        super().__init__(*args, **kwargs)
        self.initial |= {"seen": batch.look, "entry": self.PENDING}
        self.fields["note"].widget.attrs.pop("maxlength", None)
        if not may_accept:
            del self.fields["entry"], self.fields["is_told"]
        shown = [name for name in self.fields if name != "seen"]
        self.helper = helper("seen", Fieldset(_("Import"), *shown), Submit("import", _("Import")))

    def clean(self):
        """Want evidence for what no moderator looks at."""
        cleaned = super().clean()
        if cleaned.get("entry") == self.ACCEPTED and not cleaned.get("note"):
            self.add_error("note", _("Note where the evidence is that these organisations have signed."))
        if cleaned.get("is_told") and cleaned.get("entry") != self.ACCEPTED:
            self.add_error("is_told", _("Those that wait are told when a moderator has decided."))
        return cleaned

    def decided(self):
        """Return what `Batch.carry_out` takes."""
        return {
            "seen": self.cleaned_data["seen"],
            "is_accepted": self.cleaned_data.get("entry") == self.ACCEPTED,
            "note": self.cleaned_data["note"],
            "is_told": self.cleaned_data.get("is_told", False),
        }
