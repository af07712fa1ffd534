"""A letter's public site as plain files, for any static host."""

import hashlib
import io
import json
import os
import re
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin

import pytest
from django.core.management import CommandError, call_command

from letter import releases
from letter.documents import make_documents
from letter.front import languages
from letter.publication import publish
from signatories.models import SignOn
from tests.factories import a_letter, a_sign_on
from tests.test_verify import published

pytestmark = pytest.mark.django_db
PRIVATE = {"representative_name": "Amina Diallo", "representative_role": "Directrice", "email": "amina@jsf.example"}
LINK = re.compile(r'\s(?:href|src|data-source)="([^"]*)"')


@pytest.fixture
def letter():
    """A letter in English and French with two editions, and what must not be exported."""
    letter = a_letter(slug="icc-2020")
    letter.revise("fr", title="Une lettre commune", salutation="Excellence,", body="Agissez.", closing="")
    a_sign_on(letter, "accepted", "Al-Haq", **PRIVATE)
    a_sign_on(letter, "declined", "Declined Group", email="d@example.org")
    a_sign_on(letter, "pending", "Pending Group", email="p@example.org")
    published(letter, "MADRE")
    published(letter, "Žene")
    return letter


def export(folder, slug="icc-2020"):
    out = io.StringIO()
    call_command("export", slug, str(folder), stdout=out)
    return out.getvalue()


def tree(folder):
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_the_export_is_the_releases_tree_without_its_compressed_forms(letter, tmp_path, settings):
    said = export(tmp_path / "site")
    releases.sync()

    files = tree(tmp_path / "site")
    current = settings.RELEASES_DIR / "current"
    served = {
        os.path.relpath(os.path.join(folder, name), current)
        for folder, _folders, names in os.walk(current, followlinks=True)
        for name in names
        if not name.endswith((".gz", ".br"))
    }
    # The list of letters, where this one has no text in that language.
    lists = {f"{language}/index.html" for language in languages() if language != "fr"}
    assert files.keys() == served - lists | {".undersigned-export"}
    assert {
        f"{path}editions/{number}/letter.pdf" for path in ("icc-2020/", "fr/icc-2020/") for number in (1, 2)
    } < served
    assert said == f"icc-2020: 2 editions, {len(served - lists)} files in {tmp_path}/site\n"
    differing = {name for name in served - lists if files[name] != (current / name).read_bytes()}
    assert {Path(name).suffix for name in differing} == {".html"}


def test_all_but_pages_is_byte_for_byte_what_the_manifest_says(letter, tmp_path):
    export(tmp_path / "site")

    for number in (1, 2):
        for path, own in (("icc-2020", "en"), ("fr/icc-2020", "fr")):
            folder = tmp_path / "site" / path / "editions" / str(number)
            said = {
                one["name"]: one["sha256"]
                for one in json.loads((folder / "manifest.json").read_text())["files"]
                if one["language"] in ("", own) and not one["name"].endswith(".html")
            }
            found = {name: hashlib.sha256(content).hexdigest() for name, content in tree(folder).items()}
            found = {name: sha256 for name, sha256 in found.items() if not name.endswith(".html")}
            assert found.pop("manifest.json")
            assert found == said


def test_pages_differ_from_the_release_by_their_links_only(letter, tmp_path, settings):
    export(tmp_path / "site")
    releases.sync()

    for name, content in tree(tmp_path / "site").items():
        if name.endswith(".html"):
            served = (settings.RELEASES_DIR / "current" / name).read_bytes().decode()
            assert LINK.sub("", content.decode()) == LINK.sub("", served)


def test_every_link_leads_to_a_file_of_the_export_or_with_its_host_to_the_site(letter, tmp_path):
    export(tmp_path / "site")

    files = tree(tmp_path / "site")
    elsewhere, checked = set(), 0
    for name, content in files.items():
        if not name.endswith(".html"):
            continue
        page = content.decode()
        for link in LINK.findall(page):
            if link.startswith("https://"):
                elsewhere.add(link)
                continue
            assert not link.startswith("/"), (name, link)
            path, fragment = urldefrag(urljoin(f"https://host/some/where/{name}", link))
            target = unquote(path.removeprefix("https://host/some/where/"))
            target += "index.html" if target.endswith("/") or not target else ""
            assert target in files, (name, link)
            if fragment:
                assert f'id="{fragment}"' in files[target].decode(), (name, link)
            checked += 1
    assert checked > 200
    addresses = {urldefrag(link)[0] for link in elsewhere}
    site = "https://letters.example.org"
    assert addresses == {
        *(f"{site}{path}sign/" for path in ("/icc-2020/", "/fr/icc-2020/")),
        *(f"{site}{path}{name}" for path in ("/icc-2020/", "/fr/icc-2020/") for name in ("", "feed.atom")),
        # In words, to be copied into other sites.
        *(f"{site}{path}{name}" for path in ("/icc-2020/", "/fr/icc-2020/") for name in ("embed/", "badge.svg")),
    }


