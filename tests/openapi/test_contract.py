"""The service keeps to its document, whatever is sent: schemathesis with all of its checks, and the oracle."""

from typing import Any

import pytest
from schemathesis import Case

from tests.openapi.asgi import DEADLINE
from tests.openapi.document import operations, read_document
from tests.openapi.generated import Examiner, load_generator
from tests.openapi.house import Door, House
from tests.openapi.repertoire import REPERTOIRE

DOOR = Door()
EXAMINER = Examiner(read_document(), DOOR)
GENERATOR = load_generator(DOOR, examples=150)


@pytest.fixture(autouse=True)
def _open_door(house: House) -> None:
    """Let the generator ask the services."""
    DOOR.house = house


@pytest.fixture
def counted(request: pytest.FixtureRequest) -> Examiner:
    """Give what the test of every answer has counted in this process; there is nothing where it was not asked for.

    Where it was, and was run by another process, these tests fail instead of passing over what they know nothing of.
    """
    asked_for = {getattr(item, "originalname", item.name) for item in request.session.items}
    if test_every_answer_is_documented_and_foretold.__name__ not in asked_for:
        pytest.skip("counts what another test sends")
    assert EXAMINER.seen, "nothing was sent here: share the tests among processes by --dist loadgroup"
    return EXAMINER


@GENERATOR.parametrize()
def test_every_answer_is_documented_and_foretold(case: Case[Any]) -> None:
    """Any request, valid or not, gets the answer that document and oracle foretell."""
    case.call_and_validate(additional_checks=EXAMINER.checks, timeout=DEADLINE)


def test_each_operation_has_a_test_of_its_own(request: pytest.FixtureRequest) -> None:
    """Tests of one name would be run once when they are shared out among processes."""
    names = [item.nodeid for item in request.session.items]

    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("label", "refused"),
    [
        *((f"POST {path}", 20) for _, path in REPERTOIRE),
        *(("GET /v1/prices", 5), ("GET /v1/contracts", 0), ("GET /v1/exchanges", 0), ("GET /v1/basis/stream", 5)),
        ("GET /v1/stresses", 0),
    ],
)
def test_enough_questions_have_an_answer(counted: Examiner, label: str, refused: int) -> None:
    """At least a third of the valid questions end in an answer: the run is not about refusals alone."""
    valid = {status: count for (name, status), count in counted.valid.items() if name == label}

    assert valid
    assert valid[200] >= sum(valid.values()) / 3
    assert valid.get(422, 0) >= refused
    assert valid.keys() <= {200, 422}


@pytest.mark.parametrize("label", [" ".join(key) for key in REPERTOIRE])
def test_enough_questions_of_now_have_an_answer(counted: Examiner, label: str) -> None:
    """Of those that leave something to the market, too."""
    live = {status: count for (name, status), count in counted.live.items() if name == label and count}

    assert live[200] >= sum(live.values()) / 3
    assert live[200] >= 30
    assert live[422] >= 5


@pytest.mark.parametrize("label", [" ".join(key) for key in REPERTOIRE])
def test_there_are_enough_questions_of_every_kind(counted: Examiner, label: str) -> None:
    """Hundreds of valid ones with a body, and some for every operation that there is."""
    assert sum(count for (name, _), count in counted.valid.items() if name == label) >= 200
    assert len({name for name, _ in counted.seen}) == len(operations(read_document()))
