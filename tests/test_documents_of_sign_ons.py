"""What a file is, is read from its contents alone; it is kept where nothing is served, and not for ever."""

import io
import zipfile
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from audit.models import Entry
from config.uploads import MOST
from signatories import documents, links
from signatories.documents import Kind, Refused, check, safe_name
from signatories.jobs import erase_documents
from signatories.models import Actor, Document, SignOn
from tests.factories import a_document, a_moderator, a_sign_on
from tests.files import a_chunk, a_jpeg, a_pdf, a_png, a_segment, an_email

ALL = tuple(Kind)


def an_archive(comment=b""):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("run.js", "alert(1)")
        archive.comment = comment
    return out.getvalue()


def why(name, content, kinds=documents.PICTURES_AND_PDF):
    """The words with which a file is refused; empty if it is taken."""
    try:
        check(name, content, kinds)
    except Refused as refused:
        return str(refused)
    return ""


# An end record that no reader believes: there is no directory, and its comment does not end with the file.
DECOY = b"PK\x05\x06" + b"\xff" * 18


def before_the_end(hidden):
    """A PDF in which something stands between its cross-reference and its end mark."""
    start, mark, end = a_pdf().rpartition(b"%%EOF")
    return start + b"%" + hidden + b"\n" + mark + end


# ── what is taken ──

PHOTO = a_jpeg()
EXIF = a_segment(0xE1, b"Exif\0\0" + bytes(100))
SCAN = a_segment(0xC4, b"\x01" + bytes(16)) + a_segment(0xDA, b"\x01\x01\0\0\x3f\0") + b"\x12"
PNG_WITH_SCRIPT = a_png()[:33] + a_chunk(b"tEXt", b"<script>alert(1)</script>") + a_png()[33:]
PNG_WITH_TEXT = a_png()[:33] + a_chunk(b"tEXt", b"Comment\0scan") + a_png()[33:]


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("pdf", a_pdf()),
        ("pdf", a_pdf(version="2.0")),
        ("pdf", a_pdf().rstrip()),
        ("pdf", a_pdf() + b"\r\n\0\0"),
        ("pdf", before_the_end(DECOY)),
        ("png", a_png()),
        ("png", PNG_WITH_TEXT),
        ("jpeg", PHOTO),
        ("jpeg", a_jpeg(extra=EXIF)),
        # A second scan, as progressive pictures have; fill bytes before a marker; padding at the end.
        (
            "jpeg",
            PHOTO[:-2]
            + a_segment(0xC4, b"\x01" + bytes(16))
            + a_segment(0xDA, b"\x01\x01\0\0\x3f\0")
            + b"\x12\xff\xd9",
        ),
        ("jpeg", PHOTO[:-2] + b"\xff\xff\xd9" + bytes(16)),
        # What phones add: a smaller copy, data of the maker's.
        ("jpeg", PHOTO + PHOTO),
        ("jpeg", PHOTO + b"\0\0\x01\x0aSEFH" + bytes(20) + b"SEFT"),
        ("eml", an_email()),
        ("eml", an_email(body="<html><script>in a message this is a matter of course</script>")),
    ],
)
def test_a_sound_file_is_taken_whatever_it_is_called(kind, content):
    for name in ("a", "a.exe", "a.html", f"a.{kind}"):
        assert check(name, content, ALL).kind == kind


def test_real_readers_agree_that_the_sound_files_are_sound(tmp_path):
    """So that the tests do not bless what only they believe in."""
    import shutil
    import subprocess

    (tmp_path / "a.pdf").write_bytes(a_pdf())
    tool = shutil.which("pdftotext")
    if tool:
        said = subprocess.run([tool, str(tmp_path / "a.pdf"), "-"], capture_output=True, check=True).stdout
        assert said.decode().strip() == "Minutes of the board"


# ── what is refused ──

NEITHER = "This is neither a PDF nor a picture (JPEG or PNG). Save or scan it as one of these."
BROKEN = "The file is damaged or not complete. Save it once more, or print it to a new PDF, and send that."
HIDDEN = "Something else is hidden in the file. Print it to a new PDF, or photograph it, and send that."
WORD = "This is a Word document or an archive. Save the document as PDF, and send that."
PHONE = "This is a photo in a format that many computers cannot show. Save it as JPEG, and send that."


