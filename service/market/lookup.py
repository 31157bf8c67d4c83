"""Answers what the API asks the market: a contract's terms, a price, everything that is listed or quoted.

Law: a contract's own price comes from its own exchange; an answer older than asked for is an error that says how old;
and no name that is not listed is replaced by another.
"""

import asyncio
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from difflib import get_close_matches
from typing import Literal, NamedTuple, cast

from msgspec.structs import replace

from service.market.boards import Boards
from service.market.clock import Clock
from service.market.fetcher import Kept
from service.market.found import (
    Answer,
    Listed,
    Looked,
    NotListedError,
    Now,
    Search,
    Seen,
    UnavailableError,
    date,
    doubt,
    look,
    pick,
    price,
    require_trading,
)
from service.market.maintenance import maintain
from service.market.quorum import QUORUM, agree
from service.market.sealing import Board
from service.market.source import (
    LISTINGS_LONGEST,
    Adapter,
    Exchange,
    Feed,
    Listing,
    Quote,
    Segment,
    Subject,
    Tier,
    Tiers,
    UpstreamError,
)
from service.market.terms import contract_of
from service.market.upstream import Upstream

_DATED = re.compile(r".*(?:[0-9]{6}|[0-9]{2}[A-Z]{3}[0-9]{2}|[FGHJKMNQUVXZ][0-9]{2})").fullmatch
"""Names of futures that expire, as exchanges write them."""
_MOST_ALIKE = 20
"""Names that are looked at for a hint: comparing texts is slow."""
FUTURES: tuple[Literal["linear", "inverse"], ...] = ("linear", "inverse")


class FeedNow(NamedTuple):
    """A feed with what there is of it."""

    feed: Feed
    kept: Kept | None
    failure: UpstreamError | None
    """Why the last try failed, as long as nobody tries again."""


class Futures(NamedTuple):
    """The futures on an asset at one exchange, as far as they can be had."""

    seen: tuple[Seen, ...]
    missing: Mapping[Literal["linear", "inverse"], UnavailableError]
    """Kinds that the exchange offers and that can't be had now, and why: the list is not whole."""
    lost: tuple[tuple[Literal["linear", "inverse"], UnavailableError], ...]
    """Single futures on the asset that are listed and whose quote is missing, too old or not believed, and why."""


