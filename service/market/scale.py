"""Tickers that quote many coins at once: 1000SHIB, 1MBABYDOGE, SHIB1000."""

import re
from decimal import Decimal
from typing import NamedTuple

_BEFORE = re.compile(r"(10{3,9})([A-Z][A-Z0-9]+)").fullmatch
_IRREGULAR = {"1MBABYDOGE": ("BABYDOGE", 1_000_000), "SHIB1000": ("SHIB", 1_000)}
"""Names of another form; a general rule would take coins such as 1MIL or AI1000 apart."""


class Scaled(NamedTuple):
    """An asset and how many of it one price is for."""

    asset: str
    units: Decimal


def unscale(base: str) -> Scaled:
    """Take the scale off the name of a listed base asset; one without a scale comes back as it is, with 1 unit."""
    if base in _IRREGULAR:
        asset, units = _IRREGULAR[base]
        return Scaled(asset, Decimal(units))
    if found := _BEFORE(base):
        scale, asset = found.groups()
        return Scaled(asset, Decimal(scale))
    return Scaled(base, Decimal(1))
