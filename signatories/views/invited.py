"""The personal page of a coalition's member who was invited to sign, and the way out of such messages."""

from functools import wraps

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.csrf import csrf_exempt

from signatories import links
from signatories.forms.invited import DeclineForm
from signatories.forms.sign import SignForm
from signatories.models import MemberInvitation, Switch

from .guards import get_or_post, private
from .paused import paused
from .reading import Reading, closed


def with_invitation(purpose):
    """Hand the view the invitation that its token leads to, or explain the link."""

    def decorate(view):
        @csrf_exempt
        @private
        @get_or_post
        @wraps(view)
        def guarded(request, token):
            found = invitation_of(purpose, token)
            if found is None:
                return render(request, "signatories/invited_link.html", {"purpose": purpose}, status=404)
            return view(request, found, token)

        return guarded

    return decorate


def invitation_of(purpose, token):
    """Return the invitation that a token leads to, or None. It works as long as the letter does: nothing acts by it."""
    try:
        link = links.read(purpose, token)
    except links.BadLink:
        return None
    return MemberInvitation.objects.with_stage().with_page().filter(pk=link.about).first()


def invitation_to(letter, token):
    """Return the invitation to sign `letter` whose link carried `token`; None for one to another letter."""
    found = invitation_of("member", token) if token else None
    return found if found and found.letter_id == letter.pk else None


@with_invitation("member")
def member(request, invitation, token):
    """Show who invites to sign what; one button leads to the form, and another says no."""
    form = DeclineForm(request.POST if "decline" in request.POST else None)
    if "sign" in request.POST and not invitation.has_signed:
        invitation.open()
        return redirect("signatories:member_sign", token=token)
    if form.is_valid() and not invitation.has_signed:
        invitation.decline(form.cleaned_data["words"])
    if form.is_valid() or (request.method == "POST" and not form.is_bound):
        # The page says where it stands now.
        return redirect("signatories:member", token=token)
    reading = reading_of(invitation)
    context = {
        "invitation": invitation,
        "letter": reading.letter,
        "text": reading.text,
        "reading": reading,
        "form": form,
        "is_open": reading.letter.is_open(),
    }
    return render(request, "signatories/invited.html", context, status=422 if form.is_bound else 200)


@with_invitation("member")
def member_sign(request, invitation, token):
    """Show the form, filled in with what the network knows; it goes where everybody's goes."""
    reading = reading_of(invitation)
    if not reading.letter.is_open():
        return closed(request, reading)
    if Switch.objects.is_paused(reading.letter):
        return paused(request, reading)
    form = SignForm(initial=invitation.preset() | {"invitation": token}, text=reading.text)
    context = {"form": form, "letter": reading.letter, "text": reading.text, "reading": reading}
    return render(request, "signatories/sign.html", context)


def reading_of(invitation):
    """Return the letter of an invitation as its member reads it, in the page's language."""
    return Reading(invitation.letter, invitation.letter.text_for(get_language()))


@with_invitation("unsubscribe")
def unsubscribe(request, invitation, token):
    """End the messages about one letter, or about all; for a person, and for a mailbox that was told to (RFC 8058).

    A mailbox sends one POST and shows nothing of the answer: no redirect, no question. Its button asks nothing either,
    so it is taken in the wider sense. Whoever meant less, or pressed nothing, finds the way back on the page.
    """
    if request.method == "POST":
        if request.POST.get("List-Unsubscribe") == "One-Click":
            invitation.unsubscribe(from_all=True)
            return HttpResponse("Unsubscribed.", content_type="text/plain")
        if "again" in request.POST:
            invitation.subscribe_again()
        elif "letter" in request.POST or "all" in request.POST:
            invitation.unsubscribe(from_all="all" in request.POST)
        return redirect("signatories:unsubscribe", token=token)
    context = {"invitation": invitation, "letter": invitation.letter, "text": reading_of(invitation).text}
    return render(request, "signatories/unsubscribe.html", context)
