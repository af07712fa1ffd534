"""Sessions: half an hour idle, seen and ended by whoever they belong to."""

from datetime import timedelta
from urllib.parse import quote

import pytest
from django.utils import timezone

from accounts import jobs
from accounts.models import Session
from accounts.sessions import browser_of
from audit.models import Entry
from tests.conftest import DeskClient
from tests.door import sign_in
from tests.factories import a_moderator, a_user

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1 Version/18.0 Mobile Safari/604.1"


def unused_for(client, minutes):
    """Let the session of `client` lie for a while."""
    session = Session.objects.get(session_key=client.session.session_key)
    Session.objects.filter(pk=session.pk).update(expire_date=session.expire_date - timedelta(minutes=minutes))


def test_a_session_ends_after_half_an_hour_in_which_nobody_used_it(client):
    client.force_login(a_moderator())
    unused_for(client, 29)
    assert client.get("/moderation/").status_code == 200

    unused_for(client, 29)
    used = client.get("/moderation/")
    unused_for(client, 31)
    unused = client.get("/moderation/")

    assert (used.status_code, unused.status_code) == (200, 302)


def test_what_is_sent_after_the_session_ended_leads_by_the_door_to_a_page_that_can_be_opened(client):
    sent = {
        "sign-ons/7/decline/?country=KE": "sign-ons/7/?country=KE",
        "sign-ons/7/query/text/": "sign-ons/7/",
        "bulk/decide/?state=queried": "?state=queried",
    }

    came_to = {address: client.post(f"/moderation/{address}")["Location"] for address in sent}

    door = "/moderation/sign-in/?next="
    assert came_to == {address: door + quote(f"/moderation/{page}", safe="/") for address, page in sent.items()}


def test_a_session_is_saved_once_a_minute_at_most(client, django_assert_num_queries):
    client.force_login(a_moderator())
    client.get("/moderation/account/")

    def written():
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as queries:
            client.get("/moderation/account/")
        return sum(query["sql"].startswith('UPDATE "accounts_session"') for query in queries)

    assert written() == 0
    unused_for(client, 2)
    assert (written(), written()) == (1, 0)


def test_the_cookie_goes_when_the_browser_is_closed_and_is_not_for_scripts(client):
    answer = sign_in(client, a_moderator())
    cookie = answer.cookies["sessionid"]

    assert (cookie["max-age"], cookie["expires"], cookie["httponly"], cookie["samesite"]) == ("", "", True, "Lax")


def test_ones_sessions_are_listed_with_their_browser_and_which_one_this_is(client):
    user = a_moderator()
    client.defaults["HTTP_USER_AGENT"] = FIREFOX
    sign_in(client, user)
    phone = DeskClient(HTTP_USER_AGENT=SAFARI)
    sign_in(phone, user, steps=1)
    sign_in(DeskClient(), a_moderator())

    page = client.get("/moderation/account/")

    assert sorted(one.browser for one in page.context["sessions"]) == ["Firefox, Linux", "Safari, iPhone"]
    assert page.content.decode().count("(this one)") == 1
    assert user.email not in {one.browser for one in Session.objects.all()} - {""}


def test_one_session_is_ended_and_the_other_goes_on(client):
    user = a_moderator()
    client.force_login(user)
    phone = DeskClient()
    phone.force_login(user)
    handle = Session.objects.get(session_key=phone.session.session_key).handle

    ended = client.post(f"/moderation/account/sessions/{handle}/end/")

    assert ended["Location"] == "/moderation/account/"
    assert (client.get("/moderation/").status_code, phone.get("/moderation/").status_code) == (200, 302)
    assert [(one.act, one.detail) for one in Entry.objects.all()] == [("end_sessions", {"count": 1})]


def test_all_others_are_ended_at_once(client):
    user = a_moderator()
    client.force_login(user)
    others = [DeskClient(), DeskClient()]
    for other in others:
        other.force_login(user)

    client.post("/moderation/account/sessions/others/end/")

    assert client.get("/moderation/").status_code == 200
    assert [other.get("/moderation/").status_code for other in others] == [302, 302]
    assert [(one.act, one.detail) for one in Entry.objects.all()] == [("end_sessions", {"count": 2})]


def test_nobody_ends_the_session_of_somebody_else(client):
    client.force_login(a_user("reader"))
    other = DeskClient()
    other.force_login(a_moderator())
    handle = Session.objects.get(session_key=other.session.session_key).handle

    assert client.post(f"/moderation/account/sessions/{handle}/end/").status_code == 404
    assert other.get("/moderation/").status_code == 200


def test_no_page_holds_the_key_of_a_session(client):
    client.force_login(a_moderator())

    assert client.session.session_key not in client.get("/moderation/account/").content.decode()


def test_the_account_page_asks_the_same_number_of_queries_for_one_session_and_for_many(client):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    user = a_moderator()
    client.force_login(user)
    counts = []
    for more in (0, 8):
        for _time in range(more):
            DeskClient().force_login(user)
        with CaptureQueriesContext(connection) as queries:
            client.get("/moderation/account/")
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_what_is_over_is_deleted_by_the_worker(client):
    client.force_login(a_moderator())
    kept = DeskClient()
    kept.force_login(a_moderator())
    unused_for(client, 31)

    jobs.tidy()

    assert [one.session_key for one in Session.objects.all()] == [kept.session.session_key]
    assert Session.objects.filter(expire_date__lt=timezone.now()).count() == 0


@pytest.mark.parametrize(
    ("agent", "browser"),
    [
        (FIREFOX, "Firefox, Linux"),
        (SAFARI, "Safari, iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge, Windows"),
        ("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36", "Chrome, Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14_0) Version/17.0 Safari/605.1", "Safari, macOS"),
        ("curl/8", "another browser"),
        ("", "another browser"),
    ],
)
def test_a_browser_is_known_roughly(agent, browser):
    assert browser_of(agent) == browser
