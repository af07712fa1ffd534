"""Messages: their words are gathered here when they are queued, and sent here by the worker."""

import re
import smtplib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.utils import formataddr, parseaddr
from functools import reduce
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from letter.content import interface_language, letter_path
from letter.models import absolute

from . import bounces, links
from .mail_html import as_html, isolated
from .models.hold import Hold
from .models.limit import Crossing
from .models.link import OF_THE_REPRESENTATIVE
from .models.message import Message
from .states import State

if TYPE_CHECKING:
    from letter.models import LetterText

    from .models.member_invitation import MemberInvitation
    from .models.notice import Notice
    from .models.sign_on import SignOn
    from .models.transition import Transition

# Stands in a stored message for a link, which is made when the message is sent: no token is stored.
# Its bounds are control characters, which no form takes: nobody can type one into a name or a note.
PLACEHOLDER = "\x02{purpose}\x03"
# The same for something else than what the message is about.
PLACEHOLDER_TO = "\x02{purpose}:{about}\x03"
PLACEHOLDERS = re.compile("\x02([a-z_]+)(?::([0-9]+))?\x03")
# Kinds of message that somebody chose to get, and the page where they choose otherwise.
UNSUBSCRIBE = {"digest": "moderation:digest"}
# What a message's context holds that is a name, in its HTML isolated from the words around it.
OF_A_SIGN_ON = (
    *("name_as_signed", "listed_name", "name_in_own_script", "listed_name_in_own_script"),
    *("representative_name", "representative_role", "text.title"),
)
NAMES = {
    "sign_on": OF_A_SIGN_ON,
    "other": OF_A_SIGN_ON,
    "correction": ("name",),
    "invitation": ("name", "contact_name", "round.network", "round.sender"),
    "text": ("title",),
    "transfer": ("name", "role"),
    "user": ("get_full_name",),
}


def link_to(purpose: str, about: int) -> str:
    """Return what stands in a message for a link to something else than the sign-on that it is about."""
    return PLACEHOLDER_TO.format(purpose=purpose, about=about)


@dataclass(frozen=True)
class Attachment:
    """A PDF that goes with a message: the key of its blob, and the name under which it arrives."""

    blob_id: str
    name: str


def queue(
    sign_on: "SignOn",
    kind: str,
    *,
    transition: "Transition | None" = None,
    is_decision: bool = False,
    attachment: Attachment | None = None,
    language: str = "",
    held_for: Sequence[Crossing] = (),
    to: str = "",
    **said: Any,
) -> Message | None:
    """Queue the message `kind` (a folder of ``templates/mail/``) to the representative, in `language` or in theirs.

    Belongs into the transaction that causes it. A sign-on that was registered without an e-mail
    address gets none. `said` is what else the template knows. It goes to another mailbox if `to` names one.

    With `held_for`, the limits that were crossed, it is held instead, and a moderator sees why. As long as a
    sign-on's first message is held, what anybody else asks for makes no other: nothing goes round the hold, and
    a mailbox gets one message when it is released, not ten.
    """
    recipient = to or sign_on.email
    if not recipient:
        return None
    if transition is None and _is_held_back(sign_on, kind, is_held=bool(held_for)):
        return None
    with translation.override(interface_language(language or sign_on.language)):
        subject, text = compose(sign_on, kind, transition, **said)
        names = names_in({"sign_on": sign_on, **said})
        message = _message(recipient, kind, subject, text, attachment, names)
    message.sign_on = sign_on
    if held_for:
        Hold.keep(message, held_for)
    else:
        message.enqueue(is_decision=is_decision)
    return message


def _is_held_back(sign_on: "SignOn", kind: str, *, is_held: bool) -> bool:
    """Whether a message that comes with no act says nothing that a held one will not say when it is released."""
    if not is_held and sign_on.state != State.UNCONFIRMED:
        return False
    kinds = {"confirm", kind} if is_held else {"confirm"}
    return sign_on.messages.held().filter(kind__in=kinds).exists()


def queue_to(
    address: str,
    kind: str,
    context: dict[str, Any],
    *,
    sender: str = "",
    reply_to: str = "",
    attachment: Attachment | None = None,
    about: int | None = None,
) -> Message:
    """Queue the message `kind` to somebody who is no representative, from a named person or from the site.

    Belongs into the transaction that causes it. What people typed into `context` must be free of
    control characters: a form's `written_text` sees to it. Links in it are made for what it is `about`.
    """
    subject, text = render(kind, context)
    message = _message(address, kind, subject, text, attachment, names_in(context))
    message.sender, message.reply_to, message.about = sender, reply_to, about
    message.enqueue()
    return message


