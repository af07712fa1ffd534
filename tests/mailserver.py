"""The demo's SMTP server, with eyes for tests and a temper for their sake."""

from email import message_from_bytes, policy

from demo.smtp import MailServer


class TestMailServer(MailServer):
    """Keeps messages; `refusal` makes it refuse them with that answer."""

    __test__ = False
    refusal = ""

    async def handle_DATA(self, server, session, envelope):
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
