"""Who may come to the desk."""

from functools import wraps

import pghistory
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.urls import reverse


def moderators(permission="signatories.view_signon"):
    """Let in who is signed in and has `permission`; nobody else's cache keeps the page."""

    def decorate(view):
        @wraps(view)
        def guarded(request, *args, **kwargs):
            if not request.user.is_authenticated:
                return redirect_to_login(page_of(request))
            if not request.user.has_perm(permission):
                raise PermissionDenied
            # The triggers that keep history (django-pghistory) note who changed a row.
            with pghistory.context(user=request.user.pk):
                response = view(request, *args, **kwargs)
            response["Cache-Control"] = "no-store"
            return response

        return guarded

    return decorate


def page_of(request):
    """Return where to come back to after signing in: for something that was sent, a page that can be opened."""
    if request.method in ("GET", "HEAD"):
        return request.get_full_path()
    match, query = request.resolver_match, request.META["QUERY_STRING"]
    page = reverse("moderation:queue")
    if match.route.startswith("moderation/sign-ons/"):
        page = reverse("moderation:sign_on", args=[match.kwargs["pk"]])
    return f"{page}?{query}" if query else page
