"""What is stored about a representative: said, handed out, erased."""

import html
import json
import re
from datetime import timedelta

import jsonschema
import pytest
from django.contrib.auth.models import User
from django.db import DatabaseError, transaction
from django.utils import timezone

from signatories import jobs, links, mail
from signatories.models import (
    Actor,
    BatchRow,
    Correction,
    LostLink,
    Message,
    Note,
    Notice,
    SignOn,
    Transfer,
    Transition,
)
from signatories.models.link import Link
from signatories.states import NotAllowed
from tests.factories import a_batch, a_document, a_letter, a_moderator, a_sign_on

pytestmark = pytest.mark.django_db

# In every field that a representative's words may reach; the organisation's have none of them.
WHO = {
    "name_as_signed": "Sahayta",
    "representative_name": "Ximena Quispe",
    "representative_role": "Registrarix",
    "email": "ximena@example.org",
}
TRACES = ("ximena", "quispe", "registrarix")


def everything(*, but=()):
    """All text that the database holds, by table, but for the tables `but`."""
    from django.db import connection

    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table not in but:
                cursor.execute(f'SELECT string_agg(lower(t::text), chr(10)) FROM "{table}" AS t')
                found[table] = cursor.fetchone()[0] or ""
    return found


def traces(*, but=()):
    """The tables in which the representative of `WHO` is to be found."""
    return sorted(table for table, text in everything(but=but).items() if any(one in text for one in TRACES))


def a_known(state="declined"):
    """A sign-on whose representative stands in every table that can name them."""
    moderator = a_moderator()
    sign_on = a_sign_on(a_letter(), "queried", moderator=moderator, **WHO)
    SignOn.objects.filter(pk=sign_on.pk).update(network_key="a" * 64)
    minutes = a_document(sign_on, name="minutes-of-ximena.pdf")
    sign_on.answer(answer="I, Ximena, was authorised by the board.", documents=[minutes])
    desk = Actor.moderator(moderator)
    sign_on.query(desk, question="Dear Ximena, when?")
    sign_on.answer(answer="On 3 May.")
    Correction.propose(sign_on, name="Sahayta Foundation", reason="Quispe mistyped it.")
    Notice.send(sign_on, desk, address="office@sahayta.example", found_at="https://sahayta.example")
    Message.objects.filter(sign_on=sign_on).first().failed("550 <ximena@example.org> unknown", is_final=True)
    if state == "declined":
        sign_on.decline(desk, reason="not_authorised", note="Ximena left the board.")
    if state == "withdrawn":
        sign_on.withdraw(desk, note="Letter of Ximena Quispe")
    return sign_on


# ── erased ──


@pytest.mark.parametrize("state", ["declined", "withdrawn"])
def test_of_an_erased_representative_nothing_is_left_in_any_table(state, mailoutbox):
    sign_on = a_known(state)
    assert traces() == [
        "signatories_correction",
        "signatories_document",
        "signatories_message",
        "signatories_note",
        "signatories_query",
        "signatories_signon",
    ]

    sign_on.erase()
    for message in Message.objects.queued():
        mail.deliver(message.pk)

    assert traces() == []
    assert Message.objects.filter(erased_at=None).count() == 0


def test_what_is_still_to_be_sent_keeps_its_words_until_it_has_left(mailoutbox):
    sign_on = a_known("withdrawn")
    sign_on.erase()

    assert traces() == ["signatories_message"]
    last = sign_on.messages.last()
    assert (last.kind, last.recipient, last.state) == ("erased", "ximena@example.org", "queued")

    for message in Message.objects.queued():
        mail.deliver(message.pk)

    last.refresh_from_db()
    assert (last.recipient, last.text, last.html, last.state) == ("", "", "", "sent")
    assert mailoutbox[-1].to == ["ximena@example.org"]
    assert "Your data are erased: Sahayta" in mailoutbox[-1].subject


def test_a_message_that_nobody_takes_any_more_is_erased_when_it_fails_for_good():
    sign_on = a_sign_on(state="withdrawn", **WHO)
    sign_on.erase()
    last = sign_on.messages.last()

    last.failed("550 <ximena@example.org> unknown")
    last.refresh_from_db()
    assert last.recipient == "ximena@example.org"
    last.failed("550 <ximena@example.org> unknown", is_final=True)

    last.refresh_from_db()
    assert (last.recipient, last.last_error, last.state) == ("", "", "failed")
    assert (last.send_again(), list(Message.objects.failed())) == (False, [])


