"""The moderator's pages: the queue, one sign-on, and the decisions."""

from functools import wraps

from crispy_forms.layout import Submit
from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from letter.models import Letter

from . import evidence, limits, states
from .forms import AcceptForm, DeclineForm, RegisterForm, ReopenForm, WithdrawForm, helper
from .models import Actor, AlreadyListed, LetterNotOpen, Message, SignOn, SomebodyWasFaster
from .states import NotAllowed, State, Who

PAGE_SIZE = 50
# Attempts an hour to sign in, from one network and to one account.
ATTEMPTS = 30

FORMS = {"accept": AcceptForm, "decline": DeclineForm, "reopen": ReopenForm, "withdraw": WithdrawForm}


class SignInForm(AuthenticationForm):
    """Signing in, with limits that hold for a network and for an account alike."""

    helper = helper("username", "password", Submit("sign_in", gettext_lazy("Sign in")))

    def clean(self):
        """Count the attempt before the password is looked at."""
        account = self.cleaned_data.get("username", "")
        if not all(
            [
                limits.hit("sign-in", limits.network(self.request), ATTEMPTS),
                limits.hit("sign-in to", account, ATTEMPTS),
            ]
        ):
            raise ValidationError(_("There were many attempts to sign in. Please wait an hour."))
        return super().clean()


class SignIn(LoginView):
    """The moderator's door."""

    template_name = "moderation/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True


def moderators(permission="signatories.view_signon"):
    """Let in who is signed in and has `permission`; nobody else's cache keeps the page."""

    def decorate(view):
        @login_required
        @permission_required(permission, raise_exception=True)
        @wraps(view)
        def guarded(request, *args, **kwargs):
            response = view(request, *args, **kwargs)
            response["Cache-Control"] = "no-store"
            return response

        return guarded

    return decorate


@require_safe
@moderators()
def queue(request):
    """List the sign-ons in one state, with counts per state and a search over all of them."""
    letters = Letter.objects.opened()
    # Postgres knows no NUL, and no name has one.
    asked = {name: value.replace("\0", "").strip() for name, value in request.GET.items()}
    letter = letters.filter(slug=asked.get("letter", "")).first()
    words = asked.get("q", "")
    state = asked.get("state", State.PENDING)
    if state not in State.values:
        raise Http404
    sign_ons = SignOn.objects.filter(letter=letter) if letter else SignOn.objects.all()
    rows = sign_ons.search(words).order_by("-pk") if words else sign_ons.in_state(state)
    page = Paginator(rows.with_confirmation().select_related("letter"), PAGE_SIZE).get_page(asked.get("page"))
    counts = sign_ons.counts()
    tabs = [(value, label, counts[value]) for value, label in State.choices]
    context = {
        "page": page,
        "rows": [(one, evidence_of(one)) for one in page],
        "tabs": tabs,
        "state": state,
        "letters": letters,
        "letter": letter,
        "words": words,
        "failed": Message.objects.failed().to_representatives().select_related("sign_on")[:20],
    }
    return render(request, "moderation/queue.html", context)


def evidence_of(sign_on):
    """Return what speaks for a sign-on or against it: (is it good news, code, words)."""
    if not sign_on.email:
        return [(None, "no-email", _("came in writing, without an e-mail address"))]
    found = []
    if sign_on.source == states.Source.FORM:
        words = _("mailbox confirmed") if sign_on.is_confirmed else _("mailbox not confirmed")
        found.append((sign_on.is_confirmed, "mailbox", words))
    if evidence.is_own_domain(sign_on.email, sign_on.website):
        found.append((True, "own-domain", _("e-mail on the website's domain")))
    elif evidence.is_free_mail(sign_on.email):
        found.append((None, "free-mail", _("free-mail address")))
    elif sign_on.website:
        found.append((False, "other-domain", _("e-mail on another domain than the website")))
    else:
        found.append((None, "no-website", _("no website to compare the e-mail with")))
    return found


@require_safe
@moderators()
def sign_on(request, pk):
    """Show one sign-on with everything that a decision needs."""
    return show(request, get_sign_on(pk))


def get_sign_on(pk):
    """Return the sign-on, or raise Http404."""
    return get_object_or_404(SignOn.objects.with_confirmation().select_related("letter", "text", "organisation"), pk=pk)


