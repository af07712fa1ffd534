"""For organisations in which others have to agree, or to sign: a link for a colleague, and a sheet for the board."""

from urllib.parse import quote

from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from letter.models import absolute
from signatories import drafts
from signatories.forms.fields import OrganisationFields
from signatories.forms.sign import SignForm
from signatories.models import SignOn

from .reading import closed, to_sign

# Names that a board is shown of those who have signed: a few, and short ones, so that all stays on one sheet.
FEW, SHORT = 5, 80


def hand_on(request, reading, posted):
    """Show a link to the form with what was typed of the organisation, and an e-mail that takes it to a colleague."""
    organisation = OrganisationFields(posted)
    organisation.full_clean()
    data = drafts.handed(organisation.cleaned_data)
    slug = reading.letter.slug
    context = {
        "reading": reading,
        "letter": reading.letter,
        "text": reading.text,
        "link": absolute(reverse("signatories:prefilled", args=[slug, data])),
        "read": absolute(reading.path),
        "board": absolute(reverse("signatories:board", args=[slug])),
        "carried": SignForm.carried_on(posted).items(),
    }
    context["words"] = render_to_string("signatories/colleague.txt", context).strip()
    subject = _("Can you sign this letter for us? %(title)s") % {"title": reading.text.title}
    # RFC 6068, 5: lines end with CRLF, and a space is not a plus.
    body = context["words"].replace("\n", "\r\n")
    context["mailto"] = f"mailto:?subject={quote(subject)}&body={quote(body)}"
    return render(request, "signatories/colleague.html", context)


@require_safe
def board(request, slug):
    """Show on one sheet what those who decide whether to sign want to know."""
    reading = to_sign(slug)
    if not reading.letter.is_open():
        return closed(request, reading)
    listed = SignOn.objects.accepted().filter(letter=reading.letter)
    names = [name for name in listed.values_list("listed_name", flat=True)[: 10 * FEW] if len(name) <= SHORT]
    context = {
        "reading": reading,
        "letter": reading.letter,
        "text": reading.text,
        "count": listed.count(),
        "names": names[:FEW],
        "read": absolute(reading.path),
        "sign": absolute(reverse("signatories:sign", args=[slug])),
    }
    return render(request, "signatories/board.html", context)
