"""How much risk a hedge takes away, or has taken; how its gains offset losses; and where its result came from.

Law: three questions, each answered from what is sent for it, and each with a reason where it is not asked. What the
future can't take away is said beside what the hedge does.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Literal, NamedTuple

from msgspec import Meta, Struct

from service.hedging.cautions import Caution, caution
from service.hedging.errors import Fault, InconsistentQuestionError
from service.hedging.hindsight.attribution import (
    Attribution,
    PastPosition,
    UsedBeta,
    attribute,
    check_position,
    list_money,
    warn_of_book,
    warn_of_position,
    warn_of_side,
)
from service.hedging.hindsight.judgement import Evidence, Judged, Judgement, Standard, judge
from service.hedging.hindsight.offset import Changes, DollarOffset, check_changes, offset_changes, offset_returns
from service.hedging.portfolio import Book, Holding, ValuedHolding, require_prices, value_portfolio, warn_unweighted
from service.hedging.risk.hedge_ratios import tidy
from service.hedging.risk.returns import basket_returns
from service.hedging.risk.samples import (
    SAME,
    YEAR_DAYS,
    CloseSeries,
    IntervalDays,
    Returns,
    ReturnSeries,
    SentSeries,
    WindowSeries,
    take_sample,
)
from service.hedging.units import Money, Price, exactly

AbsentReason = Literal["not_asked", "no_exposure"]


class LegSeries(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="style", tag="legs"):
    """Returns of the two legs of a hedge as they were: the book, and the future that was short against it."""

    portfolio: Annotated[Returns, Meta(description=f"Profit of the book as a share of its absolute value, {SAME}.")]
    futures: Annotated[
        Returns, Meta(description=f"Return of the future, {SAME}. For a book that is net short: negated.")
    ]
    market: Annotated[
        Returns | None,
        Meta(
            description=f"Return of the spot price that the future follows, {SAME}; with it the basis is told apart. "
            "For a book that is net short: negated as the future's. Null or absent: it is not."
        ),
    ] = None
    interval_days: IntervalDays = 1.0


AskedSeries = LegSeries | ReturnSeries | CloseSeries | WindowSeries


class EffectivenessQuestion(NamedTuple):
    """What is asked."""

    holdings: Sequence[Holding] | None
    prices: Mapping[str, Price]
    underlying: str
    futures: str | None
    series: AskedSeries | None
    standard: Standard
    changes: Changes | None
    position: PastPosition | None


class EffectivenessAnswer(Struct, frozen=True, kw_only=True):
    """How much risk a hedge takes away, how it offset changes, and where its result came from."""

    exposure: Annotated[
        Money | None,
        Meta(description="Net value of the holdings without pegged stablecoins; null where none were sent."),
    ]
    judgement: Annotated[
        Judgement | None, Meta(description="Risk with the hedge and without; null as judgement_reason says.")
    ]
    judgement_reason: Annotated[
        AbsentReason | None,
        Meta(description="`not_asked`: no series was sent. `no_exposure`: the holdings have none. Else null."),
    ]
    dollar_offset: Annotated[
        DollarOffset | None,
        Meta(description="How the hedge's changes offset the item's; null as dollar_offset_reason says."),
    ]
    dollar_offset_reason: Annotated[
        AbsentReason | None,
        Meta(description="`not_asked`: neither changes nor a series was sent. `no_exposure`: see above. Else null."),
    ]
    attribution: Annotated[
        Attribution | None,
        Meta(description="Where the result of `position` came from; null as attribution_reason says."),
    ]
    attribution_reason: Annotated[
        Literal["not_asked", "no_beta"] | None,
        Meta(
            description="`not_asked`: no position was sent. `no_beta`: none was sent, and without a judgement there is "
            "no slope to take. Else null."
        ),
    ]
    holdings: Annotated[
        tuple[ValuedHolding, ...],
        Meta(description="The book, one line an asset; empty where none was sent.", max_length=50),
    ]
    warnings: Annotated[
        tuple[Caution, ...], Meta(description="What to know before acting on the answer.", max_length=300)
    ]


def check_question(question: EffectivenessQuestion) -> None:
    """Refuse what contradicts itself before anything is looked up.

    Raises:
        InconsistentQuestionError: for members that need each other, or exclude each other; and for uneven series.
        InconsistentContractError: for terms of the position's contract that contradict each other.
    """
    faults = [*_missing(question), *_idle(question), *_uneven(question.series)]
    if faults:
        raise InconsistentQuestionError(*faults)
    if question.changes is not None:
        check_changes(question.changes)
    if question.position is not None:
        check_position(question.position)


@exactly
def weigh_book(question: EffectivenessQuestion) -> Book | None:
    """Value the book that is judged; None where the returns are sent of the book itself.

    Raises:
        PriceMissingError: for every asset without a price.
        BetaConflictError: for an asset held twice with two betas.
    """
    if question.holdings is None:
        return None
    require_prices((holding.asset for holding in question.holdings), question.prices)
    return value_portfolio(question.holdings, question.prices, weighting="value", underlying=question.underlying)


def list_moving(book: Book) -> tuple[str, ...]:
    """List the assets whose returns the book's are made of."""
    return tuple(line.asset for line in book.holdings if line.kind == "risky" and line.quantity)


