"""The shipped nginx configuration: published files with the app's headers, all else from the app."""

import http.client
import os
import subprocess

import pytest

from letter.serving import KINDS
from tests.running import NGINX, ROOT, free_port, shipped_nginx, until

pytestmark = [
    pytest.mark.skipif(not NGINX and not os.environ.get("CI"), reason="nginx is not installed"),
    pytest.mark.xdist_group("site"),
]

COMPARED = (
    *("Content-Type", "Content-Security-Policy", "Cache-Control", "X-Frame-Options", "Access-Control-Allow-Origin"),
    *("Referrer-Policy", "X-Content-Type-Options", "Cross-Origin-Opener-Policy", "Location"),
)


def ask(port, path, method="GET", **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        # A parameter's value may stand in quotes (RFC 9110, 5.6.6).
        told = {name: (answer.headers[name] or "").replace('"', "") for name in COMPARED}
        return answer.status, told, answer.read()
    except OSError:
        return None
    finally:
        connection.close()


@pytest.fixture(scope="module")
def port(site, tmp_path_factory):
    """The port of an nginx in front of the site."""
    assert NGINX, "nginx is not installed"
    folder, port = tmp_path_factory.mktemp("nginx"), free_port()
    # Until then Django answers, from the database.
    until((site.folder / "releases" / "current" / "icc-2020" / "manifest.json").exists, seconds=60)
    process = subprocess.Popen(shipped_nginx(folder, site.folder / "releases", site.port, port))
    until(lambda: ask(port, "/"))
    yield port
    process.terminate()
    process.wait(10)


def files_of_style():
    from letter.artefacts.html import style

    return [f"/icc-2020/{name}" for name, _content in style().values()]


def test_published_files_are_those_of_the_app_with_its_headers(site, port):
    page = "/icc-2020/"
    names = ["", "signatories.json", "signatories.csv", "changes.json", "feed.atom", "badge.svg", "card.png"]
    names += ["letter.pdf", "letter.docx", "signatories.xlsx", "embed/", "share/", "changes/", "countries/", "verify/"]
    addresses = ["/", "/robots.txt", "/sitemap.xml", *files_of_style()]
    addresses += [f"{page}{name}" for name in names] + [f"{page}editions/1/{name}" for name in names]

    for address in addresses:
        assert ask(port, address) == ask(site.port, address), address
        assert ask(port, address)[0] == 200, address


def test_only_the_page_to_be_embedded_may_be_framed(port):
    _status, embedded, _body = ask(port, "/icc-2020/embed/")
    _status, page, _body = ask(port, "/icc-2020/")

    assert embedded["Content-Security-Policy"].endswith("frame-ancestors *")
    assert embedded["X-Frame-Options"] == ""
    assert page["Content-Security-Policy"].endswith("frame-ancestors 'none'")
    assert page["X-Frame-Options"] == "DENY"


def test_all_else_reaches_the_app(site, port):
    addresses = ["/icc-2020/sign/sent/", "/moderation/", "/moderation/sign-in/", "/admin/", "/confirm/nonsense/"]
    addresses += ["/static/nothing.css", "/nothing/", "/icc-2020/index.html.gz", "/icc-2020/.hidden", "/fr/icc-2020/"]

    for address in addresses:
        status, headers, _body = ask(port, address)
        assert (status, headers) == ask(site.port, address)[:2], address
        assert status != 502, address
    assert ask(port, "/icc-2020/sign/")[0] == 200
    assert ask(port, "/icc-2020/sign/", "POST")[0] == 422


def test_a_file_is_sent_compressed_to_whom_takes_it(port):
    _status, _headers, plain = ask(port, "/icc-2020/")
    _status, _headers, packed = ask(port, "/icc-2020/", **{"Accept-Encoding": "gzip"})

    assert packed[:2] == b"\x1f\x8b"
    assert len(packed) < len(plain) / 2


def test_every_kind_that_the_app_names_is_named_for_nginx():
    shipped = (ROOT / "deploy" / "nginx.conf").read_text()

    for ending, kind in KINDS.items():
        assert f"{kind} {ending.removeprefix('.')};" in shipped
