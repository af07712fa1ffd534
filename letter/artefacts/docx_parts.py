"""The parts of a Word document that hold no text: styles, numbering, settings, and how they are tied together.

Elements stand in the order that ECMA-376, part 1, prescribes (17.3.1.26 for paragraphs, 17.3.2.28 for
runs, 17.7.4.17 for styles): Word refuses a document where they do not. Lengths are in twentieths of a point.
"""

from collections.abc import Sequence
from functools import cache
from xml.sax.saxutils import quoteattr

from .package import XML

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
NAMESPACES = f'xmlns:w="{W}" xmlns:r="{R}"'
INDENT = 425
"""Of a level of lists or quotations: 7.5 mm."""
LEVELS = 9
"""Of lists: Word has no more."""
_PARTS = "application/vnd.openxmlformats-officedocument.wordprocessingml"

# Word checks spelling by region; a bare tag gets the region that most of its readers have.
_REGIONS = {
    "ar": "SA", "bn": "BD", "cs": "CZ", "da": "DK", "de": "DE", "el": "GR", "en": "GB", "es": "ES", "fa": "IR",
    "fr": "FR", "he": "IL", "hi": "IN", "id": "ID", "it": "IT", "ja": "JP", "ko": "KR", "nl": "NL", "pl": "PL",
    "pt": "PT", "ro": "RO", "ru": "RU", "sv": "SE", "sw": "KE", "th": "TH", "tr": "TR", "uk": "UA", "ur": "PK",
    "vi": "VN", "zh": "CN",
}  # fmt: skip
_EAST_ASIAN_FONTS = {"ja": "MS Mincho", "ko": "Batang"}


@cache
def word_language(tag: str) -> str:
    """Return the BCP 47 `tag` as Word knows it: with a region, if it is common and has none."""
    parts = tag.split("-")
    if len(parts) == 1:
        return f"{tag}-{_REGIONS[tag]}" if tag in _REGIONS else tag
    return "-".join([parts[0], *(part.upper() if len(part) == 2 else part.title() for part in parts[1:])])


def language_properties(tag: str, direction: str) -> str:
    """Return ``w:lang`` of text in the language `tag`, whose script has `direction`."""
    language = word_language(tag)
    east = language if tag.split("-")[0] in ("ja", "ko", "zh") else ""
    if direction == "rtl":
        return f"<w:lang w:bidi={quoteattr(language)}/>"
    return f"<w:lang w:val={quoteattr(language)}{f' w:eastAsia={quoteattr(east)}' if east else ''}/>"


def content_types(footers: int) -> str:
    """Return ``[Content_Types].xml`` of a document with one header and that many `footers`."""
    overrides = {
        "/word/document.xml": f"{_PARTS}.document.main+xml",
        "/word/styles.xml": f"{_PARTS}.styles+xml",
        "/word/numbering.xml": f"{_PARTS}.numbering+xml",
        "/word/settings.xml": f"{_PARTS}.settings+xml",
        "/word/header1.xml": f"{_PARTS}.header+xml",
        **{f"/word/footer{number}.xml": f"{_PARTS}.footer+xml" for number in range(1, footers + 1)},
        "/docProps/core.xml": "application/vnd.openxmlformats-package.core-properties+xml",
    }
    return (
        f'{XML}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        + "".join(f'<Override PartName="{part}" ContentType="{kind}"/>' for part, kind in overrides.items())
        + "</Types>"
    )


def relationships(targets: Sequence[tuple[str, str]]) -> str:
    """Return a ``.rels`` part: `targets` are pairs of kind and address, which become rId1, rId2 …"""
    parts = []
    for number, (kind, target) in enumerate(targets, 1):
        mode = ' TargetMode="External"' if kind == "hyperlink" else ""
        uri = kind if kind.startswith("http") else f"{R}/{kind}"
        parts.append(f'<Relationship Id="rId{number}" Type="{uri}" Target={quoteattr(target)}{mode}/>')
    namespace = "http://schemas.openxmlformats.org/package/2006/relationships"
    return f'{XML}<Relationships xmlns="{namespace}">{"".join(parts)}</Relationships>'


PACKAGE_RELATIONSHIPS = relationships(
    [
        ("officeDocument", "word/document.xml"),
        ("http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties", "docProps/core.xml"),
    ]
)


