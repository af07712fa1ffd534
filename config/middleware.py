"""What the web server says when the database does not answer."""

import logging

from django.db import InterfaceError, OperationalError, close_old_connections
from django.shortcuts import render

logger = logging.getLogger(__name__)


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
