"""Organisations, their sign-ons, and the messages about them."""

from .correction import Correction, NotStanding, Outdated
from .limit import Limit
from .message import Message
from .notice import Notice, NoticeNotPossible
from .organisation import Organisation, VariantName
from .sign_on import OPERATOR, REPRESENTATIVE, Actor, AlreadyListed, LetterNotOpen, SignOn, SomebodyWasFaster
from .transition import Transition

__all__ = [
    "OPERATOR",
    "REPRESENTATIVE",
    "Actor",
    "AlreadyListed",
    "Correction",
    "LetterNotOpen",
    "Limit",
    "Message",
    "NotStanding",
    "Notice",
    "NoticeNotPossible",
    "Organisation",
    "Outdated",
    "SignOn",
    "SomebodyWasFaster",
    "Transition",
    "VariantName",
]
