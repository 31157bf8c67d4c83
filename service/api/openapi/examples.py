"""Questions that show what can be asked; the document carries them with their real answers, and tests execute them."""

from typing import Any

SEED: dict[str, Any] = {
    "holdings": [
        {"asset": "SOL", "quantity": "40"},
        {"asset": "ADA", "quantity": "5000"},
        {"asset": "DOT", "quantity": "300"},
    ],
    "contract": {
        "style": "linear",
        "symbol": "BTC-MINI",
        "underlying": "BTC",
        "multiplier": "0.1",
        "tick_size": "0.1",
        "initial_margin_rate": "0.05",
        "maintenance_margin_rate": "0.004",
        "taker_fee_rate": "0.0005",
    },
    "coverage": "1",
    "weighting": "value",
    "prices": {"SOL": "150", "ADA": "0.44", "DOT": "6", "BTC-MINI": "60000"},
    "as_of": "2026-01-02T03:04:05Z",
}

INVERSE: dict[str, Any] = {
    "holdings": [
        {"asset": "SOL", "quantity": "40", "beta": 1.16},
        {"asset": "ADA", "quantity": "5000", "beta": 1.09},
        {"asset": "USDT", "quantity": "2500"},
    ],
    "contract": {
        "style": "inverse",
        "symbol": "BTCUSD_PERP",
        "underlying": "BTC",
        "multiplier": "100",
        "tick_size": "0.1",
        "initial_margin_rate": "0.008",
        "maintenance_tiers": [{"floor": "0", "rate": "0.004"}, {"floor": "5", "rate": "0.005"}],
        "taker_fee_rate": "0.0005",
        "funding_interval_hours": 8,
    },
    "coverage": "0.75",
    "weighting": "beta",
    "margin": {"wallet_balance": "0.03", "survive_move": "0.2"},
    "prices": {"SOL": "150", "ADA": "0.44", "USDT": "1.0002", "BTCUSD_PERP": "60010.5"},
    "as_of": "2026-01-02T03:04:05Z",
}

DATED = {
    "holdings": [{"asset": "ETH", "quantity": "1.5"}, {"asset": "LINK", "quantity": "120", "beta": 1.1}],
    "contract": {
        "style": "linear",
        "symbol": "ETHUSDT_260327",
        "underlying": "ETH",
        "multiplier": "1",
        "lot_step": "0.001",
        "min_quantity": "0.001",
        "max_quantity": "2000",
        "min_notional": "20",
        "tick_size": "0.01",
        "expiry": "2026-03-27T08:00:00Z",
        "initial_margin_rate": "0.01",
        "maintenance_margin_rate": "0.005",
        "maker_fee_rate": "0.0002",
        "taker_fee_rate": "0.0005",
        "order_unit": "base",
    },
    "coverage": "0.5",
    "weighting": "beta",
    "rounding": "down",
    "margin": {"leverage": "3"},
    "prices": {"ETH": "3000", "LINK": "14.2", "ETHUSDT_260327": "3060"},
    "as_of": "2026-01-02T03:04:05Z",
}

SIZING: dict[str, dict[str, Any]] = {
    "seed": {"summary": "A whole basket against 0.1-BTC contracts, every beta 1", "value": SEED},
    "inverse": {"summary": "Beta-weighted, coin-margined, with a wallet that has to survive +20 %", "value": INVERSE},
    "dated": {"summary": "Half of it, in an expiring ETH future counted in coins, rounded down", "value": DATED},
}

LISTED = {
    "holdings": [{"asset": "SOL", "quantity": "40"}, {"asset": "ADA", "quantity": "5000"}],
    "contract": {"style": "listed", "exchange": "bybit", "symbol": "BTCUSDT"},
    "market": {"exchange": "binance", "quote": "USDT", "max_age_seconds": 10},
}

ESTIMATED: dict[str, Any] = {**LISTED, "weighting": "beta", "betas": {"method": "vasicek", "window_days": 90}}
"""Everything but the book is found."""

