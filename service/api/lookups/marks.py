"""Completes a question: what the caller sent counts, what is missing is looked up, each price says where it is from.

Law: a contract's own price comes from its own exchange. Prices of two currencies never meet without a price between
them that the caller sent. What can't be had is an error that names every place.
"""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from decimal import Decimal
from typing import Literal, NamedTuple

from service.api.lookups.absences import Place, at, refuse, refuse_failures, refuse_unavailable, require_on
from service.api.lookups.origins import (
    BY_DEFINITION,
    FROM_REQUEST,
    LONGEST_AGE,
    Completed,
    ContractSource,
    Listed,
    Provenance,
    Source,
    origin_of,
    require_now,
    take_as_sent,
    write_instant,
    write_price,
)
from service.api.messages.problems import RefusalError
from service.hedging.cautions import Caution, caution
from service.hedging.contracts import Contract, Inverse
from service.hedging.portfolio import STABLECOINS, Holding
from service.hedging.units import Instant, InvalidWordError, Price, exactly
from service.market.found import Answer, Looked, NotListedError, UnavailableError, too_old
from service.market.found import Listed as ListedTerms
from service.market.lookup import Market
from service.market.source import Exchange, Listing

OLD_TERMS = 7200.0
"""Seconds after which terms are warned about; they are fetched anew every hour."""


async def complete(
    market: Market,
    *,
    holdings: Sequence[Holding],
    contract: Contract | Listed,
    prices: Mapping[str, Price],
    source: Source | None,
    as_of: Instant | None,
    until: float,
    field: str = "holdings",
    root: tuple[str | int, ...] = ("contract",),
) -> Completed:
    """Look up what a question leaves out.

    Args:
        market: where to look.
        holdings: their assets need spot prices.
        contract: given in full, or by its name.
        prices: what the caller sent; it counts.
        source: where to look for spot prices; None: they are not looked up.
        as_of: time of the question; what is looked up is of now, so then it has to be now.
        until: end of patience, of the steady clock.
        field: of the question in which the holdings stand.
        root: place of the contract in the question.

    Raises:
        RefusalError: not_listed, exchange_off, currency_mismatch, as_of_not_now (422) or price_unavailable (503).
    """
    missing = [asset for asset in dict.fromkeys(holding.asset for holding in holdings) if asset not in prices]
    if not isinstance(contract, Listed) and (source is None or not missing):
        return take_as_sent(contract, prices)
    places = _Places(holdings, field, root)
    question = _Question(market, prices, source, as_of=as_of, places=places, until=until)
    question.prepare(missing)
    if isinstance(contract, Listed):
        completed = await question.resolve(contract)
    else:
        completed = take_as_sent(contract, prices)._replace(cautions=question.assume_currency(contract))
    await question.price(missing, completed.contract_source.quote)
    return completed._replace(
        prices={**question.sent({holding.asset for holding in holdings}), **question.prices()},
        provenance={**completed.provenance, **question.origins()},
    )


class Spot(NamedTuple):
    """Spot prices of a book that stands beside no contract."""

    prices: Mapping[str, Price]
    provenance: Mapping[str, Provenance]


async def complete_spot(
    market: Market,
    *,
    holdings: Sequence[Holding],
    prices: Mapping[str, Price],
    source: Source | None,
    as_of: Instant | None,
    until: float,
) -> Spot:
    """Look up the spot prices that a question without a contract leaves out, in the currency of the look-ups.

    Args:
        market: where to look.
        holdings: their assets need spot prices.
        prices: what the caller sent; it counts, and is in the same currency.
        source: where to look; None: nowhere.
        as_of: time of the question; what is looked up is of now, so then it has to be now.
        until: end of patience, of the steady clock.

    Raises:
        RefusalError: not_listed, exchange_off, as_of_not_now (422) or price_unavailable (503).
    """
    sent = Spot(prices, dict.fromkeys(prices, FROM_REQUEST))
    missing = [asset for asset in dict.fromkeys(holding.asset for holding in holdings) if asset not in prices]
    if source is None or not missing:
        return sent
    question = _Question(market, prices, source, as_of=as_of, places=_Places(holdings, "holdings", ()), until=until)
    question.prepare(missing)
    await question.price(missing, source.quote)
    return Spot({**prices, **question.prices()}, {**sent.provenance, **question.origins()})


class _Found(NamedTuple):
    """A price that was looked up, or that needs no looking up."""

    price: Price
    looked: Looked | None
    """None for the price of a currency in itself."""
    kind: Literal["last", "mark"]
    rate: Price | None
    """By which it was converted."""


