"""Stands in for what other branches bring: an edition's content, and the PDFs made of it."""

from letter.content import Content, Line
from letter.models import absolute

try:
    from letter.artefacts.pdf import render_copies
except ImportError:
    from dataclasses import dataclass

    @dataclass(frozen=True)
    class Pdf:
        """As `letter.artefacts.pdf.Pdf`."""

        content: bytes

    def render_copies(content, addressees):
        """Yield something like a PDF for each addressee."""
        for one in addressees:
            salutation = one.salutation or content.salutation
            words = [content.language, one.name, one.office, one.postal_address, salutation, one.cover_line]
            yield Pdf(b"%PDF-1.7\n" + "\n".join([*words, str(content.count)]).encode())


def content_of(edition, language=""):
    """As `letter.publication.content_of`."""
    letter = edition.letter
    language = language or letter.language
    text = letter.texts.get(language=language, sha256=edition.texts[language])
    fields = set(Line.__dataclass_fields__)
    return Content(
        slug=letter.slug,
        place=letter.place,
        dated_on=letter.dated_on,
        addressees=letter.addressees,
        language=language,
        is_original=language == letter.language,
        title=text.title,
        salutation=text.salutation,
        body=text.body,
        closing=text.closing,
        number=edition.number,
        published_at=edition.published_at,
        sha256=edition.sha256,
        lines=[Line(**{name: line[name] for name in fields & line.keys()}) for line in edition.lines],
        address=absolute(edition.path),
    )


__all__ = ["content_of", "render_copies"]
