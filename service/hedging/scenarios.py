"""What happens to coins, hedge and margin when the market moves, and where the hedged book breaks.

Law: net = spot + hedge + funding - fees, from the hedger's side, in the quote currency. The gain on the coins does not
answer the margin call: a hedge that is liquidated has lost its wallet and leaves the coins unhedged.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Meta, Struct

from service.hedging.cautions import Caution, caution
from service.hedging.contracts import Contract, unit_notional
from service.hedging.errors import Fault, InconsistentQuestionError, SizeOutOfRangeError
from service.hedging.moves.courses import Course, Stage, charges_of, plan_courses
from service.hedging.moves.futures_leg import Leg, find_limit, settle
from service.hedging.moves.outcomes import MOST_ROWS, Hedged, HedgeOutcome, Play, Scenario, report_course, report_hedge
from service.hedging.moves.shocks import Script, check_script, check_shocks, check_wallet
from service.hedging.moves.spot_curve import Coin, SpotCurve, draw_curve, follow_coins, list_coins
from service.hedging.moves.turning_points import draw_net
from service.hedging.portfolio import Book, Holding, ValuedHolding, Weighting
from service.hedging.rates import days_between
from service.hedging.setting import Setting, lay_out, warn_of_book, warn_of_coins, warn_of_expiry, warn_of_prices
from service.hedging.sizes.advice import SPECULATIVE_COVERAGE
from service.hedging.survival.collateral import ONE_DAY_MOVE, Collateral, back_hedge, covers, post_margin
from service.hedging.units import Contracts, Coverage, Instant, LossLimit, Money, Price, Share, Side, exactly

MOST_HEDGES = 20
_ZERO = Decimal(0)


class HedgeChoice(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One size to look at: by coverage or by contracts."""

    coverage: Annotated[
        Coverage | None,
        Meta(description="Share of |beta_exposure| to hedge, whatever fraction of a contract that takes; 0 for none."),
    ] = None
    contracts: Annotated[
        Contracts | None, Meta(description="Exactly so many contracts, instead of coverage; the side is the book's.")
    ] = None


class Scenarios(Struct, frozen=True, kw_only=True):
    """What happens to the book and to each hedge; amounts in the quote currency."""

    side: Annotated[
        Side, Meta(description="Side of the hedges: short for a long book, none where there is no exposure.")
    ]
    weighting: Annotated[Weighting, Meta(description="As requested.")]
    exposure: Annotated[Money, Meta(description="Net signed value of the book without pegged stablecoins: V.")]
    gross_value: Annotated[Money, Meta(description="Sum of the absolute values of all holdings.")]
    stable_value: Annotated[Money, Meta(description="Value of stablecoins at their peg.", examples=["0"])]
    beta_exposure: Annotated[Money, Meta(description="Sum of beta x exposure.")]
    futures_price: Annotated[Price, Meta(description="Mark price of the contract, used as the entry price.")]
    unit_notional: Annotated[Money, Meta(description="Value of one contract.", examples=["6000"])]
    loss_limit: Annotated[LossLimit | None, Meta(description="As requested; null for none.")]
    return_reason: Annotated[
        Literal["no_exposure"] | None, Meta(description="Why there are no returns: nothing to divide by.")
    ]
    scenarios: Annotated[
        tuple[Scenario, ...],
        Meta(description="Moves, then stresses, then shocks, in the order sent.", min_length=1, max_length=MOST_ROWS),
    ]
    hedges: Annotated[
        tuple[HedgeOutcome, ...], Meta(description="In the order sent.", min_length=1, max_length=MOST_HEDGES)
    ]
    holdings: Annotated[
        tuple[ValuedHolding, ...], Meta(description="The book, one line an asset.", min_length=1, max_length=1000)
    ]
    warnings: Annotated[
        tuple[Caution, ...], Meta(description="What to know before acting on the answer.", max_length=5000)
    ]


def check_question(hedges: Sequence[HedgeChoice], script: Script) -> None:
    """Refuse a question that can't be answered whatever the prices are.

    Raises:
        InconsistentQuestionError: if nothing is to happen, or a hedge has no size or two.
    """
    check_script(script)
    faults = [
        Fault(("hedges", index), "Send coverage or contracts, one of the two")
        for index, hedge in enumerate(hedges)
        if (hedge.coverage is None) == (hedge.contracts is None)
    ]
    if faults:
        raise InconsistentQuestionError(*faults)


