"""Taking a file away: what for is on record before the first byte leaves."""

from dataclasses import asdict

from django.http import FileResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from signatories import exports
from signatories.forms.exports import ExportForm

from . import filters
from .desk import moderators


@require_http_methods(["GET", "HEAD", "POST"])
@moderators("signatories.export_signon")
def export(request):
    """Show what can be exported, or send it; the queue's filters in the address fill in the form."""
    if request.method != "POST":
        asked, _letter = filters.read(request, filters.opened())
        return show(request, ExportForm(initial=asdict(asked), user=request.user))
    form = ExportForm(request.POST, user=request.user)
    if not form.is_valid():
        return show(request, form, status=422)
    kind, letter, extension, purpose = (form.cleaned_data[name] for name in ("kind", "letter", "extension", "purpose"))
    chosen = form.narrowed()
    rows = filters.Filters(**chosen).rows(request.user, letter)
    # What was searched for may be somebody's address.
    narrowed = chosen | ({"q": "…"} if "q" in chosen else {})
    file = exports.export(
        request.user, rows, kind=kind, letter=letter, narrowed=narrowed, extension=extension, purpose=purpose
    )
    if file is None:
        form.add_error(None, _("There is no such sign-on: the file would be empty."))
        return show(request, form, status=422)
    name = exports.file_name(kind, letter, extension)
    return FileResponse(file, as_attachment=True, filename=name, content_type=exports.TYPES[extension])


def show(request, form, status=200):
    """Render the form, with what a file of each kind holds."""
    kinds = [
        (exports.LABELS[kind], [column.heading for column in exports.KINDS[kind]])
        for kind in exports.kinds_for(request.user)
    ]
    return render(request, "moderation/exports.html", {"form": form, "kinds": kinds}, status=status)
