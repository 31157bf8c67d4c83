"""Serves the application: granian in production settings, and one clear line where it can't.

Law: a service that listens beyond loopback was told so, and workers count together or not at all.
"""

import ipaddress
import json
import logging
import os
import socket
from collections.abc import Mapping
from contextlib import ExitStack
from tempfile import TemporaryDirectory
from typing import Any

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

from service.settings import read_settings

_HEAD_MILLISECONDS = 5_000
_LARGEST_HEAD = 32 * 1024
_DRAIN_SECONDS = 10


class ServeError(Exception):
    """A reason not to start; the message is one line for the operator."""


class JsonFormatter(logging.Formatter):
    """Writes the server's own messages as the service writes its events."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one record as one line."""
        return json.dumps({"event": record.getMessage(), "level": record.levelname.lower(), "logger": record.name})


_LOG: dict[str, Any] = {"formatters": {"generic": {"()": JsonFormatter}, "access": {"()": JsonFormatter}}}


def serve(host: str, port: int, *, workers: int, environment: Mapping[str, str] = os.environ) -> None:
    """Serve until a signal ends it; SIGTERM lets accepted requests finish.

    Raises:
        SettingsError: for a HEDGE_ variable that can't be used.
        ServeError: for an address that is taken, unknown or open to strangers.
    """
    settings = read_settings(environment)
    if not _is_loopback(host) and not settings.allow_anonymous:
        raise ServeError(
            f"{host} is not a loopback address and callers need no key: set HEDGE_ALLOW_ANONYMOUS=1 to serve anyone"
        )
    _require_free(host, port)
    with ExitStack() as stack:
        if workers > 1:
            shared = stack.enter_context(TemporaryDirectory(prefix="minihedge-metrics-"))
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = shared  # read by prometheus_client when a worker imports it
        Granian(
            "service.app:create_app",
            address=host,
            port=port,
            workers=workers,
            interface=Interfaces.ASGI,
            factory=True,
            http=HTTPModes.http1,
            websockets=False,
            http1_settings=HTTP1Settings(header_read_timeout=_HEAD_MILLISECONDS, max_buffer_size=_LARGEST_HEAD),
            respawn_failed_workers=True,
            workers_kill_timeout=_DRAIN_SECONDS,
            log_level=LogLevels(settings.log_level),
            log_dictconfig=_LOG,
        ).serve()


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _require_free(host: str, port: int) -> None:
    try:
        family, kind, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise ServeError(f"Can't listen on {host}:{port}: {error.strerror}") from None
