"""The demo's SMTP server, with eyes for tests and a temper for their sake."""

import asyncio
from email import message_from_bytes, policy

from demo.smtp import MailServer


class TestMailServer(MailServer):
    """Keeps messages; `refusal` makes it refuse them with that answer, the other one already when it hears for whom."""

    __test__ = False
    refusal = ""
    refusal_of_recipient = ""
    is_slow = False
    """Whether an answer waits, as with a server under load."""
    busy = 0

    def __init__(self, folder):
        super().__init__(folder)
        self.senders = []
        """Of the envelopes, as they came."""

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        if self.refusal_of_recipient:
            return self.refusal_of_recipient
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.busy += 1
        try:
            while self.is_slow:
                await asyncio.sleep(0.02)
        finally:
            self.busy -= 1
        self.senders.append(envelope.mail_from)
        return self.refusal or await super().handle_DATA(server, session, envelope)

    @property
    def messages(self):
        """All messages, parsed, as they came."""
        files = sorted(self.folder.glob("*.eml"))
        return [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]


def text_of(message):
    return message.get_body(("plain",)).get_content()


def link_in(message, purpose):
    """The path of the first link for `purpose` in a message."""
    found = [word for word in text_of(message).split() if f"/{purpose}/" in word]
    return "/" + found[0].split("/", 3)[3]
