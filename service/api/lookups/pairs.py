"""Looks up futures with the spot price that each is held against, and what they cost to trade.

Law: a future's own price comes from its own exchange, and so does the spot price beside it: the index, sent in one
reply with the mark, or the last trade of the spot pair. What can't be had is an error that names every place.
"""

import asyncio
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from service.api.lookups.absences import Place, at, refuse, refuse_failures, refuse_unavailable, require_on
from service.api.lookups.origins import Listed, Provenance, Style, Unavailable, origin_of, write_instant, write_price
from service.api.messages.problems import RefusalError
from service.hedging.cautions import Caution, caution
from service.hedging.contracts import unit_notional
from service.hedging.costs.instruments import USUAL_TAKER_FEE, Instrument
from service.hedging.portfolio import STABLECOINS
from service.hedging.sizes.lots import smallest_size
from service.hedging.term_structure.pairs import Pair
from service.hedging.units import FeeRate, FundingRate, Instant, InvalidWordError, exactly
from service.market.found import Looked, NotListedError, Seen, UnavailableError, look, price, too_old
from service.market.lookup import Market
from service.market.maintenance import Maintenance
from service.market.source import Exchange, Listing, UpstreamError
from service.market.terms import contract_of

SpotSource = Literal["index", "last"]
_HOUR_MS = 3_600_000
MOST_MISSING = 100
"""Notes on what can't be had that an answer shows."""
LARGEST_GAP_MS = 2000
"""Between the times of a future's price and of its spot's, beyond which it is warned that they are not of one time."""


class Look(NamedTuple):
    """How pairs are looked up."""

    market: Market
    spot: SpotSource
    longest: float
    """Age in seconds that a price may have."""
    until: float
    as_of: Instant
    """Time of the question."""


class Found(NamedTuple):
    """A listed future and its spot price, each for as many units as the future is quoted for."""

    seen: Seen
    future: Looked
    spot: Looked
    kind: SpotSource

    @property
    def listing(self) -> Listing:
        """Of the future."""
        return self.seen.listing

    @property
    def market(self) -> str:
        """Name of what it can be rolled within."""
        return f"{self.seen.exchange} {self.listing.segment} {self.listing.quote}"


class Gathered(NamedTuple):
    """The futures on an asset, and what is missing among them."""

    found: tuple[Found, ...]
    missing: tuple[Unavailable, ...]


async def find_pairs(look_up: Look, wanted: Mapping[int, Listed], *, field: str) -> dict[int, Found]:
    """Look up the futures that a question names.

    Args:
        look_up: how.
        wanted: by their position in the question.
        field: of the question in which they stand.

    Raises:
        RefusalError: exchange_off, not_listed (422) or price_unavailable (503), with all places.
    """
    for index, listed in wanted.items():
        require_on(look_up.market, listed.exchange, at(field, index, "exchange"))
    found = await asyncio.gather(*(find_listed(look_up, listed) for listed in wanted.values()))
    answers = dict(zip(wanted, found, strict=True))
    refuse_failures(
        {str(index): answer for index, answer in answers.items()}, lambda name: at(field, int(name), "symbol")
    )
    return {index: answer for index, answer in answers.items() if isinstance(answer, Found)}


async def gather_others(
    look_up: Look, underlying: str | None, exchange: Exchange | None, *, named: Iterable[Found]
) -> Gathered:
    """Look up all dollar futures on an asset, but for those that are there already.

    Args:
        look_up: how.
        underlying: code of the asset; None for none.
        exchange: where; None for all that are on.
        named: what is there already.

    Raises:
        RefusalError: exchange_off, not_listed (422) if there is none, price_unavailable (503) if none can be had.
    """
    if underlying is None:
        return Gathered((), ())
    if not look_up.market.adapters:
        raise refuse("exchange_off", "Every exchange is switched off here", at("underlying"))
    if exchange is not None:
        require_on(look_up.market, exchange, at("exchange"))
    gathered = await _gather(look_up, underlying, [exchange] if exchange else list(look_up.market.adapters))
    known = {(one.seen.exchange, one.listing.symbol) for one in named}
    others = (one for one in gathered.found if (one.seen.exchange, one.listing.symbol) not in known)
    return gathered._replace(found=tuple(others))


def place_of(field: str, index: int, named: Container[int]) -> Place:
    """Tell where in the question the future of a position comes from: where it is named, or the underlying."""
    return at(field, index, "symbol") if index in named else at("underlying")


def _prepare(look_up: Look, exchange: Exchange) -> None:
    """Begin to fetch the spot prices of an exchange where they are wanted, so that they come in beside its futures."""
    if look_up.spot == "last":
        look_up.market.prepare_assets(exchange, look_up.longest)