LIVE_SIZING: dict[str, dict[str, Any]] = {
    "listed": {"summary": "A listed contract and looked-up prices: nothing but the book is sent", "value": LISTED},
    "estimated": {"summary": "Beta-weighted, with betas from the last 90 days", "value": ESTIMATED},
}

SEED_BASIS = {
    "pairs": [
        {
            "style": "given",
            "symbol": "BTC-APR",
            "underlying": "BTC",
            "spot_price": "60000",
            "futures_price": "61200",
            "futures_bid": "61190",
            "futures_ask": "61210",
            "expiry": "2026-04-02T03:04:05Z",
        },
        {
            "style": "given",
            "symbol": "BTC-PERP",
            "underlying": "BTC",
            "spot_price": "60000",
            "futures_price": "60012",
            "funding_rate": "0.0001",
            "funding_interval_hours": 8,
            "next_funding_at": "2026-01-02T08:00:00Z",
        },
    ],
    "close": {"at": "2026-02-16T00:00:00Z", "spot_move": "-0.2"},
    "as_of": "2026-01-02T03:04:05Z",
}

CURVE_BASIS = {
    "pairs": [
        {
            "style": "given",
            "symbol": "ETH-MAR",
            "underlying": "ETH",
            "spot_price": "3000",
            "futures_price": "3042",
            "expiry": "2026-03-27T08:00:00Z",
            "history": [0.05, 0.061, 0.072, 0.058, 0.066],
        },
        {
            "style": "given",
            "symbol": "ETH-JUN",
            "underlying": "ETH",
            "spot_price": "3000",
            "futures_price": "3093",
            "expiry": "2026-06-26T08:00:00Z",
        },
    ],
    "projection": {"points": 2, "carry_volatility": 0.08, "spot_volatility": 0.7},
    "day_count": "ACT/360",
    "as_of": "2026-01-02T03:04:05Z",
}

RISK_BASIS = {
    "risk": {
        "style": "returns",
        "portfolio": [-0.031, 0.012, 0.044, -0.008, None, 0.021, -0.055],
        "market": [-0.022, 0.015, 0.03, -0.011, 0.006, 0.01, -0.034],
        "futures": [-0.0225, 0.0152, 0.0297, -0.0108, 0.0061, 0.0099, -0.0345],
        "hedge_ratio": 1.0,
    },
    "as_of": "2026-01-02T03:04:05Z",
}

BASIS: dict[str, dict[str, Any]] = {
    "seed": {
        "summary": "61,200 over 60,000 with 90 days left, beside a perpetual; closed early 20 % lower",
        "value": SEED_BASIS,
    },
    "curve": {"summary": "Two expiries, what rolling earns, and one placed among its past", "value": CURVE_BASIS},
    "risk": {"summary": "Risk behind a hedge at ratio 1, in its parts", "value": RISK_BASIS},
}

LIVE_BASIS: dict[str, dict[str, Any]] = {
    "listed": {
        "summary": "All BTC futures of one exchange, placed among the last 90 days",
        "value": {"underlying": "BTC", "exchange": "binance", "history_days": 90},
    },
}

SEED_CARRY = {
    "notional": "10000",
    "horizon_days": 90,
    "instruments": [
        {
            "style": "given",
            "symbol": "BTC-PERP",
            "underlying": "BTC",
            "spot_price": "60000",
            "futures_price": "60012",
            "funding_rate": "0.0001",
            "funding_interval_hours": 8,
            "next_funding_at": "2026-01-02T08:00:00Z",
            "taker_fee_rate": "0.0005",
            "half_spread_rate": "0.0001",
        },
        {
            "style": "given",
            "symbol": "BTC-APR",
            "underlying": "BTC",
            "spot_price": "60000",
            "futures_price": "61200",
            "expiry": "2026-04-02T03:04:05Z",
            "taker_fee_rate": "0.0005",
            "half_spread_rate": "0.0002",
        },
        {
            "style": "given",
            "symbol": "BTC-JAN",
            "underlying": "BTC",
            "spot_price": "60000",
            "futures_price": "60290",
            "expiry": "2026-01-30T08:00:00Z",
            "taker_fee_rate": "0.0005",
        },
    ],
    "as_of": "2026-01-02T03:04:05Z",
}

