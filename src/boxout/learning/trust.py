"""How far to trust the forecast against the books.

A price holds what the features do not: late injuries, minutes limits, other people's models.
A forecast that is far from it is wrong more often than its own errors say, so on the log-odds
the chance of over is drawn towards the price's own without the margin, by as much as earlier
lines have shown to be right. Where no book prices both sides nothing is known of that chance,
and it is drawn towards a half.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

# With fewer lines than this nothing is learned from them.
LEAST_LINES = 300
NEWTON_STEPS = 25
DECIMALS = 6


@dataclass(frozen=True)
class Slope:
    """What is left of the distance to the anchor, on the log-odds: 1 is full trust, 0 none.

    Attributes
    ----------
    slope
        None where too few lines are known to tell.
    lines
        How many out-of-sample forecasts with a line, pushes apart, it rests on.
    """

    slope: float | None
    lines: int

    @property
    def share(self) -> float:
        """The slope; full trust where nothing is known, which is no ground to stake money on."""
        return 1.0 if self.slope is None else self.slope

    @property
    def is_borrowed(self) -> bool:
        """Whether it is another market's; see `borrow`."""
        return self.slope is not None and self.lines < LEAST_LINES

    def or_smallest(self, others: Sequence[Slope]) -> Slope:
        """Return the slope or, where too few lines are known, the smallest of the others."""
        fitted = [other.slope for other in others if other.slope is not None]
        return replace(self, slope=min(fitted)) if self.slope is None and fitted else self


@dataclass(frozen=True)
class LineTrust:
    """The slope towards the price's chance, and that towards a half where there is none."""

    price: Slope
    half: Slope

    def apply(self, chance: Array, market: Array) -> Array:
        """Return the chance of over that the slopes leave; NaN stays NaN.

        Parameters
        ----------
        chance
            The forecast's own.
        market
            The price's, without the margin; NaN where no book prices both sides.
        """
        anchor = _anchor(market)
        share = self._of(market, self.price.share, self.half.share)
        drawn: Array = _sigmoid(anchor + share * (_logit(chance) - anchor))
        return drawn

    def is_known(self, market: Array) -> Array:
        """Tell where lines have taught how far to trust; parameters as in `apply`."""
        return self._of(market, self.price.slope is not None, self.half.slope is not None)

    def is_borrowed(self, market: Array) -> Array:
        """Tell where it was another market's lines that taught it."""
        return self._of(market, self.price.is_borrowed, self.half.is_borrowed)

    def _of(self, market: Array, price: float, half: float) -> Array:
        chosen: Array = np.where(np.isnan(market), half, price)
        return chosen

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, for a card."""
        return {"price_trust": vars(self.price), "line_trust": vars(self.half)}


def fit_line_trust(chance: Array, market: Array, actual: Array, line: Array) -> LineTrust:
    """Fit the slopes by logistic regression without intercept (Platt scaling), in [0, 1].

    The log-odds of the price's chance, or of a half, are an offset: the slope says how much of
    the forecast's distance from it comes true.

    Parameters
    ----------
    chance, market
        Untempered chance of over of out-of-sample forecasts, and the price's without the margin;
        NaN where there is none.
    actual, line
        Outcomes and lines; NaN where there is no line.
    """
    judged = ~np.isnan(chance) & ~np.isnan(line) & (actual != line)
    log_odds, is_over = _logit(chance[judged]), (actual[judged] > line[judged]).astype(np.float64)
    anchor, priced = _anchor(market[judged]), ~np.isnan(market[judged])
    return LineTrust(
        _fit(anchor[priced], (log_odds - anchor)[priced], is_over[priced]),
        _fit(np.zeros(len(log_odds)), log_odds, is_over),
    )


def borrow(trusts: Mapping[str, LineTrust]) -> dict[str, LineTrust]:
    """Give each market with too few lines the smallest slope fitted among a model's markets.

    Trusted fully, it would promise more than every market whose lines have taught better.
    """
    price, half = ([getattr(t, side) for t in trusts.values()] for side in ("price", "half"))
    return {
        name: LineTrust(trust.price.or_smallest(price), trust.half.or_smallest(half))
        for name, trust in trusts.items()
    }


def _fit(anchor: Array, distance: Array, is_over: Array) -> Slope:
    if len(is_over) < LEAST_LINES:
        return Slope(None, len(is_over))
    slope = 0.0
    for _ in range(NEWTON_STEPS):
        fitted = _sigmoid(anchor + slope * distance)
        gradient = float(((is_over - fitted) * distance).sum())
        curvature = float((fitted * (1 - fitted) * distance**2).sum())
        if curvature <= 0:
            break
        slope += gradient / curvature
    return Slope(round(float(np.clip(slope, 0.0, 1.0)), DECIMALS), len(is_over))


def read_line_trust(saved: Mapping[str, Any]) -> LineTrust:
    """Return what `LineTrust.to_dict` wrote among a market's facts.

    Models of before know nothing of prices.
    """
    return LineTrust(_read(saved.get("price_trust")), _read(saved["line_trust"]))


def _read(saved: Mapping[str, Any] | None) -> Slope:
    lines = int(saved["lines"]) if saved else 0
    is_known = saved is not None and lines >= LEAST_LINES
    return Slope(float(saved["slope"]) if saved and is_known else None, lines)


def _anchor(market: Array) -> Array:
    return _logit(np.where(np.isnan(market), 0.5, market))


def _logit(chance: Array) -> Array:
    odds: Array = np.log(chance / (1 - chance))
    return odds


def _sigmoid(log_odds: Array) -> Array:
    chance: Array = 1 / (1 + np.exp(-log_odds))
    return chance
