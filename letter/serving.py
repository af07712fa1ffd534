"""Serves the release folder from inside the web process, ahead of Django: no query, no template."""

import hashlib
import os
import re
import threading
from contextlib import closing, suppress
from http import HTTPStatus
from wsgiref.headers import Headers
from wsgiref.util import FileWrapper

from django.conf import settings
from whitenoise import WhiteNoise
from whitenoise.responders import Response, SlicedFile, StaticFile

from . import releases

SECURITY_HEADERS = {
    # Nothing but what stands beside it: its style, and the script of the search, which it can do without.
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "font-src 'self'; connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
}
if settings.SECURE_HSTS_SECONDS:
    SECURITY_HEADERS["Strict-Transport-Security"] = (
        f"max-age={settings.SECURE_HSTS_SECONDS}; includeSubDomains; preload"
    )

# Bytes that are handed to the server in one piece: each further one costs as much as a small page.
PIECE = 1_000_000
CONDITIONS = {"HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_IF_RANGE", "HTTP_RANGE"}


class PublishedFile(StaticFile):
    """A file with one strong ETag per encoding (RFC 9110, 8.8.3) and safe ranges (RFC 9110, 13.1.5)."""

    def get_response(self, method, request_headers):
        """Answer GET and HEAD, with conditions and a single range."""
        if not CONDITIONS & request_headers.keys():
            return super().get_response(method, request_headers)
        etag = dict(self.get_path_and_headers(request_headers)[1])["ETag"]
        request_headers = dict(request_headers)
        known = request_headers.pop("HTTP_IF_NONE_MATCH", None)
        if known is not None and method in ("GET", "HEAD"):
            request_headers.pop("HTTP_IF_MODIFIED_SINCE", None)
            if known.strip() == "*" or etag in {tag.strip().removeprefix("W/") for tag in known.split(",")}:
                headers = dict(self.not_modified_response.headers) | {"ETag": etag}
                return Response(HTTPStatus.NOT_MODIFIED, list(headers.items()), None)
        if request_headers.get("HTTP_IF_RANGE", etag) != etag:
            # The end of one edition must not be glued to the beginning of another.
            request_headers.pop("HTTP_RANGE", None)
        return super().get_response(method, request_headers)

    @staticmethod
    def get_alternatives(base_headers, files):
        """Give each encoding its own ETag, and say that ranges are served."""
        alternatives = []
        for pattern, path, items in StaticFile.get_alternatives(base_headers, files):
            headers = Headers(items)
            if encoding := headers["Content-Encoding"]:
                headers["ETag"] = f'{headers["ETag"][:-1]}-{encoding}"'
            headers["Accept-Ranges"] = "bytes"
            alternatives.append((pattern, path, headers.items()))
        return alternatives

    def get_range_response(self, range_header, base_headers, file_handle):
        """Serve a range, also one of a single byte, which the base class takes for an empty one."""
        headers = Headers(list(base_headers))
        size = int(headers["Content-Length"])
        start, end = self.get_byte_range(range_header, size)
        if start >= size:
            return self.get_range_not_satisfiable_response(file_handle, size)
        if start > end:
            raise ValueError(range_header)
        body = SlicedFile(file_handle, start, end) if file_handle else None
        headers["Content-Range"] = f"bytes {start}-{end}/{size}"
        headers["Content-Length"] = str(end - start + 1)
        return Response(HTTPStatus.PARTIAL_CONTENT, headers.items(), body)


