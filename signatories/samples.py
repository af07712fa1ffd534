"""Messages to look at: each kind of them, made of a sign-on that does not exist. Nothing is read or saved.

A new kind (a folder of ``templates/mail/``) needs its line in `KINDS`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from audit.models import Entry
from letter.models import Letter, LetterText, Publication, absolute

from . import mail
from .models import Correction, InvitationRound, MemberInvitation, SignOn, Transfer, Transition
from .models.figures import Burst, Waiting
from .models.transition import Note

AT = datetime(2026, 5, 4, 15, 30, tzinfo=UTC)
# What names are tried with: one that is long and has a word that is longer than a line, and one from right to left.
NAMES = {
    "long": (
        "Donaudampfschifffahrtsgesellschaftsmenschenrechtsverein für Völkerstrafrecht & Rechenschaft (DDSGMV)",
        "Anna-Katharina Wolfeschlegelsteinhausenbergerdorff",
    ),
    "arabic": ("مركز الميزان لحقوق الإنسان (ICJ 2020)", "أمينة ديالو"),
}
TITLES = {
    "en": "Joint letter to States Parties in support of the International Criminal Court",
    "fr": "Lettre commune aux États parties en soutien à la Cour pénale internationale",
    "es": "Carta conjunta a los Estados Partes en apoyo de la Corte Penal Internacional",
    "ar": "رسالة مشتركة إلى الدول الأطراف دعما للمحكمة الجنائية الدولية",
}
# A moderator writes as they like: it is not translated.
NOTE = "Who in your organisation decided that it signs, and when?\nA short note from the board is enough."


@dataclass(frozen=True)
class Preview:
    """One message as it would be sent, but for its links, which lead nowhere."""

    kind: str
    language: str
    subject: str
    text: str
    html: str


def preview(kind: str, language: str, name: str = "long") -> Preview:
    """Return the message `kind` (a key of `KINDS`) in `language`, about one of `NAMES`."""
    with translation.override(language):
        context = KINDS[kind](name)
        subject, text = mail.render(kind, context)
        names = list(mail.names_in(context))
        html = mail.as_html(subject, text, names)
        subject, text = mail.isolated(subject, names), mail.isolated(text, names)
    text, html = (mail.PLACEHOLDERS.sub(lambda found: absolute(f"/{found[1]}/sample/"), one) for one in (text, html))
    return Preview(kind, language, subject, text, html)


def about(name: str, **said: Any) -> dict[str, Any]:
    """Return what a message about a sign-on takes."""
    return mail.context_of(sign_on(name), **{"transition": None, **said})


def sign_on(name: str, **fields: Any) -> SignOn:
    """Return a sign-on of one of `NAMES`, accepted, unsaved, to a text in the active language."""
    language = (translation.get_language() or settings.LANGUAGE_CODE).partition("-")[0]
    organisation, representative = NAMES[name]
    letter = Letter(slug="icc-2020", language="en", delivered_at=AT)
    text = LetterText(letter=letter, language=language, title=TITLES.get(language, TITLES["en"]))
    given = {
        "state": "accepted",
        "created_at": AT,
        "state_since": AT,
        "name_as_signed": organisation,
        "listed_name": organisation,
        "representative_name": representative,
        "representative_role": _("Director"),
        "email": "office@example.org",
        "country": "AT",
        "website": "https://www.example.org",
        "language": language,
    }
    if name == "arabic":
        given |= {"name_in_own_script": organisation, "listed_name_in_own_script": organisation}
    return SignOn(letter=letter, text=text, **given | fields)


def transition(verb: str, to_state: str, note: str = "", **fields: Any) -> Transition:
    """Return what happened to a sign-on, unsaved, with what was said."""
    made = Transition(verb=verb, to_state=to_state, at=AT, **fields)
    Note(transition=made, text=note)
    return made


def _decision(verb: str, **said: Any) -> Callable[[str], dict[str, Any]]:
    return lambda name: about(name, transition=transition(verb, "declined", **said))


def _lost_link(name: str) -> dict[str, Any]:
    waiting = sign_on("arabic", state="unconfirmed")
    return {"entries": [(sign_on(name), mail.link_to("status", 1)), (waiting, mail.link_to("confirm", 2))]}


def _correction(**fields: Any) -> Callable[[str], dict[str, Any]]:
    return lambda name: about(name, correction=Correction(name=NAMES[name][0].upper(), **fields))


def _transfer(name: str) -> dict[str, Any]:
    urls = {"take_url": mail.PLACEHOLDER.format(purpose="contact"), "stop_url": mail.PLACEHOLDER.format(purpose="stop")}
    return about(name, transfer=Transfer(name=NAMES[name][1], role=_("Director")), hours=72, **urls)


def _person(name: str, **said: Any) -> dict[str, Any]:
    return {"user": User(username="amina", first_name=NAMES[name][1]), **said}


def _invitation(name: str) -> dict[str, Any]:
    url = mail.PLACEHOLDER.format(purpose="invitation")
    return {"invitation": SimpleNamespace(name=NAMES[name][1], invited_by=None), "days": 7, "invitation_url": url}


def _member(name: str, **fields: Any) -> dict[str, Any]:
    said, organisation, contact = sign_on(name), *NAMES[name]
    invitation = MemberInvitation(
        round=InvitationRound(network="Coalition for Justice", sender=contact),
        letter=said.letter,
        name=organisation,
        contact_name=contact,
        sent_at=AT,
        **fields,
    )
    # The secretariat words subject and note.
    note = "We would be glad if your organisation stood among those who sign this letter."
    return mail.invitation_context(invitation, said.text, subject=said.text.title, note=note)


def _digest(_name: str) -> dict[str, Any]:
    letter = Letter(slug="icc-2020")
    attention = SimpleNamespace(
        failed_count=2,
        unreachable_count=1,
        unprintable=[Publication(letter=letter)],
        objection_count=1,
        transfer_count=1,
        corrections=3,
        held=2,
        switches=[SimpleNamespace(position="paused", letter=letter, since=AT.replace(hour=9))],
        overdue=1,
    )
    report = SimpleNamespace(
        at=AT,
        waiting=[Waiting("icc-2020", 12, AT.replace(day=1), 4)],
        bursts=[Burst("example.org", 40), Burst("", 25)],
        unanswered=5,
        attention=attention,
        newest=Entry(number=1234, sha256="5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"),
    )
    return {
        "report": report,
        "bursts": report.bursts,
        "may_see_domains": True,
        "total": 12,
        "queue_url": absolute(reverse("moderation:queue")),
        "digest_url": absolute(reverse("moderation:digest")),
    }


def _copy(name: str) -> dict[str, Any]:
    # The secretariat words it, and signs it.
    return {
        "subject": TITLES["en"],
        "salutation": "Your Excellency,",
        "note": "We have the honour to hand you the enclosed letter.",
        "pointer": _("The letter and its signatories, as delivered:"),
        "edition_url": absolute("/icc-2020/editions/7/"),
        "closing": "Please accept the assurances of our highest consideration,",
        "sender": NAMES[name][1],
    }


# Kind of message → what makes the context of its templates, from a key of `NAMES`.
KINDS: dict[str, Callable[[str], dict[str, Any]]] = {
    "accepted": about,
    "account_changed": lambda name: _person(name, what=_("Your password was changed.")),
    "already_signed": about,
    "confirm": about,
    "confirm_reminder": about,
    "confirmed": about,
    "contact_asked": _transfer,
    "contact_changed": _transfer,
    "contact_left": _transfer,
    "contact_offer": _transfer,
    "contact_stopped": _transfer,
    "contact_taken": _transfer,
    "corrected": _correction(who="moderator", reason="As in your statutes."),
    "correction_declined": _correction(note="It is the name of another body.\n\nPlease write to us."),
    "declined": _decision("decline", reason="not_authorised", note=NOTE),
    "delivered": about,
    "digest": _digest,
    "erased": about,
    "hand_over_asked": _transfer,
    "hand_over_done": _transfer,
    "hand_over_left": _transfer,
    "hand_over_offer": _transfer,
    "hand_over_refused": _transfer,
    "hand_over_stopped": _transfer,
    "hand_over_taken": _transfer,
    "invitation": _invitation,
    "letter": _copy,
    "lost_link": _lost_link,
    "member_invitation": _member,
    "member_reminder": lambda name: _member(name, reminders=2),
    "objection_notice": lambda name: about(name, hours=72),
    "password_reset": lambda name: _person(name, reset_url=mail.PLACEHOLDER.format(purpose="reset")),
    "query": _decision("query", note=NOTE),
    "reminder": _decision("query", note=NOTE),
    "signed_again": lambda name: about(name, other=sign_on(name)),
    "status": about,
    "withdrawn": about,
}
