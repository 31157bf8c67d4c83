"""Every operation of the API: its handler, its records, what it refuses, and examples of it.

Law: only what a handler can't know is written here, and tests hold all of it against the running service.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from litestar.handlers import HTTPRouteHandler
from msgspec import Struct

from service import __version__
from service.api import (
    basis,
    carry,
    contracts,
    coverage,
    effectiveness,
    exchanges,
    frontier,
    health,
    hedge_ratio,
    margin,
    pages,
    prices,
    scenarios,
    simulations,
    sizing,
    stream,
    stresses,
)
from service.api.lookups import absences
from service.api.lookups.origins import Completed, take_as_sent
from service.api.messages.kinds import KINDS
from service.api.openapi import answers, examples
from service.hedging.sizing import LARGEST_NOTIONAL


class Operation(NamedTuple):
    """One operation as the document shows it."""

    handler: HTTPRouteHandler
    name: str
    tag: str
    refusals: tuple[str, ...] = ()
    """Codes of the problems that it can answer with, from `kinds.KINDS`."""
    reply: type[Struct] | None = None
    """Record of the answer; None for text."""
    request: type[Struct] | None = None
    """Record of the body."""
    query: type[Struct] | None = None
    """Record of the query parameters."""
    examples: Mapping[str, Mapping[str, Any]] = {}
    """Requests by name, each with a `summary` and a `value`."""
    answers: Mapping[str, Any] = {}
    """Their answers by name, where they are too dear to be found anew at every start; tests hold them to be real."""
    live: Mapping[str, Mapping[str, Any]] = {}
    """More of them, whose answers depend on the market."""
    answer: Callable[[Any], Struct] | None = None
    """The pure function behind a request."""
    events: Mapping[str, type[Struct]] = {}
    """Records of the data of its events, by their names, where the answer is a stream of them."""
    shown: Struct | None = None
    """An answer, where no request leads to one."""
    chart: str | None = None
    """Title of the chart that answers the first of the examples for whoever accepts SVG; None where none is drawn."""
    spared: tuple[str, absences.Place] | None = None
    """What can't be had while its exchange is spared, and the place in the request that asks for it."""


def _as_sent(answer: Callable[[Any, Completed, Decimal], Struct]) -> Callable[[Any], Struct]:
    """Make the pure function behind a request of which everything is sent."""
    return lambda question: answer(question, take_as_sent(question.contract, question.prices), LARGEST_NOTIONAL)


