"""The server's entry point: published files first, Django for the rest."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()

from config.charset import OnlyKnownCharsets  # noqa: E402 - needs Django set up
from letter.serving import PublishedSite  # noqa: E402

application = PublishedSite(OnlyKnownCharsets(application))
application.follow()
