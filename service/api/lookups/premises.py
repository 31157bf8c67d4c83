"""What questions about a contract and a book begin with, and what their answers were made from.

Law: the same members mean the same in every question, and sending back what an answer shows of them reproduces it.
"""

from collections.abc import Iterable
from typing import Annotated, Any, Generic, NamedTuple, TypeVar

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import asdict, replace

from service.api.lookups.book_betas import Asked, UsedBetas, find_betas
from service.api.lookups.marks import complete
from service.api.lookups.origins import Completed, ContractSource, Listed, Prices, Provenance, Source, time_of
from service.hedging.betas import BetaQuestion, check_question, warn_of_betas
from service.hedging.contracts import Contract
from service.hedging.coverage import CoverageAnswer
from service.hedging.paths.distribution import Simulation
from service.hedging.portfolio import Holding, ValuedHolding, Weighting
from service.hedging.scenarios import Scenarios
from service.hedging.setting import Setting, lay_out
from service.hedging.sizing import Sizing
from service.hedging.survival.posting import PostedLine
from service.hedging.survival.statement import AccountMargin
from service.hedging.units import Instant, Symbol
from service.market.lookup import Market

AskedTime = Annotated[
    Instant | None,
    Meta(description="Time of the question; absent or null: now. With it the answer is reproducible."),
]
UsedTerms = Annotated[Contract, Meta(description="The terms used, defaults included; never `listed`.")]
TermsOrigin = Annotated[ContractSource, Meta(description="Where the terms came from.")]
UsedPrices = Annotated[
    Prices, Meta(description="Every price used; sending them back with as_of reproduces the answer.")
]
PricesOrigin = Annotated[
    dict[Symbol, Provenance], Meta(description="Where each of the prices came from.", max_length=2000)
]
UsedTime = Annotated[Instant, Meta(description="Time of the question.")]
ToldBetas = Annotated[
    UsedBetas | None,
    Meta(description="Betas, those estimated with their doubt; null where `betas` was not asked for."),
]
Answer = Sizing | AccountMargin | Scenarios | Simulation | CoverageAnswer
"""What the core says to a question about a contract."""


class BookQuestion(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A book, a contract to hedge it with, and their prices."""

    holdings: Annotated[
        tuple[Holding, ...],
        Meta(description="The book; one asset sent twice counts once.", min_length=1, max_length=1000),
    ]
    contract: Annotated[
        Contract | Listed, Meta(description="The future to hedge with, in full or by the name that an exchange lists.")
    ]
    prices: Annotated[
        Prices,
        Meta(
            description="Spot price by asset code, futures mark price by contract symbol, all in one dollar currency, "
            "the contract's own. What is sent counts; what is missing is looked up as `market` says.",
            examples=[{"SOL": "150", "BTC-MINI": "60000"}],
        ),
    ] = msgspec.field(default_factory=dict)
    market: Annotated[
        Source | None,
        Meta(description="Where spot prices that were not sent are looked up; absent or null: nowhere."),
    ] = None
    weighting: Annotated[
        Weighting,
        Meta(description="`value` takes every beta as 1; `beta` uses the betas of the holdings, sent or estimated."),
    ] = "value"
    betas: Annotated[
        BetaQuestion | None,
        Meta(
            description="How betas are estimated that the holdings don't bring, for weighting `beta`; null or absent: "
            "they have to bring them."
        ),
    ] = None
    as_of: AskedTime = None


Q = TypeVar("Q", bound=BookQuestion)


class Premises(NamedTuple, Generic[Q]):
    """A question with everything that it left to be found."""

    question: Q
    """Its holdings have the betas that were estimated."""
    completed: Completed
    """With what is to be known of prices, terms and betas."""
    betas: UsedBetas | None


async def look_up(state: Any, question: Q, *, until: float | None = None) -> Premises[Q]:
    """Look up the terms and prices that a question leaves out, and estimate the betas if it asks for that.

    Args:
        state: of the application.
        question: about a contract and a book.
        until: end of patience for all of it, of the steady clock; None for as long as a question that comes now has.

    Raises:
        RefusalError: as of `complete` and `find_betas`.
        HedgingError: as of `check_question`, `lay_out` and `find_betas`; an estimate waits until nothing else of the
            book stands in the way.
    """
    until = state.market.deadline() if until is None else until
    if question.betas is None:
        return Premises(question, await look_up_prices(state.market, question, until=until), None)
    check_question(question.betas, question.weighting)
    completed = await look_up_prices(state.market, question, until=until)
    asked = Asked(question.betas, question.holdings, question.market, question.as_of, until)
    plain = _lay_out(replace(question, weighting="value"), completed)
    underlying = plain.contract.underlying
    found = await find_betas(state, asked, plain.book, underlying=underlying)
    question = replace(question, holdings=found.holdings)
    if found.estimates:  # what they waited for, closes or a turn in the worker, has made the prices older
        completed = await look_up_prices(state.market, question, until=until)
    betas = found.describe(_lay_out(question, completed).book, state.histories, underlying=underlying)
    cautions = (*completed.cautions, *warn_of_betas(betas))
    return Premises(question, completed._replace(cautions=cautions), betas)


def _lay_out(question: BookQuestion, completed: Completed) -> Setting:
    return lay_out(
        holdings=question.holdings,
        contract=completed.contract,
        prices=completed.prices,
        weighting=question.weighting,
        as_of=time_of(question.as_of),
    )


async def look_up_prices(market: Market, question: BookQuestion, *, until: float) -> Completed:
    """Look up the terms and prices that a question leaves out.

    Raises:
        RefusalError: as of `complete`.
    """
    return await complete(
        market,
        holdings=question.holdings,
        contract=question.contract,
        prices=question.prices,
        source=question.market,
        as_of=question.as_of,
        until=until,
    )


def with_premises(
    found: Answer, completed: Completed, held: Iterable[ValuedHolding | PostedLine], *, as_of: Instant
) -> dict[str, Any]:
    """Put an answer of the core beside everything it was made from, as the members of a reply.

    Args:
        found: the answer.
        completed: the contract and all prices, with what is to be known of them before all else.
        held: whose spot prices were used, in the order of the answer.
        as_of: the time that it is of.
    """
    contract, prices = completed.contract, completed.prices
    names = dict.fromkeys([*(line.asset for line in held), contract.symbol, contract.underlying])
    used = [name for name in names if name in prices]
    return asdict(found) | {
        "warnings": (*completed.cautions, *found.warnings),
        "contract": contract,
        "contract_source": completed.contract_source,
        "prices": {name: prices[name] for name in used},
        "provenance": {name: completed.provenance[name] for name in used},
        "as_of": as_of,
    }