def settings(language: str, direction: str) -> str:
    """Return ``word/settings.xml``: without a mode of compatibility, Word would open it as one of 2007."""
    bidi = word_language(language) if direction == "rtl" else "ar-SA"
    value = "en-GB" if direction == "rtl" else word_language(language)
    return (
        f'{XML}<w:settings {NAMESPACES}><w:zoom w:percent="100"/><w:defaultTabStop w:val="720"/>'
        '<w:characterSpacingControl w:val="doNotCompress"/>'
        '<w:compat><w:compatSetting w:name="compatibilityMode" '
        'w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat>'
        f"<w:themeFontLang w:val={quoteattr(value)} w:bidi={quoteattr(bidi)}/>"
        '<w:decimalSymbol w:val="."/><w:listSeparator w:val=","/></w:settings>'
    )


def numbering(lists: Sequence[tuple[int, int]]) -> str:
    """Return ``word/numbering.xml``.

    Number 1 is the style of numbered lists, number 2 that of bullets; from 3 on, each ordered list
    of the letter has its own, which starts anew.

    Args:
        lists: the ordered lists, as pairs of level (from 0) and first number.
    """
    decimal = [(f"%{level + 1}.", "decimal", "ListNumber") for level in range(LEVELS)]
    bullets = [("•" if level % 2 == 0 else "–", "bullet", "ListBullet") for level in range(LEVELS)]
    kinds = "".join(_abstract(number, levels) for number, levels in enumerate((decimal, bullets)))
    own = "".join(
        f'<w:num w:numId="{number}"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="{level}">'
        f'<w:startOverride w:val="{start}"/></w:lvlOverride></w:num>'
        for number, (level, start) in enumerate(lists, 3)
    )
    return (
        f'{XML}<w:numbering {NAMESPACES}>{kinds}<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
        f'<w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num>{own}</w:numbering>'
    )


def _abstract(number: int, levels: Sequence[tuple[str, str, str]]) -> str:
    """Return a kind of list: per level its marker, the marker's format and the style it belongs to."""
    parts = []
    for level, (text, form, style) in enumerate(levels):
        link = f'<w:pStyle w:val="{list_style(style, level)}"/>' if level < 3 else ""
        parts.append(
            f'<w:lvl w:ilvl="{level}"><w:start w:val="1"/><w:numFmt w:val="{form}"/>{link}<w:lvlText w:val="{text}"/>'
            f'<w:lvlJc w:val="left"/><w:pPr><w:ind w:left="{INDENT * (level + 1)}" w:hanging="{INDENT}"/></w:pPr>'
            "</w:lvl>"
        )
    return (
        f'<w:abstractNum w:abstractNumId="{number}"><w:multiLevelType w:val="multilevel"/>'
        f"{''.join(parts)}</w:abstractNum>"
    )


def list_style(style: str, level: int) -> str:
    """Return the id of the list `style` at a `level` (from 0): Word's own go as deep as three."""
    return style if level == 0 else f"{style}{min(level + 1, 3)}"


