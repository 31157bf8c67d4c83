"""Questions that show what can be asked; the document carries them with their real answers, and tests execute them."""

from typing import Any

SEED = {
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

INVERSE = {
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

LIVE_SIZING: dict[str, dict[str, Any]] = {
    "listed": {"summary": "A listed contract and looked-up prices: nothing but the book is sent", "value": LISTED},
}
