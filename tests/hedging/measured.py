"""Short ways to ask for the hedge ratios of a book."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from service.hedging.contracts import Contract
from service.hedging.estimation.ratios import Aim, HedgeRatios, check_aim, plan_ratios
from service.hedging.estimation.slopes import PairSlopes
from service.hedging.hedge_ratio import measure_ratios
from service.hedging.risk.samples import ReturnSeries, SentSeries
from service.hedging.setting import Quoted, lay_out_each
from service.hedging.units import Coverage, Price
from tests.hedging.build import NOW, holding, linear

CEILING = Decimal("1E12")
ETH_MINI = {"symbol": "ETH-MINI", "underlying": "ETH", "multiplier": "1"}
Returns = Mapping[str, Sequence[float | None]]


def series(returns: Returns, interval_days: float = 1.0) -> ReturnSeries:
    """Send returns."""
    return ReturnSeries(
        returns={asset: tuple(column) for asset, column in returns.items()}, interval_days=interval_days
    )


def measured(
    past: Returns | SentSeries,
    *,
    book: Mapping[str, str] | None = None,
    contracts: Sequence[tuple[Contract, str]] | None = None,
    largest: Decimal = CEILING,
    prices: Mapping[str, str] | None = None,
    **aim: Any,
) -> HedgeRatios:
    """Measure a book, given as value by asset: every price is 1. Unasked, 10,000 of ALT in contracts of 6,000."""
    asked = Aim(
        **{
            "method": "vasicek",
            "coverage": Coverage("1"),
            "confidence": 0.95,
            "priors": {},
            "decay": 0.94,
            "rolling_intervals": 30,
            **aim,
        }
    )
    legs = contracts or [(linear(), "60000")]
    quoted = [
        Quoted(contract, Price(price), ("instruments", place, "contract"))
        for place, (contract, price) in enumerate(legs)
    ]
    book = book or {"ALT": "10000"}
    settings = lay_out_each(
        quoted,
        holdings=[holding(asset, value) for asset, value in book.items()],
        prices={**dict.fromkeys(book, Price("1")), **{name: Price(one) for name, one in (prices or {}).items()}},
        as_of=NOW,
    )
    sent = series(past) if isinstance(past, Mapping) else past
    return measure_ratios(
        plan_ratios(settings, sent, aim=asked, priors=check_aim(quoted, asked)), largest_notional=largest
    )


def slopes_of(alt: Sequence[float | None], btc: Sequence[float | None], **aim: Any) -> PairSlopes:
    """Measure one coin on one instrument."""
    return measured({"ALT": alt, "BTC": btc}, **aim).assets[0].slopes[0]
