"""The golden vectors: published and derived numbers that two codes agreed on."""

import json
import math
from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from service.hedging.basis import measure_basis
from service.hedging.contracts import quote_profit, settled_profit, settlement_value, unit_notional
from service.hedging.costs.break_even import break_even_funding, find_switches
from service.hedging.costs.holding_cost import Costs, Desk
from service.hedging.costs.instruments import assume
from service.hedging.costs.ways import Way, list_ways, price_for_days
from service.hedging.moves.shocks import Script, Shock
from service.hedging.portfolio import Holding, value_portfolio
from service.hedging.rates import (
    YEAR_DAYS,
    annualize,
    annualize_continuously,
    days_between,
    forward_price,
    from_continuous,
    price_after,
    to_continuous,
)
from service.hedging.risk.hedge_ratios import RiskModel, mean_variance_ratio, risk_budget_ratio
from service.hedging.risk.least_shortfall import Outcome, expected_shortfall, least_shortfall_ratio
from service.hedging.risk.variance import Moments, split_variance
from service.hedging.rounding import quantise
from service.hedging.sizes.advice import Rounding
from service.hedging.sizes.delta import FuturesPosition, net_delta
from service.hedging.sizing import size_hedge
from service.hedging.survival.account import state_at, take_ways
from service.hedging.survival.ladder import climb, find_least_wallet
from service.hedging.survival.liquidation import (
    Position,
    Tier,
    liquidation_price,
    maintenance_margin,
    maintenance_tiers,
    tier_of,
)
from service.hedging.survival.posting import value_posted
from service.hedging.survival.touch import (
    MONITORING_SHIFT,
    Walk,
    distance_to,
    terminal_probability,
    touch_probability,
    watched_touch_probability,
)
from service.hedging.term_structure.convergence import Close, Projection, close_early, effective_price
from service.hedging.term_structure.curve import list_rolls
from service.hedging.term_structure.funding import (
    FundingModel,
    annualize_funding,
    expect_funding,
    fair_perpetual_price,
    rate_of_premium,
    receive_funding,
    sum_funding,
)
from service.hedging.term_structure.pairs import AnnualRates, Pair, annualize_basis
from service.hedging.term_structure.rolls import next_quarterly, plan_legs
from service.hedging.units import (
    AnnualRate,
    Coverage,
    Exact,
    FeeRate,
    FundingRate,
    Instant,
    InvalidWordError,
    Move,
    Price,
    Quantity,
    exactly,
)
from tests.hedging import effectiveness_vectors, mix_vectors, ratio_vectors, tail_vectors
from tests.hedging.build import NOW, desk, expiring, holding, inverse, linear, moment, pair, perpetual, placed, tiers
from tests.hedging.margins import account, coin, flat, posted
from tests.hedging.staging import played_through

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
_ELSEWHERE = {"D13": {"one_sigma_usd", "cost_to_sigma", "sell_and_rebuy_cost"}}
"""Parts of a vector that no function answers yet: against volatility, and against selling and buying back the coins."""
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


def _liq_inverse_bybit_cross(given: Inputs) -> Answer:
    funds = Decimal(given["balance"]) - Decimal(given["order_margin"])
    contract = inverse(multiplier="1", maintenance_basis="entry")
    terms = {"side": given["side"], "contracts": given["qty"], "closing_fee_rate": given["taker_fee"], "wallet": funds}
    prices = {"entry_price": given["entry"], "mark_price": given["entry"]}
    bankrupt, liquidated = (
        take_ways(account(contract, **terms, **prices, tiers=flat(rate))).against.first_below()
        for rate in ("0", given["mmr"])
    )
    return {"bankruptcy_price": bankrupt, "liq_price": liquidated}


