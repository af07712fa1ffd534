"""Keeps what is private out of the logs."""

import logging
import re

# What an e-mailed link carries (signatories/links.py: 32 bytes in base64; accounts/links.py: signed), wherever it
# stands, and any address that a message quotes.
PRIVATE = re.compile(
    r"(/(?:confirm|status|withdraw|objection|contact|successor|stop|invitation|invited|unsubscribe|password/link)/)[^/\s\"']+"
    r"|(?<![\w-])[A-Za-z0-9_-]{43}(?![\w-])"
    r"|\d+:\w{6}:[\w-]{20,}"
    r"|[^\s<>\"',;:()]+@[^\s<>\"',;:()]+"
)


class WithoutLinks(logging.Filter):
    """Blanks signed links and e-mail addresses in every record, its arguments and its traceback."""

    def filter(self, record):
        """Rewrite the record as text without them; never drops it."""
        record.msg, record.args = self.blank(record.getMessage()), ()
        if record.exc_info and not record.exc_text:
            record.exc_text = self.blank(logging.Formatter().formatException(record.exc_info))
        return True

    @staticmethod
    def blank(text):
        """Return `text` with each private part replaced by “…”."""
        return PRIVATE.sub(lambda found: f"{found[1] or ''}…", text)
