"""What comes out of scenarios, as it is told: each thing that happens, and each hedge through all of them.

Law: a number is rounded once, here; a column that can't be known is null as a whole, with the reason beside it.
"""

from collections.abc import Callable, Sequence
from decimal import ROUND_DOWN, Decimal
from typing import Annotated, Literal, NamedTuple, TypeVar

from msgspec import Meta, Struct

from service.hedging.moves.courses import Course, Kind
from service.hedging.moves.futures_leg import Charges, Leg, Outcome, Status
from service.hedging.moves.shocks import Script
from service.hedging.moves.spot_curve import SpotCurve
from service.hedging.moves.turning_points import BreakEvenReason, LimitReason, NetCurve, find_breach, find_break_even
from service.hedging.portfolio import Book
from service.hedging.rounding import drop_noise, round_up
from service.hedging.stresses import KnownBy
from service.hedging.survival.collateral import Backing, LiquidationReason, Margin
from service.hedging.units import Asset, Money, Result, Share, Size, exactly

MOST_ROWS = 616
"""500 moves, 16 stresses and 100 shocks."""
R = TypeVar("R", bound=Result)

InitialReason = Literal["initial_margin_rate_missing"]
MaintenanceReason = Literal["maintenance_rate_missing"]
Column = Annotated[tuple[Money, ...], Meta(max_length=MOST_ROWS)]


class Scenario(Struct, frozen=True, kw_only=True):
    """One thing that happens, and what the coins make of it."""

    name: Annotated[
        str,
        Meta(
            description="The move, the stress, or the shock's own name.",
            max_length=60,
            examples=["-0.2", "luna-2022-05"],
        ),
    ]
    kind: Annotated[Kind, Meta(description="Which of the three.")]
    definition: Annotated[
        Annotated[str, Meta(max_length=1000)] | None,
        Meta(
            description="What is taken to happen in a stress; null for moves and shocks, which say it themselves.",
            examples=["From the close of 2022-05-04 to that of 2022-05-12, in UTC."],
        ),
    ]
    underlying_move: Annotated[Share, Meta(description="Move of the contract's underlying.", examples=["-0.2"])]
    futures_move: Annotated[
        Share, Meta(description="Move of the future in its own currency, basis included.", examples=["-0.2"])
    ]
    days: Annotated[float, Meta(description="How long it lasts, 0 for a moment.", ge=0, le=1825, examples=[0.0])]
    known_by: Annotated[
        KnownBy | None, Meta(description="What a window of the past is known by; null for all that is assumed.")
    ]
    by_beta: Annotated[
        tuple[Asset, ...],
        Meta(
            description="Coins whose own move in the window nobody knows: beta x underlying_move.",
            max_length=1000,
            examples=[["TON"]],
        ),
    ]
    spot_pnl: Annotated[Money, Meta(description="Profit of the coins, without any hedge.", examples=["-2000"])]
    spot_return: Annotated[
        Share | None, Meta(description="spot_pnl / |exposure|; null as `return_reason` says.", examples=["-0.2"])
    ]


class HedgeOutcome(Struct, frozen=True, kw_only=True):
    """One hedge through all scenarios: columns in the order of `scenarios`, in the quote currency; margin apart."""

    contracts: Annotated[Size, Meta(description="Contracts held, never negative: the side is `side`.", examples=["1"])]
    notional: Annotated[Money, Meta(description="Value of the hedge at entry.", examples=["6000"])]
    coverage: Annotated[
        Share | None, Meta(description="notional / |beta_exposure|; null where `coverage_reason` says why.")
    ]
    coverage_reason: Annotated[Literal["no_exposure"] | None, Meta(description="Why there is no coverage.")]
    margin: Annotated[Margin, Meta(description="At entry, before any funding.")]
    liquidation_move: Annotated[
        Share | None,
        Meta(
            description="Nearest move of the future that liquidates the hedge in `days`, after funding that is paid; 0 "
            "at once.",
            examples=["0.04581667"],
        ),
    ]
    liquidation_reason: Annotated[
        LiquidationReason | None,
        Meta(description="Why there is none."),
    ]
    break_even_move: Annotated[
        Share | None,
        Meta(
            description="Move of the underlying nearest to 0 at which the net profit of `moves` is 0, or jumps over it "
            "as the hedge is liquidated.",
            examples=["0.001"],
        ),
    ]
    break_even_reason: Annotated[
        BreakEvenReason | None,
        Meta(
            description="Why there is none. always: the net is 0 at every small move. flat: it does not depend on "
            "small moves, and no large one brings it to 0. never: no move from -1 to 10 does."
        ),
    ]
    loss_limit_move: Annotated[
        Share | None,
        Meta(
            description="Move of the underlying nearest to 0, rounded toward it, at which the net loss of `moves` "
            "reaches loss_limit.",
            examples=["-0.4"],
        ),
    ]
    loss_limit_reason: Annotated[
        LimitReason | None, Meta(description="Why there is none. never: no move from -1 to 10 does.")
    ]
    hedge_pnl: Annotated[
        Column, Meta(description="Profit of the futures; liquidated or lost: minus the wallet.", examples=[["2000"]])
    ]
    funding_pnl: Annotated[
        Column,
        Meta(description="Funding received, on the value at entry; 0 where the wallet is gone.", examples=[["0"]]),
    ]
    fees: Annotated[
        Column,
        Meta(
            description="Fees of entry and exit: a cost is positive. Of the entry alone where the wallet is gone.",
            examples=[["5.4"]],
        ),
    ]
    net_pnl: Annotated[Column, Meta(description="spot_pnl + hedge_pnl + funding_pnl - fees.", examples=[["-5.4"]])]
    net_return: Annotated[
        Annotated[tuple[Share, ...], Meta(max_length=MOST_ROWS)] | None,
        Meta(description="net_pnl / |exposure|; null as `return_reason` says.", examples=[["-0.00054"]]),
    ]
    status: Annotated[
        tuple[Status, ...],
        Meta(
            description="At the end. margin_call: equity below initial margin. liquidated: the wallet is lost, the "
            "coins are unhedged. closed: by the exchange, on the way. lost: with the account. unknown: margin terms "
            "are missing, and liquidation is not looked at.",
            max_length=MOST_ROWS,
            examples=[["ok"]],
        ),
    ]
    equity: Annotated[
        Column | None,
        Meta(description="Wallet, profit and funding, in the settlement currency.", examples=[["2500"]]),
    ]
    equity_reason: Annotated[InitialReason | None, Meta(description="Why there is no equity: nobody knows the wallet.")]
    maintenance: Annotated[
        Column | None,
        Meta(description="Margin that must remain, rounded up, in the settlement currency.", examples=[["32"]]),
    ]
    maintenance_reason: Annotated[MaintenanceReason | None, Meta(description="Why there is no maintenance margin.")]
    top_up: Annotated[
        Column | None,
        Meta(
            description="What the wallet lacks for initial margin at the end, rounded up, in the settlement currency; "
            "liquidated: what it lacked beforehand.",
            examples=[["0"]],
        ),
    ]
    top_up_reason: Annotated[InitialReason | None, Meta(description="Why that is not known.")]


