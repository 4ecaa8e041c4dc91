"""Plots of a report as inline SVG: lines, a reliability curve, bars. No library, no script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from boxout.learning.evaluation.measures import ReliabilityBin

WIDTH, HEIGHT = 440, 300
LEFT, RIGHT, TOP, BOTTOM = 48, 12, 26, 40
COLOURS = ("#0b5fa5", "#b5541a", "#4c7a34", "#7a4b9b", "#8a8a8a", "#b0912f")
INK, FAINT = "#222", "#ddd"


def reliability_plot(title: str, bins: Sequence[ReliabilityBin]) -> str:
    """Draw what was said against what happened; dots grow with their rows."""
    most = max((each.rows for each in bins), default=1)
    inner = [
        _line((0, 0), (1, 1), (0, 1), (0, 1), FAINT),
        *(
            f'<circle cx="{_x(each.said, 0, 1):.1f}" cy="{_y(each.happened, 0, 1):.1f}" '
            f'r="{2 + 5 * (each.rows / most) ** 0.5:.1f}" fill="{COLOURS[0]}" fill-opacity="0.75">'
            f"<title>said {each.said:.3f}, happened {each.happened:.3f}, {each.rows:,} rows"
            "</title></circle>"
            for each in bins
        ),
    ]
    return _frame(title, "said", "happened", (0, 1), (0, 1), inner)


def lines_plot(
    title: str, labels: Sequence[str], series: Mapping[str, Sequence[float]], unit: str
) -> str:
    """Draw one line a series over labels, such as the error of each method by month."""
    values = [value for each in series.values() for value in each]
    low, high = min(values), max(values)
    margin = (high - low) * 0.1 or 0.5
    span = (low - margin, high + margin)
    last = max(len(labels) - 1, 1)
    inner = []
    for number, (name, each) in enumerate(series.items()):
        colour = COLOURS[number % len(COLOURS)]
        points = " ".join(
            f"{_x(place, 0, last):.1f},{_y(value, *span):.1f}" for place, value in enumerate(each)
        )
        inner.append(
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>'
            f'<text x="{LEFT + 6 + 130 * (number % 3)}" y="{TOP + 10 + 12 * (number // 3)}" '
            f'fill="{colour}" font-size="10">{escape(name)}</text>'
        )
    for place, label in enumerate(labels):
        inner.append(
            f'<text x="{_x(place, 0, last):.1f}" y="{HEIGHT - BOTTOM + 14}" font-size="9" '
            f'text-anchor="middle" fill="{INK}">{escape(label)}</text>'
        )
    return _frame(title, "", unit, None, span, inner)


def _x(value: float, low: float, high: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * (value - low) / (high - low)


def _y(value: float, low: float, high: float) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (value - low) / (high - low)


def _line(
    start: tuple[float, float],
    end: tuple[float, float],
    across: tuple[float, float],
    up: tuple[float, float],
    colour: str,
) -> str:
    return (
        f'<line x1="{_x(start[0], *across):.1f}" y1="{_y(start[1], *up):.1f}" '
        f'x2="{_x(end[0], *across):.1f}" y2="{_y(end[1], *up):.1f}" stroke="{colour}"/>'
    )


def _frame(
    title: str,
    across: str,
    up: str,
    x_span: tuple[float, float] | None,
    y_span: tuple[float, float],
    inner: Sequence[str],
) -> str:
    ticks = []
    for step in range(5):
        value = y_span[0] + (y_span[1] - y_span[0]) * step / 4
        height = _y(value, *y_span)
        ticks.append(
            f'<line x1="{LEFT}" y1="{height:.1f}" x2="{WIDTH - RIGHT}" y2="{height:.1f}" '
            f'stroke="{FAINT}"/><text x="{LEFT - 6}" y="{height + 3:.1f}" font-size="9" '
            f'text-anchor="end" fill="{INK}">{value:.3g}</text>'
        )
        if x_span:
            value = x_span[0] + (x_span[1] - x_span[0]) * step / 4
            ticks.append(
                f'<text x="{_x(value, *x_span):.1f}" y="{HEIGHT - BOTTOM + 14}" font-size="9" '
                f'text-anchor="middle" fill="{INK}">{value:.3g}</text>'
            )
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img" '
        f'xmlns="http://www.w3.org/2000/svg" font-family="sans-serif"><title>{escape(title)}'
        f'</title><text x="{LEFT}" y="15" font-size="12" fill="{INK}">{escape(title)}</text>'
        f"{''.join(ticks)}{''.join(inner)}"
        f'<text x="{WIDTH / 2}" y="{HEIGHT - 6}" font-size="10" text-anchor="middle" '
        f'fill="{INK}">{escape(across)}</text><text x="12" y="{HEIGHT / 2}" font-size="10" '
        f'text-anchor="middle" fill="{INK}" transform="rotate(-90 12 {HEIGHT / 2})">{escape(up)}'
        "</text></svg>"
    )
