"""Requests that nobody sends by mistake, each with the refusal it deserves.

Law: never a 500 and never a wrong 200; a refusal is one sound problem and one line in the log, an answer is none; and
the service is afterwards what it was before.
"""

import copy
import json
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple
from urllib.parse import unquote

import anyio
import httpx
import jsonschema_rs
import pytest
from litestar.types import ASGIApp, Message

from service.api.messages.wire import LARGEST_BODY, encode
from service.api.openapi import examples
from service.api.openapi.document import write_document
from service.app import configure_log
from tests.conftest import Call

SEED = encode(examples.SEED)
SEED_BOOK = b'"holdings":' + encode(examples.SEED["holdings"])
PRICES: dict[str, Any] = json.loads(SEED)["prices"]
LARGEST_PROBLEM = 32 * 1024
DEEP = 100_000
HUGE = 1_000_000

BIG = "9" * 15 + "." + "9" * 18
TINY = "0." + "0" * 17 + "1"
LEAST_FLOAT = 5e-324
NOT_PLAIN = re.compile(r"\d[Ee][+-]?\d|\.\d*00\b")
"""A number with an exponent or with trailing zeros."""

Headers = Sequence[tuple[bytes, bytes]]
JSON: Headers = ((b"content-type", b"application/json"),)


class Case(NamedTuple):
    """One body and the answer it deserves."""

    status: int
    code: str | None
    """Code of the problem; None for an answer."""
    place: str | None
    """Pointer and code of the first error; None where there is none or where it doesn't matter."""
    body: bytes


def splice(old: bytes, new: bytes) -> bytes:
    """Change one place of the seed example."""
    assert old in SEED
    return SEED.replace(old, new, 1)


def with_member(member: bytes) -> bytes:
    """Add a member at the end of the seed example."""
    return SEED[:-1] + b"," + member + b"}"


def with_beta(token: bytes) -> bytes:
    """Give the first holding a beta, written as it stands."""
    return splice(b'"quantity":"40"', b'"quantity":"40","beta":' + token)


def changed(**changes: object) -> bytes:
    """Replace members of the seed example; `a__b` is member b of member a."""
    request: dict[str, Any] = copy.deepcopy(examples.SEED)
    for name, value in changes.items():
        outer, _, inner = name.partition("__")
        (request[outer] if inner else request)[inner or outer] = value
    return json.dumps(request).encode()


def with_quantity(text: object) -> bytes:
    """Hold a quantity of SOL that is written as given, and nothing else."""
    return changed(holdings=[{"asset": "SOL", "quantity": text}])


def with_asset(text: str) -> bytes:
    """Hold one unit of an asset that is named as given."""
    return changed(holdings=[{"asset": text, "quantity": "1"}])


def book(size: int, *, quantity: str, price: str, betas: Sequence[float] = (), **changes: object) -> bytes:
    """Hold many assets, each in the same quantity at the same price, with the given betas in turn."""
    names = [f"A{index}" for index in range(size)]
    holdings: list[dict[str, object]] = [{"asset": name, "quantity": quantity} for name in names]
    for index, holding in enumerate(holdings):
        holding.update({"beta": betas[index % len(betas)]} if betas else {})
    prices = {"BTC-MINI": "60000", **dict.fromkeys(names, price)}
    return changed(**{"holdings": holdings, "prices": prices, **changes})


