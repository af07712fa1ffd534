"""E-mailed links: each opens one thing, for one purpose, for a time; the table that knows them opens nothing."""

import re
import threading
from datetime import timedelta
from hashlib import sha256

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from config.logs import WithoutLinks
from signatories import jobs, links, mail
from signatories.models import Actor, Link, Notice, Transfer
from signatories.models.link import GRACE
from tests.factories import a_letter, a_moderator, a_sign_on, an_invitation
from tests.mailserver import link_in, text_of

pytestmark = pytest.mark.django_db


def every_row():
    """All rows of all tables."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        rows = {}
        for table in tables:
            cursor.execute(f'SELECT to_jsonb(one)::text FROM "{table}" AS one ORDER BY 1')
            rows[table] = cursor.fetchall()
        return rows


def a_notice():
    """A notice to an organisation's published address."""
    moderator = Actor.moderator(a_moderator())
    return Notice.send(a_sign_on(), moderator, address="office@alhaq.example", found_at="their page")


def test_a_link_says_what_it_leads_to():
    link, notice = links.read("status", links.token("status", 7)), links.read_notice(links.notice_token(8))

    assert (link.purpose, link.about, link.is_expired, link.is_used) == ("status", 7, False, False)
    assert (notice.purpose, notice.about, notice.is_expired) == ("objection", 8, False)


def test_only_the_hash_of_a_token_is_kept():
    token = links.token("status", 7)

    (row,) = Link.objects.values()
    assert len(token) == 43
    assert row["sha256"] == sha256(token.encode()).hexdigest()
    assert token not in str(every_row())


def test_reading_a_link_is_one_query(django_assert_num_queries):
    token = links.token("status", 7)

    with django_assert_num_queries(1):
        links.read("status", token)


@pytest.mark.parametrize("purpose", ["confirm", "status"])
def test_a_link_of_a_notice_is_no_link_of_a_sign_on_nor_the_other_way_round(purpose):
    with pytest.raises(links.BadLink):
        links.read(purpose, links.notice_token(7))
    with pytest.raises(links.BadLink):
        links.read_notice(links.token(purpose, 7))


@pytest.mark.parametrize("value", ["", "x", "\x00", "\ud800", "é" * 43, "a" * 1_000_000])
def test_whatever_stands_in_the_place_of_a_token_is_no_link(value):
    with pytest.raises(links.BadLink):
        links.read("status", value)


def test_a_link_that_was_altered_is_refused():
    token = links.notice_token(7)

    for altered in ("8" + token[1:], token[:-1], token + "A", token.swapcase(), links.read_notice(token).sha256):
        with pytest.raises(links.BadLink):
            links.read_notice(altered)


def test_a_link_of_a_notice_has_a_lifetime_of_its_own(settings):
    settings.LINK_LIFETIMES = settings.LINK_LIFETIMES | {"objection": settings.OBJECTION_PERIOD * -1}

    assert links.read_notice(links.notice_token(7)).is_expired is True
    assert links.read("status", links.token("status", 7)).is_expired is False


def test_a_link_that_acts_is_used_up_once_and_can_still_say_so():
    token, other = links.token("confirm", 7), links.token("confirm", 7)

    links.use("confirm", token)

    with pytest.raises(links.UsedLink):
        links.use("confirm", token)
    assert links.read("confirm", token).is_used is True
    assert links.read("confirm", other).is_used is False


def test_an_expired_link_or_one_for_another_purpose_is_not_used_up(settings):
    token = links.token("confirm", 7)
    with pytest.raises(links.UsedLink):
        links.use("status", token)

    Link.objects.update(expires_at=timezone.now())
    with pytest.raises(links.UsedLink):
        links.use("confirm", token)

    assert Link.objects.filter(used_at=None).count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_that_use_a_link_at_once_one_gets_through():
    token = links.token("confirm", 7)
    outcomes, together = [], threading.Barrier(2)

    def use():
        together.wait()
        try:
            links.use("confirm", token)
            outcomes.append("used")
        except links.UsedLink:
            outcomes.append("too late")
        finally:
            connection.close()

    threads = [threading.Thread(target=use) for _one in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["too late", "used"]


@pytest.mark.django_db(transaction=True)
def test_two_who_confirm_at_once_confirm_once(client):
    sign_on = a_sign_on(state="unconfirmed")
    addresses = [f"/confirm/{links.token('confirm', sign_on.pk)}/"] * 2
    answers, together = [], threading.Barrier(2)

    def confirm(address):
        together.wait()
        answers.append(client.post(address).status_code)
        connection.close()

    threads = [threading.Thread(target=confirm, args=[address]) for address in addresses]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answers) == [302, 410]
    assert [one.verb for one in sign_on.transitions.all()] == ["sign", "confirm"]


