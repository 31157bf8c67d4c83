"""Looks up the past days of a simulation: daily returns of all its coins at one exchange, of the same days.

Law: a day without a return of a coin has none of it, and is never filled in; what was looked up is told in full, so
that sending it back gives the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, NamedTuple

from msgspec import Meta, Struct

from service.api.absences import Place, at, refuse, require_on
from service.api.origins import Currency, Source, require_now, write_instant
from service.api.past_closes import PastCloses, Vault, find_spot, require_closes
from service.hedging.dynamics import LARGEST_RETURN
from service.hedging.portfolio import Holding
from service.hedging.returns import last_days, simple_returns
from service.hedging.units import Asset, Instant
from service.market.history import Histories
from service.market.lookup import Market
from service.market.source import Exchange


class SeriesOrigin(Struct, frozen=True, kw_only=True):
    """Where the past days of one asset came from."""

    symbol: Annotated[
        str, Meta(description="Spot pair whose daily closes they are made of.", max_length=40, examples=["SOLUSDT"])
    ]
    first_at: Annotated[Instant, Meta(description="End of the first day that has a return.")]
    last_at: Annotated[Instant, Meta(description="End of the last day that has a return.")]
    as_of: Annotated[Instant, Meta(description="When the exchange was asked for the closes.")]
    age_seconds: Annotated[float, Meta(description="Since then, when the answer was made.", ge=0, examples=[120.5])]


class PastOrigin(Struct, frozen=True, kw_only=True):
    """Where the past days came from that a simulation draws from."""

    source: Annotated[Exchange, Meta(description="Exchange whose spot pairs they are of.")]
    quote: Annotated[Currency, Meta(description="Currency of the pairs.")]
    history_days: Annotated[
        int, Meta(description="As requested: days before the underlying's last close.", ge=30, le=365, examples=[180])
    ]
    series: Annotated[
        dict[Asset, SeriesOrigin],
        Meta(description="Of each risky holding and of the underlying.", min_length=1, max_length=101),
    ]


class PastReturns(NamedTuple):
    """Past days of several assets."""

    returns: dict[str, tuple[float | None, ...]]
    """Simple, by asset, oldest first, of the same days."""
    ends: tuple[int, ...]
    """Ends of those days in milliseconds since 1970."""
    closes: Mapping[str, PastCloses]
    exchange: Exchange
    quote: Currency


_DAYS = ("model", "history_days")


def take_source(market: Market, source: Source | None, as_of: Instant | None) -> tuple[Exchange, Currency]:
    """Say where past days are looked up: at the exchange that a question names for its prices.

    Args:
        market: where to look.
        source: as asked.
        as_of: time of the question; it has to be now.

    Raises:
        RefusalError: inconsistent_question, as_of_not_now or exchange_off.
    """
    if source is None:
        raise refuse("inconsistent_question", "Past days are looked up where `market` says: name it", at(*_DAYS))
    if source.exchange == "median":
        detail = "A median has no past days: name an exchange, or send the returns"
        raise refuse("inconsistent_question", detail, at("market", "exchange"))
    require_now(as_of, source.max_age_seconds)
    require_on(market, source.exchange, at("market", "exchange"))
    return source.exchange, source.quote


class Needs(NamedTuple):
    """Whose past days are needed."""

    moving: tuple[str, ...]
    """Coins at risk."""
    underlying: str
    """Of the contract; its last close ends the last day."""
    holdings: Sequence[Holding]
    """Where the coins stand in the request."""


async def find_returns(vault: Vault, where: tuple[Exchange, Currency], days: int, *, needs: Needs) -> PastReturns:
    """Look up the last days of some coins and of what a contract follows, side by side; refuse with all places.

    Args:
        vault: where closes are, and how long to wait for them.
        where: exchange, and currency of the spot pairs.
        days: returns that are wanted.
        needs: whose.

    Raises:
        RefusalError: not_listed (422) or price_unavailable (503).
    """
    exchange, quote = where
    places = _place(needs.holdings)

    def place_of(asset: str) -> Place:
        return places.get(asset, at(*_DAYS))

    wanted = dict.fromkeys((*needs.moving, needs.underlying))
    listings = {asset: await find_spot(vault, exchange, asset, quote=quote) for asset in wanted}
    closes = await require_closes(vault, exchange, listings, place_of=place_of)
    ends = last_days(closes[needs.underlying].by_day, days)
    returns = {asset: _bound(simple_returns(one.by_day, ends)) for asset, one in closes.items()}
    return PastReturns(returns, tuple(ends[1:]), closes, exchange, quote)


def _place(holdings: Sequence[Holding]) -> dict[str, Place]:
    """Tell where each asset stands first."""
    places: dict[str, Place] = {}
    for index, holding in enumerate(holdings):
        places.setdefault(holding.asset, at("holdings", index, "asset"))
    return places


def _bound(returns: Iterable[float | None]) -> tuple[float | None, ...]:
    """Take a return that nobody could send as missing: a coin that was renamed or redenominated has none that day."""
    return tuple(None if one is None or one > LARGEST_RETURN else one for one in returns)


def tell_origin(histories: Histories, past: PastReturns) -> PastOrigin:
    """Say where past days came from and how old they are; each asset has a return among them."""
    return PastOrigin(
        source=past.exchange,
        quote=past.quote,
        history_days=len(past.ends),
        series={asset: _tell(histories, past, asset) for asset in past.returns},
    )


def _tell(histories: Histories, past: PastReturns, asset: str) -> SeriesOrigin:
    known = [end for end, one in zip(past.ends, past.returns[asset], strict=True) if one is not None]
    closes = past.closes[asset]
    return SeriesOrigin(
        symbol=closes.listing.symbol,
        first_at=write_instant(known[0]),
        last_at=write_instant(known[-1]),
        as_of=write_instant(closes.history.as_of_ms),
        age_seconds=round(histories.age_now(closes.history), 3),
    )
