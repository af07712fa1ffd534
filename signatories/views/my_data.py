"""What is stored about a representative: shown, handed out, erased."""

from contextlib import suppress

from django.http import HttpResponse
from django.shortcuts import redirect, render

from signatories.my_data import as_file
from signatories.states import NotAllowed, State

from .guards import with_link


@with_link("status")
def my_data(request, sign_on, token):
    """Say what is stored about the representative, why, who sees it, for how long, and what stays public."""
    return render(request, "signatories/my_data.html", context_of(sign_on, token))


@with_link("status")
def download(request, sign_on, token):
    """Send all of it as a file."""
    response = HttpResponse(as_file(sign_on), content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="my-data-{sign_on.letter.slug}-{sign_on.pk}.json"'
    return response


@with_link("status")
def erase(request, sign_on, token):
    """Say what erasing means, then erase what names the representative."""
    if request.method == "POST":
        # If it stands, or was accepted a moment ago, the page says so.
        with suppress(NotAllowed):
            sign_on.erase()
        return redirect("signatories:my_data", token=token)
    return render(request, "signatories/erase.html", context_of(sign_on, token))


def context_of(sign_on, token):
    """Return what both pages show."""
    return {
        "sign_on": sign_on,
        "token": token,
        "can_be_erased": not sign_on.erased_at and (not sign_on.is_live or sign_on.state == State.UNCONFIRMED),
        "counts": {
            "messages": sign_on.messages.count(),
            "documents": sign_on.documents.readable().count(),
            "queries": sign_on.queries.count(),
        },
        "row": getattr(sign_on, "batch_row", None),
    }
