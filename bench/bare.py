"""The baselines: what the same server does with nothing of ours in it.

`hello` is WSGI alone, `django` Django with one view that returns the bytes of the file BARE_BYTES, and
with one form that makes one row of what it was sent.
"""

import os
from pathlib import Path

BYTES = Path(os.environ["BARE_BYTES"]).read_bytes() if "BARE_BYTES" in os.environ else b"Hello, world!\n"


def hello(environ, start_response):
    """Answer with the bytes."""
    start_response("200 OK", [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(BYTES)))])
    return [BYTES]


def _django():
    from django import forms
    from django.conf import settings

    settings.configure(
        SECRET_KEY="bare",  # noqa: S106 - guards nothing
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF=__name__,
        USE_TZ=True,
        MIDDLEWARE=[
            # As a new project has them, less sessions, messages and authentication.
            "django.middleware.security.SecurityMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.middleware.clickjacking.XFrameOptionsMiddleware",
        ],
    )
    if os.environ.get("DATABASE_URL"):
        from psycopg.conninfo import conninfo_to_dict

        parts = conninfo_to_dict(os.environ["DATABASE_URL"])
        settings.DATABASES = {
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": parts["dbname"],
                "USER": parts["user"],
                "HOST": parts["host"],
                "PORT": parts["port"],
                "CONN_MAX_AGE": 60,
                "CONN_HEALTH_CHECKS": True,
            }
        }
    import django
    from django.core.wsgi import get_wsgi_application
    from django.db import models
    from django.http import HttpResponse, HttpResponseRedirect
    from django.urls import path
    from django.views.decorators.csrf import csrf_exempt

    django.setup()

    class Bare(models.Model):  # noqa: DJ008 - nobody sees one
        name_as_signed = models.CharField(max_length=250)
        acronym = models.CharField(max_length=30)
        country = models.CharField(max_length=2)
        website = models.URLField(max_length=300)
        representative_name = models.CharField(max_length=200)
        representative_role = models.CharField(max_length=200)
        email = models.EmailField()

        class Meta:
            app_label = "bare"
            db_table = "bare"

    class BareForm(forms.ModelForm):
        acronym = forms.CharField(required=False)
        website = forms.URLField(required=False, assume_scheme="https")

        class Meta:
            model = Bare
            fields = [field.name for field in Bare._meta.fields if field.name != "id"]

    def page(request):
        return HttpResponse(BYTES)

    @csrf_exempt
    def form(request):
        posted = BareForm(request.POST)
        if not posted.is_valid():
            return HttpResponse(posted.errors.as_text(), status=422)
        posted.save()
        return HttpResponseRedirect("/")

    global urlpatterns
    urlpatterns = [path("", page), path("form/", form)]
    return get_wsgi_application()


if os.environ.get("BARE_DJANGO"):
    django = _django()
