"""What the service really answered, asked once for each question."""

import json
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple

import msgspec

from tests.openapi import hostile, scenes
from tests.openapi.asgi import Answer, Fault, Sent
from tests.openapi.boundaries import find_boundaries
from tests.openapi.document import Document, Operation, Schema, below, operations
from tests.openapi.house import REDIS, House
from tests.openapi.looks import COMPLETE, looks
from tests.openapi.queries import parameters, write
from tests.openapi.troubles import READY, tell, tell_of_redis


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
    """Asks the services of a house and remembers, so that many documents can be held against the same answers."""

    def __init__(self, house: House) -> None:
        """Begin with what takes longest."""
        self.house = house
        self._known: dict[Sent, Answer] = {}
        self._heard: dict[str, list[Exchange]] = {}
        self._telling = [house.begin(tell, "gap")]
        if REDIS is not None:
            self._telling.append(house.begin(tell_of_redis, "redis answers"))

    def ask(self, *many: Sent) -> list[Answer]:
        """Give the answers to some questions."""
        new: dict[Fault, dict[Sent, None]] = {}
        for sent in many:
            if sent not in self._known:
                new.setdefault(sent.fault, {})[sent] = None
        for fault, sents in new.items():
            self._known.update(zip(sents, self.house.ask(fault, sents), strict=True))
        return [self._known[sent] for sent in many]

    def close(self) -> None:
        """Wait for nothing more."""
        for telling in self._telling:
            telling.cancel()

    def hear(self, document: Document) -> Trial:
        """Ask everything that is always asked, and then what the document itself makes worth asking."""
        exchanges = list(self._hear_once(""))
        for operation in operations(document):
            exchanges += self._hear_once(_asked(document, operation))
        told = chain.from_iterable(telling.result() for telling in self._telling)
        return Trial(document, self, [*exchanges, *(Exchange(*one) for one in told)])

    def _hear_once(self, text: str) -> list[Exchange]:
        """Ask what a text about an operation suggests, or what is always asked; once for all documents that say so."""
        if text not in self._heard:
            pairs = list(dict.fromkeys(_suggested(text) if text else _always()))
            answers = self.ask(*(sent for _, sent in pairs))
            self._heard[text] = [Exchange(*pair, answer) for pair, answer in zip(pairs, answers, strict=True)]
        return self._heard[text]


def _always() -> Iterator[tuple[tuple[str, str], Sent]]:
    """List the questions that do not depend on the document."""
    for method, path in hostile.READS:
        for headers in ((), (("x-request-id", "a" * 128),)):
            yield (method, path), Sent(method, path, headers=headers)
    for name in (*hostile.CODES, *hostile.STRANGERS):
        yield hostile.PROBLEM, _page(hostile.PROBLEM[1], name)
    yield hostile.PROBLEM, _page(hostile.PROBLEM[1], "not_json")._replace(fault="spent")
    yield READY, Sent(*READY, headers=(), fault="redis is gone")
    yield from ((scenes.SIZING, sent) for sent in (*scenes.scenes(), *hostile.HOSTILE))
    yield from looks()


def _asked(document: Document, operation: Operation) -> str:
    """Write all that a document says of what an operation takes."""
    asked = {name: operation.spec[name] for name in ("requestBody", "parameters") if name in operation.spec}
    return json.dumps([*operation.key, asked, {"components": {"schemas": below(document, asked)}}])


def _suggested(text: str) -> Iterator[tuple[tuple[str, str], Sent]]:
    """List the questions at the limits of what an operation takes."""
    method, path, spec, document = json.loads(text)
    operation = Operation(method, path, spec)
    yield from ((operation.key, sent) for sent in _suggest(document, operation))


def _suggest(document: Document, operation: Operation) -> Iterable[Sent]:
    """List them as the operation has a body, a query, a name in its path, or nothing of these."""
    if "requestBody" in operation.spec:
        return _bodies(document, operation)
    if operation.key in COMPLETE:
        return _queries(document, operation)
    return _pages(operation)


def _bodies(document: Document, operation: Operation) -> Iterator[Sent]:
    """Pose an operation's own examples, and every boundary of its body."""
    for media_type, content in operation.spec["requestBody"]["content"].items():
        for example in content["examples"].values():
            yield _post(operation, example["value"], media_type)
        for body, only in (
            (scenes.LINEAR, ()),
            (scenes.INVERSE, ("contract",)),
            (scenes.LISTED, ("contract", "market")),
        ):
            for varied in find_boundaries(document, content["schema"], body, only):
                yield _post(operation, varied, media_type)


def _post(operation: Operation, body: object, media_type: str) -> Sent:
    """Put a body into a request as the document declares it."""
    return Sent(operation.method, operation.path, msgspec.json.encode(body), (("content-type", media_type),))


def _queries(document: Document, operation: Operation) -> Iterator[Sent]:
    """Write every boundary of an operation's query, and every example of a parameter."""
    complete = COMPLETE[operation.key]
    record = _record(operation)
    for varied in find_boundaries(document, record, complete):
        yield Sent(operation.method, operation.path, headers=(), query=write(operation, varied))
    for name, schema in record["properties"].items():
        for example in schema.get("examples", ()):
            yield Sent(
                operation.method, operation.path, headers=(), query=write(operation, {**complete, name: example})
            )


def _record(operation: Operation) -> Schema:
    """Write the query parameters of an operation as the members of a record."""
    members = {parameter["name"]: parameter["schema"] for parameter in parameters(operation)}
    return {"type": "object", "properties": members}


def _pages(operation: Operation) -> Iterable[Sent]:
    """Ask for the page of every value that an operation's parameter may have, or for the only one."""
    in_path = [parameter for parameter in operation.spec.get("parameters", []) if parameter["in"] == "path"]
    if not in_path:
        return [Sent(operation.method, operation.path, headers=())]
    (parameter,) = in_path
    return [_page(operation.path, value) for value in (*parameter["schema"].get("enum", ()), parameter["example"])]


def _page(path: str, name: str) -> Sent:
    """Ask for the page of one name."""
    return Sent("GET", f"{path.partition('{')[0]}{name}", headers=())
