"""The representative's pages. No cookie: the authority of a POST is the signed link in its address."""

from contextlib import suppress
from datetime import timedelta
from functools import wraps

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe
from django_countries import countries

from letter.models import Letter

from . import evidence, limits, links, mail
from .forms.corrections import CorrectForm
from .forms.objection import ObjectionForm
from .forms.queries import AnswerForm
from .forms.sign import SignForm
from .models import Correction, LetterNotOpen, Notice, NotStanding, SignOn
from .models.correction import line_to_accept, line_to_print
from .states import NotAllowed, State

get_or_post = require_http_methods(["GET", "HEAD", "POST"])
DAY = timedelta(days=1)


def private(view):
    """Keep a page out of caches, search engines and other sites' logs."""

    @wraps(view)
    def guarded(request, *args, **kwargs):
        response = view(request, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex"
        return response

    return guarded


def with_link(purpose):
    """Hand the view the sign-on that its token leads to, or explain the link and offer the next step."""

    def decorate(view):
        @csrf_exempt
        @private
        @get_or_post
        @wraps(view)
        def guarded(request, token, **kwargs):
            try:
                link = links.read(purpose, token)
            except links.BadLink:
                return bad_link(request, "tampered")
            sign_on = SignOn.objects.select_related("letter", "text").filter(pk=link.sign_on_id).first()
            if sign_on is None:
                return bad_link(request, "unknown")
            if link.is_expired:
                return expired_link(request, sign_on)
            return view(request, sign_on, token, **kwargs)

        return guarded

    return decorate


def bad_link(request, why):
    """Explain a link that leads nowhere."""
    letters = Letter.objects.open()
    return render(request, "signatories/bad_link.html", {"why": why, "letters": letters}, status=404)


def expired_link(request, sign_on):
    """Explain a link whose time is over; its button sends a new one to the address on record."""
    if request.method == "POST":
        return send_link(request, sign_on)
    return render(request, "signatories/expired_link.html", {"sign_on": sign_on}, status=410)


def send_link(request, sign_on):
    """Send whoever holds the mailbox a new link to where the sign-on stands."""
    kind = "confirm" if sign_on.state == State.UNCONFIRMED else "status"
    # Over the limit the answer is the same: it tells nothing, and the mailbox has enough links.
    if sign_on.email and limits.hit("mailbox", sign_on.email, settings.LIMIT_PER_MAILBOX, DAY):
        mail.queue(sign_on, kind)
    return render(request, "signatories/link_sent.html", {"sign_on": sign_on})


@csrf_exempt
@get_or_post
def sign(request, slug):
    """Show the form to sign a letter, and take it."""
    letter = get_object_or_404(Letter.objects.opened(), slug=slug)
    text = letter.text_for(get_language())
    if text is None:
        raise Http404
    if not letter.is_open():
        return render(request, "signatories/closed.html", {"letter": letter, "text": text}, status=410)
    form = SignForm(request.POST if request.method == "POST" else None, text=text)
    if form.is_valid() and is_within_limits(request, form):
        try:
            language = get_language().partition("-")[0]
            SignOn.sign(text, language=language, network_key=limits.network_key(request), **form.received())
        except LetterNotOpen:
            return render(request, "signatories/closed.html", {"letter": letter, "text": text}, status=410)
        return redirect("signatories:sent", slug=slug)
    response = render(request, "signatories/sign.html", {"form": form, "letter": letter, "text": text})
    response["Cache-Control"] = "no-store"
    response.status_code = 422 if form.is_bound else 200
    return response


def is_within_limits(request, form):
    """Count this sign-on, and say in the form if there have been too many.

    The words are the same whichever limit was met: neither tells how often others have signed.
    """
    email = form.cleaned_data["email"]
    counts = [
        limits.hit("address", limits.network(request), settings.LIMIT_PER_ADDRESS),
        # Thousands of organisations share a free-mail domain: one of them must not shut out the others.
        evidence.is_free_mail(email)
        or limits.hit("domain", evidence.domain_of_email(email), settings.LIMIT_PER_DOMAIN),
        limits.hit("mailbox", email, settings.LIMIT_PER_MAILBOX, DAY),
    ]
    if not all(counts):
        form.add_error(
            None,
            _(
                "We received many sign-ons in a short time and have to pause. Nothing that you typed is "
                "lost: please send the form again in an hour."
            ),
        )
    return all(counts)


@require_safe
def sent(request, slug):
    """Tell the representative to open their mailbox; the same page whoever has signed before."""
    letter = get_object_or_404(Letter.objects.opened(), slug=slug)
    return render(request, "signatories/sent.html", {"letter": letter, "days": settings.LINK_LIFETIMES["confirm"].days})


@with_link("confirm")
def confirm(request, sign_on, token):
    """Show what will be submitted; the button confirms it."""
    if sign_on.state != State.UNCONFIRMED:
        if request.method == "POST" and "send" in request.POST:
            return send_link(request, sign_on)
        return render(request, "signatories/used_link.html", {"sign_on": sign_on}, status=410)
    if request.method == "POST":
        try:
            sign_on.confirm()
        except NotAllowed:
            # A second click in the same moment: the first one has confirmed.
            return render(request, "signatories/used_link.html", {"sign_on": sign_on}, status=410)
        return redirect("signatories:status", token=links.token("status", sign_on.pk))
    return render(request, "signatories/confirm.html", {"sign_on": sign_on})


@with_link("status")
def status(request, sign_on, token):
    """Show where a sign-on stands, and what is or will be printed."""
    exchange = list(sign_on.exchange())
    query = next((one for one in exchange if one.ended is None), None)
    context = {
        "sign_on": sign_on,
        "token": token,
        "transitions": sign_on.transitions.all(),
        "line": line_to_print(sign_on),
        "correction": sign_on.corrections.of_the_representative().first(),
        "exchange": [one for one in exchange if one.is_answered],
        "query": query,
        "form": query and AnswerForm(query=query),
    }
    return render(request, "signatories/status.html", context)


@with_link("status")
def answer(request, sign_on, token):
    """Take the answer to the moderators' question, with documents; what was sound is kept when the form comes back."""
    query = sign_on.queries.open().select_related("asked").first()
    if query is None:
        return too_late(request, sign_on, token)
    form = AnswerForm(query=query)
    if request.method == "POST":
        has_room = not request.FILES or limits.hit("upload", str(sign_on.pk), settings.LIMIT_PER_ADDRESS)
        form = AnswerForm(request.POST, request.FILES if has_room else None, query=query)
        if not has_room:
            form.add_error(
                "documents", _("There were many uploads in a short time. Please send the documents in an hour.")
            )
        elif form.is_valid():
            try:
                sign_on.answer(answer=form.cleaned_data["answer"], documents=form.cleaned_data["documents"])
            except NotAllowed:
                return too_late(request, sign_on, token)
            except ValidationError as error:
                form.add_error("documents", error.messages)
            else:
                return redirect("signatories:status", token=token)
    context = {"sign_on": sign_on, "token": token, "query": query, "form": form}
    return render(request, "signatories/answer.html", context, status=422 if form.is_bound else 200)


def too_late(request, sign_on, token):
    """Say that no question is open any more, and give back what was typed."""
    context = {"sign_on": sign_on, "token": token, "unsent": request.POST.get("answer", "")}
    return render(request, "signatories/answer.html", context, status=409 if request.method == "POST" else 200)


@with_link("status")
def withdraw(request, sign_on, token):
    """Ask once more, then take the sign-on back."""
    if request.method == "POST":
        # If it was withdrawn or declined before, the status page says so.
        with suppress(NotAllowed):
            sign_on.withdraw()
        return redirect("signatories:status", token=token)
    return render(request, "signatories/withdraw.html", {"sign_on": sign_on, "token": token})


@with_link("status")
def correct(request, sign_on, token):
    """Take a proposal of how the organisation should be printed; a moderator reviews it."""
    if not sign_on.is_live:
        return redirect("signatories:status", token=token)
    form = CorrectForm(request.POST if request.method == "POST" else None, line=line_to_accept(sign_on))
    if form.is_valid() and may_correct(sign_on, form):
        try:
            Correction.propose(sign_on, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error.messages)
        except NotStanding:
            return redirect("signatories:status", token=token)
        else:
            return redirect("signatories:status", token=token)
    context = {"form": form, "sign_on": sign_on, "token": token}
    return render(request, "signatories/correct.html", context, status=422 if form.is_bound else 200)


def may_correct(sign_on, form):
    """Count this proposal, and say in the form if there have been too many today."""
    is_within = limits.hit("correction", str(sign_on.pk), settings.LIMIT_PER_MAILBOX, DAY)
    if not is_within:
        form.add_error(None, _("There were many proposals today. Please send this one tomorrow, or write to us."))
    return is_within


def with_notice(view):
    """Hand the view the notice that its token leads to, or explain the link."""

    @csrf_exempt
    @private
    @get_or_post
    @wraps(view)
    def guarded(request, token):
        notice, is_expired = None, False
        with suppress(links.BadLink):
            link = links.read_notice(token)
            notice, is_expired = Notice.objects.with_page().filter(pk=link.notice_id).first(), link.is_expired
        if notice is None or is_expired:
            status = 410 if is_expired else 404
            return render(request, "signatories/objection_link.html", {"is_expired": is_expired}, status=status)
        return view(request, notice, token)

    return guarded


@with_notice
def objection(request, notice, token):
    """Show an organisation what was signed in its name; one button objects, and another confirms."""
    if request.method == "POST" and "confirm" in request.POST:
        notice.confirm()
        return redirect(request.path)
    form = ObjectionForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        notice.object(**form.cleaned_data)
        return redirect(request.path)
    line = line_to_print(notice.sign_on)
    context = {
        "form": form,
        "notice": notice,
        "sign_on": notice.sign_on,
        "line": line,
        "country": countries.name(line.country),
        "token": token,
    }
    return render(request, "signatories/objection.html", context, status=422 if form.is_bound else 200)
