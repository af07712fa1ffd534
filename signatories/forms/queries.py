"""Asking back: a moderator's question, and the answer to it."""

import itertools
from datetime import timedelta

from crispy_forms.layout import HTML, Submit
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from signatories import documents, limits, questions

from .documents import DeskDocumentsForm, DocumentsForm
from .fields import DecisionForm, helper, written_text

# Characters of a question and of an answer.
MAX_QUESTION, MAX_ANSWER = 4000, 10_000

USE = HTML(
    "{% load i18n %}<p><button class='act quiet' formaction=\"{% url 'moderation:question' sign_on.pk %}{{ here }}\">"
    "{% translate 'Use this text' %}</button></p>"
)


class QueryForm(DecisionForm):
    """A moderator asks the representative something; the words may come from a list."""

    submit = gettext_lazy("Send the question")

    template = forms.ChoiceField(
        label=gettext_lazy("Questions that are often asked"),
        required=False,
        help_text=gettext_lazy("Choose one, and then “Use this text”. You can change it before it is sent."),
    )
    language = forms.ChoiceField(label=gettext_lazy("Language of the question"), required=False)
    question = forms.CharField(
        label=gettext_lazy("Question to the representative"),
        max_length=MAX_QUESTION,
        validators=[written_text],
        widget=forms.Textarea(attrs={"rows": 6, "dir": "auto"}),
        error_messages={"required": gettext_lazy("Write what you want to know.")},
    )

    def __init__(self, *args, sign_on, **kwargs):
        super().__init__(*args, sign_on=sign_on, **kwargs)
        own = sign_on.language
        names = dict(settings.LANGUAGES) | {"en": dict(settings.LANGUAGES)[settings.LANGUAGE_CODE]}
        first = questions.language_for(own)
        order = [first, *(language for language in questions.QUESTIONS if language != first)]
        self.fields["template"].choices = [
            ("", _("Choose a question")),
            *(
                (names[language], [(f"{language}:{code}", title) for code, title in questions.TITLES.items()])
                for language in order
            ),
        ]
        languages = {own: names.get(own, own)} | {language: names[language] for language in order}
        self.fields["language"].choices = list(languages.items())
        self.initial.setdefault("language", own)
        # A browser would cut off what is too long without a word; the form says it instead.
        self.fields["question"].widget.attrs.pop("maxlength", None)
        if not sign_on.email:
            self.fields["question"].help_text = _(
                "There is no e-mail address, so nothing is sent: ask in writing, and register the answer here."
            )
        self.helper = helper("seen", "template", USE, "language", "question", Submit("act", self.submit))

    @classmethod
    def with_text(cls, data, sign_on):
        """Return a form with what is in `data`, and with the question chosen there below what was typed."""
        form = cls(initial={name: data.get(name, "") for name in ("seen", "language", "question")}, sign_on=sign_on)
        language, _colon, code = data.get("template", "").partition(":")
        if code in questions.QUESTIONS.get(language, {}):
            similar = sign_on.similar()
            subject = questions.Subject(sign_on.name_as_signed, sign_on.email, similar[0].name if similar else "")
            found, typed = questions.fill(language, code, subject), form.initial["question"].strip()
            # A question from the list that nobody has touched makes room for the next one.
            listed = itertools.product(questions.QUESTIONS, questions.TITLES)
            untouched = {questions.fill(*one, subject) for one in listed}
            own = sign_on.language
            form.initial |= {
                "template": data["template"],
                "language": own if questions.language_for(own) == language else language,
                "question": f"{typed}\n\n{found}" if typed and typed not in untouched else found,
            }
        # To be read, and changed.
        form.fields["question"].widget.attrs["autofocus"] = True
        return form

    def clean(self):
        """Leave the template behind; without a language the question is in that of the text."""
        cleaned = super().clean()
        cleaned.pop("template", None)
        return cleaned


class AnswerForm(DocumentsForm):
    """The representative answers, in words or with documents."""

    query = forms.IntegerField(widget=forms.HiddenInput)
    answer = forms.CharField(
        label=gettext_lazy("Your answer"),
        max_length=MAX_ANSWER,
        required=False,
        validators=[written_text],
        widget=forms.Textarea(attrs={"rows": 6, "dir": "auto"}),
    )

    def __init__(self, *args, query, **kwargs):
        """Make a form for the answer to `query`, the open one."""
        super().__init__(*args, owner=f"sign-on {query.sign_on_id}", initial={"query": query.pk}, **kwargs)
        self.asked = query
        self.fields["answer"].widget.attrs.pop("maxlength", None)
        self.helper = helper("query", "answer", "kept", "documents", Submit("send", gettext_lazy("Send the answer")))

    def has_room(self, file):
        """Whether the day's documents have room for one more: each is stored, even if the answer is sent back."""
        kilobytes = len(file.content) // 1000 + 1
        return limits.hit("staged", self.owner, documents.MAX_A_DAY, timedelta(days=1), weight=kilobytes)

    def clean_query(self):
        """Refuse an answer to another question than the one that is open now."""
        if self.cleaned_data["query"] != self.asked.pk:
            self.data = self.data.copy()
            self.data[self.add_prefix("query")] = self.asked.pk
            raise ValidationError(_("The question has changed since you opened this page. Please read it again."))
        return self.asked.pk

    def clean(self):
        """Ask for words or a document."""
        cleaned = super().clean()
        if not self.errors and not cleaned["answer"] and not cleaned["documents"]:
            self.add_error("answer", _("Write your answer, or add a document."))
        return cleaned


class AnswerByMailForm(DecisionForm, DeskDocumentsForm):
    """A moderator registers an answer that came by mail."""

    submit = gettext_lazy("Register the answer")

    answer = forms.CharField(
        label=gettext_lazy("What they answered"),
        max_length=MAX_ANSWER,
        validators=[written_text],
        widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}),
        error_messages={"required": gettext_lazy("Write what they answered.")},
    )
    note = forms.CharField(
        label=gettext_lazy("Where the reply is kept"),
        help_text=gettext_lazy("For the record: for example, “e-mail of 3 May, in the secretariat's mailbox”."),
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": gettext_lazy("Note where the reply can be found.")},
    )

    def __init__(self, *args, sign_on, **kwargs):
        super().__init__(*args, sign_on=sign_on, owner=f"answer {sign_on.pk}", **kwargs)
        self.fields["answer"].widget.attrs.pop("maxlength", None)
        self.helper = helper("seen", "answer", "kept", "documents", "note", Submit("act", self.submit))
