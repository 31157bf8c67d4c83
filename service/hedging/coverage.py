"""How much of a book to hedge: every coverage against risk, tail, cost, upside and survival, and the one to take.

Law: coverage counts in the holdings' own betas, as in a sizing, so that the coverage that is recommended here and sized
there is one hedge. What is assumed is said to be assumed.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Annotated, Literal, NamedTuple

from msgspec import Meta, Struct

from service.hedging.cautions import Caution, caution
from service.hedging.contracts import unit_notional
from service.hedging.costs.hedge_cost import (
    Expected,
    HoldingCost,
    Outlook,
    check_outlook,
    expect_cost,
    warn_of_cost,
    warn_of_horizon,
)
from service.hedging.coverages.book_risk import (
    BookRisk,
    Moves,
    RiskQuestion,
    check_risk,
    reckon_risk,
    warn_of_book_risk,
)
from service.hedging.coverages.choice import Aims, Recommendation, choose_coverage
from service.hedging.coverages.covering import Case, CoverageRow, cover
from service.hedging.coverages.views import ImpliedView, Rule, explain_rule, read_view
from service.hedging.errors import Fault, InconsistentQuestionError, SizeOutOfRangeError
from service.hedging.portfolio import ValuedHolding
from service.hedging.risk.hedge_ratios import normal_tail
from service.hedging.risk.least_shortfall import Outcome
from service.hedging.setting import Setting, warn_of_book, warn_of_coins, warn_of_expiry, warn_of_prices
from service.hedging.sizes.advice import SPECULATIVE_COVERAGE
from service.hedging.survival.collateral import ONE_DAY_MOVE, Backing, Collateral, back_hedge, room_of
from service.hedging.units import Amount, Coverage, Leverage, Money, Price, Side, exactly


class Posted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What stands behind the hedge; one of the two."""

    wallet_balance: Annotated[
        Amount | None,
        Meta(description="Margin behind this position alone, in the contract's settlement currency, after entry fees."),
    ] = None
    leverage: Annotated[
        Leverage | None, Meta(description="Position value per unit of margin posted; instead of wallet_balance.")
    ] = None


class CoverageQuestion(NamedTuple):
    """What is asked of a book beside its contract."""

    coverages: Sequence[Coverage]
    chosen: Coverage | None
    """Coverage whose implied view is read; None for the recommended one."""
    risk: RiskQuestion
    outlook: Outlook
    aims: Aims
    confidence: float
    max_probability: float
    posted: Posted | None


class CoverageAnswer(Struct, frozen=True, kw_only=True):
    """How much of the book to hedge; amounts in the quote currency, risks as shares of the net exposure."""

    side: Annotated[Side, Meta(description="Side of the hedge: short for a long book, none where there is none.")]
    exposure: Annotated[Money, Meta(description="Net signed value of the book without pegged stablecoins: V.")]
    beta_exposure: Annotated[Money, Meta(description="Sum of beta x exposure.")]
    portfolio_beta: Annotated[
        float | None, Meta(description="beta_exposure / exposure; null where the exposure is 0.", examples=[1.1])
    ]
    futures_price: Annotated[Price, Meta(description="Mark price of the contract, used as the entry price.")]
    unit_notional: Annotated[Money, Meta(description="Value of one contract.", examples=["6000"])]
    risk: Annotated[BookRisk | None, Meta(description="How the book moves with the future; null as absent_reason.")]
    cost: Annotated[HoldingCost | None, Meta(description="What the hedge is expected to cost; null as absent_reason.")]
    frontier: Annotated[
        tuple[CoverageRow, ...],
        Meta(description="One row a coverage, in the order asked; empty as absent_reason says.", max_length=20),
    ]
    recommendation: Annotated[
        Recommendation | None, Meta(description="How much to hedge, and why; null as absent_reason says.")
    ]
    rule: Annotated[
        Rule | None, Meta(description="The rule of 50 to 75 % by this book's own figures; null as absent_reason says.")
    ]
    implied_view: Annotated[
        ImpliedView | None,
        Meta(
            description="What a coverage says that you expect; null as absent_reason says, and where none was chosen "
            "and none is recommended."
        ),
    ]
    absent_reason: Annotated[
        Literal["no_exposure"] | None, Meta(description="Why there is nothing to recommend; null where there is.")
    ]
    holdings: Annotated[
        tuple[ValuedHolding, ...],
        Meta(description="The book, one line an asset.", min_length=1, max_length=1000),
    ]
    warnings: Annotated[
        tuple[Caution, ...], Meta(description="What to know before acting on the answer.", max_length=2200)
    ]