@pytest.mark.parametrize(
    ("words", "content"),
    [
        (NEITHER, b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        (NEITHER, b"<!doctype html><script>alert(1)</script>"),
        (NEITHER, b"GIF89a" + bytes(50)),
        (NEITHER, b"\n" + a_pdf()),
        (NEITHER, b"MZ" + bytes(100)),
        (NEITHER, b"x"),
        (NEITHER, an_email()),
        (WORD, an_archive()),
        (WORD, b"\xd0\xcf\x11\xe0" + bytes(100)),
        (WORD, b"{\\rtf1 hello}"),
        (PHONE, b"\0\0\0\x18ftypheic" + bytes(100)),
        (PHONE, b"\0\0\0\x18ftypavif" + bytes(100)),
        ("The file is empty.", b""),
        (BROKEN, b"%PDF-1.4\n<script>alert(1)</script>"),
        (BROKEN, a_pdf()[:-8]),
        (BROKEN, a_pdf() + b"<script>alert(1)</script>"),
        (BROKEN, b"%PDF-9.9\n" + a_pdf()[9:]),
        (BROKEN, b"%PDF-1.4\n%%EOF"),
        (BROKEN, a_png()[:-1]),
        (BROKEN, a_png() + b"\0"),
        (BROKEN, a_png()[:40] + b"\xff" + a_png()[41:]),
        (BROKEN, b"\x89PNG\r\n\x1a\n" + a_chunk(b"IEND", b"")),
        (BROKEN, b"\x89PNG\r\n\x1a\n" + (2**31 - 1).to_bytes(4) + b"IHDR"),
        (BROKEN, a_png(size=0)),
        (BROKEN, b"\xff\xd8\xff\xd9"),
        (BROKEN, b"\xff\xd8\xff\xe0"),
        (BROKEN, PHOTO[:-2]),
        (BROKEN, PHOTO[:40]),
        (BROKEN, PHOTO + b"<html>"),
        (BROKEN, PHOTO + bytes(1000) + b"MZ"),
        (BROKEN, b"\xff\xd8" + a_segment(0xE0, b"JFIF\0") + b"\xff\xd9"),
        # Two things at once.
        (HIDDEN, a_pdf().replace(b"1 0 obj", b"<html> 1 0 obj", 1)),
        (
            HIDDEN,
            PNG_WITH_TEXT.replace(a_chunk(b"tEXt", b"Comment\0scan"), a_chunk(b"tEXt", b"<script>alert(1)</script>")),
        ),
        (HIDDEN, a_jpeg(extra=a_segment(0xFE, b"<svg onload=alert(1)>"))),
        (HIDDEN, a_jpeg(extra=a_segment(0xFE, b"<?php system('id') ?>"))),
        (HIDDEN, a_jpeg(extra=a_segment(0xFE, b"%PDF-1.4 and what follows"))),
        (HIDDEN, a_jpeg(extra=a_segment(0xFE, an_archive()))),
        (HIDDEN, a_png()[:33] + a_chunk(b"tEXt", b"z\0" + an_archive()) + a_png()[33:]),
        (BROKEN, a_png() + an_archive()),
        (BROKEN, a_pdf() + an_archive()),
        (HIDDEN, before_the_end(an_archive())),
        # Whatever stands behind the archive's end, and whatever that says of it.
        (HIDDEN, before_the_end(an_archive() + DECOY)),
        (HIDDEN, before_the_end(an_archive()[:-2] + b"\xff\xff")),
        (HIDDEN, before_the_end(an_archive()[:-2] + b"\xff\xff" + DECOY)),
        (HIDDEN, before_the_end(b"PK\x06\x07" + bytes(16) + DECOY)),
    ],
)
def test_what_is_no_sound_file_is_refused_in_words_that_help_whatever_it_is_called(words, content):
    for name in ("minutes.pdf", "photo.jpg", "scan.png", "x"):
        assert why(name, content) == words


def test_a_file_may_have_ten_megabytes_and_no_more():
    padding = a_chunk(b"prIv", bytes(documents.MAX_SIZE - len(a_png()) - 12))
    full = a_png()[:33] + padding + a_png()[33:]

    assert len(full) == documents.MAX_SIZE
    assert why("a.png", full) == ""
    assert why("a.png", full + b"\0").startswith("The file is larger than 10 MB.")


@pytest.mark.parametrize(
    "content",
    [
        b"Dear all,\r\n\r\nwe sign.\r\n",
        b"From: a@example.org\r\n\r\nno date\r\n",
        an_email() + b"\0",
        an_email(body="\x01\x02\x03"),
        b"<html>From: a@example.org</html>",
    ],
)
def test_what_is_no_message_is_no_evidence_of_one(content):
    assert why("a.eml", content, ALL) != ""


def test_ten_megabytes_of_anything_are_judged_in_an_instant():
    """A reader that goes back over what it has read would take minutes."""
    import time

    bodies = (
        a_segment(0xE1, b"") * 2_000_000,
        a_chunk(b"prIv", b"") * 700_000,
        *(b"\xff" * 9_000_000, b"\xff\x00" * 4_500_000, b"\xff\xd0" * 4_500_000, b"PK\x05\x06" * 2_250_000),
        DECOY * 400_000,
    )
    began = time.monotonic()
    for body in bodies:
        why("a.jpg", PHOTO[:-2] + body)
        why("a.jpg", PHOTO[:-2] + body + b"\xff\xd9")
        why("a.pdf", b"%PDF-1.4\n" + body)
        why("a.png", b"\x89PNG\r\n\x1a\n" + body)
        why("a.eml", b"From: " + body, ALL)

    assert time.monotonic() - began < 15


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("minutes.pdf", "minutes.pdf"),
        ("MINUTES.PDF", "MINUTES.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\Users\\amina\\minutes.pdf", "minutes.pdf"),
        ("minutes.pdf.exe", "minutes.pdf.exe.pdf"),
        ("invoice\u202efdp.exe", "invoicefdp.exe.pdf"),
        ("a\r\nSet-Cookie: x=1.pdf", "aSet-Cookie- x=1.pdf"),
        ('a"b<c>.pdf', "a-b-c-.pdf"),
        (".htaccess", "htaccess.pdf"),
        ("con.pdf", "document con.pdf"),
        ("", "document.pdf"),
        (" . . .pdf", "document.pdf"),
        ("محضر الاجتماع.pdf", "محضر الاجتماع.pdf"),
        ("é" * 300 + ".pdf", "é" * 80 + ".pdf"),
    ],
)
def test_a_name_is_safe_to_show_and_to_save(given, shown):
    assert safe_name(given, Kind.PDF) == shown


