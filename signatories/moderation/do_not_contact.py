"""Those who asked never to be invited again: how many, and by hand one more or one less."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from signatories.forms.invitations import DoNotContactForm, MayContactForm
from signatories.models import DoNotContact

from .desk import moderators
from .invitations import PERMISSION


@require_http_methods(["GET", "HEAD", "POST"])
@moderators(PERMISSION)
def do_not_contact(request):
    """Show how many are on the list, which names nobody, and put somebody on it."""
    form = DoNotContactForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        whom, note = form.cleaned_data["whom"], form.cleaned_data["note"]
        if "@" in whom:
            DoNotContact.add_address(whom, user=request.user, note=note)
        else:
            DoNotContact.add_domain(whom, user=request.user, note=note)
        messages.success(request, _("Nobody is invited there any more."))
        return redirect("moderation:do_not_contact")
    return show(request, form, MayContactForm())


def show(request, form, allow):
    """Render the list, and the forms with what was typed into them."""
    context = {
        "form": form,
        "allow": allow,
        "counts": DoNotContact.objects.counts(),
        "domains": DoNotContact.objects.domains(),
    }
    status = 422 if form.is_bound or allow.is_bound else 200
    return render(request, "moderation/invitations/do_not_contact.html", context, status=status)


@require_POST
@moderators(PERMISSION)
def may_contact(request):
    """Take an address off the list, because its owner wants it."""
    allow = MayContactForm(request.POST)
    if not allow.is_valid():
        return show(request, DoNotContactForm(), allow)
    address, note = allow.cleaned_data["address"], allow.cleaned_data["wish"]
    if DoNotContact.remove_address(address, user=request.user, note=note):
        messages.success(request, _("The address is off the list."))
    else:
        messages.info(request, _("The address was not on the list by itself. Is its domain?"))
    return redirect("moderation:do_not_contact")


@require_POST
@moderators(PERMISSION)
def may_contact_domain(request, pk):
    """Take a domain off the list."""
    get_object_or_404(DoNotContact.objects.domains(), pk=pk).remove(request.user)
    messages.success(request, _("The domain is off the list."))
    return redirect("moderation:do_not_contact")
