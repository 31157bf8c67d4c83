"""What a future means now for a short that hedges with it, and whether that has changed since.

Law: what expires earns a short its basis, a perpetual its funding, and neither is taken for the other. What time alone
moves is no change.
"""

from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Meta, Struct

from service.hedging.rates import days_between
from service.hedging.term_structure.funding import annualize_funding
from service.hedging.term_structure.pairs import AnnualRates, Pair, annualize_basis
from service.hedging.units import Exact, FundingRate, Instant, Money, Price, Share, exactly

Verdict = Literal["earns", "pays", "neutral"]


class Reading(Struct, frozen=True, kw_only=True):
    """One future against its spot at one time, and what it means for a short."""

    symbol: Annotated[str, Meta(description="As the exchange writes it.", examples=["BTCUSDT"], max_length=40)]
    kind: Annotated[Literal["perpetual", "future"], Meta(description="`future`: one that expires.")]
    spot_price: Annotated[
        Price, Meta(description="Price of the underlying: of as many units as the future is quoted for.")
    ]
    futures_price: Annotated[Price, Meta(description="Mark price of the future.", examples=["61200"])]
    basis: Annotated[Money, Meta(description="Futures - spot.", examples=["1200"])]
    basis_rate: Annotated[Share, Meta(description="basis / spot.", examples=["0.02"])]
    annualized_basis_rate: Annotated[
        Share | None,
        Meta(
            description="Simple, basis_rate x 365 / days; null for a perpetual, on the last day, and for prices that "
            "can't be of one asset.",
            examples=["0.08111111"],
        ),
    ]
    annualized_funding_rate: Annotated[
        Share | None,
        Meta(description="Simple, by its own interval; null where no funding is known.", examples=["0.1095"]),
    ]
    funding_rate: Annotated[
        FundingRate | None,
        Meta(
            description="Rate per interval that is paid at next_funding_at: positive, longs pay and a short receives; "
            "null for what expires and where unknown."
        ),
    ]
    funding_interval_hours: Annotated[
        Annotated[int, Meta(ge=1, le=1000)] | None,
        Meta(description="Hours between two payments; null where unknown.", examples=[8]),
    ]
    next_funding_at: Annotated[Instant | None, Meta(description="Next payment; null where unknown.")]
    days_to_expiry: Annotated[
        Annotated[float, Meta(ge=0)] | None, Meta(description="Null for a perpetual.", examples=[90.0])
    ]
    verdict: Annotated[
        Verdict,
        Meta(
            description="For a short: `earns` or `pays` the basis of what expires, the funding of a perpetual; "
            "`neutral` where that is 0 or unknown."
        ),
    ]
    reason: Annotated[
        str,
        Meta(
            description="The verdict in a sentence, with its numbers.",
            examples=["A short receives funding of 0.01 % every 8 hours, 10.95 % a year if it stays"],
            max_length=300,
        ),
    ]


@exactly
def read_basis(pair: Pair, as_of: Instant) -> Reading:
    """Read what a future means for a short.

    Args:
        pair: the future and its spot price.
        as_of: time of the question.
    """
    rates = annualize_basis(pair, as_of)
    annual = Share.of(rates.simple) if isinstance(rates, AnnualRates) else None
    verdict, reason = _judge_funding(pair) if pair.expiry is None else _judge_basis(pair, pair.expiry, annual)
    return Reading(
        symbol=pair.symbol,
        kind="perpetual" if pair.expiry is None else "future",
        spot_price=pair.spot_price,
        futures_price=pair.futures_price,
        basis=Money.of(pair.basis),
        basis_rate=Share.of(pair.basis_rate),
        annualized_basis_rate=annual,
        annualized_funding_rate=_annualize_funding(pair),
        funding_rate=pair.funding_rate,
        funding_interval_hours=pair.funding_interval_hours,
        next_funding_at=pair.next_funding_at,
        days_to_expiry=None if pair.expiry is None else max(0.0, float(days_between(as_of, pair.expiry))),
        verdict=verdict,
        reason=reason,
    )


def identify(reading: Reading) -> tuple[object, ...]:
    """Name the figures that make it another reading; the others follow from them and from the time."""
    return (
        reading.symbol,
        reading.spot_price,
        reading.futures_price,
        reading.funding_rate,
        reading.funding_interval_hours,
        reading.next_funding_at,
        reading.annualized_basis_rate is None,
    )


@exactly
def has_moved(before: Reading, after: Reading, least: Decimal) -> bool:
    """Tell whether a future has moved enough to be told of again.

    Args:
        before: what was told last.
        after: what is now.
        least: change from which it has, of the basis rate, of the funding rate, or of one of both a year; 0 for any
            figure that time alone does not move.
    """
    if not least:
        return identify(before) != identify(after)
    return any(_is_apart(one, other, least) for one, other in zip(_rates(before), _rates(after), strict=True))


def _rates(reading: Reading) -> tuple[Decimal | None, ...]:
    return (
        reading.basis_rate,
        reading.annualized_basis_rate,
        reading.funding_rate,
        reading.annualized_funding_rate,
    )


def _is_apart(one: Decimal | None, other: Decimal | None, least: Decimal) -> bool:
    """Tell whether two rates differ by so much, or only one of them is known."""
    if one is None or other is None:
        return one is not other
    return abs(one - other) >= least


def _annualize_funding(pair: Pair) -> Share | None:
    if pair.funding_rate is None or pair.funding_interval_hours is None:
        return None
    return Share.of(annualize_funding(pair.funding_rate, pair.funding_interval_hours))


def _judge_basis(pair: Pair, expiry: Instant, annual: Decimal | None) -> tuple[Verdict, str]:
    """Judge what expires: its basis is gone then, to the good of the short or of the long."""
    rate = Share.of(pair.basis_rate)
    day = str(expiry)[:10]
    if not rate:
        return "neutral", f"The future costs what spot costs: a short held to {day} neither earns nor pays"
    yearly = "" if annual is None else f", {_percent(annual)} a year"
    if rate > 0:
        return "earns", f"The future costs {_percent(rate)} more than spot: a short held to {day} earns it{yearly}"
    return "pays", f"The future costs {_percent(rate)} less than spot: a short held to {day} pays it{yearly}"


def _judge_funding(pair: Pair) -> tuple[Verdict, str]:
    """Judge a perpetual: its basis need not go, its funding is paid."""
    annual = _annualize_funding(pair)
    if annual is None or pair.funding_rate is None:
        return "neutral", "No funding rate is known: whether a short earns or pays can't be told"
    if not pair.funding_rate:
        return "neutral", "Funding is 0: a short neither receives nor pays it"
    every = "every hour" if pair.funding_interval_hours == 1 else f"every {pair.funding_interval_hours} hours"
    terms = f"funding of {_percent(pair.funding_rate)} {every}, {_percent(annual)} a year if it stays"
    return ("earns", f"A short receives {terms}") if pair.funding_rate > 0 else ("pays", f"A short pays {terms}")


def _percent(rate: Decimal) -> str:
    """Write the size of a rate, with more digits the smaller it is; the words around it say which way it goes."""
    size = abs(rate) * 100
    places = 2 if size >= 1 else 4 if size >= Decimal("0.01") else 6
    return f"{Exact(round(size, places))} %"
