"""`GET /v1/prices`: what coins and futures cost now, where, and how old that is."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from litestar import Request, Response, route
from msgspec import Meta, Struct
from msgspec.structs import replace

from service.api.lookups.absences import parameter, refuse_failures, require_on
from service.api.lookups.origins import LONGEST_AGE, Currency, MaxAge
from service.api.messages.queries import read_query
from service.api.messages.tags import respond
from service.api.messages.wire import READ, encode
from service.hedging.units import Exact, Instant, Symbol
from service.market.found import Looked, NotListedError, Seen, UnavailableError, too_old
from service.market.lookup import Market
from service.market.source import QUOTES_FRESH, Exchange, Listing


class PricesQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which prices."""

    exchange: Annotated[
        Literal[Exchange, "median"],
        Meta(description="Where; `median`: spot prices on which at least three exchanges agree."),
    ]
    symbols: Annotated[
        tuple[Symbol, ...],
        Meta(
            description="Asset codes for spot prices, contract symbols as the exchange writes them for futures; with "
            "commas between them.",
            min_length=1,
            max_length=50,
        ),
    ]
    quote: Annotated[Currency, Meta(description="Currency of the spot prices.")] = "USDT"
    max_age_seconds: Annotated[MaxAge, Meta(description="Age from which a price is refused.")] = LONGEST_AGE


class PriceLine(Struct, frozen=True, kw_only=True):
    """Prices of one symbol at one time, in `quote` per unit of the asset, or as the contract is quoted."""

    symbol: Annotated[str, Meta(description="As asked for.", examples=["BTCUSDT"], max_length=40)]
    kind: Annotated[Literal["spot", "perpetual", "future"], Meta(description="What it is the price of.")]
    quote: Annotated[str, Meta(description="Currency of the prices.", examples=["USDT"], max_length=20)]
    price: Annotated[
        Exact | None,
        Meta(
            description="The one to use: last trade of spot, mark of a future; null where there is none yet.",
            examples=["60000"],
        ),
    ]
    last: Annotated[Exact | None, Meta(description="Last trade.", examples=["60001.5"])]
    mark: Annotated[
        Exact | None, Meta(description="Price of margin and liquidation; null for spot.", examples=["60000"])
    ]
    index: Annotated[
        Exact | None,
        Meta(description="The exchange's price of the underlying; null for spot.", examples=["59990"]),
    ]
    bid: Annotated[Exact | None, Meta(description="Best bid; null where none is known.", examples=["60001"])]
    ask: Annotated[Exact | None, Meta(description="Best ask; null where none is known.", examples=["60002"])]
    funding_rate: Annotated[
        Exact | None,
        Meta(
            description="Fraction exchanged at next_funding_at: positive, longs pay and a short receives; null for "
            "what is no perpetual, or where it was not credible.",
            examples=["0.0001"],
        ),
    ]
    funding_interval_hours: Annotated[
        Annotated[int, Meta(ge=1, le=1000)] | None,
        Meta(description="Hours between two payments; null where unknown.", examples=[8]),
    ]
    next_funding_at: Annotated[Instant | None, Meta(description="Next payment.")]
    expiry: Annotated[Instant | None, Meta(description="When a future settles; null for what does not expire.")]
    exchanges: Annotated[
        tuple[Exchange, ...], Meta(description="Exchanges behind the price.", min_length=1, max_length=5)
    ]
    as_of: Annotated[Instant, Meta(description="Time of the prices at their source, the oldest of several.")]
    age_seconds: Annotated[float, Meta(description="Age of the prices in this answer.", examples=[0.8])]


class PricesReply(Struct, frozen=True, kw_only=True):
    """Prices, in the order that was asked for."""

    prices: Annotated[tuple[PriceLine, ...], Meta(description="One line a symbol.", min_length=1, max_length=50)]
    as_of: Annotated[Instant, Meta(description="Time of this answer.")]


