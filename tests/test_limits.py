"""Limits hold messages and refuse nobody: what is counted, what is allowed, and how a letter's switch stands."""

from datetime import timedelta
from threading import Thread

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import RequestFactory
from django.utils import timezone

from audit.models import Entry
from signatories import drafts, limits
from signatories.forms.limits import AllowForm
from signatories.models import Allowance, Hold, LimitRule, Message, SigningPaused, SignOn, Switch
from tests.factories import a_letter, a_moderator, a_sign_on, posted, received, typed

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client):
    """The secretariat, signed in."""
    client.secretariat = a_moderator("secretariat")
    client.force_login(client.secretariat)
    return client


@pytest.fixture
def letter():
    return a_letter()


def limit(scope, count):
    # A test with transactions of its own finds none of the rules that the migrations have made.
    LimitRule.objects.update_or_create(scope=scope, defaults={"limit": count})


def sign(client, letter, address="192.0.2.7", **fields):
    return client.post(f"/{letter.slug}/sign/", posted(letter, **fields), REMOTE_ADDR=address)


def answer(response):
    """All that a browser sees: status, headers, body."""
    return response.status_code, dict(response.headers), response.content


def states():
    return list(Message.objects.order_by("pk").values_list("state", flat=True))


def whys():
    return [[one["why"] for one in hold.crossed] for hold in Hold.objects.order_by("pk")]


def allow(value, **fields):
    kind = "network" if "/" in value else "domain"
    return Allowance.allow(a_moderator("secretariat"), kind=kind, value=value, note="The office", **fields)


def turn(letter, position):
    Switch.turn(letter, a_moderator("secretariat"), position=position, note="A flood")


# ── beyond a limit ──


@pytest.mark.parametrize(
    ("scope", "first", "second"),
    [
        ("address", {"address": "192.0.2.7"}, {"address": "192.0.2.7"}),
        ("address", {"address": "2001:db8:0:1::7"}, {"address": "2001:db8:0:1:ffff::8"}),
        ("address", {"address": "::ffff:192.0.2.7"}, {"address": "192.0.2.7"}),
        ("network", {"address": "192.0.2.7"}, {"address": "192.0.2.200"}),
        ("network", {"address": "2001:db8:0:1::7"}, {"address": "2001:db8:0:2::7"}),
        ("domain", {"email": "a@alhaq.example"}, {"email": "b@ALHAQ.example", "address": "198.51.100.1"}),
        ("letter", {"address": "192.0.2.7"}, {"address": "198.51.100.1", "email": "b@madre.example"}),
        ("mailbox", {"email": "a@alhaq.example"}, {"email": "A@alhaq.example", "address": "198.51.100.1"}),
    ],
)
def test_beyond_a_limit_the_sign_on_is_taken_the_answer_is_byte_equal_and_the_message_held(
    client, letter, scope, first, second
):
    limit(scope, 1)

    answers = [answer(sign(client, letter, **one)) for one in (first, second)]

    assert answers[0] == answers[1]
    assert answers[0][0] == 302
    assert list(SignOn.objects.values_list("state", flat=True)) == ["unconfirmed"] * 2
    assert (states(), whys()) == (["queued", "held"], [[scope]])
    assert Hold.objects.get().crossed == [
        {"why": scope, "hits": 2, "limit": 1, "hours": 24 if scope == "mailbox" else 1}
    ]


@pytest.mark.parametrize(
    ("scope", "first", "second"),
    [
        ("address", "192.0.2.7", "192.0.2.8"),
        ("address", "2001:db8:0:1::7", "2001:db8:0:2::7"),
        ("address", "::ffff:192.0.2.7", "::ffff:192.0.2.8"),
        ("network", "192.0.2.7", "192.0.3.7"),
        ("network", "2001:db8:1::7", "2001:db8:2::7"),
    ],
)
def test_another_network_is_another_count(client, letter, scope, first, second):
    limit(scope, 1)

    for address in (first, second):
        sign(client, letter, address)

    assert states() == ["queued"] * 2


def test_free_mail_domains_are_no_domain(client, letter):
    limit("domain", 1)

    for n in range(3):
        sign(client, letter, email=f"a{n}@gmail.com")

    assert states() == ["queued"] * 3


def test_the_letters_limit_is_each_letters_own(client, letter):
    limit("letter", 1)

    for one in (letter, a_letter()):
        sign(client, one)

    assert states() == ["queued"] * 2


