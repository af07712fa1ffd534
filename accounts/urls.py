"""Addresses of accounts, under /moderation/.

The library finds its own pages by its own names, which have no namespace. What is not named here does
not exist: there is no signing up, and nobody adds e-mail addresses.
"""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.totp import views as totp
from django.urls import include, path

from . import views

library = [
    path("sign-in/", account.login, name="account_login"),
    path("sign-in/code/", mfa.authenticate, name="mfa_authenticate"),
    path("sign-out/", account.logout, name="account_logout"),
    path("account/app/add/", totp.activate_totp, name="mfa_activate_totp"),
]
own = [
    path("account/second-factor/", views.second_factor, name="second_factor"),
]

urlpatterns = [*library, path("", include((own, "accounts")))]
