"""All addresses, grouped by reader."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    # /moderation/letters/: the secretariat, for the recipients of a letter and its delivery
    path("moderation/letters/", include("delivery.urls")),
    # /moderation/: the moderators
    path("moderation/", include("signatories.moderation.urls")),
    # /admin/: the secretariat, for letters and their texts
    path("admin/", admin.site.urls),
    # /LETTER/sign/, /confirm/, /status/: the representatives
    path("", include("signatories.urls")),
    # /, /LETTER/: the world; in production these are files of the release folder, answered before Django
    path("", include("letter.urls")),
]

if settings.DEMO_MAILBOX:
    urlpatterns.insert(0, path("demo/", include("demo.urls")))
