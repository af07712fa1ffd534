"""The form by which an organisation signs."""

from django.conf import settings
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from letter.models import Letter
from signatories import evidence, limits
from signatories.forms.sign import SignForm
from signatories.models import LetterNotOpen, SignOn

from .guards import DAY, get_or_post
from .invited import invitation_of


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
    if form.is_valid() and is_within_limits(request, form):
        try:
            language = get_language().partition("-")[0]
            invitation = invitation_of("member", form.cleaned_data["invitation"])
            by_link = invitation and invitation.letter_id == letter.pk
            take = invitation.sign if by_link else SignOn.sign
            take(text, language=language, network_key=limits.network_key(request), **form.received())
        except LetterNotOpen:
            return render(request, "signatories/closed.html", {"letter": letter, "text": text}, status=410)
        return redirect("signatories:sent", slug=slug)
    response = render(request, "signatories/sign.html", {"form": form, "letter": letter, "text": text})
    response["Cache-Control"] = "no-store"
    response.status_code = 422 if form.is_bound else 200
    return response


def is_within_limits(request, form):
    """Count this sign-on, and say in the form if there have been too many.

    The words are the same whichever limit was met: neither tells how often others have signed.
    """
    email = form.cleaned_data["email"]
    counts = [
        limits.hit("address", limits.network(request), settings.LIMIT_PER_ADDRESS),
        # Thousands of organisations share a free-mail domain: one of them must not shut out the others.
        evidence.is_free_mail(email)
        or limits.hit("domain", evidence.domain_of_email(email), settings.LIMIT_PER_DOMAIN),
        limits.hit("mailbox", email, settings.LIMIT_PER_MAILBOX, DAY),
    ]
    if not all(counts):
        form.add_error(
            None,
            _(
                "We received many sign-ons in a short time and have to pause. Nothing that you typed is "
                "lost: please send the form again in an hour."
            ),
        )
    return all(counts)


@require_safe
def sent(request, slug):
    """Tell the representative to open their mailbox; the same page whoever has signed before."""
    letter = get_object_or_404(Letter.objects.opened(), slug=slug)
    return render(request, "signatories/sent.html", {"letter": letter, "days": settings.LINK_LIFETIMES["confirm"].days})
