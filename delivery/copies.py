"""Makes the addressed copies of the edition of record, and the messages that take them and the final copy away."""

import re
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from django.db import connection, transaction
from django.utils import translation
from django.utils.translation import gettext, ngettext
from django_countries import countries

from letter.artefacts.pdf import render_copies
from letter.content import Addressee, Content, interface_language
from letter.models import Blob, Edition
from letter.publication import content_of
from signatories import mail

from .models import Copy, Delivery, Recipient

# Namespace of the advisory lock that lets one worker make the copies of a letter at a time.
LOCK = 0x434F5059
# Organisations that a cover line names before it says “and … more”.
NAMED = 12
# Final copies that are queued in one transaction.
BATCH = 200


@contextmanager
def alone(delivery: Delivery) -> Iterator[bool]:
    """Hold the letter's lock, for as long as this connection lives at most; gives whether it was free."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCK, delivery.letter_id])
        is_ours = cursor.fetchone()[0]
    try:
        yield is_ours
    finally:
        if is_ours:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCK, delivery.letter_id])


def make_copies(delivery: Delivery) -> None:
    """Make the copies that are missing, each with its message in a transaction of its own.

    Whoever is killed here loses the copy in hand, and the next run makes it. What is made is never
    made again, so nothing is sent a second time.
    """
    with alone(delivery) as is_ours:
        while is_ours and (waiting := list(Recipient.objects.without_copy().filter(letter=delivery.letter_id))):
            by_language: dict[str, list[Recipient]] = {}
            for recipient in waiting:
                by_language.setdefault(language_for(recipient, delivery.edition), []).append(recipient)
            for language, recipients in by_language.items():
                _make_copies(delivery, language, recipients)


def _make_copies(delivery: Delivery, language: str, recipients: Sequence[Recipient]) -> None:
    """Make the copies in one language: what they have in common, such as the list, is set once."""
    content = content_of(delivery.edition, language)
    with translation.override(interface_language(language)):
        addressees = [addressee(one, content, has_cover_line=delivery.has_cover_line) for one in recipients]
        for recipient, pdf in zip(recipients, render_copies(content, addressees), strict=True):
            with transaction.atomic():
                _keep(delivery, recipient, content, pdf.content)


def _keep(delivery: Delivery, recipient: Recipient, content: Content, pdf: bytes) -> None:
    """Store a copy, and queue its message if it goes by e-mail."""
    blob = Blob.of(pdf)
    message = None
    if recipient.channel == Recipient.Channel.EMAIL:
        words = delivery.words.get(content.language) or delivery.words[delivery.letter.language]
        context = {
            **words,
            "salutation": recipient.salutation or content.salutation,
            "closing": content.closing,
            "sender": delivery.sender,
            "pointer": gettext("The letter and its signatories, as delivered:"),
            "edition_url": content.address,
        }
        message = mail.queue_to(
            recipient.email,
            "letter",
            context,
            sender=delivery.sender,
            reply_to=delivery.reply_to,
            attachment=mail.Attachment(blob.pk, f"{content.slug}.pdf"),
        )
    Copy.objects.create(recipient=recipient, blob=blob, language=content.language, message=message)


def language_for(recipient: Recipient, edition: Edition) -> str:
    """Return the language of a recipient's copy: theirs if the letter has a text in it, else the original's."""
    wanted = recipient.language
    for tag in (wanted, wanted.split("-")[0]):
        if tag in edition.texts:
            return tag
    return edition.letter.language


def addressee(recipient: Recipient, content: Content, *, has_cover_line: bool) -> Addressee:
    """Return what a copy prints of its recipient."""
    return Addressee(
        name=recipient.label,
        office=recipient.office if recipient.name else "",
        postal_address=recipient.postal_address,
        salutation=recipient.salutation,
        cover_line=cover_line(content, str(recipient.country)) if has_cover_line else "",
    )


def cover_line(content: Content, country: str) -> str:
    """Return which signatories are of `country`, in the active language; empty if none is."""
    of_country = [line.name for line in content.lines if country and line.country == country]
    if not of_country:
        return ""
    named = gettext(", ").join(of_country[:NAMED])
    if (more := len(of_country) - NAMED) > 0:
        words = ngettext("%(names)s and %(count)s more", "%(names)s and %(count)s more", more)
        named = words % {"names": named, "count": more}
    words = ngettext(
        "including %(count)s organisation from %(country)s: %(names)s.",
        "including %(count)s organisations from %(country)s: %(names)s.",
        len(of_country),
    )
    return words % {"count": len(of_country), "country": countries.name(country), "names": named}


def default_note(edition: Edition, title: str) -> str:
    """Return the covering note that the secretariat may reword, in the active language."""
    words = ngettext(
        "please find enclosed a joint letter of %(count)s organisation: “%(title)s”.",
        "please find enclosed a joint letter of %(count)s organisations: “%(title)s”.",
        edition.count,
    )
    return words % {"count": edition.count, "title": title}


def send_final_copies(delivery: Delivery) -> None:
    """Queue the final copy to every signatory's representative who has not got it, batch by batch."""
    pages = delivery.edition.pages.filter(name="letter.pdf")
    pdfs = {page.language: page.blob_id for page in pages}
    while _queue_batch(delivery, pdfs):
        pass


