"""What a hedge is expected to cost over its time, per unit of its value.

Law: a cost is positive where the hedger pays; drift against the hedge is a loss of the hedge and no cost of holding it,
and the two are shown apart. Costs are exact decimals, drift is a statistic.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Literal, NamedTuple

from msgspec import Meta, Struct

from service.hedging.cautions import Caution, caution
from service.hedging.contracts import Contract
from service.hedging.costs.instruments import USUAL_TAKER_FEE
from service.hedging.errors import Fault, InconsistentQuestionError
from service.hedging.rates import YEAR_DAYS, annualize, days_between
from service.hedging.risk.hedge_ratios import tidy
from service.hedging.term_structure.funding import USUAL_HOURS
from service.hedging.units import AnnualRate, FeeRate, FundingRate, Instant, Share, exactly

ExpectedCostRate = Annotated[
    AnnualRate | None,
    Meta(
        description="What holding the hedge costs over the horizon, as a fraction of its notional: `cost_rate` of "
        "/v1/carry. Null or absent: two trades at fee_rate, less the funding.",
        examples=["-0.008"],
    ),
]
ExpectedFundingRate = Annotated[
    FundingRate | None,
    Meta(
        description="Mean funding per interval of the contract that you expect, 8 hours where it does not say; "
        "null or absent: none is counted, with a warning.",
        examples=["0.0001"],
    ),
]
ExpectedFeeRate = Annotated[
    FeeRate | None,
    Meta(
        description="Cost of one trade as a fraction of the notional, half of the spread included; null or absent: "
        "the contract's taker fee, or 0.0005 with a warning."
    ),
]


class Outlook(NamedTuple):
    """What the caller expects of the time for which the hedge is held."""

    horizon_days: float
    expected_drift: float
    """Annual rate at which the underlying is expected to rise."""
    cost_rate: AnnualRate | None
    """Of holding the hedge over the horizon; None: from fees and funding."""
    funding_rate: FundingRate | None
    """Mean per interval; None for none."""
    fee_rate: FeeRate | None
    """Per trade; None for the contract's."""

    @property
    def years(self) -> float:
        """The horizon in years."""
        return self.horizon_days / float(YEAR_DAYS)


class HoldingCost(Struct, frozen=True, kw_only=True):
    """What the hedge is expected to cost over the horizon, as a fraction of its notional."""

    source: Annotated[
        Literal["sent", "fees_and_funding"], Meta(description="`cost_rate` as sent, or made from fees and funding.")
    ]
    rate: Annotated[
        Share, Meta(description="Over the horizon: positive is paid, negative earned.", examples=["-0.008"])
    ]
    annualized_rate: Annotated[Share, Meta(description="Same as a simple rate a year.", examples=["-0.0973"])]
    fee_rate: Annotated[
        FeeRate | None, Meta(description="Per trade, of which there are two; null where the cost was sent.")
    ]
    funding_rate: Annotated[
        FundingRate | None, Meta(description="Mean per interval, 0 where none was sent; null where the cost was.")
    ]
    funding_payments: Annotated[
        Annotated[int, Meta(ge=0, le=8760)] | None,
        Meta(
            description="Whole funding intervals in the horizon, 0 for what expires; null where the cost was sent.",
            examples=[90],
        ),
    ]
    expected_loss_rate: Annotated[
        float,
        Meta(
            description="What a hedge is expected to lose per unit over the horizon: the cost, and the drift of the "
            "underlying against it.",
            examples=[-0.008],
        ),
    ]


class Expected(NamedTuple):
    """A cost as it is reckoned with, per unit of the hedge over the horizon."""

    cost: HoldingCost
    rate: Decimal
    """Cost, unrounded."""
    loss: float
    """Cost and drift against the hedge: mu."""
    drift: float
    """Of the underlying against the hedge."""


def check_outlook(outlook: Outlook) -> None:
    """Refuse a cost that is stated twice.

    Raises:
        InconsistentQuestionError: same.
    """
    if outlook.cost_rate is not None:
        parts = {"funding_rate": outlook.funding_rate, "fee_rate": outlook.fee_rate}
        faults = [
            Fault((name,), f"cost_rate is all of it: leave {name} out")
            for name, rate in parts.items()
            if rate is not None
        ]
        if faults:
            raise InconsistentQuestionError(*faults)


