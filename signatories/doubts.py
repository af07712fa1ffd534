"""What a moderator should look at before a sign-on is accepted.

Where there is none of it, accepting takes one key, and can be done for many at once.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from signatories import names

if TYPE_CHECKING:
    from .models.similar import Similar


def doubts(similar: "Iterable[Similar]", evidence: Iterable[Any], preset: str) -> list[str]:
    """Return in words what needs an eye.

    Args:
        similar: what the name may be another form of.
        evidence: the marks (is it good news, code, words).
        preset: the organisation that the form would accept it for: a key, "new", or empty for none.
    """
    found = [] if preset else [_("It has to be said which organisation this is.")]
    for one in similar:
        is_preset = one.organisation is not None and str(one.organisation.pk) == preset
        if not is_preset and one.similarity != names.Similarity.SIBLING:
            found.append(
                _("“%(name)s” may be the same: %(how)s.")
                % {"name": names.isolated(one.name), "how": one.similarity.label.lower()}
            )
    return found + [str(words) for good, _code, words in evidence if good is False]
