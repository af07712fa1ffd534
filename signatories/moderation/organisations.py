"""The directory of organisations across letters: look, edit, merge, undo, split."""

from functools import wraps

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.history import changes
from audit.models import Entry
from signatories.forms.organisations import DirectoryForm, EditForm, KindForm, MergeForm, SplitForm, VariantForm
from signatories.models import (
    BothListed,
    ChangedMeanwhile,
    Merge,
    NotUndoable,
    Organisation,
    Plan,
    SignOn,
    VariantName,
)
from signatories.models import (
    split as split_organisation,
)
from signatories.models.organisation import digest
from signatories.names import isolated

from .desk import moderators

PAGE_SIZE = 50
# What a reader of an organisation's history cares for.
HISTORY = ("name", "acronym", "country", "website", "umbrella", "merged_into")
# How many the search for the other organisation shows.
FOUND = 20


def about_one(view):
    """Hand over the organisation instead of its number; one that was merged leads to where it is now."""

    @wraps(view)
    def found(request, pk, **kwargs):
        one = get_object_or_404(Organisation.objects.select_related("merged_into", "umbrella"), pk=pk)
        if one.merged_into_id:
            messages.info(request, _("“%(name)s” was merged into this organisation.") % {"name": isolated(one.name)})
            return redirect("moderation:organisation", pk=one.standing().pk)
        return view(request, one, **kwargs)

    return found


@require_safe
@moderators("signatories.view_organisation")
def organisations(request):
    """List the organisations of all letters as a printed list is sorted, or those looked for."""
    # Postgres knows no NUL, and no name has one.
    asked = request.GET.copy()
    for name, value in asked.items():
        asked[name] = value.replace("\0", "").strip()
    form = DirectoryForm(asked)
    rows = form.organisations().select_related("umbrella").prefetch_related("variants", signed())
    page = Paginator(rows, PAGE_SIZE).get_page(asked.pop("page", [""])[0])
    context = {"form": form, "page": page, "asked": asked.urlencode(), "is_search": any(asked.values())}
    return render(request, "moderation/organisations/directory.html", context, status=200 if form.is_valid() else 422)


def signed():
    """Return the look-up of organisations' sign-ons with their letters, as `signed`."""
    return Prefetch("sign_ons", SignOn.objects.select_related("letter").order_by("pk"), to_attr="signed")


@require_safe
@moderators("signatories.view_organisation")
@about_one
def organisation(request, one):
    """Show everything about one organisation."""
    return show(request, one)


