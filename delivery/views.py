"""The secretariat's pages: the book, the delivery, what came of it."""

from hashlib import sha256

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import IntegrityError, transaction
from django.db.models import Count, OuterRef, Subquery
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit import models as audit
from letter.models import Blob, Letter, LetterText, NotPublishedYet
from signatories.models import Message, SignOn
from signatories.moderation.desk import moderators

from . import book
from .copies import as_zip, file_name
from .forms import DeliverForm, FollowUpForm, ImportForm, PostedForm, ReaddressForm, RecipientForm, UploadForm
from .models import AlreadySent, Copy, Delivery, FollowUp, ListHasChanged, Recipient, Record, Stage, import_book

PAGE_SIZE = 200
# Who sees the book; who keeps it and notes what comes of it; who delivers.
VIEW, KEEP, DELIVER = "delivery.view_recipient", "delivery.change_recipient", "delivery.deliver_letter"

get_or_post = require_http_methods(["GET", "HEAD", "POST"])


def get_letter(slug):
    """Return the letter, or raise Http404."""
    return get_object_or_404(Letter.objects.select_related("delivery__edition"), slug=slug)


def get_recipient(slug, pk):
    """Return a recipient of the letter, or raise Http404."""
    return get_object_or_404(
        Recipient.objects.with_stage().select_related("letter__delivery"), letter__slug=slug, pk=pk
    )


def get_follow_up(slug, pk):
    """Return what was noted of a recipient of the letter, or raise Http404."""
    found = FollowUp.objects.select_related("recipient__letter", "entry")
    return get_object_or_404(found, recipient__letter__slug=slug, pk=pk)


def delivery_of(letter):
    """Return the letter's delivery, or None."""
    return getattr(letter, "delivery", None)


def download(content, name, kind="application/pdf"):
    """Return a response that a browser saves and never shows."""
    return HttpResponse(
        content, headers={"Content-Type": kind, "Content-Disposition": f'attachment; filename="{name}"'}
    )


# ── the book ──


@require_safe
@moderators(VIEW)
def letters(request):
    """List the letters, with how far each is on its way."""
    texts = LetterText.objects.filter(letter=OuterRef("pk"), language=OuterRef("language")).order_by("-revision")
    rows = Letter.objects.annotate(recipient_count=Count("recipients"), heading=Subquery(texts.values("title")[:1]))
    return render(request, "delivery/letters.html", {"letters": rows})


@require_safe
@moderators(VIEW)
def recipients(request, slug):
    """Show the book, and, once the letter is delivered, how far each recipient is."""
    return show_book(request, get_letter(slug))


def show_book(request, letter, posted_form=None, status=200):
    """Render the book; `posted_form` is shown with what was typed into it."""
    stage, delivery = request.GET.get("stage", ""), delivery_of(letter)
    if stage and stage not in Stage.values:
        raise Http404
    everyone = Recipient.objects.filter(letter=letter)
    rows = everyone.in_stage(stage) if stage else everyone.with_stage()
    counts = everyone.counts()
    context = {
        "letter": letter,
        "delivery": delivery,
        "stage": stage,
        "page": Paginator(rows.order_by("pk"), PAGE_SIZE).get_page(request.GET.get("page")),
        "counts": counts,
        "tabs": [(value, label, counts[value]) for value, label in Stage.choices if counts[value]],
        "total": sum(counts.values()),
        "records": Record.objects.filter(letter=letter).select_related("user").order_by("-pk")[:20],
    }
    if delivery:
        context |= progress_of(delivery, counts)
        context["is_watched"] = "watch" in request.GET and not context["is_finished"]
        context |= {"to_post": counts[Stage.TO_POST], "posted_form": posted_form or PostedForm()}
    return render(request, "delivery/recipients.html", context, status=status)


