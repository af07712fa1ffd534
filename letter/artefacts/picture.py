"""The picture that stands for the letter where its address is shared (Open Graph)."""

from __future__ import annotations

from dataclasses import replace

from letter.artefacts.pdf import Press, shorten
from letter.content import Content

SIZE = (1200, 630)
"""Width and height in pixels, as Open Graph's readers want them."""


def render_card(content: Content) -> bytes:
    """Return a PNG of `SIZE` with title, place, date and number of signatories, the same for the same content.

    Interface words come in the active language. A title that is too long for any size is cut with “…”.

    Raises:
        typst.TypstError: if the picture cannot be set.
    """
    return Press(replace(content, title=shorten(content.title, 400), body=""), has_list=False).card()
