"""What is said while the desk has paused signing."""

from django.shortcuts import render

# Seconds after which a browser or a robot may look again (RFC 9110, 10.2.3).
AGAIN = 3600


def paused(request, letter, text, form=None):
    """Say that signing is paused, and what to do; a `form` that was sent comes back as it was filled in."""
    context = {"letter": letter, "text": text, "form": form if form is not None and form.is_bound else None}
    response = render(request, "signatories/paused.html", context, status=503)
    response["Cache-Control"], response["Retry-After"] = "no-store", AGAIN
    return response