def progress_of(delivery, counts):
    """Return how far the worker is with the copies and the final copies."""
    total = sum(counts.values())
    made = total - counts[Stage.WAITING]
    states = dict(delivery.final_copies().order_by().values_list("state").annotate(Count("pk")))
    queued = sum(states.values())
    waiting = delivery.without_final_copy().count()
    return {
        "made": made,
        "final_sent": states.get(Message.State.SENT, 0),
        "final_failed": states.get(Message.State.FAILED, 0),
        "final_total": queued + waiting,
        "is_finished": made == total and not waiting,
    }


@get_or_post
@moderators(KEEP)
def add(request, slug):
    """Put one recipient into the book."""
    letter = get_letter(slug)
    is_late = delivery_of(letter) is not None
    submit = _("Add, and send a copy at once") if is_late else _("Add to the book")
    form = RecipientForm(request.POST or None, instance=Recipient(letter=letter), submit=submit)
    if form.is_valid() and written(form, form.instance.add, request.user):
        messages.success(request, _("“%(name)s” is in the book.") % {"name": form.instance.label})
        return redirect("delivery:recipients", slug)
    context = {"form": form, "letter": letter, "is_late": is_late}
    return render(request, "delivery/add.html", context, status=422 if form.is_bound else 200)


def written(form, write, *args):
    """Call `write`; whoever was a moment faster with the same recipient or note is told of beside the field."""
    try:
        with transaction.atomic():
            write(*args)
    except IntegrityError:
        form.add_error(None, _("The same was written a moment ago. Look at the list before you write it again."))
        return False
    return True


@get_or_post
@moderators(KEEP)
def change(request, slug, pk):
    """Change one recipient, until the letter is delivered."""
    one = get_recipient(slug, pk)
    form = RecipientForm(request.POST or None, instance=one, submit=_("Save"))
    if form.is_valid():
        try:
            if written(form, one.change, request.user):
                messages.success(request, _("“%(name)s” is changed.") % {"name": one.label})
                return redirect("delivery:recipient", slug, pk)
        except AlreadySent:
            form.add_error(None, already_sent())
    context = {"form": form, "letter": one.letter, "recipient": get_recipient(slug, pk)}
    return render(request, "delivery/change.html", context, status=422 if form.is_bound else 200)


def already_sent():
    """Return the words for what the delivery has made final."""
    return _("The letter has been delivered: whoever was in the book then stays in it, unchanged.")


@require_POST
@moderators(KEEP)
def remove(request, slug, pk):
    """Take one recipient out of the book, until the letter is delivered."""
    one = get_recipient(slug, pk)
    try:
        one.remove(request.user)
    except AlreadySent:
        messages.error(request, already_sent())
        return redirect("delivery:recipient", slug, pk)
    messages.success(request, _("“%(name)s” is no longer in the book.") % {"name": one.label})
    return redirect("delivery:recipients", slug)


@get_or_post
@moderators(KEEP)
def upload(request, slug):
    """Choose a file with recipients, and see what would come of each line. Nothing is written."""
    letter = get_letter(slug)
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method != "POST" or not form.is_valid():
        status = 422 if form.is_bound else 200
        return render(request, "delivery/upload.html", {"form": form, "letter": letter}, status=status)
    rows, is_late = form.sheet.rows, delivery_of(letter) is not None
    book.plan(rows, Recipient.objects.filter(letter=letter), is_delivered=is_late)
    outcomes = [row.outcome for row in rows]
    counts = {outcome: outcomes.count(outcome) for outcome in ("error", "new", "changed", "unchanged")}
    context = {
        "letter": letter,
        "rows": [(row, [(book.LABELS.get(column, ""), problem) for column, problem in row.problems]) for row in rows],
        "unknown": form.sheet.unknown,
        "counts": counts,
        "to_write": counts["new"] + counts["changed"],
        "is_late": is_late,
        "form": ImportForm.of(letter, form.cleaned_data["file"].name, rows),
    }
    return render(request, "delivery/preview.html", context)


