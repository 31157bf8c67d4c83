"""Requests that nobody thought of: schemathesis over the committed document, with the oracle as one check more."""

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from schemathesis import Case, CheckContext, Config, GenerationMode, HookContext, Response, openapi
from schemathesis.schemas import BaseSchema

from tests.openapi.asgi import Answer, Sent, answer_of
from tests.openapi.behaviour import describe, quote
from tests.openapi.coverage_mending import mend_coverage
from tests.openapi.curve_mending import mend_basis, mend_carry, mend_stream, spare
from tests.openapi.document import FILE, Document
from tests.openapi.effectiveness_mending import judge_more, mend_effectiveness
from tests.openapi.frontier_mending import mend_frontier, spare_plans
from tests.openapi.hedge_ratio_mending import mend_hedge_ratio, spare_past
from tests.openapi.house import Door
from tests.openapi.lookups import Question
from tests.openapi.margin_mending import mend_margin
from tests.openapi.mending import mend, mend_contracts, mend_prices
from tests.openapi.oracle import INVALID, Oracle, around
from tests.openapi.queries import Query
from tests.openapi.refusals import find_faults
from tests.openapi.scenario_mending import mend_scenarios
from tests.openapi.simulation_mending import mend_simulation, spare_work
from tests.openapi.staging import (
    BASIS,
    CARRY,
    COVERAGE,
    EFFECTIVENESS,
    FRONTIER,
    HEDGE_RATIO,
    MARGIN,
    SCENARIOS,
    SIMULATIONS,
    SIZING,
    is_live,
)
from tests.openapi.strict_json import read_json

_ANSWERABLE = (
    *("sizeHedge", "measureBasis", "assessCarry", "assessMargin", "playScenarios", "simulateHedges"),
    *("assessCoverage", "judgeEffectiveness", "measureHedgeRatio", "listPlans"),
    *("listPrices", "listContracts", "streamBasis"),
)
"""Operations that may say no to a valid request."""
_SPARED = {"listPlans": 3, "measureHedgeRatio": 3}
"""Of operations that take much to make a question of, one of so many random questions is asked."""
_UNMENDED = 4
"""One of so many cases stays as it was generated."""


def load_generator(door: Door, *, examples: int, seed: int | None = None) -> BaseSchema:
    """Make a generator of requests by the committed document; all checks are on.

    Args:
        door: to the house that is asked; a generator's own, since schemathesis keeps one lifespan for each application.
        examples: how many random requests an operation gets, beyond those for examples and limits.
        seed: of the random requests; None for the same ones every time.
    """
    config = Config.from_dict(
        {
            **({} if seed is None else {"seed": seed}),
            "generation": {"database": "none", "deterministic": seed is None, "max-examples": examples},
            "checks": {"max_response_time": 5.0},
            "operations": [
                {
                    "include-operation-id": name,
                    "checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", "422"]}},
                    "generation": {"max-examples": examples // _SPARED.get(name, 1)},
                }
                for name in _ANSWERABLE
            ],
        }
    )
    schema = openapi.from_path(FILE, config=config)
    schema.app = door
    schema.hook("map_case")(complete_case)
    return schema


def complete_case(_: HookContext, case: Case[Any]) -> Case[Any]:
    """Give most generated questions what they lack, so that many have an answer; leave every fourth as it is."""
    generation = None if case.meta is None else case.meta.generation
    if generation is None or generation.mode == GenerationMode.NEGATIVE:
        return case
    if isinstance(case.body, dict):
        spared = spare_plans(spare_past(spare_work(spare(case.body))))
        case.body = judge_more(spared) if case.operation.path == EFFECTIVENESS[1] else spared
        if len(repr(case.body)) % _UNMENDED:
            case.body = _BODIES[case.operation.path](case.body)
    mend_query = _QUERIES.get(case.operation.path)
    if mend_query is not None and len(repr(case.query)) % _UNMENDED:
        case.query = mend_query(dict(case.query))
    return case


