"""How figures are drawn: scales, ticks and where what stands. Pure; the templates write it as SVG.

Coordinates are strings, as SVG writes numbers, whatever the reader's language.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

WIDTH, HEIGHT = 720, 280
# Room around the columns: for the numbers above, the dates below, and half a date at the end.
TOP, BOTTOM, END = 24, 32, 36
# What a character takes up, and what keeps two labels apart.
CHARACTER, GAP = 8, 12
WIDEST = 56
# Periods that a drawing takes before it counts by longer ones.
MOST_DAYS, MOST_WEEKS = 45, 60


@dataclass(frozen=True)
class Bar:
    """What one column shows."""

    label: str
    """What stands below it."""
    value: float | None
    """None where there is nothing to show."""
    up_to: float | None = None
    """Where a thin line above the column ends."""


@dataclass(frozen=True)
class Tick:
    """A line across, and the number beside it."""

    y: str
    label: str


@dataclass(frozen=True)
class Label:
    """Words at a place."""

    x: str
    y: str
    text: str


@dataclass(frozen=True)
class Column:
    """A column, and the thin line above it."""

    x: str
    y: str
    width: str
    height: str
    middle: str
    top: str = ""
    """Where the thin line ends; empty if there is none."""
    begin: str = ""
    end: str = ""
    """The ends of the stroke across it."""


@dataclass(frozen=True)
class Drawing:
    """Columns over time, with their scale."""

    direction: str
    """“ltr”, or “rtl”: time runs as the reader reads, as the columns of the table do."""
    begin: str
    end: str
    """Where the lines across begin and end."""
    numbers: str
    """Where the numbers of the scale end."""
    ticks: list[Tick]
    columns: list[Column]
    labels: list[Label]
    values: list[Label]
    width: int = WIDTH
    height: int = HEIGHT


@dataclass(frozen=True)
class Period:
    """A day, week or month of a running total."""

    begin: date
    change: int
    total: int


def at(number: float) -> str:
    """Return a coordinate as SVG writes it."""
    return f"{number:.1f}".removesuffix(".0")


def share(value: float, of: float, length: int = 100) -> str:
    """Return how long a bar is for `value` if it is `length` for `of`; what is not nothing can be seen."""
    if value <= 0 or of <= 0:
        return "0"
    return at(max(value / of * length, 0.5))


def ticks(highest: float, *, count: int = 5, whole: bool = True) -> list[float]:
    """Return round numbers from 0 to `highest` or just above: steps of 1, 2 or 5 times a power of ten.

    Args:
        highest: the highest number to be shown, at least 0.
        count: how many steps there may be.
        whole: whether only whole numbers make sense, as they do for what is counted.
    """
    if highest <= 0:
        return [0.0, 1.0]
    wished = highest / count
    power = 10.0 ** math.floor(math.log10(wished))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= wished * (1 - 1e-9))
    if whole:
        step = max(step, 1.0)
    steps = math.ceil(highest / step - 1e-9)
    return [round(number * step, 10) for number in range(steps + 1)]


def columns(bars: Sequence[Bar], *, direction: str, whole: bool, spoken: Callable[[float], str]) -> Drawing:
    """Return the drawing of `bars`, in the order of time.

    Args:
        bars: at least one.
        direction: in which the reader reads.
        whole: whether the values are counted.
        spoken: writes a number for the reader.
    """
    # A scale to less than one would have numbers that nobody reads.
    highest = max(1, *(max(bar.value or 0, bar.up_to or 0) for bar in bars))
    scale = ticks(highest, whole=whole)
    numbers = [spoken(number) for number in scale]
    start = max(map(len, numbers)) * CHARACTER + GAP
    room, floor = WIDTH - start - END, HEIGHT - BOTTOM
    slot = room / len(bars)
    width = min(slot * 0.76, WIDEST)

    def x(place: float) -> float:
        return place if direction == "ltr" else WIDTH - place

    def y(value: float) -> float:
        return floor - value / scale[-1] * (floor - TOP)

    middles = [start + (number + 0.5) * slot for number in range(len(bars))]
    drawn = []
    for middle, bar in zip(middles, bars, strict=True):
        if bar.value is None:
            continue
        top, centre = y(bar.value), x(middle)
        whisker = {}
        if bar.up_to is not None:
            whisker = {"top": at(y(bar.up_to)), "begin": at(centre - width / 4), "end": at(centre + width / 4)}
        drawn.append(Column(at(centre - width / 2), at(top), at(width), at(floor - top), at(centre), **whisker))
    shown = fitting([bar.label for bar in bars], slot)
    return Drawing(
        direction=direction,
        begin=at(x(start)),
        end=at(x(WIDTH - END)),
        numbers=at(x(start - GAP / 2)),
        ticks=[Tick(at(y(number)), words) for number, words in zip(scale, numbers, strict=True)],
        columns=drawn,
        labels=[Label(at(x(middles[number])), at(floor + 20), bars[number].label) for number in shown],
        values=[
            Label(at(x(middles[number])), at(y(value) - 6), words) for number, value, words in above(bars, slot, spoken)
        ],
    )


def fitting(labels: Sequence[str], slot: float) -> list[int]:
    """Return which labels can stand under slots of this width without touching: each, every second, and so on."""
    widest = max(map(len, labels)) * CHARACTER + GAP
    step = max(1, math.ceil(widest / slot))
    return list(range(0, len(labels), step))


def above(bars: Sequence[Bar], slot: float, spoken: Callable[[float], str]) -> list[tuple[int, float, str]]:
    """Return (number, value, words) of the columns that carry their number: all if they fit, else only the last.

    One with a thin line above it has no room.
    """
    found = [
        (number, bar.value, spoken(bar.value))
        for number, bar in enumerate(bars)
        if bar.value is not None and bar.up_to is None
    ]
    widest = max((len(words) for _number, _value, words in found), default=0) * CHARACTER
    return found if widest <= slot else found[-1:]


def periods(days: Sequence[tuple[date, int]], until: date) -> tuple[str, list[Period]]:
    """Return the running total of changes by the day, week or month: by the shortest that leaves few enough.

    Args:
        days: (day, change), in the order of time, at least one.
        until: the last day to show, if nothing came later.

    Returns:
        “day”, “week” or “month”, and the periods from the first to the last, those without a change too.
    """
    first, last = days[0][0], max(until, days[-1][0])
    length = (last - first).days + 1
    unit = "day" if length <= MOST_DAYS else "week" if length <= MOST_WEEKS * 7 else "month"
    changes: dict[date, int] = {}
    for day, change in days:
        begin = beginning(day, unit)
        changes[begin] = changes.get(begin, 0) + change
    found, total, begin = [], 0, beginning(first, unit)
    while begin <= last:
        total += changes.get(begin, 0)
        found.append(Period(begin, changes.get(begin, 0), total))
        begin = following(begin, unit)
    return unit, found


def beginning(day: date, unit: str) -> date:
    """Return the first day of the day, week (Monday) or month that `day` is in."""
    if unit == "month":
        return day.replace(day=1)
    return day - timedelta(days=day.weekday()) if unit == "week" else day


def following(begin: date, unit: str) -> date:
    """Return the first day of the next day, week or month."""
    if unit == "month":
        return beginning(begin + timedelta(days=31), unit)
    return begin + timedelta(days=7 if unit == "week" else 1)


def time_unit(highest: float) -> tuple[str, int]:
    """Return the unit in which times up to so many seconds read well, and its seconds."""
    for unit, seconds in (("days", 86400), ("hours", 3600)):
        if highest >= 2 * seconds:
            return unit, seconds
    return "minutes", 60
