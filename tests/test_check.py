"""The answers are checked before they are sent; and what is sent is what was checked, once."""

import html
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation
from hypothesis import HealthCheck, given
from hypothesis import settings as of_hypothesis
from hypothesis import strategies as st

from letter.documents import make_documents
from signatories import declarations, drafts, jobs
from signatories.jobs import publish_letter
from signatories.models import Actor, LimitRule, LostLink, Message, SignOn
from tests.factories import a_letter, a_moderator, a_sign_on, an_accepted, posted, sent, typed

pytestmark = pytest.mark.django_db


def checked(client, letter, language="", **fields):
    """The page that checks these answers."""
    response = client.post(f"{language}/{letter.slug}/sign/", typed(letter, **fields))
    assert (response.status_code, response.templates[0].name) == (200, "signatories/check.html")
    return response


def hidden(response):
    """What the form of a page carries."""
    page = response.content.decode()
    inputs = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page)
    return {name: html.unescape(value) for name, value in inputs}


def shown(response):
    """What stands on a page, without markup."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def place(response):
    places = re.search(r'<ul class="places".*?</ul>', response.content.decode(), re.DOTALL)[0]
    return [html.unescape(name) for name in re.findall(r"<bdi[^>]*>(.*?)</bdi>", places)]


def problems(response):
    form = response.context["form"]
    return {name: list(errors) for name, errors in form.errors.items()}


# ── what is shown ──


def test_the_answers_are_shown_and_nothing_is_kept_or_sent_yet(client):
    letter = a_letter()
    answers = {"name_as_signed": "Droit & Paix", "acronym": "DP", "country": "KE", "email": "amina@paix.example"}

    response = checked(client, letter, **answers, website="www.paix.example")

    page = shown(response)
    for words in ("Droit & Paix", "DP", "Kenya", "https://www.paix.example", "Amina Diallo", "amina@paix.example"):
        assert words in page
    assert str(declarations.DECLARATION) in page
    assert (SignOn.objects.count(), Message.objects.count(), response.cookies) == (0, 0, {})
    assert response["Cache-Control"] == "private, no-cache"


def test_the_name_stands_between_its_neighbours_as_it_will_be_printed(client):
    letter = a_letter()
    an_accepted(letter, "Al-Haq", "Avocats Sans Frontières", "Éa", "FIDH", "MADRE", "Odhikar")
    a_sign_on(letter, "pending", "Denied Society")
    an_accepted(a_letter(), "Elsewhere")

    assert place(checked(client, letter, name_as_signed="Droit & Paix")) == [
        *("Al-Haq", "Avocats Sans Frontières"),
        "Droit & Paix",
        *("Éa", "FIDH"),
    ]
    assert place(checked(client, letter, name_as_signed="Zmina")) == ["MADRE", "Odhikar", "Zmina"]
    assert place(checked(client, letter, name_as_signed="Abc")) == ["Abc", "Al-Haq", "Avocats Sans Frontières"]
    assert place(checked(client, letter, name_as_signed="al haq"))[:2] == ["Al-Haq", "al haq"]


def test_a_name_in_its_own_script_stands_beside_it_as_in_the_list(client):
    letter = a_letter()
    moderator = Actor.moderator(a_moderator())
    mezan = a_sign_on(letter, "pending", "Al Mezan")
    mezan.accept(moderator, listed_name="Al Mezan", listed_name_in_own_script="الميزان")

    response = checked(client, letter, name_as_signed="Al-Haq", name_in_own_script="الحق")

    assert place(response) == ["Al-Haq", "الحق", "Al Mezan", "الميزان"]


def test_of_an_empty_list_the_name_is_the_first(client):
    response = checked(client, a_letter(), name_as_signed="Al-Haq")

    assert place(response) == ["Al-Haq"]
    assert "the name will be the first on the list" in shown(response)


@pytest.mark.parametrize("count", [1, 30])
def test_checking_asks_the_database_as_little_for_a_long_list_as_for_a_short_one(client, count):
    letter = a_letter()
    an_accepted(letter, *(f"Society {number}" for number in range(count)))
    form = typed(letter, name_as_signed="Society 15b")

    with CaptureQueriesContext(connection) as queries:
        client.post(f"/{letter.slug}/sign/", form)

    assert len(queries) == 6


def test_the_page_says_which_text_is_signed_and_where_it_can_be_read(client):
    letter = a_letter()
    letter.revise("fr", title="Lettre", salutation="Excellence,", body="Nous.", closing="")

    before = checked(client, letter)
    publish_letter(letter)
    make_documents(letter)
    english, french = checked(client, letter), client.get(f"/fr/{letter.slug}/sign/")
    arabic = client.get(f"/ar/{letter.slug}/sign/")

    assert "You sign the English text." in shown(english)
    assert [reading(one) for one in (before, english, french, arabic)] == [
        [f"/{letter.slug}/"],
        [f"/{letter.slug}/", f"/{letter.slug}/letter.pdf"],
        [f"/fr/{letter.slug}/", f"/fr/{letter.slug}/letter.pdf"],
        [f"/{letter.slug}/", f"/{letter.slug}/letter.pdf"],
    ]
    for address in reading(french):
        assert client.get(address).status_code == 200
    assert [is_in(*one) for one in (("en-gb", english), ("fr", french), ("ar", arabic))] == [True, True, False]


def is_in(language, response):
    with translation.override(language):
        return response.context["reading"].is_in_page_language


def reading(response):
    return re.findall(r'href="([^"]+)"', re.search(r'<p class="reading">.*?</p>', response.content.decode(), re.S)[0])


# ── what is sent ──


def test_what_was_checked_is_sent_with_its_one_button(client):
    letter = a_letter()
    page = checked(client, letter, name_as_signed="Droit & Paix", website="www.paix.example", language="")

    response = client.post(f"/{letter.slug}/sign/", hidden(page) | {"send": "1"})

    assert (response.status_code, response["Location"]) == (302, f"/{letter.slug}/sign/sent/")
    assert [(one.name_as_signed, one.website, one.text) for one in SignOn.objects.all()] == [
        ("Droit & Paix", "https://www.paix.example", letter.text())
    ]


def test_without_the_page_that_checks_nobody_signs(client):
    letter = a_letter()

    response = client.post(f"/{letter.slug}/sign/", typed(letter, name_as_signed="Al-Haq") | {"send": "1"})

    assert (response.status_code, list(problems(response))) == (422, ["__all__"])
    assert 'value="Al-Haq"' in response.content.decode()
    assert SignOn.objects.count() == 0


@pytest.mark.parametrize("times", [2, 3])
def test_the_same_answers_sent_again_make_one_sign_on_one_message_and_the_same_answer(client, times):
    letter = a_letter()
    form = posted(letter)

    answers = [client.post(f"/{letter.slug}/sign/", form) for _ in range(times)]

    assert {(one.status_code, one["Location"]) for one in answers} == {(302, f"/{letter.slug}/sign/sent/")}
    assert (SignOn.objects.count(), [one.kind for one in Message.objects.all()]) == (1, ["confirm"])


def test_checking_the_same_form_twice_and_sending_both_pages_signs_once(client):
    letter = a_letter()
    form = typed(letter)

    for _ in range(2):
        page = client.post(f"/{letter.slug}/sign/", form)
        client.post(f"/{letter.slug}/sign/", hidden(page) | {"send": "1"})

    assert (SignOn.objects.count(), Message.objects.count()) == (1, 1)


def test_who_goes_back_and_changes_the_name_signs_for_another(client):
    letter = a_letter()
    form = typed(letter, name_as_signed="Al-Haq")

    for name in ("Al-Haq", "MADRE"):
        page = client.post(f"/{letter.slug}/sign/", form | {"name_as_signed": name})
        client.post(f"/{letter.slug}/sign/", hidden(page) | {"send": "1"})

    assert sorted(SignOn.objects.values_list("name_as_signed", flat=True)) == ["Al-Haq", "MADRE"]


def test_who_signed_before_is_told_so_once_however_often_the_new_form_is_sent(client):
    letter = a_letter()
    a_sign_on(letter, "pending", "Al-Haq", email="a@alhaq.example")
    form = posted(letter, name_as_signed="Al Haq", email="a@alhaq.example")

    for _ in range(3):
        client.post(f"/{letter.slug}/sign/", form)

    assert SignOn.objects.count() == 1
    assert [one.kind for one in Message.objects.order_by("pk")].count("already_signed") == 1


def test_what_was_withdrawn_is_not_signed_again_by_a_page_that_was_left_open(client):
    letter = a_letter()
    form = posted(letter)
    client.post(f"/{letter.slug}/sign/", form)
    SignOn.objects.get().withdraw()

    response = client.post(f"/{letter.slug}/sign/", form)

    assert (response.status_code, len(problems(response)["__all__"])) == (422, 1)
    assert [one.state for one in SignOn.objects.all()] == ["withdrawn"]


@pytest.mark.parametrize("end", ["withdraw", "disown", "expire", "late"])
def test_a_form_whose_sign_on_no_longer_stands_says_so_keeps_all_that_was_typed_and_can_sign_again(client, end):
    letter = a_letter()
    form = posted(letter, name_as_signed="Al-Haq", representative_name="Amina Diallo")
    client.post(f"/{letter.slug}/sign/", form)
    first = SignOn.objects.get()
    if end == "late":
        SignOn.objects.update(state_since=timezone.now() - timedelta(days=60))
    else:
        getattr(first, end)()

    response = client.post(f"/{letter.slug}/sign/", form)
    page = response.content.decode()
    messages = Message.objects.count()
    again = {name: value for name, value in form.items() if name not in ("draft", "send")}
    again["seal"] = re.search(r'name="seal" value="([^"]+)"', page)[1]
    client.post(f"/{letter.slug}/sign/", hidden(client.post(f"/{letter.slug}/sign/", again)) | {"send": "1"})

    assert (response.status_code, "no longer stands" in page) == (422, True)
    assert [f'value="{typed}"' in page for typed in ("Al-Haq", "Amina Diallo", form["email"])] == [True] * 3
    assert [one.state for one in SignOn.objects.exclude(pk=first.pk)] == ["unconfirmed"]
    assert Message.objects.count() == messages + 1


def test_sending_again_counts_for_no_limit(client):
    letter = a_letter()
    form = posted(letter)

    answers = []
    for _ in range(3):
        response = client.post(f"/{letter.slug}/sign/", form)
        with connection.cursor() as cursor:
            cursor.execute("SELECT max(hits) FROM signatories_limit")
            answers.append((response.status_code, cursor.fetchone()[0]))

    assert answers == [(302, 1)] * 3


@pytest.mark.django_db(transaction=True)
def test_sent_eight_times_at_once_it_is_one_sign_on_and_one_message():
    letter = a_letter()
    form = posted(letter)

    def send(_number):
        try:
            return Client().post(f"/{letter.slug}/sign/", form).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(send, range(8)))

    assert set(answers) == {302}
    assert (SignOn.objects.count(), [one.kind for one in Message.objects.all()]) == (1, ["confirm"])


# ── what is not sent ──


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda form: form | {"draft": ""}, "not the answers that you checked"),
        (lambda form: form | {"draft": form["draft"][:-1]}, "not the answers that you checked"),
        (lambda form: form | {"draft": form["seal"]}, "not the answers that you checked"),
        (lambda form: form | {"draft": "\udcffé:1:x"}, "not the answers that you checked"),
        (lambda form: form | {"representative_name": "Somebody Else"}, "not the answers that you checked"),
    ],
)
def test_an_altered_draft_comes_back_to_the_form_with_all_that_was_typed(client, change, words):
    letter = a_letter()
    form = posted(letter, name_as_signed="Droit & Paix", representative_role="Directrice")

    response = client.post(f"/{letter.slug}/sign/", _utf8(change(form)))

    assert response.status_code == 422
    assert words in problems(response)["__all__"][0]
    assert all(f'value="{words}"' in response.content.decode() for words in ("Droit &amp; Paix", "Directrice"))
    assert re.search(r'name="declaration"[^>]* checked', response.content.decode())
    assert SignOn.objects.count() == 0


def _utf8(form):
    return {name: value.encode("utf-8", "replace").decode() for name, value in form.items()}


def test_a_draft_that_is_older_than_a_day_comes_back_and_can_then_be_sent(client, monkeypatch):
    letter = a_letter()
    now = drafts.time.time()
    monkeypatch.setattr(drafts.time, "time", lambda: now - 25 * 60 * 60)
    form = posted(letter, name_as_signed="Al-Haq")
    monkeypatch.setattr(drafts.time, "time", lambda: now)

    response = client.post(f"/{letter.slug}/sign/", form)
    assert "more than a day ago" in problems(response)["__all__"][0]
    again = typed(letter, name_as_signed="Al-Haq") | {"seal": response.context["form"]["seal"].value()}
    page = client.post(f"/{letter.slug}/sign/", again)
    client.post(f"/{letter.slug}/sign/", hidden(page) | {"send": "1"})

    assert SignOn.objects.get().name_as_signed == "Al-Haq"


def test_a_draft_for_a_text_that_was_revised_or_a_declaration_that_was_reworded_comes_back(client, monkeypatch):
    letter = a_letter()
    form = posted(letter, name_as_signed="Al-Haq")
    page = checked(client, letter)

    letter.revise("en", title="Another letter", salutation="Dear all,", body="We ask.", closing="")
    revised = client.post(f"/{letter.slug}/sign/", form)
    fresh = posted(letter, name_as_signed="Al-Haq")
    monkeypatch.setattr(declarations, "VERSION", "2")
    reworded = client.post(f"/{letter.slug}/sign/", fresh)

    assert "The letter was revised" in problems(revised)["__all__"][0]
    assert "The declaration was reworded" in problems(reworded)["__all__"][0]
    assert [one.status_code for one in (revised, reworded)] == [422, 422]
    assert 'value="Al-Haq"' in revised.content.decode()
    assert drafts.read_seal(revised.context["form"]["seal"].value()).text == letter.text().pk
    assert hidden(page)["seal"] != revised.context["form"]["seal"].value()
    assert SignOn.objects.count() == 0


def test_all_is_validated_again_when_it_is_sent(client):
    letter = a_letter()

    response = client.post(
        f"/{letter.slug}/sign/", posted(letter, name_as_signed="<b>", email="nobody", declaration="")
    )

    assert set(problems(response)) == {"name_as_signed", "email", "declaration"}


def test_a_letter_that_closed_meanwhile_says_so(client):
    letter = a_letter()
    form = posted(letter)
    letter.closes_at = letter.opens_at + timedelta(hours=1)
    letter.save()

    response = client.post(f"/{letter.slug}/sign/", form)

    assert (response.status_code, "Signing is closed" in shown(response)) == (410, True)


# ── back to the form, and on in another language ──


def test_change_leads_back_to_the_form_with_everything_typed_and_no_error(client):
    letter = a_letter()
    page = checked(client, letter, name_as_signed="Droit & Paix", country="KE")

    response = client.post(f"/{letter.slug}/sign/", hidden(page) | {"change": "1"})

    form = response.context["form"]
    assert (response.status_code, form.errors, form["seal"].value()) == (200, {}, hidden(page)["seal"])
    assert 'value="Droit &amp; Paix"' in response.content.decode()
    assert '<option value="KE" selected>' in response.content.decode()


def test_each_group_has_a_button_to_change_it_that_leads_to_its_first_field(client):
    letter = a_letter()
    page = checked(client, letter).content.decode()

    fields = re.findall(rf'formaction="/{letter.slug}/sign/\?answers#(id_\w+)" aria-label="Change: ([^"]+)"', page)

    assert fields == [
        ("id_name_as_signed", "Your organisation"),
        ("id_representative_name", "You, its representative"),
        ("id_declaration", "Your declaration"),
    ]


@pytest.mark.parametrize("field", ["website", "email", "declaration"])
def test_a_form_with_errors_goes_on_in_another_language_without_them_and_with_all_that_was_typed(client, field):
    letter = a_letter()
    letter.revise("fr", title="Lettre", salutation="Excellence,", body="Nous.", closing="")
    form = typed(letter, name_as_signed="Droit & Paix", **{field: ""}) | {"website": "ftp://x"}

    response = client.post(f"/fr/{letter.slug}/sign/", form | {"language": "fr"})

    assert (response.status_code, response.context["form"].errors, response["Content-Language"]) == (200, {}, "fr")
    assert all(f'value="{words}"' in response.content.decode() for words in ("Droit &amp; Paix", "ftp://x"))
    assert drafts.read_seal(response.context["form"]["seal"].value()).text == letter.text("fr").pk


def test_checked_answers_go_on_in_another_language_and_sign_the_text_in_it(client):
    letter = a_letter()
    letter.revise("fr", title="Lettre", salutation="Excellence,", body="Nous.", closing="")
    page = checked(client, letter, name_as_signed="Droit & Paix")

    french = client.post(f"/fr/{letter.slug}/sign/", hidden(page) | {"language": "fr"})
    assert (french.templates[0].name, french.status_code) == ("signatories/check.html", 200)
    client.post(f"/fr/{letter.slug}/sign/", hidden(french) | {"send": "1"})

    sign_on = SignOn.objects.get()
    assert (sign_on.text, sign_on.language) == (letter.text("fr"), "fr")


def test_another_language_does_not_hide_that_the_letter_was_revised(client):
    letter = a_letter()
    letter.revise("fr", title="Lettre", salutation="Excellence,", body="Nous.", closing="")
    page = checked(client, letter)
    letter.revise("en", title="Another letter", salutation="Dear all,", body="We ask.", closing="")

    response = client.post(f"/fr/{letter.slug}/sign/", hidden(page) | {"language": "fr"})

    assert (response.status_code, list(problems(response))) == (422, ["seal"])


def test_an_empty_form_in_another_language_is_simply_that_page(client):
    letter = a_letter()

    response = client.post(f"/es/{letter.slug}/sign/", {"language": "es", "seal": "x"})

    assert (response.status_code, response["Location"]) == (302, f"/es/{letter.slug}/sign/")


def test_the_first_button_of_the_form_is_the_one_that_goes_on(client):
    letter = a_letter()

    for page in (client.get(f"/{letter.slug}/sign/"), client.post(f"/{letter.slug}/sign/", typed(letter, email="x"))):
        buttons = re.findall(r"<button [^>]*name=\"(\w+)\"", page.content.decode())
        assert (buttons[0], buttons.count("language")) == ("check", 3)


# ── what could be meant ──


def test_suggestions_stand_beside_the_answers_and_are_taken_by_a_button(client):
    letter = a_letter()
    page = checked(
        *(client, letter),
        name_as_signed="AVOCATS SANS FRONTIÈRES (ASF)",
        country="",
        website="asf.be",
        email="amina@gmial.com",
    )

    assert [one["value"] for one in uses(page)] == ["name_as_signed", "acronym", "country", "email"]
    for field in ("name_as_signed", "acronym", "country", "email"):
        page = client.post(f"/{letter.slug}/sign/", hidden(page) | {"use": field})
    assert uses(page) == []
    client.post(f"/{letter.slug}/sign/", hidden(page) | {"send": "1"})

    sign_on = SignOn.objects.get()
    assert (sign_on.name_as_signed, sign_on.acronym, sign_on.country, sign_on.email) == (
        *("Avocats Sans Frontières (ASF)", "ASF"),
        *("BE", "amina@gmail.com"),
    )


def uses(response):
    buttons = re.findall(r"<button [^>]*name=\"use\"[^>]*>", response.content.decode())
    return [dict(re.findall(r'(\w+)="([^"]*)"', button)) for button in buttons]


def test_they_are_never_forced(client):
    letter = a_letter()
    page = checked(client, letter, name_as_signed="AVOCATS SANS FRONTIÈRES", email="amina@gmial.com")

    client.post(f"/{letter.slug}/sign/", hidden(page) | {"send": "1"})

    assert [(one.name_as_signed, one.email) for one in SignOn.objects.all()] == [
        ("AVOCATS SANS FRONTIÈRES", "amina@gmial.com")
    ]


def test_on_a_form_that_comes_back_a_suggestion_stands_behind_its_field(client):
    letter = a_letter()

    response = client.post(f"/{letter.slug}/sign/", typed(letter, email="amina@gmial.com", representative_role=""))
    page = response.content.decode()
    taken = client.post(
        f"/{letter.slug}/sign/", typed(letter, email="amina@gmial.com", representative_role="") | {"use": "email"}
    )

    assert page.index('id="id_email"') < page.index('value="email"') < page.index('id="id_declaration"')
    assert 'value="amina@gmail.com"' in taken.content.decode()
    assert set(problems(taken)) == {"representative_role"}


# ── whatever is typed ──


@of_hypothesis(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(
    st.dictionaries(
        st.sampled_from(["name_as_signed", "acronym", "country", "website", "representative_name", "email", "use"]),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=60),
    ),
    st.sampled_from(["check", "change", "language", "colleague", "use", "send"]),
)
def test_whatever_is_typed_each_button_answers_with_a_page_and_what_is_shown_is_taken(client, fields, button):
    letter = a_letter()

    response = client.post(f"/ar/{letter.slug}/sign/", {button: "x"} | typed(letter, **fields))
    if response.status_code == 200 and "draft" in hidden(response):
        response = client.post(f"/{letter.slug}/sign/", hidden(response) | {"send": "1"})
        assert response.status_code == 302

    assert response.status_code in (200, 302, 422)


# ── nothing arrived ──


def find_links():
    """Do what the worker does with requests for links."""
    for asked in LostLink.objects.all():
        jobs.find_links(asked.pk)


def test_asking_for_the_link_costs_the_same_whether_or_not_the_address_is_known(client):
    letter = a_letter()
    for name in ("Al-Haq", "MADRE"):
        a_sign_on(letter, "unconfirmed", name, email="a@example.org")
    asked = []
    for box in ("warm", "a", "nobody"):
        with CaptureQueriesContext(connection) as queries:
            client.post(f"/{letter.slug}/sign/sent/", {"email": f"{box}@example.org"})
        asked.append([re.sub(r"\d+", "", one["sql"][:40]) for one in queries])

    assert asked[1] == asked[2]
    find_links()
    assert LostLink.objects.count() == 0


@pytest.mark.parametrize("address", ["/links/", "/{slug}/sign/sent/"])
def test_who_asks_for_links_by_somebodys_address_keeps_no_sign_on_from_it(client, address):
    LimitRule.objects.filter(scope="mailbox").update(limit=2)
    letter = a_letter()
    for _time in range(5):
        client.post(address.format(slug=letter.slug), {"email": "a@example.org"})
    find_links()

    client.post(f"/{letter.slug}/sign/", posted(letter, email="a@example.org"))

    assert [(one.kind, one.state) for one in Message.objects.all()] == [("confirm", "queued")]


def test_the_link_is_sent_again_to_an_address_that_waits_and_the_answer_is_the_same_for_any_other(client):
    letter = a_letter()
    for name in ("Al-Haq", "MADRE"):
        a_sign_on(letter, "unconfirmed", name, email="a@example.org")
    a_sign_on(letter, "pending", "Odhikar", email="b@example.org")
    a_sign_on(a_letter(), "unconfirmed", "Elsewhere", email="c@example.org")
    before = set(Message.objects.values_list("pk", flat=True))

    answers = [
        client.post(f"/{letter.slug}/sign/sent/", {"email": f"{box}@example.org"}) for box in ("A", "b", "c", "nobody")
    ]
    find_links()

    assert {(one.status_code, one["Location"], one.content) for one in answers} == {
        (302, f"/{letter.slug}/sign/resent/", b"")
    }
    new = Message.objects.exclude(pk__in=before)
    assert sorted((one.kind, one.recipient, one.sign_on.name_as_signed) for one in new) == [
        ("confirm", "a@example.org", "Al-Haq"),
        ("confirm", "a@example.org", "MADRE"),
    ]


def test_a_mailbox_gets_no_more_than_its_limit_and_nobody_is_told(client):
    LimitRule.objects.update(limit=2)
    letter = a_letter()
    a_sign_on(letter, "unconfirmed", email="a@example.org")

    answers = [client.post(f"/{letter.slug}/sign/sent/", {"email": "a@example.org"}) for _ in range(4)]
    find_links()

    assert {one.status_code for one in answers} == {302}
    assert Message.objects.count() == 1 + 2


def test_an_office_of_fifty_behind_one_address_may_all_ask_again_and_again_and_a_robot_may_not(client, settings):
    letter = a_letter()

    answers = [
        client.post(f"/{letter.slug}/sign/sent/", {"email": f"p{number}@example.org"}).status_code
        for number in range(50)
        for _turn in range(3)
    ]
    settings.LIMIT_RESENDS = 10
    refused = client.post(f"/{letter.slug}/sign/sent/", {"email": "p1@example.org"})

    assert set(answers) == {302}
    assert (refused.status_code, list(problems(refused))) == (422, ["__all__"])
    assert 'value="p1@example.org"' in refused.content.decode()


@pytest.mark.parametrize("email", ["", "nobody", "a@b\r\nBcc: c@d.org", "x" * 5000, "\x00"])
def test_an_address_that_is_none_is_said_to_be_none(client, email):
    response = client.post(f"/{a_letter().slug}/sign/sent/", {"email": email})

    assert (response.status_code, list(problems(response))) == (422, ["email"])


# ── a colleague, a board ──


def test_a_colleague_finds_the_form_with_what_is_known_of_the_organisation_and_nothing_of_the_person(client):
    letter = a_letter()
    answers = {
        "name_as_signed": "مركز الميزان (م)",
        "acronym": "AM",
        "country": "PS",
        "website": "https://mezan.example",
    }

    page = client.post(f"/{letter.slug}/sign/", typed(letter, **answers, email="a@mezan.example") | {"colleague": "1"})
    link = page.context["link"]
    found = client.get(urlsplit(link).path)

    assert drafts.read_handed(urlsplit(link).path.split("/")[-2]) == answers
    form = found.context["form"]
    assert {name: form[name].value() for name in answers} == answers
    assert [form[name].value() for name in ("representative_name", "representative_role", "email")] == [None] * 3
    assert (found.status_code, found["X-Robots-Tag"], form.is_bound) == (200, "noindex", False)


def test_the_message_to_a_colleague_can_be_sent_or_copied_and_says_the_same(client):
    letter = a_letter(closes_at=None)

    page = client.post(f"/{letter.slug}/sign/", typed(letter) | {"colleague": "1"})
    mailto = urlsplit(page.context["mailto"])
    said = parse_qs(mailto.query)

    assert (mailto.scheme, mailto.path, "+" in mailto.query) == ("mailto", "", False)
    assert said["body"] == [page.context["words"].replace("\n", "\r\n")]
    assert said["subject"] == ["Can you sign this letter for us? A joint letter"]
    for address in (page.context["link"], f"/{letter.slug}/board/", f"https://letters.example.org/{letter.slug}/"):
        assert address in page.context["words"]
    assert "Amina" not in page.context["words"]
    assert "<textarea" in page.content.decode()


def test_the_way_back_from_there_has_everything_that_was_typed(client):
    letter = a_letter()

    page = client.post(f"/{letter.slug}/sign/", typed(letter, website="ftp://x", email="nobody") | {"colleague": "1"})
    back = client.post(f"/{letter.slug}/sign/", hidden(page) | {"change": "1"})

    assert page.status_code == 200
    assert all(f'value="{words}"' in back.content.decode() for words in ("ftp://x", "nobody", "Amina Diallo"))


@pytest.mark.parametrize("data", ["x", "cut:short:link", "é", "x" * 5000])
def test_an_altered_link_explains_itself_and_the_form_is_there_all_the_same(client, data):
    letter = a_letter()

    response = client.get(f"/{letter.slug}/sign/for/{data}/")

    assert response.status_code == 200
    assert "not complete" in shown(response)
    assert 'name="name_as_signed"' in response.content.decode()


@given(
    st.fixed_dictionaries(
        {
            "name_as_signed": st.text(max_size=200),
            "acronym": st.text(max_size=30),
            "country": st.just("FR"),
            "website": st.text(max_size=300),
        }
    )
)
def test_a_link_is_never_longer_than_mail_programs_bear_and_keeps_the_name(known):
    value = drafts.handed(known)

    assert len(value) <= drafts.MAX_LENGTH
    assert drafts.read_handed(value).items() <= known.items()


def test_the_sheet_for_the_board_says_what_a_board_asks(client):
    letter = a_letter(addressees="To the States Parties")
    an_accepted(letter, *(f"Society {number}" for number in range(7)), "Long " * 30)
    a_sign_on(letter, "pending", "Pending Society")

    page = shown(client.get(f"/{letter.slug}/board/"))

    for words in ("A joint letter", "To the States Parties", "8 organisations", "Society 4", "no date is set"):
        assert words in page
    for words in ("Society 5", "Long Long", "Pending", "Amina"):
        assert words not in page
    assert f"https://letters.example.org/{letter.slug}/sign/" in page


def test_what_is_closed_has_no_sheet_and_no_link(client):
    letter = a_letter()
    data = drafts.handed({"name_as_signed": "Al-Haq"})
    letter.closes_at = letter.opens_at + timedelta(hours=1)
    letter.save()

    for address in ("board/", f"sign/for/{data}/"):
        assert client.get(f"/{letter.slug}/{address}").status_code == 410


def test_the_signed_post_of_the_factories_is_that_of_the_page(client):
    letter = a_letter()
    answers = {
        "name_as_signed": "Al-Haq",
        "representative_name": "A",
        "representative_role": "B",
        "email": "a@b.example",
    }

    page = checked(client, letter, acronym="", country="", website="", **answers)

    assert {name for name, value in hidden(page).items() if value} == sent(letter.text().pk, **answers).keys() - {
        "send"
    }
