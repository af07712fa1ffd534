"""Organisations, their sign-ons, and the messages about them."""

from .document import Document
from .limit import Limit
from .message import Message
from .organisation import Organisation, VariantName
from .query import Query
from .sign_on import OPERATOR, REPRESENTATIVE, Actor, AlreadyListed, LetterNotOpen, SignOn, SomebodyWasFaster
from .transition import Transition

__all__ = [
    "OPERATOR",
    "REPRESENTATIVE",
    "Actor",
    "AlreadyListed",
    "Document",
    "LetterNotOpen",
    "Limit",
    "Message",
    "Organisation",
    "Query",
    "SignOn",
    "SomebodyWasFaster",
    "Transition",
    "VariantName",
]
