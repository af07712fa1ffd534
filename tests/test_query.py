"""A moderator asks back; the representative answers, and it returns to the queue with the exchange."""

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from audit.models import Entry
from signatories import documents, links, mail, questions
from signatories.jobs import remind_of_queries
from signatories.models import Actor, AlreadyListed, Document, Query, SignOn, Transition
from signatories.models.document import MAX_DOCUMENTS
from tests.factories import a_document, a_letter, a_moderator, a_sign_on
from tests.files import a_jpeg, a_pdf, a_png, an_email

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client):
    client.user = a_moderator()
    client.force_login(client.user)
    return client


def asked(sign_on, **fields):
    """What a browser posts when a moderator asks."""
    seen = sign_on.transitions.last().pk
    return {"seen": seen, "template": "", "language": "en", "question": "Who authorised you?"} | fields


def address(sign_on, act="answer"):
    return f"/status/{links.token('status', sign_on.pk)}/{act}/".replace("//", "/")


def status(client, sign_on):
    return client.get(f"/status/{links.token('status', sign_on.pk)}/").content.decode()


def answered(sign_on, **fields):
    """What a browser posts when the representative answers."""
    return {"query": sign_on.queries.last().pk, "answer": "Our board, on 3 May."} | fields


def file(name="minutes.pdf", content=None):
    return SimpleUploadedFile(name, content or a_pdf(), "text/html")


def state(sign_on):
    return SignOn.objects.get(pk=sign_on.pk).state


# ── asking ──


def test_a_moderator_asks_and_the_question_waits_like_a_decision(desk):
    sign_on = a_sign_on(name="Al-Haq")

    response = desk.post(f"/moderation/sign-ons/{sign_on.pk}/query/", asked(sign_on))

    message = sign_on.messages.last()
    assert (response.status_code, state(sign_on)) == (302, "queried")
    assert (message.kind, message.is_decision, message.state) == ("query", True, "queued")
    assert message.send_after > timezone.now() + timedelta(minutes=9)
    assert message.subject == "A question about the sign-on of Al-Haq"
    assert "Who authorised you?" in message.text
    assert re.search(r"/status/[\w-]{43}/", mail.envelope(message).body)
    query = sign_on.queries.get()
    assert (query.question, query.language, query.ended, query.asked.user) == (
        "Who authorised you?",
        "en",
        None,
        desk.user,
    )


def test_without_words_nothing_is_asked_and_the_form_says_so(desk):
    sign_on = a_sign_on()

    response = desk.post(f"/moderation/sign-ons/{sign_on.pk}/query/", asked(sign_on, question="  "))

    assert response.status_code == 422
    assert "Write what you want to know." in response.content.decode()
    assert (state(sign_on), sign_on.queries.count()) == ("pending", 0)


def test_a_question_from_the_list_is_put_into_the_form_and_nothing_is_asked_yet(desk):
    sign_on = a_sign_on(name="Al-Haq")

    response = desk.post(
        f"/moderation/sign-ons/{sign_on.pk}/query/text/", asked(sign_on, template="fr:spelling", question="")
    )

    form = response.context["forms"]["query"]
    assert response.status_code == 200
    assert form["question"].value().startswith("Nous avons reçu le nom de votre organisation sous la forme « Al-Haq »")
    assert (form["language"].value(), form["template"].value()) == ("fr", "fr:spelling")
    assert (state(sign_on), sign_on.queries.count()) == ("pending", 0)


def test_a_second_choice_replaces_the_first_but_never_what_a_moderator_wrote(desk):
    sign_on = a_sign_on(name="Al-Haq", website="https://alhaq.example")
    use = f"/moderation/sign-ons/{sign_on.pk}/query/text/"

    def chosen(template, question):
        page = desk.post(use, asked(sign_on, template=template, question=question))
        return page.context["forms"]["query"]["question"].value()

    first = chosen("en:spelling", "")
    second = chosen("en:authority", first)
    third = chosen("en:spelling", "Dear Amina,")

    assert second == questions.fill("en", "authority", questions.Subject("Al-Haq"))
    assert third == f"Dear Amina,\n\n{first}"
    assert chosen("xx:nothing", "As it was") == "As it was"


