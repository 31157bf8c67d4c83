"""What looking prices up costs: the same question with ten prices looked up, warm, and with all of them sent."""

import json
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

ASSETS = ("SOL", "ADA", "DOT", "XRP", "DOGE", "LINK", "LTC", "AVAX", "NEAR", "UNI")
IDLE_SECONDS = 5.0


class LookUps(NamedTuple):
    """One run."""

    ratio: float
    """Requests a second with looked-up prices, of those with sent prices: median of the rounds."""
    busy_calls: float
    """Calls to exchanges a minute under load."""
    idle_calls: int
    """Calls to exchanges while nobody asks."""


@contextmanager
def exchanges() -> Iterator[str]:
    """Run the local exchanges in a process of their own and give their address."""
    command = [sys.executable, "-m", "tests.market.exchange"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=15)


def write_listed() -> bytes:
    """Write a question that sends nothing but ten quantities."""
    question = {
        "holdings": [{"asset": asset, "quantity": "12.5"} for asset in ASSETS],
        "contract": {"style": "listed", "exchange": "binance", "symbol": "BTCUSDT"},
        "market": {"exchange": "binance", "max_age_seconds": 10},
    }
    return json.dumps(question).encode()


def write_sent(reply: dict[str, Any]) -> bytes:
    """Write the same question with the terms and the prices of its answer."""
    question = json.loads(write_listed()) | {"contract": reply["contract"], "prices": reply["prices"]}
    return json.dumps(question).encode()


def count_calls(url: str) -> int:
    """Count what the exchanges were asked so far."""
    with urllib.request.urlopen(f"{url}/__log", timeout=10) as reply:  # noqa: S310  # loopback
        return len(json.load(reply))
