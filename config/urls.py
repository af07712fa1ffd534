"""All addresses, grouped by reader."""

from allauth.account import views as account
from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path

from signatories import hooks

# The admin's own door has neither limits nor a second factor.
admin.site.login = secure_admin_login(admin.site.login)

urlpatterns = [
    # /moderation/letters/: the secretariat, for the recipients of a letter and its delivery
    path("moderation/letters/", include("delivery.urls")),
    # /moderation/account/, /moderation/people/: whoever has an account
    path("moderation/", include("accounts.urls")),
    # /moderation/: the moderators
    path("moderation/", include("signatories.moderation.urls")),
    # /admin/: the secretariat, for letters and their texts; its ways out and to a new password are the desk's
    path("admin/logout/", account.logout, name="admin_logout"),
    path("admin/password_change/", account.password_change, name="admin_password_change"),
    path("admin/", admin.site.urls),
    # /hooks/: programs that report to us; each request is signed
    path("hooks/bounces/", hooks.report_bounce, name="report_bounce"),
    # /LETTER/sign/, /confirm/, /status/: the representatives; /fr/LETTER/sign/ in another language
    *i18n_patterns(path("", include("signatories.urls")), prefix_default_language=False),
    # /, /LETTER/: the world; in production these are files of the release folder, answered before Django
    path("", include("letter.urls")),
]

if settings.DEMO_MAILBOX:
    urlpatterns.insert(0, path("demo/", include("demo.urls")))
