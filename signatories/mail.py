"""Messages: their words are gathered here when they are queued, and sent here by the worker."""

import re
import smtplib
from dataclasses import dataclass
from email.utils import formataddr, parseaddr
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString

from letter.content import interface_language, letter_path
from letter.models import absolute

from . import links
from .models.message import Message

if TYPE_CHECKING:
    from .models.member_invitation import MemberInvitation
    from .models.notice import Notice
    from .models.sign_on import SignOn
    from .models.transition import Transition

# Stands in a stored message for a link, which is made when the message is sent: no token is stored.
# Its bounds are control characters, which no form takes: nobody can type one into a name or a note.
PLACEHOLDER = "\x02{purpose}\x03"
PLACEHOLDERS = re.compile("\x02([a-z]+)\x03")
# Kinds of message that somebody chose to get, and the page where they choose otherwise.
UNSUBSCRIBE = {"digest": "moderation:digest"}
ADDRESS = re.compile(r"https?://\S+")


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
    **said: Any,
) -> Message | None:
    """Queue the message `kind` (a folder of ``templates/mail/``) to the representative, in `language` or in theirs.

    Belongs into the transaction that causes it. A sign-on that was registered without an e-mail
    address gets none. `said` is what else the template knows.
    """
    if not sign_on.email:
        return None
    with translation.override(interface_language(language or sign_on.language)):
        subject, text = compose(sign_on, kind, transition, **said)
        message = _message(sign_on.email, kind, subject, text, attachment)
    message.sign_on = sign_on
    message.enqueue(is_decision=is_decision)
    return message


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
    message = _message(address, kind, subject, text, attachment)
    message.sender, message.reply_to, message.about = sender, reply_to, about
    message.enqueue()
    return message


def queue_notice(notice: "Notice") -> Message:
    """Queue the message that tells an organisation, in the language of `notice`, what was signed in its name.

    Belongs into the transaction that causes it. It goes to the address of the notice, and never to the representative.
    """
    with translation.override(notice.language):
        subject, text = compose(notice.sign_on, "objection_notice", hours=notice.hours_given())
        message = _message(notice.address, "objection_notice", subject, text, None)
    message.sign_on = notice.sign_on
    message.enqueue()
    return message


def queue_invitation(invitation: "MemberInvitation", kind: str, *, subject: str, note: str) -> Message:
    """Queue the message `kind` to a coalition's member, in the language of `invitation`, with the secretariat's words.

    Belongs into the transaction that causes it. `subject` and `note` must be free of control characters.
    """
    with translation.override(interface_language(invitation.language)):
        rendered = render(kind, invitation_context(invitation, subject=subject, note=note))
        message = _message(invitation.email, kind, *rendered, None)
    message.member_invitation, message.about = invitation, invitation.pk
    message.sender, message.reply_to = invitation.round.sender, invitation.round.reply_to
    message.enqueue()
    return message


def invitation_context(invitation: "MemberInvitation", *, subject: str, note: str) -> dict[str, Any]:
    """Return what the templates of an invitation take, for the language that is active."""
    letter, text = invitation.letter, invitation.letter.text_for(translation.get_language() or "")
    # The original stands at the letter's address, a translation below its language.
    language = "" if text is None or text.language == letter.language else text.language
    return {
        "invitation": invitation,
        "letter": letter,
        "title": text.title if text else letter.slug,
        "subject": subject,
        "note": note,
        "network": invitation.round.network,
        "sender": invitation.round.sender,
        "is_last": invitation.has_had_all_reminders,
        "letter_url": absolute(letter_path(letter.slug, language)),
        "member_url": PLACEHOLDER.format(purpose="member"),
        "unsubscribe_url": PLACEHOLDER.format(purpose="unsubscribe"),
    }


def preview(invitation: "MemberInvitation", kind: str, *, subject: str, note: str) -> tuple[str, str]:
    """Return subject and text of the message `kind` as `invitation` would get it, with words in place of its links."""
    with translation.override(interface_language(invitation.language)):
        said, text = render(kind, invitation_context(invitation, subject=subject, note=note))
    return said, PLACEHOLDERS.sub("https://…", text)


def _message(address: str, kind: str, subject: str, text: str, attachment: Attachment | None) -> Message:
    return Message(
        kind=kind,
        language=translation.get_language(),
        recipient=address,
        subject=subject,
        text=text,
        html=as_html(subject, text),
        attachment_id=attachment.blob_id if attachment else None,
        attachment_name=attachment.name if attachment else "",
    )