def test_the_question_about_a_duplicate_names_the_other(desk):
    letter = a_letter()
    a_sign_on(letter, "accepted", "Al Haq")
    sign_on = a_sign_on(letter, "pending", "Al-Haq")

    page = desk.post(f"/moderation/sign-ons/{sign_on.pk}/query/text/", asked(sign_on, template="en:duplicate"))

    assert "an organisation called “Al Haq” already" in page.context["forms"]["query"]["question"].value()


def test_questions_are_offered_first_in_the_language_that_the_representative_read(desk):
    sign_on = a_sign_on(a_letter(language="ar"))

    page = desk.get(f"/moderation/sign-ons/{sign_on.pk}/")

    form = page.context["forms"]["query"]
    assert [group for group, _questions in form.fields["template"].choices] == [
        "",
        "العربيّة",
        "English",
        "Français",
        "Español",
    ]
    assert form["language"].value() == "ar"


@pytest.mark.parametrize("language", questions.QUESTIONS)
def test_each_language_has_each_question_whole(language):
    subject = questions.Subject("Al-Haq", "amina@example.org", "Al Haq")

    filled = [questions.fill(language, code, subject) for code in questions.TITLES]

    assert list(questions.QUESTIONS[language]) == list(questions.TITLES)
    assert all("Al-Haq" in one and "{" not in one for one in filled)
    assert len(filled) >= 6


def test_a_question_in_arabic_stands_from_right_to_left_on_the_status_page_and_at_the_desk(desk):
    sign_on = a_sign_on(a_letter(language="ar"))
    sign_on.query(Actor.moderator(desk.user), question="من قرّر؟")

    for page in (status(desk, sign_on), desk.get(f"/moderation/sign-ons/{sign_on.pk}/").content.decode()):
        assert 'lang="ar" dir="rtl">من قرّر؟</blockquote>' in page


@pytest.mark.parametrize(
    ("language", "subject", "around"),
    [
        ("en", "A question about the sign-on of Al-Haq", "Please answer on this page"),
        ("fr", "Une question sur la signature de Al-Haq", "Veuillez répondre sur cette page"),
        ("es", "Una pregunta sobre la firma de Al-Haq", "Responda, por favor, en esta página"),
        ("ar", "سؤال بشأن توقيع Al-Haq", "نرجو الإجابة في هذه الصفحة"),
        # A language without a catalogue: the question as it was written, in an English message.
        ("de", "A question about the sign-on of Al-Haq", "Please answer on this page"),
    ],
)
def test_the_message_speaks_the_language_of_the_question(language, subject, around):
    sign_on = a_sign_on(name="Al-Haq")

    sign_on.query(Actor.moderator(a_moderator()), question="?", language=language)

    message = sign_on.messages.last()
    assert message.subject.replace("\u2068", "").replace("\u2069", "") == subject
    assert around in message.text
    direction = "rtl" if language == "ar" else "ltr"
    assert f'dir="{direction}"' in message.html.split("<head>")[0]


def test_a_question_to_somebody_without_an_address_is_recorded_and_the_form_says_that_nothing_is_sent(desk):
    letter = a_letter()
    sign_on = SignOn.register(
        letter.text(), Actor.moderator(desk.user), note="letter", name_as_signed="Al-Haq", source="post"
    )

    page = desk.get(f"/moderation/sign-ons/{sign_on.pk}/").content.decode()
    desk.post(f"/moderation/sign-ons/{sign_on.pk}/query/", asked(sign_on))

    assert "There is no e-mail address, so nothing is sent" in page
    assert (state(sign_on), sign_on.messages.count()) == ("queried", 0)


