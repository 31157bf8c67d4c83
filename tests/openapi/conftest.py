"""What the tests of the document share: the services, a witness of their answers, the committed document on trial."""

from collections.abc import Iterator

import pytest
from coverage import Coverage

from tests.openapi.document import read_document
from tests.openapi.house import House
from tests.openapi.witness import Trial, Witness


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Iterator[None]:
    """Measure no coverage here: the service's lines are for the tests of its parts, and it would take twice the time."""
    measuring = Coverage.current()
    if measuring is None:
        return (yield)
    measuring.stop()
    try:
        return (yield)
    finally:
        measuring.start()


@pytest.fixture(scope="session")
def house() -> Iterator[House]:
    """Give the services under test, with the exchanges that they ask."""
    with House() as services:
        yield services


@pytest.fixture(scope="session")
def witness(house: House) -> Iterator[Witness]:
    """Give a witness, who remembers what the services were asked."""
    present = Witness(house)
    yield present
    present.close()


@pytest.fixture(scope="session")
def trial(witness: Witness) -> Trial:
    """Give the committed document with everything that was observed for it."""
    return witness.hear(read_document())
