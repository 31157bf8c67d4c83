"""The document itself: complete, bounded, the same every time, and served as it is committed."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from service.app import create_app
from tests.openapi import looks
from tests.openapi.asgi import Answer, Sent, ask
from tests.openapi.document import (
    FILE,
    Document,
    Operation,
    Schema,
    alternatives,
    kinds,
    operations,
    read_document,
    schemas,
)
from tests.openapi.house import House

DOCUMENT = read_document()
PAGES = ["/openapi.json", "/docs", "/docs/assets/start.js", "/problems", "/problems/not_json"]
READS = [entry.path for entry in operations(DOCUMENT) if entry.method == "GET" and "{" not in entry.path]
QUERIES = {path: query.encode() for (_, path), query in looks.PLAIN.items()}
TAGGED = [path for path in QUERIES if "304" in DOCUMENT["paths"][path]["get"]["responses"]]
OF_NOW = {"listPrices", "listContracts", "listExchanges", "checkReady"}
"""Operations whose answers are of now: an example would be of then."""


def test_a_client_is_generated_with_every_operation(tmp_path: Path) -> None:
    """By a generator that leaves out what it does not understand, and says so: it understands everything."""
    config, client = tmp_path / "config.json", tmp_path / "client"
    config.write_text('{"post_hooks": []}')
    command = (sys.executable, "-m", "openapi_python_client", "generate", "--fail-on-warning", "--meta", "none")
    where = ("--path", str(FILE), "--output-path", str(client), "--config", str(config))

    done = subprocess.run([*command, *where], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    generated = {module.stem.replace("_", "") for module in (client / "api").glob("*/*.py")}
    assert {entry.spec["operationId"].lower() for entry in operations(DOCUMENT)} <= generated


def test_the_committed_document_is_served() -> None:
    """/openapi.json is the committed file, byte for byte."""
    answer = ask(create_app({}), Sent("GET", "/openapi.json"))

    assert answer.body == FILE.read_bytes()
    assert answer.media_type == "application/json"


@pytest.mark.parametrize("hash_seed", ["0", "1", "42"])
def test_the_document_does_not_depend_on_chance(hash_seed: str) -> None:
    """The command line writes the committed bytes whatever the order of sets and dicts."""
    command = [sys.executable, "-m", "service", "openapi"]
    written = subprocess.run(command, env={**os.environ, "PYTHONHASHSEED": hash_seed}, capture_output=True, check=True)

    assert written.stdout == FILE.read_bytes()


@pytest.mark.parametrize("path", [*PAGES, *READS])
def test_head_is_get_without_a_body(house: House, path: str) -> None:
    """HEAD has the status and the headers of GET; that no body follows is the server's doing."""
    sent = Sent("GET", path, query=QUERIES.get(path, b""))
    get, head = house.ask("none", [sent, sent._replace(method="HEAD")])

    assert head.status == get.status == 200
    assert head.headers.keys() == get.headers.keys()
    assert _lasting(head, path) == _lasting(get, path)


def _lasting(answer: Answer, path: str) -> dict[str, str]:
    """Leave out what is so of this very answer: how long it took, what is left, and of now what is so now."""
    passing = {"server-timing", "ratelimit"}
    passing |= {"etag", "cache-control", "content-length"} if path in {*QUERIES, "/metrics"} else set()
    return {name: value for name, value in answer.headers.items() if name not in passing}


@pytest.mark.parametrize("path", TAGGED)
def test_what_a_caller_has_is_not_sent_again(house: House, path: str) -> None:
    """An answer comes with a tag, and to one who names it with 304 and no body, for HEAD too; not with another tag."""
    first, again, head = next(filter(_is_settled, (_ask_again(house, path) for _ in range(100))))
    always, other = house.ask("none", [_naming(_query(path), tag) for tag in ("*", '"another"')])

    assert (first.status, again.status, head.status) == (200, 304, 304)
    assert (always.status, other.status) == (304, 200)
    assert again.body == b""
    assert "content-type" not in again.headers
    assert again.headers.keys() == head.headers.keys()


def _ask_again(house: House, path: str) -> tuple[Answer, Answer, Answer]:
    """Ask three times, the second and third time with the tag of the first answer, the third time for the head."""
    (first,) = house.ask("none", [_query(path)])
    named = _naming(_query(path), first.headers["etag"])
    again, head = house.ask("none", [named, named._replace(method="HEAD")])
    return first, again, head


