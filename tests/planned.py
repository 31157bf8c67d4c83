"""Writes `service/api/planned.py` anew: `python -m tests.planned`, then `make fix`."""

import json
from pathlib import Path
from pprint import pformat
from typing import Any

from service.api import examples, planned
from service.app import create_app
from tests.conftest import NO_LIMIT, caller

_HEAD = '''"""Answers to the questions about plans that the document shows, so that no start has to work them out.

Law: nothing here is written by hand. `python -m tests.planned` writes it, and a test holds it to be what is answered.
"""

from typing import Any

'''


def plan_examples() -> dict[str, Any]:
    """Give the answers to the questions about plans that the document shows, by name."""
    call = caller(create_app(NO_LIMIT))
    answers = {name: call("POST", "/v1/frontier", json=example["value"]) for name, example in examples.FRONTIER.items()}
    return {name: json.loads(answer.content) for name, answer in answers.items()}


if __name__ == "__main__":
    answers = pformat(plan_examples(), width=118, sort_dicts=False)
    Path(planned.__file__).write_text(f"{_HEAD}ANSWERS: dict[str, Any] = {answers}\n", encoding="utf-8")
