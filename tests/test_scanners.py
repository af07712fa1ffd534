"""What a mail scanner does that also submits every form it finds: said here, and in docs/architecture.md, “Mail”."""

from html.parser import HTMLParser

import pytest

from signatories.models import MemberInvitation, Notice, SignOn, Transfer
from tests.test_links import a_mailbox_of_every_link

pytestmark = pytest.mark.django_db


class Forms(HTMLParser):
    """The forms of a page, as a robot sees them: where they go, and what they hold as they stand."""

    def __init__(self, page):
        super().__init__()
        self.found, self.open = [], None
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "form" and given.get("method") == "post":
            self.open = (given.get("action") or "", {}, [])
            self.found.append(self.open)
        elif self.open and tag == "button":
            self.open[2].append((given.get("name"), given.get("value", "")))
        elif self.open and tag == "input" and given.get("type") not in {"checkbox", "radio"} and given.get("name"):
            self.open[1][given["name"]] = given.get("value") or ""

    def handle_endtag(self, tag):
        if tag == "form":
            self.open = None


def submit_all(client, link):
    """Fetch a page, and press every button of every form on it, filling in nothing."""
    page = client.get(link)
    for action, fields, buttons in Forms(page.content.decode()).found:
        for name, value in buttons:
            client.post(action or link, fields | ({name: value} if name else {}))


def test_what_a_robot_does_that_presses_every_button_behind_every_link(client, mail_server):
    found = a_mailbox_of_every_link(mail_server)
    accepted = set(SignOn.objects.accepted().values_list("pk", flat=True))

    for link in sorted(found):
        submit_all(client, link)

    # It has read the mailbox, which is all that “confirmed” says: a moderator decides, and nothing is public before.
    assert SignOn.objects.filter(source="form", state="unconfirmed").count() == 0
    # The status page has no form that acts: nothing is withdrawn, and no public name goes or comes.
    assert set(SignOn.objects.accepted().values_list("pk", flat=True)) == accepted
    # An organisation that objects and confirms has objected: moderators look, the sign-on stays as it is.
    assert Notice.objects.get().is_objection
    # Nobody takes over without declaring to be authorised, which is a box to be ticked.
    assert not Transfer.objects.filter(kind="successor", state="done").exists()
    # Whoever declined by a robot can still sign, by the same link.
    invited = MemberInvitation.objects.get()
    assert invited.sign_on is None
    assert [client.get(link).status_code for link in found if link.startswith("/invited/")] == [200]
