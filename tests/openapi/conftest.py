"""What the tests of the document share: the services, a witness of their answers, the committed document on trial."""

from collections.abc import Iterator

import pytest

from tests.openapi.document import read_document
from tests.openapi.house import House
from tests.openapi.witness import Trial, Witness


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave all that hears the witness to one process, where several share the tests: hearing it takes long."""
    for item in items:
        hears = "witness" in getattr(item, "fixturenames", ())
        item.add_marker(pytest.mark.xdist_group("witness" if hears else item.path.name))


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
