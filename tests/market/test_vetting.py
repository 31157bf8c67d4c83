"""What an exchange sends is believed only as far as it makes sense, and each doubt has its edge."""

from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from service.market.source import Listing, Quote, Tier, Tiers, UpstreamError
from service.market.vetting import Doubt, Vetted, is_finite, require_rows, vet
from tests.market.hand import quotes, tiers

NOW = 1_800_000_000_000
HOUR = 3_600_000
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


def vetted(row: Quote | Listing | Tiers) -> Vetted:
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
    ],
)
def test_every_number_of_a_row_is_looked_at(row: Quote | Listing | Tiers, *, expected: bool) -> None:
    """Those of its tiers too."""
    assert is_finite(row) == expected
