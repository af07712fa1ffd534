"""Inviting a coalition's members to sign: look at a file, word the messages, send, see what came of it."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, OuterRef, Q, Subquery
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.models import record
from letter.models import Letter, LetterText
from signatories import exports, mail, members, sheets
from signatories.forms.invitations import InvitationExportForm, MembersForm, WordsForm
from signatories.models import (
    InvitationRound,
    KeyHasChanged,
    LetterNotOpen,
    MemberInvitation,
    NotToBeWrittenTo,
    RoundHasChanged,
    Stage,
)

from .desk import moderators
from .imports import download

PERMISSION = "signatories.invite_members"
PAGE_SIZE = 50
# Lines of a file that are left out, as far as they are shown.
SHOWN = 200

get_or_post = require_http_methods(["GET", "HEAD", "POST"])


def get_letter(slug):
    """Return a letter that has a text, or raise Http404: without one it can neither be shown nor signed."""
    return get_object_or_404(Letter.objects.filter(texts__isnull=False).distinct(), slug=slug)


def get_round(pk):
    """Return a round that was not sent yet, or raise Http404."""
    return get_object_or_404(InvitationRound.objects.drafts().select_related("letter"), pk=pk)


def key_has_changed():
    """Return the words for a list that cannot be read any more."""
    return _(
        "The do-not-contact list was kept under another SECRET_KEY of the server, so nobody can be invited. Ask "
        "whoever runs the server to set the former one again."
    )


# ── what came of it ──


@require_safe
@moderators(PERMISSION)
def invitations(request):
    """List the letters, with how many were invited to each."""
    texts = LetterText.objects.filter(letter=OuterRef("pk"), language=OuterRef("language")).order_by("-revision")
    rows = Letter.objects.filter(texts__isnull=False).annotate(
        heading=Subquery(texts.values("title")[:1]),
        invited=Count("member_invitations", filter=Q(member_invitations__sent_at__isnull=False), distinct=True),
    )
    return render(request, "moderation/invitations/letters.html", {"letters": rows})


@require_safe
@moderators(PERMISSION)
def letter_invitations(request, slug):
    """Show who was invited to sign a letter, and what came of it."""
    letter = get_letter(slug)
    everyone = MemberInvitation.objects.to(letter).released()
    asked = {name: request.GET.get(name, "").replace("\0", "").strip() for name in ("stage", "network", "q")}
    networks = everyone.by_network()
    if asked["stage"] and asked["stage"] not in Stage.values:
        raise Http404
    rows = everyone.with_stage().select_related("round").narrowed(**asked)
    counts = everyone.counts()
    context = {
        "letter": letter,
        "asked": asked,
        "page": Paginator(rows.order_by("name", "pk"), PAGE_SIZE).get_page(request.GET.get("page")),
        "tabs": [(value, label, counts[value]) for value, label in Stage.choices if value in counts],
        "total": sum(counts.values()),
        "networks": networks,
        "drafts": InvitationRound.objects.drafts().filter(letter=letter),
        "is_open": letter.is_open(),
    }
    return render(request, "moderation/invitations/letter.html", context)


@require_safe
@moderators(PERMISSION)
def invitation(request, pk):
    """Show one invitation and its history; whoever reads an address so is on record."""
    found = MemberInvitation.objects.released().with_stage().with_page().select_related("round__sent_by")
    one = get_object_or_404(found, pk=pk)
    response = render(
        request, "moderation/invitations/invitation.html", {"one": one, "messages_sent": one.messages.order_by("pk")}
    )
    record(request.user, "read", one)
    return response


@require_POST
@moderators(PERMISSION)
def invite_again(request, pk):
    """Send one invitation once more."""
    one = get_object_or_404(MemberInvitation.objects.released(), pk=pk)
    try:
        one.invite_again(request.user)
        messages.success(request, _("The invitation is queued again."))
    except NotToBeWrittenTo:
        messages.info(
            request,
            _(
                "Nothing was sent: they have answered or do not want to be written to, the letter is closed, or a "
                "message went there within a day."
            ),
        )
    except KeyHasChanged:
        messages.error(request, key_has_changed())
    return redirect("moderation:invitation", pk)


@get_or_post
@moderators("signatories.export_signon")
def export_invitations(request, slug):
    """Send the invitations of a letter as a file; what for is on record before the first byte leaves."""
    letter = get_letter(slug)
    form = InvitationExportForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        extension = form.cleaned_data["extension"]
        file = exports.export_invitations(request.user, letter, **form.cleaned_data)
        if file is not None:
            name = exports.file_name("invitations", letter, extension)
            return FileResponse(file, as_attachment=True, filename=name, content_type=exports.TYPES[extension])
        form.add_error(None, _("Nobody has been invited: the file would be empty."))
    context = {"form": form, "letter": letter, "headings": [column.heading for column in exports.INVITATIONS]}
    status = 422 if form.is_bound else 200
    return render(request, "moderation/invitations/export.html", context, status=status)


# ── how they are invited ──


@get_or_post
@moderators(PERMISSION)
def upload_members(request, slug):
    """Take a file of members, and find out what would come of each line; nobody is written to."""
    letter = get_letter(slug)
    form = MembersForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        rows = form.members.rows
        try:
            members.plan(rows, letter)
        except KeyHasChanged:
            form.add_error(None, key_has_changed())
        else:
            chosen = {name: form.cleaned_data[name] for name in ("network", "language")}
            made = InvitationRound.upload(request.user, letter, rows, content=form.content, **chosen)
            if form.members.unknown:
                unknown = ", ".join(form.members.unknown)
                messages.info(
                    request, _("Columns that mean nothing here were left out: %(names)s") % {"names": unknown}
                )
            return redirect("moderation:invitation_round", made.pk)
    context = {"form": form, "letter": letter}
    return render(request, "moderation/invitations/upload.html", context, status=422 if form.is_bound else 200)


@require_safe
@moderators(PERMISSION)
def members_template(request):
    """Offer an empty file with the headings that need no guess."""
    return download(sheets.write(members.TEMPLATE, []), "members.csv")


@get_or_post
@moderators(PERMISSION)
def invitation_round(request, pk):
    """Show what would come of each line, and the messages as they would be sent; take their words."""
    one = get_round(pk)
    languages = one.languages
    form = WordsForm(
        request.POST if request.method == "POST" else None, one=one, user=request.user, languages=languages
    )
    if form.is_valid():
        try:
            one.word(request.user, **form.chosen())
        except RoundHasChanged:
            return has_changed(request, one)
        return redirect(f"{request.path}#messages")
    return show_round(request, one, form, status=422 if form.is_bound else 200)


def show_round(request, one, form, status=200):
    """Render a round; it shows addresses that cannot be read as they were typed, so who looks is on record."""
    rows = one.invitations.order_by("pk")
    left_out = [{**line, "label": members.OUTCOMES[line["outcome"]]} for line in one.left_out]
    context = {
        "one": one,
        "letter": one.letter,
        "form": form,
        "page": Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page")),
        "left_out": left_out[:SHOWN],
        "left_out_count": len(left_out),
        "previews": [preview(sample, one.words[code]) for code, sample in one.samples().items() if code in one.words],
        "is_worded": one.is_worded(form.languages),
        "is_open": one.letter.is_open(),
    }
    response = render(request, "moderation/invitations/round.html", context, status=status)
    record(request.user, "read", one)
    return response


def preview(sample, words):
    """Return how the first member of a language would be written to, and reminded."""
    return {
        "sample": sample,
        "messages": [mail.preview(sample, kind, **words) for kind in ("member_invitation", "member_reminder")],
    }


def has_changed(request, one):
    """Lead on from what somebody else has sent, discarded or worded meanwhile."""
    messages.error(request, _("Somebody has changed, sent or discarded this meanwhile: nothing was done."))
    return redirect("moderation:letter_invitations", one.letter.slug)


@require_POST
@moderators(PERMISSION)
def send_round(request, pk):
    """Begin to invite, with the words that were shown."""
    one = get_round(pk)
    try:
        count = one.send(request.user, seen=request.POST.get("seen", ""))
    except RoundHasChanged:
        messages.error(request, _("Words or members have changed since you looked: please look again before you send."))
        return redirect("moderation:invitation_round", pk)
    except LetterNotOpen:
        messages.error(request, _("The letter cannot be signed now, so nobody is invited."))
        return redirect("moderation:invitation_round", pk)
    except KeyHasChanged:
        messages.error(request, key_has_changed())
        return redirect("moderation:invitation_round", pk)
    words = ngettext("%(count)d invitation is on its way.", "%(count)d invitations are on their way.", count)
    messages.success(request, words % {"count": count})
    return redirect("moderation:letter_invitations", one.letter.slug)


@require_POST
@moderators(PERMISSION)
def discard_round(request, pk):
    """Forget what was not sent."""
    one = get_round(pk)
    try:
        one.discard(request.user)
    except RoundHasChanged:
        return has_changed(request, one)
    messages.success(request, _("The file is forgotten. Nobody was written to."))
    return redirect("moderation:letter_invitations", one.letter.slug)