def test_the_nightly_job_finds_a_message_that_was_being_sent_at_that_moment():
    sign_on = a_sign_on(state="withdrawn", **WHO)
    sign_on.erase()
    Message.objects.filter(sign_on=sign_on).update(state="sent")

    jobs.erase_messages()

    assert traces() == []


def test_the_row_of_an_import_loses_what_it_says_of_the_representative():
    letter = a_letter()
    a_batch(
        letter,
        "Organisation,Country,Contact,Role,E-mail\nSahayta,India,Ximena Quispe,Registrarix,ximena@example.org\n",
        is_imported=True,
    )
    sign_on = SignOn.objects.get()
    sign_on.withdraw(Actor.moderator(a_moderator()), note="by phone")

    sign_on.erase(is_told=False)

    row = BatchRow.objects.get()
    assert (row.sign_on, row.values) == (sign_on, {"name_as_signed": "Sahayta", "country": "IN"})
    # The file as it was sent, with all others' rows, is deleted thirty days after the import; the message that
    # tells of the withdrawal has not left yet.
    assert traces(but=["signatories_message"]) == []


@pytest.mark.parametrize("state", ["pending", "queried", "accepted"])
def test_what_asks_to_stand_or_stands_on_the_list_is_not_erased(state):
    sign_on = a_sign_on(state=state, **WHO)

    with pytest.raises(NotAllowed), transaction.atomic():
        sign_on.erase()

    sign_on.refresh_from_db()
    assert (sign_on.email, sign_on.erased_at) == ("ximena@example.org", None)


def test_one_that_was_never_confirmed_is_withdrawn_with_it_and_only_one_message_says_so(client):
    sign_on = a_sign_on(state="unconfirmed", **WHO)
    confirm = f"/confirm/{links.token('confirm', sign_on.pk)}/"

    sign_on.erase()

    assert [(one.verb, one.to_state) for one in sign_on.transitions.all()] == [
        ("sign", "unconfirmed"),
        ("withdraw", "withdrawn"),
        ("erase", "withdrawn"),
    ]
    assert [one.kind for one in sign_on.messages.all()] == ["confirm", "erased"]
    page = client.get(confirm)
    assert (page.status_code, "were erased" in page.content.decode()) == (410, True)


def test_erasing_twice_writes_one_trace_and_one_message():
    sign_on = a_sign_on(state="withdrawn", **WHO)

    first, second = sign_on.erase(), sign_on.erase()

    assert (first.verb, first.from_state, first.to_state, first.note) == ("erase", "withdrawn", "withdrawn", "")
    assert (second, sign_on.messages.filter(kind="erased").count()) == (None, 1)


def test_what_remains_is_the_organisation_and_what_was_decided_when():
    sign_on = a_known("declined")

    sign_on.erase()

    sign_on.refresh_from_db()
    assert (sign_on.name_as_signed, sign_on.state, sign_on.transitions.filter(verb="decline").get().reason) == (
        "Sahayta",
        "declined",
        "not_authorised",
    )
    assert [one.at < timezone.now() for one in sign_on.transitions.all()] == [True] * 8


def test_nothing_can_happen_to_an_erased_sign_on_any_more():
    sign_on = a_sign_on(state="declined", **WHO)
    moderator = Actor.moderator(a_moderator())
    sign_on.erase()

    for act in (lambda: sign_on.reopen(moderator), lambda: sign_on.undo(moderator)):
        with pytest.raises(NotAllowed), transaction.atomic():
            act()
    assert sign_on.transitions.last().verb == "erase"


