"""Dominance: what it is, held against every pair."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from service.hedging.mixes.dominance import find_dominator, find_undominated


def dominates(one: list[int], other: list[int]) -> bool:
    """Say it once more, of one pair."""
    return all(a <= b for a, b in zip(one, other, strict=True)) and one != other


@given(st.lists(st.lists(st.integers(0, 3), min_size=3, max_size=3), min_size=1, max_size=40))
@settings(max_examples=100, deadline=None)
def test_it_is_what_every_pair_says(rows: list[list[int]]) -> None:
    """No worse by any measure and better by one; of two alike neither is, and who dominates is not dominated."""
    measures = np.array(rows, dtype=np.float64)

    undominated = find_undominated(measures)

    assert undominated.tolist() == [not any(dominates(one, row) for one in rows) for row in rows]
    for place, row in enumerate(rows):
        by = find_dominator(measures, place)
        assert (by is None) == undominated[place]
        assert by is None or (dominates(rows[by], row) and undominated[by])


def test_many_rows_are_held_against_each_other_in_parts() -> None:
    """More than one block of them, with what the blocks before have left."""
    measures = np.random.default_rng(1).integers(0, 30, size=(700, 3)).astype(np.float64)

    undominated = find_undominated(measures)

    assert undominated.tolist() == [find_dominator(measures, row) is None for row in range(700)]