UNREADABLE = {
    "not_utf8": {
        "a byte that is no UTF-8 in a value": splice(b"SOL", b"S\xffL"),
        "a byte that is no UTF-8 in a key": splice(b'"asset"', b'"as\xc3set"'),
        "a byte that is no UTF-8 under an unknown key": with_member(b'"x":"\x80"'),
        "an overlong slash": splice(b"SOL", b"\xc0\xaf"),
        "a surrogate as UTF-8": splice(b"SOL", b"\xed\xa0\x80"),
        "a code point above the last": splice(b"SOL", b"\xf5\x80\x80\x80"),
        "UTF-16 with its mark": SEED.decode().encode("utf-16"),
        "Latin-1": splice(b"SOL", "S\u00d6L".encode("latin-1")),
    },
    "not_json": {
        "UTF-16 without its mark": SEED.decode().encode("utf-16-le"),
        "UTF-32": SEED.decode().encode("utf-32-be"),
        "UTF-8 with a byte order mark": b"\xef\xbb\xbf" + SEED,
        "no body": b"",
        "nothing but whitespace": b" \r\n\t ",
        "a form feed before": b"\x0c" + SEED,
        "a no-break space before": "\u00a0".encode() + SEED,
        "one NUL": b"\x00",
        "a NUL after": SEED + b"\x00",
        "a NUL in a key": splice(b'"asset"', b'"as\x00set"'),
        "a raw line feed in a value": splice(b'"SOL"', b'"SOL\n"'),
        "a raw tab in a key": splice(b'"asset"', b'"as\tset"'),
        "the last brace missing": SEED[:-1],
        "cut in a key": SEED[:5],
        "cut in an escape": SEED[:-1] + b',"\\u00',
        "an unknown escape": splice(b"SOL", b"\\xSOL"),
        "one brace too many": SEED + b"}",
        "garbage behind": SEED + b" garbage",
        "two documents": SEED + SEED,
        "two documents on two lines": SEED + b"\n" + SEED,
        "a comment": SEED + b"// no",
        "a comma too many": SEED[:-1] + b",}",
        "single quotes": SEED.replace(b'"', b"'"),
        "a key without quotes": splice(b'"asset"', b"asset"),
        "NaN as a beta": with_beta(b"NaN"),
        "Infinity as a beta": with_beta(b"Infinity"),
        "-Infinity as a beta": with_beta(b"-Infinity"),
        "NaN as a decimal": splice(b'"40"', b"NaN"),
        "NaN under an unknown key": with_member(b'"x":NaN'),
        "a plus sign": with_beta(b"+1"),
        "a leading zero": with_beta(b"01"),
        "a point without digits before": with_beta(b".5"),
        "a point without digits behind": with_beta(b"5."),
        "an exponent without digits": with_beta(b"1e"),
        "a hexadecimal number": with_beta(b"0x10"),
        "an underscore in a number": with_beta(b"1_0"),
        "a lone surrogate in a value": splice(b"SOL", b"\\ud800"),
        "a lone surrogate in a key": with_member(b'"\\udfff":1'),
        "a surrogate pair the wrong way round": splice(b"SOL", b"\\udc00\\ud800"),
    },
    "too_deep": {
        "arrays": b"[" * DEEP + b"]" * DEEP,
        "arrays never closed": b"[" * DEEP,
        "objects": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
        "objects never closed": b'{"a":' * DEEP,
        "arrays under an unknown key": with_member(b'"x":' + b"[" * DEEP + b"]" * DEEP),
        "objects under an unknown key": with_member(b'"x":' + b'{"a":' * DEEP + b"1" + b"}" * DEEP),
        "arrays under a known key": splice(b'"coverage":"1"', b'"coverage":' + b"[" * DEEP + b"]" * DEEP),
        "arrays in place of the book": splice(SEED_BOOK, b'"holdings":' + b"[" * DEEP + b"]" * DEEP),
        "objects in place of the prices": with_member(b'"prices":' + b'{"A":' * DEEP + b"1" + b"}" * DEEP),
    },
    "duplicate_key": {
        "at the top": with_member(b'"coverage":"0.5"'),
        "at the top, the same value": with_member(b'"coverage":"1"'),
        "at the top, escaped": with_member(b'"\\u0063overage":"0.5"'),
        "in a holding": splice(b'"quantity":"40"', b'"quantity":"40","quantity":"41"'),
        "in a holding, escaped": splice(b'"asset":"SOL"', b'"\\u0061sset":"SOL","asset":"ADA"'),
        "in the prices": splice(b'"SOL":"150"', b'"SOL":"150","SOL":"151"'),
        "in the prices, escaped": splice(b'"SOL":"150"', b'"SOL":"150","\\u0053OL":"151"'),
        "the style of the contract": splice(b'"style":"linear"', b'"style":"linear","style":"inverse"'),
        "a term of the contract": splice(b'"multiplier":"0.1"', b'"multiplier":"0.1","multiplier":"1"'),
        "an unknown key": with_member(b'"x":1,"x":2'),
        "deep under an unknown key": with_member(b'"x":[[{"a":{"b":1,"b":2}}]]'),
        "in a body that is invalid besides": with_member(b'"coverage":5,"x":1'),
        "an empty key": with_member(b'"":1,"":2'),
    },
}

NOT_DECIMALS: dict[str, Sequence[object]] = {
    "not_finite": ["NaN", "nan", "sNaN", "-sNaN12", "Infinity", "-Infinity", "inf", "+inf"],
    "not_a_decimal": [
        *("1e999999999", "1E+5", "1e-1", "1_000", "+1", ".5", "5.", "0x10", "1,000", "--1", "1.2.3", "", "-", "1/2"),
        *(" 1", "1 ", "1\n", "\n1", "1\x00", "\x00", "1\u200f", "\u202e1", "\ufeff1", "\u22121", "\U0001f600"),
        *("\u0661", "\uff11", "\u0967", "\u00bd", "\u00b2", "x" * HUGE, "\ud83d\ude00"),
    ],
    "out_of_range": ["00", "01", "-01", "9" * 16, "0." + "0" * 19, "9" * HUGE, "-" + "9" * 16, "1." + "1" * 19],
    "not_a_string": [40, 0.1, 1e300, -1, 0, True, False, None, [], ["40"], {}, {"quantity": "40"}],
}

NOT_ASSETS = [
    *("SOL\n", "\nSOL", " SOL", "SOL ", "sol", "Sol", "", "A" * 21, "A" * HUGE, "SOL\x00", "\x00", "SOL\u200f"),
    *("\u202eLOS", "\uff33\uff2f\uff2c", "S\u041eL", "A\u0661", "A\u0301", "\U0001f600", "A\\B", "A~B", "A-B", "%41"),
    *("__proto__", "constructor", "<script>", "';--", "${jndi:x}", "{0}", "%s"),
]

NOT_SYMBOLS = [*(text for text in NOT_ASSETS if text not in {"A" * 21, "A-B"}), "A" * 41, "-A"]

NOT_INSTANTS: dict[str, Sequence[object]] = {
    "not_an_instant": [
        *("2026-01-01T00:00:00", "2026-01-01", "", "now", "1767225600", "2026-01-01 00:00:00Z", "2026-01-01t00:00:00z"),
        *("1969-12-31T23:59:59Z", "2200-01-01T00:00:00Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59.9999999Z"),
        *("2026-06-30T23:59:60Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-13-01T00:00:00Z"),
        *("2026-01-01T00:00:00+15:00", "2026-01-01T00:00:00+0000", "2026-01-01T00:00:00Z\n", "2026-W01-1T00:00:00Z"),
        *("1970-01-01T00:00:00+14:00", "2199-12-31T23:59:59-14:00", "2026-01-01T00:00:00.1234567Z"),
        *("\u0662026-01-01T00:00:00Z", "2026-01-01T00:00:00Z" + "0" * HUGE, 1767225600, 1.5, True, [], {}),
    ],
    "no_such_day": ["2026-02-30T00:00:00Z", "2025-02-29T00:00:00Z", "2026-04-31T00:00:00+14:00"],
}

