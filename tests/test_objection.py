"""An organisation is asked at its published address whether it knows of its sign-on."""

import re
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.models import Entry
from signatories import jobs, links, mail
from signatories.models import Actor, Message, Notice, NoticeNotPossible, SignOn
from tests.factories import a_letter, a_moderator, a_sign_on
from tests.mailserver import link_in, text_of
from tests.test_decide import at_once

pytestmark = pytest.mark.django_db

ADDRESS = "office@jsf.example"


@pytest.fixture
def desk(client):
    """A moderator, signed in."""
    client.moderator = a_moderator()
    client.force_login(client.moderator)
    return client


def a_notice(sign_on=None, *, sent=None, moderator=None, address=ADDRESS):
    """A notice about `sign_on`; its message was taken by the mail server so long ago, if that is given."""
    sign_on = sign_on or a_sign_on(name="Justice Sans Frontières", email="amina@private.example")
    notice = Notice.send(sign_on, Actor.moderator(moderator or a_moderator()), address=address, found_at="contact page")
    if sent is not None:
        notice.message.sent()
        Message.objects.filter(pk=notice.message_id).update(sent_at=timezone.now() - sent)
        notice.refresh_from_db()
    return notice


def page_of(notice):
    """The address that the message gives."""
    prefix = "" if notice.language == "en-gb" else f"/{notice.language}"
    return f"{prefix}/objection/{links.notice_token(notice.pk)}/"


def marks(sign_on):
    """What the queue and the evidence read of a sign-on."""
    found = SignOn.objects.with_notices().get(pk=sign_on.pk)
    return found.objection, found.has_published_answer


# ── how it is sent ──


def test_a_moderator_asks_and_the_published_address_gets_one_link_that_works(desk, mail_server):
    sign_on = a_sign_on(name="Action & Droit", email="amina@private.example")

    answer = desk.post(f"/moderation/sign-ons/{sign_on.pk}/notify/", {"address": ADDRESS, "found_at": "contact page"})
    notice = Notice.objects.get()
    mail.deliver(notice.message_id)

    (message,) = mail_server.messages
    words = text_of(message)
    assert (answer["Location"], message["To"]) == (f"/moderation/sign-ons/{sign_on.pk}/", ADDRESS)
    assert message["Subject"] == "Did Action & Droit sign this letter? You can object within 72 hours"
    assert "Amina Diallo, who gave as role “Director”, has signed the public letter “A joint letter”" in words
    assert "silence is not consent" in words
    assert "amina@private.example" not in message.as_string()
    assert words.count("/objection/") == 1
    assert desk.get(link_in(message, "objection")).status_code == 200
    entry = Entry.objects.get(act="notify")
    assert (entry.user, entry.subject_id, entry.detail) == (desk.moderator, sign_on.pk, {"notice": notice.pk})


def test_no_token_of_a_notice_is_stored(mail_server):
    notice = a_notice()

    mail.deliver(notice.message_id)

    token = link_in(mail_server.messages[0], "objection").split("/")[2]
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(text || html, '') FROM signatories_message")
        stored = cursor.fetchone()[0]
    assert token not in stored
    assert "\x02objection\x03" in stored


@pytest.mark.parametrize(
    ("language", "subject", "word", "direction"),
    [
        ("en", "Did MADRE sign this letter?", "silence is not consent", "ltr"),
        ("fr", "MADRE, a-t-elle signé", "le silence ne vaut pas consentement", "ltr"),
        ("es", "¿Ha firmado MADRE esta carta?", "el silencio no es consentimiento", "ltr"),
        ("ar", "هل وقّعت MADRE على هذه الرسالة؟", "فالسكوت ليس موافقة", "rtl"),
        ("sw", "Did MADRE sign this letter?", "silence is not consent", "ltr"),
    ],
)
def test_message_and_page_speak_the_language_of_the_text_throughout(client, language, subject, word, direction):
    notice = a_notice(a_sign_on(a_letter(language=language), name="MADRE"))

    page = client.get(page_of(notice)).content.decode()

    assert subject in notice.message.subject.replace("\u2068", "").replace("\u2069", "")
    assert word in notice.message.text
    assert f'dir="{direction}"' in notice.message.html
    assert word in page
    assert re.search(f'<html lang="[a-z-]+" dir="{direction}">', page)
    english = {"Dear Sir", "Kind regards", "We object", "Signed by", "Country", "(optional)", "Skip to the text"}
    shown = {one for one in english if one in page or one in notice.message.text}
    assert shown == (english if language in {"en", "sw"} else set())