def test_the_narrowest_of_the_limits_that_are_crossed_is_the_reason_and_all_are_kept(client, letter):
    for scope in ("letter", "domain", "address"):
        limit(scope, 1)

    for _time in range(2):
        sign(client, letter)

    hold = Hold.objects.get()
    assert (hold.why, sorted(whys()[0])) == ("address", ["address", "domain", "letter"])
    assert sorted(str(one) for one in hold.crossings) == [
        "2 sign-ons in an hour from one e-mail domain; the limit is 1.",
        "2 sign-ons in an hour from one network address; the limit is 1.",
        "2 sign-ons in an hour to this letter; the limit is 1.",
    ]


def test_an_office_of_fifty_behind_one_address_meets_no_limit(client, letter):
    for n in range(50):
        assert sign(client, letter, email=f"p{n}@office.example").status_code == 302

    assert states() == ["queued"] * 50


def test_a_conference_of_two_hundred_on_one_wifi_is_held_at_worst_and_on_the_allow_list_not_even_that(client, letter):
    for n in range(100):
        assert sign(client, letter, email=f"p{n}@org{n}.example").status_code == 302
    held = states().count("held")
    allow("192.0.2.0/24")
    for n in range(100, 200):
        assert sign(client, letter, email=f"p{n}@org{n}.example").status_code == 302

    assert SignOn.objects.count() == 200
    assert (held, states()[100:]) == (40, ["queued"] * 100)


def test_over_a_tor_exit_without_cookie_or_script_everybody_gets_the_same_answer(letter):
    from django.test import Client

    limit("address", 2)
    answers = [answer(sign(Client(), letter, email=f"a{n}@org{n}.example")) for n in range(5)]

    assert answers == [answers[0]] * 5
    assert answers[0][1]["Location"] == f"/{letter.slug}/sign/sent/"
    assert states() == ["queued"] * 2 + ["held"] * 3


def test_a_flood_from_everywhere_writes_to_few_strangers_and_does_not_reach_the_queue(client, letter):
    limit("letter", 5)
    genuine = a_sign_on(letter, "pending", "Al-Haq")

    for n in range(40):
        sign(client, letter, f"198.51.{n}.7", email=f"victim{n}@stranger{n}.example")

    sent = Message.objects.filter(kind="confirm", recipient__startswith="victim", state="queued").count()
    waiting = SignOn.objects.in_state("pending").values_list("pk", flat=True)
    assert (sent, states().count("held"), list(waiting)) == (5, 35, [genuine.pk])


def test_the_same_mailbox_a_hundred_times_gets_its_share_and_no_more(client, letter):
    for n in range(30):
        sign(client, letter, f"198.51.{n}.7", email="victim@stranger.example")

    assert states() == ["queued"] * 20 + ["held"] * 10


