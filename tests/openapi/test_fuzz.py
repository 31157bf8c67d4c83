"""The same as the contract test, at length and with another seed each time: `make fuzz`."""

import secrets
import sys
from typing import Any

import pytest
from schemathesis import Case

from service.app import create_app
from tests.openapi.document import read_document
from tests.openapi.generated import Examiner, load_generator

SEED = secrets.randbelow(2**32)
APP = create_app({"HEDGE_LOG_LEVEL": "error"})
EXAMINER = Examiner(read_document(), APP)
GENERATOR = load_generator(APP, examples=1000, seed=SEED)


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
    case.call_and_validate(additional_checks=EXAMINER.checks)