def check_question(question: CoverageQuestion) -> None:
    """Refuse what contradicts itself before anything is looked up.

    Raises:
        InconsistentQuestionError: for a risk or a cost that is stated twice, and for returns of two lengths.
    """
    check_risk(question.risk)
    check_outlook(question.outlook)


@exactly
def assess_coverage(setting: Setting, question: CoverageQuestion, *, largest_notional: Decimal) -> CoverageAnswer:
    """Hold every coverage of a book against the others, and recommend one.

    Args:
        setting: the book beside its contract.
        question: checked.
        largest_notional: ceiling of a hedge's value in the quote currency.

    Raises:
        MarginConflictError, LeverageOutOfRangeError, InconsistentQuestionError, SizeOutOfRangeError,
        TooFewObservationsError, ZeroVarianceError: in this order.
    """
    backing = back_hedge(
        setting.contract, setting.side, futures_price=setting.futures_price, collateral=_collateral(question.posted)
    )
    expected = expect_cost(question.outlook, setting.contract, is_short=setting.side != "long")
    _refuse_oversize(setting, question, largest_notional)
    parts = _Parts()
    if setting.book.beta_exposure:
        beta = _beta_of(setting)
        moves = reckon_risk(
            question.risk, beta=beta, is_net_long=setting.book.exposure > 0, is_short=setting.side == "short"
        )
        parts = _find(_make_case(setting, question, _Reckoned(beta, moves, expected, backing)), moves, question)
    book, contract = setting.book, setting.contract
    return CoverageAnswer(
        side=setting.side,
        exposure=Money.of(book.exposure),
        beta_exposure=Money.of(book.beta_exposure),
        portfolio_beta=float(book.beta_exposure / book.exposure) if book.exposure else None,
        futures_price=setting.futures_price,
        unit_notional=Money.of(unit_notional(contract, setting.futures_price)),
        risk=parts.risk,
        cost=parts.cost,
        frontier=parts.frontier,
        recommendation=parts.recommendation,
        rule=parts.rule,
        implied_view=parts.implied_view,
        absent_reason=None if book.beta_exposure else "no_exposure",
        holdings=book.holdings,
        warnings=(
            *book.cautions,
            *warn_of_book(book),
            *warn_of_expiry(contract, setting.as_of),
            *warn_of_horizon(question.outlook, contract, setting.as_of),
            *warn_of_prices(setting),
            *warn_of_coins(contract, backing.collateral),
            *parts.cautions,
        ),
    )


class _Reckoned(NamedTuple):
    """What a case is made from, beside the question."""

    beta: float
    moves: Moves
    expected: Expected
    backing: Backing


class _Parts(NamedTuple):
    """What there is to say of a book that has an exposure; nothing of one that has none."""

    risk: BookRisk | None = None
    cost: HoldingCost | None = None
    frontier: tuple[CoverageRow, ...] = ()
    recommendation: Recommendation | None = None
    rule: Rule | None = None
    implied_view: ImpliedView | None = None
    cautions: tuple[Caution, ...] = ()


def _collateral(posted: Posted | None) -> Collateral | None:
    """Take what is posted; an empty record says as little as none."""
    if posted is None or (posted.wallet_balance is None and posted.leverage is None):
        return None
    return Collateral(wallet_balance=posted.wallet_balance, leverage=posted.leverage)


def _refuse_oversize(setting: Setting, question: CoverageQuestion, largest: Decimal) -> None:
    """Refuse a full hedge, or one that was asked for, that is worth more than the ceiling."""
    whole = abs(setting.book.beta_exposure)
    asked: tuple[tuple[str, Decimal], ...] = (
        ("holdings", Decimal(1)),
        ("coverages", max(question.coverages)),
        ("chosen_coverage", question.chosen or Decimal(0)),
    )
    for name, coverage in asked:
        if coverage * whole > largest:
            detail = (
                f"A coverage of {coverage} would be worth {Money.of(coverage * whole)}; this service sizes positions "
                f"up to {Money.of(largest)}"
            )
            raise SizeOutOfRangeError(Fault((name,), detail))


