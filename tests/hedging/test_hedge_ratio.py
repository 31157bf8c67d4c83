"""Hedge ratios of a book: its own returns, the doubt in contracts, two instruments at once, and what is refused."""

import math
from decimal import Decimal
from itertools import product
from typing import Any, get_args

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.hedging.errors import (
    HedgingError,
    InconsistentContractError,
    InconsistentQuestionError,
    SizeOutOfRangeError,
    TooFewObservationsError,
    ZeroVarianceError,
)
from service.hedging.estimation.priors import Prior
from service.hedging.estimation.ratios import HedgeRatios
from service.hedging.estimation.slopes import BetaMethod, beta_of
from service.hedging.risk.samples import CloseSeries
from service.hedging.units import Coverage, Price
from tests.hedging.build import inverse, linear
from tests.hedging.history import daily_returns, golden, needs_history
from tests.hedging.measured import CEILING, ETH_MINI, measured, series, slopes_of

HULL_SPOT = [
    0.029,
    0.020,
    -0.044,
    0.008,
    0.026,
    -0.019,
    -0.010,
    -0.007,
    0.043,
    0.011,
    -0.036,
    -0.018,
    0.009,
    -0.032,
    0.023,
]
HULL_FUTURES = [
    0.021,
    0.035,
    -0.046,
    0.001,
    0.044,
    -0.029,
    -0.026,
    -0.029,
    0.048,
    -0.006,
    -0.036,
    -0.011,
    0.019,
    -0.027,
    0.029,
]
BOTH = [(linear(), "60000"), (linear(**ETH_MINI), "2500")]


def past(*names: str, intervals: int = 120, seed: int = 1, noise: float = 0.03) -> dict[str, list[float | None]]:
    """Draw returns of coins with BTC and ETH, which move with each other."""
    random = np.random.default_rng(seed)
    btc = random.normal(0, 0.03, intervals)
    eth = 1.05 * btc + random.normal(0, 0.02, intervals)
    found = {"BTC": btc, "ETH": eth}
    for place, name in enumerate(names):
        own = random.normal(0, noise, intervals)
        found[name] = 0.5 * btc + (0.5 + 0.1 * place) * eth + own
    return {name: [float(one) for one in np.maximum(column, -0.9)] for name, column in found.items()}


def codes(found: HedgeRatios) -> dict[str, list[str]]:
    """List where each warning points."""
    told: dict[str, list[str]] = {}
    for warning in found.warnings:
        told.setdefault(warning.code, []).append(warning.pointer)
    return told


# One instrument


def test_the_doubt_of_a_beta_is_told_in_contracts() -> None:
    """Hull, table 3.2: 0.7777 with an interval of 0.591 to 0.964 (R15); of 10,000 that is 0.99 to 1.61 contracts."""
    found = measured({"ALT": HULL_SPOT, "BTC": HULL_FUTURES}, method="ols")

    (book,) = found.book
    assert book.chosen is not None
    assert book.lowest is not None
    assert book.highest is not None
    assert [round(one.ratio, 3) for one in (book.lowest, book.chosen, book.highest)] == [0.591, 0.778, 0.964]
    sizes = [str(round(one.exact_contracts, 4)) for one in (book.lowest, book.chosen, book.highest)]
    assert sizes == ["0.9852", "1.2961", "1.6070"]
    assert [str(one.contracts) for one in (book.lowest, book.chosen, book.highest)] == ["1", "1", "2"]
    assert str(book.chosen.notional) == "7776.50674241"
    assert codes(found) == {"low_sample": ["#/book/0/slopes/observations", "#/assets/0/slopes/0/observations"]}


