"""What is asked of each operation with a body: by hand, at the limits of what it takes, and to see its defaults."""

from collections.abc import Callable
from typing import NamedTuple

from tests.openapi import (
    basis_scenes,
    carry_scenes,
    coverage_scenes,
    effectiveness_scenes,
    frontier_scenes,
    hedge_ratio_scenes,
    margin_scenes,
    scenario_scenes,
    scenes,
    simulation_scenes,
)
from tests.openapi.asgi import Sent
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
    Body,
    Complete,
    Key,
)


class Part(NamedTuple):
    """Of one operation."""

    plain: Body
    """A question that is answered, of then."""
    live: Body
    """A question that is answered, of now."""
    complete: Complete
    scenes: Callable[[], tuple[Sent, ...]]
    """Everything that was thought of."""


REPERTOIRE: dict[Key, Part] = {
    SIZING: Part(scenes.BASKET, scenes.LIVE, scenes.COMPLETE, scenes.scenes),
    BASIS: Part(basis_scenes.PLAIN, basis_scenes.LIVE, basis_scenes.COMPLETE, basis_scenes.scenes),
    CARRY: Part(carry_scenes.PLAIN, carry_scenes.LIVE, carry_scenes.COMPLETE, carry_scenes.scenes),
    MARGIN: Part(margin_scenes.PLAIN, margin_scenes.LIVE, margin_scenes.COMPLETE, margin_scenes.scenes),
    COVERAGE: Part(coverage_scenes.PLAIN, coverage_scenes.LIVE, coverage_scenes.COMPLETE, coverage_scenes.scenes),
    EFFECTIVENESS: Part(
        effectiveness_scenes.PLAIN,
        effectiveness_scenes.LIVE,
        effectiveness_scenes.COMPLETE,
        effectiveness_scenes.scenes,
    ),
    FRONTIER: Part(frontier_scenes.PLAIN, frontier_scenes.LIVE, frontier_scenes.COMPLETE, frontier_scenes.scenes),
    SCENARIOS: Part(scenario_scenes.PLAIN, scenario_scenes.LIVE, scenario_scenes.COMPLETE, scenario_scenes.scenes),
    SIMULATIONS: Part(
        simulation_scenes.PLAIN, simulation_scenes.LIVE, simulation_scenes.COMPLETE, simulation_scenes.scenes
    ),
    HEDGE_RATIO: Part(
        hedge_ratio_scenes.PLAIN, hedge_ratio_scenes.LIVE, hedge_ratio_scenes.COMPLETE, hedge_ratio_scenes.scenes
    ),
}
"""By operation."""
