"""`POST /v1/scenarios`: what happens to coins, hedge and margin when the market moves; where does it break."""

from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from typing import Annotated, Any

from litestar import Request, Response, post
from litestar.params import JSONBody
from msgspec import Meta

from service.api.charts.scenario_chart import NetLine, draw_nets, spread_moves
from service.api.lookups.book_betas import UsedBetas
from service.api.lookups.origins import Completed, note_ages, time_of
from service.api.lookups.premises import (
    BookQuestion,
    PricesOrigin,
    TermsOrigin,
    ToldBetas,
    UsedPrices,
    UsedTerms,
    UsedTime,
    look_up,
    with_premises,
)
from service.api.messages.drawing import FORMS, ThemeChoice, respond, work
from service.api.messages.heads import OFFERS
from service.api.messages.wire import encode
from service.hedging.moves.outcomes import HedgeOutcome
from service.hedging.moves.shocks import Days, MissingAssets, Script, Shock
from service.hedging.scenarios import (
    MOST_HEDGES,
    HedgeChoice,
    Scenarios,
    check_question,
    play_scenarios,
)
from service.hedging.stresses import KnownBy, StressName
from service.hedging.survival.collateral import Collateral
from service.hedging.units import Coverage, FeeRate, FundingRate, LossLimit, Move

MOST_AT_ONCE = 200
"""Scenarios times hedges that are played at once; more take their turn in the worker, so that others are answered."""
_COINS_A_CELL = 4
"""So many coins take as long as one scenario of one hedge."""

_UNHEDGED = HedgeChoice(coverage=Coverage("0"))


