"""How figures are drawn."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as some

from signatories import charts
from signatories.charts import Bar, Label, Period


@pytest.mark.parametrize(
    ("highest", "whole", "expected"),
    [
        (0, True, [0, 1]),
        (1, True, [0, 1]),
        (3, True, [0, 1, 2, 3]),
        (7, True, [0, 2, 4, 6, 8]),
        (113, True, [0, 50, 100, 150]),
        (100, True, [0, 20, 40, 60, 80, 100]),
        (10_000, True, [0, 2000, 4000, 6000, 8000, 10_000]),
        (1_234_567_890, True, [0, 500_000_000, 1_000_000_000, 1_500_000_000]),
        (0.7, False, [0, 0.2, 0.4, 0.6, 0.8]),
        (0.003, False, [0, 0.001, 0.002, 0.003]),
    ],
)
def test_ticks_are_round_numbers(highest, whole, expected):
    assert charts.ticks(highest, whole=whole) == expected


@given(some.floats(min_value=1e-6, max_value=1e15), some.booleans())
def test_ticks_reach_the_highest_number_in_few_equal_steps_and_not_far_beyond_it(highest, whole):
    ticks = charts.ticks(highest, whole=whole)

    step = ticks[1]
    assert 2 <= len(ticks) <= 6
    assert ticks == pytest.approx([number * step for number in range(len(ticks))])
    assert ticks[-1] >= highest * (1 - 1e-6)
    assert ticks[-2] < highest
    assert not whole or all(tick == int(tick) for tick in ticks)


def test_coordinates_are_written_as_svg_wants_them():
    assert [charts.at(number) for number in (0, 12, 12.34, 12.96, 1_000_000)] == ["0", "12", "12.3", "13", "1000000"]


def test_a_bar_has_its_share_of_the_length_and_what_is_not_nothing_can_be_seen():
    assert [charts.share(*one) for one in [(5, 10), (10, 10), (1, 1_000_000), (0, 10), (0, 0)]] == [
        *("50", "100", "0.5", "0", "0")
    ]


def drawn(*bars, direction="ltr", whole=True):
    return charts.columns(bars, direction=direction, whole=whole, spoken=lambda number: f"{number:g}")


def test_columns_stand_on_the_floor_and_reach_up_to_their_number():
    drawing = drawn(Bar("one", 5), Bar("two", 10), Bar("three", 0))

    floor = charts.HEIGHT - charts.BOTTOM
    assert [(float(one.y) + float(one.height)) for one in drawing.columns] == pytest.approx([floor] * 3, abs=0.2)
    heights = [float(one.height) for one in drawing.columns]
    assert heights == pytest.approx([(floor - charts.TOP) / 2, floor - charts.TOP, 0], abs=0.1)
    assert [(tick.y, tick.label) for tick in (drawing.ticks[0], drawing.ticks[-1])] == [("248", "0"), ("24", "10")]
    assert [value.text for value in drawing.values] == ["5", "10", "0"]


def test_from_right_to_left_the_same_drawing_is_mirrored():
    bars = [Bar("one", 5), Bar("two", None), Bar("three", 7, 9)]

    there, back = drawn(*bars), drawn(*bars, direction="rtl")

    assert (there.direction, back.direction) == ("ltr", "rtl")
    for one, other in zip(there.columns, back.columns, strict=True):
        assert float(one.middle) + float(other.middle) == pytest.approx(charts.WIDTH)
        assert (one.y, one.width, one.height, one.top) == (other.y, other.width, other.height, other.top)
    mirrored = [Label(charts.at(charts.WIDTH - float(one.x)), one.y, one.text) for one in there.labels]
    assert mirrored == back.labels


def test_one_column_alone_is_not_as_wide_as_the_drawing():
    (column,) = drawn(Bar("one", 1)).columns

    assert column.width == str(charts.WIDEST)


def test_a_scale_goes_up_to_one_at_least():
    assert [tick.label for tick in drawn(Bar("one", 0.001, 0.002), whole=False).ticks] == [
        *("0", "0.2", "0.4", "0.6", "0.8", "1")
    ]


def test_a_column_without_a_value_leaves_its_place_empty():
    drawing = drawn(Bar("one", 5), Bar("two", None), Bar("three", 7))

    assert len(drawing.columns) == 2
    assert [one.text for one in drawing.labels] == ["one", "two", "three"]


def test_a_column_with_a_line_above_it_carries_no_number():
    drawing = drawn(Bar("one", 5, 8), Bar("two", 6), whole=False)

    assert [one.text for one in drawing.values] == ["6"]
    assert [bool(one.top) for one in drawing.columns] == [True, False]


@given(some.lists(some.integers(0, 10**12), min_size=1, max_size=130), some.sampled_from(["ltr", "rtl"]))
def test_everything_stands_within_the_drawing_and_no_two_labels_touch(values, direction):
    drawing = drawn(*(Bar("30 Sep", value) for value in values), direction=direction)

    for one in drawing.columns:
        assert 0 <= float(one.x) <= float(one.x) + float(one.width) <= charts.WIDTH
        assert 0 <= float(one.y) <= charts.HEIGHT
    places = sorted(float(one.x) for one in drawing.labels)
    assert all(later - sooner >= 6 * charts.CHARACTER for sooner, later in pairwise(places))
    assert 0 <= float(drawing.numbers) <= charts.WIDTH


DAY = date(2026, 4, 28)  # a Tuesday


def test_a_few_weeks_are_counted_by_the_day_with_the_days_on_which_nothing_happened():
    unit, periods = charts.periods([(DAY, 2), (DAY + timedelta(2), -1)], DAY + timedelta(3))

    assert unit == "day"
    assert periods == [
        Period(date(2026, 4, 28), 2, 2),
        Period(date(2026, 4, 29), 0, 2),
        Period(date(2026, 4, 30), -1, 1),
        Period(date(2026, 5, 1), 0, 1),
    ]


def test_months_are_counted_by_the_week_from_monday_and_years_by_the_month():
    weekly = charts.periods([(DAY, 2), (DAY + timedelta(6), 3)], DAY + timedelta(100))
    monthly = charts.periods([(DAY, 2), (date(2027, 12, 31), 3)], DAY)

    assert (weekly[0], weekly[1][:3]) == (
        "week",
        [Period(date(2026, 4, 27), 2, 2), Period(date(2026, 5, 4), 3, 5), Period(date(2026, 5, 11), 0, 5)],
    )
    assert (monthly[0], len(monthly[1]), monthly[1][0], monthly[1][-1]) == (
        *("month", 21),
        *(Period(date(2026, 4, 1), 2, 2), Period(date(2027, 12, 1), 3, 5)),
    )


def test_what_came_after_the_last_day_asked_for_is_shown_too():
    _unit, periods = charts.periods([(DAY, 1), (DAY + timedelta(2), 1)], DAY)

    assert [one.total for one in periods] == [1, 1, 2]


def test_times_are_told_in_the_unit_in_which_they_read_well():
    assert [charts.time_unit(seconds)[0] for seconds in (0, 7199, 7200, 172_799, 172_800)] == [
        *("minutes", "minutes", "hours", "hours", "days")
    ]
