"""The secretariat invites a coalition's members to sign, and sees what came of it."""

import csv
import io
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.models import Entry
from signatories import jobs, links, mail
from signatories.bounces import Bounce, Kind
from signatories.models import (
    DoNotContact,
    InvitationRound,
    LetterNotOpen,
    MemberInvitation,
    Message,
    NotToBeWrittenTo,
    RoundHasChanged,
    SignOn,
    Switch,
)
from signatories.models.invitation_round import AT_ONCE
from tests.factories import WORDS, a_letter, a_moderator, a_round, a_sign_on, an_accepted, an_invitation, posted
from tests.mailserver import link_in, text_of

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture
def desk(client):
    """Somebody of the secretariat, signed in."""
    client.user = a_moderator("secretariat")
    client.force_login(client.user)
    return client


def a_file(content, name="members.csv"):
    file = io.BytesIO(content.encode() if isinstance(content, str) else content)
    file.name = name
    return file


def upload(desk, letter, content, **fields):
    form = {"network": "Peace Network", "language": "en", "file": a_file(content)} | fields
    return desk.post(f"/moderation/invitations/{letter.slug}/upload/", form)


def words(**fields):
    """What the form for the words holds."""
    return {
        "sender": "Amina Diallo",
        "reply_to": "amina@coalition.example",
        "has_reminders": "on",
        "subject_en-gb": "Will you sign?",
        "note_en-gb": "We ask you.",
    } | fields


def page_of(invitation, purpose="invited"):
    token = links.token({"invited": "member"}.get(purpose, purpose), invitation.pk)
    return f"/{purpose}/{token}/"


def sign_by(client, invitation, **fields):
    """Sign as a browser does that came by the link; returns the answer."""
    token = links.token("member", invitation.pk)
    return client.post(f"/{invitation.letter.slug}/sign/", posted(invitation.letter, invitation=token, **fields))


def stages(letter):
    rows = MemberInvitation.objects.to(letter).released().with_stage().order_by("name")
    return {one.name: one.stage for one in rows}


# ── the file ──


def test_each_line_of_a_file_comes_to_what_it_should_and_nobody_is_written_to(desk):
    letter = a_letter()
    an_accepted(letter, "Al-Haq")
    a_sign_on(letter, "pending", "MADRE", email="amina@madre.example")
    an_invitation(letter, "Odhikar", "office@odhikar.example")
    DoNotContact.add_address("Quiet@Example.org")
    DoNotContact.add_domain("silent.example", user=desk.user)
    before = Message.objects.count()
    content = (
        "Organisation;E-mail;Country;Language;Phone\n"
        "Sahayta;info@sahayta.example;India;fr;12\n"
        "AL HAQ;other@alhaq.example;;;\n"
        "Madre Kenya;AMINA@madre.example;;;\n"
        "Odhikar;Office@Odhikar.example;;;\n"
        "Quiet;quiet@example.org;;;\n"
        "Silent;info@mail.silent.example;;;\n"
        "Sahayta again;INFO@sahayta.example;;;\n"
        "No address;;;;\n"
        "Mistyped;nobody;;;\n"
        "Atlantis;info@atlantis.example;Atlantis;;\n"
        "Klingons;info@klingons.example;;tlh-x;\n"
    )

    answer = upload(desk, letter, content)

    made = InvitationRound.objects.get(sent_at=None)
    assert answer["Location"] == f"/moderation/invitations/rounds/{made.pk}/"
    assert [(one.name, one.email, one.country.code, one.language) for one in made.invitations.all()] == [
        ("Sahayta", "info@sahayta.example", "IN", "fr")
    ]
    assert [(line["line"], line["outcome"], line["problem"]) for line in made.left_out] == [
        (3, "signed", ""),
        (4, "signed", ""),
        (5, "invited", ""),
        (6, "do_not_contact", ""),
        (7, "do_not_contact", ""),
        (8, "repeated", "The same address stands on line 2."),
        (9, "error", "There is no e-mail address."),
        (10, "error", "Write the e-mail address as in name@example.org."),
        (11, "error", "“Atlantis” is not a country; its ISO 3166-1 code will do."),
        (12, "error", "“tlh-x” is not a language; write a tag such as en or fr."),
    ]
    assert Message.objects.count() == before
    assert "quiet@" not in str(made.left_out).lower()
    page = desk.get(answer["Location"]).content.decode()
    assert "1 member can be invited." in page
    assert "10 lines are left out." in page
    assert "Columns that mean nothing here were left out: Phone" in page
    entry = Entry.objects.get(act="upload members", user=desk.user)
    assert entry.detail == {"letter": letter.slug, "members": 1, "left_out": 10}


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("name,country\nOdhikar,BD\n", "No column is the e-mail address."),
        ("country,e-mail\nBD,office@odhikar.example\n", "No column is the organisations’ name."),
        ("", "The file is empty."),
        (b"%PDF-1.7", "It is a PDF."),
    ],
)
def test_a_file_that_cannot_be_read_is_said_to_be_so_beside_its_field_and_what_was_typed_stays(desk, content, problem):
    answer = upload(desk, a_letter(), content, network="Peace & Law")

    assert answer.status_code == 422
    page = answer.content.decode()
    assert problem.replace("’", "&#x27;") in page
    assert 'value="Peace &amp; Law"' in page
    assert not InvitationRound.objects.exists()


