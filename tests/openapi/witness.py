"""What the service really answered, asked once for each question."""

import json
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from itertools import chain
from typing import NamedTuple

from tests.openapi import hostile
from tests.openapi.asgi import Answer, Fault, Sent
from tests.openapi.boundaries import find_boundaries
from tests.openapi.document import Document, Operation, Schema, below, operations
from tests.openapi.house import REDIS, House
from tests.openapi.looks import COMPLETE, looks
from tests.openapi.queries import parameters, write
from tests.openapi.repertoire import REPERTOIRE
from tests.openapi.staging import Key, pose
from tests.openapi.troubles import READY, tell, tell_of_redis


class Exchange(NamedTuple):
    """A question to an operation, and its answer."""

    operation: Key
    """Method, and path with the names of its parameters."""
    sent: Sent
    answer: Answer


class Trial(NamedTuple):
    """A document, and what is observed for it."""

    document: Document
    witness: "Witness"
    operations: dict[Key, Operation]
    """That the document describes."""
    words: dict[Key, str]
    """All that it says of each."""

    def of(self, key: Key) -> list[Exchange]:
        """Give the exchanges of an operation: what is always asked, and what the document makes worth asking."""
        return [*self.witness.posed.get(key, ()), *self.suggested(key)]

    def suggested(self, key: Key) -> list[Exchange]:
        """Give those among them that the document makes worth asking."""
        described = self.operations.get(key)
        return [] if described is None else self.witness.hear_suggested(self.document, described)

    def judge(self, name: str, find: "Find") -> Iterator[str]:
        """Hold a promise about single operations against each; once for all documents that say the same about it."""
        for key in dict.fromkeys((*self.witness.posed, *self.operations)):
            yield from self.witness.recall((name, key, self.words.get(key, "")), find(self, key))


Find = Callable[[Trial, Key], Iterator[str]]
"""Lists how a promise is broken by an operation."""


class Witness:
    """Asks the services of a house and remembers, so that many documents can be held against the same answers."""

    def __init__(self, house: House) -> None:
        """Begin with what takes longest."""
        self.house = house
        self._known: dict[Sent, Answer] = {}
        self._heard: dict[str, list[Exchange]] = {}
        self._broken: dict[tuple[str, Key, str], list[str]] = {}
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

    def recall(self, name: tuple[str, Key, str], find: Iterator[str]) -> Iterator[str]:
        """List what was found before under a name, or else find it and, if it is listed to the end, remember it."""
        if name in self._broken:
            yield from self._broken[name]
            return
        found = []
        for broken in find:
            found.append(broken)
            yield broken
        self._broken[name] = found

    def close(self) -> None:
        """Wait for nothing more."""
        for telling in self._telling:
            telling.cancel()

    @cached_property
    def posed(self) -> dict[Key, list[Exchange]]:
        """What is asked whatever a document says, and what was told meanwhile, by operation."""
        exchanges: dict[Key, list[Exchange]] = {}
        told = chain.from_iterable(telling.result() for telling in self._telling)
        for exchange in (*self._hear(_always()), *(Exchange(*one) for one in told)):
            exchanges.setdefault(exchange.operation, []).append(exchange)
        return exchanges

    def hear(self, document: Document) -> Trial:
        """Put a document on trial."""
        described = {operation.key: operation for operation in operations(document)}
        words = {key: json.dumps([one.spec, below(document, one.spec)]) for key, one in described.items()}
        return Trial(document, self, described, words)

    def hear_suggested(self, document: Document, operation: Operation) -> list[Exchange]:
        """Ask what a document suggests about an operation; once for all documents that say so."""
        text = _asked(document, operation)
        if text not in self._heard:
            self._heard[text] = self._hear(_suggested(text))
        return self._heard[text]

    def _hear(self, many: Iterator[tuple[Key, Sent]]) -> list[Exchange]:
        """Ask questions to operations, each once."""
        pairs = list(dict.fromkeys(many))
        answers = self.ask(*(sent for _, sent in pairs))
        return [Exchange(*pair, answer) for pair, answer in zip(pairs, answers, strict=True)]


def _always() -> Iterator[tuple[Key, Sent]]:
    """List the questions that do not depend on the document."""
    for method, path in hostile.READS:
        for headers in ((), (("x-request-id", "a" * 128),)):
            yield (method, path), Sent(method, path, headers=headers)
    for name in (*hostile.CODES, *hostile.STRANGERS):
        yield hostile.PROBLEM, _page(hostile.PROBLEM[1], name)
    yield hostile.PROBLEM, _page(hostile.PROBLEM[1], "not_json")._replace(fault="spent")
    yield READY, Sent(*READY, headers=(), fault="redis is gone")
    yield from ((key, sent) for key, part in REPERTOIRE.items() for sent in part.scenes())
    yield from hostile.HOSTILE
    yield from looks()


def _asked(document: Document, operation: Operation) -> str:
    """Write all that a document says of what an operation takes."""
    asked = {name: operation.spec[name] for name in ("requestBody", "parameters") if name in operation.spec}
    return json.dumps([*operation.key, asked, {"components": {"schemas": below(document, asked)}}])


def _suggested(text: str) -> Iterator[tuple[Key, Sent]]:
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
    complete = REPERTOIRE[operation.key].complete if operation.key in REPERTOIRE else ()
    for media_type, content in operation.spec["requestBody"]["content"].items():
        for example in content["examples"].values():
            yield pose(example["value"], operation.key, media_type)
        for body, only in complete:
            for varied in find_boundaries(document, content["schema"], body, only):
                yield pose(varied, operation.key, media_type)


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
