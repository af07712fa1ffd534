"""A sign-on goes to another mailbox: offered on the status page, taken in the new one, agreed to or not in the old."""

from contextlib import suppress
from functools import wraps

from django.conf import settings
from django.core.exceptions import ValidationError
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from signatories import limits, links
from signatories.forms.contact import AcceptForm, ContactForm, SuccessorForm
from signatories.models import AlreadyListed, NotTransferable, Transfer

from .guards import DAY, bad_link, get_or_post, private, with_link

FORMS = {Transfer.Kind.CONTACT: ContactForm, Transfer.Kind.SUCCESSOR: SuccessorForm}


@with_link("status")
def change_contact(request, sign_on, token):
    """Take a new address of the same person; it counts once its mailbox confirms."""
    return offer(request, sign_on, token, Transfer.Kind.CONTACT, "signatories/change_contact.html")


@with_link("status")
def hand_over(request, sign_on, token):
    """Take who succeeds the representative; nothing changes before they accept."""
    return offer(request, sign_on, token, Transfer.Kind.SUCCESSOR, "signatories/hand_over.html")


def offer(request, sign_on, token, kind, template):
    """Offer the sign-on to another mailbox; if it cannot be offered now, the status page says why."""
    form = FORMS[kind](request.POST if request.method == "POST" else None, sign_on=sign_on)
    if form.is_valid() and (is_offered(sign_on, kind, form) or is_within_limits(sign_on, form)):
        try:
            Transfer.offer(sign_on, kind, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error.messages)
        except NotTransferable:
            return redirect("signatories:status", token=token)
        else:
            return redirect("signatories:status", token=token)
    context = {"form": form, "sign_on": sign_on, "token": token, "hours": Transfer.hours_given()}
    return render(request, template, context, status=422 if form.is_bound else 200)


def is_offered(sign_on, kind, form):
    """Whether the same is on offer already, so that nobody is written to: a form that was sent twice."""
    return sign_on.transfers.same(kind, **form.cleaned_data).exists()


def is_within_limits(sign_on, form):
    """Count this offer, which makes us write to a stranger, and say in the form if there have been too many."""
    counts = [
        limits.hit("transfer", str(sign_on.pk), settings.LIMIT_TRANSFERS, DAY),
        limits.has_room(form.cleaned_data["email"], "transfer"),
    ]
    if not all(counts):
        form.add_error(None, _("There were many such requests today. Please send this one tomorrow, or write to us."))
    return all(counts)


@with_link("status")
def keep(request, sign_on, token):
    """Ask once more, then stop what was offered; if it is done, or stopped already, the status page says so."""
    if request.method == "POST":
        if transfer := sign_on.transfers.newest():
            transfer.cancel()
        return redirect("signatories:status", token=token)
    return render(request, "signatories/keep.html", {"sign_on": sign_on, "token": token})


def with_transfer(purpose):
    """Hand the view the transfer that its token leads to, or explain the link."""

    def decorate(view):
        @csrf_exempt
        @private
        @get_or_post
        @wraps(view)
        def guarded(request, token):
            transfer, link = None, None
            with suppress(links.BadLink):
                link = links.read(purpose, token)
                transfer = Transfer.objects.with_page().filter(pk=link.about).first()
            if transfer is None:
                return bad_link(request, "tampered" if link is None else "unknown")
            if link.is_expired:
                return show(request, transfer, "signatories/offer_over.html", status=410)
            return view(request, transfer, token)

        return guarded

    return decorate


def show(request, transfer, template, status=200, **context):
    """Render a page about a transfer."""
    context |= {"transfer": transfer, "sign_on": transfer.sign_on, "hours": Transfer.hours_given()}
    return render(request, template, context, status=status)


@with_transfer("contact")
def contact(request, transfer, token):
    """Show to which sign-on a new address is added; the button confirms it."""
    if request.method == "POST":
        return take(request, transfer, token)
    is_over = transfer.state != Transfer.State.OFFERED
    return show(request, transfer, "signatories/" + ("offer_over" if is_over else "confirm_contact") + ".html")


@with_transfer("successor")
def successor(request, transfer, token):
    """Show a successor what they are asked to take over; one button accepts, another declines."""
    if request.method == "POST" and "refuse" in request.POST:
        transfer.refuse()
        return redirect(request.path)
    if transfer.state != Transfer.State.OFFERED:
        return show(request, transfer, "signatories/offer_over.html")
    form = AcceptForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        return take(request, transfer, token)
    return show(request, transfer, "signatories/successor.html", status=422 if form.is_bound else 200, form=form)


def take(request, transfer, token):
    """Take what was offered, and lead on; or say why that is no longer possible."""
    try:
        transfer.take(token, language=get_language().partition("-")[0])
    except AlreadyListed:
        return show(request, transfer, "signatories/offer_clashes.html", status=409)
    except (NotTransferable, links.UsedLink):
        transfer.refresh_from_db()
        return show(request, transfer, "signatories/offer_over.html", status=410)
    if transfer.state == Transfer.State.DONE:
        return redirect("signatories:status", token=links.token("status", transfer.sign_on_id))
    return redirect(request.path)


@with_transfer("stop")
def stop(request, transfer, token):
    """Let the mailbox that a sign-on leaves agree or object; an objection stops it, or calls for a moderator."""
    if request.method == "POST" and "agree" in request.POST:
        # Of what cannot be agreed to, or no longer, the page says where it stands.
        transfer.agree()
        return redirect(request.path)
    if request.method == "POST":
        with suppress(NotTransferable, links.UsedLink):
            transfer.object(token)
        return redirect(request.path)
    return show(request, transfer, "signatories/stop.html")