@exactly
def expect_cost(outlook: Outlook, contract: Contract, *, is_short: bool) -> Expected:
    """Reckon what a hedge is expected to cost.

    Args:
        outlook: checked.
        contract: whose fee and funding interval are taken.
        is_short: whether the hedge is short: it receives positive funding, and loses where the underlying rises.

    Raises:
        InconsistentQuestionError: for funding of a contract that expires.
    """
    if contract.expiry is not None and outlook.funding_rate is not None:
        detail = f"{contract.symbol} expires and is not funded: leave funding_rate out, or send cost_rate"
        raise InconsistentQuestionError(Fault(("funding_rate",), detail))
    fee = _fee_of(outlook, contract)
    funding = FundingRate("0") if outlook.funding_rate is None else outlook.funding_rate
    payments = count_payments(outlook.horizon_days, contract)
    received = funding * payments if is_short else -funding * payments
    rate = 2 * fee - received if outlook.cost_rate is None else Decimal(outlook.cost_rate)
    drift = outlook.expected_drift * outlook.years * (1 if is_short else -1)
    is_sent = outlook.cost_rate is not None
    cost = HoldingCost(
        source="sent" if is_sent else "fees_and_funding",
        rate=Share.of(rate),
        annualized_rate=Share.of(annualize(rate, Decimal(repr(outlook.horizon_days)))),
        fee_rate=None if is_sent else fee,
        funding_rate=None if is_sent else funding,
        funding_payments=None if is_sent else payments,
        expected_loss_rate=tidy(float(rate) + drift),
    )
    return Expected(cost, rate, float(rate) + drift, drift)


@exactly
def count_payments(horizon_days: float, contract: Contract) -> int:
    """Count the whole funding intervals in a time: none of what expires, every 8 hours where the contract is silent."""
    if contract.expiry is not None:
        return 0
    hours = contract.funding_interval_hours or USUAL_HOURS
    return int(Decimal(repr(horizon_days)) * 24 // hours)


def is_fee_known(outlook: Outlook, contract: Contract) -> bool:
    """Tell whether the cost rests on a fee that somebody stated."""
    return not (outlook.cost_rate is None and outlook.fee_rate is None and contract.taker_fee_rate is None)


def warn_of_horizon(outlook: Outlook, contract: Contract, as_of: Instant) -> Iterator[Caution]:
    """Say where the contract settles before the hedge ends."""
    expiry, horizon = contract.expiry, outlook.horizon_days
    if expiry is not None and days_between(as_of, expiry) < Decimal(repr(horizon)):
        detail = (
            f"{contract.symbol} settles before the {horizon:g} days are over: rolling it costs two trades more, which "
            "are not counted"
        )
        yield caution("expires_first", detail, "contract", "expiry")


def warn_of_cost(outlook: Outlook, contract: Contract, cost: HoldingCost) -> Iterator[Caution]:
    """Say what the expected cost leaves out, or takes as usual."""
    if not is_fee_known(outlook, contract):
        detail = f"The fee of {contract.symbol} is not known: taken as {cost.fee_rate} a trade"
        yield caution("cost_assumed", detail, "cost", "fee_rate")
    if outlook.cost_rate is None and outlook.funding_rate is None:
        kind = "funding" if contract.expiry is None else "basis"
        detail = f"No {kind} is counted in the cost: send cost_rate, which /v1/carry answers"
        yield caution("cost_assumed", detail, "cost")
    if outlook.funding_rate and contract.funding_interval_hours is None:
        detail = f"{contract.symbol} does not say how often funding is paid: taken as every {USUAL_HOURS} hours"
        yield caution("cost_assumed", detail, "cost", "funding_payments")


def _fee_of(outlook: Outlook, contract: Contract) -> FeeRate:
    stated = contract.taker_fee_rate if outlook.fee_rate is None else outlook.fee_rate
    return USUAL_TAKER_FEE if stated is None else stated
