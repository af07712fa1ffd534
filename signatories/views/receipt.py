"""What a representative can show: the receipt of the sign-on."""

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render

from letter.artefacts.facts import render_facts
from signatories import limits
from signatories.receipt import receipt as made_out

from .guards import with_link


@with_link("status")
def receipt(request, sign_on, token):
    """Show the receipt as a page to print; its button makes a PDF of it, some times an hour."""
    facts = made_out(sign_on)
    context = {"sign_on": sign_on, "token": token, "facts": facts}
    if request.method != "POST":
        return render(request, "signatories/receipt.html", context)
    if not limits.hit("receipt", str(sign_on.pk), settings.LIMIT_RECEIPTS):
        return render(request, "signatories/receipt_later.html", context, status=429)
    response = HttpResponse(render_facts(facts), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="receipt-{sign_on.letter.slug}-{sign_on.pk}.pdf"'
    return response
