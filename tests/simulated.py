"""Writes `service/api/simulated.py` anew: `python -m tests.simulated > service/api/simulated.py`, then `make fix`."""

import json
import sys
from pprint import pformat
from typing import Any

from service.api import examples
from service.app import create_app
from tests.conftest import NO_LIMIT, caller

_HEAD = '''"""Answers to the simulations that the document shows, so that no start of the service has to simulate.

Law: nothing here is written by hand. `python -m tests.simulated` writes it, and a test holds it to be what is answered.
"""

from typing import Any

'''


def simulate_examples() -> dict[str, Any]:
    """Give the answers to the simulations that the document shows, by name."""
    call = caller(create_app(NO_LIMIT))
    answers = {
        name: call("POST", "/v1/simulations", json=example["value"]) for name, example in examples.SIMULATIONS.items()
    }
    return {name: json.loads(answer.content) for name, answer in answers.items()}


if __name__ == "__main__":
    sys.stdout.write(f"{_HEAD}ANSWERS: dict[str, Any] = {pformat(simulate_examples(), width=118, sort_dicts=False)}\n")
