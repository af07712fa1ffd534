"""What an organisation says to a notice: “was this signed in your name?”."""

from contextlib import suppress
from functools import wraps

from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt
from django_countries import countries

from signatories import links
from signatories.forms.objection import ObjectionForm
from signatories.models import Notice
from signatories.models.correction import line_to_print

from .guards import get_or_post, private


def with_notice(view):
    """Hand the view the notice that its token leads to, or explain the link."""

    @csrf_exempt
    @private
    @get_or_post
    @wraps(view)
    def guarded(request, token):
        notice, is_expired = None, False
        with suppress(links.BadLink):
            link = links.read_notice(token)
            notice, is_expired = Notice.objects.with_page().filter(pk=link.about).first(), link.is_expired
        if notice is None or is_expired:
            status = 410 if is_expired else 404
            return render(request, "signatories/objection_link.html", {"is_expired": is_expired}, status=status)
        return view(request, notice, token)

    return guarded


@with_notice
def objection(request, notice, token):
    """Show an organisation what was signed in its name; one button objects, and another confirms."""
    if request.method == "POST" and "confirm" in request.POST:
        notice.confirm()
        return redirect(request.path)
    form = ObjectionForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        notice.object(**form.cleaned_data)
        return redirect(request.path)
    line = line_to_print(notice.sign_on)
    context = {
        "form": form,
        "notice": notice,
        "sign_on": notice.sign_on,
        "line": line,
        "country": countries.name(line.country),
        "token": token,
    }
    return render(request, "signatories/objection.html", context, status=422 if form.is_bound else 200)