INSTANTS = [
    *("2026-01-01T00:00:00+14:00", "2026-01-01T00:00:00-14:59", "1970-01-01T00:00:00-14:00", "2024-02-29T00:00:00Z"),
    *(
        "2199-12-31T23:59:59.999999Z",
        "2199-12-31T23:59:59+14:00",
        "2026-01-01T00:00:00-00:00",
        "2026-01-01T00:00:00.1Z",
    ),
]

INVALID = {
    "null at the top": ("# wrong_type", b"null"),
    "a number at the top": ("# wrong_type", b"1"),
    "a string at the top": ("# wrong_type", b'"SOL"'),
    "an array at the top": ("# wrong_type", b"[" + SEED + b"]"),
    "true at the top": ("# wrong_type", b"true"),
    "an empty object": ("#/holdings required", b"{}"),
    "1e400 as a beta": ("#/holdings/0/beta out_of_range", with_beta(b"1e400")),
    "-1e400 as a beta": ("#/holdings/0/beta out_of_range", with_beta(b"-1e400")),
    "1e999999999 as a beta": ("#/holdings/0/beta out_of_range", with_beta(b"1e999999999")),
    "an exponent of a million digits": ("#/holdings/0/beta out_of_range", with_beta(b"1e" + b"9" * HUGE)),
    "a beta of 5,000 digits": ("#/holdings/0/beta out_of_range", with_beta(b"9" * 5000)),
    "a beta of minus 5,000 digits": ("#/holdings/0/beta out_of_range", with_beta(b"-" + b"9" * 5000)),
    "a beta of a million digits": ("#/holdings/0/beta out_of_range", with_beta(b"9" * HUGE)),
    "a beta just above its bound": ("#/holdings/0/beta out_of_range", with_beta(b"100.00000000000002")),
    "a beta as a string": ("#/holdings/0/beta wrong_type", with_beta(b'"1.2"')),
    "a beta as a boolean": ("#/holdings/0/beta wrong_type", with_beta(b"true")),
    "a decimal of 5,000 digits": ("#/holdings/0/quantity not_a_string", splice(b'"40"', b"9" * 5000)),
    "1e400 as a decimal": ("#/holdings/0/quantity not_a_string", splice(b'"40"', b"1e400")),
    "1e999999999 as a decimal": ("#/holdings/0/quantity not_a_string", splice(b'"40"', b"1e999999999")),
    "a price as a number": ("#/prices/SOL not_a_string", splice(b'"150"', b"150")),
    "a price of zero": ("#/prices/SOL zero_price", splice(b'"150"', b'"0"')),
    "a price of negative zero": ("#/prices/SOL zero_price", splice(b'"150"', b'"-0"')),
    "a negative price": ("#/prices/SOL negative_price", splice(b'"150"', b'"-150"')),
    "a coverage just above its bound": ("#/coverage out_of_range", changed(coverage="10.000000000000000001")),
    "a coverage of minus zero": ("#/coverage out_of_range", changed(coverage="-0")),
    "hours of 5,000 digits": (
        "#/contract/funding_interval_hours wrong_type",
        splice(b'"style"', b'"funding_interval_hours":' + b"9" * 5000 + b',"style"'),
    ),
    "hours of 8.5": (
        "#/contract/funding_interval_hours wrong_type",
        splice(b'"style"', b'"funding_interval_hours":8.5,"style"'),
    ),
    "hours of -0": (
        "#/contract/funding_interval_hours out_of_range",
        splice(b'"style"', b'"funding_interval_hours":-0,"style"'),
    ),
    "an unhashable style": ("#/contract/style unknown_value", splice(b'"linear"', b'{"a":[]}')),
    "an unknown style": ("#/contract/style unknown_value", splice(b'"linear"', b'"linear\\u0000"')),
    "a style of null": ("#/contract/style unknown_value", splice(b'"linear"', b"null")),
    "an unhashable weighting": ("#/weighting unknown_value", changed(weighting=[[]])),
    "a book that is an object": ("#/holdings wrong_type", changed(holdings={"0": {"asset": "SOL", "quantity": "1"}})),
    "an empty book": ("#/holdings too_few", changed(holdings=[])),
    "1,001 holdings": ("#/holdings too_many", book(1001, quantity="1", price="1")),
    "2,001 prices": ("#/prices too_many", changed(prices={f"A{index}": "1" for index in range(2001)})),
    "101 tiers": (
        "#/contract/maintenance_tiers too_many",
        changed(contract__maintenance_tiers=[{"floor": str(index), "rate": "0"} for index in range(101)]),
    ),
    "no tier": ("#/contract/maintenance_tiers too_few", changed(contract__maintenance_tiers=[])),
    "a long unknown key": (f"#/{'k' * 255} unknown_field", with_member(b'"' + b"k" * 250_000 + b'":1')),
    "an empty unknown key": ("#/ unknown_field", with_member(b'"":1')),
    "an unknown key that is NUL": ("#/%00 unknown_field", with_member(b'"\\u0000":1')),
    "an unknown key that turns the text round": ("#/%E2%80%AE unknown_field", with_member(b'"\\u202e":1')),
    "an unknown key that is a pointer": ("#/~0~1%23%25 unknown_field", with_member(b'"~/#%":1')),
    "10,000 unknown keys": (
        "#/k0 unknown_field",
        with_member(b",".join(b'"k%d":%d' % (index, index) for index in range(10_000))),
    ),
    "800 unknown keys of emoji": (
        None,
        with_member(",".join(f'"{chr(0x1F600) * 300}{index}":1' for index in range(800)).encode()),
    ),
    "1,900 prices under control characters": (
        None,
        changed(prices={"\x01" * 60 + str(index): "1" for index in range(1900)}),
    ),
    "__proto__ at the top": ("#/__proto__ unknown_field", with_member(b'"__proto__":{"coverage":"0"}')),
    "constructor at the top": ("#/constructor unknown_field", with_member(b'"constructor":{"prototype":{}}')),
    "__class__ in a holding": ("#/holdings/0/__class__ unknown_field", splice(b'{"asset"', b'{"__class__":1,"asset"')),
    "a lone surrogate behind the first fault": (
        "#/holdings/0/quantity not_a_string",
        splice(b'"40"', b'40,"\\udc00":"\\ud800"'),
    ),
    "a lone surrogate as the key of a price, behind the first fault": (
        "#/prices/SOL not_a_string",
        splice(b'"SOL":"150"', b'"SOL":150,"\\ud800":"1"'),
    ),
    "nested within what can be read": ("#/x unknown_field", with_member(b'"x":' + b"[" * 500 + b"]" * 500)),
}

