"""The authority declaration: what a representative declares by signing, word for word.

A wording is never edited, only followed by a new one: each sign-on stores the words that its
representative agreed to, with their version.
"""

from django.utils.translation import gettext_lazy as _

VERSION = "1"

DECLARATION = _(
    "I am authorised to sign this letter on behalf of the organisation named above, "
    "and I agree that its name, acronym, country and website are published with the letter."
)
