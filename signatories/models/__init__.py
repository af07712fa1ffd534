"""Organisations, their sign-ons, and the messages about them."""

from .actor import CLOCK, OPERATOR, REPRESENTATIVE, Actor
from .allowance import Allowance
from .batch import Batch, BatchFile, BatchRow, ColumnMapping, Overtaken
from .bounce_count import BounceCount
from .claim import Claim
from .correction import Correction, NotStanding, Outdated
from .digest import Digest
from .document import Document
from .hold import Hold
from .limit import Crossing, Limit, LimitRule, Why
from .link import Link
from .lost_link import LostLink
from .merge import BothListed, Merge, NotUndoable, Plan, split
from .message import Message
from .notice import Notice, NoticeNotPossible
from .organisation import ChangedMeanwhile, Organisation
from .query import Query
from .sign_on import AlreadyListed, LetterNotOpen, NoLongerSo, SigningPaused, SignOn, SomebodyWasFaster, TooLate
from .switch import Switch
from .transfer import NotTransferable, Transfer
from .transition import Note, Transition
from .variant_name import VariantName

__all__ = [
    "CLOCK",
    "OPERATOR",
    "REPRESENTATIVE",
    "Actor",
    "Allowance",
    "AlreadyListed",
    "Batch",
    "BatchFile",
    "BatchRow",
    "BothListed",
    "BounceCount",
    "ChangedMeanwhile",
    "Claim",
    "ColumnMapping",
    "Correction",
    "Crossing",
    "Digest",
    "Document",
    "Hold",
    "LetterNotOpen",
    "Limit",
    "LimitRule",
    "Link",
    "LostLink",
    "Merge",
    "Message",
    "NoLongerSo",
    "NotStanding",
    "NotTransferable",
    "NotUndoable",
    "Note",
    "Notice",
    "NoticeNotPossible",
    "Organisation",
    "Outdated",
    "Overtaken",
    "Plan",
    "Query",
    "SignOn",
    "SigningPaused",
    "SomebodyWasFaster",
    "Switch",
    "TooLate",
    "Transfer",
    "Transition",
    "VariantName",
    "Why",
    "split",
]