def test_the_button_uses_up_the_link_that_confirms(client):
    token = links.token("confirm", a_sign_on(state="unconfirmed").pk)

    client.get(f"/confirm/{token}/")
    assert links.read("confirm", token).is_used is False
    client.post(f"/confirm/{token}/")

    assert links.read("confirm", token).is_used is True
    again = client.post(f"/confirm/{token}/")
    assert (again.status_code, "This link was used before" in again.content.decode()) == (410, True)


def test_whoever_takes_over_ends_all_links_of_the_sign_on_and_no_other(client):
    ours, other = a_sign_on(), a_sign_on()
    mine = {purpose: links.token(purpose, ours.pk) for purpose in ("confirm", "status")}
    others, notice = links.token("status", other.pk), links.notice_token(ours.pk)

    links.revoke(ours.pk)

    for purpose, token in mine.items():
        for answer in (client.get(f"/{purpose}/{token}/"), client.post(f"/{purpose}/{token}/", {"send": ""})):
            assert (answer.status_code, "This link no longer works" in answer.content.decode()) == (410, True)
    assert client.get(f"/status/{others}/").status_code == 200
    assert links.read_notice(notice).about == ours.pk
    assert links.read("status", links.token("status", ours.pk)).about == ours.pk


def test_a_link_that_ended_explains_itself_for_long_and_is_then_forgotten():
    old, older, working = (links.token("status", 7) for _one in range(3))
    now = timezone.now()
    Link.objects.filter(pk=links.read("status", old).pk).update(expires_at=now - GRACE + timedelta(days=1))
    Link.objects.filter(pk=links.read("status", older).pk).update(expires_at=now - GRACE - timedelta(days=1))

    jobs.forget_links()

    assert [links.read("status", one).is_expired for one in (old, working)] == [True, False]
    with pytest.raises(links.BadLink):
        links.read("status", older)


def test_links_are_made_when_a_message_is_sent_and_not_when_it_is_queued(mail_server):
    sign_on = a_sign_on(state="unconfirmed")
    assert Link.objects.count() == 0

    mail.deliver(sign_on.messages.get().pk)

    assert [(one.purpose, one.about) for one in Link.objects.all()] == [("confirm", sign_on.pk)]


def test_the_link_of_a_copy_that_arrived_works_even_if_the_worker_died_before_it_could_say_so(
    client, mail_server, monkeypatch
):
    class Killed(BaseException):
        """The power has gone."""

    def die(_message):
        raise Killed

    message = a_sign_on(state="unconfirmed").messages.get()
    monkeypatch.setattr("signatories.models.Message.sent", die)
    with pytest.raises(Killed):
        mail.deliver(message.pk)
    monkeypatch.undo()

    mail.deliver(message.pk)

    first, second = (link_in(one, "confirm") for one in mail_server.messages)
    assert first != second
    assert [client.get(link).status_code for link in (first, second)] == [200, 200]


def test_a_message_can_lead_to_several_sign_ons(client, mail_server):
    letter = a_letter()
    ours = [a_sign_on(letter, name=name, email="amina@example.org") for name in ("Al-Haq", "MADRE")]
    status = "\n\n".join(mail.PLACEHOLDER_TO.format(purpose="status", about=one.pk) for one in ours)
    context = {"sign_on": ours[0], "letter": letter, "text": ours[0].text, "status_url": status}

    mail.deliver(mail.queue_to("Amina@Example.org", "status", context).pk)

    (message,) = mail_server.messages
    text = message.get_body(("plain",)).get_content()
    pages = [
        client.get(line.removeprefix("https://letters.example.org")).content.decode()
        for line in text.splitlines()
        if "/status/" in line
    ]
    assert [[name in page for name in ("Al-Haq", "MADRE")] for page in pages] == [[True, False], [False, True]]


