"""`POST /v1/hedge-ratio`: what the past says of the ratio to hedge a book with, and how sure that is."""

from decimal import Decimal
from functools import partial
from typing import Annotated, Any, NamedTuple

import msgspec
from litestar import Request, post
from litestar.params import JSONBody
from msgspec import Meta, Struct, field
from msgspec.structs import asdict

from service.api.lookups.absences import at
from service.api.lookups.legs import CompletedLegs, Leg, UsedLeg, look_up_legs
from service.api.lookups.origins import Prices, Source, note_ages, time_of
from service.api.lookups.past_closes import Vault
from service.api.lookups.past_returns import Needs, PastOrigin, PastReturns, look_back, tell_origin
from service.api.lookups.premises import AskedTime, PricesOrigin, UsedPrices, UsedTime
from service.api.messages.drawing import work
from service.hedging.estimation.priors import Prior
from service.hedging.estimation.ratios import Aim, HedgeRatios, Plan, check_aim, plan_ratios, risky_assets
from service.hedging.estimation.slopes import BetaMethod
from service.hedging.portfolio import Holding
from service.hedging.risk.samples import SentSeries, Series, WindowSeries
from service.hedging.setting import Setting, lay_out_each
from service.hedging.units import Asset, Coverage, Instant

_FIELD = "instruments"
_Confidence = Annotated[
    float, Meta(description="Of the intervals of betas: 0.95 misses one in twenty.", ge=0.5, le=0.999, examples=[0.95])
]
_Decay = Annotated[
    float,
    Meta(
        description="Lambda of `ewma`: an observation weighs so much of the one after it.",
        ge=0.5,
        le=0.9999,
        examples=[0.94],
    ),
]
_Window = Annotated[int, Meta(description="Intervals of a rolling window.", ge=3, le=1000, examples=[30])]


class HedgeRatioRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A book, the futures that may hedge it, and the past to measure them by."""

    holdings: Annotated[
        tuple[Holding, ...],
        Meta(
            description="The book; one asset sent twice counts once. Betas are not used.", min_length=1, max_length=50
        ),
    ]
    instruments: Annotated[
        tuple[Leg, ...],
        Meta(description="Futures to hedge with, on two assets if there are two.", min_length=1, max_length=2),
    ]
    series: Annotated[
        Series,
        Meta(
            description="Past returns of every holding at risk and of what the futures follow: sent, or looked up as "
            "closes of spot pairs. Futures are taken to move as what they follow."
        ),
    ] = WindowSeries()
    prices: Annotated[
        Prices,
        Meta(
            description="Spot price by asset code, and mark price by contract symbol, all in one dollar currency. What "
            "is missing is looked up.",
            examples=[{"SOL": "150", "BTC-MINI": "60000"}],
        ),
    ] = msgspec.field(default_factory=dict)
    market: Annotated[
        Source | None,
        Meta(description="Where spot prices and past closes are looked up; absent or null: nowhere."),
    ] = None
    method: Annotated[
        BetaMethod,
        Meta(description="Estimate of the book's beta that contracts are sized by; all are answered."),
    ] = "vasicek"
    coverage: Annotated[Coverage, Meta(description="Share of the book to hedge.")] = Coverage("1")
    confidence: _Confidence = 0.95
    priors: Annotated[
        dict[Asset, Prior],
        Meta(
            description="What is believed of coins' betas, by what the future follows, and by nothing else. Absent: "
            "known for BTC (1.09, spread 0.2) and ETH (0.92, 0.14), from daily closes of 2021 to 2025.",
            max_length=2,
            examples=[{"BTC": {"mean": 1.09, "spread": 0.2}}],
        ),
    ] = field(default_factory=dict)
    decay: _Decay = 0.94
    rolling_intervals: _Window = 30
    as_of: AskedTime = None


class HedgeRatioReply(HedgeRatios, frozen=True, kw_only=True):
    """What the past says of the ratio to hedge a book with, with everything it was made from."""

    method: Annotated[BetaMethod, Meta(description="As requested.")]
    coverage: Annotated[Coverage, Meta(description="As requested.")]
    confidence: _Confidence
    decay: _Decay
    rolling_intervals: _Window
    instruments: Annotated[
        tuple[UsedLeg, ...],
        Meta(description="The contracts used, in the order asked.", min_length=1, max_length=2),
    ]
    series: Annotated[
        SentSeries,
        Meta(description="As requested; where closes were looked up, their returns: sent back they say the same."),
    ]
    history: Annotated[PastOrigin | None, Meta(description="Where the past came from; null where it was sent.")]
    prices: UsedPrices
    provenance: PricesOrigin
    as_of: UsedTime


@post("/v1/hedge-ratio", status_code=200)
async def measure(data: JSONBody[HedgeRatioRequest], request: Request[Any, Any, Any]) -> HedgeRatioReply:
    """Measure the beta of a book and its coins, with its doubt, and size the hedge that follows.

    Answers for each coin and for the book at today's weights, against one instrument, two, and both at once: least
    squares with its error and interval, Vasicek's and Blume's shrunk beta, exponentially weighted, downside and upside
    beta, Scholes-Williams and Dimson for closes that are not of one moment, rolling betas, and beta in named falls of
    the past; the share of variance that futures can remove at all; and the contracts at the beta and at both ends of
    its interval. Missing returns are left out of their pair, never filled in. Idempotent and free of side effects: POST
    only because the question does not fit into a URL.
    """
    state = request.app.state
    found = await _look_up(data, state)
    ratios = await work(state.worker, partial(run, found.plan, state.settings.max_notional))
    history = None if found.past is None else tell_origin(state.histories, found.past)
    reply = write_reply(data, found, ratios, history=history)
    origins = [*reply.provenance.values(), *(leg.futures_origin for leg in reply.instruments)]
    note_ages(origins, state.metrics.observe_market)
    return reply


class _Found(NamedTuple):
    """A question with everything that it leaves to the market."""

    legs: CompletedLegs
    plan: Plan
    series: SentSeries
    past: PastReturns | None
    """None where no closes were looked up."""
    as_of: Instant


async def _look_up(question: HedgeRatioRequest, state: Any) -> _Found:
    """Look up what a question leaves out; closes only once nothing else stands in the way of an answer."""
    vault = Vault(state.market, state.histories, state.market.deadline())
    legs, settings = await _lay_out(question, vault)
    followed = {one.contract.underlying: at(_FIELD, place, "contract") for place, one in enumerate(settings)}
    needs = Needs(risky_assets(settings[0]), followed, question.holdings)
    series, past = await look_back(vault, question.series, question.market, as_of=question.as_of, needs=needs)
    if past is not None:  # what was waited for has made the prices older: they are looked at once more
        legs, settings = await _lay_out(question, vault)
    aim = _aim(question)
    plan = plan_ratios(settings, series, aim=aim, priors=check_aim(legs.quoted(_FIELD), aim))
    return _Found(legs, plan, series, past, settings[0].as_of)


async def _lay_out(question: HedgeRatioRequest, vault: Vault) -> tuple[CompletedLegs, tuple[Setting, ...]]:
    legs = await look_up_legs(
        vault.market,
        question.instruments,
        _FIELD,
        holdings=question.holdings,
        prices=question.prices,
        source=question.market,
        as_of=question.as_of,
        until=vault.until,
    )
    quoted = legs.quoted(_FIELD)
    check_aim(quoted, _aim(question))
    return legs, lay_out_each(quoted, holdings=question.holdings, prices=legs.prices, as_of=time_of(question.as_of))


def _aim(question: HedgeRatioRequest) -> Aim:
    return Aim(
        method=question.method,
        coverage=question.coverage,
        confidence=question.confidence,
        priors=question.priors,
        decay=question.decay,
        rolling_intervals=question.rolling_intervals,
    )


def run(plan: Plan, largest_notional: Decimal) -> HedgeRatios:
    """Measure; numpy comes in with the first such question, not with the service."""
    from service.hedging import hedge_ratio

    return hedge_ratio.measure_ratios(plan, largest_notional=largest_notional)


_AS_REQUESTED = ("method", "coverage", "confidence", "decay", "rolling_intervals")


def write_reply(
    question: HedgeRatioRequest, found: _Found, ratios: HedgeRatios, *, history: PastOrigin | None
) -> HedgeRatioReply:
    """Put what was measured beside everything it was made from."""
    legs = found.legs
    held = [line.asset for line in ratios.holdings]
    used = [name for name in dict.fromkeys((*held, *found.plan.underlyings)) if name in legs.prices]
    return HedgeRatioReply(
        **asdict(ratios) | {"warnings": (*legs.cautions, *ratios.warnings)},
        **{name: getattr(question, name) for name in _AS_REQUESTED},
        instruments=legs.legs,
        series=found.series,
        history=history,
        prices={name: legs.prices[name] for name in used},
        provenance={name: legs.provenance[name] for name in used},
        as_of=found.as_of,
    )
