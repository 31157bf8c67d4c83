"""What each local exchange lists: the contracts and pairs one wants, and among them the ones to be kept out."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from tests.market.exchange.assets import ASSETS, MAJORS

Market = Literal["spot", "linear", "inverse"]

_SCALES = {1: "", 1000: "1000", 1_000_000: "1M"}
_JOINTS = {("bingx", "spot"): "-", ("bingx", "linear"): "-", ("bingx", "inverse"): "-"} | {
    ("mexc", "linear"): "_",
    ("mexc", "inverse"): "_",
}
_COINED = ("BTC", "ETH", "SOL", "XRP", "DOGE", "ADA", "LINK", "LTC")
"""What every exchange with inverse contracts lists of them."""
_ONE = Decimal(1)


@dataclass(frozen=True, kw_only=True)
class Listing:
    """A contract or a pair on one exchange, in the exchange's own words."""

    exchange: str
    market: Market
    asset: str
    """Whose price it follows."""
    symbol: str
    """Of a dated contract: a template that takes the expiry and the letter of its month."""
    base: str
    quote: str
    scale: int = 1
    """How many coins one unit of the base is: 1000 of 1000SHIB."""
    tick: Decimal
    step: Decimal
    """Of an order, in the unit that orders have there."""
    size: Decimal = _ONE
    """Of one contract: coins of a linear one, dollars of an inverse one."""
    min_notional: Decimal | None = None
    leverage: int = 75
    hours: int = 8
    rate: Decimal | None = None
    """Instead of the rate of the asset."""
    quarter: int | None = None
    """Of a dated contract: 0 expires with the first quarter to end, 1 with the second."""
    still_days: int = 0
    """How many closes before today's are all the same, because nobody trades."""
    stale: Decimal = _ONE
    """What the price was when trading stopped, as a share of the price now."""
    spec: dict[str, Any] = field(default_factory=dict)
    """What the exchange says differently about it in its list of contracts."""
    row: dict[str, Any] = field(default_factory=dict)
    """What the exchange says differently about it in its prices."""


def _listing(exchange: str, market: Market, asset: str, **terms: Any) -> Listing:
    """Write a listing as the exchange usually does, but for the terms given."""
    known, scale = ASSETS[asset], terms.get("scale", 1)
    base = terms.setdefault("base", _SCALES[scale] + asset)
    quote = terms.setdefault("quote", "USD" if market == "inverse" else "USDT")
    usual = {
        "symbol": base + _JOINTS.get((exchange, market), "") + quote,
        "tick": known.tick * scale,
        "step": _ONE if market == "inverse" else known.step / scale,
        "hours": known.hours,
    }
    return Listing(exchange=exchange, market=market, asset=asset, **(usual | terms))


def _spots(exchange: str, *assets: str) -> Iterator[Listing]:
    for asset in (*MAJORS, "SHIB", "PEPE", "USDC", *assets):
        known = ASSETS[asset]
        tick = max(known.tick, Decimal("1E-8")) if exchange == "binance" else known.tick
        yield _listing(exchange, "spot", asset, tick=tick, step=known.step / 10, min_notional=Decimal(5))


def _binance() -> Iterator[Listing]:
    least = {"BTC": Decimal(50), "ETH": Decimal(20), "LTC": Decimal(20), "LINK": Decimal(20)}
    for asset in MAJORS:
        yield _listing("binance", "linear", asset, min_notional=least.get(asset, Decimal(5)))
    five: dict[str, Any] = {"min_notional": Decimal(5)}
    yield _listing("binance", "linear", "SHIB", scale=1000, **five)
    yield _listing("binance", "linear", "PEPE", scale=1000, **five)
    yield _listing("binance", "linear", "BABYDOGE", scale=1_000_000, **five)
    for asset in ("BTC", "ETH"):
        yield _listing("binance", "linear", asset, quote="USDC", min_notional=least[asset])
        for quarter in (0, 1):
            yield _listing("binance", "linear", asset, symbol=asset + "USDT_{0:%y%m%d}", quarter=quarter, **five)
    yield _listing("binance", "linear", "ETH", quote="BTC", tick=Decimal("1E-6"), min_notional=Decimal("0.001"))
    yield from _binance_traps(five)
    yield from _binance_inverse()
    yield from _binance_spot()


