"""What a page about signing says of the letter: its text in the page's language, and where to read it."""

from dataclasses import dataclass

from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.utils.translation import get_language, get_language_info

from letter.content import letter_path
from letter.models import Letter, LetterText


@dataclass(frozen=True)
class Reading:
    """A letter as it is signed in the page's language."""

    letter: Letter
    text: LetterText

    @property
    def in_language(self):
        """The name of the text's language, within a sentence of the page's language."""
        try:
            name = str(get_language_info(self.text.language.partition("-")[0])["name_translated"])
        except KeyError:
            return self.text.language
        # French and Spanish write languages small; Arabic has no capitals.
        return name if get_language().startswith("en") else name.lower()

    @property
    def is_in_page_language(self):
        """Whether the text is in the language of the page; where there is none, it is the original."""
        return get_language().partition("-")[0] == self.text.language.partition("-")[0]

    @property
    def path(self):
        """Where the text can be read."""
        language = self.text.language
        return letter_path(self.letter.slug, "" if language == self.letter.language else language)

    @property
    def pdf_path(self):
        """Where the text is as a PDF; empty while there is none. One query."""
        newest = self.letter.editions.with_stage().only("texts").first()
        has_pdf = newest and newest.has_documents and self.text.language in newest.texts
        return f"{self.path}letter.pdf" if has_pdf else ""


def to_sign(slug):
    """Return the letter that has this address, and what is read of it in the page's language; raises Http404."""
    letter = get_object_or_404(Letter.objects.opened(), slug=slug)
    text = letter.text_for(get_language())
    if text is None:
        raise Http404
    return Reading(letter, text)


def closed(request, reading):
    """Say that the letter can no longer be signed."""
    context = {"letter": reading.letter, "text": reading.text}
    return render(request, "signatories/closed.html", context, status=410)
