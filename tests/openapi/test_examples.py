"""What the document shows is what happens."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.openapi.boundaries import change
from tests.openapi.document import read_document, requests
from tests.openapi.illustrations import (
    answers_questions_as_shown,
    find_defaults,
    has,
    shows_real_answers,
    shows_valid_values,
    states_real_defaults,
)
from tests.openapi.likeness import is_alike
from tests.openapi.repertoire import REPERTOIRE
from tests.openapi.staging import Key, is_live, pose
from tests.openapi.witness import Trial, Witness

DOCUMENT = read_document()
QUESTIONS = {
    f"{operation.spec['operationId']}: {name}": (operation.key, content["schema"], example["value"])
    for operation, _, content in requests(DOCUMENT)
    for name, example in content["examples"].items()
}


def test_every_question_is_answered_as_shown(trial: Trial) -> None:
    """Each question that is shown gets the answer that is shown, to the last digit."""
    broken = list(answers_questions_as_shown(trial))

    assert not broken, "\n".join(broken)


def test_every_other_example_is_a_real_answer(trial: Trial) -> None:
    """Each answer and refusal that is shown on its own is really given to some request."""
    broken = list(shows_real_answers(trial))

    assert not broken, "\n".join(broken)


def test_every_example_is_valid_where_it_stands(trial: Trial) -> None:
    """Examples and defaults of schemas, parameters and headers follow the schema they illustrate."""
    broken = list(shows_valid_values(trial))

    assert not broken, "\n".join(broken)


def test_every_default_is_real(trial: Trial) -> None:
    """One by one, and all at once: a default that is sent changes no byte; what may be left out has one."""
    broken = list(states_real_defaults(trial))

    assert not broken, "\n".join(broken)


@pytest.mark.parametrize(("key", "schema", "question"), QUESTIONS.values(), ids=QUESTIONS)
def test_an_example_with_all_defaults_written_out_has_the_same_answer(
    witness: Witness, key: Key, schema: dict[str, Any], question: dict[str, Any]
) -> None:
    """Filling every gap of an example with its documented default, at any depth, gives the same bytes.

    Of now the times and the ages of prices are others with each answer, and all else is the same.
    """
    filled = question
    for steps, default in find_defaults(DOCUMENT, schema, question):
        if not has(question, steps):
            filled = change(filled, steps, default)

    short, long = witness.ask(pose(question, key), pose(filled, key))

    assert filled != question
    assert short.status == long.status == 200
    if is_live(key[1], question):
        assert is_alike(short.content, long.content)
    else:
        assert short.body == long.body


@pytest.mark.parametrize("key", REPERTOIRE, ids="/".join)
def test_a_question_of_now_has_an_answer_that_is_not_shown(witness: Witness, key: Key) -> None:
    """There is such an example, it needs nothing but the book, and it is answered, with where the prices are from."""
    live = [question for other, _, question in QUESTIONS.values() if other == key and is_live(key[1], question)]

    answers = witness.ask(*(pose(question, key) for question in live))

    assert {answer.status for answer in answers} == {200}
    for answer in answers:
        sources = set(_find_sources(answer.content))

        assert sources
        assert "request" not in sources


def _find_sources(content: Any) -> Iterator[str]:
    """List where the prices of an answer are from."""
    if isinstance(content, list):
        yield from (source for item in content for source in _find_sources(item))
    elif isinstance(content, dict):
        if {"source", "converted_at"} <= content.keys():
            yield content["source"]
        yield from (source for item in content.values() for source in _find_sources(item))
