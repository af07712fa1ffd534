"""What a representative may say on withdrawing a sign-on."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from .fields import helper, written_text


class WithdrawForm(forms.Form):
    """A withdrawal. Nobody has to say why: the button alone is enough."""

    why = forms.CharField(
        label=_("Why?"),
        max_length=2000,
        required=False,
        help_text=_("Only the moderators read it. You need not say anything."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.helper = helper("why")

    def clean_why(self):
        """Refuse control characters, in the reader's language."""
        try:
            written_text(self.cleaned_data["why"])
        except ValidationError:
            raise ValidationError(_("There is an invisible character in it. Please type it again by hand.")) from None
        return self.cleaned_data["why"]
