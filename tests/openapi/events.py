"""Server-sent events as readers take them, and their data as the records that it stands for.

Source: HTML, 9.2, server-sent events.
"""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from tests.openapi.document import Document, Schema, alternatives, is_meant, validator

MEDIA_TYPE = "text/event-stream"


@cache
def read_events(text: str) -> list[dict[str, str]]:
    """Read the events of a stream; what has no data is none. They are shared, so not to be changed."""
    return [event for event in map(_read, text.split("\n\n")) if "data" in event]


def _read(block: str) -> dict[str, str]:
    fields = (line.partition(":") for line in block.splitlines() if not line.startswith(":"))
    return {name: value.removeprefix(" ") for name, _, value in fields}


def compare_events(document: Document, schema: Schema, text: str) -> Iterator[str]:
    """List the differences between the events of a stream and the schema of one."""
    events = read_events(text)
    if not events:
        yield "no event came"
    for event in events:
        yield from compare_event(document, schema, event)


def compare_event(document: Document, schema: Schema, event: dict[str, Any]) -> Iterator[str]:
    """List the differences between an event and its schema, and between its data and the record that it is to be."""
    yield from (error.message for error in validator(document, schema).iter_errors(event))
    for record, data in read_data(document, schema, [event]):
        yield from (error.message for error in validator(document, record).iter_errors(data))


def record_of(option: Schema) -> Schema | None:
    """Give the schema of what the data of an event is as JSON, if it is said."""
    record: Schema | None = option.get("properties", {}).get("data", {}).get("contentSchema")
    return record


def read_data(document: Document, schema: Schema, events: list[dict[str, Any]]) -> Iterator[tuple[Schema, Any]]:
    """Read the data of events, each with the schema of its record, where the schema of an event names one."""
    for event in events:
        for option in alternatives(document, schema):
            record = record_of(option)
            if record is not None and is_meant(document, option, event):
                yield record, _decode(event["data"])


@cache
def _decode(data: str) -> Any:
    """Decode data once."""
    return json.loads(data)
