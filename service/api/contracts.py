"""`GET /v1/contracts`: the futures on a coin, smallest steps first: what a "mini" contract really is, where."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, NamedTuple

from litestar import Request, Response, route
from msgspec import Meta, Struct
from msgspec.structs import replace

from service.api.lookups.absences import parameter, refuse, refuse_unavailable, require_on
from service.api.lookups.origins import LONGEST_AGE, Style, Unavailable
from service.api.messages.queries import read_query
from service.api.messages.tags import respond
from service.api.messages.wire import READ, encode
from service.hedging.contracts import Contract, unit_notional
from service.hedging.portfolio import STABLECOINS
from service.hedging.sizes.lots import smallest_size
from service.hedging.units import Asset, Exact, Instant, Money, Price, Size, exactly
from service.market.found import Seen, UnavailableError
from service.market.lookup import FUTURES, Market
from service.market.maintenance import Maintenance
from service.market.source import Exchange, UpstreamError
from service.market.terms import contract_of

MOST = 500
_EXPIRY = r"\A(?:perpetual|dated|20[0-9]{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01]))\Z"


class ContractsQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which futures."""

    underlying: Annotated[Asset, Meta(description="Coin that they follow.", examples=["BTC"])]
    exchange: Annotated[Exchange | None, Meta(description="One exchange only; absent: all that are on.")] = None
    style: Annotated[Style | None, Meta(description="One style only; absent: both.")] = None
    expiry: Annotated[
        Annotated[str, Meta(pattern=_EXPIRY, max_length=10)] | None,
        Meta(description="`perpetual`, `dated`, or the day of settlement in UTC; absent: all.", examples=["perpetual"]),
    ] = None


class ContractLine(Struct, frozen=True, kw_only=True):
    """One future with what its smallest step is worth, in its quote currency."""

    exchange: Annotated[Exchange, Meta(description="Where it is listed.")]
    quote: Annotated[str, Meta(description="Currency of its prices.", examples=["USDT"], max_length=20)]
    contract: Annotated[
        Contract,
        Meta(
            description="Its terms as `/v1/sizing` takes them, without maintenance: name it there as `listed` for that."
        ),
    ]
    max_leverage: Annotated[
        Exact | None,
        Meta(description="Largest leverage; null where the exchange does not publish it.", examples=["100"]),
    ]
    mark_price: Annotated[Price, Meta(description="Mark price.")]
    step_notional: Annotated[Money, Meta(description="Value of one lot step.", examples=["6"])]
    smallest_order: Annotated[Size, Meta(description="Smallest legal order, in contracts.", examples=["0.001"])]
    smallest_notional: Annotated[Money, Meta(description="Value of the smallest legal order.", examples=["60"])]
    as_of: Annotated[Instant, Meta(description="Time of the mark price at the exchange.")]
    age_seconds: Annotated[float, Meta(description="Age of the mark price in this answer.", examples=[0.8])]


class ContractsReply(Struct, frozen=True, kw_only=True):
    """Futures by the value of their step, ascending."""

    contracts: Annotated[
        tuple[ContractLine, ...], Meta(description="Smallest step first, at most 500.", max_length=MOST)
    ]
    unavailable: Annotated[
        tuple[Unavailable, ...], Meta(description="What could not be asked: the list is not whole.", max_length=10)
    ]
    as_of: Annotated[Instant, Meta(description="Time of this answer.")]


