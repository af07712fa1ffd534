"""The page behind the link of the first message."""

from django.db import transaction
from django.shortcuts import redirect, render

from signatories import links
from signatories.states import NotAllowed, State

from .guards import send_link, with_link


@with_link("confirm")
def confirm(request, sign_on, token):
    """Show what will be submitted; the button confirms it."""
    if sign_on.state != State.UNCONFIRMED:
        if request.method == "POST" and "send" in request.POST:
            return send_link(request, sign_on)
        return render(request, "signatories/used_link.html", {"sign_on": sign_on}, status=410)
    if request.method == "POST":
        try:
            with transaction.atomic():
                sign_on.confirm()
                links.use("confirm", token)
        except (NotAllowed, links.UsedLink):
            # A second click in the same moment: the first one has confirmed.
            return render(request, "signatories/used_link.html", {"sign_on": sign_on}, status=410)
        return redirect("signatories:status", token=links.token("status", sign_on.pk))
    return render(request, "signatories/confirm.html", {"sign_on": sign_on})