# Bytes of answers that one process keeps of one release.
ROOM = 32_000_000
KINDS = {
    ".atom": "application/atom+xml",
    ".csv": "text/csv",
    ".pem": "application/x-pem-file",
    ".sig": "application/octet-stream",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# What an address of a published file looks like: no hidden file, no way up, no compressed twin.
ADDRESS = re.compile(r"(?:/(?!\.)[^/\0]+)*/?")


class ReleaseFiles(WhiteNoise):
    """The files of one release, by address; each is looked up when it is first asked for."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        # Answers given before, whole, by method, address and encodings: no file has to be opened for them again.
        self.ready, self.bytes_ready = {}, 0

    # SHA-256 of files already seen, by identity: most of a release links to files of the one before.
    digests: dict[tuple[int, int, int, int], str] = {}

    def get_static_file(self, path, url, stat_cache=None):
        """Return the file with an ETag from its content, so that equal content is never sent twice."""
        stat = stat_cache[path] if stat_cache else os.stat(path)
        identity = (stat.st_dev, stat.st_ino, stat.st_mtime_ns, stat.st_size)
        if identity not in self.digests:
            with open(path, "rb") as file:
                self.digests[identity] = hashlib.file_digest(file, "sha256").hexdigest()
        headers = Headers(list(SECURITY_HEADERS.items()))
        self.add_mime_headers(headers, path, url)
        headers["Access-Control-Allow-Origin"] = "*"
        headers["ETag"] = f'"{self.digests[identity][:32]}"'
        if url.endswith("/embed/"):
            # Meant for the frames of other sites; it has no button that anybody could be made to press.
            policy = headers["Content-Security-Policy"]
            headers["Content-Security-Policy"] = policy.replace("frame-ancestors 'none'", "frame-ancestors *")
            del headers["X-Frame-Options"]
        if "/style/" in url:
            headers["Cache-Control"] = f"public, max-age={self.FOREVER}, immutable"
        elif "/editions/" in url and not url.endswith("/"):
            headers["Cache-Control"] = "public, max-age=86400"
        else:
            headers["Cache-Control"] = "no-cache"
        encodings = {"gzip": path + ".gz", "br": path + ".br"}
        return PublishedFile(path, headers.items(), stat_cache=stat_cache, encodings=encodings)

    def find(self, folder, url):
        """Return the file at the address `url` below `folder`, or None if there is none."""
        if url in self.files:
            return self.files[url]
        if not ADDRESS.fullmatch(url) or url.endswith((".gz", ".br")):
            return None
        path = f"{folder}{url}index.html" if url.endswith("/") else f"{folder}{url}"
        if not os.path.isfile(path):
            return None
        file = self.files[url] = self.get_static_file(path, url)
        return file

    def keep(self, key, answer):
        """Keep a small answer (status, headers, body) for the next who asks the same, while there is room."""
        self.bytes_ready += len(answer[2][0])
        if self.bytes_ready < ROOM:
            self.ready[key] = answer


def send(file, environ, start_response):
    """Answer a request with a file; return the body, and the whole answer if all of it was read here."""
    response = file.get_response(environ["REQUEST_METHOD"], environ)
    body = response.file
    if body is not None and int(dict(response.headers)["Content-Length"]) <= PIECE:
        with closing(body):
            body = [body.read()]
    status, headers = f"{response.status} {response.status.phrase}", list(response.headers)
    start_response(status, list(headers))
    if isinstance(body, list):
        return body, (status, headers, body)
    return [] if body is None else FileWrapper(body, PIECE), None


class PublishedSite:
    """A WSGI application: the current release, else a static file, else Django."""

    def __init__(self, application, directory=None):
        self.current = os.path.join(directory or settings.RELEASES_DIR, "current")
        self.static = WhiteNoise(application, max_age=0, immutable_file_test=r"\.[0-9a-f]{12}\.")
        if os.path.isdir(settings.STATIC_ROOT):
            self.static.add_files(settings.STATIC_ROOT, prefix="static/")
        self.release = None, "", ReleaseFiles(None)
        self.turning = threading.Lock()

    def __call__(self, environ, start_response):
        """Answer a request."""
        is_there = self._turn()
        address = environ.get("PATH_INFO", "")
        _name, folder, files = self.release
        is_plain = is_there and not CONDITIONS & environ.keys()
        key = environ["REQUEST_METHOD"], address, environ.get("HTTP_ACCEPT_ENCODING")
        if is_plain and key in files.ready:
            status, headers, body = files.ready[key]
            start_response(status, list(headers))
            return body
        path = address.encode("latin-1", "replace").decode("utf-8", "replace")
        # A file that somebody has taken away is Django's to answer, until the folder is whole again.
        with suppress(OSError):
            file = files.find(folder, path) if folder else None
            if file is not None:
                body, answer = send(file, environ, start_response)
                if is_plain and answer:
                    files.keep(key, answer)
                return body
        return self.static(environ, start_response)

    def _turn(self):
        """Take up the release that `current` points to; other threads serve the old one meanwhile.

        Returns whether there is one.
        """
        try:
            # A release that was repaired has its old name, and is another folder.
            release = os.readlink(self.current), os.stat(self.current).st_ino
        except OSError:
            return False
        if release != self.release[0] and self.turning.acquire(blocking=False):
            try:
                folder = os.path.join(os.path.dirname(self.current), release[0])
                if os.path.isdir(folder):
                    # One assignment: another thread sees the old release or the new one.
                    self.release = release, folder, ReleaseFiles(None, index_file=True, max_age=0, mimetypes=KINDS)
            finally:
                self.turning.release()
        return True

    @staticmethod
    def follow():
        """Keep this machine's release folder up to date, from a thread of this process."""
        threading.Thread(target=releases.follow, name="releases", daemon=True).start()
