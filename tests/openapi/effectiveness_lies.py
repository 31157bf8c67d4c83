"""Lies about how effective a hedge is."""

from tests.openapi.boundaries import ABSENT, Steps
from tests.openapi.lying import REF, Lie, first, less, member, more, record, rename, replace

_POST: Steps = ("paths", "/v1/effectiveness", "post")
_BODY: Steps = (*_POST, "requestBody", "content", "application/json")
_REPLIES: Steps = (*_POST, "responses")
_REPLY: Steps = (*_REPLIES, "200", "content", "application/json")
_SHARE = {"$ref": f"{REF}Share"}

LIES: tuple[Lie, ...] = (
    # what is asked
    Lie("a series needed", record("EffectivenessRequest", "required"), ["series"]),
    Lie("no window judged", member("EffectivenessRequest", "series", "oneOf", 0, "oneOf"), lambda old: old[:3]),
    Lie("51 holdings judged", member("EffectivenessRequest", "holdings", "maxItems"), 51),
    Lie("ether by default", member("EffectivenessRequest", "underlying", "default"), "ETH"),
    Lie("nobody buys the future", member("EffectivenessRequest", "hedge_ratio", "minimum"), 0),
    Lie("one to one by default", member("EffectivenessRequest", "hedge_ratio", "default"), 1),
    Lie("the worst hundredth judged by default", member("EffectivenessRequest", "confidence", "default"), 0.99),
    Lie("nothing walked through by default", member("EffectivenessRequest", "walk_forward", "x-default"), None),
    Lie("estimated on a month", member("WalkForward", "estimation_intervals", "default"), 30),
    Lie("estimated on two days", member("WalkForward", "estimation_intervals", "minimum"), 2),
    Lie("tested on nothing", member("WalkForward", "test_intervals", "minimum"), 0),
    Lie("two returns of a leg", member("LegSeries", "portfolio", "minItems"), 2),
    Lie("2,000 returns of a leg", member("LegSeries", "futures", "maxItems"), 2000),
    Lie("a market leg needed", record("LegSeries", "required"), more("market")),
    Lie("legs of hours by default", member("LegSeries", "interval_days", "default"), 0.25),
    Lie("no changes at all", member("Changes", "item_changes", "minItems"), 0),
    Lie("a value of the item needed", record("Changes", "required"), more("exposure")),
    Lie("any member of a past position", record("PastPosition", "additionalProperties"), True),  # noqa: FBT003
    Lie("a long hedge by default", member("PastPosition", "side", "default"), "long"),
    Lie("no long hedge to split", member("PastPosition", "side", "enum"), less("long")),
    Lie("a beta needed for a split", record("PastPosition", "required"), more("beta")),
    Lie("covered by default in a split", member("PastPosition", "coverage", "default"), "1"),
    Lie("funding is never paid", member("PastPosition", "funding_received"), {"$ref": f"{REF}Amount", "default": "0"}),
    Lie("prices by another name", record("EffectivenessRequest", "properties"), rename("prices", "spot_prices")),
    # what is answered
    Lie("always a judgement", member("EffectivenessReply", "judgement", "oneOf"), first),
    Lie("never without exposure", member("EffectivenessReply", "judgement_reason", "oneOf", 0, "enum"), ["not_asked"]),
    Lie("always a split", member("EffectivenessReply", "attribution", "oneOf"), first),
    Lie(
        "a beta is always there", member("EffectivenessReply", "attribution_reason", "oneOf", 0, "enum"), ["not_asked"]
    ),
    Lie("a hedge always helps", member("Reduction", "reduction", "minimum"), 0),
    Lie("always a reduction", member("Reduction", "reduction", "type"), "number"),
    Lie("reductions in words", member("Reduction", "reduction"), {**_SHARE, "examples": ["0.46"]}),
    Lie("never nothing to reduce", member("Reduction", "reduction_reason", "oneOf", 0, "enum"), ["unlucky"]),
    Lie("always out of sample", member("Judgement", "out_of_sample", "oneOf"), first),
    Lie("a Sharpe ratio", member("Judgement", "sharpe_ratio"), {"type": "number", "examples": [1]}),
    Lie("always a basis risk", member("Judgement", "basis_risk", "oneOf"), first),
    Lie("ratios are never given", member("InSample", "hedge_ratio_source", "enum"), less("given")),
    Lie("always a share that is reached", member("Attainable", "share_reached", "type"), "number"),
    Lie("the test is always passed", member("RegressionTest", "is_passed"), {"const": True, "examples": [True]}),
    Lie("never by returns", member("DollarOffset", "source", "enum"), less("series")),
    Lie("always an offset", member("DollarOffset", "cumulative", "type"), "number"),
    Lie("two causes", member("Attribution", "parts", "maxItems"), 2),
    Lie("no cause but beta", member("ResultPart", "part", "enum"), ["beta"]),
    Lie("always a return of the book", member("Attribution", "net_return", "oneOf"), first),
    Lie("a beta never by regression", member("Attribution", "beta_source", "enum"), less("regression")),
    Lie("a low R squared is no word worth", member("Caution", "code", "enum"), less("low_r_squared")),
    Lie("no hedge adds risk", member("Caution", "code", "enum"), less("hedge_adds_risk")),
    # statuses and examples
    Lie("effectiveness by another path", ("paths",), rename("/v1/effectiveness", "/v1/effect")),
    Lie("effectiveness without look-ups", (*_REPLIES, "503"), ABSENT),
    Lie("a future that stands still hedges", (*_REPLIES, "422", "description"), replace("`zero_variance`:", "")),
    Lie("another result shown", (*_REPLY, "examples", "closed", "value", "attribution", "net_pnl"), "0"),
)
