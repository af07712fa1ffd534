"""The decisions: guard, form, one verb of the domain, redirect."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from signatories.forms.decisions import FORMS
from signatories.models import Actor, AlreadyListed, SomebodyWasFaster
from signatories.states import NotAllowed

from .desk import moderators
from .sign_on import get_sign_on, show


def decision(verb):
    """Return the view that carries out `verb`: guard, form, one verb of the domain, redirect."""

    @require_POST
    @moderators("signatories.decide_signon")
    def view(request, pk):
        one = get_sign_on(pk)
        kwargs = {"similar": one.similar()} if verb == "accept" else {}
        form = FORMS[verb](request.POST, sign_on=one, **kwargs)
        if not form.is_valid():
            return show(request, one, (verb, form), status=422)
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
            form.add_error("organisation", already_listed(listed.sign_on))
            return show(request, get_sign_on(pk), (verb, form), status=409)
        messages.success(request, done(verb, one))
        return redirect("moderation:sign_on", pk=pk)

    view.__name__, view.__doc__ = verb, f"Carry out “{verb}”."
    return view


query, answer = (decision(verb) for verb in ("query", "answer"))
accept, decline, reopen, withdraw = (decision(verb) for verb in ("accept", "decline", "reopen", "withdraw"))


def done(verb, one):
    """Return what a moderator reads after a decision."""
    words = {
        "query": _("“%(name)s” waits for an answer to your question."),
        "answer": _("The answer is registered: “%(name)s” waits for a decision again."),
        "accept": _("“%(name)s” is accepted and will be on the list in a moment."),
        "decline": _("“%(name)s” is declined."),
        "reopen": _("“%(name)s” waits for a decision again."),
        "withdraw": _("“%(name)s” is withdrawn."),
    }
    return words[verb] % {"name": one.name_to_print}


def already_listed(other):
    """Return the error for an organisation that is on the list by another sign-on."""
    if other is None:
        return _("This organisation is on the list already.")
    return _("This organisation is on the list already, as “%(name)s” (sign-on %(number)d).") % {
        "name": other.listed_name,
        "number": other.pk,
    }


def somebody_was_faster(request, one, transition):
    """Say who decided what meanwhile; nothing was written."""
    context = {"sign_on": one, "transition": transition}
    return render(request, "moderation/somebody_was_faster.html", context, status=409)
