"""The release folder: the public site as plain files, written by each web machine from Postgres.

    RELEASES_DIR/editions/<id>-<digest>/            the pages of one edition, written once
    RELEASES_DIR/<release>/index.html               the one open letter, or the list of letters
    RELEASES_DIR/<release>/<letter>/index.html      the newest edition, open or closed
    RELEASES_DIR/<release>/<letter>/editions/N/     every edition, for ever
    RELEASES_DIR/current -> <release>               flipped in one step

A release is made of hard links to the editions' files, beside each of which stand its ``.gz`` and
``.br``. It is named by what it holds, so equal states have equal names.
"""

import fcntl
import gzip
import hashlib
import json
import logging
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import brotli
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.db import DatabaseError, InterfaceError, connection
from django.template.loader import render_to_string
from django.utils import timezone

from .models import Edition, Page
from .publication import STYLE

logger = logging.getLogger(__name__)

# Seconds between two looks at the database: a new edition is to be seen within two.
INTERVAL = 0.5
# Releases kept behind the current one, so that a download that has begun can finish.
KEPT = 3
# Above this size (bytes) a page is compressed less thoroughly, to be visible in time.
LARGE = 500_000

RELEASE = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True)
class Listed:
    """A letter as the release shows it: its newest edition, and whether it can be signed."""

    edition: Edition
    is_open: bool

    @property
    def slug(self) -> str:
        """The letter's address."""
        return self.edition.letter.slug


def listed(at: datetime | None = None) -> list[Listed]:
    """Return every letter that the public may read at the moment `at`, newest first. One query."""
    at = at or timezone.now()
    newest = Edition.objects.newest().select_related("letter").defer("lines")
    shown = [Listed(edition, edition.letter.is_open(at)) for edition in newest if edition.letter.has_opened(at)]
    return sorted(shown, key=lambda one: (one.edition.letter.dated_on, one.slug), reverse=True)


def release_name(letters: list[Listed]) -> str:
    """Return the name of the release that shows `letters`: a digest of what is in it."""
    state = [[one.slug, one.edition.pk, one.edition.source_sha256, one.is_open] for one in letters]
    # The list of letters links the deployed style: a deployment that changes it makes a new release.
    style = staticfiles_storage.url("letter.css")
    return hashlib.sha256(json.dumps([style, state]).encode()).hexdigest()[:16]


def sync(directory: Path | None = None, at: datetime | None = None) -> bool:
    """Make the release folder show what Postgres holds at the moment `at`.

    Returns:
        Whether it was changed. While another process of this machine is at it, nothing is done.

    Raises:
        OSError: when the folder cannot be written; the current release stays as it was.
        django.db.OperationalError: when Postgres does not answer; likewise.
    """
    directory = directory or settings.RELEASES_DIR
    letters = listed(at)
    name = release_name(letters)
    current = directory / "current"
    if current.is_dir() and os.readlink(current) == name:
        return False
    directory.mkdir(parents=True, exist_ok=True)
    with _alone(directory) as alone:
        if not alone:
            return False
        if not (directory / name).is_dir():
            _write(directory, name, letters)
        _flip(directory, name)
        _prune(directory, name)
    return True


