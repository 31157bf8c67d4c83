"""Several contracts that may hold a hedge together, entered beside a book: what each costs, needs and can hold.

Law: whatever can be wrong with a question is found here, before any past is looked up and anything long begins. All
legs are on the side against the book's net exposure; a hedge that buys what another sells is no hedge.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple, get_args

from msgspec.structs import replace

from service.hedging.cautions import Caution
from service.hedging.contracts import Contract, unit_notional
from service.hedging.costs.hedge_cost import (
    Expected,
    Outlook,
    check_outlook,
    expect_cost,
    warn_of_cost,
    warn_of_horizon,
)
from service.hedging.errors import (
    Fault,
    HedgingError,
    InconsistentQuestionError,
    MarginTermsMissingError,
    SizeOutOfRangeError,
    StressDataMissingError,
    WorkOutOfRangeError,
)
from service.hedging.mixes.plans import Budget, LeftOut, LegFacts, Limiting
from service.hedging.portfolio import Book, Holding, warn_unweighted
from service.hedging.rounding import ceil_steps, floor_steps
from service.hedging.setting import Quoted, Setting, lay_out_each, warn_of_coins, warn_of_legs
from service.hedging.sizes.lots import smallest_size
from service.hedging.stresses import STRESSES, HistoricalName
from service.hedging.survival.collateral import Backing, Collateral, back_hedge
from service.hedging.units import (
    Instant,
    Leverage,
    Money,
    Price,
    Share,
    Side,
    Size,
    exactly,
)

FIELD = "instruments"
"""Member of the question in which the contracts stand."""
MOST_LOTS = 10**12
"""Of one leg: what float64 still counts one by one, and a thousand times more than anybody holds."""
_MOST_NAMES = 20
_COSTS = ("cost_rate", "funding_rate", "fee_rate")


class Candidate(NamedTuple):
    """A contract that may hold a part of the hedge, with what is expected of it."""

    quoted: Quoted
    leverage: Leverage | None
    """Value per unit of margin posted; None for the contract's own initial margin."""
    outlook: Outlook
    """What it is expected to cost; nobody's view of the market is in it."""


class Terms(NamedTuple):
    """What is asked beside the contracts."""

    horizon_days: float
    confidence: float
    most_coverage: float
    budget: Budget | None
    stresses: Sequence[HistoricalName] | None
    """None for all of which every coin's figure is known."""
    most_plans: int


class Entered(NamedTuple):
    """A contract ready to be held."""

    candidate: Candidate
    backing: Backing
    unit_notional: Decimal
    expected: Expected
    least: Decimal
    """Smallest size but none, in contracts, on the lot step."""

    @property
    def contract(self) -> Contract:
        """The contract itself."""
        return self.candidate.quoted.contract

    @property
    def lot_notional(self) -> Decimal:
        """Value of one step of its size."""
        return self.unit_notional * self.contract.lot_step

    @property
    def margin_rate(self) -> Decimal | None:
        """Margin posted as a fraction of the notional."""
        return self.backing.initial_rate


class KnownStress(NamedTuple):
    """A stress with what the book itself and what the contracts follow do in it."""

    name: HistoricalName
    book_pnl: Decimal
    moves: Mapping[str, Decimal]


class Mix(NamedTuple):
    """A book beside the contracts that may hedge it together."""

    terms: Terms
    book: Book
    side: Side
    as_of: Instant
    entered: tuple[Entered, ...]
    exposures: Mapping[str, Decimal]
    """By asset, of those that have one."""
    stresses: tuple[KnownStress, ...]
    left_out: tuple[LeftOut, ...]
    largest_notional: Decimal
    cautions: tuple[Caution, ...]

    @property
    def underlyings(self) -> tuple[str, ...]:
        """What the contracts follow, each once."""
        return tuple(dict.fromkeys(one.contract.underlying for one in self.entered))

    @property
    def size(self) -> Decimal:
        """Absolute net exposure."""
        return abs(self.book.exposure)


def check_outlooks(outlooks: Sequence[Outlook]) -> None:
    """Refuse what contradicts itself before anything is looked up.

    Raises:
        InconsistentQuestionError: for a cost that is stated twice.
    """
    faults: list[Fault] = []
    for index, outlook in enumerate(outlooks):
        try:
            check_outlook(outlook)
        except InconsistentQuestionError as error:
            faults += _move(error, index).faults
    if faults:
        raise InconsistentQuestionError(*faults)


