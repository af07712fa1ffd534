"""A letter is delivered: once, to everybody in the book, and what comes of it is noted."""

import io
import os
import re
import subprocess
import sys
import zipfile
from datetime import timedelta
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from delivery import copies, jobs
from delivery.models import Copy, Delivery, FollowUp, Record
from letter.content import Content, Line
from letter.documents import make_documents
from letter.models import Letter, NotPublishedYet, TimelineEntry
from signatories import mail
from signatories.jobs import publish_letter as publish_pages
from signatories.models import Actor, Message, SignOn
from tests.factories import a_delivered, a_moderator, a_published, a_recipient, a_sign_on, an_accepted
from tests.mailserver import link_in, text_of
from tests.running import until

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client):
    client.force_login(a_moderator("secretariat"))
    return client


def address(letter, rest):
    return f"/moderation/letters/{letter.slug}/{rest}"


def posted(letter, **fields):
    """What a browser posts to deliver."""
    language = letter.language
    return {
        "seen": letter.editions.first().number,
        "sender": "Amina Diallo, for the coalition",
        "reply_to": "amina@coalition.example",
        "has_cover_line": "on",
        f"subject_{language}": "A joint letter",
        f"note_{language}": "Please find it enclosed.\nWe hope for your answer.",
        "understood": "on",
    } | fields


def work(delivery):
    """What the worker does after a delivery, but for sending."""
    jobs.make_copies(delivery.letter_id)
    jobs.send_final_copies(delivery.letter_id)


def send_all():
    for pk in Message.objects.queued().values_list("pk", flat=True):
        mail.deliver(pk)


def sent_to(mail_server):
    return sorted(message["To"] for message in mail_server.messages)


def publish_letter(letter):
    edition = publish_pages(letter)
    make_documents(letter)
    return edition


# ── the act ──


def test_delivering_freezes_the_newest_edition_ends_signing_and_asks_the_worker(desk):
    letter = a_published("Al-Haq", "MADRE")
    a_recipient(letter)
    page = desk.get(address(letter, "deliver/")).content.decode()

    response = desk.post(address(letter, "deliver/"), posted(letter))

    letter.refresh_from_db()
    delivery = Delivery.objects.get()
    assert "2 signatories" in page
    assert "1 recipient, at once" in page
    assert "2 representatives" in page
    assert response["Location"] == address(letter, "recipients/?watch=yes")
    assert (letter.edition_of_record.number, delivery.edition) == (1, letter.edition_of_record)
    assert (letter.is_open(), delivery.at) == (False, letter.delivered_at)
    assert (delivery.sender, delivery.reply_to) == ("Amina Diallo, for the coalition", "amina@coalition.example")
    assert list(Record.objects.values_list("verb", "note")) == [("deliver", "#1")]
    asked = ProcrastinateJob.objects.filter(args={"letter_id": letter.pk}, task_name__contains="cop")
    assert sorted(asked.values_list("task_name", flat=True)) == ["make_copies", "send_final_copies"]


def test_a_second_delivery_changes_nothing(desk):
    letter = a_published("Al-Haq")
    first = a_delivered(letter, sender="The first")
    before = ProcrastinateJob.objects.count()

    response = desk.post(address(letter, "deliver/"), posted(letter))
    again, is_new = Delivery.deliver(letter, a_moderator("secretariat"), seen=1, sender="The second")

    assert response.status_code == 302
    assert (again, is_new, Delivery.objects.get().sender) == (first, False, "The first")
    assert ProcrastinateJob.objects.count() == before
    with pytest.raises(DatabaseError), transaction.atomic():
        Delivery.objects.update(sender="Another")


def test_while_the_list_is_being_published_nothing_is_delivered(desk):
    letter = a_published("Al-Haq")
    an_accepted(letter, "MADRE")

    response = desk.post(address(letter, "deliver/"), posted(letter, sender="Typed"))

    letter.refresh_from_db()
    assert response.status_code == 422
    assert "The list is being published." in response.content.decode()
    assert response.context["form"]["sender"].value() == "Typed"
    assert (letter.delivered_at, Delivery.objects.count()) == (None, 0)
    with pytest.raises(NotPublishedYet):
        letter.deliver()


