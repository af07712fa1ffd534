"""What is erased with a representative's data, wherever else it stands."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models

from .message import Message
from .transition import Note

if TYPE_CHECKING:
    from .sign_on import SignOn

# For the record of documents, which is the desk's.
BECAUSE = "erasure"


def erase_answers(sign_ons: "models.QuerySet[SignOn]") -> int:
    """Erase messages with lost links that went to addresses for which none of `sign_ons` stands any more.

    Such a message is about all of them, and so about none; returns how many there were.
    """
    theirs = sign_ons.order_by().filter(email__iexact=models.OuterRef("recipient"))
    return Message.objects.lost_links().exclude(models.Exists(theirs)).erase()


def erase_words(sign_on: "SignOn", at: datetime) -> None:
    """Erase what was written by the representative of `sign_on`, to them, and about them.

    Not what the organisation itself answered at its published address: that is its own. What is still to be sent is
    erased once it has left. The caller holds the sign-on.
    """
    Note.objects.filter(transition__sign_on=sign_on).erase(at)
    sign_on.queries.update(answer="")
    sign_on.corrections.update(reason="", note="")
    sign_on.transfers.update(settlement="")
    # What is held for the desk would else be sent to nobody.
    sign_on.messages.held().update(state=Message.State.DROPPED)
    Message.objects.to_erase().filter(sign_on=sign_on).erase(at)
    erase_answers(type(sign_on).objects.all())
    row = getattr(sign_on, "batch_row", None)
    if row:
        row.erase()
    # Last: each is on record, and the record's lock is held until the transaction ends.
    for document in sign_on.documents.readable():
        document.erase(None, BECAUSE)
