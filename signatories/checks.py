"""System checks of the database that sign-ons live in."""

from django.core import checks
from django.db import connections


@checks.register(checks.Tags.database)
def trigrams_see_every_script(databases=None, **kwargs):
    """Refuse a cluster whose LC_CTYPE is C: there pg_trgm sees no letter outside ASCII, and says nothing."""
    errors = []
    for alias in databases or []:
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_extension WHERE extname = 'pg_trgm'")
            if not cursor.fetchone()[0]:
                continue
            cursor.execute("SELECT cardinality(show_trgm('مركز'))")
            if not cursor.fetchone()[0]:
                errors.append(
                    checks.Error(
                        "This database cannot compare names outside ASCII: its LC_CTYPE is C.",
                        hint="Create the database with a UTF-8 locale, such as C.UTF-8.",
                        id="signatories.E001",
                    )
                )
    return errors
