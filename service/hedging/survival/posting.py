"""What is posted in a margin account beside the wallet: coins, with their haircuts.

Law: a coin counts for what it is worth less its haircut, and falls with the market when it is needed most. What lies
elsewhere does not count.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Annotated

from msgspec import Meta, Struct

from service.hedging.contracts import Contract, settlement
from service.hedging.errors import BetaMissingError, Fault, InconsistentQuestionError
from service.hedging.portfolio import exact_beta, is_pegged
from service.hedging.survival.account import PostedValue
from service.hedging.units import Asset, Coins, Haircut, Money, Price, exactly

PostedBeta = Annotated[
    float,
    Meta(
        ge=0,
        le=100,
        description="Percent move of the asset per percent move of the underlying, read to 18 fractional digits.",
        examples=[1.2],
    ),
]


class PostedAsset(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An asset that is posted in the account of a linear contract."""

    asset: Annotated[Asset, Meta(description="Asset code; its spot price goes under it.", examples=["SOL"])]
    quantity: Annotated[Coins, Meta(description="Units of it.")]
    haircut: Annotated[Haircut, Meta(description="Share of its value that the exchange does not count.")]
    beta: Annotated[
        PostedBeta | None,
        Meta(
            description="Beta to the contract's underlying. Null or absent: 1 for the underlying itself, 0 for a "
            "stablecoin; any other asset needs one."
        ),
    ] = None


class PostedLine(Struct, frozen=True, kw_only=True):
    """An asset that is posted, valued."""

    asset: Annotated[Asset, Meta(description="Asset code.", examples=["SOL"])]
    quantity: Annotated[Coins, Meta(description="As requested.")]
    price: Annotated[Price, Meta(description="Spot price used.", examples=["150"])]
    haircut: Annotated[Haircut, Meta(description="As requested.")]
    beta: Annotated[PostedBeta, Meta(description="Beta used.")]
    value: Annotated[Money, Meta(description="quantity x price x (1 - haircut), in the quote currency.")]


def check_posted(assets: Sequence[PostedAsset], contract: Contract) -> None:
    """Refuse what can't be posted.

    Raises:
        InconsistentQuestionError: with every fault: an inverse contract is margined in its own coin; an asset stands
            once; none has the contract's name.
    """
    faults = tuple(_faults(assets, contract))
    if faults:
        raise InconsistentQuestionError(*faults)


@exactly
def value_posted(asset: PostedAsset, price: Decimal, beta: float) -> PostedValue:
    """Value an asset after its haircut."""
    return PostedValue(asset.quantity * price * (1 - asset.haircut), exact_beta(beta))


def show_posted(asset: PostedAsset, price: Price, beta: float) -> PostedLine:
    """Write one line."""
    return PostedLine(
        asset=asset.asset,
        quantity=asset.quantity,
        price=price,
        haircut=asset.haircut,
        beta=beta,
        value=Money.of(value_posted(asset, price, beta).value),
    )


def find_betas(assets: Sequence[PostedAsset], prices: Mapping[str, Price], *, underlying: str) -> list[float]:
    """Settle the beta of each asset.

    Raises:
        BetaMissingError: with every asset of which nobody said it.
    """
    betas = [_find_beta(asset, underlying=underlying, price=prices[asset.asset]) for asset in assets]
    lacking = [(index, assets[index].asset) for index, beta in enumerate(betas) if beta is None]
    if lacking:
        hint = "with it the collateral moves as the underlying does; send 0 for what does not"
        faults = (Fault(("collateral", index, "beta"), f"No beta for {name}: {hint}") for index, name in lacking)
        raise BetaMissingError(*faults)
    return [beta for beta in betas if beta is not None]


def _find_beta(asset: PostedAsset, *, underlying: str, price: Decimal) -> float | None:
    if asset.beta is None and asset.asset == underlying:
        return 1.0
    return 0.0 if asset.beta is None and is_pegged(asset.asset, price) else asset.beta


def _faults(assets: Sequence[PostedAsset], contract: Contract) -> Iterator[Fault]:
    if assets and settlement(contract) == "base":
        detail = f"{contract.symbol} is margined in {contract.underlying}: count that in wallet_balance"
        yield Fault(("collateral",), detail)
    names: set[str] = set()
    for index, asset in enumerate(assets):
        place = ("collateral", index, "asset")
        if asset.asset == contract.symbol:
            yield Fault(place, f"{asset.asset} is the contract: one price can't be its spot and its futures price")
        if asset.asset in names:
            yield Fault(place, f"{asset.asset} is posted twice: send the sum")
        names.add(asset.asset)
