"""At every limit the document says what the service does, for questions and for answers."""

from tests.openapi.behaviour import accepts_what_it_allows, answers_as_described, refuses_consistently
from tests.openapi.occurrence import describes_only_what_happens
from tests.openapi.repertoire import REPERTOIRE
from tests.openapi.witness import Trial


def test_exactly_what_is_allowed_is_accepted(trial: Trial) -> None:
    """On both sides of each limit, a question is answered, or refused with the one code that the oracle foretells."""
    broken = list(accepts_what_it_allows(trial))

    assert not broken, "\n".join(broken)


def test_every_answer_follows_its_schema(trial: Trial) -> None:
    """Content type, headers and body of every answer and every refusal are as documented."""
    broken = list(answers_as_described(trial))

    assert not broken, "\n".join(broken)


def test_every_part_of_an_answer_occurs(trial: Trial) -> None:
    """No member, enum value or null is documented that no answer has, and none is left out."""
    broken = list(describes_only_what_happens(trial))

    assert not broken, "\n".join(broken)


def test_every_refusal_is_consistent(trial: Trial) -> None:
    """Status, id, page and pointers of each refusal agree with the answer and the request."""
    broken = list(refuses_consistently(trial))

    assert not broken, "\n".join(broken)


def test_the_corpus_is_not_small(trial: Trial) -> None:
    """Thousands of questions lie at the limits, hundreds of them on the inner side."""
    for key in REPERTOIRE:
        exchanges = trial.of(key)

        assert len(exchanges) > 4000
        assert sum(answer.status == 200 for _, _, answer in exchanges) > 500
