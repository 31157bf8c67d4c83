"""The book: duplicates, stablecoins, short holdings and betas, each by its rule."""

from decimal import Decimal

import pytest

from service.hedging.errors import BetaConflictError, BetaMissingError, PriceMissingError
from service.hedging.portfolio import (
    Book,
    Holding,
    Weighting,
    require_prices,
    value_portfolio,
)
from service.hedging.units import Price
from tests.hedging.build import holding, prices


def valued(holdings: list[Holding], weighting: Weighting = "value", **quotes: str) -> Book:
    """Value a book against a BTC future."""
    return value_portfolio(holdings, prices(**quotes), weighting=weighting, underlying="BTC")


def codes(book: Book) -> list[str]:
    """List the warnings of a book."""
    return [caution.code for caution in book.cautions]


def test_a_book_with_everything_in_it_is_valued_by_the_rules() -> None:
    """Duplicates, a stablecoin and a short holding in one book."""
    book = valued(
        [
            holding("SOL", "20", 1.2),
            holding("ADA", "5000", 1.1),
            holding("SOL", "2.5", 1.2),
            holding("USDT", "1500"),
            holding("DOGE", "-10000", 1.3),
        ],
        weighting="beta",
        SOL="150.25",
        ADA="0.4512",
        USDT="1",
        DOGE="0.0812",
    )

    assert (book.net_value, book.gross_value) == (Decimal("6324.625"), Decimal("7948.625"))
    assert (book.exposure, book.beta_exposure) == (Decimal("4824.625"), Decimal("5482.75"))
    assert [line.asset for line in book.holdings] == ["SOL", "ADA", "USDT", "DOGE"]
    assert codes(book) == ["duplicates_merged"]


def test_weights_are_shares_of_the_net_exposure() -> None:
    """Signed, adding up to one; a pegged stablecoin has none."""
    book = valued([holding("SOL", "3"), holding("ADA", "-1"), holding("USDC", "9")], SOL="100", ADA="100", USDC="1")

    assert [str(line.weight) for line in book.holdings] == ["1.5", "-0.5", "0"]


def test_there_are_no_weights_without_net_exposure() -> None:
    """Null, not zero, where a share has nothing to be a share of."""
    book = valued([holding("SOL", "1"), holding("ADA", "-1")], SOL="100", ADA="100")

    assert [line.weight for line in book.holdings] == [None, None]


@pytest.mark.parametrize(
    ("short", "warned"),
    [
        ("-66", []),
        ("-67", ["longs_offset_shorts"]),
        ("-99", ["longs_offset_shorts"]),
        ("-100", []),
        ("-101", ["longs_offset_shorts"]),
        ("-151", []),
    ],
)
def test_a_book_of_which_little_is_left_is_questioned(short: str, warned: list[str]) -> None:
    """Where longs and shorts leave less than a fifth of their sum, money aside; of nothing nothing is a share."""
    book = valued([holding("SOL", "1"), holding("ADA", short), holding("USDC", "500")], SOL="100", ADA="1", USDC="1")

    assert codes(book) == warned


@pytest.mark.parametrize(
    ("price", "kind", "exposure", "warned"),
    [
        ("0.98", "stablecoin", "0", []),
        ("1.02", "stablecoin", "0", []),
        ("0.9799", "risky", "97.99", ["depeg"]),
        ("1.0201", "risky", "102.01", ["depeg"]),
    ],
)
def test_a_stablecoin_off_its_peg_is_a_risk(price: str, kind: str, exposure: str, warned: list[str]) -> None:
    """More than 2 % off counts as exposure, and the answer says so."""
    book = valued([holding("USDT", "100")], USDT=price)

    (line,) = book.holdings
    assert (line.kind, str(line.exposure), codes(book)) == (kind, exposure, warned)


def test_the_underlying_has_beta_one_to_its_own_future() -> None:
    """BTC in the book is not dropped and needs no beta."""
    book = valued([holding("BTC", "1"), holding("SOL", "100", 1.5)], "beta", BTC="60000", SOL="150")

    assert book.beta_exposure == 82500
    assert codes(book) == []


def test_another_beta_for_the_underlying_is_used_and_questioned() -> None:
    """What the caller says counts; what looks like a slip is said."""
    book = valued([holding("BTC", "1", 0.9)], "beta", BTC="60000")

    assert book.beta_exposure == 54000
    assert codes(book) == ["own_beta"]


def test_betas_that_are_not_used_are_mentioned() -> None:
    """Weighting by value takes every beta as one, which a caller who sent betas may not expect."""
    book = valued([holding("SOL", "1", 2.5), holding("ADA", "1")], SOL="150", ADA="1")

    assert book.beta_exposure == 151
    assert codes(book) == ["beta_ignored"]


def test_a_beta_is_the_decimal_that_it_prints_as() -> None:
    """0.1 is a tenth: the float's binary tail does not enter the money."""
    book = valued([holding("SOL", "3", 0.1)], "beta", SOL="1")

    assert book.beta_exposure == Decimal("0.3")


def test_every_asset_without_a_beta_is_named() -> None:
    """All at once, at the place where each first stands; stablecoins and the underlying need none."""
    book = [holding("SOL", "1"), holding("USDT", "1"), holding("BTC", "1"), holding("SOL", "1"), holding("ADA", "1")]

    with pytest.raises(BetaMissingError) as refusal:
        valued(book, "beta", SOL="1", USDT="1", BTC="1", ADA="1")

    assert [fault.path for fault in refusal.value.faults] == [("holdings", 0, "beta"), ("holdings", 4, "beta")]


def test_a_depegged_stablecoin_needs_a_beta_like_any_risk() -> None:
    """It has no peg to rely on."""
    with pytest.raises(BetaMissingError):
        valued([holding("USDT", "1")], "beta", USDT="0.9")


def test_two_betas_for_one_asset_are_refused() -> None:
    """Every place that contradicts the first is named."""
    book = [holding("SOL", "1", 1.1), holding("SOL", "1", 1.2), holding("ADA", "1", 1.0), holding("ADA", "1", 2.0)]

    with pytest.raises(BetaConflictError) as refusal:
        valued(book, SOL="1", ADA="1")

    assert [fault.path for fault in refusal.value.faults] == [("holdings", 1, "beta"), ("holdings", 3, "beta")]


@pytest.mark.parametrize("betas", [(None, 1.5), (1.5, None), (1.5, 1.5)])
def test_one_beta_is_enough_for_a_duplicate(betas: tuple[float | None, float | None]) -> None:
    """A duplicate without a beta takes the other's."""
    book = valued([holding("SOL", "1", beta) for beta in betas], "beta", SOL="100")

    assert book.beta_exposure == 300


def test_every_missing_price_is_named_once() -> None:
    """A caller mends all prices in one go."""
    with pytest.raises(PriceMissingError) as refusal:
        require_prices(["SOL", "ADA", "SOL", "BTC"], {"ADA": Price("1")})

    assert [fault.path for fault in refusal.value.faults] == [("prices", "SOL"), ("prices", "BTC")]