class Market:
    """All exchanges that are on."""

    def __init__(self, upstreams: Mapping[Exchange, Upstream], boards: Boards, clock: Clock) -> None:
        """Make the look-up.

        Args:
            upstreams: the exchanges that are on.
            boards: where their boards are.
            clock: wall and steady time.
        """
        self.adapters = {name: upstream.adapter for name, upstream in upstreams.items()}
        self.hosts = {name: upstream.breakers for name, upstream in upstreams.items()}
        self._boards = boards
        self._clock = clock
        self._feeds = {
            (feed.exchange, feed.segment, feed.subject): feed
            for adapter in self.adapters.values()
            for feed in adapter.feeds
        }
        self._pairs: dict[Exchange, tuple[Board, dict[tuple[str, str], Listing]]] = {}
        self._excluded: dict[tuple[str, str], frozenset[str]] = {}

    def feeds(self, exchange: Exchange) -> list[FeedNow]:
        """Show the feeds of an exchange with what there is of each, without asking anybody."""
        return [FeedNow(feed, *self._boards.peek(feed)) for feed in self.adapters[exchange].feeds]

    def age_now(self, found: Looked | Seen) -> float:
        """Age in seconds of what was looked up some waits ago."""
        return found.age_seconds + self._clock.steady() - found.steady_then

    def age_of_terms(self, exchange: Exchange, listing: Listing) -> tuple[int, float]:
        """Give the time of the listings that one is from, in milliseconds since 1970, and their age in seconds."""
        kept = cast("Kept", self._boards.peek(self._feeds[exchange, listing.segment, "listings"])[0])
        return kept.board.wall_ms, self.age(kept)

    def age(self, kept: Kept) -> float:
        """Age of a board in seconds."""
        return kept.age(self._clock.steady())

    def deadline(self) -> float:
        """Time of the steady clock until which a question that comes now waits for all that it needs."""
        return self._boards.deadline()

    def offers(self, exchange: Exchange, segment: Segment) -> bool:
        """Tell whether an exchange that is on lists symbols of a segment."""
        return (exchange, segment, "listings") in self._feeds

    async def find_contract(self, exchange: Exchange, symbol: str, *, until: float) -> Listing:
        """Find a future by its symbol.

        Args:
            exchange: one that is on.
            symbol: as the exchange writes it.
            until: from `deadline`.

        Raises:
            NotListedError: if there is no such future, or it does not trade.
            UnavailableError: if the exchange's listings can't be had.
        """
        search = Search(exchange, symbol, LISTINGS_LONGEST, until)
        segments = [segment for segment in FUTURES if self.offers(exchange, segment)]
        listings: dict[str, Listing] = {}
        failure: UnavailableError | None = None
        for segment in segments:
            try:
                listings |= (await self._listings(search, segment)).rows
            except UnavailableError as error:  # the name may be that of a contract on another host
                failure = failure or error
            if symbol in listings:
                return require_trading(exchange, listings[symbol])
        if failure is not None:
            raise failure
        raise NotListedError(_not_listed(self.adapters[exchange], symbol, listings))

    async def find_pair(self, exchange: Exchange, asset: str, *, quote: str, until: float) -> Listing:
        """Find the pair in which an asset is traded for a currency.

        Args:
            exchange: one that is on.
            asset: its code; an asset that is traded by the thousand is found too.
            quote: the currency.
            until: from `deadline`.

        Raises:
            NotListedError: if there is no such pair, or it does not trade.
            UnavailableError: if the exchange's listings can't be had.
        """
        search = Search(exchange, asset, LISTINGS_LONGEST, until)
        pairs = self._pairs_of(exchange, await self._listings(search, "spot"))
        return _require_pair(exchange, pairs, asset=asset, quote=quote)

    async def see(self, exchange: Exchange, listing: Listing, *, longest: float, until: float) -> Seen:
        """Give the quote of a future or of a pair.

        Args:
            exchange: where it is listed.
            listing: from `find_contract` or `find_pair`.
            longest: age in seconds that the quote may have.
            until: from `deadline`.

        Raises:
            UnavailableError: if it can't be had.
        """
        return await self._see(Search(exchange, listing.symbol, longest, until), listing)

    async def mark_contract(self, exchange: Exchange, listing: Listing, *, longest: float, until: float) -> Looked:
        """Give the mark price of a future.

        Args: as of `see`.

        Raises:
            UnavailableError: if it can't be had, or has no mark price.
        """
        seen = await self.see(exchange, listing, longest=longest, until=until)
        if seen.quote.mark is None:
            raise UnavailableError(exchange, listing.symbol, UpstreamError("rejected", "it has no mark price"))
        return look(seen, seen.quote.mark)

    async def take_contract(
        self, exchange: Exchange, listing: Listing, *, futures_price: Decimal, until: float
    ) -> Listed:
        """Give the terms of a future.

        Args:
            exchange: where it is listed.
            listing: from `find_contract`.
            futures_price: price at which tiers that count contracts become position values.
            until: from `deadline`.

        Raises:
            UnavailableError: if its maintenance tiers can't be had, or its terms make no sense.
        """
        adapter = self.adapters[exchange]
        try:
            published = None if adapter.tiers_of is None else await self._tiers(adapter.tiers_of(listing), until)
            maintenance = maintain(exchange, listing, published)
            whole = self._complete(exchange, listing)
            contract = contract_of(whole, maintenance, futures_price, basis=adapter.maintenance_basis)
        except UpstreamError as error:
            raise UnavailableError(exchange, listing.symbol, error) from None
        return Listed(contract, maintenance)

    def prepare_assets(self, exchange: Exchange, longest: float) -> None:
        """Begin to fetch what `price_assets` will need, where it is not there."""
        self._prepare(exchange, "spot", longest)

    async def price_assets(
        self, exchange: Exchange, assets: Sequence[str], *, quote: str, longest: float, until: float
    ) -> dict[str, Answer]:
        """Give the last spot price of one unit of each asset, or why there is none.

        Args:
            exchange: one that is on.
            assets: codes; an asset that is traded by the thousand is found, and its price divided.
            quote: currency of the prices.
            longest: age in seconds that they may have.
            until: from `deadline`.
        """
        self.prepare_assets(exchange, longest)
        search = Search(exchange, "spot", longest, until)
        try:
            listings = await self._listings(search, "spot")
            quotes = await self._read(search, "spot", "quotes")
        except UnavailableError as error:
            return {asset: error.about(asset) for asset in assets}
        pairs, now = self._pairs_of(exchange, listings), self._now()
        answers: dict[str, Answer] = {}
        for asset in assets:
            try:
                listing = _require_pair(exchange, pairs, asset=asset, quote=quote)
                answers[asset] = price(pick(search._replace(name=asset), listing, quotes, now=now))
            except (NotListedError, UnavailableError) as error:
                answers[asset] = error
        return answers

    async def agree_on_assets(
        self, assets: Sequence[str], *, quote: str, longest: float, until: float
    ) -> dict[str, Answer]:
        """Give the median spot price of the exchanges that agree on it, for each asset, or why there is none.

        Args: as of `price_assets`.
        """
        answers = await asyncio.gather(
            *(
                self.price_assets(exchange, assets, quote=quote, longest=longest, until=until)
                for exchange in self.adapters
            )
        )
        return {asset: self._agree(asset, quote, [answer[asset] for answer in answers]) for asset in assets}

    async def list_contracts(self, exchange: Exchange, segment: Segment, *, longest: float, until: float) -> list[Seen]:
        """List the futures of one kind that trade and have a quote that is young enough.

        Raises:
            UnavailableError: if they can't be had.
        """
        search = Search(exchange, f"{segment} futures", longest, until)
        listings, quotes = await self._read_both(search, segment)
        quoted = (listing for listing in listings if listing.is_trading and listing.symbol in quotes.board.rows)
        now = self._now()
        seen = [one for one in (date(exchange, listing, quotes, now=now) for listing in quoted) if doubt(one) is None]
        young = [one for one in seen if one.age_seconds <= longest]
        if seen and not young:
            raise _stale(search, [one.age_seconds for one in seen])
        return young

    async def list_futures(self, exchange: Exchange, underlying: str, *, longest: float, until: float) -> Futures:
        """List the futures on an asset that trade and have a quote that is young enough, linear and inverse ones.

        Args:
            exchange: one that is on.
            underlying: code of the asset; futures on a thousand of it are among them, and any currency of prices is.
            longest: age in seconds that a quote may have.
            until: from `deadline`.
        """
        segments = [segment for segment in FUTURES if self.offers(exchange, segment)]
        searches = [Search(exchange, f"{segment} futures", longest, until) for segment in segments]
        lists = (self._list(search, segment, underlying) for search, segment in zip(searches, segments, strict=True))
        answers = dict(zip(segments, await asyncio.gather(*lists), strict=True))
        parts = {kind: part for kind, part in answers.items() if not isinstance(part, UnavailableError)}
        return Futures(
            seen=tuple(seen for part in parts.values() for seen in part.seen),
            missing={kind: answer for kind, answer in answers.items() if isinstance(answer, UnavailableError)},
            lost=tuple((kind, error) for kind, part in parts.items() for error in part.lost),
        )

    async def _list(self, search: Search, segment: Segment, underlying: str) -> "_Part | UnavailableError":
        """Take the quotes of all futures of one kind on an asset off one board."""
        try:
            listings, quotes = await self._read_both(search, segment)
        except UnavailableError as error:
            return error
        now = self._now()
        part = _Part([], [])
        for listing in listings:
            if listing.base == underlying and listing.is_trading:
                try:
                    part.seen.append(pick(search._replace(name=listing.symbol), listing, quotes, now=now))
                except UnavailableError as error:
                    part.lost.append(error)
        ages = [error.age_seconds for error in part.lost if error.age_seconds is not None]
        return _stale(search, ages) if ages and len(ages) == len(part.seen) + len(part.lost) else part

    async def _read_both(self, search: Search, segment: Segment) -> tuple[Iterable[Listing], Kept]:
        """Give what an exchange lists, and the quotes."""
        self._prepare(search.exchange, segment, search.longest)
        listings = await self._listings(search, segment)
        return listings.rows.values(), await self._read(search, segment, "quotes")

    def _prepare(self, exchange: Exchange, segment: Segment, longest: float) -> None:
        self._boards.prepare([self._feeds[exchange, segment, "listings"]], LISTINGS_LONGEST)
        self._boards.prepare([self._feeds[exchange, segment, "quotes"]], longest)

    def _complete(self, exchange: Exchange, listing: Listing) -> Listing:
        """Add the funding interval where only the quote tells it."""
        kept, _ = self._boards.peek(self._feeds[exchange, listing.segment, "quotes"])
        if listing.funding_interval_hours is not None or kept is None or listing.symbol not in kept.board.rows:
            return listing
        quote = cast("Quote", kept.board.rows[listing.symbol])
        return replace(listing, funding_interval_hours=quote.funding_interval_hours)

    async def _tiers(self, feed: Feed, until: float) -> tuple[Tier, ...]:
        board = (await self._boards.read(feed, feed.longest_seconds, until=until)).board
        (tiers,) = cast("Mapping[str, Tiers]", board.rows).values()
        return tiers.tiers

    def _agree(self, asset: str, quote: str, answers: Sequence[Answer]) -> Answer:
        found = {str(answer.source): answer for answer in answers if isinstance(answer, Looked)}
        listing = sum(not isinstance(answer, NotListedError) for answer in answers)
        if listing < QUORUM:
            return NotListedError(f"{listing} of the exchanges trade {asset} for {quote}, and a median takes {QUORUM}")
        prices = {source: answer.price for source, answer in found.items()}
        agreement = agree(asset, prices, excluded=self._excluded.get((asset, quote), frozenset()))
        self._excluded.pop((asset, quote), None)
        if agreement.excluded:
            self._excluded[asset, quote] = agreement.excluded
        if agreement.price is None:
            detail = f"{len(agreement.sources)} of {listing} exchanges agree, and it takes {QUORUM}"
            return UnavailableError("median", asset, UpstreamError("no_quorum", detail, retry_after=1.0))
        oldest = max((found[source] for source in agreement.sources), key=lambda answer: answer.age_seconds)
        sources = tuple(exchange for exchange in self.adapters if exchange in agreement.sources)
        return oldest._replace(price=agreement.price, source="median", sources=sources, symbol=None)

    async def _listings(self, search: Search, segment: Segment) -> "_Listings":
        board = (await self._read(search, segment, "listings")).board
        return _Listings(board, cast("Mapping[str, Listing]", board.rows))

    async def _read(self, search: Search, segment: Segment, subject: Subject) -> Kept:
        feed = self._feeds[search.exchange, segment, subject]
        longest = LISTINGS_LONGEST if subject == "listings" else search.longest
        try:
            return await self._boards.read(feed, longest, until=search.until)
        except UpstreamError as error:
            kept, _ = self._boards.peek(feed)
            age = None if kept is None else kept.age(self._clock.steady())
            raise UnavailableError(search.exchange, search.name, error, age_seconds=age) from None

    async def _see(self, search: Search, listing: Listing) -> Seen:
        kept = await self._read(search, listing.segment, "quotes")
        return pick(search, listing, kept, now=self._now())

    def _now(self) -> Now:
        return Now(self._clock.steady(), self._clock.wall())

    def _pairs_of(self, exchange: Exchange, listings: "_Listings") -> Mapping[tuple[str, str], Listing]:
        """Give an exchange's pairs by asset and currency, from an index that is made once a board."""
        board, pairs = self._pairs.get(exchange, (None, {}))
        if board is not listings.board:
            pairs = _index(listings.rows)
            self._pairs[exchange] = (listings.board, pairs)
        return pairs


