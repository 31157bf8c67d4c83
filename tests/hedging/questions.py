"""Every question that the request types allow, extremes first: what properties are tried on."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from service.hedging.costs.holding_cost import Desk
from service.hedging.costs.instruments import Instrument
from service.hedging.term_structure.convergence import Close, Projection
from service.hedging.term_structure.pairs import Pair
from service.hedging.units import AnnualRate, Instant, Move
from tests.hedging.build import instrument, pair

LAST = Instant.parse("2199-12-31T23:59:59.999999Z")
CLOSEST_TO_ONE = "0.999999999999999999"


def _decimals(least: str, most: str, *named: str) -> st.SearchStrategy[str]:
    """Draw a decimal of at most 18 places, often one of those that are named."""
    some = st.decimals(Decimal(least), Decimal(most), places=18, allow_nan=False, allow_infinity=False)
    return st.sampled_from(named) | some.map(lambda value: f"{value:f}")


_SMALLEST = "0.000000000000000001"
prices = _decimals(_SMALLEST, "999999999999999", _SMALLEST, "0.00001234", "1", "60000", "61200", "999999999999999.9")
funding_rates = _decimals(
    "-" + CLOSEST_TO_ONE, CLOSEST_TO_ONE, "0", "0.0001", "-0.0003", "0.999", "-0.999", "-" + CLOSEST_TO_ONE
)
fees = _decimals("-" + CLOSEST_TO_ONE, CLOSEST_TO_ONE, "0", "0.0005", "-0.00025", CLOSEST_TO_ONE)
spreads = _decimals("0", CLOSEST_TO_ONE, "0", "0.0001", CLOSEST_TO_ONE)
hours = st.sampled_from([1, 2, 4, 7, 8, 24])
times = st.sampled_from(
    [
        Instant.parse("1970-01-01T00:00:00Z"),
        Instant.parse("2026-01-02T03:04:05Z"),
        Instant.parse("2198-12-30T23:00:00Z"),
    ]
) | st.datetimes(datetime(1970, 1, 1), datetime(2198, 12, 30), timezones=st.just(UTC)).map(Instant.of)  # noqa: DTZ001
processes = st.builds(
    lambda mean, persistence, volatility: {"mean_rate": mean, "persistence": persistence, "volatility": volatility},
    st.sampled_from([-1.0, 0.0, 0.0001, 1.0]) | st.floats(-1, 1),
    st.sampled_from([-0.99, 0.0, 5e-324, 0.9, 0.99]) | st.floats(-0.99, 0.99),
    st.sampled_from([0.0, 0.00006, 1.0]) | st.floats(0, 1),
)
past_payments = st.lists(st.sampled_from([-1.0, 0.0, 1e-200, 0.0001, 1.0]) | st.floats(-1, 1), min_size=3, max_size=12)
spans = st.sampled_from([timedelta(microseconds=1), timedelta(minutes=15), timedelta(days=1), timedelta(days=90)])


@st.composite
def expiries(draw: st.DrawFn, as_of: Instant) -> Instant:
    """Draw a moment of settlement: a microsecond from now, in 2199, or between."""
    latest = LAST - as_of
    ahead = draw(spans | st.just(latest) | st.timedeltas(timedelta(microseconds=1), latest))
    return Instant.of(as_of + min(ahead, latest))


@st.composite
def terms(draw: st.DrawFn, as_of: Instant, *, expires: bool) -> dict[str, Any]:
    """Draw the terms of a pair that make sense together."""
    bid, ask = sorted((draw(prices), draw(prices)), key=Decimal)
    found: dict[str, Any] = {
        "spot_price": draw(prices),
        "futures_price": draw(prices),
        "futures_bid": draw(st.none() | st.just(bid)),
        "futures_ask": draw(st.none() | st.just(ask)),
    }
    if expires:
        return found | {"expiry": str(draw(expiries(as_of)))}
    interval = draw(st.none() | hours)
    next_at = draw(st.none() | times)
    return found | {
        "funding_rate": None if interval is None else draw(st.none() | funding_rates),
        "funding_interval_hours": interval,
        "next_funding_at": None if next_at is None else str(next_at),
    }


@st.composite
def pairs(draw: st.DrawFn, as_of: Instant) -> Pair:
    """Draw a pair."""
    return pair(**draw(terms(as_of, expires=draw(st.booleans()))))


@st.composite
def instruments(draw: st.DrawFn, as_of: Instant, name: str) -> Instrument:
    """Draw something to be held."""
    expires = draw(st.booleans())
    costs: dict[str, Any] = {
        "taker_fee_rate": draw(st.none() | fees),
        "half_spread_rate": draw(st.none() | spreads),
        "settlement_fee_rate": draw(fees),
    }
    known = draw(st.sampled_from(["nothing"] if expires else ["nothing", "process", "past"]))
    costs["funding_process"] = draw(processes) if known == "process" else None
    costs["past_funding"] = draw(past_payments) if known == "past" else None
    return instrument(symbol=name, **draw(terms(as_of, expires=expires)), **costs)


@st.composite
def desks(draw: st.DrawFn, as_of: Instant) -> Desk:
    """Draw what is to be held."""
    volatilities = st.sampled_from([0.0, 0.06, 10.0])
    return Desk(
        as_of=as_of,
        notional=Decimal(draw(_decimals(_SMALLEST, "999999999999999", _SMALLEST, "10000", "999999999999999"))),
        side=draw(st.sampled_from(["short", "long"])),
        margin_rate=Decimal(draw(_decimals(_SMALLEST, "1", _SMALLEST, "0.2", "1"))),
        capital_cost_rate=Decimal(draw(_decimals("-9", "9", "0", "0.05", "9.999999999999999999"))),
        slippage_rate=Decimal(draw(spreads)),
        roll_lead_days=draw(st.sampled_from([0.0, 2.0, 30.0]) | st.floats(0, 30)),
        carry_volatility=draw(volatilities),
        spot_volatility=draw(volatilities),
    )


@st.composite
def closes(draw: st.DrawFn, as_of: Instant) -> Close:
    """Draw a close before expiry."""
    rate = draw(st.none() | _decimals("-9", "9", "9.999999999999999999", "-9.999999999999999999"))
    return Close(
        at=draw(expiries(as_of)),
        spot_move=Move(draw(_decimals("-0.9", "9", "-" + CLOSEST_TO_ONE, "9.999999999999999999"))),
        annualized_basis_rate_continuous=None if rate is None else AnnualRate(rate),
    )


projections = st.builds(
    Projection,
    points=st.sampled_from([0, 1, 4, 60]),
    carry_volatility=st.sampled_from([0.0, 0.06, 10.0]),
    spot_volatility=st.sampled_from([0.0, 0.6, 10.0]),
)
past_values = st.lists(
    st.none() | st.sampled_from([-10.0, 0.0, 0.1, 10.0]) | st.floats(-10, 10), min_size=3, max_size=9
)
