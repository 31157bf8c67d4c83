"""Writes `service/api/simulated.py` anew: `python -m tests.simulated`, then `make fix`."""

import json
from pathlib import Path
from pprint import pformat
from typing import Any

from service.api import examples, simulated
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
    answers = pformat(simulate_examples(), width=118, sort_dicts=False)
    Path(simulated.__file__).write_text(f"{_HEAD}ANSWERS: dict[str, Any] = {answers}\n", encoding="utf-8")
