"""Short ways to ask how effective a hedge is."""

from typing import Any

import msgspec

from service.hedging.effectiveness import EffectivenessAnswer, EffectivenessQuestion, check_question, judge_hedge
from service.hedging.hindsight.attribution import PastPosition
from service.hedging.hindsight.judgement import Evidence, Judged, Standard, judge
from service.hedging.hindsight.walk_forward import WalkForward
from service.hedging.units import Price
from tests.hedging.build import check_answer, holding

HULL_SPOT = [0.029, 0.020, -0.044, 0.008, 0.026, -0.019, -0.010, -0.007, 0.043, 0.011, -0.036, -0.018, 0.009, -0.032]
HULL_SPOT += [0.023]
HULL_FUTURES = [0.021, 0.035, -0.046, 0.001, 0.044, -0.029, -0.026, -0.029, 0.048, -0.006, -0.036, -0.011, 0.019]
HULL_FUTURES += [-0.027, 0.029]
"""Hull, Options, Futures, and Other Derivatives, table 3.2: monthly changes of jet fuel and of heating oil futures."""


def judged(
    item: list[float | None] | list[float],
    future: list[float | None] | list[float],
    *,
    market: list[float] | None = None,
    hedge_ratio: float | None = None,
    confidence: float = 0.95,
    plan: tuple[int, int] | None = None,
    periods: float = 365.0,
) -> Judged:
    """Judge a hedge on returns of days."""
    walk = None if plan is None else WalkForward(estimation_intervals=plan[0], test_intervals=plan[1])
    found = judge(Evidence(item, future, market, 1.0, periods), Standard(hedge_ratio, confidence, walk))
    check_answer(found.judgement)
    return found


def asked(**members: Any) -> EffectivenessQuestion:
    """Put a question as the API does, its records written as in a request."""
    standard = Standard(members.pop("hedge_ratio", None), members.pop("confidence", 0.95), members.pop("plan", None))
    position = members.pop("position", None)
    holdings = members.pop("holdings", None)
    return EffectivenessQuestion(
        **{
            "holdings": None if holdings is None else [holding(asset, units) for asset, units in holdings.items()],
            "prices": {name: Price(text) for name, text in members.pop("prices", {}).items()},
            "underlying": "BTC",
            "futures": None,
            "series": None,
            "standard": standard,
            "changes": None,
            "position": None if position is None else realised(**position),
            **members,
        }
    )


def answered(**members: Any) -> EffectivenessAnswer:
    """Ask, and look at all of the answer."""
    question = asked(**members)
    check_question(question)
    return check_answer(judge_hedge(question))


def realised(**members: Any) -> PastPosition:
    """Make a hedge that is over: 10,000 of SOL that fell by 18 %, two mini-futures short, bitcoin down 15 %."""
    defaults: dict[str, Any] = {
        "held": [{"asset": "SOL", "quantity": "100", "start_price": "100", "end_price": "82"}],
        "contract": {"style": "linear", "symbol": "BTC-MINI", "underlying": "BTC", "multiplier": "0.1"},
        "contracts": "2",
        "entry_price": "60000",
        "exit_price": "51060",
        "underlying_start_price": "60000",
        "underlying_end_price": "51000",
        "beta": 1.1,
        "coverage": "1",
        "funding_received": "12.5",
        "fees_paid": "11.1",
    }
    return msgspec.convert({**defaults, **members}, PastPosition, dec_hook=lambda word, text: word.parse(text))