def test_the_page_is_there_in_the_other_languages_by_its_address(client):
    address = page_of(a_notice())

    titles = [
        re.search("<h1>(.*?)</h1>", client.get(f"{prefix}{address}").content.decode())[1]
        for prefix in ("", "/fr", "/es", "/ar")
    ]

    assert titles == [
        "Was this signed in your name?",
        "Cette signature est-elle la vôtre\u00a0?",
        "¿Se ha firmado esto en su nombre?",
        "هل وُقّع هذا باسمكم؟",
    ]
    assert client.get(f"/xx{address}").status_code == 404
    own = client.get(address).content.decode()
    assert re.findall(r'hreflang="([^"]*)">([^<]*)<', own) == [
        ("ar", "العربيّة"),
        ("es", "Español"),
        ("fr", "Français"),
    ]


def test_one_notice_at_a_time_waits_for_an_answer_and_the_database_keeps_it():
    notice = a_notice()

    with pytest.raises(NoticeNotPossible):
        a_notice(notice.sign_on, address="other@jsf.example")
    other = a_notice()
    with pytest.raises(IntegrityError), transaction.atomic():
        Notice.objects.filter(pk=other.pk).update(sign_on=notice.sign_on)
    notice.confirm()
    again = a_notice(notice.sign_on)
    assert list(notice.sign_on.notices.all()) == [notice, again]


@pytest.mark.django_db(transaction=True)
def test_two_moderators_who_ask_at_once_send_one_notice():
    for _round in range(3):
        sign_on = a_sign_on()

        def ask(user, pk=sign_on.pk):
            Notice.send(SignOn.objects.get(pk=pk), Actor.moderator(user), address=ADDRESS, found_at="page")

        outcomes = at_once(ask, ask)

        assert sorted(outcomes) == ["NoticeNotPossible", "done"]
        assert sign_on.messages.filter(kind="objection_notice").count() == 1


def test_a_notice_that_could_not_be_delivered_makes_room_for_another(desk):
    lost = a_notice()
    lost.message.failed("550 no such user", is_final=True)

    panel = desk.get(f"/moderation/sign-ons/{lost.sign_on_id}/").content.decode()
    queue = desk.get("/moderation/").content.decode()
    a_notice(lost.sign_on, address="other@jsf.example")

    lost.refresh_from_db()
    assert "The notice could not be delivered" in panel
    assert "Messages that could not be sent" in queue
    assert (lost.replaced_at is not None, lost.outcome) == (True, "lost")


@pytest.mark.parametrize("state", ["unconfirmed", "declined", "withdrawn"])
def test_nobody_is_asked_about_what_nobody_signed_or_what_no_longer_stands(state):
    with pytest.raises(NoticeNotPossible):
        a_notice(a_sign_on(state=state))

    assert Message.objects.filter(kind="objection_notice").count() == 0


def test_an_address_gets_three_notices_a_day_and_a_form_with_errors_is_not_counted(desk):
    letter = a_letter()
    outcomes = []
    for _number in range(4):
        address = f"/moderation/sign-ons/{a_sign_on(letter).pk}/notify/"
        desk.post(address, {"address": ADDRESS, "found_at": ""})
        outcomes.append(desk.post(address, {"address": ADDRESS.upper(), "found_at": "page"}).status_code)

    assert outcomes == [302, 302, 302, 422]
    assert Notice.objects.count() == 3


