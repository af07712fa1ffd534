"""The choice of a digest, with what it would say now."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from signatories import mail
from signatories.attention import report
from signatories.forms.digest import DigestForm
from signatories.models import Digest, Message

from .desk import moderators


@require_http_methods(["GET", "HEAD", "POST"])
@moderators()
def digest(request):
    """Let somebody at the desk choose daily or never, and show what would be sent now."""
    choice = Digest.objects.of(request.user)
    form = DigestForm(request.POST if request.method == "POST" else None, initial={"frequency": choice.frequency})
    if form.is_valid():
        choice.choose(form.cleaned_data["frequency"])
        messages.success(request, _("Your choice is kept."))
        return redirect("moderation:digest")
    now = report()
    subject, text = mail.render("digest", now.context(request.user))
    context = {
        "form": form,
        "subject": subject,
        "text": text,
        "is_empty": now.is_empty,
        "last": Message.objects.digests_to(request.user.email).last(),
    }
    return render(request, "moderation/digest.html", context, status=422 if form.is_bound else 200)
