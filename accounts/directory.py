"""The administrator's pages: who has an account, who is invited, and what they may do."""

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from signatories.moderation.desk import moderators

from . import people
from .forms import InviteForm, RolesForm
from .models import Invitation, NotOpen
from .roles import LABELS, roles_of

administrators = moderators("accounts.manage_accounts")


@require_safe
@administrators
def directory(request):
    """List everybody, and the invitations that wait."""
    context = {
        "people": [(one, [LABELS[name] for name in roles_of(one)]) for one in people.everybody()],
        "invitations": [
            (one, [LABELS[name] for name in one.roles]) for one in Invitation.objects.unanswered().with_message()
        ],
    }
    return render(request, "accounts/people.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@administrators
def invite(request):
    """Invite somebody."""
    form = InviteForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            with transaction.atomic():
                Invitation.invite(request.user, **form.cleaned_data)
        except IntegrityError:
            form.add_error("email", _("This person is invited already."))
        else:
            messages.success(request, _("The invitation is on its way."))
            return redirect("accounts:people")
    return render(request, "accounts/invite.html", {"form": form}, status=422 if form.is_bound else 200)


def invitation_act(verb, done):
    """Return the view that carries out `verb` of an invitation."""

    @require_POST
    @administrators
    def view(request, pk):
        invitation = get_object_or_404(Invitation, pk=pk)
        try:
            getattr(invitation, verb)(request.user)
        except NotOpen:
            messages.error(request, _("This invitation was accepted or taken back meanwhile."))
        else:
            messages.success(request, done())
        return redirect("accounts:people")

    view.__name__, view.__doc__ = verb, f"Carry out “{verb}”."
    return view


resend = invitation_act("resend", lambda: _("The invitation is on its way again, for another week."))
revoke = invitation_act("revoke", lambda: _("The invitation is taken back; its link leads nowhere."))


@require_safe
@administrators
def person(request, pk):
    """Show one account, and what can be done about it."""
    return show(request, get_object_or_404(people.everybody(), pk=pk))


def show(request, one, form=None, status=200):
    """Render an account; `form` holds what was chosen."""
    context = {
        "person": one,
        "roles": [LABELS[name] for name in roles_of(one)],
        "form": form or RolesForm(initial={"roles": roles_of(one)}),
        "may_change": may_change(request.user, one),
    }
    return render(request, "accounts/person.html", context, status=status)


def may_change(user, one):
    """Say whether `user` may change the account `one`: a superuser's is for superusers."""
    return user.is_superuser or not one.is_superuser


def about(view):
    """Give `view` the account that it is about, or say that it is none of theirs."""

    @require_POST
    @administrators
    def guarded(request, pk):
        one = get_object_or_404(User, pk=pk)
        if not may_change(request.user, one):
            raise PermissionDenied
        try:
            done = view(request, one)
        except people.LastAdministrator:
            messages.error(request, _("Nothing was changed: somebody must be left who can give access."))
        else:
            if not isinstance(done, str):
                return done
            messages.success(request, done)
        return redirect("accounts:person", pk=pk)

    guarded.__name__, guarded.__doc__ = view.__name__, view.__doc__
    return guarded


@about
def change_roles(request, one):
    """Give somebody other roles."""
    form = RolesForm(request.POST)
    if not form.is_valid():
        return show(request, people.everybody().get(pk=one.pk), form, status=422)
    people.change_roles(one, request.user, form.cleaned_data["roles"])
    return _("The roles are changed.")


@about
def deactivate(request, one):
    """Shut somebody out."""
    people.deactivate(one, request.user)
    return _("The account is closed, and its sessions are ended.")


@about
def reactivate(request, one):
    """Let somebody in again."""
    people.reactivate(one, request.user)
    return _("The account is open again.")


@about
def reset_second_factor(request, one):
    """Take away somebody's second factors, because they lost them."""
    people.reset_second_factor(one, request.user)
    return _("The second factor is taken away, and a message tells so.")


@about
def end_sessions(request, one):
    """Sign somebody out everywhere."""
    people.end_sessions(one, request.user)
    return _("All sessions of this account are ended.")
