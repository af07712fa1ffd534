"""In which character set forms come: UTF-8, as browsers send them (HTML, 4.10.21.8)."""

from http import HTTPStatus

from django.utils.http import parse_header_parameters

REFUSED = b"Please send UTF-8."


def is_utf8(charset: str) -> bool:
    """Whether a form that names this character set can be read."""
    return charset.lower() in ("utf-8", "utf8")


class OnlyKnownCharsets:
    """Answer 400 to a form in another character set, before Django makes a request of it.

    Python knows codecs that are no character sets, as rot13 and base64: with one of these Django fails where no
    middleware can answer yet. `config.middleware.OnlyUtf8` is the same for what comes by another way.
    """

    def __init__(self, application):
        self.application = application

    def __call__(self, environ, start_response):
        """Look at the header only."""
        try:
            _kind, parameters = parse_header_parameters(environ.get("CONTENT_TYPE", ""))
        except ValueError:
            parameters = {"charset": "?"}
        if is_utf8(parameters.get("charset", "utf-8")):
            return self.application(environ, start_response)
        status = HTTPStatus.BAD_REQUEST
        headers = [("Content-Type", "text/plain"), ("Content-Length", str(len(REFUSED)))]
        start_response(f"{status.value} {status.phrase}", headers)
        return [REFUSED]