def test_a_workbook_is_read_like_any_other_import(desk):
    from openpyxl import Workbook

    book = Workbook()
    for row in (["Members of the network"], ["Nom de l'organisation", "Courriel"], ["Sahayta", "info@sahayta.example"]):
        book.active.append(row)
    content = io.BytesIO()
    book.save(content)

    upload(desk, a_letter(), content.getvalue())

    assert [(one.name, one.email) for one in MemberInvitation.objects.all()] == [("Sahayta", "info@sahayta.example")]


# ── words, then sending ──


def test_the_secretariat_sees_the_message_in_each_language_before_it_can_send(desk):
    letter = a_letter()
    content = "name,e-mail,language\nSahayta,info@sahayta.example,en\nOdhikar,office@odhikar.example,fr\n"
    upload(desk, letter, content)
    made = InvitationRound.objects.get()
    address = f"/moderation/invitations/rounds/{made.pk}/"

    first = desk.get(address).content.decode()
    faulty = desk.post(address, words(**{"subject_fr": "Signez-vous ?", "note_fr": "", "reply_to": "nobody"}))
    desk.post(address, words(**{"subject_fr": "Signez-vous ?", "note_fr": "Nous & vous."}))
    shown = desk.get(address).content.decode()

    assert "Send 2 invitations" not in first
    assert faulty.status_code == 422
    assert 'value="Signez-vous ?"' in faulty.content.decode()
    assert "Send 2 invitations" in shown
    assert "Nous &amp; vous." in shown
    assert "Peace Network invites Sahayta to sign the joint letter" in shown
    assert shown.count("https://…") == 8


def test_what_is_sent_is_what_was_seen(desk):
    letter = a_letter()
    upload(desk, letter, "name,e-mail\nSahayta,info@sahayta.example\n")
    made = InvitationRound.objects.get()
    address = f"/moderation/invitations/rounds/{made.pk}/"
    desk.post(address, words())
    seen = re.search('name="seen" value="([^"]+)"', desk.get(address).content.decode())[1]
    desk.post(address, words(**{"note_en-gb": "Other words."}))

    refused = desk.post(f"{address}send/", {"seen": seen})
    newest = re.search('name="seen" value="([^"]+)"', desk.get(address).content.decode())[1]
    taken = desk.post(f"{address}send/", {"seen": newest})
    again = desk.post(f"{address}send/", {"seen": newest})

    assert (refused["Location"], taken["Location"]) == (address, f"/moderation/invitations/{letter.slug}/")
    assert again.status_code == 404
    entry = Entry.objects.get(act="invite")
    assert (entry.user, entry.subject_id) == (desk.user, made.pk)
    assert entry.detail == {"letter": letter.slug, "network": "Peace Network", "members": 1}


