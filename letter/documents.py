"""What follows an edition in a job of its own: its documents, the pages that link them, its manifest.

Heavy, so the page does not wait for them. Each edition's documents are one transaction, and so is each
manifest: a worker that is killed leaves whole editions behind, and the next one goes on.
"""

import hashlib
import json
from collections.abc import Iterator
from functools import partial

from django.db import connection, transaction
from django.db.models import F
from django.utils import translation
from django.utils.translation import gettext as _

from . import seal
from .artefacts import html
from .content import Content, interface_language
from .models import Edition, Letter, Page, Publication
from .models.edition import DOCUMENTS
from .publication import Planned, content_of, parts_of, store

# Namespace of the advisory lock that lets one process at a time make documents of a letter.
LOCK = 0x444F4353


def make_documents(letter: Letter) -> int:
    """Make the documents of all editions of `letter` that lack them, newest first, and seal what is complete.

    Returns:
        How many editions gained pages.
    """
    done = 0
    while one_step(letter):
        done += 1
    return done


@transaction.atomic
def one_step(letter: Letter) -> bool:
    """Make the documents of one edition, or one manifest; return whether there was something to do."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK, letter.pk])
    edition = letter.editions.without_documents().select_related("letter").first()
    if edition is not None:
        _make(edition)
    else:
        edition = letter.editions.unsealed().select_related("letter").first()
        if edition is None:
            return False
        seal.seal(edition)
    Publication.objects.filter(letter=letter).update(release=F("release") + 1)
    return True


def _make(edition: Edition) -> None:
    """Render and store the documents of `edition`, and the pages that link them."""
    # Imported where they are used: the web process has no need of them.
    from .artefacts.docx import render_docx
    from .artefacts.pdf import render_pdf
    from .artefacts.picture import render_card
    from .artefacts.xlsx import render_xlsx

    missing: list[dict[str, str]] = []
    planned: list[Planned] = []
    for language in edition.languages:
        content = content_of(edition, language)
        with translation.override(interface_language(language)):
            pdf = render_pdf(content)
            missing += [
                {"name": one.name, "characters": one.characters, "script": one.script, "font": one.font}
                for one in pdf.missing
            ]
            files = {
                "letter.pdf": (_("PDF"), pdf.content),
                "letter.docx": (_("Word"), render_docx(content)),
                "signatories.xlsx": (_("Excel"), render_xlsx(content)),
            }
            documents = [
                {
                    "name": name,
                    "label": label,
                    "size": len(made),
                    "sha256": hashlib.sha256(made).hexdigest(),
                }
                for name, (label, made) in files.items()
            ]
            made_pages = {name: made for name, (_label, made) in files.items()} | dict(
                _pages(edition, content, documents)
            )
            made_pages["card.png"] = render_card(content)
        planned += [Planned(language, name, partial(bytes, made)) for name, made in made_pages.items()]
    summary = {"edition": edition.number, "missing_glyphs": missing}
    summary_json = (json.dumps(summary, ensure_ascii=False, indent=1) + "\n").encode()
    store(edition, [*planned, Planned("", DOCUMENTS, lambda: summary_json)])
    if edition == edition.letter.editions.first():
        Publication.objects.filter(letter=edition.letter_id).update(missing_glyphs=missing)


def _pages(edition: Edition, content: Content, documents: list[dict[str, object]]) -> Iterator[tuple[str, bytes]]:
    """Yield the pages that link the documents, by name."""
    for face, page in html.render_faces(content, parts_of(edition) if content.is_split else [], documents).items():
        yield f"{face}.html", page
    yield "verify/index.html", html.render_verify(content, documents)


def face_of(edition: Edition, language: str, face: str) -> Page:
    """Return a face of the letter, with links to the documents if they are there; raises Page.DoesNotExist."""
    # Editions from before translations have no language.
    pages = edition.pages.filter(language__in=[language, ""], name__in=[f"early/{face}.html", f"{face}.html"])
    found = {(one.language, one.name): one for one in pages}
    for key in ((language, f"{face}.html"), (language, f"early/{face}.html"), ("", f"{face}.html")):
        if key in found:
            return found[key]
    raise Page.DoesNotExist(face)