@route("/v1/prices", http_method=READ)
async def list_prices(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Give spot and futures prices, with funding and age.

    All of them or none: a symbol that is not listed or can't be had refuses the request and is named.
    """
    query = read_query(PricesQuery, request)
    lines = await _find(request.app.state.market, query)
    reply = PricesReply(prices=tuple(lines), as_of=Instant.of(datetime.now(UTC)))
    identity = encode([replace(line, age_seconds=0.0) for line in lines])
    seconds = max(0.0, QUOTES_FRESH - max(line.age_seconds for line in lines))
    return respond(request, encode(reply), identity=identity, seconds=int(seconds))


async def _find(market: Market, query: PricesQuery) -> Sequence[PriceLine]:
    names, until = list(dict.fromkeys(query.symbols)), market.deadline()
    answers: dict[str, Looked | Seen | NotListedError | UnavailableError]
    if query.exchange == "median":
        longest = query.max_age_seconds
        answers = {**await market.agree_on_assets(names, quote=query.quote, longest=longest, until=until)}
    else:
        require_on(market, query.exchange, parameter("exchange"))
        answers = {name: await _see(market, query.exchange, name, query=query, until=until) for name in names}
    refuse_failures(answers, lambda _: parameter("symbols"))
    return [
        _line(name, found) if isinstance(found, Seen) else _median_line(name, query.quote, found)
        for name, found in _redate(market, answers, query.max_age_seconds).items()
    ]


def _redate(market: Market, answers: Mapping[str, object], longest: float) -> dict[str, Seen | Looked]:
    """Give what was found the age that it has after all that was waited for; refuse what has become too old."""
    found = {name: answer for name, answer in answers.items() if isinstance(answer, Seen | Looked)}
    dated = {name: one._replace(age_seconds=market.age_now(one)) for name, one in found.items()}
    refuse_failures(
        {name: too_old(name, one, longest) for name, one in dated.items() if one.age_seconds > longest},
        lambda _: parameter("symbols"),
    )
    return dated


async def _see(
    market: Market, exchange: Exchange, name: str, *, query: PricesQuery, until: float
) -> Seen | NotListedError | UnavailableError:
    """Look for an asset of the name, else for a future; what is wrong with a future is what the caller hears."""
    try:
        try:
            listing = await market.find_pair(exchange, name, quote=query.quote, until=until)
        except (NotListedError, UnavailableError) as error:
            listing = await _find_contract(market, exchange, name, until=until, no_pair=error)
        return await market.see(exchange, listing, longest=query.max_age_seconds, until=until)
    except (NotListedError, UnavailableError) as error:
        return error


async def _find_contract(
    market: Market, exchange: Exchange, name: str, *, until: float, no_pair: NotListedError | UnavailableError
) -> Listing:
    try:
        return await market.find_contract(exchange, name, until=until)
    except NotListedError as error:
        if isinstance(no_pair, UnavailableError):  # it may be a coin after all
            raise no_pair from None
        raise NotListedError(f"{no_pair}; and {error}") from None


def _line(name: str, seen: Seen) -> PriceLine:
    listing, quote = seen.listing, seen.quote
    is_spot = listing.segment == "spot"
    units = listing.units if is_spot else Decimal(1)
    last, mark, index, bid, ask = (
        _exact(price, units) for price in (quote.last, quote.mark, quote.index, quote.bid, quote.ask)
    )
    return PriceLine(
        symbol=name,
        kind="spot" if is_spot else "perpetual" if listing.expiry_ms is None else "future",
        quote=listing.quote,
        price=last if is_spot else mark,
        last=last,
        mark=mark,
        index=index,
        bid=bid,
        ask=ask,
        funding_rate=_exact(quote.funding_rate),
        funding_interval_hours=quote.funding_interval_hours or listing.funding_interval_hours,
        next_funding_at=_instant(quote.next_funding_ms),
        expiry=_instant(listing.expiry_ms),
        exchanges=(seen.exchange,),
        as_of=Instant.of_ms(seen.as_of_ms),
        age_seconds=round(seen.age_seconds, 3),
    )


def _median_line(name: str, quote: str, looked: Looked) -> PriceLine:
    return PriceLine(
        symbol=name,
        kind="spot",
        quote=quote,
        price=_exact(looked.price),
        last=None,
        mark=None,
        index=None,
        bid=None,
        ask=None,
        funding_rate=None,
        funding_interval_hours=None,
        next_funding_at=None,
        expiry=None,
        exchanges=looked.sources,
        as_of=Instant.of_ms(looked.as_of_ms),
        age_seconds=round(looked.age_seconds, 3),
    )


def _exact(value: Decimal | None, units: Decimal = Decimal(1)) -> Exact | None:
    return None if value is None else Exact(value / units)


def _instant(milliseconds: int | None) -> Instant | None:
    return None if milliseconds is None else Instant.of_ms(milliseconds)
