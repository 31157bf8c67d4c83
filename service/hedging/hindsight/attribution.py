"""Where the result of a hedge that is over came from: beta, the coins' own movement, basis, rounding, funding and fees.

Law: exact decimals, and the parts add up to the total to the last digit, across and down. The totals are rounded
first; then the coins' own movement is what beta leaves of the book's result, and the basis is what beta and rounding
leave of the hedge's.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Annotated, Literal, NamedTuple

from msgspec import Meta, Struct

from service.hedging.cautions import Caution, caution
from service.hedging.contracts import Contract, check_terms, quote_profit, unit_notional
from service.hedging.errors import Fault, HedgingError, InconsistentQuestionError
from service.hedging.portfolio import Book, exact_beta
from service.hedging.term_structure.pairs import LARGEST_BASIS_RATE
from service.hedging.units import (
    Asset,
    Beta,
    Contracts,
    Coverage,
    Money,
    Price,
    Quantity,
    Share,
    SignedAmount,
    Size,
    exactly,
)

PartName = Literal["beta", "residual", "basis", "rounding", "funding", "fees"]
BetaSource = Literal["given", "regression"]
_ZERO = Decimal(0)
_ALIKE = Decimal("0.01")


class HeldAsset(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Units of an asset that were held all the time."""

    asset: Asset
    quantity: Annotated[Quantity, Meta(description="Units held; negative for a short holding.")]
    start_price: Annotated[Price, Meta(description="Spot price when the hedge was opened.", examples=["150"])]
    end_price: Annotated[Price, Meta(description="Spot price when it was closed.", examples=["120"])]