def _deribit_margin(given: Inputs) -> Answer:
    """Take the rate, which the exchange raises with size, as a caller has to who knows the size."""
    size = Decimal(given["size"])
    rate = Decimal(given["base_rate"]) + Decimal(given["slope"]) * size
    coins = maintenance_margin(flat(str(rate)), size)
    return {"rate": rate, "coin": coins, "usd": coins * Decimal(given["price"])}


def _collateral_value(given: Inputs) -> Answer:
    """Of assets with one haircut each; tiers of haircuts are not offered."""
    parts = [
        value_posted(coin("X", one["value"], str(1 - Decimal(rate))), Decimal(1), 0.0).value
        for one in given["assets"]
        for _, rate in one["tiers"]
    ]
    return {"total": sum(parts), "parts": parts}


def _liq_cross_collateral(given: Inputs) -> Answer:
    worth = Decimal(given["coins"]) * Decimal(given["entry"]) * (1 - Decimal(given["coin_haircut"]))
    one = account(
        contracts=given["qty"], wallet=given["cash"], tiers=flat(given["mmr"]), posted=posted((str(worth), "1"))
    )
    return {"liq_price": take_ways(one).against.first_below()}


def _liq_cross_alt_collateral(given: Inputs) -> Answer:
    lines = [(str(Decimal(row["value"]) * (1 - Decimal(row["haircut"]))), row["beta"]) for row in given["collateral"]]
    one = account(contracts=given["qty"], wallet=given["cash"], tiers=flat(given["mmr"]), posted=posted(*lines))
    price = take_ways(one).against.first_below()
    assert price is not None
    return {"liq_price": price, "liq_move_pct": (price / Decimal(given["entry"]) - 1) * 100}


def _margin_for_rally(given: Inputs) -> Answer:
    spread = {name: Decimal(given[key]) for name, key in (("volatility", "sigma_annual"), ("days", "days"))}
    goal = price_after(Decimal(given["price"]), deviations=Decimal(given["k_sigma"]), **spread)
    prices = {"entry_price": given["entry"], "mark_price": given["price"]}
    ways = take_ways(account(contracts=given["qty"], tiers=flat(given["mmr"]), **prices))
    wallet, least = ways.wallet_to_survive(goal), find_least_wallet(ways, goal, initial_rate=None)
    value = state_at(ways.account, Decimal(1)).value
    assert abs(least.wallet - wallet) < Decimal("1E-7")
    return {"stress_price": goal, "wallet_required": wallet, "max_leverage": value / wallet}


def _margin_ladder(given: Inputs) -> Answer:
    tier = flat(given["mmr"], given["maint_amount"])
    ways = take_ways(account(contracts=given["qty"], entry_price=given["entry"], wallet=given["wallet"], tiers=tier))
    mark = ways.account.mark_price
    rate = Decimal(given["initial_rate"])
    moves = [exactly(lambda text=text: Decimal(text) / mark - 1)() for text in given["prices"]]
    rows = [
        {
            "price": Decimal(text),
            "equity": row.state.equity,
            "maintenance": row.state.maintenance,
            "initial": row.state.value * rate,
            "margin_ratio": row.margin_ratio,
            "status": {"liquidated": "liquidation"}.get(row.status, row.status),
            "top_up": row.top_up,
        }
        for text, row in zip(given["prices"], climb(ways, moves, initial_rate=rate), strict=True)
    ]
    return {"rows": rows}


def _touch_probability(given: Inputs) -> Answer:
    walk = Walk(float(given["sigma_annual"]), float(given["days"]))
    distance = distance_to(float(given["barrier"]), price=float(given["spot"]), side="short")
    found = {
        "probability": touch_probability(distance, walk, side="short"),
        "terminal_probability": terminal_probability(distance, walk, side="short"),
    }
    return {name: Decimal(repr(value)) for name, value in found.items()}


