"""The pages of whoever has an account, and of whoever is invited to one."""

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from . import people
from .factors import has_second_factor
from .forms import AcceptForm
from .models import Invitation, NotOpen, Session
from .roles import LABELS, needs_second_factor, roles_of


@require_safe
@never_cache
@login_required
def account(request):
    """Show what there is: name and roles, password, second factors, sessions."""
    factors = {}
    for one in Authenticator.objects.filter(user=request.user).order_by("pk"):
        factors.setdefault(one.type, []).append(one)
    codes = factors.get(Authenticator.Type.RECOVERY_CODES)
    context = {
        "roles": [LABELS[name] for name in roles_of(request.user)],
        "app": factors.get(Authenticator.Type.TOTP),
        "passkeys": factors.get(Authenticator.Type.WEBAUTHN, []),
        "codes_left": len(codes[0].wrap().get_unused_codes()) if codes else None,
        "sessions": Session.objects.of(request.user),
        "this": request.session.session_key,
    }
    return render(request, "accounts/account.html", context)


@require_POST
@login_required
def end_session(request, handle):
    """End one of one's own sessions, in another browser or in this one."""
    if not people.end_sessions(request.user, request.user, handle=handle):
        raise Http404
    messages.success(request, _("The session is ended."))
    return redirect("mfa_index")


@require_POST
@login_required
def end_other_sessions(request):
    """End all of one's own sessions but this one."""
    people.end_sessions(request.user, request.user, except_for=request.session.session_key)
    messages.success(request, _("You are signed in here only."))
    return redirect("mfa_index")


@require_safe
@never_cache
@login_required
def second_factor(request):
    """Explain what is asked of whoever sees personal data, and where to go from here."""
    types = set(Authenticator.objects.filter(user=request.user).values_list("type", flat=True))
    context = {
        "is_needed": needs_second_factor(request.user),
        "is_enrolled": has_second_factor(request.user),
        "has_code": bool(types - {Authenticator.Type.WEBAUTHN}),
        "has_passkey": Authenticator.Type.WEBAUTHN in types,
        "next": request.GET.get("next", ""),
    }
    return render(request, "accounts/second_factor.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def accept(request, token):
    """Show an invitation, and make the account when its form is sent; the link alone does nothing."""
    try:
        invitation = Invitation.objects.by_token(token)
        form = AcceptForm(request.POST if request.method == "POST" else None, invitation=invitation)
        if form.is_valid():
            user = invitation.accept(**form.cleaned_data)
            return perform_password_login(request, {"username": user.username}, Login(user=user))
    except NotOpen:
        return render(request, "accounts/not_open.html", status=410)
    context = {"form": form, "invitation": invitation, "roles": [LABELS[name] for name in invitation.roles]}
    return render(request, "accounts/accept.html", context, status=422 if form.is_bound else 200)
