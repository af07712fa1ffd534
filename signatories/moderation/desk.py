"""Who may come to the desk."""

from functools import wraps

import pghistory
from django.contrib.auth.decorators import login_required, permission_required


def moderators(permission="signatories.view_signon"):
    """Let in who is signed in and has `permission`; nobody else's cache keeps the page."""

    def decorate(view):
        @login_required
        @permission_required(permission, raise_exception=True)
        @wraps(view)
        def guarded(request, *args, **kwargs):
            # The triggers that keep history (django-pghistory) note who changed a row.
            with pghistory.context(user=request.user.pk):
                response = view(request, *args, **kwargs)
            response["Cache-Control"] = "no-store"
            return response

        return guarded

    return decorate
