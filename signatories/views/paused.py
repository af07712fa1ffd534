"""What is said while the desk has paused signing."""

from django.shortcuts import render

from signatories.forms.sign import SignForm

# Seconds after which a browser or a robot may look again (RFC 9110, 10.2.3).
AGAIN = 3600


def paused(request, reading):
    """Say that signing is paused, and what to do; a form that was sent comes back as it was filled in."""
    form = None
    if request.method == "POST":
        form = SignForm(text=reading.text, initial=SignForm.carried_on(request.POST))
    context = {"letter": reading.letter, "text": reading.text, "form": form}
    response = render(request, "signatories/paused.html", context, status=503)
    response["Retry-After"] = AGAIN
    return response