def test_two_questions_are_never_open_at_once(desk):
    from django.db import IntegrityError, transaction

    sign_on = a_sign_on(state="queried")

    response = desk.post(f"/moderation/sign-ons/{sign_on.pk}/query/", asked(sign_on))

    assert response.status_code == 409
    assert "Somebody else was faster" in response.content.decode()
    with pytest.raises(IntegrityError), transaction.atomic():
        sign_on.queries.create(asked=sign_on.transitions.first(), language="en")
    assert sign_on.queries.count() == 1


@pytest.mark.parametrize("group", ["secretariat", "reader"])
def test_who_may_not_decide_may_not_ask_answer_or_choose_a_question(client, group):
    waiting, queried = a_sign_on(), a_sign_on(state="queried")
    client.force_login(a_moderator(group))

    for path, one in (("query", waiting), ("query/text", waiting), ("answer", queried)):
        assert client.post(f"/moderation/sign-ons/{one.pk}/{path}/", asked(one)).status_code == 403
    assert (state(waiting), state(queried)) == ("pending", "queried")


# ── answering ──


def test_the_representative_answers_on_the_status_page_and_it_is_back_in_the_queue_with_the_exchange(client):
    sign_on = a_sign_on(state="queried", name="Al-Haq")
    page = status(client, sign_on)

    response = client.post(address(sign_on), answered(sign_on, documents=[file(), file("card.png", a_png())]))

    query = Query.objects.exchange().get(sign_on=sign_on)
    assert "Who authorised you?" in page
    assert response.status_code == 302
    assert "Your answer has arrived." in status(client, sign_on)
    assert (state(sign_on), query.answer, query.is_answered) == ("pending", "Our board, on 3 May.", True)
    assert [(one.name, one.kind, one.who, one.sign_on) for one in query.documents.all()] == [
        ("minutes.pdf", "pdf", "representative", sign_on),
        ("card.png", "png", "representative", sign_on),
    ]
    assert bytes(query.documents.first().content) == a_pdf()
    assert response.cookies == {}
    # The question had not been sent yet: nobody needs it now.
    assert sign_on.messages.get(kind="query").state == "dropped"


def test_opening_the_page_answers_nothing(client):
    sign_on = a_sign_on(state="queried")

    page = client.get(address(sign_on))

    assert (page.status_code, state(sign_on)) == (200, "queried")
    assert "Who authorised you?" in page.content.decode()


def test_an_answer_needs_words_or_a_document(client):
    sign_on = a_sign_on(state="queried")

    neither = client.post(address(sign_on), answered(sign_on, answer=" "))
    document = client.post(address(sign_on), answered(sign_on, answer="", documents=[file()]))

    assert neither.status_code == 422
    assert "Write your answer, or add a document." in neither.content.decode()
    assert (document.status_code, state(sign_on), sign_on.documents.count()) == (302, "pending", 1)


def test_a_sound_file_need_not_be_chosen_again_when_another_one_is_refused(client):
    sign_on = a_sign_on(state="queried")
    files = [file(), file("page.pdf", b"<html><script>alert(1)</script>")]

    refused = client.post(address(sign_on), answered(sign_on, documents=files))

    form = refused.context["form"]
    page = refused.content.decode()
    assert refused.status_code == 422
    assert "“page.pdf”: This is neither a PDF nor a picture (JPEG or PNG). Save or scan it as one of these." in page
    assert "Our board, on 3 May." in page
    assert "minutes.pdf (" in page
    assert [label.split(" ")[0] for _token, label in form.fields["kept"].choices] == ["minutes.pdf"]
    assert (state(sign_on), sign_on.documents.count(), Document.objects.staged().count()) == ("queried", 0, 1)

    client.post(address(sign_on), answered(sign_on, kept=form.data.getlist("kept")))

    assert [one.name for one in sign_on.queries.get().documents.all()] == ["minutes.pdf"]
    assert (state(sign_on), Document.objects.staged().count()) == ("pending", 0)


