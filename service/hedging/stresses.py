"""Named stresses: what coins did in eleven windows of the past, and five things that no past of prices shows.

Law: a figure is what was seen, of the coin that it names; no coin borrows that of another. Figures of a window are from
daily candles in UTC and were computed from public closes, so that another venue or hour differs by up to 2.5 points.
"""

from datetime import date
from typing import Annotated, Literal

from msgspec import Meta, Struct

from service.hedging.units import Asset, Share

FallName = Literal[
    "covid-2020-03",
    "china-2021-05",
    "day-2021-05-19",
    "luna-2022-05",
    "3ac-2022-06",
    "ftx-2022-11",
    "sec-2023-06",
    "yen-2024-08",
    "crash-2025-10",
]
"""Windows in which something that a future may follow fell by 5 % and more."""
HistoricalName = Literal[FallName, "rally-2023-q4", "rally-2024-11"]
"""Windows of which it is known what each coin did."""
StressName = Literal[
    HistoricalName,
    "correlation-breakdown",
    "funding-spike",
    "exchange-outage",
    "auto-deleveraging",
    "stablecoin-depeg",
]
StressKind = Literal["historical", "synthetic"]
KnownBy = Literal["closes", "lows"]

_CLOSES = "Daily closes in UTC of several public sources; our own computation."
_OURS = "Ours: assumed numbers, not a forecast."
_DATE = Annotated[str, Meta(max_length=10)]


class StressFigure(Struct, frozen=True, kw_only=True):
    """What one coin did in a window."""

    asset: Asset
    move: Annotated[
        Share, Meta(description="Last close over the close of the first day, minus 1.", examples=["-0.2686"])
    ]
    worst_low: Annotated[
        Share | None,
        Meta(
            description="The coin's own lowest price in the window over the same close, minus 1; not of one moment "
            "with the others'. Null where it is not known, and for rallies.",
            examples=["-0.329"],
        ),
    ]


class StressParameters(Struct, frozen=True, kw_only=True):
    """What is assumed to happen. For a book that is short on balance the moves have the other sign."""

    underlying_move: Annotated[Share, Meta(description="Move of the contract's underlying.", examples=["0.1"])]
    others_move: Annotated[
        Share | None,
        Meta(
            description="Move of every coin that is not the underlying; null: its beta times the underlying's.",
            examples=["-0.15"],
        ),
    ] = None
    closed_at_move: Annotated[
        Share | None,
        Meta(description="Move at which the hedge is closed; null where it is held to the end.", examples=["-0.2"]),
    ] = None
    funding_rate: Annotated[
        Share | None,
        Meta(
            description="Funding per 8 hours, which the hedge pays whatever its interval; null: as requested.",
            examples=["-0.0005"],
        ),
    ] = None
    stablecoin_price: Annotated[
        Share | None,
        Meta(
            description="What stablecoins, margin in them and gains paid in them are worth then, of 1 before; null: 1.",
            examples=["0.9"],
        ),
    ] = None
    loses_account: Annotated[
        bool, Meta(description="Whether the wallet and the gain of the hedge are lost.", examples=[False])
    ] = False


class Stress(Struct, frozen=True, kw_only=True):
    """One named stress, with all that it is made of."""

    name: Annotated[StressName, Meta(description="What a question asks for it by.")]
    title: Annotated[str, Meta(description="What happened.", max_length=100, examples=["Terra and Luna fail"])]
    kind: Annotated[StressKind, Meta(description="Seen in the past, or made up.")]
    definition: Annotated[
        str,
        Meta(
            description="What is taken to happen, in a sentence or two.",
            max_length=1000,
            examples=["From the close of 2022-05-04 to that of 2022-05-12, in UTC."],
        ),
    ]
    source: Annotated[str, Meta(description="Where the numbers are from.", max_length=300, examples=[_OURS])]
    starts_on: Annotated[
        _DATE | None,
        Meta(description="Day at whose close the window begins; null if made up.", examples=["2022-05-04"]),
    ]
    ends_on: Annotated[
        _DATE | None, Meta(description="Day at whose close it ends; null if made up.", examples=["2022-05-12"])
    ]
    days: Annotated[int, Meta(description="How long it lasts; 0 for a moment.", ge=0, le=366, examples=[8])]
    figures: Annotated[tuple[StressFigure, ...], Meta(description="By coin; none if made up.", max_length=100)]
    parameters: Annotated[StressParameters | None, Meta(description="What is made up; null for a window of the past.")]

    def move_of(self, asset: str, by: KnownBy) -> Share | None:
        """Tell what a coin did; None where that is not known."""
        figure = next((figure for figure in self.figures if figure.asset == asset), None)
        if figure is None:
            return None
        return figure.move if self.known_by(by) == "closes" else figure.worst_low

    def known_by(self, by: KnownBy) -> KnownBy:
        """Tell what the window is known by, where one of the two is asked for: a rally has no lows."""
        return by if any(figure.worst_low is not None for figure in self.figures) else "closes"


