"""After the form: “now open your mailbox”, and what to do if nothing is there."""

from django.conf import settings
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from letter.models import Letter
from signatories import limits, mail
from signatories.forms.resend import ResendForm
from signatories.models import SignOn, Switch

from .guards import get_or_post

# Links that one request can cause.
MOST = 20


@csrf_exempt
@get_or_post
def sent(request, slug):
    """Tell the representative to open their mailbox, and send the link once more: the same whoever has signed."""
    letter = get_object_or_404(Letter.objects.opened(), slug=slug)
    form = ResendForm(request.POST if request.method == "POST" else None)
    if form.is_valid() and may_resend(request, form):
        resend(letter, form.cleaned_data["email"])
        return redirect("signatories:resent", slug=slug)
    context = {"form": form, "letter": letter, "days": settings.LINK_LIFETIMES["confirm"].days}
    return render(request, "signatories/sent.html", context, status=422 if form.is_bound else 200)


@require_safe
def resent(request, slug):
    """Say what was done with an address, whether or not it is known."""
    letter = get_object_or_404(Letter.objects.opened(), slug=slug)
    return render(request, "signatories/resent.html", {"letter": letter})


def may_resend(request, form):
    """Count this request by network, and say in the form if there have been too many: a robot's, not an office's."""
    is_within = limits.hit("resend", limits.network(request), settings.LIMIT_RESENDS)
    if not is_within:
        form.add_error(None, _("There were many requests in a short time. Please try again in an hour."))
    return is_within


def resend(letter, email):
    """Send the links of the unconfirmed sign-ons of this address to it once more.

    Over the limit of the mailbox nothing is said of it: whether an address is known is told by e-mail only.
    """
    waiting = list(SignOn.objects.unconfirmed_of(letter, email)[:MOST])
    for sign_on in waiting or [None]:
        # Counted for an unknown address, too, so that the next answer is the same as for a known one.
        if limits.has_room(email) and sign_on:
            with transaction.atomic():
                mail.queue(sign_on, "confirm", held_for=Switch.objects.holds(letter))
