"""The public site of one letter as plain files that any static host serves, without this software.

The tree is the release's. Only links in pages are changed: those that begin with a slash lead to the
exported file, wherever the tree is put, or, as the one to the form, to this site. Data and documents are
byte for byte those of the manifests.
"""

import html
import os
import posixpath
import re
import shutil
from pathlib import Path
from urllib.parse import urldefrag, urljoin

from django.conf import settings

from .documents import face_of
from .front import rebase
from .models import Letter
from .releases import content_of_blob, files_of, listed, site_files

# Stands in every export, so that a later one may replace it.
MARK = ".undersigned-export"

TAG = re.compile(rb"<[a-z][^<>]*>")
LINK = re.compile(rb'(?<=\s)(href|src|data-source)="([^"]*)"')


class Refused(Exception):
    """The export cannot be made, for a reason that its words say."""


def export(letter: Letter, directory: Path) -> int:
    """Write the public site of `letter` into `directory`, which is replaced if it is an earlier export.

    Equal states make equal trees. What is being written stands beside the folder until all of it is there.

    Returns:
        How many files.

    Raises:
        Refused: if the folder holds something else, or an edition is not complete.
        OSError: when it cannot be written; the folder stays as it was.
    """
    one = next((one for one in listed() if one.edition.letter_id == letter.pk), None)
    if one is None:
        raise Refused(f"“{letter.slug}” has no edition that the public may read.")
    unsealed = letter.editions.unsealed().first()
    if unsealed is not None:
        raise Refused(f"Edition {unsealed.number} is not complete yet: a worker has still to make its documents.")
    directory = Path(os.path.abspath(directory))
    if not directory.name or (directory.exists() and not directory.is_dir()):
        raise Refused(f"“{directory}” cannot be the folder of an export.")
    unfinished, old = (directory.with_name(f"{directory.name}{ending}") for ending in (".unfinished", ".old"))
    for folder in (directory, unfinished, old):
        if folder.is_dir() and any(folder.iterdir()) and not (folder / MARK).is_file():
            raise Refused(f"“{folder}” is neither empty nor an earlier export; it is left as it is.")
    for folder in (unfinished, old):
        shutil.rmtree(folder, ignore_errors=True)

    unfinished.mkdir(parents=True)
    try:
        (unfinished / MARK).write_text(f"export of {letter.slug}\n")
        files = files_of(one)
        original, *translations = one.edition.languages
        places = {"index.html": original} | {f"{language}/index.html": language for language in translations}
        addresses = {f"/{name}" for name in (*files, *places, "robots.txt", "sitemap.xml")}
        for sha256, names in _by_content(files).items():
            _write(unfinished, names, content_of_blob(sha256, names[0]), addresses)
        face = "index" if one.is_open else "closed"
        fronts = {
            name: rebase(face_of(one.edition, language, face).content, f"{letter.slug}/")
            for name, language in places.items()
        }
        for name, content in {**fronts, **site_files([one])}.items():
            _write(unfinished, [name], content, addresses)
        if directory.is_dir() and any(directory.iterdir()):
            directory.rename(old)
        unfinished.rename(directory)
    except BaseException:
        if not directory.exists() and old.exists():
            old.rename(directory)
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    shutil.rmtree(old, ignore_errors=True)
    return len(addresses)


def _by_content(files: dict[str, str]) -> dict[str, list[str]]:
    """Return the names of the files that have each content."""
    names: dict[str, list[str]] = {}
    for name, sha256 in files.items():
        names.setdefault(sha256, []).append(name)
    return names


def _write(folder: Path, names: list[str], content: bytes, addresses: set[str]) -> None:
    """Write a content to each of its places: pages with links for that place, all else as links to one file."""
    first: Path | None = None
    for name in names:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith(".html"):
            file.write_bytes(relink(content, f"/{name}", addresses))
        elif first is None:
            file.write_bytes(content)
            first = file
        else:
            os.link(first, file)


def relink(page: bytes, address: str, addresses: set[str]) -> bytes:
    """Return a page whose links lead within the export, or with scheme and host to this site.

    Args:
        page: the page.
        address: its file, as `/icc-2020/index.html`.
        addresses: those of all files of the export.
    """

    def link(match: re.Match[bytes]) -> bytes:
        attribute, written = match[1], match[2]
        target = html.unescape(written.decode())
        if re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:|//|#|$", target):
            return match[0]
        path, fragment = urldefrag(urljoin(address, target))
        is_exported = (f"{path}index.html" if path.endswith("/") else path) in addresses
        if is_exported and not target.startswith("/"):
            return match[0]
        if is_exported:
            new = posixpath.relpath(path, posixpath.dirname(address)) + ("/" if path.endswith("/") else "")
        else:
            new = f"{settings.SITE_URL}{path}"
        new += f"#{fragment}" if fragment else ""
        return b'%s="%s"' % (attribute, html.escape(new).encode())

    return TAG.sub(lambda tag: LINK.sub(link, tag[0]), page)