def queue_notice(notice: "Notice") -> Message:
    """Queue the message that tells an organisation, in the language of `notice`, what was signed in its name.

    Belongs into the transaction that causes it. It goes to the address of the notice, and never to the representative.
    """
    with translation.override(notice.language):
        subject, text = compose(notice.sign_on, "objection_notice", hours=notice.hours_given())
        names = names_in({"sign_on": notice.sign_on})
        message = _message(notice.address, "objection_notice", subject, text, None, names)
    message.sign_on = notice.sign_on
    message.enqueue()
    return message


def queue_invitation(invitation: "MemberInvitation", kind: str, *, subject: str, note: str) -> Message:
    """Queue the message `kind` to a coalition's member, in the language of `invitation`, with the secretariat's words.

    Belongs into the transaction that causes it. `subject` and `note` must be free of control characters.
    """
    with translation.override(interface_language(invitation.language)):
        text = _text_for(invitation)
        context = invitation_context(invitation, text, subject=subject, note=note)
        message = _message(invitation.email, kind, *render(kind, context), None, names_in(context))
    message.member_invitation, message.about = invitation, invitation.pk
    message.sender, message.reply_to = invitation.round.sender, invitation.round.reply_to
    message.enqueue()
    return message


def _text_for(invitation: "MemberInvitation") -> "LetterText":
    """Return the text that the member reads, in the language that is active or else the original."""
    text = invitation.letter.text_for(translation.get_language() or "")
    if text is None:
        raise ValueError("A letter without a text invites nobody.")
    return text


def invitation_context(
    invitation: "MemberInvitation", text: "LetterText", *, subject: str, note: str
) -> dict[str, Any]:
    """Return what the templates of an invitation take; `text` is the one that its member can read."""
    letter = invitation.letter
    return {
        "invitation": invitation,
        "letter": letter,
        "text": text,
        "subject": subject,
        "note": note,
        "network": invitation.round.network,
        "sender": invitation.round.sender,
        "is_last": invitation.has_had_all_reminders,
        # The original stands at the letter's address, a translation below its language.
        "letter_url": absolute(letter_path(letter.slug, "" if text.language == letter.language else text.language)),
        "member_url": PLACEHOLDER.format(purpose="member"),
        "unsubscribe_url": PLACEHOLDER.format(purpose="unsubscribe"),
    }


def preview(invitation: "MemberInvitation", kind: str, *, subject: str, note: str) -> tuple[str, str]:
    """Return subject and text of the message `kind` as `invitation` would get it, with words in place of its links."""
    with translation.override(interface_language(invitation.language)):
        text = _text_for(invitation)
        said, words = render(kind, invitation_context(invitation, text, subject=subject, note=note))
    return said, PLACEHOLDERS.sub("https://…", words)


def _message(
    address: str, kind: str, subject: str, text: str, attachment: Attachment | None, names: Iterable[str] = ()
) -> Message:
    names = list(names)
    return Message(
        kind=kind,
        language=translation.get_language(),
        recipient=address,
        subject=isolated(subject, names),
        text=isolated(text, names),
        html=as_html(subject, text, names),
        attachment_id=attachment.blob_id if attachment else None,
        attachment_name=attachment.name if attachment else "",
    )


def compose(sign_on: "SignOn", kind: str, transition: "Transition | None" = None, **said: Any) -> tuple[str, str]:
    """Return subject and text of the message `kind`, with placeholders for its links."""
    return render(kind, context_of(sign_on, transition=transition, **said))


def context_of(sign_on: "SignOn", **said: Any) -> dict[str, Any]:
    """Return what the templates of messages about `sign_on` know, with placeholders for their links."""
    return {
        "sign_on": sign_on,
        "letter": sign_on.letter,
        "text": sign_on.text,
        "letter_url": absolute(sign_on.letter.get_absolute_url()),
        "confirm_by": sign_on.confirm_by,
        **{f"{purpose}_url": PLACEHOLDER.format(purpose=purpose) for purpose in settings.LINK_LIFETIMES},
        **said,
    }


def render(kind: str, context: dict[str, Any]) -> tuple[str, str]:
    """Return subject and text of the message `kind`, from its folder of ``templates/mail/``."""
    subject = " ".join(render_to_string(f"mail/{kind}/subject.txt", context).split())
    text = render_to_string(f"mail/{kind}/body.txt", context).strip() + "\n"
    return subject, re.sub(r"\n{3,}", "\n\n", text)