@require_POST
@moderators(KEEP)
def import_lines(request, slug):
    """Write the lines that were looked at into the book."""
    letter = get_letter(slug)
    form = ImportForm(request.POST, letter=letter)
    if not form.is_valid():
        messages.error(request, " ".join(problem for problems in form.errors.values() for problem in problems))
        return redirect("delivery:upload", slug)
    name, lines = form.cleaned_data["lines"]
    counts = import_book(letter, request.user, lines, name=name)
    messages.success(request, _("%(new)d recipients are new and %(changed)d are changed.") % counts)
    return redirect("delivery:recipients", slug)


@require_safe
@moderators(VIEW)
def template(request, slug):
    """Send an empty book to fill in."""
    get_letter(slug)
    return download(book.write([]), "recipients-template.csv", "text/csv; charset=utf-8")


@require_safe
@moderators(VIEW)
def export(request, slug):
    """Send the book as CSV; that somebody took it is on record."""
    letter = get_letter(slug)
    content = book.write(Recipient.objects.filter(letter=letter))
    audit.record(request.user, "export", letter, what="recipients", sha256=sha256(content).hexdigest())
    return download(content, f"{letter.slug}-recipients.csv", "text/csv; charset=utf-8")


@require_safe
@moderators(VIEW)
def recipient(request, slug, pk):
    """Show one recipient, what was sent and what came of it."""
    return show(request, get_recipient(slug, pk))


def show(request, one, *, follow_up_form=None, readdress_form=None, status=200):
    """Render a recipient; a form that is handed in is shown with what was typed into it."""
    made = Copy.objects.filter(recipient=one).select_related("message").first()
    message = made.message if made else None
    new = FollowUp(recipient=one)
    context = {
        "recipient": one,
        "letter": one.letter,
        "copy": made,
        "message": message,
        "has_failed": message is not None and message.state == Message.State.FAILED,
        "follow_ups": one.follow_ups.all(),
        "form": follow_up_form or FollowUpForm(instance=new, submit=_("Note it")),
        "readdress_form": readdress_form or ReaddressForm(initial={"email": one.email}),
        "records": Record.objects.filter(recipient=one.pk).select_related("user"),
    }
    return render(request, "delivery/recipient.html", context, status=status)


# ── the delivery ──


@get_or_post
@moderators(DELIVER)
def deliver(request, slug):
    """Show what delivering the letter does; do it, once."""
    letter = get_letter(slug)
    # The one of record, if the letter was delivered at the command line.
    edition = letter.edition_of_record or letter.editions.order_by("-number").first()
    if delivery_of(letter):
        messages.info(request, _("The letter has been delivered already."))
        return redirect("delivery:recipients", slug)
    if edition is None:
        return render(request, "delivery/deliver.html", {"letter": letter})
    form = DeliverForm(request.POST or None, letter=letter, edition=edition, user=request.user)
    if form.is_valid():
        try:
            Delivery.deliver(letter, request.user, **form.chosen())
        except NotPublishedYet:
            form.add_error(
                None, _("The list is being published. Nothing has been delivered: please try again in a minute.")
            )
        except ListHasChanged:
            form.reset_seen()
            form.add_error(
                None, _("There is a new edition since you opened this page. Nothing has been delivered: look again.")
            )
        else:
            messages.success(request, _("The letter is delivered. The copies are being made."))
            response = redirect("delivery:recipients", slug)
            response["Location"] += "?watch=yes"
            return response
    everyone = Recipient.objects.filter(letter=letter)
    context = {
        "letter": letter,
        "edition": edition,
        "form": form,
        "by_email": everyone.by_email().count(),
        "by_post": everyone.by_post().count(),
        "representatives": SignOn.objects.accepted().filter(letter=letter).exclude(email="").count(),
    }
    return render(request, "delivery/deliver.html", context, status=422 if form.is_bound else 200)


@require_safe
@moderators(VIEW)
def copies_zip(request, slug):
    """Send all copies that are made, as one archive."""
    letter = get_letter(slug)
    everyone = list(Recipient.objects.filter(letter=letter).order_by("pk"))
    disposition = {"Content-Disposition": f'attachment; filename="{letter.slug}-copies.zip"'}
    return StreamingHttpResponse(as_zip(everyone), content_type="application/zip", headers=disposition)


