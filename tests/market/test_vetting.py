"""What an exchange sends is believed only as far as it makes sense, and each doubt has its edge."""

from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from service.market.source import (
    DAY_MS,
    Candles,
    Close,
    Fundings,
    Listing,
    Payment,
    Quote,
    Row,
    Tier,
    Tiers,
    UpstreamError,
)
from service.market.vetting import Doubt, Vetted, is_finite, is_sound, require_rows, vet
from tests.market.hand import quotes, tiers

NOW = 1_800_000_000_000
HOUR = 3_600_000
MIDNIGHT = NOW // DAY_MS * DAY_MS
"""At which the day under way began."""
INFINITY, NAN = float("inf"), float("nan")
SOUND = Quote(symbol="BTCUSDT", last=Decimal(60000))
NUMBER = Decimal(100)


def perpetual(**changes: Any) -> Quote:
    """Make a quote of a perpetual that differs from a sound one; numbers are written as text."""
    usual: dict[str, Any] = dict.fromkeys(("last", "mark", "index", "bid", "ask"), "100")
    texts = {**usual, "funding_rate": "0.0001", **changes}
    exact: dict[str, Any] = {n: Decimal(value) if isinstance(value, str) else value for n, value in texts.items()}
    return Quote(symbol="SOLUSDT", **{"next_funding_ms": NOW + HOUR, "as_of_ms": NOW, **exact})


def listing(**changes: Any) -> Listing:
    """Make a listing that differs from a sound one."""
    exact: dict[str, Any] = {n: Decimal(value) if isinstance(value, str) else value for n, value in changes.items()}
    return Listing(symbol="SOLUSDT", segment="linear", base="SOL", quote="USDT", is_trading=True, **exact)


def candles(*closes: tuple[int, float]) -> Candles:
    """Make daily closes of days that ended so many days before the one under way began."""
    return Candles(symbol="SOLUSDT", closes=tuple(Close(MIDNIGHT - ago * DAY_MS, price) for ago, price in closes))


def fundings(*payments: tuple[int, float]) -> Fundings:
    """Make funding that was paid so many hours ago."""
    return Fundings(symbol="SOLUSDT", payments=tuple(Payment(NOW - ago * HOUR, rate) for ago, rate in payments))


def vetted(row: Row) -> Vetted:
    """Check a row beside a sound one."""
    return vet([SOUND, row], NOW)


@pytest.mark.parametrize(
    ("changes", "doubt"),
    [
        *(({name: "NaN"}, "not_finite") for name in ("last", "mark", "index", "bid", "ask")),
        ({"mark": "Infinity"}, "not_finite"),
        ({"bid": "sNaN"}, "not_finite"),
        (dict.fromkeys(("last", "mark", "index", "bid", "ask")), "no_price"),
        (dict.fromkeys(("last", "mark", "index", "bid", "ask"), "0.00"), "no_price"),
        *(({name: "-100"}, "not_positive") for name in ("last", "mark", "index", "bid", "ask")),
        ({"last": "9.9E-19"}, "not_positive"),
        ({"last": "1E-18"}, None),
        ({"last": "1E+15"}, "not_positive"),
        ({"last": "999999999999999"}, None),
        ({"last": "1E+9999999"}, "not_positive"),
        ({"as_of_ms": NOW + 2_001}, "from_the_future"),
        ({"as_of_ms": NOW + 2_000}, None),
        ({"as_of_ms": NOW - 86_400_000}, None),
        ({"as_of_ms": None}, None),
        ({"mark": "105"}, "mark_far_from_index"),
        ({"mark": "104.999999"}, None),
        ({"mark": "95"}, "mark_far_from_index"),
        ({"mark": "95.000001"}, None),
        ({"mark": "0", "index": "100"}, None),
        ({"mark": None}, None),
        ({"index": None, "mark": "500"}, None),
        ({"index": "0", "mark": "500"}, None),
        ({"funding_rate": None, "next_funding_ms": None, "mark": "150"}, None),
    ],
)
def test_an_impossible_quote_is_dropped_with_its_reason(changes: dict[str, Any], doubt: Doubt | None) -> None:
    """At the edge and one step beyond; a dated future may be far from its index, which is its basis."""
    found = vetted(perpetual(**changes))

    assert found.dropped == ({} if doubt is None else {"SOLUSDT": doubt})
    assert found.doubts == Counter(found.dropped.values())
    assert set(found.rows) == {"BTCUSDT", "SOLUSDT"} - set(found.dropped)


