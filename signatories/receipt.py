"""The receipt of a sign-on: what its representative can show, on a page and as a PDF."""

from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from letter.artefacts.facts import Fact, Facts
from letter.models import absolute

from .models import SignOn
from .standing import Standing


def receipt(sign_on: SignOn, at: datetime | None = None) -> Facts:
    """Return the receipt of `sign_on` as it stands at `at` (now by default), in the active language."""
    at = at or timezone.now()
    standing = Standing(sign_on)
    issuer = absolute("/").removeprefix("https://").removeprefix("http://").rstrip("/")
    number = _("Sign-on %(number)d") % {"number": sign_on.pk}
    return Facts(
        title=_("Receipt of a sign-on"),
        lead=_("This is what was recorded about this sign-on to a joint letter on %(moment)s.")
        % {"moment": _moment(at)},
        parts=[
            (_("Where it stands"), _where(standing)),
            (_("The letter"), _letter(standing)),
            (_("The organisation"), _organisation(sign_on)),
            (_("Its representative"), _representative(sign_on)),
            (_("The text that was signed"), _text(standing)),
            (_("When"), [Fact(label, _moment(moment)) for label, moment in _times(standing)]),
        ],
        notes=[
            _(
                "Issued by %(site)s for the secretariat of the letter, from the record that the site keeps. It is not "
                "signed by hand. Anybody can compare what it says of the text and of the list with the addresses in it."
            )
            % {"site": issuer},
            _("The representative's name, role and e-mail address are not published. All times are UTC."),
        ],
        foot=f"{number} · {_moment(at)}",
        at=at,
    )


def _moment(at: datetime) -> str:
    return f"{date_format(at, 'DATETIME_FORMAT')} UTC"


def _where(standing: Standing) -> list[Fact]:
    sign_on = standing.sign_on
    facts = [Fact(_("State"), capfirst(sign_on.get_state_display()))]
    if standing.listed_in:
        words = _("Edition %(number)s") % {"number": standing.listed_in.number}
        facts += [
            Fact(_("On the list since"), f"{words}, {_moment(standing.listed_in.published_at)}"),
            Fact(_("Address of that edition"), absolute(standing.listed_path), "address"),
        ]
    if standing.is_in_record:
        facts.append(Fact(_("Address of the edition that was delivered"), absolute(standing.record_path), "address"))
    return facts


def _letter(standing: Standing) -> list[Fact]:
    letter, text = standing.sign_on.letter, standing.sign_on.text
    facts = [
        Fact(_("Title"), text.title, language=text.language),
        Fact(_("Date of the letter"), date_format(letter.dated_on, "DATE_FORMAT")),
        Fact(_("Address"), absolute(standing.letter_path), "address"),
    ]
    if letter.delivered_at:
        facts.append(Fact(_("Delivered"), _moment(letter.delivered_at)))
    return facts


def _organisation(sign_on: SignOn) -> list[Fact]:
    facts = [Fact(_("Name as signed"), sign_on.name_as_signed)]
    if sign_on.listed_name:
        facts.append(Fact(_("Name as listed"), sign_on.listed_name))
    if own := sign_on.listed_name_in_own_script or sign_on.name_in_own_script:
        facts.append(Fact(_("Name in its own script"), own))
    country = str(sign_on.country.name) or _("None: international")
    return [
        *facts,
        *([Fact(_("Acronym"), sign_on.acronym)] if sign_on.acronym else []),
        Fact(_("Country"), country),
        *([Fact(_("Website"), sign_on.website)] if sign_on.website else []),
    ]


def _representative(sign_on: SignOn) -> list[Fact]:
    if sign_on.erased_at:
        return [Fact(_("Erased"), _moment(sign_on.erased_at))]
    said = [
        (_("Name"), sign_on.representative_name),
        (_("Role"), sign_on.representative_role),
        (_("E-mail"), sign_on.email),
    ]
    return [Fact(label, text) for label, text in said if text] or [Fact(_("Name"), _("no name was given"))]


def _text(standing: Standing) -> list[Fact]:
    sign_on, text = standing.sign_on, standing.sign_on.text
    facts = [
        Fact(_("Language"), standing.language_name),
        Fact(_("Revision"), str(text.revision)),
        Fact(_("SHA-256 of the text"), text.sha256, "code"),
    ]
    if standing.read_in:
        facts.append(Fact(_("Address of the edition with this text"), absolute(standing.read_path), "address"))
    if sign_on.declaration:
        label = _("Declaration, version %(version)s") % {"version": sign_on.declaration_version}
        facts.append(Fact(label, sign_on.declaration))
    return facts


def _times(standing: Standing) -> list[tuple[str, datetime]]:
    words = {
        "sign": _("Signed"),
        "register": _("Registered"),
        "confirm": _("Confirmed by e-mail"),
        "accept": _("Accepted"),
        "decline": _("Declined"),
        "withdraw": _("Withdrawn"),
        "erase": _("Data of the representative erased"),
    }
    return [(words[one.verb], one.at) for one in standing.transitions if one.verb in words]
