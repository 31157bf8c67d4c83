"""The golden vectors: published and derived numbers that two codes agreed on."""

import json
from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest

from service.hedging.advice import Rounding
from service.hedging.contracts import quote_profit, settled_profit, settlement_value, unit_notional
from service.hedging.delta import FuturesPosition, net_delta
from service.hedging.margin import (
    Position,
    Tier,
    liquidation_price,
    maintenance_margin,
    maintenance_tiers,
    tier_of,
)
from service.hedging.portfolio import Holding, value_portfolio
from service.hedging.rounding import quantise
from service.hedging.sizing import size_hedge
from service.hedging.units import Coverage, InvalidWordError, Price, Quantity
from tests.hedging.build import NOW, holding, inverse, linear, tiers

FILE = Path(__file__).parents[3] / "shared" / "data" / "vectors.json"
Answer = dict[str, Any]
Inputs = dict[str, Any]

_MODES = {
    "floor": ROUND_FLOOR,
    "ceil": ROUND_CEILING,
    "trunc": ROUND_DOWN,
    "half_up": ROUND_HALF_UP,
    "half_down": ROUND_HALF_DOWN,
    "half_even": ROUND_HALF_EVEN,
}
_ROUNDINGS: dict[str, Rounding] = {"floor": "down", "ceil": "up", "nearest": "nearest", "exact": "exact"}
_UNSUPPORTED = {
    "S16": "quanto contracts are not offered",
    "N13": "an empty book never reaches the core: the request type asks for one holding",
    "N14": "one asset has one price: prices are a mapping, and a key given twice is refused",
}


def _size_hedge(given: Inputs) -> Answer:
    rounding = given.get("rounding", "floor")
    sizing = size_hedge(
        holdings=[Holding(asset="ALT", quantity=Quantity(given["exposure"]), beta=float(given.get("beta", "1")))],
        contract=linear(
            symbol="UNIT", multiplier="1", lot_step=given.get("step", "1"), min_notional=given.get("min_notional")
        ),
        prices={"ALT": Price("1"), "UNIT": Price(given["unit_notional"])},
        coverage=Coverage(given["hedge_ratio"]),
        weighting="beta",
        as_of=NOW,
        rounding=_ROUNDINGS[rounding],
        largest_notional=Decimal("1E30"),
    )
    chosen = next(candidate for candidate in sizing.candidates if candidate.rounding == sizing.recommended)
    return {
        "raw_contracts": sizing.exact_contracts,
        "contracts": chosen.contracts,
        "side": sizing.side if chosen.contracts else "none",
        "hedge_notional": chosen.notional,
        "target_notional": sizing.target_notional,
        "shortfall": sizing.target_notional - chosen.notional,
        "residual_exposure": chosen.residual_exposure,
        "deviation_pct": None if chosen.deviation is None else chosen.deviation * 100,
        "effective_ratio": chosen.coverage,
        "reason": chosen.adjustment or ("ok" if sizing.side != "none" else sizing.reason),
    }


def _contract_notional(given: Inputs) -> Answer:
    try:
        price = Price.parse(given["price"])
    except InvalidWordError as error:
        return {"error": {"zero_price": "zero_or_negative_price"}[error.code]}
    contract = linear(multiplier=given["contract_size"])
    return {"usd": unit_notional(contract, price) * Decimal(given["qty"])}


def _contracts_units(given: Inputs) -> Answer:
    sizing = size_hedge(
        holdings=[holding("ALT", given["qty_asset"])],
        contract=linear(multiplier=given["qty_contract"]),
        prices={"ALT": Price("3"), "BTC-MINI": Price("3")},
        coverage=Coverage(given["h"]),
        weighting="value",
        as_of=NOW,
    )
    return {"n": sizing.exact_contracts}


def _portfolio_value(given: Inputs) -> Answer:
    rows = [(row["symbol"].upper(), row) for row in given["holdings"]]
    book = value_portfolio(
        [holding(asset, row["qty"], float(row["beta"]) if "beta" in row else None) for asset, row in rows],
        {asset: Price(row["price"]) for asset, row in rows},
        weighting="beta",
        underlying="BTC",
    )
    return {
        "net_value": book.net_value,
        "gross_value": book.gross_value,
        "hedgeable_value": book.exposure,
        "beta_value": book.beta_exposure,
        "portfolio_beta": book.beta_exposure / book.exposure,
        "stable_value": book.net_value - book.exposure,
        "positions": len(book.holdings),
    }