def test_the_front_page_is_the_letter_and_search_engines_find_it(letter, tmp_path):
    export(tmp_path / "site")

    files = tree(tmp_path / "site")
    front = files["index.html"].decode()
    assert "<h1>A joint letter</h1>" in front
    assert '<a href="fr/icc-2020/" hreflang="fr"' in front
    assert '<a href="icc-2020/editions/2/">' in front
    assert '<a class="act" href="https://letters.example.org/icc-2020/sign/">' in front
    assert b"https://letters.example.org/fr/icc-2020/" in files["sitemap.xml"]
    assert b"Sitemap: https://letters.example.org/sitemap.xml" in files["robots.txt"]


def test_the_translation_leads_to_the_original_and_back(letter, tmp_path):
    export(tmp_path / "site")

    files = tree(tmp_path / "site")
    assert "<h1>Une lettre commune</h1>" in files["fr/icc-2020/index.html"].decode()
    assert '<a href="../../icc-2020/" hreflang="en"' in files["fr/icc-2020/index.html"].decode()
    assert '<a href="../fr/icc-2020/" hreflang="fr"' in files["icc-2020/index.html"].decode()
    assert '<p class="notice">' in files["fr/icc-2020/editions/1/index.html"].decode()
    assert '<a href="../../">' in files["fr/icc-2020/editions/1/index.html"].decode()


def test_two_exports_are_equal_to_the_last_byte_and_the_second_replaces_the_first(letter, tmp_path):
    (tmp_path / "first").mkdir()
    export(tmp_path / "first")
    export(tmp_path / "second")
    before = tree(tmp_path / "second")
    (tmp_path / "second" / "more.html").write_text("from another state")

    export(tmp_path / "second")

    assert tree(tmp_path / "first") == tree(tmp_path / "second") == before
    assert sorted(os.listdir(tmp_path)) == ["first", "second"]


def test_nothing_private_is_exported(letter, tmp_path):
    export(tmp_path / "site")

    everything = b"".join(tree(tmp_path / "site").values())
    assert b"Al-Haq" in everything
    for secret in [*PRIVATE.values(), "Declined Group", "Pending Group", "d@example.org", "p@example.org"]:
        assert secret.encode() not in everything


def test_a_folder_that_holds_anything_else_is_left_as_it_is(letter, tmp_path):
    for name in ("site", "site.unfinished", "site.old"):
        other = tmp_path / f"of-{name}"
        (other / name).mkdir(parents=True)
        (other / name / "diary.txt").write_text("mine")

        with pytest.raises(CommandError, match=f"{name}” is neither empty nor an earlier export"):
            export(other / "site")

        assert tree(other) == {f"{name}/diary.txt": b"mine"}
    (tmp_path / "file").write_text("mine")
    with pytest.raises(CommandError, match="cannot be the folder of an export"):
        export(tmp_path / "file")


def test_what_cannot_be_exported_is_said_so(letter, tmp_path):
    with pytest.raises(CommandError, match="There is no open letter “icc-2021”"):
        export(tmp_path / "site", "icc-2021")
    with pytest.raises(CommandError, match="“without-an-edition” has no edition"):
        export(tmp_path / "site", a_letter(slug="without-an-edition").slug)
    publish(letter, SignOn.objects.lines(letter), again=True)
    with pytest.raises(CommandError, match="Edition 3 is not complete yet"):
        export(tmp_path / "site")
    assert os.listdir(tmp_path) == []


def test_a_disk_that_is_full_leaves_the_earlier_export_as_it_was(letter, tmp_path, monkeypatch):
    export(tmp_path / "site")
    before = tree(tmp_path / "site")

    def full(source, target):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "link", full)
        with pytest.raises(CommandError, match=r"is as it was: .*No space left"):
            export(tmp_path / "site")

    assert tree(tmp_path / "site") == before
    assert os.listdir(tmp_path) == ["site"]


def test_what_a_killed_export_left_behind_is_cleared_away(letter, tmp_path):
    export(tmp_path / "site")
    export(tmp_path / "site.unfinished")
    export(tmp_path / "site.old")

    export(tmp_path / "site")

    assert os.listdir(tmp_path) == ["site"]


def test_links_that_the_letter_itself_has_go_on_working(tmp_path):
    letter = a_letter(slug="icc-2020", text=False, opens_at=None)
    links = "[another](/other-letter/?a=1&b=2#s1), [the list](/icc-2020/#signatories), [us](https://example.org/)"
    body = f'See {links} and href="/x/".'
    letter.revise("en", title="A", salutation="B", body=body, closing="")
    letter.opens_at = "2020-04-28T00:00Z"
    letter.save()
    publish(letter, [])
    make_documents(letter)

    export(tmp_path / "site")

    page = tree(tmp_path / "site")["icc-2020/editions/1/index.html"].decode()
    paragraph = page[page.index("See <a") : page.index("</article>")]
    assert LINK.findall(paragraph)[:3] == [
        "https://letters.example.org/other-letter/?a=1&amp;b=2#s1",
        "../../#signatories",
        "https://example.org/",
    ]
    assert 'href="/x/".' in paragraph.replace("&quot;", '"')
