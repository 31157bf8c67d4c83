"""The coins of the local world, with a price in USDT and the steps that most exchanges trade them in."""

from decimal import Decimal
from typing import NamedTuple


class Asset(NamedTuple):
    """A coin, or, to be filtered out, something that is none."""

    price: Decimal
    """In USDT."""
    tick: Decimal
    """Finer than on some real exchanges, so that two exchanges a fifth of a basis point apart show two prices."""
    step: Decimal
    """Of an order on linear contracts, in coins."""
    hours: int
    """From one funding to the next."""
    rate: Decimal
    """Of funding, for one interval."""
    beta: float
    """How far its price moves with Bitcoin's."""
    noise: float
    """How far it moves by itself on a day: the standard deviation of the logarithm."""
    days: int = 10_000
    """How long ago trading began."""


_TABLE = """
BTC       61509.45      0.1       0.001    8   0.000080 1     0
ETH       1705.47       0.01      0.001    8   0.000075 1.15  0.015
SOL       80.63         0.001     0.01     8  -0.000040 1.35  0.022
ADA       0.1638        0.000001  1        4   0.000100 1.25  0.024
DOT       0.8476        0.00001   0.1      8   0.000005 1.2   0.024
XRP       1.0942        0.00001   0.1      8   0.000030 0.95  0.026
DOGE      0.074556      0.0000001 1        8   0.000100 1.3   0.03
LINK      7.7342        0.0001    0.01     8   0.000100 1.3   0.022
LTC       43.206        0.001     0.001    8   0.000072 0.9   0.02
AVAX      6.824         0.00001   1        4  -0.000120 1.4   0.026
NEAR      1.9423        0.00001   1        4   0.000100 1.45  0.03
BNB       561.18        0.001     0.01     8   0.000052 0.8   0.014
UNI       3.177         0.00001   1        2   0.000050 1.3   0.03
ATOM      1.553         0.00001   0.01     8  -0.000210 1.15  0.024
AAVE      86.22         0.001     0.1      8   0.000060 1.35  0.028
TRX       0.3312        0.000001  1        1   0.000012 0.5   0.014
BCH       455.1         0.01      0.001    8   0.000040 0.95  0.022
ETC       18.42         0.0001    0.01     24  0.000090 1.05  0.02
XLM       0.2411        0.000001  1        8   0.000100 1     0.026
FIL       1.437         0.00001   0.1      8  -0.000015 1.25  0.026
SHIB      0.00000443    1E-11     1000     8   0.000100 1.25  0.026
PEPE      0.00000246224 1E-11     1000     4   0.000077 1.55  0.038
BABYDOGE  0.00000000112 1E-14     1000000  4   0.000050 1.2   0.04   45
USDC      1.0007        0.00001   1        8   0.000010 0     0.00005
XMR       331.5         0.01      0.001    8   0.000100 0.6   0.025
EOS       0.41          0.00001   0.1      8   0        1.1   0.026
BIO       0.0512        0.000001  1        4   0.000050 1.4   0.05   9
LUNC      0.0000612     1E-9      1        8   0.000100 1.3   0.04
XAU       4021.5        0.01      0.001    8   0.000010 0.05  0.009
TSLA      402.3         0.01      0.01     8   0.000020 0.4   0.03
"""


def _read(line: str) -> tuple[str, Asset]:
    name, price, tick, step, hours, rate, beta, noise, *days = line.split()
    exact = (Decimal(price), Decimal(tick), Decimal(step), int(hours), Decimal(rate))
    return name, Asset(*exact, float(beta), float(noise), *map(int, days))


ASSETS = dict(_read(line) for line in _TABLE.strip().splitlines())
MAJORS = tuple(ASSETS)[:20]
"""What every exchange lists against USDT."""