def test_the_representatives_own_address_is_no_published_address(desk):
    sign_on = a_sign_on(email="amina@jsf.example")

    form = {"address": "Amina@JSF.example", "found_at": "contact page"}
    answer = desk.post(f"/moderation/sign-ons/{sign_on.pk}/notify/", form)

    assert (answer.status_code, Notice.objects.count()) == (422, 0)
    assert "This is the address of whoever signed" in answer.content.decode()


def test_who_may_not_decide_may_not_ask_nor_settle(client):
    notice = a_notice()
    notice.object()
    client.force_login(a_moderator("secretariat"))

    answers = [
        client.post(f"/moderation/sign-ons/{notice.sign_on_id}/notify/", {"address": ADDRESS, "found_at": "page"}),
        client.post(f"/moderation/notices/{notice.pk}/settle/", {"note": "they called"}),
    ]

    assert [answer.status_code for answer in answers] == [403, 403]
    with pytest.raises(PermissionDenied):
        notice.settle(Actor.moderator(a_moderator("secretariat")), note="they called")
    notice.refresh_from_db()
    assert (Notice.objects.count(), notice.settled_at) == (1, None)


# ── what the organisation reads and says ──


def test_the_page_says_what_was_signed_by_whom_and_that_silence_is_no_consent_but_no_e_mail_address(client):
    notice = a_notice(sent=timedelta(hours=1))

    answer = client.get(page_of(notice))

    page = answer.content.decode()
    assert f'<a href="/{notice.sign_on.letter.slug}/"' in page
    assert "<bdi>Justice Sans Frontières</bdi>" in page
    assert "<bdi>Amina Diallo</bdi> (<bdi>Director</bdi>)" in page
    assert "silence is not consent" in page
    assert f"Please object by {notice.ends_at:%-d %B %Y, %H:%M} UTC" in page
    assert "private.example" not in page
    assert ADDRESS not in page
    assert (answer["Cache-Control"], answer["Referrer-Policy"]) == ("no-store", "no-referrer")
    assert answer["X-Robots-Tag"] == "noindex"


def test_the_button_alone_objects_and_the_sign_on_stays_as_it_is(client):
    notice = a_notice()

    client.get(page_of(notice))
    before = Notice.objects.values_list("objected_at", "confirmed_at").get()
    answer = client.post(page_of(notice), {"object": "We object"})

    notice.refresh_from_db()
    notice.sign_on.refresh_from_db()
    assert before == (None, None)
    assert (answer.status_code, notice.outcome, notice.wish, notice.words) == (302, "objected", "no_listing", "")
    assert notice.sign_on.state == "pending"
    assert marks(notice.sign_on) == ("objected", False)
    assert "You objected on" in client.get(answer["Location"]).content.decode()
    assert [one.kind for one in notice.sign_on.messages.all()] == ["confirm", "confirmed", "objection_notice"]


def test_the_objector_may_say_more(client):
    notice = a_notice()

    client.post(page_of(notice), {"wish": "ask_first", "words": "She left us in May."})

    notice.refresh_from_db()
    assert (notice.wish, notice.words) == ("ask_first", "She left us in May.")


def test_what_cannot_be_taken_is_explained_in_the_readers_language_and_nothing_is_lost(client):
    notice = a_notice()

    answer = client.post(f"/fr{page_of(notice)}", {"wish": "ask_first", "words": "Elle est partie\x07."})

    page = answer.content.decode()
    notice.refresh_from_db()
    assert (answer.status_code, notice.objected_at) == (422, None)
    assert "Ce texte contient un caractère invisible" in page
    assert "Veuillez vérifier ceci" in page
    assert re.search(r'value="ask_first"[^>]*checked', page)


def test_the_organisation_confirms_by_the_quiet_button(client):
    notice = a_notice()

    client.post(page_of(notice), {"confirm": ""})

    notice.refresh_from_db()
    assert (notice.outcome, marks(notice.sign_on)) == ("confirmed", ("confirmed", True))
    page = client.get(page_of(notice)).content.decode()
    assert "that this sign-on is yours. Thank you." in page
    assert "We object" in page
    assert "We confirm" not in page