NEGATIVE_CARRY = {
    "notional": "6000",
    "ends_at": "2026-01-09T03:04:05Z",
    "instruments": [
        {
            "style": "given",
            "symbol": "SOL-PERP",
            "underlying": "SOL",
            "spot_price": "150",
            "futures_price": "149.8",
            "futures_bid": "149.79",
            "futures_ask": "149.82",
            "funding_rate": "-0.0003",
            "funding_interval_hours": 4,
            "past_funding": [-0.0001, -0.0002, -0.00025, -0.0002, -0.0003],
        },
    ],
    "margin_rate": "0.1",
    "capital_cost_rate": "0",
    "as_of": "2026-01-02T03:04:05Z",
}

CARRY: dict[str, dict[str, Any]] = {
    "seed": {
        "summary": "90 days: a perpetual at 0.01 % per 8 h, an expiry at 8.1 % a year, a chain",
        "value": SEED_CARRY,
    },
    "negative": {"summary": "A week of negative funding every 4 h: the short pays", "value": NEGATIVE_CARRY},
}

LIVE_CARRY: dict[str, dict[str, Any]] = {
    "listed": {
        "summary": "All BTC futures of all exchanges for 60 days, funding fitted to the last 30",
        "value": {"notional": "10000", "horizon_days": 60, "underlying": "BTC", "funding_days": 30},
    },
    "book": {
        "summary": "What the hedge of a book by betas of the last 90 days costs at one exchange for a month",
        "value": {
            "book": {name: ESTIMATED[name] for name in ("holdings", "market", "weighting", "betas")},
            "horizon_days": 30,
            "underlying": "BTC",
            "exchange": "bybit",
        },
    },
}

SEED_MARGIN = {
    "contract": SEED["contract"],
    "contracts": "2",
    "volatility": 0.6,
    "horizon_days": 30,
    "moves": ["0.02", "0.04", "0.05", "0.1"],
    "survive_move": "0.2",
    "survive_sigmas": 3,
    "prices": {"BTC-MINI": "60000"},
    "as_of": "2026-01-02T03:04:05Z",
}

CROSS_MARGIN = {
    "contract": {
        "style": "linear",
        "symbol": "BTC-PERP",
        "underlying": "BTC",
        "multiplier": "0.001",
        "initial_margin_rate": "0.02",
        "maintenance_tiers": [{"floor": "0", "rate": "0.005"}, {"floor": "50000", "rate": "0.01"}],
    },
    "contracts": "200",
    "entry_price": "59000",
    "wallet_balance": "800",
    "other_unrealized_pnl": "-120",
    "other_maintenance_margin": "60",
    "collateral": [
        {"asset": "SOL", "quantity": "20", "haircut": "0.1", "beta": 1.2},
        {"asset": "USDC", "quantity": "500", "haircut": "0"},
    ],
    "closing_fee_rate": "0.0005",
    "max_probability": 0.05,
    "prices": {"BTC-PERP": "60000", "SOL": "150", "USDC": "1"},
    "as_of": "2026-01-02T03:04:05Z",
}

INVERSE_MARGIN = {
    "contract": INVERSE["contract"],
    "contracts": "60",
    "leverage": "3",
    "moves": ["-0.1", "0.25", "0.5"],
    "volatility": 0.8,
    "horizon_days": 7,
    "checks_per_day": 24,
    "prices": {"BTCUSD_PERP": "60010.5"},
    "as_of": "2026-01-02T03:04:05Z",
}

MARGIN: dict[str, dict[str, Any]] = {
    "seed": {"summary": "5 % margin: liquidated at +4.58 %, 78 % likely within 30 days", "value": SEED_MARGIN},
    "cross": {"summary": "A cross account with another position, coins and a closing fee", "value": CROSS_MARGIN},
    "inverse": {"summary": "Coin-margined at 3x, looked at every hour for a week", "value": INVERSE_MARGIN},
}