def test_a_member_gets_a_message_in_their_language_with_a_link_of_their_own(mail_server):
    letter = a_letter()
    letter.revise("fr", title="Lettre ouverte", salutation="Excellence,", body="Nous, soussignés.", closing="")
    made = a_round(letter, "name,e-mail,contact,language\nAction & Droit,info@ad.example,Awa Ba,fr\n")
    (invitation,) = made.invitations.all()

    mail.deliver(invitation.messages.get().pk)

    (message,) = mail_server.messages
    said = text_of(message)
    assert (message["To"], message["Subject"]) == ("info@ad.example", "Will you sign?")
    assert message["From"] == "Amina Diallo <undersigned@localhost>"
    assert message["Reply-To"] == "amina@coalition.example"
    assert WORDS["note"] in said
    assert "Action & Droit" in said
    assert "«\u00a0Lettre ouverte\u00a0»" in said
    assert f"https://letters.example.org/fr/{letter.slug}/" in said
    assert link_in(message, "invited").startswith("/fr/invited/")
    assert said.count("/invited/") == 1


def test_five_hundred_members_are_invited_a_hundred_at_a_time_each_once():
    letter = a_letter()
    lines = "".join(f"Member {number},office{number}@member.example\n" for number in range(2 * AT_ONCE + 1))
    made = a_round(letter, f"name,e-mail\n{lines}", is_sent=False)
    made.send(a_moderator("secretariat"), seen=made.seen)

    counts = []
    for _turn in range(4):
        jobs.invite_members(made.pk)
        counts.append(Message.objects.invitations().count())

    assert counts == [AT_ONCE, 2 * AT_ONCE, 2 * AT_ONCE + 1, 2 * AT_ONCE + 1]
    assert len(set(Message.objects.invitations().values_list("recipient", flat=True))) == 2 * AT_ONCE + 1


def test_a_round_whose_job_was_lost_is_found_by_the_sweep(monkeypatch):
    letter = a_letter()
    made = a_round(letter, is_sent=False)
    made.send(a_moderator("secretariat"), seen=made.seen)
    found = []
    monkeypatch.setattr(jobs, "defer_once", lambda job, **arguments: found.append(arguments))

    jobs.sweep()
    InvitationRound.objects.update(touched_at=timezone.now() - timedelta(minutes=6))
    jobs.sweep()

    assert found == [{"round_id": made.pk}]


def test_whoever_signed_or_asked_to_be_left_alone_since_the_file_was_looked_at_is_left_out():
    letter = a_letter()
    content = (
        "name,e-mail\nSahayta,info@sahayta.example\nQuiet,quiet@example.org\nMADRE,amina@madre.example\n"
        "Odhikar,office@odhikar.example\n"
    )
    made = a_round(letter, content, is_sent=False)
    DoNotContact.add_address("quiet@example.org")
    a_sign_on(letter, "pending", "MADRE", email="amina@madre.example")
    an_invitation(letter)

    made.send(a_moderator("secretariat"), seen=made.seen)
    made.invite_some()

    made.refresh_from_db()
    assert [one.name for one in made.invitations.all()] == ["Sahayta"]
    assert {line["name"]: line["outcome"] for line in made.left_out} == {
        "Quiet": "do_not_contact",
        "MADRE": "signed",
        "Odhikar": "invited",
    }


def test_nobody_is_invited_to_what_cannot_be_signed(desk):
    letter = a_letter()
    made = a_round(letter, is_sent=False)
    type(letter).objects.filter(pk=letter.pk).update(closes_at=timezone.now())

    answer = desk.post(f"/moderation/invitations/rounds/{made.pk}/send/", {"seen": made.seen})

    made = InvitationRound.objects.get()
    assert (answer.status_code, made.sent_at) == (302, None)
    with pytest.raises(LetterNotOpen):
        made.send(desk.user, seen=made.seen)