def _binance_traps(five: dict[str, Any]) -> Iterator[Listing]:
    tradifi = {"contractType": "TRADIFI_PERPETUAL"}
    yield _listing("binance", "linear", "EOS", stale=Decimal("0.7"), spec={"status": "SETTLING"}, **five)
    yield _listing("binance", "linear", "BIO", spec={"status": "PENDING_TRADING"}, **five)
    yield _listing("binance", "linear", "XAU", spec={**tradifi, "underlyingType": "COMMODITY"}, **five)
    yield _listing("binance", "linear", "TSLA", spec={**tradifi, "underlyingType": "EQUITY"}, **five)


def _binance_inverse() -> Iterator[Listing]:
    for asset in (*_COINED, "DOT", "BNB"):
        size = Decimal(100 if asset == "BTC" else 10)
        yield _listing("binance", "inverse", asset, symbol=asset + "USD_PERP", size=size)
        for quarter in (0, 1) if asset in ("BTC", "ETH") else ():
            yield _listing("binance", "inverse", asset, symbol=asset + "USD_{0:%y%m%d}", size=size, quarter=quarter)


def _binance_spot() -> Iterator[Listing]:
    yield from _spots("binance")
    five: dict[str, Any] = {"min_notional": Decimal(5)}
    yield _listing("binance", "spot", "BABYDOGE", scale=1_000_000, tick=Decimal("1E-8"), **five)
    yield _listing("binance", "spot", "BTC", quote="USDC", step=Decimal("0.00001"), **five)
    yield _listing("binance", "spot", "ETH", quote="BTC", tick=Decimal("0.00001"), min_notional=Decimal("0.0001"))
    yield _listing("binance", "spot", "LUNC", tick=Decimal("1E-8"), still_days=4, **five)
    yield _listing("binance", "spot", "XMR", stale=Decimal("0.42"), spec={"status": "BREAK"}, **five)


def _bybit() -> Iterator[Listing]:
    five: dict[str, Any] = {"min_notional": Decimal(5)}
    big: dict[str, Any] = {"BTC": {"leverage": 100}, "ETH": {"leverage": 100, "step": Decimal("0.01")}}
    for asset in MAJORS:
        yield _listing("bybit", "linear", asset, **(five | big.get(asset, {})))
    yield _listing("bybit", "linear", "SHIB", scale=1000, base="SHIB1000", **five)
    yield _listing("bybit", "linear", "PEPE", scale=1000, hours=1, **five)
    yield _listing("bybit", "linear", "BABYDOGE", scale=1_000_000, base="1000000BABYDOGE", **five)
    for asset in ("BTC", "ETH"):
        terms = five | big[asset]
        yield _listing("bybit", "linear", asset, quote="USDC", symbol=asset + "PERP", **terms)
        for quarter in (0, 1):
            yield _listing("bybit", "linear", asset, symbol=asset + "USDT-{0:%d%b%y}", quarter=quarter, **terms)
    spec = {"status": "PreLaunch", "isPreListing": True}
    yield _listing("bybit", "linear", "BIO", leverage=5, spec=spec, **five)
    yield from _bybit_inverse()
    yield from _spots("bybit", "XMR")


def _bybit_inverse() -> Iterator[Listing]:
    for asset in (*_COINED, "DOT"):
        leverage = 100 if asset in ("BTC", "ETH") else 50
        yield _listing("bybit", "inverse", asset, leverage=leverage)
        for quarter in (0, 1) if asset in ("BTC", "ETH") else ():
            symbol = asset + "USD{1}{0:%y}"
            yield _listing("bybit", "inverse", asset, symbol=symbol, leverage=leverage, quarter=quarter)


def _bingx() -> Iterator[Listing]:
    two: dict[str, Any] = {"min_notional": Decimal(2)}
    steps = {"BTC": Decimal("0.0001"), "ETH": Decimal("0.01")}
    for asset in MAJORS:
        terms: dict[str, Any] = {"step": steps[asset], "leverage": 125} if asset in steps else {}
        yield _listing("bingx", "linear", asset, **two, **terms)
    yield _listing("bingx", "linear", "SHIB", scale=1000, **two)
    yield _listing("bingx", "linear", "PEPE", scale=1000, **two)
    yield _listing("bingx", "linear", "BABYDOGE", scale=1_000_000, base="1000000BABYDOGE", **two)
    yield _listing("bingx", "linear", "BTC", quote="USDC", step=steps["BTC"], leverage=125, **two)
    yield from _bingx_traps(two)
    for asset in (*_COINED, "BNB"):
        yield _listing("bingx", "inverse", asset, size=Decimal(100 if asset == "BTC" else 10))
    yield from _spots("bingx", "XMR")


