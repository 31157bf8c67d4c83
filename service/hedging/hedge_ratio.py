"""The ratio to hedge a book with: every estimate of every holding and of the book, and the contracts that follow.

Law: the book is measured by its own returns at today's weights. The lower and the upper end of a beta are sized like
the beta itself, so that its doubt is seen in contracts.
"""

import math
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

import numpy as np
from msgspec.structs import replace

from service.hedging.arrays import Floats
from service.hedging.cautions import Caution, caution
from service.hedging.contracts import unit_notional
from service.hedging.errors import Fault, SizeOutOfRangeError
from service.hedging.estimation.measurement import (
    Instrument,
    Row,
    Rows,
    Terms,
    explain,
    keep_known,
    measure_joint,
    measure_pairs,
)
from service.hedging.estimation.ratios import (
    AssetSlopes,
    HedgeRatios,
    InstrumentRatio,
    JointLeg,
    JointRatio,
    Plan,
    SizedRatio,
)
from service.hedging.estimation.regression import stack
from service.hedging.estimation.slopes import JointSlopes, PairSlopes, beta_of
from service.hedging.portfolio import warn_unweighted
from service.hedging.risk.hedge_ratios import tidy
from service.hedging.risk.returns import basket_returns
from service.hedging.risk.variance import FEW
from service.hedging.setting import Setting, warn_of_legs
from service.hedging.sizes.lots import fit_size
from service.hedging.units import Money, Size, exactly

_BOOK = "the book"


@exactly
def measure_ratios(plan: Plan, *, largest_notional: Decimal) -> HedgeRatios:
    """Measure the hedge ratios of a book, and size them.

    Args:
        plan: the question with its sample.
        largest_notional: ceiling of a hedge's value in the quote currency.

    Raises:
        TooFewObservationsError: if an asset and an instrument share fewer than 3 intervals.
        ZeroVarianceError: if an instrument never moved.
        SizeOutOfRangeError: if a hedge is worth more than the ceiling.
    """
    drivers = stack([plan.sample.returns[name] for name in plan.underlyings])
    rows = Rows.of(_lay_rows(plan), drivers.shape[1])
    table = [
        measure_pairs(rows, Instrument(name, driver, plan.priors.get(name)), _terms(plan))
        for name, driver in zip(plan.underlyings, drivers, strict=True)
    ]
    joints, count = measure_joint(rows.returns, drivers), len(plan.assets)
    desk, has_book = _Desk(plan, largest_notional), len(rows.lines) > count
    first = plan.settings[0]
    found = HedgeRatios(
        side=first.side,
        exposure=Money.of(first.book.exposure),
        assets=tuple(
            AssetSlopes(
                asset=asset,
                weight=plan.weights.get(asset),
                slopes=tuple(pairs[place] for pairs in table),
                joint=joints[place],
            )
            for place, asset in enumerate(plan.assets)
        ),
        book=tuple(
            _size_alone(desk, setting, pairs[count])
            for setting, pairs in zip(plan.settings, table, strict=True)
            if has_book
        ),
        joint=_size_jointly(desk, joints[count], keep_known(rows.returns[count], drivers)) if has_book else None,
        absent_reason=None if has_book else "no_exposure",
        priors=dict(plan.priors),
        holdings=first.book.holdings,
        warnings=(),
    )
    return replace(found, warnings=tuple(_warn(plan, found)))


class _Desk(NamedTuple):
    """What a ratio is sized by."""

    plan: Plan
    largest: Decimal

    def size(self, setting: Setting, ratio: float | None) -> SizedRatio | None:
        """Turn a ratio into contracts; None for none."""
        if ratio is None:
            return None
        unit = unit_notional(setting.contract, setting.futures_price)
        target = max(Decimal(0), Decimal(repr(ratio))) * self.plan.aim.coverage * abs(setting.book.exposure)
        if target > self.largest:
            detail = (
                f"A ratio of {ratio:.4g} would be worth {Money.of(target)}; this service sizes positions up to "
                f"{Money.of(self.largest)}"
            )
            raise SizeOutOfRangeError(Fault(("holdings",), detail))
        fit = fit_size(setting.contract, unit_notional=unit, target_notional=target, rounding="nearest")
        return SizedRatio(
            ratio=ratio,
            notional=Money.of(target),
            exact_contracts=Size.of(target / unit),
            contracts=Size.of(fit.contracts),
        )


def _terms(plan: Plan) -> Terms:
    aim = plan.aim
    return Terms(aim.confidence, aim.decay, aim.rolling_intervals, plan.sample.periods_a_year)


