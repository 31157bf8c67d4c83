"""The command line: serve the API, make a key for it, or write its OpenAPI document."""

import argparse
import sys
from collections.abc import Callable
from typing import NoReturn

from service.api.openapi.document import write_document
from service.keys import KeysError, is_name, make_key
from service.server import ServeError, serve
from service.settings import SettingsError

_MOST_WORKERS = 64
_MOST_PORTS = 65_535


class Parser(argparse.ArgumentParser):
    """A parser that refuses in one line."""

    def error(self, message: str) -> NoReturn:
        """Print what is wrong and end with status 2."""
        self.exit(2, f"minihedge: {message}\n")


def main(arguments: list[str]) -> int:
    """Run a command and return the exit status: 0, or 2 for what the operator has to change."""
    options = _parser().parse_args(arguments)
    if options.command == "openapi":
        sys.stdout.buffer.write(write_document())
        return 0
    if options.command == "new-key":
        secret, key = make_key(options.name)
        sys.stdout.write(f"{key.digest} {key.name}\n")
        sys.stderr.write(f"Key for {key.name}, shown this once: {secret}\n")
        return 0
    try:
        serve(options.host, options.port, workers=options.workers)
    except (KeysError, ServeError, SettingsError) as error:
        sys.stderr.write(f"minihedge: {error}\n")
        return 2
    return 0


def _parser() -> Parser:
    parser = Parser(prog="python -m service", description="Sizes mini-futures hedges over HTTP.")
    commands = parser.add_subparsers(dest="command", required=True, parser_class=Parser)
    commands.add_parser("openapi", help="write the OpenAPI document to standard output")
    making = commands.add_parser(
        "new-key", help="make an API key: its line for the file to standard output, it to error"
    )
    making.add_argument("name", type=_name, help="whose key it is; keys of one name share one limit")
    serving = commands.add_parser("serve", help="serve the API")
    serving.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    serving.add_argument("--port", type=_within(_MOST_PORTS), default=8000, help="port (default: %(default)s)")
    serving.add_argument("--workers", type=_within(_MOST_WORKERS), default=1, help="processes (default: %(default)s)")
    return parser


def _name(text: str) -> str:
    if not is_name(text):
        raise argparse.ArgumentTypeError("must be 1 to 64 letters, digits, dots, dashes or underscores")
    return text


def _within(most: int) -> Callable[[str], int]:
    def count(text: str) -> int:
        if not text.isdecimal() or not 1 <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"must be a whole number from 1 to {most}, not {text!r}")
        return int(text)

    return count


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