_BODY_REFUSALS = (
    *("not_json", "not_utf8", "duplicate_key", "too_deep", "body_incomplete", "not_acceptable", "body_timeout"),
    *("body_too_large", "unsupported_media_type", "invalid_request", "internal_error"),
)
"""What every operation with a body refuses."""
_SIZING_REFUSALS = (
    *("inconsistent_contract", "margin_conflict", "margin_terms_missing", "leverage_out_of_range", "expired_contract"),
    *("price_missing", "beta_missing", "duplicate_symbol_beta_conflict", "size_out_of_range"),
    *("inconsistent_question", "too_few_observations", "zero_variance", "stale_price", "overloaded"),
    *("not_listed", "exchange_off", "currency_mismatch", "as_of_not_now", "price_unavailable"),
)
_COVERAGE_REFUSALS = tuple(code for code in _SIZING_REFUSALS if code != "margin_terms_missing")
_SIMULATION_REFUSALS = (*_SIZING_REFUSALS, "work_out_of_range")
_FRONTIER_REFUSALS = (
    *("inconsistent_contract", "inconsistent_question", "leverage_out_of_range", "margin_terms_missing"),
    *("expired_contract", "price_missing", "duplicate_symbol_beta_conflict", "size_out_of_range"),
    *("stress_data_missing", "too_few_observations", "zero_variance", "work_out_of_range", "stale_price"),
    *("not_listed", "exchange_off", "currency_mismatch", "as_of_not_now", "price_unavailable", "overloaded"),
)
_CURVE_REFUSALS = (
    *("inconsistent_question", "expired_contract", "crossed_market"),
    *("not_listed", "exchange_off", "as_of_not_now", "price_unavailable", "overloaded"),
)
"""What questions about the basis of futures refuse."""
_CARRY_REFUSALS = (
    *(*_CURVE_REFUSALS, "size_out_of_range", "no_instrument"),
    *("price_missing", "duplicate_symbol_beta_conflict", "beta_missing"),
    *("too_few_observations", "zero_variance", "stale_price", "currency_mismatch"),
)
_MARGIN_REFUSALS = (
    *("inconsistent_contract", "inconsistent_question", "margin_conflict", "margin_terms_missing"),
    *("leverage_out_of_range", "expired_contract", "price_missing", "beta_missing", "size_out_of_range"),
    *("not_listed", "exchange_off", "currency_mismatch", "as_of_not_now", "price_unavailable"),
)
_EFFECTIVENESS_REFUSALS = (
    *("inconsistent_question", "inconsistent_contract", "price_missing", "duplicate_symbol_beta_conflict"),
    *("too_few_observations", "zero_variance", "stale_price", "overloaded"),
    *("not_listed", "exchange_off", "as_of_not_now", "price_unavailable"),
)
_RATIO_REFUSALS = (
    *("inconsistent_contract", "inconsistent_question", "expired_contract", "price_missing"),
    *("duplicate_symbol_beta_conflict", "too_few_observations", "zero_variance", "size_out_of_range"),
    *("stale_price", "overloaded"),
    *("not_listed", "exchange_off", "currency_mismatch", "as_of_not_now", "price_unavailable"),
)
_SCENARIO_REFUSALS = (*_SIZING_REFUSALS, "stress_data_missing")
_CALLER_REFUSALS = ("unauthorized", "too_many_requests")
"""What is refused before anything else is read of a request."""
_QUERY_REFUSALS = (*_CALLER_REFUSALS, "not_acceptable", "invalid_request", "internal_error")
"""What every operation with a query refuses."""
_EXPLAINED = pages.ProblemKind(code="price_missing", **KINDS["price_missing"]._asdict())
_LIVE = health.Liveness(status="live", version=__version__)
OPERATIONS = (
    Operation(
        sizing.size,
        "sizeHedge",
        "hedging",
        (*_CALLER_REFUSALS, *_BODY_REFUSALS, *_SIZING_REFUSALS),
        reply=sizing.SizingReply,
        request=sizing.SizingRequest,
        examples=examples.SIZING,
        live=examples.LIVE_SIZING,
        answer=_as_sent(sizing.answer),
        spared=("SOL", absences.at("holdings", 0, "asset")),
    ),
    Operation(
        scenarios.play,
        "playScenarios",
        "hedging",
        (*_CALLER_REFUSALS, *_BODY_REFUSALS, *_SCENARIO_REFUSALS),
        reply=scenarios.ScenariosReply,
        request=scenarios.ScenariosRequest,
        examples=examples.SCENARIOS,
        live=examples.LIVE_SCENARIOS,
        answer=_as_sent(scenarios.answer),
        spared=("SOL", absences.at("holdings", 0, "asset")),
        chart="10000 of coins hedged in BTC-MINI, 2026-01-02 03:04 UTC",
    ),
    Operation(
        basis.measure,
        "measureBasis",
        "hedging",
        (
            *_CALLER_REFUSALS,
            *_BODY_REFUSALS,
            *_CURVE_REFUSALS,
            *("too_few_observations", "zero_variance", "stale_price"),
        ),
        reply=basis.BasisReply,
        request=basis.BasisRequest,
        examples=examples.BASIS,
        live=examples.LIVE_BASIS,
        answer=basis.answer,
        spared=("BTCUSDT", absences.at("pairs", 0, "symbol")),
        chart="Basis of BTC, 2026-01-02 03:04 UTC",
    ),
    Operation(
        carry.assess,
        "assessCarry",
        "hedging",
        (*_CALLER_REFUSALS, *_BODY_REFUSALS, *_CARRY_REFUSALS),
        reply=carry.CarryReply,
        request=carry.CarryRequest,
        examples=examples.CARRY,
        live=examples.LIVE_CARRY,
        answer=carry.answer,
        spared=("BTCUSDT", absences.at("instruments", 0, "symbol")),
        chart="Cost of 10000 short BTC, 2026-01-02 03:04 UTC",
    ),
    Operation(
        margin.assess,
        "assessMargin",
        "hedging",
        (*_CALLER_REFUSALS, *_BODY_REFUSALS, *_MARGIN_REFUSALS),
        reply=margin.MarginReply,
        request=margin.MarginRequest,
        examples=examples.MARGIN,
        live=examples.LIVE_MARGIN,
        answer=_as_sent(margin.answer),
        spared=("BTCUSDT", absences.at("contract", "symbol")),
    ),
    Operation(
        coverage.assess,
        "assessCoverage",
        "hedging",
        (*_CALLER_REFUSALS, *_BODY_REFUSALS, *_COVERAGE_REFUSALS),
        reply=coverage.CoverageReply,
        request=coverage.CoverageRequest,
        examples=examples.COVERAGE,
        live=examples.LIVE_COVERAGE,
        answer=_as_sent(coverage.answer),
        spared=("SOL", absences.at("holdings", 0, "asset")),
    ),
    Operation(
        effectiveness.judge,
        "judgeEffectiveness",
        "hedging",
        (*_CALLER_REFUSALS, *_BODY_REFUSALS, *_EFFECTIVENESS_REFUSALS),
        reply=effectiveness.EffectivenessReply,
        request=effectiveness.EffectivenessRequest,
        examples=examples.EFFECTIVENESS,
        live=examples.LIVE_EFFECTIVENESS,
        answer=effectiveness.answer,
        spared=("SOL", absences.at("holdings", 0, "asset")),
    ),
    Operation(
        hedge_ratio.measure,
        "measureHedgeRatio",
        "hedging",
        (*_CALLER_REFUSALS, *_BODY_REFUSALS, *_RATIO_REFUSALS),
        reply=hedge_ratio.HedgeRatioReply,
        request=hedge_ratio.HedgeRatioRequest,
        examples=examples.HEDGE_RATIO,
        answers=answers.ANSWERS["/v1/hedge-ratio"],
        live=examples.LIVE_HEDGE_RATIO,
        spared=("SOL", absences.at("holdings", 0, "asset")),
    ),
    Operation(
        simulations.simulate,
        "simulateHedges",
        "hedging",
        (*_CALLER_REFUSALS, *_BODY_REFUSALS, *_SIMULATION_REFUSALS),
        reply=simulations.SimulationReply,
        request=simulations.SimulationRequest,
        examples=examples.SIMULATIONS,
        answers=answers.ANSWERS["/v1/simulations"],
        live=examples.LIVE_SIMULATIONS,
        spared=("SOL", absences.at("holdings", 0, "asset")),
        chart="10000 hedged with BTC-MINI, 2026-01-02 03:04 UTC",
    ),
    Operation(
        frontier.draw,
        "listPlans",
        "hedging",
        (*_CALLER_REFUSALS, *_BODY_REFUSALS, *_FRONTIER_REFUSALS),
        reply=frontier.FrontierReply,
        request=frontier.FrontierRequest,
        examples=examples.FRONTIER,
        answers=answers.ANSWERS["/v1/frontier"],
        live=examples.LIVE_FRONTIER,
        spared=("SOL", absences.at("holdings", 0, "asset")),
    ),
    Operation(
        stream.stream_basis,
        "streamBasis",
        "hedging",
        (*_QUERY_REFUSALS, "not_listed", "exchange_off", "price_unavailable", "overloaded"),
        query=stream.StreamQuery,
        events={"basis": stream.BasisEvent, "unavailable": stream.UnavailableEvent},
        shown=stream.SHOWN,
        spared=("BTCUSDT", absences.parameter("symbols")),
    ),
    Operation(
        prices.list_prices,
        "listPrices",
        "market",
        (*_QUERY_REFUSALS, "not_listed", "exchange_off", "price_unavailable"),
        reply=prices.PricesReply,
        query=prices.PricesQuery,
        spared=("SOL", absences.parameter("symbols")),
    ),
    Operation(
        contracts.list_contracts,
        "listContracts",
        "market",
        (*_QUERY_REFUSALS, "not_listed", "exchange_off", "price_unavailable"),
        reply=contracts.ContractsReply,
        query=contracts.ContractsQuery,
        spared=("inverse futures", absences.parameter("exchange")),
    ),
    Operation(
        exchanges.list_exchanges,
        "listExchanges",
        "market",
        _QUERY_REFUSALS,
        reply=exchanges.ExchangesReply,
        query=exchanges.ExchangesQuery,
    ),
    Operation(
        stresses.list_stresses,
        "listStresses",
        "hedging",
        _QUERY_REFUSALS,
        reply=stresses.StressesReply,
        query=stresses.StressesQuery,
        shown=stresses.SHOWN,
    ),
    Operation(
        pages.explain_problem,
        "explainProblem",
        "operations",
        ("not_found", "too_many_requests"),
        pages.ProblemKind,
        shown=_EXPLAINED,
    ),
    Operation(health.check_live, "checkLive", "operations", reply=health.Liveness, shown=_LIVE),
    Operation(health.check_ready, "checkReady", "operations", reply=health.Readiness),
    Operation(health.read_metrics, "readMetrics", "operations"),
)
