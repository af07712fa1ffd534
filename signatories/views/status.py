"""Where a sign-on stands, and what its representative can do about it."""

from contextlib import suppress

from django.conf import settings
from django.core.exceptions import ValidationError
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from signatories import limits
from signatories.forms.corrections import CorrectForm
from signatories.forms.queries import AnswerForm
from signatories.forms.withdraw import WithdrawForm
from signatories.models import Correction, NotStanding
from signatories.models.correction import line_to_accept, line_to_print
from signatories.standing import Standing
from signatories.states import NotAllowed

from .guards import DAY, with_link


@with_link("status")
def status(request, sign_on, token):
    """Show where a sign-on stands, and what is or will be printed."""
    exchange = list(sign_on.exchange())
    query = next((one for one in exchange if one.ended is None), None)
    standing = Standing(sign_on)
    context = {
        "sign_on": sign_on,
        "token": token,
        "standing": standing,
        "history": standing.history(),
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
        has_room = not request.FILES or limits.hit("upload", str(sign_on.pk), settings.LIMIT_UPLOADS)
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
    """Say what a withdrawal means in this case, then take the sign-on back."""
    form = WithdrawForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        # If it was withdrawn or declined before, the status page says so.
        with suppress(NotAllowed):
            sign_on.withdraw(note=form.cleaned_data["why"])
        return redirect("signatories:status", token=token)
    context = {"sign_on": sign_on, "token": token, "form": form, "standing": Standing(sign_on)}
    return render(request, "signatories/withdraw.html", context, status=422 if form.is_bound else 200)


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
    is_within = limits.hit("correction", str(sign_on.pk), settings.LIMIT_CORRECTIONS, DAY)
    if not is_within:
        form.add_error(None, _("There were many proposals today. Please send this one tomorrow, or write to us."))
    return is_within
