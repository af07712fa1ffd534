"""The letter's body: Markdown in, safe HTML out."""

import nh3
from django.core.exceptions import ValidationError
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

# A letter is prose: no tables, images or code, and nothing loaded from elsewhere.
TAGS = {"p", "em", "strong", "ol", "ul", "li", "blockquote", "h2", "h3", "h4", "a", "br", "hr"}
ATTRIBUTES = {"a": {"href"}, "ol": {"start"}}
SCHEMES = {"https", "http", "mailto"}

_renderer = MarkdownIt("commonmark", {"html": False})
_detector = MarkdownIt("commonmark", {"html": True})


def validate_markdown(body: str) -> None:
    """Refuse raw HTML in a letter's body.

    Args:
        body: CommonMark 0.31 text.

    Raises:
        ValidationError: with ``params`` ``line`` and ``column`` (both from 1) of the first raw HTML.
    """
    for token in _detector.parse(body):
        first = token.map[0] + 1 if token.map else 1
        if token.type == "html_block":
            raise _raw_html(token.content.strip(), body, first)
        for child in token.children or []:
            if child.type == "html_inline":
                raise _raw_html(child.content, body, first)


def _raw_html(found: str, body: str, first: int) -> ValidationError:
    """Return the error for `found`, which stands in `body` at its line `first` or later."""
    start = len("".join(body.splitlines(keepends=True)[: first - 1]))
    place = body.find(found.splitlines()[0], start)
    place = start if place < 0 else place
    return ValidationError(
        _("Line %(line)s, column %(column)s: raw HTML (“%(found)s”) is not allowed in a letter. Use Markdown."),
        code="raw_html",
        params={
            "line": body.count("\n", 0, place) + 1,
            "column": place - (body.rfind("\n", 0, place) + 1) + 1,
            "found": found.splitlines()[0][:40],
        },
    )


def tree_of(body: str) -> SyntaxTreeNode:
    """Return `body` (CommonMark) as the tree that the page is made of."""
    return SyntaxTreeNode(_renderer.parse(body))


def render_markdown(body: str) -> SafeString:
    """Return `body` (CommonMark) as HTML of the tags that a letter needs, and no other.

    Headings start at the second level, since the letter's title is the page's only ``<h1>``.
    """
    html = _renderer.render(body).replace("<h1>", "<h2>").replace("</h1>", "</h2>")
    clean = nh3.clean(html, tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES, link_rel="noopener noreferrer")
    return mark_safe(clean)  # noqa: S308 - sanitised just above