LIVE_MARGIN: dict[str, dict[str, Any]] = {
    "listed": {
        "summary": "A listed contract: terms, tiers and mark are looked up",
        "value": {
            "contract": {"style": "listed", "exchange": "bybit", "symbol": "BTCUSDT"},
            "contracts": "0.2",
            "leverage": "5",
            "survive_move": "0.3",
        },
    },
}

SEED_COVERAGE = {
    "holdings": [
        {"asset": "SOL", "quantity": "40", "beta": 1.16},
        {"asset": "ADA", "quantity": "5000", "beta": 1.09},
        {"asset": "DOT", "quantity": "300", "beta": 1.1},
    ],
    "contract": SEED["contract"],
    "prices": SEED["prices"],
    "margin": {"wallet_balance": "6000"},
    "as_of": "2026-01-02T03:04:05Z",
}

BULLISH_COVERAGE = {
    "holdings": [{"asset": "SOL", "quantity": "40", "beta": 1.16}],
    "contract": {
        "style": "linear",
        "symbol": "BTC-MINI",
        "underlying": "BTC",
        "multiplier": "0.1",
        "maintenance_margin_rate": "0.004",
        "taker_fee_rate": "0.0005",
        "funding_interval_hours": 8,
    },
    "prices": {"SOL": "150", "BTC-MINI": "60000"},
    "risk": {"style": "assumed", "volatility": 0.55, "r_squared": 0.36},
    "horizon_days": 60,
    "risk_aversion": 4,
    "expected_drift": 0.6,
    "funding_rate": "0.0001",
    "coverages": ["0", "0.5", "1"],
    "chosen_coverage": "0.6",
    "margin": {"leverage": "2"},
    "max_probability": 0.1,
    "as_of": "2026-01-02T03:04:05Z",
}

MEASURED_COVERAGE = {
    "holdings": [{"asset": "ETH", "quantity": "2", "beta": 1.1}, {"asset": "USDT", "quantity": "1000"}],
    "contract": INVERSE["contract"],
    "prices": {"ETH": "3000", "USDT": "1", "BTCUSD_PERP": "60010.5"},
    "risk": {
        "style": "returns",
        "portfolio": [-0.031, 0.012, 0.044, -0.008, None, 0.021, -0.055, 0.018, 0.006, -0.012],
        "futures": [-0.0225, 0.0152, 0.0297, -0.0108, 0.0061, 0.0099, -0.0345, 0.013, -0.004, -0.0095],
    },
    "cost_rate": "-0.004",
    "confidence": 0.9,
    "target_volatility": 0.3,
    "as_of": "2026-01-02T03:04:05Z",
}

COVERAGE: dict[str, dict[str, Any]] = {
    "seed": {
        "summary": "The article's basket by beta: half, three quarters or all of it, with 6,000 behind it",
        "value": SEED_COVERAGE,
    },
    "bullish": {
        "summary": "Someone who expects bitcoin to rise 60 % a year, and hedges 60 %",
        "value": BULLISH_COVERAGE,
    },
    "measured": {"summary": "Risk by returns, within a budget of 30 % a year", "value": MEASURED_COVERAGE},
}

LIVE_COVERAGE: dict[str, dict[str, Any]] = {
    "listed": {
        "summary": "A listed contract and looked-up prices",
        "value": {
            "holdings": [{"asset": "SOL", "quantity": "40", "beta": 1.16}],
            "contract": LISTED["contract"],
            "market": LISTED["market"],
            "margin": {"wallet_balance": "5000"},
        },
    },
    "estimated": {
        "summary": "Betas by exponential weights over the last 90 days",
        "value": {**LISTED, "betas": {"method": "ewma", "window_days": 90}},
    },
}

BASKET_EFFECTIVENESS = {
    "holdings": [{"asset": "SOL", "quantity": "40"}, {"asset": "ADA", "quantity": "5000"}],
    "series": {
        "style": "closes",
        "closes": {
            "SOL": ["161.2", "164.9", "169.4", "157.1", "152.8", "158.5", "157.7", "151.2", "146.1", "154.6", "150"],
            "ADA": ["0.471", "0.468", "0.497", "0.462", "0.455", "0.449", "0.463", "0.441", "0.437", "0.448", "0.44"],
            "BTC": ["62450", "62300", "64180", "62950", "60720", "61390", "62160", None, "60310", "60120", "60000"],
        },
    },
    "walk_forward": {"estimation_intervals": 5, "test_intervals": 2},
    "confidence": 0.9,
    "prices": {"SOL": "150", "ADA": "0.44"},
    "as_of": "2026-01-02T03:04:05Z",
}

