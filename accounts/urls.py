"""Addresses of accounts, under /moderation/.

The library finds its own pages by its own names, which have no namespace. What is not named here does
not exist: there is no signing up, and nobody adds e-mail addresses.
"""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as app
from allauth.mfa.webauthn import views as passkeys
from django.urls import include, path, re_path

from . import directory, views

library = [
    path("sign-in/", account.login, name="account_login"),
    path("sign-in/code/", mfa.authenticate, name="mfa_authenticate"),
    path("sign-in/passkey/", passkeys.login_webauthn, name="mfa_login_webauthn"),
    path("sign-in/closed/", account.account_inactive, name="account_inactive"),
    path("sign-out/", account.logout, name="account_logout"),
    path("password/", account.password_reset, name="account_reset_password"),
    path("password/sent/", account.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/link/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>[0-9A-Za-z-]+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("password/done/", account.password_reset_from_key_done, name="account_reset_password_from_key_done"),
    # One page for what the library has two of.
    path("account/", views.account, name="mfa_index"),
    path("account/", views.account, name="mfa_list_webauthn"),
    path("account/password/", account.password_change, name="account_change_password"),
    # Whoever has none gets one by e-mail.
    path("password/", account.password_reset, name="account_set_password"),
    path("account/again/password/", account.reauthenticate, name="account_reauthenticate"),
    path("account/again/code/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("account/again/passkey/", passkeys.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
    path("account/app/add/", app.activate_totp, name="mfa_activate_totp"),
    path("account/app/remove/", app.deactivate_totp, name="mfa_deactivate_totp"),
    path("account/codes/", codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("account/codes/renew/", codes.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("account/passkeys/add/", passkeys.add_webauthn, name="mfa_add_webauthn"),
    path("account/passkeys/<int:pk>/name/", passkeys.edit_webauthn, name="mfa_edit_webauthn"),
    path("account/passkeys/<int:pk>/remove/", passkeys.remove_webauthn, name="mfa_remove_webauthn"),
]
own = [
    path("account/second-factor/", views.second_factor, name="second_factor"),
    path("account/sessions/others/end/", views.end_other_sessions, name="end_other_sessions"),
    path("account/sessions/<slug:handle>/end/", views.end_session, name="end_session"),
    path("invitation/<str:token>/", views.accept, name="accept"),
    path("people/", directory.directory, name="people"),
    path("people/invite/", directory.invite, name="invite"),
    path("people/invitations/<int:pk>/resend/", directory.resend, name="resend"),
    path("people/invitations/<int:pk>/revoke/", directory.revoke, name="revoke"),
    path("people/<int:pk>/", directory.person, name="person"),
    path("people/<int:pk>/roles/", directory.change_roles, name="change_roles"),
    path("people/<int:pk>/deactivate/", directory.deactivate, name="deactivate"),
    path("people/<int:pk>/reactivate/", directory.reactivate, name="reactivate"),
    path("people/<int:pk>/second-factor/reset/", directory.reset_second_factor, name="reset_second_factor"),
    path("people/<int:pk>/sessions/end/", directory.end_sessions, name="end_sessions"),
]

urlpatterns = [*library, path("", include((own, "accounts")))]
