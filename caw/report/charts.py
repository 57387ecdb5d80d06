"""Charts as SVG: bars whose width is a share of the page's, and texts that keep their size on a phone.

Coordinates across are percentages, down pixels, so that nothing is scaled. Texts are given as HTML (formats.py).
"""

import math
from collections.abc import Mapping, Sequence
from datetime import date

from caw.report import formats

# One meaning a colour, on every chart. Those of outcomes differ in lightness: in grey print and for who confuses red
# and green.
COLOURS = {
    "resolved": "#0a5f4c",
    "escalated": "#d1495b",
    "closed": "#8fc1de",
    "abandoned": "#9c96b0",
    "open": "#f0d68a",
    "count": "#33518a",
    "lost": "#c3c9d4",
}
PLOT_HEIGHT = 190  # pixels of the bars by day
TOP, BOTTOM = 8, 24  # pixels above and below them
AXIS_WIDTH = 44
BAR_HEIGHT = 16
DATES = 4  # on the axis, at most
LINES = 4  # of the grid, above zero
GAP = 0.18  # of a day's width between bars


def nice_top(highest: float) -> int:
    """The least end of an axis at or above the highest value whose grid lines are round numbers."""
    step = max(1.0, highest / LINES)
    magnitude = 10 ** math.floor(math.log10(step))
    return next(times * magnitude for times in (1, 2, 5, 10) if times * magnitude >= step) * LINES


def bar(share: float, colour: str, start: float = 0.0) -> str:
    """One bar: a share of the width from a start, both 0 to 1."""
    left, width = (f"{max(0.0, min(1.0, part)) * 100:.2f}%" for part in (start, share))
    return (
        f'<svg class="bar" width="100%" height="{BAR_HEIGHT}" aria-hidden="true">'
        f'<rect width="100%" height="{BAR_HEIGHT}" fill="#eef1f5"/>'
        f'<rect x="{left}" width="{width}" height="{BAR_HEIGHT}" fill="{COLOURS[colour]}"/></svg>'
    )


def stacked_days(days: Sequence[date], series: Mapping[str, Sequence[int]], label: str) -> str:
    """Stacked bars by day, with their axes; `label` says in words, as HTML, what they show."""
    totals = [sum(values) for values in zip(*series.values(), strict=True)]
    top = nice_top(max(totals))
    return (
        f'<div class="days"><svg width="{AXIS_WIDTH}" height="{TOP + PLOT_HEIGHT + BOTTOM}" aria-hidden="true">'
        f"{_counts(top)}</svg>"
        f'<svg class="plot" width="100%" height="{TOP + PLOT_HEIGHT + BOTTOM}" role="img" aria-label="{label}">'
        f"{_grid()}{''.join(_stacks(days, series, totals, top))}{''.join(_dates(days))}</svg></div>"
    )


def _height(line: int) -> float:
    return TOP + PLOT_HEIGHT * (1 - line / LINES)


def _counts(top: int) -> str:
    return "".join(
        f'<text x="{AXIS_WIDTH - 6}" y="{_height(line) + 4:.1f}" text-anchor="end">{top * line // LINES:,}</text>'
        for line in range(LINES + 1)
    )


def _grid() -> str:
    return "".join(
        f'<line x1="0" x2="100%" y1="{_height(line):.1f}" y2="{_height(line):.1f}" stroke="#dde2ea"/>'
        for line in range(LINES + 1)
    )


def _stacks(
    days: Sequence[date], series: Mapping[str, Sequence[int]], totals: Sequence[int], top: int
) -> Sequence[str]:
    """A group of rectangles a day, from below, with the day's numbers as its title."""
    width = 100 / len(days)
    groups = []
    for place, day in enumerate(days):
        y, parts = float(TOP + PLOT_HEIGHT), []
        for name, values in series.items():
            height = values[place] / top * PLOT_HEIGHT
            y -= height
            if values[place]:
                parts.append(
                    f'<rect x="{(place + GAP / 2) * width:.3f}%" width="{width * (1 - GAP):.3f}%" y="{y:.1f}" '
                    f'height="{height:.1f}" fill="{COLOURS[name]}"/>'
                )
        numbers = ", ".join(f"{values[place]:,} {name}" for name, values in series.items() if values[place])
        groups.append(
            f"<g><title>{formats.day(day)}: {totals[place]:,} ({numbers or 'none'})</title>{''.join(parts)}</g>"
        )
    return groups


def _dates(days: Sequence[date]) -> Sequence[str]:
    """Some of the dates, under the middle of their bars; those at the edges stay inside."""
    every = math.ceil(len(days) / DATES)
    texts = []
    for place in range(0, len(days), every):
        middle = (place + 0.5) * 100 / len(days)
        anchor = "start" if place == 0 else "end" if middle > 95 else "middle"
        x = 0.0 if place == 0 else min(middle, 100.0)
        texts.append(
            f'<text x="{x:.2f}%" y="{TOP + PLOT_HEIGHT + 17}" text-anchor="{anchor}">{formats.day(days[place])}</text>'
        )
    return texts
