"""What a file is, by its contents: PDF, JPEG, PNG, or an e-mail. Pure functions; nothing is opened or rendered.

Neither the file's name nor what a browser says of its type is believed. A file must be of its kind from the first byte
to the last: what two programs would read as two things, such as a picture that is a ZIP archive too, is refused.
"""

import re
import unicodedata
import zlib
from dataclasses import dataclass
from email import policy
from email.parser import BytesHeaderParser
from hashlib import sha256

from django.db.models import TextChoices
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

# Bytes of one file, and how many come with one answer.
MAX_SIZE = 10_000_000
MAX_FILES = 3
# Kilobytes that come with the answers of one sign-on in a day, those that were sent back among them.
MAX_A_DAY = 60_000


class Kind(TextChoices):
    """What a document is."""

    PDF = "pdf", _("PDF")
    JPEG = "jpeg", _("picture (JPEG)")
    PNG = "png", _("picture (PNG)")
    EMAIL = "eml", _("e-mail (.eml)")

    @property
    def media_type(self) -> str:
        """The type under which it is sent."""
        return {"pdf": "application/pdf", "jpeg": "image/jpeg", "png": "image/png", "eml": "message/rfc822"}[self]

    @property
    def endings(self) -> tuple[str, ...]:
        """How names of such files end; the first is the usual one."""
        return {"jpeg": (".jpg", ".jpeg")}.get(self, (f".{self}",))


# What anybody may send; an e-mail is for the desk to file.
PICTURES_AND_PDF = (Kind.PDF, Kind.JPEG, Kind.PNG)


class Refused(Exception):
    """The file cannot be taken; the words say why, and what helps."""


@dataclass(frozen=True)
class Checked:
    """A file that is what it says."""

    name: str
    kind: Kind
    content: bytes

    @property
    def sha256(self) -> str:
        """The digest of the contents, in hexadecimal."""
        return sha256(self.content).hexdigest()


def check(name: str, content: bytes, kinds: tuple[Kind, ...] = PICTURES_AND_PDF) -> Checked:
    """Return the file, with a name that is safe to show and to save.

    Raises:
        Refused: if it is empty, too large, of none of these `kinds`, broken, or two things at once.
    """
    if not content:
        raise Refused(gettext("The file is empty."))
    if len(content) > MAX_SIZE:
        raise Refused(gettext("The file is larger than 10 MB. Scan it at a lower resolution, or send fewer pages."))
    kind = _kind_of(content, kinds)
    if kind is None:
        raise Refused(_what_helps(content, kinds))
    if not _READERS[kind](content):
        raise Refused(
            gettext("The file is damaged or not complete. Save it once more, or print it to a new PDF, and send that.")
        )
    if _is_something_else_too(content, kind):
        raise Refused(
            gettext("Something else is hidden in the file. Print it to a new PDF, or photograph it, and send that.")
        )
    return Checked(safe_name(name, kind), kind, content)


def _kind_of(content: bytes, kinds: tuple[Kind, ...]) -> Kind | None:
    for kind, begins in ((Kind.PDF, b"%PDF-"), (Kind.JPEG, b"\xff\xd8\xff"), (Kind.PNG, b"\x89PNG\r\n\x1a\n")):
        if content.startswith(begins):
            return kind if kind in kinds else None
    if Kind.EMAIL in kinds and _HEADER_LINE.match(content):
        return Kind.EMAIL
    return None


def _what_helps(content: bytes, kinds: tuple[Kind, ...]) -> str:
    """Return why a file of another kind is refused, and what to do."""
    if content[4:8] == b"ftyp" and content[8:12] in {b"heic", b"heix", b"heif", b"mif1", b"msf1", b"avif"}:
        return gettext("This is a photo in a format that many computers cannot show. Save it as JPEG, and send that.")
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"{\\rtf")):
        return gettext("This is a Word document or an archive. Save the document as PDF, and send that.")
    if Kind.EMAIL in kinds:
        return gettext("This is not a PDF, not a picture (JPEG or PNG) and not an e-mail saved as .eml.")
    return gettext("This is neither a PDF nor a picture (JPEG or PNG). Save or scan it as one of these.")


# ── each kind, from the first byte to the last ──

# No picture has so many parts; one made of nothing else would keep a process busy.
_MANY = 10_000


def _is_pdf(content: bytes) -> bool:
    """Whether it has a version, a trailer, and nothing after its end (ISO 32000-2, 7.5)."""
    if not re.match(rb"%PDF-[12]\.\d[\s%]", content):
        return False
    end = content.rfind(b"%%EOF")
    rest = content[end + 5 :]
    return end > 0 and not rest.strip(b"\r\n\t \0") and b"startxref" in content[max(0, end - 1024) : end]


def _is_png(content: bytes) -> bool:
    """Whether it is a chain of sound chunks, from the header to the end mark (PNG 3rd edition, 5)."""
    at, seen = 8, []
    while at + 12 <= len(content) and len(seen) < _MANY:
        length, kind = int.from_bytes(content[at : at + 4]), content[at + 4 : at + 8]
        end = at + 12 + length
        if end > len(content) or not kind.isalpha():
            return False
        if zlib.crc32(content[at + 4 : end - 4]) != int.from_bytes(content[end - 4 : end]):
            return False
        seen.append(kind)
        if kind == b"IHDR" and (length != 13 or bytes(4) in (content[at + 8 : at + 12], content[at + 12 : at + 16])):
            return False
        at = end
        if kind == b"IEND":
            break
    return at == len(content) and seen[:1] == [b"IHDR"] and b"IDAT" in seen and seen[-1] == b"IEND"


