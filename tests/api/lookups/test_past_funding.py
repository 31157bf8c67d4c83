"""What perpetuals paid: only what is comparable with now is fitted, and what can't be had is said."""

from typing import Any

import pytest

from service.api.lookups.past_funding import HOUR_MS, TOLERANCE_MS, recent_rates
from service.hedging.term_structure.funding import fit_funding
from service.market.source import DAY_MS, Payment
from tests.api.conftest import service_at
from tests.api.test_carry import ask_carry
from tests.api.truth import listing, listing_of, named, refused
from tests.market.exchange import ExchangeServer, faults

NOW = 1_800_000_000_000 // DAY_MS * DAY_MS


def paid(*hours_ago: float) -> list[Payment]:
    """Write payments, oldest first, each at the rate of the hours before now."""
    return [Payment(NOW - round(ago * HOUR_MS), ago) for ago in hours_ago]


@pytest.mark.parametrize(
    ("payments", "hours", "days", "rates"),
    [
        (paid(24, 16, 8, 0), 8, 30, [24, 16, 8, 0]),
        (paid(24, 16, 12, 8, 4, 0), 4, 30, [16, 12, 8, 4, 0]),  # every 8 hours until it was every 4
        (paid(12, 8, 4, 0), 8, 30, [0]),  # every 4 hours until now
        (paid(40, 32, 16, 8, 0), 8, 30, [16, 8, 0]),  # one is missing
        (paid(24, 16, 8.001, 0.0005), 8, 30, [24, 16, 8.001, 0.0005]),  # some seconds late
        (paid(16, 8.2, 0), 8, 30, [0]),  # twelve minutes are no jitter
        (paid(72, 48, 24, 0), 24, 2, [48, 24, 0]),  # the bound included
        (paid(72, 48.0001, 24, 0), 24, 2, [48.0001, 24, 0]),  # whatever its jitter
        (paid(3, 2, 1, 0), 1, 30, [3, 2, 1, 0]),
        (paid(0), 8, 30, [0]),
        ([], 8, 30, []),
        (paid(16, 8, 8, 0), 8, 30, [8, 0]),  # one sent twice is no interval
    ],
)
def test_only_the_last_payments_an_interval_apart_count(
    payments: list[Payment], *, hours: int, days: int, rates: list[float]
) -> None:
    """A rate of another interval is another number, and a gap hides one."""
    assert list(recent_rates(payments, hours=hours, days=days)) == rates


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(("off", "count"), [(TOLERANCE_MS, 2), (TOLERANCE_MS + 1, 1)])
def test_a_payment_may_be_ten_minutes_off_its_time(sign: int, off: int, count: int) -> None:
    """Early or late, and not a millisecond more."""
    payments = [Payment(NOW - 8 * HOUR_MS + sign * off, 0.1), Payment(NOW, 0.2)]

    assert len(recent_rates(payments, hours=8, days=30)) == count


