"""The hedge ratios that a view, a risk budget and a tail each ask for, and what a part of the best one removes.

Law: risk falls with the square of what is left unhedged and cost grows with what is hedged, so the first half of a
hedge is worth more than the second. A ratio is value short per value held; for a book that is net short the same words
hold with the future bought. float64 throughout.
"""

import math
from typing import NamedTuple

PRIOR_SPREAD = 0.2
"""Standard deviation of altcoins' betas on bitcoin: eight coins, daily closes 2021-2025."""
_HALVINGS = 80
_FARTHEST = 40.0
"""Standard deviations beyond which no float tells a probability from 0."""
_DIGITS = 12
_LEAST_R_SQUARED = 1e-12
"""Below which nothing is removed that a share could be of."""


class RiskModel(NamedTuple):
    """How a book moves with a future: r_P = best x r_F + e, all per year or all per horizon."""

    best: float
    """Hedge ratio with the least variance; below 0 where a hedge on this side adds risk."""
    volatility: float
    """Standard deviation of the future's return, above 0."""
    residual: float
    """Standard deviation of e: no hedge removes it."""

    @property
    def unhedged(self) -> float:
        """Standard deviation of the book's own return."""
        return self.deviation(0.0)

    @property
    def attainable(self) -> float:
        """Largest share of variance that a hedge removes, R squared; 0 where every hedge adds risk."""
        return min(1.0, (max(0.0, self.best) * self.volatility / self.unhedged) ** 2)

    def deviation(self, hedge_ratio: float) -> float:
        """Standard deviation of what is left behind a hedge."""
        return math.hypot(self.volatility * (self.best - hedge_ratio), self.residual)

    def variance_reduction(self, hedge_ratio: float) -> float:
        """Share of variance that a hedge removes: R^2 (2k - k^2) for a share k of the best; negative where it adds."""
        return 1 - (self.deviation(hedge_ratio) / self.unhedged) ** 2

    def volatility_reduction(self, hedge_ratio: float) -> float:
        """Share of the standard deviation that a hedge removes: what is felt."""
        return 1 - self.deviation(hedge_ratio) / self.unhedged

    def share_of_attainable(self, hedge_ratio: float) -> float | None:
        """Share of what a hedge can remove at all, 2k - k^2; None where that is next to nothing."""
        if self.attainable < _LEAST_R_SQUARED:
            return None
        part = hedge_ratio / self.best
        return part * (2 - part)

    def over(self, years: float) -> "RiskModel":
        """Take a model of a year to another time: variances grow with it."""
        root = math.sqrt(years)
        return RiskModel(self.best, self.volatility * root, self.residual * root)


def shrink_beta(slope: float, *, error: float, prior: float, spread: float = PRIOR_SPREAD) -> float:
    """Move a beta that was believed toward one that was measured, by how sure the measurement is.

    Args:
        slope: measured.
        error: its standard error.
        prior: believed before.
        spread: standard deviation of true betas about the prior, above 0.

    Source: Vasicek (1973). The mean of the posterior is the hedge ratio with the least variance when beta is uncertain.
    """
    weight = 1 / (1 + (error / spread) ** 2)
    return weight * slope + (1 - weight) * prior


def mean_variance_ratio(beta: float, *, expected_loss: float, volatility: float, risk_aversion: float) -> float:
    """Hedge ratio that a view asks for: beta - mu / (gamma sigma^2); below 0 and above beta are views too.

    Args:
        beta: of the book to the future.
        expected_loss: mu, of the hedge per unit over the horizon: drift against it and costs.
        volatility: sigma, of the future over the same horizon.
        risk_aversion: gamma, relative.

    Source: the maximum of E - gamma / 2 Var over h of r_P - h r_F.
    """
    return beta - expected_loss / (risk_aversion * volatility**2)


def implied_loss(beta: float, *, hedge_ratio: float, volatility: float, risk_aversion: float) -> float:
    """Give the expected loss of a hedge per unit for which a ratio would be chosen: `mean_variance_ratio` inverted."""
    return (beta - hedge_ratio) * risk_aversion * volatility**2


def risk_budget_ratio(model: RiskModel, target: float) -> float | None:
    """Smallest hedge ratio whose standard deviation is at most a target; None where no hedge reaches it.

    Args:
        model: per any time.
        target: standard deviation over the same time.
    """
    if model.unhedged <= target:
        return 0.0
    if target < model.residual or model.best <= 0:
        return None
    return model.best - math.sqrt((target - model.residual) * (target + model.residual)) / model.volatility


def normal_shortfall(model: RiskModel, hedge_ratio: float, *, mean: float, tail: float) -> float:
    """Expected shortfall of a hedged book under the normal law: a loss is positive.

    Args:
        model: over the horizon.
        hedge_ratio: of the hedge.
        mean: expected return of the hedged book over the horizon.
        tail: see `normal_tail`.
    """
    return tail * model.deviation(hedge_ratio) - mean


def least_normal_shortfall_ratio(model: RiskModel, *, expected_loss: float, tail: float) -> float | None:
    """Hedge ratio from 0 with the least expected shortfall under the normal law; None where more is always better.

    Args:
        model: over the horizon.
        expected_loss: of the hedge per unit over the horizon.
        tail: see `normal_tail`.

    Source: the derivative of q sd(h) + h mu is 0 where best - h = mu e / (sigma sqrt(q^2 sigma^2 - mu^2)).
    """
    steepest = tail * model.volatility
    if abs(expected_loss) >= steepest:
        return 0.0 if expected_loss > 0 else None
    root = math.sqrt((steepest - expected_loss) * (steepest + expected_loss))
    return max(0.0, model.best - expected_loss * model.residual / (model.volatility * root))


def normal_tail(confidence: float) -> float:
    """Mean of the worst part of a standard normal loss: phi(z) / (1 - c), z the quantile of the confidence c.

    Args:
        confidence: from 0.5, below 1.
    """
    low, high = 0.0, _FARTHEST
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if math.erfc(middle / math.sqrt(2)) / 2 > 1 - confidence else (low, middle)
    return math.exp(-(low**2) / 2) / math.sqrt(2 * math.pi) / (1 - confidence)


def tidy(value: float) -> float:
    """Keep 12 significant digits: the last bits of a logarithm or an exponential differ between machines."""
    return float(f"{value:.{_DIGITS}g}") + 0.0