@route("/v1/contracts", http_method=READ)
async def list_contracts(request: Request[Any, Any, Any]) -> Response[bytes]:
    """List the futures on a coin, smallest steps first.

    What can't be asked now is named beside the list; if nothing can, the request is refused.
    """
    query = read_query(ContractsQuery, request)
    market: Market = request.app.state.market
    groups = _groups(market, query)
    until = market.deadline()
    answers = [(group, answer) for group, answer in zip(groups, await _ask(market, groups, until), strict=True)]
    failed = [(group, answer) for group, answer in answers if isinstance(answer, UnavailableError)]
    if failed and len(failed) == len(answers):
        raise refuse_unavailable([(error, parameter("exchange")) for _, error in failed], one_is_enough=True)
    found = [
        seen._replace(age_seconds=market.age_now(seen))
        for _, answer in answers
        if not isinstance(answer, UnavailableError)
        for seen in answer
    ]
    lines = sorted((line for line in map(_line, _choose(found, query)) if line is not None), key=_size)[:MOST]
    missing = [Unavailable(exchange=group.exchange, style=group.style, detail=str(error)) for group, error in failed]
    reply = ContractsReply(contracts=tuple(lines), unavailable=tuple(missing), as_of=Instant.of(datetime.now(UTC)))
    identity = encode([[replace(line, age_seconds=0.0) for line in lines], missing])
    return respond(request, encode(reply), identity=identity, seconds=0)


class _Group(NamedTuple):
    exchange: Exchange
    style: Style


def _groups(market: Market, query: ContractsQuery) -> list[_Group]:
    """Name what has to be asked; a dated future of an exchange that lists none is a mistake of the caller."""
    if query.exchange is not None:
        require_on(market, query.exchange, parameter("exchange"))
    if not market.adapters:
        raise refuse("exchange_off", "Every exchange is switched off here", parameter("exchange"))
    names = [query.exchange] if query.exchange is not None else list(market.adapters)
    if query.expiry not in {None, "perpetual"}:
        names = [name for name in names if market.adapters[name].lists_expiring]
    if not names:
        detail = "None of these exchanges lists futures that expire; binance and bybit do"
        raise refuse("not_listed", detail, parameter("expiry"))
    styles = FUTURES if query.style is None else (query.style,)
    return [_Group(name, style) for name in names for style in styles if market.offers(name, style)]


async def _ask(market: Market, groups: Sequence[_Group], until: float) -> list[list[Seen] | UnavailableError]:
    return list(await asyncio.gather(*(_list(market, group, until) for group in groups)))


async def _list(market: Market, group: _Group, until: float) -> list[Seen] | UnavailableError:
    try:
        return await market.list_contracts(group.exchange, group.style, longest=LONGEST_AGE, until=until)
    except UnavailableError as error:
        return error


def _choose(found: Sequence[Seen], query: ContractsQuery) -> Iterator[Seen]:
    for seen in found:
        listing = seen.listing
        if listing.base == query.underlying and listing.quote in STABLECOINS and _settles(seen, query.expiry):
            yield seen


def _settles(seen: Seen, expiry: str | None) -> bool:
    """Tell whether a future settles as asked for."""
    at = seen.listing.expiry_ms
    if expiry is None:
        return True
    if expiry in {"perpetual", "dated"}:
        return (at is None) == (expiry == "perpetual")
    return at is not None and str(Instant.of_ms(at)).startswith(expiry)


@exactly
def _line(seen: Seen) -> ContractLine | None:
    """Work out what the smallest order is worth; None for a future whose terms make no sense."""
    if seen.quote.mark is None:
        return None
    mark, leverage = Price(seen.quote.mark), seen.listing.max_leverage
    try:
        contract = contract_of(seen.listing, Maintenance("unknown", max_leverage=leverage), mark)
    except UpstreamError:
        return None
    unit = unit_notional(contract, mark)
    smallest = smallest_size(contract, unit)
    return ContractLine(
        exchange=seen.exchange,
        quote=seen.listing.quote,
        contract=contract,
        max_leverage=None if leverage is None else Exact(leverage),
        mark_price=mark,
        step_notional=Money.of(contract.lot_step * unit),
        smallest_order=Size.of(smallest),
        smallest_notional=Money.of(smallest * unit),
        as_of=Instant.of_ms(seen.as_of_ms),
        age_seconds=round(seen.age_seconds, 3),
    )


def _size(line: ContractLine) -> tuple[Exact, Exact, str, str]:
    return line.step_notional, line.smallest_notional, line.exchange, line.contract.symbol