def test_the_database_lets_words_be_erased_and_nothing_else():
    sign_on = a_known("declined")
    note = Note.objects.filter(transition__sign_on=sign_on).first()

    for change in (
        lambda: Note.objects.filter(pk=note.pk).update(text="rewritten"),
        lambda: Note.objects.filter(pk=note.pk).update(text="rewritten", erased_at=timezone.now()),
        lambda: Note.objects.filter(pk=note.pk)._raw_delete("default"),
        lambda: Transition.objects.filter(pk=note.pk).update(reason="other"),
        lambda: SignOn.objects.filter(pk=sign_on.pk).update(erased_at=timezone.now()),
        lambda: Message.objects.filter(sign_on=sign_on).update(erased_at=timezone.now()),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    Note.objects.filter(pk=note.pk).erase(timezone.now())
    with pytest.raises(DatabaseError), transaction.atomic():
        Note.objects.filter(pk=note.pk).update(erased_at=timezone.now() + timedelta(days=1))
    assert Note.objects.get(pk=note.pk).text == ""


def test_the_desk_says_erased_where_the_representative_stood(client):
    sign_on = a_known("declined")
    client.force_login(a_moderator())
    page = f"/moderation/sign-ons/{sign_on.pk}/"
    found = "/moderation/?q=ximena"
    assert ("Ximena Quispe" in client.get(page).content.decode(), len(client.get(found).context["rows"])) == (True, 1)

    sign_on.erase()
    for message in Message.objects.queued():
        mail.deliver(message.pk)

    desk = client.get(page)
    text = " ".join(re.sub("<[^>]+>", " ", desk.content.decode()).split())
    assert [one for one in TRACES if one in text.lower()] == []
    assert "Representative erased on" in text
    assert "The question was erased." in text
    assert text.count("a message that was erased") == sign_on.messages.count()
    assert "Representative's data erased" in html.unescape(text)
    assert (list(desk.context["forms"]), len(client.get(found).context["rows"])) == ([], 0)


# ── said and handed out ──


def address(sign_on, rest=""):
    return f"/status/{links.token('status', sign_on.pk)}/my-data/{rest}"


def handed_out(client, sign_on):
    response = client.get(address(sign_on, "my-data.json"))
    assert response["Content-Disposition"] == f'attachment; filename="my-data-{sign_on.letter.slug}-{sign_on.pk}.json"'
    return json.loads(response.content)


def test_the_file_has_every_field_and_every_row_and_describes_itself(client):
    sign_on = a_known("declined")

    file = handed_out(client, sign_on)

    data = file["data"]
    jsonschema.validate(data, file["description"])
    assert set(data["sign_on"]) == {field.name for field in SignOn._meta.fields}
    assert [one["verb"] for one in data["transitions"]] == [one.verb for one in sign_on.transitions.all()]
    assert [one["note"] for one in data["transitions"] if one["verb"] == "decline"] == ["Ximena left the board."]
    assert [(one["question"], one["answer"]) for one in data["questions"]] == [
        ("Who authorised you?", "I, Ximena, was authorised by the board."),
        ("Dear Ximena, when?", "On 3 May."),
    ]
    assert [(one["name"], one["size"], len(one["sha256"])) for one in data["documents"]] == [
        ("minutes-of-ximena.pdf", sign_on.documents.get().size, 64)
    ]
    assert [(one["name"], one["reason"]) for one in data["corrections"]] == [
        ("Sahayta Foundation", "Quispe mistyped it.")
    ]
    assert [one["kind"] for one in data["messages"]] == [
        one.kind for one in sign_on.messages.exclude(kind="objection_notice")
    ]
    assert [one["purpose"] for one in data["links"]] == ["status"]


def test_no_link_that_works_and_no_hash_of_one_is_in_the_file(client):
    sign_on = a_known("declined")
    token = links.token("status", sign_on.pk)

    text = json.dumps(handed_out(client, sign_on)["data"])

    assert token not in text
    assert [one for one in Link.objects.values_list("sha256", flat=True) if one in text] == []
    assert ("[status]" in text, "\\u0002" in text) == (True, False)


def test_what_the_organisation_said_at_its_published_address_is_not_in_the_file(client):
    sign_on = a_known("declined")
    notice = sign_on.notices.get()
    assert "sahayta.example" not in json.dumps(handed_out(client, sign_on)["data"])

    notice.object(words="She was never ours.")
    data = handed_out(client, sign_on)["data"]

    assert [one["outcome"] for one in data["notices"]] == ["objected"]
    assert [one["recipient"] for one in data["messages"] if one["kind"] == "objection_notice"] == [""]
    assert [one for one in ("sahayta.example", "never ours") if one in json.dumps(data)] == []


def test_moderators_are_not_named_in_the_file(client):
    sign_on = a_known("declined")
    names = set(User.objects.values_list("username", flat=True))

    assert [one for one in names if one in json.dumps(handed_out(client, sign_on)["data"])] == []


def test_after_the_erasure_the_file_has_what_remains_and_still_keeps_its_form(client):
    sign_on = a_known("declined")
    sign_on.erase()
    for message in Message.objects.queued():
        mail.deliver(message.pk)

    file = handed_out(client, sign_on)

    jsonschema.validate(file["data"], file["description"])
    assert [one for one in TRACES if one in json.dumps(file["data"]).lower()] == []


def test_opening_the_pages_erases_nothing_and_the_button_does_once(client):
    sign_on = a_sign_on(state="withdrawn", **WHO)
    erase = address(sign_on, "erase/")
    assert "This cannot be undone." in client.get(erase).content.decode()
    sign_on.refresh_from_db()
    assert sign_on.erased_at is None

    first, second = client.post(erase, follow=True), client.post(erase, follow=True)

    sign_on.refresh_from_db()
    assert [one.status_code for one in (first, second)] == [200, 200]
    assert "Your data were erased on" in second.content.decode()
    assert (sign_on.email, sign_on.transitions.filter(verb="erase").count()) == ("", 1)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("pending", "Your sign-on asks for a public statement"),
        ("queried", "Your sign-on asks for a public statement"),
        ("accepted", "Your sign-on is the evidence that your organisation makes a public statement"),
    ],
)
def test_while_it_stands_the_page_says_why_nothing_is_erased_and_a_post_does_nothing(client, state, words):
    sign_on = a_sign_on(state=state, **WHO)

    page = client.get(address(sign_on, "erase/")).content.decode()
    client.post(address(sign_on, "erase/"))

    sign_on.refresh_from_db()
    assert words in html.unescape(page)
    assert "<form" not in page
    assert (sign_on.email, sign_on.state) == ("ximena@example.org", state)