def _touch_probability_discrete(given: Inputs) -> Answer:
    walk, steps = Walk(float(given["sigma_annual"]), float(given["days"])), int(given["steps"])
    price = float(given["spot"])
    distance = distance_to(float(given["barrier"]), price=price, side="short")
    shifted = distance + MONITORING_SHIFT * (walk.variance / steps) ** 0.5
    found = {
        "probability": watched_touch_probability(distance, walk, side="short", checks=steps),
        "shifted_barrier": price * math.exp(shifted),
    }
    return {name: Decimal(repr(value)) for name, value in found.items()}


def _quantise(given: Inputs) -> Answer:
    return {"value": quantise(Decimal(given["value"]), Decimal(given["quantum"]), _MODES[given["mode"]])}


def _dated(given: Inputs, days: float) -> Pair:
    return pair(spot_price=given["spot"], futures_price=given["futures"], expiry=str(moment(days)))


def _basis(given: Inputs) -> Answer:
    future = _dated(given, float(given["days"]))
    rates = annualize_basis(future, NOW, day_count="ACT/360" if given.get("day_count") == "360" else "ACT/365")
    assert isinstance(rates, AnnualRates)
    (measured,) = measure_basis(placed(future), as_of=NOW, histories=[None], projection=Projection())
    line = measured.line
    return {
        "basis": line.basis,
        "basis_pct": exactly(lambda: future.basis_rate * 100)(),
        "hull_basis": line.hull_basis,
        "structure": line.state,
        "annualised_simple_pct": rates.simple * 100,
        "annualised_cont_pct": rates.continuous * 100,
    }


def _implied_carry(given: Inputs) -> Answer:
    ratio = Decimal(given["futures"]) / Decimal(given["spot"])
    return {"carry_cont": annualize_continuously(ratio, Decimal(given["t_years"]) * YEAR_DAYS)}


def _forward_price(given: Inputs) -> Answer:
    carry, days = Decimal(given["rate"]) - Decimal(given["yield_"]), Decimal(given["t_years"]) * YEAR_DAYS
    return {"forward": forward_price(Decimal(given["spot"]), carry=carry, days=days)}


def _rate_to_continuous(given: Inputs) -> Answer:
    return {"rate": to_continuous(Decimal(given["rate"]), Decimal(given["m_per_year"]))}


def _rate_from_continuous(given: Inputs) -> Answer:
    return {"rate": from_continuous(Decimal(given["rate"]), Decimal(given["m_per_year"]))}


def _effective_price(given: Inputs) -> Answer:
    futures, spot = Decimal(given["f2"]), Decimal(given["s2"])
    price = effective_price(spot, futures_now=Decimal(given["f1"]), futures_then=futures)
    return {"effective_price": price, "b2_hull": spot - futures}


def _stack_and_roll(given: Inputs) -> Answer:
    price = Decimal(given["s_end"])
    for sold, bought in given["legs"]:
        price = effective_price(price, futures_now=Decimal(sold), futures_then=Decimal(bought))
    return {"roll_gain": price - Decimal(given["s_end"])}


def _calendar_roll(given: Inputs) -> Answer:
    near = pair(futures_price=given["f_near"], expiry=str(moment(1)))
    far = pair(futures_price=given["f_far"], expiry=str(moment(1 + float(given["days_between"]))))
    (roll,) = list_rolls([near, far])
    return {
        "spread": roll.spread,
        "roll_pct": roll.roll_rate * 100,
        "annualised_cont_pct": roll.annualized_roll_rate * 100,
    }


def _short_hedge(given: Inputs) -> Answer:
    spot, rise = Decimal(given["spot0"]), Decimal(given["spot1"]) / Decimal(given["spot0"]) - 1
    sold = forward_price(spot, carry=Decimal(given["carry0"]), days=Decimal(given["days0"]))
    future = pair(spot_price=given["spot0"], futures_price=f"{sold:.18f}", expiry=str(moment(float(given["days0"]))))
    close = Close(
        at=moment(float(given["elapsed"])),
        spot_move=Move(rise),
        annualized_basis_rate_continuous=AnnualRate(given["carry1"]),
    )
    early = close_early(future, close, carry=Decimal(given["carry0"]))
    assert early is not None
    return {
        "f0": future.futures_price,
        "f1": early.futures_price,
        "net": early.gain,
        "basis0": future.basis,
        "basis1": early.basis,
    }