@require_safe
@moderators(VIEW)
def copy(request, slug, pk):
    """Send one recipient's copy."""
    made = get_object_or_404(
        Copy.objects.select_related("blob", "recipient"), recipient__letter__slug=slug, recipient=pk
    )
    number = Recipient.objects.filter(letter=made.recipient.letter_id, pk__lte=pk).count()
    return download(bytes(made.blob.content), file_name(number, made.recipient))


@require_POST
@moderators(DELIVER)
def send_again(request, slug, pk):
    """Send a copy that could not be sent once more, perhaps to another address."""
    one = get_recipient(slug, pk)
    form = ReaddressForm(request.POST)
    if not form.is_valid():
        return show(request, one, readdress_form=form, status=422)
    if one.readdress(request.user, form.cleaned_data["email"]):
        messages.success(request, _("The message is queued again."))
    else:
        messages.info(request, _("The message had been queued or sent already."))
    return redirect("delivery:recipient", slug, pk)


# ── what came of it ──


@require_POST
@moderators(KEEP)
def posted(request, slug):
    """Note that all copies that go by post were posted."""
    letter = get_letter(slug)
    if delivery_of(letter) is None:
        raise Http404
    form = PostedForm(request.POST)
    if not form.is_valid():
        return show_book(request, letter, form, status=422)
    count = letter.delivery.posted(request.user, form.cleaned_data["on"])
    messages.success(request, ngettext("%(n)d letter was posted.", "%(n)d letters were posted.", count) % {"n": count})
    return redirect("delivery:recipients", slug)


def facts_of(form, before=None):
    """Return what `FollowUp.record` and `revise` take."""
    facts = dict(form.cleaned_data)
    file, dropped = facts.pop("file"), facts.pop("drop_file", False)
    facts["blob"] = Blob.of(file.open().read()) if file else (None if dropped else before)
    return facts


@require_POST
@moderators(KEEP)
def record(request, slug, pk):
    """Note what happened to a recipient's copy, and publish it if that is wanted."""
    one = get_recipient(slug, pk)
    if delivery_of(one.letter) is None:
        raise Http404
    form = FollowUpForm(request.POST, request.FILES, instance=FollowUp(recipient=one), submit=_("Note it"))
    if form.is_valid() and written(form, lambda: FollowUp.record(one, request.user, **facts_of(form))):
        messages.success(request, _("It is noted."))
        return redirect("delivery:recipient", slug, pk)
    return show(request, one, follow_up_form=form, status=422)


@get_or_post
@moderators(KEEP)
def revise(request, slug, pk):
    """Correct what was noted, and what of it is published."""
    one = get_follow_up(slug, pk)
    form = FollowUpForm(request.POST or None, request.FILES or None, instance=one, submit=_("Save"))
    if form.is_valid() and written(form, lambda: one.revise(request.user, **facts_of(form, one.blob))):
        messages.success(request, _("The note is corrected."))
        return redirect("delivery:recipient", slug, one.recipient_id)
    context = {"form": form, "follow_up": one, "recipient": one.recipient, "letter": one.recipient.letter}
    return render(request, "delivery/revise.html", context, status=422 if form.is_bound else 200)


@require_POST
@moderators(KEEP)
def strike(request, slug, pk):
    """Strike out what was noted by mistake."""
    one = get_follow_up(slug, pk)
    one.remove(request.user)
    messages.success(request, _("The note is struck out."))
    return redirect("delivery:recipient", slug, one.recipient_id)


@require_safe
@moderators(VIEW)
def answer(request, slug, pk):
    """Send the file of an answer."""
    one = get_follow_up(slug, pk)
    if one.blob is None:
        raise Http404
    return download(bytes(one.blob.content), f"{one.event}-{one.on}.pdf")
