"""A book that stands beside no single contract: priced, weighed, with its betas, and what a hedge of it is worth.

Law: it is a record of its own within a question and within an answer, and every place in it is named from there.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, NamedTuple

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from service.api.lookups.book_betas import Asked, UsedBetas, find_betas
from service.api.lookups.marks import Spot, complete_spot
from service.api.lookups.origins import Prices, Source
from service.api.lookups.premises import PricesOrigin, ToldBetas, UsedPrices
from service.api.messages.problems import RefusalError, Violation, pointer
from service.hedging.betas import BetaQuestion, check_question, warn_of_betas
from service.hedging.carry import Worth, size_worth
from service.hedging.cautions import Caution
from service.hedging.errors import HedgingError
from service.hedging.portfolio import (
    Book,
    Holding,
    ValuedHolding,
    Weighting,
    require_prices,
    value_portfolio,
)
from service.hedging.units import Coverage, Instant, Money, exactly

_Share = Annotated[Coverage, Meta(description="Share of the (beta) exposure to hedge, 0 to 10.")]
_Weighting = Annotated[
    Weighting,
    Meta(description="`value` takes every beta as 1; `beta` uses the betas of the holdings, sent or estimated."),
]


class AskedBook(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A book that is to be hedged in whatever holds it best."""

    holdings: Annotated[
        tuple[Holding, ...],
        Meta(description="What is held; one asset sent twice counts once.", min_length=1, max_length=1000),
    ]
    prices: Annotated[
        Prices,
        Meta(
            description="Spot price by asset code, all in one dollar currency. What is sent counts; what is missing is "
            "looked up as `market` says.",
            examples=[{"SOL": "150"}],
        ),
    ] = msgspec.field(default_factory=dict)
    market: Annotated[
        Source | None,
        Meta(description="Where prices and past closes that were not sent are looked up; absent or null: nowhere."),
    ] = None
    weighting: _Weighting = "value"
    betas: Annotated[
        BetaQuestion | None,
        Meta(
            description="How betas to the instruments' underlying are estimated that the holdings don't bring, for "
            "weighting `beta`; null or absent: they have to bring them."
        ),
    ] = None
    coverage: _Share = Coverage("1")


class UsedBook(Struct, frozen=True, kw_only=True):
    """A book as it was used; prices, weighting, coverage and the series of betas can be sent back."""

    holdings: Annotated[
        tuple[ValuedHolding, ...],
        Meta(description="Merged by asset, in the order asked.", min_length=1, max_length=1000),
    ]
    exposure: Annotated[Money, Meta(description="Net value of all that is at risk.", examples=["8200"])]
    beta_exposure: Annotated[Money, Meta(description="Sum of beta times exposure.", examples=["9020"])]
    weighting: _Weighting
    betas: ToldBetas
    coverage: _Share
    prices: UsedPrices
    provenance: PricesOrigin


class FoundBook(NamedTuple):
    """A book with everything that it left to be found."""

    used: UsedBook
    worth: Worth
    currency: str | None
    """In which it was priced; None where all prices were sent, and nobody said."""
    cautions: tuple[Caution, ...]


async def find_book(state: Any, asked: AskedBook, underlying: str, *, as_of: Instant | None, until: float) -> FoundBook:
    """Look up the prices and betas that a book leaves out, and say what a hedge of it is worth.

    Args:
        state: of the application.
        asked: the book.
        underlying: what the instruments follow.
        as_of: time of the question.
        until: end of patience for all of it, of the steady clock.

    Raises:
        RefusalError: as of `complete_spot` and `find_betas`.
        HedgingError: price_missing, duplicate_symbol_beta_conflict, beta_missing; as of `find_betas`, `size_worth`.
    """
    with within_book():
        spot = await _price(state, asked, as_of=as_of, until=until)
        found = None
        if asked.betas is not None:
            plain = _weigh(replace(asked, weighting="value"), spot, underlying)
            question = Asked(asked.betas, asked.holdings, asked.market, as_of, until)
            found = await find_betas(state, question, plain, underlying=underlying)
            asked = replace(asked, holdings=found.holdings)
            if found.estimates:  # what they waited for, closes or a turn in the worker, has made the prices older
                spot = await _price(state, asked, as_of=as_of, until=until)
        book = _weigh(asked, spot, underlying)
        betas = None if found is None else found.describe(book, state.histories, underlying=underlying)
        worth = size_worth(book, asked.coverage, state.settings.max_notional)
    return FoundBook(_use(asked, book, spot, betas=betas), worth, _currency(asked, spot), tuple(_warn(book, betas)))


def check_book(asked: AskedBook) -> None:
    """Refuse betas that can't be meant, whatever the market says.

    Raises:
        InconsistentQuestionError: same.
    """
    with within_book():
        if asked.betas is not None:
            check_question(asked.betas, asked.weighting)


@contextmanager
def within_book() -> Iterator[None]:
    """Let what is refused about a book point into it; what is of the whole question stays where it is."""
    try:
        yield
    except HedgingError as error:
        raise error.moved((), ("book",)) from None
    except RefusalError as refusal:
        errors = [_move(one) for one in refusal.errors]
        raise RefusalError(refusal.code, refusal.detail, errors=errors, headers=refusal.headers) from None


_OF_QUESTION = pointer(("as_of",))


def _move(one: Violation) -> Violation:
    if one.pointer is msgspec.UNSET or one.pointer == _OF_QUESTION:
        return one
    return replace(one, pointer=f"#/book{one.pointer[1:]}")


async def _price(state: Any, asked: AskedBook, *, as_of: Instant | None, until: float) -> Spot:
    return await complete_spot(
        state.market, holdings=asked.holdings, prices=asked.prices, source=asked.market, as_of=as_of, until=until
    )


def _weigh(asked: AskedBook, spot: Spot, underlying: str) -> Book:
    require_prices((holding.asset for holding in asked.holdings), spot.prices)
    return value_portfolio(asked.holdings, spot.prices, weighting=asked.weighting, underlying=underlying)


def _currency(asked: AskedBook, spot: Spot) -> str | None:
    is_sent = all(origin.source == "request" for origin in spot.provenance.values())
    return None if asked.market is None or is_sent else asked.market.quote


@exactly
def _use(asked: AskedBook, book: Book, spot: Spot, *, betas: UsedBetas | None) -> UsedBook:
    used = [line.asset for line in book.holdings]
    return UsedBook(
        holdings=book.holdings,
        exposure=Money.of(book.exposure),
        beta_exposure=Money.of(book.beta_exposure),
        weighting=asked.weighting,
        betas=betas,
        coverage=asked.coverage,
        prices={name: spot.prices[name] for name in used},
        provenance={name: spot.provenance[name] for name in used},
    )


def _warn(book: Book, betas: UsedBetas | None) -> Iterator[Caution]:
    """Say what is odd about a book, each at its place within it."""
    notes = (*book.cautions, *(() if betas is None else warn_of_betas(betas)))
    yield from (replace(note, pointer=f"#/book{note.pointer[1:]}") for note in notes)
