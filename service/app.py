"""The application: settings read, parts wired, nothing decided."""

import gc
import logging
import os
from collections.abc import Awaitable, Callable, Mapping

import structlog
from litestar import Litestar, Router
from litestar.datastructures import State
from litestar.exceptions import ClientException
from litestar.types import ASGIApp
from structlog.tracebacks import ExceptionDictTransformer

from service.api import (
    basis,
    carry,
    contracts,
    coverage,
    effectiveness,
    exchanges,
    frontier,
    health,
    hedge_ratio,
    margin,
    pages,
    prices,
    scenarios,
    simulations,
    sizing,
    stream,
    stresses,
)
from service.api.messages import problems
from service.api.messages.callers import Policy, admit
from service.api.messages.envelope import envelop
from service.api.messages.wire import LARGEST_BODY, Reply, StrictRequest, Wire
from service.api.openapi.document import write_document
from service.gcra import Pace
from service.hedging.errors import HedgingError
from service.keys import read_keys
from service.limits import Limiter
from service.link import Link
from service.market import binance, bingx, bybit, mexc, weex
from service.market.boards import Boards
from service.market.clock import Clock
from service.market.events import Event, Observe, StoreFailed, Stumbled
from service.market.fetcher import Fetcher
from service.market.history import Histories
from service.market.lookup import Market
from service.market.source import Adapter
from service.market.store import Store
from service.market.upstream import Upstream, Web
from service.metrics import Metrics
from service.settings import Settings, read_settings
from service.signals import calling_at_end
from service.streams import Streams
from service.worker import Worker

_log = structlog.get_logger()

ADAPTERS: tuple[Adapter, ...] = (binance.ADAPTER, bingx.ADAPTER, bybit.ADAPTER, mexc.ADAPTER, weex.ADAPTER)


def create_app(
    environment: Mapping[str, str] = os.environ, metrics: Metrics | None = None, clock: Clock | None = None
) -> ASGIApp:
    """Build the application.

    Args:
        environment: the HEDGE_ variables, and where worker processes share their metrics.
        metrics: where to count; None for a set of its own.
        clock: by which prices age and limits fill, but answers are not dated; None for the machine's.

    Raises:
        SettingsError: for an unknown HEDGE_ variable or a value out of range.
        KeysError: for a file of keys that can't be used.
    """
    settings = read_settings(environment)
    configure_log(settings.log_level)
    metrics = metrics or Metrics(environment.get("PROMETHEUS_MULTIPROC_DIR"))
    document = write_document()
    keys = () if settings.api_keys_file is None else read_keys(settings.api_keys_file)
    clock = clock or Clock()
    observe = log_stumbles(metrics.observe_market)
    link = open_link(settings, observe, clock)
    market, histories, closers = open_market(settings, link, observe=observe, clock=clock)
    worker, simulator = Worker(), Worker()  # a chart does not wait for a simulation
    streams = Streams(settings.streams, observe=metrics.observe_streams)
    state = {
        "settings": settings,
        "metrics": metrics,
        "document": document,
        "market": market,
        "histories": histories,
        "link": link,
        "worker": worker,
        "simulator": simulator,
        "streams": streams,
        "clock": clock,
    }
    app = Litestar(
        route_handlers=[
            Router(
                "/",
                route_handlers=[
                    sizing.size,
                    basis.measure,
                    carry.assess,
                    margin.assess,
                    scenarios.play,
                    hedge_ratio.measure,
                    simulations.simulate,
                    coverage.assess,
                    effectiveness.judge,
                    frontier.draw,
                ],
                dto=Wire,
                return_dto=Wire,
                response_class=Reply,
            ),
            health.check_live,
            health.check_ready,
            health.read_metrics,
            exchanges.list_exchanges,
            contracts.list_contracts,
            prices.list_prices,
            stresses.list_stresses,
            stream.stream_basis,
            pages.show_document,
            pages.serve_asset,
            pages.list_problems,
            pages.explain_problem,
            pages.read_document,
        ],
        exception_handlers={
            problems.RefusalError: problems.answer_refusal,
            HedgingError: problems.answer_hedging_error,
            ClientException: problems.answer_client_exception,
            Exception: problems.answer_failure,
        },
        state=State(state),
        request_class=StrictRequest,
        request_max_body_size=LARGEST_BODY,
        openapi_config=None,
        logging_config=None,
        on_startup=[gc.freeze],
        lifespan=[lambda _: calling_at_end(streams.end)],
        on_shutdown=[*closers, worker.close, simulator.close],
    )
    policy = Policy(
        keys=keys,
        by_key=_limiter(settings.limit_per_key, settings, link=link, clock=clock),
        by_address=_limiter(settings.limit_per_address, settings, link=link, clock=clock),
        exempt=settings.exempt_paths,
    )
    return envelop(admit(app, policy), metrics.observe_request)


Closer = Callable[[], Awaitable[None]]


def log_stumbles(observe: Observe) -> Observe:
    """Log a reply that nobody foresaw with its traceback, beside being observed: it takes a person to mend."""

    def observe_and_log(event: Event) -> None:
        observe(event)
        if isinstance(event, Stumbled):
            _log.error("stumbled", exchange=event.exchange, subject=event.subject, exc_info=event.error)

    return observe_and_log


def open_link(settings: Settings, observe: Observe, clock: Clock) -> Link | None:
    """Make the link to Redis, where there is one; nothing is sent before the first question."""
    if settings.redis_url is None:
        return None
    return Link(
        settings.redis_url, clock.steady, lambda failure: observe(StoreFailed(failure)), seconds=settings.redis_seconds
    )


def open_market(
    settings: Settings, link: Link | None, *, observe: Observe, clock: Clock
) -> tuple[Market, Histories, list[Closer]]:
    """Wire the exchanges that are on, their boards and Redis; nobody is asked before the first question.

    Args:
        settings: which exchanges, and by which way.
        link: Redis; None for none.
        observe: is told of everything that happens.
        clock: where time comes from.

    Returns:
        The market, its past, and what to call at the end, in this order.
    """
    web = Web()
    upstreams = {
        adapter.exchange: Upstream(adapter, web, relay=settings.upstream, observe=observe, clock=clock)
        for adapter in ADAPTERS
        if adapter.exchange in settings.exchanges
    }
    fetcher = Fetcher(upstreams, None if link is None else Store(link), observe=observe, clock=clock)
    boards = Boards(fetcher, patience=settings.patience_seconds, observe=observe, clock=clock)
    closers: list[Closer] = [boards.close, web.close, *([] if link is None else [link.close])]
    return Market(upstreams, boards, clock), Histories(upstreams, boards, clock), closers


def _limiter(requests: int, settings: Settings, *, link: Link | None, clock: Clock) -> Limiter | None:
    return Limiter(Pace(requests, settings.limit_seconds), link, clock.steady) if requests else None


def configure_log(level: str) -> None:
    """Log as JSON to standard output, one line an event, from the given level up; a traceback shows no values."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False)),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(),
    )
