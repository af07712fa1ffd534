"""“An organisation with this name has already signed” is told to the address on record, and to nobody else."""

import re

import pytest
from django.utils import timezone

from signatories import links, mail
from signatories.models import Actor, LimitRule, Message, SignOn
from tests.factories import a_letter, a_moderator, a_sign_on, posted
from tests.mailserver import link_in, text_of

pytestmark = pytest.mark.django_db

FIRST = {"representative_name": "Amina Diallo", "representative_role": "Director", "email": "amina@alhaq.example"}
SECOND = {"representative_name": "Bilal Hassan", "representative_role": "Officer", "email": "bilal@other.example"}


def confirm(client, sign_on):
    return client.post(f"/confirm/{links.token('confirm', sign_on.pk)}/")


def told():
    return [(one.sign_on_id, one.recipient) for one in Message.objects.filter(kind="signed_again")]


@pytest.mark.parametrize("state", ["pending", "queried", "accepted"])
def test_when_somebody_else_confirms_for_the_same_name_the_address_on_record_is_told(client, state):
    letter = a_letter()
    first = a_sign_on(letter, state, "Al-Haq", **FIRST)
    second = a_sign_on(letter, "unconfirmed", "The AL HAQ", **SECOND)
    before = told()

    confirm(client, second)

    assert (before, told()) == ([], [(first.pk, "amina@alhaq.example")])


def test_the_message_names_nobody_and_says_what_can_be_done(client, mail_server):
    letter = a_letter()
    first = a_sign_on(letter, "accepted", "Al-Haq", **FIRST)
    second = a_sign_on(letter, "unconfirmed", "al haq", **SECOND)
    confirm(client, second)

    mail.deliver(Message.objects.get(kind="signed_again").pk)

    (message,) = mail_server.messages
    text = " ".join(text_of(message).split())
    assert message["To"] == "amina@alhaq.example"
    assert message["Subject"] == "Somebody else has signed for Al-Haq"
    assert text.startswith("Dear Amina Diallo, on ")
    assert (
        "with another e-mail address than yours confirmed a sign-on for al haq to the letter “A joint letter”" in text
    )
    assert f"{timezone.now():%Y}" in text
    for ending in ("you need not do anything.", "please answer this message.", "hand it over on its page:"):
        assert ending in text
    whole = str(message) + text
    assert [secret for secret in ("Bilal", "Hassan", "Officer", "other.example") if secret in whole] == []
    page = client.get(link_in(message, "status"))
    assert page.context["sign_on"].pk == first.pk


@pytest.mark.parametrize("why", ["unconfirmed", "declined", "withdrawn", "other name", "other letter", "registered"])
def test_nobody_is_told_whose_sign_on_does_not_stand_or_is_another_or_never_came_from_a_mailbox(client, why):
    letter = a_letter()
    if why == "registered":
        actor = Actor.moderator(a_moderator())
        SignOn.register(letter.text(), actor, note="letter of 3 May", name_as_signed="Al-Haq", source="post", **FIRST)
    else:
        on = a_letter() if why == "other letter" else letter
        state = why if why in ("unconfirmed", "declined", "withdrawn") else "pending"
        a_sign_on(on, state, "Al-Mezan" if why == "other name" else "Al-Haq", **FIRST)

    confirm(client, a_sign_on(letter, "unconfirmed", "Al-Haq", **SECOND))

    assert told() == []


def test_the_same_address_that_signs_again_and_again_is_told_of_once(client):
    letter = a_letter()
    first = a_sign_on(letter, "pending", "Al-Haq", **FIRST)
    for number in range(3):
        other = a_sign_on(
            letter, "unconfirmed", "Al-Haq", **SECOND | {"email": f"bilal@{'OTHER' * number}other.example"}
        )
        confirm(client, other)
        other.withdraw()
        again = a_sign_on(letter, "unconfirmed", "Al-Haq", **SECOND | {"email": other.email.upper()})
        confirm(client, again)
        again.withdraw()

    assert told() == [(first.pk, "amina@alhaq.example")] * 3


def test_a_mailbox_gets_no_more_of_them_in_a_day_than_of_anything_a_stranger_causes(client):
    LimitRule.objects.filter(scope="mailbox").update(limit=2)
    letter = a_letter()
    first = a_sign_on(letter, "pending", "Al-Haq", **FIRST)

    answers = []
    for number in range(4):
        other = a_sign_on(letter, "unconfirmed", "Al-Haq", **SECOND | {"email": f"bilal{number}@other.example"})
        answers.append(confirm(client, other).status_code)

    assert (answers, told().count((first.pk, "amina@alhaq.example"))) == ([302] * 4, 2)


def test_a_confirmation_that_comes_too_late_tells_nobody(client):
    letter = a_letter()
    a_sign_on(letter, "pending", "Al-Haq", **FIRST)
    second = a_sign_on(letter, "pending", "Al-Haq", **SECOND)

    assert confirm(client, second).status_code == 410
    assert told() == []


def journey(client, mail_server, letter, name):
    """All that whoever signs sees and gets, but for what differs with everybody: names, links, moments."""
    person = {"representative_name": "Bilal Hassan", "representative_role": "Officer", "email": "bilal@other.example"}
    sent = client.post(f"/{letter.slug}/sign/", posted(letter, name_as_signed=name, **person), follow=True)
    sign_on = SignOn.objects.latest("pk")
    mail.deliver(sign_on.messages.get().pk)
    address = link_in(mail_server.messages[-1], "confirm")
    shown, confirmed = client.get(address), client.post(address, follow=True)
    mail.deliver(sign_on.messages.last().pk)
    status = client.get(link_in(mail_server.messages[-1], "status"))
    pages = [
        f"{page.status_code} {page.redirect_chain if hasattr(page, 'redirect_chain') else ''} {page.headers} "
        + page.content.decode()
        for page in (sent, shown, confirmed, status)
    ]
    messages = mail_server.messages[-2:]
    mails = [f"{one['Subject']} {text_of(one)} {one.get_body(('html',)).get_content()}" for one in messages]
    return [neutral(part, name, letter.slug) for part in pages + mails]


def neutral(text, name, slug):
    text = re.sub(r"/(confirm|status)/[^/\s\"<]+/", r"/\1/TOKEN/", text.replace(name, "NAME").replace(slug, "SLUG"))
    moment = r"\d{1,2} \w+ \d{4}, \d\d:\d\d|\d{4}-\d\d-\d\dT[\d:.+]+"
    return re.sub(moment, "MOMENT", text)


def test_who_comes_second_sees_and_gets_exactly_what_everybody_does(client, mail_server):
    letters = [a_letter(slug=slug) for slug in ("first-one", "other-one")]
    a_sign_on(letters[0], "accepted", "Al-Haq", **FIRST)

    with_namesake = journey(client, mail_server, letters[0], "Al-Haq")
    assert told() != []
    alone = journey(client, mail_server, letters[1], "Al-Haq")

    assert len(with_namesake) == 6
    assert with_namesake == alone


def test_the_desk_sees_the_two_beside_each_other(client):
    letter = a_letter()
    first = a_sign_on(letter, "pending", "Al-Haq", **FIRST)
    second = a_sign_on(letter, "unconfirmed", "Al-Haq", **SECOND)
    confirm(client, second)
    client.force_login(a_moderator())

    page = client.get(f"/moderation/sign-ons/{second.pk}/")

    assert [one.sign_on.pk for one in page.context["similar"] if one.sign_on] == [first.pk]
    assert "Somebody else has signed" in client.get(f"/moderation/sign-ons/{first.pk}/").content.decode()
