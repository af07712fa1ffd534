"""Plain functions that make what a test is about, through the verbs of the domain."""

import itertools
from datetime import timedelta

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.utils import timezone

from accounts.roles import permissions_of
from delivery.models import Delivery, Recipient
from demo.authenticator import SECRET
from letter.documents import make_documents
from letter.models import Letter
from signatories import batches, declarations, documents, drafts, members
from signatories.forms.sign import Answers
from signatories.jobs import publish_letter
from signatories.models import Actor, Batch, Document, InvitationRound, SignOn
from signatories.states import Who
from tests.files import a_pdf

_number = itertools.count(1)
# Of every account.
PASSWORD = "a long password"


def a_letter(*, slug=None, opens_at="yesterday", closes_at=None, text=True, language="en", **fields):
    """A letter, open since yesterday unless told otherwise, with a text unless told otherwise."""
    if opens_at == "yesterday":
        opens_at = timezone.now() - timedelta(days=1)
    letter = Letter.objects.create(
        slug=slug or f"letter-{next(_number)}",
        dated_on="2020-04-28",
        place="New York",
        language=language,
        opens_at=None,
        closes_at=None,
        **fields,
    )
    if text:
        letter.revise(
            language,
            title="A joint letter",
            salutation="Your Excellency,",
            body="We, the undersigned, ask you:\n\n1. to listen;\n2. to act.",
            closing="Sincerely,",
        )
    letter.opens_at, letter.closes_at = opens_at, closes_at
    letter.save()
    letter.mark_stale()
    return letter


def received(**fields):
    """What the form holds."""
    return {
        "name_as_signed": f"Justice Group {next(_number)}",
        "acronym": "",
        "country": "FR",
        "website": "https://www.example.org",
        "representative_name": "Amina Diallo",
        "representative_role": "Director",
        "email": f"amina{next(_number)}@example.org",
    } | fields


def typed(letter, **fields):
    """What a browser posts of the form, some seconds after the form was made: its answers are checked next."""
    seal = drafts.new_seal(letter.text().pk, declarations.VERSION, age=60)
    return received() | {"declaration": "on", "fax": "", "seal": seal.signed(), "check": "1"} | fields


def posted(letter, **fields):
    """What a browser posts of answers that were checked: this is what signs."""
    return sent(letter.text().pk, **received() | fields)


def sent(text, **answers):
    """The same for the text that has this key; these answers, whatever they are, were checked a moment ago."""
    answers = {"declaration": "on"} | answers
    seal = drafts.new_seal(text, declarations.VERSION, age=60)
    checked = {name: value for name, value in answers.items() if name in Answers.base_fields}
    return {"seal": seal.signed(), "draft": drafts.draft(seal, checked), "send": "1"} | answers


def a_sign_on(letter=None, state="pending", name=None, moderator=None, **fields):
    """A sign-on brought to `state` by the verbs that lead there."""
    letter = letter or a_letter()
    if name:
        fields["name_as_signed"] = name
    sign_on = SignOn.sign(letter.text(), **received(**fields))
    if state in ("pending", "queried", "accepted", "declined"):
        sign_on.confirm()
    if state == "queried":
        sign_on.query(Actor.moderator(moderator or a_moderator()), question="Who authorised you?")
    if state in ("accepted", "declined"):
        actor = Actor.moderator(moderator or a_moderator())
        if state == "accepted":
            sign_on.accept(actor, listed_name=sign_on.name_as_signed, listed_country="FR")
        else:
            sign_on.decline(actor, reason="not_authorised")
    if state == "withdrawn":
        sign_on.withdraw()
    if state == "expired":
        sign_on.expire()
    return sign_on


def a_document(sign_on, content=None, name="minutes.pdf"):
    """A document that came with `sign_on`, a PDF unless told otherwise."""
    checked = documents.check(name, content or a_pdf(), tuple(documents.Kind))
    with transaction.atomic():
        return Document.of(checked).attach(sign_on, Who.REPRESENTATIVE)


def an_accepted(letter, *names):
    """Signatories of `letter` under these names."""
    moderator = a_moderator()
    return [a_sign_on(letter, "accepted", name, moderator) for name in names]


def a_moderator(group="moderator"):
    """A user in the group of that role, with a second factor."""
    user = a_user(group)
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": SECRET})
    return user


def a_user(group):
    """A user in the group of that role, who has only a password yet."""
    user = User.objects.create_user(f"{group}{next(_number)}", password=PASSWORD)
    user.groups.add(the_group(group))
    return user


def the_group(name):
    """The group that the migration made; made again where a test's flush took it away."""
    group, is_new = Group.objects.get_or_create(name=name)
    if is_new:
        group.permissions.set(permissions_of(name))
    return group


@transaction.atomic
def a_batch(letter, content="Organisation,Country\nOdhikar,Bangladesh\n", *, is_imported=False):
    """A file of sign-ons that was looked at, and, if wanted, imported; a worker that runs sees it only then."""
    table = batches.read(content.encode())
    user = a_moderator("secretariat")
    batch = Batch.upload(user, letter, file_name="list.csv", content=content.encode(), **batches.described(table))
    batch.name_columns(batch.columns)
    batches.look(batch)
    if is_imported:
        batch.carry_out(user, seen=batch.look, is_accepted=False, note="Ballot of 3 May", is_told=False)
        batches.carry_on(batch)
    return batch


WORDS = {"subject": "Will you sign?", "note": "We ask you, as members of the network."}


def a_round(letter, content="", *, network="Peace Network", language="en", is_sent=True, **said):
    """A round of invitations, of whose messages the first hundred are queued unless told otherwise."""
    content = content or f"name,e-mail\nMember {next(_number)},office{next(_number)}@member.example\n"
    found, user = members.read(content.encode()), a_moderator("secretariat")
    members.plan(found.rows, letter)
    made = InvitationRound.upload(
        user, letter, found.rows, network=network, language=language, content=content.encode()
    )
    defaults = {"sender": "Amina Diallo", "reply_to": "amina@coalition.example", "has_reminders": True}
    made.word(user, words=dict.fromkeys(made.languages, WORDS), **defaults | said)
    if is_sent:
        made.send(user, seen=made.seen)
        made.invite_some()
    return made


def an_invitation(letter=None, name="Odhikar", email="office@odhikar.example", **columns):
    """The invitation of one member, whose message is queued."""
    header = ",".join(["name", "e-mail", *columns])
    line = ",".join([name, email, *columns.values()])
    return a_round(letter or a_letter(), f"{header}\n{line}\n").invitations.get()


def a_recipient(letter, **fields):
    """Somebody in the letter's book, by e-mail unless told otherwise."""
    number = next(_number)
    book = {"name": f"H.E. Recipient {number}", "email": f"minister{number}@state.example", "country": "KE"}
    return Recipient.objects.create(letter=letter, **book | fields)


def a_published(*names, **fields):
    """A letter whose newest edition, documents included, says all that was decided."""
    letter = a_letter(**fields)
    an_accepted(letter, *names)
    publish_letter(letter)
    make_documents(letter)
    return letter


def a_delivered(letter, user=None, **chosen):
    """The delivery of `letter`, by the secretariat; the worker has done nothing yet."""
    words = {text.language: {"subject": text.title, "note": "Please read."} for text in letter.current_texts()}
    defaults = {"sender": "Amina Diallo", "reply_to": "amina@coalition.example", "has_cover_line": True, "words": words}
    seen = letter.editions.first().number
    delivery, _is_new = Delivery.deliver(letter, user or a_moderator("secretariat"), seen=seen, **defaults | chosen)
    return delivery