@exactly
def plan_mix(
    candidates: Sequence[Candidate],
    terms: Terms,
    *,
    holdings: Sequence[Holding],
    prices: Mapping[str, Price],
    as_of: Instant,
    largest_notional: Decimal,
) -> Mix:
    """Enter the contracts of a question beside its book.

    Args:
        candidates: checked, one at least.
        terms: what is asked of them.
        holdings: the book.
        prices: spot prices by asset.
        as_of: the time of the question.
        largest_notional: ceiling of a hedge's value in the quote currency.

    Raises:
        InconsistentContractError, ExpiredContractError, PriceMissingError, BetaConflictError: first, as of
            `lay_out_each`.
        LeverageOutOfRangeError, InconsistentQuestionError: for the first contract that stands in the way.
        MarginTermsMissingError: if a budget of margin can't be kept, because nobody knows the margin.
        SizeOutOfRangeError: if a hedge of all would be worth more than the ceiling.
        StressDataMissingError: if a stress that is asked for is not known of all coins.
    """
    settings = lay_out_each([one.quoted for one in candidates], holdings=holdings, prices=prices, as_of=as_of)
    book, side = settings[0].book, settings[0].side
    entered = tuple(
        _enter(candidate, setting, index)
        for index, (candidate, setting) in enumerate(zip(candidates, settings, strict=True))
    )
    _require_margins(terms.budget, entered)
    _refuse_oversize(book, largest_notional)
    exposures = _expose(book)
    known, left_out = _know_stresses(terms.stresses, exposures, [one.contract.underlying for one in entered])
    return Mix(
        terms=terms,
        book=book,
        side=side,
        as_of=as_of,
        entered=entered,
        exposures=exposures,
        stresses=known,
        left_out=left_out,
        largest_notional=largest_notional,
        cautions=(*warn_unweighted(book), *warn_of_legs(settings, FIELD), *_leg_cautions(as_of, entered)),
    )


def _move(error: HedgingError, index: int) -> HedgingError:
    """Say of a contract's own statements where among several they stand."""
    for name in _COSTS:
        error = error.moved((name,), (FIELD, index, name))
    return error.moved(("margin",), (FIELD, index))


def _enter(candidate: Candidate, setting: Setting, index: int) -> Entered:
    contract, price = setting.contract, setting.futures_price
    posted = None if candidate.leverage is None else Collateral(leverage=candidate.leverage)
    is_short = setting.side != "long"
    try:
        backing = back_hedge(contract, "short" if is_short else "long", futures_price=price, collateral=posted)
        expected = expect_cost(candidate.outlook, contract, is_short=is_short)
    except HedgingError as error:
        raise _move(error, index) from None
    unit = unit_notional(contract, price)
    return Entered(candidate, backing, unit, expected, smallest_size(contract, unit))


def _require_margins(budget: Budget | None, entered: Sequence[Entered]) -> None:
    if budget is None or (budget.margin is None and budget.capital is None):
        return
    faults = [
        Fault(
            (FIELD, index, "leverage"),
            f"Whether {one.contract.symbol} fits the budget is not known without its initial_margin_rate or a leverage",
        )
        for index, one in enumerate(entered)
        if one.margin_rate is None
    ]
    if faults:
        raise MarginTermsMissingError(*faults)


def _refuse_oversize(book: Book, largest: Decimal) -> None:
    if abs(book.exposure) > largest:
        detail = f"All of it is worth {Money.of(abs(book.exposure))}; this service looks at {Money.of(largest)}"
        raise SizeOutOfRangeError(Fault(("holdings",), detail))


def _expose(book: Book) -> dict[str, Decimal]:
    return {line.asset: line.quantity * line.price for line in book.holdings if line.kind == "risky" and line.quantity}