UNANSWERABLE = {
    "an asset named CONSTRUCTOR": ("price_missing", with_asset("CONSTRUCTOR")),
    "an expiry in the past": ("expired_contract", changed(contract__expiry="2026-01-02T03:04:05Z")),
    "an expiry in 1970": ("expired_contract", changed(contract__expiry="1970-01-01T00:00:00-14:00")),
    "1,000 holdings without a beta": ("beta_missing", book(1000, quantity="1", price="1", weighting="beta")),
    "1,000 holdings without a price": ("price_missing", book(1000, quantity="1", price="1", prices={})),
    "1,000 holdings of one asset with 1,000 betas": (
        "duplicate_symbol_beta_conflict",
        changed(holdings=[{"asset": "SOL", "quantity": "1", "beta": index / 10} for index in range(1000)]),
    ),
    "all as large as can be": (
        "size_out_of_range",
        book(1000, quantity=BIG, price=BIG, betas=[100], weighting="beta", contract__multiplier=BIG, coverage="10"),
    ),
    "as short as can be": (
        "size_out_of_range",
        book(1000, quantity="-" + BIG, price=BIG, betas=[-100, 100, 100], weighting="beta"),
    ),
    "one contract as large as can be": (
        "size_out_of_range",
        changed(contract__multiplier=BIG, prices={**PRICES, "BTC-MINI": BIG}),
    ),
    "as much leverage as can be": ("leverage_out_of_range", changed(margin={"leverage": "999." + "9" * 18})),
    "wallet and leverage": ("margin_conflict", changed(margin={"leverage": TINY, "wallet_balance": BIG})),
    "100 tiers that fall": (
        "inconsistent_contract",
        changed(contract__maintenance_tiers=[{"floor": BIG, "rate": "0"} for _ in range(100)]),
    ),
}

INVERSE_TERMS = {
    "style": "inverse",
    "symbol": "BTC-MINI",
    "underlying": "BTC",
    "multiplier": TINY,
    "lot_step": TINY,
    "tick_size": BIG,
    "maintenance_tiers": [{"floor": "0", "rate": "0"}, {"floor": TINY, "rate": "0." + "9" * 18}],
    "initial_margin_rate": TINY,
    "taker_fee_rate": "-0." + "9" * 18,
}

ANSWERED = {
    "hours of 8.0, which JSON Schema calls an integer": splice(b'"style"', b'"funding_interval_hours":8.0,"style"'),
    "whitespace around": b" \r\n\t" + SEED + b"\n ",
    "escapes in keys and values": splice(b'"asset":"SOL"', b'"\\u0061sset":"\\u0053OL"'),
    "null where it may be": changed(margin=None, rounding=None, as_of=None, contract__expiry=None),
    "a quantity of negative zero": with_quantity("-0"),
    "a negative zero with digits": with_quantity("-0." + "0" * 18),
    "a beta of negative zero": with_beta(b"-0.0"),
    "a beta with 1,000 zeros": with_beta(b"1." + b"0" * 1000),
    "a beta below the least float": with_beta(b"1e-400"),
    "a beta of a million digits behind the point": with_beta(b"0." + b"1" * HUGE),
    "2,000 prices": changed(prices={**PRICES, **{f"A{index}": "1" for index in range(1996)}}),
    "1,000 large holdings at small prices": book(1000, quantity=BIG, price=TINY),
    "1,000 small holdings at large prices": book(1000, quantity=TINY, price=BIG),
    "1,000 small holdings at small prices": book(1000, quantity=TINY, price=TINY, rounding="exact"),
    "1,000 large holdings that cancel out": changed(
        holdings=[{"asset": "SOL", "quantity": sign + BIG} for sign in ("", "-")] * 500,
    ),
    "betas of 100 and -100": book(1000, quantity="1", price="0.1", betas=[100, -100, 99], weighting="beta"),
    "betas of the least float": book(1, quantity="1", price="1", betas=[LEAST_FLOAT], weighting="beta"),
    "1,000 betas of minus the least float": book(
        1000, quantity=TINY, price=TINY, betas=[-LEAST_FLOAT], weighting="beta", rounding="exact"
    ),
    "betas of 1e-160, as little as can be covered": book(
        2, quantity=BIG, price=TINY, betas=[1e-160], weighting="beta", coverage=TINY, rounding="exact"
    ),
    "betas of 100 and of the least float": book(
        1000, quantity="1", price="0.01", betas=[100, LEAST_FLOAT], weighting="beta"
    ),
    "a large holding in two parts": changed(
        holdings=[{"asset": "SOL", "quantity": BIG}] * 2, prices={"SOL": TINY, "BTC-MINI": "60000"}
    ),
    "no coverage": changed(coverage="0"),
    "as little coverage as can be": changed(coverage=TINY, rounding="exact"),
    "a wallet of next to nothing": changed(margin={"wallet_balance": TINY, "survive_move": "9." + "9" * 18}),
    "a wallet as large as can be": changed(margin={"wallet_balance": BIG, "survive_move": TINY}),
    "as little leverage as can be": changed(margin={"leverage": TINY}),
    "a tick as large as can be": changed(contract__tick_size=BIG),
    "a lot as large as can be": changed(contract__lot_step="9" * 6, contract__multiplier=TINY),
    "a lot as small as can be": changed(contract__lot_step=TINY, contract__multiplier=TINY),
    "no order is small enough": changed(contract__max_quantity="0", contract__min_quantity="0"),
    "no order is large enough": changed(contract__min_notional=BIG, contract__max_quantity="1"),
    "an inverse contract of extremes": changed(contract=INVERSE_TERMS),
    "an inverse contract of extremes, with a wallet": changed(
        contract=INVERSE_TERMS, margin={"wallet_balance": TINY, "survive_move": TINY}, rounding="exact"
    ),
    "an expiry as late as can be": changed(contract__expiry="2199-12-31T23:59:59.999999Z"),
    "an expiry one microsecond ahead": changed(contract__expiry="2026-01-02T03:04:05.000001Z"),
}