def _is_jpeg(content: bytes) -> bool:
    """Whether it is a chain of segments and scans up to the end mark, and then nothing but what cameras add.

    Cameras add smaller copies of the picture (CIPA DC-007), padding, or data of the maker's.
    """
    end = _end_of_jpeg(content, 0)
    while end and content[end : end + 3] == b"\xff\xd8\xff":
        end = _end_of_jpeg(content, end)
    rest = content[end:] if end else b""
    return bool(end) and (not rest.strip(b"\0\xff\r\n ") or (b"SEFH" in rest and rest.endswith(b"SEFT")))


def _end_of_jpeg(content: bytes, at: int) -> int:
    """Return where the picture that begins at `at` ends, 0 if it is none (ITU-T T.81, B.1)."""
    at += 2
    has_frame = has_scan = False
    for _segment in range(_MANY):
        marker = _MARKER.match(content, at)
        if not marker:
            return 0
        at, code = marker.end(), marker[1][0]
        if code == 0xD9:
            return at if has_frame and has_scan else 0
        length = int.from_bytes(content[at : at + 2])
        if length < 2 or at + length > len(content):
            return 0
        at += length
        has_frame |= 0xC0 <= code <= 0xCF and code not in (0xC4, 0xC8, 0xCC)
        if code == 0xDA:
            has_scan = True
            following = _AFTER_SCAN.search(content, at)
            if not following:
                return 0
            at = following.start()
    return 0


# Fill bytes, and then a marker; in a scan, 00 and the restarts D0 to D7 are none. The search starts at the last of the
# fill bytes: from each of them, it would go over all that follow.
_MARKER = re.compile(rb"\xff+([\x01-\xfe])")
_AFTER_SCAN = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")


def _is_email(content: bytes) -> bool:
    """Whether it is text with the header of a message: from whom, when, and about what or to whom (RFC 5322, 3.6)."""
    if b"\0" in content or _CONTROLS.search(content):
        return False
    header = BytesHeaderParser(policy=policy.compat32).parsebytes(content[:_HEADER])
    return bool(header["From"] and header["Date"] and (header["To"] or header["Subject"] or header["Message-ID"]))


# More than any header has.
_HEADER = 256 * 1024
_HEADER_LINE = re.compile(rb"[A-Za-z][A-Za-z0-9-]{0,75}:[ \t\r\n]")
_CONTROLS = re.compile(rb"[\x01-\x08\x0b\x0e-\x1a\x1c-\x1f]")

_READERS = {Kind.PDF: _is_pdf, Kind.PNG: _is_png, Kind.JPEG: _is_jpeg, Kind.EMAIL: _is_email}


# ── two things at once ──

# How much of a file a browser looks at to guess its type (WHATWG MIME Sniffing, 5.2), rounded up.
_GUESSED_FROM = 2048
_MARKUP = re.compile(rb"<(?:!doctype|html|head|body|script|iframe|svg|\?php)\b", re.IGNORECASE)


def _is_something_else_too(content: bytes, kind: Kind) -> bool:
    """Whether another program would take the file for a page, an archive, a PDF or a programme."""
    if kind != Kind.EMAIL and _MARKUP.search(content[:_GUESSED_FROM]):
        return True
    if kind != Kind.PDF and b"%PDF-" in content[:_GUESSED_FROM]:
        return True
    return _is_archive(content)


# An archive is read from its end: its last record may have a comment of 65,535 bytes (APPNOTE.TXT, 4.3.16).
_ARCHIVE_END = re.compile(rb"PK\x05\x06")
_LONGEST_END = 22 + 65_535


def _is_archive(content: bytes) -> bool:
    """Whether any record at the end is that of an archive: readers pass over those that they do not believe.

    Some believe one whose comment fits, some one before which a directory stands, whatever is said of the comment.
    """
    for found in _ARCHIVE_END.finditer(content, max(0, len(content) - _LONGEST_END)):
        at = found.start()
        size, comment = (
            int.from_bytes(content[at + begin : at + end], "little") for begin, end in ((12, 16), (20, 22))
        )
        if at + 22 + comment <= len(content):
            return True
        # With more than 4 GB, or as if, the record that says where the directory stands comes before this one.
        if content.startswith(b"PK\x01\x02", max(0, at - size)) or content.startswith(b"PK\x06\x07", max(0, at - 20)):
            return True
    return False


# ── names ──

_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)


def safe_name(name: str, kind: Kind) -> str:
    """Return a name under which the file can be shown and saved anywhere: no path, no trick, the ending of its kind."""
    name = re.sub(r'[<>:"|?*]', "-", plain_name(name))
    for ending in kind.endings:
        if name.lower().endswith(ending):
            name = name[: -len(ending)]
    stem = name.strip(". ")[:80].strip(". ")
    if not stem or _RESERVED.match(stem):
        stem = f"document {stem}".strip()
    return f"{stem}{kind.endings[0]}"


def plain_name(name: str) -> str:
    """Return a file's name as it can be shown: without its path and without invisible characters."""
    name = unicodedata.normalize("NFC", name.replace("\\", "/").rpartition("/")[2])
    return " ".join("".join(one for one in name if unicodedata.category(one)[0] != "C").split())