def _window(name: StressName, title: str, *, starts_on: str, ends_on: str, figures: str) -> Stress:
    return Stress(
        name=name,
        title=title,
        kind="historical",
        definition=f"From the close of {starts_on} to that of {ends_on}, in UTC. By lows each coin is at its own "
        "lowest price of the window, which was not one moment. Highs are not known.",
        source=_CLOSES,
        starts_on=starts_on,
        ends_on=ends_on,
        days=(date.fromisoformat(ends_on) - date.fromisoformat(starts_on)).days,
        figures=tuple(_figure(*text.split(":")) for text in figures.split()),
        parameters=None,
    )


def _figure(asset: str, numbers: str) -> StressFigure:
    move, _, low = numbers.partition("/")
    return StressFigure(asset=asset, move=Share(move), worst_low=Share(low) if low else None)


def _made_up(
    name: StressName,
    title: str,
    *,
    definition: str,
    parameters: StressParameters,
    days: int = 0,
    source: str = _OURS,
) -> Stress:
    return Stress(
        name=name,
        title=title,
        kind="synthetic",
        definition=definition,
        source=source,
        starts_on=None,
        ends_on=None,
        days=days,
        figures=(),
        parameters=parameters,
    )


_ALL = (
    _window(
        "covid-2020-03",
        "The first days of the pandemic",
        starts_on="2020-03-07",
        ends_on="2020-03-12",
        figures="BTC:-0.4599/-0.5108 ETH:-0.5455/-0.5995 ADA:-0.5226/-0.5505 LINK:-0.5409 MATIC:-0.6588 ATOM:-0.5536 "
        "DOGE:-0.3353 XRP:-0.4264 LTC:-0.5066 BNB:-0.5429 BCH:-0.5645 TRX:-0.5050 ETC:-0.5236 XLM:-0.4554 "
        "ALGO:-0.6021",
    ),
    _window(
        "china-2021-05",
        "China bans mining and trading",
        starts_on="2021-05-11",
        ends_on="2021-05-23",
        figures="BTC:-0.3885/-0.4938 ETH:-0.4977/-0.6644 SOL:-0.4491/-0.5705 ADA:-0.2548/-0.4328 DOT:-0.5364/-0.6477 "
        "AVAX:-0.5759 LINK:-0.5936 MATIC:0.0091 UNI:-0.5662 AAVE:-0.3586 ATOM:-0.5670 DOGE:-0.3790 XRP:-0.4658 "
        "LTC:-0.6229 BNB:-0.6120 BCH:-0.6431 TRX:-0.5476 ETC:-0.5363 XLM:-0.5072 NEAR:-0.4624 FIL:-0.5461 "
        "ALGO:-0.4452",
    ),
    _window(
        "day-2021-05-19",
        "The day of 19 May 2021",
        starts_on="2021-05-18",
        ends_on="2021-05-19",
        figures="BTC:-0.1438/-0.3305 ETH:-0.2774/-0.5850 SOL:-0.3750/-0.5493 ADA:-0.2682/-0.5009 DOT:-0.3831/-0.6212 "
        "AVAX:-0.3749 LINK:-0.3839 MATIC:-0.3365 UNI:-0.3386 AAVE:-0.3410 ATOM:-0.3977 DOGE:-0.3075 XRP:-0.3349 "
        "LTC:-0.3675 BNB:-0.3408 BCH:-0.3624 TRX:-0.3222 ETC:-0.3290 XLM:-0.3134 NEAR:-0.3652 FIL:-0.3479 "
        "ALGO:-0.3180",
    ),
    _window(
        "luna-2022-05",
        "Terra and Luna fail",
        starts_on="2022-05-04",
        ends_on="2022-05-12",
        figures="BTC:-0.2686/-0.3290 ETH:-0.3334/-0.3962 SOL:-0.5188/-0.6001 ADA:-0.4732/-0.5538 DOT:-0.4670/-0.5567 "
        "AVAX:-0.5493 LINK:-0.4623 MATIC:-0.4885 UNI:-0.4111 AAVE:-0.5166 ATOM:-0.5151 DOGE:-0.3922 XRP:-0.4030 "
        "LTC:-0.3932 BNB:-0.3318 BCH:-0.3527 TRX:-0.2202 ETC:-0.3835 XLM:-0.3470 NEAR:-0.5053 FIL:-0.4841 "
        "ALGO:-0.4087",
    ),
    _window(
        "3ac-2022-06",
        "Celsius stops withdrawals, Three Arrows Capital fails",
        starts_on="2022-06-07",
        ends_on="2022-06-18",
        figures="BTC:-0.3905/-0.4348 ETH:-0.4512/-0.5158 SOL:-0.1854/-0.3434 ADA:-0.2592/-0.3161 DOT:-0.2362/-0.3140 "
        "AVAX:-0.3972 LINK:-0.3203 MATIC:-0.4392 UNI:-0.3027 AAVE:-0.5005 ATOM:-0.3391 DOGE:-0.3420 XRP:-0.2456 "
        "LTC:-0.2605 BNB:-0.3214 BCH:-0.3657 TRX:-0.2562 ETC:-0.3654 XLM:-0.2329 NEAR:-0.4046 FIL:-0.3029 "
        "ALGO:-0.2582",
    ),
    _window(
        "ftx-2022-11",
        "FTX fails",
        starts_on="2022-11-05",
        ends_on="2022-11-09",
        figures="BTC:-0.2524/-0.2740 ETH:-0.3222/-0.3416 SOL:-0.6184/-0.7446 ADA:-0.2554/-0.2744 DOT:-0.2304/-0.2418 "
        "AVAX:-0.3417 LINK:-0.2807 MATIC:-0.3130 UNI:-0.3628 AAVE:-0.3967 ATOM:-0.3634 DOGE:-0.4014 XRP:-0.3243 "
        "LTC:-0.2679 BNB:-0.2345 BCH:-0.2805 TRX:-0.1611 ETC:-0.3073 XLM:-0.2685 NEAR:-0.3908 FIL:-0.3279 "
        "ALGO:-0.3734",
    ),
    _window(
        "sec-2023-06",
        "The SEC sues Binance and Coinbase: altcoins fall alone",
        starts_on="2023-06-05",
        ends_on="2023-06-10",
        figures="BTC:0.0044/-0.0166 ETH:-0.0326/-0.0544 SOL:-0.2195/-0.3700 ADA:-0.2183/-0.3833 DOT:-0.1082/-0.1905 "
        "AVAX:-0.1601 LINK:-0.1356 MATIC:-0.2682 UNI:-0.1393 AAVE:-0.1202 ATOM:-0.1767 DOGE:-0.0700 XRP:-0.0045 "
        "LTC:-0.1206 BNB:-0.1380 BCH:-0.0488 TRX:-0.1112 ETC:-0.1129 XLM:-0.0660 NEAR:-0.1969 FIL:-0.1734 "
        "ALGO:-0.1946",
    ),
    _window(
        "yen-2024-08",
        "The yen carry trade is unwound",
        starts_on="2024-07-29",
        ends_on="2024-08-05",
        figures="BTC:-0.1911/-0.2680 ETH:-0.2707/-0.3634 SOL:-0.2891/-0.4021 ADA:-0.2262/-0.3178 DOT:-0.2565/-0.3656 "
        "AVAX:-0.2766 LINK:-0.2986 UNI:-0.3014 AAVE:-0.0888 ATOM:-0.2402 DOGE:-0.2653 XRP:-0.1877 LTC:-0.2390 "
        "BNB:-0.1917 BCH:-0.2941 TRX:-0.1164 ETC:-0.2265 XLM:-0.1130 NEAR:-0.3314 FIL:-0.2709 ALGO:-0.2073",
    ),
    _window(
        "crash-2025-10",
        "The liquidations of 10 October 2025",
        starts_on="2025-10-09",
        ends_on="2025-10-10",
        figures="BTC:-0.0731/-0.1656 ETH:-0.1233/-0.2216 SOL:-0.1471/-0.3605 ADA:-0.2207/-0.6635 DOT:-0.2771/-0.7688 "
        "AVAX:-0.2713 LINK:-0.2128 UNI:-0.2626 AAVE:-0.1799 ATOM:-0.2738 DOGE:-0.2213 XRP:-0.1541 LTC:-0.2305 "
        "BNB:-0.1218 BCH:-0.1147 TRX:-0.0487 ETC:-0.2499 XLM:-0.1589 NEAR:-0.1729 FIL:-0.2668 ALGO:-0.2038",
    ),
    _window(
        "rally-2023-q4",
        "The rally before the spot funds",
        starts_on="2023-10-15",
        ends_on="2023-12-25",
        figures="BTC:0.6048 ETH:0.4581 SOL:4.5135 ADA:1.5241 DOT:1.4490 AVAX:4.2541 LINK:1.0996 MATIC:0.7693 "
        "UNI:0.6989 AAVE:0.6068 ATOM:0.8021 DOGE:0.5908 XRP:0.3258 LTC:0.1718 BNB:0.2728 BCH:0.0916 TRX:0.2214 "
        "ETC:0.4351 XLM:0.2324 NEAR:3.1383 FIL:0.7953 ALGO:1.5270",
    ),
    _window(
        "rally-2024-11",
        "The rally after the election",
        starts_on="2024-11-05",
        ends_on="2024-12-02",
        figures="BTC:0.3815 ETH:0.5040 SOL:0.3547 ADA:2.6037 DOT:1.5969 AVAX:1.1788 LINK:1.3296 UNI:0.9465 AAVE:0.7330 "
        "ATOM:1.2770 DOGE:1.4976 XRP:4.3006 LTC:1.0329 BNB:0.1502 BCH:0.5698 TRX:0.3795 ETC:0.8589 XLM:4.7741 "
        "NEAR:0.9633 FIL:1.1475 ALGO:3.4133",
    ),
    _made_up(
        "correlation-breakdown",
        "The future rises while the coins fall",
        definition="The underlying moves against the hedge and every other coin against the book: both legs lose.",
        parameters=StressParameters(underlying_move=Share("0.1"), others_move=Share("-0.15")),
    ),
    _made_up(
        "funding-spike",
        "Funding turns against the hedge for a week",
        definition="Prices stand still, and the hedge pays funding for seven days. A contract that expires has none.",
        parameters=StressParameters(underlying_move=Share("0"), funding_rate=Share("-0.0005")),
        days=7,
        source="BTCUSDT on Binance from 2020-03-13: -0.048 % per 8 hours on the average of seven days, the worst since "
        "2019.",
    ),
    _made_up(
        "exchange-outage",
        "The exchange fails while the market falls",
        definition="Every coin moves by its beta, and the futures account can't be reached: the wallet is lost, and so "
        "is what the hedge would have gained.",
        parameters=StressParameters(underlying_move=Share("-0.3"), loses_account=True),
    ),
    _made_up(
        "auto-deleveraging",
        "The exchange closes the winning hedge halfway",
        definition="Every coin moves by its beta. Halfway the exchange closes the hedge against losing positions that "
        "nobody takes over; the gain until then stays, and the rest of the move is unhedged.",
        parameters=StressParameters(underlying_move=Share("-0.4"), closed_at_move=Share("-0.2")),
    ),
    _made_up(
        "stablecoin-depeg",
        "Stablecoins lose a tenth",
        definition="Coins stand still in dollars. Stablecoins that are held, margin in them and what a linear future "
        "pays in them are worth a tenth less, and its price in them rises to match, which may liquidate a short. "
        "Amounts are in the quote currency as it was before. An inverse future is margined in coins and pays in them: "
        "nothing happens to it.",
        parameters=StressParameters(underlying_move=Share("0"), stablecoin_price=Share("0.9")),
    ),
)
STRESSES: dict[str, Stress] = {stress.name: stress for stress in _ALL}
"""By name, the past first."""