def list_bodies() -> Iterator[tuple[str, Case]]:
    """Name every case of the tables above."""
    for code, bodies in UNREADABLE.items():
        yield from ((f"{code}: {name}", Case(400, code, None, body)) for name, body in bodies.items())
    for name, (place, body) in INVALID.items():
        yield f"invalid: {name}", Case(422, "invalid_request", place, body)
    for name, (code, body) in UNANSWERABLE.items():
        yield f"unanswerable: {name}", Case(422, code, None, body)
    for name, body in ANSWERED.items():
        yield f"answered: {name}", Case(200, None, None, body)
    yield from list_words()


def list_words() -> Iterator[tuple[str, Case]]:
    """Name every case of a word that is none, in the place where it would stand."""
    for code, values in NOT_DECIMALS.items():
        place = f"#/holdings/0/quantity {code}"
        yield from ((f"quantity {shown(value)}", refused(place, with_quantity(value))) for value in values)
    for text in NOT_ASSETS:
        yield f"asset {shown(text)}", refused("#/holdings/0/asset pattern", with_asset(text))
    for code, values in NOT_INSTANTS.items():
        yield from ((f"as_of {shown(value)}", refused(f"#/as_of {code}", changed(as_of=value))) for value in values)
    for text in INSTANTS:
        yield f"as_of {text}", Case(200, None, None, changed(as_of=text))


def refused(place: str, body: bytes) -> Case:
    """Make a case of an invalid request."""
    return Case(422, "invalid_request", place, body)


def shown(value: object) -> str:
    """Write a value as the name of a case."""
    return ascii(value)[:40]


BODIES = dict(list_bodies())


@pytest.fixture(autouse=True, scope="module")
def log_refusals() -> None:
    """Log as an operator has it who sets nothing, whatever other tests set before."""
    configure_log("info")


@pytest.fixture(scope="module")
def seed_answer(call: Call) -> bytes:
    """Answer the seed example before anything hostile was sent."""
    return call("POST", "/v1/sizing", content=SEED, headers=JSON).content


@pytest.fixture(scope="module")
def reply_schema() -> jsonschema_rs.Draft202012Validator:
    """Give the schema of an answer, as published."""
    components = json.loads(write_document())["components"]
    return jsonschema_rs.Draft202012Validator({"$ref": "#/components/schemas/SizingReply", "components": components})


def leaves(value: object) -> Iterator[object]:
    """Give every key and every value that is no container."""
    if isinstance(value, dict):
        yield from leaves([*value, *value.values()])
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item)
    else:
        yield value


def code_of(answer: httpx.Response) -> str | None:
    """Read the code of a problem; None for an answer."""
    return None if answer.is_success else str(answer.json()["code"])


def first_place(answer: httpx.Response) -> str:
    """Read where the first error is and what is wrong there."""
    error = answer.json()["errors"][0]
    return f"{error['pointer']} {error['code']}"


def is_fragment(pointer: str) -> bool:
    """Tell whether a pointer is a URI fragment that every client can decode."""
    return re.fullmatch(r"#(?:[!-$&-~]|%[0-9A-F]{2})*", pointer) is not None and "\ufffd" not in unquote(pointer)


def assert_sound(answer: httpx.Response, log: str) -> None:
    """Hold an answer, and what was logged meanwhile, against what is true of every answer."""
    assert re.fullmatch(r"[A-Za-z0-9_.-]{1,128}", answer.headers["x-request-id"])
    if answer.is_success:
        assert log == ""
        return
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(answer.content) <= LARGEST_PROBLEM
    assert (problem["status"], problem["request_id"]) == (answer.status_code, answer.headers["x-request-id"])
    assert [text for text in leaves(problem) if isinstance(text, str) and not text.isprintable()] == []
    assert [error["pointer"] for error in problem["errors"] if not is_fragment(error.get("pointer", "#"))] == []
    line = json.loads(log)
    assert (line["event"], line["request_id"], line["code"]) == ("refused", problem["request_id"], problem["code"])