def test_a_message_to_a_mailbox_that_is_no_longer_the_representatives_has_none_of_their_links(mail_server):
    sign_on = a_sign_on(state="unconfirmed")
    type(sign_on).objects.update(email="successor@example.org")

    mail.deliver(sign_on.messages.get().pk)

    assert Link.objects.count() == 0
    assert "/confirm/" not in str(mail_server.messages[0])


@pytest.mark.parametrize("path", ["/confirm/{}/", "/fr/status/{}/", "/ar/objection/{}/", "/Status//{}", "?next={}"])
def test_no_token_gets_into_a_log(path):
    for _one in range(50):
        token = links.token("status", 7)
        assert token not in WithoutLinks.blank(f"Not Found: {path.format(token)} (404)")
        assert token[5:] not in WithoutLinks.blank(f"('{token}', 1)")


def a_mailbox_of_every_link(mail_server):
    """Send every kind of link; returns the addresses that the mailboxes got."""
    a_sign_on(state="unconfirmed")
    a_sign_on(state="queried")
    a_notice()
    an_invitation()
    Transfer.offer(a_sign_on(state="accepted"), "contact", email="new@example.org")
    handed = Transfer.offer(a_sign_on(state="accepted"), "successor", email="b@example.org", name="Basma", role="Head")
    for message in mail.Message.objects.queued():
        mail.deliver(message.pk)
    handed.take(links.token("successor", handed.pk))
    for message in mail.Message.objects.queued():
        mail.deliver(message.pk)
    words = [word for message in mail_server.messages for word in text_of(message).split()]
    site = "https://letters.example.org"
    found = {word.removeprefix(site) for word in words if re.search(r"/[\w-]{43}/$", word)}
    words = {"invited": "member"}
    assert {words.get(word := link.split("/")[1], word) for link in found} == settings.LINK_LIFETIMES.keys()
    return found


def test_a_mail_scanner_that_opens_every_link_ten_times_changes_nothing(client, mail_server):
    found = a_mailbox_of_every_link(mail_server)
    before = every_row()

    for _time in range(10):
        for link in found:
            for pre in ("", "/ar"):
                assert client.get(pre + link).status_code < 500
                assert client.head(pre + link).status_code < 500

    assert every_row() == before


def test_every_page_behind_a_link_is_kept_out_of_caches_search_engines_and_other_sites_logs(client, mail_server):
    found = a_mailbox_of_every_link(mail_server)
    acts = ["correct", "answer", "withdraw", "contact", "hand-over", "keep", "receipt", "my-data"]
    found |= {f"{link}{act}/" for link in found if link.startswith("/status/") for act in acts}
    dead = {re.sub(r"[\w-]{43}", "cut-short", link) for link in found}

    for state in ("working", "expired", "revoked"):
        if state != "working":
            Link.objects.update(
                **{"expires_at": timezone.now()} if state == "expired" else {"revoked_at": timezone.now()}
            )
        for link in found | dead:
            for answer in (client.get(link), client.head("/ar" + link), client.put(link)):
                if answer.status_code != 404 or "/status/" not in link:
                    headers = [answer.get(one) for one in ("Cache-Control", "Referrer-Policy", "X-Robots-Tag")]
                    assert headers == ["no-store", "no-referrer", "noindex"], (link, answer.status_code)
                away = re.findall(
                    r'(?:href|src|action)="(https?:[^"]*|//[^"]*)"', answer.content.decode(errors="replace")
                )
                assert [one for one in away if not one.startswith("https://letters.example.org")] == []


def test_where_the_data_were_erased_nobody_is_told_that_a_link_is_on_its_way(client):
    sign_on = a_sign_on(state="unconfirmed")
    confirm = f"/confirm/{links.token('confirm', sign_on.pk)}/"
    client.post(confirm, {"not_me": ""})
    count = sign_on.messages.count()

    page = client.post(confirm, {"send": ""})

    text = page.content.decode()
    assert (page.status_code, "we cannot send a link any more" in text, "on its way" in text) == (410, True, False)
    assert sign_on.messages.count() == count
