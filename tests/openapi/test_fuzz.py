"""The same as the contract test, at length and with another seed each time: `make fuzz`."""

import secrets
import sys
from typing import Any

import pytest
from schemathesis import Case

from tests.openapi.asgi import DEADLINE
from tests.openapi.document import read_document
from tests.openapi.generated import Examiner, load_generator
from tests.openapi.house import Door, House

SEED = secrets.randbelow(2**32)
DOOR = Door()
EXAMINER = Examiner(read_document(), DOOR)
GENERATOR = load_generator(DOOR, examples=1000, seed=SEED)


@pytest.fixture(autouse=True)
def _open_door(house: House) -> None:
    """Let the generator ask the services."""
    DOOR.house = house


@pytest.fixture(autouse=True)
def seed(capsys: pytest.CaptureFixture[str]) -> int:
    """Print the seed, so that a failure can be had again by writing it above."""
    with capsys.disabled():
        sys.stdout.write(f"\nseed {SEED}\n")
    return SEED


@pytest.mark.fuzz
@GENERATOR.parametrize()
def test_every_answer_is_documented_and_foretold(case: Case[Any]) -> None:
    """Any request, valid or not, gets the answer that document and oracle foretell, also with a thousand more tries."""
    case.call_and_validate(additional_checks=EXAMINER.checks, timeout=DEADLINE)