LEGS_EFFECTIVENESS = {
    "series": {
        "style": "legs",
        "portfolio": [-0.041, 0.002, 0.034, -0.028, None, 0.031, -0.025, 0.038, -0.016, 0.012],
        "futures": [-0.0225, 0.0152, 0.0297, -0.0108, 0.0061, 0.0099, -0.0345, 0.013, -0.004, -0.0095],
        "market": [-0.0221, 0.0149, 0.0299, -0.0105, 0.0058, 0.0101, -0.0341, 0.0127, -0.0037, -0.0097],
    },
    "hedge_ratio": 1,
    "walk_forward": None,
    "changes": {
        "item_changes": ["-410", "19", "338", "-287"],
        "hedge_changes": ["225", "-149", "-286", "107"],
        "exposure": "10000",
    },
    "as_of": "2026-01-02T03:04:05Z",
}

CLOSED_HEDGE = {
    "position": {
        "held": [
            {"asset": "SOL", "quantity": "40", "start_price": "150", "end_price": "121.5"},
            {"asset": "ADA", "quantity": "5000", "start_price": "0.44", "end_price": "0.3652"},
            {"asset": "DOT", "quantity": "300", "start_price": "6", "end_price": "4.95"},
        ],
        "contract": SEED["contract"],
        "contracts": "2",
        "entry_price": "60000",
        "exit_price": "51060",
        "underlying_start_price": "59940",
        "underlying_end_price": "51040",
        "beta": 1.1,
        "coverage": "1",
        "funding_received": "14.2",
        "fees_paid": "11.11",
    },
    "as_of": "2026-01-02T03:04:05Z",
}

EFFECTIVENESS: dict[str, dict[str, Any]] = {
    "basket": {
        "summary": "Ten days of two coins by their closes, and a ratio that is estimated and tested on them",
        "value": BASKET_EFFECTIVENESS,
    },
    "legs": {
        "summary": "A hedge as it was, one to one, with the future's basis told apart and its dollar offset",
        "value": LEGS_EFFECTIVENESS,
    },
    "closed": {"summary": "Where the result of a hedge of the article's basket came from", "value": CLOSED_HEDGE},
}

LIVE_EFFECTIVENESS: dict[str, dict[str, Any]] = {
    "window": {
        "summary": "The last 180 days of a basket, looked up",
        "value": {
            "holdings": [{"asset": "SOL", "quantity": "40"}, {"asset": "ADA", "quantity": "5000"}],
            "series": {"style": "window", "window_days": 180},
            "market": {"exchange": "binance"},
        },
    },
}

TABLE = {
    **{name: SEED[name] for name in ("holdings", "prices", "weighting", "as_of")},
    "contract": {**SEED["contract"], "taker_fee_rate": "0"},
    "hedges": [{"coverage": "1"}, {"coverage": "0.75"}, {"coverage": "0.5"}, {"coverage": "0"}],
    "moves": ["-0.2", "0.2"],
    "margin": {"wallet_balance": "5000"},
    "loss_limit": "0.15",
}

CRASHES = {
    "holdings": [*INVERSE["holdings"], {"asset": "TON", "quantity": "500", "beta": 1.3}],
    **{name: INVERSE[name] for name in ("contract", "weighting", "as_of")},
    "prices": {**INVERSE["prices"], "TON": "2.5"},
    "hedges": [{"coverage": "0.75"}, {"contracts": "60"}],
    "moves": ["-0.3", "0.3"],
    "stresses": ["luna-2022-05", "crash-2025-10", "exchange-outage", "stablecoin-depeg"],
    "missing_assets": "beta",
    "shocks": [
        {
            "name": "BTC up, coins down",
            "underlying_move": "0.1",
            "asset_moves": {"SOL": "-0.15", "ADA": "-0.15", "TON": "-0.2"},
            "basis_move": "0.01",
            "funding_rate": "-0.0003",
            "days": 7,
        }
    ],
    "margin": {"wallet_balance": "0.03"},
    "funding_rate": "0.0001",
}

