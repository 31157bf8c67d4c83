"""The words of the domain: exact decimals and names, each constrained in one place.

Law: money, prices, quantities and rates are `Exact`, never floats. A word that enters has bounds, and its pattern is
all there is to validate; a word that leaves is rounded once, when its record is made.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import (
    ROUND_HALF_EVEN,
    Context,
    Decimal,
    DivisionByZero,
    InvalidOperation,
    Overflow,
    getcontext,
    localcontext,
)
from functools import wraps
from typing import Annotated, ClassVar, Literal, ParamSpec, Self, TypeVar

from msgspec import Meta

P = ParamSpec("P")
R = TypeVar("R")

# Wide enough for every sum and product of valid input: 33 + 33 + 33 digits and 1,000 terms. Only quotients are inexact.
EXACT = Context(prec=160, traps=[InvalidOperation, DivisionByZero, Overflow])

_PLAIN = re.compile(r"-?[0-9]+(?:\.[0-9]+)?").fullmatch
_SPECIAL = re.compile(r"[+-]?(?:inf|infinity|s?nan[0-9]*)", re.IGNORECASE).fullmatch


def exactly(function: Callable[P, R]) -> Callable[P, R]:
    """Run a function of decimals under the `EXACT` context, whatever the caller's own context is."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if getcontext().prec == EXACT.prec:  # called from within: entering it again would cost more than most of them
            return function(*args, **kwargs)
        with localcontext(EXACT):
            return function(*args, **kwargs)

    return run


def _below_one(digits: int = 18) -> str:
    """Pattern of the numbers above 0 and below 1; without look-ahead, so that every regex dialect reads it."""
    tails = (f"0{{{zeros}}}[1-9][0-9]{{0,{digits - 1 - zeros}}}" for zeros in range(digits))
    return rf"0\.(?:{'|'.join(tails)})"


_DIGITS = r"(?:\.[0-9]{1,18})?"
_BELOW_ONE = _below_one()


class InvalidWordError(ValueError):
    """A text that is not the word it should be: `code` is stable, the message says how to write it."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


class Exact(Decimal):
    """An exact decimal number, written as a JSON string in plain notation, without exponent."""

    __slots__ = ()
    pattern: ClassVar[str] = r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?"
    example: ClassVar[str] = "1.5"
    bounds: ClassVar[str] = "any plain decimal"
    max_length: ClassVar[int] = 200
    _matches: ClassVar[Callable[[str], re.Match[str] | None]] = re.compile(pattern).fullmatch

    def __init_subclass__(cls) -> None:
        cls._matches = re.compile(cls.pattern).fullmatch

    @classmethod
    def parse(cls, text: object) -> Self:
        """Read the word from a decoded JSON value; raise `InvalidWordError` for anything its pattern excludes."""
        if not isinstance(text, str):
            raise InvalidWordError("not_a_string", f'Write the decimal as a JSON string such as "{cls.example}"')
        if len(text) > cls.max_length or cls._matches(text) is None:
            raise cls._refusal(text)
        return cls(text)

    @classmethod
    def _refusal(cls, text: str) -> InvalidWordError:
        if _SPECIAL(text):
            return InvalidWordError("not_finite", "NaN and Infinity are not numbers here")
        if _PLAIN(text) is None:
            hint = f'Not a plain decimal such as "{cls.example}": no exponent, plus sign, space or underscore'
            return InvalidWordError("not_a_decimal", hint)
        return InvalidWordError("out_of_range", f"Must be {cls.bounds}")

    def __format__(self, spec: str, context: Context | None = None, /) -> str:
        return super().__format__(spec) if spec else str(self)

    def __str__(self) -> str:
        """Plain notation: no exponent, no trailing zeros, no negative zero."""
        text = Decimal.__str__(self)
        if "E" in text:
            text = Decimal.__format__(self, "f")
        if "." in text:
            text = text.rstrip("0").rstrip(".")
        return "0" if text == "-0" else text


class Quantity(Exact):
    """Units of an asset held; negative for a short holding."""

    pattern = r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,18})?"
    example = "40"
    bounds = "within 15 integer and 18 fractional digits"
    max_length = 35


class Positive(Exact):
    """A number above zero."""

    pattern = rf"(?:[1-9][0-9]{{0,14}}{_DIGITS}|{_BELOW_ONE})"
    bounds = "above zero, within 15 integer and 18 fractional digits"
    max_length = 34


class Price(Positive):
    """A price in the quote currency per unit of the base asset, above zero."""

    example = "60000"

    @classmethod
    def _refusal(cls, text: str) -> InvalidWordError:
        if _PLAIN(text) is None:
            return super()._refusal(text)
        if not text.strip("-0."):
            return InvalidWordError("zero_price", "A price is above zero; for a worthless coin send quantity 0")
        if text.startswith("-"):
            return InvalidWordError("negative_price", "A price is above zero")
        return super()._refusal(text)


class Multiplier(Positive):
    """Contract multiplier: base units per contract (linear), quote units per contract (inverse)."""

    example = "0.1"


class Step(Positive):
    """The grid that a size or a price must lie on."""

    example = "0.1"


class Contracts(Exact):
    """A number of contracts, not negative: the side is a field of its own."""

    pattern = r"(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,18})?"
    example = "1"
    bounds = "not negative, within 15 integer and 18 fractional digits"
    max_length = 34


class Amount(Contracts):
    """An amount of money, not negative."""

    example = "1000"


class Coins(Contracts):
    """Units of an asset that are posted, not negative."""

    example = "40"


class Lots(Positive):
    """Contracts of a position that is open, above zero."""

    example = "1"


class SignedAmount(Quantity):
    """An amount of money, negative for a loss."""

    example = "-120"


class Haircut(Exact):
    """Share of a value that does not count as margin, from 0 to 1."""

    pattern = rf"(?:0{_DIGITS}|1(?:\.0{{1,18}})?)"
    example = "0.1"
    bounds = "from 0 to 1, within 18 fractional digits"
    max_length = 20


class FeeRate(Exact):
    """A fee as a fraction of the notional; negative where the exchange pays a rebate."""

    pattern = r"-?0(?:\.[0-9]{1,18})?"
    example = "0.0005"
    bounds = "between -1 and 1, both excluded, within 18 fractional digits"
    max_length = 21


class InitialMarginRate(Exact):
    """Initial margin as a fraction of the position's value, above 0, at most 1."""

    pattern = rf"(?:1(?:\.0{{1,18}})?|{_BELOW_ONE})"
    example = "0.05"
    bounds = "above 0 and at most 1, within 18 fractional digits"
    max_length = 20