def show(request, one, variant_form=None, status=200):
    """Render an organisation; `variant_form` with what was typed into it."""
    context = {
        "organisation": one,
        "variants": one.variants.order_by("pk"),
        "kinds": VariantName.Kind.choices,
        "chapters": one.chapters.standing(),
        "sign_ons": one.sign_ons.select_related("letter").order_by("-pk"),
        "merges": Merge.objects.about(one).select_related("kept", "absorbed", "user", "undone_by"),
        "entries": Entry.objects.about(one)[:50],
        "changes": list(changes(one.history.select_related("umbrella", "merged_into"), HISTORY)),
        "names_changed": list(changes(one.names_ever(), ("name", "kind"))),
        "variant_form": variant_form or VariantForm(),
    }
    return render(request, "moderation/organisations/organisation.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@moderators("signatories.change_organisation")
@about_one
def edit_organisation(request, one):
    """Change what is recorded; what letters list stays as it is."""
    form = EditForm(request.POST if request.method == "POST" else None, organisation=one)
    status = 422 if form.is_bound else 200
    if form.is_valid():
        try:
            changed = one.edit(request.user, **form.values())
        except ChangedMeanwhile:
            one.refresh_from_db()
            form.show_as_it_is()
            form.add_error(None, meanwhile_edited(one))
            status = 409
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Saved.") if changed else _("Nothing was changed."))
            return redirect("moderation:organisation", pk=one.pk)
    context = {"form": form, "organisation": one}
    return render(request, "moderation/organisations/edit.html", context, status=status)


def meanwhile_edited(one):
    """Return the error for a form whose organisation was changed since it was opened."""
    words = _("Somebody has changed it meanwhile: it is now “%(name)s”, %(acronym)s, %(country)s, %(website)s. ")
    shown = {"name": one.name, "acronym": one.acronym or "–", "country": one.country.name or "–"}
    return words % (shown | {"website": one.website or "–"}) + _("Save again to write what stands below.")


@require_POST
@moderators("signatories.change_organisation")
@about_one
def add_variant(request, one):
    """Record another form of the name."""
    form = VariantForm(request.POST)
    if form.is_valid():
        try:
            one.add_variant(request.user, **form.cleaned_data)
        except ChangedMeanwhile:
            return redirect("moderation:organisation", pk=one.pk)
        except ValidationError as error:
            form.add_error("name", error)
        else:
            messages.success(request, _("Added."))
            return redirect("moderation:organisation", pk=one.pk)
    return show(request, one, form, status=422)


@require_POST
@moderators("signatories.change_organisation")
def change_variant(request, pk):
    """Say why a form of the name differs."""
    variant = get_object_or_404(VariantName.objects.select_related("organisation"), pk=pk)
    form = KindForm(request.POST)
    if form.is_valid():
        variant.change(request.user, form.cleaned_data["kind"])
        messages.success(request, _("Saved."))
    return redirect("moderation:organisation", pk=variant.organisation_id)


@require_POST
@moderators("signatories.change_organisation")
def remove_variant(request, pk):
    """Forget a form of the name."""
    variant = get_object_or_404(VariantName.objects.select_related("organisation"), pk=pk)
    variant.remove(request.user)
    messages.success(request, _("“%(name)s” is removed.") % {"name": isolated(variant.name)})
    return redirect("moderation:organisation", pk=variant.organisation_id)


# ── two that are one ──


@require_safe
@moderators("signatories.change_organisation")
@about_one
def choose_other(request, one):
    """Choose the organisation to merge with: among similar ones, or by a search."""
    words = request.GET.get("q", "").replace("\0", "").strip()
    found = Organisation.objects.standing().exclude(pk=one.pk).search(words)[:FOUND] if words else []
    context = {"organisation": one, "words": words, "found": found, "similar": one.similar()}
    return render(request, "moderation/organisations/choose.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@moderators("signatories.change_organisation")
@about_one
def merge(request, one, other):
    """Show what merging `other` into this one does, and do it."""
    other = get_object_or_404(Organisation.objects.standing().exclude(pk=one.pk), pk=other)
    plan = Plan.of(one, other)
    form = MergeForm(request.POST if request.method == "POST" else None, plan=plan)
    status = 422 if form.is_bound else 200
    if form.is_valid():
        try:
            Merge.merge(request.user, one, other, **form.values())
        except (ChangedMeanwhile, BothListed) as problem:
            # What is shown then is how it is now.
            is_listed, status = isinstance(problem, BothListed), 409
            for organisation in (one, other):
                organisation.refresh_from_db()
            plan = Plan.of(one, other)
            form = MergeForm(plan=plan)
            messages.error(request, both_listed() if is_listed else changed_meanwhile())
        else:
            messages.success(request, _("Merged. It can be undone for 30 days."))
            return redirect("moderation:organisation", pk=one.pk)
    context = {"plan": plan, "form": form, "organisation": one, "other": other, "pair": [one, other]}
    context["gained"] = list(labelled(plan.gained))
    return render(request, "moderation/organisations/merge.html", context, status=status)


def labelled(facts):
    """Return (label, value) of what `Organisation.facts` holds, as a reader reads it."""
    for name, value in facts.items():
        if name == "umbrella" and value:
            value = Organisation.objects.get(pk=value).name
        yield Organisation._meta.get_field(name).verbose_name.capitalize(), value


def both_listed():
    """Return what a moderator reads when two organisations cannot be merged yet."""
    return _("Nothing was written: both are signatories of one letter. Decide one of the two sign-ons first.")


def changed_meanwhile():
    """Return what a moderator reads when something else was shown than there is now."""
    return _("Nothing was written: something has changed since you opened this page. Here is how it is now.")


@require_http_methods(["GET", "HEAD", "POST"])
@moderators("signatories.change_organisation")
def undo_merge(request, pk):
    """Show what undoing a merge restores, and do it."""
    one = get_object_or_404(Merge.objects.select_related("kept", "absorbed", "user"), pk=pk)
    status = 200
    if request.method == "POST":
        try:
            one.undo(request.user, seen=request.POST.get("seen", ""))
        except NotUndoable:
            status = 409
        except ChangedMeanwhile:
            messages.error(request, changed_meanwhile())
            one, status = Merge.objects.get(pk=pk), 409
        else:
            messages.success(request, _("Undone. “%(name)s” stands again.") % {"name": isolated(one.absorbed.name)})
            return redirect("moderation:organisation", pk=one.absorbed_id)
    undoing = one.undoing()
    context = {"merge": one, "undoing": undoing, "restored": list(labelled(undoing.restored))}
    context["edited"] = [label for label, _value in labelled(dict.fromkeys(undoing.edited))]
    return render(request, "moderation/organisations/undo.html", context, status=status)


# ── one that is two ──


@require_http_methods(["GET", "HEAD", "POST"])
@moderators("signatories.change_organisation")
@about_one
def split(request, one):
    """Choose what goes, look at what that does, and do it."""
    seen = digest(one.belongings())
    form = SplitForm(request.POST if request.method == "POST" else None, organisation=one, seen=seen)
    status = 422 if form.is_bound else 200
    if form.is_valid():
        if "split" not in request.POST:
            return render(request, "moderation/organisations/split_preview.html", preview(one, form, seen))
        try:
            other = split_organisation(request.user, one, **form.values())
        except ChangedMeanwhile:
            messages.error(request, changed_meanwhile())
            return redirect("moderation:split", pk=one.pk)
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            messages.success(request, _("Split. “%(name)s” stands for itself.") % {"name": isolated(other.name)})
            return redirect("moderation:organisation", pk=other.pk)
    context = {"organisation": one, "form": form}
    return render(request, "moderation/organisations/split.html", context, status=status)


def preview(one, form, seen):
    """Return what the preview of a split shows, with what is posted if it is wanted."""
    cleaned = form.cleaned_data
    posted = [(name, value) for name in form.fields if name != "seen" for value in form.data.getlist(name)]
    staying = one.sign_ons.exclude(pk__in=cleaned["sign_ons"]).select_related("letter")
    context = {"organisation": one, "going": cleaned["sign_ons"], "names": cleaned["variants"], "staying": staying}
    return context | {"merge": form.merge, "name": cleaned["name"], "posted": [*posted, ("seen", seen)]}
