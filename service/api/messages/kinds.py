"""Every kind of problem there is: its status, what it means and what to do."""

from collections.abc import Mapping
from typing import NamedTuple


class Kind(NamedTuple):
    """What all problems of one code share."""

    status: int
    title: str
    meaning: str
    remedy: str


_SEND_JSON = "Send one JSON object as UTF-8 with Content-Type: application/json."

KINDS: Mapping[str, Kind] = {
    "bad_head": Kind(
        400, "Malformed request head", "A header of the request, most often Host, can't be read.", "Mend the header."
    ),
    "not_json": Kind(400, "Not JSON", "The body is not a JSON text.", _SEND_JSON),
    "not_utf8": Kind(400, "Not UTF-8", "The body is not UTF-8 text.", _SEND_JSON),
    "duplicate_key": Kind(
        400,
        "Duplicate key",
        "An object in the body names one key twice, so that it says two things.",
        "Send each key once. Most JSON libraries do; look for text that was put together by hand.",
    ),
    "too_deep": Kind(400, "Nested too deeply", "The body is nested deeper than any request here.", _SEND_JSON),
    "body_incomplete": Kind(400, "Body incomplete", "The connection ended within the body.", "Send the request again."),
    "unauthorized": Kind(
        401,
        "Key missing or unknown",
        "This service serves callers with a key, and the request brings none that it knows.",
        "Send Authorization: Bearer and your key; the operator makes keys with python -m service new-key.",
    ),
    "not_found": Kind(404, "Not found", "There is nothing under this path.", "GET /openapi.json lists every path."),
    "method_not_allowed": Kind(
        405, "Method not allowed", "The path does not take this method.", "The Allow header names those that it takes."
    ),
    "not_acceptable": Kind(
        406,
        "Not acceptable",
        "The Accept header excludes every form in which the answer comes.",
        "Send no Accept header, or one that allows application/json, for a stream text/event-stream.",
    ),
    "body_timeout": Kind(408, "Body too slow", "The body did not arrive in time.", "Send the body without a pause."),
    "body_too_large": Kind(
        413, "Body too large", "The body is larger than 1 MiB.", "A request of 1,000 holdings needs a tenth of that."
    ),
    "unsupported_media_type": Kind(
        415,
        "Unsupported media type",
        "The body is not declared as plain JSON: another Content-Type, another charset, or compressed.",
        _SEND_JSON,
    ),
    "invalid_request": Kind(
        422,
        "Invalid request",
        "The body is JSON, but not the request that the OpenAPI document describes.",
        "errors[] points at every place to change. Decimals are JSON strings in plain notation: "
        '"0.1", not 0.1 and not "1e-1".',
    ),
    "too_many_requests": Kind(
        429,
        "Too many requests",
        "The caller has used up its limit.",
        "Wait for as long as Retry-After says; RateLimit of every answer tells what is left.",
    ),
    "inconsistent_contract": Kind(
        422,
        "Inconsistent contract",
        "Two terms of the contract contradict each other.",
        "Change one of the places that errors[] points at.",
    ),
    "margin_conflict": Kind(
        422,
        "Margin stated twice",
        "Both a wallet and a leverage were sent, and they say two things about the same margin.",
        "Send wallet_balance or leverage.",
    ),
    "margin_terms_missing": Kind(
        422,
        "Margin terms missing",
        "Whether a position survives or fits a budget, or what a stress takes from its wallet, can't be judged without "
        "the terms of its margin.",
        "Add the terms that errors[] points at; in a sizing leave margin.survive_move out, in scenarios that stress.",
    ),
    "leverage_out_of_range": Kind(
        422,
        "Leverage out of range",
        "The leverage posts less than the contract's initial margin.",
        "Lower the leverage to at most 1 / initial_margin_rate.",
    ),
    "expired_contract": Kind(
        422,
        "Expired contract",
        "The contract expires at or before the time of the question.",
        "Take a later expiry or a perpetual.",
    ),
    "price_missing": Kind(
        422,
        "Price missing",
        "The answer needs a price that was not sent, and no market was named to look it up.",
        "Add the spot price of every asset and the futures mark price of the contract to prices, or name a market and "
        "a listed contract.",
    ),
    "not_listed": Kind(
        422,
        "Not listed",
        "The exchange lists nothing of this name, or takes no orders for it. Nothing else is taken in its place.",
        "GET /v1/contracts lists the futures there are; send the price of a coin that the exchange does not trade, and "
        "its beta or its returns where its past is looked up.",
    ),
    "exchange_off": Kind(
        422,
        "Exchange switched off",
        "The operator of this service has switched this exchange off.",
        "GET /v1/exchanges names those that are on; the operator chooses them with HEDGE_EXCHANGES.",
    ),
    "currency_mismatch": Kind(
        422,
        "Currencies differ",
        "Prices of two currencies would meet, and nobody said what one costs in the other.",
        "Send the price of the currency in prices, such as USDT in dollars, or look prices up in the contract's own "
        "currency.",
    ),
    "as_of_not_now": Kind(
        422,
        "Not a question of now",
        "What is looked up is of now, and the question is as of another time.",
        "Leave as_of out, or send all prices and the contract in full.",
    ),
    "beta_missing": Kind(
        422,
        "Beta missing",
        "Weighting by beta needs the beta of every risky asset.",
        "Add the betas that errors[] points at, have them estimated where the question takes `betas`, or weight by "
        "value, which takes every beta as 1.",
    ),
    "duplicate_symbol_beta_conflict": Kind(
        422,
        "Two betas for one asset",
        "One asset is held twice, with two different betas.",
        "Send each asset once, or with one beta.",
    ),
    "size_out_of_range": Kind(
        422,
        "Size out of range",
        "The hedge would be worth more than this service is set to size, which is most often a slip of units.",
        "Check quantities, prices and the multiplier; the operator sets the ceiling with HEDGE_MAX_NOTIONAL.",
    ),
    "price_unavailable": Kind(
        503,
        "Price unavailable",
        "A price or the terms of a contract can't be had now at the age that was asked for: the exchange does not "
        "answer, refuses, or sent what can't be true.",
        "Ask again after Retry-After, allow a greater max_age_seconds, name another exchange, or send the price. "
        "GET /v1/exchanges shows the state of each.",
    ),
    "stale_price": Kind(
        422,
        "Past that ended",
        "The last daily close at which a coin, or what a contract follows, was traded is older than 36 hours: the "
        "exchange tells no later one, or the price has stood still for three days and more. What moved then says "
        "nothing of how it moves now.",
        "Leave the coin out, send its beta or its returns, or name another exchange.",
    ),
    "crossed_market": Kind(
        422,
        "Crossed market",
        "A best bid is above its best ask: at least one of the two is wrong, and no price can be made of them.",
        "Send both of one moment, or neither.",
    ),
    "inconsistent_question": Kind(
        422,
        "Inconsistent question",
        "Parts of the question don't go together, or one lacks another.",
        "Change what errors[] points at; each says what it goes with.",
    ),
    "no_instrument": Kind(
        422,
        "Nothing to hold it in",
        "None of the instruments can hold this hedge until its end.",
        "The detail says why of each; send others, or name an underlying.",
    ),
    "work_out_of_range": Kind(
        422,
        "Too much work",
        "It would take more steps than one question may.",
        "Ask for fewer paths, days or hedges, or for larger lots; the detail says how much it would be.",
    ),
    "too_few_observations": Kind(
        422,
        "Too few observations",
        "A history is too short to say anything: it takes three values at least, and thirty to say much.",
        "Send a longer one, or ask for more days.",
    ),
    "stress_data_missing": Kind(
        422,
        "Unknown in this stress",
        "Nobody knows what a coin, or what the contract follows, did in a window of the past that was asked for.",
        'Send "missing_assets": "beta" to take beta times the move of the underlying, ask for another window, or say '
        "the coin's move in a shock. GET /v1/stresses lists what is known.",
    ),
    "zero_variance": Kind(
        422,
        "Nothing moved",
        "Returns that never moved have no variance, and nothing can be divided by it.",
        "Check the series; prices that stand still are no prices.",
    ),
    "overloaded": Kind(
        503,
        "Overloaded",
        "More heavy work is waiting than one process takes on: charts, large grids, betas from thousands of returns, "
        "simulations, or open streams.",
        "Ask again after Retry-After; of a chart, ask for JSON; of a grid, for less at once.",
    ),
    "internal_error": Kind(
        500,
        "Internal error",
        "The service failed. This is a defect.",
        "Send the request again once; if it fails again, report it with the request id.",
    ),
}
