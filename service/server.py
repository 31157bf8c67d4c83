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
from datetime import UTC, datetime
from tempfile import TemporaryDirectory
from typing import Any

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

from service.keys import read_keys
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
        line = {
            "event": record.getMessage(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z"),
        }
        return json.dumps(line | ({"exception": self.formatException(record.exc_info)} if record.exc_info else {}))


_LOG: dict[str, Any] = {"formatters": {"generic": {"()": JsonFormatter}, "access": {"()": JsonFormatter}}}


def serve(host: str, port: int, *, workers: int, environment: Mapping[str, str] = os.environ) -> None:
    """Serve until a signal ends it; SIGTERM lets accepted requests finish.

    Raises:
        SettingsError: for a HEDGE_ variable that can't be used.
        KeysError: for a file of keys that can't be used.
        ServeError: for an address that is taken, unknown or open to strangers.
    """
    settings = read_settings(environment)
    address = _free_address(host, port)
    if settings.api_keys_file is not None:
        read_keys(settings.api_keys_file)
    elif not ipaddress.ip_address(address).is_loopback and not settings.allow_anonymous:
        raise ServeError(
            f"{host} is not a loopback address and callers need no key: name a HEDGE_API_KEYS_FILE, or set "
            "HEDGE_ALLOW_ANONYMOUS=1 to serve anyone"
        )
    with ExitStack() as stack:
        if workers > 1:
            shared = stack.enter_context(TemporaryDirectory(prefix="minihedge-metrics-"))
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = shared  # read by prometheus_client when a worker imports it
        Granian(
            "service.app:create_app",
            address=address,
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


def _free_address(host: str, port: int) -> str:
    """Give the address that a host name stands for, if nobody listens there."""
    try:
        family, kind, *_, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(place)
    except OSError as error:
        raise ServeError(f"Can't listen on {host}:{port}: {error.strerror}") from None
    except UnicodeError:
        raise ServeError(f"Can't listen on {host}:{port}: not the name of a host") from None
    return str(place[0])
