"""Whatever is signed, decided, merged, undone and split, in whichever order."""

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from letter.models import Letter
from signatories.models import (
    Actor,
    AlreadyListed,
    BothListed,
    ChangedMeanwhile,
    Merge,
    NotUndoable,
    Organisation,
    SignOn,
    split,
)
from signatories.states import NotAllowed
from tests.factories import a_letter, a_moderator, a_sign_on
from tests.test_merge import listed, snapshot

pytestmark = pytest.mark.django_db

NAMES = ["Al-Haq", "Al Haq", "Odhikar", "Law in the Service of Man (LSM)", "LSM", "Женский центр"]
ACTS = ["sign", "accept", "accept", "decline", "reopen", "withdraw", "split", "umbrella", *["merge", "undo"] * 2]
numbers = [st.integers(0, 50)] * 3
steps = st.lists(st.tuples(st.sampled_from(ACTS), *numbers), min_size=4, max_size=16)
REFUSALS = (AlreadyListed, BothListed, ChangedMeanwhile, NotAllowed, NotUndoable, ValidationError)


class World:
    """Two letters, some organisations, and what must be so whatever is done to them."""

    def __init__(self):
        self.user = a_moderator()
        self.letters = [a_letter(), a_letter()]
        self.expected = {}
        """What each accepted sign-on's letter lists it as."""
        self.before = []
        """(merge, snapshot before it), as long as nothing but merges and their undoing came after it."""
        self.moved = {}
        """Merge → the sign-ons that it moved and nobody has accepted or split off since."""
        for name, letter in zip(NAMES[:4], self.letters * 2, strict=True):
            self.accepted(a_sign_on(letter, "accepted", name, self.user))

    def accepted(self, one):
        self.expected[one.pk] = one.listed_name
        self.touched(one.pk)

    def touched(self, pk):
        for moved in self.moved.values():
            moved.discard(pk)

    # ── what is done; each returns whether a letter's list may change by it ──

    def sign(self, a, b, _c):
        a_sign_on(self.letters[a % 2], "pending", NAMES[b % len(NAMES)])

    def accept(self, a, b, c):
        one = pick(SignOn.objects.exclude(state="accepted"), a)
        known = pick(Organisation.objects.all(), b) if c % 4 else None
        one.accept(self.actor, organisation=known, listed_name=NAMES[c % len(NAMES)])
        self.accepted(one)

    def decline(self, a, _b, _c):
        one = pick(SignOn.objects.all(), a)
        one.decline(self.actor, reason="other", note="-")
        self.expected.pop(one.pk, None)

    def reopen(self, a, _b, _c):
        one = pick(SignOn.objects.all(), a)
        one.reopen(self.actor)
        self.expected.pop(one.pk, None)

    def withdraw(self, a, _b, _c):
        one = pick(SignOn.objects.all(), a)
        one.withdraw()
        self.expected.pop(one.pk, None)

    def umbrella(self, a, b, _c):
        pick(Organisation.objects.standing(), a).edit(self.user, umbrella=pick(Organisation.objects.standing(), b))

    def merge(self, a, b, c):
        kept, absorbed = pick(Organisation.objects.standing(), a), pick(Organisation.objects.standing(), b)
        moved, before = set(absorbed.sign_ons.values_list("pk", flat=True)), snapshot()
        merge = Merge.merge(self.user, kept, absorbed, name=(kept, absorbed)[c % 2].name)
        self.before.append((merge, before))
        self.moved[merge.pk] = moved

    def undo(self, a, _b, _c):
        merge = pick(Merge.objects.standing(), a)
        merge.undo(self.user)
        absorbed = Organisation.objects.get(pk=merge.absorbed_id)
        assert absorbed.merged_into is None
        assert self.moved.pop(merge.pk) <= set(absorbed.sign_ons.values_list("pk", flat=True))
        if self.before and self.before[-1][0] == merge:
            assert snapshot() == self.before.pop()[1]
        else:
            # It was not the last: what came after it was not to be undone.
            self.before = []

    def split(self, a, b, c):
        one = pick(Organisation.objects.standing(), a)
        going = [sign_on for number, sign_on in enumerate(one.sign_ons.all()) if b >> number & 1]
        variants = [variant for number, variant in enumerate(one.variants.all()) if c >> number & 1]
        merge = one.merges.standing().first() if a % 2 else None
        fields = {} if merge else {"name": NAMES[c % len(NAMES)]}
        split(self.user, one, sign_ons=going, variants=variants, merge=merge, **fields)
        if merge:
            self.moved.pop(merge.pk)
        for sign_on in going:
            self.touched(sign_on.pk)

    # ── what must be so ──

    @property
    def actor(self):
        return Actor.moderator(User.objects.get(pk=self.user.pk))

    def places(self):
        return [listed(letter) for letter in self.letters]

    def do(self, act, a, b, c):
        places, rows = self.places(), snapshot()
        note(f"{act} {a} {b} {c}")
        try:
            with transaction.atomic():
                getattr(self, act)(a, b, c)
        except REFUSALS:
            assert snapshot() == rows
            return
        if act not in ("merge", "undo"):
            self.before = []
        if act in ("merge", "undo", "split", "umbrella"):
            assert self.places() == places
        self.check()

    def check(self):
        for letter in self.letters:
            accepted = letter.sign_ons.accepted()
            lines = listed(letter)
            assert sorted(name for name, _anchor in lines) == sorted(self.expected[one.pk] for one in accepted)
            assert len({anchor for _name, anchor in lines}) == len(lines)
            assert len({one.organisation_id for one in accepted}) == len(lines)
        assert SignOn.objects.accepted().count() == len(self.expected)
        for one in SignOn.objects.exclude(organisation=None).select_related("organisation"):
            assert one.organisation.merged_into_id is None
        for one in Organisation.objects.all():
            assert one.pk not in one.above()
            assert one.standing().merged_into_id is None
            if one.merged_into_id is None and one.umbrella:
                assert one.umbrella.merged_into_id is None


def pick(rows, number):
    """One of the rows; there is none, if there is none."""
    found = list(rows.order_by("pk"))
    if not found:
        raise NotUndoable
    return found[number % len(found)]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps)
def test_any_sequence_lists_each_accepted_sign_on_once_and_undo_restores_what_was(taken):
    with transaction.atomic():
        world = World()
        world.check()
        for step in taken:
            world.do(*step)
        transaction.set_rollback(True)
    assert Letter.objects.count() == 0


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.tuples(st.sampled_from(["merge", "umbrella", "split"]), *numbers), max_size=6),
    st.lists(st.tuples(st.just("merge"), *numbers), min_size=1, max_size=4),
)
def test_merges_undone_from_the_last_to_the_first_restore_every_row(first, merges):
    with transaction.atomic():
        world = World()
        for step in first:
            world.do(*step)
        world.before = []
        before = snapshot()
        for step in merges:
            world.do(*step)
        for merge, _before in reversed(list(world.before)):
            merge.undo(world.user)
        assert snapshot() == before
        transaction.set_rollback(True)
