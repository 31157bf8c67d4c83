"""`POST /v1/simulations`: what comes of coins and hedges on many paths, with the liquidations on the way."""

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Annotated, Any, NamedTuple

from litestar import Request, Response, post
from litestar.params import JSONBody
from msgspec import Meta, field
from msgspec.structs import replace

from service.api.charts.fan_chart import Band, draw_fan
from service.api.charts.inks import Theme
from service.api.lookups.absences import at
from service.api.lookups.book_betas import UsedBetas
from service.api.lookups.origins import Completed, note_ages, time_of
from service.api.lookups.past_closes import Vault
from service.api.lookups.past_returns import (
    Needs,
    PastOrigin,
    PastReturns,
    Span,
    find_returns,
    take_source,
    tell_origin,
)
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
from service.api.messages.attention import LEFT, attend
from service.api.messages.drawing import FORMS, ThemeChoice, respond
from service.api.messages.heads import OFFERS
from service.hedging.costs.instruments import FundingProcess
from service.hedging.paths.contenders import Contender
from service.hedging.paths.distribution import Fan, HedgeOutlook, Simulation
from service.hedging.paths.dynamics import BootstrapModel, FactorModel, Model, check_history
from service.hedging.paths.experiments import Experiment, Setup, plan_experiment
from service.hedging.portfolio import Holding, Weighting
from service.hedging.units import FundingRate, Instant
from service.market.history import Histories

LARGEST_SEED = 2**31 - 1