def _net_delta(given: Inputs) -> Answer:
    held = [
        FuturesPosition(
            linear(multiplier=row["contract_size"])
            if row["kind"] == "linear"
            else inverse(multiplier=row["face_value"]),
            row["side"],
            Decimal(row["qty"]),
            entry_price=Decimal(row.get("entry", row["price"])),
            mark_price=Decimal(row["price"]),
        )
        for row in given["futures"]
    ]
    collateral, price = Decimal(given["coin_collateral"]), Decimal(given["collateral_price"])
    return {
        "net_delta_usd": net_delta(Decimal(given["spot_value"]), held, coin_collateral=collateral, coin_price=price)
    }


def _linear_pnl(given: Inputs) -> Answer:
    return {"usd": quote_profit(linear(multiplier=given["contract_size"]), **_trade(given))}


def _inverse_pnl(given: Inputs) -> Answer:
    contract = inverse(multiplier=given["face_value"])
    return {
        "coin": settled_profit(contract, **_trade(given)),
        "usd_at_exit": quote_profit(contract, **_trade(given)),
    }


def _trade(given: Inputs) -> Inputs:
    return {
        "side": given.get("side", "short"),
        "contracts": Decimal(given["qty"]),
        "entry_price": Decimal(given["entry"]),
        "exit_price": Decimal(given["exit"]),
    }


def _inverse_locked_value(given: Inputs) -> Answer:
    profit = settled_profit(inverse(multiplier=given["face_value"]), **_trade(given))
    coins = Decimal(given["coins"]) + profit
    return {"pnl_coin": profit, "coins": coins, "usd": coins * Decimal(given["exit"])}


def _trade_fee_inverse(given: Inputs) -> Answer:
    contract, rate = inverse(multiplier=given["face_value"]), Decimal(given["fee_rate"])
    coins = settlement_value(contract, Decimal(given["qty"]), Decimal(given["price"]))
    return {
        "coin": coins * rate,
        "usd": unit_notional(contract, Decimal(given["price"])) * Decimal(given["qty"]) * rate,
    }


def _tiers(given: Inputs) -> tuple[Tier, ...]:
    floors = ["0", *(cap for cap, _ in given["tiers"])]
    pairs = [(floor, rate) for floor, (_, rate) in zip(floors, given["tiers"], strict=False)]
    found = maintenance_tiers(linear(maintenance_tiers=tiers(pairs)))
    assert found is not None
    return found


def _tier_amounts(given: Inputs) -> Answer:
    return {"amounts": [tier.deduction for tier in _tiers(given)]}


def _maintenance_margin(given: Inputs) -> Answer:
    found, value = _tiers(given), Decimal(given["notional"])
    tier = tier_of(found, value)
    return {
        "tier": found.index(tier) + 1,
        "rate": tier.rate,
        "deduction": tier.deduction,
        "maintenance_margin": maintenance_margin(found, value),
    }


def _liq_linear(given: Inputs) -> Answer:
    wallet = Decimal(given["wallet"]) - Decimal(given.get("other_mm", "0")) + Decimal(given.get("other_upnl", "0"))
    entry = Decimal(given["entry"])
    position = Position(linear(multiplier="1"), given["side"], Decimal(given["qty"]), entry, wallet)
    tier = Tier(Decimal(0), Decimal(given["mmr"]), Decimal(given.get("maint_amount", "0")))
    price = liquidation_price(position, [tier])
    assert price is not None
    return {"liq_price": price, "adverse_move_pct": (price / entry - 1) * 100}


def _liq_linear_tiered(given: Inputs) -> Answer:
    quantity = Decimal(given["qty"])
    position = Position(
        linear(multiplier="1"), given["side"], quantity, Decimal(given["entry"]), Decimal(given["wallet"])
    )
    found = _tiers(given)
    price = liquidation_price(position, found)
    assert price is not None
    value = price * quantity
    return {"liq_price": price, "notional_at_liq": value, "tier": found.index(tier_of(found, value)) + 1}


