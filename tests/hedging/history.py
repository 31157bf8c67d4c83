"""Daily closes of the past that lie outside the project, for tests that compare with what was reckoned from them."""

import csv
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

_FOLDER = Path(__file__).parents[3] / "shared" / "data" / "history"
HAS_HISTORY = (_FOLDER / "daily_closes_mit.csv").exists()
needs_history = pytest.mark.skipif(not HAS_HISTORY, reason="the price histories lie outside the project")


def daily_closes() -> dict[str, dict[str, float | None]]:
    """Read the closes in dollars, by coin and day; None where there is none."""
    with (_FOLDER / "daily_closes_mit.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    coins = [name for name in rows[0] if name != "date"]
    return {coin: {row["date"]: float(row[coin]) if row[coin] else None for row in rows} for coin in coins}


def daily_returns(coin: str, first: str, last: str) -> list[float | None]:
    """Give the returns that are dated within some days, both included."""
    closes = daily_closes()[coin]
    days = list(closes)
    found: list[float | None] = []
    for before, day in pairwise(days):
        if first <= day <= last:
            begin, end = closes[before], closes[day]
            found.append(None if begin is None or end is None else end / begin - 1)
    return found


def golden() -> dict[str, Any]:
    """Read what was reckoned from them."""
    found: dict[str, Any] = json.loads((_FOLDER / "golden_daily_closes_mit.json").read_text(encoding="utf-8"))
    return found