def _lay_rows(plan: Plan) -> list[Row]:
    """Put the returns of each holding at risk in a row, and those of the book in the last, if it has an exposure."""
    returns = {asset: list(plan.sample.returns[asset]) for asset in plan.assets}
    rows = [Row(asset, returns[asset], {asset: 1.0}) for asset in plan.assets]
    if plan.weights:
        rows.append(Row(_BOOK, basket_returns(returns, plan.weights), plan.weights))
    return rows


def _size_alone(desk: _Desk, setting: Setting, pair: PairSlopes) -> InstrumentRatio:
    method = desk.plan.aim.method
    interval = {"ols": pair.ols, "vasicek": pair.vasicek, "ewma": None}[method]
    removable = 0.0 if pair.r_squared is not None and pair.ols.beta < 0 else pair.r_squared
    return InstrumentRatio(
        symbol=setting.contract.symbol,
        unit_notional=Money.of(unit_notional(setting.contract, setting.futures_price)),
        slopes=pair,
        chosen=desk.size(setting, beta_of(pair, method)),
        lowest=desk.size(setting, None if interval is None else interval.low),
        highest=desk.size(setting, None if interval is None else interval.high),
        stressed=desk.size(setting, pair.stress.beta),
        removable_variance=removable,
        removable_volatility=None if removable is None else _felt(removable),
    )


def _felt(share: float) -> float:
    """Share of volatility that goes with a share of variance."""
    return tidy(1 - math.sqrt(1 - share))


def _size_jointly(desk: _Desk, slopes: JointSlopes, known: tuple[Floats, Floats]) -> JointRatio:
    row, drivers = known
    if not slopes.betas:
        return JointRatio(slopes=slopes, legs=(), removable_variance=None, removable_volatility=None)
    ratios = _bound(slopes.betas, row, drivers)
    removed = max(0.0, explain(row, drivers, ratios) or 0.0)
    legs = tuple(
        JointLeg(symbol=setting.contract.symbol, sized=sized, is_dropped=beta < 0)
        for setting, ratio, beta in zip(desk.plan.settings, ratios, slopes.betas, strict=True)
        if (sized := desk.size(setting, tidy(ratio))) is not None
    )
    return JointRatio(
        slopes=slopes, legs=legs, removable_variance=tidy(removed), removable_volatility=_felt(min(1.0, removed))
    )


def _bound(betas: Sequence[float], row: Floats, drivers: Floats) -> tuple[float, ...]:
    """Give the ratios with the least variance of which none is below 0: of two, at most one is left out of the fit."""
    if min(betas) >= 0:
        return tuple(betas)
    centered, moved = row - row.mean(), drivers - drivers.mean(axis=1, keepdims=True)
    alone = np.maximum(0, moved @ centered / np.sum(moved * moved, axis=1))
    corners = [(float(alone[0]), 0.0), (0.0, float(alone[1]))]
    return min(corners, key=lambda ratios: float(np.var(row - np.asarray(ratios) @ drivers)))


def _warn(plan: Plan, found: HedgeRatios) -> Iterator[Caution]:
    first = plan.settings[0]
    yield from warn_unweighted(first.book)
    if not first.book.exposure:
        yield caution("no_exposure", "The book has no exposure to hedge: no contracts", "exposure")
    yield from warn_of_legs(plan.settings, "instruments")
    for place, one in enumerate(found.book):
        yield from _warn_of_pair(_BOOK, one.slopes, "book", place, "slopes")
    for place, asset in enumerate(found.assets):
        for number, pair in enumerate(asset.slopes):
            yield from _warn_of_pair(asset.asset, pair, "assets", place, "slopes", number)
    joint = found.joint
    if joint is not None and joint.slopes.absent_reason == "singular_covariance":
        names = " and ".join(plan.underlyings)
        detail = f"{names} moved as one: no hedge with both can be told from one with {plan.underlyings[0]} alone"
        yield caution("singular_covariance", detail, "joint", "slopes")


def _warn_of_pair(name: str, pair: PairSlopes, *path: str | int) -> Iterator[Caution]:
    """Say what a careful reader would doubt about slopes."""
    if pair.observations < FEW:
        detail = f"{pair.observations} observations of {name} and {pair.underlying} are few: beta may be far off"
        yield caution("low_sample", detail, *path, "observations")
    ends = f"The interval of the beta of {name} to {pair.underlying} is {pair.ols.low:.2f} to {pair.ols.high:.2f}"
    if pair.ols.high < 0:
        detail = f"{ends}, below 0: a hedge adds risk. No contracts are sized below 0"
        yield caution("negative_beta", detail, *path, "ols")
    elif pair.ols.low <= 0:
        detail = f"{ends}, with 0 in it: a hedge may add risk. No contracts are sized below 0"
        yield caution("beta_not_significant", detail, *path, "ols")