def test_a_round_is_discarded_with_its_members_and_one_that_was_sent_is_not(desk):
    letter = a_letter()
    sent, other = a_round(letter), a_round(letter, is_sent=False)

    answer = desk.post(f"/moderation/invitations/rounds/{other.pk}/discard/")

    assert answer.status_code == 302
    assert [one.pk for one in InvitationRound.objects.all()] == [sent.pk]
    assert MemberInvitation.objects.count() == 1
    assert Entry.objects.get(act="discard").subject_id == other.pk
    with pytest.raises(RoundHasChanged):
        sent.discard(desk.user)


# ── the personal page ──


def test_a_scanner_that_opens_every_link_changes_nothing(client):
    invitation = an_invitation()
    before = MemberInvitation.objects.values().get()

    for path in (page_of(invitation), page_of(invitation) + "sign/", page_of(invitation, "unsubscribe")) * 3:
        assert client.get(path).status_code == 200
        assert client.head(path).status_code == 200

    assert MemberInvitation.objects.values().get() == before
    assert stages(invitation.letter) == {"Odhikar": "invited"}


def test_the_page_says_who_invites_and_a_person_goes_on_to_the_form_that_is_filled_in(client):
    letter = a_letter()
    invitation = an_invitation(
        letter, "Action & Droit", "info@ad.example", contact="Awa Ba", country="Senegal", website="ad.example"
    )

    page = client.get(page_of(invitation))
    answer = client.post(page_of(invitation), {"sign": ""})
    form = client.get(answer["Location"])

    assert "<bdi>Peace Network</bdi> invites <bdi>Action &amp; Droit</bdi> to sign" in page.content.decode()
    assert (page["Cache-Control"], page["Referrer-Policy"], page["X-Robots-Tag"]) == (
        "no-store",
        "no-referrer",
        "noindex",
    )
    assert stages(letter) == {"Action & Droit": "opened"}
    shown = form.context["form"].initial
    assert {name: shown[name] for name in ("name_as_signed", "country", "website", "representative_name", "email")} == {
        "name_as_signed": "Action & Droit",
        "country": "SN",
        "website": "https://ad.example",
        "representative_name": "Awa Ba",
        "email": "info@ad.example",
    }
    assert 'value="Action &amp; Droit"' in form.content.decode()


def test_whoever_signs_by_the_link_is_known_to_the_network_that_invited(client, desk):
    letter = a_letter()
    invitation = an_invitation(letter)

    answer = sign_by(client, invitation, name_as_signed="Odhikar", email="office@odhikar.example")

    sign_on = SignOn.objects.get()
    invitation.refresh_from_db()
    assert answer["Location"] == f"/{letter.slug}/sign/sent/"
    assert (invitation.sign_on, sign_on.state) == (sign_on, "unconfirmed")
    assert stages(letter) == {"Odhikar": "opened"}
    sign_on.confirm()
    assert stages(letter) == {"Odhikar": "signed"}
    assert (
        "invited by \u2068Peace Network\u2069 at this address"
        in desk.get(f"/moderation/sign-ons/{sign_on.pk}/").content.decode()
    )


def test_an_error_in_the_form_loses_neither_what_was_typed_nor_the_invitation(client):
    invitation = an_invitation()

    address = f"/{invitation.letter.slug}/sign/"
    token = links.token("member", invitation.pk)
    typed = posted(invitation.letter, name_as_signed="Odhikar", invitation=token, website="ftp://x")

    faulty = client.post(address, typed | {"send": "", "check": ""} | {"website": "ftp://x"})
    form = faulty.context["form"]
    mended = {name: form[name].value() or "" for name in form.fields} | {"website": "", "declaration": "on"}
    checked = client.post(address, mended | {"check": ""})
    sent = client.post(address, dict(checked.context["form"].carried) | {"send": "1"})

    invitation.refresh_from_db()
    assert (faulty.status_code, checked.status_code, sent.status_code) == (422, 200, 302)
    assert invitation.sign_on == SignOn.objects.get()


def marks(sign_on):
    found = SignOn.objects.with_evidence().get(pk=sign_on.pk).evidence
    return [
        (mark.good, mark.words.replace("\u2068", "").replace("\u2069", "")) for mark in found if mark.code == "invited"
    ]