class _Part(NamedTuple):
    """The futures of one kind on an asset: their quotes, and what speaks against those that are missing."""

    seen: list[Seen]
    lost: list[UnavailableError]


class _Listings(NamedTuple):
    board: Board
    rows: Mapping[str, Listing]


def _stale(search: Search, ages: Sequence[float]) -> UnavailableError:
    """Make the error for a kind of which every quote is too old."""
    cause = UpstreamError("stale", f"older than {search.longest:g} s", retry_after=1.0)
    return UnavailableError(search.exchange, search.name, cause, age_seconds=min(ages))


def _index(listings: Mapping[str, Listing]) -> dict[tuple[str, str], Listing]:
    """Index pairs by asset and currency; one that trades goes before one that does not, a plain one before a scaled.

    Two pairs of one rank for one asset leave nobody knowing which is meant, and neither is listed.
    """
    ranked: dict[tuple[str, str], list[Listing]] = {}
    for listing in listings.values():
        ranked.setdefault((listing.base, listing.quote), []).append(listing)
    best = {name: _best(pairs) for name, pairs in ranked.items()}
    return {name: listing for name, listing in best.items() if listing is not None}


def _best(pairs: Sequence[Listing]) -> Listing | None:
    if len(pairs) == 1:
        return pairs[0]
    first, second, *_ = sorted(pairs, key=_rank)
    return None if _rank(first) == _rank(second) else first


def _rank(listing: Listing) -> tuple[bool, Decimal]:
    return not listing.is_trading, listing.units


def _not_listed(adapter: Adapter, symbol: str, listings: Mapping[str, Listing]) -> str:
    """Say that a future is not listed, with what comes near to its name."""
    alike = sorted(name for name in listings if name[:3] == symbol[:3])[:_MOST_ALIKE]
    near = get_close_matches(symbol, alike, n=3)
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    if _DATED(symbol) and not adapter.lists_expiring:
        hint = ", nor any future that expires"
    return f"{adapter.exchange} lists no future {symbol}{hint}"


def _require_pair(exchange: Exchange, pairs: Mapping[tuple[str, str], Listing], *, asset: str, quote: str) -> Listing:
    listing = pairs.get((asset, quote))
    if listing is None:
        raise NotListedError(f"{exchange} trades no {asset} for {quote}")
    return require_trading(exchange, listing)
