"""A book beside the contract that is to hedge it: both priced, or what stands in the way.

Law: nothing is said of a hedge before its terms agree, its contract trades, and everything has a price and a beta.
"""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import timedelta
from typing import NamedTuple

from service.hedging.cautions import Caution, caution
from service.hedging.contracts import Contract, check_terms, settlement
from service.hedging.errors import ExpiredContractError, Fault, HedgingError, InconsistentContractError
from service.hedging.portfolio import Book, Holding, Weighting, require_prices, value_portfolio
from service.hedging.survival.collateral import Collateral
from service.hedging.term_structure.pairs import LARGEST_BASIS_RATE
from service.hedging.term_structure.rolls import LEAD_DAYS
from service.hedging.units import Instant, Price, Side, exactly


class Setting(NamedTuple):
    """What every question about the hedge of a book begins with."""

    contract: Contract
    book: Book
    prices: Mapping[str, Price]
    as_of: Instant

    @property
    def futures_price(self) -> Price:
        """Mark price of the contract."""
        return self.prices[self.contract.symbol]

    @property
    def side(self) -> Side:
        """Side of a hedge of all of it: short for a book that is long."""
        if not self.book.beta_exposure:
            return "none"
        return "short" if self.book.beta_exposure > 0 else "long"


class Quoted(NamedTuple):
    """One of several contracts in a question, with its own price."""

    contract: Contract
    futures_price: Price
    path: tuple[str | int, ...]
    """Place of the contract in the question."""


@exactly
def lay_out(
    *,
    holdings: Sequence[Holding],
    contract: Contract,
    prices: Mapping[str, Price],
    weighting: Weighting,
    as_of: Instant,
) -> Setting:
    """Value a book beside a contract.

    Args:
        holdings: 1 to 1,000 holdings.
        contract: the future, with its terms.
        prices: spot prices by asset and the futures mark price by contract symbol, all in one quote currency.
        weighting: `value` (every beta is 1) or `beta`.
        as_of: the time of the question; a contract that expires by then is refused.

    Raises:
        InconsistentContractError, ExpiredContractError, PriceMissingError, BetaConflictError, BetaMissingError: in this
            order, the first that applies, with all of its places.
    """
    check_terms(contract)
    _refuse_shared_names([(contract, ("contract", "symbol"))], holdings)
    refuse_expired(contract, as_of)
    require_prices([*(holding.asset for holding in holdings), contract.symbol], prices)
    book = value_portfolio(holdings, prices, weighting=weighting, underlying=contract.underlying)
    return Setting(contract, book, prices, as_of)


def lay_out_each(
    quoted: Sequence[Quoted], *, holdings: Sequence[Holding], prices: Mapping[str, Price], as_of: Instant
) -> tuple[Setting, ...]:
    """Lay a book out beside each of several contracts, all betas as 1.

    Args:
        quoted: the contracts; two of them may have one name, at two exchanges.
        holdings: 1 to 1,000 holdings.
        prices: spot prices by asset.
        as_of: the time of the question.

    Raises:
        HedgingError: as of `lay_out`, for the first contract that stands in the way, at its own place; before all else
            where one has the name of an asset held, whose price would be taken for it.
    """
    _refuse_shared_names([(one.contract, (*one.path, "symbol")) for one in quoted], holdings)
    settings = []
    for one in quoted:
        try:
            settings.append(
                lay_out(
                    holdings=holdings,
                    contract=one.contract,
                    prices={**prices, one.contract.symbol: one.futures_price},
                    weighting="value",
                    as_of=as_of,
                )
            )
        except HedgingError as error:
            raise error.moved(("contract",), one.path) from None
    return tuple(settings)


def warn_of_book(book: Book) -> Iterator[Caution]:
    """Say where there is nothing to hedge, or where betas turn it around."""
    if not book.beta_exposure:
        yield caution("no_exposure", "The book has no exposure to hedge: no contracts", "beta_exposure")
    if book.beta_exposure * book.exposure < 0:
        detail = "The betas turn the book's net exposure around, and with it the side of the hedge"
        yield caution("beta_flips_side", detail, "side")


