"""What questions about a contract and a book begin with, and what their answers were made from.

Law: the same members mean the same in every question, and sending back what an answer shows of them reproduces it.
"""

from collections.abc import Iterable
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import asdict

from service.api.marks import complete
from service.api.origins import Completed, ContractSource, Listed, Prices, Provenance, Source
from service.hedging.contracts import Contract
from service.hedging.coverage import CoverageAnswer
from service.hedging.distribution import Simulation
from service.hedging.portfolio import Holding, ValuedHolding, Weighting
from service.hedging.posting import PostedLine
from service.hedging.scenarios import Scenarios
from service.hedging.sizing import Sizing
from service.hedging.statement import AccountMargin
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
        Meta(description="`value` takes every beta as 1; `beta` uses the betas of the holdings."),
    ] = "value"
    as_of: AskedTime = None


async def look_up(market: Market, question: BookQuestion) -> Completed:
    """Look up what a question leaves out.

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
