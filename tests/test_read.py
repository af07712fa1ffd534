"""The visitor reads: the release folder, and the server in front of Django."""

import gzip
import os
import shutil
from datetime import timedelta
from pathlib import Path

import brotli
import pytest
from django.db import connection
from django.utils import timezone

from letter import releases
from letter.artefacts import html
from letter.front import rebase
from letter.models import Page
from letter.publication import publish
from letter.serving import PublishedSite
from signatories.models import SignOn
from tests.factories import a_letter, an_accepted

pytestmark = pytest.mark.django_db


class Answer:
    """What a WSGI application answered."""

    def __init__(self, site, path, method="GET", **headers):
        environ = {"PATH_INFO": path, "REQUEST_METHOD": method}
        environ |= {f"HTTP_{name.upper()}": value for name, value in headers.items()}
        body = site(environ, self.start)
        self.body = b"".join(body)
        if hasattr(body, "close"):
            body.close()

    def start(self, status, headers):
        self.status, self.headers = int(status.split()[0]), dict(headers)


def django_is_not_asked(environ, start_response):
    start_response("599 Django was asked", [])
    return [b""]


@pytest.fixture
def site(settings):
    return PublishedSite(django_is_not_asked)


def released(letter, *names):
    an_accepted(letter, *names)
    edition = publish(letter, SignOn.objects.lines(letter))
    releases.sync()
    return edition


def test_a_new_edition_is_served_from_files_without_a_query(site, django_assert_num_queries):
    letter = a_letter()
    released(letter, "Al-Haq")

    with django_assert_num_queries(0):
        page = Answer(site, f"/{letter.slug}/")
        front = Answer(site, "/")
        document = Answer(site, f"/{letter.slug}/signatories.json")
        sheet = Answer(site, f"/{letter.slug}/signatories.csv")
        edition = Answer(site, f"/{letter.slug}/editions/1/")

    assert [one.status for one in (page, front, document, sheet, edition)] == [200] * 5
    assert page.body == Page.objects.get(name="early/index.html").content
    assert front.body == rebase(page.body, f"{letter.slug}/")
    assert (document.headers["Content-Type"], sheet.headers["Content-Type"]) == (
        "application/json",
        'text/csv; charset="utf-8"',
    )
    assert b"never change." in edition.body


def test_each_file_has_its_compressed_forms_and_each_form_its_own_strong_etag(site):
    letter = a_letter()
    released(letter, "Al-Haq")
    plain = Answer(site, f"/{letter.slug}/")

    zipped = Answer(site, f"/{letter.slug}/", accept_encoding="gzip")
    small = Answer(site, f"/{letter.slug}/", accept_encoding="gzip, br")

    assert (zipped.headers["Content-Encoding"], small.headers["Content-Encoding"]) == ("gzip", "br")
    assert gzip.decompress(zipped.body) == brotli.decompress(small.body) == plain.body
    tags = [one.headers["ETag"] for one in (plain, zipped, small)]
    assert len(set(tags)) == 3
    assert not any(tag.startswith("W/") for tag in tags)
    assert small.headers["Vary"] == "Accept-Encoding"


def test_what_the_reader_has_already_is_not_sent_again(site):
    letter = a_letter()
    released(letter, "Al-Haq")
    known = Answer(site, f"/{letter.slug}/", accept_encoding="br").headers["ETag"]

    for condition in (known, f'"other", {known}', f"W/{known}", "*"):
        again = Answer(site, f"/{letter.slug}/", accept_encoding="br", if_none_match=condition)
        assert (again.status, again.body, again.headers["ETag"]) == (304, b"", known)
    assert Answer(site, f"/{letter.slug}/", accept_encoding="br", if_none_match='"other"').status == 200


def test_a_new_edition_has_another_etag_and_the_old_one_is_sent_no_more(site):
    letter = a_letter()
    released(letter, "Al-Haq")
    old = Answer(site, f"/{letter.slug}/signatories.json")

    released(letter, "MADRE")
    new = Answer(site, f"/{letter.slug}/signatories.json", if_none_match=old.headers["ETag"])

    assert new.status == 200
    assert b"MADRE" in new.body


def test_head_has_the_headers_and_no_body(site):
    letter = a_letter()
    released(letter, "Al-Haq")

    head, page = Answer(site, f"/{letter.slug}/", "HEAD"), Answer(site, f"/{letter.slug}/")

    assert (head.status, head.body, head.headers) == (200, b"", page.headers)


