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


def _at(value: Any, steps: Steps) -> Any:
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


def _without(name: str) -> Callable[[list[dict[str, object]]], list[dict[str, object]]]:
    """Make a function that takes a parameter away."""
    return lambda old: [parameter for parameter in old if parameter["name"] != name]


def _with(name: str, like: str) -> Callable[[list[dict[str, object]]], list[dict[str, object]]]:
    """Make a function that adds a parameter like another one."""
    return lambda old: [*old, *({**parameter, "name": name} for parameter in old if parameter["name"] == like)]


def _say(code: str) -> Callable[[str], str]:
    """Make a function that names one more code."""
    return lambda old: f"{old} `{code}`: Sometimes."


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
_PRICES: Steps = ("paths", "/v1/prices", "get")
_CONTRACTS: Steps = ("paths", "/v1/contracts", "get")
_EXCHANGES: Steps = ("paths", "/v1/exchanges", "get")
_PROBLEM: Steps = ("content", "application/problem+json", "example")
_REFUSED_PRICES: Steps = (*_PRICES, "responses", "422", *_PROBLEM)
_FAILED_CONTRACTS: Steps = (*_CONTRACTS, "responses", "503", *_PROBLEM)
_NAME: dict[str, Any] = {"type": "string", "examples": ["BTC"]}
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
    Lie("prices as old as a minute and a bit", _in("Source", "max_age_seconds", "maximum"), 61),
    Lie("prices of half a minute at most", _in("Source", "max_age_seconds", "maximum"), 30),
    Lie("prices of the very moment", _in("Source", "max_age_seconds", "minimum"), 0),
    Lie("shorter symbols", _in("Listed", "symbol", "maxLength"), 39),
    # what has to be there
    Lie("no contract needed", _of("SizingRequest", "required"), _less("contract")),
    Lie("prices needed", _of("SizingRequest", "required"), _more("prices")),
    Lie("a market needed", _of("SizingRequest", "required"), _more("market")),
    Lie("no exchange needed", _of("Listed", "required"), _less("exchange")),
    Lie("no symbol needed", _of("Listed", "required"), _less("symbol")),
    Lie("a currency needed", _of("Source", "required"), _more("quote")),
    Lie("no place to look needed", _of("Source", "required"), _less("exchange")),
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
    Lie("collateral instead of margin", _of("SizingRequest", "properties"), _rename("margin", "collateral")),
    Lie("any member of a listed contract", _of("Listed", "additionalProperties"), ABSENT),
    Lie("any member of a market", _of("Source", "additionalProperties"), True),  # noqa: FBT003
    Lie("a fee of a listed contract", _in("Listed", "fee"), {"type": "string", "default": "", "examples": ["0"]}),
    Lie("no largest market order", _in("Linear", "max_market_quantity"), ABSENT),
    # choices
    Lie("weighting by variance", _in("SizingRequest", "weighting", "enum"), _more("variance")),
    Lie("no rounding to nearest", _in("SizingRequest", "rounding", "oneOf", 0, "enum"), _less("nearest")),
    Lie("no null as rounding", _in("SizingRequest", "rounding", "oneOf"), _first),
    Lie("a linear order in quote units", _in("Linear", "order_unit", "enum"), _more("quote")),
    Lie("no inverse order in quote units", _in("Inverse", "order_unit", "enum"), _less("quote")),
    Lie("linear contracts called swaps", _in("Linear", "style", "enum"), ["swap"]),
    Lie("no maintenance at entry", _in("Inverse", "maintenance_basis", "enum"), _less("entry")),
    Lie("contracts of another exchange", _in("Listed", "exchange", "enum"), _more("okx")),
    Lie("no contracts of WEEX", _in("Listed", "exchange", "enum"), _less("weex")),
    Lie("a contract of the median", _in("Listed", "exchange", "enum"), _more("median")),
    Lie("no median", _in("Source", "exchange", "enum"), _less("median")),
    Lie("euros", _in("Source", "quote", "enum"), _more("EUR")),
    Lie("no null as market", _in("SizingRequest", "market", "oneOf"), _first),
    Lie("listed contracts called named", _in("Listed", "style", "enum"), ["named"]),
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
    Lie("looked up for USDC by default", _in("Source", "quote", "default"), "USDC"),
    Lie("looked up everywhere by default", _in("SizingRequest", "market", "default"), {"exchange": "median"}),
    Lie("a thousand coins by default", _in("Linear", "quoted_units", "default"), "1000"),
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
    Lie("a quota", (*_REPLIES, "200", "headers"), _also("X-Quota", "X-Request-ID")),
    Lie("ids of three letters", (*_REPLIES, "200", "headers", "X-Request-ID", "schema", "maxLength"), 3),
    Lie("no missing price", (*_REPLIES, "422", "description"), _replace("`price_missing`:", "")),
    Lie("never unavailable", (*_REPLIES, "503"), ABSENT),
    Lie("never without a key", (*_REPLIES, "401"), ABSENT),
    Lie("never asked too often", (*_REPLIES, "429"), ABSENT),
    Lie("no look-up of another time", (*_REPLIES, "422", "description"), _replace("`as_of_not_now`:", "")),
    Lie("a tag on every answer", (*_REPLIES, "200", "headers"), _also("ETag", "RateLimit")),
    Lie("no limit told", (*_REPLIES, "200", "headers", "RateLimit"), ABSENT),
    Lie("a limit of the house", (*_REPLIES, "200", "headers", "RateLimit", "schema", "pattern"), '^"house";r=[0-9]+$'),
    Lie("a policy of nine a minute", (*_REPLIES, "422", "headers", "RateLimit-Policy", "schema", "maxLength"), 9),
    Lie("keys without a hint", (*_REPLIES, "401", "headers", "WWW-Authenticate"), ABSENT),
    Lie("a hint of a kind", (*_REPLIES, "401", "headers", "WWW-Authenticate", "schema", "maxLength"), 6),
    Lie("waiting for a date", (*_REPLIES, "429", "headers", "Retry-After", "schema", "pattern"), "^[A-Z]"),
    Lie("nothing to wait for", (*_REPLIES, "503", "headers", "Retry-After"), ABSENT),
    Lie("pages without a limit", (*_GET, "responses", "429"), ABSENT),
    # queries
    Lie("no currency of prices", (*_PRICES, "parameters"), _without("quote")),
    Lie("no style of contracts", (*_CONTRACTS, "parameters"), _without("style")),
    Lie("prices by a cursor", (*_PRICES, "parameters"), _with("cursor", "quote")),
    Lie("exchanges by name", (*_EXCHANGES, "parameters"), [{"name": "exchange", "in": "query", "schema": _NAME}]),
    Lie("prices of no symbol", (*_PRICES, "parameters", 1, "required"), False),  # noqa: FBT003
    Lie("prices from nowhere", (*_PRICES, "parameters", 0, "required"), False),  # noqa: FBT003
    Lie("prices in a currency that is needed", (*_PRICES, "parameters", 2, "required"), True),  # noqa: FBT003
    Lie("contracts on nothing", (*_CONTRACTS, "parameters", 0, "required"), False),  # noqa: FBT003
    Lie("contracts of an exchange only", (*_CONTRACTS, "parameters", 1, "required"), True),  # noqa: FBT003
    Lie("coins instead of underlyings", (*_CONTRACTS, "parameters", 0, "name"), "coin"),
    Lie("symbols one by one", (*_PRICES, "parameters", 1, "explode"), True),  # noqa: FBT003
    Lie("symbols one by one, unless said otherwise", (*_PRICES, "parameters", 1, "explode"), ABSENT),
    Lie("symbols with spaces", (*_PRICES, "parameters", 1, "style"), "spaceDelimited"),
    Lie("symbols with bars", (*_PRICES, "parameters", 1, "style"), "pipeDelimited"),
    Lie("a single symbol", (*_PRICES, "parameters", 1, "schema"), {**_NAME, "maxLength": 40}),
    Lie("51 symbols", (*_PRICES, "parameters", 1, "schema", "maxItems"), 51),
    Lie("49 symbols", (*_PRICES, "parameters", 1, "schema", "maxItems"), 49),
    Lie("two symbols at least", (*_PRICES, "parameters", 1, "schema", "minItems"), 2),
    Lie("symbols in lower case", (*_PRICES, "parameters", 1, "schema", "items", "pattern"), "^[A-Za-z0-9._:/-]{1,40}$"),
    Lie("prices of another exchange", (*_PRICES, "parameters", 0, "schema", "enum"), _more("okx")),
    Lie("no prices of the median", (*_PRICES, "parameters", 0, "schema", "enum"), _less("median")),
    Lie("prices in euros", (*_PRICES, "parameters", 2, "schema", "enum"), _more("EUR")),
    Lie("an age as a text", (*_PRICES, "parameters", 3, "schema"), {**_NAME, "maxLength": 9}),
    Lie("whole seconds of age", (*_PRICES, "parameters", 3, "schema", "type"), "integer"),
    Lie("no limit of age", (*_PRICES, "parameters", 3, "schema", "maximum"), ABSENT),
    Lie("a younger limit of age", (*_PRICES, "parameters", 3, "schema", "minimum"), 1),
    Lie("contracts of the median", (*_CONTRACTS, "parameters", 1, "schema", "enum"), _more("median")),
    Lie("listed contracts", (*_CONTRACTS, "parameters", 2, "schema", "enum"), _more("listed")),
    Lie("no inverse contracts", (*_CONTRACTS, "parameters", 2, "schema", "enum"), _less("inverse")),
    Lie("any expiry", (*_CONTRACTS, "parameters", 3, "schema", "pattern"), ABSENT),
    Lie("no perpetuals", (*_CONTRACTS, "parameters", 3, "schema", "pattern"), _replace("perpetual|", "")),
    Lie("shorter names of coins", (*_CONTRACTS, "parameters", 0, "schema", "maxLength"), 19),
    # statuses and headers of queries
    Lie("always another answer", (*_PRICES, "responses", "304"), ABSENT),
    Lie("the same readiness", ("paths", "/health/ready", "get", "responses"), _also("304", "200")),
    Lie("contracts at any time", (*_CONTRACTS, "responses", "503"), ABSENT),
    Lie("exchanges not at any time", (*_EXCHANGES, "responses"), _also("503", "500")),
    Lie("anything for exchanges", (*_EXCHANGES, "responses", "422"), ABSENT),
    Lie("prices in any format", (*_PRICES, "responses", "406"), ABSENT),
    Lie("prices without a defect", (*_PRICES, "responses", "500"), ABSENT),
    Lie("prices for everybody", (*_PRICES, "responses", "401"), ABSENT),
    Lie("a body that may be wrong", (*_PRICES, "responses"), _also("415", "406")),
    Lie("prices of what is not listed", (*_PRICES, "responses", "422", "description"), _replace("`not_listed`:", "")),
    Lie("no exchange off", (*_CONTRACTS, "responses", "422", "description"), _replace("`exchange_off`:", "")),
    Lie("exchanges that are not listed", (*_EXCHANGES, "responses", "422", "description"), _say("not_listed")),
    Lie("strong tags", (*_PRICES, "responses", "200", "headers", "ETag", "schema", "pattern"), '^"[0-9a-f]{32}"$'),
    Lie("no tags", (*_CONTRACTS, "responses", "200", "headers", "ETag"), ABSENT),
    Lie("no tags of what is the same", (*_EXCHANGES, "responses", "304", "headers", "ETag"), ABSENT),
    Lie("a wait for the same", (*_PRICES, "responses", "304", "headers"), _also("Retry-After", "ETag")),
    Lie("the same once more", (*_PRICES, "responses", "304", "content"), {"application/json": {"schema": _NAME}}),
    Lie("prices as text", (*_PRICES, "responses", "200", "content"), _rename("application/json", "text/plain")),
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
    Lie("prices from another exchange", _in("Provenance", "source", "enum"), _more("okx")),
    Lie("no prices from the median", _in("Provenance", "source", "enum"), _less("median")),
    Lie("no prices by definition", _in("Provenance", "source", "enum"), _less("definition")),
    Lie("prices without a time", _in("Provenance", "as_of", "oneOf"), lambda old: old[1:]),
    Lie("ages as texts", _in("Provenance", "age_seconds", "type"), ["string", "null"]),
    Lie("prices of one kind", _in("Provenance", "kind", "oneOf", 0, "enum"), _less("mark")),
    Lie("always converted", _in("Provenance", "converted_at"), {"$ref": f"{_REF}Price"}),
    Lie("no unknown maintenance", _in("ContractSource", "maintenance", "enum"), _less("unknown")),
    Lie("guessed maintenance", _in("ContractSource", "maintenance", "enum"), _more("guess")),
    Lie("always a day of the table", _in("ContractSource", "maintenance_as_of", "type"), "string"),
    Lie("never a currency", _in("ContractSource", "quote", "type"), "null"),
    Lie("an author of the terms", _in("ContractSource", "author"), {"type": "string", "examples": ["x"]}),
    Lie("no warning of an estimate", _in("Caution", "code", "enum"), _less("estimated_tiers")),
    Lie("a listed contract in an answer", _in("SizingReply", "contract", "oneOf"), _more({"$ref": f"{_REF}Listed"})),
    Lie("options", _in("PriceLine", "kind", "enum"), _more("option")),
    Lie("no spot", _in("PriceLine", "kind", "enum"), _less("spot")),
    Lie("always a price", _in("PriceLine", "price"), {"$ref": f"{_REF}Exact"}),
    Lie("always a bid", _in("PriceLine", "bid"), {"$ref": f"{_REF}Exact"}),
    Lie("always funding", _in("PriceLine", "funding_rate"), {"$ref": f"{_REF}Exact"}),
    Lie("funding in half hours", _in("PriceLine", "funding_interval_hours", "maximum"), 1),
    Lie("an expiry as a number", _in("PriceLine", "expiry"), {"type": ["integer", "null"]}),
    Lie("prices of four exchanges at most", _in("PriceLine", "exchanges", "maxItems"), 4),
    Lie("a volume", _in("PriceLine", "volume"), {"type": "number", "examples": [1]}),
    Lie("no index", _in("PriceLine", "index"), ABSENT),
    Lie("perhaps an age", _of("PriceLine", "required"), _less("age_seconds")),
    Lie("two prices at least", _in("PricesReply", "prices", "minItems"), 2),
    Lie("40 prices", _in("PricesReply", "prices", "maxItems"), 40),
    Lie("contracts of four exchanges", _in("ContractLine", "exchange", "enum"), _less("weex")),
    Lie("always a leverage", _in("ContractLine", "max_leverage", "oneOf"), _first),
    Lie("steps as numbers", _in("ContractLine", "step_notional"), {"type": "number", "examples": [6]}),
    Lie("a listed contract in a list", _in("ContractLine", "contract", "oneOf"), _more({"$ref": f"{_REF}Listed"})),
    Lie("ten contracts", _in("ContractsReply", "contracts", "maxItems"), 10),
    Lie("nothing is ever unavailable", _in("ContractsReply", "unavailable", "maxItems"), 0),
    Lie("spot is unavailable", _in("Unavailable", "style", "enum"), _more("spot")),
    Lie("why, in a word", _in("Unavailable", "detail", "maxLength"), 10),
    Lie("never stale", _in("FeedState", "state", "enum"), _less("stale")),
    Lie("sometimes asleep", _in("FeedState", "state", "enum"), _more("asleep")),
    Lie("no tiers fed", _in("FeedState", "subject", "enum"), _more("tiers")),
    Lie("symbols as texts", _in("FeedState", "symbols"), {"type": "string", "maxLength": 9, "examples": ["1"]}),
    Lie("never spent", _in("FeedState", "reason", "oneOf", 0, "enum"), _less("budget_spent")),
    Lie("no quorum of a feed", _in("FeedState", "reason", "oneOf", 0, "enum"), _more("no_quorum")),
    Lie("always a success", _in("FeedState", "last_success"), {"$ref": f"{_REF}Instant"}),
    Lie("no trial", _in("HostState", "breaker", "enum"), _less("half_open")),
    Lie("no time-out of a host", _in("HostState", "reason", "oneOf", 0, "enum"), _less("timeout")),
    Lie("always a wait", _in("HostState", "retry_after_seconds", "type"), "number"),
    Lie("options are offered", _in("ExchangeState", "offers", "items", "enum"), _more("option")),
    Lie("all three offered", _in("ExchangeState", "offers", "minItems"), 3),
    Lie("expiries in words", _in("ExchangeState", "lists_expiring", "type"), "string"),
    Lie("six exchanges", _in("ExchangesReply", "exchanges", "items"), {"$ref": f"{_REF}HostState"}),
    Lie("nothing is off", _in("ExchangesReply", "off", "maxItems"), 0),
    Lie("Redis is never off", _in("Readiness", "redis", "enum"), _less("off")),
    Lie("Redis is slow", _in("Readiness", "redis", "enum"), _more("slow")),
    Lie("a failing service", _in("Readiness", "status", "enum"), _more("failing")),
    Lie("exchanges that sleep", _in("ExchangeHealth", "state", "enum"), _more("asleep")),
    Lie("errors without a parameter", _in("Violation", "parameter"), ABSENT),
    Lie("errors with a pointer always", _of("Violation", "required"), _more("pointer")),
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
    Lie("a question of now with an answer for good", (*_REPLY, "examples"), _also("listed", "seed")),
    Lie("a question of now that has none", (*_BODY, "examples", "listed", "value", "contract", "symbol"), "BTC-USDT"),
    Lie("prices that were not refused so", (*_REFUSED_PRICES, "errors", 0, "code"), "wrong"),
    Lie("an exchange that is none", (*_PRICES, "parameters", 0, "schema", "examples"), ["okx"]),
    Lie("another failure shown", (*_FAILED_CONTRACTS, "detail"), "No exchange answers"),
    Lie("a wrong answer", (*_REPLY, "examples", "seed", "value", "exact_contracts"), "1.67"),
    Lie("a wrong question", (*_BODY, "examples", "dated", "value", "coverage"), "0.6"),
    Lie("an answer not shown", (*_REPLY, "examples", "inverse"), ABSENT),
    Lie("a price of zero shown", _of("Price", "examples"), ["0"]),
    Lie("a page shown that is not there", (*_GET, "parameters", 0, "example"), "no_such_code"),
    Lie("another refusal shown", (*_REPLIES, "413", "content", "application/problem+json", "example", "status"), 414),
)