class MaintenanceMarginRate(Exact):
    """Maintenance margin as a fraction of the position's value, from 0, below 1."""

    pattern = r"0(?:\.[0-9]{1,18})?"
    example = "0.004"
    bounds = "from 0, below 1, within 18 fractional digits"
    max_length = 20


class Coverage(Exact):
    """Share of the (beta) exposure to hedge: 1 is all of it, above 1 is more than there is."""

    pattern = rf"(?:[0-9]{_DIGITS}|10(?:\.0{{1,18}})?)"
    example = "1"
    bounds = "from 0 to 10, within 18 fractional digits"
    max_length = 21


class Leverage(Exact):
    """Position value per unit of margin, above 0, below 1,000."""

    pattern = rf"(?:[1-9][0-9]{{0,2}}{_DIGITS}|{_BELOW_ONE})"
    example = "5"
    bounds = "above 0 and below 1000, within 18 fractional digits"
    max_length = 22


class Rise(Exact):
    """A move against the hedge as a fraction of the entry price, above 0, below 10."""

    pattern = rf"(?:[1-9]{_DIGITS}|{_BELOW_ONE})"
    example = "0.2"
    bounds = "above 0 and below 10, within 18 fractional digits"
    max_length = 20


class Move(Exact):
    """A relative change of a price, above -1, below 10."""

    pattern = rf"(?:-?0{_DIGITS}|[1-9]{_DIGITS})"
    example = "-0.2"
    bounds = "above -1 and below 10, within 18 fractional digits"
    max_length = 21


class LossLimit(Exact):
    """A loss as a fraction of the exposure, above 0, at most 1."""

    pattern = rf"(?:1(?:\.0{{1,18}})?|{_BELOW_ONE})"
    example = "0.1"
    bounds = "above 0 and at most 1, within 18 fractional digits"
    max_length = 20


class FundingRate(Exact):
    """Funding per interval as a fraction of the position's value: positive where longs pay and a short receives."""

    pattern = r"-?0(?:\.[0-9]{1,18})?"
    example = "0.0001"
    bounds = "between -1 and 1, both excluded, within 18 fractional digits"
    max_length = 21


