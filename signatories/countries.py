"""Countries by their names, in the languages that people fill in tables with. Pure functions."""

from functools import cache

from django.utils import translation
from django_countries import countries
from django_countries.data import COUNTRIES

from signatories import names


def words(text: str) -> str:
    """Return words without case, marks and punctuation, as headings and names of countries are compared."""
    return names.sort_key(text).split("\t")[0].replace("-", " ").strip()


def country_code(value: str) -> str:
    """Return the ISO 3166-1 alpha-2 code of a country, given as a code or by its name in a language of the UN."""
    code = value.upper()
    if code in countries.countries:
        return code
    return countries.alpha2(code) if len(code) == 3 and code.isascii() else _countries().get(words(value), "")


@cache
def _countries() -> dict[str, str]:
    """Return the codes of countries by their names, in the languages that addressees are written in."""
    known: dict[str, str] = {}
    for language in ("en", "fr", "es", "ar", "pt", "ru"):
        with translation.override(language):
            known |= {words(name): code for code, name in countries}
    return {words(str(name)): code for code, name in COUNTRIES.items()} | known
