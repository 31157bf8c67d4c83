"""Lies about plans of several contracts."""

from tests.openapi.boundaries import ABSENT, Steps
from tests.openapi.lying import REF, Lie, also, first, less, member, more, record, rename, replace, say

_POST: Steps = ("paths", "/v1/frontier", "post")
_BODY: Steps = (*_POST, "requestBody", "content", "application/json")
_REPLIES: Steps = (*_POST, "responses")
_REPLY: Steps = (*_REPLIES, "200", "content", "application/json")
_MONEY = {"$ref": f"{REF}Money"}

LIES: tuple[Lie, ...] = (
    # what is asked
    Lie("no contract to plan with", member("FrontierRequest", "instruments", "minItems"), 0),
    Lie("five contracts to plan with", member("FrontierRequest", "instruments", "maxItems"), 5),
    Lie("three contracts to plan with", member("FrontierRequest", "instruments", "maxItems"), 3),
    Lie("no contracts needed", record("FrontierRequest", "required"), less("instruments")),
    Lie("a past needed", record("FrontierRequest", "required"), more("series")),
    Lie("51 coins to plan for", member("FrontierRequest", "holdings", "maxItems"), 51),
    Lie("a past of a month by default", member("FrontierRequest", "series", "x-default", "window_days"), 30),
    Lie("a plan of half a day", member("FrontierRequest", "horizon_days", "minimum"), 0.5),
    Lie("a plan of a week by default", member("FrontierRequest", "horizon_days", "default"), 7),
    Lie("a planned worst half", member("FrontierRequest", "confidence", "minimum"), 0.5),
    Lie("a planned worst hundredth by default", member("FrontierRequest", "confidence", "default"), 0.99),
    Lie("sixfold plans", member("FrontierRequest", "most_coverage", "maximum"), 6),
    Lie("no over-hedge by default", member("FrontierRequest", "most_coverage", "default"), 1),
    Lie("a budget of plans by default", member("FrontierRequest", "budget", "default"), {}),
    Lie("ten plans", member("FrontierRequest", "most_plans", "minimum"), 10),
    Lie("2,001 plans", member("FrontierRequest", "most_plans", "maximum"), 2001),
    Lie("20 plans by default", member("FrontierRequest", "most_plans", "default"), 20),
    Lie("any member of a plan", record("FrontierRequest", "additionalProperties"), ABSENT),
    Lie("any member of a leg of plans", record("FrontierLeg", "additionalProperties"), ABSENT),
    Lie("any member of a budget", record("Budget", "additionalProperties"), ABSENT),
    Lie("a budget of plans below nothing", member("Budget", "cost", "oneOf", 0), _MONEY),
    Lie("a price needed of a leg", record("FrontierLeg", "required"), more("futures_price")),
    Lie("a leverage of a leg by default", member("FrontierLeg", "leverage", "default"), "5"),
    Lie("funding of a leg by default", member("FrontierLeg", "funding_rate", "default"), "0.0001"),
    Lie("a weighting of plans", member("FrontierRequest", "weighting"), {"type": "string", "examples": ["beta"]}),
    # what is answered
    Lie("plans of a long book only", member("FrontierReply", "side", "enum"), less("long")),
    Lie("always plans", member("FrontierReply", "best"), {"$ref": f"{REF}BestPlans"}),
    Lie("never observed", member("FrontierReply", "observations", "type"), "null"),
    Lie("always past days of plans", member("FrontierReply", "history", "oneOf"), first),
    Lie("19 plans are told", member("FrontierReply", "plans", "maxItems"), 19),
    Lie("always a share of the best", member("Plan", "share_of_best", "type"), "number"),
    Lie("always dominated", member("Plan", "dominated_by", "type"), "integer"),
    Lie("always a worst stress", member("Plan", "worst_stress", "oneOf"), first),
    Lie("always known to be liquidated or not", member("WorstStress", "is_liquidated", "type"), "boolean"),
    Lie("always a margin of a plan", member("Plan", "margin"), _MONEY),
    Lie("costs of plans as numbers", member("Plan", "cost"), {"type": "number", "examples": [-12.5]}),
    Lie(
        "variances in words",
        member("Plan", "variance_reduction"),
        {"type": "string", "maxLength": 9, "examples": ["1"]},
    ),
    Lie("no dominators", member("Plan", "roles", "items", "enum"), less("dominator")),
    Lie("a role of luck", member("Plan", "roles", "items", "enum"), more("lucky")),
    Lie("a Sharpe ratio of a plan", member("Plan", "sharpe"), {"type": "number", "examples": [1]}),
    Lie("perhaps a coverage of a plan", record("Plan", "required"), less("coverage")),
    Lie("always a liquidation of a leg", member("PlanLeg", "liquidation_price"), {"$ref": f"{REF}PriceLevel"}),
    Lie("nothing proven by relaxation", member("TailProof", "method", "enum"), less("relaxation")),
    Lie("a proof by authority", member("Proof", "method", "enum"), more("authority")),
    Lie("always within a budget", member("BestPlans", "by_budget"), {"$ref": f"{REF}BestPlan"}),
    Lie("always a reason of no budget", member("BestPlans", "budget_reason", "oneOf"), first),
    Lie("gaps as money", member("BestPlan", "gap"), _MONEY),
    Lie("never limited by an order", member("UsedInstrument", "limited_by", "enum"), less("max_quantity")),
    Lie("limited by taste", member("UsedInstrument", "limited_by", "enum"), more("taste")),
    Lie("always a margin rate", member("UsedInstrument", "margin_rate"), {"$ref": f"{REF}Share"}),
    Lie("no crash of the pandemic", member("LeftOut", "name", "enum"), less("covid-2020-03")),
    Lie("a stress of plans that is made up", member("WorstStress", "name", "enum"), more("funding-spike")),
    Lie("nothing moves as one", member("Caution", "code", "enum"), less("singular_covariance")),
    # statuses and examples
    Lie("plans by another path", ("paths",), rename("/v1/frontier", "/v1/plans")),
    Lie("plans at any time", (*_REPLIES, "503"), ABSENT),
    Lie("plans without a queue", (*_REPLIES, "503", "description"), replace("`overloaded`:", "")),
    Lie("plans of what nobody knows", (*_REPLIES, "422", "description"), replace("`stress_data_missing`:", "")),
    Lie("any number of lots", (*_REPLIES, "422", "description"), replace("`work_out_of_range`:", "")),
    Lie("crossed plans", (*_REPLIES, "422", "description"), say("crossed_market")),
    Lie("another best plan shown", (*_REPLY, "examples", "seed", "value", "best", "by_variance", "plan"), 1),
    Lie("another plan asked", (*_BODY, "examples", "seed", "value", "budget", "margin"), "1000"),
    Lie("plans of now for good", (*_REPLY, "examples"), also("listed", "seed")),
)
