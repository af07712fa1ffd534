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
    """Show the receipt as a page to print."""
    context = {"sign_on": sign_on, "token": token, "facts": made_out(sign_on)}
    return render(request, "signatories/receipt.html", context)


@with_link("status")
def receipt_pdf(request, sign_on, token):
    """Send the receipt as a PDF, some times an hour: to set it takes a while."""
    if not limits.hit("receipt", str(sign_on.pk), settings.LIMIT_RECEIPTS):
        context = {"sign_on": sign_on, "token": token}
        return render(request, "signatories/receipt_later.html", context, status=429)
    response = HttpResponse(render_facts(made_out(sign_on)), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="receipt-{sign_on.letter.slug}-{sign_on.pk}.pdf"'
    return response