def test_an_edition_that_nobody_looked_at_is_not_delivered(desk):
    letter = a_published("Al-Haq")
    seen = posted(letter)
    an_accepted(letter, "MADRE")
    publish_letter(letter)

    response = desk.post(address(letter, "deliver/"), seen)
    letter.refresh_from_db()
    undelivered = letter.delivered_at
    again = desk.post(address(letter, "deliver/"), seen | {"seen": response.context["form"]["seen"].value()})

    assert (response.status_code, undelivered, again.status_code) == (422, None, 302)
    assert Delivery.objects.get().edition.number == 2


def test_a_letter_that_was_delivered_at_the_command_line_still_gets_its_copies(desk):
    letter = a_published("Al-Haq")
    record = letter.deliver()
    publish_letter(letter)

    response = desk.post(address(letter, "deliver/"), posted(letter, seen=record.number))

    assert (response.status_code, Delivery.objects.get().edition) == (302, record)


def test_the_list_of_letters_takes_as_many_queries_for_three_as_for_one(desk, django_assert_num_queries):
    a_published("Al-Haq")
    desk.get("/moderation/letters/")
    with CaptureQueriesContext(connection) as for_one:
        desk.get("/moderation/letters/")
    a_published(), a_published()

    with django_assert_num_queries(len(for_one)):
        assert len(desk.get("/moderation/letters/").context["letters"]) == 3


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"understood": ""}, "understood"),
        ({"sender": ""}, "sender"),
        ({"sender": "A\u202eB"}, "sender"),
        ({"reply_to": "amina"}, "reply_to"),
        ({"subject_en": ""}, "subject_en"),
        ({"note_en": "\x02status\x03"}, "note_en"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field(desk, typed, field):
    letter = a_published("Al-Haq")

    response = desk.post(address(letter, "deliver/"), posted(letter, **typed))

    assert (response.status_code, set(response.context["form"].errors)) == (422, {field})
    assert Delivery.objects.count() == 0


def test_only_the_secretariat_delivers(client):
    letter = a_published("Al-Haq")
    client.force_login(a_moderator())

    for path in ("deliver/", "copies.zip"):
        assert client.get(address(letter, path)).status_code == 403
    assert client.post(address(letter, "deliver/"), posted(letter)).status_code == 403
    assert Delivery.objects.count() == 0


# ── the copies and their messages ──


def test_every_recipient_gets_one_addressed_copy_and_one_message_however_often_the_job_runs(mail_server):
    letter = a_published("Al-Haq")
    a_recipient(letter, name="Amina", email="a@state.example", salutation="Dear Minister,")
    a_recipient(letter, name="Brian", email="b@state.example")
    a_recipient(letter, name="Carol", email="", postal_address="Nairobi", channel="post")
    delivery = a_delivered(letter, sender="Amina Müller, for the coalition")
    letter.sign_ons.update(email="")
    Message.objects.update(state="dropped")

    for _run in range(2):
        work(delivery)
        send_all()
        send_all()

    assert sent_to(mail_server) == ["a@state.example", "b@state.example"]
    first = next(message for message in mail_server.messages if message["To"] == "a@state.example")
    (enclosed,) = first.iter_attachments()
    assert str(first["From"]) == '"Amina Müller, for the coalition" <undersigned@localhost>'
    assert (first["Reply-To"], first["Subject"]) == ("amina@coalition.example", "A joint letter")
    assert first["Auto-Submitted"] is None
    assert text_of(first).split()[:4] == ["Dear", "Minister,", "Please", "read."]
    assert f"https://letters.example.org/{letter.slug}/editions/1/" in text_of(first)
    assert (enclosed.get_filename(), enclosed.get_content_type()) == (f"{letter.slug}.pdf", "application/pdf")
    assert enclosed.get_content() == bytes(Copy.objects.get(recipient__name="Amina").blob.content)
    assert enclosed.get_content().startswith(b"%PDF-")
    assert [copy.message is None for copy in Copy.objects.order_by("pk")] == [False, False, True]


def test_a_worker_that_is_killed_in_the_middle_continues_where_it_was(monkeypatch):
    letter = a_published("Al-Haq")
    for _number in range(4):
        a_recipient(letter)
    delivery = a_delivered(letter)
    render = copies.render_copies

    def killed(content, addressees):
        for number, pdf in enumerate(render(content, addressees)):
            if number == 2:
                raise KeyboardInterrupt
            yield pdf

    monkeypatch.setattr(copies, "render_copies", killed)
    with pytest.raises(KeyboardInterrupt):
        jobs.make_copies(letter.pk)
    before = list(Copy.objects.order_by("pk").values_list("pk", "message_id"))
    monkeypatch.setattr(copies, "render_copies", render)
    jobs.make_copies(letter.pk)

    after = list(Copy.objects.order_by("pk").values_list("pk", "message_id"))
    assert (len(before), len(after), after[:2]) == (2, 4, before)
    assert Message.objects.filter(kind="letter").count() == 4
    assert list(Delivery.objects.without_all_copies()) == []
    assert delivery.letter.recipients.without_copy().count() == 0


def test_a_copy_is_in_the_recipients_language_if_the_letter_has_a_text_in_it():
    letter = a_published(text=True)
    letter.revise("fr", title="Lettre", salutation="Excellence,", body="Nous.", closing="")
    publish_letter(letter)
    for language in ("", "fr", "fr-CA", "ar"):
        a_recipient(letter, name=f"To {language or 'none'}", language=language)

    copies.make_copies(a_delivered(letter))

    assert dict(Copy.objects.values_list("recipient__name", "language")) == {
        "To none": "en", "To fr": "fr", "To fr-CA": "fr", "To ar": "en",
    }  # fmt: skip
    french = Message.objects.get(recipient=letter.recipients.get(name="To fr").email)
    assert (french.subject, french.text.split("\n")[0]) == ("Lettre", "Excellence,")


def a_content(*lines):
    now = timezone.now()
    return Content(
        *("letter", "", now.date(), "", "en", True, "T", "S", "B", "", 1, now, ""),
        lines=[Line(name=name, country=country) for name, country in lines],
        address="https://letters.example.org/",
    )


@pytest.mark.parametrize(
    ("lines", "printed"),
    [
        ([], ""),
        ([("B", "FR")], ""),
        ([("A", "KE"), ("B", "FR")], "including 1 organisation from Kenya: A."),
        ([("A", "KE"), ("B", "KE")], "including 2 organisations from Kenya: A, B."),
        (
            [(f"N{number}", "KE") for number in range(15)],
            "including 15 organisations from Kenya: N0, N1, N2, N3, N4, N5, N6, N7, N8, N9, N10, N11 and 3 more.",
        ),
    ],
)
def test_the_cover_line_names_the_signatories_of_the_recipients_country(lines, printed):
    assert copies.cover_line(a_content(*lines), "KE") == printed


def test_signatories_of_no_country_are_on_nobodys_cover_line():
    assert copies.cover_line(a_content(("A", "")), "") == ""


def test_the_archive_has_every_copy_under_a_name_that_every_system_takes(desk):
    letter = a_published("Al-Haq")
    a_recipient(letter, name="Amina", office="Ministère de l’Écologie & du Climat", country="FR")
    a_recipient(letter, name="وزير الخارجية", country="")
    third = a_recipient(letter, name="Carol", office="../../etc/passwd")
    copies.make_copies(a_delivered(letter))

    response = desk.get(address(letter, "copies.zip"))
    archive = zipfile.ZipFile(io.BytesIO(response.getvalue()))
    alone = desk.get(address(letter, f"recipients/{third.pk}/copy.pdf"))

    names = ["001-FR-Ministere-de-l-Ecologie-du-Climat.pdf", "002.pdf", "003-KE-etc-passwd.pdf"]
    assert archive.testzip() is None
    assert archive.namelist() == names
    assert [archive.read(name) for name in names] == [
        bytes(copy.blob.content) for copy in Copy.objects.order_by("recipient")
    ]
    assert (response["Cache-Control"], response["Content-Disposition"]) == (
        "no-store",
        f'attachment; filename="{letter.slug}-copies.zip"',
    )
    assert (alone.content, alone["Content-Disposition"]) == (
        archive.read(names[2]),
        'attachment; filename="003-KE-etc-passwd.pdf"',
    )


def test_the_page_shows_how_far_the_copies_are_and_reloads_only_if_asked_to(desk):
    letter = a_published("Al-Haq")
    a_recipient(letter), a_recipient(letter)
    delivery = a_delivered(letter)

    page, watched = (desk.get(address(letter, f"recipients/{query}")).content.decode() for query in ("", "?watch=yes"))
    work(delivery)
    finished = desk.get(address(letter, "recipients/?watch=yes")).content.decode()

    assert "0 of 2 copies are made" in page
    assert '<progress id="copies" max="2" value="0">' in page
    assert [text.count('http-equiv="refresh"') for text in (page, watched, finished)] == [0, 1, 0]
    assert "2 of 2 copies are made" in finished


def test_a_message_that_failed_is_sent_again_to_another_address_and_only_then(desk, mail_server):
    letter = a_published("Al-Haq")
    one = a_recipient(letter, email="wrong@state.example")
    letter.sign_ons.update(email="")
    Message.objects.update(state="dropped")
    work(a_delivered(letter))
    mail_server.refusal = "550 5.1.1 no such user"
    send_all()
    page = desk.get(address(letter, f"recipients/{one.pk}/")).content.decode()
    mail_server.refusal = ""

    desk.post(address(letter, f"recipients/{one.pk}/send-again/"), {"email": "right@state.example"})
    send_all()
    desk.post(address(letter, f"recipients/{one.pk}/send-again/"), {"email": "third@state.example"})
    send_all()

    one.refresh_from_db()
    assert "550" in page
    assert "Send again" in page
    assert (one.email, sent_to(mail_server)) == ("right@state.example", ["right@state.example"])
    assert one.copy.message.state == "sent"
    assert Record.objects.get(verb="readdress").note == "wrong@state.example → right@state.example"


def test_a_recipients_failed_message_is_not_the_moderators_affair(client):
    letter = a_published("Al-Haq")
    a_recipient(letter)
    work(a_delivered(letter))
    message = Message.objects.get(kind="letter")
    message.failed("550", is_final=True)
    client.force_login(a_moderator())

    assert client.get("/moderation/").context["attention"].failed == []
    assert client.post(f"/moderation/messages/{message.pk}/send-again/").status_code == 404


def test_a_delivery_that_lost_its_jobs_gets_others_from_the_sweep():
    letter = a_published("Al-Haq")
    a_recipient(letter)
    delivery = a_delivered(letter)
    ours = ProcrastinateJob.objects.filter(args={"letter_id": letter.pk}, task_name__contains="cop")
    before = ours.count()

    jobs.sweep()
    jobs.sweep()
    meanwhile = ours.count()
    work(delivery)
    jobs.sweep()

    assert (meanwhile - before, ours.count() - before) == (2, 2)


# ── the final copy ──


def test_every_signatorys_representative_gets_the_final_copy_with_a_working_link_once(client, mail_server):
    letter = a_published()
    moderator = a_moderator()
    for name in ("Al-Haq", "MADRE"):
        a_sign_on(letter, "accepted", name, moderator, email=f"{name.lower()}@example.org")
    a_sign_on(letter, "pending", "Waiting", email="waiting@example.org")
    a_sign_on(letter, "accepted", "No address", moderator, email="gone@example.org")
    SignOn.objects.filter(email="gone@example.org").update(email="")
    publish_letter(letter)
    Message.objects.queued().update(state="dropped")
    delivery = a_delivered(letter)

    for _run in range(2):
        work(delivery)
        send_all()

    assert sent_to(mail_server) == ["al-haq@example.org", "madre@example.org"]
    first = next(message for message in mail_server.messages if message["To"] == "al-haq@example.org")
    (enclosed,) = first.iter_attachments()
    assert first["Subject"] == "Delivered: A joint letter"
    assert enclosed.get_content() == delivery.edition.file("letter.pdf", "en")
    page = client.get(link_in(first, "status"))
    assert (page.status_code, "Al-Haq" in page.content.decode()) == (200, True)
    # The same bytes for all, stored once.
    assert Message.objects.filter(kind="delivered").values("attachment").distinct().count() == 1


def test_who_is_accepted_after_the_delivery_is_not_in_the_edition_of_record_and_gets_no_final_copy():
    letter = a_published("Al-Haq")
    late = a_sign_on(letter, "pending", "Late")
    delivery = a_delivered(letter)
    late.accept(Actor.moderator(a_moderator()), listed_name="Late")

    work(delivery)

    assert [message.sign_on.listed_name for message in delivery.final_copies()] == ["Al-Haq"]


def test_final_copies_are_queued_in_batches_and_a_killed_worker_continues(monkeypatch):
    letter = a_published("A1", "B2", "C3", "D4", "E5")
    delivery = a_delivered(letter)
    monkeypatch.setattr(copies, "BATCH", 2)
    queue, calls = mail.queue, []

    def killed(*args, **kwargs):
        calls.append(args)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return queue(*args, **kwargs)

    monkeypatch.setattr(mail, "queue", killed)
    with pytest.raises(KeyboardInterrupt), transaction.atomic():
        copies.send_final_copies(delivery)
    monkeypatch.setattr(mail, "queue", queue)
    work(delivery)

    assert sorted(message.sign_on.listed_name for message in delivery.final_copies()) == ["A1", "B2", "C3", "D4", "E5"]


def test_the_database_keeps_a_second_final_copy_away():
    letter = a_published("Al-Haq")
    work(a_delivered(letter))

    with pytest.raises(DatabaseError), transaction.atomic():
        mail.queue(letter.sign_ons.get(), "delivered")


@pytest.mark.django_db(transaction=True)
def test_a_real_worker_makes_the_copies_and_sends_everything_once(mail_server, settings):
    settings.DECISION_DELAY *= 0
    letter = a_published("Al-Haq", "MADRE")
    Message.objects.all().delete()
    a_recipient(letter, email="a@state.example")
    a_recipient(letter, email="b@state.example")
    delivery = a_delivered(letter)
    parts = urlsplit(os.environ["DATABASE_URL"])
    environment = os.environ | {
        "DATABASE_URL": urlunsplit(parts._replace(path="/" + connection.settings_dict["NAME"])),
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": str(mail_server.port),
    }
    worker = subprocess.Popen([sys.executable, "manage.py", "worker"], env=environment)
    try:
        until(lambda: len(mail_server.messages) >= 4, seconds=90)
        until(lambda: not Message.objects.queued().exists(), seconds=30)
    finally:
        worker.terminate()
        worker.wait(30)

    assert len(mail_server.messages) == 4
    assert [to for to in sent_to(mail_server) if to.endswith("@state.example")] == [
        "a@state.example",
        "b@state.example",
    ]
    assert delivery.final_copies().count() == 2


# ── what came of it ──


def noted(**fields):
    return {
        "event": "answered",
        "on": "2020-05-04",
        "words": "We thank you.",
        "language": "en",
        "who": "Minister of Justice, Kenya",
    } | fields


@pytest.fixture
def sent(desk):
    letter = a_published("Al-Haq")
    recipient = a_recipient(letter, office="Minister of Justice")
    work(a_delivered(letter))
    publish_letter(letter)
    return recipient


def test_an_answer_is_noted_published_and_unpublished_and_the_list_is_stale_each_time(desk, sent):
    record = address(sent.letter, f"recipients/{sent.pk}/record/")
    pdf = SimpleUploadedFile("answer.pdf", b"%PDF-1.7 the answer")

    desk.post(record, noted(file=pdf))
    unpublished, is_stale = TimelineEntry.objects.count(), Letter.objects.stale().exists()
    follow_up = FollowUp.objects.get()
    revise = address(sent.letter, f"follow-ups/{follow_up.pk}/")
    desk.post(revise, noted(is_published="on"))
    entry = TimelineEntry.objects.get()
    first = (Letter.objects.stale().exists(), publish_letter(sent.letter))
    desk.post(revise, noted(is_published="on", words="We thank you much."))
    again = TimelineEntry.objects.get()
    desk.post(revise, noted(words="We thank you much."))

    assert (unpublished, is_stale) == (0, False)
    assert (entry.event, entry.on.isoformat(), entry.who) == ("answered", "2020-05-04", "Minister of Justice, Kenya")
    assert (entry.words, entry.language, bytes(entry.blob.content)) == ("We thank you.", "en", b"%PDF-1.7 the answer")
    assert first[0] is True
    assert (again.pk, again.words) == (entry.pk, "We thank you much.")
    assert TimelineEntry.objects.count() == 0
    assert list(Record.objects.filter(recipient=sent).values_list("verb", flat=True)) == [
        "record", "revise", "publish", "revise", "revise", "unpublish",
    ]  # fmt: skip
    assert desk.get(address(sent.letter, "recipients/")).context["counts"]["answered"] == 1


def test_a_note_that_is_struck_out_leaves_the_letters_page_too(desk, sent):
    follow_up = FollowUp.record(
        sent, a_moderator("secretariat"), event="acknowledged", on="2020-05-02", who="Kenya", is_published=True
    )

    desk.post(address(sent.letter, f"follow-ups/{follow_up.pk}/strike/"))

    assert (FollowUp.objects.count(), TimelineEntry.objects.count()) == (0, 0)
    assert Letter.objects.stale().exists()


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"on": "tomorrow"}, "on"),
        ({"on": (timezone.now() + timedelta(days=3)).date().isoformat()}, "on"),
        ({"event": "eaten"}, "event"),
        ({"event": "acknowledged"}, "event"),
        ({"is_published": "on", "who": ""}, "who"),
        ({"language": "Klingon"}, "language"),
        ({"words": "a\x02b"}, "words"),
        ({"file": SimpleUploadedFile("answer.pdf", b"MZ not a PDF")}, "file"),
        ({"file": SimpleUploadedFile("answer.pdf", b"%PDF-" + b"x" * 10_000_000)}, "file"),
    ],
)
def test_what_is_wrong_with_a_note_is_said_beside_the_field(desk, sent, typed, field):
    FollowUp.record(sent, a_moderator("secretariat"), event="acknowledged", on="2020-05-02")

    response = desk.post(address(sent.letter, f"recipients/{sent.pk}/record/"), noted(**typed))

    assert (response.status_code, set(response.context["form"].errors)) == (422, {field})
    assert response.context["form"]["words"].value() == typed.get("words", "We thank you.")
    assert FollowUp.objects.count() == 1