@contextmanager
def _alone(directory: Path) -> Iterator[bool]:
    """Yield whether this is the one process that may write into `directory`."""
    with open(directory / ".lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def _write(directory: Path, name: str, letters: list[Listed]) -> None:
    """Write the release `name` from the editions' files."""
    with _whole(directory / name) as release:
        for one in letters:
            newest = _edition(directory, one.edition.pk, one.edition.source_sha256)
            face = "index.html" if one.is_open else "closed.html"
            _link(newest / face, release / one.slug / "index.html")
            for file in ("signatories.json", "signatories.csv"):
                _link(newest / file, release / one.slug / file)
            editions = one.edition.letter.editions.values_list("pk", "number", "source_sha256")
            for pk, number, source in editions:
                edition, folder = _edition(directory, pk, source), release / one.slug / "editions" / str(number)
                _link(edition / "edition.html", folder / "index.html")
                for file in ("signatories.json", "signatories.csv", *STYLE):
                    _link(edition / file, folder / file)
        front = [one for one in letters if one.is_open]
        if len(front) == 1:
            _link(release / front[0].slug / "index.html", release / "index.html")
        else:
            _write_file(release / "index.html", render_to_string("letter/index.html", {"letters": letters}).encode())


def _edition(directory: Path, pk: int, source: str) -> Path:
    """Return the folder with the pages of the edition `pk`, writing it if this machine has none yet.

    `source` is the digest of what the edition prints: after an older backup was restored, the same
    number may stand for another edition.

    Raises:
        OSError: when it cannot be written, or a page in Postgres does not match its SHA-256.
    """
    folder = directory / "editions" / f"{pk}-{source[:16]}"
    if not folder.is_dir():
        with _whole(folder) as unfinished:
            for page in Page.objects.filter(edition=pk):
                content = bytes(page.content)
                if hashlib.sha256(content).hexdigest() != page.sha256:
                    raise OSError(f"Page “{page.name}” of edition {pk} does not match its SHA-256.")
                _write_file(unfinished / page.name, content)
    return folder


@contextmanager
def _whole(folder: Path) -> Iterator[Path]:
    """Yield a folder to fill; it takes the name `folder` only once all of it is on disk."""
    unfinished = folder.with_name(f".{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    try:
        yield unfinished
        for inner, _folders, _files in os.walk(unfinished):
            _fsync(inner)
        unfinished.rename(folder)
        _fsync(folder.parent)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise


def _write_file(path: Path, content: bytes) -> None:
    """Write a file and its compressed forms."""
    large = len(content) > LARGE
    # gzip without a time stamp, so that equal content makes equal files on every machine.
    forms = {
        "": content,
        ".gz": gzip.compress(content, 6 if large else 9, mtime=0),
        ".br": brotli.compress(content, quality=5 if large else 11),
    }
    for ending, form in forms.items():
        if ending and len(form) >= len(content):
            continue
        with open(f"{path}{ending}", "wb") as file:
            file.write(form)
            file.flush()
            os.fsync(file.fileno())


def _link(source: Path, target: Path) -> None:
    """Link a file and its compressed forms to another place of the release folder."""
    target.parent.mkdir(parents=True, exist_ok=True)
    for ending in ("", ".gz", ".br"):
        if os.path.exists(f"{source}{ending}"):
            os.link(f"{source}{ending}", f"{target}{ending}")


def _fsync(folder: str | Path) -> None:
    """Make a folder's entries durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _flip(directory: Path, name: str) -> None:
    """Point `current` at the release `name` in one step: rename(2) replaces atomically."""
    link = directory / ".current.unfinished"
    link.unlink(missing_ok=True)
    link.symlink_to(name)
    link.rename(directory / "current")
    _fsync(directory)


def _prune(directory: Path, name: str) -> None:
    """Remove all releases but the current one and the `KEPT` newest others."""
    releases = [one for one in directory.iterdir() if RELEASE.fullmatch(one.name) and one.name != name]
    for release in sorted(releases, key=lambda one: one.stat().st_mtime, reverse=True)[KEPT:]:
        shutil.rmtree(release, ignore_errors=True)


def follow(interval: float = INTERVAL) -> None:
    """Keep the release folder up to date for as long as this process lives.

    Runs in a thread of every web process. A lost database or a full disk is said once and tried
    again; the current release is served meanwhile.
    """
    trouble = None
    while True:
        try:
            sync()
            trouble = None
        except (DatabaseError, InterfaceError, OSError) as error:
            if trouble is not type(error):
                logger.warning("The release folder cannot be brought up to date: %s: %s", type(error).__name__, error)
            trouble = type(error)
            connection.close()
        time.sleep(interval)
