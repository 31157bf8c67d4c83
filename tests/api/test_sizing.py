"""The sizing endpoint, from bytes to bytes."""

from service.api import examples
from tests.conftest import Call


def test_the_seed_example_is_answered_to_the_last_digit(call: Call) -> None:
    """The article's basket: 1.67 contracts, 60 % or 120 %, liquidated at 62,749."""
    reply = call("POST", "/v1/sizing", json=examples.SEED).json()

    down, up = reply["candidates"]
    assert reply["exact_contracts"] == "1.666666666666666667"
    assert (down["contracts"], down["coverage"], down["residual_exposure"]) == ("1", "0.6", "4000")
    assert (up["contracts"], up["coverage"], up["residual_exposure"]) == ("2", "1.2", "-2000")
    assert (down["deviation"], up["deviation"]) == ("-0.4", "0.2")
    assert down["margin"]["initial"] == "300"
    assert down["margin"]["maintenance"] == "24"
    assert down["margin"]["liquidation_price"] == up["margin"]["liquidation_price"] == "62749"
    assert down["margin"]["liquidation_move"] == "0.04581667"
    assert (reply["recommended"], reply["reason"], reply["warnings"]) == ("up", "nearest", [])
