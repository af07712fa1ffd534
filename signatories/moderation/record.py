"""The record of what people at the desk did and read, to be searched; and what a text was before."""

from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from audit.history import changes
from audit.models import Entry
from letter.models import Letter, LetterText
from signatories.forms.record import RecordForm

from .desk import moderators

PAGE_SIZE = 100


@require_safe
@moderators("audit.view_entry")
def record(request):
    """Search the record, newest first."""
    form = RecordForm(request.GET)
    page = Paginator(form.entries(), PAGE_SIZE).get_page(request.GET.get("page"))
    asked = request.GET.copy()
    asked.pop("page", None)
    context = {"form": form, "page": page, "asked": asked.urlencode(), "newest": Entry.objects.first()}
    return render(request, "moderation/record.html", context, status=200 if form.is_valid() else 422)


@require_safe
@moderators("letter.view_lettertext")
def text_history(request, slug, language):
    """Show every revision of a letter's text in one language, and what was changed in each before it opened."""
    texts = LetterText.objects.filter(letter__slug=slug, language=language).select_related("letter")
    if not texts:
        raise Http404
    fields = ("title", "salutation", "body", "closing", "sha256")
    revisions = [(text, list(changes(text.history, fields))) for text in texts]
    context = {"letter": texts[0].letter, "language": language, "revisions": revisions}
    return render(request, "moderation/text_history.html", context)


@require_safe
@moderators("letter.view_lettertext")
def check_text(request, slug, language):
    """Show a translation beside the original, paragraph by paragraph, and what it may lack."""
    letter = get_object_or_404(Letter, slug=slug)
    check = letter.check_translation(language)
    if check is None:
        raise Http404
    context = {"letter": letter, "original": letter.text(), "text": letter.text(language), "check": check}
    return render(request, "moderation/check_text.html", context)
