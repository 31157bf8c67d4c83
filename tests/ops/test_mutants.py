"""The list of guards is true: each stands in the code, once, and its tests are there."""

import pytest

from tests.ops.mutants import MUTANTS, ROOT, Mutant, read


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_every_guard_that_can_be_taken_away_is_there(mutant: Mutant) -> None:
    """`make mutants` takes them away one by one; a guard that moved has to move in the list too."""
    read(mutant, ROOT)

    assert all((ROOT / "tests" / test).is_file() for test in mutant.tests)
    assert mutant.guard != mutant.without