def test_a_picture_keeps_its_usual_ending():
    assert safe_name("a.JPEG", Kind.JPEG) == "a.jpg"
    assert safe_name("a.jpg", Kind.PNG) == "a.jpg.png"


# ── how it is kept and fetched ──

db = pytest.mark.django_db


@pytest.fixture
def desk(client):
    client.user = a_moderator()
    client.force_login(client.user)
    return client


@db
def test_a_document_is_sent_to_be_saved_and_never_to_be_shown_and_the_reading_is_on_record(desk):
    document = a_document(a_sign_on(), name="محضر.pdf")

    response = desk.get(f"/moderation/documents/{document.pk}/")

    assert response.content == a_pdf()
    assert {
        name: response[name]
        for name in (
            *("Content-Type", "Content-Disposition", "X-Content-Type-Options", "Content-Security-Policy"),
            *("Cache-Control", "Cross-Origin-Resource-Policy", "X-Frame-Options"),
        )
    } == {
        "Content-Type": "application/pdf",
        "Content-Disposition": "attachment; filename*=utf-8''%D9%85%D8%AD%D8%B6%D8%B1.pdf",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cache-Control": "no-store",
        "Cross-Origin-Resource-Policy": "same-origin",
        "X-Frame-Options": "DENY",
    }
    entry = Entry.objects.first()
    assert (entry.user, entry.act, entry.subject_kind, entry.subject_id) == (
        desk.user,
        "read document",
        "document",
        document.pk,
    )
    assert "محضر" not in f"{entry.subject_label}{entry.detail}"


