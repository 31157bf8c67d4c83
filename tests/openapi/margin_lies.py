"""Lies about margin."""

from tests.openapi.boundaries import ABSENT, Steps
from tests.openapi.lying import REF, Lie, less, member, more, record, rename, replace, say

_MARGIN: Steps = ("paths", "/v1/margin", "post")
_BODY: Steps = (*_MARGIN, "requestBody", "content", "application/json")
_REPLY: Steps = (*_MARGIN, "responses", "200", "content", "application/json")
_PROBLEM: Steps = ("content", "application/problem+json", "example")
_TEXT = {"type": "string", "maxLength": 9, "examples": ["1"]}
_MONEY = {"$ref": f"{REF}Money"}
_SHARE = {"$ref": f"{REF}Share"}

LIES: tuple[Lie, ...] = (
    # what is asked
    Lie("no size of a position needed", record("MarginRequest", "required"), less("contracts")),
    Lie("a wallet needed", record("MarginRequest", "required"), more("wallet_balance")),
    Lie("a position of nothing", member("MarginRequest", "contracts"), {"$ref": f"{REF}Contracts"}),
    Lie("any member of a question about margin", record("MarginRequest", "additionalProperties"), ABSENT),
    Lie("margin under another name", record("MarginRequest", "properties"), rename("wallet_balance", "wallet")),
    Lie("long positions by default", member("MarginRequest", "side", "default"), "long"),
    Lie("positions without a side", member("MarginRequest", "side", "enum"), more("none")),
    Lie("21 coins posted", member("MarginRequest", "collateral", "maxItems"), 21),
    Lie("101 moves of the mark", member("MarginRequest", "moves", "maxItems"), 101),
    Lie("no null as moves", member("MarginRequest", "moves", "type"), "array"),
    Lie("a volatility of nothing", member("MarginRequest", "volatility", "minimum"), 0),
    Lie("a volatility by default", member("MarginRequest", "volatility", "default"), 0.8),
    Lie("two years ahead", member("MarginRequest", "horizon_days", "maximum"), 730),
    Lie("a week ahead by default", member("MarginRequest", "horizon_days", "default"), 7),
    Lie("looked at every hour by default", member("MarginRequest", "checks_per_day", "default"), 24),
    Lie("certain death accepted", member("MarginRequest", "max_probability", "maximum"), 1),
    Lie("5 % accepted by default", member("MarginRequest", "max_probability", "default"), 0.05),
    Lie("eleven deviations", member("MarginRequest", "survive_sigmas", "maximum"), 11),
    Lie("a fee of closing by default", member("MarginRequest", "closing_fee_rate", "default"), "0.0005"),
    Lie("a gain elsewhere by default", member("MarginRequest", "other_unrealized_pnl", "default"), "1"),
    Lie("losses elsewhere can't be", record("SignedAmount", "pattern"), replace("-?", "")),
    Lie("no haircut needed", record("PostedAsset", "required"), less("haircut")),
    Lie("a beta of collateral needed", record("PostedAsset", "required"), more("beta")),
    Lie("collateral that falls as others rise", member("PostedAsset", "beta", "minimum"), -1),
    Lie("a haircut above all", record("Haircut", "pattern"), replace("0(", "[01](")),
    Lie("never a haircut of all", record("Haircut", "pattern"), r"^0(?:\.[0-9]{1,18})?$"),
    Lie("a rebate for closing", record("ClosingFeeRate", "pattern"), replace("0(", "-?0(")),
    Lie("negative coins", record("Coins", "pattern"), replace("(", "-?(")),
    Lie("a mode of margin", member("MarginRequest", "mode"), {**_TEXT, "default": "cross"}),
    # what is answered
    Lie("always a liquidation price", member("MarginReply", "liquidation_price"), {"$ref": f"{REF}PriceLevel"}),
    Lie("always an initial margin", member("MarginReply", "initial"), _MONEY),
    Lie("an account that always has a leverage", member("MarginReply", "leverage"), _SHARE),
    Lie("always a ratio in the ladder", member("Rung", "margin_ratio"), _SHARE),
    Lie("a status of bankruptcy", member("Rung", "status", "enum"), more("bankrupt")),
    Lie("never a margin call", member("MarginReply", "status", "enum"), less("margin_call")),
    Lie("never insolvent", member("MarginReply", "liquidation_reason", "oneOf", 0, "enum"), less("insolvent")),
    Lie("the wallet is always sent", member("MarginReply", "wallet_basis", "enum"), ["wallet_balance"]),
    Lie("a bonus", member("MarginReply", "bonus"), _MONEY),
    Lie("no top-up", member("MarginReply", "top_up"), ABSENT),
    Lie("a third law", member("SafeLeverage", "law", "enum"), more("uniform")),
    Lie("normal laws only", member("SafeLeverage", "law", "enum"), less("fat_tailed")),
    Lie("always a safe leverage", member("SafeLeverage", "leverage"), _SHARE),
    Lie("chances of up to a half", member("Touch", "probability", "maximum"), 0.5),
    Lie("nothing is certain", member("Touch", "reason"), {"oneOf": [{"type": "null"}]}),
    Lie("looked at a thousand times at most", member("Touch", "checks", "maximum"), 1000),
    Lie("survival of moves only", member("Survival", "kind", "enum"), ["move"]),
    Lie("a table of ten tiers", member("MarginTier", "number", "maximum"), 10),
    Lie("collateral never liquidates", member("Caution", "code", "enum"), less("collateral_liquidates")),
    Lie("volatility is known", member("Caution", "code", "enum"), less("volatility_assumed")),
    # statuses and examples
    Lie("margin at any time", (*_MARGIN, "responses", "503"), ABSENT),
    Lie("margin of any size", (*_MARGIN, "responses", "422", "description"), replace("`size_out_of_range`:", "")),
    Lie(
        "terms are always there", (*_MARGIN, "responses", "422", "description"), replace("`margin_terms_missing`:", "")
    ),
    Lie("margin that never moved", (*_MARGIN, "responses", "422", "description"), say("zero_variance")),
    Lie("a safer seed", (*_REPLY, "examples", "seed", "value", "touch", "probability"), 0.0764),
    Lie("a later liquidation", (*_REPLY, "examples", "cross", "value", "liquidation_price"), "90000"),
    Lie("another question about margin", (*_BODY, "examples", "inverse", "value", "leverage"), "2"),
    Lie("another failure of margin", (*_MARGIN, "responses", "503", *_PROBLEM, "detail"), "No exchange answers"),
)
