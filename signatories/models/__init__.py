"""Organisations, their sign-ons, and the messages about them."""

from .batch import Batch, BatchFile, BatchRow, ColumnMapping, Overtaken
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
    "Batch",
    "BatchFile",
    "BatchRow",
    "ColumnMapping",
    "LetterNotOpen",
    "Limit",
    "Message",
    "Organisation",
    "Overtaken",
    "Query",
    "SignOn",
    "SomebodyWasFaster",
    "Transition",
    "VariantName",
]
