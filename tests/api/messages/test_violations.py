"""All that is wrong with a request, at once and in its place."""

import copy
from typing import Any

import pytest
from msgspec import defstruct

from service.api.messages.violations import find_violations
from service.api.openapi import examples
from service.api.openapi.schemas import build_components
from service.api.sizing import SizingRequest

INVALID: list[tuple[str, object, str, str]] = [
    ("holdings", [], "#/holdings", "too_few"),
    ("holdings", [{"asset": "A", "quantity": "1"}] * 1001, "#/holdings", "too_many"),
    ("holdings", "SOL", "#/holdings", "wrong_type"),
    ("holdings", [7], "#/holdings/0", "wrong_type"),
    ("holdings", [{"quantity": "1"}], "#/holdings/0/asset", "required"),
    ("holdings", [{"asset": "SOL\n", "quantity": "1"}], "#/holdings/0/asset", "pattern"),
    ("holdings", [{"asset": None, "quantity": "1"}], "#/holdings/0/asset", "wrong_type"),
    ("holdings", [{"asset": "SOL", "quantity": 1}], "#/holdings/0/quantity", "not_a_string"),
    ("holdings", [{"asset": "SOL", "quantity": "1", "beta": "1.5"}], "#/holdings/0/beta", "wrong_type"),
    ("holdings", [{"asset": "SOL", "quantity": "1", "beta": True}], "#/holdings/0/beta", "wrong_type"),
    ("holdings", [{"asset": "SOL", "quantity": "1", "beta": 100.5}], "#/holdings/0/beta", "out_of_range"),
    ("holdings", [{"asset": "SOL", "quantity": "1", "beta": -101}], "#/holdings/0/beta", "out_of_range"),
    ("contract", None, "#/contract", "wrong_type"),
    ("contract", {}, "#/contract/style", "required"),
    ("contract", {"style": "quanto"}, "#/contract/style", "unknown_value"),
    ("contract", {"style": ["linear"]}, "#/contract/style", "unknown_value"),
    ("contract/funding_interval_hours", 25, "#/contract/funding_interval_hours", "out_of_range"),
    ("contract/funding_interval_hours", 8.5, "#/contract/funding_interval_hours", "wrong_type"),
    ("contract/order_unit", "coins", "#/contract/order_unit", "unknown_value"),
    ("contract/maintenance_tiers", [], "#/contract/maintenance_tiers", "too_few"),
    ("contract/multiplyer", "1", "#/contract/multiplyer", "unknown_field"),
    ("prices", [], "#/prices", "wrong_type"),
    ("prices", {f"A{index}": "1" for index in range(2001)}, "#/prices", "too_many"),
    ("prices", {"a/b~c": "1"}, "#/prices/a~1b~0c", "invalid_key"),
    ("prices", {"SOL": "0"}, "#/prices/SOL", "zero_price"),
    ("prices", {"\ud800": "1"}, "#/prices/%3F", "invalid_key"),
    ("coverage", "11", "#/coverage", "out_of_range"),
    ("weighting", "equal", "#/weighting", "unknown_value"),
    ("weighting", {}, "#/weighting", "unknown_value"),
    ("margin", [], "#/margin", "wrong_type"),
    ("as_of", "yesterday", "#/as_of", "not_an_instant"),
    ("hedge ratio", "1", "#/hedge%20ratio", "unknown_field"),
]


def seed_with(path: str, value: object) -> dict[str, Any]:
    """Write the seed example with one place changed."""
    body = copy.deepcopy(examples.SEED)
    *outer, last = path.split("/")
    place: Any = body
    for step in outer:
        place = place[step]
    place[last] = value
    return body


@pytest.mark.parametrize(("path", "value", "place", "code"), INVALID)
def test_an_invalid_place_is_pointed_at(path: str, value: object, place: str, code: str) -> None:
    """One wrong value makes one violation, with the pointer of the place and a stable code."""
    (violation,) = find_violations(SizingRequest, seed_with(path, value))

    assert (violation.pointer, violation.code) == (place, code)


def test_every_wrong_place_is_reported_in_one_answer() -> None:
    """A caller mends all of a request at once, not one field a round trip."""
    body = {
        "holdings": [{"asset": "sol", "quantity": 5}],
        "contract": {"style": "linear", "multiplyer": "1"},
        "hedge": 1,
    }

    found = {violation.pointer: violation for violation in find_violations(SizingRequest, body)}

    assert set(found) == {
        "#/holdings/0/asset",
        "#/holdings/0/quantity",
        "#/contract/symbol",
        "#/contract/underlying",
        "#/contract/multiplier",
        "#/contract/multiplyer",
        "#/hedge",
    }
    assert found["#/contract/multiplyer"].detail == "There is no such field; did you mean 'multiplier'?"


def test_no_more_than_fifty_are_reported() -> None:
    """A thousand wrong holdings do not make a megabyte of error."""
    body = seed_with("holdings", [{"asset": "SOL", "quantity": 1}] * 1000)

    assert len(find_violations(SizingRequest, body)) == 50


def test_what_a_valid_request_may_leave_out_or_send_as_null_is_no_violation() -> None:
    """Absent and null mean the same for every optional field."""
    body = seed_with("margin", None)
    body["holdings"][0]["beta"] = 1.2
    body["contract"] |= {"funding_interval_hours": 8, "expiry": None, "maintenance_tiers": None, "max_quantity": None}

    assert find_violations(SizingRequest, body) == []


def test_two_records_of_one_name_are_no_document() -> None:
    """One component can't describe both: the build fails where a reader would be misled."""
    first, other = defstruct("Twin", [("one", int)]), defstruct("Twin", [("two", int)])
    build_components([first])

    with pytest.raises(TypeError, match="Twin"):
        build_components([other])