def test_a_price_of_0_is_none() -> None:
    """Exchanges write 0 for a side of the book that is empty; the other prices stay."""
    row = vetted(perpetual(bid="0", ask="0.000")).rows["SOLUSDT"]

    assert row == perpetual(bid=None, ask=None)


@pytest.mark.parametrize(
    ("changes", "doubt"),
    [
        ({"funding_rate": "0.03"}, None),
        ({"funding_rate": "-0.03"}, None),
        ({"funding_rate": "0"}, None),
        ({"funding_rate": "0.0300001"}, "funding_rate"),
        ({"funding_rate": "-0.0300001"}, "funding_rate"),
        ({"funding_rate": "NaN"}, "funding_rate"),
        ({"funding_rate": "1E+9999999"}, "funding_rate"),
        ({"funding_rate": "1E-9999999"}, "funding_rate"),
        ({"funding_interval_hours": 0}, "funding_interval"),
        ({"funding_interval_hours": 25}, "funding_interval"),
        ({"funding_interval_hours": 24}, None),
        ({"funding_rate": None, "next_funding_ms": 10**17}, "funding_time"),
        ({"funding_rate": None, "next_funding_ms": -1}, "funding_time"),
        ({"funding_rate": "0.05", "funding_cap": "0.05"}, None),
        ({"funding_rate": "0.02", "funding_cap": "0.01"}, "funding_rate"),
        ({"funding_rate": "0.03", "funding_cap": "0"}, None),
        ({"next_funding_ms": None}, "funding_time"),
        ({"next_funding_ms": 0}, "funding_time"),
        ({"next_funding_ms": NOW - 2_000}, "funding_time"),
        ({"next_funding_ms": NOW - 1_999}, None),
        ({"next_funding_ms": NOW + 25 * HOUR}, None),
        ({"next_funding_ms": NOW + 25 * HOUR + 1}, "funding_time"),
        ({"funding_rate": None, "next_funding_ms": 0}, None),
    ],
)
def test_a_doubtful_funding_rate_is_none_and_the_prices_stay(changes: dict[str, Any], doubt: Doubt | None) -> None:
    """A rate beyond its cap or without a time that can be true goes, and the time with it."""
    found = vetted(perpetual(**changes))

    kept = {} if doubt is None else dict.fromkeys(("funding_rate", "next_funding_ms", "funding_interval_hours"))
    assert found.rows["SOLUSDT"] == perpetual(**{**changes, **kept})
    assert found.doubts == ({} if doubt is None else {doubt: 1})
    assert not found.dropped


@pytest.mark.parametrize(
    ("rows", "last_count", "is_believed"),
    [(1, 0, True), (0, 0, False), (5, 10, True), (4, 10, False), (1, 2, True), (1, 3, False), (9, 3, True)],
)
def test_a_board_that_lost_more_than_half_of_its_rows_is_refused(
    rows: int, last_count: int, *, is_believed: bool
) -> None:
    """Half is enough, none never is, and the first round has nothing to be held against."""
    sent = quotes(*(f"S{number}" for number in range(rows)))

    found = vet(sent, NOW)
    assert len(found.rows) == rows
    if is_believed:
        require_rows(found, last_count)
    else:
        with pytest.raises(UpstreamError, match=f"{rows} sound rows, after {last_count}") as refusal:
            require_rows(found, last_count)
        assert refusal.value.reason == "bad_payload"


def test_dropped_rows_are_none_that_count() -> None:
    """A board of nothing but impossible rows is refused, however many they are."""
    with pytest.raises(UpstreamError) as refusal:
        require_rows(vet(quotes("A", "B", "C", last=Decimal(-1)), NOW), 0)

    assert refusal.value.reason == "bad_payload"
    assert str(refusal.value).endswith("most were dropped for not_positive")