@pytest.mark.parametrize("name", BODIES)
def test_a_hostile_body_is_answered_for_what_it_is(
    name: str, call: Call, seed_answer: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    """The right status, the right code, the right place, one line in the log, and a service that is none the worse."""
    case = BODIES[name]

    answer = call("POST", "/v1/sizing", content=case.body, headers=JSON)

    assert (answer.status_code, code_of(answer)) == (case.status, case.code)
    assert case.place is None or first_place(answer) == case.place
    assert_sound(answer, capsys.readouterr().out)
    assert call("POST", "/v1/sizing", content=SEED, headers=JSON).content == seed_answer


@pytest.mark.parametrize("name", [name for name, case in BODIES.items() if case.status == 200])
def test_an_answer_to_extreme_numbers_is_finite_and_as_documented(
    name: str, call: Call, reply_schema: jsonschema_rs.Draft202012Validator
) -> None:
    """Numbers within their bounds get the numbers that the document promises: no NaN, no exponent, no infinity."""
    text = call("POST", "/v1/sizing", content=BODIES[name].body, headers=JSON).text

    reply = json.loads(text)
    assert [error.message for error in reply_schema.iter_errors(reply)] == []
    assert all(math.isfinite(number) for number in leaves(reply) if isinstance(number, float))


@pytest.mark.parametrize(
    "name",
    [
        "unanswerable: all as large as can be",
        "answered: a wallet of next to nothing",
        "answered: a tick as large as can be",
        "answered: an inverse contract of extremes, with a wallet",
    ],
)
def test_a_text_writes_its_numbers_plainly(name: str, call: Call) -> None:
    """What a person reads is written as what a program reads: no exponent, no trailing zeros."""
    answer = call("POST", "/v1/sizing", content=BODIES[name].body, headers=JSON).json()

    details = [note["detail"] for note in answer.get("warnings", [])] or [answer["detail"]]
    assert [detail for detail in details if NOT_PLAIN.search(detail)] == []


@pytest.mark.parametrize("text", NOT_SYMBOLS, ids=shown)
def test_a_name_that_is_none_has_no_price(text: str, call: Call) -> None:
    """The keys of prices are names as well; the pointer that leads there is plain ASCII."""
    answer = call("POST", "/v1/sizing", content=changed(prices={text: "1"}), headers=JSON)

    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["code"]) == (422, "invalid_key")
    assert error["pointer"].isascii()


class Head(NamedTuple):
    """The head of a request, with the seed example as its body, and the answer it deserves."""

    status: int
    code: str | None
    headers: Headers = JSON
    method: str = "POST"
    path: str = "/v1/sizing"
    query: bytes = b""


def typed(*values: bytes) -> Headers:
    """Declare the body."""
    return [(b"content-type", value) for value in values]


def header(name: bytes, *values: bytes) -> Headers:
    """Add a header to those of a valid request, once for each value."""
    return [*JSON, *((name, value) for value in values)]


