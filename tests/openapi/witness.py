"""What the service really answered, asked once for each question."""

import json
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from litestar.types import ASGIApp

from service.app import create_app
from service.hedging.sizing import Sizing
from service.metrics import Metrics
from tests.openapi import hostile, scenes
from tests.openapi.asgi import Answer, Fault, Sent, ask_all
from tests.openapi.boundaries import find_boundaries
from tests.openapi.document import Document, Operation, operations


class BrokenMetrics(Metrics):
    """Metrics with a defect, as any part of the service may have one."""

    def observe_sizing(self, _: Sizing) -> None:
        """Fail for a reason that is nobody's business outside."""
        raise ZeroDivisionError("a secret of the house")


class Exchange(NamedTuple):
    """A question to an operation, and its answer."""

    operation: tuple[str, str]
    """Method, and path with the names of its parameters."""
    sent: Sent
    answer: Answer


class Trial(NamedTuple):
    """A document, and what was observed for it."""

    document: Document
    witness: "Witness"
    exchanges: list[Exchange]


class Witness:
    """Asks the service and remembers, so that many documents can be held against the same answers."""

    def __init__(self) -> None:
        """Start the service as an operator gets it who sets nothing, one that hardly waits, and one with a defect."""
        plain = create_app({})
        hasty = create_app({"HEDGE_BODY_SECONDS": "0.05"})
        broken = create_app({}, BrokenMetrics())
        self._apps: dict[Fault, ASGIApp] = {"none": plain, "cut": plain, "silent": hasty, "defect": broken}
        self._known: dict[Sent, Answer] = {}

    def ask(self, *many: Sent) -> list[Answer]:
        """Give the answers to some questions."""
        new = list(dict.fromkeys(sent for sent in many if sent not in self._known))
        for fault, app in self._apps.items():
            if sents := [sent for sent in new if sent.fault == fault]:
                self._known.update(zip(sents, ask_all(app, sents), strict=True))
        return [self._known[sent] for sent in many]

    def hear(self, document: Document) -> Trial:
        """Ask everything that is always asked, and then what the document itself makes worth asking."""
        pairs = list(dict.fromkeys((*_always(), *_suggested(document))))
        answers = self.ask(*(sent for _, sent in pairs))
        exchanges = [Exchange(*pair, answer) for pair, answer in zip(pairs, answers, strict=True)]
        return Trial(document, self, exchanges)


def _always() -> Iterator[tuple[tuple[str, str], Sent]]:
    """List the questions that do not depend on the document."""
    for method, path in hostile.READS:
        for headers in ((), (("x-request-id", "a" * 128),)):
            yield (method, path), Sent(method, path, headers=headers)
    for name in (*hostile.CODES, *hostile.STRANGERS):
        yield hostile.PROBLEM, _page(hostile.PROBLEM[1], name)
    for body in scenes.scenes():
        yield scenes.SIZING, scenes.pose(body)
    for sent in hostile.HOSTILE:
        yield scenes.SIZING, sent


def _suggested(document: Document) -> Iterator[tuple[tuple[str, str], Sent]]:
    """List the questions at the limits that the document states."""
    for operation in operations(document):
        sents = _bodies(document, operation) if "requestBody" in operation.spec else _pages(operation)
        yield from ((operation.key, sent) for sent in sents)


def _bodies(document: Document, operation: Operation) -> Iterator[Sent]:
    """Pose an operation's own examples, and every boundary of its body."""
    for media_type, content in operation.spec["requestBody"]["content"].items():
        for example in content["examples"].values():
            yield _post(operation, example["value"], media_type)
        for body in scenes.COMPLETE:
            for steps, varied in find_boundaries(document, content["schema"], body):
                if body is scenes.LINEAR or "contract" in steps:
                    yield _post(operation, varied, media_type)


def _post(operation: Operation, body: object, media_type: str) -> Sent:
    """Put a body into a request as the document declares it."""
    return Sent(operation.method, operation.path, json.dumps(body).encode(), (("content-type", media_type),))


def _pages(operation: Operation) -> Iterable[Sent]:
    """Ask for the page of every value that an operation's parameter may have, or for the only one."""
    parameters = operation.spec.get("parameters", [])
    if not parameters:
        return [Sent(operation.method, operation.path, headers=())]
    (parameter,) = parameters
    return [_page(operation.path, value) for value in (*parameter["schema"].get("enum", ()), parameter["example"])]


def _page(path: str, name: str) -> Sent:
    """Ask for the page of one name."""
    return Sent("GET", f"{path.partition('{')[0]}{name}", headers=())
