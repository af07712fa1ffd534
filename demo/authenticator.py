"""What an authenticator app does, for accounts whose secret everybody may know: the demo's, and the tests'."""

import base64
import hmac
import struct
import time

# Of the demo's accounts. It is no secret: their mailbox page shows the codes, too.
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"  # noqa: S105
# Seconds for which a code is shown.
STEP = 30


def code(secret=SECRET, steps=0):
    """Return the six digits that belong to `secret` now, or so many steps later (RFC 6238; RFC 4226, 5.3)."""
    counter = struct.pack(">Q", int(time.time()) // STEP + steps)
    digest = hmac.digest(base64.b32decode(secret), counter, "sha1")
    offset = digest[-1] & 15
    (number,) = struct.unpack(">I", digest[offset : offset + 4])
    return f"{(number & 0x7FFFFFFF) % 10**6:06}"
