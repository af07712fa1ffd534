"""The decisions: guard, form, one verb of the domain, redirect to the next in the same list."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from signatories.forms import house_style
from signatories.forms.decisions import FORMS
from signatories.models import Actor, AlreadyListed, Claim, SomebodyWasFaster, TooLate
from signatories.names import isolated
from signatories.states import NotAllowed

from .desk import moderators
from .queue import workbench
from .sign_on import address, address_of_next, get_sign_on, show

# After these one looks at the same sign-on again.
STAYS = ("answer", "reopen", "undo")


def decision(verb):
    """Return the view that carries out `verb`: guard, form, one verb of the domain, redirect."""

    @require_POST
    @moderators("signatories.decide_signon")
    def view(request, pk):
        one = get_sign_on(pk)
        kwargs = {"similar": one.similar()} if verb == "accept" else {}
        form = FORMS[verb](request.POST, request.FILES, sign_on=one, **kwargs)
        if verb == "accept" and house_style.BUTTON in request.POST:
            return show(request, one, (verb, form.filled_in(sign_on=one, **kwargs)))
        if not form.is_valid():
            return show(request, one, (verb, form), status=422)
        onwards = address(one, request) if verb in STAYS else address_of_next(one, request)
        try:
            getattr(one, verb)(Actor.moderator(request.user), **form.cleaned_data)
        except SomebodyWasFaster as faster:
            return somebody_was_faster(request, one, faster.transition)
        except NotAllowed:
            return somebody_was_faster(request, one, one.transitions.last())
        except ValidationError as error:
            form.add_error(None, error.messages)
            return show(request, get_sign_on(pk), (verb, form), status=422)
        except AlreadyListed as listed:
            form.add_error("organisation" if verb == "accept" else None, already_listed(listed.sign_on))
            return show(request, get_sign_on(pk), (verb, form), status=409)
        except TooLate:
            messages.error(request, _("It is too late for an undo: the message has left. Reopen the sign-on instead."))
            return redirect(onwards)
        Claim.release(pk)
        messages.success(request, done(verb, one))
        return redirect(onwards)

    view.__name__, view.__doc__ = verb, f"Carry out “{verb}”."
    return view


query, answer = (decision(verb) for verb in ("query", "answer"))
accept, decline, reopen, withdraw = (decision(verb) for verb in ("accept", "decline", "reopen", "withdraw"))
undo = decision("undo")


def done(verb, one):
    """Return what a moderator reads after a decision."""
    words = {
        "query": _("“%(name)s” waits for an answer to your question."),
        "answer": _("The answer is registered: “%(name)s” waits for a decision again."),
        "accept": _("“%(name)s” is accepted and will be on the list in a moment."),
        "decline": _("“%(name)s” is declined."),
        "reopen": _("“%(name)s” waits for a decision again."),
        "undo": _("Undone: “%(name)s” is as it was before."),
        "withdraw": _("“%(name)s” is withdrawn."),
    }
    return words[verb] % {"name": isolated(one.name_to_print)}


def already_listed(other):
    """Return the error for an organisation that is on the list by another sign-on."""
    if other is None:
        return _("Another sign-on has taken its place: of this organisation, or of the same person.")
    return _("This organisation is on the list already, as “%(name)s” (sign-on %(number)d).") % {
        "name": isolated(other.listed_name),
        "number": other.pk,
    }


def somebody_was_faster(request, one, transition):
    """Say who decided what meanwhile; nothing was written."""
    context = {"sign_on": one, "transition": transition, "again": address(one, request)}
    return workbench(request, "moderation/somebody_was_faster.html", context, one=one, status=409)