def _bingx_traps(two: dict[str, Any]) -> Iterator[Listing]:
    yield _listing("bingx", "linear", "XAU", base="NCCOGOLD2USD", **two)
    yield _listing("bingx", "linear", "TSLA", base="NCSKTSLA2USD", **two)
    yield _listing("bingx", "linear", "EOS", spec={"status": 25}, **two)
    yield _listing("bingx", "linear", "BIO", spec={"apiStateOpen": "false", "apiStateClose": "false"}, **two)


def _weex() -> Iterator[Listing]:
    steps = {"BTC": Decimal("0.0001"), "ETH": Decimal("0.001"), "DOGE": Decimal(100)}
    for asset in MAJORS:
        terms = {"step": steps.get(asset, ASSETS[asset].step), "leverage": 400 if asset in ("BTC", "ETH") else 200}
        yield _listing("weex", "linear", asset, **terms)
    yield _listing("weex", "linear", "SHIB", scale=1000)
    yield _listing("weex", "linear", "PEPE", scale=1000)
    yield _listing("weex", "linear", "BABYDOGE", scale=1_000_000)
    yield from _weex_traps()
    yield from _spots("weex", "XMR")


def _weex_traps() -> Iterator[Listing]:
    tradifi = {"contractType": "TRADIFI_PERPETUAL"}
    yield _listing("weex", "linear", "XAU", spec={**tradifi, "underlyingType": "Metals"})
    yield _listing("weex", "linear", "TSLA", spec={**tradifi, "underlyingType": "Stocks"})
    yield _listing("weex", "linear", "BIO", row={"nextFundingTime": 28_800_000})
    yield _listing("weex", "linear", "EOS", spec={"tradable": False})
    yield _listing("weex", "linear", "XMR", spec={"tradable": False})


def _mexc() -> Iterator[Listing]:
    sizes = {"BTC": Decimal("0.0001"), "ETH": Decimal("0.01"), "SHIB": Decimal(1000), "PEPE": Decimal(10_000_000)}
    for asset in (*MAJORS, "SHIB", "PEPE"):
        terms: dict[str, Any] = {"size": sizes.get(asset, ASSETS[asset].step), "leverage": 200}
        yield _listing("mexc", "linear", asset, step=_ONE, **(terms | _MEXC_OWN.get(asset, {})))
    scaled = {"scale": 1_000_000, "base": "1000000BABYDOGE"}
    yield _listing("mexc", "linear", "BABYDOGE", step=_ONE, size=Decimal(10), leverage=50, **scaled)
    yield _listing("mexc", "linear", "BTC", step=_ONE, size=sizes["BTC"], quote="USDC", leverage=200)
    yield from _mexc_traps()
    for asset in (*_COINED, "AVAX"):
        leverage = 500 if asset == "BTC" else 200
        yield _listing("mexc", "inverse", asset, size=Decimal(100 if asset == "BTC" else 10), leverage=leverage)
    yield from _spots("mexc", "XMR")
    yield _listing("mexc", "spot", "EOS", stale=Decimal("0.7"), step=Decimal(1), spec={"status": "2"})


_MEXC_OWN: dict[str, dict[str, Any]] = {
    "BTC": {"leverage": 500},
    "DOT": {"rate": Decimal(0)},
    "FIL": {"base": "FILECOIN", "rate": Decimal(0)},
    "XLM": {"rate": Decimal(0)},
}


def _mexc_traps() -> Iterator[Listing]:
    one: dict[str, Any] = {"step": _ONE, "leverage": 20}
    yield _listing("mexc", "linear", "TSLA", base="TESLA", spec={"type": 2, "typeLabel": 2}, **one)
    yield _listing("mexc", "linear", "BIO", spec={"apiAllowed": False}, **one)
    yield _listing("mexc", "linear", "EOS", stale=Decimal("0.7"), spec={"state": 4}, **one)


LISTINGS = tuple(listing for part in (_binance, _bybit, _bingx, _weex, _mexc) for listing in part())
