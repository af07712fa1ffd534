"""Sessions: Django's in the database, which also say whose they are, since when, and in which browser.

So a person can see and end them, and whoever is shut out is out at once. The last use is not written down: it follows
from the end, which slides.
"""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.utils import timezone
from django.utils.translation import gettext as _

# A session that is used is saved as often as this, and no oftener: reading a page need not write.
TOUCHED_EVERY = timedelta(minutes=1)
# Under which key a session knows its browser.
BROWSER = "browser"
# What stands in a browser's name of itself, in the order to look for: most of them name others, too.
BROWSERS = ("Edg", "OPR", "Firefox", "Chrome", "Safari")
SYSTEMS = ("Android", "iPhone", "iPad", "Windows", "Mac OS X", "CrOS", "Linux")
SPELLED_OUT = {"Edg": "Edge", "OPR": "Opera", "Mac OS X": "macOS", "CrOS": "ChromeOS"}


class SessionStore(DatabaseStore):
    """A session whose time begins anew whenever it is used."""

    @classmethod
    def get_model_class(cls):
        """Return the table; imported here, because Django loads this module before the models."""
        from .models import Session

        return Session

    def create_model_instance(self, data):
        """Fill the columns by which sessions are found."""
        began_at = data.setdefault("began_at", timezone.now().isoformat())
        row = super().create_model_instance(data)
        row.user_id, row.browser, row.began_at = data.get(SESSION_KEY), data.get(BROWSER, ""), began_at
        return row

    def _get_session_from_db(self):
        row = super()._get_session_from_db()
        idle = timedelta(seconds=settings.SESSION_COOKIE_AGE)
        if row and row.expire_date - timezone.now() < idle - TOUCHED_EVERY:
            self.modified = True
        return row


def browser_of(agent):
    """Return roughly what the header `agent` says: a browser and a system, enough for its user to know it again."""
    browser = next((name for name in BROWSERS if f"{name}/" in agent), "")
    system = next((name for name in SYSTEMS if name in agent), "")
    named = [SPELLED_OUT.get(name, name) for name in (browser, system) if name]
    return ", ".join(named) or _("another browser")