HEADS = {
    "no content type": Head(415, "unsupported_media_type", ()),
    "an empty content type": Head(415, "unsupported_media_type", typed(b"")),
    "plain text": Head(415, "unsupported_media_type", typed(b"text/plain")),
    "a form": Head(415, "unsupported_media_type", typed(b"application/x-www-form-urlencoded")),
    "several parts": Head(415, "unsupported_media_type", typed(b"multipart/form-data; boundary=x")),
    "MessagePack": Head(415, "unsupported_media_type", typed(b"application/vnd.msgpack")),
    "a problem": Head(415, "unsupported_media_type", typed(b"application/problem+json")),
    "longer than JSON": Head(415, "unsupported_media_type", typed(b"application/jsonp")),
    "two types in one header": Head(415, "unsupported_media_type", typed(b"application/json, text/plain")),
    "JSON and then text": Head(415, "unsupported_media_type", typed(b"application/json", b"text/plain")),
    "text and then JSON": Head(415, "unsupported_media_type", typed(b"text/plain", b"application/json")),
    "UTF-16": Head(415, "unsupported_media_type", typed(b"application/json; charset=utf-16")),
    "Latin-1": Head(415, "unsupported_media_type", typed(b"application/json; charset=iso-8859-1")),
    "a type that is no ASCII": Head(415, "unsupported_media_type", typed(b"application/json\xff")),
    "a long type": Head(415, "unsupported_media_type", typed(b"application/json;" + b"x" * 30_000)),
    "UTF-8 in quotes": Head(200, None, typed(b'application/json; charset="UTF-8"')),
    "JSON in capitals": Head(200, None, typed(b"APPLICATION/JSON ;CHARSET=utf-8")),
    "gzip": Head(415, "unsupported_media_type", header(b"content-encoding", b"gzip")),
    "brotli": Head(415, "unsupported_media_type", header(b"content-encoding", b"br")),
    "identity and gzip": Head(415, "unsupported_media_type", header(b"content-encoding", b"identity, gzip")),
    "identity and then gzip": Head(415, "unsupported_media_type", header(b"content-encoding", b"identity", b"gzip")),
    "identity": Head(200, None, header(b"content-encoding", b"identity")),
    "identity in capitals": Head(200, None, header(b"content-encoding", b"Identity")),
    "XML wanted": Head(406, "not_acceptable", header(b"accept", b"application/xml")),
    "no JSON wanted": Head(406, "not_acceptable", header(b"accept", b"*/*, application/json;q=0")),
    "nothing wanted": Head(406, "not_acceptable", header(b"accept", b"*/*;q=0.000")),
    "nothing of the kind wanted": Head(406, "not_acceptable", header(b"accept", b"application/*;q=0, text/html")),
    "garbage wanted": Head(406, "not_acceptable", header(b"accept", b";;;,,,q=0,=,\xff\x00")),
    "a long list wanted": Head(406, "not_acceptable", header(b"accept", b"a/b;q=0," * 3000)),
    "JSON wanted, oddly": Head(200, None, header(b"accept", b"Application/JSON;q=0.001;x=y, */*;q=0")),
    "JSON wanted in the second header": Head(200, None, header(b"accept", b"text/html", b"application/json")),
    "a query": Head(422, "invalid_request", query=b"coverage=0.5"),
    "a query without a value": Head(422, "invalid_request", query=b"coverage"),
    "a query without a name": Head(422, "invalid_request", query=b"="),
    "a query of nothing but separators": Head(422, "invalid_request", query=b"&&"),
    "a query that is no UTF-8": Head(422, "invalid_request", query=b"%ff=%fe"),
    "a query of raw bytes": Head(422, "invalid_request", query=b"\xff\x80"),
    "a query with half an escape": Head(422, "invalid_request", query=b"%"),
    "a query that is a surrogate": Head(422, "invalid_request", query=b"%ED%A0%80=1"),
    "a query that is NUL": Head(422, "invalid_request", query=b"%00=1"),
    "a query that ends a line": Head(422, "invalid_request", query=b"%0d%0aSet-Cookie:x=1"),
    "a query that turns the text round": Head(422, "invalid_request", query=b"%E2%80%AE=1"),
    "a long query": Head(422, "invalid_request", query=b"a=" + b"b" * 100_000),
    "a long name in the query": Head(422, "invalid_request", query=b"a" * 100_000 + b"=1"),
    "10,000 names in the query": Head(422, "invalid_request", query=b"&".join(b"%d=1" % n for n in range(10_000))),
    "a host with a space": Head(400, "bad_head", header(b"host", b"a b")),
    "a host that is no ASCII": Head(400, "bad_head", header(b"host", b"\xff")),
    "a host that is a path": Head(400, "bad_head", header(b"host", b"a/../b")),
    "two hosts": Head(400, "bad_head", header(b"host", b"a", b"b")),
    "no host": Head(200, None),
    "a host of nothing": Head(200, None, header(b"host", b"")),
    "a content length that is a word": Head(400, "bad_head", header(b"content-length", b"abc")),
    "a content length beyond all": Head(413, "body_too_large", header(b"content-length", b"9" * 30)),
    "a cookie of garbage": Head(200, None, header(b"cookie", b"\xff;=;;a=b=c;\x00")),
    "an upgrade": Head(200, None, header(b"upgrade", b"websocket")),
    "PUT": Head(405, "method_not_allowed", method="PUT"),
    "PATCH": Head(405, "method_not_allowed", method="PATCH"),
    "DELETE": Head(405, "method_not_allowed", method="DELETE"),
    "GET": Head(405, "method_not_allowed", method="GET"),
    "HEAD": Head(405, "method_not_allowed", method="HEAD"),
    "TRACE": Head(405, "method_not_allowed", method="TRACE"),
    "CONNECT": Head(405, "method_not_allowed", method="CONNECT"),
    "post in lower case": Head(405, "method_not_allowed", method="post"),
    "an unknown method": Head(405, "method_not_allowed", method="BREW"),
    "a long method": Head(405, "method_not_allowed", method="A" * 30_000),
    "OPTIONS": Head(204, None, method="OPTIONS"),
    "an unknown method on an unknown path": Head(404, "not_found", method="BREW", path="/v1/nothing"),
    "two slashes before": Head(200, None, path="//v1/sizing"),
    "a slash behind": Head(200, None, path="/v1/sizing/"),
    "two slashes between": Head(200, None, path="/v1//sizing"),
    "a step back": Head(404, "not_found", path="/v1/../v1/sizing"),
    "an encoded step back": Head(404, "not_found", path="/v1/%2e%2e/v1/sizing"),
    "capitals": Head(404, "not_found", path="/V1/SIZING"),
    "a parameter in the path": Head(404, "not_found", path="/v1/sizing;a=b"),
    "a NUL behind": Head(404, "not_found", path="/v1/sizing\x00"),
    "an encoded NUL behind": Head(404, "not_found", path="/v1/sizing%00"),
    "a line feed behind": Head(404, "not_found", path="/v1/sizing\n"),
    "a space behind": Head(404, "not_found", path="/v1/sizing "),
    "a template": Head(404, "not_found", path="/v1/{path}"),
    "a surrogate in the path": Head(404, "not_found", path="/v1/\udcff"),
    "emoji in the path": Head(404, "not_found", path="/\U0001f600"),
    "a long path": Head(404, "not_found", path="/" + "a" * 100_000),
    "a deep path": Head(404, "not_found", path="/a" * 50_000),
    "no path": Head(404, "not_found", path=""),
    "an asterisk": Head(404, "not_found", path="*"),
    "a file of the system": Head(404, "not_found", method="GET", path="/docs/assets/../../../etc/passwd"),
    "an asset with a NUL": Head(404, "not_found", method="GET", path="/docs/assets/page.css\x00"),
    "an asset that is a folder": Head(404, "not_found", method="GET", path="/docs/assets/.."),
    "a problem that is markup": Head(404, "not_found", method="GET", path="/problems/<script>alert(1)</script>"),
    "a problem named __proto__": Head(404, "not_found", method="GET", path="/problems/__proto__"),
    "metrics in a version that is a word": Head(
        200, None, header(b"accept", b"application/openmetrics-text; version=abc"), method="GET", path="/metrics"
    ),
    "metrics in a version of 5,000 digits": Head(
        200, None, header(b"accept", b"text/plain; version=" + b"9" * 5000), method="GET", path="/metrics"
    ),
    "metrics escaped in a way that is none": Head(
        200, None, header(b"accept", b"text/plain;version=1.0.0;escaping=x"), method="GET", path="/metrics"
    ),
    "a problem in a language of garbage": Head(
        200, None, header(b"accept", b"text/html;q=x, ;=,\xff"), method="GET", path="/problems/not_json"
    ),
    "a document that is there in no version": Head(
        200, None, header(b"if-none-match", b'W/"", ,"\xff'), method="GET", path="/openapi.json"
    ),
}


