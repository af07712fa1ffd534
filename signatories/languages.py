"""Languages by their tags and names, as people fill in tables with them. Pure functions."""

from functools import cache

from django.conf.locale import LANG_INFO

from .countries import words


def language_tag(value: str) -> str:
    """Return the BCP 47 tag of a language, given as one or by its name, in English or its own; empty for none."""
    primary, *rest = value.replace("_", "-").lower().split("-")
    if primary in LANG_INFO:
        # As the letter's texts are tagged: zh-Hant, pt-BR.
        return "-".join([primary, *(part.upper() if len(part) == 2 else part.title() for part in rest)])
    return _languages().get(words(value), "")


@cache
def _languages() -> dict[str, str]:
    known = [info for info in LANG_INFO.values() if "name" in info and "-" not in info["code"]]
    return {words(info[key]): info["code"] for info in known for key in ("name", "name_local")}
