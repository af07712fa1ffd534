"""What is stored about a representative: said, handed out, erased."""

import html
import re
from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.utils import timezone

from signatories import jobs, links, mail
from signatories.models import Actor, BatchRow, Correction, Message, Note, Notice, SignOn, Transition
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
