"""`POST /v1/frontier`: every sensible plan in whole lots of several contracts, and which is best for what."""

from decimal import Decimal
from functools import partial
from typing import Annotated, Any, NamedTuple

import msgspec
from litestar import Request, post
from litestar.params import JSONBody
from msgspec import Meta, Struct
from msgspec.structs import asdict

from service.api.lookups.absences import at
from service.api.lookups.legs import CompletedLegs, Leg, UsedLeg, look_up_legs
from service.api.lookups.origins import Prices, Provenance, Source, note_ages, time_of
from service.api.lookups.past_closes import Vault
from service.api.lookups.past_returns import Needs, PastOrigin, PastReturns, look_back, tell_origin
from service.api.lookups.premises import AskedTime, PricesOrigin, TermsOrigin, UsedPrices, UsedTerms, UsedTime
from service.api.messages.drawing import work
from service.hedging.costs.hedge_cost import ExpectedCostRate, ExpectedFeeRate, ExpectedFundingRate, Outlook
from service.hedging.mixes.best_plans import Drawn, Frontier
from service.hedging.mixes.mix import FIELD, Candidate, Mix, Terms, check_outlooks, plan_mix
from service.hedging.mixes.plans import MOST_LEGS, MOST_PLANS, Budget, LegFacts
from service.hedging.portfolio import Holding
from service.hedging.risk.samples import Series, WindowSeries, take_sample
from service.hedging.stresses import HistoricalName
from service.hedging.units import Leverage, Price
from service.market.history import Histories

_Days = Annotated[float, Meta(ge=1, le=365, examples=[30])]
_Confidence = Annotated[float, Meta(ge=0.8, le=0.999, examples=[0.95])]
_Coverage = Annotated[float, Meta(ge=0.1, le=5, examples=[1.25])]
_Stresses = Annotated[tuple[HistoricalName, ...], Meta(max_length=11)]
_MostPlans = Annotated[int, Meta(ge=20, le=MOST_PLANS, examples=[200])]
_Leverage = Annotated[
    Leverage | None,
    Meta(
        description="Position value per unit of margin posted; null or absent: the contract's initial margin.",
        examples=["5"],
    ),
]