@pytest.mark.parametrize("exchange", ["binance", "bingx", "bybit", "mexc", "weex"])
@pytest.mark.parametrize(("asset", "hours"), [("TRX", 1), ("UNI", 2), ("ADA", 4), ("BTC", 8), ("ETC", 24)])
def test_a_process_is_fitted_to_what_was_really_paid(
    exchanges: ExchangeServer, *, exchange: str, asset: str, hours: int
) -> None:
    """The payments of the last days by the perpetual's own interval, whatever it is."""
    world = exchanges.world
    one = listing(world, exchange, asset)
    days = 3 if hours == 1 else 10
    with service_at(exchanges) as ask:
        reply = ask_carry(ask, instruments=[named(world, one)], horizon_days=7, funding_days=days)

    (option,) = reply["options"]
    model = fit_funding([float(payment.rate) for payment in world.payments(one)][-days * 24 // hours - 1 :])
    process = option["instrument"]["funding_process"]
    assert option["funding"]["source"] == "fitted"
    assert process["mean_rate"] == pytest.approx(model.mean, rel=1e-9)
    assert process["persistence"] == pytest.approx(model.persistence, rel=1e-9)
    assert process["volatility"] == pytest.approx(model.volatility, rel=1e-9)
    assert "funding_process" not in {assumption["name"] for assumption in reply["assumptions"]}


def named_question(symbol: str, exchange: str = "binance") -> dict[str, Any]:
    """Ask for the carry of one named perpetual with its past, beside a given one."""
    one = {"style": "listed", "exchange": exchange, "symbol": symbol}
    return {"notional": "10000", "horizon_days": 7, "instruments": [one], "funding_days": 30}


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (faults.maintenance(), "status 503"),
        (faults.empty_list(), "there are none yet"),
        (faults.Fault(change=lambda rows: rows[-2:]), "2 payments every 8 h are known, and it takes 3"),
        (faults.Fault(change=lambda rows: [*rows[:-3], *rows[-2:]]), "2 payments every 8 h are known, and it takes 3"),
        (faults.Fault(change=lambda rows: rows[:-6]), "36 h are the most"),
    ],
)
def test_a_past_that_can_not_be_had_is_refused_if_named_and_else_left_out_aloud(
    exchanges: ExchangeServer, fault: faults.Fault, why: str
) -> None:
    """Never an assumed process for one that was asked to be fitted."""
    injected = exchanges.inject("fapi.binance.com", "/fapi/v1/fundingRate", fault)
    question = named_question("SOLUSDT")
    others = {"notional": "10000", "horizon_days": 7, "underlying": "SOL", "funding_days": 30}
    with service_at(exchanges) as ask:
        answer = ask("POST", "/v1/carry", json=question)
        reply = ask_carry(ask, **others)

    assert injected.fired
    assert refused(answer, question) == (503, "price_unavailable", ["#/instruments/0/symbol"])
    assert why in answer.json()["detail"]
    gaps = [gap for gap in reply["unavailable"] if gap["exchange"] == "binance"]
    assert [gap["style"] for gap in gaps] == ["linear"]
    assert gaps[0]["detail"].startswith("The funding of SOLUSDT at binance: ")
    assert why in gaps[0]["detail"]
    assert {option["market"] for option in reply["options"]} >= {"binance inverse USD", "bybit linear USDT"}
    assert "binance linear USDT" not in {option["market"] for option in reply["options"]}


def test_a_perpetual_whose_exchange_tells_no_interval_is_excluded(
    exchanges: ExchangeServer,
) -> None:
    """BingX tells neither interval nor past of its inverse futures: nobody can say what they pay."""
    with service_at(exchanges) as ask:
        reply = ask_carry(ask, underlying="BNB", exchange="bingx", horizon_days=7, funding_days=30)
        question = named_question("BNB-USD", "bingx")
        alone = ask("POST", "/v1/carry", json=question)

    assert [(one["symbol"], one["reason"]) for one in reply["excluded"]] == [("BNB-USD", "unknown_funding")]
    assert [option["instrument"]["symbol"] for option in reply["options"]] == ["BNB-USDT"]
    assert reply["unavailable"] == []
    assert refused(alone, question) == (422, "no_instrument", ["#/instruments"])


def test_a_future_that_expires_needs_no_past_funding(exchanges: ExchangeServer) -> None:
    """It has none, and nobody is asked for it."""
    world = exchanges.world
    one = named(world, listing(world, "binance", "BTC", quarter=1))
    with service_at(exchanges) as ask:
        reply = ask_carry(ask, instruments=[one], horizon_days=7, funding_days=30)

    assert reply["options"][0]["funding"] is None
    assert exchanges.count("", "/fapi/v1/fundingRate") == 0


def test_a_question_of_which_no_past_can_be_had_is_told_to_come_back(exchanges: ExchangeServer) -> None:
    """Not that there is nothing to hold it in: that is there, and its past is not."""
    exchanges.inject("", "/fapi/v1/fundingRate", faults.maintenance())
    question = {"notional": "10000", "horizon_days": 7, "underlying": "UNI", "exchange": "binance", "funding_days": 9}
    with service_at(exchanges) as ask:
        answer = ask("POST", "/v1/carry", json=question)

    assert refused(answer, question) == (503, "price_unavailable", ["#/underlying"])
    assert answer.json()["detail"].startswith("The funding of UNIUSDT at binance: ")


def test_every_market_of_an_asset_is_fitted_to_its_own_past(exchanges: ExchangeServer) -> None:
    """Rates of one exchange never speak for another's."""
    world = exchanges.world
    with service_at(exchanges) as ask:
        reply = ask_carry(ask, underlying="BTC", horizon_days=7, funding_days=30)

    perpetuals = [option for option in reply["options"] if option["kind"] == "perpetual"]
    assert len(perpetuals) >= 9
    for option in perpetuals:
        one = listing_of(world, option, option["instrument"])
        rates = [float(payment.rate) for payment in world.payments(one)][-91:]
        assert option["funding"]["process"]["mean_rate"] == pytest.approx(fit_funding(rates).mean, rel=1e-9)
