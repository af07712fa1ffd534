"""The record: append-only, chained, and searched by whoever may."""

import io
import threading

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from audit.models import NOTHING, Entry, faults, record
from letter.jobs import verify_every_night
from signatories.models import Actor, Organisation, VariantName
from tests.factories import a_batch, a_letter, a_moderator, a_sign_on


@pytest.fixture
def without_triggers(db):
    """What only the owner of the table can do."""

    def run(sql, *values):
        with connection.cursor() as cursor:
            # PostgreSQL alters no table with checks still to come.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE audit_entry DISABLE TRIGGER USER")
            cursor.execute(sql, values)
            cursor.execute("ALTER TABLE audit_entry ENABLE TRIGGER USER")

    return run


@pytest.fixture
def three_entries(db):
    user = a_moderator()
    return [record(user, act, rows=number) for number, act in enumerate(("read", "export", "merge"))]


def run(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)


def verified(*arguments):
    out = io.StringIO()
    call_command("verify_audit", *arguments, stdout=out)
    return out.getvalue().strip()


@pytest.mark.django_db
def test_entries_are_numbered_without_gaps_and_each_carries_the_hash_of_the_one_before(three_entries):
    first, second, third = three_entries

    assert [one.number for one in three_entries] == [1, 2, 3]
    assert [one.before for one in three_entries] == [NOTHING, first.sha256, second.sha256]
    assert [one.computed() for one in Entry.objects.order_by("number")] == [one.sha256 for one in three_entries]
    assert list(faults()) == []
    assert verified() == f"3 entries, no fault. Newest: 3:{third.sha256}"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "sql",
    ["UPDATE audit_entry SET act = 'x' WHERE number = 2", "DELETE FROM audit_entry WHERE number = 2"],
)
def test_the_database_refuses_to_change_or_delete_an_entry(three_entries, sql):
    with pytest.raises(DatabaseError, match="Cannot update or delete"), transaction.atomic():
        run(sql)

    assert Entry.objects.count() == 3


@pytest.mark.django_db
def test_the_database_refuses_to_truncate_the_record(three_entries):
    run("SET CONSTRAINTS ALL IMMEDIATE")
    run("ALTER TABLE audit_entry ENABLE TRIGGER USER")
    with pytest.raises(DatabaseError, match="is not truncated"), transaction.atomic():
        run("TRUNCATE audit_entry")

    assert Entry.objects.count() == 3


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("sql", "fault"),
    [
        ("UPDATE audit_entry SET act = 'nothing' WHERE number = 2", "entry 2 was changed"),
        ("UPDATE audit_entry SET detail = '{\"rows\": 7}' WHERE number = 1", "entry 1 was changed"),
        ("UPDATE audit_entry SET at = at + interval '1 second' WHERE number = 3", "entry 3 was changed"),
        ("UPDATE audit_entry SET \"by\" = 'somebody else' WHERE number = 1", "entry 1 was changed"),
        ("DELETE FROM audit_entry WHERE number = 2", "entry 2 is missing"),
        ("DELETE FROM audit_entry WHERE number < 3", "entries 1 to 2 are missing"),
    ],
)
def test_a_changed_or_missing_entry_is_found_even_if_the_triggers_were_off(three_entries, without_triggers, sql, fault):
    without_triggers(sql)

    assert [one.split(":")[0].rstrip(".") for one in faults()] == [fault]
    with pytest.raises(CommandError, match="1 fault"):
        verified()


@pytest.mark.django_db
def test_entries_that_changed_places_are_found(three_entries, without_triggers):
    without_triggers("UPDATE audit_entry SET number = -number WHERE number > 1")
    without_triggers("UPDATE audit_entry SET number = CASE number WHEN -2 THEN 3 ELSE 2 END WHERE number < 0")

    assert [one.split(":")[0] for one in faults()] == [
        "entry 2 does not follow on the one before it",
        "entry 2 was changed",
        "entry 3 does not follow on the one before it",
        "entry 3 was changed",
    ]


@pytest.mark.django_db
def test_a_changed_entry_with_a_hash_to_match_breaks_the_chain_after_it(three_entries, without_triggers):
    forged = Entry.objects.get(number=2)
    forged.act = "nothing"
    without_triggers("UPDATE audit_entry SET act = %s, sha256 = %s WHERE number = 2", forged.act, forged.computed())

    assert list(faults()) == ["entry 3 does not follow on the one before it: one of them was put in its place."]


