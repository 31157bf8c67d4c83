"""Lies about scenarios and the stresses that they play."""

from tests.openapi.boundaries import ABSENT, Steps
from tests.openapi.lying import REF, Lie, also, first, less, member, more, record, rename, replace

_PATH: Steps = ("paths", "/v1/scenarios", "post")
_STRESSES: Steps = ("paths", "/v1/stresses", "get")
_REPLY: Steps = (*_PATH, "responses", "200", "content")

LIES: tuple[Lie, ...] = (
    # what is asked
    Lie("no hedges needed", record("ScenariosRequest", "required"), less("hedges")),
    Lie("no hedges at all", member("ScenariosRequest", "hedges", "minItems"), 0),
    Lie("21 hedges", member("ScenariosRequest", "hedges", "maxItems"), 21),
    Lie("499 moves", member("ScenariosRequest", "moves", "maxItems"), 499),
    Lie("a move needed", record("ScenariosRequest", "required"), more("moves")),
    Lie("17 stresses", member("ScenariosRequest", "stresses", "maxItems"), 17),
    Lie("a stress of 2014", member("ScenariosRequest", "stresses", "items", "enum"), more("mtgox-2014-02")),
    Lie("no FTX", member("ScenariosRequest", "stresses", "items", "enum"), less("ftx-2022-11")),
    Lie("99 shocks", member("ScenariosRequest", "shocks", "maxItems"), 99),
    Lie("by opens", member("ScenariosRequest", "by", "enum"), more("opens")),
    Lie("by lows by default", member("ScenariosRequest", "by", "default"), "lows"),
    Lie("beta for what is missing, by default", member("ScenariosRequest", "missing_assets", "default"), "beta"),
    Lie("what is missing left out", member("ScenariosRequest", "missing_assets", "enum"), more("skip")),
    Lie("no null as a limit of loss", member("ScenariosRequest", "loss_limit", "oneOf"), first),
    Lie("a limit of loss of twice the book", record("LossLimit", "pattern"), replace("1(", "[12](")),
    Lie("moves of six years", member("ScenariosRequest", "days", "maximum"), 2190),
    Lie("a day at least", member("ScenariosRequest", "days", "minimum"), 1),
    Lie("a month by default", member("ScenariosRequest", "days", "default"), 30.0),
    Lie("a budget instead of a limit", record("ScenariosRequest", "properties"), rename("loss_limit", "budget")),
    Lie("any member of a question about scenarios", record("ScenariosRequest", "additionalProperties"), ABSENT),
    Lie("any member of a choice", record("HedgeChoice", "additionalProperties"), True),  # noqa: FBT003
    Lie("a coverage needed", record("HedgeChoice", "required"), ["coverage"]),
    Lie("a shock without a name", record("Shock", "required"), less("name")),
    Lie("a shock without a move", record("Shock", "required"), less("underlying_move")),
    Lie("shorter names of shocks", member("Shock", "name", "maxLength"), 3),
    Lie("names of shocks with braces", member("Shock", "name", "pattern"), "^.{1,60}$"),
    Lie("a beta of shocks of 99", member("Shock", "beta", "maximum"), 99),
    Lie("a basis that moves by default", member("Shock", "basis_move", "default"), "0.01"),
    Lie("moves of any names", member("Shock", "asset_moves", "propertyNames"), ABSENT),
    Lie("any member of a shock", record("Shock", "additionalProperties"), ABSENT),
    # what is answered
    Lie("a status of profit", member("HedgeOutcome", "status", "items", "enum"), more("profit")),
    Lie("never liquidated", member("HedgeOutcome", "status", "items", "enum"), less("liquidated")),
    Lie("never closed by the exchange", member("HedgeOutcome", "status", "items", "enum"), less("closed")),
    Lie("always even somewhere", member("HedgeOutcome", "break_even_move"), {"$ref": f"{REF}Share"}),
    Lie("never flat", member("HedgeOutcome", "break_even_reason", "oneOf", 0, "enum"), less("flat")),
    Lie("even twice", member("HedgeOutcome", "break_even_reason", "oneOf", 0, "enum"), more("twice")),
    Lie("equity always known", member("HedgeOutcome", "equity", "type"), "array"),
    Lie("returns always known", member("HedgeOutcome", "net_return", "type"), "array"),
    Lie("nets as numbers", member("HedgeOutcome", "net_pnl", "items"), {"type": "number", "examples": [1]}),
    Lie("a kind of options", member("Scenario", "kind", "enum"), more("option")),
    Lie("known by opens", member("Scenario", "known_by", "oneOf", 0, "enum"), more("opens")),
    Lie("always defined", member("Scenario", "definition", "type"), "string"),
    Lie("a risk of a scenario", member("Scenario", "risk"), {"type": "number", "examples": [1]}),
    Lie("no charts of scenarios", (*_REPLY, "image/svg+xml"), ABSENT),
    Lie(
        "nothing unknown in a stress",
        (*_PATH, "responses", "422", "description"),
        replace("`stress_data_missing`:", ""),
    ),
    Lie("never overloaded by scenarios", (*_PATH, "responses", "503", "description"), replace("`overloaded`:", "")),
    # stresses
    Lie("stresses of the future", (*_STRESSES, "parameters", 0, "schema", "enum"), more("future")),
    Lie("no made-up stresses", (*_STRESSES, "parameters", 0, "schema", "enum"), less("synthetic")),
    Lie("a kind of stress needed", (*_STRESSES, "parameters", 0, "required"), True),  # noqa: FBT003
    Lie("stresses anew each time", (*_STRESSES, "responses", "304"), ABSENT),
    Lie("stresses not at any time", (*_STRESSES, "responses"), also("503", "500")),
    Lie("lows always known", member("StressFigure", "worst_low"), {"$ref": f"{REF}Share"}),
    Lie("always of the past", member("Stress", "starts_on", "type"), "string"),
    Lie("highs of stresses", member("StressFigure", "worst_high"), {"$ref": f"{REF}Share"}),
)
