"""Corrections of what is printed: a list of those that wait, their review, and a moderator's own."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_countries import countries

from audit.models import record
from letter.content import Line
from signatories import diff
from signatories.forms import house_style
from signatories.forms.corrections import DeclineCorrectionForm, EditForm, ReviewForm
from signatories.models import Actor, Correction, Outdated
from signatories.models.correction import FIELDS, as_values, line_of
from signatories.states import State

from .desk import moderators
from .sign_on import get_sign_on

PAGE_SIZE = 50
LABELS = {
    "name": gettext_lazy("Name"),
    "acronym": gettext_lazy("Acronym"),
    "country": gettext_lazy("Country"),
    "website": gettext_lazy("Website"),
    "name_in_own_script": gettext_lazy("Name in its own script"),
}
# What is long enough to be compared word by word.
BY_WORDS = ("name", "name_in_own_script")


@require_safe
@moderators()
def corrections(request):
    """List the corrections that wait, of all letters, each as a diff."""
    page = Paginator(Correction.objects.proposed().with_sign_on(), PAGE_SIZE).get_page(request.GET.get("page"))
    rows = [(one, differences(line_of(one.sign_on), one.line)) for one in page]
    return render(request, "moderation/corrections.html", {"page": page, "rows": rows})


@require_safe
@moderators()
def correction(request, pk):
    """Show a correction as a diff."""
    return show(request, get_correction(pk))


def get_correction(pk):
    """Return the correction, or raise Http404."""
    return get_object_or_404(Correction.objects.with_sign_on(), pk=pk)


def show(request, one, review=None, refusal=None, status=200):
    """Render a correction, with a form as it was filled in; who reads a representative's reason is on record."""
    before = Line(**one.before) if one.before else line_of(one.sign_on)
    after = Line(**one.after) if one.after else one.line
    may_decide = request.user.has_perm("signatories.decide_signon")
    waits = one.state == Correction.State.PROPOSED and one.sign_on.is_live
    if may_decide and one.can_be_applied:
        review = review or ReviewForm(sign_on=one.sign_on, initial=as_values(one.line))
    context = {
        "correction": one,
        "sign_on": one.sign_on,
        "differences": differences(before, after),
        "review": review,
        "refusal": refusal or (DeclineCorrectionForm() if may_decide and waits else None),
        "can_be_undone": may_decide and one.can_be_undone(),
        "waits": waits,
    }
    response = render(request, "moderation/correction.html", context, status=status)
    if request.user.has_perm("signatories.view_representative"):
        record(request.user, "read", one.sign_on)
    return response


def differences(before, after):
    """Return (label, parts of the diff) for each printed thing that changes."""
    pairs = [(field, getattr(before, field), getattr(after, field)) for field in FIELDS]
    changed = [(field, shown(field, old), shown(field, new)) for field, old, new in pairs if old != new]
    return [(LABELS[field], (diff.words if field in BY_WORDS else diff.whole)(old, new)) for field, old, new in changed]


def shown(field, value):
    """Return a printed value as a moderator reads it: a country by its name."""
    return str(countries.name(value)) if field == "country" and value else value


@require_POST
@moderators("signatories.decide_signon")
def apply(request, pk):
    """Print a correction, as proposed or as changed here."""
    one = get_correction(pk)
    form = ReviewForm(request.POST, sign_on=one.sign_on)
    if house_style.BUTTON in request.POST:
        return show(request, one, form.filled_in(sign_on=one.sign_on))
    if not form.is_valid():
        return show(request, one, form, status=422)
    try:
        one.apply(Actor.moderator(request.user), **form.cleaned_data)
    except Outdated:
        return outdated(request, pk)
    except ValidationError as error:
        form.add_error(None, error.messages)
        return show(request, get_correction(pk), form, status=422)
    messages.success(request, _("Applied: the list shows it in a moment. It can be undone until its message leaves."))
    return redirect("moderation:correction", pk=pk)


@require_POST
@moderators("signatories.decide_signon")
def refuse(request, pk):
    """Decline a correction, with a note to the representative."""
    one = get_correction(pk)
    form = DeclineCorrectionForm(request.POST)
    if not form.is_valid():
        return show(request, one, refusal=form, status=422)
    try:
        one.decline(Actor.moderator(request.user), **form.cleaned_data)
    except Outdated:
        return outdated(request, pk)
    messages.success(request, _("Declined: what is printed stays as it is. It can be undone until its message leaves."))
    return redirect("moderation:correction", pk=pk)


@require_POST
@moderators("signatories.decide_signon")
def undo(request, pk):
    """Take the decision on a correction back."""
    one = get_correction(pk)
    try:
        one.undo(Actor.moderator(request.user))
    except Outdated:
        messages.error(request, _("Nothing was undone: the time for it is over, or something was decided since."))
    else:
        messages.success(request, _("Undone: it is as it was before, and no message leaves."))
    return redirect("moderation:correction", pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
@moderators("signatories.decide_signon")
def edit(request, pk):
    """Change what is printed of a signatory, and say why."""
    one = get_sign_on(pk)
    if one.state != State.ACCEPTED:
        messages.info(request, _("Only what is on the list can be edited; this sign-on is not."))
        return redirect("moderation:sign_on", pk=pk)
    form = EditForm(request.POST if request.method == "POST" else None, sign_on=one)
    if house_style.BUTTON in request.POST:
        form = form.filled_in(sign_on=one)
    elif form.is_valid():
        try:
            made = Correction.edit(one, Actor.moderator(request.user), **form.cleaned_data)
        except Outdated:
            return outdated(request, None, one)
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            messages.success(request, _("Changed: the list shows it in a moment. It can be undone for a few minutes."))
            return redirect("moderation:correction", pk=made.pk)
    context = {"form": form, "sign_on": one}
    return render(request, "moderation/edit.html", context, status=422 if form.is_bound else 200)


def outdated(request, pk, sign_on=None):
    """Say what came between; nothing was written."""
    one = get_correction(pk) if pk else None
    context = {"correction": one, "sign_on": sign_on or one.sign_on}
    return render(request, "moderation/correction_outdated.html", context, status=409)
