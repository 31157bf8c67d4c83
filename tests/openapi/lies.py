"""Lies that a document could tell: each is one change to the committed one, and each would mislead somebody."""

from collections.abc import Callable
from typing import Any, NamedTuple

from tests.openapi.boundaries import ABSENT, Steps, change
from tests.openapi.document import Document


class Lie(NamedTuple):
    """One change to a document."""

    name: str
    steps: Steps
    """Where."""
    value: Any
    """What is put there, `ABSENT` to take it away, or a function of what was there."""

    def tell(self, document: Document) -> Document:
        """Copy a document and put the lie into the copy."""
        value = self.value(_at(document, self.steps)) if callable(self.value) else self.value
        lying: Document = change(document, self.steps, value)
        return lying


def _at(value: Any, steps: Steps) -> Any:  # noqa: ANN401
    """Look up what stands at a place; None if nothing does."""
    for step in steps:
        value = value.get(step) if isinstance(value, dict) else value[step]
    return value


def _more(*values: object) -> Callable[[list[object]], list[object]]:
    """Make a function that puts values at the end of a list."""
    return lambda old: [*old, *values]


def _less(*values: object) -> Callable[[list[object]], list[object]]:
    """Make a function that takes values out of a list."""
    return lambda old: [value for value in old if value not in values]


def _first(old: list[object]) -> list[object]:
    """Leave only the first item of a list."""
    return old[:1]


def _rename(old_name: str, new_name: str) -> Callable[[dict[str, object]], dict[str, object]]:
    """Make a function that renames a member and leaves it in its place."""
    return lambda old: {new_name if name == old_name else name: value for name, value in old.items()}


def _also(name: str, like: str) -> Callable[[dict[str, object]], dict[str, object]]:
    """Make a function that adds a member like another one."""
    return lambda old: {**old, name: old[like]}


def _replace(part: str, other: str) -> Callable[[str], str]:
    """Make a function that replaces part of a text."""
    return lambda old: old.replace(part, other)


def _of(record: str, *steps: str | int) -> Steps:
    """Name a place in a component."""
    return ("components", "schemas", record, *steps)


def _in(record: str, member: str, *steps: str | int) -> Steps:
    """Name a place in a member of a record."""
    return _of(record, "properties", member, *steps)


_POST: Steps = ("paths", "/v1/sizing", "post")
_GET: Steps = ("paths", "/problems/{code}", "get")
_BODY: Steps = (*_POST, "requestBody", "content", "application/json")
_REPLIES: Steps = (*_POST, "responses")
_REPLY: Steps = (*_REPLIES, "200", "content", "application/json")
_NULLABLE = {"oneOf": [{"$ref": "#/components/schemas/Coverage"}, {"type": "null"}]}
_REF = "#/components/schemas/"