def _is_settled(answers: tuple[Answer, Answer, Answer]) -> bool:
    """Tell whether nothing new came in between three answers."""
    return len({answer.headers["etag"] for answer in answers}) == 1


def _query(path: str) -> Sent:
    """Ask the usual query."""
    return Sent("GET", path, headers=(), query=QUERIES[path])


def _naming(sent: Sent, tag: str) -> Sent:
    """Name a tag in a request."""
    return sent._replace(headers=(("if-none-match", tag),))


@pytest.mark.parametrize("operation", operations(DOCUMENT), ids=lambda operation: operation.spec["operationId"])
def test_every_operation_is_introduced(operation: Operation) -> None:
    """An operation has a name, a title, a description, a tag that is described, and examples of both its sides."""
    tags = {tag["name"] for tag in DOCUMENT["tags"] if tag["description"]}

    assert all(operation.spec[word] for word in ("operationId", "summary", "description"))
    assert operation.spec["tags"]
    assert set(operation.spec["tags"]) <= tags
    assert list(_without_example(operation)) == []


def _without_example(operation: Operation) -> Iterator[str]:
    """List what an operation takes or answers and does not show."""
    for parameter in operation.spec.get("parameters", []):
        if "example" not in parameter and not _has_example(DOCUMENT, parameter["schema"]):
            yield parameter["name"]
    contents = [("request", operation.spec.get("requestBody", {}).get("content", {}))]
    contents += [
        (status, response.get("content", {}))
        for status, response in operation.spec["responses"].items()
        if (operation.spec["operationId"], status) not in {(name, "200") for name in OF_NOW}
    ]
    for name, content in contents:
        if not all(described.keys() & {"example", "examples"} for described in content.values()):
            yield name


def test_names_are_unique() -> None:
    """No two operations share an operationId: clients are generated from them."""
    names = [operation.spec["operationId"] for operation in operations(DOCUMENT)]

    assert len(set(names)) == len(names)


def test_every_property_is_explained_and_shown() -> None:
    """Each property has a description and an example, its own or that of what it refers to or is made of."""
    unexplained = list(_unexplained(DOCUMENT))

    assert not unexplained, "\n".join(unexplained)


def _unexplained(document: Document) -> Iterator[str]:
    """List the properties without a description or an example."""
    for name, component in document["components"]["schemas"].items():
        for member, schema in component.get("properties", {}).items():
            options = alternatives(document, schema)
            if not (schema.get("description") or options[0].get("description")):
                yield f"{name}.{member} has no description"
            if not _has_example(document, schema):
                yield f"{name}.{member} has no example"


def _has_example(document: Document, schema: Schema) -> bool:
    """Tell whether a value of a schema can be put together from its examples."""
    if schema.get("examples"):
        return True
    return all(_option_has_example(document, option) for option in alternatives(document, schema))


def _option_has_example(document: Document, option: Schema) -> bool:
    """Do the same for one alternative: arrays and maps are shown by what is in them, records by their members."""
    inner: list[Schema] = list(option.get("properties", {}).values())
    inner += [option[keyword] for keyword in ("items", "additionalProperties") if isinstance(option.get(keyword), dict)]
    return bool(option.get("examples")) or (bool(inner) and all(_has_example(document, schema) for schema in inner))


BOUNDS: dict[str, list[set[str]]] = {
    "string": [{"maxLength"}, {"enum"}],
    "array": [{"maxItems"}],
    "integer": [{"minimum", "maximum"}, {"enum"}],
}


def test_everything_is_bounded() -> None:
    """Each string, array, integer and map has its limits, so that nobody has to guess how much may come."""
    unbounded = list(_unbounded(DOCUMENT))

    assert not unbounded, "\n".join(unbounded)


def _unbounded(document: Document) -> Iterator[str]:
    """List the schemas without limits."""
    for place, schema in schemas(document):
        for kind in kinds(schema):
            if kind in BOUNDS and not any(bound <= schema.keys() for bound in BOUNDS[kind]):
                yield f"{place}: {kind} without bounds"
        if _is_map(schema) and "maxProperties" not in schema:
            yield f"{place}: map without bounds"


def _is_map(schema: dict[str, Any]) -> bool:
    """Tell whether a schema is an object of any names."""
    return isinstance(schema.get("additionalProperties"), dict)


def test_all_references_lead_to_components() -> None:
    """No reference is broken and no component is left over."""
    used = {schema["$ref"].rpartition("/")[2] for _, schema in schemas(DOCUMENT) if "$ref" in schema}

    assert used == DOCUMENT["components"]["schemas"].keys()
