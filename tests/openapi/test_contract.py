"""The service keeps to its document, whatever is sent: schemathesis with all of its checks, and the oracle."""

from typing import Any

import pytest
from schemathesis import Case

from service.app import create_app
from tests.openapi.document import operations, read_document
from tests.openapi.generated import Examiner, load_generator

APP = create_app({})
EXAMINER = Examiner(read_document(), APP)
GENERATOR = load_generator(APP, examples=150)


@GENERATOR.parametrize()
def test_every_answer_is_documented_and_foretold(case: Case[Any]) -> None:
    """Any request, valid or not, gets the answer that document and oracle foretell."""
    case.call_and_validate(additional_checks=EXAMINER.checks)


def test_enough_questions_have_an_answer() -> None:
    """At least a third of the valid questions end in an answer: the run is not about refusals alone."""
    if not EXAMINER.valid:
        pytest.skip("counts what the test above has sent")

    assert EXAMINER.valid[200] >= EXAMINER.valid.total() / 3
    assert EXAMINER.valid.total() >= 200
    assert EXAMINER.valid[422] >= 20
    assert len({label for label, _ in EXAMINER.seen}) == len(operations(read_document()))