def compose(sign_on: "SignOn", kind: str, transition: "Transition | None" = None, **said: Any) -> tuple[str, str]:
    """Return subject and text of the message `kind`, with placeholders for its links."""
    context = {
        "sign_on": sign_on,
        "letter": sign_on.letter,
        "text": sign_on.text,
        "transition": transition,
        "letter_url": absolute(sign_on.letter.get_absolute_url()),
        "days_to_confirm": settings.LINK_LIFETIMES["confirm"].days,
        **{f"{purpose}_url": PLACEHOLDER.format(purpose=purpose) for purpose in settings.LINK_LIFETIMES},
        **said,
    }
    return render(kind, context)


def render(kind: str, context: dict[str, Any]) -> tuple[str, str]:
    """Return subject and text of the message `kind`, from its folder of ``templates/mail/``."""
    subject = " ".join(render_to_string(f"mail/{kind}/subject.txt", context).split())
    text = render_to_string(f"mail/{kind}/body.txt", context).strip() + "\n"
    return subject, re.sub(r"\n{3,}", "\n\n", text)


def as_html(subject: str, text: str) -> str:
    """Return the HTML twin of a message: the same paragraphs, with a link where an address stands alone."""
    paragraphs = format_html_join("\n", "<p>{}</p>", ((_paragraph(part),) for part in text.strip().split("\n\n")))
    return render_to_string("mail/message.html", {"subject": subject, "paragraphs": paragraphs})


def _paragraph(text: str) -> SafeString:
    if ADDRESS.fullmatch(text.strip()) or PLACEHOLDERS.fullmatch(text.strip()):
        return format_html('<a href="{0}">{0}</a>', text.strip())
    return SafeString(escape(text).replace("\n", "<br>"))


def deliver(message_id: int) -> None:
    """Send a message that is due, and record the outcome on it.

    The row stays locked while the mail server is spoken to, so two workers never send the same
    message. A worker killed between the server's answer and the commit leaves it queued: it is then
    sent again under the same Message-ID, rather than never.
    """
    with transaction.atomic():
        message = (
            Message.objects.queued().select_for_update(skip_locked=True, of=("self",)).filter(pk=message_id).first()
        )
        if message is None:
            return
        try:
            envelope(message).send()
        except smtplib.SMTPRecipientsRefused as error:
            code = max((code for code, _reply in error.recipients.values()), default=0)
            message.failed(_explain(error), is_final=500 <= code < 600)
        except smtplib.SMTPResponseException as error:
            message.failed(_explain(error), is_final=500 <= error.smtp_code < 600 and error.smtp_code != 535)
        except Exception as error:
            # Whatever it is, the row says it, tries again, and at last asks a moderator.
            message.failed(_explain(error))
        else:
            message.sent()


def envelope(message: Message) -> EmailMultiAlternatives:
    """Return the e-mail as it is sent, with its links made now."""
    with translation.override(message.language):
        return _envelope(message)


def _envelope(message: Message) -> EmailMultiAlternatives:
    def with_links(text: str) -> str:
        about = message.about if message.sign_on_id is None else message.sign_on_id
        return text if about is None else PLACEHOLDERS.sub(lambda found: _url(found[1], about), text)

    def _url(purpose: str, about: int) -> str:
        return links.notice_url(message.notice.pk) if purpose == "objection" else links.url(purpose, about)

    address = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    domain = address.rpartition("@")[2] or "localhost"
    headers = {
        # The same at every attempt, so that a mailbox can tell a repetition (RFC 5322, 3.6.4).
        "Message-ID": f"<undersigned.{message.pk}.{message.created_at:%Y%m%d%H%M%S%f}@{domain}>",
    }
    if not message.sender:
        # No out-of-office answers (RFC 3834, 5). Who writes by name wants even those.
        headers["Auto-Submitted"] = "auto-generated"
    if message.kind in UNSUBSCRIBE:
        # RFC 2369, 3.2.
        headers["List-Unsubscribe"] = f"<{absolute(reverse(UNSUBSCRIBE[message.kind]))}>"
    if message.member_invitation_id is not None:
        # RFC 8058: a mailbox shows a button, and sends a POST when somebody presses it.
        headers["List-Unsubscribe"] = f"<{_url('unsubscribe', message.member_invitation_id)}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail = EmailMultiAlternatives(
        message.subject,
        with_links(message.text),
        formataddr((message.sender, address)) if message.sender else settings.DEFAULT_FROM_EMAIL,
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