@exactly
def judge_hedge(question: EffectivenessQuestion) -> EffectivenessAnswer:
    """Answer a question whose prices and series are complete.

    Args:
        question: checked; its series is none that is to be looked up.

    Raises:
        PriceMissingError, BetaConflictError, InconsistentQuestionError, TooFewObservationsError, ZeroVarianceError: in
            this order.
    """
    book = weigh_book(question)
    evidence = _take_evidence(question, book)
    judged = None if evidence is None else judge(evidence, question.standard)
    judgement = None if judged is None else judged.judgement
    offset = _offset(question, evidence, judgement)
    attribution = _attribute(question.position, judgement, book)
    return EffectivenessAnswer(
        exposure=None if book is None else Money.of(book.exposure),
        judgement=judgement,
        judgement_reason=_why_none(question.series, judgement),
        dollar_offset=offset,
        dollar_offset_reason=_why_none(question.series, offset),
        attribution=attribution,
        attribution_reason=_why_not_attributed(question, attribution),
        holdings=() if book is None else book.holdings,
        warnings=tuple(_warn(question, book, judged, attribution=attribution)),
    )


def _missing(question: EffectivenessQuestion) -> Iterator[Fault]:
    """List what is needed and was not sent."""
    if question.series is None and question.changes is None and question.position is None:
        yield Fault((), "Nothing is asked: send series, changes or position")
    if question.holdings is None and isinstance(question.series, ReturnSeries | CloseSeries | WindowSeries):
        yield Fault(("holdings",), "These series are of assets, and what is held of each is not known: send holdings")
    if question.position is not None and question.position.beta is None:
        yield from _missing_beta(question, question.position)


def _missing_beta(question: EffectivenessQuestion, position: PastPosition) -> Iterator[Fault]:
    """Tell why no slope serves as a position's beta; returns of two legs don't say what they follow."""
    series, followed = question.series, position.contract.underlying
    if series is None:
        yield Fault(("position", "beta"), "Without a series there is no slope to take for it: send beta")
    elif not isinstance(series, LegSeries) and followed != question.underlying:
        detail = f"The slope of the series is to {question.underlying}, and this future follows {followed}: send beta"
        yield Fault(("position", "beta"), detail)


def _idle(question: EffectivenessQuestion) -> Iterator[Fault]:
    """List what was sent and says nothing."""
    series = question.series
    if question.holdings is not None and (series is None or isinstance(series, LegSeries)):
        yield Fault(("holdings",), "Holdings weigh the series of assets, and there are none: leave them out")
    if question.futures is not None and not isinstance(series, ReturnSeries | CloseSeries):
        detail = "futures names one of the series that are sent by asset, and there are none: leave it out"
        yield Fault(("futures",), detail)
    if question.standard.hedge_ratio is not None and series is None:
        yield Fault(("hedge_ratio",), "A hedge ratio is judged on a series, and there is none: leave it out")


def _uneven(series: AskedSeries | None) -> Iterator[Fault]:
    """List the legs that are not as long as the book's."""
    if not isinstance(series, LegSeries):
        return
    length = len(series.portfolio)
    for name, leg in (("futures", series.futures), ("market", series.market)):
        if leg is not None and len(leg) != length:
            detail = f"{name} has {len(leg)} returns and portfolio has {length}: they are of the same intervals"
            yield Fault(("series", name), detail)