@pytest.mark.parametrize("first", [Decimal(1), Decimal(-1)])
@pytest.mark.parametrize("times", [2, 3])
def test_a_symbol_that_is_sent_more_than_once_is_dropped(first: Decimal, times: int) -> None:
    """Nobody knows which of the rows is true, were one of them impossible too."""
    again = quotes(*["A"] * (times - 1), last=Decimal(2))
    found = vet([SOUND, *quotes("A", last=first), *again], NOW)

    assert (set(found.rows), found.dropped, found.doubts) == ({"BTCUSDT"}, {"A": "sent_twice"}, {"sent_twice": 1})


def test_a_symbol_of_two_contents_is_not_believed_for_being_repeated() -> None:
    """What came first comes again in the end."""
    found = vet([*quotes("A"), *quotes("A", last=Decimal(2)), *quotes("A")], NOW)

    assert (found.rows, found.dropped) == ({}, {"A": "sent_twice"})


@pytest.mark.parametrize(
    ("row", "doubt"),
    [
        *(
            (listing(**{name: value}), doubt)
            for name in ("multiplier", "units", "lot_step", "tick_size", "max_leverage")
            for value, doubt in (
                ("NaN", "not_finite"),
                ("0", "unusable_terms"),
                ("-1", "unusable_terms"),
                ("9.9E-19", "unusable_terms"),
                ("1E-18", None),
                ("999999999999999", None),
                ("1E+15", "unusable_terms"),
            )
        ),
        *((listing(**{name: None}), None) for name in ("lot_step", "tick_size", "max_leverage")),
        *((listing(**{name: "Infinity"}), "not_finite") for name in ("min_quantity", "max_quantity", "min_notional")),
        (listing(taker_fee_rate="sNaN"), "not_finite"),
        (listing(tiers=tiers(("0", "0.01"), ("NaN", "0.02"))), "not_finite"),
        (listing(tiers=tiers(("0", "0.01"))), None),
        (Tiers(symbol="SOLUSDT", tiers=tiers(("0", "NaN"))), "not_finite"),
        (Tiers(symbol="SOLUSDT", tiers=()), "unusable_terms"),
        (Tiers(symbol="SOLUSDT", tiers=tiers(("0", "1E-999999999"))), "unusable_terms"),
        *((listing(**{name: "1E+999999999"}), "unusable_terms") for name in ("min_quantity", "taker_fee_rate")),
        (listing(tiers=tiers(("1E+999999999", "0.01"))), "unusable_terms"),
        (replace(listing(), expiry_ms=-1), "unusable_terms"),
        (replace(listing(), funding_interval_hours=0), "funding_interval"),
        (replace(listing(), funding_interval_hours=1), None),
        (replace(listing(), expiry_ms=7_000_000_000_001), "unusable_terms"),
        (replace(listing(), expiry_ms=7_000_000_000_000), None),
        (Tiers(symbol="SOLUSDT", tiers=tiers(("0", "0.01"))), None),
    ],
)
def test_terms_that_nobody_can_use_are_dropped(row: Listing | Tiers, doubt: Doubt | None) -> None:
    """Steps of 0, sizes beyond what the service writes, and what is no number."""
    found = vetted(row)

    assert found.dropped.get("SOLUSDT") == doubt
    assert found.rows.get("SOLUSDT") == (row if doubt is None else None)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (perpetual(), True),
        (perpetual(funding_cap="Infinity"), False),
        (listing(), True),
        (listing(units="NaN"), False),
        (listing(tiers=(Tier(NUMBER, NUMBER),)), True),
        (listing(tiers=(Tier(NUMBER, Decimal("NaN")),)), False),
        (Tiers(symbol="X", tiers=(Tier(Decimal("Infinity"), NUMBER),)), False),
        (candles((1, 70.0), (0, 71.0)), True),
        (candles((1, 70.0), (0, NAN)), False),
        (candles((1, INFINITY)), False),
        (fundings((8, 0.0001), (0, -0.0001)), True),
        (fundings((8, NAN)), False),
        (fundings((8, -INFINITY)), False),
    ],
)
def test_every_number_of_a_row_is_looked_at(row: Row, *, expected: bool) -> None:
    """Those of its tiers too, and those of every day."""
    assert is_finite(row) == expected


