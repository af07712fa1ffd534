"""The letter as a Word document that a secretariat can go on editing.

It is written part by part rather than with python-docx: what a letter needs beyond plain paragraphs
(lists that start anew, links, columns, both directions, equal bytes) that library leaves to raw XML anyway,
under a template of 160 styles that no letter uses.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

from django.utils.translation import gettext
from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from letter.content import Content, Line
from letter.markdown import SCHEMES

from .docx_parts import (
    INDENT,
    LEVELS,
    NAMESPACES,
    PACKAGE_RELATIONSHIPS,
    content_types,
    language_properties,
    list_style,
    numbering,
    relationships,
    settings,
    styles,
    word_language,
)
from .package import XML, core_properties, zipped
from .text import (
    count_sentence,
    directional_runs,
    edition_sentence,
    interface_direction,
    interface_language,
    printed_date,
    text_direction,
    xml_text,
)

_parser = MarkdownIt("commonmark", {"html": False})
_SPACES = re.compile(r"[ \t\r\n]+")

# What the document always relates to; links follow.
_RELATED = [
    ("styles", "styles.xml"),
    ("numbering", "numbering.xml"),
    ("settings", "settings.xml"),
    ("header", "header1.xml"),
    ("footer", "footer1.xml"),
    ("footer", "footer2.xml"),
]
_HEADER_AND_FOOTERS = (
    '<w:headerReference w:type="default" r:id="rId4"/><w:footerReference w:type="default" r:id="rId5"/>'
    '<w:footerReference w:type="first" r:id="rId6"/>'
)
# A4, in twentieths of a point.
_PAGE = (
    '<w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1361" w:right="1417" w:bottom="1361" w:left="1417" '
    'w:header="680" w:footer="624" w:gutter="0"/>'
)
SHORT = 70
"""Characters of the title that the header of a page has room for."""


def render_docx(content: Content) -> bytes:
    """Return `content` as a Word document (ECMA-376, transitional): the letter, then the names in two columns.

    Every paragraph has a named style and its direction; a name has that of its first strong letter.
    """
    writer = _Writer(content)
    document = writer.document()
    footer = writer.footer()
    footer_links = relationships([("hyperlink", content.address)])
    return zipped(
        {
            "[Content_Types].xml": content_types(footers=2),
            "_rels/.rels": PACKAGE_RELATIONSHIPS,
            "docProps/core.xml": core_properties(content),
            "word/document.xml": document,
            "word/_rels/document.xml.rels": relationships(
                [*_RELATED, *(("hyperlink", target) for target in writer.links)]
            ),
            "word/styles.xml": styles(content.language, content.direction),
            "word/numbering.xml": numbering(writer.lists),
            "word/settings.xml": settings(content.language, content.direction),
            "word/header1.xml": writer.header(),
            # The first page has no header, for the title stands there; its footer is that of the others.
            **{f"word/footer{number}.xml": footer for number in (1, 2)},
            **{f"word/_rels/footer{number}.xml.rels": footer_links for number in (1, 2)},
        }
    )


@dataclass
class _Place:
    """Where in the body a block stands."""

    level: int = -1
    """Of the list around it, from 0; -1 outside of lists."""
    quotes: int = 0
    """How many quotations are around it."""
    style: str = "BodyText"
    tight: bool = False
    """Whether it is in a list without space between its items."""
    number: int = 0
    """Of its list in ``numbering.xml`` if it begins an item, else 0. The first paragraph takes it."""

    @property
    def indent(self) -> int:
        """Its distance from where the text begins."""
        return INDENT * (self.level + 1 + self.quotes)


class _Writer:
    """Writes the parts that hold text, and remembers the links and lists that other parts must know."""

    def __init__(self, content: Content):
        self.content = content
        self.language, self.direction = content.language, content.direction
        self.links: dict[str, int] = {}
        """Addresses, with the number of each one's relationship."""
        self.lists: list[tuple[int, int]] = []
        """Ordered lists: level (from 0) and first number."""

    # ---- parts

    def document(self) -> str:
        """Return ``word/document.xml``."""
        content = self.content
        dateline = self.words(printed_date(content.dated_on))
        if content.place:
            dateline = self.runs(f"{content.place}, ") + dateline
        parts = self.standing()
        parts.append(self.paragraph("Date", dateline))
        if content.addressees.strip():
            addressees = "\n".join(line.strip() for line in content.addressees.strip().splitlines())
            parts.append(self.paragraph("Addressees", self.runs(addressees)))
        parts.append(self.paragraph("Title", self.runs(_one_line(content.title))))
        if content.salutation:
            parts.append(self.paragraph("Salutation", self.runs(_one_line(content.salutation))))
        parts += self.blocks(SyntaxTreeNode(_parser.parse(content.body)).children, _Place())
        if content.closing:
            parts.append(self.paragraph("Closing", self.runs(_one_line(content.closing))))
        parts += self.signatories()
        parts += [
            self.interface("Colophon", edition_sentence(content)),
            self.interface("Colophon", gettext("SHA-256 of the list:")),
            # A paragraph of its own, as the address has: among words from right to left its digits are torn apart.
            self.paragraph("Colophon", self.run(content.sha256, "ltr"), direction="ltr"),
            self.section("continuous" if content.lines else "nextPage", first=not content.lines),
        ]
        return f"{XML}<w:document {NAMESPACES}><w:body>{''.join(parts)}</w:body></w:document>"

    def standing(self) -> list[str]:
        """Return what says that this is a translation, and where the text stands that prevails."""
        content = self.content
        if not content.standing_note:
            return []
        parts = [self.interface("Colophon", content.standing_note)]
        if content.prevailing_address:
            number = self.links.setdefault(content.prevailing_address, len(_RELATED) + 1 + len(self.links))
            run = self.run(content.prevailing_address, "ltr", frozenset({"link"}))
            link = f'<w:hyperlink r:id="rId{number}" w:history="1">{run}</w:hyperlink>'
            parts.append(self.paragraph("Colophon", link, direction="ltr"))
        return parts

    def signatories(self) -> list[str]:
        """Return the heading and the names, each a paragraph, in a section of two columns."""
        heading = count_sentence(self.content.count)
        if not self.content.lines:
            return [
                self.interface("Heading1", heading),
                self.interface("BodyText", gettext("No organisation has signed yet.")),
            ]
        *others, last = self.content.lines
        # A section's properties stand in its last paragraph; Word evens the columns since another follows.
        return [
            self.interface("Heading1", heading, section=self.section("nextPage", first=True)),
            *(self.name(line) for line in others),
            self.name(last, section=self.section("continuous", columns=2)),
        ]

    def header(self) -> str:
        """Return ``word/header1.xml``: the title, cut where a line ends."""
        title = _one_line(self.content.title)
        if len(title) > SHORT:
            title = (title[:SHORT].rpartition(" ")[0] or title[:SHORT]).rstrip(" ,;:.–-") + "…"
        return f"{XML}<w:hdr {NAMESPACES}>{self.paragraph('Header', self.runs(title))}</w:hdr>"

    def footer(self) -> str:
        """Return a footer: of which edition this is, where that stands, and the page."""
        pages = " / ".join(
            f'<w:fldSimple w:instr=" {field} "><w:r><w:t>1</w:t></w:r></w:fldSimple>' for field in ("PAGE", "NUMPAGES")
        ).replace(" / ", '<w:r><w:t xml:space="preserve"> / </w:t></w:r>')
        address = f'<w:hyperlink r:id="rId1" w:history="1">{self.run(self.content.address, "ltr")}</w:hyperlink>'
        return (
            f"{XML}<w:ftr {NAMESPACES}>{self.interface('Footer', edition_sentence(self.content))}"
            # A paragraph of its own, for an address among words from right to left is torn apart.
            f"{self.paragraph('Footer', address, direction='ltr')}"
            f"{self.paragraph('Footer', pages, centred=True)}</w:ftr>"
        )

    # ---- the letter's body

    def blocks(self, nodes: Iterable[SyntaxTreeNode], place: _Place) -> list[str]:
        """Return the paragraphs of the blocks `nodes`, at `place`."""
        parts: list[str] = []
        for node in nodes:
            if node.type in ("bullet_list", "ordered_list"):
                if place.number:
                    # An item that begins with a list: its own number needs a paragraph to stand at.
                    parts.append(self.block("", place))
                parts += self.list_items(node, place)
            elif node.type == "blockquote":
                if place.number:
                    parts.append(self.block("", place))
                parts += self.blocks(node.children, replace(place, quotes=place.quotes + 1, style="Quote", number=0))
            elif node.type == "heading":
                # As on the page, where the title alone is of the first level.
                level = min(max(int(node.tag[1]), 2), 4) - 1
                parts.append(self.block(self.inline(node.children), replace(place, style=f"Heading{level}")))
            elif node.type == "hr":
                parts.append(self.block("", replace(place, style="HorizontalRule")))
            elif node.type == "paragraph":
                parts.append(self.block(self.inline(node.children), place))
            else:
                # A letter has no code: its text is prose, as on the page.
                parts.append(self.block(self.runs(_one_line(node.content)), place))
            place = replace(place, number=0)
        if place.number:
            parts.append(self.block("", place))
        return parts

    def list_items(self, node: SyntaxTreeNode, place: _Place) -> list[str]:
        """Return the paragraphs of a list, numbered by Word itself."""
        level = min(place.level + 1, LEVELS - 1)
        number = 2
        if node.type == "ordered_list":
            self.lists.append((level, int(node.attrs.get("start", 1))))
            number = 2 + len(self.lists)
        tight = any(child.type == "paragraph" and child.hidden for item in node.children for child in item.children)
        within = _Place(level, place.quotes, "ListContinue", tight)
        return [part for item in node.children for part in self.blocks(item.children, replace(within, number=number))]

    def block(self, runs: str, place: _Place) -> str:
        """Return one paragraph of the body at `place`."""
        style, numbered, indent = place.style, "", ""
        if place.number:
            if style == "ListContinue":
                style = list_style("ListBullet" if place.number == 2 else "ListNumber", place.level)
            numbered = f'<w:numPr><w:ilvl w:val="{place.level}"/><w:numId w:val="{place.number}"/></w:numPr>'
            if place.quotes:
                indent = f'<w:ind w:left="{place.indent}" w:hanging="{INDENT}"/>'
        elif place.indent not in (0, INDENT) or (place.indent and style not in ("Quote", "ListContinue")):
            indent = f'<w:ind w:left="{place.indent}"/>'
        return self.paragraph(style, runs, numbered=numbered, indent=indent, tight=place.tight)

    def inline(self, nodes: Iterable[SyntaxTreeNode], marks: frozenset[str] = frozenset()) -> str:
        """Return the runs of the inline `nodes`, with the `marks` (“em”, “strong”, “link”) around them."""
        parts = []
        for node in nodes:
            if node.type in ("inline", "em", "strong"):
                parts.append(self.inline(node.children, marks | ({node.type} - {"inline"})))
            elif node.type == "link":
                target = str(node.attrs["href"])
                if not _is_safe(target):
                    parts.append(self.inline(node.children, marks))
                    continue
                number = self.links.setdefault(target, len(_RELATED) + 1 + len(self.links))
                runs = self.inline(node.children, marks | {"link"})
                parts.append(f'<w:hyperlink r:id="rId{number}" w:history="1">{runs}</w:hyperlink>')
            elif node.type == "hardbreak":
                parts.append("<w:r><w:br/></w:r>")
            elif node.type == "softbreak":
                parts.append(self.runs(" ", marks))
            elif node.type != "image":
                # Pictures are left out on the page, too.
                parts.append(self.runs(_SPACES.sub(" ", node.content), marks))
        return "".join(parts)

    # ---- paragraphs and runs

    def interface(self, style: str, words: str, *, section: str = "") -> str:
        """Return a paragraph of `words` in the interface's language."""
        direction = interface_direction()
        return self.paragraph(style, self.words(words, direction), direction=direction, section=section)

    def name(self, line: Line, *, section: str = "") -> str:
        """Return the paragraph of a signatory: the name, and below it the name in its own script."""
        direction = text_direction(line.name, self.direction)
        runs = self.runs(_one_line(line.name), direction=direction)
        if own := _one_line(line.name_in_own_script):
            runs += f"<w:r><w:br/></w:r>{self.runs(own, direction=direction)}"
        return self.paragraph("Signatory", runs, direction=direction, section=section)

    def paragraph(
        self,
        style: str,
        runs: str,
        *,
        direction: str = "",
        numbered: str = "",
        indent: str = "",
        tight: bool = False,
        centred: bool = False,
        section: str = "",
    ) -> str:
        """Return a paragraph in `style`, of `direction` (the text's by default).

        One of the other direction still begins where the others do: “right” means the end of its lines.
        """
        direction = direction or self.direction
        bidi = "<w:bidi/>" if direction == "rtl" else '<w:bidi w:val="0"/>' if self.direction == "rtl" else ""
        alignment = "center" if centred else "right" if direction != self.direction else ""
        return (
            f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{numbered}{bidi}{indent}'
            f"{'<w:contextualSpacing/>' if tight else ''}"
            f"{f'<w:jc w:val={chr(34)}{alignment}{chr(34)}/>' if alignment else ''}"
            f"{section}</w:pPr>{runs}</w:p>"
        )

    def words(self, words: str, direction: str = "") -> str:
        """Return the runs of `words` in the interface's language, within a paragraph of `direction`."""
        return self.runs(words, direction=direction, language=interface_language())

    def runs(self, text: str, marks: frozenset[str] = frozenset(), *, direction: str = "", language: str = "") -> str:
        """Return `text` as runs, cut where its direction changes: ``w:rtl`` is not for left-to-right letters."""
        pieces = directional_runs(xml_text(text), direction or self.direction)
        return "".join(self.run(piece, way, marks, language) for way, piece in pieces)

    def run(self, text: str, direction: str, marks: frozenset[str] = frozenset(), language: str = "") -> str:
        """Return one run of one direction; a newline in `text` ends the line."""
        properties = '<w:rStyle w:val="Hyperlink"/>' if "link" in marks else ""
        if "strong" in marks:
            properties += "<w:b/><w:bCs/>"
        if "em" in marks:
            properties += "<w:i/><w:iCs/>"
        if direction == "rtl":
            properties += "<w:rtl/>"
        language = language or self.language
        if direction == "rtl" or word_language(language) != word_language(self.language):
            properties += language_properties(language, direction)
        lines = escape(text).replace("\n", '</w:t><w:br/><w:t xml:space="preserve">')
        return (
            f'<w:r>{f"<w:rPr>{properties}</w:rPr>" if properties else ""}<w:t xml:space="preserve">{lines}</w:t></w:r>'
        )

    def section(self, kind: str, *, columns: int = 1, first: bool = False) -> str:
        """Return the properties of a section, of one or two `columns`; the `first` one brings header and footer."""
        return (
            f'<w:sectPr>{_HEADER_AND_FOOTERS if first else ""}<w:type w:val="{kind}"/>{_PAGE}'
            f'<w:cols w:num="{columns}" w:space="567"/>{"<w:titlePg/>" if first else ""}'
            f"{'<w:bidi/>' if self.direction == 'rtl' else ''}</w:sectPr>"
        )


def _one_line(text: str) -> str:
    """Return `text` with single spaces for any white space, as a browser shows it."""
    return _SPACES.sub(" ", xml_text(text)).strip()


def _is_safe(target: str) -> bool:
    """Whether Word may link to `target`: it calls a document damaged in which an address cannot be read."""
    try:
        address = urlsplit(target)
    except ValueError:
        return False
    return target.isascii() and address.scheme in SCHEMES and bool(address.netloc or address.path)
