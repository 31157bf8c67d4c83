"""The risk that a hedge leaves, from returns that were sent or from the daily closes of exchanges."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, NamedTuple

from msgspec import Meta, Struct
from msgspec.structs import asdict

from service.api.lookups.absences import at, refuse, refuse_unavailable, require_on
from service.api.lookups.histories import SENT, HistoryOrigin
from service.api.lookups.origins import Currency, write_instant
from service.api.lookups.past_closes import Failure, Vault, find_spot, require_closes
from service.hedging.cautions import Caution
from service.hedging.portfolio import STABLECOINS, Holding
from service.hedging.risk.returns import basket_returns, last_days, simple_returns
from service.hedging.risk.variance import BasisRisk, Observations, measure_basis_risk, warn_of_risk
from service.hedging.units import Symbol
from service.market.found import NotListedError, UnavailableError
from service.market.source import Exchange, Listing

_SERIES = "Simple returns, one a period, oldest first; null for one that is missing"
_Return = Annotated[float, Meta(ge=-1, le=100, examples=[-0.02])]


class SentReturns(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="style", tag="returns"):
    """Returns of the same periods, as sent."""

    portfolio: Annotated[
        tuple[_Return | None, ...], Meta(description=f"Of the book. {_SERIES}.", min_length=3, max_length=2000)
    ]
    market: Annotated[
        tuple[_Return | None, ...],
        Meta(description=f"Of what the future follows. {_SERIES}.", min_length=3, max_length=2000),
    ]
    futures: Annotated[
        tuple[_Return | None, ...], Meta(description=f"Of the future. {_SERIES}.", min_length=3, max_length=2000)
    ]
    hedge_ratio: Annotated[
        Annotated[float, Meta(ge=-10, le=10)] | None,
        Meta(description="Value short per value held; null or absent: the book's beta.", examples=[1.1]),
    ] = None
    periods_per_year: Annotated[
        float, Meta(description="365 for days; only the tracking error needs it.", ge=1, le=1_000_000, examples=[365])
    ] = 365.0


class ListedFuture(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A future that an exchange lists, where nothing else may stand."""

    style: Annotated[Literal["listed"], Meta(description="May be left out: there is no other style here.")] = "listed"
    exchange: Annotated[Exchange, Meta(description="Where it is listed.")]
    symbol: Annotated[Symbol, Meta(description="Name of the future as the exchange writes it.", examples=["BTCUSDT"])]


class FetchedReturns(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="style", tag="candles"):
    """Returns from daily closes at the exchange that lists the future."""

    holdings: Annotated[
        tuple[Holding, ...],
        Meta(
            description="The book, at its weights by the last closes; betas are not used. Stablecoins are left out.",
            min_length=1,
            max_length=50,
        ),
    ]
    contract: Annotated[ListedFuture, Meta(description="The future; its exchange is where all closes come from.")]
    quote: Annotated[Currency, Meta(description="Currency of the spot pairs.")] = "USDT"
    days: Annotated[int, Meta(description="Returns that are wanted.", ge=3, le=390, examples=[90])] = 90
    hedge_ratio: Annotated[
        Annotated[float, Meta(ge=-10, le=10)] | None,
        Meta(description="Value short per value held; null or absent: the book's beta.", examples=[1.1]),
    ] = None


RiskQuestion = SentReturns | FetchedReturns


class RiskReply(BasisRisk, frozen=True, kw_only=True):
    """What is left of a book's risk behind a hedge, with where the returns came from."""

    origin: Annotated[HistoryOrigin, Meta(description="Where the returns came from.")]


class Assessed(NamedTuple):
    """A risk with what to know about it."""

    reply: RiskReply
    cautions: tuple[Caution, ...]


