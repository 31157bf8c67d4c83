"""The README tells the truth: its request gets its answer, and its table of settings is complete."""

import json
import re
from pathlib import Path
from typing import Any

from service.settings import Settings
from tests.conftest import Call

README = (Path(__file__).parents[1] / "README.md").read_text()


def test_the_request_of_the_readme_gets_the_answer_of_the_readme(call: Call) -> None:
    """Every number a reader sees first is one that the service gives."""
    request = re.search(r"-d '(\{.*?\})'\n```", README, re.DOTALL)
    shown = re.search(r"```json\n(\{.*?\})\n```", README, re.DOTALL)
    assert request
    assert shown

    answer = call("POST", "/v1/sizing", content=request[1], headers={"content-type": "application/json"}).json()

    assert _shortened(answer, json.loads(shown[1])) == json.loads(shown[1])


def test_the_margin_of_the_readme_is_the_margin_that_is_answered(call: Call) -> None:
    """78 % and 69 % among them."""
    section = README.partition("## Margin")[2]
    request = re.search(r"-d '(\{.*?\})'\n```", section, re.DOTALL)
    shown = re.search(r"```json\n(\{.*?\})\n```", section, re.DOTALL)
    assert request
    assert shown

    answer = call("POST", "/v1/margin", content=request[1], headers={"content-type": "application/json"}).json()

    assert _shortened(answer, json.loads(shown[1])) == json.loads(shown[1])


def _shortened(answer: Any, like: Any) -> Any:
    if isinstance(like, dict):
        return {name: _shortened(answer[name], value) for name, value in like.items()}
    if isinstance(like, list):
        assert len(answer) == len(like)
        return [_shortened(one, other) for one, other in zip(answer, like, strict=True)]
    return answer


def test_every_setting_is_in_the_readme() -> None:
    """An operator finds all of them in one table, and none that does not exist."""
    listed = set(re.findall(r"^\| `HEDGE_(\w+)`", README, re.MULTILINE))

    assert listed == {name.upper() for name in Settings.__struct_fields__}