def test_a_beta_is_drawn_toward_the_prior_unless_asked_otherwise() -> None:
    """Source: Vasicek: a slope of 0.7777 with an error of 0.0863 keeps 0.843 of its weight against 1.09 and 0.2."""
    found = measured({"ALT": HULL_SPOT, "BTC": HULL_FUTURES})

    shrunk = found.assets[0].slopes[0].vasicek
    assert shrunk is not None
    weight = 0.2**2 / (0.2**2 + 0.0863428689**2)
    assert shrunk.weight == pytest.approx(weight, rel=1e-7)
    assert shrunk.beta == pytest.approx(weight * 0.7776506742 + (1 - weight) * 1.09, rel=1e-7)
    assert shrunk.error == pytest.approx(math.sqrt(weight) * 0.0863428689, rel=1e-7)
    assert shrunk.high - shrunk.beta == pytest.approx(1.959963985 * shrunk.error, rel=1e-7)
    assert found.book[0].chosen is not None
    assert found.book[0].chosen.ratio == shrunk.beta
    assert found.priors == {"BTC": Prior(mean=1.09, spread=0.2)}


def test_a_prior_of_ones_own_counts() -> None:
    """Believed to be 0.5 for sure it is hardly moved; and one of another instrument is not missed by other methods."""
    own = {"BTC": Prior(mean=0.5, spread=0.001)}
    doge = linear(symbol="DOGE-MINI", underlying="DOGE", multiplier="1000")
    returns = {"ALT": HULL_SPOT, "BTC": HULL_FUTURES, "DOGE": HULL_FUTURES}

    believed = measured(returns, priors=own)
    unknown = measured(returns, contracts=[(doge, "0.1")], method="ols")

    assert believed.book[0].chosen is not None
    assert believed.book[0].chosen.ratio == pytest.approx(0.5, abs=1e-4)
    assert unknown.book[0].slopes.vasicek is None
    assert unknown.priors == {}


def test_the_belief_about_a_book_leaves_out_the_underlying_itself() -> None:
    """Half BTC: 1 of that is known, the other half is believed to be 1.09 within 0.2."""
    found = measured(past("ALT"), book={"ALT": "5000", "BTC": "5000"})

    shrunk = found.book[0].slopes.vasicek
    assert shrunk is not None
    assert [shrunk.prior.mean, shrunk.prior.spread] == pytest.approx([0.5 + 0.5 * 1.09, 0.1])
    own = next(asset for asset in found.assets if asset.asset == "BTC").slopes[0]
    assert [own.ols.beta, own.r_squared] == pytest.approx([1, 1])
    assert own.vasicek is not None
    assert own.vasicek.beta == pytest.approx(1)


def test_a_book_of_the_underlying_alone_has_a_beta_of_one() -> None:
    """And nothing is left that its future could not remove."""
    found = measured(past(), book={"BTC": "6000"})

    (book,) = found.book
    assert book.chosen is not None
    assert book.chosen.ratio == pytest.approx(1)
    assert str(book.chosen.contracts) == "1"
    assert book.removable_volatility == pytest.approx(1)


def test_the_book_is_measured_by_its_own_returns() -> None:
    """At today's weights, with nothing of stablecoins: its slope is the weighted one, its R squared its own."""
    returns = past("SOL", "ADA", "DOT")
    found = measured(returns, book={"SOL": "6000", "ADA": "3000", "DOT": "1000", "USDT": "500"})

    slopes = {asset.asset: asset.slopes[0] for asset in found.assets}
    assert slopes.keys() == {"SOL", "ADA", "DOT"}
    weighted = 0.6 * slopes["SOL"].ols.beta + 0.3 * slopes["ADA"].ols.beta + 0.1 * slopes["DOT"].ols.beta
    book = found.book[0]
    assert book.slopes.ols.beta == pytest.approx(weighted, rel=1e-9)
    assert book.slopes.r_squared is not None
    assert book.slopes.r_squared > max(one.r_squared or 0 for one in slopes.values())
    assert book.removable_variance == book.slopes.r_squared
    assert book.removable_volatility == pytest.approx(1 - math.sqrt(1 - book.slopes.r_squared))
    assert [asset.weight for asset in found.assets] == pytest.approx([0.6, 0.3, 0.1])


