"""The search for organisations and sign-ons that a name may be another form of: SQL, for many names at once.

It only finds candidates, the nearest first; `names.classify` says what they are, and a person decides. One query
whether one name is asked for or fifty: a lateral join asks each of the tables' indexes anew for every name.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from signatories import evidence, names

# The nearest so many of each name. Measured: docs/names.md.
MOST = 30
# What stands for “equal”: above every likeness of trigrams, which is at most 1.
EXACT = 2


@dataclass(frozen=True)
class Asked:
    """What is known of a name, its acronym and website."""

    name: str
    acronym: str = ""
    website: str = ""
    letter: int = 0
    sign_on: int = 0

    def row(self, number: int) -> tuple[Any, ...]:
        """Return it as the queries take it; lists are of one text, parted by line breaks."""
        bare, bracketed = names.split_acronym(self.name)
        shorts = {short for short in (self.acronym, bracketed, self.name if len(self.name) <= 15 else "") if short}
        # Two organisations with a page on the same platform share nothing by it.
        domain = "" if evidence.is_shared_host(self.website) else evidence.domain_of_website(self.website)
        # A name of one word within a longer one is not like it by trigrams.
        keys = {names.key(bare)} | {names.key(short) for short in shorts if len(short) >= 3} | names.telling_words(bare)
        words = {names.normalise(short) for short in shorts if len(short) >= 3}
        return (
            number,
            names.normalise(bare),
            "\n".join(keys),
            # Of “ICJ Kenya”, too, the acronym may be that of another.
            "\n".join(short.upper() for short in shorts | {word for word in bare.split() if word.isupper()}),
            "\n".join(words),
            f"%{domain.upper()}%" if domain else None,
            self.letter,
            self.sign_on,
        )


_ASKED = """
    SELECT number, normalised, string_to_array(keys, E'\\n') AS keys, string_to_array(shorts, E'\\n') AS shorts,
        string_to_array(words, E'\\n') AS words, domain, letter, sign_on
    FROM unnest(%s::int[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::bigint[], %s::bigint[])
        AS given (number, normalised, keys, shorts, words, domain, letter, sign_on)
"""
# Each branch has an index of its own, and computes one likeness of what it finds: that is what costs.
_BY_NAME = """
    SELECT {pk} AS pk, similarity(name_normalised, asked.normalised) AS nearness
        FROM {table} WHERE {where} name_normalised %% asked.normalised
    UNION ALL SELECT {pk}, strict_word_similarity(asked.normalised, name_normalised)
        FROM {table} WHERE {where} asked.normalised <<%% name_normalised
    UNION ALL SELECT {pk}, {exact} FROM {table} WHERE {where} name_key = ANY(asked.keys)
    UNION ALL SELECT {pk}, {exact} FROM unnest(asked.words) AS word, {table} WHERE {where} word <<%% name_normalised
"""
_BY_ACRONYM_AND_WEBSITE = """
    UNION ALL SELECT id, {exact} FROM {table} WHERE merged_into_id IS NULL AND upper(acronym) = ANY(asked.shorts)
    UNION ALL SELECT id, {exact} FROM {table} WHERE merged_into_id IS NULL AND upper(website) LIKE asked.domain
"""
_FIND = """
    SELECT asked.number, found.pk
    FROM ({asked}) AS asked CROSS JOIN LATERAL (
        SELECT pk, max(nearness) AS nearness FROM ({branches}) AS near GROUP BY pk ORDER BY 2 DESC, 1 LIMIT {most}
    ) AS found
    ORDER BY asked.number, found.nearness DESC, found.pk
"""
# One that was merged into another is found there: its names have moved.
_STANDING = "merged_into_id IS NULL AND"
_ORGANISATION, _VARIANT, _SIGN_ON = (
    "signatories_organisation",
    "signatories_variantname",
    "signatories_signon",
)
_ORGANISATIONS = _FIND.format(
    asked=_ASKED,
    most=MOST,
    branches=_BY_NAME.format(pk="id", table=_ORGANISATION, where=_STANDING, exact=EXACT)
    + " UNION ALL "
    + _BY_NAME.format(pk="organisation_id", table=_VARIANT, where="", exact=EXACT)
    + _BY_ACRONYM_AND_WEBSITE.format(table=_ORGANISATION, exact=EXACT),
)
# The condition is that of the index `sign_on_name_trigrams`.
_SIGN_ONS = _FIND.format(
    asked=_ASKED,
    most=MOST,
    branches=_BY_NAME.format(
        pk="id",
        table=_SIGN_ON,
        where="organisation_id IS NULL AND state IN {live} AND letter_id = asked.letter AND id <> asked.sign_on AND",
        exact=EXACT,
    ),
)


def organisations(asked: Sequence[Asked]) -> list[list[int]]:
    """Return, for each of `asked`, the keys of organisations near it by name, acronym or website's domain."""
    return _find(_ORGANISATIONS, asked)


def sign_ons(asked: Sequence[Asked], live: Sequence[str]) -> list[list[int]]:
    """Return, for each of `asked`, the keys of other live sign-ons of its letter without an organisation yet."""
    return _find(_SIGN_ONS.format(live="({})".format(", ".join(f"'{state}'" for state in live))), asked)


def _find(sql: str, asked: Sequence[Asked]) -> list[list[int]]:
    """Run a search, and return the keys that it found by the name's place in `asked`."""
    if not asked:
        return []
    columns = zip(*(one.row(number) for number, one in enumerate(asked)), strict=True)
    found: dict[int, list[int]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(sql, [list(column) for column in columns])
        for number, pk in cursor.fetchall():
            found[number].append(pk)
    return [found[number] for number in range(len(asked))]