def styles(language: str, direction: str) -> str:
    """Return ``word/styles.xml``: Word's own names wherever it has one, so that an editor finds them.

    Times New Roman has Latin, Greek, Cyrillic, Hebrew and Arabic letters, and every system has it or its like.
    """
    latin = "en-GB" if direction == "rtl" else word_language(language)
    complex_script = word_language(language) if direction == "rtl" else "ar-SA"
    code = language.split("-")[0]
    east = word_language(language) if code in ("ja", "ko", "zh") else "zh-CN"
    bidi = "<w:bidi/>" if direction == "rtl" else ""
    parts = [
        f"<w:docDefaults><w:rPrDefault><w:rPr>"
        f'<w:rFonts w:ascii="Times New Roman" w:eastAsia="{_EAST_ASIAN_FONTS.get(code, "SimSun")}" '
        f'w:hAnsi="Times New Roman" w:cs="Times New Roman"/><w:sz w:val="23"/><w:szCs w:val="26"/>'
        f"<w:lang w:val={quoteattr(latin)} w:eastAsia={quoteattr(east)} w:bidi={quoteattr(complex_script)}/>"
        "</w:rPr></w:rPrDefault><w:pPrDefault><w:pPr>"
        '<w:spacing w:after="160" w:line="276" w:lineRule="auto"/></w:pPr></w:pPrDefault></w:docDefaults>',
        '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/><w:qFormat/>'
        f"<w:pPr><w:widowControl/>{bidi}</w:pPr></w:style>",
        '<w:style w:type="character" w:default="1" w:styleId="DefaultParagraphFont">'
        '<w:name w:val="Default Paragraph Font"/><w:uiPriority w:val="1"/><w:semiHidden/></w:style>',
        '<w:style w:type="table" w:default="1" w:styleId="TableNormal"><w:name w:val="Normal Table"/>'
        '<w:uiPriority w:val="99"/><w:semiHidden/><w:tblPr><w:tblInd w:w="0" w:type="dxa"/><w:tblCellMar>'
        '<w:top w:w="0" w:type="dxa"/><w:left w:w="108" w:type="dxa"/><w:bottom w:w="0" w:type="dxa"/>'
        '<w:right w:w="108" w:type="dxa"/></w:tblCellMar></w:tblPr></w:style>',
        '<w:style w:type="numbering" w:default="1" w:styleId="NoList"><w:name w:val="No List"/>'
        '<w:uiPriority w:val="99"/><w:semiHidden/></w:style>',
        '<w:style w:type="character" w:styleId="Hyperlink"><w:name w:val="Hyperlink"/><w:uiPriority w:val="99"/>'
        '<w:rPr><w:color w:val="7A1F1F"/><w:u w:val="single"/></w:rPr></w:style>',
        _style("BodyText", "Body Text"),
        _style("Title", "Title", "BodyText", "<w:keepNext/>" + _space(360, 240, 264), _size(34, 38, bold=True)),
        _style("Date", "Date", "BodyText", _space(0, 240)),
        _style("Addressees", "Addressees", "Title", _space(0, 240)),
        _style("Salutation", "Salutation", "BodyText", "<w:keepNext/>"),
        _style("Closing", "Closing", "Signatory", "<w:keepNext/>" + _space(240, 240)),
        *(
            _style(
                f"Heading{level}",
                f"heading {level}",
                "BodyText",
                f'<w:keepNext/><w:keepLines/>{_space(before, 120)}<w:outlineLvl w:val="{level - 1}"/>',
                _size(size, size + 3, bold=True),
            )
            for level, before, size in ((1, 360, 28), (2, 280, 25), (3, 240, 23))
        ),
        _style("Quote", "Quote", "BodyText", f'<w:ind w:left="{INDENT}" w:right="{INDENT}"/>'),
        _style(
            "HorizontalRule",
            "Horizontal Rule",
            "BodyText",
            '<w:pBdr><w:bottom w:val="single" w:sz="6" w:space="1" w:color="767676"/></w:pBdr>' + _space(0, 240),
        ),
        *(
            _style(
                list_style(style, level),
                f"{name} {level + 1}" if level else name,
                "",
                f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>{_space(0, 100)}',
            )
            for number, style, name in ((1, "ListNumber", "List Number"), (2, "ListBullet", "List Bullet"))
            for level in range(3)
        ),
        _style("ListContinue", "List Continue", "", f'{_space(0, 100)}<w:ind w:left="{INDENT}"/>'),
        # No spelling to check in names; none is torn apart by a column's end.
        _style(
            "Signatory",
            "Signatory",
            "",
            f'<w:keepLines/>{_space(0, 60, 252)}<w:ind w:left="227" w:hanging="227"/>',
            f"<w:noProof/>{_size(20, 23)}",
        ),
        _style("Colophon", "Colophon", "", _space(0, 40, 240), f'<w:color w:val="595959"/>{_size(16, 18)}'),
        _style("Header", "header", "", _space(0, 0, 240), f'<w:color w:val="595959"/>{_size(16, 18)}'),
        _style("Footer", "footer", "", _space(0, 20, 240), f'<w:color w:val="595959"/>{_size(16, 18)}'),
    ]
    return f"{XML}<w:styles {NAMESPACES}>{''.join(parts)}</w:styles>"


def _style(identifier: str, name: str, following: str = "", paragraph: str = "", run: str = "") -> str:
    """Return a style of paragraphs, based on Normal; `following` is the style of the paragraph typed after it."""
    custom = ' w:customStyle="1"' if name in ("Addressees", "Colophon", "Horizontal Rule", "Signatory") else ""
    follow = f'<w:next w:val="{following}"/>' if following else ""
    return (
        f'<w:style w:type="paragraph"{custom} w:styleId="{identifier}"><w:name w:val="{name}"/>'
        f'<w:basedOn w:val="Normal"/>{follow}<w:qFormat/>'
        f"<w:pPr>{paragraph}</w:pPr><w:rPr>{run}</w:rPr></w:style>"
    )


def _space(before: int, after: int, line: int = 276) -> str:
    """Return the space around a paragraph, and between its lines in 240ths of a line."""
    return f'<w:spacing w:before="{before}" w:after="{after}" w:line="{line}" w:lineRule="auto"/>'


def _size(half_points: int, of_complex_scripts: int, *, bold: bool = False) -> str:
    """Return the size of letters; those of complex scripts, such as Arabic, look smaller at the same size.

    The order is that of ``w:rPr``, so a size that is `bold` can stand only where nothing precedes it.
    """
    heavy = "<w:b/><w:bCs/>" if bold else ""
    return f'{heavy}<w:sz w:val="{half_points}"/><w:szCs w:val="{of_complex_scripts}"/>'
