"""What tests of looked-up prices share: the exchanges, and a service that asks them."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from service.app import create_app
from tests.conftest import NO_LIMIT, Call, conversing
from tests.market.exchange import ExchangeServer

PATIENT = {"HEDGE_PATIENCE_SECONDS": "20"}
"""Whatever has to be fetched comes in: a busy machine is no finding."""


@pytest.fixture(scope="package")
def exchange_server() -> Iterator[ExchangeServer]:
    """Run the five exchanges on loopback."""
    with ExchangeServer() as server:
        yield server


@pytest.fixture
def exchanges(exchange_server: ExchangeServer) -> Iterator[ExchangeServer]:
    """Give the exchanges without faults, and mend them afterwards."""
    yield exchange_server
    exchange_server.reset()


@pytest.fixture
def ask(exchanges: ExchangeServer) -> Iterator[Call]:
    """Give a function that asks a service which looks prices up at the exchanges, and knows none yet."""
    with service_at(exchanges) as call:
        yield call


@contextmanager
def service_at(server: ExchangeServer, **environment: str) -> Iterator[Call]:
    """Give a function that asks a service of its own, with further settings."""
    with conversing(create_app({**NO_LIMIT, **PATIENT, "HEDGE_UPSTREAM": server.url, **environment})) as call:
        yield call