def names_in(context: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of people, organisations and letters that a message's `context` holds, as far as it has any."""
    for key, paths in NAMES.items():
        for path in paths if context.get(key) else ():
            name = reduce(lambda thing, field: getattr(thing, field, ""), path.split("."), context[key])
            yield str((name() if callable(name) else name) or "")
    for sign_on, _url in context.get("entries", ()):
        yield from names_in({"sign_on": sign_on})


def deliver(message_id: int) -> None:
    """Send a message that is due, and record the outcome on it.

    The row stays locked while the mail server is spoken to, so two workers never send the same
    message. A worker killed between the server's answer and the commit leaves it queued: it is then
    sent again under the same Message-ID, rather than never. Its links are committed before, so that
    those of the copy that had arrived work, too.
    """
    found = Message.objects.queued().filter(pk=message_id).first()
    if found is None:
        return
    made = make_links(found)
    with transaction.atomic():
        message = (
            Message.objects.queued()
            .select_for_update(skip_locked=True, of=("self",))
            .filter(pk=message_id, recipient=found.recipient)
            .first()
        )
        if message is None:
            return
        try:
            envelope(message, made).send()
        except smtplib.SMTPRecipientsRefused as error:
            code, answer = max(error.recipients.values(), default=(0, b""))
            bounce = bounces.of_answer(code, answer, message.recipient)
            message.failed(_explain(error), is_final=500 <= code < 600, bounce=bounce)
        except smtplib.SMTPDataError as error:
            bounce = bounces.of_answer(error.smtp_code, error.smtp_error, message.recipient)
            message.failed(_explain(error), is_final=500 <= error.smtp_code < 600, bounce=bounce)
        except smtplib.SMTPResponseException as error:
            # Of the sender, the greeting or our login: it says nothing of the mailbox.
            message.failed(_explain(error), is_final=500 <= error.smtp_code < 600 and error.smtp_code != 535)
        except Exception as error:
            # Whatever it is, the row says it, tries again, and at last asks a moderator.
            message.failed(_explain(error))
        else:
            message.sent()


@transaction.atomic
def make_links(message: Message) -> dict[str, str]:
    """Make the links in `message` that are rows, each once, and return their addresses by placeholder."""
    places = {found[0]: found for found in PLACEHOLDERS.finditer(message.text + message.html)}
    with translation.override(message.language):
        return {
            place: _address(message, found[1], about)
            for place, found in places.items()
            if found[1] in settings.LINK_LIFETIMES and (about := _about(message, found)) is not None
        }


def _about(message: Message, found: re.Match[str]) -> int | None:
    """Return the key of what a link in `message` is for: its own, or that of what the message is about."""
    if found[2]:
        return int(found[2])
    if found[1] == "objection":
        return message.notice.pk
    return message.about if message.sign_on_id is None else message.sign_on_id


def _address(message: Message, purpose: str, about: int) -> str:
    """Return the address of a new link; a mailbox that is no longer the representative's gets none of theirs.

    The lock lets nobody take over between the question and the link.
    """
    if purpose in OF_THE_REPRESENTATIVE:
        sign_ons = apps.get_model("signatories", "SignOn").objects.held_by(message.recipient)
        if not sign_ons.select_for_update(of=("self",), no_key=True).filter(pk=about).exists():
            return absolute(reverse("signatories:lost"))
    return links.url(purpose, about)


def envelope(message: Message, made: dict[str, str] | None = None) -> EmailMultiAlternatives:
    """Return the e-mail as it is sent, with the links that were `made` for it, or are made now."""
    made = make_links(message) if made is None else made
    with translation.override(message.language):
        return _envelope(message, made)


def _envelope(message: Message, made: dict[str, str]) -> EmailMultiAlternatives:
    def with_links(text: str) -> str:
        return PLACEHOLDERS.sub(_url, text)

    def _url(found: re.Match[str]) -> str:
        about = _about(message, found)
        if found[0] in made or about is None:
            return made.get(found[0], found[0])
        return links.url(found[1], about)

    address = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    domain = address.rpartition("@")[2] or "localhost"
    headers = {
        # The same at every attempt, so that a mailbox can tell a repetition (RFC 5322, 3.6.4).
        "Message-ID": f"<{message.name}@{domain}>",
    }
    if not message.sender:
        # No out-of-office answers (RFC 3834, 5). Who writes by name wants even those.
        headers["Auto-Submitted"] = "auto-generated"
    if message.kind in UNSUBSCRIBE:
        # RFC 2369, 3.2.
        headers["List-Unsubscribe"] = f"<{absolute(reverse(UNSUBSCRIBE[message.kind]))}>"
    if message.member_invitation_id is not None:
        # RFC 8058: a mailbox shows a button, and sends a POST when somebody presses it.
        headers["List-Unsubscribe"] = f"<{with_links(PLACEHOLDER.format(purpose='unsubscribe'))}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    writer = formataddr((message.sender, address)) if message.sender else settings.DEFAULT_FROM_EMAIL
    if settings.BOUNCE_ADDRESS:
        # What cannot be delivered returns to the envelope's sender: that is not where people answer.
        headers["From"] = writer
    mail = EmailMultiAlternatives(
        message.subject,
        with_links(message.text),
        settings.BOUNCE_ADDRESS or writer,
        [message.recipient],
        reply_to=[message.reply_to] if message.reply_to else None,
        headers=headers,
    )
    mail.attach_alternative(with_links(message.html), "text/html")
    if message.attachment:
        mail.attach(message.attachment_name, bytes(message.attachment.content), "application/pdf")
    return mail


def _explain(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
