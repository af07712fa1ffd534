"""What a form refuses of what would go astray in an e-mail; and that one fault is one error."""

import pytest
from django.utils.datastructures import MultiValueDict

from signatories import links
from signatories.forms.contact import ContactForm, SuccessorForm
from signatories.forms.fields import LINK, EmailField
from signatories.forms.invitations import DoNotContactForm, MayContactForm
from signatories.forms.lost import LostLinkForm
from signatories.forms.notice import NoticeForm
from signatories.forms.register import RegisterForm
from signatories.forms.resend import ResendForm
from signatories.models import LostLink, Message, SignOn
from tests.factories import a_letter, a_moderator, a_sign_on, posted, typed

pytestmark = pytest.mark.django_db

ENCODED = "=?utf-8?q?info?=@amnesty.org"
WRITE_IT = ["Write the e-mail address as in name@example.org."]


def problems(client, letter, **fields):
    form = client.post(f"/{letter.slug}/sign/", typed(letter, **fields)).context["form"]
    return {name: list(errors) for name, errors in form.errors.items()}


@pytest.mark.parametrize("address", [ENCODED, "=?ascii?b?aW5mbw==?=@amnesty.org", "a=?utf-8?q?=40?=@amnesty.org"])
def test_an_address_in_encoded_words_is_refused_wherever_a_representative_writes_one(client, address):
    letter = a_letter()

    assert problems(client, letter, email=address) == {"email": WRITE_IT}
    for page in (f"/{letter.slug}/sign/sent/", "/links/"):
        response = client.post(page, {"email": address})
        assert (response.status_code, response.context["form"].errors["email"]) == (422, WRITE_IT)
    sign_on = a_sign_on(letter, "pending")
    before = Message.objects.count()
    for page in ("contact", "hand-over"):
        token = links.token("status", sign_on.pk)
        response = client.post(f"/status/{token}/{page}/", {"email": address, "name": "Bo Li", "role": "Director"})
        assert (response.status_code, dict(response.context["form"].errors)) == (422, {"email": WRITE_IT})
    assert (SignOn.objects.count(), LostLink.objects.count(), Message.objects.count()) == (1, 0, before)


def test_the_desk_too_writes_to_no_address_in_encoded_words():
    sign_on = a_sign_on()
    forms = [
        (NoticeForm({"address": ENCODED}, sign_on=sign_on), "address"),
        (RegisterForm(MultiValueDict({"email": [ENCODED]}), letter=sign_on.letter, user=a_moderator()), "email"),
        (MayContactForm({"address": ENCODED}), "address"),
        (DoNotContactForm({"whom": ENCODED}), "whom"),
        (ContactForm({"email": ENCODED}, sign_on=sign_on), "email"),
        (SuccessorForm({"email": ENCODED}, sign_on=sign_on), "email"),
        (ResendForm({"email": ENCODED}), "email"),
        (LostLinkForm({"email": ENCODED}), "email"),
    ]

    assert [list(form.errors.get(name, [])) for form, name in forms] == [WRITE_IT] * len(forms)


@pytest.mark.parametrize("address", ["a=b@example.org", "a?b@example.org", "o'neil+x@example.org"])
def test_an_address_that_only_has_such_characters_is_taken(address):
    assert EmailField().clean(address) == address


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("representative_name", "Your name can have at most 200 characters; this one has 300."),
        ("representative_role", "Your role can have at most 200 characters; this one has 300."),
        ("name_as_signed", "The name can have at most 200 characters; this one has 300."),
        ("name_in_own_script", "The name can have at most 200 characters; this one has 300."),
    ],
)
def test_what_is_too_long_is_said_once_and_in_the_words_of_its_field(client, field, words):
    letter = "ا" if field == "name_in_own_script" else "a"

    assert problems(client, a_letter(), **{field: letter * 300}) == {field: [words]}


@pytest.mark.parametrize("field", ["representative_name", "representative_role"])
@pytest.mark.parametrize(
    "written",
    ["evil-bank.com/login", "Log in at EVIL-BANK.com", "win evil.ru", "pay at bit.ly/3xYz", "see evil.de/a", "a.b.xyz"],
)
def test_a_person_is_not_called_like_a_web_address(client, field, written):
    ((name, errors),) = problems(client, a_letter(), **{field: written}).items()

    assert (name, [error.endswith("looks like a web address. Please leave it out.") for error in errors]) == (
        field,
        [True],
    )


@pytest.mark.parametrize(
    "written",
    [
        "St. John",
        "St.John Smith",
        "Jane Doe, Ph.D.",
        "John Smith Jr.",
        "J.R.R. Tolkien",
        "M.A. Khan",
        "Mr.Page",
        "Dr.Dev Anand",
        "Director/Programme Lead",
        "Asst.Director/Lead",
        "Dep.Co-ordinator",
        "Sr. Adv./Policy",
        "Secretary-General, Smith & Co.",
        "د.أحمد",
    ],
)
def test_names_and_roles_with_dots_and_strokes_are_taken(written):
    assert LINK.search(written) is None


def test_an_organisation_may_be_called_like_its_website(client):
    response = client.post(f"/{(letter := a_letter()).slug}/sign/", typed(letter, name_as_signed="Change.org"))

    assert response.templates[0].name == "signatories/check.html"


@pytest.mark.parametrize(
    "email", ["v\u0131ctim@example.org", "v\u212actim@example.org", "\u017fam@example.org", "é@example.org"]
)
def test_an_address_whose_letters_become_others_in_capitals_is_refused(client, email):
    letter = a_letter()

    response = client.post(f"/{letter.slug}/sign/", posted(letter, email=email))

    assert response.status_code == 422
    assert "Write the e-mail address as in name@example.org." in response.content.decode()
    assert letter.sign_ons.count() == 0


def test_a_domain_in_other_letters_is_kept_as_dns_has_it_and_is_no_other_domain(client):
    letter = a_letter()

    for email in ("info@k\u0131ng.example", "info@king.example", "info@مثال.example"):
        client.post(f"/{letter.slug}/sign/", posted(letter, email=email, name_as_signed="Al-Haq"))

    kept = letter.sign_ons.order_by("pk").values_list("email", flat=True)
    assert list(kept) == ["info@xn--kng-jua.example", "info@king.example", "info@xn--mgbh0fb.example"]