class SimulationRequest(BookQuestion, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A book, the hedges to hold against each other, and how prices may move."""

    holdings: Annotated[
        tuple[Holding, ...],
        Meta(description="The book; one asset sent twice counts once.", min_length=1, max_length=100),
    ]
    weighting: Annotated[
        Weighting,
        Meta(
            description="`value` takes every beta as 1; `beta` uses the betas of the holdings. Coverage is sized by "
            "them, and under the model `factor` the coins move by them."
        ),
    ] = "value"
    hedges: Annotated[
        tuple[Contender, ...],
        Meta(
            description="Hedges that are simulated on the same paths; the book without any is always among them.",
            min_length=1,
            max_length=10,
        ),
    ]
    horizon_days: Annotated[
        int, Meta(description="Days, each a step, after which all is sold.", ge=1, le=365, examples=[30])
    ] = 30
    paths: Annotated[
        int,
        Meta(
            description="How many; paths x (horizon_days + holdings) x (hedges + 1) is at most 60,000,000.",
            ge=1000,
            le=1_000_000,
            examples=[10_000],
        ),
    ] = 10_000
    seed: Annotated[
        int, Meta(description="Of the random numbers: the same gives the same.", ge=0, le=LARGEST_SEED, examples=[0])
    ] = 0
    model: Annotated[Model, Meta(description="How prices may move.")] = field(default_factory=FactorModel)
    confidence: Annotated[
        float,
        Meta(description="Of value at risk and shortfall: 0.95 for the worst 5 %.", ge=0.8, le=0.999, examples=[0.95]),
    ] = 0.95
    funding_rate: Annotated[
        FundingRate | None,
        Meta(
            description="Funding of a perpetual for the interval before the first: where its process begins, or what "
            "it stays at without one. Null or absent: the process begins at its mean, or there is no funding at all."
        ),
    ] = None
    funding_process: Annotated[
        FundingProcess | None,
        Meta(description="How funding goes on, on each path. Null or absent: it stays as it is."),
    ] = None
    theme: ThemeChoice = "light"


class SimulationReply(Simulation, frozen=True, kw_only=True):
    """What comes of a book without a hedge and with each of several, with everything it was made from."""

    weighting: Annotated[Weighting, Meta(description="As requested.")]
    horizon_days: Annotated[int, Meta(description="As requested.", ge=1, le=365, examples=[30])]
    paths: Annotated[int, Meta(description="As requested.", ge=1000, le=1_000_000, examples=[10_000])]
    seed: Annotated[int, Meta(description="As requested.", ge=0, le=LARGEST_SEED, examples=[0])]
    model: Annotated[
        Model,
        Meta(
            description="As requested; where past days were looked up it has their returns, and history_days is null: "
            "sent back it says the same."
        ),
    ]
    history: Annotated[
        PastOrigin | None, Meta(description="Where past days came from; null where none were looked up.")
    ]
    confidence: Annotated[float, Meta(description="As requested.", ge=0.8, le=0.999, examples=[0.95])]
    funding_rate: Annotated[FundingRate | None, Meta(description="As requested.")]
    funding_process: Annotated[FundingProcess | None, Meta(description="As requested.")]
    betas: ToldBetas
    contract: UsedTerms
    contract_source: TermsOrigin
    prices: UsedPrices
    provenance: PricesOrigin
    as_of: UsedTime


_AS_REQUESTED = (
    *("weighting", "horizon_days", "paths", "seed", "confidence"),
    *("funding_rate", "funding_process"),
)


@post("/v1/simulations", status_code=200, return_dto=None, opt={OFFERS: FORMS})
async def simulate(data: JSONBody[SimulationRequest], request: Request[Any, Any, Any]) -> Response[bytes]:
    """Simulate coins and hedges on many paths, with the liquidations on the way.

    Answers with the distribution of the result without a hedge and with each of up to 10, all on the same paths:
    quantiles, value at risk, expected shortfall, the chance of liquidation and of ending lower than without the hedge,
    each with its standard error, and the fan of outcomes day by day. A hedge whose liquidation price is touched loses
    what is posted, and leaves the coins without it. The same question with the same seed, all prices and as_of gets the
    same bytes from one build. With `Accept: image/svg+xml` the fan comes as a chart. Whoever closes the connection ends
    the work. Idempotent and free of side effects: POST only because the question does not fit into a URL.
    """
    state = request.app.state
    found = await _look_up(data, state)
    experiment = plan(found.question, found.completed, as_of=found.as_of, largest_notional=state.settings.max_notional)
    simulation = await attend(request, state.simulator, partial(run, experiment))
    if simulation is None:
        return Response(b"", status_code=LEFT)
    reply = write_reply(found, simulation, state.histories)
    note_ages(reply.provenance.values(), state.metrics.observe_market)
    return await respond(request, reply, partial(_draw, reply, data.theme))


class _Found(NamedTuple):
    """A question with everything that it leaves to the market."""

    question: SimulationRequest
    """With the past days that were looked up among its returns."""
    completed: Completed
    betas: UsedBetas | None
    as_of: Instant
    past: PastReturns | None = None
    """None where no past days were looked up for the model."""


async def _look_up(question: SimulationRequest, state: Any) -> _Found:
    """Look up what a question leaves out."""
    days = check_history(question.model)
    if days is None:
        return await _complete(question, state)
    span = Span(days, at("model", "history_days"))
    where = take_source(state.market, question.market, span, as_of=question.as_of)
    vault = Vault(state.market, state.histories, state.market.deadline())
    found = await _complete(question, state, until=vault.until)
    past = await find_returns(vault, where, span, needs=_needs(found, state.settings.max_notional))
    # What was waited for has made the prices older: they are looked at once more, and the betas with them.
    again = await _complete(
        replace(question, model=replace(question.model, returns=past.returns)), state, until=vault.until
    )
    return again._replace(past=past)


async def _complete(question: SimulationRequest, state: Any, *, until: float | None = None) -> _Found:
    return _Found(*await look_up(state, question, until=until), time_of(question.as_of))


def _needs(found: _Found, largest_notional: Decimal) -> Needs:
    """List the assets whose past days are needed, if nothing else stands in the way of an answer.

    Raises:
        HedgingError: if something does; then no exchange is asked for a history in vain.
    """
    question = replace(found.question, model=FactorModel())
    book = plan(question, found.completed, as_of=found.as_of, largest_notional=largest_notional).book
    moving = tuple(line.asset for line in book.holdings if line.kind == "risky")
    underlying = found.completed.contract.underlying
    return Needs(moving, {underlying: at("model", "history_days")}, question.holdings)


def plan(question: SimulationRequest, completed: Completed, *, as_of: Instant, largest_notional: Decimal) -> Experiment:
    """Check a question whose terms and prices are complete, and plan what is simulated."""
    return plan_experiment(
        Setup(
            model=question.model,
            hedges=question.hedges,
            horizon_days=question.horizon_days,
            paths=question.paths,
            seed=question.seed,
            confidence=question.confidence,
            funding_rate=question.funding_rate,
            funding_process=question.funding_process,
        ),
        holdings=question.holdings,
        contract=completed.contract,
        prices=completed.prices,
        weighting=question.weighting,
        as_of=as_of,
        largest_notional=largest_notional,
    )


def run(experiment: Experiment, is_wanted: Callable[[], bool]) -> Simulation:
    """Simulate; numpy comes in with the first simulation, not with the service."""
    from service.hedging import simulations

    return simulations.run(experiment, is_wanted)


def write_reply(found: _Found, simulation: Simulation, histories: Histories) -> SimulationReply:
    """Put a simulation beside everything it was made from."""
    question = found.question
    return SimulationReply(
        **with_premises(simulation, found.completed, simulation.holdings, as_of=found.as_of),
        **{name: getattr(question, name) for name in _AS_REQUESTED},
        model=_send_back(question.model),
        history=None if found.past is None else tell_origin(histories, found.past),
        betas=found.betas,
    )


def _send_back(model: Model) -> Model:
    """Give a model as one would send it who knows what was looked up."""
    return replace(model, history_days=None) if isinstance(model, BootstrapModel) else model


def _draw(reply: SimulationReply, theme: Theme) -> bytes:
    bands = [_band("not hedged", reply.unhedged_fan), *(_band(_label(one), one.fan) for one in reply.hedges)]
    chances = [_tell(one) for one in reply.hedges if one.probability_of_liquidation is not None]
    return draw_fan(
        [band for band in bands if band is not None],
        title=f"{reply.exposure} hedged with {reply.contract.symbol}, {reply.as_of:%Y-%m-%d %H:%M} UTC",
        facts=[f"{reply.paths:,} paths", *chances],
        theme=theme,
    )


def _band(label: str, fan: Fan | None) -> Band | None:
    return None if fan is None else Band(label, fan.days, fan.p05, fan.p25, fan.p50, fan.p75, fan.p95)


def _name(hedge: HedgeOutlook) -> str:
    return (
        f"{hedge.contracts:.4g} contracts" if hedge.coverage is None else f"{float(hedge.coverage) * 100:.4g} % hedged"
    )


def _label(hedge: HedgeOutlook) -> str:
    """Name a hedge beside its fan, with how often it is lost on the way: who only looks has to see that."""
    chance = hedge.probability_of_liquidation
    return f"{_name(hedge)}, {chance * 100:.2g} % lost" if chance else _name(hedge)


def _tell(hedge: HedgeOutlook) -> str:
    return f"{_name(hedge)}: liquidated in {hedge.probability_of_liquidation:.2%} of them"
