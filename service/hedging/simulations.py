"""What comes of a book without a hedge and with each of several, on many paths: `run` simulates what was planned.

Law: all hedges are held against each other on the same paths, so that adding one changes nothing of the others. Paths
come in chunks of a fixed size, each from random numbers of its own, so that memory is bounded and the same seed gives
the same answer. On a touch of its liquidation price a hedge loses what is posted, with all that funding has brought or
taken, and is gone for the rest of the path. What funding has taken by then, less what it has brought, is missing from
the wallet; more than what was posted is never counted on, as in a scenario.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from service.hedging.arrays import Floats, Truths
from service.hedging.cautions import Caution, caution
from service.hedging.contracts import settlement
from service.hedging.paths.contenders import Held
from service.hedging.paths.distribution import Distribution, Fan, HedgeOutlook, Simulation
from service.hedging.paths.dynamics import Factor
from service.hedging.paths.experiments import Experiment, Funding
from service.hedging.paths.quantiles import Scale, chance_error, describe, fan_out, shorten
from service.hedging.paths.randomness import Streams, draw_normals, open_streams
from service.hedging.paths.walks import MOST_GROWTH, Walk, grow, start_walk
from service.hedging.term_structure.funding import FundingModel, expect_funding
from service.hedging.units import Money, exactly

CHUNK = 4096
"""Paths at a time: so few that what they need stays in the processor's caches. Another number makes other paths."""
MOST_DAYS = 10
"""Of a fan."""
LIKELY = 0.01
"""Chance of liquidation above which it is warned: domain 5.8 takes no hedge with more."""


class AbandonedError(Exception):
    """Nobody wants the answer any more."""


def run(experiment: Experiment, is_wanted: Callable[[], bool] = lambda: True) -> Simulation:
    """Simulate.

    Args:
        experiment: as planned.
        is_wanted: asked before every chunk of paths.

    Raises:
        AbandonedError: if it is not.
    """
    setup = experiment.setup
    days = list_days(setup.horizon_days)
    ledger = _Ledger(experiment, days)
    for chunk, first in enumerate(range(0, setup.paths, CHUNK)):
        if not is_wanted():
            raise AbandonedError
        count = min(CHUNK, setup.paths - first)
        ledger.enter(first, count, open_streams(setup.seed, chunk))
    return _report(experiment, ledger, days)


def list_days(horizon: int) -> list[int]:
    """List the days of a fan: all of them or, where there are too many, some evenly between, and always the last."""
    count = min(horizon, MOST_DAYS)
    return [round(horizon * step / count) for step in range(1, count + 1)]


class _Ledger:
    """Results of all paths, filled chunk by chunk."""

    def __init__(self, experiment: Experiment, days: Sequence[int]) -> None:
        paths, held = experiment.setup.paths, experiment.held
        self._experiment = experiment
        self._looks = frozenset(days)
        self.results = np.empty((1 + len(held), paths))
        """Of the coins alone, and with each hedge, at the horizon."""
        self.early: list[Floats] = []
        """Same on the days of the fan before it, of the first chunk."""
        self.liquidated = np.zeros(len(held), dtype=np.int64)
        self.worse = np.zeros(len(held), dtype=np.int64)
        self.funding = np.zeros(len(held))
        self.fees = np.zeros(len(held))

    def enter(self, first: int, count: int, streams: Streams) -> None:
        """Simulate a chunk of paths."""
        experiment = self._experiment
        against = _sign(experiment) if any(_can_fall(hedge, experiment) for hedge in experiment.held) else 0
        walk = start_walk(experiment.dynamics, experiment.exposures, streams, count=count, against=against)
        purse = _Purse(experiment, streams.funding, count)
        horizon = experiment.setup.horizon_days
        for day in range(1, horizon + 1):
            purse.open(walk)
            walk.step()
            purse.close(walk, day)
            if first == 0 and day in self._looks and day < horizon:
                self.early.append(self._settle(walk, purse).results)
        settled = self._settle(walk, purse)
        self.results[:, first : first + count] = settled.results
        self.liquidated += settled.liquidated
        self.worse += (settled.results[1:] < settled.results[0]).sum(axis=1)
        self.funding += settled.funding
        self.fees += settled.fees

    def _settle(self, walk: Walk, purse: "_Purse") -> "_Settled":
        """Add up what everything has brought if the hedges are closed now."""
        experiment = self._experiment
        coins, move = walk.gain(), grow(walk.level)
        results = np.empty((1 + len(experiment.held), len(coins)))
        results[0] = coins
        liquidated, funding, fees = [], [], []
        for place, hedge in enumerate(experiment.held):
            cost, gone = _trade(experiment, hedge, move), purse.find_gone(walk, place)
            paid = np.where(gone, 0.0, hedge.notional * purse.brought)
            profit = _sign(experiment) * -hedge.notional * move - cost.leaving
            lost = _loss(hedge) if _is_linear(experiment) else _loss(hedge) * (1 + move)
            results[place + 1] = coins + np.where(gone, -lost, profit) + paid - cost.entering
            liquidated.append(np.count_nonzero(gone))
            funding.append(float(paid.sum()))
            fees.append(float(np.where(gone, 0.0, cost.leaving).sum()) + cost.entering * len(coins))
        return _Settled(results, np.array(liquidated), np.array(funding), np.array(fees))