async def _gather(look_up: Look, underlying: str, exchanges: Sequence[Exchange]) -> Gathered:
    for exchange in exchanges:
        _prepare(look_up, exchange)
    lists = (
        look_up.market.list_futures(exchange, underlying, longest=look_up.longest, until=look_up.until)
        for exchange in exchanges
    )
    answers = dict(zip(exchanges, await asyncio.gather(*lists), strict=True))
    gaps = [(name, gap) for name, one in answers.items() for gap in (*one.missing.items(), *one.lost)]
    missing = [Unavailable(exchange=name, style=style, detail=str(error)) for name, (style, error) in gaps]
    errors: list[NotListedError | UnavailableError] = [error for _, (_, error) in gaps]
    listed = [seen for one in answers.values() for seen in one.seen if _is_wanted(seen, look_up.as_of)]
    found: list[Found] = []
    for seen in listed:
        try:
            found.append(await _complete(look_up, seen))
        except (NotListedError, UnavailableError) as error:
            errors.append(error)
            missing.append(miss(seen, str(error)))
    if not found:
        raise _refuse_all(underlying, exchanges, errors)
    return Gathered(tuple(found), tuple(dict.fromkeys(missing))[:MOST_MISSING])


def _is_wanted(seen: Seen, as_of: Instant) -> bool:
    """Tell whether a future is in dollars, and not over yet."""
    return seen.listing.quote in STABLECOINS and not _is_over(seen.listing, as_of)


def miss(seen: Seen, detail: str) -> Unavailable:
    """Name a listed future as one that is missing in the answer."""
    style: Style = "inverse" if seen.listing.segment == "inverse" else "linear"
    return Unavailable(exchange=seen.exchange, style=style, detail=detail)


@exactly
def smallest_order(found: Found) -> Decimal | None:
    """Give the value of the smallest order of a future in its quote currency; None where its terms make no sense."""
    mark = write_price(found.future.price)
    try:
        contract = contract_of(found.listing, Maintenance("unknown"), mark)
    except UpstreamError:
        return None
    unit = unit_notional(contract, mark)
    return smallest_size(contract, unit) * unit


def redate(look_up: Look, found: Mapping[int, Found], place: Callable[[int], Place]) -> dict[int, Found]:
    """Give pairs the age that they have after all that was waited for.

    Args:
        look_up: how they were found.
        found: the pairs, by their position in the answer.
        place: tells where in the question a position comes from.

    Raises:
        RefusalError: price_unavailable, with all that has become too old.
    """
    dated = {index: date_pair(look_up, one) for index, one in found.items()}
    failed = [(one, place(index)) for index, one in dated.items() if isinstance(one, UnavailableError)]
    if failed:
        raise refuse_unavailable(failed)
    return {index: one for index, one in dated.items() if isinstance(one, Found)}


def date_pair(look_up: Look, found: Found) -> Found | UnavailableError:
    """Give a pair the age that it has now, or say that it has become too old."""
    future, spot = (part._replace(age_seconds=look_up.market.age_now(part)) for part in (found.future, found.spot))
    oldest = max(future, spot, key=lambda part: part.age_seconds)
    if oldest.age_seconds > look_up.longest:
        return too_old(found.listing.symbol, oldest, look_up.longest)
    return found._replace(future=future, spot=spot)


@exactly
def pair_of(found: Found) -> Pair:
    """Write a future and its spot price as a caller would have."""
    return Pair(**_terms(found))


@exactly
def instrument_of(found: Found, settlement_fee_rate: Decimal | None) -> Instrument:
    """Write a future as something to be held; where nobody tells what its settlement costs, as much as a trade."""
    taker = None if found.listing.taker_fee_rate is None else FeeRate(found.listing.taker_fee_rate)
    settlement = FeeRate("0")
    if found.listing.expiry_ms is not None:
        settlement = FeeRate((taker or USUAL_TAKER_FEE) if settlement_fee_rate is None else settlement_fee_rate)
    return Instrument(**_terms(found), taker_fee_rate=taker, settlement_fee_rate=settlement)


def origins_of(found: Found) -> tuple[Provenance, Provenance]:
    """Say where the future's price and the spot price came from."""
    future, spot = found.future, found.spot
    return (
        origin_of(future, "mark", age=future.age_seconds),
        origin_of(spot, found.kind, age=spot.age_seconds),
    )


def warn_of_times(found: Found, *path: str | int) -> Iterator[Caution]:
    """Warn of a future and a spot price that are not of one time."""
    apart = abs(found.future.as_of_ms - found.spot.as_of_ms)
    if apart > LARGEST_GAP_MS:
        detail = (
            f"The prices of {found.listing.symbol} and of its spot are {apart / 1000:.1f} s apart: the basis may be "
            "the market's move meanwhile"
        )
        yield caution("asynchronous_prices", detail, *path)


