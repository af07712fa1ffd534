"""One sign-on, with everything that a decision needs."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from audit.models import record
from signatories import states
from signatories.forms.decisions import FORMS
from signatories.models import Message, SignOn
from signatories.states import State, Who

from .desk import moderators


@require_safe
@moderators()
def sign_on(request, pk):
    """Show one sign-on with everything that a decision needs; who reads of its representative is on record."""
    response = show(request, one := get_sign_on(pk))
    if request.user.has_perm("signatories.view_representative"):
        record(request.user, "read", one)
    return response


def get_sign_on(pk):
    """Return the sign-on, or raise Http404."""
    return get_object_or_404(SignOn.objects.with_evidence().select_related("letter", "text", "organisation"), pk=pk)


def show(request, one, bound=None, status=200):
    """Render a sign-on; the form `bound` (verb, form) is shown with what was typed into it."""
    similar = one.similar()
    forms = {}
    if request.user.has_perm("signatories.decide_signon"):
        for verb in states.verbs(one.state, Who.MODERATOR):
            kwargs = {"similar": similar} if verb == "accept" else {}
            forms[verb] = bound[1] if bound and bound[0] == verb else FORMS[verb](sign_on=one, **kwargs)
    context = {
        "sign_on": one,
        "letter": one.letter,
        "evidence": one.evidence,
        "similar": similar,
        "related": one.related(),
        "forms": forms,
        "bound": bound and bound[0],
        "transitions": one.transitions.select_related("user"),
        "messages_sent": one.messages.all(),
        "next": SignOn.objects.in_state(State.PENDING).filter(letter=one.letter).exclude(pk=one.pk).first(),
    }
    return render(request, "moderation/sign_on.html", context, status=status)


@require_POST
@moderators("signatories.send_message")
def send_again(request, pk):
    """Queue a failed message once more."""
    message = get_object_or_404(Message.objects.to_representatives(), pk=pk)
    if message.send_again():
        messages.success(request, _("The message is queued again."))
    else:
        messages.info(request, _("The message had been queued or sent already."))
    return redirect("moderation:sign_on", pk=message.sign_on_id)
