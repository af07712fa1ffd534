"""The form by which an organisation signs."""

from django.conf import settings
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from letter.models import Letter
from signatories import limits
from signatories.forms.sign import SignForm
from signatories.models import LetterNotOpen, SigningPaused, SignOn, Switch

from .guards import get_or_post
from .invited import invitation_to
from .paused import paused


@csrf_exempt
@get_or_post
def sign(request, slug):
    """Show the form to sign a letter, and take it."""
    letter = get_object_or_404(Letter.objects.opened(), slug=slug)
    text = letter.text_for(get_language())
    if text is None:
        raise Http404
    if not letter.is_open():
        return render(request, "signatories/closed.html", {"letter": letter, "text": text}, status=410)
    form = SignForm(request.POST if request.method == "POST" else None, text=text)
    if Switch.objects.is_paused(letter):
        return paused(request, letter, text, form)
    if form.is_valid():
        try:
            language = get_language().partition("-")[0]
            take(request, text, invited=form.cleaned_data["invitation"], language=language, **form.received())
        except LetterNotOpen:
            return render(request, "signatories/closed.html", {"letter": letter, "text": text}, status=410)
        except SigningPaused:
            return paused(request, letter, text, form)
        return redirect("signatories:sent", slug=slug)
    response = render(request, "signatories/sign.html", {"form": form, "letter": letter, "text": text})
    response["Cache-Control"] = "no-store"
    response.status_code = 422 if form.is_bound else 200
    return response


def take(request, text, *, invited="", **received):
    """Take a sign-on to `text`; the answer is the same whether its message leaves or, beyond a limit, is held.

    `invited` is the token of the invitation by whose link the form was opened, if it was by one.
    """
    held_for = limits.crossed(request, text.letter, received["email"])
    invitation = invitation_to(text.letter, invited)
    sign = invitation.sign if invitation else SignOn.sign
    return sign(text, held_for=held_for, network_key=limits.network_key(request), **received)


@require_safe
def sent(request, slug):
    """Tell the representative to open their mailbox; the same page whoever has signed before."""
    letter = get_object_or_404(Letter.objects.opened(), slug=slug)
    return render(request, "signatories/sent.html", {"letter": letter, "days": settings.LINK_LIFETIMES["confirm"].days})
