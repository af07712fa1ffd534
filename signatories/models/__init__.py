"""Organisations, their sign-ons, and the messages about them."""

from .digest import Digest
from .limit import Limit
from .message import Message
from .organisation import Organisation, VariantName
from .sign_on import OPERATOR, REPRESENTATIVE, Actor, AlreadyListed, LetterNotOpen, SignOn, SomebodyWasFaster
from .transition import Transition

__all__ = [
    "OPERATOR",
    "REPRESENTATIVE",
    "Actor",
    "AlreadyListed",
    "Digest",
    "LetterNotOpen",
    "Limit",
    "Message",
    "Organisation",
    "SignOn",
    "SomebodyWasFaster",
    "Transition",
    "VariantName",
]
