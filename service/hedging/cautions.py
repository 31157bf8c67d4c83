"""What to know before acting on an answer."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

Code = Literal[
    "alt_collateral_decoupling",
    "another_book",
    "assumed_risk",
    "asynchronous_prices",
    "basis_implausible",
    "below_min_notional",
    "below_min_quantity",
    "beta_differs",
    "beta_flips_side",
    "beta_ignored",
    "beta_not_significant",
    "by_closes",
    "capped_at_max_quantity",
    "closing_fee_assumed",
    "coin_margin_is_exposure",
    "collateral_liquidates",
    "cost_assumed",
    "currency_assumed",
    "dated_tiers",
    "depeg",
    "duplicates_merged",
    "estimated_tiers",
    "exceeds_market_order",
    "expires_first",
    "expiry_near",
    "fees_unknown",
    "funding_not_counted",
    "hedge_adds_risk",
    "horizon_cut",
    "larger_initial_margin",
    "liquidated",
    "liquidation_likely",
    "liquidation_near",
    "longs_offset_shorts",
    "looks_like_stablecoin",
    "low_r_squared",
    "low_sample",
    "lows_not_of_one_moment",
    "moves_by_beta",
    "negative_beta",
    "no_exposure",
    "no_history",
    "no_legal_size",
    "old_terms",
    "one_sided_book",
    "over_hedge",
    "own_beta",
    "raised_to_min_notional",
    "raised_to_min_quantity",
    "rounds_to_zero",
    "rows_dropped",
    "singular_covariance",
    "spot_for_futures",
    "survival_unknown",
    "unknown_tiers",
    "unused_moves",
    "unused_prices",
    "volatility_assumed",
    "wallet_too_small",
]


class Caution(Struct, frozen=True, kw_only=True):
    """Something that a careful trader would mention about the answer."""

    code: Annotated[Code, Meta(description="Stable name of the warning.", examples=["over_hedge"])]
    pointer: Annotated[
        str,
        Meta(
            description="JSON pointer, as a URI fragment, to the part of this reply that the warning is about.",
            examples=["#/candidates/1"],
            max_length=300,
        ),
    ]
    detail: Annotated[
        str,
        Meta(
            description="The warning in a sentence, with its numbers.",
            examples=["Covers 130 % of the exposure: the part above it is a speculative short"],
            max_length=1000,
        ),
    ]


def caution(code: Code, detail: str, *path: str | int) -> Caution:
    """Make a warning about the part of the reply that the path leads to."""
    steps = (str(step).replace("/", "~1") for step in path)  # a symbol such as BTC/USDT:USDT is one step
    return Caution(code=code, pointer="#" + "".join(f"/{step}" for step in steps), detail=detail)
