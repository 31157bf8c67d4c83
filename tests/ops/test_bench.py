"""The benchmark compares like with like: the baselines answer what the service answers."""

from typing import Any

import pytest

from tests.conftest import Call, caller
from tests.ops.baselines import create_bare, create_fastapi
from tests.ops.bench import OURS, BenchError, require_agreement, write_question

HEADERS = {"content-type": "application/json"}


@pytest.mark.parametrize("count", [1, 10])
def test_all_contenders_give_one_answer(call: Call, count: int) -> None:
    """A baseline that computes less, or something else, would make the ratios worthless."""
    fastapi: Any = create_fastapi()
    contenders = {OURS: call, "FastAPI": caller(fastapi), "bare ASGI": caller(create_bare())}
    question = write_question(count)

    require_agreement(
        {name: ask("POST", "/v1/sizing", content=question, headers=HEADERS).content for name, ask in contenders.items()}
    )


def test_a_contender_that_answers_something_else_is_found() -> None:
    """The comparison itself is not blind."""
    with pytest.raises(BenchError, match="FastAPI answers another side"):
        require_agreement({OURS: b'{"side":"short"}', "FastAPI": b'{"side":"long"}'})
