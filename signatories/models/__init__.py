"""Organisations, their sign-ons, and the messages about them."""

from .actor import CLOCK, OPERATOR, REPRESENTATIVE, Actor
from .allowance import Allowance
from .batch import Batch, BatchFile, BatchRow, ColumnMapping, Overtaken
from .bounce_count import BounceCount
from .claim import Claim
from .correction import Correction, NotStanding, Outdated
from .digest import Digest
from .do_not_contact import DoNotContact, KeyHasChanged
from .document import Document
from .hold import Hold
from .invitation_round import InvitationRound, RoundHasChanged
from .limit import Crossing, Limit, LimitRule, Why
from .link import Link
from .lost_link import LostLink
from .member_invitation import MemberInvitation, NotToBeWrittenTo, Stage
from .merge import BothListed, Merge, NotUndoable, Plan, split
from .message import Message
from .notice import Notice, NoticeNotPossible
from .organisation import ChangedMeanwhile, Organisation
from .query import Query
from .sign_on import (
    AlreadyListed,
    DraftSpent,
    LetterNotOpen,
    NoLongerSo,
    SigningPaused,
    SignOn,
    SomebodyWasFaster,
    TooLate,
)
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
    "DoNotContact",
    "Document",
    "DraftSpent",
    "Hold",
    "InvitationRound",
    "KeyHasChanged",
    "LetterNotOpen",
    "Limit",
    "LimitRule",
    "Link",
    "LostLink",
    "MemberInvitation",
    "Merge",
    "Message",
    "NoLongerSo",
    "NotStanding",
    "NotToBeWrittenTo",
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
    "RoundHasChanged",
    "SignOn",
    "SigningPaused",
    "SomebodyWasFaster",
    "Stage",
    "Switch",
    "TooLate",
    "Transfer",
    "Transition",
    "VariantName",
    "Why",
    "split",
]
