"""Importing sign-ons from a file: upload, name the columns, look, import."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.models import record
from signatories import batches, columns, sheets
from signatories.forms.imports import ColumnsForm, ImportForm, ReadingForm, UploadForm
from signatories.models import Batch, BatchRow, ColumnMapping, Overtaken
from signatories.names import Similarity
from signatories.states import State

from .desk import moderators

PERMISSION = "signatories.import_signon"
PAGE_SIZE = 50
# What a row's outcome tells at a glance: good news, bad news, or something to know.
MARKS = {"new": "good", "known": "good", "similar": "plain", "listed": "", "repeated": "plain", "error": "bad"}

get_or_post = require_http_methods(["GET", "HEAD", "POST"])


def get_batch(pk):
    """Return the batch without its rows, or raise Http404."""
    return get_object_or_404(Batch.objects.select_related("letter", "uploaded_by", "imported_by"), pk=pk)


@require_safe
@moderators(PERMISSION)
def imports(request):
    """List all imports, the newest first."""
    rows = Batch.objects.select_related("letter", "uploaded_by")
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "moderation/imports/list.html", {"page": page})


@get_or_post
@moderators(PERMISSION)
def upload(request):
    """Take a file; with headings that are known from another, its rows are looked at at once."""
    form = UploadForm(request.POST or None, request.FILES or None)
    if not form.is_valid():
        status = 422 if form.is_bound else 200
        return render(request, "moderation/imports/upload.html", {"form": form}, status=status)
    batch = Batch.upload(
        request.user,
        form.cleaned_data["letter"],
        file_name=form.cleaned_data["file"].name,
        content=form.content,
        **batches.described(form.table),
    )
    remembered = ColumnMapping.recall(batch.header)
    if not remembered:
        return redirect("moderation:import_columns", batch.pk)
    batch.name_columns(remembered)
    messages.info(request, _("These headings are known: their columns were taken as last time."))
    return watched(batch)


def watched(batch):
    """Return a redirect to the batch's page, which reloads itself while the worker is at it."""
    response = redirect("moderation:import", batch.pk)
    response["Location"] += "?watch=yes"
    return response


@require_safe
@moderators(PERMISSION)
def template(request):
    """Offer an empty file with the headings that need no guess."""
    return download(sheets.write(columns.TEMPLATE, []), "sign-ons.csv")


def download(content, name, kind="text/csv; charset=utf-8"):
    """Return a file that a browser saves and never shows."""
    return HttpResponse(
        content,
        headers={
            "Content-Type": kind,
            "Content-Disposition": content_disposition_header(as_attachment=True, filename=name),
            "Content-Security-Policy": "sandbox",
        },
    )


@get_or_post
@moderators(PERMISSION)
def name_columns(request, pk):
    """Say what each column means."""
    batch = get_batch(pk)
    if batch.forgotten_at:
        raise Http404
    form = ColumnsForm(request.POST if request.method == "POST" else None, batch=batch)
    if form.is_valid():
        try:
            batch.name_columns(form.chosen)
        except Overtaken:
            return overtaken(request, batch)
        return watched(batch)
    return show_columns(request, batch, form, status=422 if form.is_bound else 200)


def show_columns(request, batch, form, reading=None, status=200):
    """Render the select boxes with three values of each column, and how the file was read."""
    table = table_of(batch)
    context = {
        "batch": batch,
        "form": form,
        "table": table,
        "reading": reading or ReadingForm(batch=batch, table=table),
        "twin": Batch.objects.filter(sha256=batch.sha256, letter=batch.letter_id, pk__lt=batch.pk).first(),
        "can_be_changed": batch.stage in (Batch.Stage.UPLOADED, Batch.Stage.LOOKED),
    }
    response = render(request, "moderation/imports/columns.html", context, status=status)
    record(request.user, "read", batch)
    return response


def table_of(batch):
    """Return what the file holds, or raise Http404 where it is no longer kept."""
    if batch.stage == Batch.Stage.DISCARDED or batch.forgotten_at:
        raise Http404
    reading = {"encoding": batch.encoding, "sheet": batch.sheet, "header_line": batch.header_line}
    return batches.read(bytes(batch.file.content), **reading)


@require_POST
@moderators(PERMISSION)
def read_again(request, pk):
    """Read the file in another way."""
    batch = get_batch(pk)
    form = ReadingForm(request.POST, batch=batch, table=table_of(batch))
    try:
        if form.is_valid():
            chosen = {"encoding": batch.encoding, "sheet": batch.sheet} | form.cleaned_data
            batch.read_again(**batches.described(batches.read(bytes(batch.file.content), **chosen)))
            messages.success(request, _("The file is read anew."))
            return redirect("moderation:import_columns", pk)
    except sheets.SheetFault as fault:
        form.add_error(None, str(fault))
    except Overtaken:
        return overtaken(request, batch)
    return show_columns(request, batch, ColumnsForm(batch=batch), form, status=422)