def test_a_book_is_drawn_toward_the_prior_once_and_not_coin_by_coin() -> None:
    """Its coins' errors cancel, so it is less; by the other methods its beta is that of its coins, as in /v1/sizing."""
    far = {"BTC": Prior(mean=0.3, spread=0.2)}
    found = measured(past("SOL", "ADA", "DOT"), book={"SOL": "6000", "ADA": "3000", "DOT": "1000"}, priors=far)

    (book,), coins = found.book, [asset.slopes[0] for asset in found.assets]
    weights = [asset.weight or 0 for asset in found.assets]
    by_method = {
        method: sum(weight * (beta_of(coin, method) or 0) for weight, coin in zip(weights, coins, strict=True))
        for method in get_args(BetaMethod)
    }
    assert book.slopes.vasicek is not None
    assert book.slopes.vasicek.weight > max(coin.vasicek.weight for coin in coins if coin.vasicek is not None)
    assert 0.3 < by_method["vasicek"] < book.slopes.vasicek.beta < book.slopes.ols.beta
    assert book.slopes.ewma.beta == pytest.approx(by_method["ewma"], rel=1e-9)
    assert book.slopes.ols.beta == pytest.approx(by_method["ols"], rel=1e-9)


def test_a_book_that_is_short_on_balance_is_hedged_by_longs_of_the_same_ratio() -> None:
    """Its returns are a share of its net exposure, so that its beta stays what it is."""
    returns = past("SOL")
    held, owed = (measured(returns, book={"SOL": value}) for value in ("10000", "-10000"))

    assert (held.side, owed.side) == ("short", "long")
    assert held.book == owed.book


def test_exponential_weights_have_no_interval() -> None:
    """So there is nothing to size at its ends; a stressed size there is all the same."""
    (book,) = measured(past("SOL"), book={"SOL": "10000"}, method="ewma").book

    assert book.chosen is not None
    assert book.chosen.ratio == book.slopes.ewma.beta
    assert (book.lowest, book.highest) == (None, None)
    assert book.stressed is not None
    assert book.stressed.ratio == book.slopes.stress.beta


def test_weights_that_saw_no_move_lately_have_no_beta() -> None:
    """An instrument that stood still long enough weighs nothing any more."""
    still: list[float | None] = [0.02, -0.03, 0.01, *[0.0] * 90]
    moved: list[float | None] = [0.03, -0.02, 0.02, *[0.01, -0.01] * 45]
    (book,) = measured({"ALT": moved, "BTC": still}, method="ewma", decay=0.5).book

    assert (book.chosen, book.slopes.ewma.beta) == (None, None)


def test_a_beta_whose_interval_reaches_zero_is_told_and_never_turns_the_side() -> None:
    """The lower end is below 0: no contracts there, and a warning (domain 8.3)."""
    random = np.random.default_rng(3)
    returns = {"ALT": random.normal(0, 0.03, 60).tolist(), "BTC": random.normal(0, 0.03, 60).tolist()}
    found = measured(returns, method="ols")

    (book,) = found.book
    assert book.lowest is not None
    assert book.lowest.ratio < 0
    assert (str(book.lowest.exact_contracts), str(book.lowest.notional)) == ("0", "0")
    assert codes(found)["beta_not_significant"] == ["#/book/0/slopes/ols", "#/assets/0/slopes/0/ols"]


def test_a_beta_that_is_surely_below_zero_is_told_as_one() -> None:
    """That is no doubtful beta: every hedge with it adds risk, and none is sized."""
    returns = past("ALT")
    found = measured({**returns, "ALT": [-(one or 0.0) for one in returns["ALT"]]}, method="ols")

    (book,) = found.book
    assert book.slopes.ols.high < 0
    assert book.chosen is not None
    assert str(book.chosen.contracts) == "0"
    assert book.slopes.r_squared is not None
    assert book.slopes.r_squared > 0.1
    assert (book.removable_variance, book.removable_volatility) == (0, 0)
    assert codes(found) == {"negative_beta": ["#/book/0/slopes/ols", "#/assets/0/slopes/0/ols"]}


