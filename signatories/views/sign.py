"""The form by which an organisation signs: filled in, checked, sent. What was typed stays in the form, signed."""

from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from signatories import drafts, limits
from signatories.forms.sign import SPENT, CheckedForm, SignForm
from signatories.models import DraftSpent, LetterNotOpen, SigningPaused, SignOn, Switch

from .colleague import hand_on
from .guards import get_or_post, kept
from .invited import invitation_to
from .paused import paused
from .reading import closed, to_sign


@csrf_exempt
@get_or_post
@kept
def sign(request, slug):
    """Show the form to sign a letter, and do what its buttons say."""
    reading = to_sign(slug)
    if not reading.letter.is_open():
        return closed(request, reading)
    if Switch.objects.is_paused(reading.letter):
        return paused(request, reading)
    if request.method != "POST":
        return show_form(request, reading, SignForm(text=reading.text))
    act = next((act for button, act in ACTS.items() if button in request.POST), check)
    return act(request, reading, request.POST)


def check(request, reading, posted):
    """Show the answers as they will be sent and printed; or the form, if there is an error."""
    form = SignForm(posted, text=reading.text)
    if not form.is_valid():
        return show_form(request, reading, form)
    return show_answers(request, reading, form.checked())


def send(request, reading, posted):
    """Take what was checked, and tell the representative to open their mailbox; the same for what was sent before."""
    form = CheckedForm(posted, text=reading.text)
    if not form.is_valid():
        problems = form.errors.get("draft", [])
        return show_form(request, reading, SignForm.again(posted, problems, text=reading.text))
    try:
        take(request, reading.text, form.cleaned_data["draft"].key, form.received(), form.cleaned_data["invitation"])
    except LetterNotOpen:
        return closed(request, reading)
    except SigningPaused:
        return paused(request, reading)
    except DraftSpent:
        return show_form(request, reading, SignForm.again(posted, [SPENT], text=reading.text))
    return redirect("signatories:sent", slug=reading.letter.slug)


def take(request, text, draft, received, invited=""):
    """Take a sign-on to `text`; the answer is the same whether its message leaves or, beyond a limit, is held.

    `invited` is the token of the invitation by whose link the form was opened, if it was by one.

    Raises:
        LetterNotOpen, SigningPaused, DraftSpent: see `SignOn.sign`.
    """
    earlier = SignOn.objects.sent(draft)
    if earlier:
        earlier.still_standing()
        return
    language, network_key = get_language().partition("-")[0], limits.network_key(request)
    held_for = limits.crossed(request, text.letter, received["email"])
    invitation = invitation_to(text.letter, invited)
    sign = invitation.sign if invitation else SignOn.sign
    sign(text, draft=draft, held_for=held_for, language=language, network_key=network_key, **received)


def change(request, reading, posted):
    """Show the form with what was typed."""
    return show_form(request, reading, SignForm(text=reading.text, initial=SignForm.carried_on(posted)))


def use(request, reading, posted):
    """Put into a field what could be meant instead, and check the answers with it."""
    field, better = posted["use"], SignForm(posted, text=reading.text).hints
    if field in better:
        posted = posted.copy()
        posted[field] = better[field]
    return check(request, reading, posted)


def go_on(request, reading, posted):
    """Show the same page in the language of this one; the form goes on, with the letter's text in this language."""
    if not any(SignForm.typed(posted).values()):
        return redirect("signatories:sign", slug=reading.letter.slug)
    current = {text.pk for text in reading.letter.current_texts()}
    posted = posted.copy()
    posted["seal"] = drafts.in_another_language(posted.get("seal", ""), reading.text.pk, current)
    return check(request, reading, posted) if "draft" in posted else change(request, reading, posted)


# What the buttons of the form and of the page that checks it do; without one, the answers are checked.
ACTS = {"send": send, "change": change, "use": use, "language": go_on, "colleague": hand_on}


@require_safe
@kept
def prefilled(request, slug, data):
    """Show the form to whoever may sign, with what a colleague told of the organisation."""
    reading = to_sign(slug)
    if not reading.letter.is_open():
        return closed(request, reading)
    if Switch.objects.is_paused(reading.letter):
        return paused(request, reading)
    known = drafts.read_handed(data)
    form = SignForm(text=reading.text, initial=known or {})
    response = show_form(request, reading, form, is_handed=True, is_broken=known is None)
    response["X-Robots-Tag"] = "noindex"
    return response


def show_form(request, reading, form, **context):
    """Show the form, with what is wrong in it."""
    context |= {"form": form, "letter": reading.letter, "text": reading.text, "reading": reading}
    return render(request, "signatories/sign.html", context, status=422 if form.is_bound else 200)


def show_answers(request, reading, form):
    """Show the answers, and where the name will stand in the list."""
    name = form.data["name_as_signed"]
    before, after = SignOn.objects.neighbours(reading.letter, name)
    context = {"form": form, "letter": reading.letter, "text": reading.text, "reading": reading}
    context |= {"name": name, "own_name": form.data.get("name_in_own_script", ""), "before": before, "after": after}
    return render(request, "signatories/check.html", context, status=422 if form.errors else 200)
