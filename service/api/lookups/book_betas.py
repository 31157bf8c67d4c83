"""Finds the betas that the holdings of a question don't bring: from returns that were sent, or that are looked up.

Law: nothing is looked up that is not needed; what was looked up is told in full: sending it back gives the same.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated, Any, NamedTuple

from msgspec import Meta
from msgspec.structs import asdict

from service.api.lookups.absences import at
from service.api.lookups.origins import Source
from service.api.lookups.past_closes import Vault
from service.api.lookups.past_returns import Needs, PastOrigin, PastReturns, look_back, tell_origin
from service.api.messages.drawing import work
from service.hedging.betas import (
    WINDOW_DAYS,
    BetaQuestion,
    BookBetas,
    describe_betas,
    estimate,
    list_lacking,
    make_estimator,
    with_betas,
)
from service.hedging.estimation.estimates import BetaEstimate, Estimator
from service.hedging.portfolio import Book, Holding
from service.hedging.risk.samples import ReturnSeries, SentSeries, WindowSeries
from service.hedging.units import Instant
from service.market.history import Histories

MOST_AT_ONCE = 4000
"""Returns from which betas are estimated at once; more take their turn in the worker, so that others are answered."""


class UsedBetas(BookBetas, frozen=True, kw_only=True):
    """The betas of a book, with the returns that estimates were made from."""

    series: Annotated[
        SentSeries | None,
        Meta(
            description="Returns that were sent or looked up: sent back as `series`, without window_days, they say the "
            "same. Null where none were needed, nor sent."
        ),
    ]
    history: Annotated[
        PastOrigin | None,
        Meta(description="Where they were looked up and how old they are; null where none were looked up."),
    ]


class FoundBetas(NamedTuple):
    """Betas of a book on their way to an answer."""

    holdings: tuple[Holding, ...]
    """With the betas that were estimated."""
    estimator: Estimator
    estimates: Mapping[str, BetaEstimate]
    series: SentSeries | None
    past: PastReturns | None
    """None where nothing was looked up."""

    def describe(self, book: Book, histories: Histories, *, underlying: str) -> UsedBetas:
        """Say which betas a book has and where they are from.

        Args:
            book: with its betas and its prices of now.
            histories: that know how old closes are.
            underlying: what the betas are to.
        """
        described = describe_betas(book, self.estimator, self.estimates, underlying=underlying)
        history = None if self.past is None else tell_origin(histories, self.past)
        return UsedBetas(**asdict(described), series=self.series, history=history)


class Asked(NamedTuple):
    """A question about a book, as far as its betas depend on it."""

    betas: BetaQuestion
    holdings: Sequence[Holding]
    source: Source | None
    as_of: Instant | None
    until: float
    """End of patience, of the steady clock."""


async def find_betas(state: Any, asked: Asked, book: Book, *, underlying: str) -> FoundBetas:
    """Estimate the betas that holdings lack.

    Args:
        state: of the application.
        asked: the question.
        book: its book, all betas as 1.
        underlying: what the betas are to.

    Raises:
        RefusalError: as of `look_back`; overloaded.
        InconsistentQuestionError, TooFewObservationsError, ZeroVarianceError: as of `list_lacking`, `make_estimator`
            and `estimate`.
    """
    places = list_lacking(book, asked.holdings, underlying)
    estimator = make_estimator(asked.betas, underlying, is_needed=bool(places))
    if not places:
        return FoundBetas(tuple(asked.holdings), estimator, {}, asked.betas.series, None)
    series, past = await _look_back(state, asked, tuple(places), underlying=underlying)
    make = partial(estimate, series, places, estimator, underlying=underlying)
    estimates = await work(state.worker, make) if _is_large(series) else make()
    return FoundBetas(with_betas(asked.holdings, estimates), estimator, estimates, series, past)


async def _look_back(
    state: Any, asked: Asked, coins: tuple[str, ...], *, underlying: str
) -> tuple[SentSeries, PastReturns | None]:
    place, betas = at("betas"), asked.betas
    window = WindowSeries(window_days=betas.window_days or WINDOW_DAYS, interval_days=betas.interval_days or 1)
    return await look_back(
        Vault(state.market, state.histories, asked.until),
        window if betas.series is None else betas.series,
        asked.source,
        as_of=asked.as_of,
        needs=Needs(coins, {underlying: place}, asked.holdings),
        place=place,
    )


def _is_large(series: SentSeries) -> bool:
    """Tell whether estimating from it would keep others waiting."""
    columns = series.returns if isinstance(series, ReturnSeries) else series.closes
    return sum(map(len, columns.values())) > MOST_AT_ONCE