@pytest.mark.django_db
def test_an_end_that_was_cut_off_is_found_with_a_hash_that_was_kept_elsewhere(three_entries, without_triggers):
    kept = f"3:{three_entries[2].sha256}"
    assert verified("--expect", kept).startswith("3 entries, no fault.")
    without_triggers("DELETE FROM audit_entry WHERE number = 3")

    assert verified().startswith("2 entries, no fault.")
    with pytest.raises(CommandError, match="1 fault"):
        verified("--expect", kept)
    with pytest.raises(CommandError, match="NUMBER:SHA256"):
        verified("--expect", "three")


@pytest.mark.django_db(transaction=True)
def test_two_at_once_are_chained_one_after_the_other():
    user = a_moderator()
    start = threading.Barrier(4)

    def write(number):
        start.wait()
        for _turn in range(5):
            record(user, "read", number=number)
        connection.close()

    threads = [threading.Thread(target=write, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(Entry.objects.values_list("number", flat=True)) == list(range(1, 21))
    assert list(faults()) == []


@pytest.mark.django_db
def test_what_is_rolled_back_leaves_no_entry_and_no_gap(three_entries):
    with transaction.atomic():
        record(None, "export")
        transaction.set_rollback(True)
    record(None, "import")

    assert [one.act for one in Entry.objects.order_by("number")] == ["read", "export", "merge", "import"]
    assert list(faults()) == []


@pytest.mark.django_db
def test_every_decision_at_the_desk_is_on_record_and_what_the_representative_does_is_not():
    moderator = a_moderator()
    sign_on = a_sign_on(a_letter(), "accepted", "Al-Haq", moderator)

    sign_on.reopen(Actor.moderator(moderator), note="a slip")

    entries = Entry.objects.about(sign_on).order_by("number")
    assert [(one.by, one.act, one.detail["before"], one.detail["after"]) for one in entries] == [
        (moderator.username, "accept", "pending", "accepted"),
        (moderator.username, "reopen", "accepted", "pending"),
    ]


@pytest.mark.django_db
def test_who_reads_of_a_representative_is_on_record(client):
    moderator, sign_on = a_moderator(), a_sign_on(name="Al-Haq")
    client.force_login(moderator)

    client.get(f"/moderation/sign-ons/{sign_on.pk}/")

    entry = Entry.objects.get()
    assert (entry.user, entry.act, entry.subject_label) == (moderator, "read", f"#{sign_on.pk} Al-Haq")


@pytest.mark.django_db
def test_the_record_holds_nothing_of_a_representative():
    moderator = a_moderator()
    sign_on = a_sign_on(
        a_letter(), "accepted", "Al-Haq", moderator, representative_name="Rana Secret", email="rana@secret.example"
    )
    sign_on.decline(Actor.moderator(moderator), reason="other", note="Rana Secret asked us to.")

    for entry in Entry.objects.all():
        assert "Rana" not in f"{entry.subject_label} {entry.detail}"
        assert "rana@" not in f"{entry.subject_label} {entry.detail}"


@pytest.fixture
def administrator(client):
    user = a_moderator("administrator")
    client.force_login(user)
    return client


def shown(response):
    return [(one.by, one.act) for one in response.context["page"]]


@pytest.mark.django_db
def test_the_record_is_searched_by_words_person_act_and_days(administrator):
    ana, ben = a_moderator(), a_moderator()
    letter = a_letter()
    a_sign_on(letter, "accepted", "Al-Haq", ana)
    a_sign_on(letter, "declined", "Odhikar", ben)

    def search(**asked):
        return shown(administrator.get("/moderation/record/", asked))

    assert search() == [(ben.username, "decline"), (ana.username, "accept")]
    assert search(q="al-haq") == [(ana.username, "accept")]
    assert search(by=ben.pk) == [(ben.username, "decline")]
    assert search(act="accept") == [(ana.username, "accept")]
    assert search(since="2000-01-01", until="2000-01-02") == []
    wrong = administrator.get("/moderation/record/", {"since": "yesterday"})
    assert (wrong.status_code, shown(wrong)) == (422, [])


@pytest.mark.django_db
def test_an_empty_record_says_so(administrator):
    assert "The record is empty" in administrator.get("/moderation/record/").content.decode()


@pytest.mark.django_db
def test_the_record_takes_the_same_queries_for_one_entry_and_for_fifty(administrator, django_assert_num_queries):
    from django.test.utils import CaptureQueriesContext

    user = a_moderator()
    record(user, "read")
    with CaptureQueriesContext(connection) as one:
        administrator.get("/moderation/record/")
    for _turn in range(49):
        record(user, "read", a_letter(text=False))

    with django_assert_num_queries(len(one)):
        administrator.get("/moderation/record/")


@pytest.mark.django_db
def test_a_moderator_may_not_search_the_record(client):
    client.force_login(a_moderator())

    assert client.get("/moderation/record/").status_code == 403
    assert "/moderation/record/" not in client.get("/moderation/").content.decode()


@pytest.mark.django_db
def test_what_a_text_was_before_it_opened_is_kept_field_by_field(client):
    letter = a_letter(opens_at=None)
    secretary = a_moderator("secretariat")
    secretary.is_staff = True
    secretary.save()
    client.force_login(secretary)
    text = letter.text()
    client.post(
        f"/admin/letter/lettertext/{text.pk}/change/",
        {"title": "A better title", "salutation": text.salutation, "body": text.body, "closing": text.closing},
    )

    page = client.get(f"/moderation/texts/{letter.slug}/en/")

    ((_text, changes),) = page.context["revisions"]
    assert [(one.by, [(name, old, new) for name, old, new in one.fields if name == "title"]) for one in changes] == [
        ("", [("title", "", "A joint letter")]),
        (secretary.username, [("title", "A joint letter", "A better title")]),
    ]
    assert client.get("/moderation/texts/nothing/en/").status_code == 404


@pytest.mark.django_db
def test_the_nightly_check_reports_what_is_wrong_with_the_record(three_entries, without_triggers, caplog):
    without_triggers("UPDATE audit_entry SET act = 'nothing' WHERE number = 2")

    verify_every_night(0)

    assert [one.getMessage() for one in caplog.records if "record of the desk" in one.getMessage()] == [
        "The record of the desk: entry 2 was changed: its hash is not that of what it says."
    ]


# In transactions of their own: who changes something is told to Postgres for the length of one.
@pytest.mark.django_db(transaction=True)
def test_what_an_organisation_was_is_kept_field_by_field_with_who_changed_it(client):
    moderator = a_moderator()
    client.force_login(moderator)
    one = Organisation.objects.create(name="Al Haq", country="PS")
    client.post(
        f"/moderation/organisations/{one.pk}/edit/",
        {"name": "Al-Haq", "acronym": "AH", "country": "PS", "website": "", "umbrella": "", "keeps_former": "on"}
        | {"seen": client.get(f"/moderation/organisations/{one.pk}/edit/").context["form"]["seen"].value()},
    )
    Organisation.objects.filter(pk=one.pk).update(website="https://www.alhaq.org")
    VariantName.objects.create(organisation=one, name="Law in the Service of Man").delete()

    page = client.get(f"/moderation/organisations/{one.pk}/")

    assert [(change.by, change.fields) for change in page.context["changes"]] == [
        ("", [("name", "", "Al Haq"), ("country", "", "PS")]),
        (moderator.username, [("name", "Al Haq", "Al-Haq"), ("acronym", "", "AH")]),
        ("", [("website", "", "https://www.alhaq.org")]),
    ]
    assert [change.fields[0] for change in page.context["names_changed"]] == [
        ("name", "", "Law in the Service of Man"),
        ("name", "Law in the Service of Man", ""),
    ]


@pytest.mark.django_db
def test_who_reads_of_a_representative_beside_an_error_is_on_record_too(client):
    moderator, sign_on = a_moderator(), a_sign_on(name="Al-Haq")
    client.force_login(moderator)

    page = client.post(f"/moderation/sign-ons/{sign_on.pk}/decline/", {"seen": sign_on.transitions.last().pk})

    assert (page.status_code, sign_on.email in page.content.decode()) == (422, True)
    assert [(one.act, one.subject_id) for one in Entry.objects.all()] == [("read", sign_on.pk)]


@pytest.mark.django_db
def test_who_looks_at_the_rows_of_an_import_is_on_record(client):
    client.force_login(a_moderator("secretariat"))
    batch = a_batch(a_letter())
    before = Entry.objects.count()

    client.get(f"/moderation/imports/{batch.pk}/")
    client.get(f"/moderation/imports/{batch.pk}/columns/")

    assert [one.act for one in Entry.objects.all()[: Entry.objects.count() - before]] == ["read", "read"]
