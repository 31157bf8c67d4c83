"""The words: what each takes, how it refuses, how it is written."""

from decimal import ROUND_CEILING, Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.hedging import units
from service.hedging.units import Coverage, Exact, Instant, InvalidWordError, Money, Price, Quantity, exactly

WORDS = [
    word
    for word in vars(units).values()
    if isinstance(word, type) and issubclass(word, Exact) and not issubclass(word, units.Result)
]


@pytest.mark.parametrize("word", WORDS, ids=lambda word: word.__name__)
def test_a_word_reads_its_own_example_and_writes_it_back(word: type[Exact]) -> None:
    """The document's example of every word is a value that the service takes."""
    assert str(word.parse(word.example)) == word.example


@pytest.mark.parametrize("word", WORDS, ids=lambda word: word.__name__)
@pytest.mark.parametrize(
    "text",
    [
        "",
        " 1",
        "1 ",
        "1\n",
        "+1",
        "1e5",
        "1E+5",
        ".5",
        "5.",
        "01",
        "1_000",
        "1,5",
        "\u0661",
        "\uff11",
        "0x1",
        "--1",
        "1.2.3",
    ],
)
def test_a_word_refuses_what_is_not_a_plain_decimal(word: type[Exact], text: str) -> None:
    """Python's Decimal takes most of these; a caller who sends one has made a slip."""
    with pytest.raises(InvalidWordError) as refusal:
        word.parse(text)

    assert refusal.value.code in {"not_a_decimal", "out_of_range"}


@pytest.mark.parametrize(
    ("word", "text", "code"),
    [
        (Price, "NaN", "not_finite"),
        (Quantity, "sNaN123", "not_finite"),
        (Quantity, "-Infinity", "not_finite"),
        (Price, "0", "zero_price"),
        (Price, "0.000", "zero_price"),
        (Price, "-0", "zero_price"),
        (Price, "-1", "negative_price"),
        (Price, "1" * 16, "out_of_range"),
        (Price, "0." + "0" * 18 + "1", "out_of_range"),
        (Price, "abc", "not_a_decimal"),
        (Quantity, "1." + "1" * 19, "out_of_range"),
        (Coverage, "10.1", "out_of_range"),
        (Coverage, "-0.1", "out_of_range"),
        (units.Leverage, "1000", "out_of_range"),
        (units.Leverage, "0", "out_of_range"),
        (units.InitialMarginRate, "0", "out_of_range"),
        (units.InitialMarginRate, "1.1", "out_of_range"),
        (units.MaintenanceMarginRate, "1", "out_of_range"),
        (units.FeeRate, "1", "out_of_range"),
        (units.Step, "0", "out_of_range"),
        (units.Contracts, "-1", "out_of_range"),
        (Price, 60000, "not_a_string"),
        (Price, None, "not_a_string"),
        (Instant, "2026-02-30T00:00:00Z", "no_such_day"),
        (Instant, "2026-01-01T00:00:00", "not_an_instant"),
        (Instant, "2026-01-01 00:00:00Z", "not_an_instant"),
        (Instant, "1969-12-31T23:59:59Z", "not_an_instant"),
        (Instant, "2199-12-31T23:59:59-00:01", "not_an_instant"),
        (Instant, "2026-06-30T23:59:60Z", "not_an_instant"),
        (Instant, 1767323045, "not_an_instant"),
    ],
)
def test_a_refusal_names_what_is_wrong(word: type[Exact | Instant], text: object, code: str) -> None:
    """A bot author learns from the code alone what to change."""
    with pytest.raises(InvalidWordError) as refusal:
        word.parse(text)

    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("word", "text"),
    [
        (Price, "0.50"),
        (Price, "0." + "0" * 17 + "1"),
        (Price, "9" * 15 + "." + "9" * 18),
        (Coverage, "10.0"),
        (Coverage, "0"),
        (units.InitialMarginRate, "1.00"),
        (units.FeeRate, "-0.00025"),
        (Quantity, "-0"),
    ],
)
def test_the_bounds_themselves_are_taken(word: type[Exact], text: str) -> None:
    """Trailing zeros and the ends of a range are what programs send."""
    assert word.parse(text) == Decimal(text)


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**15), max_value=10**15, places=18))
def test_what_is_written_is_plain_and_reads_back(value: Decimal) -> None:
    """One text form: no exponent, no trailing zeros, no negative zero, and nothing lost."""
    text = str(Exact(value))

    assert Decimal(text) == value
    assert "E" not in text
    assert text != "-0"
    assert not ("." in text and text.endswith("0"))


@pytest.mark.parametrize(
    ("value", "rounding", "text"),
    [
        ("0.000000005", None, "0"),
        ("0.000000015", None, "0.00000002"),
        ("-0.000000001", None, "0"),
        ("0.000000001", ROUND_CEILING, "0.00000001"),
        ("1E+5", None, "100000"),
    ],
)
def test_a_result_is_rounded_once_onto_its_places(value: str, rounding: str | None, text: str) -> None:
    """Money is rounded half to even at 8 places, and up where it is a margin requirement."""
    money = Money.of(Decimal(value), rounding) if rounding else Money.of(Decimal(value))

    assert str(money) == text


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z"),
        ("2026-01-02T03:04:05.5+01:00", "2026-01-02T02:04:05.500Z"),
        ("1970-01-01T00:00:00-14:00", "1970-01-01T14:00:00Z"),
        ("2199-12-31T23:59:59+14:00", "2199-12-31T09:59:59Z"),
    ],
)
def test_a_moment_is_written_in_utc(text: str, written: str) -> None:
    """Any offset is read; Z is written, and reads back."""
    assert str(Instant.parse(text)) == written
    assert str(Instant.parse(written)) == written


def test_exact_functions_ignore_the_callers_context() -> None:
    """A caller with three digits of precision gets all of the digits."""
    with localcontext() as context:
        context.prec = 3
        product = exactly(lambda: Decimal(123456789) * Decimal(987654321))()

    assert product == 121932631112635269


def test_a_moment_is_taken_over_from_milliseconds() -> None:
    """As exchanges write it."""
    assert str(Instant.of_ms(1767323045123)) == "2026-01-02T03:04:05.123Z"
