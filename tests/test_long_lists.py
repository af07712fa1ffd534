"""A list that is too long for one page stands on several, and one more name changes few of them."""

import json
import re

import pytest

from letter.artefacts import html
from letter.content import ON_ONE_PAGE, Line
from letter.documents import make_documents
from letter.parts import by_country, by_initial, part_label, part_name
from letter.publication import publish
from signatories import names
from tests.factories import a_letter

pytestmark = pytest.mark.django_db


def a_line(number, name, country="FR"):
    return Line(name, country=country, id=str(number), sort_key=names.sort_key(name))


def a_list(count):
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    countries = ("FR", "KE", "", "PS")
    made = [
        a_line(
            number,
            f"{letters[number % 26]}{letters[number // 26 % 26].lower()} Group {number:05}",
            countries[number % 4],
        )
        for number in range(count)
    ]
    return sorted([*made, a_line(count, "مركز الميزان", "PS")], key=lambda line: line.sort_key)


def names_on(page):
    return re.findall(r"<bdi>([^<]+)</bdi></li>", page.decode())


def test_every_name_is_two_clicks_away_without_a_script():
    lines = a_list(ON_ONE_PAGE + 500)
    letter = a_letter()
    edition = publish(letter, lines)

    front = edition.file("early/index.html", "en").decode()
    links = re.findall(r'<a href="(signatories/[^"]+/)">', front)
    found = [name for link in links for name in names_on(edition.file(f"{link}index.html", "en"))]
    assert found == [line.name for line in lines]
    assert names_on(front.encode()) == []

    countries = re.findall(r'<a href="\.\./(countries/[^"]+/)">', edition.file("countries/index.html", "en").decode())
    by_them = [name for link in countries for name in names_on(edition.file(f"{link}index.html", "en"))]
    assert sorted(by_them) == sorted(line.name for line in lines)


def test_the_data_says_where_each_name_stands():
    letter = a_letter()
    edition = publish(letter, a_list(ON_ONE_PAGE + 10))

    for one in json.loads(edition.file("signatories.json"))["signatories"][::97]:
        path, anchor = one["page"].split("#")
        page = edition.file(f"{path}index.html", "en").decode()
        assert f'<li id="{anchor}"><bdi>{one["name"]}</bdi></li>' in page


def test_one_more_name_renders_only_the_pages_that_change(monkeypatch):
    lines = a_list(ON_ONE_PAGE + 500)
    letter = a_letter()
    first = publish(letter, lines)
    rendered = []

    for name in ("render_part", "render_country"):
        real = getattr(html, name)
        monkeypatch.setattr(
            html,
            name,
            lambda content, part, *more, real=real: (rendered.append(part.label), real(content, part, *more))[1],
        )
    more = sorted([*lines, a_line(99_999, "Za Newcomer", "KE")], key=lambda line: line.sort_key)
    second = publish(letter, more)

    assert rendered == ["Z", "Kenya"]
    blobs = lambda edition: {page.name: page.sha256 for page in edition.pages.filter(name__startswith="signatories/")}  # noqa: E731
    changed = [name for name, sha256 in blobs(second).items() if blobs(first)[name] != sha256]
    assert changed == ["signatories/z/index.html"]


def test_the_final_pages_of_a_long_list_link_the_same_parts():
    letter = a_letter()
    edition = publish(letter, a_list(ON_ONE_PAGE + 1))
    before = re.findall(
        r'<a href="(signatories/[^"]+/)"><bdi>([^<]+)</bdi> <small>(\d+)',
        edition.file("early/index.html", "en").decode(),
    )

    make_documents(letter)

    after = re.findall(
        r'<a href="(signatories/[^"]+/)"><bdi>([^<]+)</bdi> <small>(\d+)', edition.file("index.html", "en").decode()
    )
    assert (after, len(after) > 20) == (before, True)


def test_an_initial_with_too_many_names_is_split_further_and_equal_beginnings_by_number():
    many = [a_line(number, f"International {'AB'[number % 2]} {number:05}") for number in range(2 * ON_ONE_PAGE + 2)]
    many = sorted(many, key=lambda line: line.sort_key)
    same = [Line("X" * 60, id=str(number), sort_key="x" * 60) for number in range(ON_ONE_PAGE + 1)]

    parts = by_initial([*many, *same])

    assert [line for part in parts for line in part.lines] == [*many, *same]
    assert max(len(part.lines) for part in parts) <= ON_ONE_PAGE
    assert len({part.name for part in parts}) == len(parts)


@pytest.mark.parametrize("beginning", ["a", "0", "al h", "م", "ж", "😀a", "_"])
def test_the_name_of_a_part_tells_its_label(beginning):
    assert part_label(part_name(beginning)) == part_label(beginning)
    assert re.fullmatch("[a-z0-9_]+", part_name(beginning))


def test_countries_are_in_the_order_of_their_names_and_those_without_come_last():
    parts = by_country(
        [a_line(1, "B", ""), a_line(2, "A", "CI"), a_line(3, "C", "AT"), a_line(4, "D", "CI")], "International"
    )

    assert [(part.label, [line.name for line in part.lines]) for part in parts] == [
        ("Austria", ["C"]),
        ("Côte d'Ivoire", ["A", "D"]),
        ("International", ["B"]),
    ]
