"""What stands between a signed-in person and the desk: the second factor."""

from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from .factors import has_proved_it, has_second_factor
from .roles import needs_second_factor

DESK = ("moderation/", "admin/")
ALWAYS = {"account_logout", "admin_logout", "accounts:second_factor"}
# Only whoever has no factor may add one now: else a password alone would be enough to add a second one.
TO_ENROL = {"mfa_activate_totp", "mfa_add_webauthn", "account_reauthenticate"}
TO_PROVE = {"mfa_reauthenticate", "mfa_reauthenticate_webauthn"}


class SecondFactor:
    """Let nobody to the desk or the admin who sees personal data there and has given a password only.

    The library offers no such rule. Public pages are left alone: they open no session.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        """Pass the request on."""
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        """Lead to the page that explains what is missing, unless this page leads out of it."""
        match = request.resolver_match
        if not match.route.startswith(DESK) or match.view_name in ALWAYS or not request.user.is_authenticated:
            return None
        if not needs_second_factor(request.user):
            return None
        enrolled = has_second_factor(request.user)
        if enrolled and has_proved_it(request):
            return None
        if match.view_name in (TO_PROVE if enrolled else TO_ENROL):
            return None
        page = reverse("accounts:second_factor")
        return redirect(f"{page}?{urlencode({'next': request.get_full_path()})}" if request.method == "GET" else page)