def test_an_answers_file_is_saved_never_shown(desk, sent):
    pdf = SimpleUploadedFile("../evil.html", b"%PDF-1.7 <script>")
    desk.post(address(sent.letter, f"recipients/{sent.pk}/record/"), noted(file=pdf))
    follow_up = FollowUp.objects.get()

    response = desk.get(address(sent.letter, f"follow-ups/{follow_up.pk}/answer.pdf"))

    assert (response["Content-Type"], response["Content-Disposition"]) == (
        "application/pdf",
        'attachment; filename="answered-2020-05-04.pdf"',
    )
    assert (response["X-Content-Type-Options"], response["Cache-Control"]) == ("nosniff", "no-store")
    desk.post(address(sent.letter, f"follow-ups/{follow_up.pk}/"), noted(drop_file="on"))
    assert FollowUp.objects.get().blob is None


def test_letters_that_were_posted_are_noted_at_one_stroke(desk):
    letter = a_published("Al-Haq")
    a_recipient(letter)
    for _number in range(2):
        a_recipient(letter, channel="post", postal_address="Nairobi")
    work(a_delivered(letter))

    wrong = desk.post(address(letter, "posted/"), {"on": "2020-13-01"})
    desk.post(address(letter, "posted/"), {"on": "2020-04-30"})
    desk.post(address(letter, "posted/"), {"on": "2020-05-01"})

    assert (wrong.status_code, set(wrong.context["posted_form"].errors)) == (422, {"on"})
    assert [(one.event, one.on.isoformat()) for one in FollowUp.objects.all()] == [("sent", "2020-04-30")] * 2
    assert letter.recipients.counts() == dict.fromkeys(
        ("answered", "acknowledged", "failed", "to-post", "waiting"), 0
    ) | {"sent": 2, "sending": 1}