def test_what_is_unticked_is_not_sent(client):
    sign_on = a_sign_on(state="queried")
    client.post(address(sign_on), answered(sign_on, documents=[file(), file("x.gif", b"GIF89a")]))

    client.post(address(sign_on), answered(sign_on))

    assert (state(sign_on), sign_on.documents.count()) == ("pending", 0)


def test_what_one_keeps_another_cannot_take(client):
    mine, theirs = a_sign_on(state="queried"), a_sign_on(state="queried")
    refused = client.post(address(theirs), answered(theirs, answer="", documents=[file(), file("x.gif", b"GIF89a")]))
    kept = refused.context["form"].data.getlist("kept")

    response = client.post(address(mine), answered(mine, kept=kept))

    assert response.status_code == 422
    assert "A document is not kept any more. Please choose it again." in response.content.decode()
    assert (state(mine), mine.documents.count()) == ("queried", 0)


def test_three_documents_at_once_are_enough(client):
    sign_on = a_sign_on(state="queried")
    files = [file(f"{number}.pdf", a_pdf(f"page {number}")) for number in range(4)]

    response = client.post(address(sign_on), answered(sign_on, documents=files))

    assert response.status_code == 422
    assert "Only 3 documents can be sent at once. The others were left out." in response.content.decode()
    assert Document.objects.staged().count() == 3


def test_one_sign_on_has_room_for_so_many_documents(client):
    sign_on = a_sign_on(state="queried")
    for number in range(MAX_DOCUMENTS):
        a_document(sign_on, a_pdf(f"page {number}"))

    response = client.post(address(sign_on), answered(sign_on, documents=[file()]))

    assert response.status_code == 422
    assert "There is no room for more documents with this sign-on." in response.content.decode()
    assert (state(sign_on), sign_on.documents.count()) == ("queried", MAX_DOCUMENTS)


def test_the_same_document_twice_is_kept_once_and_stands_with_both_answers(client):
    sign_on = a_sign_on(state="queried")
    client.post(address(sign_on), answered(sign_on, documents=[file(), file("again.pdf")]))
    sign_on.refresh_from_db()
    sign_on.query(Actor.moderator(a_moderator()), question="And when?")
    client.post(address(sign_on), answered(sign_on, documents=[file("once more.pdf")]))

    names = [[one.name for one in query.documents.all()] for query in sign_on.exchange()]
    assert names == [["minutes.pdf"], ["minutes.pdf"]]
    assert sign_on.documents.count() == 1


def test_uploads_without_end_are_stopped_and_the_words_are_kept(client, settings):
    settings.LIMIT_UPLOADS = 1
    sign_on = a_sign_on(state="queried")
    client.post(address(sign_on), answered(sign_on, answer="", documents=[file("x.gif", b"GIF89a")]))

    response = client.post(address(sign_on), answered(sign_on, documents=[file()]))

    page = response.content.decode()
    assert (response.status_code, state(sign_on), Document.objects.count()) == (422, "queried", 0)
    assert "There were many uploads in a short time." in page
    assert "Our board, on 3 May." in page


def test_answers_that_are_sent_back_leave_no_more_than_a_days_documents(client, monkeypatch):
    monkeypatch.setattr(documents, "MAX_A_DAY", 4)
    sign_on, other = a_sign_on(state="queried"), a_sign_on(state="queried")
    pages = [
        client.post(
            address(one), answered(one, answer=" ", query=0, documents=[file(content=a_pdf(f"page {number}"))])
        ).content.decode()
        for number, one in enumerate([sign_on] * 6 + [other])
    ]

    refused = ["Many documents have come today." in page for page in pages]
    assert refused == [False] * 4 + [True] * 2 + [False]
    assert Document.objects.staged().count() == 5


