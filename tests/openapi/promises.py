"""All that a document promises, held against what the service did.

Law: a promise is a function that lists how it is broken. The honest document breaks none, and the same functions,
unchanged, have to catch a document that lies.
"""

from collections.abc import Callable, Iterator

from tests.openapi.behaviour import (
    accepts_what_it_allows,
    answers_as_described,
    documents_every_status,
    names_every_code,
    refuses_consistently,
)
from tests.openapi.illustrations import (
    answers_questions_as_shown,
    shows_real_answers,
    shows_valid_values,
    states_real_defaults,
)
from tests.openapi.occurrence import describes_only_what_happens
from tests.openapi.witness import Trial

Promise = Callable[[Trial], Iterator[str]]

PROMISES: tuple[Promise, ...] = (
    describes_only_what_happens,
    shows_valid_values,
    answers_questions_as_shown,
    documents_every_status,
    names_every_code,
    shows_real_answers,
    states_real_defaults,
    accepts_what_it_allows,
    answers_as_described,
    refuses_consistently,
)
"""The quick ones first."""


def find_broken(trial: Trial) -> Iterator[str]:
    """List every broken promise."""
    for promise in PROMISES:
        yield from promise(trial)
