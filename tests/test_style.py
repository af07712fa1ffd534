"""How things look, as far as it can be told without a browser: colours that can be read, sheets that are light."""

import gzip
import re
from pathlib import Path

import pytest
from django.conf import settings

from signatories.moderation import style
from tests.conftest import DeskClient
from tests.factories import a_moderator, a_user

STATIC = Path(settings.BASE_DIR, "static")
SHEETS = {name: (STATIC / f"{name}.css").read_text() for name in ("letter", "site", "desk", "figures")}
# `--name: var(--light, #abc) var(--dark, #def);`
COLOUR = re.compile(r"--([a-z-]+): var\(--light, (#[0-9a-f]+)\) var\(--dark, (#[0-9a-f]+)\);")
TEXT, EDGE, CONTRAST_MORE = 4.5, 3, 7
# What is written on what (WCAG 2.2, 1.4.3), and what bounds a field or shows the focus (1.4.11).
WRITTEN = [
    *(("paper", ink) for ink in ("ink", "soft", "accent", "good", "bad", "warn")),
    *(("tint", ink) for ink in ("ink", "soft", "accent", "good", "bad", "warn")),
    *(("field", ink) for ink in ("ink", "soft")),
    ("accent", "on-accent"),
    ("bad", "paper"),
]
BOUNDED = [("paper", "edge"), ("field", "edge"), ("paper", "accent"), ("paper", "bad"), ("tint", "accent")]


def colours(which):
    """The colours by mode; `which` is 0 for those that everybody sees, and -1 for those of who wants more contrast."""
    found = {"light": {}, "dark": {}}
    for sheet in (SHEETS["letter"], SHEETS["site"]):
        blocks = sheet.partition("@media (prefers-contrast: more)")
        for part in (blocks[0], blocks[2].partition("*, ::before")[0])[: 1 if which == 0 else 2]:
            for name, light, dark in COLOUR.findall(part):
                found["light"][name], found["dark"][name] = light, dark
    return found


def luminance(colour):
    digits = colour.lstrip("#")
    digits = "".join(digit * 2 for digit in digits) if len(digits) == 3 else digits
    channels = [int(digits[start : start + 2], 16) / 255 for start in (0, 2, 4)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    """WCAG 2.2, “contrast ratio”."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_computed_as_wcag_says():
    assert contrast("#fff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#fff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("pair", WRITTEN, ids="-".join)
def test_what_is_written_can_be_read(mode, pair):
    ground, ink = (colours(0)[mode][name] for name in pair)

    assert contrast(ground, ink) >= TEXT


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("pair", BOUNDED, ids="-".join)
def test_where_a_field_ends_and_what_has_the_focus_can_be_seen(mode, pair):
    ground, edge = (colours(0)[mode][name] for name in pair)

    assert contrast(ground, edge) >= EDGE


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("ink", ["ink", "soft", "accent"])
def test_who_asks_for_more_contrast_gets_more(mode, ink):
    more = colours(-1)[mode]

    assert contrast(more["paper"], more[ink]) >= CONTRAST_MORE


@pytest.mark.parametrize("name", SHEETS)
def test_a_sheet_has_no_side_and_loads_nothing(name):
    sheet = re.sub(r"/\*.*?\*/", "", SHEETS[name], flags=re.DOTALL)

    # Sides are the reader's: a page from right to left is not a second sheet.
    sides = r"(?:margin|padding|border)-(?:left|right)|(?<![-\w])(?:left|right):|text-align: (?:left|right)"
    assert re.findall(sides, sheet) == []
    assert re.findall(r"url\(|@import|@font-face", sheet) == []
    assert sheet.count("{") == sheet.count("}")


def test_no_colour_is_named_that_nobody_made():
    made = set(re.findall(r"--([a-z-]+):", "".join(SHEETS.values())))
    used = set(re.findall(r"var\(--([a-z-]+)", "".join(SHEETS.values())))

    assert used - made == set()


def test_what_a_public_page_loads_is_light():
    sizes = {name: len(gzip.compress(sheet.encode(), 9)) for name, sheet in SHEETS.items()}

    assert sizes["letter"] < 5_000
    assert sizes["letter"] + sizes["site"] < 9_000


def test_only_the_desk_loads_the_sheet_of_the_desk(client, db):
    assert b"desk." not in client.get("/").content
    client.force_login(a_user("reader"))
    assert re.search(rb'href="/static/desk\.[0-9a-f]{12}\.css"', client.get("/moderation/style/").content)


def test_each_component_is_shown_in_both_directions_and_both_modes(client, db):
    client.force_login(a_user("reader"))

    page = client.get("/moderation/style/").content.decode()

    shown = re.findall(r'<div class="specimen scheme as-(light|dark)" lang="([a-z-]+)" dir="(ltr|rtl)">', page)
    expected = [("light", "en-gb", "ltr"), ("light", "ar", "rtl"), ("dark", "en-gb", "ltr"), ("dark", "ar", "rtl")]
    assert shown == expected * len(style.COMPONENTS)


def test_nothing_on_the_page_of_components_is_called_by_the_same_name_or_acts(db):
    client = DeskClient()
    client.force_login(a_moderator())

    page = client.get("/moderation/style/").content.decode()

    names = re.findall(r'\bid="([^"]+)"', page)
    assert len(names) == len(set(names))
    called = set(re.findall(r'(?:for|aria-labelledby|aria-describedby)="([^"]+)"', page))
    assert {name for one in called for name in one.split()} - set(names) == set()
    main = page.partition("<main")[2]
    forms = re.findall(r"<form\b[^>]*>", main)
    assert len(forms) > 8
    assert all('method="dialog"' in form and "action=" not in form for form in forms)
    assert "formaction" not in main