def _know_stresses(
    asked: Sequence[HistoricalName] | None, exposures: Mapping[str, Decimal], underlyings: Sequence[str]
) -> tuple[tuple[KnownStress, ...], tuple[LeftOut, ...]]:
    """Tell what stresses say of a book; refuse one that was asked for and is not known of all coins."""
    names = list(dict.fromkeys(_HISTORICAL if asked is None else asked))
    assets = list(dict.fromkeys((*exposures, *underlyings)))
    unknown = {name: [asset for asset in assets if STRESSES[name].move_of(asset, "closes") is None] for name in names}
    if asked is not None:
        _refuse_unknown(asked, unknown)
    known = tuple(_know(name, exposures, underlyings) for name in names if not unknown[name])
    left_out = (LeftOut(name=name, unknown=tuple(unknown[name][:_MOST_NAMES])) for name in names if unknown[name])
    return known, tuple(left_out)


_HISTORICAL: tuple[HistoricalName, ...] = get_args(HistoricalName)


def _refuse_unknown(asked: Sequence[HistoricalName], unknown: Mapping[HistoricalName, Sequence[str]]) -> None:
    faults = [
        Fault(("stresses", index), f"Nobody knows what these did in {name}: {', '.join(unknown[name][:_MOST_NAMES])}")
        for index, name in enumerate(asked)
        if unknown[name]
    ]
    if faults:
        raise StressDataMissingError(*faults)


def _know(name: HistoricalName, exposures: Mapping[str, Decimal], underlyings: Sequence[str]) -> KnownStress:
    moves = {asset: STRESSES[name].move_of(asset, "closes") or Decimal(0) for asset in (*exposures, *underlyings)}
    pnl = sum((exposure * moves[asset] for asset, exposure in exposures.items()), Decimal(0))
    return KnownStress(name, pnl, {asset: moves[asset] for asset in underlyings})


def _leg_cautions(as_of: Instant, entered: Sequence[Entered]) -> Iterator[Caution]:
    """Say of each contract what a careful trader would mention about holding it."""
    for index, one in enumerate(entered):
        contract, outlook = one.contract, one.candidate.outlook
        yield from (
            _about(note, index)
            for note in (
                *warn_of_coins(contract, Collateral()),
                *warn_of_horizon(outlook, contract, as_of),
                *warn_of_cost(outlook, contract, one.expected.cost),
            )
        )


def _about(note: Caution, index: int) -> Caution:
    """Say of one of several contracts what is said of one alone."""
    return replace(note, pointer=note.pointer.replace("#", f"#/{FIELD}/{index}", 1))


class Reach(NamedTuple):
    """How much of a contract is looked at."""

    most: Decimal
    """In contracts, on the lot step; 0 for none."""
    limited_by: Limiting


@exactly
def reach(mix: Mix, index: int, ratio: float) -> Reach:
    """Tell how much of a contract is looked at.

    Args:
        mix: the contracts.
        index: of the contract.
        ratio: value of the hedge per value held with the least variance, alone or beside others.

    Raises:
        WorkOutOfRangeError: if that is too many lots to count.
    """
    one = mix.entered[index]
    if ratio <= 0:
        return Reach(Decimal(0), "adds_risk")
    step = one.contract.lot_step
    lots = ceil_steps(Decimal(repr(ratio * mix.terms.most_coverage)) * mix.size, one.lot_notional)
    caps: list[tuple[Decimal, Limiting]] = [
        (max(one.least, lots * step), "coverage"),
        (floor_steps(mix.largest_notional, one.lot_notional) * step, "largest_notional"),
    ]
    if one.contract.max_quantity is not None:
        caps.append((floor_steps(one.contract.max_quantity, step) * step, "max_quantity"))
    most, limited_by = min(caps, key=lambda cap: cap[0])
    if most < one.least:
        return Reach(Decimal(0), "no_legal_size" if limited_by == "max_quantity" else limited_by)
    if most / step > MOST_LOTS:
        detail = f"It may take {most / step:.0f} lots of {one.contract.symbol}: take larger ones"
        raise WorkOutOfRangeError(Fault((FIELD, index, "contract"), detail))
    return Reach(most, limited_by)


@exactly
def tell_facts(one: Entered, reached: Reach) -> LegFacts:
    """Tell what a contract brings into every plan."""
    rate = one.margin_rate
    return LegFacts(
        unit_notional=Money.of(one.unit_notional),
        cost=one.expected.cost,
        margin_rate=None if rate is None else Share.of(rate),
        margin_reason="initial_margin_rate_missing" if rate is None else None,
        least_contracts=Size.of(one.least),
        most_contracts=Size.of(reached.most),
        limited_by=reached.limited_by,
    )