def show(request, one, bound=None, status=200):
    """Render a sign-on; the form `bound` (verb, form) is shown with what was typed into it."""
    similar = one.similar()
    forms = {}
    if request.user.has_perm("signatories.decide_signon"):
        for verb in states.verbs(one.state, Who.MODERATOR):
            kwargs = {"similar": similar} if verb == "accept" else {}
            forms[verb] = bound[1] if bound and bound[0] == verb else FORMS[verb](sign_on=one, **kwargs)
    context = {
        "sign_on": one,
        "letter": one.letter,
        "evidence": evidence_of(one),
        "similar": similar,
        "forms": forms,
        "bound": bound and bound[0],
        "transitions": one.transitions.select_related("user"),
        "messages_sent": one.messages.all(),
        "next": SignOn.objects.in_state(State.PENDING).filter(letter=one.letter).exclude(pk=one.pk).first(),
    }
    return render(request, "moderation/sign_on.html", context, status=status)


def decision(verb):
    """Return the view that carries out `verb`: guard, form, one verb of the domain, redirect."""

    @require_POST
    @moderators("signatories.decide_signon")
    def view(request, pk):
        one = get_sign_on(pk)
        kwargs = {"similar": one.similar()} if verb == "accept" else {}
        form = FORMS[verb](request.POST, sign_on=one, **kwargs)
        if not form.is_valid():
            return show(request, one, (verb, form), status=422)
        try:
            getattr(one, verb)(Actor.moderator(request.user), **form.cleaned_data)
        except SomebodyWasFaster as faster:
            return somebody_was_faster(request, one, faster.transition)
        except NotAllowed:
            return somebody_was_faster(request, one, one.transitions.last())
        except ValidationError as error:
            form.add_error(None, error.messages)
            return show(request, get_sign_on(pk), (verb, form), status=422)
        except AlreadyListed as listed:
            form.add_error("organisation", already_listed(listed.sign_on))
            return show(request, get_sign_on(pk), (verb, form), status=409)
        messages.success(request, done(verb, one))
        return redirect("moderation:sign_on", pk=pk)

    view.__name__, view.__doc__ = verb, f"Carry out “{verb}”."
    return view


accept, decline, reopen, withdraw = (decision(verb) for verb in ("accept", "decline", "reopen", "withdraw"))


def done(verb, one):
    """Return what a moderator reads after a decision."""
    words = {
        "accept": _("“%(name)s” is accepted and will be on the list in a moment."),
        "decline": _("“%(name)s” is declined."),
        "reopen": _("“%(name)s” waits for a decision again."),
        "withdraw": _("“%(name)s” is withdrawn."),
    }
    return words[verb] % {"name": one.name_to_print}


def already_listed(other):
    """Return the error for an organisation that is on the list by another sign-on."""
    if other is None:
        return _("This organisation is on the list already.")
    return _("This organisation is on the list already, as “%(name)s” (sign-on %(number)d).") % {
        "name": other.listed_name,
        "number": other.pk,
    }


def somebody_was_faster(request, one, transition):
    """Say who decided what meanwhile; nothing was written."""
    context = {"sign_on": one, "transition": transition}
    return render(request, "moderation/somebody_was_faster.html", context, status=409)


@require_http_methods(["GET", "HEAD", "POST"])
@moderators("signatories.register_signon")
def register(request, slug):
    """Enter a sign-on that came by e-mail or on paper."""
    letter = get_object_or_404(Letter.objects.opened(), slug=slug)
    if letter.text() is None:
        raise Http404
    form = RegisterForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            one = SignOn.register(letter.text(), Actor.moderator(request.user), **form.cleaned_data)
        except LetterNotOpen:
            raise Http404 from None
        except AlreadyListed as twin:
            form.add_error(
                "email",
                _("This person has signed for an organisation of this name: sign-on %(number)d.")
                % {"number": twin.sign_on.pk},
            )
        else:
            messages.success(request, _("Registered. It waits for a decision."))
            return redirect("moderation:sign_on", pk=one.pk)
    status = 422 if form.is_bound else 200
    return render(request, "moderation/register.html", {"form": form, "letter": letter}, status=status)


@require_POST
@moderators("signatories.send_message")
def send_again(request, pk):
    """Queue a failed message once more."""
    message = get_object_or_404(Message.objects.to_representatives(), pk=pk)
    if message.send_again():
        messages.success(request, _("The message is queued again."))
    else:
        messages.info(request, _("The message had been queued or sent already."))
    return redirect("moderation:sign_on", pk=message.sign_on_id)
