"""The letter, its texts and its editions. Nothing here knows where a line of the list comes from."""

from .edition import Blob, Edition, Page
from .letter import Letter, NotPublishedYet, Publication, absolute, validate_slug_is_free
from .text import LetterText
from .timeline import TimelineEntry

__all__ = [
    "Blob",
    "Edition",
    "Letter",
    "LetterText",
    "NotPublishedYet",
    "Page",
    "Publication",
    "TimelineEntry",
    "absolute",
    "validate_slug_is_free",
]