async def assess_risk(vault: Vault, question: RiskQuestion) -> Assessed:
    """Measure the risk that a hedge leaves.

    Raises:
        RefusalError: exchange_off, not_listed, stale_price, inconsistent_question (422) or price_unavailable (503).
        TooFewObservationsError, ZeroVarianceError: as of `measure_basis_risk`.
    """
    if isinstance(question, SentReturns):
        return assess_sent(question)
    require_on(vault.market, question.contract.exchange, at("risk", "contract", "exchange"))
    closes = await _fetch(vault, question)
    market = closes.of_market
    ends = last_days(market, question.days)
    returns = {asset: simple_returns(one, ends) for asset, one in closes.of_assets.items()}
    book = basket_returns(returns, _weigh(question, closes.of_assets))
    moves, futures = simple_returns(market, ends), simple_returns(closes.of_future, ends)
    risk = measure_basis_risk(portfolio=book, market=moves, futures=futures, hedge_ratio=question.hedge_ratio)
    known = [end for end, *day in zip(ends[1:], book, moves, futures, strict=True) if None not in day]
    origin = HistoryOrigin(
        source=question.contract.exchange, first_at=write_instant(known[0]), last_at=write_instant(known[-1])
    )
    return _reply(risk, origin)


def assess_sent(question: SentReturns) -> Assessed:
    """Measure the risk that a hedge leaves from returns that were sent.

    Raises:
        RefusalError: inconsistent_question, if the series differ in length.
        TooFewObservationsError, ZeroVarianceError: as of `measure_basis_risk`.
    """
    series: dict[str, Observations] = {
        "portfolio": question.portfolio,
        "market": question.market,
        "futures": question.futures,
    }
    for name, values in series.items():
        if len(values) != len(question.market):
            detail = f"{name} has {len(values)} returns, and market has {len(question.market)}: they are of one time"
            raise refuse("inconsistent_question", detail, at("risk", name))
    risk = measure_basis_risk(**series, hedge_ratio=question.hedge_ratio, periods=question.periods_per_year)
    return _reply(risk, SENT)


class _Closes(NamedTuple):
    of_assets: dict[str, dict[int, float]]
    """In the quote currency per unit."""
    of_market: dict[int, float]
    of_future: dict[int, float]


async def _fetch(vault: Vault, question: FetchedReturns) -> _Closes:
    """Look up all closes, side by side; refuse with all places."""
    exchange, until = question.contract.exchange, vault.until
    places = {"contract": at("risk", "contract", "symbol")}
    listings: dict[str, Listing | Failure] = {}
    try:
        future = await vault.market.find_contract(exchange, question.contract.symbol, until=until)
    except NotListedError as error:
        raise refuse("not_listed", str(error), places["contract"]) from None
    except UnavailableError as error:
        raise refuse_unavailable([(error, places["contract"])]) from None
    listings["contract"] = future
    wanted = {f"holdings/{asset}": (asset, index) for index, asset in _assets(question.holdings)}
    for name, (asset, index) in wanted.items():
        places[name] = at("risk", "holdings", index, "asset")
        listings[name] = await find_spot(vault, exchange, asset, quote=question.quote)
    places["market"] = at("risk", "contract", "symbol")
    listings["market"] = await find_spot(vault, exchange, future.base, quote=question.quote)
    closes = await require_closes(vault, exchange, listings, place_of=places.__getitem__)
    found = {name: one.by_day for name, one in closes.items()}
    return _Closes({asset: found[name] for name, (asset, _) in wanted.items()}, found["market"], found["contract"])


def _assets(holdings: Sequence[Holding]) -> list[tuple[int, str]]:
    """List the assets that are no stablecoins, each with the place where it stands first."""
    first: dict[str, int] = {}
    for index, holding in enumerate(holdings):
        if holding.asset not in STABLECOINS:
            first.setdefault(holding.asset, index)
    return [(index, asset) for asset, index in first.items()]


def _weigh(question: FetchedReturns, closes: Mapping[str, Mapping[int, float]]) -> dict[str, float]:
    """Weigh the book by its last closes.

    Raises:
        RefusalError: inconsistent_question, if nothing is left to hedge.
    """
    exposures = dict.fromkeys(closes, 0.0)
    for holding in question.holdings:
        if holding.asset in exposures:
            price = closes[holding.asset][max(closes[holding.asset])]
            exposures[holding.asset] += float(holding.quantity) * price
    exposure = sum(exposures.values())
    if not exposure:
        raise refuse("inconsistent_question", "The book has no exposure to hedge: no weights", at("risk", "holdings"))
    return {asset: value / exposure for asset, value in exposures.items()}


def _reply(risk: BasisRisk, origin: HistoryOrigin) -> Assessed:
    return Assessed(RiskReply(**asdict(risk), origin=origin), tuple(warn_of_risk(risk, "risk")))
