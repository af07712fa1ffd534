"""Asking an organisation at its published address, and settling what it objects to."""

from datetime import timedelta

from django.conf import settings
from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from signatories import limits
from signatories.forms.notice import NoticeForm, SettleForm
from signatories.models import Actor, Notice, NoticeNotPossible

from .desk import moderators
from .sign_on import get_sign_on

get_or_post = require_http_methods(["GET", "HEAD", "POST"])
DAY = timedelta(days=1)


@get_or_post
@moderators("signatories.decide_signon")
def notify(request, pk):
    """Show what a notice says, and send one to the organisation's published address."""
    one = get_sign_on(pk)
    form = NoticeForm(request.POST if request.method == "POST" else None, sign_on=one)
    if form.is_valid() and is_within_limit(form):
        try:
            Notice.send(one, Actor.moderator(request.user), **form.cleaned_data)
        except NoticeNotPossible:
            messages.info(request, _("No notice was sent: one waits for its answer, or the sign-on no longer stands."))
        else:
            messages.success(request, _("The notice is on its way. What comes of it is shown here."))
        return redirect("moderation:sign_on", pk=pk)
    context = {"form": form, "sign_on": one, "hours": Notice.hours_given()}
    return render(request, "moderation/notify.html", context, status=422 if form.is_bound else 200)


def is_within_limit(form):
    """Count this notice, and say in the form if its address has had enough of them today."""
    is_within = limits.hit("notice", form.cleaned_data["address"], settings.LIMIT_NOTICES, DAY)
    if not is_within:
        form.add_error("address", _("This address has had enough notices for one day. Please try again tomorrow."))
    return is_within


@get_or_post
@moderators("signatories.decide_signon")
def settle(request, pk):
    """Take an objection off the desk, with a note on how it was settled."""
    notice = get_object_or_404(Notice.objects.with_answer().filter(objected_at__isnull=False), pk=pk)
    form = SettleForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        if notice.settle(Actor.moderator(request.user), **form.cleaned_data):
            messages.success(request, _("The objection is marked as settled. The sign-on stays as it is."))
        else:
            messages.info(request, _("Somebody else was faster: the objection had been settled already."))
        return redirect("moderation:sign_on", pk=notice.sign_on_id)
    context = {"form": form, "notice": notice, "sign_on": get_sign_on(notice.sign_on_id)}
    return render(request, "moderation/settle.html", context, status=422 if form.is_bound else 200)
