"""What one does at the door, in two steps."""

from demo import authenticator
from tests.factories import PASSWORD


def give_password(client, login, password=PASSWORD, **fields):
    """Post username or e-mail address, and the password."""
    return client.post("/moderation/sign-in/", {"login": login, "password": password} | fields)


def give_code(client, steps=0):
    """Post what the app shows now, or so many steps of half a minute later."""
    return client.post("/moderation/sign-in/code/", {"code": authenticator.code(steps=steps)})


def sign_in(client, user, steps=0):
    """Go through both."""
    give_password(client, user.username)
    return give_code(client, steps)