class AnnualRate(Exact):
    """A rate a year as a fraction, between -10 and 10."""

    pattern = rf"-?[0-9]{_DIGITS}"
    example = "0.05"
    bounds = "between -10 and 10, both excluded, within 18 fractional digits"
    max_length = 21


class SpreadRate(Exact):
    """A loss per trade against the mid price as a fraction of the notional, from 0, below 1."""

    pattern = r"0(?:\.[0-9]{1,18})?"
    example = "0.0001"
    bounds = "from 0, below 1, within 18 fractional digits"
    max_length = 20


class ClosingFeeRate(SpreadRate):
    """A fee that has to be left for closing a position, as a fraction of its value, from 0, below 1."""

    example = "0.0005"


class Notional(Positive):
    """Value of a position in the quote currency, above zero."""

    example = "10000"


class Result(Exact):
    """A number that was computed here."""

    places: ClassVar[Decimal] = Decimal("1E-8")

    @classmethod
    def of(cls, value: Decimal, rounding: str = ROUND_HALF_EVEN) -> Self:
        """Round onto the word's own places, half to even unless told otherwise."""
        return cls(value.quantize(cls.places, rounding))


class Money(Result):
    """An amount, rounded to 8 fractional digits; negative as the field says."""

    example = "10000"


class Share(Result):
    """A fraction (0.05 is 5 %), rounded to 8 fractional digits."""

    example = "0.6"


class PriceLevel(Result):
    """A price that was computed, in the quote currency per unit of the base asset."""

    example = "62749"


class Size(Result):
    """Contracts that were computed: on the lot step, or the exact size to 18 fractional digits."""

    places = Decimal("1E-18")
    example = "1.666666666666666667"


_TIME = r"-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,6})?"
_OFFSET = r"(?:0[0-9]|1[0-4]):[0-5][0-9]"


class Instant(datetime):
    """A moment in UTC, RFC 3339, of the years 1970 to 2199; any offset is read, Z is written."""

    pattern: ClassVar[str] = (
        rf"(?:(?:197[1-9]|19[89][0-9]|20[0-9]{{2}}|21[0-8][0-9]|219[0-8]){_TIME}(?:Z|[+-]{_OFFSET})"
        rf"|1970{_TIME}(?:Z|-{_OFFSET})|2199{_TIME}(?:Z|\+{_OFFSET}))"
    )
    example: ClassVar[str] = "2026-01-02T03:04:05Z"
    max_length: ClassVar[int] = 32

    @classmethod
    def parse(cls, text: object) -> Self:
        """Read an RFC 3339 date-time of the years 1970 to 2199; raise `InvalidWordError` for anything else."""
        if not isinstance(text, str) or re.fullmatch(cls.pattern, text) is None:
            raise InvalidWordError("not_an_instant", f'Write a date-time with its offset, such as "{cls.example}"')
        try:
            return cls.of(datetime.fromisoformat(text))
        except ValueError:
            raise InvalidWordError("no_such_day", "The calendar has no such day") from None

    @classmethod
    def of(cls, moment: datetime) -> Self:
        """Take over an aware datetime, in UTC."""
        moment = moment.astimezone(UTC)
        return cls.combine(moment.date(), moment.time(), UTC)

    @classmethod
    def of_ms(cls, milliseconds: int) -> Self:
        """Take over a time in milliseconds since 1970."""
        return cls.of(datetime.fromtimestamp(milliseconds / 1000, UTC))

    def __str__(self) -> str:
        """RFC 3339 in UTC, with Z, and milliseconds or microseconds only where there are any."""
        spec = "milliseconds" if self.microsecond and not self.microsecond % 1000 else "auto"
        return self.isoformat(timespec=spec).removesuffix("+00:00") + "Z"


Asset = Annotated[
    str,
    Meta(pattern=r"\A[A-Z0-9]{1,20}\Z", max_length=20, description="Asset code, upper case.", examples=["SOL"]),
]
Symbol = Annotated[
    str,
    Meta(
        pattern=r"\A[A-Z0-9][A-Z0-9._:/-]{0,39}\Z",
        max_length=40,
        description="Contract symbol or asset code, upper case.",
        examples=["BTC-MINI"],
    ),
]
Beta = Annotated[
    float,
    Meta(
        ge=-100,
        le=100,
        description="Percent move of the asset per percent move of the underlying, read to 18 fractional digits.",
        examples=[1.2],
    ),
]
Side = Literal["short", "long", "none"]