def test_coverage_scales_the_contracts_and_not_the_ratio() -> None:
    """Half of the hedge is half of the contracts."""
    whole, half = (measured(past("ALT"), coverage=Coverage(one)).book[0].chosen for one in ("1", "0.5"))

    assert whole is not None
    assert half is not None
    assert half.ratio == whole.ratio
    assert half.exact_contracts * 2 == pytest.approx(whole.exact_contracts, rel=Decimal("1e-12"))


def test_a_size_that_the_venue_does_not_take_is_none() -> None:
    """Below a minimum there is no legal size nearest (domain 1.4), and inverse contracts are sized by their face."""
    dear = linear(min_notional="100000")
    (book,) = measured(past("ALT"), contracts=[(dear, "60000")]).book
    (coin,) = measured(past("ALT"), contracts=[(inverse(), "60000")]).book

    assert book.chosen is not None
    assert str(book.chosen.contracts) == "0"
    assert book.chosen.exact_contracts > 1
    assert coin.chosen is not None
    assert coin.chosen.exact_contracts == pytest.approx(Decimal(repr(coin.chosen.ratio)) * 100, rel=Decimal("1e-12"))


# What is absent


def test_what_has_too_few_intervals_is_null_and_says_so() -> None:
    """Four returns make a line; nothing fell twice, and lags need more."""
    pair = slopes_of([0.01, 0.02, 0.03, 0.01], [0.01, 0.01, 0.02, 0.01])

    assert (pair.downside.beta, pair.downside.absent_reason, pair.downside.observations) == (
        None,
        "too_few_observations",
        0,
    )
    assert pair.upside.absent_reason is None
    assert pair.scholes_williams.absent_reason == "too_few_observations"
    assert pair.dimson.absent_reason == "too_few_observations"
    assert (pair.rolling.windows, pair.rolling.median) == (0, None)


def test_an_instrument_that_repeats_itself_has_no_lagged_slopes() -> None:
    """Up and down by turns: what it did before is what it did after, and 1 + 2 rho is below 0."""
    moves: list[float | None] = [0.01, -0.01] * 10
    pair = slopes_of([0.02, -0.01] * 10, moves)

    assert pair.dimson.absent_reason == "not_independent"
    assert pair.scholes_williams.absent_reason == "unstable_denominator"
    assert pair.scholes_williams.same is not None


def test_an_instrument_that_stood_still_at_one_of_three_times_has_no_lagged_beta() -> None:
    """Its denominator is not to blame: the return before was the same each time, and there is no slope on it."""
    pair = slopes_of([0.02, -0.03, 0.04, 0.01, -0.02], [0.01, 0.01, 0.01, 0.05, -0.02])

    assert (pair.scholes_williams.before, pair.scholes_williams.beta) == (None, None)
    assert pair.scholes_williams.absent_reason == "not_independent"


def test_a_coin_that_never_moved_has_no_correlation() -> None:
    """Its slope is 0, of which nothing can be removed."""
    found = measured({**past(), "ALT": [0.0] * 120}, contracts=BOTH)

    pair = found.assets[0].slopes[0]
    assert (pair.ols.beta, pair.correlation, pair.r_squared) == (0, None, None)
    assert found.book[0].removable_volatility is None
    assert found.assets[0].joint.absent_reason == "never_moved"


def test_a_coin_without_a_known_fall_has_no_stress_beta() -> None:
    """Nothing is sized there."""
    (book,) = measured(past("ALT")).book

    assert (book.stressed, book.slopes.stress.absent_reason) == (None, "unknown")


@pytest.mark.parametrize("book", [{"SOL": "1000", "ADA": "-1000"}, {"USDT": "1000"}])
def test_a_book_without_exposure_has_no_ratio(book: dict[str, str]) -> None:
    """Its coins have theirs."""
    found = measured(past("SOL", "ADA"), book=book, contracts=BOTH)

    assert (found.book, found.joint, found.absent_reason) == ((), None, "no_exposure")
    assert [asset.asset for asset in found.assets] == [asset for asset in book if asset != "USDT"]
    assert all(asset.weight is None for asset in found.assets)
    assert codes(found)["no_exposure"] == ["#/exposure"]


# Two instruments


