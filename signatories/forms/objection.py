"""What an organisation fills in that was told of a sign-on in its name; read in all languages of the site."""

from crispy_forms.layout import Submit
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from signatories.models import Notice

from .fields import helper, written_text


class ObjectionForm(forms.Form):
    """An organisation objects. All of it has an answer already: the button alone is enough."""

    wish = forms.ChoiceField(
        label=_("Should your organisation be listed?"),
        choices=[
            (Notice.Wish.NO_LISTING, _("No: do not list us.")),
            (Notice.Wish.ASK_FIRST, _("Perhaps: write to us before you decide.")),
        ],
        initial=Notice.Wish.NO_LISTING,
        required=False,
        widget=forms.RadioSelect,
    )
    words = forms.CharField(
        label=_("What we should know"),
        max_length=2000,
        required=False,
        help_text=_("Only the moderators read it."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.helper = helper("wish", "words", Submit("object", _("We object")))

    def clean_wish(self):
        """Take a missing answer for the plainer one."""
        return self.cleaned_data["wish"] or Notice.Wish.NO_LISTING

    def clean_words(self):
        """Refuse control characters, in the reader's language."""
        try:
            written_text(self.cleaned_data["words"])
        except ValidationError:
            raise ValidationError(_("There is an invisible character in it. Please type it again by hand.")) from None
        return self.cleaned_data["words"]
