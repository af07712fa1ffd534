"""After the form: “now open your mailbox”, and what to do if nothing is there."""

from django.conf import settings
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from letter.models import Letter
from signatories import limits
from signatories.forms.resend import ResendForm
from signatories.models import LostLink

from .guards import get_or_post


@csrf_exempt
@get_or_post
def sent(request, slug):
    """Tell the representative to open their mailbox, and send the link once more.

    The same whoever has signed, and as fast: nobody looks before the worker does.
    """
    letter = get_object_or_404(Letter.objects.opened(), slug=slug)
    form = ResendForm(request.POST if request.method == "POST" else None)
    if form.is_valid() and may_resend(request, form):
        LostLink.ask(form.cleaned_data["email"], get_language(), letter=letter)
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