@pytest.mark.parametrize("missing", [False, True])
def test_two_slopes_are_those_of_one_regression(missing: bool) -> None:
    """By numpy's least squares over the intervals that all three have."""
    returns = past("ALT")
    if missing:
        returns["ALT"][3] = returns["BTC"][5] = returns["ETH"][7] = None
    rows = [row for row in zip(returns["ALT"], returns["BTC"], returns["ETH"], strict=True) if None not in row]
    table = np.array(rows, dtype=np.float64)
    design = np.column_stack([np.ones(len(table)), table[:, 1:]])
    fitted = np.linalg.lstsq(design, table[:, 0], rcond=None)[0]
    explained = 1 - np.var(table[:, 0] - design @ fitted) / np.var(table[:, 0])

    joint = measured(returns, contracts=BOTH).joint

    assert joint is not None
    assert joint.slopes.betas == pytest.approx(fitted[1:], rel=1e-9)
    assert joint.slopes.r_squared == pytest.approx(explained, rel=1e-9)
    assert joint.slopes.observations == len(rows)
    assert [leg.sized.ratio for leg in joint.legs] == list(joint.slopes.betas)
    assert joint.removable_variance == pytest.approx(explained, rel=1e-9)
    assert joint.removable_volatility == pytest.approx(1 - math.sqrt(1 - explained), rel=1e-9)


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.floats(-1, 2), st.floats(-1, 2))
def test_no_hedge_without_longs_leaves_less_variance(seed: int, on_btc: float, on_eth: float) -> None:
    """Against a grid of all pairs of ratios from 0; a leg that would be long is dropped."""
    random = np.random.default_rng(seed)
    btc = random.normal(0, 0.03, 50)
    eth = btc + random.normal(0, 0.02, 50)
    alt = np.clip(on_btc * btc + on_eth * eth + random.normal(0, 0.01, 50), -0.9, 9)
    found = measured({"ALT": alt.tolist(), "BTC": btc.tolist(), "ETH": eth.tolist()}, contracts=BOTH).joint

    assert found is not None
    assert found.removable_variance is not None
    ratios = [leg.sized.ratio for leg in found.legs]
    assert min(ratios) >= 0
    assert [leg.is_dropped for leg in found.legs] == [beta < 0 for beta in found.slopes.betas]
    grid = product(np.linspace(0, 3, 31), repeat=2)
    best = min(float(np.var(alt - one * btc - other * eth)) for one, other in grid)
    left = np.var(alt - ratios[0] * btc - ratios[1] * eth)
    assert left <= best * (1 + 1e-9)
    assert found.removable_variance == pytest.approx(max(0.0, 1 - left / np.var(alt)), abs=1e-9)


def test_two_instruments_that_move_as_one_can_not_be_told_apart() -> None:
    """A correlation above 0.995: one of them hedges alone (domain 2.4)."""
    returns = past("ALT")
    random = np.random.default_rng(5)
    returns["ETH"] = [(one or 0) * 1.1 + float(random.normal(0, 1e-4)) for one in returns["BTC"]]
    found = measured(returns, contracts=BOTH)

    assert found.joint is not None
    assert (found.joint.legs, found.joint.slopes.absent_reason) == ((), "singular_covariance")
    assert (found.joint.removable_variance, found.joint.removable_volatility) == (None, None)
    assert codes(found)["singular_covariance"] == ["#/joint/slopes"]
    assert found.book[0].chosen is not None


def test_three_intervals_are_too_few_for_two_slopes() -> None:
    """They make a line each, and no plane with anything left over."""
    found = measured(
        {"ALT": [0.01, -0.02, 0.03], "BTC": [0.02, -0.02, 0.01], "ETH": [0.01, 0.01, -0.02]}, contracts=BOTH
    )

    assert found.joint is not None
    assert found.joint.slopes.absent_reason == "too_few_observations"
    assert found.book[0].slopes.observations == 3


def test_one_instrument_has_no_joint_slopes() -> None:
    """There is nothing to be joint with."""
    found = measured(past("ALT"))

    assert found.joint is not None
    assert found.joint.slopes.absent_reason == "one_instrument"


