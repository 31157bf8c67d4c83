"""Looks up past returns: of all assets of a question at one exchange, of the same days.

Law: an interval without a return of an asset has none of it, and is never filled in; what was looked up is told in
full, so that sending it back gives the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, NamedTuple

from msgspec import Meta, Struct

from service.api.lookups.absences import Place, at, refuse, require_on
from service.api.lookups.origins import Currency, Source, require_now, write_instant
from service.api.lookups.past_closes import PastCloses, Vault, find_spot, require_closes
from service.hedging.paths.dynamics import LARGEST_RETURN
from service.hedging.portfolio import Holding
from service.hedging.risk.returns import last_days, simple_returns
from service.hedging.risk.samples import ReturnSeries, SentSeries, Series, WindowSeries
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
    """Where past returns came from."""

    source: Annotated[Exchange, Meta(description="Exchange whose spot pairs they are of.")]
    quote: Annotated[Currency, Meta(description="Currency of the pairs.")]
    history_days: Annotated[
        int, Meta(description="Days before the underlying's last close that they cover.", ge=3, le=390, examples=[180])
    ]
    interval_days: Annotated[int, Meta(description="Days of each return.", ge=1, le=30, examples=[1])]
    series: Annotated[
        dict[Asset, SeriesOrigin],
        Meta(description="Of each asset at risk and of what the futures follow.", min_length=1, max_length=101),
    ]


class PastReturns(NamedTuple):
    """Past returns of several assets."""

    returns: dict[str, tuple[float | None, ...]]
    """Simple, by asset, oldest first, of the same intervals."""
    ends: tuple[int, ...]
    """Ends of their intervals in milliseconds since 1970."""
    closes: Mapping[str, PastCloses]
    where: tuple[Exchange, Currency]
    span: "Span"


class Span(NamedTuple):
    """Past days of which returns are wanted."""

    days: int
    place: Place
    """Where the request asks for them."""
    interval_days: int = 1


def take_source(
    market: Market, source: Source | None, span: Span, *, as_of: Instant | None
) -> tuple[Exchange, Currency]:
    """Say where past days are looked up: at the exchange that a question names for its prices.

    Args:
        market: where to look.
        source: as asked.
        span: that is wanted.
        as_of: time of the question; it has to be now.

    Raises:
        RefusalError: inconsistent_question, as_of_not_now or exchange_off.
    """
    if source is None:
        raise refuse("inconsistent_question", "Past days are looked up where `market` says: name it", span.place)
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
    underlyings: Mapping[str, Place]
    """What futures follow, and where in the request; the last close of the first ends the last day."""
    holdings: Sequence[Holding]
    """Where the coins stand in the request."""


async def find_returns(vault: Vault, where: tuple[Exchange, Currency], span: Span, *, needs: Needs) -> PastReturns:
    """Look up past returns of some coins and of what futures follow, side by side; refuse with all places.

    Args:
        vault: where closes are, and how long to wait for them.
        where: exchange, and currency of the spot pairs.
        span: days that are wanted.
        needs: whose.

    Raises:
        RefusalError: not_listed, stale_price (422) or price_unavailable (503).
    """
    exchange, quote = where
    places = {**needs.underlyings, **_place(needs.holdings)}
    wanted = dict.fromkeys((*needs.moving, *needs.underlyings))
    listings = {asset: await find_spot(vault, exchange, asset, quote=quote) for asset in wanted}
    closes = await require_closes(vault, exchange, listings, place_of=places.__getitem__)
    ends = last_days(closes[next(iter(needs.underlyings))].by_day, span.days, interval=span.interval_days)
    returns = {asset: _bound(simple_returns(one.by_day, ends)) for asset, one in closes.items()}
    return PastReturns(returns, tuple(ends[1:]), closes, where, span)


def _place(holdings: Sequence[Holding]) -> dict[str, Place]:
    """Tell where each asset stands first."""
    places: dict[str, Place] = {}
    for index, holding in enumerate(holdings):
        places.setdefault(holding.asset, at("holdings", index, "asset"))
    return places


def _bound(returns: Iterable[float | None]) -> tuple[float | None, ...]:
    """Take a return that nobody could send as missing: a coin that was renamed or redenominated has none that day."""
    return tuple(None if one is None or one > LARGEST_RETURN else one for one in returns)


WHOLE = at()
"""Place of a window that may be left out: the question as a whole."""


async def look_back(
    vault: Vault, series: Series, source: Source | None, *, as_of: Instant | None, needs: Needs, place: Place = WHOLE
) -> tuple[SentSeries, PastReturns | None]:
    """Give the series that a question is answered from: as sent, or looked up as its window says.

    Args:
        vault: where closes are, and how long to wait for them.
        series: as asked.
        source: exchange and currency that are looked up.
        as_of: time of the question; for a window it has to be now.
        needs: whose returns.
        place: where the question asks for a window.

    Returns:
        The series as one would send it, and what was looked up for it; None where nothing was.

    Raises:
        RefusalError: as of `take_source` and `find_returns`.
    """
    if not isinstance(series, WindowSeries):
        return series, None
    span = Span(series.window_days, place, series.interval_days)
    where = take_source(vault.market, source, span, as_of=as_of)
    past = await find_returns(vault, where, span, needs=needs)
    return ReturnSeries(returns=past.returns, interval_days=float(series.interval_days)), past


def tell_origin(histories: Histories, past: PastReturns) -> PastOrigin:
    """Say where past returns came from and how old they are; each asset has one among them."""
    return PastOrigin(
        source=past.where[0],
        quote=past.where[1],
        history_days=len(past.ends) * past.span.interval_days,
        interval_days=past.span.interval_days,
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
