"""Taking a file away: what for is on record before the first byte leaves."""

from django.http import FileResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from signatories import exports
from signatories.forms.exports import ExportForm

from .desk import moderators


@require_http_methods(["GET", "HEAD", "POST"])
@moderators("signatories.export_signon")
def export(request):
    """Show what can be exported, or send it; the queue's filters in the address fill in the form."""
    if request.method != "POST":
        return show(request, ExportForm(initial=asked(request), user=request.user))
    form = ExportForm(request.POST, user=request.user)
    if not form.is_valid():
        return show(request, form, status=422)
    file = exports.export(request.user, **form.cleaned_data)
    if file is None:
        form.add_error(None, _("There is no such sign-on: the file would be empty."))
        return show(request, form, status=422)
    kind, letter, extension = (form.cleaned_data[name] for name in ("kind", "letter", "extension"))
    name = exports.file_name(kind, letter, extension)
    return FileResponse(file, as_attachment=True, filename=name, content_type=exports.TYPES[extension])


def asked(request):
    """Return what the address asks for, in the form's words; a search covers all states, as it does in the queue."""
    words = request.GET.get("q", "").replace("\0", "")
    state = request.GET.get("state", "" if words else "pending")
    return {"letter": request.GET.get("letter", "").replace("\0", ""), "state": state, "words": words}


def show(request, form, status=200):
    """Render the form, with what a file of each kind holds."""
    kinds = [
        (exports.LABELS[kind], [column.heading for column in exports.KINDS[kind]])
        for kind in exports.kinds_for(request.user)
    ]
    return render(request, "moderation/exports.html", {"form": form, "kinds": kinds}, status=status)