def warn_of_expiry(contract: Contract, as_of: Instant, *path: str | int) -> Iterator[Caution]:
    """Say where the contract is about to settle.

    Args:
        contract: same.
        as_of: time of the question.
        path: place of the contract in the reply; `contract` if there is none.
    """
    if contract.expiry is not None and contract.expiry - as_of < timedelta(days=LEAD_DAYS):
        detail = f"{contract.symbol} expires at {contract.expiry}, within {LEAD_DAYS} days: take the next expiry"
        yield caution("expiry_near", detail, *(path or ("contract",)), "expiry")


def warn_of_prices(setting: Setting) -> Iterator[Caution]:
    """Say what is odd about the prices of a book and its contract."""
    return warn_of_quotes(setting.contract, setting.prices, used={line.asset for line in setting.book.holdings})


def warn_of_quotes(contract: Contract, prices: Mapping[str, Price], *, used: set[str]) -> Iterator[Caution]:
    """Say which prices were sent for nothing, and where spot and future are too far from each other.

    Args:
        contract: that has a price.
        prices: as sent.
        used: assets whose prices are taken.
    """
    yield from _warn_of_unused(prices.keys() - used - {contract.symbol, contract.underlying})
    yield from _warn_of_basis(contract, prices, "prices", contract.symbol)


def warn_of_legs(settings: Sequence[Setting], field: str) -> Iterator[Caution]:
    """Say what is odd about several contracts beside one book, and their prices.

    Args:
        settings: one a contract, in the order of the reply.
        field: of the reply in which they stand, each with its `contract` and `futures_price`.
    """
    used = {line.asset for line in settings[0].book.holdings}
    named = {name for one in settings for name in (one.contract.symbol, one.contract.underlying)}
    yield from _warn_of_unused(settings[0].prices.keys() - used - named)
    for place, one in enumerate(settings):
        yield from warn_of_expiry(one.contract, one.as_of, field, place, "contract")
        yield from _warn_of_basis(one.contract, one.prices, field, place, "futures_price")


def _warn_of_unused(unused: AbstractSet[str]) -> Iterator[Caution]:
    if unused:
        shown = ", ".join(sorted(unused)[:10])
        yield caution("unused_prices", f"Prices sent and not used: {len(unused)} ({shown})", "prices")


def _warn_of_basis(contract: Contract, prices: Mapping[str, Price], *path: str | int) -> Iterator[Caution]:
    spot_price, futures_price = prices.get(contract.underlying), prices[contract.symbol]
    if spot_price is not None and abs(futures_price / contract.quoted_units / spot_price - 1) > LARGEST_BASIS_RATE:
        detail = f"{contract.symbol} at {futures_price} is far from {contract.underlying} at {spot_price}"
        yield caution("basis_implausible", detail, *path)


def warn_of_coins(contract: Contract, collateral: Collateral | None) -> Iterator[Caution]:
    """Say where the margin itself is exposure."""
    if collateral is not None and settlement(contract) == "base":
        detail = f"Margin posted in {contract.underlying} is long exposure itself: count it among the holdings"
        yield caution("coin_margin_is_exposure", detail, "contract")


def refuse_expired(contract: Contract, as_of: Instant) -> None:
    """Refuse a contract that no longer trades.

    Raises:
        ExpiredContractError: same.
    """
    if contract.expiry is not None and contract.expiry <= as_of:
        detail = f"{contract.symbol} expired at {contract.expiry}, and the question is as of {as_of}"
        raise ExpiredContractError(Fault(("contract", "expiry"), detail))


def _refuse_shared_names(placed: Sequence[tuple[Contract, tuple[str | int, ...]]], holdings: Sequence[Holding]) -> None:
    held = {holding.asset for holding in holdings}
    faults = [
        Fault(path, f"{one.symbol} is also held as an asset: one price can't be its spot and its futures price")
        for one, path in placed
        if one.symbol in held
    ]
    if faults:
        raise InconsistentContractError(*faults)