def test_nothing_is_noted_of_a_letter_that_is_not_delivered(desk):
    letter = a_published("Al-Haq")
    one = a_recipient(letter)

    assert desk.post(address(letter, f"recipients/{one.pk}/record/"), noted()).status_code == 404
    assert desk.post(address(letter, "posted/"), {"on": "2020-04-30"}).status_code == 404


def test_a_letter_that_opens_no_other_letters_recipients(desk, sent):
    other = a_published("MADRE")

    for path in (f"recipients/{sent.pk}/", f"recipients/{sent.pk}/copy.pdf"):
        assert desk.get(address(other, path)).status_code == 404


def test_a_withdrawal_after_the_delivery_leaves_the_edition_of_record_as_it_is(sent):
    letter = sent.letter
    record = Delivery.objects.get().edition
    before = [line["name"] for line in record.lines]

    letter.sign_ons.get().withdraw()
    newest = publish_letter(letter)

    assert (before, [line["name"] for line in Delivery.objects.get().edition.lines]) == (["Al-Haq"], ["Al-Haq"])
    assert (newest.number, newest.count, record.number) == (3, 0, 1)


def test_no_name_of_a_recipient_stands_in_an_address(desk, sent):
    page = desk.get(address(sent.letter, "recipients/")).content.decode()

    assert [href for href in re.findall(r'href="([^"]*)"', page) if "Recipient" in href or "@" in href] == []