SCENARIOS: dict[str, dict[str, Any]] = {
    "table": {"summary": "The article's table 1, with a wallet that outlives both moves", "value": TABLE},
    "crashes": {
        "summary": "Coin-margined, through crashes of the past and made-up ones, one coin by its beta",
        "value": CRASHES,
    },
}

LIVE_SCENARIOS: dict[str, dict[str, Any]] = {
    "listed": {
        "summary": "A listed contract and looked-up prices, through a crash by its lows",
        "value": {
            **LISTED,
            "hedges": [{"coverage": "0.75"}],
            "moves": ["-0.2", "0.2"],
            "stresses": ["luna-2022-05"],
            "by": "lows",
            "margin": {"leverage": "3"},
        },
    },
    "estimated": {
        "summary": "Coins move by betas from the last 90 days, least squares",
        "value": {
            **LISTED,
            "weighting": "beta",
            "betas": {"method": "ols", "window_days": 90},
            "hedges": [{"coverage": "1"}],
            "moves": ["-0.2", "0.2"],
        },
    },
}

SEED_SIMULATION = {
    "holdings": [
        {"asset": "SOL", "quantity": "40", "beta": 1.16},
        {"asset": "ADA", "quantity": "5000", "beta": 1.09},
        {"asset": "DOT", "quantity": "300", "beta": 1.1},
    ],
    "contract": {**SEED["contract"], "funding_interval_hours": 8},
    "prices": SEED["prices"],
    "weighting": "beta",
    "hedges": [{"coverage": "1", "leverage": "5"}, {"contracts": "1", "wallet_balance": "3000"}],
    "horizon_days": 7,
    "funding_rate": "0.0001",
    "as_of": "2026-01-02T03:04:05Z",
}

SIMULATIONS: dict[str, dict[str, Any]] = {
    "seed": {
        "summary": "A week: all of it hedged at 5x, or one contract and 3,000",
        "value": SEED_SIMULATION,
    },
}

COVARIANCE_SIMULATION = {
    "holdings": [{"asset": "SOL", "quantity": "40"}, {"asset": "ETH", "quantity": "2"}],
    "contract": {"style": "listed", "exchange": "bybit", "symbol": "BTCUSDT"},
    "market": {"exchange": "binance"},
    "hedges": [{"coverage": "0.75", "leverage": "3"}],
    "model": {
        "style": "covariance",
        "assets": ["BTC", "ETH", "SOL"],
        "covariance": [[0.00099, 0.00107, 0.00115], [0.00107, 0.0018, 0.0014], [0.00115, 0.0014, 0.0037]],
        "degrees_of_freedom": None,
    },
}
BOOTSTRAP_SIMULATION = {
    "holdings": [{"asset": "SOL", "quantity": "40"}],
    "contract": {"style": "listed", "exchange": "bybit", "symbol": "BTCUSDT"},
    "market": {"exchange": "binance"},
    "hedges": [{"coverage": "1", "leverage": "4"}],
    "horizon_days": 14,
    "model": {
        "style": "bootstrap",
        "returns": {
            "BTC": [0.012, -0.034, 0.021, 0.004, -0.015, 0.033, -0.008, 0.017, -0.026, 0.009, 0.041, -0.019],
            "SOL": [0.021, -0.052, 0.018, 0.015, -0.031, 0.047, 0.002, 0.011, -0.044, 0.026, 0.058, -0.033],
        },
        "block_days": 5,
    },
}

HISTORY_SIMULATION = {
    "holdings": [{"asset": "SOL", "quantity": "40"}, {"asset": "ADA", "quantity": "5000"}],
    "contract": {"style": "listed", "exchange": "bybit", "symbol": "BTCUSDT"},
    "market": {"exchange": "binance"},
    "hedges": [{"coverage": "1", "leverage": "4"}],
    "horizon_days": 14,
    "model": {"style": "bootstrap", "history_days": 180},
}

