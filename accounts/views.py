"""The pages of whoever has an account."""

from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from .middleware import has_second_factor


@require_safe
@never_cache
@login_required
def second_factor(request):
    """Explain what is asked of whoever sees personal data, and where to go from here."""
    context = {"is_enrolled": has_second_factor(request.user), "next": request.GET.get("next", "")}
    return render(request, "accounts/second_factor.html", context)
