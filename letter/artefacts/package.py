"""Office Open XML packages (ECMA-376, part 2): zips that are equal, byte for byte, if their parts are."""

import io
import zipfile
from collections.abc import Mapping
from datetime import UTC
from xml.sax.saxutils import escape

from letter.content import Content

from .text import xml_text

# The earliest date that a zip can carry: the clock must not make two editions differ.
_DATE = (1980, 1, 1, 0, 0, 0)
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


def zipped(parts: Mapping[str, bytes | str]) -> bytes:
    """Return a zip of `parts` by name, in the order given, with one fixed date for all."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, part in parts.items():
            entry = zipfile.ZipInfo(name, _DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, part)
    return file.getvalue()


def core_properties(content: Content) -> str:
    """Return ``docProps/core.xml``: title, language, no author; made when the edition was published."""
    at = content.published_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return (
        f'{XML}<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<dc:title>{escape(xml_text(content.title))}</dc:title><dc:creator></dc:creator>"
        f"<dc:language>{escape(content.language)}</dc:language>"
        f'<dcterms:created xsi:type="dcterms:W3CDTF">{at}</dcterms:created>'
        f'<dcterms:modified xsi:type="dcterms:W3CDTF">{at}</dcterms:modified>'
        "</cp:coreProperties>"
    )