def test_the_evidence_says_at_which_address_and_speaks_only_for_a_mailbox_that_is_confirmed(client):
    letter = a_letter()
    here, elsewhere = an_invitation(letter), an_invitation(letter, "MADRE", "office@madre.example")
    sign_by(client, here, name_as_signed="Odhikar", email="Office@odhikar.example")
    sign_by(client, elsewhere, name_as_signed="MADRE", email="somebody@free.example")
    first, second = SignOn.objects.order_by("pk")
    unasked = a_sign_on(letter, "pending", "Unasked")

    before = marks(first)
    first.confirm()
    second.confirm()

    assert before == [(None, "invited by Peace Network at this address")]
    assert marks(first) == [(True, "invited by Peace Network at this address")]
    assert marks(second) == [(None, "invited by Peace Network, at another address")]
    assert marks(unasked) == []


def test_whoever_signs_without_the_link_but_by_the_invited_address_counts_as_signed():
    letter = a_letter()
    an_invitation(letter)

    sign_on = a_sign_on(letter, "unconfirmed", "Odhikar", email="OFFICE@odhikar.example")
    before = stages(letter)
    sign_on.confirm()

    assert (before, stages(letter)) == ({"Odhikar": "invited"}, {"Odhikar": "signed"})
    assert marks(sign_on) == [(True, "invited by Peace Network at this address")]


def test_an_invitation_to_one_letter_is_none_to_another(client):
    invitation, other = an_invitation(), a_letter()
    token = links.token("member", invitation.pk)

    client.post(f"/{other.slug}/sign/", posted(other, invitation=token))
    client.post(f"/{other.slug}/sign/", posted(other, invitation="no token at all"))

    invitation.refresh_from_db()
    assert (invitation.sign_on, SignOn.objects.count()) == (None, 2)


def test_an_invitation_presets_nothing_but_what_the_form_shows(client):
    letter = a_letter()
    invitation = an_invitation(letter, country="Bangladesh")

    sign_by(client, invitation, name_as_signed="Another name", country="FR", email="office@odhikar.example")

    sign_on = SignOn.objects.get()
    assert (sign_on.state, sign_on.name_as_signed, sign_on.country.code) == ("unconfirmed", "Another name", "FR")
    assert (sign_on.organisation, sign_on.listed_name) == (None, "")


def test_a_sign_on_that_fails_leaves_the_invitation_as_it_was(monkeypatch):
    invitation = an_invitation()

    def fail(*_arguments, **_named):
        raise RuntimeError

    monkeypatch.setattr(MemberInvitation, "drop_messages", fail)
    with pytest.raises(RuntimeError):
        invitation.sign(
            invitation.letter.text(),
            name_as_signed="Odhikar",
            representative_name="A",
            representative_role="B",
            email="office@odhikar.example",
        )

    invitation.refresh_from_db()
    assert (invitation.sign_on, SignOn.objects.count()) == (None, 0)


def test_a_member_says_no_and_may_change_their_mind(client, desk):
    invitation = an_invitation()
    letter = invitation.letter
    page = page_of(invitation)

    answer = client.post(page, {"decline": "", "words": "Our board <meets> in June."})
    declined, shown = stages(letter), client.get(page).content.decode()
    history = desk.get(f"/moderation/invitations/members/{invitation.pk}/").content.decode()
    sign_by(client, invitation, email="office@odhikar.example")
    SignOn.objects.get().confirm()

    assert answer["Location"] == page.replace(page.split("/")[2], answer["Location"].split("/")[2])
    assert declined == {"Odhikar": "declined"}
    assert "that you do not want to sign" in shown
    assert "Our board &lt;meets&gt; in June." in history
    assert stages(letter) == {"Odhikar": "signed"}
    assert not invitation.messages.queued().exists()


def test_a_reason_with_a_control_character_is_refused_beside_its_field_and_kept(client):
    invitation = an_invitation()

    answer = client.post(page_of(invitation), {"decline": "", "words": "No\x02."})

    assert answer.status_code == 422
    assert "invisible control character" in answer.content.decode()
    assert stages(invitation.letter) == {"Odhikar": "invited"}