def _beta_of(setting: Setting) -> float:
    """Absolute beta exposure per absolute exposure.

    Raises:
        InconsistentQuestionError: for a book whose longs and shorts cancel in value and not in beta.
    """
    if not setting.book.exposure:
        detail = (
            f"Longs and shorts cancel in value and leave a beta exposure of {Money.of(setting.book.beta_exposure)}: "
            "there is no exposure to be a share of. /v1/sizing sizes such a hedge"
        )
        raise InconsistentQuestionError(Fault(("holdings",), detail))
    return float(abs(setting.book.beta_exposure / setting.book.exposure))


def _make_case(setting: Setting, question: CoverageQuestion, reckoned: _Reckoned) -> Case:
    periods = question.outlook.years * reckoned.moves.periods_per_year
    charge = float(reckoned.expected.rate) / periods
    return Case(
        beta=reckoned.beta,
        posterior=reckoned.moves.posterior,
        beta_exposure=abs(setting.book.beta_exposure),
        unit_notional=unit_notional(setting.contract, setting.futures_price),
        backing=reckoned.backing,
        side="short" if setting.side == "short" else "long",
        model=reckoned.moves.model,
        years=question.outlook.years,
        days=question.outlook.horizon_days,
        expected=reckoned.expected,
        outcomes=tuple(Outcome(one.level, one.slope + charge) for one in reckoned.moves.outcomes),
        confidence=question.confidence,
        tail=normal_tail(question.confidence),
        max_probability=question.max_probability,
    )


def _find(case: Case, moves: Moves, question: CoverageQuestion) -> _Parts:
    frontier = tuple(cover(case, coverage) for coverage in question.coverages)
    recommendation = choose_coverage(case, question.aims)
    return _Parts(
        risk=moves.risk,
        cost=case.expected.cost,
        frontier=frontier,
        recommendation=recommendation,
        rule=explain_rule(case),
        implied_view=_read(case, question, recommendation.coverage),
        cautions=(
            *warn_of_book_risk(moves, case.beta),
            *warn_of_cost(question.outlook, case.backing.contract, case.expected.cost),
            *(note for index, row in enumerate(frontier) for note in _row_cautions(case, row, index)),
            *_survival_cautions(case, recommendation),
        ),
    )


def _read(case: Case, question: CoverageQuestion, recommended: Decimal | None) -> ImpliedView | None:
    coverage = recommended if question.chosen is None else question.chosen
    if coverage is None:
        return None
    return read_view(
        case,
        coverage,
        risk_aversion=question.aims.risk_aversion,
        source="recommended" if question.chosen is None else "chosen",
    )


def _row_cautions(case: Case, row: CoverageRow, index: int) -> Iterator[Caution]:
    path = ("frontier", index)
    if row.coverage > SPECULATIVE_COVERAGE:
        detail = f"Covers {row.coverage * 100:.0f} % of the beta exposure: the part above it is a speculative short"
        yield caution("over_hedge", detail, *path)
    if case.is_posted and row.liquidation_move is not None:
        room = room_of(case.side, row.liquidation_move)
        if room < ONE_DAY_MOVE:
            detail = f"Liquidated by a move of {room * 100:.2f} % against it, less than a usual day's"
            yield caution("liquidation_near", detail, *path, "liquidation_price")


def _survival_cautions(case: Case, recommendation: Recommendation) -> Iterator[Caution]:
    """Say where the margin decides, or where nobody knows whether it bears the hedge."""
    path, outcome = ("recommendation",), recommendation.outcome
    if recommendation.reason == "liquidation":
        yield caution("wallet_too_small", recommendation.detail, *path)
    if outcome is None or not outcome.coverage or outcome.survives is not None:
        return
    if outcome.touch_probability is None:
        detail = "Terms of the margin are missing: whether the hedge survives is not known"
    else:
        detail = (
            f"No margin was sent. With the contract's least margin this hedge is liquidated within {case.days:g} days "
            f"with a probability of {outcome.touch_probability * 100:.1f} %"
        )
    yield caution("survival_unknown", detail, *path)
