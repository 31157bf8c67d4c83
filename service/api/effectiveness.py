"""`POST /v1/effectiveness`: how much risk a hedge takes away, or has taken, and where its result came from."""

from functools import partial
from typing import Annotated, Any, NamedTuple

from litestar import Request, post
from litestar.params import JSONBody
from msgspec import Meta, Struct, field
from msgspec.structs import asdict, replace

from service.api.lookups.absences import at
from service.api.lookups.marks import Spot, complete_spot
from service.api.lookups.origins import FROM_REQUEST, Prices, Source, note_ages, time_of
from service.api.lookups.past_closes import Vault
from service.api.lookups.past_returns import Needs, PastOrigin, PastReturns, look_back, tell_origin
from service.api.lookups.premises import AskedTime, PricesOrigin, UsedPrices, UsedTime
from service.api.messages.drawing import work
from service.hedging.effectiveness import (
    AskedSeries,
    EffectivenessAnswer,
    EffectivenessQuestion,
    check_question,
    judge_hedge,
    list_moving,
    weigh_book,
)
from service.hedging.hindsight.attribution import PastPosition
from service.hedging.hindsight.judgement import Standard
from service.hedging.hindsight.offset import Changes
from service.hedging.hindsight.walk_forward import WalkForward
from service.hedging.portfolio import Holding
from service.hedging.risk.samples import WindowSeries
from service.hedging.units import Asset, Instant

_USUAL = "BTC"
_HedgeRatio = Annotated[float, Meta(ge=-10, le=10, examples=[1.1])]


class EffectivenessRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A hedge and the past to judge it on, what it gained, or how it ended: one of `series`, `changes`, `position`."""

    series: Annotated[
        AskedSeries | None,
        Meta(
            description="Past that the hedge is judged on. `legs`: returns of book and future as they were. `returns`, "
            "`closes`, `window`: of each asset of `holdings` and of `underlying`, for the book as it is weighed today. "
            "Null or absent: nothing is judged."
        ),
    ] = None
    holdings: Annotated[
        Annotated[tuple[Holding, ...], Meta(min_length=1, max_length=50)] | None,
        Meta(
            description="The book, where the series are of assets: it is weighed by `prices`, as it is today, and has "
            "these weights in every interval. Betas are not used. Null or absent: the series is of the book itself."
        ),
    ] = None
    underlying: Annotated[
        Asset,
        Meta(
            description="What the future follows. Its spot returns stand for the future's, unless futures names them."
        ),
    ] = _USUAL
    futures: Annotated[
        Asset | None,
        Meta(
            description="Code under which returns or closes of the future itself stand in `series`: then those of the "
            "underlying tell its basis apart. Those of the underlying or of a holding are of a spot price, and tell "
            "none. Null or absent: there are none.",
            examples=["BTCFUT"],
        ),
    ] = None
    hedge_ratio: Annotated[
        _HedgeRatio | None,
        Meta(
            description="Value of the future short per value held; where the book is net short, long. Null or absent: "
            "estimated by least squares on the whole series."
        ),
    ] = None
    confidence: Annotated[
        float,
        Meta(description="Of value at risk and shortfall: 0.95 for the worst 5 %.", ge=0.8, le=0.999, examples=[0.95]),
    ] = 0.95
    walk_forward: Annotated[
        WalkForward | None,
        Meta(
            description="How ratios are estimated and tested out of sample, whatever hedge_ratio says; null: not at "
            "all."
        ),
    ] = field(default_factory=WalkForward)
    changes: Annotated[
        Changes | None,
        Meta(
            description="Gains of item and hedge in money, for the dollar offset. Null or absent: it is made of the "
            "returns of `series`."
        ),
    ] = None
    position: Annotated[
        PastPosition | None,
        Meta(description="A hedge whose result is split into its causes. Null or absent: none is."),
    ] = None
    prices: Annotated[
        Prices,
        Meta(
            description="Spot price by asset code, all in one currency, by which the holdings are weighed. What is "
            "sent counts; what is missing is looked up as `market` says.",
            examples=[{"SOL": "150", "ADA": "0.44"}],
        ),
    ] = field(default_factory=dict)
    market: Annotated[
        Source | None,
        Meta(description="Where prices that were not sent, and a `window`, are looked up; absent or null: nowhere."),
    ] = None
    as_of: AskedTime = None


class EffectivenessReply(EffectivenessAnswer, frozen=True, kw_only=True):
    """How effective a hedge is, with everything that was judged."""

    series: Annotated[
        AskedSeries | None,
        Meta(description="As requested; a window that was looked up as its returns: sent back it says the same."),
    ]
    history: Annotated[
        PastOrigin | None, Meta(description="Where a window's returns came from; null where none were looked up.")
    ]
    underlying: Annotated[Asset, Meta(description="As requested.")]
    futures: Annotated[Asset | None, Meta(description="As requested; null for none.", examples=["BTCFUT"])]
    hedge_ratio: Annotated[
        _HedgeRatio | None, Meta(description="As requested; null: estimated, see judgement.in_sample.")
    ]
    confidence: Annotated[float, Meta(description="As requested.", ge=0.8, le=0.999, examples=[0.95])]
    walk_forward: Annotated[WalkForward | None, Meta(description="As requested, or as assumed; null for none.")]
    changes: Annotated[Changes | None, Meta(description="As requested; null for none.")]
    position: Annotated[PastPosition | None, Meta(description="As requested; null for none.")]
    prices: UsedPrices
    provenance: PricesOrigin
    as_of: UsedTime


_AS_REQUESTED = (
    *("underlying", "futures", "hedge_ratio", "confidence"),
    *("walk_forward", "changes", "position"),
)


@post("/v1/effectiveness", status_code=200)
async def judge(data: JSONBody[EffectivenessRequest], request: Request[Any, Any, Any]) -> EffectivenessReply:
    """Say how much risk a hedge takes away, and how much none can.

    Judges a hedge of today's book on past returns, or one that was there on its own: variance, volatility, value at
    risk, shortfall and semivariance without and with it, on all of the past and out of sample; beside them the largest
    share that the future can take away. Adds the dollar offset and the regression test with their conventional bounds,
    and splits the result of a hedge that is over into beta, the coins' own movement, basis, rounding, funding and fees,
    which add up exactly. Prices and daily closes that were not sent are looked up. Idempotent and free of side effects:
    POST only because the question does not fit into a URL.
    """
    state = request.app.state
    check_question(_ask(data))
    found = await _look_up(data, state)
    reply = await work(state.worker, partial(_write, found))
    if found.past is not None:
        reply = replace(reply, history=tell_origin(state.histories, found.past))
    note_ages(reply.provenance.values(), state.metrics.observe_market)
    return reply


def answer(question: EffectivenessRequest) -> EffectivenessReply:
    """Answer a question of which everything is sent."""
    check_question(_ask(question))
    spot = Spot(question.prices, dict.fromkeys(question.prices, FROM_REQUEST))
    return _write(_Found(question, spot, None, time_of(question.as_of)))


class _Found(NamedTuple):
    """A question with everything that it leaves to the market."""

    question: EffectivenessRequest
    """With the returns that were looked up."""
    spot: Spot
    past: PastReturns | None
    """None where no past was looked up."""
    as_of: Instant


async def _look_up(question: EffectivenessRequest, state: Any) -> _Found:
    """Look up what a question leaves out; a past only where nothing else stands in the way of an answer."""
    vault = Vault(state.market, state.histories, state.market.deadline())
    found = await _price(question, vault)
    book = weigh_book(_ask(question)._replace(prices=found.spot.prices))
    if not isinstance(question.series, WindowSeries) or book is None or not book.exposure:
        return found
    followed = at("series") if question.underlying == _USUAL else at("underlying")
    series, past = await look_back(
        vault,
        question.series,
        question.market,
        as_of=question.as_of,
        needs=Needs(list_moving(book), {question.underlying: followed}, question.holdings or ()),
    )
    # What was waited for has made the prices older: they are looked at once more.
    found = await _price(replace(question, series=series), vault)
    return found._replace(past=past)


async def _price(question: EffectivenessRequest, vault: Vault) -> _Found:
    spot = await complete_spot(
        vault.market,
        holdings=question.holdings or (),
        prices=question.prices,
        source=question.market,
        as_of=question.as_of,
        until=vault.until,
    )
    return _Found(question, spot, None, time_of(question.as_of))


def _write(found: _Found) -> EffectivenessReply:
    """Put an answer beside everything it was made from, but for where a past is from: it may be too short for one."""
    question, spot = found.question, found.spot
    told = judge_hedge(_ask(question)._replace(prices=spot.prices))
    used = [line.asset for line in told.holdings]
    return EffectivenessReply(
        **asdict(told),
        **{name: getattr(question, name) for name in _AS_REQUESTED},
        series=question.series,
        history=None,
        prices={name: spot.prices[name] for name in used},
        provenance={name: spot.provenance[name] for name in used},
        as_of=found.as_of,
    )


def _ask(question: EffectivenessRequest) -> EffectivenessQuestion:
    return EffectivenessQuestion(
        holdings=question.holdings,
        prices=question.prices,
        underlying=question.underlying,
        futures=question.futures,
        series=question.series,
        standard=Standard(question.hedge_ratio, question.confidence, question.walk_forward),
        changes=question.changes,
        position=question.position,
    )