def _funding_payment(given: Inputs) -> Answer:
    return {
        "cash_flow": receive_funding(given["side"], notional=Decimal(given["notional"]), rate=Decimal(given["rate"]))
    }


def _funding_rate(given: Inputs) -> Answer:
    return {"funding_rate": rate_of_premium(Decimal(given["premium"]), interest_rate=Decimal(given["interest"]))}


def _funding_horizon(given: Inputs) -> Answer:
    is_reinvested = given.get("compounding") == "compound"
    total = sum_funding(Decimal(given["rate"]), Decimal(given["intervals"]), is_reinvested=is_reinvested)
    cash = receive_funding("short", notional=Decimal(given["notional"]), rate=total)
    return {"rate_total": total, "cash_flow": cash}


def _funding_ar1(given: Inputs) -> Answer:
    model = FundingModel(float(given["mean"]), float(given["phi"]), float(given["sigma_eps"]))
    expected, deviation = expect_funding(float(given["f0"]), model, int(given["intervals"]))
    notional, tail = float(given["notional"]), 1.6448536269514722
    half_life = model.half_life
    assert half_life is not None
    floats: dict[str, float] = {
        "expected_sum": expected,
        "sd_sum": deviation,
        "expected_cash_short": expected * notional,
        "sd_cash": deviation * notional,
        "half_life_intervals": half_life,
        "p05": expected - tail * deviation,
        "p95": expected + tail * deviation,
    }
    return {name: Decimal(repr(value)) for name, value in floats.items()}


def _mark_price_perp(given: Inputs) -> Answer:
    left, hours = Decimal(given["time_to_funding"]), int(given["interval"])
    rate = Decimal(given["funding_rate"])
    return {"mark": fair_perpetual_price(Decimal(given["index"]), rate=rate, hours_left=left, hours=hours)}


def _fair_basis_expiry(given: Inputs) -> Answer:
    index, days = Decimal(given["index"]), Decimal(given["days"])
    rate = annualize(Decimal(given["impact_mid"]) / index - 1, days)
    mark = fair_perpetual_price(index, rate=rate, hours_left=24 * days, hours=24 * 365)
    return {"fair_basis_rate": rate, "fair_value": mark - index, "mark": mark}


def _desk(given: Inputs) -> Desk:
    margin, capital = Decimal(given.get("margin_rate", "0")), Decimal(given.get("capital_cost", "0"))
    return desk(notional=Decimal(given["notional"]), margin_rate=margin, capital_cost_rate=capital)


def _price(way: Way, given: Inputs, days: float) -> Costs:
    priced = price_for_days(way, _desk(given), days)
    assert priced is not None
    return priced.costs


def _way(future: Any, *others: Any) -> Way:
    return next(list_ways([assume(one) for one in placed(future, *others)]))


def _trading_terms(given: Inputs) -> Inputs:
    return {"taker_fee_rate": given["taker_fee"], "half_spread_rate": given["half_spread"]}


def _cost_perp(given: Inputs) -> Answer:
    costs = _price(_way(perpetual(given["funding_8h"], **_trading_terms(given))), given, float(given["days"]))
    return {
        "trading": costs.fees + costs.spread,
        "funding": costs.funding,
        "capital": costs.capital,
        "total": costs.total,
    }


