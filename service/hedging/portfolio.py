"""The book to be hedged: what each holding is worth and how much of the market it carries.

Law: exposures are signed, and a stablecoin at its peg is money, not exposure.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Literal, NamedTuple

from msgspec import Meta, Struct
from msgspec.structs import replace

from service.hedging.cautions import Caution, caution
from service.hedging.errors import BetaConflictError, BetaMissingError, Fault, PriceMissingError
from service.hedging.units import Asset, Beta, Exact, Money, Price, Quantity, Share, exactly

STABLECOINS = frozenset(
    {"BUSD", "CRVUSD", "DAI", "FDUSD", "FRAX", "GHO", "GUSD", "LUSD", "PYUSD", "RLUSD", "TUSD", "USD"}
    | {"USD1", "USDC", "USDD", "USDE", "USDG", "USDP", "USDS", "USDT", "USDX"}
)
PEG_TOLERANCE = Decimal("0.02")
LEAST_NET_SHARE = Decimal("0.2")
"""Of longs and shorts together; what is left of a book that cancels further is a small number to divide by."""

_ZERO = Decimal(0)

Weighting = Literal["value", "beta"]


class Holding(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Units of one asset in the book."""

    asset: Asset
    quantity: Annotated[Quantity, Meta(description="Units held; negative for a short holding, 0 for a dead coin.")]
    beta: Annotated[
        Beta | None,
        Meta(
            description="Beta to the contract's underlying, for weighting `beta`; absent, the underlying itself has 1.",
            examples=[1.2],
        ),
    ] = None


class ValuedHolding(Struct, frozen=True, kw_only=True):
    """One holding with what it is worth and what it adds to the exposure."""

    asset: Asset
    quantity: Annotated[Exact, Meta(description="Units held, duplicates added up.", examples=["40"])]
    price: Annotated[Price, Meta(description="Spot price used.", examples=["150"])]
    value: Annotated[Money, Meta(description="quantity x price in the quote currency.", examples=["6000"])]
    exposure: Annotated[
        Money, Meta(description="Value at risk: `value`, or 0 for a stablecoin at its peg.", examples=["6000"])
    ]
    weight: Annotated[
        Share | None,
        Meta(description="Share of the net exposure; null where the net exposure is 0."),
    ]
    beta: Annotated[Beta, Meta(description="Beta used: 1 when weighting by value.")]
    beta_exposure: Annotated[Money, Meta(description="beta x exposure.", examples=["6000"])]
    kind: Annotated[
        Literal["risky", "stablecoin"],
        Meta(description="A stablecoin within 2 % of its peg is money and not hedged; beyond that it is risky."),
    ]


class Book(NamedTuple):
    """A valued portfolio; amounts in the quote currency, unrounded."""

    holdings: tuple[ValuedHolding, ...]
    net_value: Decimal
    gross_value: Decimal
    """Sum of the absolute values, stablecoins included."""
    exposure: Decimal
    """Net signed value of all but pegged stablecoins: V."""
    beta_exposure: Decimal
    """Sum of beta x exposure: beta_P x V."""
    cautions: tuple[Caution, ...]


class _Merged(Struct, frozen=True):
    asset: str
    position: int
    quantity: Exact
    beta: float | None
    times: int


class _Valued(Struct, frozen=True):
    merged: _Merged
    price: Price
    value: Decimal
    exposure: Decimal
    beta: float
    beta_exposure: Decimal


@exactly
def value_portfolio(
    holdings: Sequence[Holding], prices: Mapping[str, Price], *, weighting: Weighting, underlying: str
) -> Book:
    """Value a book and weigh it.

    Args:
        holdings: the book; one asset held twice counts once, with the quantities added.
        prices: spot price by asset code, all in one quote currency, complete (see `require_prices`).
        weighting: `value` gives every asset beta 1; `beta` uses the betas of the holdings.
        underlying: the asset whose beta is 1 where none is given.

    Raises:
        BetaConflictError: for every asset held twice with different betas.
        BetaMissingError: for every risky asset without a beta when weighting by beta.
    """
    merged = _merge(holdings)
    pegged = {line.asset for line in merged if is_pegged(line.asset, prices[line.asset])}
    if weighting == "beta":
        _require_betas(merged, exempt=pegged | {underlying})
    valued = [_value(line, prices[line.asset], weighting=weighting, pegged=line.asset in pegged) for line in merged]
    exposure = sum((line.exposure for line in valued), _ZERO)
    return Book(
        holdings=tuple(_report(line, exposure, pegged) for line in valued),
        net_value=sum((line.value for line in valued), _ZERO),
        gross_value=sum((abs(line.value) for line in valued), _ZERO),
        exposure=exposure,
        beta_exposure=sum((line.beta_exposure for line in valued), _ZERO),
        cautions=(
            *_book_cautions(valued, pegged),
            *_warn_of_netting(valued, exposure),
            *_beta_cautions(valued, weighting, underlying),
        ),
    )


def require_prices(names: Iterable[str], prices: Mapping[str, Decimal]) -> None:
    """Raise `PriceMissingError` with every name that has no price."""
    missing = [name for name in dict.fromkeys(names) if name not in prices]
    if missing:
        raise PriceMissingError(
            *(Fault(("prices", name), f"No price for {name}: add it to prices") for name in missing)
        )


