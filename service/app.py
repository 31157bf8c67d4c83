"""The application: settings read, parts wired, nothing decided."""

import gc
import logging
import os
from collections.abc import Mapping

import structlog
from litestar import Litestar, Router
from litestar.datastructures import State
from litestar.exceptions import ClientException
from litestar.types import ASGIApp
from structlog.tracebacks import ExceptionDictTransformer

from service.api import health, pages, problems, sizing
from service.api.document import write_document
from service.api.envelope import envelop
from service.api.wire import LARGEST_BODY, Reply, StrictRequest, Wire
from service.hedging.errors import HedgingError
from service.metrics import Metrics
from service.settings import read_settings


def create_app(environment: Mapping[str, str] = os.environ, metrics: Metrics | None = None) -> ASGIApp:
    """Build the application.

    Args:
        environment: the HEDGE_ variables, and where worker processes share their metrics.
        metrics: where to count; None for a set of its own.

    Raises:
        SettingsError: for an unknown HEDGE_ variable or a value out of range.
    """
    settings = read_settings(environment)
    configure_log(settings.log_level)
    metrics = metrics or Metrics(environment.get("PROMETHEUS_MULTIPROC_DIR"))
    document = write_document()
    app = Litestar(
        route_handlers=[
            Router("/", route_handlers=[sizing.size], dto=Wire, return_dto=Wire, response_class=Reply),
            health.check_live,
            health.check_ready,
            health.read_metrics,
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
        state=State({"settings": settings, "metrics": metrics, "document": document}),
        request_class=StrictRequest,
        request_max_body_size=LARGEST_BODY,
        openapi_config=None,
        logging_config=None,
        on_startup=[gc.freeze],
    )
    return envelop(app, metrics.observe_request)


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