class PastPosition(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A hedge from its opening to its close, or to now, beside the book; all prices in one quote currency."""

    held: Annotated[
        tuple[HeldAsset, ...],
        Meta(
            description="The book that was hedged. Where only its value and profit are known: one asset, quantity 1, "
            "with its values as prices.",
            min_length=1,
            max_length=1000,
        ),
    ]
    contract: Annotated[Contract, Meta(description="The future, in full; of its terms only the multiplier counts.")]
    side: Annotated[Literal["short", "long"], Meta(description="Side of the hedge: short for a book that is long.")] = (
        "short"
    )
    contracts: Annotated[Contracts, Meta(description="Contracts that were held, as they were rounded.")]
    entry_price: Annotated[Price, Meta(description="Futures price at which it was opened.", examples=["60000"])]
    exit_price: Annotated[
        Price, Meta(description="Futures price at which it was closed, or the mark now.", examples=["51000"])
    ]
    underlying_start_price: Annotated[
        Price, Meta(description="Spot price of the underlying when it was opened.", examples=["59900"])
    ]
    underlying_end_price: Annotated[Price, Meta(description="Same when it was closed.", examples=["50950"])]
    beta: Annotated[
        Beta | None,
        Meta(
            description="Of the book to the underlying, by which its result is split. Null or absent: its slope "
            "in `series`, whose `underlying` has to be the contract's.",
            examples=[1.1],
        ),
    ] = None
    coverage: Annotated[
        Coverage | None,
        Meta(description="Share of the beta exposure that was to be hedged: the exact size is made of it."),
    ] = None
    exact_contracts: Annotated[
        Contracts | None,
        Meta(
            description="Contracts before they were rounded, as of /v1/sizing; instead of coverage. With neither "
            "nothing is put down to rounding.",
            examples=["1.666666666666666667"],
        ),
    ] = None
    funding_received: Annotated[
        SignedAmount,
        Meta(description="Funding in all, in the quote currency; negative where it was paid.", examples=["12.5"]),
    ] = SignedAmount("0")
    fees_paid: Annotated[
        SignedAmount,
        Meta(description="Fees in all, in the quote currency; negative for a rebate.", examples=["11.1"]),
    ] = SignedAmount("0")


class ResultPart(Struct, frozen=True, kw_only=True):
    """One cause of the result."""

    part: Annotated[
        PartName,
        Meta(
            description="`beta`: the underlying's move, on the book by its beta and on the hedge at its exact size. "
            "`residual`: the coins' own movement, which no future takes away. `basis`: the future's return less the "
            "underlying's. `rounding`: the underlying's move on what was held beyond the exact size, or short of it."
        ),
    ]
    book: Annotated[Money, Meta(description="Of the book's result.", examples=["-1650"])]
    hedge: Annotated[Money, Meta(description="Of the hedge's result.", examples=["1494"])]
    amount: Annotated[Money, Meta(description="Both together.", examples=["-156"])]


class Attribution(Struct, frozen=True, kw_only=True):
    """Where the result of a hedge came from, in the quote currency; gains positive."""

    book_value: Annotated[Money, Meta(description="Of the book when the hedge was opened.", examples=["10000"])]
    beta: Annotated[float, Meta(description="Of the book, used for the split.", examples=[1.1])]
    beta_exposure: Annotated[
        Money,
        Meta(
            description="beta x book_value, by which the result is split; where beta is the slope in `series`, x what "
            "is held of book_value beyond the stablecoins of `holdings`, which have no part in a slope.",
            examples=["11000"],
        ),
    ]
    beta_source: Annotated[
        BetaSource,
        Meta(
            description="As sent, or the slope in `series`: judgement.basis_risk.beta, where the underlying's returns "
            "are there beside the future's; else judgement.regression.slope."
        ),
    ]
    underlying_return: Annotated[Share, Meta(description="Of its spot price.", examples=["-0.15"])]
    futures_return: Annotated[Share, Meta(description="Of the futures price.", examples=["-0.1494"])]
    notional: Annotated[Money, Meta(description="Value of the hedge when it was opened.", examples=["12000"])]
    exact_contracts: Annotated[
        Size | None,
        Meta(
            description="Size before rounding; null where neither that nor a coverage was sent, and nothing is put "
            "down to rounding."
        ),
    ]
    spot_pnl: Annotated[Money, Meta(description="Result of the book.", examples=["-1800"])]
    hedge_pnl: Annotated[
        Money,
        Meta(
            description="Result of the hedge by its price; coins that an inverse contract settles in are valued at "
            "exit_price.",
            examples=["1793"],
        ),
    ]
    funding_pnl: Annotated[Money, Meta(description="As sent.", examples=["12.5"])]
    fees: Annotated[Money, Meta(description="As sent: positive where paid.", examples=["11.1"])]
    net_pnl: Annotated[
        Money, Meta(description="spot_pnl + hedge_pnl + funding_pnl - fees, exactly.", examples=["-5.6"])
    ]
    net_return: Annotated[
        Share | None,
        Meta(description="net_pnl / |book_value|; null for a book worth nothing.", examples=["-0.00056"]),
    ]
    parts: Annotated[
        tuple[ResultPart, ...],
        Meta(
            description="All causes; `amount` adds up to net_pnl exactly, `book` to spot_pnl, and `hedge` to the rest.",
            min_length=6,
            max_length=6,
        ),
    ]


class UsedBeta(NamedTuple):
    """A beta, and where it is from."""

    value: float
    source: BetaSource
    money: frozenset[str] = frozenset()
    """Assets of the book that had no part in it."""


def check_position(position: PastPosition) -> None:
    """Refuse a position that contradicts itself.

    Raises:
        InconsistentContractError: for terms of the contract that do.
        InconsistentQuestionError: for an exact size that is stated twice.
    """
    try:
        check_terms(position.contract)
    except HedgingError as error:
        raise error.moved(("contract",), ("position", "contract")) from None
    if position.coverage is not None and position.exact_contracts is not None:
        detail = "Send coverage or exact_contracts: the one follows from the other"
        raise InconsistentQuestionError(Fault(("position", "exact_contracts"), detail))


def warn_of_position(position: PastPosition) -> Iterator[Caution]:
    """Say where the future's price is far from its underlying's: one of the two may be of another time, or coin."""
    quoted = (("entry_price", position.underlying_start_price), ("exit_price", position.underlying_end_price))
    units, symbol = position.contract.quoted_units, position.contract.symbol
    for name, spot_price in quoted:
        futures_price = getattr(position, name)
        if abs(futures_price / units / spot_price - 1) > LARGEST_BASIS_RATE:
            detail = f"{symbol} at {futures_price} is far from {position.contract.underlying} at {spot_price}"
            yield caution("basis_implausible", detail, "position", name)


def warn_of_side(position: PastPosition, found: Attribution) -> Iterator[Caution]:
    """Say where a hedge was on the side of the book: most often its side is the default, and the book is net short.

    Args:
        position: as sent.
        found: of it.
    """
    exposed = found.beta_exposure
    if found.notional and exposed and (exposed > 0) != (position.side == "short"):
        detail = f"A {position.side} position adds to a beta exposure of {exposed}: it is no hedge of it"
        yield caution("hedge_adds_risk", detail, "position", "side")


def warn_of_book(position: PastPosition, book: Book) -> Iterator[Caution]:
    """Say where a result is split by the slope of another book than the one that was held.

    Args:
        position: split by a slope that was measured.
        book: whose slope it is.
    """
    money = list_money(book)
    measured = {line.asset: line.quantity for line in book.holdings if line.asset not in money and line.quantity}
    held: dict[str, Decimal] = {}
    for one in position.held:
        held[one.asset] = held.get(one.asset, _ZERO) + one.quantity
    moving = {asset: quantity for asset, quantity in held.items() if quantity and asset not in money}
    if not _is_in_proportion(moving, measured):
        detail = "The slope is of the book in holdings, and another one was held: send its beta, or hold what it held"
        yield caution("another_book", detail, "attribution", "beta")


def list_money(book: Book) -> frozenset[str]:
    """List the assets of a book that are money, not exposure."""
    return frozenset(line.asset for line in book.holdings if line.kind == "stablecoin")


@exactly
def _is_in_proportion(one: Mapping[str, Decimal], other: Mapping[str, Decimal]) -> bool:
    """Tell whether two books are one but for their size, within a hundredth."""
    if one.keys() != other.keys():
        return False
    times = [one[asset] / other[asset] for asset in one]
    return max(times) - min(times) <= _ALIKE * min(times)


@exactly
def attribute(position: PastPosition, beta: UsedBeta) -> Attribution:
    """Say where the result of a hedge came from.

    Args:
        position: checked.
        beta: of the book to the underlying.

    Raises:
        InconsistentQuestionError: if a coverage was to be reached on the side that adds to the book's exposure.
    """
    values = [(line.asset, line.quantity * line.start_price) for line in position.held]
    worth = sum((value for _, value in values), _ZERO)
    exposed = exact_beta(beta.value) * sum((value for asset, value in values if asset not in beta.money), _ZERO)
    legs = _lay_out(position, exposed)
    spot_pnl = Money.of(sum((line.quantity * (line.end_price - line.start_price) for line in position.held), _ZERO))
    hedge_pnl = Money.of(
        quote_profit(
            position.contract,
            side=position.side,
            contracts=position.contracts,
            entry_price=position.entry_price,
            exit_price=position.exit_price,
        )
    )
    funding, fees = Money.of(position.funding_received), Money.of(position.fees_paid)
    net = spot_pnl + hedge_pnl + funding - fees
    return Attribution(
        book_value=Money.of(worth),
        beta=beta.value,
        beta_exposure=Money.of(exposed),
        beta_source=beta.source,
        underlying_return=Share.of(legs.market_return),
        futures_return=Share.of(position.exit_price / position.entry_price - 1),
        notional=Money.of(legs.actual),
        exact_contracts=None if legs.exact_contracts is None else Size.of(legs.exact_contracts),
        spot_pnl=spot_pnl,
        hedge_pnl=hedge_pnl,
        funding_pnl=funding,
        fees=fees,
        net_pnl=Money.of(net),
        net_return=Share.of(net / abs(worth)) if worth else None,
        parts=tuple(
            _split(
                legs,
                _Totals(
                    market=exposed * legs.market_return, spot=spot_pnl, hedge=hedge_pnl, funding=funding, fees=fees
                ),
            )
        ),
    )


class _Legs(NamedTuple):
    market_return: Decimal
    sign: int
    """-1 for a short hedge."""
    actual: Decimal
    """Value of the hedge as it was opened."""
    exact: Decimal
    """Same at its exact size."""
    exact_contracts: Decimal | None


class _Totals(NamedTuple):
    market: Decimal
    """Of the book by its beta, unrounded."""
    spot: Money
    hedge: Money
    funding: Money
    fees: Money


def _lay_out(position: PastPosition, exposed: Decimal) -> _Legs:
    unit = unit_notional(position.contract, position.entry_price)
    exact = position.exact_contracts if position.coverage is None else _size(position, exposed) / unit
    return _Legs(
        market_return=position.underlying_end_price / position.underlying_start_price - 1,
        sign=-1 if position.side == "short" else 1,
        actual=position.contracts * unit,
        exact=(position.contracts if exact is None else exact) * unit,
        exact_contracts=exact,
    )


def _size(position: PastPosition, exposed: Decimal) -> Decimal:
    """Give the value of the hedge that was aimed at.

    Raises:
        InconsistentQuestionError: if it is on the side of the book.
    """
    if exposed and (exposed > 0) != (position.side == "short"):
        detail = (
            f"A {position.side} position adds to a beta exposure of {Money.of(exposed)}: it covers none of it. Send "
            "exact_contracts"
        )
        raise InconsistentQuestionError(Fault(("position", "coverage"), detail))
    return Decimal(position.coverage or 0) * abs(exposed)


def _split(legs: _Legs, totals: _Totals) -> Iterator[ResultPart]:
    """Split the result; what is left of each leg is the coins' own movement, and the basis."""
    none, market = Money(0), Money.of(totals.market)
    by_beta = Money.of(legs.sign * legs.exact * legs.market_return)
    by_rounding = Money.of(legs.sign * (legs.actual - legs.exact) * legs.market_return)
    yield _part("beta", market, by_beta)
    yield _part("residual", Money(totals.spot - market), none)
    yield _part("basis", none, Money(totals.hedge - by_beta - by_rounding))
    yield _part("rounding", none, by_rounding)
    yield _part("funding", none, totals.funding)
    yield _part("fees", none, Money(-totals.fees))


def _part(name: PartName, book: Money, hedge: Money) -> ResultPart:
    return ResultPart(part=name, book=book, hedge=hedge, amount=Money(book + hedge))
