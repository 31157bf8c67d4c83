"""What the tests of the document share: the service as a witness, asked once, and the committed document on trial."""

import pytest

from tests.openapi.document import read_document
from tests.openapi.witness import Trial, Witness


@pytest.fixture(scope="session")
def witness() -> Witness:
    """Give the service, which remembers what it was asked."""
    return Witness()


@pytest.fixture(scope="session")
def trial(witness: Witness) -> Trial:
    """Give the committed document with everything that was observed for it."""
    return witness.hear(read_document())
