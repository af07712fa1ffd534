"""Says what the columns of a file of sign-ons mean, by their headings and by what stands in them. Pure functions.

It only guesses; somebody at the desk looks at it and corrects it.
"""

import re
from collections.abc import Sequence
from functools import cache

from django.utils.translation import gettext_lazy as _

from .countries import words

NAME = "name_as_signed"
# What a column may hold. The order is that of the select boxes, and of the template.
FIELDS = {
    NAME: _("Name of the organisation"),
    "name_in_own_script": _("Name in its own script"),
    "acronym": _("Acronym"),
    "country": _("Country"),
    "website": _("Website"),
    "representative_name": _("Representative's name"),
    "first_name": _("Representative's first name"),
    "last_name": _("Representative's last name"),
    "representative_role": _("Representative's role"),
    "email": _("Representative's e-mail address"),
    "received": _("When it came in, for the record"),
    "remark": _("Remark, for the record"),
}
TEMPLATE = ["name", "name in own script", "acronym", "country", "website", "representative", "role", "e-mail", "remark"]

# Whole headings, as `words` gives them, of spreadsheets, forms and Action Network's exports.
_HEADINGS = {
    NAME: "organisation, organization, organisation name, organization name, name of organisation,"
    " name of organization, name of the organisation, name of the organization, org, ngo, group, institution,"
    " nom de l'organisation, nom de l'association, association, ong, structure, organizacion,"
    " nombre de la organizacion, entidad, المنظمه, اسم المنظمه, الجمعيه, اسم الجمعيه, المؤسسه, اسم المؤسسه, company,"
    " employer, verein, name der organisation, organizacao, nome da organizacao, entidade",
    "name_in_own_script": "name in own script, name in its own script, name in original script, native name,"
    " original name, local name, nom dans sa propre ecriture, nombre en su propia escritura,"
    " الاسم بالحروف الاصليه",
    "acronym": "acronym, abbreviation, short name, sigle, acronyme, abreviation, sigla, siglas, acronimo, الاختصار,"
    " kurzel, abkurzung, kurzname",
    "country": "country, country code, country name, iso, pays, code pays, pais, البلد, الدوله, land, staat",
    "website": "website, web site, site, url, web, homepage, site web, site internet, sitio web, pagina web,"
    " webseite, webadresse, internetseite, sitio, site da web,"
    " الموقع الالكتروني, الموقع",
    "representative_name": "representative, contact, contact name, contact person, signatory, signed by, your name,"
    " representant, representante, contacto, personne de contact, votre nom, su nombre, الممثل, اسم الممثل",
    "first_name": "first name, given name, prenom, nombre de pila, الاسم الاول",
    "last_name": "last name, surname, family name, nom de famille, apellido, apellidos, اسم العائله",
    "representative_role": "role, title, position, function, job title, fonction, titre, poste, qualite, cargo,"
    " puesto, المنصب, الصفه",
    "email": "e-mail, email, mail, e mail, email address, e mail address, courriel, adresse e mail, adresse mail,"
    " adresse electronique, correo, correo electronico, e mail adresse, mailadresse, البريد الالكتروني",
    "received": "timestamp, date, submitted at, created at, horodateur, marca temporal, date de reponse,"
    " الطابع الزمني, طابع زمني, timestamp mm dd yyyy",
    "remark": "remark, remarks, note, notes, comment, comments, remarque, remarques, commentaire, commentaires,"
    " observaciones, comentario, comentarios, ملاحظات",
}
# A person's name or an organisation's, as the rest of the file says.
_NAMES = "name, full name, nom, nom complet, nombre, nombre completo, الاسم, الاسم الكامل"
# What a form's question is about, by words in it; the first that is met decides, so the most telling come first.
_QUESTIONS = [
    ("", r"consent|agree|privacy|newsletter|subscri|j ?accepte|consens|acepto|password|phone|telephone|telefono|هاتف"),
    (
        NAME,
        r"\b(name of (your|the|our)? ?organi[sz]ation|organi[sz]ation s? ?name"
        r"|nom (complet )?de (votre |l )?(organisation|association)|nombre (completo )?de (la|su) organizacion)\b"
        r"|اسم (المنظم|الجمعي|المؤسس|منظم)",
    ),
    ("email", r"\be ?mail|courriel|\bcorreo\b|بريد"),
    ("website", r"\b(web ?site|url|site (web|internet)|sitio|pagina web|home ?page)\b|الموقع الالكتروني|موقع الويب"),
    ("acronym", r"\b(acronym|abbreviation|sigle|acronyme|siglas?|acronimo)|اختصار"),
    ("country", r"\b(country|pays|pais)\b|البلد|الدوله|بلد"),
    (
        "representative_name",
        r"\b(first (name )?and last name|prenoms? et noms?|noms? et prenoms?|nombres? y apellidos?)\b|الاسم الثلاثي",
    ),
    ("first_name", r"\b(first name|given name|prenom)\b"),
    ("last_name", r"\b(last name|surname|family name|nom de famille|apellidos?)\b"),
    (
        "representative_role",
        r"\b(role|position|title|function|capacity|fonction|poste|titre|qualite|cargo|puesto)\b|المنصب|الصفه|منصب|صفه",
    ),
    (
        "representative_name",
        r"\b(represent\w*|contact\w*|signator\w*|signatair\w*|person\w*|your (full )?name|votre nom|su nombre"
        r"|firmante)\b|ممثل|اسمك",
    ),
    (NAME, r"\b(organi[sz]ation\w*|organizacion\w*|association|ong|ngo|institution|entidad)\b|منظم|جمعي|مؤسس"),
    ("received", r"\b(timestamp|submitted|received|horodat\w*)\b"),
    ("remark", r"\b(remark|comment|message|remarque|coment\w*|observacion\w*)\w*\b|ملاحظ"),
]


