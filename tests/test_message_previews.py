"""Every message can be looked at before it is sent, and its two parts say the same."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test.utils import CaptureQueriesContext

from signatories import samples
from signatories.mail_html import as_html
from tests.factories import a_user

FOLDER = Path(settings.BASE_DIR, "templates", "mail")
LANGUAGES = [code for code, _name in settings.LANGUAGES]
EVERYTHING = [(kind, code, name) for kind in samples.KINDS for code in LANGUAGES for name in samples.NAMES]


@pytest.fixture(scope="module")
def previews():
    return [samples.preview(*one) for one in EVERYTHING]


def links(text):
    return re.findall(r"https?://[^\s<\"]+", text)


def test_every_kind_of_message_has_a_preview():
    kinds = {folder.name for folder in FOLDER.iterdir() if folder.is_dir()}

    # Who adds a kind adds its line to `samples.KINDS`.
    assert samples.KINDS.keys() == kinds


def named(one):
    """Which of them it is, for whoever reads of a failure."""
    return one.kind, one.language, one.subject


def test_the_text_has_every_link_of_the_html_on_a_line_of_its_own(previews):
    for one in previews:
        inside = set(re.findall(r'href="([^"]+)"', one.html))

        assert inside == set(links(one.text)), named(one)
        assert inside <= set(one.text.splitlines()), named(one)


def test_the_html_loads_nothing_and_runs_nothing(previews):
    loading = r"<(img|script|link|iframe|form|object|video|audio|svg)\b|\son\w+=|url\(|@import"
    for one in previews:
        assert not re.search(loading, one.html), named(one)
        assert not re.search(r'\b(src|srcset|background|poster)="', one.html), named(one)


def test_the_html_says_its_language_and_direction(previews):
    for one in previews:
        direction, side = ("rtl", "right") if one.language == "ar" else ("ltr", "left")

        assert f'<html lang="{one.language}" dir="{direction}">' in one.html, named(one)
        assert f'dir="{direction}" align="{side}"' in one.html, named(one)
        assert '<meta name="color-scheme" content="light dark">' in one.html, named(one)


def test_no_message_keeps_a_place_for_a_link_or_a_blank_one(previews):
    for one in previews:
        said = one.subject + one.text + one.html

        assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f]", said), named(one)
        assert "None" not in said, named(one)
        assert "\n" not in one.subject, named(one)
        assert not re.search(r"\n{3,}| +\n", one.text), named(one)


def test_at_most_one_link_is_a_button_and_its_address_stands_below_it(previews):
    for one in previews:
        buttons = re.findall(r'class="act".*?href="([^"]+)".*?<a class="link"[^>]* href="([^"]+)"', one.html, re.DOTALL)

        # Of all the sign-ons of a mailbox, none is the one.
        assert len(buttons) == (0 if one.kind == "lost_link" else min(1, len(links(one.text)))), named(one)
        assert all(button == below for button, below in buttons), named(one)


@pytest.mark.parametrize("name", samples.NAMES)
@pytest.mark.parametrize("kind", ["accepted", "confirm", "objection_notice", "corrected"])
def test_names_stand_isolated(kind, name):
    organisation, representative = (one.replace("&", "&amp;") for one in samples.NAMES[name])

    html = samples.preview(kind, "en-gb", name).html

    body = html.partition("<body")[2].partition("</div>")[2]
    for one in (organisation, representative):
        assert body.count(one) == body.count(f"<bdi>{one}</bdi>")
    assert f"<bdi>{representative}</bdi>" in body


def test_what_stands_beside_the_subject_is_the_first_sentence_and_no_salutation():
    html = as_html("x", "Dear Amina,\n\nyour sign-on <b> arrived.\n\nhttps://example.org/\n")

    assert ">your sign-on &lt;b&gt; arrived.</div>" in html


def test_the_personal_link_is_the_button_and_other_links_are_not():
    html = as_html("x", "Dear Amina,\n\nhttps://example.org/letter/\n\n\x02status\x03\n")

    assert re.search(r'class="act".*?href="\x02status\x03"', html, re.DOTALL)
    assert html.count("https://example.org/letter/") == 2
    assert html.count("\x02status\x03") == 3


def test_of_several_personal_links_none_is_the_button():
    html = as_html("x", "Dear Amina,\n\n\x02status:1\x03\n\n\x02status:2\x03\n")

    assert 'class="act"' not in html
    assert [html.count(f"\x02status:{number}\x03") for number in (1, 2)] == [2, 2]


def test_a_paragraph_in_another_script_runs_in_its_own_direction():
    html = as_html("x", "Dear Amina,\n\nمن قرر أن توقع منظمتكم (ICC)؟\n\nمركز signs here.\n", names=["مركز"])

    assert html.count('<p dir="rtl" align="right"') == 1
    assert "<bdi>مركز</bdi> signs here." in html


def test_a_name_within_a_word_or_another_name_is_left_alone():
    html = as_html("x", "Dear Al,\n\nAl-Haq and Also Al & Co.\n", names=["Al", "Al-Haq", "Al & Co", ""])

    assert "<bdi>Al-Haq</bdi> and Also <bdi>Al &amp; Co</bdi>." in html


def test_no_preview_asks_the_database(db):
    from django.db import connection

    with CaptureQueriesContext(connection) as queries:
        for kind in samples.KINDS:
            samples.preview(kind, "fr")

    assert len(queries) == 0


def test_the_page_shows_every_kind_in_every_language(client, db):
    client.force_login(a_user("reader"))

    page = client.get("/moderation/messages/").content.decode()

    frames = re.findall(r'<iframe [^>]*sandbox src="/moderation/messages/([a-z_]+)/([a-z-]+)/\?name=long"', page)
    assert sorted(frames) == sorted((kind, code) for kind in samples.KINDS for code in LANGUAGES)


def test_a_message_by_itself_is_shown_in_a_frame_of_this_site_only_and_loads_nothing(client, db):
    client.force_login(a_user("reader"))

    answer = client.get("/moderation/messages/confirm/ar/?name=arabic")

    policy = answer["Content-Security-Policy"]
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    assert sorted(policy.split("; ")) == ["default-src 'none'", "frame-ancestors 'self'", "style-src 'unsafe-inline'"]
    assert samples.NAMES["arabic"][0] in answer.content.decode()
    assert client.get("/moderation/messages/nothing/ar/").status_code == 404
    assert client.get("/moderation/messages/confirm/xx/").status_code == 404
