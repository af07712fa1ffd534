"""What a look at thousands of names finds is what comparing each with each would find."""

import csv
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signatories import names
from signatories.matching import Directory, _at_least, _numbers

LISTED = [
    row["name"]
    for row in csv.DictReader((Path(__file__).parent.parent / "demo/content/signatories.csv").read_text().splitlines())
]


@pytest.fixture(scope="module")
def directory():
    known = Directory()
    for number, name in enumerate(LISTED):
        known.add(number, name)
    return known


def misspelt(name, source):
    at = source.randrange(len(name))
    return source.choice(
        [name[:at] + name[at + 1 :], name[:at] + "e" + name[at + 1 :], name[:at] + name[at:][:1] + name[at:]]
    )


def altered(kind):
    """The names of the list, changed as people change them."""
    source = random.Random(kind)  # noqa: S311 - nothing here is secret
    changes = {
        "as it is": lambda name: name,
        "capitals": str.upper,
        "misspelt": lambda name: misspelt(name, source),
        "a word less": lambda name: " ".join(name.split()[:-1]),
        "a word more": lambda name: f"{name} {source.choice(['Kenya', 'France', 'International'])}",
    }
    return [changes[kind](name) for name in LISTED if len(name.split()) > 2]


@pytest.mark.parametrize("kind", ["as it is", "capitals", "misspelt", "a word less", "a word more"])
def test_the_likeliest_of_all_names_is_among_those_found(directory, kind):
    missed = []
    for asked in altered(kind):
        ranks = [names.classify(asked, name).rank for name in LISTED]
        found = [match.similarity.rank for match in directory.similar_to(asked)]
        if min(ranks) < names.Similarity.DIFFERENT.rank and min(ranks) not in found:
            missed.append(asked)

    assert missed == []


@pytest.mark.parametrize(
    ("known", "acronym", "asked", "found"),
    [
        ("Fédération internationale pour les droits humains", "FIDH", "FIDH", "acronym"),
        ("FIDH", "", "Fédération internationale pour les droits humains (FIDH)", "acronym"),
        ("Human Rights Watch (HRW)", "", "HRW Kenya", "subset"),
        ("Комитет за мир", "", "Komitet za mir", "same"),
        ("مركز الميزان لحقوق الإنسان", "", "مركز الميزان لحقوق الانسان", "same"),
        ("Kurdistan without Genocide", "", "Kurdistan WithoutGenocide", "same"),
    ],
)
def test_a_name_is_found_by_acronym_script_and_spelling(known, acronym, asked, found):
    directory = Directory()
    directory.add("it", known, acronym)
    directory.add("other", "Lawyers for Justice in Libya")

    assert [(match.item, match.similarity) for match in directory.similar_to(asked)] == [("it", found)]


def test_an_item_of_several_names_is_told_once_by_the_nearest():
    directory = Directory()
    for name in ("Amnesty International France", "Amnesty International", "Section française d'Amnesty"):
        directory.add("it", name)

    (match,) = directory.similar_to("Amnesty international")

    assert (match.name, match.similarity) == ("Amnesty International", "same")


def test_a_word_that_many_names_have_is_counted_like_one_that_few_have():
    directory = Directory()
    for number in range(200):
        directory.add(number, f"Justice Zz{number:03}q Foundation")
    directory.add("it", "Justice for Odhikar")

    assert [match.item for match in directory.similar_to("Justice for Odhikar now")][:1] == ["it"]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.frozensets(st.integers(0, 40), max_size=30), max_size=12), st.integers(1, 14))
def test_counting_in_bits_counts(sets, count):
    at_least = _at_least([sum(1 << one for one in members) for members in sets])

    expected = [one for one in range(41) if sum(one in members for members in sets) >= count]
    assert list(_numbers(at_least(count))) == expected
