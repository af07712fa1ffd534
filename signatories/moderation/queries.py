"""Asking back: the words for it. The verbs themselves stand with the other decisions."""

from django.views.decorators.http import require_POST

from signatories.forms.queries import QueryForm

from .desk import moderators
from .sign_on import get_sign_on, show


@require_POST
@moderators("signatories.decide_signon")
def question(request, pk):
    """Put a question from the list into the form; nothing is asked yet."""
    one = get_sign_on(pk)
    return show(request, one, ("query", QueryForm.with_text(request.POST, sign_on=one)))
