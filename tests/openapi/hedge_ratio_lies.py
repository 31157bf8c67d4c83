"""Lies about the ratio to hedge with, and about what other questions share with it: past returns, futures, beliefs."""

from typing import Any

from tests.openapi.boundaries import ABSENT, Steps
from tests.openapi.lying import REF, Lie, also, first, less, member, more, record, rename, replace, say

_POST: Steps = ("paths", "/v1/hedge-ratio", "post")
_BODY: Steps = (*_POST, "requestBody", "content", "application/json")
_REPLIES: Steps = (*_POST, "responses")
_REPLY: Steps = (*_REPLIES, "200", "content", "application/json")
_TEXT: dict[str, Any] = {"type": "string", "maxLength": 9, "examples": ["1"]}
_NUMBER: dict[str, Any] = {"type": "number", "examples": [1.1]}

LIES: tuple[Lie, ...] = (
    # what is asked
    Lie("no future to measure", member("HedgeRatioRequest", "instruments", "minItems"), 0),
    Lie("three futures", member("HedgeRatioRequest", "instruments", "maxItems"), 3),
    Lie("51 coins to measure", member("HedgeRatioRequest", "holdings", "maxItems"), 51),
    Lie("past returns needed", record("HedgeRatioRequest", "required"), more("series")),
    Lie("no futures needed", record("HedgeRatioRequest", "required"), less("instruments")),
    Lie("a ratio of least squares by default", member("HedgeRatioRequest", "method", "default"), "ols"),
    Lie("a method of Kalman", member("HedgeRatioRequest", "method", "enum"), more("kalman")),
    Lie("no method by weights", member("HedgeRatioRequest", "method", "enum"), less("ewma")),
    Lie("sure of betas to 40 %", member("HedgeRatioRequest", "confidence", "minimum"), 0.4),
    Lie("three beliefs", member("HedgeRatioRequest", "priors", "maxProperties"), 3),
    Lie(
        "a belief in BTC by default",
        member("HedgeRatioRequest", "priors", "default"),
        {"BTC": {"mean": 1, "spread": 1}},
    ),
    Lie("no forgetting", member("HedgeRatioRequest", "decay", "maximum"), 1),
    Lie("a longer memory by default", member("HedgeRatioRequest", "decay", "default"), 0.97),
    Lie("windows of two", member("HedgeRatioRequest", "rolling_intervals", "minimum"), 2),
    Lie("windows of a quarter by default", member("HedgeRatioRequest", "rolling_intervals", "default"), 90),
    Lie("any member of a ratio", record("HedgeRatioRequest", "additionalProperties"), ABSENT),
    Lie("betas instead of priors", record("HedgeRatioRequest", "properties"), rename("priors", "betas")),
    Lie("no looked-up closes", member("HedgeRatioRequest", "series", "oneOf"), lambda old: old[:2]),
    # what other questions share with it
    Lie("closes of 45 days by default", member("WindowSeries", "window_days", "default"), 45),
    Lie("closes of two days", member("WindowSeries", "window_days", "minimum"), 2),
    Lie("closes of 391 days", member("WindowSeries", "window_days", "maximum"), 391),
    Lie("closes of half days", member("WindowSeries", "window_days", "type"), "number"),
    Lie("closes of no interval", member("WindowSeries", "interval_days", "minimum"), 0),
    Lie("closes of 31 days", member("WindowSeries", "interval_days", "maximum"), 31),
    Lie("two sent returns", member("ReturnSeries", "returns", "additionalProperties", "minItems"), 2),
    Lie("no gap in sent returns", member("ReturnSeries", "returns", "additionalProperties", "items", "type"), "number"),
    Lie("a sent return below all", member("ReturnSeries", "returns", "additionalProperties", "items", "minimum"), -2),
    Lie("sent returns of 61", member("ReturnSeries", "returns", "maxProperties"), 61),
    Lie("sent returns called candles", member("ReturnSeries", "style", "enum"), ["candles"]),
    Lie("three sent closes", member("CloseSeries", "closes", "additionalProperties", "minItems"), 3),
    Lie(
        "no gap in sent closes",
        member("CloseSeries", "closes", "additionalProperties", "items"),
        {"$ref": f"{REF}Price"},
    ),
    Lie("no contract of a leg", record("Leg", "required"), less("contract")),
    Lie("a mark of a leg needed", record("Leg", "required"), more("futures_price")),
    Lie("no null as a mark of a leg", member("Leg", "futures_price", "oneOf"), first),
    Lie("a size of a leg", member("Leg", "contracts"), {**_TEXT, "default": "1"}),
    Lie("any member of a leg", record("Leg", "additionalProperties"), ABSENT),
    Lie("beliefs without doubt", member("Prior", "spread", "minimum"), 0),
    Lie("a used leg that is listed", member("UsedLeg", "contract", "oneOf"), more({"$ref": f"{REF}Listed"})),
    Lie("a used leg without an origin", member("UsedLeg", "futures_origin"), ABSENT),
    Lie("a past of three exchanges", member("PastOrigin", "source", "enum"), less("mexc", "weex")),
    # what is answered
    Lie("always a history of a ratio", member("HedgeRatioReply", "history", "oneOf"), first),
    Lie("never a long of a ratio", member("HedgeRatioReply", "side", "enum"), less("long")),
    Lie("a flat side", member("HedgeRatioReply", "side", "enum"), more("flat")),
    Lie("always a joint ratio", member("HedgeRatioReply", "joint"), {"$ref": f"{REF}JointRatio"}),
    Lie("always a ratio", member("HedgeRatioReply", "absent_reason", "oneOf"), lambda old: old[1:]),
    Lie("a used window", member("HedgeRatioReply", "series", "oneOf"), more({"$ref": f"{REF}WindowSeries"})),
    Lie("always a weight", member("AssetSlopes", "weight", "type"), "number"),
    Lie("a ratio in words", member("SizedRatio", "ratio"), _TEXT),
    Lie("always a chosen ratio", member("InstrumentRatio", "chosen"), {"$ref": f"{REF}SizedRatio"}),
    Lie("at most half of it is removable", member("InstrumentRatio", "removable_variance", "maximum"), 0.5),
    Lie("nothing is ever dropped", member("JointLeg", "is_dropped"), {"type": "boolean", "enum": [False]}),
    Lie("always a correlation", member("PairSlopes", "correlation", "type"), "number"),
    Lie("always a shrunk beta", member("PairSlopes", "vasicek"), {"$ref": f"{REF}Shrunk"}),
    Lie("four observations at least", member("PairSlopes", "observations", "minimum"), 4),
    Lie("a kurtosis of betas", member("PairSlopes", "kurtosis"), _NUMBER),
    Lie("weights of a slope in percent", member("Shrunk", "weight", "maximum"), 0.01),
    Lie("beliefs of a book in bounds", member("Belief", "spread", "maximum"), 10),
    Lie("one side for another reason", member("OneSided", "absent_reason", "oneOf", 0, "enum"), more("never_moved")),
    Lie(
        "stable denominators",
        member("ScholesWilliams", "absent_reason", "oneOf", 0, "enum"),
        less("unstable_denominator"),
    ),
    Lie("independent returns", member("Dimson", "absent_reason", "oneOf", 0, "enum"), less("not_independent")),
    Lie("unstable thin trades", member("Dimson", "absent_reason", "oneOf", 0, "enum"), more("unstable_denominator")),
    Lie("always a stress of betas", member("StressBeta", "worst", "type"), "number"),
    Lie("rallies are falls", member("StressBeta", "worst_stress", "oneOf", 0, "enum"), more("rally-2024-11")),
    Lie("no worst of 2020", member("StressBeta", "worst_stress", "oneOf", 0, "enum"), less("covid-2020-03")),
    Lie(
        "futures are never one", member("JointSlopes", "absent_reason", "oneOf", 0, "enum"), less("singular_covariance")
    ),
    Lie("betas are always significant", member("Caution", "code", "enum"), less("beta_not_significant")),
    # statuses and examples
    Lie("ratios by another path", ("paths",), rename("/v1/hedge-ratio", "/v1/ratio")),
    Lie("ratios at any time", (*_REPLIES, "503"), ABSENT),
    Lie("ratios without a queue", (*_REPLIES, "503", "description"), replace("`overloaded`:", "")),
    Lie("ratios of a beta that is missing", (*_REPLIES, "422", "description"), say("beta_missing")),
    Lie("another ratio shown", (*_REPLY, "examples", "seed", "value", "book", 0, "chosen", "ratio"), 1.5),
    Lie("another question about ratios", (*_BODY, "examples", "seed", "value", "confidence"), 0.9),
    Lie("ratios of now for good", (*_REPLY, "examples"), also("history", "seed")),
)