def overtaken(request, batch):
    """Say that the batch has moved on, and show where it is."""
    messages.error(request, _("This import has moved on meanwhile. Nothing was written; please look again."))
    return redirect("moderation:import", batch.pk)


@require_safe
@moderators(PERMISSION)
def batch(request, pk):
    """Show an import where it is: its progress, what would come of each row, or what came of it."""
    return show(request, get_batch(pk))


def show(request, batch, form=None, status=200):
    """Render the import's page; `form` is shown with what was typed into it."""
    may_accept = request.user.has_perm("signatories.decide_signon")
    outcome = request.GET.get("outcome", "")
    if outcome and outcome not in BatchRow.Outcome.values:
        raise Http404
    counts = batch.rows.counts()
    # While it is being looked at, what is there is not yet all.
    rows = BatchRow.objects.none() if batch.stage == Batch.Stage.LOOKING else batch.rows.select_related("organisation")
    page = Paginator(rows.filter(outcome=outcome) if outcome else rows, PAGE_SIZE).get_page(request.GET.get("page"))
    labels = [*BatchRow.Result.choices, ("", _("left out, for what was said of the row"))]
    if batch.stage == Batch.Stage.LOOKED and not form:
        form = ImportForm(batch=batch, may_accept=may_accept)
    context = {
        "batch": batch,
        "page": page,
        "rows": [(row, MARKS[row.outcome], similar_of(row)) for row in page],
        "left_out": [name for name, column in zip(batch.header, batch.columns, strict=False) if name and not column],
        "outcome": outcome,
        "tabs": [(value, label, counts[value]) for value, label in BatchRow.Outcome.choices],
        "total": sum(counts.values()),
        "to_import": sum(counts[value] for value in ("new", "known", "similar")),
        "acceptable": counts["new"] + counts["known"],
        "may_accept": may_accept,
        "form": form,
        "is_watched": "watch" in request.GET and batch.is_in_work,
        "results": [(label, batch.counts[value]) for value, label in labels if value in batch.counts],
    }
    response = render(request, "moderation/imports/batch.html", context, status=status)
    # Not again with every turn of the page that is watched.
    if context["rows"] and not context["is_watched"]:
        record(request.user, "read", batch)
    return response


def similar_of(row):
    """Return what a row may be the same as, in words: (name, how similar, kind, key, state)."""
    states = dict(State.choices)
    return [
        {
            "name": one["name"],
            # Another name is told of only where the website is the same.
            "words": _("Same website") if one["similarity"] == "different" else Similarity(one["similarity"]).label,
            "kind": one["kind"],
            "key": one["key"],
            "state": states.get(one["state"], ""),
        }
        for one in row.similar
    ]


@require_POST
@moderators(PERMISSION)
def carry_out(request, pk):
    """Import the rows, as they were shown."""
    batch = get_batch(pk)
    form = ImportForm(request.POST, batch=batch, may_accept=request.user.has_perm("signatories.decide_signon"))
    if not form.is_valid() and batch.stage == Batch.Stage.LOOKED:
        return show(request, batch, form, status=422)
    try:
        if not form.is_valid():
            raise Overtaken
        batch.carry_out(request.user, **form.decided())
    except Overtaken:
        return overtaken(request, batch)
    return watched(batch)


@require_POST
@moderators(PERMISSION)
def discard(request, pk):
    """Give an import up, before anything of it was written."""
    batch = get_batch(pk)
    try:
        batch.discard(request.user)
    except Overtaken:
        return overtaken(request, batch)
    messages.success(request, _("Import %(number)d is discarded; nothing of it was written.") % {"number": pk})
    return redirect("moderation:imports")


@require_safe
@moderators(PERMISSION)
def source(request, pk):
    """Hand out the file as it was uploaded."""
    batch = get_batch(pk)
    if not hasattr(batch, "file"):
        raise Http404
    record(request.user, "download", batch, sha256=batch.sha256)
    return download(bytes(batch.file.content), batch.file_name, "application/octet-stream")


@require_safe
@moderators(PERMISSION)
def report(request, pk):
    """Hand out what came of each row, as a sheet."""
    batch = get_batch(pk)
    if batch.stage != Batch.Stage.FINISHED or batch.forgotten_at:
        raise Http404
    header = ["line", "name", "outcome", "result", "sign-on", "remark"]
    rows = (
        [
            row.line,
            row.name,
            row.get_outcome_display(),
            row.get_result_display() or BatchRow.Result.REFUSED.label,
            row.sign_on_id or "",
            explained(row),
        ]
        for row in batch.rows.iterator()
    )
    return download(sheets.write(header, rows), f"import-{batch.pk}.csv")


def explained(row):
    """Return in words why a row came to what it did."""
    problems = [
        " ".join(filter(None, [column, heading and f"“{heading}”:", problem]))
        for column, heading, problem in row.problems
    ]
    similar = [f"{one['words']}: {one['name']}" for one in similar_of(row)]
    return "; ".join(filter(None, [row.remark, *problems, *similar]))
