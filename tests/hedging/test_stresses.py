"""The named stresses: complete, dated, and as the closes have them that were seen."""

import csv
import hashlib
import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args

import pytest

from service.hedging.moves.shocks import Script, Shock
from service.hedging.stresses import STRESSES, StressName
from service.hedging.units import Move, exactly
from tests.hedging.build import linear
from tests.hedging.staging import played_through

HISTORY = Path(__file__).parents[3] / "shared" / "data" / "history"
CLOSES, GOLDEN, FIGURES = (
    HISTORY / name for name in ("daily_closes_mit.csv", "golden_daily_closes_mit.json", "scenarios.csv")
)
BY_WINDOW = {
    "covid-2020-03": "covid_2020_03",
    "china-2021-05": "china_2021_05",
    "day-2021-05-19": "day_2021_05_19",
    "luna-2022-05": "luna_2022_05",
    "3ac-2022-06": "3ac_2022_06",
    "ftx-2022-11": "ftx_2022_11",
    "sec-2023-06": "sec_2023_06",
    "yen-2024-08": "yen_2024_08",
    "crash-2025-10": "flash_2025_10",
    "rally-2023-q4": "rally_2023_q4",
    "rally-2024-11": "rally_2024_11",
}
REPLAYED = [name for name in BY_WINDOW if name != "crash-2025-10"]
"""Windows whose closes lie beside the project."""
away = pytest.mark.skipif(not CLOSES.exists(), reason="the closes lie outside the project")


def test_every_name_has_a_stress_and_every_stress_a_name() -> None:
    """What a question may ask for is what there is: eleven windows of the past, five that are made up."""
    assert list(STRESSES) == list(get_args(StressName))
    assert [stress.kind for stress in STRESSES.values()] == ["historical"] * 11 + ["synthetic"] * 5


@pytest.mark.parametrize("name", BY_WINDOW)
def test_a_window_is_dated_and_defined(name: str) -> None:
    """It says from which close to which, lasts as long, and has the bitcoin that futures follow."""
    stress = STRESSES[name]

    assert stress.starts_on is not None
    assert stress.ends_on is not None
    assert stress.days == (date.fromisoformat(stress.ends_on) - date.fromisoformat(stress.starts_on)).days > 0
    assert stress.starts_on in stress.definition
    assert stress.ends_on in stress.definition
    assert stress.move_of("BTC", "closes") is not None
    assert stress.parameters is None
    assert len({figure.asset for figure in stress.figures}) == len(stress.figures) >= 15


@pytest.mark.parametrize("name", [name for name in STRESSES if name not in BY_WINDOW])
def test_what_is_made_up_shows_its_numbers(name: str) -> None:
    """It has parameters instead of dates and figures, and says that nobody saw it or what it was taken from."""
    stress = STRESSES[name]

    assert stress.parameters is not None
    assert (stress.starts_on, stress.ends_on, stress.figures) == (None, None, ())
    assert stress.source


def test_lows_are_below_closes_and_never_lent() -> None:
    """A worst low is no better than the last close; a coin without one has none, and a rally has none at all."""
    for stress in STRESSES.values():
        for figure in stress.figures:
            assert figure.worst_low is None or -1 < figure.worst_low <= figure.move

    luna, rally = STRESSES["luna-2022-05"], STRESSES["rally-2024-11"]
    assert luna.move_of("SOL", "lows") == Decimal("-0.6001")
    assert luna.move_of("AVAX", "lows") is None
    assert luna.move_of("NOPE", "closes") is None
    assert rally.known_by("lows") == "closes"
    assert rally.move_of("XRP", "lows") == Decimal("4.3006")


@away
def test_every_figure_is_as_it_was_derived() -> None:
    """All numbers of all windows, with their dates: none was mistyped."""
    with FIGURES.open() as file:
        rows = list(csv.DictReader(file))

    shown = [
        (BY_WINDOW[stress.name], stress.starts_on, stress.ends_on, figure.asset, figure.move, figure.worst_low)
        for stress in STRESSES.values()
        for figure in stress.figures
    ]
    derived = [
        (row["window"], row["from"], row["to"], row["coin"], Decimal(row["ret"]), _low(row["worst_low"]))
        for row in rows
    ]
    assert shown == derived


def _low(text: str) -> Decimal | None:
    return Decimal(text) if text else None


def closes() -> dict[str, dict[str, str]]:
    """Read the closes by day, as long as they are the ones that the golden numbers are of."""
    golden = json.loads(GOLDEN.read_text())
    assert hashlib.sha256(CLOSES.read_bytes()).hexdigest() == golden["sha256"]
    with CLOSES.open() as file:
        return {row["date"]: row for row in csv.DictReader(file)}


@exactly
def change(prices: dict[str, dict[str, str]], coin: str, window: Any) -> Decimal:
    """Tell what a coin did in a window by its closes."""
    return Decimal(prices[window["to"]][coin]) / Decimal(prices[window["from"]][coin]) - 1


@away
@pytest.mark.parametrize("name", REPLAYED)
def test_a_window_comes_out_of_the_closes_themselves(name: str) -> None:
    """Replayed from closes of another source, each coin is within 2.5 points, and as the golden numbers have it."""
    prices, window = closes(), json.loads(GOLDEN.read_text())["crash"][BY_WINDOW[name]]
    stress = STRESSES[name]

    for coin, golden in {**window["each"], "BTC": window["btc"]}.items():
        seen = change(prices, coin, window)
        assert seen == pytest.approx(Decimal(str(golden)), abs=Decimal("1E-6"))
        embedded = stress.move_of(coin, "closes")
        assert embedded is not None
        assert abs(seen - embedded) < Decimal("0.025")


@away
@pytest.mark.parametrize("name", REPLAYED)
def test_hedges_of_a_replayed_window_are_as_golden(name: str) -> None:
    """An equal-weight basket with a short of half, three quarters and all of its beta of 90 days before."""
    prices, window = closes(), json.loads(GOLDEN.read_text())["crash"][BY_WINDOW[name]]
    coins = window["coins"]
    shock = Shock(
        name=name,
        underlying_move=Move(change(prices, "BTC", window)),
        asset_moves={coin: Move(change(prices, coin, window)) for coin in coins},
    )

    played = played_through(
        linear(initial_margin_rate="1", maintenance_margin_rate="0.004"),
        Script(shocks=[shock]),
        coverages=["0.5", "0.75", "1"],
        book=dict.fromkeys(coins, "1000"),
        beta=window["beta90"],
        wallet="1000000",
    )

    golden = [window["hedged"][share] for share in ("50", "75", "100")]
    assert [float(hedge.net_return[0]) for hedge in played.hedges if hedge.net_return] == pytest.approx(
        golden, abs=3e-6
    )