def _ladder(given: Inputs) -> Way:
    """Make the chain of a vector: each roll closes and opens at the roll's own half spread, which is split evenly."""
    rolls, days, carry = int(given.get("rolls", "0")), float(given["days"]), given["carry_annual"]
    roll = Decimal(given.get("roll_half_spread") or given["half_spread"])
    ends = (Decimal(given["half_spread"]) + roll) / 2
    settles = given.get("final_settles") == "true"
    moments = [days * (leg + 1) / (rolls + 1) + (0 if settles or leg < rolls else 30) for leg in range(rolls + 1)]
    spreads = [ends, *[roll] * (rolls - 1), roll if settles else ends] if rolls else [ends]
    terms = {"carry": carry, "taker_fee_rate": given["taker_fee"]}
    return _way(
        *(expiring(day, half_spread_rate=str(spread), **terms) for day, spread in zip(moments, spreads, strict=True))
    )


def _cost_expiry(given: Inputs) -> Answer:
    costs = _price(_ladder(given), given, float(given["days"]))
    return {
        "trading": costs.fees + costs.spread,
        "carry": costs.carry,
        "capital": costs.capital,
        "total": costs.total,
    }


def _breakeven_funding(given: Inputs) -> Answer:
    days = float(given["days"])
    priced = price_for_days(_way(perpetual(**_trading_terms(given))), _desk(given), days)
    assert priced is not None
    assert priced.paid is not None
    rate = break_even_funding(
        priced.costs.total - priced.costs.funding,
        _price(_ladder(given), given, days).total,
        notional=Decimal(given["notional"]),
        payments=priced.paid.payments,
    )
    assert rate is not None
    return {"funding_per_interval": rate, "annualised_pct": annualize_funding(rate, 8) * 100}


