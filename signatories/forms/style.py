"""A form with every kind of field there is, for the page that shows how they look."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from .fields import OrganisationFields, helper, name_field


class SampleForm(OrganisationFields):
    """Every kind of field; it is shown, and never sent."""

    listed_name = name_field(label=_("Name as listed"), help_text=_("This is what will be printed."))
    email = forms.EmailField(label=_("Your e-mail address"))
    note = forms.CharField(label=_("Note"), required=False, widget=forms.Textarea(attrs={"rows": 3}))
    reason = forms.ChoiceField(
        label=_("Reason"), choices=[("a", _("not an organisation")), ("b", _("not genuine"))], widget=forms.RadioSelect
    )
    columns = forms.MultipleChoiceField(
        label=_("Columns"),
        choices=[("name", _("name")), ("country", _("country"))],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    document = forms.FileField(label=_("Document"), help_text=_("A PDF or a picture."), required=False)
    declaration = forms.BooleanField(label=_("I am authorised to sign for the organisation."))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.helper = helper(*self.fields)

    def clean(self):
        """Complain of the whole, too: such an error belongs to no field."""
        raise ValidationError(_("This form had been open for too long. Nothing is lost: please send it again."))
