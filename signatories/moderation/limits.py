"""Limits, allow-list and switches, and the messages that are held for them."""

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from letter.models import Letter
from signatories.forms.limits import AllowForm, RuleForm, SwitchForm
from signatories.limits import highest
from signatories.models import Actor, Allowance, Hold, LimitRule, SignOn, Switch, Why
from signatories.models.release import ACTS, MOST, PERMISSION

from .desk import moderators

VIEW, CHANGE = "signatories.view_representative", "signatories.change_limit"
# So many messages of one group are shown on the page, and so many names in a preview.
SHOWN, NAMED = 20, 100


@require_safe
@moderators(VIEW)
def limits(request):
    """Show what is held and why, the switches, the limits and how close the last day came, and the allow-list."""
    return show(request)


def show(request, bound=None, status=200):
    """Render the page; the form `bound` (which, form) is shown with what was typed into it."""
    which, form = bound or ("", None)
    may_change = request.user.has_perm(CHANGE)
    context = {
        "groups": groups(),
        "switches": [(letter, switch, form if which == letter.slug else blank) for letter, switch, blank in switches()],
        "rules": [(rule, most, form if which == rule.scope else RuleForm(rule=rule)) for rule, most in rules()],
        "allowed": Allowance.objects.filter(removed_at=None).select_related("made_by"),
        "allow_form": form if which == "allow" else AllowForm(),
        "bound": which,
        "may_change": may_change,
    }
    return render(request, "moderation/limits.html", context, status=status)


def groups():
    """Return what is held: each group, and its oldest few with their sign-ons. Three queries."""
    shown = list(Hold.objects.first_of_each_group(SHOWN))
    sign_ons = SignOn.objects.with_evidence().in_bulk([hold.message.sign_on_id for hold in shown])
    rows = [(hold, sign_ons[hold.message.sign_on_id]) for hold in shown]
    return [
        (group, [(hold, one) for hold, one in rows if [hold.why, hold.letter] == [group.why, group.letter]])
        for group in Hold.objects.groups()
    ]


def switches():
    """Return the letters that can be signed, and those whose switch was turned, with it and its form."""
    turned = Letter.objects.filter(pk__in=Switch.objects.turned().values("letter"))
    for letter in (Letter.objects.open() | turned).distinct().select_related("switch__by"):
        switch = getattr(letter, "switch", None)
        position = switch.position if switch else Switch.Position.OPEN
        yield letter, switch, SwitchForm(letter=letter, position=position)


def rules():
    """Return the rules, the narrowest first, and the highest count of each in the last day."""
    counted = highest()
    found = sorted(LimitRule.objects.all(), key=lambda rule: Why.values.index(rule.scope))
    return [(rule, counted.get(rule.scope, 0)) for rule in found]


# ── what is decided about what is to come ──


@require_POST
@moderators(CHANGE)
def change_limit(request, scope):
    """Let more through, or fewer."""
    rule = get_object_or_404(LimitRule, scope=scope)
    form = RuleForm(request.POST, rule=rule)
    if not form.is_valid():
        return show(request, (scope, form), status=422)
    if rule.change(request.user, **form.cleaned_data):
        messages.success(request, _("The limit is changed; it counts from the next sign-on on."))
    else:
        messages.info(request, _("Nothing has changed: the limit is so already."))
    return redirect("moderation:limits")


@require_POST
@moderators(CHANGE)
def allow(request):
    """Put a network or a domain on the allow-list."""
    form = AllowForm(request.POST)
    if not form.is_valid():
        return show(request, ("allow", form), status=422)
    made = Allowance.allow(request.user, **form.received())
    messages.success(request, _("%(value)s is on the allow-list.") % {"value": made.value})
    return redirect("moderation:limits")


@require_POST
@moderators(CHANGE)
def end_allowance(request, pk):
    """Take a network or a domain off the allow-list."""
    if get_object_or_404(Allowance, pk=pk).remove(request.user):
        messages.success(request, _("It is off the allow-list."))
    else:
        messages.info(request, _("It was off the allow-list already."))
    return redirect("moderation:limits")


@require_POST
@moderators(CHANGE)
def turn_switch(request, slug):
    """Hold the messages of a letter, pause signing it, or let it come in as usual."""
    letter = get_object_or_404(Letter.objects.opened(), slug=slug)
    form = SwitchForm(request.POST, letter=letter, position=Switch.objects.position(letter))
    if not form.is_valid():
        return show(request, (slug, form), status=422)
    if Switch.turn(letter, request.user, **form.cleaned_data):
        messages.success(request, _("The switch is turned; it works at once."))
    else:
        messages.info(request, _("The switch stands so already."))
    return redirect("moderation:limits")


# ── what is held ──


@require_POST
@moderators(PERMISSION)
def preview_held(request):
    """Say how many of the held messages will be released or discarded, and which."""
    act, chosen, fields = read(request)
    count = chosen.count()
    context = {
        "act": act,
        "count": min(count, MOST),
        "left": max(count - MOST, 0),
        "holds": chosen.select_related("message__sign_on__letter")[:NAMED],
        "fields": fields,
    }
    return render(request, "moderation/held.html", context)


@require_POST
@moderators(PERMISSION)
def decide_held(request):
    """Release or discard what the preview named; what came since is not touched."""
    act, chosen, _fields = read(request)
    say(request, act, ACTS[act](chosen, Actor.moderator(request.user)))
    return redirect("moderation:limits")


@require_POST
@moderators(PERMISSION)
def decide_held_of(request, pk):
    """Release or discard what is held of one sign-on."""
    one = get_object_or_404(SignOn, pk=pk)
    act = request.POST.get("act")
    if act not in ACTS:
        raise BadRequest
    say(request, act, ACTS[act](Hold.objects.filter(message__sign_on=one), Actor.moderator(request.user)))
    return redirect("moderation:sign_on", pk=pk)


def read(request):
    """Return the act, the holds that wait and are meant, and the fields that say so; or raise BadRequest.

    Those ticked one by one; or of a group all that were there when the page was made.
    """
    act, group = request.POST.get("act"), request.POST.get("group", "")
    why, _space, rest = group.partition(" ")
    letter, _space, newest = rest.partition(" ")
    keys = request.POST.getlist("chosen")
    numbers = [newest] if group else keys
    if act not in ACTS or not all(number.isdecimal() and len(number) < 19 for number in numbers):
        raise BadRequest
    if group:
        chosen = Hold.objects.waiting().because(why, letter).filter(pk__lte=int(newest))
        return act, chosen, [("group", group)]
    return act, Hold.objects.waiting().filter(pk__in=map(int, keys)), [("chosen", key) for key in keys]


def say(request, act, count):
    """Say what became of so many messages."""
    if not count:
        messages.info(request, _("Nothing was done: somebody else was faster."))
    elif act == "release":
        words = ngettext("%(count)d message is released.", "%(count)d messages are released.", count)
        messages.success(request, words % {"count": count})
    else:
        words = ngettext("%(count)d message is discarded.", "%(count)d messages are discarded.", count)
        messages.success(request, words % {"count": count})
