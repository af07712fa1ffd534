"""The public page: from the app alone, and behind the shipped nginx, against nginx alone, bare WSGI and bare Django.

All serve the same bytes to a client that takes them as they are, from one process; they run in turn.
"""

import re
import shutil
import urllib.request
from contextlib import ExitStack

from bench import common
from bench.common import free_port, granian, in_turn, running, table, wrk
from tests.running import nginx, shipped_nginx

SECONDS, ROUNDS = 2, 5
LINES = 113


def main():
    """Measure the demo's letter with its 113 signatories, plain and gzipped."""
    common.need("wrk", "nginx")
    common.stamp()
    with common.deployment(durable=False) as folder, ExitStack() as servers:
        common.part("publish", "fill", LINES)
        common.part("publish", "publish")
        common.part("publish", "sync")
        urls = start(servers, folder)
        for encoding in ("identity", "gzip"):
            measure(urls, encoding)


def start(servers, folder):
    """Start all contestants; return the address of the page at each."""
    page = folder / "releases" / "current" / common.SLUG / "index.html"
    site = folder / "site"
    site.mkdir()
    for ending in ("", ".gz"):
        shutil.copy(f"{page}{ending}", site / f"index.html{ending}")
    ports = {name: free_port() for name in ("app", "front", "nginx", "headers", "hello", "django")}
    urls = {name: f"http://127.0.0.1:{port}/" for name, port in ports.items()}
    urls["app"] += f"{common.SLUG}/"
    urls["front"] += f"{common.SLUG}/"
    for name in ("front", "nginx", "headers"):
        (folder / name).mkdir()
    static = f"""
    server {{
        listen 127.0.0.1:{ports["nginx"]};
        root {site};
        gzip_static on;
        types {{ text/html html; }}
    }}"""
    # The same, with as many bytes of headers as a published page has: what they alone cost.
    added = "".join(f'add_header {name} "{value}";' for name, value in told().items())
    with_headers = static.replace(str(ports["nginx"]), str(ports["headers"])).replace(
        "gzip_static", f"{added} gzip_static"
    )
    bare = {"BARE_BYTES": str(page)}
    for name, command, more in (
        ("app", granian("config.wsgi:application", ports["app"]), {}),
        ("front", shipped_nginx(folder / "front", folder / "releases", ports["app"], ports["front"]), {}),
        ("nginx", nginx(folder / "nginx", static), {}),
        ("headers", nginx(folder / "headers", with_headers), {}),
        ("hello", granian("bench.bare:hello", ports["hello"]), bare),
        ("django", granian("bench.bare:django", ports["django"]), bare | {"BARE_DJANGO": "yes", "DATABASE_URL": ""}),
    ):
        servers.enter_context(running(command, urls[name], folder / f"{name}.log", **more))
    return urls


def told():
    """Return the headers that the shipped nginx sends with a page."""
    shipped = (common.ROOT / "deploy" / "nginx.conf").read_text()
    found = dict(re.findall(r'add_header (\S+) "([^"]*)";', shipped))
    return {name: value.replace("$undersigned_ancestors", "'none'") for name, value in found.items()} | {
        "Cache-Control": "no-cache",
        "X-Frame-Options": "DENY",
    }


def measure(urls, encoding):
    """Print the table for clients that take `encoding`."""
    sizes = {name: len(fetch(url, encoding)) for name, url in urls.items()}
    if encoding != "identity":
        # The bare ones would have to compress at each request, or not at all.
        urls = {name: urls[name] for name in ("app", "front", "nginx", "headers")}
    elif len(set(sizes.values())) > 1:
        raise RuntimeError(f"They do not serve the same bytes: {sizes}")
    failed = dict.fromkeys(urls, 0)

    def reader(name):
        def read():
            found = wrk(urls[name], seconds=SECONDS, headers=[f"Accept-Encoding: {encoding}"])
            failed[name] += found["failed"]
            return found["rps"]

        return read

    rates = in_turn({name: reader(name) for name in urls}, rounds=ROUNDS)
    if any(failed.values()):
        raise RuntimeError(f"Some requests failed: {failed}")
    words = {
        "app": "the app alone",
        "front": "the shipped nginx in front",
        "nginx": "nginx, the same bytes",
        "headers": "nginx, the same bytes and headers",
        "hello": "bare WSGI, the same bytes",
        "django": "bare Django, the same bytes",
    }
    rows = [
        [
            words[name],
            f"{rates[name]:,.0f}",
            f"{rates[name] / rates['nginx']:.2f}",
            f"{rates[name] / rates['hello']:.2f}" if "hello" in rates else "–",
            f"{rates[name] / rates['django']:.2f}" if "django" in rates else "–",
            f"{sizes[name]:,}",
        ]
        for name in rates
    ]
    title = f"`Accept-Encoding: {encoding}`; medians of {ROUNDS} rounds of {SECONDS} s, 16 connections."
    table(title, ["", "Requests/s", "Of nginx", "Of bare WSGI", "Of bare Django", "Bytes"], rows)


def fetch(url, encoding):
    """Return the body as it is sent."""
    request = urllib.request.Request(url, headers={"Accept-Encoding": encoding})  # noqa: S310 - of this machine
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        return answer.read()
