"""Short ways to ask how much of a book to hedge."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from service.hedging.contracts import Contract
from service.hedging.costs.hedge_cost import Outlook
from service.hedging.coverage import CoverageAnswer, CoverageQuestion, Posted, assess_coverage
from service.hedging.coverages.book_risk import AssumedRisk, BookReturns
from service.hedging.coverages.choice import Aims
from service.hedging.setting import Setting, lay_out
from service.hedging.units import Amount, AnnualRate, Coverage, FeeRate, FundingRate, Leverage, Price
from tests.hedging.build import NOW, holding, linear

TERMS = {"initial_margin_rate": "0.05", "maintenance_margin_rate": "0.004", "taker_fee_rate": "0.0005"}


def laid(
    book: Mapping[str, tuple[str, float]] | None = None, contract: Contract | None = None, price: str = "60000"
) -> Setting:
    """Lay out a book, given as value and beta by asset: every price is 1. Unasked, 10,000 of beta 1.1."""
    held, hedge = book or {"SOL": ("10000", 1.1)}, contract or linear(**TERMS)
    return lay_out(
        holdings=[holding(asset, value, beta) for asset, (value, beta) in held.items()],
        contract=hedge,
        prices={**dict.fromkeys(held, Price("1")), hedge.symbol: Price(price)},
        weighting="beta",
        as_of=NOW,
    )


def outlook(**terms: Any) -> Outlook:
    """Make an outlook of 30 days without a view, with the rates that are given as texts."""
    words: dict[str, Any] = {"cost_rate": AnnualRate, "funding_rate": FundingRate, "fee_rate": FeeRate}
    given: dict[str, Any] = {name: words[name](value) if name in words else value for name, value in terms.items()}
    return Outlook(**{"horizon_days": 30.0, "expected_drift": 0.0, **dict.fromkeys(words), **given})


def question(
    *,
    coverages: Sequence[str] = ("0", "0.25", "0.5", "0.75", "1"),
    chosen: str | None = None,
    wallet: str | None = None,
    leverage: str | None = None,
    **terms: Any,
) -> CoverageQuestion:
    """Ask as a caller does who leaves everything else out."""
    posted = Posted(
        wallet_balance=None if wallet is None else Amount(wallet),
        leverage=None if leverage is None else Leverage(leverage),
    )
    defaults: dict[str, Any] = {
        "risk": AssumedRisk(),
        "outlook": outlook(),
        "aims": Aims(terms.pop("risk_aversion", 3.0), terms.pop("target_volatility", None)),
        "confidence": 0.95,
        "max_probability": 0.01,
        "posted": posted,
    }
    return CoverageQuestion(
        tuple(map(Coverage, coverages)), None if chosen is None else Coverage(chosen), **{**defaults, **terms}
    )


def assessed(setting: Setting | None = None, *, largest: str = "1E12", **terms: Any) -> CoverageAnswer:
    """Ask and answer."""
    return assess_coverage(setting or laid(), question(**terms), largest_notional=Decimal(largest))


def returns(portfolio: Sequence[float | None], futures: Sequence[float | None], periods: float = 365.0) -> BookReturns:
    """Make a risk of returns."""
    return BookReturns(portfolio=tuple(portfolio), futures=tuple(futures), periods_per_year=periods)
