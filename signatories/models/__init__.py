"""Organisations, their sign-ons, and the messages about them."""

from .actor import OPERATOR, REPRESENTATIVE, Actor
from .batch import Batch, BatchFile, BatchRow, ColumnMapping, Overtaken
from .claim import Claim
from .correction import Correction, NotStanding, Outdated
from .digest import Digest
from .do_not_contact import DoNotContact, KeyHasChanged
from .document import Document
from .invitation_round import InvitationRound, RoundHasChanged
from .limit import Limit
from .member_invitation import MemberInvitation, NotToBeWrittenTo, Stage
from .merge import BothListed, Merge, NotUndoable, Plan, split
from .message import Message
from .notice import Notice, NoticeNotPossible
from .organisation import ChangedMeanwhile, Organisation
from .query import Query
from .sign_on import AlreadyListed, LetterNotOpen, NoLongerSo, SignOn, SomebodyWasFaster, TooLate
from .transition import Transition
from .variant_name import VariantName

__all__ = [
    "OPERATOR",
    "REPRESENTATIVE",
    "Actor",
    "AlreadyListed",
    "Batch",
    "BatchFile",
    "BatchRow",
    "BothListed",
    "ChangedMeanwhile",
    "Claim",
    "ColumnMapping",
    "Correction",
    "Digest",
    "DoNotContact",
    "Document",
    "InvitationRound",
    "KeyHasChanged",
    "LetterNotOpen",
    "Limit",
    "MemberInvitation",
    "Merge",
    "Message",
    "NoLongerSo",
    "NotStanding",
    "NotToBeWrittenTo",
    "NotUndoable",
    "Notice",
    "NoticeNotPossible",
    "Organisation",
    "Outdated",
    "Overtaken",
    "Plan",
    "Query",
    "RoundHasChanged",
    "SignOn",
    "SomebodyWasFaster",
    "Stage",
    "TooLate",
    "Transition",
    "VariantName",
    "split",
]