async def find_listed(look_up: Look, listed: Listed) -> Found | NotListedError | UnavailableError:
    """Look up one future, or say what stands in the way."""
    _prepare(look_up, listed.exchange)
    try:
        listing = await look_up.market.find_contract(listed.exchange, listed.symbol, until=look_up.until)
        _require_unsettled(listed.exchange, listing, look_up.as_of)
        seen = await look_up.market.see(listed.exchange, listing, longest=look_up.longest, until=look_up.until)
        return await _complete(look_up, seen)
    except (NotListedError, UnavailableError) as error:
        return error


async def _complete(look_up: Look, seen: Seen) -> Found:
    """Add the spot price, and see that the pair can be written.

    Raises:
        NotListedError: if there is no spot pair in the future's currency.
        UnavailableError: if a price is missing, or no price at all.
    """
    symbol = seen.listing.symbol
    if seen.quote.mark is None:
        raise UnavailableError(seen.exchange, symbol, UpstreamError("rejected", "it has no mark price"))
    spot = _index(seen) if look_up.spot == "index" else await _last(look_up, seen)
    found = Found(seen, look(seen, seen.quote.mark), spot, look_up.spot)
    try:
        pair_of(found)
    except InvalidWordError as error:
        raise UnavailableError(seen.exchange, symbol, UpstreamError("rejected", f"no price: {error}")) from None
    return found


def _is_over(listing: Listing, as_of: Instant) -> bool:
    """Tell whether a future has settled: terms may be an hour old, and some exchanges list it for a while longer."""
    return listing.expiry_ms is not None and write_instant(listing.expiry_ms) <= as_of


def _require_unsettled(exchange: Exchange, listing: Listing, as_of: Instant) -> None:
    if _is_over(listing, as_of):
        raise NotListedError(f"{listing.symbol} at {exchange} has settled")


def _index(seen: Seen) -> Looked:
    if seen.quote.index is None:
        raise UnavailableError(seen.exchange, seen.listing.symbol, UpstreamError("rejected", "it has no index price"))
    return look(seen, seen.quote.index)


async def _last(look_up: Look, seen: Seen) -> Looked:
    """Give the last trade of the spot pair, for as many units as the future is quoted for."""
    exchange, listing = seen.exchange, seen.listing
    pair = await look_up.market.find_pair(exchange, listing.base, quote=listing.quote, until=look_up.until)
    spot = price(await look_up.market.see(exchange, pair, longest=look_up.longest, until=look_up.until))
    return spot._replace(price=spot.price * listing.units)


def _terms(found: Found) -> dict[str, Any]:
    listing, quote = found.listing, found.seen.quote
    is_perpetual = listing.expiry_ms is None
    hours = quote.funding_interval_hours or listing.funding_interval_hours
    rate = quote.funding_rate if is_perpetual and hours is not None else None
    return {
        "symbol": listing.symbol,
        "underlying": listing.base,
        "spot_price": write_price(found.spot.price),
        "futures_price": write_price(found.future.price),
        "futures_bid": None if quote.bid is None else write_price(quote.bid),
        "futures_ask": None if quote.ask is None else write_price(quote.ask),
        "expiry": None if listing.expiry_ms is None else write_instant(listing.expiry_ms),
        "funding_rate": None if rate is None else FundingRate(round(rate, 18)),
        "funding_interval_hours": hours if is_perpetual else None,
        "next_funding_at": _next_funding(found, hours) if is_perpetual and hours is not None else None,
    }


def _next_funding(found: Found, hours: int) -> Instant | None:
    """Give the next payment; None where none is told, or one further away than the interval that is told beside it."""
    at, now = found.seen.quote.next_funding_ms, found.future.as_of_ms
    return None if at is None or abs(at - now) > hours * _HOUR_MS else write_instant(at)


def note_missing(missing: Sequence[Unavailable]) -> str:
    """Say on a chart that something is not on it."""
    return f" ({len(missing)} could not be had)" if missing else ""


def _refuse_all(
    underlying: str, exchanges: Sequence[Exchange], errors: Sequence[NotListedError | UnavailableError]
) -> RefusalError:
    """Refuse an asset on which nothing was found: because it can't be had now, or because nobody lists it."""
    unavailable = [error for error in errors if isinstance(error, UnavailableError)]
    if unavailable:
        return refuse_unavailable([(error, at("underlying")) for error in unavailable], one_is_enough=True)
    why = f": {errors[0]}" if errors else ""
    detail = f"No dollar future on {underlying} with a spot price is listed at {', '.join(exchanges)}{why}"
    return refuse("not_listed", detail, at("underlying"))