def is_pegged(asset: str, price: Decimal) -> bool:
    """Tell whether the asset is a known stablecoin within 2 % of its peg."""
    return asset in STABLECOINS and abs(price - 1) <= PEG_TOLERANCE


def _merge(holdings: Sequence[Holding]) -> list[_Merged]:
    merged: dict[str, _Merged] = {}
    conflicts = []
    for position, holding in enumerate(holdings):
        known = merged.get(holding.asset)
        if known is None:
            merged[holding.asset] = _Merged(holding.asset, position, holding.quantity, holding.beta, 1)
            continue
        if known.beta is not None and holding.beta is not None and known.beta != holding.beta:
            detail = f"{holding.asset} is held twice, with beta {known.beta} and with beta {holding.beta}"
            conflicts.append(Fault(("holdings", position, "beta"), detail))
        merged[holding.asset] = replace(
            known,
            quantity=Exact(known.quantity + holding.quantity),
            beta=known.beta if holding.beta is None else holding.beta,
            times=known.times + 1,
        )
    if conflicts:
        raise BetaConflictError(*conflicts)
    return list(merged.values())


def _require_betas(merged: Iterable[_Merged], *, exempt: set[str]) -> None:
    missing = [line for line in merged if line.beta is None and line.asset not in exempt]
    if missing:
        hint = "add it, or weight by value"
        faults = (Fault(("holdings", line.position, "beta"), f"No beta for {line.asset}: {hint}") for line in missing)
        raise BetaMissingError(*faults)


def _value(merged: _Merged, price: Price, *, weighting: Weighting, pegged: bool) -> _Valued:
    value = merged.quantity * price
    exposure = _ZERO if pegged else value
    beta = 1.0 if weighting == "value" or merged.beta is None else merged.beta
    beta_exposure = exposure if beta == 1 else exposure * exact_beta(beta)
    return _Valued(merged, price, value, exposure, beta, beta_exposure)


@exactly
def exact_beta(beta: float) -> Decimal:
    """Take the decimal that the number prints as, to 18 fractional digits, without a float's binary tail."""
    return round(Decimal(repr(beta)), 18)


def _report(line: _Valued, total: Decimal, pegged: set[str]) -> ValuedHolding:
    value = Money.of(line.value)  # most often all three are one number, rounded once
    exposure = value if line.exposure is line.value else Money.of(line.exposure)
    return ValuedHolding(
        asset=line.merged.asset,
        quantity=line.merged.quantity,
        price=line.price,
        value=value,
        exposure=exposure,
        weight=Share.of(line.exposure / total) if total else None,
        beta=line.beta,
        beta_exposure=exposure if line.beta_exposure is line.exposure else Money.of(line.beta_exposure),
        kind="stablecoin" if line.merged.asset in pegged else "risky",
    )


def _book_cautions(valued: Iterable[_Valued], pegged: set[str]) -> Iterator[Caution]:
    for index, line in enumerate(valued):
        asset = line.merged.asset
        if line.merged.times > 1:
            detail = f"{asset} was sent {line.merged.times} times and counts once, with the quantities added"
            yield caution("duplicates_merged", detail, "holdings", index)
        if asset in STABLECOINS and asset not in pegged:
            detail = (
                f"{asset} at {line.price} is more than 2 % off its peg, if prices are in dollars, and counts as risky"
            )
            yield caution("depeg", detail, "prices", asset)
        if asset not in STABLECOINS and ("USD" in asset or "EUR" in asset):
            detail = (
                f"{asset} looks like a stablecoin and is hedged as a risky asset: leave it out if it is money to you"
            )
            yield caution("looks_like_stablecoin", detail, "holdings", index)


def _warn_of_netting(valued: Sequence[_Valued], exposure: Decimal) -> Iterator[Caution]:
    gross = sum((abs(line.exposure) for line in valued), _ZERO)
    if exposure and abs(exposure) < LEAST_NET_SHARE * gross:
        detail = (
            f"Longs and shorts cancel to {Money.of(exposure)} of {Money.of(gross)}: weights, ratios and coverages are "
            "of that small rest, and a move of one coin against another changes it by much"
        )
        yield caution("longs_offset_shorts", detail, "holdings")


def warn_unweighted(book: Book) -> Iterator[Caution]:
    """Say what is odd about a book in a question without a weighting: betas that are sent have no say in it."""
    for note in book.cautions:
        if note.code == "beta_ignored":
            yield caution("beta_ignored", "Betas of holdings are not used: how they move is measured", "holdings")
        else:
            yield note


def _beta_cautions(valued: Sequence[_Valued], weighting: Weighting, underlying: str) -> Iterator[Caution]:
    given = [(index, line) for index, line in enumerate(valued) if line.merged.beta is not None]
    if weighting == "value":
        if given:
            detail = f"Weighting by value takes every beta as 1; betas sent and not used: {len(given)}"
            yield caution("beta_ignored", detail, "weighting")
        return
    for index, line in given:
        if line.merged.asset == underlying and line.beta != 1:
            detail = f"{underlying} is what the contract follows, and its beta was sent as {line.beta} instead of 1"
            yield caution("own_beta", detail, "holdings", index)