class _Places(NamedTuple):
    """Where in the request everything stands."""

    holdings: Sequence[Holding]
    field: str
    """Of the holdings."""
    root: tuple[str | int, ...]
    """Of the contract."""

    def of_contract(self, *path: str) -> Place:
        """Tell where a term of the contract stands."""
        return at(*self.root, *path)

    def of_mark(self, symbol: str) -> tuple[str | int, ...]:
        """Tell where the mark price of the contract stands in the answer: among the prices, or beside its terms."""
        *outside, _ = self.root
        return (*outside, "futures_price") if outside else ("prices", symbol)

    def of(self, name: str) -> Place:
        """Tell where a name stands: an asset held, or else the contract."""
        index = next((index for index, holding in enumerate(self.holdings) if holding.asset == name), None)
        return self.of_contract("symbol") if index is None else at(self.field, index, "asset")


class _Question:
    """One question on its way to being complete, with one patience for all that it waits for."""

    def __init__(
        self,
        market: Market,
        prices: Mapping[str, Price],
        source: Source | None,
        *,
        as_of: Instant | None,
        places: _Places,
        until: float,
    ) -> None:
        self._market = market
        self._sent = prices
        self._source = source
        self._places = places
        self._found: dict[str, _Found] = {}
        self._longest = LONGEST_AGE if source is None else source.max_age_seconds
        self._until = until
        require_now(as_of, self._longest)

    def prepare(self, missing: Sequence[str]) -> None:
        """Begin to fetch spot prices, so that they come in beside the contract's."""
        exchange = None if self._source is None or not missing else self._source.exchange
        for name in self._market.adapters:
            if exchange in {name, "median"}:
                self._market.prepare_assets(name, self._longest)

    async def resolve(self, contract: Listed) -> Completed:
        """Look up the contract's terms, and its mark where none was sent."""
        exchange, symbol, until = contract.exchange, contract.symbol, self._until
        require_on(self._market, exchange, self._places.of_contract("exchange"))
        try:
            listing = await self._market.find_contract(exchange, symbol, until=until)
            _require_dollars(listing, self._places)
            mark = self._sent.get(symbol) or await self._mark(exchange, listing)
            listed = await self._market.take_contract(exchange, listing, futures_price=mark, until=until)
        except NotListedError as error:
            raise refuse("not_listed", str(error), self._places.of_contract("symbol")) from None
        except UnavailableError as error:
            raise refuse_unavailable([(error, self._places.of_contract("symbol"))]) from None
        as_of_ms, age = self._market.age_of_terms(exchange, listing)
        source = ContractSource(
            source=exchange,
            maintenance=listed.maintenance.origin,
            maintenance_as_of=listed.maintenance.as_of,
            as_of=write_instant(as_of_ms),
            age_seconds=round(age, 3),
            quote=listing.quote,
        )
        cautions = (*_cautions(listed, self._places.root), *_age_cautions(age, self._places.root))
        return take_as_sent(listed.contract, self._sent)._replace(contract_source=source, cautions=cautions)

    def assume_currency(self, contract: Contract) -> tuple[Caution, ...]:
        """Settle which currency a contract that was sent in full is quoted in: it does not say.

        A sent price of the look-ups' currency says that it is another one, in which that price is. An inverse contract
        is quoted in dollars. Else it has to be the look-ups' own, which is worth a word.
        """
        quote = "" if self._source is None else self._source.quote
        if quote in self._sent:
            return ()
        if isinstance(contract, Inverse):
            raise self._lacks_rate(quote, "US dollars")
        detail = f"Spot prices are in {quote}: the price of {contract.symbol} has to be in {quote} too"
        return (caution("currency_assumed", detail, *self._places.of_mark(contract.symbol)),)

    async def price(self, missing: Sequence[str], currency: str | None) -> None:
        """Look up spot prices in a currency; where no source is named, only the currency itself has one.

        Args:
            missing: assets that need a price.
            currency: of the contract; None where it does not say.
        """
        own = currency or (self._source.quote if self._source else "")
        self._found |= {asset: _Found(Price("1"), None, "last", None) for asset in missing if asset == own}
        wanted = [asset for asset in missing if asset != own]
        if self._source is None or not wanted:
            return
        rate = self._rate(self._source.quote, currency)
        answers = await self._look(self._source, wanted)
        refuse_failures(answers, self._places.of)
        looked = {asset: answer for asset, answer in answers.items() if isinstance(answer, Looked)}
        self._found |= {
            asset: _Found(_convert(answer.price, rate), answer, "last", rate) for asset, answer in looked.items()
        }

    def sent(self, held: AbstractSet[str]) -> Mapping[str, Price]:
        """Give the prices that were sent, but for that of a currency which only served to convert others."""
        used = self._source.quote if any(found.rate for found in self._found.values()) and self._source else None
        return {name: price for name, price in self._sent.items() if name != used or name in held}

    def prices(self) -> Mapping[str, Price]:
        """Give the prices that were looked up."""
        return {name: found.price for name, found in self._found.items()}

    def origins(self) -> Mapping[str, Provenance]:
        """Say where they came from and how old they are now, after all that was waited for.

        Raises:
            RefusalError: price_unavailable, if one has become too old meanwhile.
        """
        origins, failed = {}, []
        for name, found in self._found.items():
            age = 0.0 if found.looked is None else self._market.age_now(found.looked)
            origins[name] = (
                BY_DEFINITION
                if found.looked is None
                else origin_of(found.looked, found.kind, age=age, converted_at=found.rate)
            )
            if age > self._longest and found.looked is not None:
                failed.append(
                    (too_old(name, found.looked._replace(age_seconds=age), self._longest), self._places.of(name))
                )
        if failed:
            raise refuse_unavailable(failed)
        return origins

    async def _mark(self, exchange: Exchange, listing: Listing) -> Price:
        looked = await self._market.mark_contract(exchange, listing, longest=self._longest, until=self._until)
        self._found[listing.symbol] = _Found(write_price(looked.price), looked, "mark", None)
        return self._found[listing.symbol].price

    async def _look(self, source: Source, assets: Sequence[str]) -> dict[str, Answer]:
        exchange, quote, longest = source.exchange, source.quote, self._longest
        if exchange == "median":
            return await self._market.agree_on_assets(assets, quote=quote, longest=longest, until=self._until)
        require_on(self._market, exchange, at("market", "exchange"))
        return await self._market.price_assets(exchange, assets, quote=quote, longest=longest, until=self._until)

    def _rate(self, quote: str, currency: str | None) -> Price | None:
        """Give the price of the look-ups' currency in the contract's, None where they are one; never an assumed 1."""
        if quote == currency:
            return None
        if currency is None or quote in self._sent:
            return self._sent.get(quote)
        raise self._lacks_rate(quote, currency)

    def _lacks_rate(self, quote: str, currency: str) -> RefusalError:
        detail = (
            f"Spot prices are in {quote} and the contract is in {currency}: send the price of one {quote} in prices"
        )
        return refuse("currency_mismatch", detail, at("market", "quote"))