def test_ranges_are_served_and_never_of_another_edition(site):
    letter = a_letter()
    released(letter, "Al-Haq")
    address = f"/{letter.slug}/signatories.csv"
    whole = Answer(site, address)

    part = Answer(site, address, range="bytes=3-6")
    one = Answer(site, address, range="bytes=3-3")
    end = Answer(site, address, range="bytes=-4")
    beyond = Answer(site, address, range="bytes=99999-")
    same = Answer(site, address, range="bytes=3-6", if_range=whole.headers["ETag"])
    other = Answer(site, address, range="bytes=3-6", if_range='"an older edition"')

    assert (part.status, part.body, part.headers["Content-Range"]) == (
        206,
        whole.body[3:7],
        f"bytes 3-6/{len(whole.body)}",
    )
    assert (one.status, one.body, end.body, same.status) == (206, whole.body[3:4], whole.body[-4:], 206)
    assert (beyond.status, other.status, other.body) == (416, 200, whole.body)


def test_nothing_but_reading_is_allowed(site):
    letter = a_letter()
    released(letter, "Al-Haq")

    assert Answer(site, f"/{letter.slug}/", "POST").status == 405


def test_other_addresses_are_djangos(site):
    letter = a_letter()
    released(letter, "Al-Haq")

    assert Answer(site, f"/{letter.slug}/sign/").status == 599
    assert Answer(site, "/../../etc/passwd").status == 599


def test_two_open_letters_make_a_list_of_letters_and_one_is_the_front_page(site):
    first = a_letter()
    released(first, "Al-Haq")
    alone = Answer(site, "/").body

    second = a_letter()
    released(second)
    both = Answer(site, "/").body.decode()

    assert b"A joint letter" in alone
    assert f'href="/{first.slug}/"' in both
    assert f'href="/{second.slug}/"' in both
    assert "1 signatory" in both


def test_the_clock_alone_closes_the_letter(site):
    now = timezone.now()
    letter = a_letter(closes_at=now + timedelta(hours=1))
    released(letter, "Al-Haq")
    assert b"Sign for your organisation" in Answer(site, f"/{letter.slug}/").body

    releases.sync(at=now + timedelta(hours=2))

    closed = Answer(site, f"/{letter.slug}/").body
    assert b"Signing closed on" in closed
    assert b"Sign for your organisation" not in closed
    assert letter.editions.count() == 1


def test_a_letter_that_has_not_opened_is_a_plain_404(site, client):
    now = timezone.now()
    letter = a_letter(opens_at=now + timedelta(hours=1))
    publish(letter, [], at=now + timedelta(hours=2))
    releases.sync()

    assert Answer(site, f"/{letter.slug}/").status == 599
    for address in ("", "signatories.json", "signatories.csv", "editions/1/", "sign/"):
        assert client.get(f"/{letter.slug}/{address}").status_code == 404
    releases.sync(at=now + timedelta(hours=3))
    assert Answer(site, f"/{letter.slug}/").status == 200


def test_a_disk_that_is_full_leaves_the_release_as_it_was(site, monkeypatch, settings):
    letter = a_letter()
    released(letter, "Al-Haq")
    before = Answer(site, f"/{letter.slug}/").body
    an_accepted(letter, "MADRE")
    publish(letter, SignOn.objects.lines(letter))

    def full():
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "sync", full)
        with pytest.raises(OSError, match="No space"):
            releases.sync()

    assert Answer(site, f"/{letter.slug}/").body == before
    assert not [name for name in os.listdir(settings.RELEASES_DIR) if name.endswith(".unfinished")]
    assert releases.sync() is True
    assert b"MADRE" in Answer(site, f"/{letter.slug}/").body


def test_a_machine_that_lost_its_folder_makes_the_same_again(site, settings):
    letter = a_letter()
    released(letter, "Al-Haq")
    released(letter, "MADRE")
    before = {path: Answer(site, path).body for path in (f"/{letter.slug}/", f"/{letter.slug}/editions/1/")}

    shutil.rmtree(settings.RELEASES_DIR)
    releases.sync()

    assert {path: Answer(PublishedSite(django_is_not_asked), path).body for path in before} == before


def test_while_the_folder_is_gone_django_answers(site, settings):
    letter = a_letter()
    released(letter, "Al-Haq")
    assert Answer(site, f"/{letter.slug}/").status == 200

    shutil.rmtree(settings.RELEASES_DIR)
    gone = Answer(site, f"/{letter.slug}/").status
    releases.sync()

    assert (gone, Answer(site, f"/{letter.slug}/").status) == (599, 200)