def _take_evidence(question: EffectivenessQuestion, book: Book | None) -> Evidence | None:
    """Take the returns that the hedge is judged on; None where there are none to judge."""
    series = question.series
    if isinstance(series, LegSeries):
        periods = YEAR_DAYS / series.interval_days
        return Evidence(series.portfolio, series.futures, series.market, series.interval_days, periods)
    if not isinstance(series, ReturnSeries | CloseSeries) or book is None or not book.exposure:
        return None
    return _weigh(series, book, question)


def _weigh(series: SentSeries, book: Book, question: EffectivenessQuestion) -> Evidence:
    """Make the book's returns of those of its assets, on the side that it is on."""
    moving, underlying = list_moving(book), question.underlying
    future = underlying if question.futures is None else question.futures
    sample = take_sample(series, [*moving, underlying, future], "series")
    returns = {asset: list(column) for asset, column in sample.returns.items()}
    sign = 1.0 if book.exposure > 0 else -1.0
    values = {line.asset: line.quantity * line.price for line in book.holdings}
    weights = {asset: sign * float(values[asset] / book.exposure) for asset in moving}
    return Evidence(
        item=basket_returns(returns, weights),
        future=_turn(returns[future], sign),
        market=None if _stands_in(question, book) else _turn(returns[underlying], sign),
        interval_days=sample.interval_days,
        periods_a_year=sample.periods_a_year,
    )


def _stands_in(question: EffectivenessQuestion, book: Book) -> bool:
    """Tell whether returns of a spot price stand for the future's: none are named, or those of a coin are."""
    return question.futures is None or question.futures in {question.underlying, *list_moving(book)}


def _turn(returns: Sequence[float | None], sign: float) -> Sequence[float | None]:
    return returns if sign > 0 else [None if one is None else -one for one in returns]


def _offset(
    question: EffectivenessQuestion, evidence: Evidence | None, judgement: Judgement | None
) -> DollarOffset | None:
    if question.changes is not None:
        return offset_changes(question.changes)
    if evidence is None or judgement is None:
        return None
    return offset_returns(evidence.item, evidence.future, hedge_ratio=judgement.in_sample.hedge_ratio)


def _attribute(position: PastPosition | None, judgement: Judgement | None, book: Book | None) -> Attribution | None:
    if position is None:
        return None
    if position.beta is not None:
        return attribute(position, UsedBeta(position.beta, "given"))
    money = frozenset[str]() if book is None else list_money(book)
    return None if judgement is None else attribute(position, UsedBeta(_slope(judgement), "regression", money))


def _slope(judgement: Judgement) -> float:
    """Give the book's slope on the underlying; on the future where only that is known."""
    split = judgement.basis_risk
    return judgement.regression.slope if split is None else tidy(split.beta)


def _why_none(series: AskedSeries | None, found: object) -> AbsentReason | None:
    if found is not None:
        return None
    return "not_asked" if series is None else "no_exposure"


def _why_not_attributed(
    question: EffectivenessQuestion, attribution: Attribution | None
) -> Literal["not_asked", "no_beta"] | None:
    if attribution is not None:
        return None
    return "not_asked" if question.position is None else "no_beta"


def _warn(
    question: EffectivenessQuestion, book: Book | None, judged: Judged | None, *, attribution: Attribution | None
) -> Iterator[Caution]:
    yield from _warn_of_book(question.prices, book)
    if question.position is not None:
        yield from warn_of_position(question.position)
        if attribution is not None:
            yield from warn_of_side(question.position, attribution)
            if book is not None and attribution.beta_source == "regression":
                yield from warn_of_book(question.position, book)
    if judged is not None:
        yield from judged.cautions
        if book is not None and _stands_in(question, book):
            detail = (
                f"Returns of {question.futures or question.underlying} on the spot market stand for those of the "
                "future: its basis is in none of these figures"
            )
            yield caution("spot_for_futures", detail, "judgement")


def _warn_of_book(prices: Mapping[str, Price], book: Book | None) -> Iterator[Caution]:
    held: set[str] = set()
    if book is not None:
        held = {line.asset for line in book.holdings}
        yield from warn_unweighted(book)
        if not book.exposure:
            yield caution("no_exposure", "The holdings have no net exposure: there is nothing to judge", "exposure")
    unused = prices.keys() - held
    if unused:
        shown = ", ".join(sorted(unused)[:10])
        yield caution("unused_prices", f"Prices sent and not used: {len(unused)} ({shown})", "prices")
