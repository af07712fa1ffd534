"""How a message is shown: its HTML twin, made of its text, and the isolation of names in both.

The twin has the same paragraphs in the same order, and no word more than that.

It is laid out for readers as different as Outlook, which takes tables and old attributes, and those that turn
colours to dark by themselves. Nothing in it is loaded from anywhere.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from django.template.loader import render_to_string
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language_bidi

# What stands alone in a paragraph and is a link: an address, or the place that `mail` keeps for one.
PERSONAL = re.compile("\x02[^\x02\x03]+\x03")
LINK = re.compile(rf"https?://\S+|{PERSONAL.pattern}")
# Characters of what a mailbox shows beside the subject.
PREVIEW = 140
DIRECTIONS = {"L": "ltr", "R": "rtl", "AL": "rtl"}


@dataclass(frozen=True)
class Paragraph:
    """One paragraph, as the template takes it."""

    html: SafeString
    direction: str
    """Empty where it is the message's."""
    link: str = ""
    """An address that is all of it."""
    is_button: bool = False


def as_html(subject: str, text: str, names: Iterable[str] = ()) -> str:
    """Return the HTML twin of `text`, in the active language; each of `names` in it stands isolated."""
    parts = [part.strip() for part in text.strip().split("\n\n")]
    found = [part for part in parts if LINK.fullmatch(part)]
    personal = [part for part in found if PERSONAL.fullmatch(part)]
    # One button: what the message asks its reader to do. Other links are for whoever wants to know more, and of
    # several personal ones, none is the one.
    # The way out of such messages is not what a message asks for.
    personal = [link for link in personal if "unsubscribe" not in link]
    button = (personal or found or [""])[0] if len(personal) < 2 else ""
    pattern = _pattern(names)
    paragraphs = []
    for part in parts:
        is_link, is_button = part in found, part == button
        if is_button:
            button = ""
        direction = "" if is_link else _direction(part, pattern)
        paragraphs.append(
            Paragraph(_isolated(part, pattern), direction, link=part if is_link else "", is_button=is_button)
        )
    context = {"subject": subject, "preview": _preview(parts), "paragraphs": paragraphs}
    return render_to_string("mail/message.html", context)


def isolated(text: str, names: Iterable[str]) -> str:
    """Return plain text in which each of `names` that runs against the message stands isolated (UAX #9, 2.7).

    Only those: to all others invisible characters would be a nuisance, where a name is copied or searched.
    """
    against = "ltr" if get_language_bidi() else "rtl"
    turned = [name for name in names if any(DIRECTIONS.get(unicodedata.bidirectional(one)) == against for one in name)]
    pattern = _pattern(turned)
    return pattern.sub(lambda found: f"\u2068{found[0]}\u2069", text) if pattern else text


def _pattern(names: Iterable[str]) -> re.Pattern[str] | None:
    """Return what finds any of `names` as a whole, the longest first."""
    known = sorted({name for name in names if name}, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, known))})(?!\w)") if known else None


def _isolated(text: str, pattern: re.Pattern[str] | None) -> SafeString:
    """Return `text` as HTML, with its line breaks and each name isolated."""
    pieces, end = [], 0
    for found in pattern.finditer(text) if pattern else ():
        pieces += [conditional_escape(text[end : found.start()]), format_html("<bdi>{}</bdi>", found[0])]
        end = found.end()
    html = "".join([*pieces, conditional_escape(text[end:])])
    return mark_safe(html.replace("\n", "<br>\n"))  # noqa: S308 - escaped piece by piece just above


def _direction(text: str, pattern: re.Pattern[str] | None) -> str:
    """Return in which direction a paragraph runs that somebody wrote in another language than the message's.

    Most of its letters decide, and not the first one, which may be a name's; names do not count.
    """
    own = "rtl" if get_language_bidi() else "ltr"
    letters = [DIRECTIONS.get(unicodedata.bidirectional(one)) for one in (pattern.sub("", text) if pattern else text)]
    rtl, ltr = letters.count("rtl"), letters.count("ltr")
    if rtl == ltr:
        return ""
    direction = "rtl" if rtl > ltr else "ltr"
    return "" if direction == own else direction


def _preview(parts: list[str]) -> str:
    """Return what a mailbox shows beside the subject: what comes after the salutation."""
    said = [" ".join(part.split()) for part in parts if not LINK.search(part)]
    first = (said[1:] or said or [""])[0]
    return first if len(first) <= PREVIEW else first[:PREVIEW].rsplit(" ", 1)[0] + " …"
