"""Deciding about many at one stroke: first a page that says what will happen, then one transaction for each."""

import re
import uuid
from dataclasses import dataclass, field

from crispy_forms.layout import Submit
from django.contrib import messages
from django.core.exceptions import BadRequest, ValidationError
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from signatories import states
from signatories.doubts import doubts
from signatories.forms.decisions import FORMS, AcceptForm
from signatories.forms.fields import helper
from signatories.models import Actor, AlreadyListed, Claim, SignOn, SomebodyWasFaster, TooLate, Transition
from signatories.states import NotAllowed, State, Who

from . import filters
from .desk import moderators
from .queue import colleague

VERBS = ("accept", "decline", "query")
MOST = 100
# Of one sign-on: its key, the last transition that was seen, and, from the preview on, the organisation foreseen.
CHOSEN = re.compile(r"(\d{1,18})-(\d{1,18})(?:-(new|\d{1,18}))?")


@dataclass
class Plan:
    """What will happen to one of the chosen; nothing, if there is a `why`."""

    pk: int
    seen: int
    preset: str = ""
    sign_on: SignOn | None = None
    likes: list = field(default_factory=list)
    form: AcceptForm | None = None
    why: str = ""

    @property
    def organisation(self):
        """The organisation that is known already, in words; empty for a new one."""
        return "" if self.preset == AcceptForm.NEW else dict(self.form.fields["organisation"].choices)[self.preset]

    def __str__(self):
        return f"{self.pk}-{self.seen}" + (f"-{self.preset}" if self.preset else "")


@require_POST
@moderators("signatories.decide_signon")
def preview(request):
    """Say what will happen to each of the chosen, and what is skipped and why."""
    verb, chosen = read(request)
    return show(request, verb, plan(verb, chosen, request.user))


def read(request):
    """Return the verb and the chosen (key, seen, organisation foreseen), or raise BadRequest."""
    verb = request.POST.get("verb")
    found = [CHOSEN.fullmatch(value) for value in request.POST.getlist("chosen")]
    if verb not in VERBS or not all(found):
        raise BadRequest
    return verb, [Plan(int(one[1]), int(one[2]), one[3] or "") for one in found]


def plan(verb, chosen, user):
    """Fill in what will happen to the `chosen`, as things stand now."""
    rows = SignOn.objects.filter(pk__in=[one.pk for one in chosen]).select_related("letter", "text", "organisation")
    found = {row.pk: row for row in rows.with_evidence().with_seen()}
    for one in chosen:
        one.sign_on = found.get(one.pk)
        one.why = obstacle(one, verb, user)
    if verb == "accept":
        possible = [one for one in chosen if not one.why]
        found = SignOn.objects.similar_to_each([one.sign_on for one in possible])
        for one in possible:
            foresee(one, found[one.pk])
    return chosen


def obstacle(one, verb, user):
    """Return why nothing will happen to one of the chosen, as far as its row tells; empty if it may."""
    if one.sign_on is None:
        return _("It is no longer there.")
    if one.sign_on.seen != one.seen or verb not in states.verbs(one.sign_on.state, Who.MODERATOR):
        return _("Somebody else was faster: it is %(state)s.") % {"state": one.sign_on.get_state_display()}
    if one.sign_on.state not in (State.PENDING, State.QUERIED):
        return _("It is decided: %(state)s.") % {"state": one.sign_on.get_state_display()}
    if verb == "query" and not one.sign_on.email:
        return _("It has no e-mail address to which a question could go.")
    if other := colleague(one.sign_on, user):
        return _("%(name)s is looking at it.") % {"name": other.get_username()}
    return ""


def foresee(one, likes):
    """Fill in for which organisation one of the chosen will be accepted, or why it needs an eye."""
    one.likes = likes
    one.form = AcceptForm(sign_on=one.sign_on, similar=likes)
    preset = one.form.initial["organisation"]
    found = doubts(likes, one.sign_on.evidence, preset)
    if found:
        one.why = _("It needs an eye: %(why)s") % {"why": " ".join(found)}
    elif one.preset not in ("", preset):
        one.why = _("Another organisation of this name was recorded meanwhile.")
    one.preset = preset


def show(request, verb, plans, form=None, status=200):
    """Render the preview."""
    done = [one for one in plans if not one.why]
    too_many = len(plans) > MOST
    if done and verb != "accept" and form is None:
        form = wording(verb, done[0].sign_on)
    asked, _letter = filters.read(request, filters.opened())
    context = {
        "verb": verb,
        "done": [] if too_many else done,
        "skipped": [] if too_many else [one for one in plans if one.why],
        "too_many": too_many,
        "most": MOST,
        "form": form,
        "here": asked.address(),
    }
    return render(request, "moderation/bulk.html", context, status=422 if too_many else status)


