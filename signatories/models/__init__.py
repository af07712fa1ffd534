"""Organisations, their sign-ons, and the messages about them."""

from .claim import Claim
from .correction import Correction, NotStanding, Outdated
from .digest import Digest
from .limit import Limit
from .merge import BothListed, Merge, NotUndoable, Plan, split
from .message import Message
from .notice import Notice, NoticeNotPossible
from .organisation import ChangedMeanwhile, Organisation
from .query import Query
from .sign_on import OPERATOR, REPRESENTATIVE, Actor, AlreadyListed, LetterNotOpen, SignOn, SomebodyWasFaster, TooLate
from .transition import Transition
from .variant_name import VariantName

__all__ = [
    "OPERATOR",
    "REPRESENTATIVE",
    "Actor",
    "AlreadyListed",
    "BothListed",
    "ChangedMeanwhile",
    "Claim",
    "Correction",
    "Digest",
    "LetterNotOpen",
    "Limit",
    "Merge",
    "Message",
    "NotStanding",
    "NotUndoable",
    "Notice",
    "NoticeNotPossible",
    "Organisation",
    "Outdated",
    "Plan",
    "Query",
    "SignOn",
    "SomebodyWasFaster",
    "TooLate",
    "Transition",
    "VariantName",
    "split",
]
