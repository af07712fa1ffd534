"""What is erased with a representative's data, wherever else it stands."""

from datetime import datetime
from typing import TYPE_CHECKING

from .message import Message
from .transition import Note

if TYPE_CHECKING:
    from .sign_on import SignOn

# For the record of documents, which is the desk's.
BECAUSE = "erasure"


def erase_words(sign_on: "SignOn", at: datetime) -> None:
    """Erase what was written by the representative of `sign_on`, to them, and about them.

    Not what the organisation itself answered at its published address: that is its own. What is still to be sent is
    erased once it has left. The caller holds the sign-on.
    """
    Note.objects.filter(transition__sign_on=sign_on).erase(at)
    sign_on.queries.update(answer="")
    sign_on.corrections.update(reason="", note="")
    Message.objects.to_erase().filter(sign_on=sign_on).erase(at)
    row = getattr(sign_on, "batch_row", None)
    if row:
        row.erase()
    # Last: each is on record, and the record's lock is held until the transaction ends.
    for document in sign_on.documents.readable():
        document.erase(None, BECAUSE)
