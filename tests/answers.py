"""Writes `service/api/openapi/answers.py` anew: `python -m tests.answers`, then `make fix`."""

import json
from pathlib import Path
from pprint import pformat
from typing import Any

from service.api.openapi import answers, examples
from service.app import create_app
from tests.conftest import NO_LIMIT, caller

_HEAD = '''"""Answers that the document shows to what takes numpy, so that no start of the service has to load it.

Law: nothing here is written by hand. `python -m tests.answers` writes it, and a test holds it to be what is answered.
"""

from typing import Any

'''


SHOWN = {
    "/v1/frontier": examples.FRONTIER,
    "/v1/hedge-ratio": examples.HEDGE_RATIO,
    "/v1/simulations": examples.SIMULATIONS,
}
"""Examples of each path whose answers are kept."""


def answer_examples() -> dict[str, dict[str, Any]]:
    """Give the answers to the examples that the document shows, by path and name."""
    call = caller(create_app(NO_LIMIT))
    return {
        path: {name: json.loads(call("POST", path, json=one["value"]).content) for name, one in shown.items()}
        for path, shown in SHOWN.items()
    }


if __name__ == "__main__":
    written = pformat(answer_examples(), width=118, sort_dicts=False)
    Path(answers.__file__).write_text(f"{_HEAD}ANSWERS: dict[str, dict[str, Any]] = {written}\n", encoding="utf-8")
