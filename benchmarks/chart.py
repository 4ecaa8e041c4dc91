"""Draw the one chart of the results: wall time by peer and job, on a logarithmic axis, as SVG."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

WIDTH, LABEL, BAR, GAP, HEAD = 860, 230, 18, 4, 34
RIGHT = 90
OWN, OTHER = "#c2410c", "#64748b"
Group = tuple[str, Sequence[tuple[str, float]]]


def draw_chart(groups: Sequence[Group]) -> str:
    """Return an SVG of horizontal bars.

    Parameters
    ----------
    groups
        A title and its bars each: a name and seconds.
    """
    values = [value for _, bars in groups for _, value in bars] or [1.0]
    low = 10 ** math.floor(math.log10(min(values)))
    high = 10 ** math.ceil(math.log10(max(max(values), low * 10)))
    scale = (WIDTH - LABEL - RIGHT) / math.log10(high / low)
    height = sum(HEAD + len(bars) * (BAR + GAP) for _, bars in groups) + 40
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        'font-family="system-ui, sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
    ]
    decade = low
    while decade <= high:
        x = LABEL + scale * math.log10(decade / low)
        parts.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="10" y2="{height - 26}" stroke="#e2e8f0"/>'
        )
        parts.append(
            f'<text x="{x:.1f}" y="{height - 10}" text-anchor="middle" fill="#475569">'
            f"{decade:g} s</text>"
        )
        decade *= 10
    y = 0
    for title, bars in groups:
        y += HEAD
        parts.append(
            f'<text x="10" y="{y - 8}" font-weight="600" fill="#0f172a">{escape(title)}</text>'
        )
        for name, value in bars:
            width = max(scale * math.log10(value / low), 1)
            colour = OWN if name == "boxout" else OTHER
            parts.append(
                f'<text x="{LABEL - 8}" y="{y + 13}" text-anchor="end" fill="#0f172a">'
                f"{escape(name)}</text>"
            )
            parts.append(
                f'<rect x="{LABEL}" y="{y}" width="{width:.1f}" height="{BAR}" fill="{colour}"/>'
            )
            parts.append(
                f'<text x="{LABEL + width + 6:.1f}" y="{y + 13}" fill="#334155">{value:,.2f}</text>'
            )
            y += BAR + GAP
    return "\n".join([*parts, "</svg>", ""])
