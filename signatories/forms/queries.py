"""Asking back: a moderator's question, and the answer that came by mail."""

from django import forms
from django.utils.translation import gettext_lazy as _

from .fields import DecisionForm, written_text


class QueryForm(DecisionForm):
    """A moderator asks the representative something."""

    submit = _("Send the question")

    question = forms.CharField(
        label=_("Question to the representative"),
        max_length=4000,
        validators=[written_text],
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": _("Write what you want to know.")},
    )


class AnswerByMailForm(DecisionForm):
    """A moderator registers an answer that came by mail."""

    submit = _("Register the answer")

    answer = forms.CharField(
        label=_("What they answered"),
        max_length=10_000,
        validators=[written_text],
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": _("Write what they answered.")},
    )
    note = forms.CharField(
        label=_("Where the reply is kept"),
        help_text=_("For the record: for example, “e-mail of 3 May, in the secretariat's mailbox”."),
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Note where the reply can be found.")},
    )