@transaction.atomic
def _queue_batch(delivery: Delivery, pdfs: dict[str, str]) -> bool:
    """Queue the next final copies; return whether there may be more."""
    # One at a time: the second worker waits here, and then sees what the first has queued.
    Delivery.objects.select_for_update(of=("self",)).get(pk=delivery.pk)
    batch = list(delivery.without_final_copy().select_related("letter", "text")[:BATCH])
    for sign_on in batch:
        language = sign_on.text.language if sign_on.text.language in pdfs else delivery.letter.language
        attachment = mail.Attachment(pdfs[language], f"{delivery.letter.slug}.pdf")
        mail.queue(sign_on, "delivered", attachment=attachment)
    return len(batch) == BATCH


def file_name(number: int, recipient: Recipient) -> str:
    """Return the name of a copy's file: its number in the book, country and office, in ASCII."""
    decomposed = unicodedata.normalize("NFKD", recipient.office or recipient.name)
    words = "".join(character for character in decomposed if not unicodedata.combining(character))
    parts = [f"{number:03}", str(recipient.country), re.sub(r"[^A-Za-z0-9]+", "-", words)[:60].strip("-")]
    return "-".join(filter(None, parts)) + ".pdf"


class _Pipe:
    """Takes what is written to it, until it is taken away; it cannot be rewound, as a download cannot."""

    def __init__(self) -> None:
        self.chunks: list[bytes] = []

    def write(self, chunk: bytes, /) -> int:
        """Keep `chunk`."""
        self.chunks.append(bytes(chunk))
        return len(chunk)

    def flush(self) -> None:
        """Nothing waits elsewhere."""

    def close(self) -> None:
        """Nothing is held."""

    def take(self) -> bytes:
        """Return what was written since the last time."""
        taken, self.chunks = b"".join(self.chunks), []
        return taken


def as_zip(recipients: Iterable[Recipient]) -> Iterator[bytes]:
    """Yield the copies of `recipients` as one ZIP archive, one copy in memory at a time.

    Stored, not deflated: a PDF is compressed. Equal copies make an equal archive.
    """
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_STORED) as archive:
        for number, recipient in enumerate(recipients, 1):
            copy = Copy.objects.select_related("blob").filter(recipient=recipient).first()
            if copy:
                entry = zipfile.ZipInfo(file_name(number, recipient), copy.made_at.timetuple()[:6])
                archive.writestr(entry, bytes(copy.blob.content))
                yield pipe.take()
    yield pipe.take()