def test_an_answer_to_another_question_than_the_open_one_is_shown_again(client):
    sign_on = a_sign_on(state="queried")
    form = answered(sign_on)
    desk = Actor.moderator(a_moderator())
    sign_on.accept(desk, listed_name="Al-Haq")
    sign_on.reopen(desk)
    sign_on.query(desk, question="Another one?")

    response = client.post(address(sign_on), form)

    page = response.content.decode()
    assert (response.status_code, state(sign_on)) == (422, "queried")
    assert "The question has changed since you opened this page." in page
    assert "Another one?" in page
    assert "Our board, on 3 May." in page
    again = client.post(address(sign_on), form | {"query": response.context["form"]["query"].value()})
    assert (again.status_code, state(sign_on)) == (302, "pending")


def test_an_answer_that_comes_too_late_is_given_back(client):
    sign_on = a_sign_on(state="queried")
    form = answered(sign_on)
    sign_on.decline(Actor.moderator(a_moderator()), reason="no_answer")

    response = client.post(address(sign_on), form)

    assert response.status_code == 409
    assert "What you wrote was not recorded:" in response.content.decode()
    assert "Our board, on 3 May." in response.content.decode()
    assert state(sign_on) == "declined"


def test_a_second_click_answers_once(client):
    sign_on = a_sign_on(state="queried")
    form = answered(sign_on)

    client.post(address(sign_on), form)
    second = client.post(address(sign_on), form)

    assert second.status_code == 409
    assert [one.verb for one in sign_on.transitions.all()] == ["sign", "confirm", "query", "answer"]


def test_an_answer_is_text_and_nothing_in_it_acts(client, desk):
    sign_on = a_sign_on(state="queried")
    client.post(address(sign_on), answered(sign_on, answer="<script>alert(1)</script>\n\nsecond"))

    for page in (status(client, sign_on), desk.get(f"/moderation/sign-ons/{sign_on.pk}/").content.decode()):
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    refused = client.post(address(a_sign_on(state="queried")), {"query": 1, "answer": "a\x02b"})
    assert "invisible control character" in refused.content.decode()


# ── by mail ──


def test_a_moderator_registers_an_answer_that_came_by_mail_with_the_mail(desk):
    sign_on = a_sign_on(state="queried")
    form = {
        "seen": sign_on.transitions.last().pk,
        "answer": "Our board.",
        "note": "e-mail of 3 May, in the mailbox",
        "documents": [file("reply.eml", an_email())],
    }

    response = desk.post(f"/moderation/sign-ons/{sign_on.pk}/answer/", form)

    query = Query.objects.exchange().get(sign_on=sign_on)
    document = query.documents.get()
    assert (response.status_code, state(sign_on), query.answer) == (302, "pending", "Our board.")
    assert (query.ended.user, query.ended.note) == (desk.user, "e-mail of 3 May, in the mailbox")
    assert (document.kind, document.who, document.user) == ("eml", "moderator", desk.user)
    page = desk.get(f"/moderation/sign-ons/{sign_on.pk}/").content.decode()
    assert f"answered by mail, registered by <bdi>{desk.user.get_username()}</bdi>" in page
    assert [one.act for one in Entry.objects.about(sign_on).order_by("number")][-2:] == ["answer", "read"]


def test_without_a_note_it_is_not_registered_and_the_file_is_kept(desk):
    sign_on = a_sign_on(state="queried")
    form = {"seen": sign_on.transitions.last().pk, "answer": "Our board.", "documents": [file()]}

    refused = desk.post(f"/moderation/sign-ons/{sign_on.pk}/answer/", form)
    kept = refused.context["forms"]["answer"].data.getlist("kept")
    del form["documents"]
    desk.post(f"/moderation/sign-ons/{sign_on.pk}/answer/", form | {"kept": kept, "note": "e-mail of 3 May"})

    assert refused.status_code == 422
    assert "Note where the reply can be found." in refused.content.decode()
    assert [one.name for one in sign_on.documents.all()] == ["minutes.pdf"]