def test_after_the_end_the_page_says_so_and_leads_to_no_form(client):
    letter = a_letter(opens_at=timezone.now() - 9 * DAY)
    invitation = an_invitation(letter)
    type(letter).objects.filter(pk=letter.pk).update(closes_at=timezone.now())

    page, form = client.get(page_of(invitation)), client.get(page_of(invitation) + "sign/")

    assert (page.status_code, form.status_code) == (200, 410)
    assert "Signing closed on" in page.content.decode()
    assert "Go to the form" not in page.content.decode()


@pytest.mark.parametrize("path", ["/invited/cut-short/", "/invited/cut-short/sign/", "/fr/unsubscribe/cut-short/"])
def test_a_link_that_was_cut_short_explains_itself(client, path):
    answer = client.get(path)

    assert (answer.status_code, dict(answer.cookies)) == (404, {})
    assert b"<h1>" in answer.content


def test_a_link_for_one_thing_does_not_do_another(client):
    invitation = an_invitation()
    token = links.token("member", invitation.pk)

    assert client.post(f"/unsubscribe/{token}/", {"all": ""}).status_code == 404
    assert client.get(f"/status/{token}/").status_code == 404


# ── reminders ──


def remind(monkeypatch, letter, days):
    """Run the day's job that many days after the invitations; returns how many reminders there are by then."""
    sent_at = MemberInvitation.objects.to(letter).sent().earliest("sent_at").sent_at
    monkeypatch.setattr(timezone, "now", lambda: sent_at + days * DAY + timedelta(minutes=1))
    jobs.remind_members()
    monkeypatch.undo()
    return Message.objects.filter(kind="member_reminder").count()


def test_a_member_is_reminded_after_seven_and_fourteen_days_and_never_again(monkeypatch, mail_server):
    invitation = an_invitation()

    counts = [remind(monkeypatch, invitation.letter, days) for days in (1, 6, 7, 7, 8, 13, 14, 14, 15, 30, 60)]
    for message in Message.objects.filter(kind="member_reminder"):
        mail.deliver(message.pk)

    assert counts == [0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 2]
    first, second = (text_of(one) for one in mail_server.messages)
    assert "We shall not remind you again." not in first
    assert "We shall not remind you again." in second
    assert [one["Subject"] for one in mail_server.messages] == ["Reminder: Will you sign?"] * 2
    assert "/invited/" in first


def test_a_worker_that_slept_for_weeks_sends_one_reminder_and_not_two_at_once(monkeypatch):
    invitation = an_invitation()

    assert [remind(monkeypatch, invitation.letter, days) for days in (20, 20, 21, 26)] == [1, 1, 1, 2]


ANSWERS = "signed form declined unsubscribed bounced returned complained listed closed paused off"


@pytest.mark.parametrize("why", ANSWERS.split())
def test_whoever_has_answered_in_any_way_is_not_reminded(monkeypatch, client, why):
    letter = a_letter()
    quiet = an_invitation(letter)
    other = a_round(letter, "name,e-mail\nMADRE,office@madre.example\n", has_reminders=why != "off")
    (invitation,) = other.invitations.all()
    match why:
        case "signed":
            a_sign_on(letter, "pending", "MADRE", email="office@madre.example")
        case "form":
            sign_by(client, invitation, name_as_signed="MADRE", email="else@madre.example")
        case "declined":
            client.post(page_of(invitation), {"decline": ""})
        case "unsubscribed":
            client.post(page_of(invitation, "unsubscribe"), {"letter": ""})
        case "bounced":
            invitation.messages.get().failed("550 no such user", is_final=True)
        case "returned":
            message = invitation.messages.get()
            message.sent()
            message.bounced(Bounce(Kind.HARD, "5.1.1", "no such user"))
        case "complained":
            message = invitation.messages.get()
            message.sent()
            message.bounced(Bounce(Kind.COMPLAINT))
        case "paused":
            Switch.turn(letter, a_moderator(), position=Switch.Position.PAUSED, note="a flood")
        case "listed":
            DoNotContact.add_domain("madre.example", user=a_moderator())
        case "closed":
            type(letter).objects.filter(pk=letter.pk).update(closes_at=timezone.now() + 2 * DAY)

    remind(monkeypatch, letter, 7)

    reminded = set(Message.objects.filter(kind="member_reminder").values_list("recipient", flat=True))
    assert reminded == (set() if why in ("closed", "paused") else {quiet.email})


