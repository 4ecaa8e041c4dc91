"""The four pictures, drawn from plain numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from boxout.learning.evaluation.measures import ReliabilityBin
from boxout.learning.pictures.canvas import LINE, OTHER, OVER, PUSH, UNDER

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[Any]
# Chances below this are left off the ends of a distribution.
LEAST_CHANCE = 0.001


def side_colours(values: Array, line: float | None) -> list[str]:
    """Return the colour of each value: over, under or at the line."""
    if line is None:
        return [OTHER] * len(values)
    chosen: list[str] = np.select([values > line, values < line], [OVER, UNDER], PUSH).tolist()
    return chosen


def draw_form(axes: Axes, values: Array, labels: Sequence[str], line: float, unit: str) -> None:
    """Draw a player's games, oldest first, as bars against a line."""
    place = np.arange(len(values))
    axes.bar(place, values, color=side_colours(values, line), width=0.8)
    axes.axhline(line, color=LINE, linewidth=2)
    axes.annotate(f" {line:g}", (len(values) - 0.5, line), color=LINE, va="bottom")
    axes.set_xticks(place, labels, rotation=60, ha="right", fontsize=8)
    axes.set_ylabel(unit)


def draw_distribution(
    axes: Axes, survival: Array, projection: float, line: float | None, unit: str
) -> None:
    """Draw the chance of each outcome; `survival` holds those of exceeding 0, 1, 2, ..."""
    exact = -np.diff(np.concatenate([[1.0], survival, [0.0]]))
    shown = np.flatnonzero(exact > LEAST_CHANCE)
    outcomes = np.arange(shown[0], shown[-1] + 1)
    axes.bar(outcomes, exact[outcomes], color=side_colours(outcomes, line), width=0.9)
    axes.axvline(projection, color="#333333", linestyle=":", linewidth=1.5)
    axes.annotate(f" projection {projection:.1f}", (projection, exact.max()), va="top")
    if line is not None:
        axes.axvline(line, color=LINE, linewidth=2)
        axes.annotate(f"line {line:g} ", (line, exact.max()), color=LINE, va="top", ha="right")
    axes.set_xlabel(unit)
    axes.set_ylabel("chance")


def draw_reliability(axes: Axes, bins: Sequence[ReliabilityBin]) -> None:
    """Draw what was said against how often it happened; dots grow with their rows."""
    rows = np.array([each.rows for each in bins])
    said, happened = (np.array([getattr(b, name) for b in bins]) for name in ("said", "happened"))
    # Two standard errors of a share: what chance alone does to a dot.
    error = 2 * np.sqrt(said * (1 - said) / rows)
    axes.plot([0, 1], [0, 1], color="#999999", linewidth=1)
    axes.errorbar(said, happened, yerr=error, fmt="none", ecolor=OVER, alpha=0.5)
    axes.scatter(said, happened, s=20 + 180 * np.sqrt(rows / rows.max()), color=OVER, alpha=0.8)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_xlabel("chance of over that was said")
    axes.set_ylabel("share that went over")


def draw_shots(
    axes: Axes, zones: Sequence[str], taken: Array, made: Array, allowed: Array, league: Array
) -> None:
    """Draw by zone what a player makes, what the opponent allows and the league makes."""
    place, width = np.arange(len(zones)), 0.26
    for number, (name, values, colour) in enumerate(
        (("player makes", made, OVER), ("opponent allows", allowed, UNDER),
         ("league makes", league, PUSH))
    ):  # fmt: skip
        bars = axes.bar(place + (number - 1) * width, values, width, label=name, color=colour)
        axes.bar_label(bars, fmt=lambda share: f"{100 * share:.0f}%", fontsize=8)
    shares = [
        f"{zone}\n{100 * share:.0f}% of shots" for zone, share in zip(zones, taken, strict=True)
    ]
    axes.set_xticks(place, shares)
    axes.set_ylabel("share of shots made")
    axes.legend(frameon=False)
