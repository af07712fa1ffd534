"""Entering a sign-on that came by e-mail or on paper."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from letter.models import Letter
from signatories.forms.register import RegisterForm
from signatories.models import Actor, AlreadyListed, LetterNotOpen, SignOn

from .desk import moderators


@require_http_methods(["GET", "HEAD", "POST"])
@moderators("signatories.register_signon")
def register(request, slug):
    """Enter a sign-on that came by e-mail or on paper."""
    letter = get_object_or_404(Letter.objects.opened(), slug=slug)
    if letter.text() is None:
        raise Http404
    posted = (request.POST, request.FILES) if request.method == "POST" else ()
    form = RegisterForm(*posted, letter=letter, user=request.user)
    if form.is_valid():
        try:
            one = SignOn.register(letter.text(), Actor.moderator(request.user), **form.cleaned_data)
        except LetterNotOpen:
            raise Http404 from None
        except ValidationError as error:
            form.add_error("documents", error.messages)
        except AlreadyListed as twin:
            form.add_error(
                "email",
                _("This person has signed for an organisation of this name: sign-on %(number)d.")
                % {"number": twin.sign_on.pk},
            )
        else:
            messages.success(request, _("Registered. It waits for a decision."))
            return redirect("moderation:sign_on", pk=one.pk)
    status = 422 if form.is_bound else 200
    return render(request, "moderation/register.html", {"form": form, "letter": letter}, status=status)
