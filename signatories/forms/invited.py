"""What a member who was invited to sign answers."""

from crispy_forms.layout import Submit
from django import forms
from django.utils.translation import gettext_lazy as _

from .fields import helper, written_text


class DeclineForm(forms.Form):
    """A member does not want to sign."""

    words = forms.CharField(
        label=_("Your reason"),
        max_length=2000,
        required=False,
        validators=[written_text],
        help_text=_("If you like; it helps the network to understand. It is not published."),
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.helper = helper("words", Submit("decline", _("We do not want to sign"), css_class="quiet"))
        # A browser would cut off what is too long without a word; the form says it instead.
        self.fields["words"].widget.attrs.pop("maxlength", None)
