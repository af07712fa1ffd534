"""Links that were lost: asked for by anybody, answered by e-mail only."""

from django.conf import settings
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from signatories import limits
from signatories.forms.lost import LostLinkForm
from signatories.models import LostLink

from .guards import get_or_post, kept, private


@csrf_exempt
@get_or_post
@kept
def lost(request):
    """Take an address, and answer the same whether or not it is known: nobody looks before the worker does."""
    form = LostLinkForm(request.POST if request.method == "POST" else None)
    if form.is_valid() and is_within_limit(request, form):
        # Over the mailbox's limit the answer is the same: it has enough links.
        if limits.has_room(form.cleaned_data["email"], "lost link"):
            LostLink.ask(form.cleaned_data["email"], get_language())
        return redirect("signatories:lost_sent")
    return render(request, "signatories/lost.html", {"form": form}, status=422 if form.is_bound else 200)


def is_within_limit(request, form):
    """Count this request, and say in the form if there have been too many from one network."""
    is_within = limits.hit("lost link", limits.network(request), settings.LIMIT_LOST_LINKS)
    if not is_within:
        form.add_error(None, _("There were many requests in a short time. Please send the form again in an hour."))
    return is_within


@private
@require_safe
def sent(request):
    """Say that an answer comes by e-mail, if there is one."""
    return render(request, "signatories/lost_sent.html")
