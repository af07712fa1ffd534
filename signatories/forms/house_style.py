"""Offers the house style for a name in a form: a button fills the field, and nothing else happens."""

from django import forms
from django.template.loader import render_to_string
from django.utils.functional import cached_property

from signatories import house_style

# The submit button that asks for a suggestion has this name; its value says which.
BUTTON = "house_style"


class Offers:
    """The buttons, as a part of a form's layout.

    Below the form's own button: a browser takes the first one for the Enter key, and that must be the decision.
    """

    def render(self, form, context, **kwargs):
        """Return the buttons for what `form` would change in its name; empty if that is nothing."""
        return render_to_string("moderation/house_style.html", {"form": form})


class WithHouseStyle(forms.Form):
    """A form with a name in it that a moderator decides on."""

    styled_field = "listed_name"
    """The field of the name."""

    @cached_property
    def suggestions(self):
        """What the house style would change in the name as it stands in the form."""
        return house_style.suggestions(self[self.styled_field].value() or "", self.language())

    def language(self):
        """Return the language whose quotation marks are wanted."""
        return self.sign_on.text.language

    def filled_in(self, **kwargs):
        """Return the form again, the name as the suggestion has it and all else as typed; nothing is decided."""
        typed = {field: self.data.get(self.add_prefix(field), "") for field in self.fields}
        name, code = typed[self.styled_field], self.data.get(BUTTON, "")
        typed[self.styled_field] = house_style.suggested(name, code, self.language())
        # A box that was not ticked is not in the data.
        ticks = {field: field in self.data for field, one in self.fields.items() if isinstance(one, forms.BooleanField)}
        form = type(self)(initial=typed | ticks, **kwargs)
        # Where the reader was before the page came back.
        form.fields[self.styled_field].widget.attrs["autofocus"] = True
        return form
