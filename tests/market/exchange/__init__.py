"""A local server that speaks the wire formats of five exchanges, and can be told to fail as they do."""

from tests.market.exchange.faults import Fault
from tests.market.exchange.server import ExchangeServer, Request
from tests.market.exchange.world import Quote, World

__all__ = ["ExchangeServer", "Fault", "Quote", "Request", "World"]