ESTIMATED_SIMULATION = {**ESTIMATED, "hedges": [{"coverage": "1", "leverage": "4"}], "horizon_days": 14}

LIVE_SIMULATIONS: dict[str, dict[str, Any]] = {
    "covariance": {"summary": "Given covariances, looked-up prices, normal shocks", "value": COVARIANCE_SIMULATION},
    "bootstrap": {"summary": "Blocks of given past days; twelve of them are few", "value": BOOTSTRAP_SIMULATION},
    "history": {"summary": "Blocks of looked-up past days, half a year of them", "value": HISTORY_SIMULATION},
    "estimated": {"summary": "Hedged by betas from the last 90 days", "value": ESTIMATED_SIMULATION},
}

_SOL_RETURNS = [
    *(0.061, 0.035, 0.016, 0.029, 0.078, -0.038, -0.071, 0.014, -0.006, -0.004, -0.046, 0.022, 0.057, -0.008, -0.031),
    *(0.030, -0.036, 0.029, -0.014, 0.018, -0.067, -0.059, -0.035, 0.035, 0.050, -0.081, 0.022, 0.032, 0.034, -0.021),
]
_ADA_RETURNS = [
    *(0.040, 0.005, -0.028, 0.039, 0.063, -0.034, -0.022, -0.011, -0.043, -0.045, -0.035, 0.019, 0.041, 0.067, 0.002),
    *(0.021, 0.019, -0.020, -0.053, -0.016, -0.001, -0.047, 0.025, 0.053, 0.036, -0.033, 0.073, 0.034, 0.010, 0.010),
]
_BTC_RETURNS = [
    *(0.038, 0.024, -0.015, 0.022, 0.004, 0.019, -0.017, 0.002, -0.021, -0.031, -0.022, 0.010, 0.011, 0.014, 0.009),
    *(0.041, -0.010, 0.006, -0.037, 0.007, -0.016, -0.049, -0.003, 0.029, 0.025, -0.058, 0.020, 0.018, 0.013, -0.026),
]
_ETH_RETURNS = [
    *(0.044, 0.007, 0.011, 0.041, 0.027, 0.017, -0.018, -0.021, -0.012, -0.034, -0.016, 0.032, 0.024, -0.023, 0.025),
    *(0.051, -0.012, 0.029, -0.082, -0.013, -0.013, -0.065, -0.007, 0.032, 0.017, -0.067, 0.047, 0.024, 0.009, -0.014),
]
ETH_MINI = {
    "style": "linear",
    "symbol": "ETH-MINI",
    "underlying": "ETH",
    "multiplier": "0.1",
    "taker_fee_rate": "0.0005",
}
SEED_RATIO: dict[str, Any] = {
    "holdings": [{"asset": "SOL", "quantity": "40"}, {"asset": "ADA", "quantity": "5000"}],
    "instruments": [
        {"contract": SEED["contract"], "futures_price": "60000"},
        {"contract": ETH_MINI, "futures_price": "2500"},
    ],
    "prices": {"SOL": "150", "ADA": "0.44"},
    "series": {
        "style": "returns",
        "returns": {"SOL": _SOL_RETURNS, "ADA": _ADA_RETURNS, "BTC": _BTC_RETURNS, "ETH": _ETH_RETURNS},
    },
    "rolling_intervals": 15,
    "as_of": SEED["as_of"],
}
HEDGE_RATIO: dict[str, dict[str, Any]] = {
    "seed": {"summary": "Two coins on BTC, on ETH and on both, by a month of given returns", "value": SEED_RATIO},
}
LIVE_HEDGE_RATIO: dict[str, dict[str, Any]] = {
    "history": {
        "summary": "By ninety days of looked-up closes",
        "value": {
            "holdings": SEED_RATIO["holdings"],
            "instruments": [{"contract": LISTED["contract"]}],
            "market": {"exchange": "binance"},
        },
    },
}