def test_the_page_names_what_is_stored_and_only_that(client):
    plain = client.get(address(a_sign_on(state="pending"))).content.decode()
    rich = client.get(address(a_known("declined"))).content.decode()

    assert ("2 e-mails" in plain, "Documents" in plain, "Questions and answers" in plain) == (True, False, False)
    assert ("1 document that you sent" in rich, "2 questions of the moderators" in rich) == (True, True)


def test_two_who_erase_at_once_write_one_trace(client):
    sign_on = a_sign_on(state="declined", **WHO)
    twin = SignOn.objects.get(pk=sign_on.pk)

    assert (sign_on.erase() is None, twin.erase() is None) == (False, True)


def test_a_message_with_lost_links_goes_with_the_last_sign_on_of_its_address():
    letter = a_letter()
    first = a_sign_on(letter, "withdrawn", **WHO)
    other = a_sign_on(letter, "withdrawn", **WHO | {"name_as_signed": "Odhikar"})
    LostLink.serve(LostLink.ask(WHO["email"], "en").pk)
    lost = Message.objects.get(kind="lost_link")
    for message in Message.objects.queued():
        mail.deliver(message.pk)

    first.erase(is_told=False)
    assert Message.objects.get(pk=lost.pk).recipient == WHO["email"]
    other.erase(is_told=False)

    assert Message.objects.get(pk=lost.pk).recipient == ""
    assert traces() == []


def test_what_is_held_for_the_desk_is_dropped_and_not_sent_to_nobody():
    sign_on = a_sign_on(state="unconfirmed", **WHO)
    Message.objects.filter(sign_on=sign_on).update(state="held")

    sign_on.erase(is_told=False)

    assert [(one.kind, one.state, one.recipient) for one in sign_on.messages.all()] == [("confirm", "dropped", "")]
    assert traces() == []


def test_an_offer_to_a_successor_goes_with_the_data(client):
    sign_on = a_sign_on(state="pending", **WHO | {"email": "asha@example.org"})
    Transfer.offer(sign_on, "successor", email="ximena@example.org", name="Ximena Quispe", role="Registrarix")
    assert [(one["kind"], one["name"]) for one in handed_out(client, sign_on)["data"]["transfers"]] == [
        ("successor", "Ximena Quispe")
    ]
    sign_on.withdraw()

    sign_on.erase()
    for message in Message.objects.queued():
        mail.deliver(message.pk)

    assert traces() == []


def test_a_successor_gets_nothing_of_the_predecessor_not_even_what_is_still_to_be_sent(client):
    sign_on = a_sign_on(state="pending", **WHO)
    transfer = Transfer.offer(sign_on, "successor", email="asha@example.org", name="Asha Rao", role="Head")
    transfer.take(links.token("successor", transfer.pk))
    then = timezone.now() - timedelta(hours=72)
    Message.objects.filter(pk=transfer.told_id).update(state="sent", sent_at=then)
    Transfer.objects.filter(pk=transfer.pk).update(taken_at=then)
    transfer.carry_out()
    assert sign_on.messages.get(kind="hand_over_left").recipient == WHO["email"]

    data = handed_out(client, sign_on)["data"]

    assert [one for one in TRACES if one in json.dumps(data["messages"]).lower()] == []
    told = {one["kind"]: one["recipient"] for one in data["messages"]}
    assert (told["hand_over_left"], told["hand_over_done"]) == ("", "asha@example.org")
