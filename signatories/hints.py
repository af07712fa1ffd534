"""What somebody who fills in the form may have meant instead. Pure functions.

Suggestions, never rules: in doubt there is none, and nothing is changed unless a button is pressed.
"""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from django_countries.data import COUNTRIES

from . import evidence, house_style, names

# Mailboxes that many people have, and mistype.
COMMON = tuple(
    """
    gmail.com googlemail.com yahoo.com yahoo.fr yahoo.co.uk yahoo.es yahoo.com.br yahoo.co.in ymail.com rocketmail.com
    hotmail.com hotmail.fr hotmail.es hotmail.co.uk outlook.com outlook.fr outlook.es outlook.sa live.com live.fr
    msn.com icloud.com me.com aol.com protonmail.com proton.me tutanota.com riseup.net fastmail.com mailbox.org
    posteo.net posteo.de gmx.net gmx.de gmx.com web.de t-online.de laposte.net wanadoo.fr orange.fr free.fr sfr.fr
    libero.it yandex.ru yandex.com mail.ru rediffmail.com zoho.com
    """.split()
)
# Endings that no domain has, and what was meant.
ENDINGS = {
    **dict.fromkeys("con cmo ocm comm coom vom xom cim cpm".split(), "com"),
    **dict.fromkeys("ogr rog orgg ofg prg".split(), "org"),
    **dict.fromkeys("nte ent nett ner".split(), "net"),
}
# Country-code domains that organisations of all countries take for how they read: they say nothing.
GENERIC = frozenset(
    "ac ag ai am bz cc cf co cx dj eu fm ga gg gl gq gs im io je la li ly me ml ms mu nf nu pw sc sh so st su tf"
    " sx tk tl to tv vc vg vu ws".split()
)
# Country-code domains that are not the country's code, and those in other scripts (IANA's root zone).
OTHER_CODES = {"uk": "GB"} | {
    ending: code
    for code, endings in {
        "AE": "امارات", "AM": "հայ", "BD": "বাংলা", "BG": "бг", "BH": "البحرين", "BY": "бел", "CN": "中国 中國",
        "DZ": "الجزائر", "EG": "مصر", "GE": "გე", "GR": "ελ", "HK": "香港", "IL": "ישראל",
        "IN": "भारत بھارت భారత్ ભારત ਭਾਰਤ ভারত இந்தியா", "IQ": "عراق", "IR": "ایران", "JO": "الاردن", "KR": "한국",
        "KZ": "қаз", "LA": "ລາວ", "LK": "ලංකා இலங்கை", "MA": "المغرب", "MK": "мкд", "MN": "мон", "MO": "澳門",
        "MR": "موريتانيا", "MY": "مليسيا", "OM": "عمان", "PK": "پاکستان", "PS": "فلسطين", "QA": "قطر", "RS": "срб",
        "RU": "рф", "SA": "السعودية", "SD": "سودان", "SG": "新加坡 சிங்கப்பூர்", "SY": "سورية", "TH": "ไทย", "TN": "تونس",
        "TW": "台灣 台湾", "UA": "укр", "YE": "اليمن",
    }.items()
    for ending in endings.split()
}  # fmt: skip
# What is registered under a country's domain for those who are there, whatever else is done with it: “example.org.co”.
LOCAL = frozenset("ac asso edu gob gov gouv mil ngo nom ong or org sch".split())


def hints(answers: Mapping[str, str], language: str = "") -> dict[str, str]:
    """Return what could stand in fields instead of what was typed, by the field's name.

    Args:
        answers: what was typed, by field.
        language: that of the page, a BCP 47 tag.
    """
    given = {name: value.strip() for name, value in answers.items()}
    found = {
        "name_as_signed": name(given.get("name_as_signed", ""), language),
        "acronym": "" if given.get("acronym") else acronym(given.get("name_as_signed", "")),
        "country": "" if given.get("country") else country(given.get("website", "")),
        "email": email(given.get("email", ""), given.get("website", "")),
    }
    return {field: value for field, value in found.items() if value}


