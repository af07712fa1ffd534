"""The release folder: the public site as plain files, written by each web machine from Postgres.

    RELEASES_DIR/blobs/<sha256>                     each content once, beside it its .gz and .br
    RELEASES_DIR/trees/<edition>/<language>/        the pages of one edition in one language
    RELEASES_DIR/editions/<language>/<letter>/N     -> the tree of an edition
    RELEASES_DIR/<release>/<letter>/                -> the newest edition, its open or its closed face
    RELEASES_DIR/<release>/<language>/<letter>/     the same, of a translation
    RELEASES_DIR/<release>/index.html               the one open letter, or the list of letters
    RELEASES_DIR/<release>/<language>/index.html    the same, in that language
    RELEASES_DIR/current -> <release>               flipped in one step

A tree is made of hard links to blobs; a release of symbolic links into a tree. What an edition has in
common with the one before is thus neither compressed nor written again. A release is named by what it
shows, so equal states have equal names.
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
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import brotli
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.db import DatabaseError, InterfaceError, connection
from django.template.loader import render_to_string
from django.utils import timezone

from .content import letter_path
from .documents import face_of
from .front import front_page, languages
from .models import Blob, Edition, absolute

logger = logging.getLogger(__name__)

# Seconds between two looks at the database: a new edition is to be seen within two.
INTERVAL = 0.5
# Releases kept behind the current one, so that a download that has begun can finish.
KEPT = 3
# Above these sizes (bytes) a page is compressed less thoroughly, to be visible in time.
MIDDLING, LARGE = 24_000, 400_000
# So are all, where more than these many are missing: a first edition of a long list, a folder built anew.
MANY = 50
# Contents that are read in one query.
AT_ONCE = 20
# What is not smaller when it is compressed.
PACKED = (".pdf", ".docx", ".xlsx", ".png", ".sig")
# Seconds that the process which follows Postgres has to catch up, before what it shows is called a fault.
PATIENCE = 5
# Seconds for which a tree that another one has replaced is kept for downloads that have begun.
GRACE = 60

RELEASE = re.compile(r"[0-9a-f]{16}")
# Pages that no address names: they are faces of the letter, or stand for one until its documents are there.
HIDDEN = re.compile(r"early/.*|(?:index|closed|edition)\.html")


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
    newest = Edition.objects.newest().select_related("letter__publication")
    shown = [Listed(edition, edition.letter.is_open(at)) for edition in newest if edition.letter.has_opened(at)]
    return sorted(shown, key=lambda one: (one.edition.letter.dated_on, one.slug), reverse=True)


def release_name(letters: list[Listed]) -> str:
    """Return the name of the release that shows `letters`: a digest of what is in it."""
    state = [
        [one.slug, one.edition.pk, one.edition.source_sha256, one.is_open, one.edition.letter.publication.release]
        for one in letters
    ]
    # The list of letters links the deployed style, and there is one in each language of the site: a deployment that
    # changes either makes a new release.
    style = staticfiles_storage.url("letter.css")
    return hashlib.sha256(json.dumps([style, settings.SITE_URL, languages(), state]).encode()).hexdigest()[:16]


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
        _prune(directory, name, letters)
    return True


def faults(directory: Path | None = None, slug: str = "") -> Iterator[str]:
    """Compare what this machine serves with Postgres; yield what differs, in words.

    Nothing is changed. A machine without a release folder, as one with workers only, has no fault.

    Args:
        directory: the release folder.
        slug: the letter whose files are compared (all letters by default); blobs are always compared.
    """
    directory = directory or settings.RELEASES_DIR
    if not (directory / "current").is_symlink() and not (directory / "blobs").is_dir():
        return
    end = time.monotonic() + PATIENCE
    while True:
        letters = listed()
        name = release_name(letters)
        try:
            is_shown = os.readlink(directory / "current") == name
        except OSError:
            is_shown = False
        found = list(_faults_of_blobs(directory))
        if is_shown:
            found += _faults_of_release(directory / name, letters, slug)
        else:
            found.append(f"current does not show the release {name}, as Postgres has it")
        # While decisions are published, Postgres may be ahead for a moment; so may the process that writes.
        if not found or (is_shown and release_name(listed()) == name) or time.monotonic() > end:
            yield from found
            return
        time.sleep(INTERVAL / 5)


def repair(directory: Path | None = None) -> list[str]:
    """Compare what this machine serves with Postgres, and if it differs have all of it written again.

    Returns:
        What was wrong, in words.

    Raises:
        OSError: when it cannot be written, or Postgres itself has a wrong content; all stays as it was.
    """
    directory = directory or settings.RELEASES_DIR
    wrong = list(faults(directory))
    if wrong:
        with suppress(OSError):
            # Enough where nobody follows Postgres, or a link is gone.
            sync(directory)
        if any(faults(directory)):
            _write_anew(directory)
    return wrong


def _write_anew(directory: Path) -> None:
    """Write all of the folder anew, since hard links share what was changed: beside what is served."""
    fresh, old = directory / ".fresh", directory / ".wrong"
    with _alone(directory, wait=True):
        for folder in (fresh, old):
            shutil.rmtree(folder, ignore_errors=True)
        try:
            sync(fresh)
            old.mkdir()
            releases = [one.name for one in directory.iterdir() if RELEASE.fullmatch(one.name)]
            for entry in ("blobs", "trees", "editions", *releases):
                if (directory / entry).exists():
                    (directory / entry).rename(old / entry)
            for entry in ("blobs", "trees", "editions", os.readlink(fresh / "current")):
                if (fresh / entry).exists():
                    (fresh / entry).rename(directory / entry)
            _flip(directory, os.readlink(fresh / "current"))
        finally:
            for folder in (fresh, old):
                shutil.rmtree(folder, ignore_errors=True)


def _faults_of_blobs(directory: Path) -> Iterator[str]:
    for file in sorted((directory / "blobs").glob("[0-9a-f]*")):
        sha256, _dot, ending = file.name.partition(".")
        if _sha256_of(file, ending) != sha256:
            yield f"blobs/{file.name} was changed or cut short"


def _faults_of_release(release: Path, letters: list[Listed], slug: str) -> Iterator[str]:
    known: dict[tuple[int, int], str] = {}
    expected = {name: hashlib.sha256(content).hexdigest() for name, content in _front(letters).items()}
    blobs: set[str] = set()
    gone: set[Path] = set()
    folders = [release, *((release / name).parent for name in expected)]
    for one in letters:
        if not slug or one.slug == slug:
            files = files_of(one)
            expected |= files
            blobs |= set(files.values())
            folders += {(release / name).parent for name in files}
    for name, sha256 in sorted(expected.items()):
        for ending in ("", "gz", "br"):
            file = release / f"{name}.{ending}".rstrip(".")
            try:
                stat = file.stat()
            except OSError:
                if ending:
                    continue
                # Of a folder that is missing one line says all.
                missing = next((one for one in reversed(file.parents) if not one.is_dir()), file)
                if missing not in gone:
                    gone.add(missing)
                    yield f"{missing.relative_to(release.parent).as_posix()} is missing"
                continue
            # Most files are links to those of another address.
            identity = stat.st_dev, stat.st_ino
            if identity not in known:
                known[identity] = _sha256_of(file, ending)
            if known[identity] != sha256:
                yield f"{name}{'.' if ending else ''}{ending} was changed or cut short"
    for sha256 in sorted(blobs):
        if not (release.parent / "blobs" / sha256).is_file():
            yield f"blobs/{sha256} is missing"
    for folder in sorted(set(folders)):
        for file in sorted(folder.iterdir() if folder.is_dir() else ()):
            name = file.relative_to(release).as_posix()
            plain = name.removesuffix(".gz").removesuffix(".br")
            if file.is_file() and name not in expected and plain not in expected:
                yield f"{name} is not of Postgres"


def _sha256_of(file: Path, ending: str) -> str:
    """Return the SHA-256 (hex) of what a file holds, unpacked; nothing if it cannot be."""
    unpack = {"gz": gzip.decompress, "br": brotli.decompress}.get(ending, bytes)
    try:
        return hashlib.sha256(unpack(file.read_bytes())).hexdigest()
    except (OSError, EOFError, zlib.error, brotli.error):
        return ""


@contextmanager
def _alone(directory: Path, *, wait: bool = False) -> Iterator[bool]:
    """Yield whether this is the one process that may write into `directory`; `wait` until it is."""
    with open(directory / ".lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
        else:
            yield True


def _write(directory: Path, name: str, letters: list[Listed]) -> None:
    """Write the release `name`."""
    with _whole(directory / name) as release:
        for one in letters:
            _write_letter(directory, release, one)
        for file, content in _front(letters).items():
            (release / file).parent.mkdir(exist_ok=True)
            _write_file(release / file, content)
        # One call for all files: a release that a power cut could leave empty is worse than none.
        os.sync()


def _front(letters: list[Listed]) -> dict[str, bytes]:
    """Return the files above all letters."""
    pages = {f"{language}/index.html": front_page(letters, language) for language in languages()}
    return {"index.html": front_page(letters)} | pages | site_files(letters)


def site_files(letters: list[Listed]) -> dict[str, bytes]:
    """Return what search engines ask for (robots.txt: RFC 9309; sitemap.xml: sitemaps.org, 0.9)."""
    entries = []
    for one in letters:
        languages = one.edition.languages
        alternates = [
            (language, absolute(letter_path(one.slug, language if number else "")))
            for number, language in enumerate(languages)
        ]
        for page in ("", "countries/", "changes/"):
            pages = [(language, f"{address}{page}") for language, address in alternates]
            entries += [(address, one.edition.published_at, pages) for _language, address in pages]
    sitemap = render_to_string("letter/sitemap.xml", {"entries": entries})
    robots = render_to_string("letter/robots.txt", {"sitemap": absolute("/sitemap.xml")})
    return {"sitemap.xml": sitemap.encode(), "robots.txt": robots.encode()}


def _write_letter(directory: Path, release: Path, one: Listed) -> None:
    """Link the newest edition of a letter into the release, and every edition at its permanent address."""
    editions = one.edition.letter.editions.with_stage()
    for number, edition in enumerate(editions):
        tree = directory / "trees" / tree_name(edition)
        if not tree.is_dir():
            _write_tree(directory, tree, edition)
        for place, language in enumerate(edition.languages):
            link = directory / "editions" / (language if place else "-") / one.slug / str(edition.number)
            _point(link, f"../../../trees/{tree.name}/{language}")
        if number == 0:
            newest, newest_tree = edition, tree
    for place, language in enumerate(newest.languages):
        folder = release / letter_path(one.slug, language if place else "").strip("/")
        folder.mkdir(parents=True)
        up = "../" * len(folder.relative_to(directory).parts)
        for entry in (newest_tree / language).iterdir():
            if not entry.name.startswith("index.html"):
                (folder / entry.name).symlink_to(f"{up}trees/{newest_tree.name}/{language}/{entry.name}")
        (folder / "editions").symlink_to(f"{up}editions/{language if place else '-'}/{one.slug}")
        face = face_of(newest, language, "index" if one.is_open else "closed")
        _link(_blob(directory, face.sha256, "index.html"), folder / "index.html")


def files_of(one: Listed) -> dict[str, str]:
    """Return the SHA-256 of each file of a letter, of all editions, by its address without the first slash."""
    files: dict[str, str] = {}
    for number, edition in enumerate(one.edition.letter.editions.all()):
        for place, (language, tree) in enumerate(_trees_of(edition).items()):
            path = letter_path(one.slug, language if place else "").strip("/")
            files |= {f"{path}/editions/{edition.number}/{name}": sha256 for name, sha256 in tree.items()}
            if number == 0:
                face = face_of(edition, language, "index" if one.is_open else "closed")
                files |= {f"{path}/{name}": sha256 for name, sha256 in tree.items()}
                files[f"{path}/index.html"] = face.sha256
    return files


def _trees_of(edition: Edition) -> dict[str, dict[str, str]]:
    """Return, for each language of an edition, the original first, the SHA-256 of its files by name."""
    pages = list(edition.pages.values_list("language", "name", "blob_id"))
    trees = {}
    for language in edition.languages:
        trees[language] = {
            name: sha256
            for page_language, name, sha256 in pages
            if page_language in (language, "") and not HIDDEN.fullmatch(name)
        } | {"index.html": face_of(edition, language, "edition").sha256}
    return trees


def tree_name(edition: Edition) -> str:
    """Return the name of the tree of an edition (`with_stage`): another one when it has gained pages.

    After an older backup was restored, the same number may stand for another edition: the digest of what
    it prints tells.
    """
    stage = edition.has_documents + edition.is_sealed
    return f"{edition.pk}-{edition.source_sha256[:16]}-{stage}"


def _write_tree(directory: Path, tree: Path, edition: Edition) -> None:
    """Write the pages of an edition, in each of its languages."""
    trees = _trees_of(edition)
    _write_blobs(directory, {sha256: name for files in trees.values() for name, sha256 in files.items()})
    with _whole(tree) as unfinished:
        for language, files in trees.items():
            for name, sha256 in files.items():
                _link(directory / "blobs" / sha256, unfinished / language / name)


def _blob(directory: Path, sha256: str, name: str) -> Path:
    """Return the file with a content, written if this machine has none yet; raises as `_write_blobs`."""
    _write_blobs(directory, {sha256: name})
    return directory / "blobs" / sha256


def _write_blobs(directory: Path, names: dict[str, str]) -> None:
    """Write the contents that this machine lacks, by SHA-256; their names tell how to compress them.

    Raises:
        OSError: when one cannot be written, or is missing in Postgres, or does not match its SHA-256.
    """
    blobs = directory / "blobs"
    missing = [sha256 for sha256 in names if not (blobs / sha256).exists()]
    blobs.mkdir(exist_ok=True)
    for start in range(0, len(missing), AT_ONCE):
        some = set(missing[start : start + AT_ONCE])
        for sha256, content in Blob.objects.filter(pk__in=some).values_list("pk", "content"):
            if hashlib.sha256(content).hexdigest() != sha256:
                raise OSError(f"The content {sha256} of “{names[sha256]}” does not match its SHA-256.")
            is_packed = names[sha256].endswith(PACKED)
            _write_file(blobs / sha256, bytes(content), is_packed=is_packed, is_hurried=len(missing) > MANY)
            some.remove(sha256)
        if some:
            raise OSError(f"Postgres lacks the content {some.pop()}.")


def content_of_blob(sha256: str, name: str) -> bytes:
    """Return the content with this SHA-256 from Postgres; raises OSError, with `name`, if it has another one."""
    content = bytes(Blob.objects.values_list("content", flat=True).get(pk=sha256))
    if hashlib.sha256(content).hexdigest() != sha256:
        raise OSError(f"The content {sha256} of “{name}” does not match its SHA-256.")
    return content


@contextmanager
def _whole(folder: Path) -> Iterator[Path]:
    """Yield a folder to fill; it takes the name `folder` only once all of it is there."""
    unfinished = folder.with_name(f".{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    try:
        yield unfinished
        unfinished.rename(folder)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise


def _write_file(path: Path, content: bytes, *, is_packed: bool = False, is_hurried: bool = False) -> None:
    """Write a file and its compressed forms, the file itself last: where it is, all is."""
    forms = {"": content}
    if not is_packed:
        # Brotli's qualities from 9 on take several times as long as 7, and save little on a list of names.
        level, quality = (6, 7) if is_hurried or len(content) >= MIDDLING else (9, 11)
        if len(content) >= LARGE:
            level, quality = 5, 4
        # gzip without a time stamp, so that equal content makes equal files on every machine.
        forms |= {
            ".gz": gzip.compress(content, level, mtime=0),
            ".br": brotli.compress(content, quality=quality),
        }
    for ending, form in reversed(forms.items()):
        if ending and len(form) >= len(content):
            continue
        part = path.with_name(f".{path.name}{ending}.part")
        part.write_bytes(form)
        part.rename(f"{path}{ending}")


def _link(source: Path, target: Path) -> None:
    """Link a file and its compressed forms to another place of the release folder."""
    target.parent.mkdir(parents=True, exist_ok=True)
    for ending in ("", ".gz", ".br"):
        if os.path.exists(f"{source}{ending}"):
            os.link(f"{source}{ending}", f"{target}{ending}")


def _point(link: Path, target: str) -> None:
    """Make a symbolic link lead to `target`, in one step."""
    if link.is_symlink() and os.readlink(link) == target:
        return
    link.parent.mkdir(parents=True, exist_ok=True)
    part = link.with_name(f".{link.name}.unfinished")
    part.unlink(missing_ok=True)
    part.symlink_to(target)
    part.rename(link)


def _flip(directory: Path, name: str) -> None:
    """Point `current` at the release `name` in one step: rename(2) replaces atomically."""
    _point(directory / "current", name)
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _prune(directory: Path, name: str, letters: list[Listed]) -> None:
    """Remove old releases but the `KEPT` newest, and trees that no edition's address leads to."""
    releases = [one for one in directory.iterdir() if RELEASE.fullmatch(one.name) and one.name != name]
    for release in sorted(releases, key=lambda one: one.stat().st_mtime, reverse=True)[KEPT:]:
        shutil.rmtree(release, ignore_errors=True)
    slugs = {one.slug for one in letters}
    for link in (directory / "editions").glob("*/*/*"):
        if link.parent.name not in slugs or not link.exists():
            link.unlink(missing_ok=True)
    used = {os.readlink(link).split("/")[-2] for link in (directory / "editions").glob("-/*/*")}
    for tree in (directory / "trees").glob("[0-9]*"):
        if tree.name not in used and tree.stat().st_mtime < time.time() - GRACE:
            shutil.rmtree(tree, ignore_errors=True)


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