LIES: tuple[Lie, ...] = (
    # limits of numbers and lengths
    Lie("a beta of 99 is the largest", _in("Holding", "beta", "maximum"), 99),
    Lie("a beta of 101 is fine", _in("Holding", "beta", "maximum"), 101),
    Lie("a beta of -100.5 is fine", _in("Holding", "beta", "minimum"), -100.5),
    Lie("funding every 0 hours", _in("Linear", "funding_interval_hours", "minimum"), 0),
    Lie("funding at least every 23 hours", _in("Inverse", "funding_interval_hours", "maximum"), 23),
    Lie("an empty book", _in("SizingRequest", "holdings", "minItems"), 0),
    Lie("999 holdings", _in("SizingRequest", "holdings", "maxItems"), 999),
    Lie("1,001 holdings", _in("SizingRequest", "holdings", "maxItems"), 1001),
    Lie("any number of prices", _in("SizingRequest", "prices", "maxProperties"), 5000),
    Lie("101 tiers", _in("Linear", "maintenance_tiers", "maxItems"), 101),
    Lie("at least two tiers", _in("Inverse", "maintenance_tiers", "minItems"), 2),
    Lie("shorter asset codes", _in("Holding", "asset", "maxLength"), 19),
    # what has to be there
    Lie("no prices needed", _of("SizingRequest", "required"), _less("prices")),
    Lie("coverage needed", _of("SizingRequest", "required"), _more("coverage")),
    Lie("no multiplier needed", _of("Linear", "required"), _less("multiplier")),
    Lie("no style needed", _of("Inverse", "required"), _less("style")),
    Lie("a tick size needed", _of("Inverse", "required"), _more("tick_size")),
    Lie("no quantity needed", _of("Holding", "required"), _less("quantity")),
    Lie("no rate needed", _of("MaintenanceTier", "required"), _less("rate")),
    Lie("no body needed", (*_POST, "requestBody", "required"), False),  # noqa: FBT003
    # which members there are
    Lie("any member", _of("SizingRequest", "additionalProperties"), ABSENT),
    Lie("any member of a margin", _of("Collateral", "additionalProperties"), True),  # noqa: FBT003
    Lie("no maker fee", _in("Linear", "maker_fee_rate"), ABSENT),
    Lie("a note", _in("SizingRequest", "note"), {"type": "string", "default": "", "examples": ["for May"]}),
    Lie("market instead of margin", _of("SizingRequest", "properties"), _rename("margin", "market")),
    # choices
    Lie("weighting by variance", _in("SizingRequest", "weighting", "enum"), _more("variance")),
    Lie("no rounding to nearest", _in("SizingRequest", "rounding", "oneOf", 0, "enum"), _less("nearest")),
    Lie("no null as rounding", _in("SizingRequest", "rounding", "oneOf"), _first),
    Lie("a linear order in quote units", _in("Linear", "order_unit", "enum"), _more("quote")),
    Lie("no inverse order in quote units", _in("Inverse", "order_unit", "enum"), _less("quote")),
    Lie("linear contracts called swaps", _in("Linear", "style", "enum"), ["swap"]),
    Lie("no maintenance at entry", _in("Inverse", "maintenance_basis", "enum"), _less("entry")),
    # texts
    Lie("assets in lower case", _in("Holding", "asset", "pattern"), "^[A-Za-z0-9]{1,20}$"),
    Lie("no underscore in symbols", _in("Linear", "symbol", "pattern"), _replace("._:/-", ".:/-")),
    Lie("no slash in symbols", _in("Linear", "symbol", "pattern"), _replace("._:/-", "._:-")),
    Lie("any price names", _in("SizingRequest", "prices", "propertyNames"), ABSENT),
    Lie("a price of zero", _in("SizingRequest", "prices", "additionalProperties"), {"$ref": f"{_REF}Amount"}),
    Lie("no short holdings", _of("Quantity", "pattern"), _replace("-?", "")),
    Lie("16 digits", _of("Quantity", "pattern"), _replace("{0,14}", "{0,15}")),
    Lie("17 places", _of("Amount", "pattern"), _replace("{1,18}", "{1,17}")),
    Lie("less than tenfold coverage", _of("Coverage", "pattern"), r"^[0-9](?:\.[0-9]{1,18})?$"),
    Lie("never the whole value as margin", _of("InitialMarginRate", "pattern"), _replace(r"1(?:\.0{1,18})?|", "")),
    Lie("no rebates", _of("FeeRate", "pattern"), _replace("-?", "")),
    Lie("an exponent", _of("Multiplier", "pattern"), _replace(")$", "|1e1)$")),
    Lie("times in UTC only", _of("Instant", "pattern"), r"^(?:19[7-9]|20[0-9]|21[0-9])[0-9]-\d\d-\d\dT[\d:.]{8,15}Z$"),
    Lie("a 30th of February", _of("Instant", "format"), ABSENT),
    # types
    Lie("quantities as numbers", _in("Holding", "quantity"), {"type": "number", "examples": [40]}),
    Lie("betas as texts", _in("Holding", "beta"), {"type": ["string", "null"], "maxLength": 9, "default": None}),
    Lie("no null as beta", _in("Holding", "beta", "type"), "number"),
    Lie("null as coverage", _in("SizingRequest", "coverage"), {**_NULLABLE, "default": "1"}),
    Lie("no null as margin", _in("SizingRequest", "margin"), {"$ref": f"{_REF}Collateral", "default": None}),
    Lie("a move of any sign", _in("Collateral", "survive_move", "oneOf", 0, "$ref"), f"{_REF}Share"),
    # defaults
    Lie("half covered by default", _in("SizingRequest", "coverage", "default"), "0.5"),
    Lie("by beta by default", _in("SizingRequest", "weighting", "default"), "beta"),
    Lie("rounded down by default", _in("SizingRequest", "rounding", "default"), "down"),
    Lie("tenths of contracts by default", _in("Linear", "lot_step", "default"), "0.1"),
    Lie("maintenance at entry by default", _in("Inverse", "maintenance_basis", "default"), "entry"),
    Lie("counted in coins by default", _in("Linear", "order_unit", "default"), "base"),
    Lie("no default for a beta", _in("Holding", "beta", "default"), ABSENT),
    # statuses, content types, headers
    Lie("never too slow", (*_REPLIES, "408"), ABSENT),
    Lie("never too large", (*_REPLIES, "413"), ABSENT),
    Lie("never a defect", (*_REPLIES, "500"), ABSENT),
    Lie("conflicts", _REPLIES, _also("409", "422")),
    Lie("a page for everything", (*_GET, "responses", "404"), ABSENT),
    Lie("sometimes dead", ("paths", "/health/live", "get", "responses"), _also("503", "200")),
    Lie("any JSON", (*_POST, "requestBody", "content"), _rename("application/json", "text/json")),
    Lie("plain refusals", (*_REPLIES, "422", "content"), _rename("application/problem+json", "application/json")),
    Lie(
        "metrics as JSON",
        ("paths", "/metrics", "get", "responses", "200", "content"),
        _rename("text/plain", "text/json"),
    ),
    Lie("a rate limit", (*_REPLIES, "200", "headers"), _also("RateLimit", "X-Request-ID")),
    Lie("ids of three letters", (*_REPLIES, "200", "headers", "X-Request-ID", "schema", "maxLength"), 3),
    Lie("no missing price", (*_REPLIES, "422", "description"), _replace("`price_missing`:", "")),
    # operations
    Lie("another path", ("paths",), _rename("/v1/sizing", "/v1/size")),
    Lie("another method", ("paths", "/v1/sizing"), _rename("post", "put")),
    Lie("no readiness", ("paths", "/health/ready"), ABSENT),
    Lie("an unexplained code", (*_GET, "parameters", 0, "schema", "enum"), _less("beta_missing")),
    Lie("a code that is none", (*_GET, "parameters", 0, "schema", "enum"), _more("teapot")),
    # answers
    Lie("contracts as numbers", _in("Candidate", "contracts"), {"type": "number", "examples": [1]}),
    Lie("signed contracts in words", _in("SizingReply", "side", "enum"), _more("flat")),
    Lie("no depeg warning", _in("Caution", "code", "enum"), _less("depeg")),
    Lie("prices from an exchange", _in("Provenance", "source", "enum"), _more("binance")),
    Lie("always a recommendation", _in("SizingReply", "recommended", "oneOf"), _first),
    Lie("always fees", _in("Candidate", "fees"), {"$ref": f"{_REF}Money", "examples": ["3"]}),
    Lie("an order of no size", _in("Order", "quantity"), {"oneOf": [{"$ref": f"{_REF}Exact"}, {"type": "null"}]}),
    Lie("no portfolio beta", _in("SizingReply", "portfolio_beta"), ABSENT),
    Lie("a volatility", _in("ValuedHolding", "volatility"), {"type": "number", "examples": [0.6]}),
    Lie("perhaps a side", _of("SizingReply", "required"), _less("side")),
    Lie("a note on every answer", _of("SizingReply", "required"), _more("note")),
    Lie("only client errors", _in("Problem", "status", "maximum"), 499),
    Lie("two candidates", _in("SizingReply", "candidates", "maxItems"), 2),
    # examples
    Lie("a wrong answer", (*_REPLY, "examples", "seed", "value", "exact_contracts"), "1.67"),
    Lie("a wrong question", (*_BODY, "examples", "dated", "value", "coverage"), "0.6"),
    Lie("an answer not shown", (*_REPLY, "examples", "inverse"), ABSENT),
    Lie("a price of zero shown", _of("Price", "examples"), ["0"]),
    Lie("a page shown that is not there", (*_GET, "parameters", 0, "example"), "no_such_code"),
    Lie("another refusal shown", (*_REPLIES, "413", "content", "application/problem+json", "example", "status"), 414),
)