def _breakeven_days(given: Inputs) -> Answer:
    trade = Decimal(given["taker_fee"]) + Decimal(given["half_spread"])
    funding, carry, every = Decimal(given["funding_8h"]), Decimal(given["carry_annual"]), int(given["roll_days"])
    switches = find_switches(
        lambda days: 2 * trade - 3 * days * funding,
        lambda days: 2 * trade * -(-days // every) - carry * days / 365,
        last_day=3650,
    )
    names = {"perpetual": "perp", "expiry": "expiry"}
    assert switches.at_first is not None
    first = names[switches.at_first]
    day = switches.days[0] if switches.days else None
    after = {"perp": "expiry", "expiry": "perp"}[first]
    return {"winner_day1": first, "switch_day": day, "winner_after": None if day is None else after}


def _event_hedge(given: Inputs) -> Answer:
    days = float(given["hours"]) / 24
    priced = price_for_days(_way(perpetual(given["funding_8h"], **_trading_terms(given))), _desk(given), days)
    assert priced is not None
    assert priced.paid is not None
    costs = priced.costs
    return {
        "funding_events": priced.paid.payments,
        "trading": costs.fees + costs.spread,
        "funding": costs.funding,
        "cost": costs.total,
        "cost_bps": costs.total / Decimal(given["notional"]) * 10000,
    }


def _roll_schedule(given: Inputs) -> Answer:
    start = Instant.parse(f"{given['start']}T08:00:00Z")
    end = moment(float(given["horizon_days"]), start)
    legs = plan_legs(start, end, expiries=[_first_expiry(start)], lead_days=float(given["lead_days"]))
    assert days_between(start, end) == Decimal(given["horizon_days"])
    rolls = [
        {"date": str(leg.end)[:10], "from": str(leg.expiry)[:10], "to": str(following.expiry)[:10]}
        for leg, following in pairwise(legs)
    ]
    return {"end": str(end)[:10], "rolls": rolls, "count": len(rolls), "final_expiry": str(legs[-1].expiry)[:10]}


def _first_expiry(start: Instant) -> Instant:
    return next_quarterly(moment(-5, start))


def _risk_decomposition(given: Inputs) -> Answer:
    moments = Moments(
        market=float(given["var_mkt"]),
        residual=float(given["var_idio"]),
        basis=float(given["var_basis"]),
        market_basis=float(given.get("cov_mkt_basis", "0")),
        residual_basis=float(given.get("cov_idio_basis", "0")),
    )
    split = split_variance(moments, beta=float(given["beta"]), hedge_ratio=float(given["h"]))
    unhedged = split_variance(moments, beta=float(given["beta"]), hedge_ratio=0.0).total
    floats = {
        "market": split.market,
        "residual": split.residual,
        "basis": split.basis,
        "cross": split.market_basis + split.residual_basis,
        "total": split.total,
        "unhedged": unhedged,
        "variance_reduction": 1 - split.total / unhedged,
    }
    return {name: Decimal(repr(value)) for name, value in floats.items()}


def _ratio_mean_variance(given: Inputs) -> Answer:
    ratio = mean_variance_ratio(
        float(given["beta"]),
        expected_loss=float(given["mu_futures"]),
        volatility=math.sqrt(float(given["var_futures"])),
        risk_aversion=float(given["risk_aversion"]),
    )
    return {"h": _exact(ratio)}


def _ratio_risk_budget(given: Inputs) -> Answer:
    model = RiskModel(float(given["beta"]), float(given["sd_mkt"]), float(given["sd_idio"]))
    ratio = risk_budget_ratio(model, float(given["target_sd"]))
    return {
        "h": None if ratio is None else _exact(ratio),
        "min_sd": _exact(model.deviation(model.best)),
        "reason": "infeasible" if ratio is None else "ok",
    }


def _ratio_cvar_min(given: Inputs) -> Answer:
    confidence, cost = float(given["conf"]), float(given.get("cost_per_unit", "0"))
    pairs = zip(given["spot_returns"], given["fut_returns"], strict=True)
    outcomes = [Outcome(-float(spot), float(future) + cost) for spot, future in pairs]
    ratio = least_shortfall_ratio(outcomes, confidence=confidence)
    assert ratio is not None
    return {
        "h": _exact(ratio),
        "es_min": _exact(expected_shortfall(outcomes, ratio, confidence=confidence)),
        "es_unhedged": _exact(expected_shortfall(outcomes, 0.0, confidence=confidence)),
    }


def _partial_hedge_curve(given: Inputs) -> Answer:
    explained = float(given["rho2"])
    model = RiskModel(1.0, math.sqrt(explained), math.sqrt(1 - explained))
    return {"rows": [_part_of(model, text) for text in given["fractions"]]}


def _part_of(model: RiskModel, part: str) -> Answer:
    ratio = float(part) * model.best
    share = model.share_of_attainable(ratio)
    assert share is not None
    return {
        "k": Decimal(part),
        "share_of_attainable": _exact(share),
        "variance_reduction": _exact(model.variance_reduction(ratio)),
        "sd_reduction": _exact(model.volatility_reduction(ratio)),
        "upside_kept": 1 - Decimal(part),
    }


def _exact(value: float) -> Decimal:
    return Decimal(repr(value))


def _scenario(given: Inputs) -> Answer:
    """Play a shock of which fees and funding are given as amounts: at two fees and one payment of an inverse hedge."""
    move, notional = Decimal(given["market_move"]), Decimal(given["hedge_notional"])
    coin_move = Decimal(given["beta"]) * move + Decimal(given.get("idio", "0"))
    played = played_through(
        inverse(multiplier="1", funding_interval_hours=8),
        Script(
            shocks=[
                Shock(
                    name="shock",
                    underlying_move=Move(move),
                    asset_moves={"ALT": Move(coin_move)},
                    basis_move=Move(given.get("basis_change", "0")),
                    funding_rate=FundingRate(Decimal(given.get("funding", "0")) / notional),
                    days=0.4,
                    fee_rate=FeeRate(Decimal(given.get("fees", "0")) / notional / 2),
                )
            ]
        ),
        contracts=[str(notional)],
        book={"ALT": given["exposure"]},
    )
    (scenario,), (hedge,) = played.scenarios, played.hedges
    assert hedge.net_return is not None
    return {
        "spot_leg": scenario.spot_pnl,
        "hedge_leg": hedge.hedge_pnl[0],
        "funding": hedge.funding_pnl[0],
        "fees": hedge.fees[0],
        "net": hedge.net_pnl[0],
        "net_pct": hedge.net_return[0] * 100,
    }


def _scenario_table(given: Inputs) -> Answer:
    script = Script(moves=[Move(move) for move in given["moves"]])
    played = played_through(linear(), script, coverages=given["ratios"], book={"ALT": given["exposure"]})
    rows = [
        {
            "move": str(scenario.underlying_move),
            "ratio": str(hedge.coverage),
            "spot_leg": str(scenario.spot_pnl),
            "hedge_leg": str(hedge.hedge_pnl[row]),
            "net": str(hedge.net_pnl[row]),
            "net_pct": str(Exact((hedge.net_return or ())[row] * 100)),
        }
        for row, scenario in enumerate(played.scenarios)
        for hedge in played.hedges
    ]
    return {"rows": rows}


def _breakeven_move(given: Inputs) -> Answer:
    notional = Decimal(given["hedge_notional"])
    played = played_through(
        inverse(multiplier="1", funding_interval_hours=8),
        Script(
            moves=[Move("0")],
            days=0.4,
            funding_rate=FundingRate(Decimal(given["funding"]) / notional),
            fee_rate=FeeRate(Decimal(given["fees"]) / notional / 2),
        ),
        contracts=[str(notional)],
        book={"ALT": given["exposure"]},
        beta=float(given["beta"]),
    )
    move = played.hedges[0].break_even_move
    return {"move_pct": None if move is None else move * 100}


@exactly
def _index_hedge_outcome(given: Inputs) -> Answer:
    """Play Hull's table 3.4, whose portfolio returns what the pricing model says."""
    value, riskless = Decimal(given["value"]), Decimal(given["rf_period"])
    move = Decimal(given["index1"]) / Decimal(given["index0"]) - 1
    returned = riskless + Decimal(given["beta"]) * (move + Decimal(given["div_period"]) - riskless)
    basis = Decimal(given["f1"]) / Decimal(given["f0"]) - 1 - move
    shock = Shock(
        name="hull",
        underlying_move=Move(move),
        asset_moves={"ALT": Move(returned)},
        basis_move=Move(basis),
    )
    played = played_through(
        linear(multiplier=given["multiplier"]),
        Script(shocks=[shock]),
        contracts=[given["n"]],
        book={"ALT": given["value"]},
        price=given["f0"],
    )
    (scenario,), (hedge,) = played.scenarios, played.hedges
    assert scenario.spot_return is not None
    return {
        "futures_gain": hedge.hedge_pnl[0],
        "portfolio_return_pct": scenario.spot_return * 100,
        "portfolio_value": value + scenario.spot_pnl,
        "total": value + hedge.net_pnl[0],
    }


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
    "liq_inverse_bybit_cross": _liq_inverse_bybit_cross,
    "liq_cross_collateral": _liq_cross_collateral,
    "liq_cross_alt_collateral": _liq_cross_alt_collateral,
    "collateral_value": _collateral_value,
    "deribit_margin": _deribit_margin,
    "margin_for_rally": _margin_for_rally,
    "margin_ladder": _margin_ladder,
    "touch_probability": _touch_probability,
    "touch_probability_discrete": _touch_probability_discrete,
    "quantise": _quantise,
    "basis": _basis,
    "implied_carry": _implied_carry,
    "forward_price_t": _forward_price,
    "rate_to_continuous": _rate_to_continuous,
    "rate_from_continuous": _rate_from_continuous,
    "effective_price_short": _effective_price,
    "stack_and_roll": _stack_and_roll,
    "calendar_roll_yield": _calendar_roll,
    "short_hedge_expiry_pnl": _short_hedge,
    "funding_payment": _funding_payment,
    "funding_rate": _funding_rate,
    "funding_horizon": _funding_horizon,
    "funding_ar1": _funding_ar1,
    "mark_price_perp": _mark_price_perp,
    "fair_basis_expiry": _fair_basis_expiry,
    "cost_perp": _cost_perp,
    "cost_expiry": _cost_expiry,
    "breakeven_funding": _breakeven_funding,
    "breakeven_days": _breakeven_days,
    "event_hedge": _event_hedge,
    "roll_schedule": _roll_schedule,
    "risk_decomposition": _risk_decomposition,
    "ratio_mean_variance": _ratio_mean_variance,
    "ratio_risk_budget": _ratio_risk_budget,
    "ratio_cvar_min": _ratio_cvar_min,
    "partial_hedge_curve": _partial_hedge_curve,
    "scenario": _scenario,
    "scenario_table": _scenario_table,
    "breakeven_move": _breakeven_move,
    "index_hedge_outcome": _index_hedge_outcome,
    **ratio_vectors.CALCULATIONS,
    **mix_vectors.CALCULATIONS,
    **tail_vectors.CALCULATIONS,
    **effectiveness_vectors.CALCULATIONS,
}