# ── how it ends otherwise ──


@pytest.mark.parametrize(
    ("verb", "words"),
    [
        ("accept", {"listed_name": "Al-Haq"}),
        ("decline", {"reason": "no_answer"}),
        ("withdraw", {"note": "letter of 3 May"}),
    ],
)
def test_a_decision_without_the_answer_ends_the_query_and_drops_its_message(desk, verb, words):
    sign_on = a_sign_on(state="queried")

    getattr(sign_on, verb)(Actor.moderator(desk.user), **words)

    query = sign_on.queries.get()
    assert (query.ended.verb, query.is_answered) == (verb, False)
    assert sign_on.messages.get(kind="query").state == "dropped"
    assert Query.objects.open().count() == 0
    assert "No answer: the sign-on became" in desk.get(f"/moderation/sign-ons/{sign_on.pk}/").content.decode()
    assert "Who authorised you?" not in status(desk, sign_on)


# ── what the queue knows ──


def test_the_queue_can_tell_what_was_asked_and_answered_and_when():
    letter = a_letter()
    never, asked_now, back = (a_sign_on(letter, state) for state in ("pending", "queried", "queried"))
    back.answer(answer="Our board.")

    rows = {one.pk: one for one in SignOn.objects.with_exchange()}

    moments = {verb: Transition.objects.filter(verb=verb) for verb in ("query", "answer")}
    assert (rows[never.pk].asked_at, rows[never.pk].answered_at) == (None, None)
    assert (rows[asked_now.pk].asked_at, rows[asked_now.pk].answered_at) == (
        moments["query"].get(sign_on=asked_now).at,
        None,
    )
    assert (rows[back.pk].asked_at, rows[back.pk].answered_at) == (
        moments["query"].get(sign_on=back).at,
        moments["answer"].get(sign_on=back).at,
    )


def test_the_list_says_what_was_answered_and_what_is_overdue(desk):
    letter = a_letter()
    back, overdue, _fresh = (a_sign_on(letter, "queried") for _ in range(3))
    ago(overdue, 22)
    back.answer(answer="Our board.")
    a_sign_on(letter, "pending")

    pending = desk.get("/moderation/").content.decode()
    queried = desk.get("/moderation/?state=queried").content.decode()

    assert pending.count("answered 0\xa0minutes ago") == 1
    assert queried.count("the answer is overdue") == 1