class ScenariosRequest(BookQuestion, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A book, a contract, sizes of the hedge, and what may happen."""

    hedges: Annotated[
        tuple[HedgeChoice, ...],
        Meta(
            description="Sizes to compare; coverage 0 is the book without a hedge.",
            min_length=1,
            max_length=MOST_HEDGES,
        ),
    ]
    moves: Annotated[
        tuple[Move, ...],
        Meta(
            description="Moves of the contract's underlying and the future alike; every coin moves by its beta, and "
            "loses no more than all.",
            max_length=500,
            examples=[["-0.2", "0.2"]],
        ),
    ] = ()
    stresses: Annotated[
        tuple[StressName, ...],
        Meta(description="Named stresses, as GET /v1/stresses lists them.", max_length=16, examples=[["luna-2022-05"]]),
    ] = ()
    by: Annotated[
        KnownBy,
        Meta(
            description="Whether coins end windows of the past at their closes, or at their own worst lows where the "
            "window has them; a rally has none, and is by closes."
        ),
    ] = "closes"
    missing_assets: Annotated[
        MissingAssets,
        Meta(
            description="What of a coin of which nobody knows what it did in a window: refuse to answer, or take its "
            "beta times the move of the underlying, with a warning."
        ),
    ] = "refuse"
    shocks: Annotated[tuple[Shock, ...], Meta(description="What else may happen, said in full.", max_length=100)] = ()
    margin: Annotated[
        Collateral | None,
        Meta(description="What is posted behind each of the hedges; null or absent: the contract's initial margin."),
    ] = None
    loss_limit: Annotated[
        LossLimit | None,
        Meta(description="Largest loss to bear, of |exposure|; null or absent for none.", examples=["0.1"]),
    ] = None
    days: Annotated[
        Days, Meta(description="How long the moves take, and shocks that say nothing else: for funding.", examples=[30])
    ] = 0.0
    funding_rate: Annotated[
        FundingRate | None,
        Meta(
            description="Funding per interval of the contract, taken to stay, for all that lasts; null or absent: none "
            "is counted, with a warning."
        ),
    ] = None
    fee_rate: Annotated[
        FeeRate | None,
        Meta(
            description="Fee of entry and of exit; null or absent: the contract's taker fee, or none, with a warning."
        ),
    ] = None
    theme: ThemeChoice = "light"


class ScenariosReply(Scenarios, frozen=True, kw_only=True):
    """The answer, with everything it was made from; amounts in the quote currency unless said otherwise."""

    betas: ToldBetas
    contract: UsedTerms
    contract_source: TermsOrigin
    prices: UsedPrices
    provenance: PricesOrigin
    as_of: UsedTime


@post("/v1/scenarios", status_code=200, return_dto=None, opt={OFFERS: FORMS})
async def play(data: JSONBody[ScenariosRequest], request: Request[Any, Any, Any]) -> Response[bytes]:
    """Play scenarios: what coins, hedge and margin do when the market moves, and where it breaks.

    Answers with the profit of the coins in each scenario and, for each size of the hedge, columns of its own profit,
    funding, fees, net and margin; with the moves at which it breaks even, is liquidated, or loses too much. A hedge
    that is liquidated loses its wallet and leaves the coins unhedged. With `Accept: image/svg+xml` the net return
    against the move comes as a chart. Idempotent and free of side effects: POST only because the question does not fit
    into a URL.
    """
    check_question(data.hedges, _script(data))
    state = request.app.state
    question, completed, betas = await look_up(state, data)
    make = partial(answer, question, completed, state.settings.max_notional, betas=betas)
    reply, text = await work(state.worker, lambda: _write(make())) if _is_large(data) else (make(), None)
    note_ages(reply.provenance.values(), state.metrics.observe_market)
    return await respond(request, text or reply, partial(_draw, question, reply, state.settings.max_notional))


def answer(
    question: ScenariosRequest, completed: Completed, largest_notional: Decimal, *, betas: UsedBetas | None = None
) -> ScenariosReply:
    """Answer a question whose terms, prices and betas are complete, as of its own time or else of now."""
    as_of = time_of(question.as_of)
    contract, prices = completed.contract, completed.prices
    scenarios = play_scenarios(
        holdings=question.holdings,
        contract=contract,
        prices=prices,
        hedges=question.hedges,
        weighting=question.weighting,
        as_of=as_of,
        script=_script(question),
        collateral=question.margin,
        largest_notional=largest_notional,
    )
    return ScenariosReply(**with_premises(scenarios, completed, scenarios.holdings, as_of=as_of), betas=betas)


def _write(reply: ScenariosReply) -> tuple[ScenariosReply, bytes]:
    """Write a large answer where it was made: that takes as long as others should not wait."""
    return reply, encode(reply)


def _script(question: ScenariosRequest) -> Script:
    return Script(
        moves=question.moves,
        stresses=question.stresses,
        by=question.by,
        missing_assets=question.missing_assets,
        shocks=question.shocks,
        days=question.days,
        funding_rate=question.funding_rate,
        fee_rate=question.fee_rate,
        loss_limit=question.loss_limit,
    )


def _is_large(question: ScenariosRequest) -> bool:
    """Tell whether playing it would keep others waiting."""
    happenings = len(question.stresses) + len(question.shocks)
    cells = (len(question.moves) + happenings) * len(question.hedges)
    coins = (happenings + len(question.hedges)) * len(question.holdings)
    return cells + coins // _COINS_A_CELL > MOST_AT_ONCE


def _draw(question: ScenariosRequest, reply: ScenariosReply, largest_notional: Decimal) -> bytes:
    """Draw the net return of each hedge between the outermost moves, played anew at moves that lie close together."""
    moves = spread_moves(
        [scenario.underlying_move for scenario in reply.scenarios],
        [hedge.liquidation_move for hedge in reply.hedges if hedge.liquidation_move is not None],
    )
    drawn = play_scenarios(
        holdings=question.holdings,
        contract=reply.contract,
        prices=reply.prices,
        hedges=[_UNHEDGED, *question.hedges],
        weighting=question.weighting,
        as_of=reply.as_of,
        script=_script(question)._replace(moves=[Move(move) for move in moves], stresses=(), shocks=()),
        collateral=question.margin,
        largest_notional=largest_notional,
    )
    return draw_nets(
        [_line(hedge, moves) for hedge in {hedge.contracts: hedge for hedge in drawn.hedges}.values()]
        if drawn.exposure
        else [],
        title=f"{reply.exposure} of coins hedged in {reply.contract.symbol}, {reply.as_of:%Y-%m-%d %H:%M} UTC",
        underlying=reply.contract.underlying,
        theme=question.theme,
    )


def _line(hedge: HedgeOutcome, moves: Sequence[Decimal]) -> NetLine:
    return NetLine(
        label="not hedged" if not hedge.coverage else f"{float(hedge.coverage * 100):.4g} % hedged",
        moves=[float(move) for move in moves],
        returns=[float(net) for net in hedge.net_return or ()],
        liquidation_move=None if hedge.liquidation_move is None else float(hedge.liquidation_move),
    )