def name(typed: str, language: str = "") -> str:
    """Return a name as it is usually written, where the caps lock key was on; empty if it was not."""
    if len(typed) > names.MAX_LENGTH:
        return ""
    words = re.findall(r"[^\W\d_]{3,}", typed)
    # “jUSTICE sANS fRONTIÈRES”: the key was on, and the first letters were meant to be capitals.
    if len(words) > 1 and all(word[0].islower() and word[1:].isupper() for word in words):
        turned = typed.swapcase()
        return turned if turned.swapcase() == typed else ""
    better = house_style.suggested(typed, "capitals", language)
    return better if better != typed else ""


def acronym(typed: str) -> str:
    """Return the acronym that stands in brackets in a name, or before its end; empty if there is none."""
    return names.split_acronym(typed)[1] if len(typed) <= names.MAX_LENGTH else ""


def country(website: str) -> str:
    """Return the country (ISO 3166-1 alpha-2) with whose domain an address ends; empty where that says nothing."""
    host = _host(website)
    *rest, second, last = ["", "", *host.split(".")]
    code = OTHER_CODES.get(last) or last.upper()
    if not second or code not in COUNTRIES or evidence.is_shared_host(f"https://{host}/"):
        return ""
    return "" if last in GENERIC and not (second in LOCAL and rest[-1]) else code


def _host(website: str) -> str:
    """Return the host of an address in small letters, as people write it; empty if there is none."""
    try:
        host = urlsplit(website if "://" in website else f"https://{website}").hostname or ""
        return ".".join(_readable(label) for label in host.rstrip(".").split("."))
    except (ValueError, UnicodeError):
        return ""


def _readable(label: str) -> str:
    return label.encode("ascii").decode("idna") if label.startswith("xn--") else label


def email(typed: str, website: str = "") -> str:
    """Return the e-mail address that was probably meant; empty if `typed` may well be right.

    An address on the domain of the organisation's own website is right.
    """
    box, _at, domain = typed.rpartition("@")
    domain = domain.lower()
    if not box or "@" in box or len(typed) > 254 or evidence.is_free_mail(typed) or domain in COMMON:
        return ""
    if domain == _host(website).removeprefix("www."):
        return ""
    rest, _dot, ending = domain.rpartition(".")
    mended = f"{rest}.{ENDINGS[ending]}" if rest and ending in ENDINGS else domain
    better = _common(mended) or (mended if mended != domain else "")
    return f"{box}@{better}" if better else ""


def _common(domain: str) -> str:
    """Return the common domain that `domain` is a slip of; `domain` itself if it is one; empty if it is neither."""
    if evidence.is_free_mail(f"a@{domain}"):
        return domain
    slips = [(slip, one) for one in COMMON if (slip := _slip(domain, one))]
    # The nearest; of two as near, the first of the list.
    return min(slips, key=lambda found: found[0])[1] if slips else ""


def _slip(domain: str, common: str) -> int:
    """Return how many slips make `domain` of a `common` one, 0 if it is something else.

    Two at most. In a short name one slip makes another name (aol, all), and in a country's ending another country.
    """
    label, _dot, ending = domain.partition(".")
    known, _dot, known_ending = common.partition(".")
    in_label = distance(label, known)
    if in_label > (2 if len(known) > 6 else 1 if len(known) > 4 else 0):
        return 0
    if known_ending == ending:
        return in_label
    in_ending = distance(ending, known_ending)
    is_slip = known_ending in {"com", "net", "org"} and len(known) > 4 and in_ending == 1 and in_label < 2
    return in_label + in_ending if is_slip else 0


def distance(one: str, other: str) -> int:
    """Return how many letters were added, left out, mistaken or swapped with their neighbour between two words.

    The optimal string alignment distance (Damerau 1964); what is more than 3 counts as 3.
    """
    if abs(len(one) - len(other)) > 2:
        return 3
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        earlier, before, row = before, row, [i]
        for j, against in enumerate(other, 1):
            row.append(min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != against)))
            if i > 1 < j and letter == other[j - 2] and against == one[i - 2]:
                row[j] = min(row[j], earlier[j - 2] + 1)
    return min(row[-1], 3)