def test_a_page_with_many_exchanges_asks_as_few_questions_of_the_database(desk, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def queries_for(count):
        sign_on = a_sign_on()
        for number in range(count):
            sign_on.query(Actor.moderator(desk.user), question=f"Question {number}?")
            sign_on.answer(answer="Yes.", documents=[a_document_to_send(f"{sign_on.pk} {number}")])
        desk.get(f"/moderation/sign-ons/{sign_on.pk}/")
        with CaptureQueriesContext(connection) as captured:
            desk.get(f"/moderation/sign-ons/{sign_on.pk}/")
        return len(captured)

    assert queries_for(1) == queries_for(5)


def a_document_to_send(words):
    return Document.of(documents.check("a.pdf", a_pdf(words)))


def test_a_reader_sees_neither_questions_nor_documents(client):
    sign_on = a_sign_on(state="queried")
    a_document(sign_on, name="passport of Amina.pdf")
    client.force_login(a_moderator("reader"))

    page = client.get(f"/moderation/sign-ons/{sign_on.pk}/").content.decode()

    assert "Who authorised you?" not in page
    assert "passport" not in page


# ── no answer ──


def ago(sign_on, days):
    """Let the question have been asked some days ago; its record is append-only, so the trigger looks away."""
    import pgtrigger

    with pgtrigger.ignore("signatories.Transition:transition_is_append_only"):
        sign_on.transitions.filter(verb="query").update(at=timezone.now() - timedelta(days=days))


def test_an_unanswered_question_is_sent_once_more_after_a_week_and_never_again():
    late, fresh, done = (a_sign_on(state="queried") for _ in range(3))
    for sign_on, days in ((late, 7), (fresh, 6), (done, 30)):
        ago(sign_on, days)
    done.answer(answer="Our board.")

    for _day in range(3):
        remind_of_queries()

    reminders = [one for sign_on in (late, fresh, done) for one in sign_on.messages.filter(kind="reminder")]
    assert [one.sign_on for one in reminders] == [late]
    assert reminders[0].subject == f"We wait for your answer: {late.name_as_signed}"
    assert "Who authorised you?" in reminders[0].text
    assert late.queries.get().reminded_at


def test_after_three_weeks_a_question_is_overdue(desk):
    overdue, waiting = a_sign_on(state="queried"), a_sign_on(state="queried")
    ago(overdue, 21)
    ago(waiting, 20)

    assert [one.sign_on for one in Query.objects.overdue()] == [overdue]
    assert "overdue" in desk.get(f"/moderation/sign-ons/{overdue.pk}/").content.decode()
    assert "overdue" not in desk.get(f"/moderation/sign-ons/{waiting.pk}/").content.decode()


# ── what came in writing ──


def written(**fields):
    return {
        "name_as_signed": "Al-Haq",
        "country": "PS",
        "source": "post",
        "note": "letter of 3 May, in our files",
        "email": "",
    } | fields


def test_a_sign_on_that_came_by_letter_is_registered_with_the_letter_also_when_the_letter_is_closed(client):
    letter = a_letter(closes_at=timezone.now() - timedelta(hours=1))
    user = a_moderator("secretariat")
    client.force_login(user)

    response = client.post(
        f"/moderation/register/{letter.slug}/",
        written(documents=[file("letter.jpg", a_jpeg()), file("cover.eml", an_email())]),
    )

    sign_on = SignOn.objects.get(letter=letter)
    assert (response.status_code, sign_on.state) == (302, "pending")
    assert [(one.name, one.kind, one.who, one.user) for one in sign_on.documents.all()] == [
        ("letter.jpg", "jpeg", "moderator", user),
        ("cover.eml", "eml", "moderator", user),
    ]


def test_a_name_that_has_signed_is_asked_about_before_it_is_registered_again_and_the_file_is_kept(desk):
    letter = a_letter()
    first = SignOn.register(
        letter.text(), Actor.moderator(desk.user), note="letter", name_as_signed="AL HAQ", source="post"
    )
    page = desk.get(f"/moderation/register/{letter.slug}/").content.decode()

    warned = desk.post(f"/moderation/register/{letter.slug}/", written(documents=[file()]))

    warning = warned.content.decode()
    assert "is_another" not in page
    assert warned.status_code == 422
    assert f'href="/moderation/sign-ons/{first.pk}/"><bdi>AL HAQ</bdi>' in warning
    assert 'name="is_another"' in warning
    assert SignOn.objects.filter(letter=letter).count() == 1

    kept = warned.context["form"].data.getlist("kept")
    done = desk.post(f"/moderation/register/{letter.slug}/", written(is_another="on", kept=kept))

    assert done.status_code == 302
    second = SignOn.objects.filter(letter=letter).last()
    assert [one.name for one in second.documents.all()] == ["minutes.pdf"]


def test_the_same_person_is_refused_even_when_it_is_said_to_be_another(desk):
    letter = a_letter()
    a_sign_on(letter, "pending", "Al-Haq", email="amina@alhaq.example")

    response = desk.post(f"/moderation/register/{letter.slug}/", written(email="amina@alhaq.example", is_another="on"))

    assert response.status_code == 422
    assert SignOn.objects.filter(letter=letter).count() == 1
    with pytest.raises(AlreadyListed):
        SignOn.register(
            letter.text(),
            Actor.moderator(desk.user),
            note="letter",
            name_as_signed="Al-Haq",
            email="amina@alhaq.example",
        )