@exactly
def play_scenarios(
    *,
    holdings: Sequence[Holding],
    contract: Contract,
    prices: Mapping[str, Price],
    hedges: Sequence[HedgeChoice],
    weighting: Weighting,
    as_of: Instant,
    script: Script,
    collateral: Collateral | None,
    largest_notional: Decimal,
) -> Scenarios:
    """Play what may happen to a book and to hedges of several sizes.

    Args:
        holdings: 1 to 1,000 holdings.
        contract: the future, with its terms.
        prices: spot prices by asset and the futures mark price by contract symbol, all in one quote currency.
        hedges: 1 to 20 sizes.
        weighting: `value` (every beta is 1) or `beta`.
        as_of: the time of the question; a contract that expires by then is refused.
        script: moves, stresses and shocks, and how long they last.
        collateral: margin posted behind each hedge; None for the contract's initial margin.
        largest_notional: ceiling of a hedge's value in the quote currency.

    Returns:
        The coins' profit in every scenario, and of each hedge its own, its margin, and where it turns.

    Raises:
        InconsistentQuestionError (nothing to play, sizes), InconsistentContractError, ExpiredContractError,
        PriceMissingError, BetaConflictError, BetaMissingError, InconsistentQuestionError (shocks, side),
        MarginConflictError, LeverageOutOfRangeError, MarginTermsMissingError, StressDataMissingError,
        SizeOutOfRangeError: in this order, the first that applies, with all of its places.

    Source: net = V max(-1, beta x + own) - H (x + basis) + funding - fees; Hull, Options, Futures and Other
    Derivatives, 3.5, table 3.4.
    """
    check_question(hedges, script)
    setting = lay_out(holdings=holdings, contract=contract, prices=prices, weighting=weighting, as_of=as_of)
    book = setting.book
    _require_side(book, hedges)
    check_shocks(script, contract)
    play = _set_up(setting, script, collateral, holdings=holdings)
    _refuse_oversize(play, hedges, largest_notional)
    played = [_follow(play, hedge) for hedge in hedges]
    return Scenarios(
        side=setting.side,
        weighting=weighting,
        exposure=Money.of(book.exposure),
        gross_value=Money.of(book.gross_value),
        stable_value=Money.of(book.net_value - book.exposure),
        beta_exposure=Money.of(book.beta_exposure),
        futures_price=setting.futures_price,
        unit_notional=Money.of(play.unit),
        loss_limit=script.loss_limit,
        return_reason=None if book.exposure else "no_exposure",
        scenarios=tuple(
            report_course(course, profit, book) for course, profit in zip(play.courses, play.spot_profits, strict=True)
        ),
        hedges=tuple(report_hedge(play, hedged, script) for hedged in played),
        holdings=book.holdings,
        warnings=(
            *book.cautions,
            *warn_of_book(book),
            *warn_of_expiry(contract, as_of),
            *warn_of_prices(setting),
            *warn_of_coins(contract, collateral),
            *_charge_cautions(script, play, contract),
            *_end_cautions(play.courses, contract, as_of),
            *(note for index, course in enumerate(play.courses) for note in _course_cautions(course, index)),
            *(note for index, hedged in enumerate(played) for note in _hedge_cautions(play, hedged, index)),
        ),
    )


def _require_side(book: Book, hedges: Sequence[HedgeChoice]) -> None:
    """Refuse contracts against a book that is neither long nor short."""
    faults = [
        Fault(("hedges", index, "contracts"), "The book has no beta exposure: nobody can say which side these are on")
        for index, hedge in enumerate(hedges)
        if hedge.contracts and not book.beta_exposure
    ]
    if faults:
        raise InconsistentQuestionError(*faults)


def _set_up(setting: Setting, script: Script, collateral: Collateral | None, *, holdings: Sequence[Holding]) -> Play:
    book, contract = setting.book, setting.contract
    backing = back_hedge(contract, setting.side, futures_price=setting.futures_price, collateral=collateral)
    if not backing.has_fixed_wallet and backing.initial_rate is None:
        check_wallet(script)
    coins = list_coins(book)
    positions = {holding.asset: index for index, holding in reversed([*enumerate(holdings)])}
    courses = plan_courses(script, Stage(coins, contract, setting.side, positions))
    spot = draw_curve(coins)
    money = {coin.asset for coin in coins if coin.is_money}
    return Play(
        book=book,
        backing=backing,
        unit=unit_notional(contract, backing.futures_price),
        spot=spot,
        courses=courses,
        spot_profits=[_spot_profit(course, coins, spot, money=money) for course in courses],
        charges=charges_of(script, contract),
        largest_loss=script.loss_limit * abs(book.exposure) if script.loss_limit and book.exposure else None,
    )


def _spot_profit(course: Course, coins: Sequence[Coin], spot: SpotCurve, *, money: set[str]) -> Decimal:
    if course.kind == "move" or (course.asset_moves.keys() <= money and not any(course.asset_moves.values())):
        return spot.profit(course.underlying_move)
    return follow_coins(coins, course.asset_moves, market=course.underlying_move)


def _refuse_oversize(play: Play, hedges: Sequence[HedgeChoice], largest: Decimal) -> None:
    faults = [
        Fault(("hedges", index), f"It would be worth {Money.of(notional)}; this service looks at {Money.of(largest)}")
        for index, notional in enumerate(_notional(play, hedge) for hedge in hedges)
        if notional > largest
    ]
    if faults:
        raise SizeOutOfRangeError(*faults)


def _notional(play: Play, hedge: HedgeChoice) -> Decimal:
    if hedge.contracts is not None:
        return hedge.contracts * play.unit
    return (hedge.coverage or _ZERO) * abs(play.book.beta_exposure)


