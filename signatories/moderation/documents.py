"""The documents of sign-ons: to fetch, to mark as seen, to erase."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from audit.models import record
from signatories.documents import Kind
from signatories.forms.seen import EraseForm, SeeForm
from signatories.models import Document

from .desk import moderators

get_or_post = require_http_methods(["GET", "HEAD", "POST"])


def get_document(pk):
    """Return a document that can still be read, without its contents; or raise Http404."""
    return get_object_or_404(Document.objects.readable().select_related("sign_on"), pk=pk)


@require_GET
@moderators("signatories.view_representative")
def document(request, pk):
    """Send a document, to be saved and never to be shown by the browser; who reads it is on record."""
    one = get_document(pk)
    content = bytes(one.content)
    record(request.user, "read document", one, sha256=one.sha256)
    response = HttpResponse(content, content_type=Kind(one.kind).media_type)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=one.name)
    # Whatever a browser makes of it all the same has no origin, runs nothing and loads nothing.
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


@get_or_post
@moderators("signatories.decide_signon")
def see(request, pk):
    """Note that one has looked at a document, and what it shows: from then on it is evidence."""
    one = get_document(pk)
    form = SeeForm(request.POST if request.method == "POST" else None, initial={"shows": one.shows})
    if form.is_valid():
        if one.see(request.user, form.cleaned_data["shows"]):
            messages.success(request, _("It is noted that you have seen the document."))
        else:
            messages.error(request, _("The document was erased meanwhile."))
        return redirect("moderation:sign_on", pk=one.sign_on_id)
    context = {"form": form, "document": one, "sign_on": one.sign_on}
    return render(request, "moderation/see.html", context, status=422 if form.is_bound else 200)


@get_or_post
@moderators("signatories.decide_signon")
def erase(request, pk):
    """Ask once more, and for a reason; then erase a document before its time."""
    one = get_document(pk)
    form = EraseForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        if one.erase(request.user, form.cleaned_data["because"]):
            messages.success(request, _("The document is erased."))
        else:
            messages.info(request, _("The document had been erased already."))
        return redirect("moderation:sign_on", pk=one.sign_on_id)
    context = {"form": form, "document": one, "sign_on": one.sign_on}
    return render(request, "moderation/erase.html", context, status=422 if form.is_bound else 200)