@pytest.mark.parametrize(
    ("close", "doubt"),
    [
        ((0, NAN), "not_finite"),
        ((0, INFINITY), "not_finite"),
        ((0, 0.0), "not_positive"),
        ((0, -70.0), "not_positive"),
        ((0, 9.9e-19), "not_positive"),
        ((0, 1e-18), None),
        ((0, 999_999_999_999_999.0), None),
        ((0, 1e15), "not_positive"),
        ((-2, 70.0), "from_the_future"),
        ((-3650, 70.0), "from_the_future"),
        ((6588, 70.0), None),
        ((6589, 70.0), "absurd_time"),
        ((30_000, 70.0), "absurd_time"),
    ],
)
def test_a_close_that_can_t_be_true_leaves_a_gap(close: tuple[int, float], doubt: Doubt | None) -> None:
    """The other days stay, and nothing is put in its place; the oldest day there is began with the year 2009."""
    others = [(3, 68.0), (2, 69.0)]

    found = vetted(candles(*others, close))

    kept = others if doubt else sorted([*others, close], reverse=True)
    assert found.rows["SOLUSDT"] == candles(*kept)
    assert found.doubts == ({} if doubt is None else {doubt: 1})
    assert not found.dropped


@pytest.mark.parametrize("shift", [1, -1, HOUR, DAY_MS // 2])
def test_a_close_of_no_whole_utc_day_leaves_a_gap(shift: int) -> None:
    """As of a candle of an hour, or of days that begin elsewhere."""
    whole = candles((3, 68.0), (2, 69.0))
    torn = replace(whole, closes=(*whole.closes, Close(MIDNIGHT - DAY_MS + shift, 70.0)))

    found = vetted(torn)

    assert (found.rows["SOLUSDT"], found.doubts) == (whole, {"absurd_time": 1})


@pytest.mark.parametrize(
    ("into_the_day", "is_over"),
    [(-DAY_MS, False), (-1, False), (0, False), (59_999, False), (60_000, True), (60_001, True), (DAY_MS - 1, True)],
)
def test_a_day_has_its_close_a_minute_after_it_ended(into_the_day: int, *, is_over: bool) -> None:
    """Before that the last trade may still come, and the price is none of a day; that is no doubt, but so every day."""
    sent = candles((2, 68.0), (1, 69.0), (0, 70.0))

    found = vet([sent], MIDNIGHT + into_the_day)

    kept = [(2, 68.0), (1, 69.0), (0, 70.0)] if is_over else [(2, 68.0), (1, 69.0)]
    expected = candles(*(kept if into_the_day != -DAY_MS else kept[:1]))
    assert (found.rows, found.dropped, found.doubts) == ({"SOLUSDT": expected}, {}, {})


def test_the_price_of_the_day_under_way_need_not_be_one() -> None:
    """It is not looked at."""
    found = vetted(candles((0, 70.0), (-1, NAN)))

    assert (found.rows["SOLUSDT"], found.doubts) == (candles((0, 70.0)), {})


def test_days_are_put_in_order() -> None:
    """Each has its own time, whatever comes first; gaps stay, and what is sent twice alike is there once."""
    found = vetted(candles((0, 70.0), (5, 65.0), (2, 68.0), (5, 65.0)))

    assert (found.rows["SOLUSDT"], found.doubts) == (candles((5, 65.0), (2, 68.0), (0, 70.0)), {})


@pytest.mark.parametrize("prices", [(68.0, 68.5), (68.0, 68.5, 68.0)])
def test_a_day_with_two_closes_has_none(prices: tuple[float, ...]) -> None:
    """Nobody knows which of them is true."""
    found = vetted(candles((4, 66.0), (3, 67.0), *((2, price) for price in prices), (0, 70.0)))

    assert (found.rows["SOLUSDT"], found.doubts) == (candles((4, 66.0), (3, 67.0), (0, 70.0)), {"sent_twice": 2})


@pytest.mark.parametrize(("wrong", "is_believed"), [(2, True), (3, False), (4, False)])
def test_a_history_that_lost_more_than_half_of_its_points_is_dropped(wrong: int, *, is_believed: bool) -> None:
    """Then nobody knows what the others are; the reason is what most were lost for."""
    sound = [(20, 68.0), (19, 69.0)]
    found = vetted(candles(*sound, *((ago, -1.0) for ago in range(wrong - 1)), (10, NAN)))

    if is_believed:
        assert (found.rows["SOLUSDT"], found.dropped) == (candles(*sound), {})
        assert found.doubts == {"not_positive": 1, "not_finite": 1}
    else:
        assert (found.dropped, found.doubts) == ({"SOLUSDT": "not_positive"}, {"not_positive": 1})


def test_candles_of_an_hour_are_not_taken_for_those_of_a_day() -> None:
    """One in 24 would pass for a day that ends 23 hours later."""
    hours = [Close(MIDNIGHT - ago * HOUR, 70.0) for ago in range(48)]

    assert vetted(Candles(symbol="SOLUSDT", closes=tuple(hours))).dropped == {"SOLUSDT": "absurd_time"}


@pytest.mark.parametrize("row", [candles(), candles((-1, 70.0)), fundings(), fundings((-8, 0.0001))])
def test_a_symbol_that_is_new_has_an_empty_history(row: Row) -> None:
    """Before its first day is over, and before its first funding: that is so, and no fault."""
    found = vetted(row)

    assert found.rows["SOLUSDT"] in {candles(), fundings()}
    assert (found.dropped, found.doubts) == ({}, {})


@pytest.mark.parametrize(
    ("payment", "doubt"),
    [
        ((8, NAN), "not_finite"),
        ((8, -INFINITY), "not_finite"),
        ((8, 0.05), None),
        ((8, -0.05), None),
        ((8, 0.0), None),
        ((8, 0.0500001), "funding_rate"),
        ((8, -0.0500001), "funding_rate"),
        ((0, 0.0001), None),
        ((-26, 0.0001), "funding_time"),
        ((500_000, 0.0001), "funding_time"),
    ],
)
def test_a_payment_that_can_t_be_true_leaves_a_gap(payment: tuple[int, float], doubt: Doubt | None) -> None:
    """Larger than any cap, or at no time of a payment; the others stay."""
    others = [(24, -0.0002), (16, 0.0003)]

    found = vetted(fundings(*others, payment))

    assert found.rows["SOLUSDT"] == fundings(*others, *([] if doubt else [payment]))
    assert found.doubts == ({} if doubt is None else {doubt: 1})


@pytest.mark.parametrize("ago", [-1, -25])
def test_a_funding_that_is_still_to_come_is_none_that_was_paid(ago: int) -> None:
    """Some list it with the others; that is no doubt."""
    found = vetted(fundings((8, 0.0001), (ago, 0.0002)))

    assert (found.rows["SOLUSDT"], found.doubts) == (fundings((8, 0.0001)), {})


def test_payments_are_put_in_order() -> None:
    """At whatever times they were made, some milliseconds after the hour too; two at one time are none."""
    late = Fundings(symbol="SOLUSDT", payments=(Payment(NOW - 4 * HOUR + 13, 0.0001),))
    sent = fundings((1, 0.0003), (8, 0.0001), (1, 0.0002), (12, 0.0))

    found = vetted(replace(sent, payments=(*sent.payments, *late.payments)))

    expected = (*fundings((12, 0.0), (8, 0.0001)).payments, *late.payments)
    assert found.rows["SOLUSDT"] == replace(sent, payments=expected)
    assert found.doubts == {"sent_twice": 2}


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (perpetual(), True),
        (perpetual(next_funding_ms=NOW - HOUR), True),
        (perpetual(last="-1"), False),
        (listing(), True),
        (listing(units="0"), False),
        (candles((5, 65.0), (0, 70.0)), True),
        (candles((0, 70.0), (5, 65.0)), False),
        (candles((5, 65.0), (0, -70.0)), False),
        (candles((0, 70.0), (-1, 71.0)), False),
        (fundings((9, 0.0001), (1, 0.0002)), True),
        (fundings((9, 0.0001), (9, 0.0001)), False),
        (fundings((9, 0.0001), (1, 0.1)), False),
    ],
)
def test_what_was_vetted_passes_again(row: Row, *, expected: bool) -> None:
    """Whole, and of a history every point; only of a quote the funding may have passed since."""
    assert is_sound([SOUND, row], NOW) == expected