@db
@pytest.mark.parametrize("group", ["reader", None])
def test_who_may_not_see_representatives_gets_no_document(client, group):
    document = a_document(a_sign_on())
    if group:
        client.force_login(a_moderator(group))

    for path in ("", "see/", "erase/"):
        for method in (client.get, client.post):
            response = method(f"/moderation/documents/{document.pk}/{path}", {"shows": "x", "because": "x"})
            assert response.status_code in ((403, 405) if group else (302, 405))
    document.refresh_from_db()
    assert (document.seen_at, document.erased_at, Entry.objects.filter(act__contains="document").count()) == (
        None,
        None,
        0,
    )


@db
def test_a_document_has_no_public_address(client):
    document = a_document(a_sign_on())
    token = links.token("status", document.sign_on_id)

    for path in (f"/documents/{document.pk}/", f"/status/{token}/documents/{document.pk}/"):
        assert client.get(path).status_code == 404


@db
def test_a_staged_file_cannot_be_fetched(desk):
    staged = Document.of(check("a.pdf", a_pdf()))
    staged.save()

    assert desk.get(f"/moderation/documents/{staged.pk}/").status_code == 404


@db
def test_a_moderator_notes_what_a_document_shows_and_it_is_evidence(desk):
    sign_on = a_sign_on()
    document = a_document(sign_on)
    before = SignOn.objects.with_documents().get(pk=sign_on.pk).has_seen_document

    empty = desk.post(f"/moderation/documents/{document.pk}/see/", {"shows": ""})
    desk.post(f"/moderation/documents/{document.pk}/see/", {"shows": "registered in Kenya"})

    document.refresh_from_db()
    page = desk.get(f"/moderation/sign-ons/{sign_on.pk}/").content.decode()
    assert (empty.status_code, before) == (422, False)
    assert (document.seen_by, document.shows) == (desk.user, "registered in Kenya")
    assert SignOn.objects.with_documents().get(pk=sign_on.pk).has_seen_document
    assert f"seen by <bdi>{desk.user.get_username()}</bdi>" in page
    assert "document seen by a moderator" in page
    entry = Entry.objects.filter(act="see document").get()
    assert (entry.user, entry.subject_id, entry.detail) == (desk.user, document.pk, {"sha256": document.sha256})


@db
def test_a_moderator_erases_a_document_before_its_time_and_what_names_nobody_stays(desk):
    sign_on = a_sign_on()
    document = a_document(sign_on, name="passport of Amina.pdf")
    document.see(desk.user, "Amina's passport")

    empty = desk.post(f"/moderation/documents/{document.pk}/erase/", {"because": ""})
    desk.post(f"/moderation/documents/{document.pk}/erase/", {"because": "sent by mistake"})
    again = desk.post(f"/moderation/documents/{document.pk}/erase/", {"because": "sent by mistake"})

    row = Document.objects.values().get(pk=document.pk)
    assert (empty.status_code, again.status_code) == (422, 404)
    assert (row["content"], row["name"], row["shows"]) == (None, "", "")
    assert (row["kind"], row["size"], row["sha256"]) == ("pdf", len(a_pdf()), document.sha256)
    assert (row["erased_by_id"], row["erased_because"]) == (desk.user.pk, "sent by mistake")
    page = desk.get(f"/moderation/sign-ons/{sign_on.pk}/").content.decode()
    assert "Erased document" in page
    assert "passport" not in page
    assert desk.get(f"/moderation/documents/{document.pk}/").status_code == 404
    assert [one.act for one in Entry.objects.about(document).order_by("number")] == ["see document", "erase document"]