class FrontierLeg(Leg, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A contract that may hold a part of the hedge, with what is expected of it."""

    leverage: _Leverage = None
    cost_rate: ExpectedCostRate = None
    funding_rate: ExpectedFundingRate = None
    fee_rate: ExpectedFeeRate = None


class FrontierRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A book, the contracts that may hedge it together, and the past that says how they move."""

    holdings: Annotated[
        tuple[Holding, ...],
        Meta(
            description="The book; one asset sent twice counts once. Betas are not used: they are measured.",
            min_length=1,
            max_length=50,
        ),
    ]
    instruments: Annotated[
        tuple[FrontierLeg, ...],
        Meta(
            description="Contracts that may hold the hedge together: on one underlying or several, perpetual or dated, "
            "large or small, at one exchange or several; all quoted in one dollar currency.",
            min_length=1,
            max_length=MOST_LEGS,
        ),
    ]
    prices: Annotated[
        Prices,
        Meta(
            description="Spot price by asset code, all in the contracts' dollar currency; a mark price may stand under "
            "its contract's symbol, or in the instrument. What is sent counts; what is missing is looked up as "
            "`market` says.",
            examples=[{"SOL": "150"}],
        ),
    ] = msgspec.field(default_factory=dict)
    market: Annotated[
        Source | None,
        Meta(description="Where prices and past closes that were not sent are looked up; absent or null: nowhere."),
    ] = None
    series: Annotated[
        Series,
        Meta(
            description="Past returns of every asset with an exposure and of every underlying: variance and tail are "
            "theirs. By default the last 90 days, looked up."
        ),
    ] = WindowSeries()
    horizon_days: Annotated[_Days, Meta(description="Days for which the hedge is held; cost is over them.")] = 30.0
    confidence: Annotated[_Confidence, Meta(description="Of value at risk and shortfall: 0.95 for the worst 5 %.")] = (
        0.95
    )
    most_coverage: Annotated[
        _Coverage,
        Meta(
            description="How far plans go, of what each contract holds with the least variance: above 1 they are "
            "over-hedged."
        ),
    ] = 1.25
    budget: Annotated[
        Budget | None, Meta(description="What a plan may take, for the best within it. Null or absent: none.")
    ] = None
    stresses: Annotated[
        _Stresses | None,
        Meta(
            description="Windows of the past that plans are held against, by closes. Null or absent: all in which the "
            "moves of all coins are known.",
            examples=[["ftx-2022-11"]],
        ),
    ] = None
    most_plans: Annotated[_MostPlans, Meta(description="How many plans are told at most.")] = 200
    as_of: AskedTime = None


class UsedInstrument(LegFacts, frozen=True, kw_only=True):
    """A contract as it was used; contract, futures_price and leverage can be sent back."""

    contract: UsedTerms
    contract_source: TermsOrigin
    futures_price: Annotated[Price, Meta(description="Mark price used.", examples=["60000"])]
    futures_origin: Annotated[Provenance, Meta(description="Where it came from.")]
    leverage: Annotated[Leverage | None, Meta(description="As requested.", examples=["5"])]


class FrontierReply(Frontier, frozen=True, kw_only=True):
    """Plans from no hedge to more than all, with everything they were made from; amounts in the quote currency."""

    instruments: Annotated[
        tuple[UsedInstrument, ...],
        Meta(description="The contracts, in the order asked.", min_length=1, max_length=MOST_LEGS),
    ]
    horizon_days: Annotated[_Days, Meta(description="As requested, or as assumed.")]
    confidence: Annotated[_Confidence, Meta(description="As requested, or as assumed.")]
    most_coverage: Annotated[_Coverage, Meta(description="As requested, or as assumed.")]
    budget: Annotated[Budget | None, Meta(description="As requested.")]
    most_plans: Annotated[_MostPlans, Meta(description="As requested, or as assumed.")]
    series: Annotated[
        Series,
        Meta(
            description="As requested; where past days were looked up it has their returns: sent back it says the same."
        ),
    ]
    history: Annotated[
        PastOrigin | None, Meta(description="Where past days came from; null where none were looked up.")
    ]
    prices: UsedPrices
    provenance: PricesOrigin
    as_of: UsedTime


_AS_REQUESTED = ("horizon_days", "confidence", "most_coverage", "budget", "most_plans")


@post("/v1/frontier", status_code=200)
async def draw(data: JSONBody[FrontierRequest], request: Request[Any, Any, Any]) -> FrontierReply:
    """List the plans of a hedge in whole lots of up to four contracts, from none to more than all.

    Answers with variance, expected shortfall, worst stress, cost, margin and liquidation of each, with those that
    another dominates marked, and with the best by variance, by shortfall and within a budget: each with its distance to
    the best fractions and the proof that it is the best, or the bound. Rounding each leg by itself is not. What all
    futures together can remove of the variance is said; the rest is the coins' own. Terms of listed contracts, prices
    and past closes that were not sent are looked up. Idempotent and free of side effects: POST only because the
    question does not fit into a URL.
    """
    state = request.app.state
    check_outlooks([_expect(leg, data) for leg in data.instruments])
    found = await _look_up(data, state)
    drawn = await work(state.simulator, partial(_draw, found))
    reply = _write(found, drawn, state.histories)
    ages = (*reply.provenance.values(), *(one.futures_origin for one in reply.instruments))
    note_ages(ages, state.metrics.observe_market)
    return reply


class _Found(NamedTuple):
    """A question with everything that it leaves to the market."""

    question: FrontierRequest
    """With the past days that were looked up as its series."""
    legs: CompletedLegs
    mix: Mix
    past: PastReturns | None
    """None where no past days were looked up."""


async def _look_up(question: FrontierRequest, state: Any) -> _Found:
    """Look up what a question leaves out; no exchange is asked for a history in vain."""
    vault = Vault(state.market, state.histories, state.market.deadline())
    largest = state.settings.max_notional
    found = await _complete(question, vault, largest)
    if not found.mix.size:
        return found
    underlyings = [leg.contract.underlying for leg in found.legs.legs]
    places = {asset: at(FIELD, underlyings.index(asset), "contract") for asset in underlyings}
    followed = {asset: places[asset] for asset in found.mix.underlyings}
    needs = Needs(tuple(found.mix.exposures), followed, question.holdings)
    series, past = await look_back(vault, question.series, question.market, as_of=question.as_of, needs=needs)
    if past is None:
        return found
    # What was waited for has made the prices older: they are looked at once more.
    found = await _complete(msgspec.structs.replace(question, series=series), vault, largest)
    return found._replace(past=past)


async def _complete(question: FrontierRequest, vault: Vault, largest_notional: Decimal) -> _Found:
    legs = await look_up_legs(
        vault.market,
        question.instruments,
        FIELD,
        holdings=question.holdings,
        prices=question.prices,
        source=question.market,
        as_of=question.as_of,
        until=vault.until,
    )
    return _Found(question, legs, _plan(question, legs, largest_notional), None)


def _expect(leg: FrontierLeg, question: FrontierRequest) -> Outlook:
    return Outlook(question.horizon_days, 0.0, leg.cost_rate, leg.funding_rate, leg.fee_rate)


def _plan(question: FrontierRequest, legs: CompletedLegs, largest_notional: Decimal) -> Mix:
    """Enter the contracts, or refuse what stands in the way."""
    asked = zip(legs.quoted(FIELD), question.instruments, strict=True)
    return plan_mix(
        [Candidate(quoted, leg.leverage, _expect(leg, question)) for quoted, leg in asked],
        Terms(
            horizon_days=question.horizon_days,
            confidence=question.confidence,
            most_coverage=question.most_coverage,
            budget=question.budget,
            stresses=question.stresses,
            most_plans=question.most_plans,
        ),
        holdings=question.holdings,
        prices=legs.prices,
        as_of=time_of(question.as_of),
        largest_notional=largest_notional,
    )


def _draw(found: _Found) -> Drawn:
    """Draw the frontier; numpy comes in with the first, not with the service."""
    from service.hedging.frontier import draw_frontier

    series, mix = found.question.series, found.mix
    if isinstance(series, WindowSeries):
        return draw_frontier(mix, None)
    return draw_frontier(mix, take_sample(series, [*mix.exposures, *mix.underlyings], "series") if mix.size else None)


def _write(found: _Found, drawn: Drawn, histories: Histories) -> FrontierReply:
    """Put a frontier beside everything it was made from."""
    question, legs, mix = found.question, found.legs, found.mix
    names = dict.fromkeys([*(line.asset for line in mix.book.holdings), *mix.underlyings])
    used = [name for name in names if name in legs.prices]
    frontier = drawn.frontier
    return FrontierReply(
        **asdict(frontier) | {"warnings": (*legs.cautions, *frontier.warnings)},
        **{name: getattr(question, name) for name in _AS_REQUESTED},
        instruments=tuple(
            _use(leg, facts, asked.leverage)
            for leg, facts, asked in zip(legs.legs, drawn.facts, question.instruments, strict=True)
        ),
        series=question.series,
        history=None if found.past is None else tell_origin(histories, found.past),
        prices={name: legs.prices[name] for name in used},
        provenance={name: legs.provenance[name] for name in used},
        as_of=mix.as_of,
    )


def _use(leg: UsedLeg, facts: LegFacts, leverage: Leverage | None) -> UsedInstrument:
    return UsedInstrument(**asdict(facts), **asdict(leg), leverage=leverage)