def test_an_invitation_is_sent_again_by_hand_but_not_twice_a_day_and_not_to_who_said_no(desk):
    invitation = an_invitation()
    address = f"/moderation/invitations/members/{invitation.pk}/again/"

    desk.post(address)
    at_once = invitation.messages.count()
    Message.objects.update(created_at=timezone.now() - 2 * DAY)
    desk.post(address)
    desk.post(address)
    later = invitation.messages.count()
    Message.objects.update(created_at=timezone.now() - 2 * DAY)
    invitation.decline()

    assert (at_once, later) == (1, 2)
    assert Entry.objects.filter(act="invite again").count() == 1
    invitation.refresh_from_db()
    assert invitation.reminders == 0
    with pytest.raises(NotToBeWrittenTo):
        invitation.invite_again(desk.user)


# ── the desk ──


def test_the_page_counts_what_came_of_the_invitations_by_network(desk, client):
    letter = a_letter()
    names = ["a", "b", "c", "d", "e", "f"]
    lines = "".join(f"Member {name},{name}@member.example\n" for name in names)
    made = a_round(letter, f"name,e-mail\n{lines}", network="Peace Network")
    a_round(letter, "name,e-mail\nOther,other@other.example\n", network="Law Network")
    a, b, c, d, e, _f = made.invitations.order_by("pk")
    a.open()
    b.decline()
    c.unsubscribe(from_all=False)
    d.messages.get().failed("550", is_final=True)
    sign_by(client, e, name_as_signed="Member e", email="e@member.example")
    SignOn.objects.get().confirm()
    desk.force_login(desk.user)

    page = desk.get(f"/moderation/invitations/{letter.slug}/")

    law, peace = page.context["networks"]
    assert (law.network, law.invited, law.signed) == ("Law Network", 1, 0)
    assert (peace.invited, peace.opened, peace.signed, peace.accepted) == (6, 2, 1, 0)
    assert (peace.declined, peace.unsubscribed, peace.bounced) == (1, 1, 1)
    assert stages(letter) == {
        "Member a": "opened",
        "Member b": "declined",
        "Member c": "unsubscribed",
        "Member d": "bounced",
        "Member e": "signed",
        "Member f": "invited",
        "Other": "invited",
    }


def shown(desk, letter, query):
    page = desk.get(f"/moderation/invitations/{letter.slug}/{query}")
    return [one.name for one in page.context["page"]]


def test_invitations_are_found_by_stage_network_and_words(desk):
    letter = a_letter()
    a_round(letter, "name,e-mail\nOdhikar,office@odhikar.example\nMADRE,info@madre.example\n")
    a_round(letter, "name,e-mail\nSahayta,info@sahayta.example\n", network="Law Network")
    MemberInvitation.objects.get(name="MADRE").decline()

    assert shown(desk, letter, "") == ["MADRE", "Odhikar", "Sahayta"]
    assert shown(desk, letter, "?stage=declined") == ["MADRE"]
    assert shown(desk, letter, "?network=Law+Network") == ["Sahayta"]
    assert shown(desk, letter, "?q=info%40+example") == ["MADRE", "Sahayta"]
    assert shown(desk, letter, "?q=nobody%00") == []
    assert desk.get(f"/moderation/invitations/{letter.slug}/?stage=lost").status_code == 404