@cache
def _known() -> dict[str, str]:
    return {_heading(one): name for name, headings in _HEADINGS.items() for one in headings.split(",")}


@cache
def _either() -> frozenset[str]:
    return frozenset(_heading(one) for one in _NAMES.split(","))


def _heading(text: str) -> str:
    """Return a heading's words; Action Network's are “can2_user_country”, “first_name”."""
    spaced = re.sub("[_'’´`]", " ", text)
    return re.sub(r"^can2 (user )?", "", " ".join(words(spaced).split()))


def _question(heading: str) -> str | None:
    return next((name for name, pattern in _QUESTIONS if re.search(pattern, heading)), None)


def likeness(cells: Sequence[str]) -> int:
    """Return how much a line looks like headings: by it the header is found below a title."""
    found = [_heading(cell) for cell in cells if cell]
    return sum(2 if one in _known() or one in _either() else bool(_question(one)) for one in found)


def guess(header: Sequence[str], samples: Sequence[Sequence[str]]) -> list[str]:
    """Return what each column means, a key of `FIELDS` or "" for none; no two are the same.

    Args:
        header: the headings.
        samples: some values of each column.
    """
    found: dict[str, tuple[int, int]] = {}
    asked = [_heading(text) for text in header]

    def take(name: str, index: int, certainty: int) -> None:
        # A “position” may be the place in a list.
        values = samples[index]
        is_number = name == "representative_role" and values and all(value.isdecimal() for value in values)
        if name and not is_number and certainty > found.get(name, (0, 0))[0]:
            found[name] = certainty, index

    for index, heading in enumerate(asked):
        if heading in _known():
            take(_known()[heading], index, 3)
        elif heading not in _either():
            name = _question(heading)
            take(_by_content(samples[index]) if name is None else name, index, 1 if name is None else 2)
    for index, heading in enumerate(asked):
        if heading in _either():
            # “Name” beside “Organisation” is a person's.
            take("representative_name" if NAME in found else NAME, index, 2)
    meant = [""] * len(header)
    for name, (_certainty, index) in found.items():
        meant[index] = name
    return meant


def _by_content(values: Sequence[str]) -> str:
    """Return what a column without a telling heading must be."""
    filled = [value for value in values if value]
    if filled and all(re.fullmatch(r"[^\s@]+@[^\s@]+\.[^\s@]+", value) for value in filled):
        return "email"
    if filled and all(re.match(r"(https?://|www\.)\S+$", value, re.IGNORECASE) for value in filled):
        return "website"
    return ""
