"""What is looked up for a question, and why it can't be: found here a second time, from the documented rules.

Law: nothing of `service` is imported.
"""

from datetime import datetime
from fractions import Fraction
from typing import Any, NamedTuple

from tests.openapi.market import EXCHANGES, WITH_EXPIRIES, Future, find_future, spot_prices

Question = dict[str, Any]
Prices = dict[str, Any]

COINS_AT_A_DOLLAR = frozenset(
    (
        *("BUSD", "CRVUSD", "DAI", "FDUSD", "FRAX", "GHO", "GUSD", "LUSD", "PYUSD", "RLUSD", "TUSD", "USD"),
        *("USD1", "USDC", "USDD", "USDE", "USDG", "USDP", "USDS", "USDT", "USDX"),
    )
)
LONGEST_AGE = 10
"""Seconds that a looked-up price may be old, unless the question says otherwise."""
_SMALLEST = Fraction(1, 10**18)
_LARGEST = Fraction(10**15)


class Around(NamedTuple):
    """What surrounds a question."""

    now: datetime
    exchanges: frozenset[str] = frozenset(EXCHANGES)
    """Those that are on."""
    is_answered: bool = True
    """Whether they answer."""


class RefusedError(Exception):
    """A look-up that comes to nothing; its text is the code of the problem."""


def complete(question: Question, around: Around) -> Question:
    """Fill in what a valid question leaves to the market.

    Raises:
        RefusedError: with the first reason, in the documented order, for which that can't be done.
    """
    sent: Prices = question.get("prices", {})
    missing = [holding["asset"] for holding in question["holdings"] if holding["asset"] not in sent]
    market, contract = question.get("market") or {}, question["contract"]
    is_listed = contract["style"] == "listed"
    if not is_listed and not (market and missing):
        return {**question, "prices": sent}
    require_now(question, around)
    currency, prices = None, dict(sent)
    if is_listed:
        future = _resolve(contract, around)
        contract, currency = _in_full(future), future.quote
        prices = {future.symbol: future.mark, **sent}
    elif contract["style"] == "inverse" and market.get("quote", "USDT") not in sent:
        raise RefusedError("currency_mismatch")
    spot = _price(sorted(set(missing)), question, currency=currency, around=around)
    return {**question, "contract": contract, "prices": {**prices, **spot}}


def is_money(asset: str, prices: Prices) -> bool:
    """Tell whether an asset is a stablecoin within 2 % of its peg."""
    return asset in COINS_AT_A_DOLLAR and abs(Fraction(prices[asset]) - 1) <= Fraction(2, 100)


def refuse_prices(query: Question, around: Around) -> str | None:
    """Name the reason for which a valid query for prices has no answer; None if there is none."""
    exchange, quote = query["exchange"], query.get("quote", "USDT")
    if exchange != "median" and exchange not in around.exchanges:
        return "exchange_off"
    if not around.is_answered:
        return "price_unavailable"
    coins = spot_prices(exchange, quote) if around.exchanges else {}
    known = all(symbol in coins or find_future(exchange, symbol) for symbol in query["symbols"])
    return None if known else "not_listed"


def refuse_contracts(query: Question, around: Around) -> str | None:
    """Name the reason for which a valid query for contracts has no answer; None if there is none."""
    asked = {query["exchange"]} if "exchange" in query else around.exchanges
    if not asked or not asked <= around.exchanges:
        return "exchange_off"
    expires = query.get("expiry", "perpetual") != "perpetual"
    asked = asked & set(WITH_EXPIRIES) if expires else asked
    if not asked:
        return "not_listed"
    lists_any = query.get("style") != "inverse" or asked != {"weex"}
    return None if around.is_answered or not lists_any else "price_unavailable"


def require_now(question: Question, around: Around) -> None:
    """Refuse a question of another time: what is looked up is of now."""
    as_of, market = question.get("as_of"), question.get("market") or {}
    if as_of is None:
        return
    seconds = abs((around.now - datetime.fromisoformat(as_of)).total_seconds())
    if seconds > market.get("max_age_seconds", LONGEST_AGE):
        raise RefusedError("as_of_not_now")


def _resolve(contract: Question, around: Around) -> Future:
    """Find a listed contract that is quoted in dollars."""
    if contract["exchange"] not in around.exchanges:
        raise RefusedError("exchange_off")
    if not around.is_answered:
        raise RefusedError("price_unavailable")
    future = find_future(contract["exchange"], contract["symbol"])
    if future is None:
        raise RefusedError("not_listed")
    if future.quote not in COINS_AT_A_DOLLAR:
        raise RefusedError("currency_mismatch")
    return future


def _in_full(future: Future) -> Question:
    """Write a listed contract as a caller would who knows its terms."""
    leverage = future.max_leverage
    return {
        "style": future.style,
        "symbol": future.symbol,
        "underlying": future.underlying,
        "multiplier": future.multiplier,
        "lot_step": future.lot_step,
        "initial_margin_rate": None if leverage is None else 1 / leverage,
        "maintenance_tiers": None if leverage is None else [{"floor": 0, "rate": 0}],
        "expiry": None if future.expiry is None else future.expiry.isoformat(),
        "funding_interval_hours": future.hours,
    }


def _price(missing: list[str], question: Question, *, currency: str | None, around: Around) -> Prices:
    """Look up the spot prices that are missing; the currency itself costs one of itself.

    A contract that does not say its currency has that of the look-ups, unless the price of that one was sent.
    """
    market = question.get("market")
    quote = "" if market is None else market.get("quote", "USDT")
    spot: Prices = {asset: Fraction(1) for asset in missing if asset == (currency or quote)}
    wanted = [asset for asset in missing if asset not in spot]
    if market is None or not wanted:
        return spot
    exchange = market["exchange"]
    rate = _rate(quote, currency, question.get("prices", {}))
    if exchange != "median" and exchange not in around.exchanges:
        raise RefusedError("exchange_off")
    if not around.is_answered:
        raise RefusedError("price_unavailable")
    coins = spot_prices(exchange, quote) if around.exchanges else {}
    if not coins.keys() >= set(wanted):
        raise RefusedError("not_listed")
    return spot | {asset: _convert(coins[asset], rate) for asset in wanted}


def _rate(quote: str, currency: str | None, sent: Prices) -> Fraction:
    """Tell what the currency of the look-ups costs in the contract's; never an assumed 1."""
    if quote == currency:
        return Fraction(1)
    if quote not in sent and currency is not None:
        raise RefusedError("currency_mismatch")
    return Fraction(sent.get(quote, 1))


def _convert(price: Fraction, rate: Fraction) -> Fraction:
    """Convert a price; one that can't be written is refused."""
    converted = round(price * rate, 18)
    if not _SMALLEST <= converted < _LARGEST:
        raise RefusedError("currency_mismatch")
    return converted
