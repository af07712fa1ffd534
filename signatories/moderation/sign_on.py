"""One sign-on, with everything that a decision needs, beside the list that it stands in."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from audit.models import record
from signatories import states
from signatories.doubts import doubts
from signatories.forms.decisions import FORMS
from signatories.models import Actor, Claim, Hold, Message, NoLongerSo, SignOn
from signatories.states import State, Who

from . import filters
from .desk import moderators
from .queue import colleague, workbench


@require_safe
@moderators()
def sign_on(request, pk):
    """Show one sign-on; colleagues see who is looking at it."""
    one = get_sign_on(pk)
    if one.state in WAITING and request.user.has_perm("signatories.decide_signon"):
        # A GET that writes: but nothing of the sign-on, and only that somebody is there.
        Claim.take(pk, request.user)
        Claim.leave_others(pk, request.user)
    return show(request, one)


# In which the acts stand on the page.
ORDER = ("undo", "accept", "query", "answer", "decline", "reopen", "withdraw")
WAITING = (State.PENDING, State.QUERIED)


def get_sign_on(pk):
    """Return the sign-on, or raise Http404."""
    found = SignOn.objects.with_evidence().with_seen().with_reach().select_related("letter", "text", "organisation")
    return get_object_or_404(found, pk=pk)


def show(request, one, bound=None, status=200):
    """Render a sign-on; the form `bound` (verb, form) is shown with what was typed into it.

    Whoever reads of its representative so is on record.
    """
    context = {"sign_on": one, "letter": one.letter, "bound": bound and bound[0], **panels(request.user, one, bound)}
    response = workbench(request, "moderation/sign_on.html", context, one=one, status=status)
    if request.user.has_perm("signatories.view_representative"):
        record(request.user, "read", one)
    return response


def panels(user, one, bound=None):
    """Return what the sections of the page show: templates/moderation/panel/."""
    similar, evidence, sent = one.similar(), one.evidence, list(one.messages.all())
    failed = [message for message in sent if message.state == Message.State.FAILED]
    forms = acts(user, one, similar, bound)
    return {
        "evidence": evidence,
        "similar": similar,
        "related": one.related(),
        "forms": forms,
        "doubts": doubts(similar, evidence, forms["accept"].initial["organisation"]) if "accept" in forms else [],
        "colleague": colleague(one, user),
        "transitions": one.transitions.with_words(),
        "messages_sent": sent,
        "holds": Hold.objects.waiting().filter(message__sign_on=one).select_related("message"),
        "overtaken": [message for message in failed if one.has_overtaken(message)],
        "notices": one.notices.with_answer(),
        "transfers": one.transfers.select_related("told", "settled_by"),
        "corrections": one.corrections.select_related("user", "decided_by").order_by("-pk"),
    }


def acts(user, one, similar, bound=None):
    """Return the form of each act that `user` may do now, by its verb."""
    if one.erased_at or not user.has_perm("signatories.decide_signon"):
        return {}
    forms = {}
    for verb in sorted(states.verbs(one.state, Who.MODERATOR), key=ORDER.index):
        if verb == "undo" and not one.transitions.undoable().exists():
            continue
        kwargs = {"similar": similar} if verb == "accept" else {}
        forms[verb] = bound[1] if bound and bound[0] == verb else FORMS[verb](sign_on=one, **kwargs)
    return forms


def address(one, request):
    """Return the address of a sign-on's page in the list that `request` asks for."""
    asked, _letter = filters.read(request, filters.opened())
    return reverse("moderation:sign_on", args=[one.pk]) + asked.address()


def address_of_next(one, request):
    """Return the address of the page of whichever sign-on comes next in that list, or of the list if it has none.

    A colleague's is passed over. To be asked before `one` is decided, and leaves the list.
    """
    asked, letter = filters.read(request, filters.opened())
    rows = asked.rows(request.user, letter).not_claimed_but_by(request.user).exclude(pk=one.pk)
    following = rows.beyond(one, asked.order).first() or rows.first()
    page = reverse("moderation:sign_on", args=[following.pk]) if following else reverse("moderation:queue")
    return page + asked.address()


@require_POST
@moderators("signatories.decide_signon")
def claim(request, pk):
    """Take a sign-on over from a colleague; or, sent by the open page itself, say that one is still there."""
    one = get_sign_on(pk)
    is_mine = Claim.take(pk, request.user, over="over" in request.POST)
    if "renew" in request.POST:
        return HttpResponse(status=204 if is_mine else 409)
    return redirect(address(one, request))


@require_POST
@moderators("signatories.send_message")
def send_again(request, pk):
    """Queue a failed message once more."""
    message = get_object_or_404(Message.objects.to_representatives().select_related("sign_on"), pk=pk)
    try:
        if message.sign_on.send_again(message, Actor.moderator(request.user)):
            messages.success(request, _("The message is queued again."))
        else:
            messages.info(request, _("The message had been queued or sent already."))
    except NoLongerSo:
        messages.info(request, _("The message was not sent: the decision that it tells of no longer stands."))
    return redirect("moderation:sign_on", pk=message.sign_on_id)
