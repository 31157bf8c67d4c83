"""Several contracts that may hold parts of one hedge: as asked, looked up side by side, and as they were used.

Law: each contract has its own price beside it, because two exchanges give one name to two things. All are quoted in one
currency, as far as that is known.
"""

from asyncio import gather
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, NamedTuple

from msgspec import Meta, Struct
from msgspec.structs import replace

from service.api.lookups.absences import at, refuse
from service.api.lookups.marks import complete
from service.api.lookups.origins import FROM_REQUEST, Completed, ContractSource, Listed, Provenance, Source
from service.hedging.cautions import Caution
from service.hedging.contracts import Contract
from service.hedging.errors import Fault, PriceMissingError
from service.hedging.portfolio import Holding
from service.hedging.setting import Quoted
from service.hedging.units import Instant, Price
from service.market.lookup import Market


class Leg(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A contract that may hold a part of the hedge."""

    contract: Annotated[Contract | Listed, Meta(description="In full, or by the name that an exchange lists.")]
    futures_price: Annotated[
        Price | None,
        Meta(
            description="Its mark price. Null or absent: that of its symbol in `prices`, else looked up for a listed "
            "one.",
            examples=["60000"],
        ),
    ] = None


class UsedLeg(Struct, frozen=True, kw_only=True):
    """A contract as it was used; contract and futures_price can be sent back."""

    contract: Annotated[Contract, Meta(description="The terms used, defaults included; never `listed`.")]
    contract_source: Annotated[ContractSource, Meta(description="Where the terms came from.")]
    futures_price: Annotated[Price, Meta(description="Mark price used.", examples=["60000"])]
    futures_origin: Annotated[Provenance, Meta(description="Where it came from.")]


class CompletedLegs(NamedTuple):
    """Several contracts with their terms and prices, and the spot prices of the book."""

    legs: tuple[UsedLeg, ...]
    prices: Mapping[str, Price]
    provenance: Mapping[str, Provenance]
    cautions: tuple[Caution, ...]

    def quoted(self, field: str) -> tuple[Quoted, ...]:
        """Give the contracts as the core takes them.

        Args:
            field: of the question in which they stand.
        """
        return tuple(
            Quoted(leg.contract, leg.futures_price, (field, index, "contract")) for index, leg in enumerate(self.legs)
        )


async def look_up_legs(
    market: Market,
    legs: Sequence[Leg],
    field: str,
    *,
    holdings: Sequence[Holding],
    prices: Mapping[str, Price],
    source: Source | None,
    as_of: Instant | None,
    until: float,
) -> CompletedLegs:
    """Look up what a question about several contracts leaves out, side by side and with one patience for all.

    Args:
        market: where to look.
        legs: the contracts, one at least.
        field: of the question in which they stand.
        holdings: their assets need spot prices.
        prices: what the caller sent; it counts.
        source: where to look for spot prices; None: they are not looked up.
        as_of: time of the question; what is looked up is of now, so then it has to be now.
        until: end of patience for all of them, of the steady clock.

    Raises:
        RefusalError: as of `complete`; and currency_mismatch, if two contracts are quoted in two currencies.
        PriceMissingError: if a contract in full has no price.
    """
    looking = (
        complete(
            market,
            holdings=holdings,
            contract=leg.contract,
            prices=_prices_for(leg, prices),
            source=source,
            as_of=as_of,
            root=(field, index, "contract"),
            until=until,
        )
        for index, leg in enumerate(legs)
    )
    return _gather([_take(one) for one in await gather(*looking, return_exceptions=True)], legs, field)


def _take(found: Completed | BaseException) -> Completed:
    """Take what was found; of several that were not, the first is refused, however long each took."""
    if isinstance(found, BaseException):
        raise found
    return found


def _prices_for(leg: Leg, prices: Mapping[str, Price]) -> Mapping[str, Price]:
    return prices if leg.futures_price is None else {**prices, leg.contract.symbol: leg.futures_price}


def _gather(found: Sequence[Completed], legs: Sequence[Leg], field: str) -> CompletedLegs:
    unpriced = tuple(_unpriced(found, field))
    if unpriced:
        raise PriceMissingError(*unpriced)
    _refuse_currencies(found, field)
    symbols = {leg.contract.symbol for leg in legs}
    prices: dict[str, Price] = {}
    origins: dict[str, Provenance] = {}
    for one in found:
        prices |= {name: price for name, price in one.prices.items() if name not in symbols}
        origins |= {name: origin for name, origin in one.provenance.items() if name not in symbols}
    cautions = dict.fromkeys(note for index, one in enumerate(found) for note in _tell(one, (field, index)))
    return CompletedLegs(tuple(_use(one) for one in found), prices, origins, tuple(cautions))


def _tell(found: Completed, path: tuple[str, int]) -> Iterator[Caution]:
    """Say of a contract's price at its own place what is said of it among all prices."""
    field, index = path
    for note in found.cautions:
        is_of_price = note.pointer.startswith("#/prices/")
        yield replace(note, pointer=f"#/{field}/{index}/futures_price") if is_of_price else note


def _use(found: Completed) -> UsedLeg:
    symbol = found.contract.symbol
    return UsedLeg(
        contract=found.contract,
        contract_source=found.contract_source,
        futures_price=found.prices[symbol],
        futures_origin=found.provenance.get(symbol, FROM_REQUEST),
    )


def _unpriced(found: Sequence[Completed], field: str) -> Iterator[Fault]:
    for index, one in enumerate(found):
        symbol = one.contract.symbol
        if symbol not in one.prices:
            yield Fault((field, index, "contract"), f"The mark price of {symbol} is missing")


def _refuse_currencies(found: Sequence[Completed], field: str) -> None:
    """Refuse contracts that are known to be quoted in two currencies: their values can't be added."""
    known = {one.contract_source.quote: index for index, one in reversed(list(enumerate(found)))}
    known.pop(None, None)
    if len(known) > 1:
        first, other = sorted(known.items(), key=lambda item: item[1])[:2]
        detail = f"One contract is quoted in {first[0]} and this one in {other[0]}: take contracts of one currency"
        raise refuse("currency_mismatch", detail, at(field, other[1], "contract"))
