"""The manifest of an edition: what it consists of, chained to the manifest before, signed; and its check."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings
from django.utils import timezone

from .content import lines_sha256
from .models import Edition, Letter, LetterText, Page
from .models.edition import MANIFEST
from .publication import Planned, lines_of, source_sha256, store

SIGNATURE, PUBLIC_KEY = "manifest.sig", "manifest.pem"
FORMAT = "undersigned manifest 1"
# How long an edition may wait for its documents and its manifest.
PATIENCE = timedelta(hours=1)


def seal(edition: Edition) -> None:
    """Give `edition`, all of whose pages are there, its manifest, in the caller's transaction.

    Editions are sealed in their order, and none over a gap: a manifest without one before says “the first”.

    Raises:
        Edition.DoesNotExist, Page.DoesNotExist: if the edition before it, or its manifest, is missing.
    """
    before = edition.letter.editions.get(number=edition.number - 1) if edition.number > 1 else None
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


def faults(letter: Letter, at: datetime | None = None) -> Iterator[str]:
    """Recompute every edition of `letter` from what Postgres holds; yield what differs, in words.

    An edition that a worker has still to seal is no fault in its first hour. Editions that are missing
    at the end cannot be noticed from here: who holds a later manifest can (docs/verify.md).
    """
    at = at or timezone.now()
    texts = {(text.language, text.sha256): text for text in letter.texts.all()}
    editions = list(letter.editions.with_stage().order_by("number").select_related("letter"))
    last_sealed = max((edition.number for edition in editions if edition.is_sealed), default=0)
    before: Edition | None = None
    signers: dict[int, Ed25519PublicKey | None] = {}
    for edition in editions:
        where = f"edition {edition.number}"
        for number in range(before.number + 1 if before else 1, edition.number):
            yield f"{where}: edition {number} is missing"
        yield from _faults_of_row(edition, texts, where)
        yield from _faults_of_pages(edition, where)
        if edition.is_sealed:
            yield from _faults_of_manifest(edition, before, where)
            try:
                signers[edition.number] = _signer(edition)
            except ValueError as error:
                yield f"{where}: {error}"
        elif edition.number < last_sealed:
            yield f"{where}: its manifest is missing"
        elif edition.published_at < at - PATIENCE:
            yield f"{where}: has no manifest yet; no worker has made it"
        before = edition
    yield from _faults_of_keys(signers)


def _faults_of_row(edition: Edition, texts: Mapping[tuple[str, str], LetterText], where: str) -> Iterator[str]:
    endorsed = [texts.get(key) for key in edition.texts.items()]
    for (language, _sha256), text in zip(edition.texts.items(), endorsed, strict=True):
        if text is None:
            yield f"{where}: its text in “{language}” is gone or was changed"
        elif text.compute_sha256() != text.sha256:
            yield f"{where}: its text in “{language}” does not have the SHA-256 that it claims"
    if edition.title not in {text.title for text in endorsed if text}:
        yield f"{where}: its title is of none of its texts"
    # Editions from before facts were kept have another digest of what they print.
    if edition.facts:
        try:
            source = source_sha256(edition.facts, edition.texts, lines_of(edition))
        except (Page.DoesNotExist, ValueError, KeyError):
            source = ""
        if source != edition.source_sha256:
            yield f"{where}: what it prints beside its files (facts, texts, lines) does not have its SHA-256"


def _faults_of_pages(edition: Edition, where: str) -> Iterator[str]:
    for page in edition.pages.select_related("blob").order_by("language", "name").iterator(chunk_size=50):
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
        # The manifest before it is missing, which was said there.
        return
    if manifest != expected:
        yield f"{where}: its manifest says something else than Postgres: {', '.join(_differences(manifest, expected))}"


def _signer(edition: Edition) -> Ed25519PublicKey | None:
    """Return the key that has signed the manifest of `edition`, or None if none has.

    Raises:
        ValueError: if the signature is not of its manifest.
    """
    found = dict(edition.pages.filter(name__in=[SIGNATURE, PUBLIC_KEY]).values_list("name", "blob__content"))
    if not found:
        return None
    if len(found) == 1:
        raise ValueError("has a signature without its key, or a key without its signature")
    try:
        key = serialization.load_pem_public_key(bytes(found[PUBLIC_KEY]))
        if not isinstance(key, Ed25519PublicKey):
            raise ValueError
        key.verify(bytes(found[SIGNATURE]), edition.file(MANIFEST))
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        raise ValueError("the signature is not of its manifest") from None
    return key


def _faults_of_keys(signers: Mapping[int, Ed25519PublicKey | None]) -> Iterator[str]:
    """Compare the keys that have signed with the one configured, if there is one.

    A former key may have signed former editions. From the first edition of the key that is in use, all are
    to be signed by it; through the chain, its signatures cover all editions before.
    """
    own = signing_key()
    if own is None or not signers:
        return
    public = own.public_key()
    first = min((number for number, key in signers.items() if key == public), default=None)
    for number, key in signers.items():
        if key != public and first is not None and number > first:
            yield f"edition {number}: is {'signed by another key' if key else 'not signed'}, after editions that are"
    if first is None:
        yield f"edition {max(signers)}: is not signed by the key that is configured: publish a new edition"


def _differences(manifest: bytes, expected: bytes) -> list[str]:
    """Return the names of what differs between two manifests."""
    true: dict[str, Any] = json.loads(expected)
    try:
        said: dict[str, Any] = json.loads(manifest)
        said_files = {(one["language"], one["name"]): one["sha256"] for one in said["files"]}
    except (ValueError, KeyError, TypeError):
        return ["it cannot be read"]
    true_files = {(one["language"], one["name"]): one["sha256"] for one in true["files"]}
    differing = [name for name in true if name != "files" and said.get(name) != true[name]]
    for key in sorted(said_files.keys() | true_files.keys()):
        if said_files.get(key) != true_files.get(key):
            differing.append("/".join(filter(None, key)))
    return differing or ["its form"]