def _vectors() -> list[Any]:
    if not FILE.exists():
        return [pytest.param({}, marks=pytest.mark.skip(reason="the golden vectors lie outside the project"))]
    found = [vector for vector in json.loads(FILE.read_text())["vectors"] if vector["fn"] in CALCULATIONS]
    return [pytest.param(vector, id=f"{vector['id']}-{vector['fn']}") for vector in found]


@pytest.mark.skipif(not FILE.exists(), reason="the golden vectors lie outside the project")
@pytest.mark.parametrize("topic", ["basis", "cost_of_hedge", "effectiveness", "hedge_ratio", "margin", "scenario"])
def test_every_vector_of_an_answered_topic_has_a_calculation(topic: str) -> None:
    """None is passed over because nobody wrote down how it is reckoned."""
    vectors = [vector for vector in json.loads(FILE.read_text())["vectors"] if vector["topic"] == topic]

    assert vectors
    assert {vector["fn"] for vector in vectors} <= CALCULATIONS.keys()


@pytest.mark.parametrize("vector", _vectors())
def test_a_golden_vector_comes_out(vector: dict[str, Any]) -> None:
    """Each vector's number, within its tolerance; an exact one to the last of the places that an answer shows."""
    if vector["id"] in _UNSUPPORTED:
        pytest.skip(_UNSUPPORTED[vector["id"]])

    answer = CALCULATIONS[vector["fn"]](vector["inputs"])

    wrong = {
        key: (answer[key], expected)
        for key, expected in vector["expected"].items()
        if key not in _ELSEWHERE.get(vector["id"], ())
        and not _agrees(answer[key], expected, _tolerance(vector["tolerance"], key))
    }
    assert not wrong


def _tolerance(stated: dict[str, Any], key: str) -> tuple[Decimal, Decimal]:
    own = stated.get(key, stated)
    return Decimal(own.get("abs", "0")), Decimal(own.get("rel", "0"))


def _agrees(got: object, expected: object, tolerance: tuple[Decimal, Decimal]) -> bool:
    if isinstance(expected, list) and isinstance(got, list):
        return all(_agrees(one, other, tolerance) for one, other in zip(got, expected, strict=True))
    if isinstance(expected, dict) and isinstance(got, dict):
        return all(_agrees(got[name], value, tolerance) for name, value in expected.items())
    if not isinstance(got, Decimal) or not isinstance(expected, str):
        return got == expected
    absolute, relative = tolerance
    wanted = Decimal(expected)
    near = abs(got - wanted) <= absolute + relative * abs(wanted)
    return near or any(
        got == quantise(wanted, Decimal(quantum), ROUND_HALF_EVEN) for quantum in ("1E-6", "1E-8", "1E-18")
    )