class Play(NamedTuple):
    """What all hedges have in common."""

    book: Book
    backing: Backing
    unit: Decimal
    spot: SpotCurve
    courses: Sequence[Course]
    spot_profits: Sequence[Decimal]
    charges: Charges
    """Of the moves."""
    largest_loss: Decimal | None
    """In the quote currency; None where there is no limit, or nothing to take it of."""


class Hedged(NamedTuple):
    """One hedge with what becomes of it."""

    leg: Leg
    margin: Margin
    net: NetCurve
    outcomes: Sequence[Outcome]


@exactly
def report_course(course: Course, spot_profit: Decimal, book: Book) -> Scenario:
    """Write down what happens, and what the coins make of it."""
    return Scenario(
        name=course.name,
        kind=course.kind,
        definition=None if course.stress is None else course.stress.definition,
        underlying_move=Share.of(course.underlying_move),
        futures_move=Share.of(course.fate.move),
        days=float(course.days),
        known_by=course.known_by,
        by_beta=course.by_beta,
        spot_pnl=Money.of(spot_profit),
        spot_return=Share.of(spot_profit / abs(book.exposure)) if book.exposure else None,
    )


@exactly
def report_hedge(play: Play, hedged: Hedged, script: Script) -> HedgeOutcome:
    """Write down what becomes of a hedge, and where it turns."""
    leg, outcomes, margin = hedged.leg, hedged.outcomes, hedged.margin
    limit = hedged.net.limit
    break_even, break_even_reason = find_break_even(hedged.net)
    breach = None if play.largest_loss is None else find_breach(hedged.net, play.largest_loss)
    net = [
        spot + outcome.hedge_pnl + outcome.funding_pnl - outcome.fees
        for spot, outcome in zip(play.spot_profits, outcomes, strict=True)
    ]
    exposure, beta_exposure = abs(play.book.exposure), abs(play.book.beta_exposure)
    return HedgeOutcome(
        contracts=Size.of(leg.contracts),
        notional=Money.of(leg.notional),
        coverage=Share.of(leg.notional / beta_exposure) if beta_exposure else None,
        coverage_reason=None if beta_exposure else "no_exposure",
        margin=margin,
        liquidation_move=None if limit is None else Share.of(limit),
        liquidation_reason=None if limit is not None else margin.liquidation_reason,
        break_even_move=None if break_even is None else Share.of(break_even),
        break_even_reason=break_even_reason,
        loss_limit_move=None if breach is None else Share.of(drop_noise(breach), ROUND_DOWN),
        loss_limit_reason=None if breach is not None else _why_no_breach(play, script),
        hedge_pnl=_column(Money, [outcome.hedge_pnl for outcome in outcomes]),
        funding_pnl=_column(Money, [outcome.funding_pnl for outcome in outcomes]),
        fees=_column(Money, [outcome.fees for outcome in outcomes]),
        net_pnl=_column(Money, net),
        net_return=_column(Share, [profit / exposure for profit in net]) if exposure else None,
        status=tuple(outcome.status for outcome in outcomes),
        equity=_margin_column([outcome.equity for outcome in outcomes], write=Money.of),
        equity_reason="initial_margin_rate_missing" if leg.wallet is None else None,
        maintenance=None
        if leg.tiers is None
        else _margin_column([outcome.maintenance for outcome in outcomes], write=round_up),
        maintenance_reason="maintenance_rate_missing" if leg.tiers is None else None,
        top_up=None
        if leg.initial_rate is None
        else _margin_column([outcome.top_up for outcome in outcomes], write=round_up),
        top_up_reason="initial_margin_rate_missing" if leg.initial_rate is None else None,
    )


def _why_no_breach(play: Play, script: Script) -> LimitReason:
    if script.loss_limit is None:
        return "not_sent"
    return "no_exposure" if play.largest_loss is None else "never"


def _column(word: type[R], values: Sequence[Decimal]) -> tuple[R, ...]:
    return tuple(word.of(value) for value in values)


def _margin_column(values: Sequence[Decimal | None], *, write: Callable[[Decimal], Money]) -> tuple[Money, ...] | None:
    """Round a column of which all or nothing is known."""
    known = [write(value) for value in values if value is not None]
    return tuple(known) if len(known) == len(values) else None