@db
def test_the_database_keeps_nothing_of_an_erased_document_and_no_second_copy_of_a_living_one():
    document = a_document(a_sign_on())

    for change in (
        lambda: Document.objects.filter(pk=document.pk).update(erased_at=timezone.now()),
        lambda: Document.objects.filter(pk=document.pk).update(content=None),
        lambda: Document.objects.bulk_create(
            [Document(sign_on_id=document.sign_on_id, sha256=document.sha256, size=1, kind="pdf", content=b"x")]
        ),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


@db
def test_what_was_erased_can_be_sent_again():
    sign_on = a_sign_on()
    first = a_document(sign_on)
    first.erase(a_moderator(), "sent by mistake")

    second = a_document(sign_on)

    assert second.pk != first.pk
    assert [one.pk for one in sign_on.documents.readable()] == [second.pk]


@db
@pytest.mark.parametrize(
    ("end", "goes"),
    [("withdrawn", True), ("declined", True), ("pending", False), ("queried", False), ("accepted", False)],
)
def test_documents_go_ninety_days_after_a_sign_on_has_ended_and_only_then(end, goes):
    sign_on = a_sign_on(state=end)
    document = a_document(sign_on, name="passport of Amina.pdf")

    SignOn.objects.filter(pk=sign_on.pk).update(state_since=timezone.now() - timedelta(days=89, hours=23))
    erase_documents()
    document.refresh_from_db()
    before = document.erased_at
    SignOn.objects.filter(pk=sign_on.pk).update(state_since=timezone.now() - timedelta(days=90, minutes=1))
    erase_documents()
    erase_documents()
    document.refresh_from_db()

    assert before is None
    assert (document.erased_at is not None) == goes
    assert (document.content is None) == goes
    acts = [(one.user, one.act) for one in Entry.objects.about(document)]
    assert acts == ([(None, "erase document")] if goes else [])


@db
def test_files_of_forms_that_never_came_back_are_deleted_after_a_day():
    old, new = (Document.of(check("a.pdf", a_pdf(words))) for words in ("old", "new"))
    old.uploaded_at = timezone.now() - timedelta(days=1, minutes=1)
    old.save()
    new.save()
    attached = a_document(a_sign_on())
    Document.objects.filter(pk=attached.pk).update(uploaded_at=old.uploaded_at)

    erase_documents()

    assert [one.pk for one in Document.objects.all()] == [new.pk, attached.pk]


@db
def test_one_staged_file_is_never_given_to_two():
    staged = Document.of(check("a.pdf", a_pdf()))
    staged.save()
    first, second = a_sign_on(), a_sign_on()
    copy = Document.objects.get(pk=staged.pk)

    from django.core.exceptions import ValidationError

    from signatories.states import Who

    staged.attach(first, Who.REPRESENTATIVE)
    with pytest.raises(ValidationError):
        copy.attach(second, Who.REPRESENTATIVE)

    assert Document.objects.get(pk=staged.pk).sign_on == first


@db
def test_contents_stay_in_the_database_until_they_are_asked_for(django_assert_num_queries):
    sign_on = a_sign_on()
    a_document(sign_on)

    with django_assert_num_queries(1) as captured:
        [one.name for one in sign_on.documents.with_people()]

    assert '"content"' not in captured.captured_queries[0]["sql"]


# ── what an upload can cost ──


@db
def test_a_huge_file_is_let_fall_as_it_comes_and_called_too_large(client):
    sign_on = a_sign_on(state="queried")
    huge = SimpleUploadedFile("huge.pdf", b"%PDF-1.4\n" + bytes(MOST + 5_000_000))

    response = client.post(
        f"/status/{links.token('status', sign_on.pk)}/answer/",
        {"query": sign_on.queries.get().pk, "answer": "See the file.", "documents": [huge]},
    )

    kept = response.wsgi_request.FILES["documents"]
    assert response.status_code == 422
    assert "“huge.pdf”: The file is larger than 10 MB." in response.content.decode()
    assert "See the file." in response.content.decode()
    assert documents.MAX_SIZE < kept.size <= MOST
    # Not in memory, but in a file that goes with the request.
    assert kept.temporary_file_path()


@db
def test_many_files_at_once_are_refused_before_they_are_read():
    sign_on = a_sign_on(state="queried")
    files = [SimpleUploadedFile(f"{number}.pdf", a_pdf()) for number in range(11)]

    response = Client().post(
        f"/status/{links.token('status', sign_on.pk)}/answer/",
        {"query": sign_on.queries.get().pk, "answer": "See the files.", "documents": files},
    )

    assert response.status_code == 400
    assert Document.objects.count() == 0


@db
def test_no_document_is_in_the_files_of_the_public_site(tmp_path, settings):
    from letter.publication import publish

    sign_on = a_sign_on(state="accepted", name="Al-Haq")
    a_document(sign_on, a_pdf("a secret of the board"))
    Actor.moderator(a_moderator())
    edition = publish(sign_on.letter, SignOn.objects.lines(sign_on.letter))

    assert [page.path for page in edition.pages.select_related("blob") if b"a secret" in bytes(page.blob.content)] == []
