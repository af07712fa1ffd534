"""The manifest of an edition: what it consists of, chained to the manifest before, signed; and its check."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings

from .content import lines_sha256
from .models import Edition, Letter, Page
from .models.edition import MANIFEST
from .publication import Planned, lines_of, store

SIGNATURE, PUBLIC_KEY = "manifest.sig", "manifest.pem"
FORMAT = "undersigned manifest 1"


def seal(edition: Edition) -> None:
    """Give `edition`, all of whose pages are there, its manifest, in the caller's transaction.

    The manifest before it must be there: editions are sealed in their order.
    """
    before = edition.letter.editions.filter(number=edition.number - 1).first()
    manifest = compose(edition, before)
    planned = [Planned("", MANIFEST, lambda: manifest)]
    key = signing_key()
    if key is not None:
        public = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        planned += [Planned("", SIGNATURE, lambda: key.sign(manifest)), Planned("", PUBLIC_KEY, lambda: public)]
    store(edition, planned)


def signing_key() -> Ed25519PrivateKey | None:
    """Return the deployment's key (RFC 8032), or None if none is configured.

    Raises:
        ValueError: if the file holds something else.
    """
    if not settings.SIGNING_KEY_FILE:
        return None
    key = serialization.load_pem_private_key(Path(settings.SIGNING_KEY_FILE).read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError("SIGNING_KEY_FILE must hold an Ed25519 key.")
    return key


def compose(edition: Edition, before: Edition | None) -> bytes:
    """Return the manifest of `edition`, from what Postgres holds."""
    pages = edition.pages.exclude(name__in=[MANIFEST, SIGNATURE, PUBLIC_KEY]).exclude(name__startswith="early/")
    rows = sorted(pages.values_list("language", "name", "blob_id"))
    document = {
        "format": FORMAT,
        "letter": edition.letter.slug,
        "edition": edition.number,
        "published_at": edition.published_at.isoformat(timespec="microseconds"),
        "count": edition.count,
        "lines_sha256": edition.sha256,
        "texts_sha256": edition.texts,
        "previous_manifest_sha256": hashlib.sha256(before.file(MANIFEST)).hexdigest() if before else None,
        "files": [{"language": language, "name": name, "sha256": sha256} for language, name, sha256 in rows],
    }
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def faults(letter: Letter) -> Iterator[str]:
    """Recompute every edition of `letter` from what Postgres holds; yield what differs, in words."""
    before: Edition | None = None
    for edition in letter.editions.with_stage().order_by("number").select_related("letter"):
        where = f"edition {edition.number}"
        if before is not None and edition.number != before.number + 1:
            yield f"{where}: edition {before.number + 1} is missing"
        yield from _faults_of_pages(edition, where)
        texts = dict(letter.texts.values_list("sha256", "language"))
        for language, sha256 in edition.texts.items():
            if texts.get(sha256) != language:
                yield f"{where}: its text in “{language}” is gone or was changed"
        for text in letter.texts.filter(sha256__in=edition.texts.values()):
            if text.compute_sha256() != text.sha256:
                yield f"{where}: the text in “{text.language}” does not have the SHA-256 that it claims"
        if edition.is_sealed:
            yield from _faults_of_manifest(edition, before, where)
        elif before is not None and before.is_sealed and edition.has_documents:
            yield f"{where}: has no manifest yet"
        before = edition


def _faults_of_pages(edition: Edition, where: str) -> Iterator[str]:
    for page in edition.pages.select_related("blob").iterator(chunk_size=50):
        if hashlib.sha256(page.content).hexdigest() != page.sha256:
            yield f"{where}: {page.language or '-'}/{page.name} does not have its SHA-256"
    try:
        lines = lines_of(edition)
    except (Page.DoesNotExist, ValueError, KeyError):
        yield f"{where}: its list cannot be read"
        return
    if lines_sha256(lines) != edition.sha256:
        yield f"{where}: its lines do not have their SHA-256"
    if len(lines) != edition.count:
        yield f"{where}: says {edition.count} signatories, and lists {len(lines)}"


def _faults_of_manifest(edition: Edition, before: Edition | None, where: str) -> Iterator[str]:
    manifest = edition.file(MANIFEST)
    try:
        expected = compose(edition, before)
    except Page.DoesNotExist:
        yield f"{where}: the manifest before it is missing"
        return
    if manifest != expected:
        yield f"{where}: its manifest says something else than Postgres: {', '.join(_differences(manifest, expected))}"
    try:
        signature, public = edition.file(SIGNATURE), edition.file(PUBLIC_KEY)
    except Page.DoesNotExist:
        return
    key = serialization.load_pem_public_key(public)
    try:
        assert isinstance(key, Ed25519PublicKey)  # noqa: S101 - whatever else it is, it has not signed this
        key.verify(signature, manifest)
    except (InvalidSignature, AssertionError):
        yield f"{where}: the signature is not of its manifest"
    own = signing_key()
    if own is not None and own.public_key() != key:
        yield f"{where}: is signed by another key than the one configured"


def _differences(manifest: bytes, expected: bytes) -> list[str]:
    """Return the names of what differs between two manifests."""
    said: dict[str, Any] = json.loads(manifest)
    true: dict[str, Any] = json.loads(expected)
    differing = [name for name in true if name != "files" and said.get(name) != true[name]]
    said_files = {(one["language"], one["name"]): one["sha256"] for one in said.get("files", [])}
    true_files = {(one["language"], one["name"]): one["sha256"] for one in true["files"]}
    for key in sorted(said_files.keys() | true_files.keys()):
        if said_files.get(key) != true_files.get(key):
            differing.append("/".join(filter(None, key)))
    return differing
