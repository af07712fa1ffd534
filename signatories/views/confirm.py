"""The page behind the link of the first message."""

from django.db import transaction
from django.shortcuts import redirect, render

from signatories import limits, links
from signatories.models import SignOn
from signatories.states import NotAllowed, State

from .guards import send_link, with_link


@with_link("confirm")
def confirm(request, sign_on, token):
    """Show what will be submitted; one button confirms it, another says “it was not me”."""
    if sign_on.state != State.UNCONFIRMED:
        if request.method == "POST" and "send" in request.POST:
            return send_link(request, sign_on)
        return used_link(request, sign_on)
    if request.method != "POST":
        return render(request, "signatories/confirm.html", {"sign_on": sign_on})
    is_disowned = "not_me" in request.POST
    tell = [] if is_disowned else on_record(sign_on)
    try:
        with transaction.atomic():
            sign_on.disown() if is_disowned else sign_on.confirm(tell=tell)
            links.use("confirm", token)
    except (NotAllowed, links.UsedLink):
        # A second click in the same moment: the first one has done it.
        return used_link(request, sign_on)
    if is_disowned:
        return render(request, "signatories/disowned.html", {"letter": sign_on.letter})
    return redirect("signatories:status", token=links.token("status", sign_on.pk))


def used_link(request, sign_on):
    """Say that there is nothing left to confirm."""
    return render(request, "signatories/used_link.html", {"sign_on": sign_on}, status=410)


def on_record(sign_on):
    """Return who has signed for an organisation of this name before, and may have another message today.

    Before the transaction, which could undo the count.
    """
    return [one for one in SignOn.objects.on_record_beside(sign_on) if limits.has_room(one.email, "signed again")]
