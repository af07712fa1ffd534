"""A badge for the signatories' own sites: how many have signed, as one SVG that loads nothing."""

import unicodedata
from xml.sax.saxutils import escape, quoteattr

from django.utils.translation import gettext

from letter.content import Content

from .text import count_sentence, interface_direction, interface_language, isolated, xml_text

# Verdana and DejaVu Sans are the widest of what the font list can end in: what fits them fits all.
FONTS = "Verdana, 'DejaVu Sans', 'Noto Sans', 'Noto Naskh Arabic', sans-serif"
SIZE, HEIGHT, PADDING = 12, 28, 11


def render_badge(content: Content) -> bytes:
    """Return an SVG of “signed | N signatories”, as wide as its text in the active language.

    All is said by presentation attributes: it needs no exception in a Content-Security-Policy. Its
    colours are its own (white on #7a1f1f: 10.0 to 1; #1c1b19 on #fdfcf9: 16.8 to 1), and its frame
    can be told from white and from black (4.5 to 1), so it is the same on a light and on a dark page.
    """
    signed, count = xml_text(gettext("signed")), xml_text(count_sentence(content.count))
    first, second = (round(text_width(text, SIZE)) + 2 * PADDING for text in (signed, count))
    width = first + second
    rtl = interface_direction() == "rtl"
    start = second if rtl else 0
    name = f"{isolated(xml_text(content.title))}: {count}"
    label = f'y="18.4" text-anchor="middle" direction="{interface_direction()}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{HEIGHT}" viewBox="0 0 {width} {HEIGHT}" '
        f'role="img" xml:lang={quoteattr(interface_language())}>\n'
        f"<title>{escape(name)}</title>\n"
        f'<rect x=".5" y=".5" width="{width - 1}" height="{HEIGHT - 1}" rx="3" fill="#fdfcf9"/>\n'
        f'<path fill="#7a1f1f" d="{_plate(start, first, rtl)}"/>\n'
        f'<rect x=".5" y=".5" width="{width - 1}" height="{HEIGHT - 1}" rx="3" fill="none" stroke="#767676"/>\n'
        f'<g font-family="{FONTS}" font-size="{SIZE}">\n'
        f'<text x="{start + first / 2:g}" {label} fill="#ffffff">{escape(signed)}</text>\n'
        f'<text x="{(0 if rtl else first) + second / 2:g}" {label} fill="#1c1b19">{escape(count)}</text>\n'
        "</g>\n</svg>\n"
    ).encode()


def text_width(text: str, size: float) -> float:
    """Return how wide `text` is at most, in the unit of `size`, estimated by the kinds of its characters."""
    return size * sum(map(_ems, text))


def _ems(character: str) -> float:
    """Return the width of `character` in Verdana or DejaVu Sans, in parts of its size, rounded up."""
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    if unicodedata.east_asian_width(character) in ("W", "F"):
        return 1.05
    if character in " .,:;!|'ijlIfrt()[]·’":
        return 0.46
    if character in "mwMW@%—":
        return 0.98
    return 0.78 if character.isupper() else 0.65


def _plate(x: int, width: int, rtl: bool) -> str:
    """Return the path of the coloured half: round where the badge ends, straight where it goes on."""
    left, right, bottom = x + 0.5 * (not rtl), x + width - 0.5 * rtl, HEIGHT - 0.5
    if rtl:
        return f"M{left:g} .5H{right - 3:g}a3 3 0 0 1 3 3V{bottom - 3:g}a3 3 0 0 1-3 3H{left:g}z"
    return f"M{right:g} .5H{left + 3:g}a3 3 0 0 0-3 3V{bottom - 3:g}a3 3 0 0 0 3 3H{right:g}z"