# Samples


def test_closes_say_what_their_returns_say() -> None:
    """And an interval of a week has 52 of them a year."""
    closes: dict[str, list[str | None]] = {
        "ALT": ["100", "110", "99", "105", "120", None, "100", "101"],
        "BTC": ["60000", "63000", "60000", "61000", "66000", "65000", "60000", "60500"],
    }
    sent = CloseSeries(
        closes={
            asset: tuple(None if one is None else Price(one) for one in column) for asset, column in closes.items()
        },
        interval_days=7.0,
    )
    alt: list[float | None] = [0.1, 99 / 110 - 1, 105 / 99 - 1, 120 / 105 - 1, None, None, 0.01]
    btc = [63 / 60 - 1, 60 / 63 - 1, 61 / 60 - 1, 66 / 61 - 1, 65 / 66 - 1, 60 / 65 - 1, 605 / 600 - 1]

    by_closes = measured(sent)
    by_returns = measured(series({"ALT": alt, "BTC": btc}, 7.0))
    daily = measured({"ALT": alt, "BTC": btc})

    assert by_closes.book[0].slopes.ols.beta == pytest.approx(by_returns.book[0].slopes.ols.beta, rel=1e-12)
    assert by_closes.book[0].slopes.observations == 5
    assert by_closes.book[0].slopes.volatility * math.sqrt(7) == pytest.approx(daily.book[0].slopes.volatility)


def test_prices_that_stand_still_count_as_missing() -> None:
    """Three equal closes running were no trades (domain 2.3)."""
    sent = CloseSeries(
        closes={
            "ALT": tuple(map(Price, ("1", "2", "2", "2", "3", "2", "3"))),
            "BTC": tuple(map(Price, ("1", "2", "3", "2", "3", "1", "2"))),
        }
    )

    assert measured(sent).assets[0].slopes[0].observations == 4


# What is refused


@pytest.mark.parametrize(
    ("returns", "options", "error", "path"),
    [
        ({"ALT": [0.1, None, 0.2], "BTC": [0.1, 0.2, 0.1]}, {}, TooFewObservationsError, ("series",)),
        ({"ALT": [0.1, 0.2, 0.3], "BTC": [0.1, 0.1, 0.1]}, {}, ZeroVarianceError, ("series",)),
        ({"BTC": [0.1, 0.2, 0.3]}, {}, InconsistentQuestionError, ("series", "returns")),
        ({"ALT": [0.1, 0.2, 0.3], "BTC": [0.1] * 4}, {}, InconsistentQuestionError, ("series", "returns", "BTC")),
        (past("ALT"), {"largest": Decimal(5000)}, SizeOutOfRangeError, ("holdings",)),
        (
            past("ALT"),
            {"contracts": [(linear(), "60000"), (linear(symbol="BTC-0626"), "61000")]},
            InconsistentQuestionError,
            ("instruments", 1, "contract"),
        ),
        ({"BTC": [0.1, 0.2, None]}, {"book": {"USDT": "1000"}}, TooFewObservationsError, ("series",)),
        ({"BTC": [0.1, 0.1, 0.1]}, {"book": {"USDT": "1000"}}, ZeroVarianceError, ("series",)),
        (
            past("ALT"),
            {
                "contracts": [BOTH[0], (linear(**ETH_MINI | {"symbol": "MINI"}), "2500")],
                "book": {"ALT": "9", "MINI": "1"},
            },
            InconsistentContractError,
            ("instruments", 1, "contract", "symbol"),
        ),
        (
            past("ALT"),
            {"contracts": [(linear(underlying="DOGE"), "60000")]},
            InconsistentQuestionError,
            ("priors",),
        ),
        (past("ALT"), {"priors": {"ALT": Prior(mean=1.4, spread=0.1)}}, InconsistentQuestionError, ("priors", "ALT")),
        (
            past("ALT"),
            {"contracts": [BOTH[0], (linear(**ETH_MINI, min_quantity="2", max_quantity="1"), "2500")]},
            HedgingError,
            ("instruments", 1, "contract", "min_quantity"),
        ),
    ],
)
def test_what_has_no_answer_is_refused_at_its_place(
    returns: dict[str, Any], options: dict[str, Any], error: type[HedgingError], path: tuple[str | int, ...]
) -> None:
    """Each with the place in the question that stands in the way."""
    with pytest.raises(error) as raised:
        measured(returns, **options)

    assert raised.value.faults[0].path == path