def send_raw(app: ASGIApp, head: Head, parts: Sequence[bytes] = (SEED,)) -> httpx.Response:
    """Send what an HTTP client would refuse to send, straight into the application."""
    scope: Any = {
        "type": "http",
        "http_version": "1.1",
        "method": head.method,
        "scheme": "http",
        "path": head.path,
        "raw_path": head.path.encode("utf-8", "surrogateescape"),
        "query_string": head.query,
        "root_path": "",
        "headers": list(head.headers),
        "client": ("127.0.0.1", 50_000),
        "server": ("127.0.0.1", 8000),
    }
    messages = body_messages(parts)
    sent: list[Any] = []

    async def receive() -> Any:
        """Give the next part of the body."""
        return next(messages)

    async def send(message: Message) -> None:
        """Keep a part of the answer."""
        sent.append(message)

    anyio.run(app, scope, receive, send)
    content = b"".join(message.get("body", b"") for message in sent[1:])
    return httpx.Response(sent[0]["status"], headers=sent[0]["headers"], content=content)


def body_messages(parts: Iterable[bytes]) -> Iterator[dict[str, object]]:
    """Write a body as the messages in which it arrives, and then the end of the connection."""
    yield from ({"type": "http.request", "body": part, "more_body": True} for part in parts)
    yield {"type": "http.request", "body": b"", "more_body": False}
    yield {"type": "http.disconnect"}


@pytest.mark.parametrize("name", HEADS)
def test_a_hostile_head_is_answered_for_what_it_is(
    name: str, app: ASGIApp, call: Call, seed_answer: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    """The head is judged before the body is read; whatever it says, the next caller is served."""
    head = HEADS[name]

    answer = send_raw(app, head)

    assert (answer.status_code, code_of(answer)) == (head.status, head.code)
    assert_sound(answer, capsys.readouterr().out)
    assert call("POST", "/v1/sizing", content=SEED, headers=JSON).content == seed_answer


@pytest.mark.parametrize("method", ["PUT", "HEAD", "TRACE", "post", "BREW"])
def test_a_wrong_method_is_told_the_right_ones(method: str, app: ASGIApp) -> None:
    """RFC 9110: 405 comes with Allow."""
    answer = send_raw(app, Head(405, "method_not_allowed", method=method))

    assert set(answer.headers["allow"].split(", ")) == {"OPTIONS", "POST"}


@pytest.mark.parametrize(
    ("parts", "status"),
    [
        ([SEED.ljust(LARGEST_BODY)], 200),
        ([SEED.ljust(LARGEST_BODY + 1)], 413),
        ([b" " * 65_536] * 32, 413),
        ([b""] * 1000 + [SEED], 200),
        ([SEED[index : index + 1] for index in range(len(SEED))], 200),
    ],
    ids=["just 1 MiB", "one byte more", "2 MiB in parts", "1,000 empty parts", "byte by byte"],
)
def test_a_body_is_measured_as_it_arrives(parts: list[bytes], status: int, app: ASGIApp) -> None:
    """A body without a Content-Length can't be larger than one with it."""
    assert send_raw(app, Head(status, None), parts).status_code == status


def test_a_large_body_is_refused_by_its_declared_length(call: Call, capsys: pytest.CaptureFixture[str]) -> None:
    """Two MiB are two MiB, whatever is in them."""
    answer = call("POST", "/v1/sizing", content=SEED.ljust(2 * LARGEST_BODY), headers=JSON)

    assert (answer.status_code, code_of(answer)) == (413, "body_too_large")
    assert_sound(answer, capsys.readouterr().out)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ([b"f3a1"], b"f3a1"),
        ([b"A-z_0.9" + b"x" * 121], b"A-z_0.9" + b"x" * 121),
        ([b"x" * 129], None),
        ([b"x" * 200], None),
        ([b"a b"], None),
        ([b" f3a1"], None),
        ([b"f3a1\n"], None),
        ([b"f3a1\r\nSet-Cookie: a=b"], None),
        ([b"f3\x00a1"], None),
        ([b"f3\x1b[31m"], None),
        ([b"\xc3\xa9"], None),
        ([b"\xef\xbc\x91"], None),
        ([b'"};alert(1)//'], None),
        ([b""], None),
        ([b"a b", b"f3a1"], b"f3a1"),
    ],
    ids=shown,
)
def test_a_request_id_that_can_not_be_printed_is_replaced(sent: list[bytes], kept: bytes | None, app: ASGIApp) -> None:
    """What goes into headers and logs is never more than letters, digits and ._- of the caller's own."""
    answer = send_raw(app, Head(415, None, [(b"x-request-id", value) for value in sent]))

    request_id = answer.headers["x-request-id"]
    assert re.fullmatch("[0-9a-f]{32}", request_id) if kept is None else request_id == kept.decode()
    assert answer.json()["request_id"] == request_id


def test_the_corpus_is_large() -> None:
    """No case is lost unnoticed, neither in an edit nor under the name of another."""
    assert len(BODIES) == len(list(list_bodies()))
    assert len(BODIES) + len(HEADS) >= 300
