"""In which language a page is; what is said when the database is away, or a client cannot be understood."""

import logging

from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections
from django.http import HttpResponseBadRequest, HttpResponsePermanentRedirect
from django.shortcuts import render
from django.urls import Resolver404, resolve
from django.utils import translation
from django.utils.cache import patch_vary_headers

from .charset import REFUSED, is_utf8

logger = logging.getLogger(__name__)


class OnlyUtf8:
    """Answer 400 to a form in another character set than UTF-8, before anything reads it.

    Django decodes by whatever name the client sends, and fails on some; browsers send UTF-8 (HTML, 4.10.21.8).
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        """Look at the header only."""
        charset = request.content_params.get("charset", "utf-8")
        if not is_utf8(charset):
            return HttpResponseBadRequest(REFUSED, content_type="text/plain")
        return self.get_response(request)


class DatabaseAway:
    """Answer 503 with a page of its own while Postgres is away, instead of an error page.

    A form that was being sent is not lost: the page asks to reload, which sends it again.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        """Pass the request on."""
        return self.get_response(request)

    def process_exception(self, request, exception):
        """Turn a lost connection into a page; every other error stays one."""
        if not isinstance(exception, OperationalError | InterfaceError):
            return None
        logger.error("The database does not answer: %s", type(exception).__name__)
        close_old_connections()
        response = render(request, "503.html", status=503)
        response["Retry-After"] = "10"
        response["Cache-Control"] = "no-store"
        return response


class LastSlash:
    """Lead from a representative's address that lost its last slash to the one with it: mail programs cut it off.

    Where the letters' files are, an address without it may be one, so Django's own rule finds nothing missing.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        """Look only at what was not found."""
        response = self.get_response(request)
        path = request.path_info
        if response.status_code != 404 or request.method not in ("GET", "HEAD") or path.endswith("/"):
            return response
        try:
            found = resolve(f"{path}/")
        except Resolver404:
            return response
        if found.app_name != "signatories":
            return response
        return HttpResponsePermanentRedirect(request.get_full_path(force_append_slash=True))


class LanguageInPath:
    """Speak the language that an address begins with, as `/fr/…`, and the site's own where it names none.

    Django's LocaleMiddleware also asks cookie and browser, and takes a letter's address such as `/fr-2020/` for French:
    here a language is chosen by a link, and only suggested by what the browser says.
    """

    def __init__(self, get_response):
        self.get_response = get_response
        self.languages = {code for code, _name in settings.LANGUAGES}

    def __call__(self, request):
        """Activate the language, and name it in the answer (RFC 9110, 8.5)."""
        first = request.path_info.split("/", 2)[1]
        language = first if first in self.languages else settings.LANGUAGE_CODE
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        # A page may suggest the language that the browser prefers.
        patch_vary_headers(response, ["Accept-Language"])
        return response
