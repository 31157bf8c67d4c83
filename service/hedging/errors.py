"""What has no answer: a valid request for which no number would be honest."""

from typing import ClassVar, NamedTuple, Self


class Fault(NamedTuple):
    """One place in the question that stands in the way."""

    path: tuple[str | int, ...]
    """Names and positions that lead to the place, from the outside in."""
    detail: str
    """What is wrong there and what would help, in one sentence."""


class HedgingError(Exception):
    """No answer can be given; carries every fault of one kind."""

    code: ClassVar[str]
    """Stable, snake_case."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__("; ".join(fault.detail for fault in faults))
        self.faults = faults

    def moved(self, start: tuple[str | int, ...], to: tuple[str | int, ...]) -> Self:
        """Make the same error about a part of the question that stands elsewhere: among several, or within another."""
        length = len(start)
        moved = (
            fault._replace(path=(*to, *fault.path[length:])) if fault.path[:length] == start else fault
            for fault in self.faults
        )
        return type(self)(*moved)


class InconsistentContractError(HedgingError):
    """Contract terms that contradict each other."""

    code = "inconsistent_contract"


class MarginConflictError(HedgingError):
    """Two statements about the same margin."""

    code = "margin_conflict"


class ExpiredContractError(HedgingError):
    """A contract that no longer trades at the time of the question."""

    code = "expired_contract"


class PriceMissingError(HedgingError):
    """A price that the answer needs and nobody gave."""

    code = "price_missing"


class BetaConflictError(HedgingError):
    """One asset held twice with two betas."""

    code = "duplicate_symbol_beta_conflict"


class BetaMissingError(HedgingError):
    """A beta that the weighting needs and nobody gave."""

    code = "beta_missing"


class LeverageOutOfRangeError(HedgingError):
    """More leverage than the contract allows."""

    code = "leverage_out_of_range"


class MarginTermsMissingError(HedgingError):
    """Terms without which survival can't be judged."""

    code = "margin_terms_missing"


class SizeOutOfRangeError(HedgingError):
    """A position above the ceiling that the service is set to."""

    code = "size_out_of_range"


class CrossedMarketError(HedgingError):
    """A best bid above the best ask: at least one of the two is wrong."""

    code = "crossed_market"


class InconsistentQuestionError(HedgingError):
    """Parts of a question that don't go together, or that lack each other."""

    code = "inconsistent_question"


class TooFewObservationsError(HedgingError):
    """A history too short to say anything."""

    code = "too_few_observations"


class ZeroVarianceError(HedgingError):
    """Returns that never moved, where something is divided by their variance."""

    code = "zero_variance"


class NoInstrumentError(HedgingError):
    """Nothing that could hold the hedge."""

    code = "no_instrument"


class StressDataMissingError(HedgingError):
    """A coin of which nobody knows what it did in a window that was asked for."""

    code = "stress_data_missing"


class WorkOutOfRangeError(HedgingError):
    """More steps than one question may take."""

    code = "work_out_of_range"
