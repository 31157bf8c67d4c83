"""Run the local exchanges until interrupted, for a service in another process."""

import argparse
import signal
import sys

from tests.market.exchange.server import ExchangeServer


def main() -> None:
    """Serve on a port, print the address, and wait for a signal to end."""
    parser = argparse.ArgumentParser(prog="python -m tests.market.exchange", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: any that is free")
    endings = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, endings)
    with ExchangeServer(port=parser.parse_args().port) as exchanges:
        sys.stdout.write(f"{exchanges.url}\n")
        sys.stdout.flush()
        signal.sigwait(endings)


if __name__ == "__main__":
    main()
