"""Which sign-ons: the questions that pages, jobs and other models ask."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self
from uuid import UUID

from django.contrib.auth.models import User
from django.db import models
from django.db.models import Case, Count, Exists, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce, Lower, NullIf
from django.utils import timezone

from letter.content import Line
from letter.models import Letter
from signatories import names
from signatories.states import LIVE, State

from . import figures, related, similar
from .claim import Claim
from .document import Document
from .member_invitation import MemberInvitation
from .message import Message
from .notice import Notice
from .organisation import Organisation
from .query import Query
from .related import Related
from .similar import Similar
from .transition import Transition
from .unconfirmed import UnconfirmedQuerySet

if TYPE_CHECKING:
    from .sign_on import SignOn

# Which line of the public page a sign-on is: see `SignOn.anchor`.
PLACE = Coalesce("anchor", "organisation_id", output_field=models.BigIntegerField())


def id_of(place: int) -> str:
    """Return the `Line.id` of a place on the page: where it is below zero, with a letter that no number has."""
    return str(place) if place > 0 else f"a{-place}"


def order_of(state: str) -> tuple[str, ...]:
    """Return the order of sign-ons in `state`: those that wait, oldest first; the others, latest change first.

    In all states together, those that came last are first.
    """
    if state not in State.values:
        return ("-pk",)
    waits = state in (State.UNCONFIRMED, State.PENDING, State.QUERIED)
    return ("state_since" if waits else "-state_since", "pk")


class SignOnQuerySet(UnconfirmedQuerySet["SignOn"]):
    """Which sign-ons?"""

    def live(self) -> Self:
        """Sign-ons whose organisation still asks to stand under the letter."""
        return self.filter(state__in=LIVE)

    def accepted(self) -> Self:
        """Sign-ons of signatories, in the order of the printed list."""
        return self.filter(state=State.ACCEPTED).order_by("sort_key", "pk")

    def to(self, letter: Letter | None) -> Self:
        """Sign-ons to `letter`; to any if it is None."""
        return self.filter(letter=letter) if letter else self.all()

    def in_state(self, state: str) -> Self:
        """Sign-ons in `state`, in the order of `order_of`."""
        return self.filter(state=state).order_by(*order_of(state))

    def beyond(self, one: "SignOn", order: tuple[str, ...], *, backwards: bool = False) -> Self:
        """Those that come after `one` in this `order`, or before it, the next first; the order ends with the key."""
        turned = tuple(name.removeprefix("-") if name.startswith("-") else f"-{name}" for name in order)
        later, equal = Q(pk__in=[]), Q()
        for name in turned if backwards else order:
            column = name.removeprefix("-")
            value = getattr(one, column)
            later |= equal & Q(**{f"{column}__{'lt' if name.startswith('-') else 'gt'}": value})
            equal &= Q(**{column: value})
        return self.filter(later).order_by(*(turned if backwards else order))

    def search(self, words: str, *, with_representative: bool = False) -> Self:
        """Sign-ons that have all `words` in their names, acronym or website; or, if that is allowed, representative."""
        found = self
        for word in words.split():
            condition = (
                Q(name_as_signed__icontains=word)
                | Q(listed_name__icontains=word)
                | Q(name_in_own_script__icontains=word)
                | Q(listed_name_in_own_script__icontains=word)
                | Q(name_normalised__contains=names.normalise(word) or word)
                | Q(acronym__icontains=word)
                | Q(website__icontains=word)
            )
            if with_representative:
                condition |= Q(representative_name__icontains=word) | Q(email__icontains=word)
            found = found.filter(condition)
        return found

    def of(self, user: User) -> Self:
        """Sign-ons that `user` looks at now, or was the last to decide."""
        last = Transition.objects.filter(sign_on=OuterRef("pk")).order_by("-pk").values("user")[:1]
        theirs = self.filter(transitions__user=user).alias(last_user=Subquery(last)).filter(last_user=user.pk)
        return self.filter(
            Q(pk__in=theirs.values("pk")) | Q(pk__in=Claim.objects.current().filter(user=user).values("pk"))
        )

    def not_claimed_but_by(self, user: User) -> Self:
        """Sign-ons that no colleague of `user` is looking at."""
        return self.exclude(pk__in=Claim.objects.current().exclude(user=user).values("pk"))

    def with_seen(self) -> Self:
        """Sign-ons with `seen`, the key of their last transition, and the claim on them."""
        last = Transition.objects.filter(sign_on=OuterRef("pk")).order_by("-pk").values("pk")[:1]
        return self.annotate(seen=Subquery(last)).select_related("claim__user")

    def counts(self) -> dict[str, int]:
        """Return how many sign-ons are in each state, zeros included. One query."""
        counted = dict(self.order_by().values_list("state").annotate(Count("pk")))
        return {state: counted.get(state, 0) for state in State.values}

    def oldest(self, letter: Letter | None = None) -> datetime | None:
        """Return since when the sign-on that has waited longest for a decision waits, of one letter or of all."""
        waiting = self.in_state(State.PENDING)
        return (waiting.filter(letter=letter) if letter else waiting).values_list("state_since", flat=True).first()

    def with_confirmation(self) -> Self:
        """Sign-ons with `is_confirmed`: whether the representative has proved to hold the mailbox."""
        confirmations = Transition.objects.filter(sign_on=OuterRef("pk"), verb="confirm")
        return self.annotate(is_confirmed=Exists(confirmations))

    def with_exchange(self) -> Self:
        """Sign-ons with `asked_at` and `answered_at`, of the last question and answer, and `has_overdue_query`."""
        queries = Query.objects.filter(sign_on=OuterRef("pk")).order_by("-pk")
        answered = queries.filter(ended__verb="answer")
        return self.annotate(
            asked_at=Subquery(queries.values("asked__at")[:1]),
            answered_at=Subquery(answered.values("ended__at")[:1]),
            has_overdue_query=Exists(Query.objects.overdue().filter(sign_on=OuterRef("pk"))),
        )

    def with_documents(self) -> Self:
        """Sign-ons with `has_seen_document`: whether a moderator has looked at one of their documents."""
        return self.annotate(has_seen_document=Exists(Document.objects.seen().filter(sign_on=OuterRef("pk"))))

    def namesakes(self, letter: Letter, name: str) -> Self:
        """Live sign-ons for an organisation of the same name, whoever has signed."""
        return self.live().filter(letter=letter, name_key=names.key(name))

    def on_record_beside(self, one: "SignOn") -> Self:
        """Sign-ons of `one`'s letter that were confirmed from other mailboxes for an organisation of the same name.

        Not those whose representatives were told of this mailbox before.
        """
        theirs = self.model._default_manager.filter(letter=one.letter_id, email__iexact=one.email)
        told = Message.objects.filter(sign_on=OuterRef("pk"), kind="signed_again", about__in=theirs.values("pk"))
        return (
            self.filter(letter=one.letter_id, name_key=one.name_key, state__in=set(LIVE) - {State.UNCONFIRMED})
            .with_confirmation()
            .filter(is_confirmed=True)
            .exclude(email="")
            .exclude(email__iexact=one.email)
            .exclude(Exists(told))
            .order_by("pk")
        )

    def with_name_to_write(self) -> Self:
        """Sign-ons with `name_to_write`: the name as listed, or, before it was accepted, as signed."""
        return self.annotate(name_to_write=Coalesce(NullIf(F("listed_name"), Value("")), F("name_as_signed")))

    def with_evidence(self) -> Self:
        """Sign-ons with all that `evidence.ladder` reads of them."""
        return self.with_confirmation().with_bursts().with_documents().with_notices().with_invitations()

    def with_notices(self) -> Self:
        """Sign-ons with `objection`: what came of notices to the organisation's published address, as a code.

        “objected” if somebody there objected and no moderator has settled it, “confirmed”, “silent” if nobody answered
        in time, “asked”; else empty. `has_published_answer`: whether they confirmed that it is theirs.
        """
        notices = Notice.objects.filter(sign_on=OuterRef("pk")).order_by()
        confirmed = Exists(notices.filter(confirmed_at__isnull=False, objected_at=None))
        return self.annotate(
            has_published_answer=confirmed,
            objection=Case(
                When(Exists(notices.filter(objected_at__isnull=False, settled_at=None)), then=Value("objected")),
                When(confirmed, then=Value("confirmed")),
                When(Exists(notices.filter(objected_at=None, silent_at__isnull=False)), then=Value("silent")),
                When(Exists(notices.waiting()), then=Value("asked")),
                default=Value(""),
            ),
        )

    def with_invitations(self) -> Self:
        """Sign-ons with `invited_by`, the network that asked for it, and `is_at_invited_address`.

        By the link of an invitation, or without it, but with the address that was invited; else empty.
        """
        sent = MemberInvitation.objects.sent().order_by("pk")
        by_link = sent.filter(sign_on=OuterRef("pk"))
        by_address = sent.filter(letter=OuterRef("letter")).exclude(email="").alias(address=Lower("email"))
        by_address = by_address.filter(address=Lower(OuterRef("email")))
        return self.annotate(
            invited_by=Coalesce(
                Subquery(by_link.values("round__network")[:1]),
                Subquery(by_address.values("round__network")[:1]),
                Value(""),
            ),
            is_at_invited_address=Exists(by_address),
        )

    def with_bursts(self) -> Self:
        """Sign-ons with `is_in_burst`: whether more than `related.BURST` came from one place within an hour."""
        domain = self.annotate(email_domain=related.email_domain())
        return domain.annotate(is_in_burst=related.is_in_burst(self.model._default_manager.all()))

    def unusual(self, since: datetime | None = None) -> Self:
        """Sign-ons that came in a burst from one e-mail domain or network, since a moment if one is given."""
        some = self.filter(created_at__gte=since) if since else self
        return some.with_bursts().filter(is_in_burst=True)

    def bursts(self, since: datetime) -> list[figures.Burst]:
        """Return from which e-mail domains the unusual sign-ons since `since` came."""
        return figures.bursts(self.unusual(since))

    def similar_to_each(self, sign_ons: Sequence["SignOn"]) -> dict[int, list[Similar]]:
        """Return, by key, what each of `sign_ons` may be another form of, likeliest first."""
        return similar.similar_to_each(sign_ons, self)

    def related_to_each(self, sign_ons: Sequence["SignOn"]) -> dict[int, Related]:
        """Return, by key, what else came from the domain, network and person of each of `sign_ons`."""
        return related.related_to_each(sign_ons, self)

    def forget_networks(self, at: datetime | None = None) -> int:
        """Erase the networks of sign-ons older than `related.NETWORK_DAYS`; returns of how many."""
        before = (at or timezone.now()) - timedelta(days=related.NETWORK_DAYS)
        return self.filter(created_at__lt=before).exclude(network_key="").update(network_key="")

    def twin(self, letter: Letter, email: str, name: str) -> "SignOn | None":
        """Return the live sign-on of the same person for an organisation of the same name, if any."""
        return self.live().filter(letter=letter, email__iexact=email, name_key=names.key(name)).first()

    def held_by(self, address: str) -> Self:
        """Sign-ons whose representative has this e-mail address.

        In small letters, not in capitals: there, other characters become Latin ones (CVE-2019-19844).
        """
        return self.alias(address=Lower("email")).filter(address=address.lower())

    def with_links_for(self, address: str) -> Self:
        """Sign-ons to which `address` may have links, the newest first; not those whose first message is held."""
        # Another kind may be held because a stranger signed once more in their name: their links stay theirs.
        held = Message.objects.held().filter(sign_on=OuterRef("pk"), kind="confirm")
        return self.held_by(address).exclude(Exists(held)).select_related("letter", "text").order_by("-pk")

    def sent(self, draft: UUID | None) -> "SignOn | None":
        """Return what sending this draft of the form has made, or come to; None if it was not sent."""
        return self.filter(draft=draft).first() if draft else None

    def unconfirmed_of(self, letter: Letter, email: str) -> Self:
        """Sign-ons to `letter` that wait for somebody to confirm by this address, the newest first."""
        return self.with_links_for(email).filter(letter=letter, state=State.UNCONFIRMED)

    def neighbours(
        self, letter: Letter, name: str, count: int = 2
    ) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
        """Return after and before which `name` would stand in the letter's list, at most `count` of each.

        Each with the form in its own script, which is printed beside the name; empty where there is none.
        """
        key = names.sort_key(name)
        listed = self.filter(letter=letter).accepted().values_list("listed_name", "listed_name_in_own_script")
        # One that is accepted later stands behind those of the same key.
        before = listed.filter(sort_key__lte=key).reverse()[:count]
        after = listed.filter(sort_key__gt=key)[:count]
        return list(before)[::-1], list(after)

    def lines(self, letter: Letter) -> Iterator[Line]:
        """Yield the lines of the letter's public list, in order; the query runs at the first of them."""
        columns = ("listed_name", "listed_acronym", "listed_country", "listed_website", "sort_key")
        rows = self.filter(letter=letter).accepted().values_list(*columns, "listed_name_in_own_script", PLACE)
        for name, acronym, country, website, sort_key, own, place in rows:
            yield Line(name, acronym, country, website, id_of(place), sort_key, own)

    def move_to(self, organisation: Organisation) -> int:
        """Give these sign-ons to another organisation; their lines stay where they are on the public page.

        Doing it again with the former organisation restores what was.
        """
        return self.update(organisation=organisation, anchor=NullIf(PLACE, organisation.pk))