@pytest.mark.django_db(transaction=True)
def test_counts_are_exact_when_many_sign_at_once(letter):
    limit("address", 10)
    found = []

    def count():
        request = RequestFactory().post("/", REMOTE_ADDR="192.0.2.7")
        for _time in range(10):
            found.extend(one.hits for one in limits.crossed(request, letter, "a@gmail.com") if one.why == "address")
        connection.close()

    threads = [Thread(target=count) for _one in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(found) == list(range(11, 41))


def test_a_sign_on_costs_three_statements_for_its_limits_and_none_names_an_address(client, letter):
    from django.test.utils import CaptureQueriesContext

    request = RequestFactory().post("/", REMOTE_ADDR="192.0.2.7")
    with CaptureQueriesContext(connection) as queries:
        limits.crossed(request, letter, "amina@example.org")

    assert len(queries) == 3
    assert [query["sql"] for query in queries if "192.0.2" in query["sql"] or "amina" in query["sql"]] == []


# ── the allow-list ──


@pytest.mark.parametrize(
    ("value", "first", "second"),
    [
        ("192.0.2.0/24", "192.0.2.7", "192.0.2.7"),
        ("192.0.2.7/32", "192.0.2.7", "192.0.2.7"),
        ("2001:db8::/48", "2001:db8::7", "2001:db8::7"),
        ("alhaq.example", "192.0.2.7", "192.0.2.7"),
    ],
)
def test_what_is_allowed_is_not_held_and_counts_for_nobody_else(client, letter, value, first, second):
    for scope in ("address", "network", "domain", "letter"):
        limit(scope, 1)
    allow(value)

    for n, address in enumerate([first, second]):
        sign(client, letter, address, email=f"a{n}@office.alhaq.example")
    sign(client, letter, "203.0.113.9", email="b@madre.example")

    assert states() == ["queued"] * 3


@pytest.mark.parametrize(
    "value", ["192.0.2.8/32", "198.51.100.0/24", "2001:db8::/48", "haq.example", "x.alhaq.example"]
)
def test_what_only_resembles_it_is_held(client, letter, value):
    limit("address", 1)
    allow(value)

    for n in range(2):
        sign(client, letter, email=f"a{n}@alhaq.example")

    assert states() == ["queued", "held"]


def test_nobodys_mailbox_gets_more_than_its_share_even_if_its_domain_is_allowed(client, letter):
    limit("mailbox", 1)
    allow("alhaq.example")

    for _time in range(2):
        sign(client, letter, email="a@alhaq.example")

    assert (states(), whys()) == (["queued", "held"], [["mailbox"]])


def test_an_allowance_ends_with_its_last_day_and_with_its_removal():
    today = timezone.now().date()
    ends = [allow("a.example", until=today), allow("b.example", until=today - timedelta(days=1)), allow("c.example")]
    removed = [ends[2].remove(a_moderator("secretariat")), ends[2].remove(a_moderator("secretariat"))]

    covered = [Allowance.objects.covers(None, f"{name}.example") for name in "abc"]
    tomorrow = Allowance.objects.standing(timezone.now() + timedelta(days=1))

    assert (covered, removed, list(tomorrow)) == ([True, False, False], [True, False], [])


@pytest.mark.parametrize(
    ("value", "kind", "kept"),
    [
        ("192.0.2.7", "network", "192.0.2.7/32"),
        ("192.0.2.9/24", "network", "192.0.2.0/24"),
        ("2001:DB8:0::1/48", "network", "2001:db8::/48"),
        ("Example.ORG", "domain", "example.org"),
        ("@example.org", "domain", "example.org"),
        ("bücher.example", "domain", "xn--bcher-kva.example"),
    ],
)
def test_the_form_of_the_allow_list_tells_a_network_from_a_domain(value, kind, kept):
    form = AllowForm({"value": value, "note": "The office"})

    assert form.is_valid(), form.errors
    assert form.received() == {"kind": kind, "value": kept, "note": "The office", "until": None}


@pytest.mark.parametrize(
    "value",
    [
        *("", "0.0.0.0/0", "10.0.0.0/7", "::/0", "2000::/8", "192.0.2.0/33", "300.1.1.1", "fe80::1%eth0", "a/b"),
        *("gmail.com", "yahoo.co.uk", "mailinator.com", "com", "org.uk", "localhost", "a b.example", "x@y@z", "\x00"),
    ],
)
def test_what_belongs_to_everybody_or_is_nothing_is_refused_beside_its_field(value):
    form = AllowForm({"value": value, "note": "The office"})

    assert not form.is_valid()
    assert list(form.errors) == ["value"]


# ── the switch ──


def test_a_letter_that_is_paused_says_so_takes_nothing_and_gives_back_what_was_typed(client, letter):
    turn(letter, "paused")

    opened = client.get(f"/{letter.slug}/sign/")
    sent = sign(client, letter, name_as_signed="Droit & Paix", email="amina@example.org")

    assert [one.status_code for one in (opened, sent)] == [503, 503]
    # Asked for again each time, and there for who goes back.
    assert [one["Cache-Control"] for one in (opened, sent)] == ["private, no-cache"] * 2
    assert "Signing is paused" in opened.content.decode()
    assert "<form" not in opened.content.decode()
    page = sent.content.decode()
    assert "nothing that you typed is lost" in page
    assert 'value="Droit &amp; Paix"' in page
    assert 'value="amina@example.org"' in page
    assert (SignOn.objects.count(), dict(sent.cookies)) == (0, {})


def test_every_step_of_the_form_says_so_and_what_was_typed_goes_on_in_another_language(client, letter):
    turn(letter, "paused")
    filled = typed(letter, name_as_signed="Droit & Paix")

    pages = [
        client.post(f"/{letter.slug}/sign/", filled),
        client.post(f"/{letter.slug}/sign/", filled | {"change": "1"}),
        client.post(f"/fr/{letter.slug}/sign/?answers", filled | {"language": "1"}),
    ]
    handed = client.get(f"/{letter.slug}/sign/for/{drafts.handed(filled)}/")

    assert [page.status_code for page in [*pages, handed]] == [503] * 4
    assert ['value="Droit &amp; Paix"' in page.content.decode() for page in pages] == [True] * 3
    assert pages[0].context["form"].initial["declaration"] == "on"


def test_what_came_back_from_a_paused_letter_can_be_sent_when_it_is_open_again(client, letter):
    turn(letter, "paused")
    form = posted(letter)
    client.post(f"/{letter.slug}/sign/", form)
    turn(letter, "open")

    response = client.post(f"/{letter.slug}/sign/", form)

    assert (response.status_code, SignOn.objects.count()) == (302, 1)


def test_a_letter_that_is_paused_keeps_its_page_and_who_has_signed_goes_on(client, letter):
    from signatories import links
    from signatories.jobs import publish_letter

    sign_on = a_sign_on(letter, "unconfirmed", "Al-Haq")
    publish_letter(letter)
    turn(letter, "paused")

    confirmed = client.post(f"/confirm/{links.token('confirm', sign_on.pk)}/")
    status = client.get(confirmed["Location"])
    withdrawn = client.post(f"{confirmed['Location']}withdraw/")

    sign_on.refresh_from_db()
    assert [client.get(f"/{letter.slug}/").status_code, status.status_code, withdrawn.status_code] == [200, 200, 302]
    assert sign_on.state == "withdrawn"


def test_whoever_calls_it_nobody_signs_a_letter_that_is_paused(letter):
    turn(letter, "paused")

    with pytest.raises(SigningPaused):
        SignOn.sign(letter.text(), **received())
    assert SignOn.objects.count() == 0


def test_a_letter_whose_messages_are_held_takes_sign_ons_as_ever_even_from_the_allow_list(client, letter):
    allow("192.0.2.0/24")
    usual = answer(sign(client, letter))
    turn(letter, "held")

    held = answer(sign(client, letter))
    turn(letter, "open")
    after = answer(sign(client, letter))

    assert usual == held == after
    assert (states(), whys()) == (["queued", "held", "queued"], [["switch"]])


def test_the_switch_of_one_letter_is_not_that_of_another(client, letter):
    turn(letter, "paused")

    assert sign(client, a_letter()).status_code == 302


def test_the_desk_registers_as_ever_while_signing_is_paused(letter):
    from signatories.models import Actor

    turn(letter, "paused")

    sign_on = SignOn.register(letter.text(), Actor.moderator(a_moderator()), note="Letter of 3 May", **received())

    assert sign_on.state == "pending"


# ── at the desk ──


def test_the_limits_that_a_new_site_begins_with():
    assert {(rule.scope, rule.limit, rule.hours) for rule in LimitRule.objects.all()} == {
        ("mailbox", 20, 24),
        ("address", 60, 1),
        ("network", 240, 1),
        ("domain", 300, 1),
        ("letter", 500, 1),
    }


def test_a_limit_is_changed_at_the_desk_counts_from_the_next_sign_on_and_is_on_record(desk, letter):
    sign(desk, letter)

    response = desk.post("/moderation/limits/rules/address/", {"limit": "1", "hours": "1"})
    sign(desk, letter)

    entry = Entry.objects.get(act="change limit")
    assert response["Location"] == "/moderation/limits/"
    assert states() == ["queued", "held"]
    assert (entry.user, entry.subject_label, entry.detail) == (
        desk.secretariat,
        "address",
        {"before": [60, 1], "after": [1, 1]},
    )


def test_a_limit_that_is_so_already_leaves_no_record(desk):
    desk.post("/moderation/limits/rules/address/", {"limit": "60", "hours": "1"})

    assert not Entry.objects.filter(act="change limit").exists()


def test_another_period_begins_another_count(desk, letter):
    limit("address", 2)
    for _time in range(2):
        sign(desk, letter)

    desk.post("/moderation/limits/rules/address/", {"limit": "2", "hours": "24"})
    for _time in range(3):
        sign(desk, letter)

    assert (states(), Hold.objects.get().crossed) == (
        ["queued"] * 4 + ["held"],
        [{"why": "address", "hits": 3, "limit": 2, "hours": 24}],
    )


@pytest.mark.parametrize("typed", ["", "0", "-1", "many", "1000001", "9" * 30])
def test_a_bad_limit_is_refused_beside_its_field_and_stays_typed(desk, typed):
    response = desk.post("/moderation/limits/rules/address/", {"limit": typed, "hours": "1"})

    page = response.content.decode()
    assert response.status_code == 422
    assert 'id="address_limit_error"' in page
    assert LimitRule.objects.get(scope="address").limit == 60
    assert not typed or f'value="{typed}"' in page


def test_a_limit_of_nothing_is_not_there(desk):
    assert desk.post("/moderation/limits/rules/nothing/", {"limit": "1", "hours": "1"}).status_code == 404


def test_the_allow_list_is_kept_at_the_desk_and_the_record_names_no_network(desk):
    desk.post("/moderation/limits/allowed/", {"value": "198.51.100.0/24", "note": "The office"})
    made = Allowance.objects.get()
    listed = "198.51.100.0/24" in desk.get("/moderation/limits/").content.decode()
    desk.post(f"/moderation/limits/allowed/{made.pk}/remove/")
    gone = "198.51.100.0/24" in desk.get("/moderation/limits/").content.decode()

    assert (made.kind, made.note, made.made_by) == ("network", "The office", desk.secretariat)
    assert (listed, gone) == (True, False)
    entries = [(entry.act, entry.subject_id) for entry in Entry.objects.order_by("number")]
    assert entries == [("allow", made.pk), ("end allowance", made.pk)]
    assert not Entry.objects.search("198.51").exists()


def test_what_is_allowed_again_replaces_what_stood_there(desk):
    for note in ("The office", "The office, until June"):
        desk.post("/moderation/limits/allowed/", {"value": "example.org", "note": note})

    assert [one.note for one in Allowance.objects.standing()] == ["The office, until June"]


def test_a_bad_line_of_the_allow_list_is_refused_and_stays_typed(desk):
    response = desk.post("/moderation/limits/allowed/", {"value": "gmail.com", "note": "", "until": "2020-01-01"})

    page = response.content.decode()
    assert (response.status_code, Allowance.objects.count()) == (422, 0)
    for field in ("value", "note", "until"):
        assert f'id="allow_{field}_error"' in page
    assert 'value="gmail.com"' in page


def test_the_switch_is_turned_at_the_desk_with_a_reason_and_on_record(desk, letter):
    address = f"/moderation/limits/letters/{letter.slug}/"
    refused = desk.post(address, {"position": "paused", "note": ""})
    desk.post(address, {"position": "paused", "note": "A flood since noon"})
    paused = desk.get(f"/{letter.slug}/sign/").status_code
    shown = desk.get("/moderation/limits/").content.decode()
    desk.post(address, {"position": "open", "note": ""})

    assert (refused.status_code, paused) == (422, 503)
    assert "A flood since noon" in shown
    assert desk.get(f"/{letter.slug}/sign/").status_code == 200
    details = [entry.detail for entry in Entry.objects.filter(act="turn switch").order_by("number")]
    assert details == [{"before": "open", "after": "paused"}, {"before": "paused", "after": "open"}]


def test_saving_the_letter_does_not_turn_its_switch_back(letter):
    turn(letter, "paused")
    letter.save()

    assert Switch.objects.is_paused(letter)


def test_the_queue_says_that_a_letter_is_paused_so_that_nobody_forgets(desk, letter):
    turn(letter, "paused")

    assert f"Signing {letter.slug} has been paused for" in desk.get("/moderation/").content.decode()


def test_the_page_says_how_close_the_last_day_came_to_each_limit_and_no_address(desk, letter):
    limit("address", 2)
    for n in range(3):
        sign(desk, letter, "203.0.113.7", email=f"a{n}@org{n}.example")

    response = desk.get("/moderation/limits/")

    page = " ".join(response.content.decode().split())
    assert "At most 3 in the last day: the limit was met." in page
    assert {rule.scope: most for rule, most, _form in response.context["rules"]} == {
        "mailbox": 1,
        "address": 3,
        "network": 3,
        "domain": 1,
        "letter": 3,
    }
    assert "203.0.113" not in page


def test_who_may_not_change_limits_sees_them_without_forms(client, letter):
    client.force_login(a_moderator())

    page = client.get("/moderation/limits/").content.decode()

    assert "60 an hour are let through." in " ".join(page.split())
    assert "/moderation/limits/rules/" not in page
    assert "/moderation/limits/allowed/" not in page
    assert "/moderation/limits/letters/" not in page


def test_the_database_takes_no_limit_below_one():
    rule = LimitRule.objects.get(scope="letter")

    with pytest.raises(ValidationError):
        rule.change(a_moderator("secretariat"), limit=0, hours=1)