_BODIES: dict[str, Callable[[Question], Question]] = {
    SIZING[1]: mend,
    BASIS[1]: mend_basis,
    CARRY[1]: mend_carry,
    MARGIN[1]: mend_margin,
    COVERAGE[1]: mend_coverage,
    EFFECTIVENESS[1]: mend_effectiveness,
    SCENARIOS[1]: mend_scenarios,
    SIMULATIONS[1]: mend_simulation,
    HEDGE_RATIO[1]: mend_hedge_ratio,
    FRONTIER[1]: mend_frontier,
}
_QUERIES: dict[str, Callable[[Query], Query]] = {
    "/v1/prices": mend_prices,
    "/v1/contracts": mend_contracts,
    "/v1/basis/stream": mend_stream,
}


class Examiner:
    """Examines every answer that a generated request gets, and counts them."""

    def __init__(self, document: Document, door: Door) -> None:
        """Start with nothing seen."""
        self._oracle = Oracle(document)
        self._door = door
        self._pages: dict[str, bool] = {}
        self.seen: Counter[tuple[str, int]] = Counter()
        """By operation and status."""
        self.valid: Counter[tuple[str, int]] = Counter()
        """Of these the ones that the schema allows, of the operations that can say no to such a request."""
        self.live: Counter[tuple[str, int]] = Counter()
        """Of these the ones with a body that leave something to the market."""

    @property
    def checks(self) -> list[Callable[[CheckContext, Response, Case[Any]], bool | None]]:
        """What schemathesis is to check besides its own."""
        return [self.check_forecast, self.check_refusal]

    def check_forecast(self, _: CheckContext, response: Response, case: Case[Any]) -> None:
        """Hold an answer against the oracle, unless the method is not the operation's own."""
        sent, answer = _sent(response), _answer(response)
        self.seen[case.operation.label, answer.status] += 1
        if sent.method != case.operation.method.upper():
            return
        forecast = self._oracle.foretell((sent.method, case.operation.path), sent, around(sent, answer))
        if case.operation.path.startswith("/v1/") and forecast.status in {200, 422} and forecast.codes != INVALID:
            self.valid[case.operation.label, answer.status] += 1
            path = case.operation.path
            self.live[case.operation.label, answer.status] += path in _BODIES and is_live(path, read_json(sent.body))

        expected = f"{forecast.status} {sorted(forecast.codes)} {sorted(forecast.wrong)}"

        assert forecast.describes(answer), f"{expected} was foretold, not {quote(answer.body)}, for {describe(sent)}"

    def check_refusal(self, _: CheckContext, response: Response, __: Case[Any]) -> None:
        """Hold every refusal against what all refusals promise."""
        sent, answer = _sent(response), _answer(response)
        if answer.status < 400 or sent.method == "HEAD":
            return

        faults = list(find_faults(answer, sent, self._explains))

        assert not faults, "\n".join(faults)

    def _explains(self, path: str) -> bool:
        """Look a page up, once."""
        if path not in self._pages and self._door.house is not None:
            (answer,) = self._door.house.ask("none", [Sent("GET", path, headers=())])
            self._pages[path] = answer.status == 200
        return self._pages[path]


def _sent(response: Response) -> Sent:
    """Read what schemathesis sent."""
    request = response.request
    parts = urlsplit(request.url or "")
    body = request.body.encode() if isinstance(request.body, str) else request.body
    headers: Mapping[str, Any] = {name.lower(): value for name, value in request.headers.items()}
    kept = tuple(
        (name, str(headers[name]))
        for name in ("content-type", "accept", "content-encoding", "if-none-match")
        if name in headers
    )
    return Sent(
        request.method or "",
        unquote(parts.path),
        body if isinstance(body, bytes) else b"",
        _without_any(kept),
        parts.query.encode(),
    )


def _without_any(headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Leave out an Accept header that accepts anything."""
    return tuple(header for header in headers if header != ("accept", "*/*"))


def _answer(response: Response) -> Answer:
    """Read what came back."""
    headers = {name: values[0] for name, values in response.headers.items()}
    return answer_of(response.status_code, headers, response.content, datetime.now(UTC))
