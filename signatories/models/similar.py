"""What a sign-on's name may be another form of, with the letters that were signed. Shown to a person, who decides."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from django.db.models import Max, OuterRef, Subquery

from letter.models import LetterText
from signatories import evidence, names
from signatories.states import LIVE, State

from . import candidates
from .organisation import Organisation, VariantName
from .transition import Transition

if TYPE_CHECKING:
    from .sign_on import SignOn
    from .sign_on_queries import SignOnQuerySet

# So many are shown of each name.
SHOWN = 12


@dataclass(frozen=True)
class Similar:
    """Something that this sign-on's name may be another form of."""

    similarity: names.Similarity
    name: str
    organisation: Organisation | None = None
    listing: "SignOn | None" = None
    """The sign-on by which that organisation is a signatory of this letter."""
    sign_on: "SignOn | None" = None
    """The other sign-on, where no moderator has named its organisation yet."""
    has_same_website: bool = False
    known_as: str = ""
    """The other form of the organisation's name that is the likeliest, where it is not its name."""
    is_recorded: bool = False
    """Whether the organisation is recorded under this very name, letter for letter: more than a likeness."""
    signed: tuple["SignOn", ...] = field(default=(), compare=False)
    """By which the organisation is a signatory of any letter, newest first; with `letter_title` and `accepted_at`."""


def similar_to_each(sign_ons: Sequence["SignOn"], among: "SignOnQuerySet") -> dict[int, list[Similar]]:
    """Return, by key, what each of `sign_ons` may be another form of, likeliest first.

    `among` is where other sign-ons are looked for. Six queries, for one sign-on and for fifty, whatever is found.
    """
    asked = [candidates.Asked(one.name_as_signed, one.acronym, one.website, one.letter_id, one.pk) for one in sign_ons]
    near, near_sign_ons = _near(sign_ons, asked), candidates.sign_ons(asked, LIVE)
    organisations = Organisation.objects.in_bulk(_some({pk for some in near for pk in some}))
    others = among.in_bulk(_some({pk for some in near_sign_ons for pk in some}))
    forms = _forms(organisations)
    found = {}
    for one, keys, other_keys in zip(sign_ons, near, near_sign_ons, strict=True):
        some = [_organisation(one, organisations[pk], forms[pk]) for pk in keys]
        some += [_sign_on(one, others[pk]) for pk in other_keys]
        relevant = [it for it in some if it.has_same_website or it.similarity != names.Similarity.DIFFERENT]
        found[one.pk] = sorted(relevant, key=lambda it: (it.similarity.rank, it.name))[:SHOWN]
    signed = _signed(among, _some({it.organisation.pk for some in found.values() for it in some if it.organisation}))
    return {one.pk: [_with_letters(one, it, signed) for it in found[one.pk]] for one in sign_ons}


def _near(sign_ons: Sequence["SignOn"], asked: Sequence[candidates.Asked]) -> list[list[int]]:
    """Return the keys of organisations near each of `sign_ons`: near its name, or its name in its own script."""
    own = {at: candidates.Asked(one.name_in_own_script) for at, one in enumerate(sign_ons) if one.name_in_own_script}
    found = candidates.organisations([*asked, *own.values()])
    near = found[: len(asked)]
    for at, more in zip(own, found[len(asked) :], strict=True):
        near[at] = list(dict.fromkeys([*near[at], *more]))
    return near


def _some(keys: set[int]) -> set[int]:
    """Return `keys`, or one that nothing has: Django would leave a query out, and the count depend on the data."""
    return keys or {0}


def _forms(organisations: dict[int, Organisation]) -> dict[int, list[str]]:
    """Return the forms of the name of each organisation, the authorised one first."""
    forms = {pk: [organisation.name] for pk, organisation in organisations.items()}
    variants = VariantName.objects.filter(organisation__in=_some(set(organisations))).order_by("pk")
    for pk, name in variants.values_list("organisation_id", "name"):
        forms[pk].append(name)
    return forms


def _organisation(one: "SignOn", organisation: Organisation, forms: list[str]) -> Similar:
    """Judge an organisation by that form of its name which is the likeliest."""
    judged = [(_classify(one, form, organisation.acronym), form) for form in forms]
    if own := one.name_in_own_script:
        judged += [(names.classify(own, form), form) for form in forms]
    similarity, form = min(judged, key=lambda pair: pair[0].rank)
    domain = "" if evidence.is_shared_host(one.website) else evidence.domain_of_website(one.website)
    return Similar(
        similarity,
        organisation.name,
        organisation=organisation,
        has_same_website=bool(domain) and domain == evidence.domain_of_website(organisation.website),
        known_as="" if form == organisation.name else form,
        is_recorded=not {names.key(name) for name in (one.name_as_signed, own) if name}.isdisjoint(
            names.key(form) for form in forms
        ),
    )


def _sign_on(one: "SignOn", other: "SignOn") -> Similar:
    return Similar(_classify(one, other.name_as_signed, other.acronym), other.name_as_signed, sign_on=other)


def _classify(one: "SignOn", name: str, acronym: str) -> names.Similarity:
    return names.classify(one.name_as_signed, name, acronym=one.acronym, other_acronym=acronym)


def _signed(among: "SignOnQuerySet", organisations: set[int]) -> dict[int, list["SignOn"]]:
    """Return the accepted sign-ons of these organisations to all letters, newest first."""
    accepted = Transition.objects.filter(sign_on=OuterRef("pk"), verb="accept").order_by()
    titles = LetterText.objects.filter(letter=OuterRef("letter"), language=OuterRef("letter__language"))
    rows = (
        among.filter(organisation__in=organisations, state=State.ACCEPTED)
        .select_related("letter")
        .annotate(
            accepted_at=Subquery(accepted.values("sign_on").annotate(last=Max("at")).values("last")),
            letter_title=Subquery(titles.order_by("-revision").values("title")[:1]),
        )
        .order_by("-accepted_at", "-pk")
    )
    signed: dict[int, list[SignOn]] = defaultdict(list)
    row: Any
    for row in rows:
        signed[row.organisation_id].append(row)
    return signed


def _with_letters(one: "SignOn", it: Similar, signed: dict[int, list["SignOn"]]) -> Similar:
    """Return `it` with the letters that the organisation signed, this one and others."""
    if not it.organisation:
        return it
    letters = tuple(other for other in signed.get(it.organisation.pk, ()) if other.pk != one.pk)
    listing = next((other for other in letters if other.letter_id == one.letter_id), None)
    return replace(it, listing=listing, signed=letters)