def test_a_page_that_was_changed_behind_the_databases_back_is_not_released():
    letter = a_letter()
    publish(letter, [])
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE letter_blob DISABLE TRIGGER USER")
        cursor.execute("UPDATE letter_blob SET content = 'forged'")
        cursor.execute("ALTER TABLE letter_blob ENABLE TRIGGER USER")

    with pytest.raises(OSError, match="does not match its SHA-256"):
        releases.sync()


def test_django_serves_the_same_pages_where_there_is_no_release(client):
    letter = a_letter()
    an_accepted(letter, "Al-Haq")
    edition = publish(letter, SignOn.objects.lines(letter))
    pages = {page.name: page.content for page in edition.pages.all()}
    style = html.style()["css"][0]

    addresses = {
        f"/{letter.slug}/": "early/index.html",
        f"/{letter.slug}/signatories.json": "signatories.json",
        f"/{letter.slug}/signatories.csv": "signatories.csv",
        f"/{letter.slug}/editions/1/": "early/edition.html",
        f"/{letter.slug}/editions/1/{style}": style,
        f"/{letter.slug}/changes/": "changes/index.html",
        f"/{letter.slug}/countries/": "countries/index.html",
        f"/{letter.slug}/feed.atom": "feed.atom",
    }
    assert {address: client.get(address).content for address in addresses} == {
        address: pages[name] for address, name in addresses.items()
    }
    assert client.get("/").content == rebase(pages["early/index.html"], f"{letter.slug}/")
    for hidden in ("closed.html", "early/index.html"):
        assert client.get(f"/{letter.slug}/editions/1/{hidden}").status_code == 404
    assert client.get(f"/{letter.slug}/editions/2/").status_code == 404


def test_a_right_to_left_letter_says_so():
    letter = a_letter(language="ar")

    page = publish(letter, []).file("early/index.html", "ar").decode()

    assert '<article class="letter" id="letter" lang="ar" dir="rtl">' in page


def test_old_releases_are_pruned_and_the_editions_stay(site, settings):
    letter = a_letter()
    for number in range(8):
        released(letter, f"Group {number}")

    found = [name for name in os.listdir(settings.RELEASES_DIR) if releases.RELEASE.fullmatch(name)]
    assert len(found) == releases.KEPT + 1
    assert Answer(site, f"/{letter.slug}/editions/1/").status == 200


def test_a_link_to_a_release_that_is_gone_is_mended(site, settings):
    letter = a_letter()
    released(letter, "Al-Haq")
    shutil.rmtree(settings.RELEASES_DIR / os.readlink(settings.RELEASES_DIR / "current"))

    assert releases.sync() is True
    assert Answer(site, f"/{letter.slug}/").status == 200


def test_there_is_no_edition_nought(client):
    letter = a_letter()
    publish(letter, [])

    assert client.get(f"/{letter.slug}/editions/0/").status_code == 404


class Killed(BaseException):
    """The process is gone: nothing of it runs any more."""


def test_a_process_killed_at_any_step_leaves_a_whole_release_and_the_next_one_completes_it(site, monkeypatch):
    letter = a_letter()
    released(letter, "Al-Haq")
    before = Answer(site, f"/{letter.slug}/").body
    an_accepted(letter, "MADRE")
    publish(letter, SignOn.objects.lines(letter))
    steps = [(os, "link"), (os, "sync"), (Path, "rename"), (Path, "symlink_to"), (Path, "write_bytes"), (Path, "mkdir")]

    def sync_until(fatal):
        """Sync, and be killed at the step of this number; return whether that was before the end."""
        done = 0

        def step(real):
            def call(*arguments, **options):
                nonlocal done
                done += 1
                if done >= fatal:
                    raise Killed
                return real(*arguments, **options)

            return call

        remove = shutil.rmtree
        with monkeypatch.context() as patch:
            for owner, name in steps:
                patch.setattr(owner, name, step(getattr(owner, name)))
            # Who was killed tidies nothing up.
            patch.setattr(shutil, "rmtree", lambda *a, **k: remove(*a, **k) if done < fatal else None)
            try:
                releases.sync()
            except Killed:
                return True
        return False

    fatal = 1
    while sync_until(fatal):
        page, edition = (Answer(site, f"/{letter.slug}/{path}") for path in ("", "editions/1/"))
        assert (page.status, edition.status) == (200, 200)
        assert page.body == before or b"<bdi>MADRE</bdi>" in page.body
        fatal += 1

    assert fatal > 20
    assert b"<bdi>MADRE</bdi>" in Answer(site, f"/{letter.slug}/").body
    assert Answer(site, f"/{letter.slug}/editions/2/").status == 200