@pytest.mark.parametrize("path", ["letter", "round", "list", "figures", "do-not-contact"])
def test_a_page_asks_as_many_questions_for_one_row_as_for_many(desk, path):
    letter = a_letter()
    counts = []
    for many in (1, 4):
        lines = "".join(f"Member {n},office{n}@{many}.example\n" for n in range(many))
        a_round(letter, f"name,e-mail\n{lines}", network=f"Network {many}")
        draft = a_round(letter, f"name,e-mail\n{lines}".replace("office", "other"), is_sent=False)
        for number in range(many):
            DoNotContact.add_domain(f"d{number}.example", user=desk.user)
        address = {
            "letter": f"/moderation/invitations/{letter.slug}/",
            "round": f"/moderation/invitations/rounds/{draft.pk}/",
            "list": "/moderation/invitations/",
            "figures": "/moderation/figures/",
            "do-not-contact": "/moderation/do-not-contact/",
        }[path]
        desk.get(address)
        with CaptureQueriesContext(connection) as queries:
            assert desk.get(address).status_code == 200
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_the_export_has_the_stages_and_its_purpose_is_on_record(desk):
    letter = a_letter()
    an_invitation(letter, "+Peace", "office@odhikar.example").decline("No.")
    address = f"/moderation/invitations/{letter.slug}/export/"

    refused = desk.post(address, {"extension": "csv", "purpose": ""})
    file = desk.post(address, {"extension": "csv", "purpose": "report to the network"})
    (row,) = csv.DictReader(io.StringIO(b"".join(file.streaming_content).decode("utf-8-sig")))

    assert refused.status_code == 422
    assert (row["organisation"], row["stage"], row["reason"]) == ("'+Peace", "does not want to sign", "No.")
    assert row["invited by"] == "Peace Network"
    entry = Entry.objects.get(act="export")
    assert (entry.user, entry.detail["purpose"], entry.detail["rows"]) == (desk.user, "report to the network", 1)


def test_the_network_stands_in_the_figures_and_in_the_export_of_sign_ons(desk, client):
    letter = a_letter()
    sign_by(client, an_invitation(letter), name_as_signed="Odhikar", email="office@odhikar.example")
    SignOn.objects.get().confirm()
    desk.force_login(desk.user)

    page = desk.get(f"/moderation/figures/{letter.slug}/").content.decode()
    form = {"kind": "signons", "letter": letter.slug, "state": "any", "extension": "csv", "purpose": "report"}
    file = desk.post("/moderation/export/", form)
    (row,) = csv.DictReader(io.StringIO(b"".join(file.streaming_content).decode("utf-8-sig")))

    assert '<th scope="row"><bdi>Peace Network</bdi></th><td>1</td><td>1</td><td>0</td>' in page
    assert row["invited by"] == "Peace Network"


def test_whoever_reads_an_address_is_on_record(desk):
    invitation = an_invitation()

    page = desk.get(f"/moderation/invitations/members/{invitation.pk}/").content.decode()

    assert "office@odhikar.example" in page
    entry = Entry.objects.get(act="read")
    assert (entry.user, entry.subject_kind, entry.subject_id) == (desk.user, "memberinvitation", invitation.pk)
    assert "office@" not in str(entry.detail) + entry.subject_label


def test_a_moderator_sees_the_attribution_and_not_the_invitations(client):
    invitation = an_invitation()
    client.force_login(a_moderator("moderator"))

    for path in ("", f"{invitation.letter.slug}/", f"members/{invitation.pk}/"):
        assert client.get(f"/moderation/invitations/{path}").status_code == 403


# ── what is forgotten ──


def test_what_nobody_sends_and_addresses_of_letters_that_ended_long_ago_are_forgotten():
    over, current = a_letter(opens_at=timezone.now() - 200 * DAY), a_letter()
    old, new = an_invitation(over), an_invitation(current)
    type(over).objects.filter(pk=over.pk).update(closes_at=timezone.now() - 91 * DAY)
    draft = a_round(current, is_sent=False)
    InvitationRound.objects.filter(pk=draft.pk).update(uploaded_at=timezone.now() - 31 * DAY)

    jobs.forget_invitations()

    old.refresh_from_db()
    new.refresh_from_db()
    message = old.messages.get()
    assert (old.email, old.name, message.recipient, message.text, message.html) == ("", "Odhikar", "", "", "")
    assert new.email == "office@odhikar.example"
    assert not InvitationRound.objects.filter(pk=draft.pk).exists()
