"""Settling what an old mailbox objects to when a sign-on is handed over."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from signatories.forms.contact import SettleTransferForm
from signatories.models import Actor, AlreadyListed, Transfer

from .desk import moderators
from .sign_on import get_sign_on


@require_http_methods(["GET", "HEAD", "POST"])
@moderators("signatories.decide_signon")
def settle(request, pk):
    """Decide whether a sign-on to whose hand-over its old mailbox objects is handed over, with a note why."""
    transfer = get_object_or_404(Transfer.objects.filter(objected_at__isnull=False).select_related("settled_by"), pk=pk)
    form = SettleTransferForm(request.POST if request.method == "POST" else None, is_open=transfer.is_open)
    if form.is_valid():
        note, is_done = form.cleaned_data["note"], form.cleaned_data.get("outcome") == "do"
        try:
            if transfer.settle(Actor.moderator(request.user), note=note, is_done=is_done):
                messages.success(request, _("The objection is settled."))
            else:
                messages.info(request, _("Somebody else was faster: the objection had been settled already."))
            return redirect("moderation:sign_on", pk=transfer.sign_on_id)
        except AlreadyListed:
            form.add_error(None, _("The successor's address stands for another sign-on of this name by now."))
    context = {"form": form, "transfer": transfer, "sign_on": get_sign_on(transfer.sign_on_id)}
    return render(request, "moderation/settle_transfer.html", context, status=422 if form.is_bound else 200)