def wording(verb, sign_on, data=None):
    """Return the form for what is said with `verb` to all at once."""
    form = FORMS[verb](data, sign_on=sign_on)
    # Each sign-on carries its own.
    form.fields["seen"].required = False
    # The texts that are often asked name one organisation.
    if form.fields.pop("template", None):
        form.helper = helper(*form.fields, Submit("act", form.submit))
    return form


@require_POST
@moderators("signatories.decide_signon")
def decide(request):
    """Carry out what the preview said, each in a transaction of its own; what has changed meanwhile is skipped."""
    verb, chosen = read(request)
    if len(chosen) > MOST:
        raise BadRequest
    words = {}
    if verb != "accept":
        first = SignOn.objects.filter(pk__in=[one.pk for one in chosen]).first()
        form = wording(verb, first, request.POST) if first else None
        if form and not form.is_valid():
            return show(request, verb, plan(verb, chosen, request.user), form, status=422)
        words = {name: value for name, value in form.cleaned_data.items() if name != "seen"} if form else {}
    actor = Actor.moderator(request.user, batch=uuid.uuid4())
    for one in chosen:
        carry_out(verb, one, actor, words)
    skipped = [[one.pk, str(one.why)] for one in chosen if one.why]
    request.session["batch"] = {"batch": str(actor.batch), "skipped": skipped}
    if len(skipped) < len(chosen):
        return redirect(reverse("moderation:batch", args=[actor.batch]) + address(request))
    return outcome_of_nothing(request, skipped)


def carry_out(verb, one, actor, words):
    """Decide about one of the chosen, or say in its `why` what stood in the way."""
    # Each anew: what was done to the one before may bear on it.
    plan(verb, [one], actor.user)
    if one.why:
        return
    try:
        if verb == "accept":
            form = AcceptForm(one.form.initial, sign_on=one.sign_on, similar=one.likes)
            if not form.is_valid():
                problems = " ".join(problem for several in form.errors.values() for problem in several)
                one.why = _("It needs an eye: %(why)s") % {"why": problems}
                return
            words = {name: value for name, value in form.cleaned_data.items() if name != "seen"}
        getattr(one.sign_on, verb)(actor, seen=one.seen, **words)
    except (SomebodyWasFaster, NotAllowed):
        one.why = _("Somebody else was faster.")
    except AlreadyListed:
        one.why = _("The organisation is on the list already.")
    except ValidationError as error:
        one.why = " ".join(error.messages)
    else:
        Claim.release(one.pk)


def address(request):
    """Return the query of the list from which the selection came."""
    asked, _letter = filters.read(request, filters.opened())
    return asked.address()


def outcome_of_nothing(request, skipped):
    """Say that nothing was done, and why."""
    context = {"transitions": [], "skipped": with_names(skipped), "here": address(request)}
    return render(request, "moderation/batch.html", context, status=409)


@require_safe
@moderators()
def outcome(request, batch):
    """Say what was done at one stroke, and, to whoever did it, what was skipped and why."""
    done = Transition.objects.filter(batch=batch).select_related("sign_on", "user")
    if not done:
        raise Http404
    remembered = request.session.get("batch", {})
    skipped = remembered["skipped"] if remembered.get("batch") == str(batch) else []
    context = {
        "batch": batch,
        "transitions": done,
        "skipped": with_names(skipped),
        "undoable_count": done.undoable().count(),
        "here": address(request),
    }
    return render(request, "moderation/batch.html", context)


def with_names(skipped):
    """Return the sign-ons that were skipped, with why."""
    found = SignOn.objects.in_bulk([pk for pk, _why in skipped])
    return [(found.get(pk), pk, why) for pk, why in skipped]


@require_POST
@moderators("signatories.decide_signon")
def undo(request, batch):
    """Undo what was done at one stroke, the last first, as far as it can be."""
    decided = Transition.objects.filter(batch=batch)
    if not decided.exists():
        raise Http404
    undone = 0
    for one in decided.undoable().order_by("-pk").select_related("sign_on__letter"):
        try:
            one.sign_on.undo(Actor.moderator(request.user), seen=one.pk)
            undone += 1
        except (SomebodyWasFaster, NotAllowed, TooLate, AlreadyListed):
            continue
    left = decided.count() - undone
    words = ngettext("%(count)d decision is undone.", "%(count)d decisions are undone.", undone) % {"count": undone}
    if left:
        words += " " + ngettext(
            "%(count)d could not be: its message has left, or it was decided anew.",
            "%(count)d could not be: their messages have left, or they were decided anew.",
            left,
        ) % {"count": left}
    messages.success(request, words)
    return redirect(reverse("moderation:batch", args=[batch]) + address(request))
