"""The list of stresses, from bytes to bytes."""

from tests.conftest import Call


def test_all_stresses_are_listed_with_what_they_are_made_of(call: Call) -> None:
    """Eleven windows with dates and figures, five that are made up with their numbers."""
    stresses = call("GET", "/v1/stresses").json()["stresses"]
    by_name = {stress["name"]: stress for stress in stresses}

    assert len(by_name) == len(stresses) == 16
    luna = by_name["luna-2022-05"]
    assert (luna["starts_on"], luna["ends_on"], luna["days"]) == ("2022-05-04", "2022-05-12", 8)
    assert luna["figures"][2] == {"asset": "SOL", "move": "-0.5188", "worst_low": "-0.6001"}
    assert by_name["auto-deleveraging"]["parameters"]["closed_at_move"] == "-0.2"


def test_stresses_are_listed_by_kind(call: Call) -> None:
    """The past, or what is made up; another kind is refused."""
    kinds = {
        kind: {stress["kind"] for stress in call("GET", f"/v1/stresses?kind={kind}").json()["stresses"]}
        for kind in ("historical", "synthetic")
    }

    assert kinds == {"historical": {"historical"}, "synthetic": {"synthetic"}}
    assert call("GET", "/v1/stresses?kind=future").status_code == 422


def test_the_list_is_not_sent_twice(call: Call) -> None:
    """It may be kept for an hour, and whoever has it is told so."""
    first = call("GET", "/v1/stresses")

    again = call("GET", "/v1/stresses", headers={"If-None-Match": first.headers["etag"]})

    assert first.headers["cache-control"] == "private, max-age=3600"
    assert (again.status_code, again.content) == (304, b"")
    assert call("HEAD", "/v1/stresses").headers["etag"] == first.headers["etag"]
