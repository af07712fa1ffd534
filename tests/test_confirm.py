"""A representative proves to hold the mailbox; every link explains itself."""

from datetime import timedelta

import pytest

from signatories import links
from signatories.models import SignOn
from tests.factories import a_sign_on

pytestmark = pytest.mark.django_db


def test_opening_the_link_shows_what_will_be_submitted_and_changes_nothing(client):
    sign_on = a_sign_on(state="unconfirmed", name="Justice Sans Frontières")
    address = f"/confirm/{links.token('confirm', sign_on.pk)}/"

    for _scanner in range(10):
        page = client.get(address)
        client.head(address)

    sign_on.refresh_from_db()
    assert sign_on.state == "unconfirmed"
    assert "Justice Sans Frontières" in page.content.decode()
    assert sign_on.transitions.count() == 1


def test_its_button_confirms_and_leads_to_the_status_page(client):
    sign_on = a_sign_on(state="unconfirmed")

    response = client.post(f"/confirm/{links.token('confirm', sign_on.pk)}/", follow=True)

    sign_on.refresh_from_db()
    assert sign_on.state == "pending"
    assert response.redirect_chain[0][0].startswith("/status/")
    assert "A moderator will look at it next" in response.content.decode()
    assert [one.kind for one in sign_on.messages.all()] == ["confirm", "confirmed"]


def test_a_used_link_says_so_and_offers_the_link_to_the_status_page(client):
    sign_on = a_sign_on(state="pending")
    address = f"/confirm/{links.token('confirm', sign_on.pk)}/"

    page = client.get(address)
    sent = client.post(address, {"send": ""})

    assert (page.status_code, sent.status_code) == (410, 200)
    assert "This link was used before" in page.content.decode()
    assert [one.kind for one in sign_on.messages.all()] == ["confirm", "confirmed", "status"]


def test_a_second_click_on_confirm_writes_nothing(client):
    sign_on = a_sign_on(state="pending")

    response = client.post(f"/confirm/{links.token('confirm', sign_on.pk)}/")

    assert response.status_code == 410
    assert sign_on.transitions.count() == 2


@pytest.mark.parametrize("purpose", ["confirm", "status"])
def test_an_expired_link_says_so_and_its_button_sends_a_new_one_to_the_address_on_record(client, settings, purpose):
    sign_on = a_sign_on(state="unconfirmed" if purpose == "confirm" else "pending")
    settings.LINK_LIFETIMES = {purpose: timedelta(seconds=-1), "confirm": timedelta(-1), "status": timedelta(-1)}
    token = links.token(purpose, sign_on.pk)

    page = client.get(f"/{purpose}/{token}/")
    sent = client.post(f"/{purpose}/{token}/", {"send": ""})

    assert page.status_code == 410
    assert "This link has expired" in page.content.decode()
    assert "on its way" in sent.content.decode()
    newest = sign_on.messages.last()
    assert (newest.kind, newest.recipient) == ("confirm" if purpose == "confirm" else "status", sign_on.email)
    assert SignOn.objects.get().state == sign_on.state


@pytest.mark.parametrize("purpose", ["confirm", "status"])
def test_a_tampered_link_says_that_it_is_not_complete(client, purpose):
    token = links.token(purpose, a_sign_on().pk)

    for broken in (token[:-4], "1" + token, token.swapcase(), "x", "\ufffd"):
        response = client.get(f"/{purpose}/{broken}/")

        assert response.status_code == 404
        assert "not complete" in response.content.decode()


def test_a_link_for_one_purpose_does_not_serve_another(client):
    sign_on = a_sign_on(state="unconfirmed")

    for purpose, other in (("confirm", "status"), ("status", "confirm")):
        response = client.post(f"/{other}/{links.token(purpose, sign_on.pk)}/")

        assert response.status_code == 404
    sign_on.refresh_from_db()
    assert sign_on.state == "unconfirmed"


def test_a_link_to_a_sign_on_that_is_gone_says_so(client):
    response = client.get(f"/status/{links.token('status', 987654)}/")

    assert response.status_code == 404
    assert "We have no sign-on for this link" in response.content.decode()


def test_the_pages_behind_links_are_kept_out_of_caches_and_of_other_sites_logs(client):
    response = client.get(f"/status/{links.token('status', a_sign_on().pk)}/")

    assert response["Cache-Control"] == "no-store"
    assert response["Referrer-Policy"] == "no-referrer"
    assert response["X-Robots-Tag"] == "noindex"