def test_an_objection_outweighs_a_confirmation_and_both_stay_on_record(client, desk):
    notice = a_notice()
    notice.confirm()

    client.post(page_of(notice), {"words": "somebody else here clicked"})

    notice.refresh_from_db()
    assert None not in (notice.confirmed_at, notice.objected_at)
    assert marks(notice.sign_on) == ("objected", False)
    assert "it was confirmed, too" in desk.get(f"/moderation/sign-ons/{notice.sign_on_id}/").content.decode()


def test_a_second_objection_changes_nothing_of_the_first(client):
    notice = a_notice()
    client.post(page_of(notice), {"words": "first"})
    before = Notice.objects.values().get()

    client.post(page_of(notice), {"words": "second", "wish": "ask_first"})

    assert Notice.objects.values().get() == before


def test_a_link_that_is_wrong_or_too_old_explains_itself_in_the_readers_language(client, settings):
    notice = a_notice()
    wrong = client.get("/objection/1:abcdef:nonsense/", headers={"accept-language": "ar"})
    other_purpose = client.post(f"/objection/{links.token('status', notice.sign_on_id)}/", {"object": ""})
    settings.LINK_LIFETIMES = settings.LINK_LIFETIMES | {"objection": timedelta(seconds=-1)}

    old = client.post(page_of(notice), {"object": ""})

    notice.refresh_from_db()
    assert [wrong.status_code, other_purpose.status_code, old.status_code] == [404, 404, 410]
    assert 'dir="rtl"' in wrong.content.decode()
    assert "older than a year" in old.content.decode()
    assert notice.objected_at is None
    assert not any(answer.cookies for answer in (wrong, other_purpose, old))


# ── silence ──


def test_silence_is_recorded_as_silence_72_hours_after_the_message_left_and_is_no_confirmation():
    early, late = a_notice(sent=timedelta(hours=71, minutes=59)), a_notice(sent=timedelta(hours=72))
    unsent = a_notice()
    Notice.objects.filter(pk=unsent.pk).update(created_at=timezone.now() - timedelta(days=9))

    jobs.sweep()

    outcomes = [Notice.objects.get(pk=one.pk).outcome for one in (early, late, unsent)]
    assert outcomes == ["waits", "silent", "waits"]
    assert marks(late.sign_on) == ("silent", False)
    late.sign_on.refresh_from_db()
    assert late.sign_on.state == "pending"


def test_an_objection_after_the_deadline_counts_and_says_so(client, desk):
    notice = a_notice(sent=timedelta(hours=73))
    jobs.sweep()

    page = client.get(page_of(notice)).content.decode()
    client.post(page_of(notice), {"object": ""})

    notice.refresh_from_db()
    assert "Your objection counts all the same" in page
    assert (notice.outcome, marks(notice.sign_on)) == ("objected", ("objected", False))
    assert "after the time was over" in desk.get(f"/moderation/sign-ons/{notice.sign_on_id}/").content.decode()


def test_an_answer_that_comes_while_silence_is_recorded_is_not_overwritten():
    notice = a_notice(sent=timedelta(hours=73))
    seen = Notice.objects.unanswered().get()
    notice.object()

    assert seen.fall_silent() is False
    notice.refresh_from_db()
    assert (notice.silent_at, notice.outcome) == (None, "objected")


# ── the desk ──


def test_an_objection_to_a_signatory_stands_on_top_of_the_queue_until_a_moderator_settles_it(desk):
    sign_on = a_sign_on(state="accepted", name="Al-Haq")
    notice = a_notice(sign_on)
    quiet = desk.get("/moderation/").content.decode()
    notice.object(words="Nobody here knows of it.")

    queue = desk.get("/moderation/").content.decode()
    row = desk.get("/moderation/?state=accepted").content.decode()
    panel = desk.get(f"/moderation/sign-ons/{sign_on.pk}/").content.decode()
    without = desk.post(f"/moderation/notices/{notice.pk}/settle/", {"note": ""})
    desk.post(f"/moderation/notices/{notice.pk}/settle/", {"note": "their director called on 3 May"})
    after = desk.get("/moderation/").content.decode()

    sign_on.refresh_from_db()
    notice.refresh_from_db()
    assert "An organisation objects" not in quiet
    assert "<bdi>Al-Haq</bdi>" in queue.split("An organisation objects")[1].split("</section>")[0]
    assert "the published address objected" in row
    assert "Nobody here knows of it." in panel
    assert without.status_code == 422
    assert "An organisation objects" not in after
    assert (sign_on.state, notice.settled_by) == ("accepted", desk.moderator)
    assert Entry.objects.get(act="settle").detail == {"notice": notice.pk}