def _convert(price: Decimal, rate: Price | None) -> Price:
    try:
        if rate is None:
            return write_price(price)
        return write_price(_times(price, rate))
    except InvalidWordError as error:
        detail = f"Converted with the price that was sent it is no price: {error}"
        raise refuse("currency_mismatch", detail, at("market", "quote")) from None


@exactly
def _times(price: Decimal, rate: Decimal) -> Decimal:
    return price * rate


def _cautions(listed: ListedTerms, root: tuple[str | int, ...]) -> Iterator[Caution]:
    origin, day, place = listed.maintenance.origin, listed.maintenance.as_of, (*root, "maintenance_tiers")
    if origin == "table":
        detail = f"The exchange shows its maintenance tiers to account holders only; these are as of {day}: compare"
        yield caution("dated_tiers", detail, *place)
    if origin == "estimate":
        of = "" if day is None else f", of {day}"
        detail = (
            f"The exchange publishes no maintenance tiers for this contract: estimated as 0.75 over its leverage{of}"
        )
        yield caution("estimated_tiers", detail, *place)
    if origin == "unknown":
        detail = (
            "The exchange publishes neither tiers nor leverage of this contract: no margin and no liquidation price"
        )
        yield caution("unknown_tiers", detail, *place)


def _age_cautions(age: float, root: tuple[str | int, ...]) -> Iterator[Caution]:
    if age > OLD_TERMS:
        detail = (
            f"The exchange has not answered for its contracts' terms for {age / 3600:.1f} hours: they may have changed"
        )
        yield caution("old_terms", detail, *root)


def _require_dollars(listing: Listing, places: _Places) -> None:
    if listing.quote not in STABLECOINS:
        detail = f"{listing.symbol} is quoted in {listing.quote}; hedges here are in dollars or a dollar stablecoin"
        raise refuse("currency_mismatch", detail, places.of_contract("symbol"))