def test_odd_prices_of_a_contract_are_told_at_their_own_place() -> None:
    """A future far from its spot, one about to expire, and a price that nobody needs."""
    contracts = [BOTH[0], (linear(**ETH_MINI, expiry="2026-01-03T00:00:00Z"), "2500")]
    prices = {"ETH": "3500", "DOGE": "0.1"}
    found = measured(past("ALT"), contracts=contracts, prices=prices, largest=CEILING)

    told = codes(found)
    assert told["expiry_near"] == ["#/instruments/1/contract/expiry"]
    assert told["basis_implausible"] == ["#/instruments/1/futures_price"]
    assert told["unused_prices"] == ["#/prices"]


# For all


rows = st.lists(st.tuples(*[st.none() | st.floats(-1, 100, allow_subnormal=False)] * 3), min_size=3, max_size=40)


@settings(max_examples=150)
@given(rows, st.sampled_from(["vasicek", "ols", "ewma"]), st.floats(0.5, 0.999), st.floats(0.5, 0.9999))
def test_every_number_is_finite_or_null(
    drawn: list[tuple[float | None, ...]], method: str, confidence: float, decay: float
) -> None:
    """Whatever the returns, it is an answer without NaN or a refusal that says why (domain 9.25)."""
    alt, btc, eth = (list(column) for column in zip(*drawn, strict=True))
    try:
        found = measured(
            {"ALT": alt, "BTC": btc, "ETH": eth},
            contracts=BOTH,
            method=method,
            confidence=confidence,
            decay=decay,
            rolling_intervals=3,
        )
    except (TooFewObservationsError, ZeroVarianceError, SizeOutOfRangeError):
        return
    for number in _numbers(msgspec.to_builtins(found, enc_hook=str)):
        assert math.isfinite(number)


def _numbers(value: object) -> list[float]:
    if isinstance(value, dict):
        return [number for one in value.values() for number in _numbers(one)]
    if isinstance(value, list | tuple):
        return [number for one in value for number in _numbers(one)]
    return [value] if isinstance(value, float) else []


# What was reckoned from closes of the past


@needs_history
@pytest.mark.parametrize("year", ["2021", "2022", "full"])
def test_ratios_of_a_basket_of_the_past_come_out(year: str) -> None:
    """Equal weights of SOL, ADA and DOT on BTC, on ETH and on both, to six digits."""
    stated = golden()["basket_hedge"][year]
    first, last = ("2020-08-19", "2022-09-25") if year == "full" else (f"{year}-01-01", f"{year}-12-31")
    last = min(last, "2022-09-25")
    coins = ("SOL", "ADA", "DOT")
    returns = {name: daily_returns(name, first, last) for name in (*coins, "BTC", "ETH")}

    found = measured(returns, book=dict.fromkeys(coins, "1000"), contracts=BOTH)

    btc, eth = (one.slopes for one in found.book)
    assert (btc.ols.beta, btc.r_squared) == pytest.approx((stated["h_star"], stated["R2"]), abs=1e-6)
    assert (eth.ols.beta, eth.r_squared) == pytest.approx((stated["h_star_eth"], stated["R2_eth"]), abs=1e-6)
    assert btc.observations == stated["n"]
    assert btc.volatility == pytest.approx(stated["vol_ann_unhedged"], abs=1e-6)
    assert found.joint is not None
    assert found.joint.slopes.betas == pytest.approx(stated["h_btc_eth"], abs=1e-6)
    assert found.joint.slopes.r_squared == pytest.approx(stated["R2_btc_eth"], abs=1e-6)