def _follow(play: Play, hedge: HedgeChoice) -> Hedged:
    notional, backing = _notional(play, hedge), play.backing
    contracts = notional / play.unit if hedge.contracts is None else Decimal(hedge.contracts)
    leg = Leg(
        contract=backing.contract,
        side=backing.side,
        contracts=contracts,
        notional=notional,
        futures_price=backing.futures_price,
        wallet=None,
        tiers=backing.tiers,
        initial_rate=backing.initial_rate,
    )
    leg = leg._replace(wallet=backing.wallet_for(leg.value_at(_ZERO)))
    charges = {course.fate.charges for course in play.courses}  # most often one: a limit takes longer than all else
    limits = {one: find_limit(leg, one) for one in charges}
    return Hedged(
        leg=leg,
        margin=post_margin(backing, contracts, leg.value_at(_ZERO)),
        net=draw_net(play.spot, leg, play.charges),
        outcomes=[settle(leg, course.fate, limits[course.fate.charges]) for course in play.courses],
    )


def _charge_cautions(script: Script, play: Play, contract: Contract) -> Iterator[Caution]:
    if contract.taker_fee_rate is None and script.fee_rate is None:
        yield caution("fees_unknown", "No fee_rate and no taker_fee_rate: no fees are counted", "contract")
    lasting = next((index for index, course in enumerate(play.courses) if course.lacks_funding), None)
    if lasting is not None:
        detail = "No funding_rate: no funding is counted, however long it lasts"
        yield caution("funding_not_counted", detail, "scenarios", lasting, "days")
    if contract.expiry is not None and "funding-spike" in script.stresses:
        index = next(index for index, course in enumerate(play.courses) if course.name == "funding-spike")
        detail = f"{contract.symbol} expires and has no funding: this costs it nothing"
        yield caution("funding_not_counted", detail, "scenarios", index)


def _end_cautions(courses: Sequence[Course], contract: Contract, as_of: Instant) -> Iterator[Caution]:
    """Say which is the first that outlasts the contract."""
    if contract.expiry is None:
        return
    left = days_between(as_of, contract.expiry)
    late = next((index for index, course in enumerate(courses) if course.days > left), None)
    if late is not None:
        detail = f"{contract.symbol} expires before the end of {courses[late].name}: taken to be rolled at no cost"
        yield caution("expiry_near", detail, "scenarios", late, "days")


def _course_cautions(course: Course, index: int) -> Iterator[Caution]:
    if course.known_by == "closes":
        detail = (
            f"{course.name} is known by closes only: what came between them, such as a high that liquidates, is not"
        )
        yield caution("by_closes", detail, "scenarios", index)
    if course.known_by == "lows":
        detail = "Each coin is at its own low, which was not one moment, and what came before it is not known"
        yield caution("lows_not_of_one_moment", detail, "scenarios", index)
    if course.by_beta:
        shown = ", ".join(course.by_beta[:10])
        detail = f"Nobody knows what these did, so they move by beta: {len(course.by_beta)} ({shown})"
        yield caution("moves_by_beta", detail, "scenarios", index, "by_beta")
    if course.unused:
        detail = f"Moves of assets that are not held: {len(course.unused)} ({', '.join(course.unused[:10])})"
        yield caution("unused_moves", detail, "scenarios", index)


def _hedge_cautions(play: Play, hedged: Hedged, index: int) -> Iterator[Caution]:
    leg, margin = hedged.leg, hedged.margin
    if not leg.notional:
        return
    if leg.notional > SPECULATIVE_COVERAGE * abs(play.book.beta_exposure):
        share = Share.of(leg.notional / abs(play.book.beta_exposure))
        detail = f"Covers {share} of the beta exposure: what is above 1 is a speculative position"
        yield caution("over_hedge", detail, "hedges", index)
    if not covers(margin.wallet, margin.initial):
        detail = f"The wallet of {margin.wallet} does not cover the initial margin of {margin.initial}"
        yield caution("wallet_too_small", detail, "hedges", index, "margin")
    yield from _liquidation_cautions(play, hedged, index)


def _liquidation_cautions(play: Play, hedged: Hedged, index: int) -> Iterator[Caution]:
    leg, limit = hedged.leg, hedged.net.limit
    if leg.wallet is None or leg.tiers is None:
        detail = f"Nobody can say whether this is liquidated: {hedged.margin.liquidation_reason}"
        yield caution("survival_unknown", detail, "hedges", index, "margin")
    if limit is not None and abs(limit) < ONE_DAY_MOVE:
        detail = f"A move of {Share.of(limit)} liquidates the hedge, nearer than a typical day's, {ONE_DAY_MOVE}"
        yield caution("liquidation_near", detail, "hedges", index, "liquidation_move")
    gone = [
        course.name
        for course, outcome in zip(play.courses, hedged.outcomes, strict=True)
        if outcome.status == "liquidated"
    ]
    if gone:
        detail = f"Liquidated in {len(gone)} of {len(play.courses)} scenarios, the first of them {gone[0]}"
        yield caution("liquidated", detail, "hedges", index, "status")