def test_an_objection_leaves_the_top_of_the_queue_with_the_sign_on(desk):
    sign_on = a_sign_on(state="accepted", name="Al-Haq")
    a_notice(sign_on).object()

    sign_on.decline(Actor.moderator(desk.moderator), reason="not_authorised")

    assert "An organisation objects" not in desk.get("/moderation/").content.decode()
    assert list(Notice.objects.objections()) == []


def test_an_objection_is_settled_once(desk):
    notice = a_notice()

    assert notice.settle(Actor.moderator(desk.moderator), note="too early") is False
    notice.object()
    assert notice.settle(Actor.moderator(desk.moderator), note="first") is True
    assert notice.settle(Actor.moderator(a_moderator()), note="second") is False
    assert Notice.objects.get().settlement == "first"
    with pytest.raises(ValueError, match="requires a note"):
        notice.settle(Actor.moderator(desk.moderator), note="")


def test_an_objection_that_was_settled_is_renewed_with_all_that_was_said_and_stands_on_top_again(desk):
    sign_on, settle = a_sign_on(state="accepted", name="Al-Haq"), "/moderation/notices/{}/settle/"
    notice = a_notice(sign_on)
    desk.post(page_of(notice), {"words": "Nobody here knows of it."})
    first = Notice.objects.get().objected_at
    desk.post(settle.format(notice.pk), {"note": "their director called"})
    page = desk.get(page_of(notice)).content.decode()

    desk.post(page_of(notice), {"words": "Our director did not call you.", "wish": "ask_first"})
    desk.post(page_of(notice), {"words": "a double click"})

    notice.refresh_from_db()
    queue = desk.get("/moderation/").content.decode()
    panel = desk.get(f"/moderation/sign-ons/{sign_on.pk}/").content.decode()
    assert "the moderators have settled it" in page
    assert "We object" in page
    assert "We confirm" not in page
    assert (notice.settled_at, notice.wish, notice.objected_at > first) == (None, "ask_first", True)
    assert notice.words == "Nobody here knows of it.\n\nOur director did not call you."
    assert "<bdi>Al-Haq</bdi>" in queue.split("An organisation objects")[1].split("</section>")[0]
    assert "The organisation objects" in panel
    assert "It was settled before" in panel
    assert "their director called" in panel
    assert marks(sign_on) == ("objected", False)
    assert notice.settle(Actor.moderator(desk.moderator), note="taken off the list") is True
    assert Notice.objects.get().settlement == "their director called\n\ntaken off the list"


def test_a_reader_sees_that_somebody_objects_and_no_personal_data(client):
    notice = a_notice()
    notice.object(words="Amina left us.")
    client.force_login(a_moderator("reader"))

    panel = client.get(f"/moderation/sign-ons/{notice.sign_on_id}/").content.decode()

    assert "The organisation objects" in panel
    assert [secret for secret in (ADDRESS, "Amina", "contact page") if secret in panel] == []
    assert f"/moderation/sign-ons/{notice.sign_on_id}/notify/" not in panel


def test_objections_cost_the_queue_the_same_number_of_queries_for_one_and_for_three(desk):
    letter, counts = a_letter(), []
    for number in range(3):
        a_notice(a_sign_on(letter, "accepted"), address=f"office{number}@jsf.example").object()
        with CaptureQueriesContext(connection) as queries:
            desk.get("/moderation/?state=accepted")
        counts.append(len(queries))

    assert counts[0] == counts[2]