class _Settled(NamedTuple):
    results: Floats
    liquidated: "np.ndarray[tuple[int, ...], np.dtype[np.int64]]"
    funding: Floats
    fees: Floats


class _Cost(NamedTuple):
    entering: float
    leaving: Floats


def _trade(experiment: Experiment, hedge: Held, move: Floats) -> _Cost:
    """Give the fees of a hedge; those of leaving a linear one are of what it is worth by then."""
    entering = experiment.fee_rate * hedge.notional
    return _Cost(entering, entering * (1 + move) if _is_linear(experiment) else np.full(len(move), entering))


def _can_fall(hedge: Held, experiment: Experiment) -> bool:
    """Tell whether any price, or any funding, may take the wallet of a hedge."""
    stake = hedge.stake
    return stake is not None and (experiment.funding is not None or math.isfinite(stake.barrier))


def _loss(hedge: Held) -> float:
    return 0.0 if hedge.stake is None else hedge.stake.loss


def _is_linear(experiment: Experiment) -> bool:
    return settlement(experiment.contract) == "quote"


def _sign(experiment: Experiment) -> int:
    return 1 if experiment.side == "short" else -1


class _Purse:
    """What funding has brought to the hedges of a chunk of paths, and which it has left with too small a wallet."""

    def __init__(self, experiment: Experiment, stream: np.random.Generator, count: int) -> None:
        self.brought = np.zeros(count)
        """To every hedge that lives, in the quote currency, over its value at the start; negative where it has paid."""
        self._credit = np.zeros(count)
        """Same in the settlement currency."""
        self._experiment, self._stream = experiment, stream
        self._rate = np.full(count, experiment.funding.rate if experiment.funding else 0.0)
        """Of the last interval."""
        self._price = np.ones(count)
        """Of the future, over that at the start, when the day began."""
        self._gone = [np.zeros(count, dtype=np.bool_) for _ in experiment.held]
        """Whether the wallet of each hedge is lost, where funding moves its liquidation price."""

    def open(self, walk: Walk) -> None:
        """Take note of the price by which the day's funding is paid."""
        if self._experiment.funding is not None:
            self._price = _multiply(walk.level)

    def close(self, walk: Walk, day: int) -> None:
        """Pay the funding of a day, and judge by the day's high who is left: with the wallet after what was paid."""
        funding, before = self._experiment.funding, self._credit
        if funding is None:
            return
        rates = self._draw(funding, 24 * day // funding.hours - 24 * (day - 1) // funding.hours)
        cash = _sign(self._experiment) * rates
        is_linear = _is_linear(self._experiment)
        self.brought += cash * self._price if is_linear else cash
        self._credit = before + (cash * self._price if is_linear else cash / self._price)
        self._judge(walk, np.minimum(np.minimum(before, self._credit), 0))

    def find_gone(self, walk: Walk, place: int) -> Truths:
        """Tell on which paths a hedge has lost its wallet."""
        stake = self._experiment.held[place].stake
        if stake is None or self._experiment.funding is not None:
            return self._gone[place]
        return walk.peak >= stake.barrier  # nothing has moved its liquidation price

    def _judge(self, walk: Walk, drawn: Floats) -> None:
        """Find the wallets that are lost at the highest point of the day, after what is drawn from them."""
        rises = _is_linear(self._experiment) == (self._experiment.side == "short")
        value = _multiply(walk.high if rises else -walk.high)
        for hedge, gone in zip(self._experiment.held, self._gone, strict=True):
            if hedge.stake is not None:
                need = np.interp(value, hedge.stake.values, hedge.stake.needs)
                np.logical_or(gone, hedge.stake.wallet + drawn <= need, out=gone)

    def _draw(self, funding: Funding, payments: int) -> Floats:
        """Draw the sum of the rates of some intervals, and the last of them."""
        model, before = funding.model, self._rate - funding.model.mean
        kept = model.persistence**payments
        fading = model.persistence * (1 - kept) / (1 - model.persistence)
        total = payments * model.mean + before * fading
        self._rate = model.mean + kept * before
        if not payments or not model.volatility:
            return total
        spread = expect_funding(0.0, model, payments).standard_deviation
        last, tie = _last_and_tie(model, payments)
        one, other = draw_normals(self._stream, len(total)), draw_normals(self._stream, len(total))
        self._rate += last * one
        return total + spread * (tie * one + math.sqrt(max(0.0, 1 - tie**2)) * other)


def _multiply(level: Floats) -> Floats:
    """Give by what a price is multiplied from the logarithm of its growth, within what its inverse bears, too."""
    return np.exp(np.clip(level, -MOST_GROWTH, MOST_GROWTH))


def _last_and_tie(model: FundingModel, payments: int) -> tuple[float, float]:
    """Give the standard deviation of the last of some rates, and its correlation with their sum."""
    fade = [model.persistence**back for back in range(payments)]
    weights = [(1 - model.persistence ** (back + 1)) / (1 - model.persistence) for back in range(payments)]
    last, total = math.fsum(one * one for one in fade), math.fsum(one * one for one in weights)
    shared = math.fsum(one * other for one, other in zip(fade, weights, strict=True))
    return model.volatility * math.sqrt(last), shared / math.sqrt(last * total)


@exactly
def _report(experiment: Experiment, ledger: _Ledger, days: Sequence[int]) -> Simulation:
    setup, book = experiment.setup, experiment.book
    size = float(book.gross_value) + sum(hedge.notional + _loss(hedge) for hedge in experiment.held)
    scale = Scale(abs(float(book.exposure)), size)
    ledger.results.sort(axis=1)
    for early in ledger.early:
        early.sort(axis=1)
    outcomes = [_describe(experiment, results, scale) for results in ledger.results]
    fans = [_fan(ledger, days, scale, place=place) for place in range(len(outcomes))]
    hedges = tuple(
        _look(experiment, ledger, place, scale=scale, outcome=outcomes[place + 1], fan=fans[place + 1])
        for place in range(len(experiment.held))
    )
    return Simulation(
        side=experiment.side,
        exposure=Money.of(book.exposure),
        beta_exposure=Money.of(book.beta_exposure),
        futures_price=experiment.futures_price,
        fan_paths=min(CHUNK, setup.paths),
        unhedged=outcomes[0],
        unhedged_fan=fans[0],
        hedges=hedges,
        holdings=book.holdings,
        assumptions=experiment.assumptions,
        warnings=(*experiment.warnings, *_warn(hedges)),
    )


def _describe(experiment: Experiment, results: Floats, scale: Scale) -> Distribution:
    degrees = experiment.dynamics.degrees if isinstance(experiment.dynamics, Factor) else None
    return describe(results, scale, confidence=experiment.setup.confidence, degrees=degrees)


def _fan(ledger: _Ledger, days: Sequence[int], scale: Scale, *, place: int) -> Fan | None:
    return fan_out(days, [*(early[place] for early in ledger.early), ledger.results[place]], scale)


def _look(
    experiment: Experiment, ledger: _Ledger, place: int, *, scale: Scale, outcome: Distribution, fan: Fan | None
) -> HedgeOutlook:
    paths, held = experiment.setup.paths, experiment.held[place]
    liquidated, worse = int(ledger.liquidated[place]) / paths, int(ledger.worse[place]) / paths
    return HedgeOutlook(
        **{name: getattr(held.shown, name) for name in held.shown.__struct_fields__},
        outcome=outcome,
        probability_of_liquidation=None if held.unknown else shorten(liquidated),
        probability_of_liquidation_error=None if held.unknown else chance_error(liquidated, paths),
        probability_of_liquidation_reason=held.unknown,
        probability_worse_than_unhedged=shorten(worse),
        probability_worse_than_unhedged_error=chance_error(worse, paths),
        mean_funding=scale.amount(float(ledger.funding[place]) / paths),
        mean_fees=scale.amount(float(ledger.fees[place]) / paths),
        fan=fan,
    )


def _warn(hedges: Sequence[HedgeOutlook]) -> Iterator[Caution]:
    for index, hedge in enumerate(hedges):
        chance = hedge.probability_of_liquidation or 0.0
        if chance > LIKELY:
            detail = f"Liquidated in {chance:.2%} of the paths: it is gone then, and the coins are without it"
            yield caution("liquidation_near", detail, "hedges", index, "probability_of_liquidation")