def _liq_linear_entry_mm(given: Inputs) -> Answer:
    size, entry = Decimal(given["size"]), Decimal(given["entry"])
    contract = linear(multiplier="1", maintenance_basis="entry")
    position = Position(contract, given["side"], size, entry, size * entry / Decimal(given["leverage"]))
    return {"liq_price": liquidation_price(position, [Tier(Decimal(0), Decimal(given["mmr"]), Decimal(0))])}


def _liq_inverse(given: Inputs) -> Answer:
    contract = inverse(multiplier=given["face_value"])
    position = Position(
        contract, given["side"], Decimal(given["qty"]), Decimal(given["entry"]), Decimal(given["wallet_coin"])
    )
    return {"liq_price": liquidation_price(position, [Tier(Decimal(0), Decimal(given["mmr"]), Decimal(0))])}


def _liq_inverse_entry_mm(given: Inputs) -> Answer:
    contract = inverse(multiplier="1", maintenance_basis="entry")
    quantity, entry = Decimal(given["qty"]), Decimal(given["entry"])
    value = settlement_value(contract, quantity, entry)
    initial = value / Decimal(given["leverage"])
    found = [Tier(Decimal(0), Decimal(given["mmr"]), Decimal(0))]
    position = Position(contract, given["side"], quantity, entry, initial)
    return {
        "position_value": value,
        "initial_margin": initial,
        "maintenance_margin": maintenance_margin(found, value),
        "liq_price": liquidation_price(position, found),
    }


def _quantise(given: Inputs) -> Answer:
    return {"value": quantise(Decimal(given["value"]), Decimal(given["quantum"]), _MODES[given["mode"]])}


CALCULATIONS: dict[str, Callable[[Inputs], Answer]] = {
    "size_hedge": _size_hedge,
    "contract_notional": _contract_notional,
    "contracts_units": _contracts_units,
    "portfolio_value": _portfolio_value,
    "net_delta": _net_delta,
    "linear_pnl": _linear_pnl,
    "inverse_pnl": _inverse_pnl,
    "inverse_locked_value": _inverse_locked_value,
    "trade_fee_inverse": _trade_fee_inverse,
    "tier_amounts": _tier_amounts,
    "maintenance_margin": _maintenance_margin,
    "liq_linear": _liq_linear,
    "liq_linear_tiered": _liq_linear_tiered,
    "liq_linear_entry_mm": _liq_linear_entry_mm,
    "liq_inverse": _liq_inverse,
    "liq_inverse_entry_mm": _liq_inverse_entry_mm,
    "quantise": _quantise,
}


def _vectors() -> list[Any]:
    if not FILE.exists():
        return [pytest.param({}, marks=pytest.mark.skip(reason="the golden vectors lie outside the project"))]
    found = [vector for vector in json.loads(FILE.read_text())["vectors"] if vector["fn"] in CALCULATIONS]
    return [pytest.param(vector, id=f"{vector['id']}-{vector['fn']}") for vector in found]


@pytest.mark.parametrize("vector", _vectors())
def test_a_golden_vector_comes_out(vector: dict[str, Any]) -> None:
    """Each vector's number, within its tolerance; an exact one to the last of the places that an answer shows."""
    if vector["id"] in _UNSUPPORTED:
        pytest.skip(_UNSUPPORTED[vector["id"]])

    answer = CALCULATIONS[vector["fn"]](vector["inputs"])

    wrong = {
        key: (answer[key], expected)
        for key, expected in vector["expected"].items()
        if not _agrees(answer[key], expected, _tolerance(vector["tolerance"], key))
    }
    assert not wrong


def _tolerance(stated: dict[str, Any], key: str) -> tuple[Decimal, Decimal]:
    own = stated.get(key, stated)
    return Decimal(own.get("abs", "0")), Decimal(own.get("rel", "0"))


def _agrees(got: object, expected: object, tolerance: tuple[Decimal, Decimal]) -> bool:
    if isinstance(expected, list) and isinstance(got, list):
        return all(_agrees(one, other, tolerance) for one, other in zip(got, expected, strict=True))
    if not isinstance(got, Decimal) or not isinstance(expected, str):
        return got == expected
    absolute, relative = tolerance
    wanted = Decimal(expected)
    near = abs(got - wanted) <= absolute + relative * abs(wanted)
    return near or any(
        got == quantise(wanted, Decimal(quantum), ROUND_HALF_EVEN) for quantum in ("1E-6", "1E-8", "1E-18")
    )