_MIX_SERIES: dict[str, list[float]] = {
    "BTC": [
        0.001,
        -0.013,
        0.013,
        -0.026,
        0.017,
        0.008,
        -0.003,
        -0.03,
        -0.063,
        -0.057,
        0.023,
        0.007,
        0.009,
        -0.016,
        0.046,
        -0.047,
        0.017,
        0.015,
        0.041,
        0.035,
        -0.004,
        -0.0,
        0.014,
        -0.008,
        -0.003,
        0.09,
        0.011,
        0.052,
        0.067,
        -0.027,
    ],
    "ETH": [
        0.079,
        -0.008,
        0.004,
        -0.032,
        0.023,
        -0.015,
        -0.009,
        -0.029,
        -0.084,
        -0.006,
        0.038,
        0.003,
        0.01,
        -0.001,
        0.067,
        -0.046,
        0.035,
        0.003,
        0.037,
        0.024,
        -0.002,
        -0.014,
        0.022,
        -0.02,
        0.003,
        0.105,
        0.036,
        0.052,
        0.077,
        -0.038,
    ],
    "SOL": [
        0.051,
        -0.03,
        -0.006,
        -0.023,
        0.01,
        -0.027,
        0.068,
        -0.009,
        -0.061,
        -0.014,
        0.024,
        -0.009,
        -0.009,
        0.015,
        0.05,
        -0.091,
        0.006,
        0.042,
        0.026,
        0.041,
        0.013,
        0.02,
        0.015,
        0.025,
        0.015,
        0.097,
        0.046,
        0.076,
        0.13,
        -0.035,
    ],
    "ADA": [
        0.049,
        -0.036,
        0.013,
        -0.026,
        0.043,
        0.016,
        0.024,
        -0.019,
        -0.082,
        0.005,
        0.023,
        -0.017,
        -0.016,
        0.002,
        0.063,
        -0.063,
        0.113,
        0.008,
        0.041,
        0.066,
        -0.008,
        -0.008,
        0.035,
        -0.008,
        -0.005,
        0.09,
        0.011,
        0.069,
        0.009,
        -0.011,
    ],
}
"""Made up: thirty days of two coins that move with bitcoin and ether, and by themselves."""
_BTC_MINI = {
    "contract": {**SEED["contract"], "funding_interval_hours": 8},
    "futures_price": "60000",
    "leverage": "4",
    "funding_rate": "0.0001",
}
_ETH_MINI = {
    "contract": {
        **SEED["contract"],
        "symbol": "ETH-MINI",
        "underlying": "ETH",
        "multiplier": "1",
        "tick_size": "0.01",
        "funding_interval_hours": 8,
    },
    "futures_price": "3000",
    "leverage": "4",
    "funding_rate": "0.00005",
}

SEED_FRONTIER = {
    "holdings": [{"asset": "SOL", "quantity": "40"}, {"asset": "ADA", "quantity": "5000"}],
    "instruments": [_BTC_MINI, _ETH_MINI],
    "prices": {"SOL": "150", "ADA": "0.44"},
    "series": {"style": "returns", "returns": _MIX_SERIES},
    "budget": {"margin": "2000"},
    "as_of": "2026-01-02T03:04:05Z",
}

FRONTIER: dict[str, dict[str, Any]] = {
    "seed": {
        "summary": "Two coins against whole contracts on bitcoin and ether, with 2,000 of margin",
        "value": SEED_FRONTIER,
    },
}

LISTED_FRONTIER = {
    "holdings": [{"asset": "SOL", "quantity": "40"}, {"asset": "ADA", "quantity": "5000"}],
    "instruments": [
        {"contract": {"style": "listed", "exchange": "bybit", "symbol": "BTCUSDT"}, "leverage": "3"},
        {"contract": {"style": "listed", "exchange": "binance", "symbol": "ETHUSDT"}, "leverage": "3"},
    ],
    "market": {"exchange": "binance"},
    "series": {"style": "window", "window_days": 90},
    "budget": {"margin": "2500"},
    "most_plans": 20,
}

LIVE_FRONTIER: dict[str, dict[str, Any]] = {
    "listed": {"summary": "Two listed contracts at two exchanges, by the last 90 days", "value": LISTED_FRONTIER},
}
